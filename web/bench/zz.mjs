import { readFileSync } from 'node:fs';
import { contestants, pairs } from './agreement.mjs';
import { viewerReaching } from './organisation.mjs';
import { rounds, spread, ratio } from './rounds.mjs';
import { startCedar } from './peers/cedar.mjs';
startCedar(readFileSync(new URL('./node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm', import.meta.url)));
const m = await import(process.argv[2] + '/node.js'); await m.default();
const document = readFileSync('/work/main/target/organisations/l-b1704c68a84792c0.json');
const given = await contestants(document, m);
const { org, peers } = given;
const wide = viewerReaching(0.4, given), narrow = viewerReaching(0.02, given);
const few = Math.ceil(org.users.length / 20);
const viewers = [wide, narrow, ...org.users.filter((_, n) => n % few === Math.floor(few / 2)).map(({ id }) => id)];
const FRESH = 5000, ROUNDS = 9;
const asked = pairs(given, viewers, Math.min(org.records.length, 2_000 + FRESH * (ROUNDS + 2)));
const repeated = asked.splice(0, 2_000);
const questions = (name, list) => { const asks = new Map(viewers.map((v) => [v, peers[name].asks(v)])); return list.map(({ viewer, record }) => ({ ask: asks.get(viewer), record })); };
const answered = (p) => { let y = 0; for (const { ask, record } of p) if (ask(record)) y += 1; return y; };
const over = (t, w) => { let r; for (let i = 0; i < t; i++) r = w(); return r; };
for (const k of []) {
const names = ['sidelight', 'set', 'casl'];
const c = names.map((n) => { const p = questions(n, repeated); return { units: 10000, work: () => over(5, () => answered(p)) }; });
const t = rounds(9, c); t.forEach((x, i) => console.log(names[i], spread(x).median.toFixed(0), spread(x).low.toFixed(0)));
const c2 = ['sidelight', 'set'].map((n) => { const p = questions(n, asked); return { units: 5000, work: (turn) => answered(p.slice(turn * 5000, turn * 5000 + 5000)) }; });
if (k == 1) rounds(9, c2).forEach((x, i) => console.log('fresh', names[i], spread(x).median.toFixed(0)));
}
let on = false; const toggled = () => { if (process.env.NOTOGGLE) return; given.peers.sidelight.governance.apply([on ? { op: 'unassign', type: 'opportunity', id: 'o5', user: 'u1234' } : { op: 'assign', type: 'opportunity', id: 'o5', user: 'u1234' }]); on = !on; };
for (const v of [wide, narrow]) { const t = rounds(9, [{ units: 1e6, before: toggled, work: () => peers.sidelight.lists(v) }, { units: 1e6, work: () => peers.bytes.lists(v, org.records) }]); console.log(v, t.map((x) => spread(x).median.toFixed(2)).join(' '), ratio(t[1], t[0])); }
const g = peers.sidelight.governance;
{ const query = { where: { field: 'stage', is: 'Quote' }, sort: [{ by: 'amount', descending: true }], limit: 50 };
const t = rounds(9, [{ units: 1, before: toggled, work: () => g.visible(wide, 'opportunity', query) }, { units: 1, work: () => peers.bytes.page(wide, org.records, 'Quote', 50) }]); console.log('page ms', t.map((x) => (spread(x).median / 1e6).toFixed(2)).join(' '), ratio(t[1], t[0])); }
