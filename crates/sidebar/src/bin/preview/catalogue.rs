//! What the mock CRM lists: every record and deal, and everybody to look as.

use std::collections::HashMap;

use sidelight_governance::org::{FieldValue, User};
use sidelight_governance::{Action, Instant, PipelineQuery, RecordType};
use sidelight_sidebar::message::NOTHING;
use sidelight_sidebar::model::{Organisation, Subject, amount, day};

use crate::message;

/// A kind of thing that the CRM lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Record(RecordType),
    Deal,
}

impl Kind {
    /// Every kind, the record types first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        RecordType::ALL
            .iter()
            .map(|&kind| Self::Record(kind))
            .chain([Self::Deal])
    }

    pub(crate) fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Record { kind, .. } => Self::Record(*kind),
            Subject::Deal { .. } => Self::Deal,
        }
    }

    pub(crate) fn subject(self, id: String) -> Subject {
        match self {
            Self::Record(kind) => Subject::Record { kind, id },
            Self::Deal => Subject::Deal { id },
        }
    }

    /// The word for one of them.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Record(kind) => kind.noun(),
            Self::Deal => "partner deal",
        }
    }

    /// The word for many of them.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Record(kind) => kind.plural(),
            Self::Deal => "partner deals",
        }
    }
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The name of the record or deal owner.
    pub(crate) owner: String,
    /// The account that it belongs to.
    pub(crate) account: Option<String>,
    /// The name, ready to be searched without regard to case.
    folded: String,
}

impl Entry {
    fn new(id: String, name: Option<String>, owner: String, account: Option<String>) -> Self {
        let name = name.unwrap_or_else(|| id.clone());
        Self {
            folded: name.to_lowercase(),
            id,
            name,
            owner,
            account,
        }
    }

    /// Whether the name contains a text, which is in lower case.
    pub(crate) fn matches(&self, folded: &str) -> bool {
        self.folded.contains(folded)
    }
}

/// Everything that the CRM lists, in the organisation's order.
///
/// Two are equal only if they are the same one.
#[derive(Debug)]
pub(crate) struct Catalogue {
    entries: Vec<(Kind, Vec<Entry>)>,
    pub(crate) people: Vec<PeopleGroup>,
}

impl PartialEq for Catalogue {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Catalogue {
    pub(crate) fn new(organisation: &Organisation) -> Self {
        let records = |kind: RecordType| {
            organisation.records(kind).map(|record| {
                let owner = owner_name(organisation, record.owner);
                Entry::new(record.id, record.name, owner, record.account)
            })
        };
        let deals = organisation.deals().map(|deal| {
            Entry::new(
                deal.id,
                deal.name,
                organisation.user_name(&deal.owner),
                None,
            )
        });
        let records = RecordType::ALL
            .iter()
            .map(|&kind| (Kind::Record(kind), records(kind).collect()));
        let mut entries: Vec<_> = records.collect();
        entries.push((Kind::Deal, deals.collect()));
        Self {
            entries,
            people: people(organisation),
        }
    }

    pub(crate) fn entries(&self, kind: Kind) -> &[Entry] {
        let of_kind = self.entries.iter().find(|(other, _)| *other == kind);
        of_kind.map_or(&[], |(_, entries)| entries)
    }

    /// The kinds that there is something of.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (Kind, usize)> {
        Kind::all()
            .map(|kind| (kind, self.entries(kind).len()))
            .filter(|(_, count)| *count > 0)
    }
}

/// The name of a record owner, or why there is none.
pub(crate) fn owner_name(organisation: &Organisation, owner: Option<String>) -> String {
    let Some(owner) = owner else {
        return message::NO_OWNER.to_owned();
    };
    let user = organisation.user(&owner);
    user.map_or_else(|| message::owner_gone(&owner), |user| user.name)
}

/// Which entries of a kind a viewer sees.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    by_position: Vec<bool>,
    pub(crate) count: usize,
}

