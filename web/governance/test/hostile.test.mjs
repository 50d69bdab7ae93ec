// Whatever is loaded or asked ends in an answer or in a GovernanceError: no trap, no hang, no wrong answer.

import assert from 'node:assert/strict';
import test from 'node:test';

import { imported } from './installed.mjs';
import { NOW, ORG, org } from './organisation.mjs';
import { refuses } from './thrown.mjs';

const package_ = await imported();
await package_.default();
const { Governance, GovernanceError } = package_;

/** Loads a document and asks it everything, or is refused. Gives the code of the refusal. */
function survived(document) {
  let governance;
  try {
    governance = Governance.load(document, { now: NOW });
  } catch (error) {
    assert.ok(error instanceof GovernanceError, `${error?.stack ?? error}`);
    assert.notEqual(error.code, 'trapped', `${error.cause?.stack}`);
    return error.code;
  }
  governance.diagnose();
  governance.visible('u', 'account');
  governance.pipeline('u');
  governance.toJSON();
  governance.free();
  return undefined;
}

test.afterEach(() => {
  const governance = Governance.load(ORG, { now: NOW });
  assert.equal(governance.can('ada', 'view', 'account', 'globex'), true);
  assert.equal(governance.can('bo', 'view', 'account', 'initech'), false);
  governance.free();
});

const NAMES = [
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'length', '0', '00', '-1', '1e3',
  'null', 'undefined', 'NaN', ' ', '\u0000', '\u202e', '\ufeff', '\ufffd', 'é', 'e\u0301', '🦀', '👩‍👩‍👧', 'a'.repeat(1024), '"', '\\', '/', '~',
  "'; DROP TABLE users; --", '<script>', '${id}', '%00', '\u2028',
];

test('any text is an id, and only equal to itself', () => {
  const governance = Governance.load(
    {
      ...org({
        profiles: NAMES.map((id) => ({ id, name: id, permissions: { account: { view: 'owned' } } })),
        roles: NAMES.map((id) => ({ id, name: id })),
        users: NAMES.map((id) => ({ id, name: id, profile: id, role: id })),
        companies: NAMES.map((id) => ({ id, name: id })),
        records: NAMES.map((id) => ({ type: 'account', id, name: id, owner: id, fields: { [id]: id } })),
        deals: NAMES.map((id) => ({ id, company: id, owner: id })),
      }),
      id: '__proto__',
    },
    { now: NOW },
  );
  for (const [index, id] of NAMES.entries()) {
    assert.deepEqual(governance.visible(id, 'account').ids, [id]);
    assert.deepEqual([...governance.visibleIndices(id, 'account')], [index]);
    assert.deepEqual([...governance.canMany(id, 'view', 'account', NAMES)], NAMES.map((other) => (other === id ? 1 : 0)));
    assert.deepEqual(governance.viewers('account', id).map(({ user }) => user), [id]);
    assert.deepEqual(governance.explain(id, 'view', 'account', id).grants.map(({ rule, user }) => [rule, user ?? id]), [['owner', id]]);
    assert.deepEqual(governance.pipeline(id).rows.map((row) => row.id), [id]);
    assert.deepEqual(governance.dealViewers(id).map(({ user }) => user), [id]);
    assert.deepEqual(governance.visible(id, 'account', { where: { field: id, is: id } }).ids, [id]);
  }
  const fields = governance.toJSON().records[0].fields;
  assert.deepEqual(Object.keys(fields), ['__proto__']);
  assert.deepEqual(Object.getOwnPropertyDescriptor(fields, '__proto__')?.value, '__proto__');
  assert.equal({}.id, undefined);
});

test('a chain of 100,000 roles is asked from both ends, up and in a circle', () => {
  const count = 100_000;
  const chain = (roles) =>
    org({
      roles,
      profiles: [{ id: 'p', name: 'P', permissions: { account: { view: 'reports' } } }],
      users: [
        { id: 'top', name: 'Top', profile: 'p', role: 'r0' },
        { id: 'bottom', name: 'Bottom', profile: 'p', role: `r${count - 1}` },
      ],
      records: [
        { type: 'account', id: 'high', owner: 'top' },
        { type: 'account', id: 'low', owner: 'bottom' },
      ],
    });
  const downwards = Array.from({ length: count }, (_, at) => ({ id: `r${at}`, name: 'R', parent: at === 0 ? null : `r${at - 1}` }));
  for (const roles of [downwards, downwards.toReversed()]) {
    const governance = Governance.load(chain(roles), { now: NOW });
    assert.deepEqual(governance.visible('top', 'account').ids, ['high', 'low']);
    assert.deepEqual(governance.visible('bottom', 'account').ids, ['low']);
    const [grant] = governance.explain('top', 'view', 'account', 'low').grants;
    assert.equal(grant.roles.length, count);
    governance.diagnose();
    governance.free();
  }
  const circle = downwards.map((role, at) => (at === 0 ? { ...role, parent: `r${count - 1}` } : role));
  const governance = Governance.load(chain(circle), { now: NOW });
  assert.deepEqual(governance.visible('top', 'account').ids, ['high']);
  assert.ok(governance.diagnose().some(({ code }) => code === 'role-cycle'));
  governance.free();
});

