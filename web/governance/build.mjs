// Assembles `dist/` from the sources beside this script and from what wasm-bindgen left in `target/wasm/governance`.
// `cargo xtask build` runs it.

import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { build } from 'esbuild';

const here = new URL('./', import.meta.url);
const root = new URL('../../', here);
const compiled = new URL('target/wasm/governance/', root);
const dist = new URL('dist/', here);
const path = (name, base) => fileURLToPath(new URL(name, base));

const { version } = JSON.parse(await readFile(new URL('package.json', here), 'utf8'));

/**
 * The bindings that wasm-bindgen wrote, as a function that makes new ones: they keep their instance and views of its
 * memory in variables, and a module that has trapped is given up with all of that. The function's parameter stands
 * in for the global of the same name.
 */
async function bindings() {
  const bundle = await build({
    stdin: {
      contents: 'export { Organisation, actions, documentLimit, initSync, letterboxSize, types, version } from "./sidelight.js";',
      resolveDir: fileURLToPath(compiled),
    },
    bundle: true,
    format: 'iife',
    globalName: 'bindings',
    platform: 'neutral',
    target: 'es2022',
    // Only `wasm-bindgen`'s own way to start a module asks where it lies, and that is not bundled.
    logOverride: { 'empty-import-meta': 'silent' },
    write: false,
  });
  return `export function bind(FinalizationRegistry) {\n${bundle.outputFiles[0].text}\nreturn bindings;\n}\n`;
}

const fromBindings = {
  name: 'sidelight-bindings',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^sidelight:bindings$/ }, () => ({ path: 'bindings', namespace: 'sidelight' }));
    onLoad({ filter: /.*/, namespace: 'sidelight' }, async () => ({ contents: await bindings(), loader: 'js' }));
  },
};

function script(entry, outfile, options) {
  return build({
    entryPoints: [path(`src/${entry}`, here)],
    outfile: path(outfile, dist),
    bundle: true,
    target: 'es2022',
    define: { VERSION: JSON.stringify(version) },
    plugins: [fromBindings],
    banner: { js: `/*! @sidelight/governance ${version} | MIT OR Apache-2.0 */` },
    ...options,
  });
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all([
  script('browser.js', 'browser.js', { format: 'esm', platform: 'browser' }),
  script('node.js', 'node.js', { format: 'esm', platform: 'node' }),
  script('node.js', 'node.cjs', {
    format: 'cjs',
    platform: 'node',
    define: { VERSION: JSON.stringify(version), 'import.meta.url': 'here' },
    banner: { js: 'const here = require("node:url").pathToFileURL(__filename);' },
  }),
  cp(new URL('sidelight_bg.wasm', compiled), new URL('sidelight.wasm', dist)),
  // The same declarations for both kinds of module: what a `.d.ts` declares is decided by its own extension.
  cp(new URL('src/index.d.ts', here), new URL('index.d.ts', dist)),
  cp(new URL('src/index.d.ts', here), new URL('index.d.cts', dist)),
  ...['LICENSE-APACHE', 'LICENSE-MIT'].map((name) => cp(new URL(name, root), new URL(name, here))),
]);

for (const name of ['sidelight.wasm', 'browser.js', 'node.js', 'node.cjs']) {
  const bytes = await readFile(new URL(name, dist));
  const sizes = [bytes, gzipSync(bytes, { level: 9 }), brotliCompressSync(bytes)].map(({ length }) => `${length}`.padStart(8));
  console.log(`${name.padEnd(16)}${sizes[0]} raw${sizes[1]} gzip${sizes[2]} brotli`);
}
