//! Views: what a user sees of a type, filtered, sorted and by pages (§5.4).

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{BuildHasher, Hash};

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::at::At;
use crate::error::{AskError, Code, Pointer, coded};
use crate::org::FieldValue;
use crate::profile::Action;
use crate::reader::read;
use crate::record::RecordType;
use crate::table::{Ix, JobRoleIx, RecordIx, UserIx};
use crate::visible::members;

/// The built-in view of what a user holds (§5.4).
const ASSIGNED_TO_ME: &str = "assigned-to-me";

/// Which of the records that a user may act on are wanted, and in which order.
#[derive(Debug, Clone, PartialEq, Default, Hash, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Query {
    /// The action; absent: view.
    #[serde(default)]
    pub action: Option<Action>,
    /// A view by name: `assigned-to-me` is built in.
    #[serde(default)]
    pub view: Option<String>,
    /// Only records that pass.
    #[serde(default, rename = "where")]
    pub filter: Option<Filter>,
    /// The order, most significant first; records that are equal in all stay in load order.
    #[serde(default)]
    pub sort: Option<Vec<Sort>>,
    /// At most so many ids; absent: all.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Where the page before this one ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

impl Query {
    /// Reads the contract's JSON for a query.
    ///
    /// # Errors
    /// An [`AskError`] with the code and the place of the fault.
    pub fn from_json(json: &str) -> Result<Self, AskError> {
        read_question(json)
    }
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sort {
    /// `id`, `name`, `owner`, `account`, or the name of one of the records' fields.
    pub by: String,
    /// Whether the largest comes first. Records without a value come last either way.
    #[serde(default)]
    pub descending: bool,
}

/// A condition on a record. Filters are nested up to [`Filter::MAX_DEPTH`] deep.
#[derive(Debug, Clone, PartialEq, Hash)]
pub enum Filter {
    /// Every part holds.
    All(Vec<Filter>),
    /// At least one part holds.
    Any(Vec<Filter>),
    /// The part does not hold.
    Not(Box<Filter>),
    /// One of these users is assigned.
    Assigned(Vec<String>),
    /// One of these users is the record owner.
    Owner(Vec<String>),
    /// The owner or an assigned user has one of these job roles; an assignment's own comes before the user's.
    JobRole(Vec<String>),
    /// The record's account is one of these.
    Account(Vec<String>),
    /// The name, or the id of a record without one, contains this text without regard to case.
    Text(String),
    /// A field has a value, or lies between two.
    Field(FieldTest),
}

/// A condition on one field: `id`, `name`, `owner`, `account`, or one of the records' own.
#[derive(Debug, Clone, PartialEq, Default, Hash)]
pub struct FieldTest {
    /// The field's name.
    pub field: String,
    /// Exactly this value; null for a field without one.
    pub is: Option<FieldValue>,
    /// At least this value, of the same kind.
    pub min: Option<FieldValue>,
    /// At most this value, of the same kind.
    pub max: Option<FieldValue>,
}

impl Filter {
    /// How deep filters may be nested; one that is deeper is refused with [`Code::TooDeep`].
    pub const MAX_DEPTH: usize = 32;

    /// Whether the nesting is within the limit. A filter is walked without recursion until this is known.
    pub(crate) fn is_too_deep(&self) -> bool {
        let mut level = vec![self];
        for _ in 0..Self::MAX_DEPTH {
            level = level.into_iter().flat_map(Self::parts).collect();
            if level.is_empty() {
                return false;
            }
        }
        true
    }

    fn parts(&self) -> &[Self] {
        match self {
            Self::All(parts) | Self::Any(parts) => parts,
            Self::Not(part) => std::slice::from_ref(part),
            _ => &[],
        }
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_map(None)?;
        match self {
            Self::All(parts) => object.serialize_entry("all", parts)?,
            Self::Any(parts) => object.serialize_entry("any", parts)?,
            Self::Not(part) => object.serialize_entry("not", part)?,
            Self::Assigned(ids) => object.serialize_entry("assigned", ids)?,
            Self::Owner(ids) => object.serialize_entry("owner", ids)?,
            Self::JobRole(ids) => object.serialize_entry("jobRole", ids)?,
            Self::Account(ids) => object.serialize_entry("account", ids)?,
            Self::Text(text) => object.serialize_entry("text", text)?,
            Self::Field(test) => {
                object.serialize_entry("field", &test.field)?;
                let bounds = [("is", &test.is), ("min", &test.min), ("max", &test.max)];
                for (name, bound) in bounds {
                    if let Some(bound) = bound {
                        object.serialize_entry(name, bound)?;
                    }
                }
            }
        }
        object.end()
    }
}

/// A filter as JSON has it: an object with one operator.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FilterObject {
    all: Option<Vec<Filter>>,
    any: Option<Vec<Filter>>,
    not: Option<Box<Filter>>,
    assigned: Option<Vec<String>>,
    owner: Option<Vec<String>>,
    job_role: Option<Vec<String>>,
    account: Option<Vec<String>>,
    text: Option<String>,
    field: Option<String>,
    #[serde(default, deserialize_with = "present")]
    is: Option<FieldValue>,
    #[serde(default, deserialize_with = "present")]
    min: Option<FieldValue>,
    #[serde(default, deserialize_with = "present")]
    max: Option<FieldValue>,
}

