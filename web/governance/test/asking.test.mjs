import assert from 'node:assert/strict';
import test from 'node:test';

import { imported } from './installed.mjs';
import { NOW, ORG, org } from './organisation.mjs';
import { refuses } from './thrown.mjs';

const package_ = await imported();
await package_.default();
const { Governance } = package_;
const loaded = (document = ORG, now = NOW) => Governance.load(document, { now });
const governance = loaded();

test('an organisation is loaded from an object, from text and from bytes', () => {
  const text = JSON.stringify(ORG);
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array([32, ...bytes, 32]);
  for (const form of [ORG, text, bytes, Buffer.from(text), padded, padded.subarray(1, -1), new DataView(bytes.buffer), bytes.buffer]) {
    assert.deepEqual(loaded(form).visible('ada', 'account'), governance.visible('ada', 'account'));
  }
});

test('the class has what this version answers, and nothing that it does not', () => {
  const members = Reflect.ownKeys(Governance.prototype).filter((key) => key !== 'constructor');
  assert.ok(members.includes(Symbol.dispose));
  assert.deepEqual(members.filter((key) => typeof key === 'string').sort(), [
    'actions', 'apply', 'assignees', 'can', 'canMany', 'dealNotifications', 'dealViewers', 'diagnose', 'editAssigned',
    'explain', 'explainDeal', 'free', 'nextChange', 'pipeline', 'predict', 'predictAssigned', 'revision', 'setNow', 'slice', 'toJSON', 'viewer', 'viewers', 'visible', 'visibleIndices',
  ]);
  assert.deepEqual(Object.keys(package_).sort(), ['Governance', 'GovernanceError', 'default', 'init', 'initSync']);
  assert.equal(governance.revision, 0);
  assert.equal(governance.viewer, null);
  refuses(package_, () => new Governance(), 'invalid-argument');
});

test('can', () => {
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
  assert.equal(governance.can('ada', 'edit', 'account', 'globex'), false);
  assert.equal(governance.can('cy', 'edit', 'account', 'globex'), true);
  assert.equal(governance.can('ada', 'create', 'account'), true);
  assert.equal(governance.can('pam', 'create', 'account'), false);
  assert.equal(governance.can('nobody', 'view', 'account', 'globex'), false);
  assert.equal(governance.can('ada', 'view', 'account', 'nothing'), false);
  assert.equal(governance.can('ada', 'view', 'account', ''), false);
  assert.equal(governance.can('ada', 'view', 'opportunity', 'globex'), false);
});

test('canMany answers with a byte for each id, in order', () => {
  const answers = governance.canMany('cy', 'view', 'account', ['initech', 'hooli', 'nothing', 'globex', 'globex']);
  assert.ok(answers instanceof Uint8Array);
  assert.deepEqual([...answers], [1, 0, 0, 1, 1]);
  assert.deepEqual([...governance.canMany('cy', 'view', 'account', [])], []);
});

test('canMany says of a page and of more what can says, whatever changes', () => {
  const changing = loaded();
  const accounts = ORG.records.filter(({ type }) => type === 'account').map(({ id }) => id);
  const users = ORG.users.map(({ id }) => id);
  const more = Array.from({ length: 300 }, (_, n) => accounts[n % accounts.length]);
  const asked = () => {
    for (const user of users) {
      for (const action of ['view', 'edit']) {
        const expected = (ids) => ids.map((id) => Number(changing.can(user, action, 'account', id)));
        for (const ids of [accounts, more, [...accounts].reverse(), [...accounts, 'nothing', 'Öl']]) {
          assert.deepEqual([...changing.canMany(user, action, 'account', ids)], expected(ids), `${user} ${action}`);
        }
      }
    }
  };
  asked();
  const [account] = accounts;
  for (const user of users) {
    const { length: before } = changing.viewers('account', account);
    changing.apply([{ op: 'assign', type: 'account', id: account, user }]);
    assert.ok(changing.viewers('account', account).length >= before);
    asked();
  }
  for (const ids of [[], accounts]) {
    refuses(package_, () => changing.canMany('ada', 'create', 'account', ids), 'invalid-argument');
    refuses(package_, () => changing.canMany('ada', 'view', 'nothing', ids), 'unknown-type');
  }
});

