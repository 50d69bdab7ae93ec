// The figures of every runtime as tables, and as a chart: `report.mjs FOLDER [--publish]`.
//
// The folder has `node.json`, `chromium.json` and `native.json`, or some of them, as they were measured last. They are
// printed; to publish them is to write them between two marks of docs/performance.md, and the chart beside it, and where
// there are all three, in brief between the same marks of README.md.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { chart } from './chart.mjs';
import { ratio, spread } from './rounds.mjs';

const PAGE = new URL('../../docs/performance.md', import.meta.url);
const README = new URL('../../README.md', import.meta.url);
const CHART = new URL('../../docs/performance.svg', import.meta.url);
const [BEGIN, END] = ['<!-- figures: written by `cargo xtask bench` -->', '<!-- end of figures -->'];

const [folder, publishing] = process.argv.slice(2);
const [node, chromium, native] = ['node', 'chromium', 'native'].map((name) => {
  const file = join(folder, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
});
const scripted = [node, chromium].filter(Boolean);
const text = [...(scripted.length > 0 ? inJavaScript(scripted) : []), ...(native ? natively(native) : [])].join('\n\n');
console.log(`\n${text}`);
if (publishing) publish(text);

function publish(text) {
  write(PAGE, text);
  writeFileSync(CHART, chart({ bars: scripted[0], growth: native?.growth }));
  if (node && chromium && native) write(README, inBrief({ Node: node, Chromium: chromium, natively: native }));
}

function write(url, text) {
  const page = readFileSync(url, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${url} has no place for the figures`);
  writeFileSync(url, `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`);
}

/** What most ask first: how long one answer takes everywhere, and how many times as long with what is used instead. */
function inBrief(places) {
  const { records } = native.facts;
  const asked = [
    ['`can`, one decision', { Cedar: ['cedar-wasm', 'cedar-policy'], regorus: ['regorus'], casbin: ['casbin'], CASL: ['CASL'], 'a `Set` by hand': ['JavaScript, `Set`'] }],
    ['visible set, wide viewer', { CASL: ['CASL'], 'a `Uint8Array` by hand': ['JavaScript, `Uint8Array`'] }],
    ['first page of 50, filtered and sorted', { 'a `Uint8Array` by hand': ['JavaScript, `Uint8Array`'] }],
  ];
  const lines = asked.flatMap(([what, others]) => {
    const measured = Object.values(places).map(({ figures }) => figures.find((figure) => figure.what === what));
    const ours = measured.map((figure) => (figure ? time(spread(figure.rows[0].times), figure.unit).replace(/ \(.*/, '') : ''));
    const beside = Object.entries(others).map(([name, names]) => [
      `… beside ${name}`,
      ...measured.map((figure) => {
        const theirs = figure?.rows.find((row) => names.includes(row.name));
        return theirs ? compared(theirs, figure.rows[0]).replace(/ \(.*/, '') : '';
      }),
    ]);
    return [[`**${what}**`, ...ours], ...beside];
  });
  const head = [`on ${whole(records)} opportunities`, ...Object.keys(places)];
  return [head, head.map(() => '---'), ...lines].map(row).join('\n');
}

function inJavaScript(runtimes) {
  const [{ facts }] = runtimes;
  const where = runtimes.map(({ runtime, machine, busy }) => `${runtime}, ${machine} (load average before the run: ${busy.toFixed(1)})`);
  return [
    '### In JavaScript',
    `${where.join('; ')}. ${versions(facts.cedar)}.`,
    facts.organisation,
    `Before anything was timed, ${whole(facts.agreed)} decisions of every contestant agreed${runtimes.length > 1 ? ', in each of the two' : ''}.`,
    table(runtimes),
  ];
}

function natively({ runtime, machine, busy, facts, figures, growth, memory }) {
  const { users, roles, records, holders, held, agreed, peers } = facts;
  return [
    '### Natively',
    `${runtime}, ${machine} (load average before the run: ${busy.toFixed(1)}). ${peers}.`,
    `${whole(users)} users, ${whole(roles)} roles, ${whole(records)} opportunities with ${holders.toFixed(1)} holders on average, of those that are asked about. Cedar holds all of the people and these ${whole(held)} opportunities.`,
    `Before anything was timed, ${whole(agreed)} decisions of every contestant agreed.`,
    table([{ runtime: 'time', figures }]),
    '### Growth, natively',
    grown(growth),
    ...memory.map(({ what, bytes, peak, under }) => {
      const verdict = under ? ` The goal is under ${under} bytes: ${bytes < under ? 'reached' : '**not reached**'}.` : '';
      return `${what}: ${number(bytes)} bytes; at most ${number(peak)} while loading, the document not counted.${verdict}`;
    }),
  ];
}

function versions(cedar) {
  const version = (name) => JSON.parse(readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url))).version;
  return `CASL ${version('@casl/ability')}, casbin ${version('casbin')}, cedar-wasm ${version('@cedar-policy/cedar-wasm')} (Cedar ${cedar})`;
}

/** The same figures in one runtime or in several. */
function table(runtimes) {
  const head = ['what', 'who', ...runtimes.flatMap(({ runtime }) => [`${runtime}: median and middle half`.replace('time: ', ''), 'Sidelight is']), 'goal', ''];
  const lines = [row(head), row(head.map(() => '---'))];
  runtimes[0].figures.forEach(({ what, unit, rows }, figure) => {
    rows.forEach(({ name }, which) => {
      const here = runtimes.map(({ figures }) => figures[figure].rows);
      const cells = here.flatMap((rows) => [
        time(spread(rows[which].times), unit),
        which === 0 ? '' : compared(rows[which], rows[0]),
      ]);
      const verdicts = which === 0 ? [] : here.map((rows) => reached(rows[which], rows[0]));
      lines.push(row([which === 0 ? `**${what}**` : '', name, ...cells, goalOf(rows[which]), verdict(verdicts, runtimes)]));
    });
  });
  return lines.join('\n');
}

function row(cells) {
  return `| ${cells.join(' | ')} |`;
}

function compared({ times }, ours) {
  const faster = ratio(times, ours.times);
  return faster.median >= 1
    ? `${number(faster.median)} × faster (${number(faster.low)}–${number(faster.high)})`
    : `${number(1 / faster.median)} × slower (${number(1 / faster.high)}–${number(1 / faster.low)})`;
}

/** A goal is so many times as fast, within so many times as long, or so many nanoseconds on top. */
function goalOf({ goal, within, beyond }) {
  if (goal) return `${whole(goal)} × faster`;
  if (within) return `within ${within} ×`;
  return beyond ? `under ${beyond / 1_000} µs more` : '';
}

function reached({ times, goal, within, beyond }, ours) {
  const faster = ratio(times, ours.times).median;
  if (goal) return faster >= goal;
  if (within) return faster >= 1 / within;
  // In one round, as ratios are: two medians may be of different moods.
  return beyond ? spread(times.map((time, round) => ours.times[round] - time)).median < beyond : undefined;
}

function verdict(each, runtimes) {
  if (each.length === 0 || each[0] === undefined) return '';
  if (each.every(Boolean)) return 'reached';
  const where = runtimes.filter((_, which) => each[which]).map(({ runtime }) => runtime.split(' ')[0]);
  return where.length > 0 ? `**reached in ${where} only**` : '**not reached**';
}

function grown({ sizes, lines }) {
  const head = ['', ...sizes.map(({ name, records }) => `${name.toUpperCase()}, ${whole(records)} records`)];
  const rows = lines.map(({ what, times }) => [what, ...times.map((of) => time(spread(of)))]);
  return [head, head.map(() => '---'), ...rows].map(row).join('\n');
}

function time({ low, median, high }, unit) {
  const [divisor, name] = median < 1e4 ? [1, 'ns'] : median < 1e7 ? [1e3, 'µs'] : median < 1e10 ? [1e6, 'ms'] : [1e9, 's'];
  const shown = (value) => number(value / divisor);
  return `${shown(median)} ${name}${unit ? ` per ${unit}` : ''} (${shown(low)}–${shown(high)})`;
}

function whole(number) {
  return number.toLocaleString('en');
}

/** Three digits that mean something. */
function number(value) {
  return value >= 100 ? whole(Math.round(value)) : String(Number(value.toPrecision(value < 10 ? 2 : 3)));
}