/// Keeps `null` apart from a member that is not there.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<FieldValue>, D::Error> {
    FieldValue::deserialize(from).map(Some)
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let object = FilterObject::deserialize(from).map_err(|error| {
            let text = error.to_string();
            // The reader's own error for an operator that does not exist has no code.
            if text.starts_with("unknown field") {
                coded(Code::InvalidFilter, text)
            } else {
                error
            }
        })?;
        let FilterObject {
            all,
            any,
            not,
            assigned,
            owner,
            job_role,
            account,
            text,
            field,
            is,
            min,
            max,
        } = object;
        let has_bounds = is.is_some() || min.is_some() || max.is_some();
        let has_field = field.is_some();
        let operators = [
            all.map(Self::All),
            any.map(Self::Any),
            not.map(Self::Not),
            assigned.map(Self::Assigned),
            owner.map(Self::Owner),
            job_role.map(Self::JobRole),
            account.map(Self::Account),
            text.map(Self::Text),
            field.map(|field| {
                Self::Field(FieldTest {
                    field,
                    is,
                    min,
                    max,
                })
            }),
        ];
        let mut operators = operators.into_iter().flatten();
        let refused = |message: &str| coded::<D::Error>(Code::InvalidFilter, message);
        let Some(filter) = operators.next() else {
            return Err(refused(
                "a filter has one of `all`, `any`, `not`, `assigned`, `owner`, `jobRole`, `account`, `text`, `field`",
            ));
        };
        if operators.next().is_some() {
            return Err(refused("a filter has exactly one operator"));
        }
        if has_bounds && !has_field {
            return Err(refused("`is`, `min` and `max` belong to `field`"));
        }
        if has_field && !has_bounds {
            return Err(refused("`field` needs `is`, `min` or `max`"));
        }
        Ok(filter)
    }
}

/// Records by pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// How many records there are on all pages together.
    pub total: usize,
    /// The ids on this page.
    pub ids: Vec<String>,
    /// What to ask the next page with; absent on the last one.
    pub cursor: Option<String>,
}