test('a list that frees the organisation while it is read takes no other organisation with it', () => {
  const victim = loaded();
  const ids = ['initech', 'globex'];
  assert.deepEqual([...victim.canMany('cy', 'view', 'account', ids)], [1, 1]);
  Object.defineProperty(ids, 0, {
    get() {
      victim.free();
      return 'initech';
    },
  });
  refuses(package_, () => victim.canMany('cy', 'view', 'account', ids), 'freed');
  assert.equal(governance.can('cy', 'edit', 'account', 'globex'), true);
});

test('actions', () => {
  assert.deepEqual(governance.actions('cy', 'account', 'globex'), ['view', 'edit', 'assign']);
  assert.deepEqual(governance.actions('ada', 'account', 'globex'), ['view']);
  assert.deepEqual(governance.actions('ada', 'account', 'nothing'), []);
});

test('explain gives every grant', () => {
  const decision = governance.explain('ada', 'view', 'account', 'globex');
  assert.deepEqual(Object.keys(decision).sort(), ['advisory', 'allowed', 'grants', 'obstacles', 'remedies']);
  assert.equal(decision.allowed, true);
  assert.equal(decision.advisory, false);
  assert.deepEqual(decision.obstacles, []);
  assert.deepEqual(decision.remedies, []);
  const told = decision.grants.map(({ text, ...grant }) => (assert.ok(text.length > 10), grant));
  assert.deepEqual(told, [
    { rule: 'report', user: 'bo', roles: ['lead', 'rep'] },
    { rule: 'report', user: 'cy', roles: ['lead', 'rep'] },
  ]);
  assert.deepEqual(governance.explain('ada', 'create', 'account').grants.map(({ rule }) => rule), ['create']);
});

test('explain gives every obstacle', () => {
  const decision = governance.explain('bo', 'view', 'account', 'initech');
  assert.equal(decision.allowed, false);
  assert.deepEqual(decision.grants, []);
  const told = decision.obstacles.map(({ text, ...obstacle }) => (assert.ok(text.length > 10), obstacle));
  assert.deepEqual(told, [{ code: 'outside-reports', holders: [{ user: 'cy', relation: 'same-role' }] }]);
  assert.deepEqual(decision.remedies[0].changes, [{ op: 'assign', type: 'account', id: 'initech', user: 'bo' }]);
  assert.ok(decision.remedies.every(({ changes, text }) => changes.length > 0 && text.length > 10));
  const codes = (user, action, id) => governance.explain(user, action, 'account', id).obstacles.map(({ code }) => code);
  assert.deepEqual(codes('nobody', 'view', 'globex'), ['unknown-user']);
  assert.deepEqual(codes('ada', 'view', 'nothing'), ['unknown-record']);
  assert.deepEqual(codes('pam', 'view', 'globex'), ['permission-denied']);
});

test('visible gives a page, filtered, sorted and continued', () => {
  assert.deepEqual(governance.visible('ada', 'account'), { total: 3, ids: ['globex', 'initech', 'hooli'], cursor: null });
  assert.deepEqual(governance.visible('cy', 'account', {}).ids, ['globex', 'initech']);
  assert.deepEqual(governance.visible('cy', 'account', { action: 'edit', view: 'assigned-to-me' }).ids, ['globex', 'initech']);
  assert.deepEqual(governance.visible('ada', 'account', { where: { not: { owner: ['bo'] } } }).ids, ['initech', 'hooli']);
  assert.deepEqual(governance.visible('ada', 'account', { where: { field: 'employees', min: 10 } }).ids, ['globex']);
  const query = { sort: [{ by: 'employees', descending: true }], limit: 2 };
  const first = governance.visible('ada', 'account', query);
  assert.deepEqual([first.total, first.ids], [3, ['globex', 'initech']]);
  assert.equal(typeof first.cursor, 'string');
  assert.deepEqual(governance.visible('ada', 'account', { ...query, cursor: first.cursor }), { total: 3, ids: ['hooli'], cursor: null });
  assert.deepEqual(governance.visible('nobody', 'account'), { total: 0, ids: [], cursor: null });
});