impl Seen {
    pub(crate) fn new(
        organisation: &Organisation,
        catalogue: &Catalogue,
        now: Instant,
        viewer: &str,
        kind: Kind,
    ) -> Self {
        let at = organisation.at(now);
        let entries = catalogue.entries(kind);
        let by_position: Vec<_> = match kind {
            Kind::Record(kind) => {
                let seen = at
                    .visible_indices(viewer, kind, Action::View)
                    .unwrap_or_default();
                let mut by_position = vec![false; entries.len()];
                for position in seen
                    .into_iter()
                    .filter_map(|position| usize::try_from(position).ok())
                {
                    if let Some(is_seen) = by_position.get_mut(position) {
                        *is_seen = true;
                    }
                }
                by_position
            }
            Kind::Deal => {
                let seen = at
                    .pipeline(viewer, &PipelineQuery::default())
                    .map(|pipeline| pipeline.rows);
                // Rows that are not sorted come in the organisation's order, as the entries do.
                let mut seen = seen.unwrap_or_default().into_iter().peekable();
                entries
                    .iter()
                    .map(|entry| seen.next_if(|row| row.id == entry.id).is_some())
                    .collect()
            }
        };
        Self {
            count: by_position.iter().filter(|is_seen| **is_seen).count(),
            by_position,
        }
    }

    pub(crate) fn contains(&self, position: usize) -> bool {
        self.by_position.get(position).copied().unwrap_or_default()
    }
}

/// People who belong together: of one role, or of one partner company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeopleGroup {
    pub(crate) name: String,
    pub(crate) people: Vec<Someone>,
}

/// Somebody to look as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Someone {
    pub(crate) id: String,
    pub(crate) name: String,
    /// What tells people of a group apart: a tier, a job role or a profile, and whether they are a guest.
    pub(crate) note: String,
}

/// Partner users under their company, everybody else under their role; roles and companies in the organisation's order.
fn people(organisation: &Organisation) -> Vec<PeopleGroup> {
    let mut groups: Vec<_> = organisation
        .roles()
        .map(|role| (Place::Role(role.id), role.name))
        .collect();
    groups.extend(
        organisation
            .companies()
            .map(|company| (Place::Company(company.id.clone()), company.name.clone())),
    );
    groups.push((Place::Nowhere, message::WITHOUT_ROLE.to_owned()));

    let positions: HashMap<_, _> = groups
        .iter()
        .enumerate()
        .map(|(position, (place, _))| (place.clone(), position))
        .collect();
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|(_, name)| PeopleGroup {
            name,
            people: Vec::new(),
        })
        .collect();
    for user in organisation.users() {
        let someone = Someone {
            id: user.id.clone(),
            name: user.name.clone(),
            note: note(organisation, &user),
        };
        let company = user
            .memberships
            .into_iter()
            .max_by_key(|membership| membership.primary);
        let company = company.map(|membership| Place::Company(membership.company));
        // What names nothing counts as absent; nowhere is always there.
        let mut places = company
            .into_iter()
            .chain(user.role.map(Place::Role))
            .chain([Place::Nowhere]);
        let position = places.find_map(|place| positions.get(&place).copied());
        if let Some(group) = position.and_then(|position| groups.get_mut(position)) {
            group.people.push(someone);
        }
    }
    groups.retain(|group| !group.people.is_empty());
    groups
}

/// Where somebody is listed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Role(String),
    Company(String),
    Nowhere,
}

