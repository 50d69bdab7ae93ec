import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { launched, opened, served } from './chromium.mjs';
import { run } from './conformance.mjs';
import { ROOT, imported, project } from './installed.mjs';

const FOLDER = join(ROOT, 'conformance');
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.json')).sort();

const package_ = await imported();
await package_.default();

test('there are cases', () => {
  assert.ok(NAMES.filter((name) => name.startsWith('example-')).length >= 6, NAMES.join());
});

for (const name of NAMES) {
  test(`${name} in Node`, async (context) => {
    for (const { name: sentence, fault } of run(JSON.parse(readFileSync(join(FOLDER, name), 'utf8')), package_)) {
      await context.test(sentence, () => assert.equal(fault, undefined, fault));
    }
  });
}

test('every file in Chromium', async (context) => {
  const path = project({
    'index.html': '<!doctype html><title>Conformance</title><link rel="icon" href="data:,"><script type="module" src="./page.js"></script>',
    'page.js': `
      import init, * as package_ from './node_modules/@sidelight/governance/dist/browser.js';
      import { run } from './conformance.mjs';
      await init();
      const results = {};
      for (const name of ${JSON.stringify(NAMES)}) results[name] = run(await (await fetch('./' + name)).json(), package_);
      window.results = results;
    `,
    'conformance.mjs': readFileSync(new URL('conformance.mjs', import.meta.url), 'utf8'),
  });
  for (const name of NAMES) cpSync(join(FOLDER, name), join(path, name));
  const server = await served(path);
  const browser = await launched();
  try {
    const { page, errors } = await opened(browser, server.address);
    await page.waitForFunction(() => window.results !== undefined, undefined, { timeout: 60_000 });
    const results = await page.evaluate(() => window.results);
    assert.deepEqual(errors, []);
    for (const name of NAMES) {
      await context.test(name, () => {
        assert.ok(results[name].length > 0);
        assert.deepEqual(results[name].filter(({ fault }) => fault !== undefined), []);
      });
    }
  } finally {
    await browser.close();
    await server.close();
  }
});

test('the runner finds what does not match', () => {
  const org = { format: 'sidelight.org/1', id: 'o', name: 'O', timeZone: 'UTC', profiles: [], users: [] };
  const faultOf = (rest) => {
    const file = { section: '§', now: '2026-01-01T00:00:00Z', cases: [{ name: 'a case', org, ...rest }] };
    return run(file, package_)[0].fault;
  };
  const page = { call: 'visible', args: ['nobody', 'account'] };
  assert.equal(faultOf({ ask: page, expect: { total: 0, ids: [] } }), undefined);
  assert.match(faultOf({ ask: page, expect: { total: 1 } }), /answer\.total is 0, expected 1/);
  assert.match(faultOf({ ask: page, expect: { ids: ['a'] } }), /answer\.ids/);
  assert.match(faultOf({ ask: page, expect: { sum: 0 } }), /no sum/);
  assert.match(faultOf({ ask: page, expect: null }), /expected null/);
  assert.match(faultOf({ ask: page, error: { code: 'unknown-type' } }), /not refused/);
  assert.match(faultOf({ ask: { call: 'visible', args: ['nobody', 'lead'] }, expect: {} }), /was refused: unknown-type/);
  assert.match(faultOf({ ask: { call: 'visible', args: ['nobody', 'lead'] }, error: { code: 'x' } }), /error\.code/);
  assert.equal(faultOf({ ask: { call: 'visible', args: ['nobody', 'lead'] }, error: { code: 'unknown-type' } }), undefined);
  assert.match(faultOf({ ask: { call: 'dealViewers', args: ['d'] }, includes: [{ user: 'u' }] }), /no item is like/);
  assert.equal(faultOf({ ask: { call: 'canMany', args: ['u', 'view', 'account', ['a']] }, expect: [0] }), undefined);
  assert.match(faultOf({ ask: { call: 'canMany', args: ['u', 'view', 'account', ['a']] }, expect: [1] }), /\[0\] is 0/);
});