test('visibleIndices gives positions among the records of the type', () => {
  const positions = governance.visibleIndices('cy', 'account');
  assert.ok(positions instanceof Uint32Array);
  assert.deepEqual([...positions], [0, 1]);
  assert.deepEqual([...governance.visibleIndices('ada', 'opportunity')], [0]);
  assert.deepEqual([...governance.visibleIndices('ada', 'account', 'edit')], []);
});

test('viewers', () => {
  const viewers = governance.viewers('account', 'globex');
  assert.deepEqual(viewers.map(({ user, grants }) => [user, grants.map(({ rule }) => rule)]), [
    ['ada', ['report', 'report']],
    ['bo', ['owner']],
    ['cy', ['assigned']],
  ]);
  assert.deepEqual(governance.viewers('account', 'globex', 'edit').map(({ user }) => user), ['bo', 'cy']);
  assert.deepEqual(governance.viewers('account', 'nothing'), []);
});

test('assignees', () => {
  assert.deepEqual(governance.assignees('bo', 'account', 'globex'), {
    rows: [
      { user: 'bo', name: 'Bo', isOwner: true, isAssigned: false, jobRole: 'sdr', jobRoleName: 'SDR', status: 'active' },
      { user: 'cy', name: 'Cy', isOwner: false, isAssigned: true, jobRole: null, jobRoleName: null, status: 'active' },
    ],
    hidden: 0,
    mayAssign: true,
  });
  assert.deepEqual(governance.assignees('bo', 'account', 'initech'), { rows: [], hidden: 0, mayAssign: false });
});

test('pipeline gives rows, and totals per stage and currency', () => {
  assert.deepEqual(governance.pipeline('pam'), {
    total: 2,
    rows: [
      {
        id: 'd1', name: 'First', company: 'umbrella', owner: 'pia', registeredBy: 'pia', stage: 'Won', amount: '1250.50',
        currency: 'EUR', expectedClose: null, grants: ['tier'], interactions: ['view', 'edit', 'reassign'],
      },
      {
        id: 'd2', name: 'Second', company: 'umbrella', owner: 'pam', registeredBy: 'pam', stage: 'Open', amount: null,
        currency: null, expectedClose: null, grants: ['deal-owner', 'registrar'], interactions: ['view', 'edit'],
      },
    ],
    totals: [
      { stage: 'Open', currency: null, count: 1, amount: '0' },
      { stage: 'Won', currency: 'EUR', count: 1, amount: '1250.50' },
    ],
    cursor: null,
  });
  assert.deepEqual(governance.pipeline('pia', { stage: ['Won'] }).rows.map(({ id }) => id), ['d1']);
});

test('explainDeal and dealViewers', () => {
  assert.deepEqual(governance.explainDeal('pam', 'd1').grants.map(({ rule }) => rule), ['tier']);
  assert.deepEqual(governance.explainDeal('pia', 'd2').obstacles.map(({ code }) => code), ['higher-tier']);
  assert.deepEqual(governance.dealViewers('d1').map(({ user }) => user), ['pam', 'pia']);
  assert.deepEqual(governance.dealViewers('nothing'), []);
});

test('diagnose', () => {
  const dangling = loaded({ ...ORG, records: [{ type: 'account', id: 'x', owner: 'ghost' }] });
  const [diagnostic] = dangling.diagnose().filter(({ code }) => code === 'unknown-reference');
  assert.deepEqual(Object.keys(diagnostic).sort(), ['code', 'count', 'severity', 'subjects', 'text']);
  assert.ok(diagnostic.subjects.some(({ id }) => id === 'x'));
});

test('toJSON gives an organisation that answers the same', () => {
  const again = loaded(JSON.stringify(governance));
  assert.deepEqual(again.toJSON(), governance.toJSON());
  assert.deepEqual(again.explain('ada', 'view', 'account', 'globex'), governance.explain('ada', 'view', 'account', 'globex'));
  assert.deepEqual(again.pipeline('pam'), governance.pipeline('pam'));
});

