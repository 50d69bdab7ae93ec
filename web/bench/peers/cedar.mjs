// Cedar as WASM: policies are parsed once and kept in the module (`preparsePolicySet`), and `statefulIsAuthorized` is sent
// the entities of one question, which is all that its interface takes. They are the fewest that the question needs: the
// viewer, the record, its holders and the groups above those, as objects that were made beforehand.
//
// The hierarchy does the work: a record is in its holders, a holder is in "those below" of each role above. No schema is
// given, since validating the request against one takes longer.

import { getCedarVersion, initSync, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/web';

/** Starts the module from its bytes; Node and a browser get the same one. */
export function startCedar(module) {
  initSync({ module });
}

const POLICIES = `
permit (principal, action == Action::"view", resource is Opportunity)
when { resource in principal };
permit (principal, action == Action::"view", resource is Opportunity)
when { principal has below && resource in principal.below };
`;

export function cedar({ org }) {
  const parsed = preparsePolicySet('visibility', { staticPolicies: POLICIES });
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed.errors));
  const parents = new Map(org.roles.map(({ id, parent }) => [id, parent]));
  const users = new Map(org.users.map((user) => [user.id, user]));
  const below = (role) => ({ type: 'Below', id: role });
  const person = ({ id, role, profile }) => ({
    uid: { type: 'User', id },
    attrs: profile === 'lead' ? { below: { __entity: below(role) } } : {},
    parents: parents.get(role) ? [below(parents.get(role))] : [],
  });
  const groupsAbove = function* ({ role }) {
    for (let above = parents.get(role); above; above = parents.get(above)) {
      yield { uid: below(above), attrs: {}, parents: parents.get(above) ? [below(parents.get(above))] : [] };
    }
  };
  const question = (viewer, { id, owner, assigned }) => {
    const holders = [...new Set([owner, ...assigned])];
    const resource = { type: 'Opportunity', id };
    const entities = [{ uid: resource, attrs: {}, parents: holders.map((holder) => ({ type: 'User', id: holder })) }];
    const groups = new Map();
    for (const user of new Set([viewer, ...holders])) {
      entities.push(person(users.get(user)));
      for (const group of groupsAbove(users.get(user))) groups.set(group.uid.id, group);
    }
    return {
      principal: { type: 'User', id: viewer },
      action: { type: 'Action', id: 'view' },
      resource,
      context: {},
      preparsedPolicySetId: 'visibility',
      entities: [...entities, ...groups.values()],
    };
  };
  return {
    name: 'cedar-wasm',
    language: getCedarVersion(),
    /** Makes what is sent, once for each pair. */
    asks: (viewer) => {
      const prepared = new Map();
      const ask = (record) => {
        const sent = prepared.get(record.id) ?? question(viewer, record);
        prepared.set(record.id, sent);
        const answer = statefulIsAuthorized(sent);
        if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0) throw new Error(JSON.stringify(answer));
        return answer.response.decision === 'allow';
      };
      return ask;
    },
  };
}
