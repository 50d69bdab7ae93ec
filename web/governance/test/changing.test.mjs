import assert from 'node:assert/strict';
import test from 'node:test';

import { imported } from './installed.mjs';
import { NOW, ORG } from './organisation.mjs';
import { refuses } from './thrown.mjs';

const package_ = await imported();
await package_.default();
const { Governance } = package_;
const loaded = () => Governance.load(ORG, { now: NOW });

test('apply changes what is answered, and counts', () => {
  const governance = loaded();
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
  governance.apply([
    { op: 'setOwner', type: 'account', id: 'globex', owner: null },
    { op: 'unassign', type: 'account', id: 'globex', user: 'cy' },
  ]);
  assert.equal(governance.revision, 1);
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), false);
  assert.equal(governance.toJSON().records.find(({ id }) => id === 'globex').owner, undefined);
  governance.apply([{ op: 'put', kind: 'record', value: { type: 'account', id: 'new', assigned: ['bo'] } }]);
  assert.equal(governance.revision, 2);
  assert.deepEqual(governance.visible('bo', 'account').ids, ['new']);
  const anew = Governance.load(governance.toJSON(), { now: NOW });
  for (const { id } of ORG.users) {
    assert.deepEqual(governance.visible(id, 'account'), anew.visible(id, 'account'), id);
    assert.deepEqual(governance.visibleIndices(id, 'account'), anew.visibleIndices(id, 'account'), id);
  }
});

test('a refused change is named, and nothing is changed', () => {
  const governance = loaded();
  const before = governance.toJSON();
  refuses(
    package_,
    () => governance.apply([
      { op: 'setOwner', type: 'account', id: 'globex', owner: null },
      { op: 'assign', type: 'account', id: 'globex', user: 'nobody' },
    ]),
    'unknown-user',
    '/1/user',
  );
  refuses(package_, () => governance.apply([{ op: 'moveRole', role: 'lead', parent: 'rep' }]), 'role-cycle', '/0/parent');
  refuses(package_, () => governance.apply([{ op: 'fly' }]), 'unknown-change', '/0/op');
  refuses(package_, () => governance.predict([{ op: 'setProfile', user: 'ada', profile: 'x' }]), 'unknown-profile', '/0/profile');
  assert.deepEqual(governance.toJSON(), before);
  assert.equal(governance.revision, 0);
});

test('predict tells who gains and loses what, and changes nothing', () => {
  const governance = loaded();
  const changes = [{ op: 'setRole', user: 'cy', role: 'lead' }];
  const predicted = governance.predict(changes);
  const counts = (asked) => new Map(ORG.users.map(({ id }) => [id, new Set(asked.visible(id, 'account').ids)]));
  const before = counts(governance);
  assert.equal(governance.revision, 0);
  const changed = loaded();
  changed.apply(changes);
  const after = counts(changed);
  const rows = ORG.users.flatMap(({ id }) => {
    const gainedIds = [...after.get(id)].filter((record) => !before.get(id).has(record));
    const lostIds = [...before.get(id)].filter((record) => !after.get(id).has(record));
    return gainedIds.length + lostIds.length
      ? [{ user: id, type: 'account', gained: gainedIds.length, lost: lostIds.length, gainedIds, lostIds }]
      : [];
  });
  assert.ok(rows.length > 0);
  assert.deepEqual(governance.predict(changes, { types: ['account'] }).rows, rows);
  assert.equal(predicted.lost, predicted.rows.reduce((sum, row) => sum + row.lost, 0));
  assert.deepEqual(governance.predict(changes, { users: ['nobody'] }), { rows: [], gained: 0, lost: 0 });
  assert.ok(governance.predict(changes, { sample: 0 }).rows.every((row) => row.gainedIds.length === 0));
});

test('each remedy is accepted and grants what was refused', () => {
  const governance = loaded();
  const { allowed, remedies } = governance.explain('cy', 'view', 'account', 'hooli');
  assert.equal(allowed, false);
  assert.ok(remedies.length > 0);
  for (const { changes, text } of remedies) {
    const remedied = loaded();
    remedied.apply(changes);
    assert.equal(remedied.can('cy', 'view', 'account', 'hooli'), true, text);
  }
});

test('the next change is the end of a guest term, and notifications leave out who acted', () => {
  const governance = loaded();
  const ends = ORG.users.map(({ guest }) => guest?.expiresAt).filter((end) => end > NOW);
  assert.equal(governance.nextChange(), ends.sort()[0] ?? null);
  assert.deepEqual(governance.dealNotifications('d1', 'nobody'), ['pam', 'pia']);
  assert.deepEqual(governance.dealNotifications('d1', 'pam'), ['pia']);
  assert.deepEqual(governance.dealNotifications('nothing', 'pam'), []);
});

