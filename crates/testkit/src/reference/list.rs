//! Lists: who sees what, filtered and sorted as the contract's `Query` says.

use std::cmp::Ordering;

use serde_json::Value;
use sidelight_governance::org::{CrmRecord, FieldValue, SavedView};
use sidelight_governance::{Action, Amount, RecordType};

use super::{Grant, Reference, assigned_users, people};

impl<'a> Reference<'a> {
    /// The ids of the type's records that the user may do this to and that the query (the contract's
    /// JSON, without limit and cursor) asks for, in its order; nothing for a view that is not the user's.
    pub fn visible(self, user: &str, kind: RecordType, query: &Value) -> Option<Vec<&'a str>> {
        let view = query.get("view").and_then(Value::as_str);
        let mine = view == Some("assigned-to-me");
        let saved = match view.filter(|_| !mine) {
            Some(id) => serde_json::to_value(self.saved_view(user, kind, id)?).ok()?,
            None => Value::Null,
        };
        // §5.4: the question's own action and order come before the view's; both filters hold.
        let asked = |member: &str| query.get(member).or_else(|| saved.get(member));
        let action = asked("action")
            .and_then(Value::as_str)
            .and_then(Action::from_word)
            .unwrap_or(Action::View);
        let mut records: Vec<(&CrmRecord, CrmRecord)> = Vec::new();
        for r in self.records(kind) {
            let told = self.told(user, r);
            if self.can(user, action, kind, Some(&r.id))
                // §5.4: "assigned to me" is owner or assigned.
                && (!mine || people(r).contains(&user))
                && query.get("where").is_none_or(|filter| self.matches(&told, filter))
                && saved.get("where").is_none_or(|filter| self.matches(&told, filter))
            {
                records.push((r, told));
            }
        }
        sort(&mut records, asked("sort"), |(_, told), by| {
            field(told, by).into()
        });
        Some(records.into_iter().map(|(r, _)| r.id.as_str()).collect())
    }

    /// §5.6: the record as questions about it know it, which to a partner user are about the people shown to them.
    fn told(self, user: &str, r: &CrmRecord) -> CrmRecord {
        let mut told = r.clone();
        if let Some(u) = self.user(user).filter(|u| !u.memberships.is_empty()) {
            let knows = |id: &String| {
                self.user(id)
                    .is_some_and(|v| self.is_shown_to_partner(u, v))
            };
            told.owner = told.owner.filter(knows);
            told.assigned.retain(|assignment| knows(&assignment.user));
        }
        told
    }

    fn saved_view(self, user: &str, kind: RecordType, id: &str) -> Option<&'a SavedView> {
        let u = self.user(user)?;
        let mut views = self.org.views.iter();
        views.find(|view| view.id == id && view.user == u.id && view.kind == kind)
    }

    /// The positions, among the type's records, of those that the user may do this to.
    pub fn visible_indices(self, user: &str, kind: RecordType, action: Action) -> Vec<u32> {
        (0..)
            .zip(self.records(kind))
            .filter(|(_, r)| self.can(user, action, kind, Some(&r.id)))
            .map(|(position, _)| position)
            .collect()
    }

    /// Everyone who may do this to the record, with the reasons, in the users' order.
    pub fn viewers(
        self,
        kind: RecordType,
        id: &str,
        action: Action,
    ) -> Vec<(&'a str, Vec<Grant<'a>>)> {
        let decided = self
            .org
            .users
            .iter()
            .map(|u| (u.id.as_str(), self.explain(&u.id, action, kind, Some(id))));
        decided
            .filter(|(_, decision)| decision.allowed())
            .map(|(user, decision)| (user, decision.grants))
            .collect()
    }

    pub(super) fn matches(self, r: &CrmRecord, filter: &Value) -> bool {
        let of = |name: &str| filter.get(name);
        let any_of = |name: &str, value: Option<&str>| {
            of(name).is_some() && value.is_some_and(|value| in_list(filter, name, value))
        };
        if let Some(Value::Array(filters)) = of("all") {
            filters.iter().all(|filter| self.matches(r, filter))
        } else if let Some(Value::Array(filters)) = of("any") {
            filters.iter().any(|filter| self.matches(r, filter))
        } else if let Some(filter) = of("not") {
            !self.matches(r, filter)
        } else if of("assigned").is_some() {
            assigned_users(r)
                .into_iter()
                .any(|user| any_of("assigned", Some(user)))
        } else if of("owner").is_some() {
            any_of("owner", r.owner.as_deref())
        } else if of("account").is_some() {
            any_of("account", r.account.as_deref())
        } else if of("jobRole").is_some() {
            self.job_roles(r)
                .iter()
                .any(|job_role| any_of("jobRole", Some(job_role)))
        } else if let Some(Value::String(text)) = of("text") {
            text_matches(text, r.name.as_deref(), &r.id)
        } else {
            of("field")
                .and_then(Value::as_str)
                .is_some_and(|name| value_matches(&field(r, name), filter))
        }
    }

    /// The job roles in which people work on the record: for each the one that its people show.
    fn job_roles(self, r: &CrmRecord) -> Vec<String> {
        let people = people(r).into_iter().filter_map(|id| self.user(id));
        let job_roles = people.filter_map(|v| self.job_role_on(r, v));
        job_roles.map(|(id, _)| id).collect()
    }
}

