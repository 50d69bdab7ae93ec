// Every road to an answer is held to one accessibility set, which the reference evaluator made. In any environment.

const ACTIONS = ['view', 'edit', 'delete', 'assign'];

/**
 * Holds every road of an organisation, its slices, its predictions and its changed state to the sets.
 * @returns {number} how many answers there were
 * @throws where a road differs
 */
export function holdRoads({ org, now, before, changes, after }, { Governance }) {
  const load = (document) => Governance.load(document, { now });
  const governance = load(org);
  let answers = holdAll(governance, before, load);
  for (const { id: user } of org.users) {
    const slice = load(governance.slice(user));
    same(slice.viewer, user, 'viewer');
    answers += holdUser(slice, before, user, load);
    for (const { type, id } of org.records) {
      same(slice.can(user, 'view', type, id), records(before, user, type, 'view').includes(id), `slice of ${user} ${type} ${id}`);
      answers += 1;
    }
    slice.free();
  }
  for (const action of ACTIONS) {
    const { rows, gained, lost } = governance.predict(changes, { action, sample: 1e9 });
    const told = rows.flatMap(({ user, type, gainedIds, lostIds }) => [
      ...gainedIds.map((id) => JSON.stringify([user, type, id, 'gained'])),
      ...lostIds.map((id) => JSON.stringify([user, type, id, 'lost'])),
    ]);
    same(told.sort(), difference(before, after, action).sort(), `predict ${action}`);
    same(gained + lost, told.length, `predict ${action}`);
  }
  governance.apply(changes);
  answers += holdAll(governance, after, load);
  const anew = load(governance.toJSON());
  answers += holdAll(anew, after, load);
  governance.free();
  anew.free();
  return answers;
}

function holdAll(governance, access, load) {
  let answers = 0;
  const users = Object.keys(access.records);
  for (const user of users) answers += holdUser(governance, access, user, load);
  const { records: all = [], deals = [] } = governance.toJSON();
  for (const { type, id } of all) {
    for (const action of ACTIONS) {
      const viewers = governance.viewers(type, id, action).map(({ user }) => user);
      const expected = users.filter((user) => records(access, user, type, action).includes(id));
      same(viewers.sort(), expected.sort(), `viewers ${type} ${id} ${action}`);
      answers += 1;
    }
  }
  for (const { id } of deals) {
    const viewers = governance.dealViewers(id).map(({ user }) => user);
    same(viewers.sort(), users.filter((user) => access.deals[user].includes(id)).sort(), `dealViewers ${id}`);
    answers += 1;
  }
  return answers;
}

function holdUser(governance, access, user, load) {
  let answers = 0;
  const org = governance.toJSON();
  for (const type of new Set(org.records.map((record) => record.type))) {
    const ids = org.records.filter((record) => record.type === type).map(({ id }) => id);
    for (const action of ACTIONS) {
      const expected = records(access, user, type, action);
      const question = `${user} ${action} ${type}`;
      for (const id of ids) {
        const may = expected.includes(id);
        same(governance.can(user, action, type, id), may, `can ${question} ${id}`);
        const { allowed, remedies } = governance.explain(user, action, type, id);
        same(allowed, may, `explain ${question} ${id}`);
        for (const { changes, text } of remedies) {
          const changed = load(org);
          changed.apply(changes);
          same(changed.can(user, action, type, id), true, `${text} for ${question} ${id}`);
          changed.free();
        }
        answers += 2;
      }
      const many = governance.canMany(user, action, type, ids);
      same(ids.filter((_, index) => many[index] === 1), expected, `canMany ${question}`);
      const indices = [...governance.visibleIndices(user, type, action)];
      same(indices.map((index) => ids[index]), expected, `visibleIndices ${question}`);
      same(listed(governance, user, type, { action }), expected, `visible ${question}`);
      const sort = [{ by: 'id', descending: true }];
      same(listed(governance, user, type, { action, sort }).sort(), [...expected].sort(), `sorted ${question}`);
      // A filter and its opposite share the set between them.
      const some = { any: [{ text: 'a' }, { jobRole: ['ae'] }, { field: 'size', min: 2 }] };
      const parts = [some, { not: some }].flatMap((where) => listed(governance, user, type, { action, where }));
      same(parts.sort(), [...expected].sort(), `filtered ${question}`);
      answers += 5;
    }
    for (const id of ids) {
      const expected = ACTIONS.filter((action) => records(access, user, type, action).includes(id));
      same(governance.actions(user, type, id), expected, `actions ${user} ${type} ${id}`);
      answers += 1;
    }
    const creates = access.creates[user].includes(type);
    same(governance.can(user, 'create', type), creates, `create ${user} ${type}`);
    same(governance.explain(user, 'create', type).allowed, creates, `explain create ${user} ${type}`);
    answers += 2;
  }
  same(governance.pipeline(user).rows.map(({ id }) => id), access.deals[user], `pipeline ${user}`);
  for (const { id } of org.deals ?? []) {
    same(governance.explainDeal(user, id).allowed, access.deals[user].includes(id), `explainDeal ${user} ${id}`);
    answers += 1;
  }
  return answers + 1;
}

/** The pages of two that a query gives, put together. */
function listed(governance, user, type, query) {
  const ids = [];
  let cursor = null;
  do {
    const page = governance.visible(user, type, { ...query, limit: 2, ...(cursor !== null && { cursor }) });
    ids.push(...page.ids);
    cursor = page.cursor;
    if (cursor === null) same(page.total, ids.length, `the total of ${user} ${type}`);
  } while (cursor !== null);
  return ids;
}

function records(access, user, type, action) {
  return access.records[user]?.[type]?.[action] ?? [];
}

function difference(before, after, action) {
  const [old, now] = [before, after].map((access) => new Set(pairs(access, action)));
  const side = (mine, other, word) =>
    [...mine].filter((pair) => !other.has(pair)).map((pair) => JSON.stringify([...JSON.parse(pair), word]));
  return [...side(now, old, 'gained'), ...side(old, now, 'lost')];
}

function pairs(access, action) {
  const found = [];
  for (const [user, types] of Object.entries(access.records)) {
    for (const [type, actions] of Object.entries(types)) {
      for (const id of actions[action] ?? []) found.push(JSON.stringify([user, type, id]));
    }
  }
  if (action === 'view') {
    for (const [user, ids] of Object.entries(access.deals)) {
      for (const id of ids) found.push(JSON.stringify([user, 'deal', id]));
    }
  }
  return found;
}

function same(answer, expected, question) {
  const [one, other] = [answer, expected].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`${question}: ${one}, not ${other}`);
}
