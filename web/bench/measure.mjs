// What is measured, in Node and in a browser alike. Nothing here touches files, or the network.

import { agree, agreeOnSmall, contestants, pairs } from './agreement.mjs';
import { limit } from './limit.mjs';
import { assignment, roleOver, viewerReaching } from './organisation.mjs';
import { startCedar } from './peers/cedar.mjs';
import { rounds } from './rounds.mjs';
import { holds, same } from './same.mjs';

const ROUNDS = 9;
/** The pairs of one round that a contestant is asked about, and how many times over. Those of similar speed are asked
 * about the same ones: fewer records would be nearer at hand in the processor's caches. */
const REPEATED = {
  sidelight: [2_000, 20],
  set: [2_000, 20],
  bytes: [2_000, 20],
  casl: [2_000, 5],
  caslWithFunction: [2_000, 20],
  casbin: [500, 1],
  cedar: [60, 1],
};
const QUICK = ['sidelight', 'set', 'bytes', 'casl', 'caslWithFunction'];
/** How many pairs of each round nobody was asked about before. */
const FRESH = 5_000;
const PAGE = { stage: 'Quote', limit: 50 };
/** So many pages of rows that stand beside one another. */
const PAGES = 20;

/**
 * Asserts that all answer alike, and measures.
 *
 * @param {object} given `module`, the package, started; `cedar` and `limitPass`, the bytes of these modules; `small` and
 *   `document`, the organisations' JSON as bytes; `say`, for telling what is going on
 */
