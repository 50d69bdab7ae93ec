// `cargo xtask bench`: asserts that all answer alike, measures, and writes docs/performance.md and docs/performance.svg.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

import { imported } from '../governance/test/installed.mjs';
import { agree, agreeOnSmall, contestants, pairs } from './agreement.mjs';
import { M, S, organisation } from './organisation.mjs';
import { publish } from './report.mjs';
import { rounds } from './rounds.mjs';

const ROUNDS = 9;
/** How many decisions of one round a contestant makes. Those of similar speed make the same ones: fewer records would be
 * nearer at hand in the processor's caches. */
const DECISIONS = { sidelight: 2_000, set: 2_000, bytes: 2_000, casl: 2_000, caslWithFunction: 2_000, casbin: 500, cedar: 60 };
const PAGE = { stage: 'Proposal', limit: 50 };

const busy = loadavg()[0];
const module = await imported();
await module.default();
const small = await agreeOnSmall(module);
const given = await contestants(M, module);
const { org, reached, document, peers } = given;
const { governance } = peers.sidelight;
const records = org.records;
const wide = viewerReaching(0.4);
const narrow = viewerReaching(0.02);
const viewers = [wide, narrow, ...org.users.filter((_, n) => n % 35 === 20).map(({ id }) => id)];
const asked = pairs(given, viewers, 2_000);
const sample = asked.slice(0, 400);
const allowed = agree(given, sample, [wide, narrow]);
console.log(`${small + sample.length} decisions agree; ${allowed} of ${sample.length} in the measured organisation are to allow`);

// The one assignment that is made and taken back, and the organisations that have it.
const extra = assignment(org);
const changed = new Set();
const figures = [];
decisions();
sets('visible set, wide viewer', wide, { casl: 1_500, bytes: 30 });
sets('visible set, narrow viewer', narrow, { bytes: 150 });
again();
firstPage();
changes();
predictions();
loading();
slices();
publish(figures, facts());

/** `can`: one decision. */
function decisions() {
  const goals = { casl: 15, casbin: 200, cedar: 1_000 };
  const names = Object.keys(DECISIONS);
  const contested = names.map((name) => {
    const asks = new Map(viewers.map((viewer) => [viewer, peers[name].asks(viewer)]));
    const prepared = asked.slice(0, DECISIONS[name]).map(({ viewer, record }) => ({ ask: asks.get(viewer), record }));
    return {
      units: prepared.length,
      work: () => {
        let count = 0;
        for (const { ask, record } of prepared) if (ask(record)) count += 1;
        return count;
      },
    };
  });
  add('`can`, one decision', 'decision', contested, names.map((name) => ({ name: peers[name].name, goal: goals[name] })));
}

/** The whole visible set, never the same question at the same revision. */
function sets(what, viewer, goals) {
  const loop = ({ name, lists }, goal) => [{ units: records.length, work: () => lists(viewer, records) }, { name, goal }];
  const ask = peers.casl.asks(viewer);
  const part = records.slice(0, 5_000);
  const contested = [
    [{ units: records.length, before: toggled, work: () => peers.sidelight.lists(viewer) }, { name: 'Sidelight' }],
    loop(peers.bytes, goals.bytes),
    loop(peers.set),
    [{ units: part.length, work: () => part.filter(ask) }, { name: 'CASL', goal: goals.casl }],
  ];
  add(what, 'record', contested.map(([work]) => work), contested.map(([, row]) => row));
}

/** The same question again at the same revision, beside a copy of the answer. */
function again() {
  const answer = governance.visibleIndices(wide, 'opportunity');
  add('the same set again, no change between', 'question', [
    { units: 20, work: () => repeated(20, () => peers.sidelight.lists(wide)) },
    { units: 20, work: () => repeated(20, () => answer.slice()) },
  ], [{ name: 'Sidelight' }, { name: 'a copy of the answer alone', beyond: 1_000 }]);
}

function firstPage() {
  const query = { where: { field: 'stage', is: PAGE.stage }, sort: [{ by: 'amount', descending: true }], limit: PAGE.limit };
  const ours = () => {
    const { total, ids } = governance.visible(wide, 'opportunity', query);
    return { total, ids };
  };
  settle();
  const theirs = () => peers.bytes.page(wide, records, PAGE.stage, PAGE.limit);
  assert.deepEqual(ours(), theirs(), 'the first pages differ');
  add('first page of 50, filtered and sorted', 'page', [
    { units: 1, before: toggled, work: ours },
    { units: 1, work: theirs },
  ], [{ name: 'Sidelight' }, { name: 'JavaScript, `Uint8Array`', goal: 5 }]);
}

/** One assignment made and taken back, beside loading anew. */
function changes() {
  add('`apply` of one assignment', 'change', [
    { units: 20, work: () => repeated(20, toggled) },
    { units: 1, work: () => module.Governance.load(document).free() },
  ], [{ name: 'Sidelight' }, { name: 'loading anew', goal: 10_000 }]);
}

