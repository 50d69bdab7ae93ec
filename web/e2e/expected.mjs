// What the preview must show, counted from an organisation's JSON in the plainest way.
// Written from the semantics page and on purpose not shared with the rules that are under test.

const byId = (items, id) => (items ?? []).find((item) => item.id === id);
const holders = (record) => [record.owner, ...(record.assigned ?? []).map((one) => one.user ?? one)].filter((user) => user != null);

/** The ids of the roles below a role. */
function below(org, role) {
  const children = org.roles.filter((other) => other.parent === role).map((child) => child.id);
  return children.flatMap((child) => [child, ...below(org, child)]);
}

/** The user's reports: everybody whose role is below the user's. */
export function reports(org, user) {
  const roles = below(org, byId(org.users, user).role);
  return org.users.filter((other) => roles.includes(other.role)).map((other) => other.id);
}

/** The records of a type that somebody with scope `reports` sees by it alone. */
export function heldByReach(org, user, type) {
  const reach = [user, ...reports(org, user)];
  return org.records.filter((record) => record.type === type && holders(record).some((holder) => reach.includes(holder)));
}

/** The people of a record with their job roles, the owner first. */
export function people(org, record) {
  const jobRole = (user, own) => byId(org.jobRoles, own ?? byId(org.users, user).jobRole)?.name ?? "No job role";
  const assigned = (record.assigned ?? []).map((one) => (typeof one === "string" ? { user: one } : one));
  return [...(record.owner ? [{ user: record.owner }] : []), ...assigned].map(({ user, jobRole: own }) => ({
    name: byId(org.users, user).name,
    jobRole: jobRole(user, own ?? assigned.find((one) => one.user === user)?.jobRole),
  }));
}

/** The deals that an active user sees (§6). */
export function pipeline(org, id) {
  const tiers = ["sales", "manager", "executive", "owner"];
  const user = byId(org.users, id);
  const profile = byId(org.profiles, user.profile);
  if (profile.admin || profile.toggles?.allDeals) return org.deals;
  const tier = (who, company) => byId(org.users, who)?.memberships?.find((membership) => membership.company === company)?.tier;
  const primary = user.memberships?.find((membership) => membership.primary)?.company;
  const manages = (company) =>
    tier(id, company) === "owner" || byId(org.companies, company)?.accountOwnerEmail?.toLowerCase() === user.email?.toLowerCase();
  return org.deals.filter((deal) => {
    const rank = tiers.indexOf(tier(deal.owner, deal.company) ?? deal.ownerTier);
    const own = tiers.indexOf(tier(id, primary));
    return (
      deal.owner === id ||
      (deal.registeredBy ?? deal.owner) === id ||
      ((own === 1 || own === 2) && deal.company === primary && rank >= 0 && rank < own) ||
      (manages(deal.company) && rank !== 3)
    );
  });
}

/** Count and exact sum by stage and currency, as the preview writes them; amounts have at most two decimals here. */
export function totals(deals) {
  const lines = new Map();
  for (const { stage = "", currency = "", amount } of deals) {
    const key = `${stage}/${currency}`;
    const [count, cents] = lines.get(key) ?? [0, 0n];
    const [whole, fraction = ""] = (amount ?? "0").split(".");
    lines.set(key, [count + 1, cents + BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0"))]);
  }
  return new Map([...lines].map(([key, [count, cents]]) => [key, { count, cents }]));
}

/** The cents of an amount as the preview shows it. */
export function cents(shown) {
  const [whole, fraction = ""] = shown.replaceAll(",", "").split(".");
  return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0"));
}