test('JSON nested 10,000 deep is refused wherever it stands', () => {
  const deep = '['.repeat(10_000) + ']'.repeat(10_000);
  const objects = '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000);
  const open = '['.repeat(10_000_000);
  for (const nested of [deep, objects, open]) {
    assert.ok(survived(nested));
    assert.ok(survived(JSON.stringify(ORG).replace('"Acme"', nested)));
    assert.ok(survived(JSON.stringify(ORG).replace('{"employees":120}', nested)));
    // A member that the format does not have is passed over, but not blindly.
    survived(JSON.stringify(ORG).replace('"name":"Acme"', `"name":"Acme","other":${nested}`));
  }
});

test('an object nested 10,000 or 1,000,000 deep is refused', () => {
  for (const depth of [10_000, 1_000_000]) {
    let nested = {};
    for (let level = 0; level < depth; level += 1) nested = { nested };
    assert.ok(survived({ ...ORG, name: nested }));
  }
});

test('whatever reading an argument throws is told as the argument\'s fault', () => {
  const governance = Governance.load(ORG, { now: NOW });
  const revoked = (target) => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  const throwing = new Proxy({}, { get() { throw new Error('no'); }, ownKeys() { throw new Error('no'); } });
  const detached = new Uint8Array(new ArrayBuffer(8));
  structuredClone(detached, { transfer: [detached.buffer] });
  for (const object of [revoked({}), revoked([]), throwing]) {
    const calls = {
      org: () => Governance.load(object),
      options: () => Governance.load(ORG, object),
      user: () => governance.can(object, 'view', 'account', 'globex'),
      ids: () => governance.canMany('ada', 'view', 'account', object),
      query: () => governance.visible('ada', 'account', object),
      changes: () => governance.apply(object),
      edit: () => governance.editAssigned('ada', object),
    };
    for (const [name, call] of Object.entries(calls)) {
      assert.throws(call, (error) => error instanceof GovernanceError && error.path?.startsWith(name === 'org' ? '' : `/${name}`));
    }
  }
  refuses(package_, () => governance.apply([{ get op() { throw 'nothing'; } }]), 'invalid-argument', '/changes');
  assert.throws(() => Governance.load(detached), GovernanceError);
  governance.free();
});

test('a list of records that is none is refused at its place', () => {
  for (const records of [{}, 'x', 5, true]) {
    refuses(package_, () => Governance.load({ ...ORG, records }), 'invalid-field', '/records');
  }
});

test('a filter nested deep is refused, one that is wide is answered', () => {
  const governance = Governance.load(ORG, { now: NOW });
  for (const depth of [100, 10_000, 200_000]) {
    let where = { owner: ['bo'] };
    for (let level = 0; level < depth; level += 1) where = level % 2 ? { not: where } : { all: [where] };
    refuses(package_, () => governance.visible('ada', 'account', { where }), 'too-deep');
  }
  const wide = { any: Array.from({ length: 50_000 }, (_, at) => ({ text: `nothing ${at}` })) };
  assert.equal(governance.visible('ada', 'account', { where: wide }).total, 0);
  governance.free();
});

test('50 MB of garbage is refused', () => {
  const garbage = new Uint8Array(50_000_000);
  let state = 1;
  for (let at = 0; at < garbage.length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    garbage[at] = state >>> 24;
  }
  assert.equal(survived(garbage), 'malformed-json');
  assert.equal(survived(new Uint8Array(50_000_000)), 'malformed-json');
  assert.ok(survived(`{"format":"sidelight.org/1","id":"${'x'.repeat(50_000_000)}"}`));
  assert.ok(survived(' '.repeat(50_000_000)));
  assert.ok(survived(`[${'{},'.repeat(16_000_000)}{}]`));
});

