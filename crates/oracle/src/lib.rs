//! A second opinion that nobody here wrote: the visibility rules are policies (`policies/visibility.cedar`), the
//! organisation becomes their entities, and Cedar's evaluator decides (§2, §3, §6).
//!
//! The rules stand in the policies. What the entities say already is what Cedar's data cannot hold or its language cannot
//! ask:
//! - a reference that names nothing is left out (§10.1), and so are the edges above and below roles on a cycle (§1.2):
//!   entities may not be in themselves;
//! - only accounts, prospects and opportunities have assigned users (§1.5);
//! - instants are numbers in their order, and emails are in lower case: Cedar compares neither;
//! - whether a user has everything of a type, and whether a user sees a record, is Cedar's own answer, asked before.
//!
//! Like the reference evaluator, it shares nothing with `sidelight-governance` but the types of the document.

use std::collections::BTreeMap;
use std::error::Error;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use serde_json::{Map, Value, json};
use sidelight_governance::org::{CrmRecord, Deal, Org, Profile, ReportsReach, Role, User};
use sidelight_governance::{Action, Instant, RecordType, Scope};

/// The rules.
pub const POLICIES: &str = include_str!("../policies/visibility.cedar");

/// Why Cedar could not be asked: never because of what an organisation holds.
pub type Failure = Box<dyn Error>;

/// The actions that are asked about a saved record.
const ON_RECORDS: [Action; 4] = [Action::View, Action::Edit, Action::Delete, Action::Assign];

/// An organisation at an instant, as Cedar has it.
pub struct Oracle {
    policies: PolicySet,
    entities: Entities,
    /// What every request has in its context.
    settings: Map<String, Value>,
}

impl Oracle {
    /// Writes the organisation as entities. It must be one that loads.
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub fn new(org: &Org, now: Instant) -> Result<Self, Failure> {
        let world = World::new(org, now);
        let settings = [
            ("now", json!(world.moment(now))),
            (
                "multiUserAssignment",
                json!(org.settings.multi_user_assignment),
            ),
            (
                "reportsReach",
                json!(match org.settings.reports_reach {
                    ReportsReach::Accessible => "accessible",
                    ReportsReach::Held => "held",
                }),
            ),
        ];
        let mut oracle = Self {
            policies: POLICIES.parse()?,
            entities: Entities::from_json_value(world.entities(&BTreeMap::new()), None)?,
            settings: members(settings),
        };
        let mut everything: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for user in &org.users {
            for &kind in RecordType::ALL {
                for action in ON_RECORDS {
                    if oracle.has_everything(&user.id, action, kind)? {
                        let users = everything.entry(permission(action, kind)).or_default();
                        users.push(&user.id);
                    }
                }
            }
        }
        oracle.entities = Entities::from_json_value(world.entities(&everything), None)?;
        Ok(oracle)
    }

    /// Whether the user has the scope `all` and may use it.
    fn has_everything(
        &self,
        user: &str,
        action: Action,
        kind: RecordType,
    ) -> Result<bool, Failure> {
        let context = [("permission", json!(permission(action, kind)))];
        self.asks(user, "have everything", uid("Type", kind.as_str()), context)
    }

    /// `create(u, type)`
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub fn creates(&self, user: &str, kind: RecordType) -> Result<bool, Failure> {
        let context = [("permission", json!(permission(Action::Create, kind)))];
        self.asks(user, "create", uid("Type", kind.as_str()), context)
    }

    /// `sees(u, r)` for view, and `may(u, r, a)` for edit, delete and assign.
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub fn may(
        &self,
        user: &str,
        action: Action,
        kind: RecordType,
        id: &str,
    ) -> Result<bool, Failure> {
        let sees = action == Action::View || self.may(user, Action::View, kind, id)?;
        let every_account = permission(Action::View, RecordType::Account);
        let context = [
            ("permission", json!(permission(action, kind))),
            ("everything", refer("Everything", &permission(action, kind))),
            ("everyAccount", refer("Everything", &every_account)),
            ("sees", json!(sees)),
        ];
        self.asks(user, action.as_str(), uid(&type_name(kind), id), context)
    }

    /// `pipeline(u, d)`
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub fn sees_deal(&self, user: &str, id: &str) -> Result<bool, Failure> {
        self.asks(user, "see", uid("Deal", id), [])
    }

