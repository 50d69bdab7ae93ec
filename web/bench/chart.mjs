// The chart of docs/performance.md: bars of medians beside the peers', and how answers grow with the organisation. Both have
// scales of powers of ten, and are readable in light and in dark.

import { spread } from './rounds.mjs';

const LEFT = 270;
const WIDTH = 430;
const ROW = 22;
/** Which figures have bars: those of one decision, and those of one record of a set. */
const BARS = 4;

/** @param {object} given `bars`, the figures of a runtime, and `growth`; either may be missing */
export function chart({ bars, growth }) {
  const panels = [];
  let top = 0;
  for (const [draw, given] of [[bar, bars], [line, growth]]) {
    if (!given) continue;
    const { parts, bottom } = draw(given, top);
    panels.push(...parts);
    top = bottom + 20;
  }
  const width = LEFT + WIDTH + 90;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" role="img" aria-label="Times of Sidelight and its peers, and of Sidelight's answers from the smallest organisation to the largest, on logarithmic scales">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.scale { font-size: 11px; fill: #59636e }
.grid { stroke: #d1d9e0 }
.ours { fill: #0969da }
.theirs { fill: #818b98 }
.line { fill: none; stroke-width: 2 }
.a { stroke: #0969da; fill: #0969da }
.b { stroke: #bc4c00; fill: #bc4c00 }
.c { stroke: #1a7f37; fill: #1a7f37 }
.d { stroke: #8250df; fill: #8250df }
.line.a, .line.b, .line.c, .line.d { fill: none }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .scale { fill: #9198a1 }
  .grid { stroke: #3d444d }
  .ours { fill: #4493f8 }
  .theirs { fill: #656c76 }
  .a { stroke: #4493f8; fill: #4493f8 }
  .b { stroke: #f0883e; fill: #f0883e }
  .c { stroke: #3fb950; fill: #3fb950 }
  .d { stroke: #ab7df8; fill: #ab7df8 }
}
</style>
${panels.join('\n')}
</svg>
`;
}

function bar({ runtime, figures }, top) {
  const shown = figures.slice(0, BARS);
  const medians = shown.flatMap(({ rows }) => rows.map(({ times }) => spread(times).median));
  const { lowest, powers, place } = scale(medians, WIDTH);
  const x = (value) => LEFT + place(value);
  const parts = [];
  const groups = [];
  let y = top + 16;
  for (const { what, unit, rows } of shown) {
    y += ROW;
    const begin = y + 6;
    parts.push(label(`${plain(what)}, ns per ${unit} (${plain(runtime)})`, 8, y, 'title'));
    for (const { name, times } of rows) {
      y += ROW;
      const { median } = spread(times);
      const kind = name.startsWith('Sidelight') ? 'ours' : 'theirs';
      parts.push(`<text x="${LEFT - 8}" y="${y}" text-anchor="end">${plain(name.split(':')[0])}</text>`);
      parts.push(`<rect class="${kind}" x="${LEFT}" y="${y - 12}" width="${Math.max(2, place(median)).toFixed(1)}" height="15" rx="2"/>`);
      parts.push(label(number(median), Math.max(x(median), LEFT + 2) + 6, y));
    }
    y += ROW / 2;
    groups.push([begin, y - 4]);
  }
  const grid = Array.from({ length: powers + 1 }, (_, power) => {
    const value = 10 ** (lowest + power);
    const at = x(value).toFixed(1);
    // Through the bars, and not through the titles.
    const lines = groups.map(([begin, end]) => `M${at} ${begin}V${end}`).join('');
    return `<path class="grid" d="${lines}"/>${centred(number(value), at, y + 16)}`;
  });
  return { parts: [...grid, ...parts], bottom: y + 24 };
}

/** A line for each answer over the number of records, with its name and last median at its end. */
function line({ sizes, lines }, top) {
  const [height, right] = [240, LEFT + WIDTH - 190];
  const [begin, bottom] = [top + 50, top + 50 + height];
  const medians = lines.map(({ times }) => times.map((of) => spread(of).median));
  const across = scale(sizes.map(({ records }) => records), right - 90);
  const up = scale(medians.flat(), height);
  const x = (records) => 90 + across.place(records);
  const y = (value) => bottom - up.place(value);
  const grid = Array.from({ length: up.powers + 1 }, (_, power) => {
    const at = y(10 ** (up.lowest + power));
    return `<path class="grid" d="M90 ${at.toFixed(1)}H${right}"/><text class="scale" x="82" y="${(at + 4).toFixed(1)}" text-anchor="end">${duration(10 ** (up.lowest + power))}</text>`;
  });
  const names = sizes.map(({ name, records }) => centred(`${name.toUpperCase()} · ${short(records)}`, x(records).toFixed(1), bottom + 18));
  const drawn = lines.map(({ what }, which) => {
    const kind = 'abcd'[which % 4];
    const points = sizes.map(({ records }, at) => [x(records).toFixed(1), y(medians[which][at]).toFixed(1)]);
    const dots = points.map(([x, y]) => `<circle class="${kind}" cx="${x}" cy="${y}" r="3.5"/>`);
    return { what, kind, last: y(medians[which].at(-1)), value: medians[which].at(-1), mark: `<path class="line ${kind}" d="M${points.map((point) => point.join(' ')).join('L')}"/>${dots.join('')}` };
  });
  // Names at the ends of the lines, pushed apart where they would lie on one another.
  const ends = [...drawn].sort((one, other) => one.last - other.last);
  let least = -Infinity;
  const labels = ends.map(({ what, kind, last, value }) => {
    const at = Math.max(last + 4, least);
    least = at + 18;
    return `<circle class="${kind}" cx="${right + 14}" cy="${(at - 4).toFixed(1)}" r="3.5"/>${label(`${plain(what)}: ${duration(value)}`, right + 24, at)}`;
  });
  const title = label('From the smallest organisation to the largest, natively: one answer, by records', 8, top + 24, 'title');
  return { parts: [title, ...grid, ...names, ...drawn.map(({ mark }) => mark), ...labels], bottom: Math.max(bottom + 24, least) };
}

/** Whole powers of ten around the values, and how far along a value is. */
function scale(values, length) {
  const lowest = Math.floor(Math.log10(Math.min(...values)));
  const powers = Math.max(1, Math.ceil(Math.log10(Math.max(...values))) - lowest);
  return { lowest, powers, place: (value) => (length * (Math.log10(value) - lowest)) / powers };
}

function label(text, x, y, kind) {
  return `<text${kind ? ` class="${kind}"` : ''} x="${Number(x).toFixed(1)}" y="${Number(y).toFixed(1)}">${text}</text>`;
}

function centred(text, x, y) {
  return `<text class="scale" x="${x}" y="${y}" text-anchor="middle">${text}</text>`;
}

function number(value) {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
}

function duration(value) {
  const [divisor, unit] = value < 1e3 ? [1, 'ns'] : value < 1e6 ? [1e3, 'µs'] : value < 1e9 ? [1e6, 'ms'] : [1e9, 's'];
  return `${number(value / divisor)} ${unit}`;
}

function short(records) {
  return records >= 1e6 ? `${records / 1e6} M` : `${records / 1e3} k`;
}

/** As the text of an element; the table's marks for code are none here. */
function plain(text) {
  return text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
