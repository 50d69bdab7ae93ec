// Measures in Node: `node.mjs SMALL MEASURED LIMIT FIGURES`, files all of them, the last to write to.

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

import { imported } from '../governance/test/installed.mjs';
import { measure } from './measure.mjs';

const [small, document, limitPass, figures] = process.argv.slice(2);
const busy = loadavg()[0];
const module = await imported();
await module.default();
const measured = await measure({
  module,
  cedar: readFileSync(new URL('./node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm', import.meta.url)),
  limitPass: readFileSync(limitPass),
  small: readFileSync(small),
  document: readFileSync(document),
  say: (text) => console.log(`Node: ${text}`),
});
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}`;
writeFileSync(figures, JSON.stringify({ ...measured, runtime: `Node ${process.versions.node}`, machine, busy }));
