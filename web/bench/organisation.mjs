// What the benchmark itself works out about an organisation. The organisations are written by `crates/testkit`
// (`src/generate/sized.rs`), the same for the same seed.

/** Numbers from 0 to 1 from a seed (mulberry32). */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Whom each user reaches for viewing, by the rule of §3 in plain words: oneself, and with `reports` whoever has a role
 * strictly below. What every application would have to work out before it can ask any of the peers.
 */
export function reaches({ roles, users, profiles }) {
  const parents = new Map(roles.map(({ id, parent }) => [id, parent]));
  const scopes = new Map(profiles.map(({ id, permissions }) => [id, permissions.opportunity.view]));
  const below = new Map(roles.map(({ id }) => [id, []]));
  for (const user of users) {
    for (let above = parents.get(user.role); above; above = parents.get(above)) below.get(above).push(user.id);
  }
  return new Map(
    users.map(({ id, role, profile }) => [id, new Set([id, ...(scopes.get(profile) === 'reports' ? below.get(role) : [])])]),
  );
}

/** The user who reaches the share of the users that is nearest to this one. */
export function viewerReaching(share, { org, reached }) {
  const off = (people) => Math.abs(people.size / org.users.length - share);
  return [...reached].reduce((best, next) => (off(next[1]) < off(best[1]) ? next : best))[0];
}

/** The role that has about so many people in it and below, and how many. */
export function roleOver(people, { roles, users }) {
  const parents = new Map(roles.map(({ id, parent }) => [id, parent]));
  const counts = new Map();
  for (const { role } of users) for (let at = role; at; at = parents.get(at)) counts.set(at, (counts.get(at) ?? 0) + 1);
  return [...counts].filter(([id]) => parents.get(id))
    .reduce((best, next) => (Math.abs(next[1] - people) < Math.abs(best[1] - people) ? next : best));
}

/** The change that assigns somebody who is not there yet to some record. */
export function assignment({ users, records }) {
  const { id, owner, assigned = [] } = records[5];
  const { id: user } = users.findLast((user) => user.id !== owner && !assigned.includes(user.id));
  return { op: 'assign', type: 'opportunity', id, user };
}
