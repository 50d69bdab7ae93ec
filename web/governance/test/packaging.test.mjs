// What users get: the files, the declarations and the examples. `cargo xtask size` weighs them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

import { ROOT, TARBALL, packageFolder, project, tool } from './installed.mjs';

/** Runs a program to its end, and gives what it printed; fails with all of it. */
function run(program, given, cwd) {
  const { status, stdout, stderr } = spawnSync(program, given, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  return stdout;
}

test('the tarball holds what is needed and nothing else', () => {
  const files = readdirSync(packageFolder(), { recursive: true }).sort();
  assert.deepEqual(files, [
    'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'dist', 'dist/browser.js', 'dist/index.d.cts', 'dist/index.d.ts',
    'dist/node.cjs', 'dist/node.js', 'dist/sidelight.wasm', 'package.json',
  ]);
  const { dependencies, peerDependencies, scripts } = JSON.parse(readFileSync(join(packageFolder(), 'package.json')));
  assert.deepEqual([dependencies, peerDependencies, scripts], [undefined, undefined, undefined]);
});

test('publint finds nothing', async () => {
  const { messages, pkg } = await publint({ pkgDir: packageFolder(), strict: true, pack: false });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test('the types resolve from every kind of module (attw)', () => {
  run(tool('attw'), [TARBALL, '--no-color', '--exclude-entrypoints', 'sidelight.wasm'], ROOT);
});

test('it is written in nobody’s home', () => {
  const scripts = readdirSync(join(packageFolder(), 'dist')).filter((name) => /\.(js|cjs|ts|cts)$/.test(name));
  for (const name of scripts) {
    const text = readFileSync(join(packageFolder(), 'dist', name), 'utf8');
    assert.ok(!text.includes(ROOT), `${name} names a folder of the machine that built it`);
    assert.ok(!/\beval\(|new Function\(/.test(text), `${name} makes code of text, which pages forbid`);
  }
  const module = readFileSync(join(packageFolder(), 'dist/sidelight.wasm'), 'latin1');
  for (const folder of [ROOT, homedir(), '.cargo/registry']) {
    assert.ok(!module.includes(folder), `the module names ${folder}, of the machine that built it`);
  }
});

test('the module asks its host for nothing but what the bindings have', () => {
  const bytes = readFileSync(join(packageFolder(), 'dist/sidelight.wasm'));
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(({ name }) => name);
  assert.ok(imports.length > 0 && imports.every((name) => /^__wb(g|indgen)_/.test(name)), imports.join());
  assert.ok(!imports.some((name) => /random|crypto|date|now|performance|fetch/i.test(name)), imports.join());
});

test('Node imports it as a module and requires it as CommonJS', () => {
  const questions = `
    const governance = Governance.load(org);
    console.log(governance.can('ada', 'create', 'account'), new GovernanceError('a', 'b') instanceof Error);
  `;
  const org = `const org = { format: 'sidelight.org/1', id: 'o', name: 'O', timeZone: 'UTC',
    profiles: [{ id: 'p', name: 'P', permissions: { account: { create: 'all' } } }],
    users: [{ id: 'ada', name: 'Ada', profile: 'p' }] };`;
  const path = project({
    'module.mjs': `import init, { Governance, GovernanceError } from '@sidelight/governance'; ${org} await init(); ${questions}`,
    'common.cjs': `const { default: init, Governance, GovernanceError } = require('@sidelight/governance'); ${org} init().then(() => { ${questions} });`,
    'named.cjs': `const { init, Governance, GovernanceError } = require('@sidelight/governance'); ${org} init().then(() => { ${questions} });`,
    'sync.cjs': `
      const { initSync, Governance, GovernanceError } = require('@sidelight/governance'); ${org}
      initSync(require('node:fs').readFileSync(require.resolve('@sidelight/governance/sidelight.wasm')));
      ${questions}`,
  });
  for (const name of ['module.mjs', 'common.cjs', 'named.cjs', 'sync.cjs']) {
    assert.equal(run(process.execPath, [name], path), 'true true\n', name);
  }
});

test('a consumer in strict TypeScript compiles, and what is wrong does not', () => {
  const consumer = readFileSync(new URL('consumer.ts', import.meta.url), 'utf8');
  const options = { strict: true, noEmit: true, skipLibCheck: false, types: [], exactOptionalPropertyTypes: true };
  for (const [module, moduleResolution, name] of [
    ['nodenext', 'nodenext', 'consumer.mts'],
    ['nodenext', 'nodenext', 'consumer.cts'],
    ['esnext', 'bundler', 'consumer.ts'],
  ]) {
    const path = project({
      [name]: consumer,
      'tsconfig.json': { compilerOptions: { ...options, target: 'es2022', lib: ['es2022', 'dom'], module, moduleResolution }, files: [name] },
    });
    run(tool('tsc'), ['--project', 'tsconfig.json'], path);
  }
});

/** The first JavaScript block of a page, run as a module that has the package. */
function runExample(markdown) {
  const text = readFileSync(markdown, 'utf8');
  const [, code] = /^```js\n(.*?)^```$/ms.exec(text) ?? assert.fail(`${markdown} has no JavaScript example`);
  const path = project({ 'example.mjs': code });
  return { code, output: run(process.execPath, ['example.mjs'], path) };
}

test('the example of the package’s README runs and prints what it says', () => {
  const { code, output } = runExample(join(packageFolder(), 'README.md'));
  const promised = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line);
  assert.ok(promised.length > 0);
  assert.deepEqual(output.trimEnd().split('\n'), promised);
});

const README = join(ROOT, 'README.md');
test('the JavaScript example of the project’s README runs', { skip: !existsSync(README) && 'there is no README.md' }, () => {
  const { code, output } = runExample(README);
  assert.match(code, /@sidelight\/governance/);
  const promised = [...code.matchAll(/console\.log\(.*\/\/ (?:→ )?(.*)$/gm)].map(([, line]) => line);
  if (promised.length > 0) assert.deepEqual(output.trimEnd().split('\n'), promised);
});

test('the licences are the project’s', () => {
  for (const name of ['LICENSE-APACHE', 'LICENSE-MIT']) {
    assert.equal(readFileSync(join(packageFolder(), name), 'utf8'), readFileSync(join(ROOT, name), 'utf8'));
  }
});