    fn asks<const N: usize>(
        &self,
        user: &str,
        action: &str,
        resource: Value,
        context: [(&str, Value); N],
    ) -> Result<bool, Failure> {
        let mut all = self.settings.clone();
        all.extend(members(context));
        let request = Request::new(
            EntityUid::from_json(uid("User", user))?,
            EntityUid::from_json(uid("Action", action))?,
            EntityUid::from_json(resource)?,
            Context::from_json_value(all.into(), None)?,
            None,
        )?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &self.entities);
        Ok(response.decision() == Decision::Allow)
    }
}

/// The organisation, to be written as entities.
struct World<'a> {
    org: &'a Org,
    instants: Vec<Instant>,
}

impl<'a> World<'a> {
    fn new(org: &'a Org, now: Instant) -> Self {
        let guests = org.users.iter().filter_map(|user| user.guest.as_ref());
        let mut instants: Vec<Instant> = guests.map(|guest| guest.expires_at).collect();
        instants.push(now);
        instants.sort();
        instants.dedup();
        Self { org, instants }
    }

    /// The instant's place in time among those that are compared.
    fn moment(&self, instant: Instant) -> usize {
        self.instants.partition_point(|&earlier| earlier < instant)
    }

    fn entities(&self, everything: &BTreeMap<String, Vec<&str>>) -> Value {
        let org = self.org;
        let mut entities = actions();
        entities.extend(org.roles.iter().flat_map(|role| self.role(role)));
        entities.extend(org.profiles.iter().map(profile));
        entities.extend(org.users.iter().map(|user| self.user(user)));
        entities.extend(org.records.iter().flat_map(|record| self.record(record)));
        entities.extend(org.companies.iter().map(|company| {
            let email = company.account_owner_email.as_ref();
            let email = email.map(|email| json!(email.to_lowercase()));
            let attributes = [
                ("name", Some(json!(company.id))),
                ("accountOwnerEmail", email),
            ];
            entity(uid("Company", &company.id), attributes, vec![])
        }));
        entities.extend(org.deals.iter().map(|deal| self.deal(deal)));
        entities.extend(everything.iter().map(|(permission, users)| {
            let users = users.iter().map(|user| uid("User", user)).collect();
            entity(uid("Everything", permission), [], users)
        }));
        entities.into()
    }

    fn role(&self, role: &Role) -> [Value; 2] {
        let parent = role.parent.as_deref();
        let parent = parent
            .filter(|parent| self.known_role(parent).is_some())
            .filter(|parent| !self.is_on_cycle(&role.id) && !self.is_on_cycle(parent));
        let below_parent = parent.map(|parent| uid("Below", parent));
        [
            entity(
                uid("Role", &role.id),
                [("below", Some(refer("Below", &role.id)))],
                below_parent.into_iter().collect(),
            ),
            entity(uid("Below", &role.id), [], vec![uid("Role", &role.id)]),
        ]
    }

