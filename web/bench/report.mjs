// The figures as a table between two marks of docs/performance.md, and as a chart beside it.

import { readFileSync, writeFileSync } from 'node:fs';

import { ratio, spread } from './rounds.mjs';

const PAGE = new URL('../../docs/performance.md', import.meta.url);
const CHART = new URL('../../docs/performance.svg', import.meta.url);
const [BEGIN, END] = ['<!-- figures: written by `cargo xtask bench` -->', '<!-- end of figures -->'];

export function publish(figures, facts) {
  const text = [...facts, table(figures)].join('\n\n');
  console.log(`\n${text}`);
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('docs/performance.md has no place for the figures');
  writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`);
  writeFileSync(CHART, chart(figures.slice(0, 3)));
}

function table(figures) {
  const lines = ['| what | who | time, median and middle half | Sidelight is | goal | |', '| --- | --- | --- | --- | --- | --- |'];
  for (const { what, unit, rows: [ours, ...others] } of figures) {
    lines.push(`| **${what}** | Sidelight | ${time(spread(ours.times), unit)} | | | |`);
    for (const row of others) {
      const { compared, goal, reached } = judged(row, ours);
      lines.push(`| | ${row.name} | ${time(spread(row.times), unit)} | ${compared} | ${goal} | ${reached} |`);
    }
  }
  return lines.join('\n');
}

/** A goal is so many times as fast, within so many times as long, or so many nanoseconds on top. */
function judged({ times, goal, within, beyond }, ours) {
  const faster = ratio(times, ours.times);
  const compared = faster.median >= 1
    ? `${number(faster.median)} × faster (${number(faster.low)}–${number(faster.high)})`
    : `${number(1 / faster.median)} × slower (${number(1 / faster.high)}–${number(1 / faster.low)})`;
  const verdict = (holds) => (holds ? 'reached' : '**not reached**');
  if (goal) return { compared, goal: `${goal.toLocaleString('en')} × faster`, reached: verdict(faster.median >= goal) };
  if (within) return { compared, goal: `within ${within} ×`, reached: verdict(faster.median >= 1 / within) };
  if (beyond) {
    const more = spread(ours.times).median - spread(times).median;
    return { compared, goal: `under ${beyond / 1_000} µs more`, reached: verdict(more < beyond) };
  }
  return { compared, goal: '', reached: '' };
}

function time({ low, median, high }, unit) {
  const [divisor, name] = median < 1e4 ? [1, 'ns'] : median < 1e7 ? [1e3, 'µs'] : [1e6, 'ms'];
  const shown = (value) => number(value / divisor);
  return `${shown(median)} ${name} per ${unit} (${shown(low)}–${shown(high)})`;
}

/** Three digits that mean something. */
function number(value) {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(value < 10 ? 2 : 3)));
}

/** Bars of medians on a scale of powers of ten, readable in light and in dark. */
function chart(figures) {
  const [left, width, row] = [260, 420, 22];
  const medians = figures.flatMap(({ rows }) => rows.map(({ times }) => spread(times).median));
  const lowest = Math.floor(Math.log10(Math.min(...medians)));
  const powers = Math.ceil(Math.log10(Math.max(...medians))) - lowest;
  const x = (value) => left + (width * (Math.log10(value) - lowest)) / powers;
  const parts = [];
  let y = 16;
  for (const { what, unit, rows } of figures) {
    y += row;
    parts.push(`<text class="title" x="8" y="${y}">${plain(what)}, ns per ${unit}</text>`);
    for (const { name, times } of rows) {
      y += row;
      const { median } = spread(times);
      const kind = name === 'Sidelight' ? 'ours' : 'theirs';
      parts.push(`<text x="${left - 8}" y="${y}" text-anchor="end">${plain(name)}</text>`);
      parts.push(`<rect class="${kind}" x="${left}" y="${y - 12}" width="${(x(median) - left).toFixed(1)}" height="15" rx="2"/>`);
      parts.push(`<text x="${(x(median) + 6).toFixed(1)}" y="${y}">${number(median)}</text>`);
    }
    y += row / 2;
  }
  const grid = Array.from({ length: powers + 1 }, (_, power) => {
    const at = x(10 ** (lowest + power)).toFixed(1);
    return `<path class="grid" d="M${at} 16V${y}"/><text class="scale" x="${at}" y="${y + 16}" text-anchor="middle">${(10 ** (lowest + power)).toLocaleString('en')}</text>`;
  });
  const total = { width: left + width + 80, height: y + 28 };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.width} ${total.height}" width="${total.width}" role="img" aria-label="Nanoseconds of Sidelight and its peers, on a logarithmic scale">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.scale { font-size: 11px; fill: #59636e }
.grid { stroke: #d1d9e0 }
.ours { fill: #0969da }
.theirs { fill: #818b98 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .scale { fill: #9198a1 }
  .grid { stroke: #3d444d }
  .ours { fill: #4493f8 }
  .theirs { fill: #656c76 }
}
</style>
${[...grid, ...parts].join('\n')}
</svg>
`;
}

/** As the text of an element; the table's marks for code are none here. */
function plain(text) {
  return text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