/// The value of a record's field, built in or its own.
fn field(r: &CrmRecord, name: &str) -> FieldValue {
    let text = |value: Option<&String>| {
        value.map_or(FieldValue::Null, |text| FieldValue::Text(text.clone()))
    };
    match name {
        "id" => text(Some(&r.id)),
        "name" => text(r.name.as_ref()),
        "owner" => text(r.owner.as_ref()),
        "account" => text(r.account.as_ref()),
        _ => r.fields.get(name).cloned().unwrap_or_default(),
    }
}

fn value_matches(value: &FieldValue, filter: &Value) -> bool {
    let is = filter.get("is").is_none_or(|wanted| match (value, wanted) {
        (FieldValue::Null, Value::Null) => true,
        (FieldValue::Bool(value), Value::Bool(wanted)) => value == wanted,
        (FieldValue::Number(value), Value::Number(wanted)) => wanted.as_f64() == Some(*value),
        (FieldValue::Text(value), Value::String(wanted)) => value == wanted,
        _ => false,
    });
    let compared = |bound: &str| {
        filter.get(bound).map(|bound| match (value, bound) {
            (FieldValue::Number(value), Value::Number(bound)) => {
                bound.as_f64().and_then(|bound| value.partial_cmp(&bound))
            }
            (FieldValue::Text(value), Value::String(bound)) => Some(value.cmp(bound)),
            _ => None,
        })
    };
    let min = compared("min")
        .is_none_or(|order| matches!(order, Some(Ordering::Equal | Ordering::Greater)));
    let max =
        compared("max").is_none_or(|order| matches!(order, Some(Ordering::Equal | Ordering::Less)));
    is && min && max
}

/// Whether the query's list of this name, if there is one, has the value.
pub(super) fn in_list(query: &Value, name: &str, value: &str) -> bool {
    query
        .get(name)
        .and_then(Value::as_array)
        .is_none_or(|list| list.iter().any(|wanted| wanted == value))
}

pub(super) fn text_matches(text: &str, name: Option<&str>, id: &str) -> bool {
    name.unwrap_or(id)
        .to_lowercase()
        .contains(&text.to_lowercase())
}

/// A value to sort by; the variants are in their order.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub(super) enum Sortable {
    Number(f64),
    Amount(Amount),
    Text(String),
    Bool(bool),
    Absent,
}

impl From<FieldValue> for Sortable {
    fn from(value: FieldValue) -> Self {
        match value {
            FieldValue::Null => Self::Absent,
            FieldValue::Bool(value) => Self::Bool(value),
            FieldValue::Number(value) => Self::Number(value),
            FieldValue::Text(value) => Self::Text(value),
        }
    }
}

impl From<Option<String>> for Sortable {
    fn from(value: Option<String>) -> Self {
        value.map_or(Self::Absent, Self::Text)
    }
}

/// Sorts by each of the keys in turn: what is absent comes last either way, ties keep their order.
pub(super) fn sort<T>(rows: &mut [T], keys: Option<&Value>, value: impl Fn(&T, &str) -> Sortable) {
    let keys = keys.and_then(Value::as_array).cloned().unwrap_or_default();
    rows.sort_by(|a, b| {
        let mut order = Ordering::Equal;
        for key in &keys {
            let by = key.get("by").and_then(Value::as_str).unwrap_or_default();
            let descending = key.get("descending") == Some(&Value::Bool(true));
            let (a, b) = (value(a, by), value(b, by));
            let compared = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
            let either_is_absent = a == Sortable::Absent || b == Sortable::Absent;
            order = order.then(if descending && !either_is_absent {
                compared.reverse()
            } else {
                compared
            });
        }
        order
    });
}
