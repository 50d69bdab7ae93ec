// The peers answer alike, or nothing is timed.

import { bytes } from './peers/bytes.mjs';
import { casbin } from './peers/casbin.mjs';
import { casl, caslWithFunction } from './peers/casl.mjs';
import { cedar } from './peers/cedar.mjs';
import { set } from './peers/set.mjs';
import { sidelight } from './peers/sidelight.mjs';
import { generator, reaches } from './organisation.mjs';
import { holds, same } from './same.mjs';

/** An organisation of a document, and everyone who can be asked about it. */
export async function contestants(document, module) {
  const org = JSON.parse(new TextDecoder().decode(document));
  for (const record of org.records) record.assigned ??= [];
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
 * Pairs of a viewer and a record, each record once, and half of them such that the viewer sees the record: a question
 * about random ones is mostly refused.
 */
export function pairs({ org, reached }, viewers, count) {
  const random = generator(11);
  const of = (list) => list[Math.floor(random() * list.length)];
  const records = shuffled(org.records, random).slice(0, count);
  return records.map((record, n) => {
    const seeing = n % 2 === 0 ? viewers.filter((viewer) => sees(reached.get(viewer), record)) : [];
    return { viewer: of(seeing.length > 0 ? seeing : viewers), record };
  });
}

function sees(people, { owner, assigned }) {
  return people.has(owner) || assigned.some((user) => people.has(user));
}

function shuffled(list, random) {
  const order = [...list];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** Every contestant answers every pair as the hand-written one does, and lists what it does. Gives how many are allowed. */
export function agree({ org, peers }, asked, viewers) {
  const expected = asked.map(({ viewer, record }) => peers.set.asks(viewer)(record));
  for (const { name, asks } of Object.values(peers)) {
    const given = asked.map(({ viewer, record }) => asks(viewer)(record));
    same(given, expected, `${name} and hand-written JavaScript answer differently`);
  }
  for (const viewer of viewers) {
    const listed = peers.set.lists(viewer, org.records);
    for (const { name, lists } of Object.values(peers)) {
      if (lists) same([...lists(viewer, org.records)], listed, `${name} lists something else for ${viewer}`);
    }
  }
  const allowed = expected.filter(Boolean).length;
  // Peers that all refuse agree as well.
  holds(allowed > asked.length / 4 && allowed < asked.length, `${allowed} of ${asked.length} are allowed`);
  return allowed;
}

/** All of a small organisation: everyone, and the first of its records. */
export async function agreeOnSmall(document, module) {
  const small = await contestants(document, module);
  const viewers = small.org.users.map(({ id }) => id);
  const records = small.org.records.slice(0, 60);
  const asked = viewers.flatMap((viewer) => records.map((record) => ({ viewer, record })));
  const expected = asked.map(({ viewer, record }) => small.peers.set.asks(viewer)(record));
  holds(expected.includes(true) && expected.includes(false), 'all decisions on the small organisation are the same');
  for (const { name, asks } of Object.values(small.peers)) {
    same(asked.map(({ viewer, record }) => asks(viewer)(record)), expected, `${name}, on a small organisation`);
  }
  small.peers.sidelight.governance.free();
  return asked.length;
}
