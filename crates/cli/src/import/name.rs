//! What references can name: every id that will exist, and the names that lead to it.

use std::collections::{BTreeMap, HashMap, HashSet};

use sidelight_governance::RecordType;
use sidelight_governance::org::{JobRole, Profile};

use super::error::ImportError;
use super::line::{Joins, Line};
use super::mapping::{By, Mapping, Rule, Text};
use super::report::Reason;
use super::table::Table;

/// What a reference can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    JobRole,
    Profile,
    Role,
    Company,
    User,
    Record(RecordType),
}

impl Kind {
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::JobRole => "job role",
            Self::Profile => "profile",
            Self::Role => "role",
            Self::Company => "company",
            Self::User => "user",
            Self::Record(kind) => kind.noun(),
        }
    }

    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::JobRole => "job roles",
            Self::Profile => "profiles",
            Self::Role => "roles",
            Self::Company => "companies",
            Self::User => "users",
            Self::Record(kind) => kind.plural(),
        }
    }

    /// How names of this kind are compared: those of job roles without regard to case (§5.5).
    fn fold(self, name: &str) -> String {
        match self {
            Self::JobRole => name.to_lowercase(),
            _ => name.to_owned(),
        }
    }
}

/// Every id that will exist, and the names that lead to it, known before the first reference is looked up.
#[derive(Default)]
pub(crate) struct Names(HashMap<Kind, OfKind>);

#[derive(Default)]
struct OfKind {
    ids: HashSet<String>,
    /// Each name with its id; `None` where several have it.
    by_name: HashMap<String, Option<String>>,
}

impl Names {
    pub(crate) fn collect<'a>(
        mapping: &'a Mapping,
        tables: &'a BTreeMap<String, Table>,
        joins: &Joins<'a>,
    ) -> Result<Self, ImportError> {
        let mut names = Self::default();
        for job_role in JobRole::initial() {
            names.add(Kind::JobRole, job_role.id, &job_role.name);
        }
        for profile in initial_profiles() {
            names.add(Kind::Profile, profile.id, &profile.name);
        }
        let mut add =
            |kind, rule: &'a dyn Rule, id: &Text, name: Option<&Text>| -> Result<(), ImportError> {
                for line in Line::all(rule, tables, joins) {
                    if let Some(id) = line.text(id)? {
                        let name = line.optional(name)?.unwrap_or_else(|| id.clone());
                        names.add(kind, id, &name);
                    }
                }
                Ok(())
            };
        for rule in &mapping.job_roles {
            add(Kind::JobRole, rule, &rule.id, rule.name.as_ref())?;
        }
        for rule in &mapping.profiles {
            add(Kind::Profile, rule, &rule.id, rule.name.as_ref())?;
        }
        for rule in &mapping.roles {
            add(Kind::Role, rule, &rule.id, rule.name.as_ref())?;
        }
        for rule in &mapping.companies {
            add(Kind::Company, rule, &rule.id, rule.name.as_ref())?;
        }
        for rule in &mapping.users {
            add(Kind::User, rule, &rule.id, rule.name.as_ref())?;
        }
        for rule in &mapping.records {
            add(
                Kind::Record(rule.r#type),
                rule,
                &rule.id,
                rule.name.as_ref(),
            )?;
        }
        Ok(names)
    }

    fn add(&mut self, kind: Kind, id: String, name: &str) {
        let of_kind = self.0.entry(kind).or_default();
        let folded = kind.fold(name);
        // A job role whose name exists is that job role, under the id that it already has.
        if kind == Kind::JobRole && of_kind.by_name.contains_key(&folded) {
            return;
        }
        of_kind
            .by_name
            .entry(folded)
            .and_modify(|known| {
                if known.as_ref() != Some(&id) {
                    *known = None;
                }
            })
            .or_insert_with(|| Some(id.clone()));
        of_kind.ids.insert(id);
    }

    /// The id of what is named.
    pub(crate) fn find(&self, kind: Kind, by: By, value: &str) -> Result<String, Reason> {
        let of_kind = self.0.get(&kind).ok_or(Reason::Unknown)?;
        match by {
            By::Id if of_kind.ids.contains(value) => Ok(value.to_owned()),
            By::Id => Err(Reason::Unknown),
            By::Name => match of_kind.by_name.get(&kind.fold(value)) {
                Some(Some(id)) => Ok(id.clone()),
                Some(None) => Err(Reason::Ambiguous),
                None => Err(Reason::Unknown),
            },
        }
    }
}

/// The profiles that every organisation has from the start (§1.3).
pub(crate) fn initial_profiles() -> [Profile; 3] {
    [
        Profile::standard(),
        Profile::leadership(),
        Profile::administrator(),
    ]
}

/// What a reference came to.
pub(crate) enum Named {
    /// The id of something that exists.
    Known(String),
    /// An id that names nothing. It is kept: the rules count it as absent, and `diagnose` tells it.
    Dangling(String),
    /// A name that names nothing, so that there is no id to write.
    Unknown(String),
    Blank,
}

impl Named {
    /// The id to write, if there is one.
    pub(crate) fn id(self) -> Option<String> {
        match self {
            Self::Known(id) | Self::Dangling(id) => Some(id),
            Self::Unknown(_) | Self::Blank => None,
        }
    }

    /// The id, if it names something.
    pub(crate) fn known(self) -> Option<String> {
        match self {
            Self::Known(id) => Some(id),
            _ => None,
        }
    }
}