test('a document above the limit is refused before it costs memory', () => {
  const view = new DataView(new ArrayBuffer(300_000_000));
  refuses(package_, () => Governance.load(view), 'document-too-large', '');
  refuses(package_, () => Governance.load('x'.repeat(300_000_000)), 'document-too-large', '');
});

test('the most wasteful document within the limit is loaded, in an instance of its own', async () => {
  const alone = await imported();
  await alone.default();
  const [head, tail] = JSON.stringify({ ...ORG, records: [{ type: 'account', id: 'a', assigned: ['?'] }] }).split('"?"');
  // Whole items from the end of the head, which is written over them, to the start of the tail.
  const bytes = Buffer.alloc(128 * 1024 * 1024, '"",');
  bytes.write(head.padEnd(3 * Math.ceil(head.length / 3)));
  const last = 3 * Math.floor((bytes.length - tail.length) / 3) - 3;
  bytes.fill(' ', last).write(`""${tail}`, last);
  const governance = alone.Governance.load(bytes, { now: NOW });
  assert.equal(governance.can('ada', 'view', 'account', 'a'), false);
});

test('numbers out of range are kept exactly or refused', () => {
  const field = (number) => JSON.stringify(ORG).replace('"employees":120', `"employees":${number}`);
  for (const number of ['9007199254740993', '-0', '1e308', '1E-400', '0.1', '123456789012345678901234567890']) {
    assert.equal(survived(field(number)), undefined, number);
  }
  for (const number of ['1e999', '01', '+1', 'NaN', 'Infinity', '.5', '1.', '0x10', '--1']) {
    assert.ok(survived(field(number)), number);
  }
  const governance = Governance.load(ORG, { now: NOW });
  for (const limit of [0, 1, 2 ** 31, 2 ** 32 - 1]) governance.visible('ada', 'account', { limit });
  for (const limit of [2 ** 32, 2 ** 53, 1e300]) {
    try {
      assert.equal(governance.visible('ada', 'account', { limit }).total, 3);
    } catch (error) {
      assert.ok(error instanceof GovernanceError);
      assert.notEqual(error.code, 'trapped');
    }
  }
  for (const bound of [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -0]) {
    governance.visible('ada', 'account', { where: { field: 'employees', min: bound } });
  }
  governance.free();
});

test('a clock that throws, asks, changes or frees harms nothing but its own question', (context) => {
  const other = Governance.load(ORG, { now: NOW });
  const during = (onClock, question) => {
    const governance = Governance.load(ORG);
    // Both ids are known, so that the question is a quick one.
    governance.can('ada', 'view', 'account', 'globex');
    const { mock } = context.mock.method(Date, 'now', () => {
      mock.restore();
      onClock(governance);
      return Date.parse(NOW);
    });
    try {
      return question(governance);
    } finally {
      mock.restore();
    }
  };
  const questions = [
    (governance) => governance.can('ada', 'view', 'account', 'globex'),
    (governance) => governance.canMany('ada', 'view', 'account', ['globex'])[0] === 1,
    (governance) => governance.visibleIndices('ada', 'account').length === other.visibleIndices('ada', 'account').length,
    (governance) => governance.explain('ada', 'view', 'account', 'globex').allowed,
  ];
  const thrown = new Error('no clock');
  for (const question of questions) {
    assert.throws(() => during(() => { throw thrown; }, question), (error) => error === thrown);
    assert.throws(() => during((governance) => governance.free(), question), ({ code }) => code === 'freed');
    assert.equal(during((governance) => governance.visibleIndices('nobody', 'account'), question), true);
    const lock = [{ op: 'setStatus', user: 'ada', status: 'locked' }];
    assert.equal(during((governance) => governance.apply(lock), question), false);
    assert.equal(question(other), true);
  }
  other.free();
});

test('texts longer than the limit are refused', () => {
  const long = 'x'.repeat(1_000_000);
  assert.equal(survived({ ...ORG, name: long }), 'text-too-long');
  assert.equal(survived({ ...ORG, roles: [{ id: long, name: 'Long' }] }), 'text-too-long');
  const governance = Governance.load(ORG, { now: NOW });
  assert.equal(governance.can(long, 'view', 'account', 'globex'), false);
  assert.equal(governance.can('ada', 'view', 'account', long), false);
  assert.equal(governance.explain(long, 'view', 'account', long).allowed, false);
  assert.deepEqual(governance.visible('ada', 'account', { where: { text: long } }).ids, []);
  refuses(package_, () => governance.can('ada', long, 'account', 'globex'), 'unknown-action');
  governance.free();
});

