// After a trap the instance knows nothing about its own memory: it never answers again, and another one can be started.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import binaryen from 'binaryen';

import { imported, packageFolder } from './installed.mjs';
import { NOW, ORG } from './organisation.mjs';
import { refuses, rejects } from './thrown.mjs';

const BYTES = readFileSync(join(packageFolder(), 'dist/sidelight.wasm'));

const { BulkMemory, Multivalue, MutableGlobals, NontrappingFPToInt, ReferenceTypes, SignExt } = binaryen.Features;
const FEATURES = BulkMemory | Multivalue | MutableGlobals | NontrappingFPToInt | ReferenceTypes | SignExt;

/** The module with the body of one export replaced by what a panic compiles to. */
function panicking(name) {
  const module = binaryen.readBinary(BYTES, FEATURES);
  const { value } = binaryen.getExportInfo(module.getExport(name));
  const { params, results } = binaryen.getFunctionInfo(module.getFunction(value));
  module.removeFunction(value);
  module.addFunction(value, params, results, [], module.unreachable());
  return module.emitBinary();
}

function answers({ Governance }) {
  const governance = Governance.load(ORG, { now: NOW });
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
  return governance;
}

test('a panic ends the instance; init starts another', async () => {
  const package_ = await imported();
  package_.initSync(panicking('organisation_canQuickly'));
  const first = package_.Governance.load(ORG, { now: NOW });
  const second = package_.Governance.load(ORG, { now: NOW });
  assert.deepEqual(second.visible('bo', 'account').ids, ['globex']);

  assert.throws(() => first.can('ada', 'view', 'account', 'globex'), (error) => {
    assert.ok(error instanceof package_.GovernanceError);
    assert.equal(error.code, 'trapped');
    assert.ok(error.cause instanceof WebAssembly.RuntimeError);
    return true;
  });
  refuses(package_, () => first.can('ada', 'view', 'account', 'globex'), 'trapped');
  refuses(package_, () => second.visible('bo', 'account'), 'trapped');
  refuses(package_, () => package_.Governance.load(ORG), 'trapped');
  second.free();
  refuses(package_, () => second.visible('bo', 'account'), 'freed');

  const anew = package_.default(BYTES);
  assert.equal(package_.default(), anew);
  await anew;
  const third = answers(package_);
  refuses(package_, () => first.can('ada', 'view', 'account', 'globex'), 'trapped');
  first.free();
  assert.equal(third.can('ada', 'view', 'account', 'globex'), true);
});

test('a panic on the quick road to a set ends the instance as well', async () => {
  const package_ = await imported();
  package_.initSync(panicking('organisation_visibleQuickly'));
  const governance = answers(package_);
  refuses(package_, () => governance.visibleIndices('ada', 'account'), 'trapped');
  refuses(package_, () => governance.can('ada', 'view', 'account', 'globex'), 'trapped');
});

test('initSync starts another instance after a panic; init does so from the module it has', async () => {
  for (const restart of [({ initSync }) => initSync(BYTES), (package_) => package_.default()]) {
    const package_ = await imported();
    package_.initSync(panicking('organisation_explain'));
    const governance = answers(package_);
    refuses(package_, () => governance.explain('ada', 'view', 'account', 'globex'), 'trapped');
    refuses(package_, () => package_.Governance.load(ORG), 'trapped');
    await restart(package_);
    answers(package_);
  }
});

test('a restart that fails can be repeated', async () => {
  const package_ = await imported();
  package_.initSync(panicking('organisation_diagnose'));
  const governance = answers(package_);
  refuses(package_, () => governance.diagnose(), 'trapped');
  await rejects(package_, package_.default(new Uint8Array(4)), 'init-failed');
  refuses(package_, () => package_.Governance.load(ORG), 'trapped');
  await package_.default(BYTES);
  answers(package_).diagnose();
});

test('a stack that ends inside the module ends the instance, and never the answers', async () => {
  const package_ = await imported();
  await package_.default();
  const governance = answers(package_);
  const seen = new Set();
  // At each depth on the way back a little more of the stack is left for the module.
  (function dig() {
    try {
      dig();
    } catch {
      // The end of the stack itself.
    }
    try {
      // Both roads, the one that needs little of the stack and the one that needs more.
      seen.add(governance.can('ada', 'view', 'account', 'globex'));
      seen.add(governance.explain('ada', 'view', 'account', 'globex').allowed);
    } catch (error) {
      seen.add(error instanceof package_.GovernanceError ? error.code : 'stack');
    }
  })();
  assert.equal(seen.has(false), false);
  assert.ok(seen.has('trapped'), [...seen].join());
  refuses(package_, () => governance.can('ada', 'view', 'account', 'globex'), 'trapped');
  await package_.default();
  answers(package_);
});
