// The peers answer alike, or nothing is timed.

import { strict as assert } from 'node:assert';

import { bytes } from './peers/bytes.mjs';
import { casbin } from './peers/casbin.mjs';
import { casl, caslWithFunction } from './peers/casl.mjs';
import { cedar } from './peers/cedar.mjs';
import { set } from './peers/set.mjs';
import { sidelight } from './peers/sidelight.mjs';
import { S, generator, organisation, reaches } from './organisation.mjs';

/** An organisation, its bytes, and everyone who can be asked about it. */
export async function contestants(size, module) {
  const org = organisation(size);
  // Before any of the peers writes something into the records for its own use.
  const document = new TextEncoder().encode(JSON.stringify(org));
  const reached = reaches(org);
  const given = { org, reached };
  const peers = {
    sidelight: sidelight(module, document),
    set: set(given),
    bytes: bytes(given),
    casl: casl(given),
    caslWithFunction: caslWithFunction(given),
    casbin: await casbin(given),
    cedar: cedar(given),
  };
  for (const peer of Object.values(peers)) peer.prepare?.(org.records);
  return { ...given, document, peers };
}

/**
 * Pairs of a viewer and a record, half of them from what the viewer sees: a question about random ones is mostly refused.
 */
export function pairs({ org, reached }, viewers, count) {
  const random = generator(11);
  const of = (list) => list[Math.floor(random() * list.length)];
  const held = new Map(org.users.map(({ id }) => [id, []]));
  for (const record of org.records) for (const id of [record.owner, ...record.assigned]) held.get(id).push(record);
  const people = new Map(viewers.map((viewer) => [viewer, [...reached.get(viewer)].filter((id) => held.get(id).length > 0)]));
  return Array.from({ length: count }, (_, n) => {
    const viewer = of(viewers);
    const own = people.get(viewer);
    return { viewer, record: n % 2 === 0 && own.length > 0 ? of(held.get(of(own))) : of(org.records) };
  });
}

/** Every contestant answers every pair as the hand-written one does, and lists what it does. Gives how many are allowed. */
export function agree({ org, peers }, asked, viewers) {
  const expected = asked.map(({ viewer, record }) => peers.set.asks(viewer)(record));
  for (const { name, asks } of Object.values(peers)) {
    const given = asked.map(({ viewer, record }) => asks(viewer)(record));
    assert.deepEqual(given, expected, `${name} and hand-written JavaScript answer differently`);
  }
  for (const viewer of viewers) {
    const listed = peers.set.lists(viewer, org.records);
    for (const { name, lists } of Object.values(peers)) {
      if (lists) assert.deepEqual([...lists(viewer, org.records)], listed, `${name} lists something else for ${viewer}`);
    }
  }
  const allowed = expected.filter(Boolean).length;
  // Peers that all refuse agree as well.
  assert.ok(allowed > asked.length / 4 && allowed < asked.length, `${allowed} of ${asked.length} are allowed`);
  return allowed;
}

/** All of a small organisation: everyone and every record that is asked about. */
export async function agreeOnSmall(module) {
  const small = await contestants({ ...S, records: 60 }, module);
  const viewers = small.org.users.map(({ id }) => id);
  const asked = viewers.flatMap((viewer) => small.org.records.map((record) => ({ viewer, record })));
  const expected = asked.map(({ viewer, record }) => small.peers.set.asks(viewer)(record));
  assert.ok(expected.includes(true) && expected.includes(false));
  for (const { name, asks } of Object.values(small.peers)) {
    assert.deepEqual(asked.map(({ viewer, record }) => asks(viewer)(record)), expected, `${name}, on a small organisation`);
  }
  small.peers.sidelight.governance.free();
  return asked.length;
}
