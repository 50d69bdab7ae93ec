// The packed tarball, installed into projects of their own: what the tests import is what users get.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The tarball under test. */
export const TARBALL = process.env.SIDELIGHT_TARBALL ?? built();

function built() {
  const folder = join(ROOT, 'target/npm');
  const name = existsSync(folder) && readdirSync(folder).find((file) => /^sidelight-governance-.*\.tgz$/.test(file));
  if (!name) throw new Error(`there is no packed package in ${folder}; run \`cargo xtask build\``);
  return join(folder, name);
}

const folders = [];
process.on('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A new folder, removed when the tests end. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), 'sidelight-governance-'));
  folders.push(path);
  return path;
}

let installed;

/** A new project that has the package installed, and these files. */
export function project(files = {}) {
  if (installed === undefined) {
    installed = folder();
    write(installed, { 'package.json': { name: 'consumer', private: true, type: 'module' } });
    const npm = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', TARBALL];
    execFileSync('npm', npm, { cwd: installed, stdio: 'pipe', shell: process.platform === 'win32' });
  }
  const path = folder();
  cpSync(installed, path, { recursive: true });
  write(path, files);
  return path;
}

/** Writes files: texts as they are, anything else as JSON. */
export function write(path, files) {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

/** The package's own folder in a project. */
export function packageFolder(path = project()) {
  return join(path, 'node_modules/@sidelight/governance');
}

/** The package as an import of its name gives it; a new copy, not started yet, at each call. */
export function imported() {
  const path = project({ 'import.js': "export * from '@sidelight/governance';\nexport { default } from '@sidelight/governance';\n" });
  return import(pathToFileURL(join(path, 'import.js')));
}

/** A program of one of the projects' tools. */
export function tool(name) {
  return join(ROOT, 'web/node_modules/.bin', name);
}
