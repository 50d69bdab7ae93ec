import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';

import { imported, packageFolder } from './installed.mjs';
import { NOW, ORG } from './organisation.mjs';
import { refuses, rejects } from './thrown.mjs';

const PATH = join(packageFolder(), 'dist/sidelight.wasm');
const BYTES = readFileSync(PATH);

function answers({ Governance }) {
  const governance = Governance.load(ORG, { now: NOW });
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
  assert.equal(governance.can('bo', 'view', 'account', 'initech'), false);
  governance.free();
}

test('a call before init throws and does not answer', async () => {
  const package_ = await imported();
  refuses(package_, () => package_.Governance.load(ORG), 'not-initialised');
  refuses(package_, () => package_.Governance.load('no organisation at all'), 'not-initialised');
});

test('in Node the module is read from disk', async () => {
  const package_ = await imported();
  assert.equal(await package_.default(), undefined);
  answers(package_);
});

test('init is idempotent, and calls at the same time share one promise', async () => {
  const package_ = await imported();
  const first = package_.default();
  assert.equal(package_.default(), first);
  assert.equal(package_.init, package_.default);
  await first;
  const governance = package_.Governance.load(ORG, { now: NOW });
  assert.equal(package_.default(), first);
  await package_.default('http://127.0.0.1:1/never-asked.wasm');
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
});

test('a failed init says why, and can be retried', async () => {
  const package_ = await imported();
  await rejects(package_, package_.default('/there/is/no/such.wasm'), 'init-failed');
  refuses(package_, () => package_.Governance.load(ORG), 'not-initialised');
  await package_.default();
  answers(package_);
});

test('calls at the same time as one that fails all fail, and the next succeeds', async () => {
  const package_ = await imported();
  const both = [package_.default(new Uint8Array(8)), package_.default()];
  for (const promise of both) await rejects(package_, promise, 'init-failed');
  await package_.default();
  answers(package_);
});

const sources = {
  'a path': () => PATH,
  'a URL': () => pathToFileURL(PATH),
  'the text of a URL': () => pathToFileURL(PATH).href,
  'a data URL': () => `data:application/wasm;base64,${BYTES.toString('base64')}`,
  bytes: () => new Uint8Array(BYTES),
  'a view into a larger buffer': () => new Uint8Array([1, 2, 3, ...BYTES, 4]).subarray(3, 3 + BYTES.length),
  'a DataView': () => new DataView(new Uint8Array(BYTES).buffer),
  'an ArrayBuffer': () => new Uint8Array(BYTES).buffer,
  'bytes of another realm': () => vm.runInNewContext('bytes => Uint8Array.from(bytes)')([...BYTES]),
  'an ArrayBuffer of another realm': () => vm.runInNewContext('bytes => Uint8Array.from(bytes).buffer')([...BYTES]),
  'a compiled module': () => new WebAssembly.Module(BYTES),
  'a response': () => new Response(BYTES, { headers: { 'Content-Type': 'application/wasm' } }),
  'a response with another MIME type': () => new Response(BYTES, { headers: { 'Content-Type': 'text/plain' } }),
  'a promise of a response': () => Promise.resolve(new Response(BYTES)),
  'nothing, in so many words': () => undefined,
};
for (const [name, source] of Object.entries(sources)) {
  test(`init takes ${name}, bare and as module_or_path`, async () => {
    for (const wrapped of [false, true]) {
      const package_ = await imported();
      await package_.default(wrapped ? { module_or_path: source() } : source());
      answers(package_);
    }
  });
}

test('init fetches over HTTP, whatever the MIME type', async () => {
  for (const type of ['application/wasm', 'application/octet-stream', 'text/html; charset=utf-8']) {
    const server = createServer((_, response) => response.writeHead(200, { 'Content-Type': type }).end(BYTES));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${server.address().port}/sidelight.wasm`;
    for (const source of [url, new URL(url), new Request(url), fetch(url)]) {
      const package_ = await imported();
      await package_.default(source);
      answers(package_);
    }
    server.close();
  }
});

test('what is no module is refused with its cause', async () => {
  const package_ = await imported();
  const empty = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const sources = [
    () => empty,
    () => new Uint8Array(),
    () => BYTES.subarray(0, BYTES.length / 2),
    () => new Response('<!doctype html>', { headers: { 'Content-Type': 'application/wasm' } }),
    () => new Response(BYTES, { status: 404 }),
    () => Promise.reject(new TypeError('no network')),
  ];
  for (const source of sources) await rejects(package_, package_.default(source()), 'init-failed');
  for (const source of [1, true, null, {}, [], Symbol('wasm'), () => {}, { module_or_path: 3 }]) {
    await rejects(package_, package_.default(source), 'invalid-argument', '/source');
  }
  await package_.default();
  answers(package_);
});

test('a module of another version is refused', async () => {
  const package_ = await imported();
  const other = Buffer.from(BYTES);
  const version = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')).version;
  let places = 0;
  for (let at = other.indexOf(version); at >= 0; at = other.indexOf(version, at + 1)) {
    other.write('9.9.9', at);
    places += 1;
  }
  assert.ok(places > 0, 'the module does not tell its version');
  await rejects(package_, package_.default(other), 'init-failed');
});

test('initSync takes bytes or a compiled module, bare and as module, and is idempotent', async () => {
  for (const source of [BYTES, new Uint8Array(BYTES).buffer, new WebAssembly.Module(BYTES)]) {
    for (const wrapped of [false, true]) {
      const package_ = await imported();
      package_.initSync(wrapped ? { module: source } : source);
      answers(package_);
      const governance = package_.Governance.load(ORG, { now: NOW });
      package_.initSync(source);
      await package_.default();
      assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
    }
  }
});

test('initSync refuses what is no module', async () => {
  const package_ = await imported();
  for (const source of [undefined, null, 'sidelight.wasm', {}, { module: 'x' }, Promise.resolve(BYTES)]) {
    refuses(package_, () => package_.initSync(source), 'invalid-argument', '/module');
  }
  refuses(package_, () => package_.initSync(new Uint8Array(3)), 'init-failed');
  refuses(package_, () => package_.Governance.load(ORG), 'not-initialised');
  package_.initSync(BYTES);
  answers(package_);
});

test('initSync may overtake an init that is under way', async () => {
  const package_ = await imported();
  const slow = package_.default(new Promise((resolve) => setTimeout(() => resolve(new Response(BYTES)), 50)));
  package_.initSync(BYTES);
  const governance = package_.Governance.load(ORG, { now: NOW });
  await slow;
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
  answers(package_);
});
