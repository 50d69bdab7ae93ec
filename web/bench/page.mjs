// What Chromium runs: the same measurements, with the package as a page would have it.

import init, * as module from '@sidelight/governance';

import { measure } from './measure.mjs';

globalThis.measured = async () => {
  await init('/sidelight.wasm');
  const [cedar, limitPass, small, document] = await Promise.all(
    ['/cedar.wasm', '/limit.wasm', '/small.json', '/measured.json'].map(fetched),
  );
  return measure({ module, cedar, limitPass, small, document, say: (text) => console.log(text) });
};

async function fetched(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
