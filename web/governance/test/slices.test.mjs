import assert from 'node:assert/strict';
import test from 'node:test';

import { imported } from './installed.mjs';
import { NOW, ORG } from './organisation.mjs';
import { refuses } from './thrown.mjs';

const package_ = await imported();
await package_.default();
const { Governance } = package_;
const whole = Governance.load(ORG, { now: NOW });

test('a slice is bytes that load to what its viewer may have', () => {
  const bytes = whole.slice('cy');
  assert.ok(bytes instanceof Uint8Array);
  const slice = Governance.load(bytes, { now: NOW });
  assert.equal(slice.viewer, 'cy');
  assert.equal(slice.revision, 0);
  for (const type of ['account', 'prospect', 'opportunity']) {
    assert.deepEqual(slice.visible('cy', type), whole.visible('cy', type), type);
  }
  const { records } = slice.toJSON();
  assert.deepEqual(records.filter(({ type }) => type === 'account').map(({ id }) => id), whole.visible('cy', 'account').ids);
  const again = Governance.load(slice.toJSON(), { now: NOW });
  assert.equal(again.viewer, null, 'what a slice writes as JSON is an organisation of its own');
});

test('a decision about somebody else, or after a change, is advisory', () => {
  const slice = Governance.load(whole.slice('cy'), { now: NOW });
  const advisory = (user) => slice.explain(user, 'view', 'account', 'globex').advisory;
  assert.equal(whole.explain('cy', 'view', 'account', 'globex').advisory, false);
  assert.equal(advisory('cy'), false);
  assert.equal(advisory('ada'), true);
  slice.apply([{ op: 'setOwner', type: 'account', id: 'globex', owner: 'cy' }]);
  assert.equal(advisory('cy'), true);
});

test('bytes that were cut off or altered are refused, and nothing is loaded', () => {
  const bytes = whole.slice('cy');
  for (let length = 1; length < bytes.length; length += 1) {
    refuses(package_, () => Governance.load(bytes.subarray(0, length)), 'damaged-slice', '');
  }
  for (let place = 7; place < bytes.length; place += 1) {
    const altered = Uint8Array.from(bytes);
    altered[place] ^= 1;
    refuses(package_, () => Governance.load(altered), 'damaged-slice', '');
  }
  const newer = Uint8Array.from(bytes);
  newer[6] += 1;
  refuses(package_, () => Governance.load(newer), 'unknown-format', '');
  assert.equal(Governance.load(bytes, { now: NOW }).viewer, 'cy');
});

test('only its own viewer’s slice can be taken from a slice', () => {
  const slice = Governance.load(whole.slice('cy'), { now: NOW });
  refuses(package_, () => slice.slice('ada'), 'not-the-viewer', '/user');
  refuses(package_, () => whole.slice(7), 'invalid-argument', '/user');
  assert.equal(Governance.load(slice.slice('cy'), { now: NOW }).viewer, 'cy');
});
