// `can` and `visibleIndices` have a quick road and an ordinary one: whatever the ids look like and whatever happened
// before, both answer alike.

import assert from 'node:assert/strict';
import test from 'node:test';

import { imported } from './installed.mjs';
import { NOW, ORG } from './organisation.mjs';
import { refuses } from './thrown.mjs';

const package_ = await imported();
await package_.default();
const { Governance } = package_;
const load = (document = ORG, now = NOW) => Governance.load(document, { now });

/** Ids of every kind: short and long, in ASCII and not, alike in their beginnings, and with what means something elsewhere. */
const IDS = ['a', 'ab', 'a\0b', 'ä', 'a\u0308', '東京', '🦊', ' a', '__proto__', '\x7f', '\x80', 'x'.repeat(511), 'x'.repeat(512), 'x'.repeat(1024), 'ü'.repeat(300)];

test('ids of every kind are told apart, in every order of questions', () => {
  const users = IDS.map((id) => ({ id, name: id, profile: 'sales' }));
  const records = IDS.map((id) => ({ type: 'account', id, owner: id }));
  const governance = load({ ...ORG, users, records });
  const ask = (user, id) => governance.can(user, 'view', 'account', id);
  for (const user of IDS) for (const id of IDS) assert.equal(ask(user, id), user === id, `${user} ${id}`);
  for (const id of IDS) for (const user of IDS) assert.equal(ask(user, id), user === id, `${user} ${id}`);
  IDS.forEach((user, index) => {
    assert.deepEqual([...governance.visibleIndices(user, 'account')], [index]);
    // What lies behind the id in memory is another question's.
    assert.equal(ask(user, [...user].slice(0, -1).join('')), false);
  });
});

test('more ids than are kept are told right as well, as often as they are asked about', () => {
  const records = Array.from({ length: 40_000 }, (_, n) => ({ type: 'account', id: `r${n}`, owner: n % 3 === 0 ? 'bo' : null }));
  const governance = load({ ...ORG, records });
  for (let round = 0; round < 2; round += 1) {
    records.forEach(({ id, owner }) => assert.equal(governance.can('bo', 'view', 'account', id), owner === 'bo', id));
    assert.equal(governance.can('bo', 'view', 'account', `r${records.length}`), false);
  }
});

test('a first question without its words is refused and harms nothing', () => {
  const governance = load();
  refuses(package_, () => governance.can('ada', undefined, undefined, 'globex'), 'invalid-argument', '/action');
  refuses(package_, () => governance.visibleIndices('ada', undefined, undefined), 'invalid-argument', '/type');
  refuses(package_, () => governance.can(undefined, undefined, undefined, undefined), 'invalid-argument', '/user');
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
});

test('what is no question is refused in words after quick ones too', () => {
  const governance = load();
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
  refuses(package_, () => governance.can('ada', 'fly', 'account', 'globex'), 'unknown-action', '/action');
  refuses(package_, () => governance.can('ada', 'view', 'spaceship', 'globex'), 'unknown-type', '/type');
  refuses(package_, () => governance.can('ada', 'create', 'account', 'globex'), 'invalid-argument', '/id');
  refuses(package_, () => governance.can('ada', 'view', 'account'), 'invalid-argument', '/id');
  refuses(package_, () => governance.can('ada', 'view', 'account', 7), 'invalid-argument', '/id');
  refuses(package_, () => governance.can('\ud800', 'view', 'account', 'globex'), 'invalid-argument', '/user');
  refuses(package_, () => governance.can('ada', 'view', 'account', 'x\udc00'), 'invalid-argument', '/id');
  refuses(package_, () => governance.visibleIndices('ada', 'account', 'create'), 'invalid-argument', '/action');
  refuses(package_, () => governance.visibleIndices('ada', 'account', 'fly'), 'unknown-action', '/action');
  refuses(package_, () => governance.visibleIndices(null, 'account'), 'invalid-argument', '/user');
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
});

test('a set that was asked for before is the caller\'s own', () => {
  const governance = load();
  const first = governance.visibleIndices('ada', 'account');
  const expected = [...first];
  first.fill(99);
  assert.deepEqual([...governance.visibleIndices('ada', 'account')], expected);
  assert.notEqual(governance.visibleIndices('ada', 'account').buffer, governance.visibleIndices('ada', 'account').buffer);
});