impl At<'_> {
    /// The records of a type that the user may see, or do another action to, as the query wants them.
    ///
    /// # Errors
    /// An [`AskError`] for a filter that is too deep, a view that does not exist, a cursor of another question.
    ///
    /// # Complexity
    /// As [`visible_indices`](Self::visible_indices), and a test and a comparison key per record in the set.
    pub fn visible(self, user: &str, kind: RecordType, query: &Query) -> Result<Page, AskError> {
        let root = Pointer::root();
        let records = self.governance.records.of(kind);
        if query.filter.as_ref().is_some_and(Filter::is_too_deep) {
            let message = format!("a filter is nested more than {} deep", Filter::MAX_DEPTH);
            return Err(AskError::new(Code::TooDeep, root.member("where"), message));
        }
        let only_held = match query.view.as_deref() {
            None => false,
            Some(ASSIGNED_TO_ME) => true,
            Some(view) => {
                let message = format!("no view is called `{}`", crate::error::Excerpt(view));
                return Err(AskError::new(
                    Code::UnknownView,
                    root.member("view"),
                    message,
                ));
            }
        };
        let cursor = Cursors::new(&(
            user,
            kind,
            query.action,
            &query.view,
            &query.filter,
            &query.sort,
        ));
        let after = cursor.read(query.cursor.as_deref(), records.ids.len())?;

        let viewer = self.governance.users.find(user);
        let set = self.permitted_to(user, kind, query.action.unwrap_or(Action::View))?;
        let test = query
            .filter
            .as_ref()
            .map(|filter| self.compile_filter(filter));
        let matched: Vec<_> = members(&set)
            .filter(|&record| {
                !only_held || viewer.is_some_and(|viewer| self.is_in_fields(kind, record, viewer))
            })
            .filter(|&record| {
                test.as_ref()
                    .is_none_or(|test| self.passes(test, kind, record))
            })
            .collect();

        let sort = query.sort.as_deref().unwrap_or_default();
        let keys = |record: RecordIx| {
            sort.iter()
                .map(|sort| self.value(kind, record, &sort.by))
                .collect::<Vec<_>>()
        };
        let order = Order {
            descending: sort.iter().map(|sort| sort.descending).collect(),
        };
        let (total, page, more) = order.page(matched, keys, after.map(RecordIx::new), query.limit);
        Ok(Page {
            total,
            cursor: page
                .last()
                .filter(|_| more)
                .map(|last| cursor.write(last.number())),
            ids: page
                .into_iter()
                .map(|record| records.id(record).to_owned())
                .collect(),
        })
    }

    /// The value of a built-in or own field of a record.
    fn value(&self, kind: RecordType, record: RecordIx, field: &str) -> Value<'_> {
        let records = self.governance.records.of(kind);
        match field {
            "id" => Value::Text(records.id(record)),
            "name" => Value::text(records.name(record)),
            "owner" => records.owner(record).map_or(Value::Absent, |owner| {
                Value::Text(self.governance.users.id(owner))
            }),
            "account" => records.account(record).map_or(Value::Absent, |account| {
                Value::Text(self.governance.records.of(RecordType::Account).id(account))
            }),
            own => records
                .field(record, own)
                .map_or(Value::Absent, Value::from),
        }
    }

    /// Whether a record passes a filter, whose depth is known to be within the limit.
    pub(crate) fn passes_filter(self, filter: &Filter, kind: RecordType, record: RecordIx) -> bool {
        self.passes(&self.compile_filter(filter), kind, record)
    }

    /// The filter with its ids looked up once. The depth is known to be within the limit.
    fn compile_filter<'f>(self, filter: &'f Filter) -> Test<'f> {
        let governance = self.governance;
        let users = |ids: &[String]| {
            ids.iter()
                .filter_map(|id| governance.users.table.ids.get(id))
                .collect()
        };
        match filter {
            Filter::All(parts) => {
                Test::All(parts.iter().map(|part| self.compile_filter(part)).collect())
            }
            Filter::Any(parts) => {
                Test::Any(parts.iter().map(|part| self.compile_filter(part)).collect())
            }
            Filter::Not(part) => Test::Not(Box::new(self.compile_filter(part))),
            Filter::Assigned(ids) => Test::Assigned(users(ids)),
            Filter::Owner(ids) => Test::Owner(users(ids)),
            Filter::JobRole(ids) => Test::JobRole(
                ids.iter()
                    .filter_map(|id| governance.job_roles.table.ids.get(id))
                    .collect(),
            ),
            Filter::Account(ids) => {
                let accounts = &governance.records.of(RecordType::Account).ids;
                Test::Account(ids.iter().filter_map(|id| accounts.get(id)).collect())
            }
            Filter::Text(text) => Test::Text(text.to_lowercase()),
            Filter::Field(test) => Test::Field(test),
        }
    }

    fn passes(&self, test: &Test<'_>, kind: RecordType, record: RecordIx) -> bool {
        let records = self.governance.records.of(kind);
        match test {
            Test::All(parts) => parts.iter().all(|part| self.passes(part, kind, record)),
            Test::Any(parts) => parts.iter().any(|part| self.passes(part, kind, record)),
            Test::Not(part) => !self.passes(part, kind, record),
            Test::Assigned(users) => {
                let mut assigned = self.assigned(kind, record).iter();
                assigned.any(|assigned| users.contains(&assigned.user))
            }
            Test::Owner(users) => records
                .owner(record)
                .is_some_and(|owner| users.contains(&owner)),
            Test::JobRole(wanted) => {
                let assigned = self
                    .assigned(kind, record)
                    .iter()
                    .map(|assigned| assigned.user);
                let people = records.owner(record).into_iter().chain(assigned);
                let mut job_roles = people.filter_map(|user| self.job_role_on(kind, record, user));
                job_roles.any(|job_role| wanted.contains(&job_role))
            }
            Test::Account(accounts) => records
                .account(record)
                .is_some_and(|account| accounts.contains(&account)),
            Test::Text(text) => records
                .name(record)
                .unwrap_or_else(|| records.id(record))
                .to_lowercase()
                .contains(text),
            Test::Field(test) => {
                let value = self.value(kind, record, &test.field);
                test.is.as_ref().is_none_or(|is| value == Value::from(is))
                    && test.min.as_ref().is_none_or(|min| {
                        value
                            .compared_in_kind(&min.into())
                            .is_some_and(Ordering::is_ge)
                    })
                    && test.max.as_ref().is_none_or(|max| {
                        value
                            .compared_in_kind(&max.into())
                            .is_some_and(Ordering::is_le)
                    })
            }
        }
    }

    /// Owner or assigned: "assigned to me" is a matter of the fields, not of visibility by inheritance.
    fn is_in_fields(self, kind: RecordType, record: RecordIx, user: UserIx) -> bool {
        self.governance.records.of(kind).owner(record) == Some(user)
            || self
                .assigned(kind, record)
                .iter()
                .any(|assigned| assigned.user == user)
    }
}