test('questions are asked at the instant that was set, else at Date.now()', (context) => {
  const asked = loaded();
  const passes = () => asked.can('gil', 'view', 'account', 'hooli');
  const end = Date.parse('2026-03-01T00:00:00Z');
  for (const [now, expected] of [
    ['2026-02-28T23:59:59.999999999Z', true],
    ['2026-03-01T00:00:00Z', false],
    ['2026-03-01T00:59:59+01:00', true],
    [end - 1, true],
    [end - 0.5, true],
    [end, false],
    [0, true],
  ]) {
    asked.setNow(now);
    assert.equal(passes(), expected, String(now));
  }
  asked.setNow(null);
  context.mock.method(Date, 'now', () => end - 1);
  assert.equal(passes(), true);
  context.mock.method(Date, 'now', () => end);
  assert.equal(passes(), false);
  assert.equal(Governance.load(ORG).can('gil', 'view', 'account', 'hooli'), false);
  assert.equal(Governance.load(ORG, { now: end - 1 }).can('gil', 'view', 'account', 'hooli'), true);
  assert.equal(Governance.load(ORG, { now: undefined }).can('gil', 'view', 'account', 'hooli'), false);
  context.mock.method(Date, 'now', () => NaN);
  refuses(package_, () => Governance.load(ORG).can('gil', 'view', 'account', 'hooli'), 'invalid-instant', '/now');
});

test('an instant that is none is refused, and the one before stays', () => {
  const asked = loaded();
  for (const now of ['', 'now', '2026-03-01', '2026-02-30T00:00:00Z']) {
    refuses(package_, () => asked.setNow(now), 'invalid-instant', '/now');
    refuses(package_, () => Governance.load(ORG, { now }), 'invalid-instant', '/now');
  }
  refuses(package_, () => asked.setNow(9e15), 'invalid-instant', '/now');
  refuses(package_, () => asked.setNow(-9e15), 'invalid-instant', '/now');
  for (const now of [NaN, Infinity, undefined, true, new Date(), {}, 5n]) {
    refuses(package_, () => asked.setNow(now), 'invalid-argument', '/now');
  }
  for (const now of [NaN, null, new Date()]) {
    refuses(package_, () => Governance.load(ORG, { now }), 'invalid-argument', '/now');
  }
  refuses(package_, () => Governance.load(ORG, null), 'invalid-argument', '/options');
  refuses(package_, () => Governance.load(ORG, NOW), 'invalid-argument', '/options');
  assert.equal(asked.can('gil', 'view', 'account', 'hooli'), true);
});

test('free gives everything back; what is asked afterwards is refused', () => {
  const freed = loaded();
  freed.free();
  freed.free();
  freed[Symbol.dispose]();
  for (const ask of [
    () => freed.can('ada', 'view', 'account', 'globex'),
    () => freed.canMany('ada', 'view', 'account', []),
    () => freed.actions('ada', 'account', 'globex'),
    () => freed.explain('ada', 'view', 'account', 'globex'),
    () => freed.visible('ada', 'account'),
    () => freed.visibleIndices('ada', 'account'),
    () => freed.viewers('account', 'globex'),
    () => freed.assignees('ada', 'account', 'globex'),
    () => freed.pipeline('pam'),
    () => freed.explainDeal('pam', 'd1'),
    () => freed.dealViewers('d1'),
    () => freed.dealNotifications('d1', 'pam'),
    () => freed.predict([]),
    () => freed.apply([]),
    () => freed.nextChange(),
    () => freed.diagnose(),
    () => freed.toJSON(),
    () => freed.setNow(null),
    () => freed.revision,
    () => freed.viewer,
  ]) {
    refuses(package_, ask, 'freed');
  }
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
});

