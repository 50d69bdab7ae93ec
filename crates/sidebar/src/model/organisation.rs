//! The compiled organisation as every part of the interface shares it.

use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

use sidelight_governance::{Governance, RecordType, Remedy};

/// A loaded organisation with the names of what the rules' answers mention by id.
///
/// Clones share one organisation, and two are equal only if they are the same one: comparing is
/// what an interface does before it draws again.
#[derive(Debug, Clone)]
pub struct Organisation(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    governance: Governance,
    roles: HashMap<String, String>,
    job_roles: HashMap<String, String>,
    companies: HashMap<String, String>,
}

impl Organisation {
    /// The organisation, with its catalogues' names looked up once.
    pub fn new(governance: Governance) -> Self {
        Self(Rc::new(Inner {
            roles: governance
                .roles()
                .map(|role| (role.id, role.name))
                .collect(),
            job_roles: governance
                .job_roles()
                .map(|job_role| (job_role.id, job_role.name))
                .collect(),
            companies: governance
                .companies()
                .map(|company| (company.id.clone(), company.name.clone()))
                .collect(),
            governance,
        }))
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
        named(&self.0.roles, id)
    }

    /// The company's name; the id for one that does not exist.
    pub fn company_name(&self, id: &str) -> String {
        named(&self.0.companies, id)
    }

    /// The name of the user's own job role, if the user has one that exists.
    pub fn job_role_of(&self, user: &str) -> Option<String> {
        self.0.job_roles.get(&self.user(user)?.job_role?).cloned()
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

fn named(names: &HashMap<String, String>, id: &str) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_owned())
}

impl Deref for Organisation {
    type Target = Governance;

    fn deref(&self) -> &Governance {
        &self.0.governance
    }
}

impl PartialEq for Organisation {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}
