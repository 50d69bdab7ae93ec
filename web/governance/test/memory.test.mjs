// The module's memory never shrinks, so a leak is there for as long as the page. It is seen here by its size.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { imported } from './installed.mjs';
import { NOW, ORG, org } from './organisation.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** A started package, and its memory, which it does not show by itself. */
async function started() {
  let memory;
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...given) {
      super(...given);
      memory = this.exports.memory;
    }
  };
  const package_ = await imported();
  await package_.default();
  WebAssembly.Instance = Instance;
  return { package_, size: () => memory.buffer.byteLength };
}

const big = JSON.stringify(org({
  profiles: [{ id: 'p', name: 'P' }],
  users: Array.from({ length: 300 }, (_, at) => ({ id: `u${at}`, name: `User ${at}`, profile: 'p' })),
  records: Array.from({ length: 300 }, (_, at) => ({ type: 'account', id: `a${at}`, owner: `u${at}`, fields: { at } })),
}));

/** Documents with a fault, early and late: unreadable, ill-formed, and sound until the very last check. */
const BAD = [
  '',
  '{',
  'null',
  new Uint8Array([0xff, 0xfe]),
  big.slice(0, -1),
  big.replace('"id":"u299"', '"id":"u0"'),
  big.replace('"id":"a299"', '"id":"a0"'),
  big.replace('"owner":"u299"', '"owner":299'),
  big.replace('"type":"account","id":"a299"', '"type":"lead","id":"a299"'),
  JSON.stringify({ ...ORG, deals: [...ORG.deals, { id: 'd', company: 'c', owner: 'o', amount: 'lots' }] }),
  JSON.stringify({ ...ORG, format: 'sidelight.org/9' }),
  '['.repeat(5_000),
  { ...ORG, users: [...ORG.users, { id: 'x', name: 'X', profile: 'none' }] },
];

test('10,000 failed loads leave the memory as it was, and the instance answering', async () => {
  const { package_, size } = await started();
  const { Governance, GovernanceError } = package_;
  const governance = Governance.load(ORG, { now: NOW });
  const failTimes = (times) => {
    for (let time = 0; time < times; time += 1) {
      assert.throws(() => Governance.load(BAD[time % BAD.length]), GovernanceError);
    }
  };
  failTimes(100);
  const before = size();
  failTimes(10_000);
  assert.equal(size(), before);
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
  assert.equal(governance.can('bo', 'view', 'account', 'initech'), false);
  const another = Governance.load(big, { now: NOW });
  assert.equal(another.can('u1', 'view', 'account', 'a1'), false);
});

test('refused questions and answered ones leave the memory as it was', async () => {
  const { package_, size } = await started();
  const governance = package_.Governance.load(ORG, { now: NOW });
  const ask = () => {
    governance.visible('ada', 'account', { where: { text: 'o' }, sort: [{ by: 'name' }] });
    governance.explain('bo', 'view', 'account', 'initech');
    governance.canMany('ada', 'view', 'account', ['globex', 'initech']);
    governance.visibleIndices('ada', 'account');
    governance.pipeline('pam');
    governance.toJSON();
    for (const bad of [
      () => governance.can('ada', 'fly', 'account', 'globex'),
      () => governance.can('ada', 'view', 'account'),
      () => governance.visible('ada', 'account', { where: { any: [{ not: { nothing: [] } }] } }),
      () => governance.setNow('no instant'),
    ]) {
      assert.throws(bad, package_.GovernanceError);
    }
  };
  for (let time = 0; time < 100; time += 1) ask();
  const before = size();
  for (let time = 0; time < 10_000; time += 1) ask();
  assert.equal(size(), before);
});

test('what is freed is used again', async () => {
  const { package_, size } = await started();
  const load = () => package_.Governance.load(big, { now: NOW });
  for (let time = 0; time < 10; time += 1) load().free();
  const before = size();
  for (let time = 0; time < 1_000; time += 1) load().free();
  assert.equal(size(), before);
});

test('a handle that is collected frees its organisation', async () => {
  const { package_, size } = await started();
  const loadMany = async () => {
    for (let time = 0; time < 50; time += 1) package_.Governance.load(big, { now: NOW });
    collect();
    // Finalisation is a task of its own.
    await wait(5);
  };
  // Fifty at once leave other gaps between one another each time, so that a little more may be needed at first. If one in
  // fifty were kept there would be no twenty rounds that need no more.
  let quiet = 0;
  for (let round = 0; quiet < 20; round += 1) {
    assert.ok(round < 200, `${size()} bytes, and growing after ${round} rounds`);
    const before = size();
    await loadMany();
    quiet = size() === before ? quiet + 1 : 0;
  }
});