test('a wrong kind of argument is refused by its name', () => {
  const notTexts = [undefined, null, 1, NaN, true, {}, [], ['ada'], Symbol('ada'), () => 'ada', 5n, new Date()];
  // Half a surrogate pair is no text: turned into U+FFFD it would name somebody else.
  for (const wrong of [...notTexts, '\ud800', 'a\udc00b']) {
    refuses(package_, () => governance.can(wrong, 'view', 'account', 'globex'), 'invalid-argument', '/user');
    refuses(package_, () => governance.can('ada', wrong, 'account', 'globex'), 'invalid-argument', '/action');
    refuses(package_, () => governance.can('ada', 'view', wrong, 'globex'), 'invalid-argument', '/type');
    refuses(package_, () => governance.canMany('ada', 'view', 'account', ['globex', wrong]), 'invalid-argument', '/ids/1');
    refuses(package_, () => governance.explain(wrong, 'view', 'account', 'globex'), 'invalid-argument', '/user');
    refuses(package_, () => governance.explainDeal('pam', wrong), 'invalid-argument', '/id');
    refuses(package_, () => governance.explainDeal(wrong, 'd1'), 'invalid-argument', '/user');
    refuses(package_, () => governance.dealViewers(wrong), 'invalid-argument', '/id');
    refuses(package_, () => governance.actions('ada', 'account', wrong), 'invalid-argument', '/id');
    refuses(package_, () => governance.visible('ada', wrong), 'invalid-argument', '/type');
    refuses(package_, () => governance.viewers('account', wrong), 'invalid-argument', '/id');
    refuses(package_, () => governance.assignees(wrong, 'account', 'globex'), 'invalid-argument', '/viewer');
    refuses(package_, () => governance.pipeline(wrong), 'invalid-argument', '/user');
    if (wrong !== undefined) {
      refuses(package_, () => governance.can('ada', 'view', 'account', wrong), 'invalid-argument', '/id');
      refuses(package_, () => governance.visibleIndices('ada', 'account', wrong), 'invalid-argument', '/action');
      refuses(package_, () => governance.viewers('account', 'globex', wrong), 'invalid-argument', '/action');
    }
  }
  for (const ids of [undefined, null, 'globex', { 0: 'globex', length: 1 }, new Set(['globex']), 1]) {
    refuses(package_, () => governance.canMany('ada', 'view', 'account', ids), 'invalid-argument', '/ids');
  }
  refuses(package_, () => governance.canMany('ada', 'view', 'account', ['globex', , 'initech']), 'invalid-argument', '/ids/1');
  for (const query of [null, 'view', 1, [], () => {}, { toJSON: () => undefined }]) {
    refuses(package_, () => governance.visible('ada', 'account', query), 'invalid-argument', '/query');
    refuses(package_, () => governance.pipeline('pam', query), 'invalid-argument', '/query');
  }
});

test('an unknown word is refused with the known ones', () => {
  refuses(package_, () => governance.can('ada', 'fly', 'account', 'globex'), 'unknown-action', '/action');
  refuses(package_, () => governance.can('ada', 'View', 'account', 'globex'), 'unknown-action', '/action');
  refuses(package_, () => governance.can('ada', '', 'account', 'globex'), 'unknown-action', '/action');
  refuses(package_, () => governance.can('ada', 'view', 'accounts', 'globex'), 'unknown-type', '/type');
  refuses(package_, () => governance.visible('ada', '__proto__'), 'unknown-type', '/type');
  refuses(package_, () => governance.viewers('account', 'globex', 'toString'), 'unknown-action', '/action');
  assert.throws(() => governance.can('ada', 'fly', 'account', 'globex'), /unknown action `fly`.*`view`/);
});

test('create is asked without an id, everything else with one', () => {
  for (const ask of ['can', 'explain']) {
    refuses(package_, () => governance[ask]('ada', 'create', 'account', 'globex'), 'invalid-argument', '/id');
    refuses(package_, () => governance[ask]('ada', 'view', 'account'), 'invalid-argument', '/id');
    refuses(package_, () => governance[ask]('nobody', 'view', 'account'), 'invalid-argument', '/id');
  }
  refuses(package_, () => governance.canMany('ada', 'create', 'account', ['globex']), 'invalid-argument');
  refuses(package_, () => governance.viewers('account', 'globex', 'create'), 'invalid-argument');
  refuses(package_, () => governance.visibleIndices('ada', 'account', 'create'), 'invalid-argument');
});

