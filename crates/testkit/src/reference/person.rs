//! §5: who works on a record, and what of that a partner user may know.

use sidelight_governance::org::{Assignment, CrmRecord, Status, User};
use sidelight_governance::{Action, RecordType};

use super::{Reference, assigned_users, people};

/// The people of a record, as one viewer sees them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People<'a> {
    /// The owner first, then the assigned users, each once.
    pub rows: Vec<Person<'a>>,
    /// How many more there are that this viewer may not know.
    pub hidden: usize,
    /// Whether the viewer may choose the assigned users.
    pub may_assign: bool,
}

/// One of the people of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person<'a> {
    /// The user's id.
    pub user: &'a str,
    /// The user's name.
    pub name: &'a str,
    /// Whether this is the record owner.
    pub is_owner: bool,
    /// Whether this is an assigned user.
    pub is_assigned: bool,
    /// The job role's id and name: the assignment's own, else the user's.
    pub job_role: Option<(String, String)>,
    /// `locked`, `expired`, `guest` or `active`.
    pub status: &'static str,
}

impl<'a> Reference<'a> {
    /// The people of a record; none for a viewer who does not see it.
    pub fn assignees(self, viewer: &str, kind: RecordType, id: &str) -> People<'a> {
        let (Some(u), Some(r)) = (self.user(viewer), self.record(kind, id)) else {
            return People::default();
        };
        if !self.sees(u, r) {
            return People::default();
        }
        let people: Vec<&User> = people(r)
            .into_iter()
            .filter_map(|id| self.user(id))
            .collect();
        let shown = |v: &&User| u.memberships.is_empty() || self.is_shown_to_partner(u, v);
        let rows: Vec<Person<'_>> = people
            .iter()
            .copied()
            .filter(shown)
            .map(|v| self.person(r, v))
            .collect();
        People {
            hidden: people.len() - rows.len(),
            rows,
            may_assign: self.may(u, r, Action::Assign),
        }
    }

    /// §5.6: people of the viewer's own companies and their account owners.
    pub(super) fn is_shown_to_partner(self, u: &User, v: &User) -> bool {
        let own = self.primary(u).into_iter().chain(self.managed(u));
        u.id == v.id
            || own
                .into_iter()
                .any(|c| self.tier(v, c).is_some() || self.managed(v).contains(&c))
    }

    fn person(self, r: &'a CrmRecord, v: &'a User) -> Person<'a> {
        Person {
            user: &v.id,
            name: &v.name,
            is_owner: r.owner.as_ref() == Some(&v.id),
            is_assigned: assignment(r, v).is_some(),
            job_role: self.job_role_on(r, v),
            status: match &v.guest {
                _ if v.status == Status::Locked => "locked",
                Some(guest) if guest.revoked_at.is_some() || self.is_over(guest) => "expired",
                Some(_) => "guest",
                None => "active",
            },
        }
    }

    /// §5.5: the one job role in which this user works on the record: that of the assignment, else
    /// the user's own. As id and name.
    pub(super) fn job_role_on(self, r: &CrmRecord, v: &User) -> Option<(String, String)> {
        let of_assignment = assignment(r, v).and_then(|assignment| assignment.job_role.as_deref());
        of_assignment
            .and_then(|id| self.job_role_named(id))
            .or_else(|| self.job_role_named(v.job_role.as_deref()?))
    }

    fn job_role_named(self, id: &str) -> Option<(String, String)> {
        let initial = ["AE", "BDR", "CSM", "SDR"]
            .map(|name| (name.to_lowercase(), name.to_owned()))
            .to_vec();
        let catalogue = match &self.org.job_roles {
            None => initial,
            Some(job_roles) => job_roles
                .iter()
                .map(|job_role| (job_role.id.clone(), job_role.name.clone()))
                .collect(),
        };
        catalogue.into_iter().find(|(known, _)| known == id)
    }
}

/// The user's assignment to the record; the first, where there are several.
fn assignment<'a>(r: &'a CrmRecord, v: &User) -> Option<&'a Assignment> {
    let is_assigned = assigned_users(r).contains(&v.id.as_str());
    r.assigned
        .iter()
        .find(|assignment| is_assigned && assignment.user == v.id)
}
