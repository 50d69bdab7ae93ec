// Organisations to measure on: the same for the same seed, and skewed as real ones are. Few people hold much, few regions
// have most of the people, and few deals are worth most of the money.

/** 700 users, 100 roles 8 deep, 100,000 opportunities. */
export const M = { users: 700, roles: 100, depth: 8, records: 100_000, seed: 7 };
/** 20 users, 8 roles, 2,000 opportunities. */
export const S = { users: 20, roles: 8, depth: 4, records: 2_000, seed: 7 };

const STAGES = ['Prospecting', 'Qualified', 'Proposal', 'Negotiation', 'Won', 'Lost'];

/** An organisation of this size in the package's format. No profile but that of administrators has a scope above `reports`. */
export function organisation({ users, roles, depth, records, seed }) {
  const random = generator(seed);
  const skewed = (count, power) => Math.floor(count * random() ** power);
  const tree = forest(roles, depth, skewed);
  // Each role has one who leads it; the others are in the roles at the end of a branch, in some more than in others.
  const leaves = tree.filter(({ id }) => !tree.some(({ parent }) => parent === id)).map(({ id }) => id);
  const people = Array.from({ length: users }, (_, n) => ({
    id: `user-${n}`,
    name: `User ${n}`,
    profile: n < roles ? 'lead' : 'rep',
    role: n < roles ? `role-${n}` : leaves[skewed(leaves.length, 1.5)],
  }));
  const order = shuffled(people.map(({ id }) => id), random);
  const anyone = () => order[skewed(users, 2)];
  return {
    format: 'sidelight.org/1',
    id: 'measured',
    name: 'Measured',
    timeZone: 'UTC',
    roles: tree,
    profiles: [profile('rep', 'owned'), profile('lead', 'reports')],
    users: people,
    records: Array.from({ length: records }, (_, n) => opportunity(n, random, skewed, anyone)),
  };
}

function opportunity(n, random, skewed, anyone) {
  const holders = new Set([anyone()]);
  // One to eight, about two and a half on average.
  for (let more = skewed(8, 2.5); more > 0; more -= 1) holders.add(anyone());
  const [owner, ...assigned] = holders;
  return {
    type: 'opportunity',
    id: `0065g${String(n).padStart(8, '0')}`,
    name: `Opportunity ${n}`,
    owner,
    assigned,
    fields: { stage: STAGES[skewed(STAGES.length, 1.3)], amount: Math.floor(500 / (random() + 0.0005)) },
  };
}

/** One tree whose first branch has the depth that is asked for; the others hang where most already does. */
function forest(roles, depth, skewed) {
  const level = [];
  return Array.from({ length: roles }, (_, n) => {
    const open = level.flatMap((at, above) => (at < depth ? [above] : []));
    const above = n < depth ? n - 1 : open[skewed(open.length, 1.7)];
    level.push(n === 0 ? 1 : level[above] + 1);
    return { id: `role-${n}`, name: `Role ${n}`, parent: n === 0 ? null : `role-${above}` };
  });
}

function profile(id, view) {
  return { id, name: id, permissions: { opportunity: { view } } };
}

function shuffled(list, random) {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
  return list;
}

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