test('a bulk edit has a result for each record, and leaves what it says', () => {
  const governance = loaded();
  const edit = { type: 'account', ids: ['globex', 'hooli', 'initech', 'globex'], add: [{ user: 'bo', jobRole: 'sdr' }], remove: ['cy'] };
  const planned = governance.predictAssigned('cy', edit);
  assert.equal(governance.revision, 0);
  assert.deepEqual(planned.results.map(({ id, outcome, refusal }) => [id, outcome, refusal?.code]), [
    ['globex', 'changed', undefined], ['hooli', 'refused', 'unknown-record'], ['initech', 'changed', undefined], ['globex', 'unchanged', undefined],
  ]);
  assert.deepEqual(Object.keys(planned.results[0]), ['id', 'outcome']);
  const changed = loaded();
  assert.deepEqual(changed.editAssigned('cy', edit), planned);
  assert.equal(changed.revision, 1);
  governance.apply(planned.changes);
  assert.deepEqual(governance.toJSON(), changed.toJSON());
  assert.deepEqual(changed.toJSON().records.slice(0, 3).map(({ assigned }) => assigned), [
    [{ user: 'bo', jobRole: 'sdr' }], [{ user: 'bo', jobRole: 'sdr' }], undefined,
  ]);
  const again = changed.editAssigned('bo', { ...edit, remove: [] });
  assert.deepEqual([again.changes, changed.revision], [[], 1]);
});

test('a record that the actor does not see is refused in the words of one that does not exist', () => {
  const governance = loaded();
  const refusal = (id) => governance.predictAssigned('bo', { type: 'account', ids: [id], add: ['bo'] }).results[0].refusal;
  const [hidden, missing] = [refusal('hooli'), refusal('absent')];
  assert.deepEqual({ ...hidden, message: hidden.message.replace('hooli', 'absent') }, missing);
  assert.equal(governance.predictAssigned('ada', { type: 'account', ids: ['globex'], add: ['bo'] }).results[0].refusal.code, 'not-permitted');
});

test('an edit that is none, or contradicts itself, is refused as a whole', () => {
  const governance = loaded();
  const call = (edit) => () => governance.editAssigned('cy', edit);
  for (const wrong of [undefined, null, 1, 'add', [], () => ({})]) {
    refuses(package_, call(wrong), 'invalid-argument', '/edit');
  }
  refuses(package_, () => governance.editAssigned(undefined, { type: 'account', ids: [] }), 'invalid-argument', '/actor');
  refuses(package_, call({ type: 'account', ids: [], add: ['bo'], remove: ['bo'] }), 'contradictory-edit', '/remove/0');
  refuses(package_, call({ type: 'account', ids: [], add: [], replace: [] }), 'contradictory-edit', '/replace');
  refuses(package_, call({ type: 'task', ids: [] }), 'not-assignable', '/type');
  refuses(package_, call({ type: 'account' }), 'invalid-field', '');
  refuses(package_, call({ type: 'account', ids: [], ad: ['bo'] }), 'invalid-field', '/ad');
  refuses(package_, call({ type: 'account', ids: [1] }), 'invalid-field', '/ids/0');
  assert.equal(governance.revision, 0);
});

test('a saved view is put, listed by its user alone, written again and removed', () => {
  const governance = loaded();
  const view = {
    id: 'big', user: 'ada', name: 'Big', type: 'account', sort: [{ by: 'name', descending: true }],
    where: { any: [{ field: 'employees', min: 5 }, { not: { owner: ['bo', 'cy'] } }] },
  };
  governance.apply([{ op: 'put', kind: 'view', value: view }]);
  assert.deepEqual(governance.toJSON().views, [view]);
  assert.deepEqual(governance.visible('ada', 'account', { view: 'big' }).ids, ['initech', 'hooli', 'globex']);
  assert.deepEqual(governance.visible('ada', 'account', { view: 'big', where: { text: 'o' }, sort: [] }).ids, ['globex', 'hooli']);
  const again = Governance.load(JSON.stringify(governance), { now: NOW });
  assert.deepEqual(again.visible('ada', 'account', { view: 'big' }), governance.visible('ada', 'account', { view: 'big' }));
  refuses(package_, () => governance.visible('bo', 'account', { view: 'big' }), 'unknown-view', '/view');
  refuses(package_, () => governance.visible('ada', 'opportunity', { view: 'big' }), 'unknown-view', '/view');
  governance.apply([{ op: 'remove', kind: 'view', id: 'big' }]);
  refuses(package_, () => governance.visible('ada', 'account', { view: 'big' }), 'unknown-view', '/view');
  assert.equal(governance.toJSON().views, undefined);
});

test('changes and options of a wrong kind are refused by their name', () => {
  const governance = loaded();
  for (const wrong of [undefined, null, 1, 'assign', {}, () => []]) {
    refuses(package_, () => governance.apply(wrong), 'invalid-argument', '/changes');
    refuses(package_, () => governance.predict(wrong), 'invalid-argument', '/changes');
  }
  for (const wrong of [null, 1, 'all', []]) {
    refuses(package_, () => governance.predict([], wrong), 'invalid-argument', '/options');
  }
  refuses(package_, () => governance.predict([], { sampel: 3 }), 'invalid-field', '/sampel');
  refuses(package_, () => governance.predict([], { action: 'create' }), 'invalid-argument', '/action');
  refuses(package_, () => governance.dealNotifications('d1'), 'invalid-argument', '/actor');
});