fn note(organisation: &Organisation, user: &User) -> String {
    let tier = user
        .memberships
        .iter()
        .find(|membership| membership.primary)
        .map(|membership| membership.tier.label().to_owned());
    let job_role = || organisation.job_role_of(&user.id);
    let profile = || {
        organisation
            .profiles()
            .find(|profile| profile.id == user.profile)
            .map(|profile| profile.name.clone())
    };
    let standing = match (&user.guest, user.status) {
        (_, sidelight_governance::org::Status::Locked) => Some("locked".to_owned()),
        (Some(_), _) => Some("guest".to_owned()),
        (None, _) => None,
    };
    tier.or_else(job_role)
        .or_else(profile)
        .into_iter()
        .chain(standing)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The value of a record's field as people read it.
pub(crate) fn field_shown(value: &FieldValue) -> String {
    match value {
        FieldValue::Null => NOTHING.to_owned(),
        FieldValue::Bool(true) => "Yes".to_owned(),
        FieldValue::Bool(false) => "No".to_owned(),
        // As JSON writes it: an amount where it is one, and as it is where it is larger than any amount.
        number @ FieldValue::Number(_) => {
            let text = serde_json::to_string(number).unwrap_or_default();
            text.parse()
                .map_or(text, |number| amount::shown(number, None))
        }
        FieldValue::Text(text) => day::shown(text),
    }
}

/// A field's name as people read it: `customerSince` as "Customer since". Names are identifiers, of ASCII's letters.
pub(crate) fn field_name(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if text.is_empty() {
            text.push(character.to_ascii_uppercase());
        } else if character.is_ascii_uppercase() {
            text.push(' ');
            text.push(character.to_ascii_lowercase());
        } else if character == '_' {
            text.push(' ');
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use sidelight_governance::Governance;

    use super::*;

    #[test]
    fn fields_are_named_and_shown_for_people() {
        for (name, expected) in [
            ("customerSince", "Customer since"),
            ("industry", "Industry"),
            ("close_date", "Close date"),
            ("", ""),
        ] {
            assert_eq!(field_name(name), expected);
        }
        for (value, expected) in [
            (FieldValue::Number(1250.0), "1,250"),
            (FieldValue::Number(0.5), "0.5"),
            (FieldValue::Number(1e300), "1e+300"),
            (FieldValue::Text("2021-03-15".to_owned()), "15 Mar 2021"),
            (FieldValue::Bool(true), "Yes"),
        ] {
            assert_eq!(field_shown(&value), expected);
        }
    }

    #[test]
    fn everybody_is_listed_once_under_their_company_or_role() {
        let governance = Governance::load(
            br#"{"format":"sidelight.org/1","id":"o","name":"O","timeZone":"UTC",
                "roles":[{"id":"lead","name":"Lead"},{"id":"rep","name":"Rep","parent":"lead"}],
                "companies":[{"id":"c","name":"Company"}],
                "profiles":[{"id":"p","name":"P"}],
                "users":[
                    {"id":"1","name":"One","profile":"p","role":"rep"},
                    {"id":"2","name":"Two","profile":"p","role":"lead","jobRole":"ae"},
                    {"id":"3","name":"Three","profile":"p","role":"rep","memberships":[{"company":"c","tier":"manager","primary":true}]},
                    {"id":"4","name":"Four","profile":"p","role":"gone","status":"locked"},
                    {"id":"5","name":"Five","profile":"p","memberships":[{"company":"gone","tier":"sales"}]},
                    {"id":"6","name":"Six","profile":"p","guest":{"claimed":true,"expiresAt":"2027-01-01T00:00:00Z"}}]}"#,
        );
        let catalogue = Catalogue::new(&Organisation::new(governance.unwrap()));
        let listed: Vec<_> = catalogue
            .people
            .iter()
            .map(|group| {
                let people: Vec<_> = group
                    .people
                    .iter()
                    .map(|one| format!("{} ({})", one.name, one.note))
                    .collect();
                format!("{}: {}", group.name, people.join(", "))
            })
            .collect();
        assert_eq!(
            listed,
            [
                "Lead: Two (AE)",
                "Rep: One (P)",
                "Company: Three (Manager)",
                "Without a role: Four (P, locked), Five (P), Six (P, guest)"
            ]
        );
    }
}