export async function measure({ module, cedar, limitPass, small: smallDocument, document, say }) {
  startCedar(cedar);
  const small = await agreeOnSmall(smallDocument, module);
  say(`${small} decisions on the small organisation agree`);
  const given = await contestants(document, module);
  const { org, reached, peers } = given;
  const { governance } = peers.sidelight;
  const records = org.records;
  const wide = viewerReaching(0.4, given);
  const narrow = viewerReaching(0.02, given);
  const few = Math.ceil(org.users.length / 20);
  const viewers = [wide, narrow, ...org.users.filter((_, n) => n % few === Math.floor(few / 2)).map(({ id }) => id)];
  const asked = pairs(given, viewers, Math.min(records.length, 2_000 + FRESH * (ROUNDS + 2)));
  const repeated = asked.splice(0, 2_000);
  const sample = repeated.slice(0, 400);
  const allowed = agree(given, sample, [wide, narrow]);
  say(`${sample.length} decisions on the measured one agree, of which ${allowed} are to allow`);

  // The one assignment that is made and taken back, and the organisations that have it.
  const extra = assignment(org);
  const changed = new Set();
  const figures = [];
  await decisions();
  await firstDecisions();
  await rows();
  const pass = limit(limitPass, given);
  await sets('visible set, wide viewer', wide, { casl: 1_500, bytes: 30 }, pass(wide));
  await sets('visible set, narrow viewer', narrow, { bytes: 150 });
  await again();
  await firstPage();
  await predictions();
  await slices();
  await documents();
  return { figures, facts: facts() };

  /** `can`: one decision, and the same ones over and over. */
  async function decisions() {
    const goals = { casl: 15, casbin: 200, cedar: 1_000 };
    const names = Object.keys(REPEATED);
    const contested = names.map((name) => {
      const [count, times] = REPEATED[name];
      const prepared = questions(name, repeated.slice(0, count));
      return { units: count * times, work: () => over(times, () => answered(prepared)) };
    });
    await add('`can`, one decision', 'decision', contested, names.map((name) => ({ name: peers[name].name, goal: goals[name] })));
  }

  /** `can` about records that nobody was asked about before. */
  async function firstDecisions() {
    // Small organisations have no other records.
    if (asked.length < ROUNDS + 2) return;
    const contested = QUICK.map((name) => {
      const prepared = questions(name, asked);
      const each = Math.floor(prepared.length / (ROUNDS + 2));
      return { units: each, work: (turn) => answered(prepared.slice(turn * each, (turn + 1) * each)) };
    });
    await add('`can`, on a record never asked about', 'decision', contested, QUICK.map((name) => ({ name: peers[name].name })));
  }

  /** Every row of a page, the same page at every keystroke: `canMany`, and a loop over each peer's decisions. */
  async function rows() {
    const apart = Math.floor(records.length / PAGES);
    const pages = Array.from({ length: PAGES }, (_, n) => records.slice(n * apart, n * apart + PAGE.limit));
    const ids = pages.map((page) => page.map(({ id }) => id));
    const looped = (ask) => () => pages.map((page) => page.map((record) => ask(record)));
    const asks = QUICK.map((name) => {
      if (name === 'sidelight') return () => ids.map((page) => governance.canMany(wide, 'view', 'opportunity', page));
      return looped(peers[name].asks(wide));
    });
    const answers = asks.map((ask) => ask().map((page) => Array.from(page, Number).join('')));
    answers.forEach((given) => same(given, answers[0], 'the pages of rows differ'));
    const times = (name) => REPEATED[name][1];
    await add(`\`canMany\`, the ${PAGE.limit} rows of a page`, 'page', QUICK.map((name, which) => (
      { units: PAGES * times(name), work: () => over(times(name), asks[which]) }
    )), QUICK.map((name) => ({ name: peers[name].name })));
  }

  function questions(name, list) {
    const asks = new Map(viewers.map((viewer) => [viewer, peers[name].asks(viewer)]));
    return list.map(({ viewer, record }) => ({ ask: asks.get(viewer), record }));
  }

  /** The whole visible set, never the same question at the same revision. */
  async function sets(what, viewer, goals, limitOf) {
    const loop = ({ name, lists }, goal) => [{ units: records.length, work: () => lists(viewer, records) }, { name, goal }];
    const ask = peers.casl.asks(viewer);
    const part = records.slice(0, 5_000);
    const contested = [
      [{ units: records.length, before: toggled, work: () => peers.sidelight.lists(viewer) }, { name: 'Sidelight' }],
      loop(peers.bytes, goals.bytes),
      loop(peers.set),
      [{ units: part.length, work: () => part.filter(ask) }, { name: 'CASL', goal: goals.casl }],
    ];
    if (limitOf) contested.push([{ units: records.length, work: limitOf }, { name: 'the limit: one pass in WASM over every holder', within: 2 }]);
    await add(what, 'record', contested.map(([work]) => work), contested.map(([, row]) => row));
  }

  /** The same question again at the same revision, beside a copy of the answer. Judged by a set of few records: the time of
   * a copy of many changes by more than the goal from one to the next. */
  async function again() {
    const size = (viewer) => peers.bytes.lists(viewer, records).length;
    const reps = org.users.filter(({ id }) => reached.get(id).size === 1).slice(0, 20).map(({ id }) => [id, size(id)]);
    const [few] = reps.reduce((best, next) => (Math.abs(next[1] - 300) < Math.abs(best[1] - 300) ? next : best));
    for (const [viewer, times, beyond] of [[wide, 20], [few, 2_000, 1_000]]) {
      const answer = governance.visibleIndices(viewer, 'opportunity');
      await add(`the same set of ${count(answer.length)} again, no change between`, 'question', [
        { units: times, work: () => over(times, () => peers.sidelight.lists(viewer)) },
        { units: times, work: () => over(times, () => answer.slice()) },
      ], [{ name: 'Sidelight' }, { name: 'a copy of the answer alone', beyond }]);
    }
  }

  async function firstPage() {
    const query = { where: { field: 'stage', is: PAGE.stage }, sort: [{ by: 'amount', descending: true }], limit: PAGE.limit };
    const ours = () => {
      const { total, ids } = governance.visible(wide, 'opportunity', query);
      return { total, ids };
    };
    settle();
    const theirs = () => peers.bytes.page(wide, records, PAGE.stage, PAGE.limit);
    same(ours(), theirs(), 'the first pages differ');
    await add('first page of 50, filtered and sorted', 'page', [
      { units: 1, before: toggled, work: ours },
      { units: 1, work: theirs },
    ], [{ name: 'Sidelight' }, { name: 'JavaScript, `Uint8Array`', goal: 5 }]);
  }

  async function predictions() {
    settle();
    const little = JSON.parse(new TextDecoder().decode(smallDocument));
    const team = module.Governance.load(smallDocument);
    const theirs = assignment(little);
    await add('`predict` of one assignment', 'prediction', [
      { units: 100, work: () => over(100, () => governance.predict([extra])) },
      { units: 100, work: () => over(100, () => team.predict([theirs])) },
    ], [{ name: 'Sidelight' }, { name: `the same on ${count(little.records.length)} records`, within: 3 }]);
    team.free();

    settle();
    const [role, people] = roleOver(500, org);
    const move = [{ op: 'moveRole', role, parent: null }];
    const after = module.Governance.load(document);
    after.apply(move);
    const everyone = () => {
      let different = 0;
      for (const { id } of org.users) {
        different += difference(governance.visibleIndices(id, 'opportunity'), after.visibleIndices(id, 'opportunity'));
      }
      return different;
    };
    const { gained, lost } = governance.predict(move);
    holds(gained + lost === everyone(), 'the prediction is not the difference');
    await add(`\`predict\` of moving a role with ${people} people`, 'prediction', [
      // Ten thousand large sets are more than one thread clears away at once.
      { units: 10, work: () => over(10, () => governance.predict(move)) },
      { units: 1, before: () => [governance, after].forEach(toggle), work: everyone },
    ], [{ name: 'Sidelight' }, { name: "everyone's sets before and after, by `visibleIndices`", goal: 100 }], { budget: 25_000, pause: 50 });
    after.free();
    settle();
  }

  /** A slice of about 10,000 records, beside the same organisation as JSON. */
  async function slices() {
    const size = (viewer) => governance.visibleIndices(viewer, 'opportunity').length;
    const leads = org.users.filter(({ id }) => reached.get(id).size > 1).map(({ id }) => [id, size(id)]);
    const [viewer, sees] = leads.reduce((best, next) => (Math.abs(next[1] - 10_000) < Math.abs(best[1] - 10_000) ? next : best));
    const slice = governance.slice(viewer);
    const sliced = module.Governance.load(slice);
    const json = new TextEncoder().encode(JSON.stringify(sliced.toJSON()));
    holds(sliced.visibleIndices(viewer, 'opportunity').length === sees, 'the slice has other records');
    sliced.free();
    await add(`load of a slice of ${count(sees)} records`, 'load', [
      { units: 1, work: () => module.Governance.load(slice).free() },
      { units: 1, work: () => module.Governance.load(json).free() },
    ], [{ name: 'Sidelight' }, { name: 'the same as JSON', goal: 10 }]);
  }

  /** One assignment made and taken back, loading anew, and `JSON.parse` of the bytes as a text that is there already. */
  async function documents() {
    // Bytes before, text during: the records of before would only be in the way.
    const text = new TextDecoder().decode(document);
    const [applied, loaded, parsed] = await rounds(5, [
      { units: 200, work: () => over(200, toggled) },
      { units: 1, work: () => module.Governance.load(document).free() },
      { units: 1, work: () => JSON.parse(text).records.length },
    ], { budget: 40_000, gc: 'major' });
    told('`apply` of one assignment', 'change', [
      { name: 'Sidelight', times: applied },
      { name: 'loading anew', times: loaded, goal: 10_000 },
    ]);
    told('load of the document, memory grown before', 'load', [
      { name: 'Sidelight', times: loaded },
      { name: '`JSON.parse` alone', times: parsed, within: 2 },
    ]);
  }

  /** The organisation as it was loaded. */
  function settle() {
    if (changed.has(governance)) toggled();
  }

  async function add(what, unit, contested, rows, options) {
    const times = await rounds(ROUNDS, contested, options);
    told(what, unit, rows.map((row, which) => ({ ...row, times: times[which] })));
  }

  function told(what, unit, rows) {
    figures.push({ what, unit, rows });
    say(`measured: ${what} (${rows[0].times.length} rounds)`);
  }

  /** Makes a change, so that no answer of before is good any more. */
  function toggled() {
    toggle(governance);
  }

  function toggle(organisation) {
    const assigned = changed.has(organisation);
    organisation.apply([{ ...extra, op: assigned ? 'unassign' : 'assign' }]);
    if (assigned) changed.delete(organisation);
    else changed.add(organisation);
  }

  function facts() {
    const share = (viewer) => `${((100 * reached.get(viewer).size) / org.users.length).toFixed(1)} %`;
    const sees = (viewer) => ((100 * peers.bytes.lists(viewer, records).length) / records.length).toFixed(0);
    const holders = records.reduce((sum, { holders }) => sum + holders.length, 0) / records.length;
    return {
      organisation: `${count(org.users.length)} users, ${count(org.roles.length)} roles, ${count(records.length)} opportunities with ${holders.toFixed(1)} holders on average, ${(document.length / 1e6).toFixed(1)} MB of JSON. The wide viewer reaches ${share(wide)} of the users and sees ${sees(wide)} % of the records, the narrow one ${share(narrow)} and ${sees(narrow)} %.`,
      agreed: small + sample.length,
      cedar: peers.cedar.language,
    };
  }
}

function answered(prepared) {
  let count = 0;
  for (const { ask, record } of prepared) if (ask(record)) count += 1;
  return count;
}

function over(times, work) {
  let last;
  for (let n = 0; n < times; n += 1) last = work();
  return last;
}

/** How many numbers are in one of two ascending lists only. */
function difference(one, other) {
  let [at, beside, count] = [0, 0, 0];
  while (at < one.length && beside < other.length) {
    if (one[at] === other[beside]) [at, beside] = [at + 1, beside + 1];
    else {
      count += 1;
      if (one[at] < other[beside]) at += 1;
      else beside += 1;
    }
  }
  return count + one.length - at + other.length - beside;
}

function count(number) {
  return number.toLocaleString('en');
}
