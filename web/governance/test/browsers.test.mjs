// The packed tarball in pages: bundled by Vite, webpack and esbuild, and in a plain page, each opened in Chromium.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';

import * as esbuild from 'esbuild';
import * as vite from 'vite';
import webpack from 'webpack';

import { launched, opened, served } from './chromium.mjs';
import { project, write } from './installed.mjs';
import { NOW, ORG } from './organisation.mjs';

let browser;
test.before(async () => {
  browser = await launched();
});
test.after(() => browser.close());

/** What each page does, given how it starts the module. */
const page = (start, from = '@sidelight/governance') => `
  import init, { Governance, GovernanceError } from ${JSON.stringify(from)};
  ${start.imports ?? ''}
  const answers = {};
  try {
    Governance.load({});
  } catch (error) {
    answers.before = [error instanceof GovernanceError, error.code];
  }
  try {
    await init(${start.source ?? ''});
    const governance = Governance.load(${JSON.stringify(ORG)}, { now: ${JSON.stringify(NOW)} });
    answers.can = governance.can('ada', 'view', 'account', 'globex');
    answers.visible = governance.visible('cy', 'account').ids;
    answers.indices = [...governance.visibleIndices('cy', 'account')];
    try {
      governance.can('ada', 'fly', 'account', 'globex');
    } catch (error) {
      answers.error = [error instanceof GovernanceError, error.code, error.path];
    }
  } catch (error) {
    answers.failure = String(error.stack);
  }
  window.answers = answers;
`;
const ANSWERS = {
  before: [true, 'not-initialised'],
  can: true,
  visible: ['globex', 'initech'],
  indices: [0, 1],
  error: [true, 'unknown-action', '/action'],
};
const HTML = '<!doctype html><title>Test</title><link rel="icon" href="data:,"><script type="module" src="./page.js"></script>';

async function answersOf(address) {
  const { page, errors } = await opened(browser, address);
  try {
    await page.waitForFunction(() => window.answers !== undefined, undefined, { timeout: 20_000 });
    const answers = await page.evaluate(() => window.answers);
    return { answers, errors };
  } finally {
    await page.close();
  }
}

async function answers(address) {
  assert.deepEqual(await answersOf(address), { answers: ANSWERS, errors: [] });
}

/** Serves a folder, opens it and compares; gives the requested paths. */
async function opensAndAnswers(folder, options) {
  const server = await served(folder, options);
  try {
    await answers(server.address);
    return server.requests;
  } finally {
    await server.close();
  }
}

const BESIDE = './node_modules/@sidelight/governance/dist/browser.js';

test('a plain page fetches the module beside the script', async () => {
  const path = project({ 'index.html': HTML, 'page.js': page({}, BESIDE) });
  const requests = await opensAndAnswers(path);
  assert.equal(requests.filter((request) => request.endsWith('.wasm')).length, 1);
});

test('a plain page starts although the server calls the module by another type', async () => {
  const path = project({ 'index.html': HTML, 'page.js': page({}, BESIDE) });
  for (const type of ['application/octet-stream', 'text/plain', 'application/wasm; charset=utf-8']) {
    await opensAndAnswers(path, { types: { '.wasm': type } });
  }
});

test('a plain page starts from every form of source', async () => {
  const url = "new URL('./node_modules/@sidelight/governance/dist/sidelight.wasm', location.href)";
  for (const source of [
    `${url}.href`,
    "'./node_modules/@sidelight/governance/dist/sidelight.wasm'",
    url,
    `new Request(${url})`,
    `fetch(${url})`,
    `await fetch(${url})`,
    `await (await fetch(${url})).arrayBuffer()`,
    `new Uint8Array(await (await fetch(${url})).arrayBuffer())`,
    `await WebAssembly.compileStreaming(fetch(${url}))`,
    `{ module_or_path: fetch(${url}) }`,
  ]) {
    await opensAndAnswers(project({ 'index.html': HTML, 'page.js': page({ source }, BESIDE) }));
  }
});

