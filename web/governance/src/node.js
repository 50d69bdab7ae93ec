import { readFile } from 'node:fs/promises';

import { initialiser } from './instance.js';

export { GovernanceError } from './error.js';
export { Governance } from './governance.js';
export { initSync } from './instance.js';

const beside = () => new URL('./sidelight.wasm', import.meta.url);

/** What has a scheme other than `file:` is fetched; everything else is a file. */
async function open(source) {
  const address = source instanceof Request ? source.url : String(source);
  if (address.startsWith('file:')) return readFile(new URL(address));
  return /^[a-z][a-z0-9+.-]+:/i.test(address) ? fetch(source) : readFile(address);
}

const init = initialiser(beside, open);

export { init, init as default };
