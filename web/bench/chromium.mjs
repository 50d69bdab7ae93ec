// Measures in headless Chromium: `chromium.mjs SMALL MEASURED LIMIT FIGURES`, files all of them, the last to write to.

import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { packageFolder } from '../governance/test/installed.mjs';

// The tools of the build are in `web/node_modules`, beside the peers' folder and not above it.
const tools = createRequire(new URL('../package.json', import.meta.url));
const { build } = tools('esbuild');
const { chromium } = tools('playwright-core');

const [small, document, limitPass, figures] = process.argv.slice(2);
const here = fileURLToPath(new URL('.', import.meta.url));
const governance = packageFolder();
const busy = loadavg()[0];

const bundled = await build({
  entryPoints: [join(here, 'page.mjs')],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
  alias: { '@sidelight/governance': join(governance, 'dist/browser.js') },
  inject: [join(here, 'buffer.mjs')],
  // casbin reads rules from files only where it is told to.
  external: ['fs'],
  logLevel: 'error',
});

const FILES = {
  '/sidelight.wasm': join(governance, 'dist/sidelight.wasm'),
  '/cedar.wasm': join(here, 'node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm'),
  '/limit.wasm': limitPass,
  '/small.json': small,
  '/measured.json': document,
};
const HTML = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
const TYPES = { '.wasm': 'application/wasm', '.json': 'application/json' };
// With these two a page has a clock of microseconds; without, of a tenth of a millisecond.
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const server = createServer(({ url }, response) => {
  if (url === '/') {
    response.writeHead(200, { ...ISOLATED, 'Content-Type': 'text/html' }).end(HTML);
  } else if (url === '/page.js') {
    response.writeHead(200, { ...ISOLATED, 'Content-Type': 'text/javascript' }).end(bundled.outputFiles[0].contents);
  } else if (FILES[url]) {
    response.writeHead(200, { ...ISOLATED, 'Content-Type': TYPES[extname(url)] });
    createReadStream(FILES[url]).pipe(response);
  } else {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launch({
  executablePath: process.env.SIDELIGHT_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--js-flags=--expose-gc --no-flush-bytecode --max-old-space-size=4096',
    // Chromium's sandbox refuses to run as root, as in containers.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
});
try {
  const page = await browser.newPage();
  page.on('console', (message) => console.log(`Chromium: ${message.text()}`));
  const failed = new Promise((_, reject) => {
    page.on('pageerror', reject);
    page.on('crash', () => reject(new Error('the page crashed')));
  });
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await Promise.race([failed, page.waitForFunction(() => globalThis.measured && globalThis.crossOriginIsolated && globalThis.gc)]);
  const measured = await Promise.race([failed, page.evaluate(() => globalThis.measured())]);
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}`;
  writeFileSync(figures, JSON.stringify({ ...measured, runtime: `Chromium ${browser.version()}`, machine, busy }));
} finally {
  await browser.close();
  server.close();
}