test('a missing module is an error that names it, and init can be repeated', async () => {
  const path = project({
    'index.html': HTML,
    'page.js': `
      import init, { GovernanceError } from '${BESIDE}';
      const tried = [];
      for (const source of ['./missing.wasm', './index.html', 'http://127.0.0.1:1/', undefined]) {
        try {
          await init(source);
          tried.push('started');
        } catch (error) {
          tried.push([error instanceof GovernanceError, error.code]);
        }
      }
      window.answers = tried;
    `,
  });
  const server = await served(path);
  const { answers } = await answersOf(server.address);
  await server.close();
  assert.deepEqual(answers, [[true, 'init-failed'], [true, 'init-failed'], [true, 'init-failed'], 'started']);
});

test('a page whose policy allows WebAssembly and nothing else of the kind', async () => {
  const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:";
  const html = HTML.replace('<title>', `<meta http-equiv="Content-Security-Policy" content="${policy}"><title>`);
  await opensAndAnswers(project({ 'index.html': html, 'page.js': page({}, BESIDE) }));
});

test('a module worker', async () => {
  const path = project({
    'index.html': HTML,
    'page.js': `new Worker('./worker.js', { type: 'module' }).onmessage = ({ data }) => { window.answers = data; };`,
    'worker.js': page({}, BESIDE).replace('window.answers = answers', 'postMessage(answers)'),
  });
  await opensAndAnswers(path);
});

test('Vite builds it', async () => {
  const path = project({ 'index.html': HTML, 'page.js': page({}) });
  await vite.build({ root: path, configFile: false, logLevel: 'error', build: { outDir: 'out', assetsInlineLimit: 0 } });
  const requests = await opensAndAnswers(join(path, 'out'));
  assert.equal(requests.filter((request) => request.endsWith('.wasm')).length, 1);
});

test('Vite serves it in development', async () => {
  for (const [files, config] of [
    [page({}), { optimizeDeps: { exclude: ['@sidelight/governance'] } }],
    [page({ imports: "import url from '@sidelight/governance/sidelight.wasm?url';", source: 'url' }), {}],
  ]) {
    const path = project({ 'index.html': HTML, 'page.js': files });
    const server = await vite.createServer({ root: path, configFile: false, logLevel: 'error', server: { host: '127.0.0.1', port: 0 }, ...config });
    await server.listen();
    try {
      await answers(server.resolvedUrls.local[0]);
    } finally {
      await server.close();
    }
  }
});

test('webpack builds it', async () => {
  for (const mode of ['production', 'development']) {
    const path = project({ 'page.js': page({}) });
    const compiler = webpack({ mode, context: path, entry: './page.js', output: { path: join(path, 'out') }, devtool: false });
    const stats = await new Promise((resolve, reject) => compiler.run((error, stats) => (error ? reject(error) : resolve(stats))));
    await new Promise((resolve) => compiler.close(resolve));
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    assert.deepEqual(errors, []);
    assert.deepEqual(warnings.filter(({ message }) => !/size limit|performance/.test(message)), []);
    write(join(path, 'out'), { 'index.html': HTML.replace('page.js', 'main.js') });
    await opensAndAnswers(join(path, 'out'));
  }
});

test('esbuild bundles it, given the module as a file', async () => {
  for (const minify of [false, true]) {
    const path = project({
      'page.js': page({ imports: "import wasm from '@sidelight/governance/sidelight.wasm';", source: 'wasm' }),
    });
    await esbuild.build({
      absWorkingDir: path,
      entryPoints: ['page.js'],
      outdir: 'out',
      bundle: true,
      minify,
      format: 'esm',
      loader: { '.wasm': 'file' },
      logLevel: 'error',
    });
    write(join(path, 'out'), { 'index.html': HTML });
    await opensAndAnswers(join(path, 'out'));
  }
});
