//! The semantics page, read as loops: what the real evaluator is held to.
//!
//! Everything here is written from the page alone, function by function in its words and order, to
//! be read beside it. It shares nothing with `sidelight-governance` but the types of the input: no
//! interning, no index, no numbering of the forest. It is slow, and must stay too plain to be wrong.
//!
//! Users, roles and records are found by comparing ids, so a reference that names nothing is
//! nothing (§10.1).

pub mod bulk_edit;
pub mod change;
mod deal;
pub mod diagnosis;
mod explanation;
pub mod guest;
mod list;
mod person;
pub mod provisioning;
mod slice;
pub mod trigger;

use sidelight_governance::org::{CrmRecord, Guest, Org, Profile, ReportsReach, Role, Status, User};
use sidelight_governance::{Action, Instant, RecordType, Scope, Toggle};

pub use deal::{Row, Total, totals};
pub use explanation::{Decision, Grant, Obstacle};
pub use person::{People, Person};
pub use slice::Shown;

/// An organisation, and the instant that it is asked at.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// The organisation, which must be one that loads.
    pub org: &'a Org,
    /// The instant of every question.
    pub now: Instant,
}

/// §1: people, roles, profiles.
impl<'a> Reference<'a> {
    fn user(self, id: &str) -> Option<&'a User> {
        self.org.users.iter().find(|user| user.id == id)
    }

    fn profile(self, u: &User) -> Option<&'a Profile> {
        self.org
            .profiles
            .iter()
            .find(|profile| profile.id == u.profile)
    }

    fn role(self, u: &User) -> Option<&'a Role> {
        let id = u.role.as_ref()?;
        self.org.roles.iter().find(|role| role.id == *id)
    }

    fn ancestors(self, role: &Role) -> Vec<&'a Role> {
        ancestors(self.org, role)
    }

    fn is_on_cycle(self, role: &Role) -> bool {
        self.ancestors(role).contains(&role)
    }

    /// Whether `role` is a strict descendant of `top`. Nothing descends from a role on a cycle (§1.2).
    fn descends(self, role: &Role, top: &Role) -> bool {
        !self.is_on_cycle(top) && self.ancestors(role).contains(&top)
    }

    fn record(self, kind: RecordType, id: &str) -> Option<&'a CrmRecord> {
        self.records(kind).find(|record| record.id == id)
    }

    fn records(self, kind: RecordType) -> impl Iterator<Item = &'a CrmRecord> {
        self.org
            .records
            .iter()
            .filter(move |record| record.kind == kind)
    }

    /// A guest never has admin power (§3.8).
    fn is_guest_admin(self, u: &User) -> bool {
        u.guest.is_some() && self.profile(u).is_some_and(|profile| profile.admin)
    }

    fn scope(self, u: &User, kind: RecordType, action: Action) -> Scope {
        match self.profile(u) {
            _ if self.is_guest_admin(u) => Scope::Denied,
            Some(profile) if profile.admin => Scope::All,
            Some(profile) => profile
                .permissions
                .get(kind, action)
                .unwrap_or(Scope::Denied),
            None => Scope::Denied,
        }
    }

    fn toggle(self, u: &User, toggle: Toggle) -> bool {
        match self.profile(u) {
            _ if self.is_guest_admin(u) => false,
            Some(profile) => profile.admin || profile.toggles.get(toggle).unwrap_or(false),
            None => false,
        }
    }
}

/// §2: the gate.
impl Reference<'_> {
    /// Whether this user has any access at all.
    pub fn gate(self, user: &str) -> bool {
        self.user(user).is_some_and(|u| self.is_open(u))
    }

    fn is_open(self, u: &User) -> bool {
        u.status == Status::Active
            && u.guest.as_ref().is_none_or(|guest| {
                guest.claimed && guest.revoked_at.is_none() && !self.is_over(guest)
            })
    }

    /// The next instant at which an answer changes by itself: the end of a guest's term.
    pub fn next_change(self) -> Option<Instant> {
        let guests = self.org.users.iter().filter_map(|user| user.guest.as_ref());
        guests
            .map(|guest| guest.expires_at)
            .filter(|end| *end > self.now)
            .min()
    }

    fn is_over(self, guest: &Guest) -> bool {
        self.now >= guest.expires_at
    }
}

/// §3: visibility of CRM records.
impl<'a> Reference<'a> {
    /// The assigned users who count as holders.
    fn assigned(self, r: &'a CrmRecord) -> Vec<&'a str> {
        if self.org.settings.multi_user_assignment {
            assigned_users(r)
        } else {
            Vec::new()
        }
    }

    fn holders(self, r: &'a CrmRecord) -> Vec<&'a str> {
        each_once(r.owner.as_deref().into_iter().chain(self.assigned(r)))
    }

    fn below(self, u: &User) -> Vec<&'a User> {
        let Some(top) = self.role(u) else {
            return Vec::new();
        };
        self.org
            .users
            .iter()
            .filter(|v| self.role(v).is_some_and(|role| self.descends(role, top)))
            .collect()
    }

    fn peers(self, u: &User) -> Vec<&'a User> {
        let Some(own) = self.role(u) else {
            return Vec::new();
        };
        self.org
            .users
            .iter()
            .filter(|v| v.id != u.id && self.role(v) == Some(own))
            .collect()
    }

