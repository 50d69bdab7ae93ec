// All roads agree, with the packed package in Node and in Chromium. `cargo xtask test packages` has the reference
// evaluator print the organisations and who may do what in them.

import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { launched, opened, served } from './chromium.mjs';
import { imported, project } from './installed.mjs';
import { holdRoads } from './roads.mjs';

const FILE = process.env.SIDELIGHT_ROADS;
assert.ok(FILE, 'SIDELIGHT_ROADS names the file that `cargo run -p sidelight-testkit --example roads` prints');

test('every road agrees with the accessibility set in Node', async (context) => {
  const package_ = await imported();
  await package_.default();
  const roads = JSON.parse(readFileSync(FILE, 'utf8'));
  const answers = roads.reduce((sum, one) => sum + holdRoads(one, package_), 0);
  assert.ok(answers > 10_000, `${answers}`);
  context.diagnostic(`${answers} answers on ${roads.length} organisations`);
});

test('every road agrees with the accessibility set in Chromium', async () => {
  const path = project({
    'index.html': '<!doctype html><title>Roads</title><link rel="icon" href="data:,"><script type="module" src="./page.js"></script>',
    'page.js': `
      import init, * as package_ from './node_modules/@sidelight/governance/dist/browser.js';
      import { holdRoads } from './roads.mjs';
      try {
        await init();
        const roads = await (await fetch('./roads.json')).json();
        window.held = { answers: roads.reduce((sum, one) => sum + holdRoads(one, package_), 0) };
      } catch (error) {
        window.held = { fault: String(error.stack) };
      }
    `,
    'roads.mjs': readFileSync(new URL('roads.mjs', import.meta.url), 'utf8'),
  });
  cpSync(FILE, join(path, 'roads.json'));
  const server = await served(path);
  const browser = await launched();
  try {
    const { page, errors } = await opened(browser, server.address);
    await page.waitForFunction(() => window.held !== undefined, undefined, { timeout: 120_000 });
    const { answers, fault } = await page.evaluate(() => window.held);
    assert.deepEqual(errors, []);
    assert.equal(fault, undefined, fault);
    assert.ok(answers > 10_000, `${answers}`);
  } finally {
    await browser.close();
    await server.close();
  }
});