test('a set that was asked for before is not told after a change', () => {
  const governance = load();
  assert.deepEqual([...governance.visibleIndices('bo', 'account')], [0]);
  governance.apply([{ op: 'assign', type: 'account', id: 'initech', user: 'bo' }]);
  assert.deepEqual([...governance.visibleIndices('bo', 'account')], [0, 1]);
  assert.equal(governance.can('bo', 'view', 'account', 'initech'), true);
  governance.editAssigned('cy', { type: 'account', ids: ['initech'], remove: ['bo'] });
  assert.deepEqual([...governance.visibleIndices('bo', 'account')], [0]);
  refuses(package_, () => governance.apply([{ op: 'remove', kind: 'record', type: 'account', id: 'globex' }, { op: 'remove', kind: 'user', id: 'nobody' }]), 'unknown-user');
  assert.deepEqual([...governance.visibleIndices('bo', 'account')], [0]);
});

test('more sets than are remembered are told right as well', () => {
  const governance = load();
  const actions = ['view', 'edit', 'delete', 'assign'];
  const ask = () => ORG.users.map(({ id }) => actions.map((action) => [...governance.visibleIndices(id, 'account', action)]));
  const fresh = ORG.users.map(({ id }) => actions.map((action) => [...load().visibleIndices(id, 'account', action)]));
  assert.deepEqual(ask(), fresh);
  assert.deepEqual(ask(), fresh);
});

test('a guest\'s term ends between two questions, by the clock and by an instant that is set', () => {
  const governance = load();
  const asked = () => [governance.can('gil', 'view', 'account', 'hooli'), [...governance.visibleIndices('gil', 'account')]];
  governance.setNow('2026-02-28T23:59:59Z');
  assert.deepEqual(asked(), [true, [2]]);
  governance.setNow('2026-03-01T00:00:00Z');
  assert.deepEqual(asked(), [false, []]);
  governance.setNow('2026-02-28T00:00:00Z');
  assert.deepEqual(asked(), [true, [2]]);
  governance.apply([{ op: 'setGuest', user: 'gil', expiresAt: '2026-02-01T00:00:00Z' }]);
  assert.deepEqual(asked(), [false, []]);

  const clocked = Governance.load({ ...ORG, users: [{ id: 'gil', name: 'Gil', profile: 'sales' }], deals: [] });
  assert.equal(clocked.can('gil', 'view', 'account', 'hooli'), true);
  // The first guest makes the clock matter; nobody had told the organisation an instant.
  const expiresAt = new Date(Date.now() + 300).toISOString();
  clocked.apply([
    { op: 'put', kind: 'user', value: { id: 'gus', name: 'Gus', profile: 'sales', guest: { claimed: true, expiresAt } } },
    { op: 'setOwner', type: 'account', id: 'hooli', owner: 'gus' },
  ]);
  assert.equal(clocked.can('gus', 'view', 'account', 'hooli'), true);
  assert.deepEqual([...clocked.visibleIndices('gus', 'account')], [2]);
  const end = Date.parse(expiresAt);
  while (Date.now() < end);
  assert.equal(clocked.can('gus', 'view', 'account', 'hooli'), false);
  assert.deepEqual([...clocked.visibleIndices('gus', 'account')], []);
});

test('memory that grows between two questions moves nothing from under them', () => {
  const governance = load();
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
  const many = Array.from({ length: 60_000 }, (_, n) => ({ type: 'account', id: `r${n}`, name: 'x'.repeat(200), owner: 'bo' }));
  const large = load({ ...ORG, records: many });
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
  assert.equal(governance.can('ada', 'view', 'account', 'nothing'), false);
  assert.equal(large.visibleIndices('bo', 'account').length, many.length);
  assert.deepEqual([...governance.visibleIndices('ada', 'account')], [0, 1, 2]);
  large.free();
  governance.free();
  refuses(package_, () => governance.can('ada', 'view', 'account', 'globex'), 'freed');
  refuses(package_, () => governance.visibleIndices('ada', 'account'), 'freed');
});