test('a query that is none is refused and never half understood', () => {
  const visible = (query) => () => governance.visible('ada', 'account', query);
  for (const limit of [-1, 1.5, '2', NaN, Infinity, 5n]) {
    assert.throws(visible({ limit }), package_.GovernanceError, String(limit));
  }
  for (const limit of [new Number(NaN), { toJSON() {} }, { toJSON: () => NaN }]) {
    refuses(package_, visible({ limit }), 'invalid-argument', '/query');
  }
  assert.deepEqual(visible({ limit: new Number(1), where: undefined })().ids, ['globex']);
  for (const field of [NaN, -Infinity, () => 1, Symbol('one')]) {
    refuses(package_, visible({ where: { field: 'employees', min: field } }), 'invalid-argument', '/query');
  }
  const circular = { where: { all: [] } };
  circular.where.all.push(circular.where);
  refuses(package_, visible(circular), 'invalid-argument', '/query');
  refuses(package_, visible({ get where() { throw new Error('a getter of the page'); } }), 'invalid-argument', '/query');
  refuses(package_, visible({ action: 'fly' }), 'unknown-action', '/action');
  refuses(package_, visible({ view: 'mine' }), 'unknown-view', '/view');
  refuses(package_, visible({ cursor: 'made up' }), 'invalid-cursor', '/cursor');
  refuses(package_, visible({ where: { nobody: ['ada'] } }), 'invalid-filter', '/where/nobody');
  refuses(package_, visible({ where: {} }), 'invalid-filter', '/where');
  refuses(package_, visible({ where: { any: [{ text: 'a' }, { not: { owner: ['\ud800'] } }] } }), 'malformed-json');
});

test('the code and the place of a fault in the document', () => {
  const cases = [
    ['', 'malformed-json', ''],
    ['{', 'malformed-json'],
    ['[]', 'invalid-field', ''],
    [org({ format: 'sidelight.org/2' }), 'unknown-format', '/format'],
    [org({ users: [{ id: 'u', name: 'U', profile: 'p' }] }), 'unknown-profile', '/users/0/profile'],
    [{ ...ORG, users: [...ORG.users, ORG.users[0]] }, 'duplicate-id', '/users/6/id'],
    [{ ...ORG, records: [{ type: 'lead', id: 'x' }] }, 'unknown-type', '/records/0/type'],
    [{ ...ORG, deals: [{ id: 'd', company: 'c', owner: 'o', amount: 'lots' }] }, 'invalid-amount', '/deals/0/amount'],
    [org({ profiles: [{ id: 'p', name: 'P', permissions: { task: { view: 'peers' } } }] }), 'scope-not-applicable', '/profiles/0/permissions/task/view'],
    [org({ profiles: [{ id: 'p', name: 'P', toggles: { 'a/b~c': true } }] }), 'unknown-toggle', '/profiles/0/toggles/a~1b~0c'],
  ];
  for (const [document, code, path] of cases) {
    refuses(package_, () => Governance.load(document), code, path);
    refuses(package_, () => Governance.load(typeof document === 'string' ? document : JSON.stringify(document)), code, path);
  }
});

test('what is no organisation at all is refused', () => {
  for (const document of [undefined, null, 1, true, Symbol('org'), () => ORG, 5n]) {
    refuses(package_, () => Governance.load(document), 'invalid-argument', '/org');
  }
  const circular = { ...ORG };
  circular.self = circular;
  refuses(package_, () => Governance.load(circular), 'malformed-json', '');
  refuses(package_, () => Governance.load({ ...ORG, name: 5n }), 'malformed-json', '');
  refuses(package_, () => Governance.load({ toJSON: () => undefined }), 'malformed-json', '');
  refuses(package_, () => Governance.load({ get id() { throw 'not even an error'; } }), 'malformed-json', '');
  refuses(package_, () => Governance.load(Promise.resolve(ORG)), 'invalid-field');
});

test('text that is not Unicode is refused, and never becomes another text', () => {
  const text = JSON.stringify(ORG);
  refuses(package_, () => Governance.load(text.replaceAll('"bo"', '"\ud800"')), 'malformed-json');
  refuses(package_, () => Governance.load({ ...ORG, users: [{ ...ORG.users[0], id: '\udc00' }] }), 'malformed-json');
  const bytes = Buffer.from(text);
  bytes[bytes.indexOf('bo')] = 0xff;
  refuses(package_, () => Governance.load(bytes), 'malformed-json');
  const replaced = loaded(text.replaceAll('"bo"', '"\ufffd"'));
  assert.equal(replaced.can('\ufffd', 'view', 'account', 'globex'), true);
  refuses(package_, () => replaced.can('\ud800', 'view', 'account', 'globex'), 'invalid-argument', '/user');
});