enum Test<'f> {
    All(Vec<Test<'f>>),
    Any(Vec<Test<'f>>),
    Not(Box<Test<'f>>),
    Assigned(HashSet<UserIx>),
    Owner(HashSet<UserIx>),
    JobRole(HashSet<JobRoleIx>),
    Account(HashSet<RecordIx>),
    Text(String),
    Field(&'f FieldTest),
}

/// A value to compare. Numbers come before text, text before true and false, and what is absent last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Number(f64),
    Amount(crate::Amount),
    Instant(crate::Instant),
    Text(&'a str),
    Bool(bool),
    Absent,
}

impl<'a> From<&'a FieldValue> for Value<'a> {
    fn from(value: &'a FieldValue) -> Self {
        match value {
            FieldValue::Null => Self::Absent,
            FieldValue::Bool(value) => Self::Bool(*value),
            FieldValue::Number(value) => Self::Number(*value),
            FieldValue::Text(value) => Self::Text(value),
        }
    }
}

impl<'a> Value<'a> {
    pub(crate) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::Text)
    }

    /// The order of two values of the same kind.
    fn compared_in_kind(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.partial_cmp(other),
            (Self::Amount(one), Self::Amount(other)) => Some(one.cmp(other)),
            (Self::Instant(one), Self::Instant(other)) => Some(one.cmp(other)),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Bool(one), Self::Bool(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Number(_) | Self::Amount(_) | Self::Instant(_) => 0,
            Self::Text(_) => 1,
            Self::Bool(_) => 2,
            Self::Absent => 3,
        }
    }
}

/// An order by several keys, each up or down.
pub(crate) struct Order {
    pub(crate) descending: Vec<bool>,
}

impl Order {
    fn compare(&self, one: &[Value<'_>], other: &[Value<'_>]) -> Ordering {
        let keys = one.iter().zip(other).zip(&self.descending);
        keys.map(|((one, other), &descending)| match (one, other) {
            (Value::Absent, _) | (_, Value::Absent) => one.kind().cmp(&other.kind()),
            _ => {
                let order = one
                    .compared_in_kind(other)
                    .unwrap_or_else(|| one.kind().cmp(&other.kind()));
                if descending { order.reverse() } else { order }
            }
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
    }

    /// The size of the whole, its page after `after`, and whether more follow.
    ///
    /// A page begins after a thing rather than at an offset, so that nothing is told twice or left
    /// out when the set changed between two pages.
    pub(crate) fn page<'a, I: Ix + Ord>(
        &self,
        matched: Vec<I>,
        keys: impl Fn(I) -> Vec<Value<'a>>,
        after: Option<I>,
        limit: Option<usize>,
    ) -> (usize, Vec<I>, bool) {
        let total = matched.len();
        let limit = limit.unwrap_or(usize::MAX);
        let mut rows: Vec<_> = matched.into_iter().map(|ix| (keys(ix), ix)).collect();
        let compare = |one: &(Vec<Value<'_>>, I), other: &(Vec<Value<'_>>, I)| {
            self.compare(&one.0, &other.0).then(one.1.cmp(&other.1))
        };
        if let Some(after) = after {
            let after = (keys(after), after);
            rows.retain(|row| compare(row, &after).is_gt());
        }
        let more = rows.len() > limit;
        if more && limit > 0 {
            rows.select_nth_unstable_by(limit, compare);
        }
        rows.truncate(limit);
        rows.sort_unstable_by(compare);
        (total, rows.into_iter().map(|(_, ix)| ix).collect(), more)
    }
}

/// Cursors of one question: they tell the thing that a page ended with, and belong to no other question.
pub(crate) struct Cursors {
    question: u64,
}

impl Cursors {
    pub(crate) fn new(question: &impl Hash) -> Self {
        Self {
            question: foldhash::fast::FixedState::default().hash_one(question),
        }
    }

    pub(crate) fn write(&self, number: u32) -> String {
        format!("{:016x}-{number}", self.question)
    }

    /// The number in a cursor of this question, which is below `count`.
    pub(crate) fn read(&self, cursor: Option<&str>, count: usize) -> Result<Option<u32>, AskError> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let number = cursor
            .split_once('-')
            .filter(|(question, _)| u64::from_str_radix(question, 16) == Ok(self.question))
            .and_then(|(_, number)| number.parse().ok())
            .filter(|&number: &u32| (number as usize) < count);
        let refused = || {
            AskError::new(
                Code::InvalidCursor,
                Pointer::root().member("cursor"),
                "the cursor was not given out by this question",
            )
        };
        number.map(Some).ok_or_else(refused)
    }
}

/// Reads a question's JSON, with the place of a fault.
pub(crate) fn read_question<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, AskError> {
    let (question, _) = read(json.as_bytes())
        .map_err(|fault| AskError::new(fault.code, fault.place, fault.message))?;
    Ok(question)
}
