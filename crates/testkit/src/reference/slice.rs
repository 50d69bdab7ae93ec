//! §11: what a slice of a viewer may have in it, and nothing beside.

use std::collections::BTreeSet;

use sidelight_governance::org::{CrmRecord, Deal, Role, User};
use sidelight_governance::{Action, RecordType, Scope};

use super::{Reference, assigned_users, people};

/// What a viewer may know of, by ids.
#[derive(Debug, Default)]
pub struct Shown<'a> {
    /// The records that the viewer sees.
    pub records: BTreeSet<(RecordType, &'a str)>,
    /// The deals that the viewer sees.
    pub deals: BTreeSet<&'a str>,
    /// The people whose names the viewer may know.
    pub people: BTreeSet<&'a str>,
    /// Ids of users that a visible record or deal tells, without the person.
    pub mentioned: BTreeSet<&'a str>,
    /// The roles that explanations name.
    pub roles: BTreeSet<&'a str>,
    /// The job roles that people work in.
    pub job_roles: BTreeSet<&'a str>,
    /// The companies of the viewer's deals and standings.
    pub companies: BTreeSet<&'a str>,
}

impl<'a> Reference<'a> {
    /// What a slice of the viewer may have in it.
    pub fn shown_to(self, viewer: &str) -> Shown<'a> {
        let mut shown = Shown::default();
        let Some(u) = self.user(viewer) else {
            return shown;
        };
        shown.people.insert(&u.id);
        shown.roles.extend(u.role.as_deref());
        shown.job_roles.extend(u.job_role.as_deref());
        let standings = u.memberships.iter().map(|m| m.company.as_str());
        let managed = self.managed(u).into_iter().map(|c| c.id.as_str());
        shown.companies.extend(standings.chain(managed));
        if self.is_open(u) {
            for r in self.org.records.iter().filter(|r| self.sees(u, r)) {
                self.show_record(u, r, &mut shown);
            }
            for d in &self.org.deals {
                if self.explain_deal(viewer, &d.id).allowed() {
                    self.show_deal(u, d, &mut shown);
                }
            }
            let seen: BTreeSet<_> = shown.records.iter().map(|&(kind, _)| kind).collect();
            for kind in seen {
                for v in held_actions().flat_map(|action| self.lifting(u, kind, action)) {
                    self.show_role(u, v, &mut shown);
                    if self.may_know(u, v) {
                        shown.people.insert(&v.id);
                        shown.job_roles.extend(v.job_role.as_deref());
                    }
                }
            }
        }
        shown
    }

    /// §5.6: a partner user knows people of their own companies; everybody else knows everybody.
    fn may_know(self, u: &User, v: &User) -> bool {
        u.memberships.is_empty() || self.is_shown_to_partner(u, v)
    }

    fn show_record(self, u: &'a User, r: &'a CrmRecord, shown: &mut Shown<'a>) {
        shown.records.insert((r.kind, &r.id));
        let climbs = held_actions()
            .map(|action| self.scope(u, r.kind, action))
            .any(|scope| matches!(scope, Scope::Reports | Scope::Peers));
        for id in people(r) {
            let Some(v) = self.user(id) else {
                if u.memberships.is_empty() {
                    shown.mentioned.insert(id);
                }
                continue;
            };
            let knows = self.may_know(u, v);
            if knows {
                shown.people.insert(&v.id);
                shown.job_roles.extend(v.job_role.as_deref());
                let assigned = r.assigned.iter().filter(|one| one.user == v.id);
                let is_assigned = assigned_users(r).contains(&v.id.as_str());
                shown.job_roles.extend(
                    assigned
                        .filter(|_| is_assigned)
                        .filter_map(|one| one.job_role.as_deref()),
                );
            }
            let is_under = self.below(u).contains(&v) || self.peers(u).contains(&v);
            if climbs && self.holders(r).contains(&id) && (knows || is_under) {
                self.show_role(u, v, shown);
            }
        }
    }

    fn show_deal(self, u: &'a User, d: &'a Deal, shown: &mut Shown<'a>) {
        shown.deals.insert(&d.id);
        shown.companies.insert(&d.company);
        let registrar = d.registered_by.as_deref();
        shown.mentioned.insert(&d.owner);
        shown
            .mentioned
            .extend(registrar.filter(|id| self.user(id).is_some()));
        for v in [Some(d.owner.as_str()), registrar]
            .into_iter()
            .flatten()
            .filter_map(|id| self.user(id))
            .filter(|v| self.may_know(u, v))
        {
            shown.people.insert(&v.id);
            shown.job_roles.extend(v.job_role.as_deref());
        }
    }

    /// The person's role, and those between the viewer's and it.
    fn show_role(self, u: &User, v: &'a User, shown: &mut Shown<'a>) {
        let (Some(top), Some(role)) = (self.role(u), self.role(v)) else {
            shown
                .roles
                .extend(self.role(v).map(|role| role.id.as_str()));
            return;
        };
        shown.roles.insert(&role.id);
        if self.descends(role, top) {
            let between = self.ancestors(role).into_iter();
            let between = between.take_while(|above: &&Role| above.id != top.id);
            shown.roles.extend(between.map(|above| above.id.as_str()));
        }
    }
}

/// The actions that holding a record can bring.
fn held_actions() -> impl Iterator<Item = Action> {
    let actions = Action::ALL.iter().copied();
    actions.filter(|&action| action != Action::Create)
}
