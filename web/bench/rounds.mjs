// Timing: contestants take turns, round by round, so that the machine's moods hit all alike.

const WARM_UPS = 2;
const LEAST = 3;

/**
 * Runs each contestant to warm up, twice or, where that takes long, once; and then once in every round. There are as many
 * rounds as were asked for, or, where they take longer than the budget, fewer, but never less than three.
 *
 * A contestant is `{ work, units, before }`: `work` is timed and does `units` of what is counted, `before` is not timed;
 * both are told how many turns there were before.
 * @param {{ budget?: number, gc?: 'minor' | 'major', pause?: number }} options milliseconds for the whole; which garbage is
 *   collected before each turn: what was made lately, or all there is; and milliseconds before each turn, for threads that
 *   still clear away what the turn before left behind
 * @returns {Promise<number[][]>} nanoseconds for each unit, by contestant and round
 */
export async function rounds(count, contestants, { budget = 12_000, gc = 'minor', pause = 0 } = {}) {
  const times = contestants.map(() => []);
  globalThis.gc?.();
  const begun = performance.now();
  const spent = () => performance.now() - begun;
  for (let round = -WARM_UPS, turn = 0; round < count; round += 1, turn += 1) {
    if (round >= LEAST && spent() > budget) break;
    for (const [which, { work, units, before }] of contestants.entries()) {
      before?.(turn);
      // Nobody pays for another's garbage.
      globalThis.gc?.({ type: gc });
      if (pause > 0) await after(pause);
      const started = performance.now();
      const result = work(turn);
      const elapsed = performance.now() - started;
      keep(result);
      if (round >= 0) times[which].push((elapsed * 1e6) / units);
    }
    if (turn === 0 && spent() > budget / 8) round = -1;
  }
  return times;
}

function after(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

let kept;

/** What is used is not optimised away. */
function keep(result) {
  kept = result;
  return kept;
}

/** The median and the middle half of some numbers. */
export function spread(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const at = (part) => {
    const place = part * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return low + (high - low) * (place - Math.floor(place));
  };
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}

/** How many times as long as ours another takes: the ratio of each round, and the spread of these. */
export function ratio(other, ours) {
  return spread(other.map((time, round) => time / ours[round]));
}
