//! The people of a record: its owner and assigned users, with job roles (§5).

use serde::Serialize;

use crate::at::At;
use crate::org::Status;
use crate::profile::Action;
use crate::record::RecordType;
use crate::table::{CompanyIx, JobRoleIx, RecordIx, UserIx};
use crate::word::vocabulary;

/// The people of a record, as one viewer may know them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignees {
    /// The record owner first, then the assigned users as stored, each once.
    pub rows: Vec<Assignee>,
    /// How many more there are whom the viewer, a partner user, is not shown (§5.6).
    pub hidden: usize,
    /// Whether the viewer may choose the assigned users (§5.1).
    pub may_assign: bool,
}

/// One of the people of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignee {
    /// The user's id.
    pub user: String,
    /// The user's name.
    pub name: String,
    /// Whether the user is the record owner.
    pub is_owner: bool,
    /// Whether the user is assigned.
    pub is_assigned: bool,
    /// The id of the job role: the assignment's own, else the user's.
    pub job_role: Option<String>,
    /// The name of that job role.
    pub job_role_name: Option<String>,
    /// Whether the user's account is in use.
    pub status: Standing,
}

vocabulary! {
    /// Whether an account is in use, as people see it.
    Standing, InvalidField, "standing" {
        /// It is.
        Active = "active",
        /// It is locked.
        Locked = "locked",
        /// It is, or will be once claimed, for a term.
        Guest = "guest",
        /// The term has ended, or was revoked.
        Expired = "expired",
    }
}

impl At<'_> {
    /// The people of a record, as the viewer may know them. Nobody where the viewer does not see the record.
    ///
    /// An id that names nobody is left out. A partner user is shown the people of the companies that are
    /// the partner user's own, and those companies' account owners; the others are counted (§5.6).
    ///
    /// # Complexity
    /// In the number of people of the record.
    pub fn assignees(self, viewer: &str, kind: RecordType, id: &str) -> Assignees {
        let records = self.governance.records.of(kind);
        let (Some(viewer), Some(record)) = (self.governance.users.find(viewer), records.find(id))
        else {
            return Assignees::default();
        };
        if !self.may(viewer, kind, record, Action::View) {
            return Assignees::default();
        }
        let owner = records.owner(record);
        let assigned = self.assigned(kind, record);
        let others = assigned
            .clone()
            .map(|assigned| assigned.user)
            .filter(|&user| Some(user) != owner);
        let people: Vec<_> = owner
            .into_iter()
            .chain(others)
            .filter(|&user| self.governance.users.exists(user))
            .collect();
        let shown: Vec<_> = people
            .iter()
            .copied()
            .filter(|&user| self.is_shown_to(viewer, user))
            .collect();
        let row = |user| {
            let person = self.governance.users.get(user)?;
            let job_role = self.job_role_on(kind, record, user);
            let job_roles = &self.governance.job_roles;
            Some(Assignee {
                user: self.user_id(user),
                name: person.name.clone(),
                is_owner: owner == Some(user),
                is_assigned: assigned.clone().any(|assigned| assigned.user == user),
                job_role: job_role.map(|job_role| job_roles.id(job_role).to_owned()),
                job_role_name: job_role
                    .and_then(|job_role| job_roles.name(job_role))
                    .map(str::to_owned),
                status: self.standing(user)?,
            })
        };
        Assignees {
            hidden: (people.len() - shown.len())
                .saturating_add(self.withheld_from(viewer, kind, record)),
            may_assign: self.may(viewer, kind, record, Action::Assign),
            rows: shown.into_iter().filter_map(row).collect(),
        }
    }

    /// The job role in which a user works on a record: the assignment's own, else the user's (§5.5).
    pub(crate) fn job_role_on(
        self,
        kind: RecordType,
        record: RecordIx,
        user: UserIx,
    ) -> Option<JobRoleIx> {
        let job_roles = &self.governance.job_roles;
        let mut assigned = self.assigned(kind, record);
        let assigned = assigned.find(|assigned| assigned.user == user);
        let of_assignment = assigned.and_then(|assigned| assigned.job_role);
        let own = self.governance.users.get(user)?.job_role;
        of_assignment
            .into_iter()
            .chain(own)
            .find(|&job_role| job_roles.name(job_role).is_some())
    }

    /// Whether the user's account is in use, as people see it; `None` for an id that names nobody.
    pub fn status_of(self, user: &str) -> Option<Standing> {
        self.standing(self.governance.users.find(user)?)
    }

    fn standing(self, user: UserIx) -> Option<Standing> {
        let person = self.governance.users.get(user)?;
        Some(match (person.status, &person.guest) {
            (Status::Locked, _) => Standing::Locked,
            (Status::Active, None) => Standing::Active,
            (Status::Active, Some(term)) if term.revoked_at.is_some() || self.is_over(term) => {
                Standing::Expired
            }
            (Status::Active, Some(_)) => Standing::Guest,
        })
    }

    /// Whether the user is a partner user: one with a standing at any company (§5.6).
    pub(crate) fn is_partner(self, user: UserIx) -> bool {
        let person = self.governance.users.get(user);
        person.is_some_and(|person| !person.standings.is_empty())
    }

    /// Whether the viewer may know that the user is among the people of something that the viewer sees (§5.6).
    pub(crate) fn is_shown_to(self, viewer: UserIx, user: UserIx) -> bool {
        if let Some(is_named) = self.is_named_to(viewer, user) {
            return is_named;
        }
        if !self.is_partner(viewer) || viewer == user {
            return true;
        }
        let at_company = |company: CompanyIx| {
            self.tier_at(user, company).is_some() || self.manages(user, company)
        };
        let primary = self.primary(viewer).map(|(company, _)| company);
        self.governance
            .users
            .managed(viewer)
            .iter()
            .copied()
            .chain(primary)
            .any(at_company)
    }
}