    fn reach(self, u: &'a User, scope: Scope) -> Vec<&'a User> {
        match scope {
            Scope::Denied => Vec::new(),
            Scope::Owned => vec![u],
            Scope::Reports => [vec![u], self.below(u)].concat(),
            Scope::Peers => [vec![u], self.peers(u), self.below(u)].concat(),
            Scope::All => self.org.users.iter().collect(),
        }
    }

    fn direct(self, u: &'a User, r: &'a CrmRecord, a: Action) -> bool {
        let scope = self.scope(u, r.kind, a);
        scope == Scope::All
            || self
                .reach(u, scope)
                .iter()
                .any(|v| self.holders(r).contains(&v.id.as_str()))
    }

    fn lifting(self, u: &User, kind: RecordType, a: Action) -> Vec<&'a User> {
        let mut lifting = Vec::new();
        if self.org.settings.reports_reach == ReportsReach::Accessible
            && matches!(self.scope(u, kind, a), Scope::Reports | Scope::Peers)
        {
            lifting = self.below(u);
            lifting.retain(|v| self.is_open(v) && self.scope(v, kind, a) == Scope::All);
        }
        lifting
    }

    fn lifted(self, u: &User, r: &CrmRecord, a: Action) -> bool {
        !self.lifting(u, r.kind, a).is_empty()
    }

    /// The account through which the account edge holds.
    fn account(self, u: &'a User, r: &CrmRecord) -> Option<&'a CrmRecord> {
        if r.kind != RecordType::Prospect || !self.toggle(u, Toggle::ProspectsInAccount) {
            return None;
        }
        let c = self.record(RecordType::Account, r.account.as_deref()?)?;
        (self.direct(u, c, Action::View) || self.lifted(u, c, Action::View)).then_some(c)
    }

    fn sees(self, u: &'a User, r: &'a CrmRecord) -> bool {
        self.is_open(u)
            && (self.direct(u, r, Action::View)
                || self.lifted(u, r, Action::View)
                || self.account(u, r).is_some())
    }

    fn may(self, u: &'a User, r: &'a CrmRecord, a: Action) -> bool {
        self.sees(u, r) && (self.direct(u, r, a) || self.lifted(u, r, a))
    }

    fn create(self, u: &User, kind: RecordType) -> bool {
        self.is_open(u) && self.scope(u, kind, Action::Create) == Scope::All
    }

    /// Whether the user may do this; `id` is absent for `create` and for nothing else.
    pub fn can(self, user: &str, action: Action, kind: RecordType, id: Option<&str>) -> bool {
        let Some(u) = self.user(user) else {
            return false;
        };
        let r = id.and_then(|id| self.record(kind, id));
        match (action, r) {
            (Action::Create, _) => self.create(u, kind),
            (Action::View, Some(r)) => self.sees(u, r),
            (Action::Edit | Action::Delete | Action::Assign, Some(r)) => self.may(u, r, action),
            (_, None) => false,
        }
    }

    /// What the user may do to the record, in the order view, edit, delete, assign.
    pub fn actions(self, user: &str, kind: RecordType, id: &str) -> Vec<Action> {
        let asked = [Action::View, Action::Edit, Action::Delete, Action::Assign];
        asked
            .into_iter()
            .filter(|&action| self.can(user, action, kind, Some(id)))
            .collect()
    }
}

/// The roles strictly above, nearest first. A role on a cycle meets itself there.
fn ancestors<'a>(org: &'a Org, role: &Role) -> Vec<&'a Role> {
    let above = |role: &Role| {
        let parent = role.parent.as_ref()?;
        org.roles.iter().find(|known| known.id == *parent)
    };
    let mut found: Vec<&Role> = Vec::new();
    let mut next = above(role);
    while let Some(role) = next.filter(|role| !found.contains(role)) {
        found.push(role);
        next = above(role);
    }
    found
}

/// Accounts, prospects and opportunities have assigned users (§1.5); other types have none, whatever
/// is written.
fn assigned_users(r: &CrmRecord) -> Vec<&str> {
    match r.kind {
        RecordType::Account | RecordType::Prospect | RecordType::Opportunity => r
            .assigned
            .iter()
            .map(|assignment| assignment.user.as_str())
            .collect(),
        _ => Vec::new(),
    }
}

/// The owner, then the assigned users: the people whom lists show and filter by (§5). Whether
/// assigned users count as holders is another question, and a setting.
fn people(r: &CrmRecord) -> Vec<&str> {
    each_once(r.owner.as_deref().into_iter().chain(assigned_users(r)))
}

fn each_once<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    for id in ids {
        if !seen.contains(&id) {
            seen.push(id);
        }
    }
    seen
}
