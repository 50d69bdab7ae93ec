// One pass in WebAssembly over every holder of every record (`limit.wat`).

import { holds } from './same.mjs';

const PAGE = 65_536;

/** The pass for a viewer, over holders that are numbers by now. */
export function limit(wasm, { org, reached }) {
  const numbers = new Map(org.users.map(({ id }, number) => [id, number]));
  const { count, memory } = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports;
  const total = org.records.reduce((sum, { assigned }) => sum + 1 + assigned.length, 0);
  // In groups of four: the last one is filled up with somebody whose bit is never set.
  const padded = Math.ceil(total / 4) * 4;
  const nobody = org.users.length;
  const words = Math.ceil((nobody + 1) / 32);
  const end = padded * 4;
  memory.grow(Math.ceil((end + words * 4) / PAGE));
  const holders = new Uint32Array(memory.buffer, 0, padded).fill(nobody);
  let at = 0;
  for (const { owner, assigned } of org.records) {
    for (const id of [owner, ...assigned]) {
      holders[at] = numbers.get(id);
      at += 1;
    }
  }
  return (viewer) => {
    const bits = new Uint32Array(memory.buffer, end, words).fill(0);
    let expected = 0;
    for (const id of reached.get(viewer)) bits[numbers.get(id) >>> 5] |= 1 << (numbers.get(id) & 31);
    for (const holder of holders) expected += (bits[holder >>> 5] >>> (holder & 31)) & 1;
    holds(count(0, end, end) === expected, 'the pass over all holders counts something else');
    return () => count(0, end, end);
  };
}