test('every document that a byte was changed in ends in an answer or an error', () => {
  const bytes = new TextEncoder().encode(JSON.stringify(ORG));
  for (let at = 0; at < bytes.length; at += 1) {
    for (const byte of [0, 0x22, 0x5c, 0x7b, 0x80, 0xff]) survived(bytes.with(at, byte));
    survived(bytes.subarray(0, at));
  }
});

test('many holders, many questions, much of everything', () => {
  const count = 200_000;
  const governance = Governance.load(
    org({
      profiles: [{ id: 'p', name: 'P', permissions: { account: { view: 'peers' } } }],
      roles: [{ id: 'r', name: 'R' }],
      users: Array.from({ length: 1_000 }, (_, at) => ({ id: `u${at}`, name: 'U', profile: 'p', role: 'r' })),
      records: Array.from({ length: count }, (_, at) => ({ type: 'account', id: `a${at}`, owner: `u${at % 1_000}` })),
    }),
    { now: NOW },
  );
  assert.equal(governance.visibleIndices('u7', 'account').length, count);
  assert.equal(governance.visible('u7', 'account').ids.length, count);
  const ids = Array.from({ length: count }, (_, at) => `a${at}`);
  assert.ok(governance.canMany('u7', 'view', 'account', ids).every((answer) => answer === 1));
  assert.equal(governance.viewers('account', 'a0').length, 1_000);
  governance.free();
});

test('what is too large to cross is refused, and takes no other organisation with it', () => {
  const governance = Governance.load(ORG, { now: NOW });
  const other = Governance.load(ORG, { now: NOW });
  const long = 'x'.repeat(2 ** 20 + 1);
  for (const ask of [
    () => governance.can(long, 'view', 'account', 'globex'),
    () => governance.can('ada', 'view', 'account', long),
    () => governance.canMany('ada', 'view', 'account', [long]),
    () => governance.canMany('ada', 'view', 'account', { __proto__: Array.prototype, length: 1e9 }),
    () => governance.canMany('ada', 'view', 'account', new Array(10_000_001).fill('a')),
    () => governance.slice(long),
    () => governance.visible('ada', 'account', { where: { text: 'x'.repeat(2 ** 24) } }),
    () => governance.visible('ada', 'account', { where: { any: new Array(2_000_000).fill({ text: '' }) } }),
    () => governance.editAssigned('ada', { type: 'account', ids: new Array(5_000_000).fill('a') }),
    () => governance.apply(new Array(1_400).fill({ op: 'setProfile', user: 'x'.repeat(100_000), profile: 'p' })),
  ]) {
    assert.throws(ask, ({ code }) => code === 'argument-too-large' || code === 'invalid-argument', String(ask));
  }
  assert.equal(other.can('ada', 'view', 'account', 'globex'), true);
  governance.free();
  other.free();
});

test('an answer without end is refused, and takes no other organisation with it', () => {
  const other = Governance.load(ORG, { now: NOW });
  const permissions = (view) => ({ account: { view } });
  // Each of many leads sees the account through each of many reports who see all.
  const leads = Array.from({ length: 50 }, (_, at) => ({ id: `l${at}`, name: 'L', profile: 'lead', role: 'top' }));
  const people = Array.from({ length: 41_000 }, (_, at) => ({ id: `p${at}`, name: 'P', profile: 'all', role: 'below' }));
  const governance = Governance.load(
    org({
      profiles: [
        { id: 'lead', name: 'Lead', permissions: permissions('reports') },
        { id: 'all', name: 'All', permissions: permissions('all') },
        { id: 'none', name: 'None' },
      ],
      roles: [{ id: 'top', name: 'Top' }, { id: 'below', name: 'Below', parent: 'top' }],
      users: [...leads, ...people],
      records: Array.from({ length: 60 }, (_, at) => ({ type: 'account', id: `a${at}`, owner: 'p0' })),
    }),
    { now: NOW },
  );
  refuses(package_, () => governance.viewers('account', 'a0'), 'answer-too-large');
  const lost = [{ op: 'setPermission', profile: 'all', type: 'account', action: 'view', scope: 'denied' }];
  refuses(package_, () => governance.predict(lost, { sample: 1e9 }), 'answer-too-large', '/sample');
  assert.equal(governance.predict(lost, { sample: 1 }).rows.length, people.length);
  assert.equal(other.can('ada', 'view', 'account', 'globex'), true);
  governance.free();
  other.free();
});
