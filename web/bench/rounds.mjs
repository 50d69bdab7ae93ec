// Timing: contestants take turns, round by round, so that the machine's moods hit all alike.

const now = () => process.hrtime.bigint();

/**
 * Runs each contestant once to warm up and then once in every round.
 *
 * A contestant is `{ work, units, before }`: `work` is timed and does `units` of what is counted, `before` is not timed.
 * @returns {number[][]} nanoseconds for each unit, by contestant and round
 */
export function rounds(count, contestants) {
  const times = contestants.map(() => []);
  for (let round = -WARM_UPS; round < count; round += 1) {
    contestants.forEach(({ work, units, before }, which) => {
      before?.(round);
      // Nobody pays for another's garbage.
      globalThis.gc?.();
      const started = now();
      const result = work(round);
      const elapsed = Number(now() - started);
      keep(result);
      if (round >= 0) times[which].push(elapsed / units);
    });
  }
  return times;
}

const WARM_UPS = 2;

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
