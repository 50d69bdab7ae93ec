//! The compiled organisation as every part of the interface shares it.

use std::ops::Deref;
use std::rc::Rc;

use sidelight_governance::{Governance, RecordType, Remedy};

/// A loaded organisation, with names for what the rules' answers mention by id.
///
/// Clones share one organisation, and two are equal only if they are the same one: comparing is
/// what an interface does before it draws again.
#[derive(Debug, Clone)]
pub struct Organisation(Rc<Governance>);

impl Organisation {
    /// The organisation, to be shared.
    pub fn new(governance: Governance) -> Self {
        Self(Rc::new(governance))
    }

    /// The organisation as it would be with the remedy; as it is, should the remedy not fit it any more.
    pub fn trying(&self, remedy: &Remedy) -> Self {
        self.with_remedy(remedy)
            .map_or_else(|| self.clone(), Self::new)
    }

    /// The user's name; the id for one who does not exist.
    pub fn user_name(&self, id: &str) -> String {
        self.user(id)
            .map_or_else(|| id.to_owned(), |user| user.name)
    }

    /// The role's name; the id for one that does not exist.
    pub fn role_name(&self, id: &str) -> String {
        self.role(id)
            .map_or_else(|| id.to_owned(), |role| role.name)
    }

    /// The company's name; the id for one that does not exist.
    pub fn company_name(&self, id: &str) -> String {
        self.company(id)
            .map_or(id, |company| &company.name)
            .to_owned()
    }

    /// The name of the user's own job role, if the user has one that exists.
    pub fn job_role_of(&self, user: &str) -> Option<String> {
        let job_role = self.job_role(&self.user(user)?.job_role?)?;
        Some(job_role.name)
    }

    /// The record's name; the id for one without a name, or one that does not exist.
    pub fn record_name(&self, kind: RecordType, id: &str) -> String {
        self.record(kind, id)
            .and_then(|record| record.name)
            .unwrap_or_else(|| id.to_owned())
    }

    /// The deal's name; the id for one without a name, or one that does not exist.
    pub fn deal_name(&self, id: &str) -> String {
        self.deal(id)
            .and_then(|deal| deal.name)
            .unwrap_or_else(|| id.to_owned())
    }
}

impl Deref for Organisation {
    type Target = Governance;

    fn deref(&self) -> &Governance {
        &self.0
    }
}

impl PartialEq for Organisation {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}