    fn known_role(&self, id: &str) -> Option<&'a Role> {
        self.org.roles.iter().find(|role| role.id == id)
    }

    fn is_on_cycle(&self, id: &str) -> bool {
        let above = |id: &str| self.known_role(id)?.parent.as_deref();
        let ancestors = std::iter::successors(above(id), |id| above(id));
        ancestors
            .take(self.org.roles.len())
            .any(|above| above == id)
    }

    fn user(&self, user: &User) -> Value {
        let role = user.role.as_deref();
        let role = role.filter(|role| self.known_role(role).is_some());
        let guest = user.guest.as_ref().map(|guest| {
            let revoked = guest.revoked_at.map(|_| ("revokedAt", json!(true)));
            let term = [
                ("claimed", json!(guest.claimed)),
                ("expiresAt", json!(self.moment(guest.expires_at))),
            ];
            members(term.into_iter().chain(revoked)).into()
        });
        let at = user.memberships.iter();
        let at = at.filter(|membership| self.is_company(&membership.company));
        let tiers = at.clone().map(|membership| {
            let tier = json!(1 + membership.tier as u8);
            (membership.company.clone(), tier)
        });
        let primary = at.clone().find(|membership| membership.primary);
        let attributes = [
            ("profile", Some(refer("Profile", &user.profile))),
            ("status", Some(json!(user.status.as_str()))),
            ("role", role.map(|role| refer("Role", role))),
            ("guest", guest),
            (
                "email",
                user.email.as_ref().map(|email| json!(email.to_lowercase())),
            ),
            ("primary", primary.map(|at| refer("Company", &at.company))),
        ];
        let parents = role.map(|role| uid("Role", role)).into_iter().collect();
        let mut user = entity(uid("User", &user.id), attributes, parents);
        if let Some(user) = user.as_object_mut() {
            user.insert("tags".to_owned(), Value::Object(tiers.collect()));
        }
        user
    }

    fn is_company(&self, id: &str) -> bool {
        self.org.companies.iter().any(|company| company.id == id)
    }

    /// The record, and the group of its assigned users.
    fn record(&self, record: &CrmRecord) -> Vec<Value> {
        let key = format!("{} {}", record.kind, record.id);
        let assigns = matches!(
            record.kind,
            RecordType::Account | RecordType::Prospect | RecordType::Opportunity
        );
        let account = record.account.as_deref();
        let attributes = [
            // By having it, an entity is known to be there.
            ("kept", Some(json!(true))),
            ("assigned", assigns.then(|| refer("Assigned", &key))),
            ("account", account.map(|account| refer("Account", account))),
        ];
        let owner = record.owner.iter().map(|owner| uid("User", owner));
        let assigned = record.assigned.iter();
        let assigned = assigned.map(|assignment| uid("User", &assignment.user));
        vec![
            entity(
                uid(&type_name(record.kind), &record.id),
                attributes,
                owner.collect(),
            ),
            entity(uid("Assigned", &key), [], assigned.collect()),
        ]
    }

    fn deal(&self, deal: &Deal) -> Value {
        let company = Some(deal.company.as_str()).filter(|id| self.is_company(id));
        let registrar = deal.registered_by.as_deref();
        let attributes = [
            ("owner", Some(refer("User", &deal.owner))),
            ("registeredBy", registrar.map(|user| refer("User", user))),
            ("company", company.map(|company| refer("Company", company))),
            (
                "ownerTier",
                deal.owner_tier.map(|tier| json!(1 + tier as u8)),
            ),
        ];
        entity(uid("Deal", &deal.id), attributes, vec![])
    }
}

fn profile(profile: &Profile) -> Value {
    let with = |scope: Scope| {
        let permissions = profile.permissions.iter();
        let permissions = permissions.filter(|&(_, _, stored)| stored == scope);
        let permissions = permissions.map(|(kind, action, _)| permission(action, kind));
        Some(permissions.collect::<Value>())
    };
    let toggles = profile.toggles.iter().filter(|(_, permitted)| *permitted);
    let attributes = [
        ("admin", Some(json!(profile.admin))),
        ("owned", with(Scope::Owned)),
        ("reports", with(Scope::Reports)),
        ("peers", with(Scope::Peers)),
        ("all", with(Scope::All)),
        (
            "toggles",
            Some(toggles.map(|(toggle, _)| toggle.as_str()).collect()),
        ),
    ];
    entity(uid("Profile", &profile.id), attributes, vec![])
}

fn actions() -> Vec<Value> {
    let group = || vec![uid("Action", "to a record")];
    let on_records = ON_RECORDS
        .into_iter()
        .map(|action| entity(uid("Action", action.as_str()), [], group()));
    let others = ["to a record", "create", "have everything", "see"];
    let others = others
        .into_iter()
        .map(|action| entity(uid("Action", action), [], vec![]));
    on_records.chain(others).collect()
}

/// "view account"
fn permission(action: Action, kind: RecordType) -> String {
    format!("{action} {kind}")
}

/// `Account`, of `account`.
fn type_name(kind: RecordType) -> String {
    let (first, rest) = kind.as_str().split_at(1);
    first.to_uppercase() + rest
}

fn uid(kind: &str, id: &str) -> Value {
    json!({ "type": kind, "id": id })
}

/// A reference to an entity, as the value of an attribute.
fn refer(kind: &str, id: &str) -> Value {
    json!({ "__entity": uid(kind, id) })
}

fn entity<const N: usize>(
    uid: Value,
    attributes: [(&str, Option<Value>); N],
    parents: Vec<Value>,
) -> Value {
    let attributes = attributes
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    json!({ "uid": uid, "attrs": members(attributes), "parents": parents })
}

fn members<'a>(members: impl IntoIterator<Item = (&'a str, Value)>) -> Map<String, Value> {
    let members = members.into_iter();
    members
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