function predictions() {
  settle();
  const little = organisation(S);
  const team = module.Governance.load(little);
  add('`predict` of one assignment', 'prediction', [
    { units: 5, work: () => repeated(5, () => governance.predict([extra])) },
    { units: 5, work: () => repeated(5, () => team.predict([assignment(little)])) },
  ], [{ name: 'Sidelight' }, { name: `the same on ${little.records.length.toLocaleString('en')} records`, within: 3 }]);
  team.free();

  settle();
  const [role, people] = roleOver(500);
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
  assert.equal(gained + lost, everyone(), 'the prediction is not the difference');
  add(`\`predict\` of moving a role with ${people} people`, 'prediction', [
    { units: 1, work: () => governance.predict(move) },
    { units: 1, before: () => [governance, after].forEach(toggle), work: everyone },
  ], [{ name: 'Sidelight' }, { name: "everyone's sets before and after, by `visibleIndices`", goal: 100 }], 3);
  after.free();
}

/** The bytes, beside `JSON.parse` of them as a text that is there already. */
function loading() {
  const text = new TextDecoder().decode(document);
  add('load of the document, memory grown before', 'load', [
    { units: 1, work: () => module.Governance.load(document).free() },
    { units: 1, work: () => JSON.parse(text) },
  ], [{ name: 'Sidelight' }, { name: '`JSON.parse` alone', within: 2 }], 5);
}

/** A slice of about 10,000 records, beside the same organisation as JSON. */
function slices() {
  const viewer = org.users.map(({ id }) => [id, peers.bytes.lists(id, records).length])
    .reduce((best, next) => (Math.abs(next[1] - 10_000) < Math.abs(best[1] - 10_000) ? next : best));
  settle();
  const slice = governance.slice(viewer[0]);
  const sliced = module.Governance.load(slice);
  const json = new TextEncoder().encode(JSON.stringify(sliced.toJSON()));
  assert.equal(sliced.visibleIndices(viewer[0], 'opportunity').length, viewer[1]);
  sliced.free();
  add(`load of a slice of ${viewer[1].toLocaleString('en')} records`, 'load', [
    { units: 1, work: () => module.Governance.load(slice).free() },
    { units: 1, work: () => module.Governance.load(json).free() },
  ], [{ name: 'Sidelight' }, { name: 'the same as JSON', goal: 10 }]);
}

/** The organisation as it was loaded. */
function settle() {
  if (changed.has(governance)) toggled();
}

function add(what, unit, contested, rows, count = ROUNDS) {
  const times = rounds(count, contested);
  figures.push({ what, unit, rows: rows.map((row, which) => ({ ...row, times: times[which] })) });
  console.log(`measured: ${what}`);
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

/** Somebody who is not there yet, on some record. */
function assignment({ users, records }) {
  const { id, owner, assigned } = records[5];
  const { id: user } = users.findLast((user) => user.id !== owner && !assigned.includes(user.id));
  return { op: 'assign', type: 'opportunity', id, user };
}

function repeated(times, work) {
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

function viewerReaching(share) {
  const off = (people) => Math.abs(people.size / org.users.length - share);
  return [...reached].reduce((best, next) => (off(next[1]) < off(best[1]) ? next : best))[0];
}

/** The role that has about so many people in it and below, and how many. */
function roleOver(people) {
  const parents = new Map(org.roles.map(({ id, parent }) => [id, parent]));
  const counts = new Map();
  for (const { role } of org.users) for (let at = role; at; at = parents.get(at)) counts.set(at, (counts.get(at) ?? 0) + 1);
  return [...counts].filter(([id]) => parents.get(id))
    .reduce((best, next) => (Math.abs(next[1] - people) < Math.abs(best[1] - people) ? next : best));
}

function facts() {
  const version = (name) => JSON.parse(readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url))).version;
  const share = (viewer) => `${((100 * reached.get(viewer).size) / org.users.length).toFixed(0)} %`;
  const sees = (viewer) => ((100 * peers.bytes.lists(viewer, records).length) / records.length).toFixed(0);
  const holders = records.reduce((sum, { holders }) => sum + holders.length, 0) / records.length;
  return [
    `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'processor'} (load average before the run: ${busy.toFixed(1)}); CASL ${version('@casl/ability')}, casbin ${version('casbin')}, cedar-wasm ${version('@cedar-policy/cedar-wasm')} (Cedar ${peers.cedar.language}).`,
    `${org.users.length} users, ${org.roles.length} roles, ${records.length.toLocaleString('en')} opportunities with ${holders.toFixed(1)} holders on average, ${(document.length / 1e6).toFixed(1)} MB of JSON. The wide viewer reaches ${share(wide)} of the users and sees ${sees(wide)} % of the records, the narrow one ${share(narrow)} and ${sees(narrow)} %.`,
    `Before anything was timed, ${(small + sample.length).toLocaleString('en')} decisions of every contestant agreed.`,
  ];
}
