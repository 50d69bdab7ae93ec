//! The people on a record: its owner and assigned users, in their job roles (§5).

use sidelight_governance::{Instant, RecordType, Standing};

use super::Organisation;

/// The people on a record, as far as the viewer is shown them (§5.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// Those who are shown, the record owner first.
    pub rows: Vec<Person>,
    /// How many are not.
    pub hidden: usize,
    /// Whether the record names an owner who does not exist, as far as the viewer may know.
    pub owner_is_gone: bool,
}

/// Somebody on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user's id.
    pub user: String,
    /// The user's name.
    pub name: String,
    /// The job role in which the user works on this record.
    pub job_role: Option<String>,
    /// Whether this is the record owner.
    pub owner: bool,
    /// Whether the viewer is looking at themselves.
    pub viewer: bool,
    /// Whether the user's account works.
    pub standing: Standing,
    /// The term of a guest.
    pub term: Option<Term>,
}

/// A guest's term (§7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The first instant without access.
    pub ends: Instant,
    /// Whether it ends within 7 days, and has not ended or been revoked.
    pub expiring: bool,
}

impl People {
    /// The people on a record, as `viewer` is shown them: none to a viewer who does not see it.
    pub fn new(
        organisation: &Organisation,
        now: Instant,
        viewer: &str,
        kind: RecordType,
        id: &str,
    ) -> Self {
        let assignees = organisation.at(now).assignees(viewer, kind, id);
        // A partner user is told nothing of whom the organisation does not have any more.
        let is_partner = organisation
            .user(viewer)
            .is_none_or(|viewer| !viewer.memberships.is_empty());
        let owner = organisation
            .record(kind, id)
            .filter(|_| !is_partner)
            .and_then(|record| record.owner);
        let rows = assignees.rows.into_iter().map(|row| Person {
            term: term(organisation, now, &row.user),
            viewer: row.user == viewer,
            user: row.user,
            name: row.name,
            job_role: row.job_role_name,
            owner: row.is_owner,
            standing: row.status,
        });
        Self {
            rows: rows.collect(),
            hidden: assignees.hidden,
            owner_is_gone: owner.is_some_and(|owner| organisation.user(&owner).is_none()),
        }
    }
}

fn term(organisation: &Organisation, now: Instant, user: &str) -> Option<Term> {
    Some(Term {
        ends: organisation.user(user)?.guest?.expires_at,
        expiring: organisation.at(now).is_expiring_guest(user),
    })
}

/// Up to two letters that stand for a name, as the name has them: the style sheet shows capitals.
pub fn initials(name: &str) -> String {
    let mut letters = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|character| character.is_alphanumeric()));
    let first = letters.next();
    let last = letters.next_back();
    first.into_iter().chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        for (name, expected) in [
            ("Alice Moreau", "AM"),
            ("Noor van Dijk", "ND"),
            ("Élodie", "É"),
            ("<img src=x>", "is"),
            ("  ", ""),
            ("張 偉", "張偉"),
            ("GTX 500", "G5"),
        ] {
            assert_eq!(initials(name), expected);
        }
    }
}
