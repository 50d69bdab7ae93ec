//! Views: what a user sees of a type, filtered, sorted and by pages (§5.4).

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash};

use serde::Serialize;
use serde::ser::{Error as _, SerializeStruct, Serializer};

use crate::at::At;
use crate::error::{AskError, Code, Excerpt, Pointer};
use crate::field::{FieldIs, FieldName};
use crate::governance::Governance;
use crate::org::{FieldValue, SavedView};
use crate::profile::Action;
use crate::reader::{FromJson, Members, Refused, Shape, Source, deserialize_as_read, read};
use crate::record::RecordType;
use crate::table::{Chosen, Ix, JobRoleIx, RecordIx, UserIx};
use crate::visible::refuse_creation;

/// The built-in view of what a user holds (§5.4).
pub(crate) const ASSIGNED_TO_ME: &str = "assigned-to-me";

/// Which of the records that a user may act on are wanted, and in which order.
#[derive(Debug, Clone, PartialEq, Default, Hash)]
pub struct Query {
    /// The action; absent: the view's, else view.
    pub action: Option<Action>,
    /// A view: `assigned-to-me`, which is built in, or the id of one that the asking user saved for the type.
    pub view: Option<String>,
    /// Only records that pass, of those that the view lists.
    pub filter: Option<Filter>,
    /// The order, most significant first; absent: the view's. Records that are equal in all stay in load order.
    pub sort: Option<Vec<Sort>>,
    /// At most so many ids; absent: all.
    pub limit: Option<usize>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

deserialize_as_read!(Query, Sort, Filter);

impl<'de> FromJson<'de> for Query {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members =
            Members::closed(0, &["action", "view", "where", "sort", "limit", "cursor"]);
        let mut query = Self::default();
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "action" => query.action = Some(value.read()?),
                "view" => query.view = Some(value.read()?),
                "where" => query.filter = Some(value.read()?),
                "sort" => query.sort = Some(value.read()?),
                "limit" => query.limit = Some(value.read()?),
                _ => query.cursor = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(query)
    }
}

impl<'de> FromJson<'de> for Sort {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::closed(1, &["by", "descending"]);
        let (mut by, mut descending) = Default::default();
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "by" => by = value.read()?,
                _ => descending = value.read()?,
            }
            Ok(())
        })?;
        Ok(Self { by, descending })
    }
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Sort {
    /// `id`, `name`, `owner`, `account`, or the name of one of the records' fields.
    pub by: String,
    /// Whether the largest comes first. Records without a value come last either way.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
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

    /// The error for a filter that is nested too deep, at its place.
    pub(crate) fn too_deep(place: Pointer) -> AskError {
        let message = format!("a filter is nested more than {} deep", Self::MAX_DEPTH);
        AskError::new(Code::TooDeep, place, message)
    }

    /// The parts by themselves, which leaves none.
    fn take_parts(&mut self) -> Vec<Self> {
        match self {
            Self::All(parts) | Self::Any(parts) => std::mem::take(parts),
            Self::Not(part) => vec![std::mem::replace(&mut **part, Self::All(Vec::new()))],
            _ => Vec::new(),
        }
    }
}

/// A filter that was built as data may have any depth, so it is taken apart without recursion.
impl Drop for Filter {
    fn drop(&mut self) {
        let mut parts = self.take_parts();
        while let Some(mut part) = parts.pop() {
            parts.append(&mut part.take_parts());
        }
    }
}

/// The contract's JSON. What is too deep to be read is not written either.
impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.is_too_deep() {
            return Err(S::Error::custom(Self::too_deep(Pointer::root()).message()));
        }
        let mut object = to.serialize_struct("Filter", 1)?;
        match self {
            Self::All(parts) => object.serialize_field("all", parts)?,
            Self::Any(parts) => object.serialize_field("any", parts)?,
            Self::Not(part) => object.serialize_field("not", part)?,
            Self::Assigned(ids) => object.serialize_field("assigned", ids)?,
            Self::Owner(ids) => object.serialize_field("owner", ids)?,
            Self::JobRole(ids) => object.serialize_field("jobRole", ids)?,
            Self::Account(ids) => object.serialize_field("account", ids)?,
            Self::Text(text) => object.serialize_field("text", text)?,
            Self::Field(test) => {
                object.serialize_field("field", &test.field)?;
                let bounds = [("is", &test.is), ("min", &test.min), ("max", &test.max)];
                for (name, bound) in bounds {
                    if let Some(bound) = bound {
                        object.serialize_field(name, bound)?;
                    }
                }
            }
        }
        object.end()
    }
}

/// The contract's JSON: an object with one operator.
impl<'de> FromJson<'de> for Filter {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let refused = |message: &str| Refused::coded(Code::InvalidFilter, message);
        let mut operator: Option<Self> = None;
        let mut test = FieldTest::default();
        let mut is_twice = false;
        from.members(Shape::Any("a filter"), &mut |member, value| {
            let bound = match member.as_ref() {
                "is" => Some(&mut test.is),
                "min" => Some(&mut test.min),
                "max" => Some(&mut test.max),
                _ => None,
            };
            if let Some(bound) = bound {
                is_twice |= bound.replace(value.read()?).is_some();
                return Ok(());
            }
            let next = match member.as_ref() {
                "all" => value.nullable()?.map(Self::All),
                "any" => value.nullable()?.map(Self::Any),
                "not" => value.nullable()?.map(Self::Not),
                "text" => value.nullable()?.map(Self::Text),
                "field" => value.nullable()?.map(|field| {
                    Self::Field(FieldTest {
                        field,
                        ..FieldTest::default()
                    })
                }),
                "assigned" => value.nullable()?.map(Self::Assigned),
                "owner" => value.nullable()?.map(Self::Owner),
                "jobRole" => value.nullable()?.map(Self::JobRole),
                "account" => value.nullable()?.map(Self::Account),
                _ => {
                    let message = format!("unknown operator `{}` of a filter", Excerpt(member));
                    return Err(refused(&message));
                }
            };
            is_twice |= next.is_some_and(|next| operator.replace(next).is_some());
            Ok(())
        })?;
        if is_twice {
            return Err(refused(
                "a filter has exactly one operator, and no member twice",
            ));
        }
        let has_bounds = test.is.is_some() || test.min.is_some() || test.max.is_some();
        let Some(mut filter) = operator else {
            return Err(refused(
                "a filter has one of `all`, `any`, `not`, `assigned`, `owner`, `jobRole`, `account`, `text`, `field`",
            ));
        };
        match &mut filter {
            Filter::Field(_) if !has_bounds => Err(refused("`field` needs `is`, `min` or `max`")),
            Filter::Field(of_field) => {
                test.field = std::mem::take(&mut of_field.field);
                *of_field = test;
                Ok(filter)
            }
            _ if has_bounds => Err(refused("`is`, `min` and `max` belong to `field`")),
            _ => Ok(filter),
        }
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

impl<'g> At<'g> {
    /// The records of a type that the user may see, or do another action to, as the query wants them.
    ///
    /// # Errors
    /// An [`AskError`] for a filter that is too deep, a view that is none of the user's for the type, a cursor of
    /// another question.
    ///
    /// # Complexity
    /// As [`visible_indices`](Self::visible_indices), and a test and a comparison key per record in the set. A page with a
    /// limit and without filter and order: mostly in the number of records from its beginning to its end, seen or not; once
    /// after a change that concerns the user's own records or place, in how many they are.
    pub fn visible(self, user: &str, kind: RecordType, query: &Query) -> Result<Page, AskError> {
        let root = Pointer::root();
        let records = self.governance.records.of(kind);
        if query.filter.as_ref().is_some_and(Filter::is_too_deep) {
            return Err(Filter::too_deep(root.member("where")));
        }
        let viewer = self.governance.users.find(user);
        let saved = match query.view.as_deref() {
            None | Some(ASSIGNED_TO_ME) => None,
            Some(view) => Some(self.saved_view(viewer, kind, view)?),
        };
        let only_held = query.view.is_some() && saved.is_none();
        let action = query.action.or(saved.and_then(|saved| saved.action));
        let sort = query
            .sort
            .as_ref()
            .or(saved.and_then(|saved| saved.sort.as_ref()));
        let filters = [
            query.filter.as_ref(),
            saved.and_then(|saved| saved.filter.as_ref()),
        ];
        let cursors = Cursors::new(
            self.governance,
            &(user, kind, action, &query.view, filters, sort),
        );
        let action = action.unwrap_or(Action::View);
        refuse_creation(action)?;
        let after = cursors.read(query.cursor.as_deref(), |id| {
            let record = records.find(id)?;
            self.may(viewer?, kind, record, action).then_some(record)
        })?;
        let sort = sort.map(Vec::as_slice).unwrap_or_default();
        let is_plain = !only_held && filters.iter().all(Option::is_none) && sort.is_empty();
        let told = |(total, page, more): (usize, Vec<RecordIx>, bool)| {
            let last = page.last().filter(|_| more);
            Page {
                total,
                cursor: last.map(|&last| cursors.write(records.id(last))),
                ids: page
                    .iter()
                    .map(|&record| records.id(record).to_owned())
                    .collect(),
            }
        };
        let Some(viewer) = viewer else {
            return Ok(told((0, Vec::new(), false)));
        };
        if is_plain
            && let Some(found) = self.page_by_records(viewer, kind, action, after, query.limit)
        {
            return Ok(told(found));
        }
        let set = self.permitted(viewer, kind, action);
        if is_plain {
            // To count them they need not be listed.
            let total = set.len();
            self.learn_count(viewer, kind, action, total);
            let (page, more) = set.page(after, query.limit);
            return Ok(told((total, page, more)));
        }
        let partner = self.is_partner(viewer).then_some(viewer);
        let tests: Vec<_> = filters
            .into_iter()
            .flatten()
            .map(|filter| self.compile_filter(kind, filter))
            .collect();
        let seen = set.to_numbers().into_iter();
        let mut matched: Vec<_> = seen.map(RecordIx::new).collect();
        if only_held {
            matched.retain(|&record| self.is_in_fields(kind, record, viewer));
        }
        for test in &tests {
            match test {
                Test::Is(wanted) => records.fields.keep_having(&mut matched, wanted),
                test => matched.retain(|&record| self.passes(test, kind, record, partner)),
            }
        }

        let columns: Vec<_> = sort
            .iter()
            .map(|sort| self.field_column(kind, &sort.by))
            .collect();
        let keys = |record: RecordIx, keys: &mut Vec<_>| {
            keys.extend(
                columns
                    .iter()
                    .map(|&column| self.value(kind, record, column, partner)),
            );
        };
        let order = Order {
            descending: sort.iter().map(|sort| sort.descending).collect(),
        };
        Ok(told(order.page(matched, keys, after, query.limit)))
    }

    /// The view with this id, if it is the user's own and for the type (§5.4).
    fn saved_view(
        self,
        user: Option<UserIx>,
        kind: RecordType,
        id: &str,
    ) -> Result<&'g SavedView, AskError> {
        let views = &self.governance.views;
        let view = views.find(id).and_then(|view| views.get(view));
        let is_own = |view: &&SavedView| {
            user.is_some_and(|user| self.governance.users.id(user) == view.user)
        };
        view.filter(is_own)
            .filter(|view| view.kind == kind)
            .ok_or_else(|| {
                let message = format!("the user has no view `{}` of this type", Excerpt(id));
                AskError::new(Code::UnknownView, Pointer::root().member("view"), message)
            })
    }

    /// What a field's name stands for among the records of a type.
    fn field_column<'n>(self, kind: RecordType, field: &'n str) -> FieldColumn<'n> {
        match field {
            "id" => FieldColumn::Id,
            "name" => FieldColumn::Name,
            "owner" => FieldColumn::Owner,
            "account" => FieldColumn::Account,
            own => FieldColumn::Own(self.governance.records.of(kind).fields.named(own)),
        }
    }

    /// Whether a question may be about the user as one of a record's people: a partner user's is not where the partner user
    /// is not shown them (§5.6).
    fn may_name(self, partner: Option<UserIx>, user: UserIx) -> bool {
        partner.is_none_or(|partner| {
            self.governance.users.exists(user) && self.is_shown_to(partner, user)
        })
    }

    /// The value of a built-in or own field of a record, to a partner user if it is one who asks.
    fn value(
        self,
        kind: RecordType,
        record: RecordIx,
        column: FieldColumn<'_>,
        partner: Option<UserIx>,
    ) -> Value<'g> {
        let records = self.governance.records.of(kind);
        match column {
            FieldColumn::Id => Value::Text(records.id(record)),
            FieldColumn::Name => Value::text(records.name(record)),
            FieldColumn::Owner => records
                .owner(record)
                .filter(|&owner| self.may_name(partner, owner))
                .map_or(Value::Absent, |owner| {
                    Value::Text(self.governance.users.id(owner))
                }),
            FieldColumn::Account => records.account(record).map_or(Value::Absent, |account| {
                Value::Text(self.governance.records.of(RecordType::Account).id(account))
            }),
            FieldColumn::Own(name) => records.fields.get(record, name),
        }
    }

    /// Whether a record passes a filter, whose depth is known to be within the limit.
    pub(crate) fn passes_filter(self, filter: &Filter, kind: RecordType, record: RecordIx) -> bool {
        self.passes(&self.compile_filter(kind, filter), kind, record, None)
    }

    /// The filter with its ids looked up once. The depth is known to be within the limit.
    fn compile_filter<'f>(self, kind: RecordType, filter: &'f Filter) -> Test<'f> {
        let governance = self.governance;
        let users = |ids: &[String]| {
            ids.iter()
                .filter_map(|id| governance.users.table.ids.get(id))
                .collect()
        };
        match filter {
            Filter::All(parts) => Test::All(
                parts
                    .iter()
                    .map(|part| self.compile_filter(kind, part))
                    .collect(),
            ),
            Filter::Any(parts) => Test::Any(
                parts
                    .iter()
                    .map(|part| self.compile_filter(kind, part))
                    .collect(),
            ),
            Filter::Not(part) => Test::Not(Box::new(self.compile_filter(kind, part))),
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
            Filter::Field(test) => {
                let column = self.field_column(kind, &test.field);
                match (column, &test.is, &test.min, &test.max) {
                    (FieldColumn::Own(name), Some(is), None, None) => {
                        Test::Is(governance.records.of(kind).fields.is(name, is.into()))
                    }
                    _ => Test::Field(column, test),
                }
            }
        }
    }

    /// Whether a record passes a test, to a partner user if it is one who asks.
    fn passes(
        self,
        test: &Test<'_>,
        kind: RecordType,
        record: RecordIx,
        partner: Option<UserIx>,
    ) -> bool {
        let records = self.governance.records.of(kind);
        let owner = || {
            let owner = records.owner(record);
            owner.filter(|&owner| self.may_name(partner, owner))
        };
        let assigned = || {
            let assigned = self.assigned(kind, record).map(|assigned| assigned.user);
            assigned.filter(|&user| self.may_name(partner, user))
        };
        let passes = |part| self.passes(part, kind, record, partner);
        match test {
            Test::All(parts) => parts.iter().all(passes),
            Test::Any(parts) => parts.iter().any(passes),
            Test::Not(part) => !passes(part),
            Test::Assigned(users) => assigned().any(|user| users.contains(user)),
            Test::Owner(users) => owner().is_some_and(|owner| users.contains(owner)),
            Test::JobRole(wanted) => {
                let people = owner().into_iter().chain(assigned());
                let mut job_roles = people.filter_map(|user| self.job_role_on(kind, record, user));
                job_roles.any(|job_role| wanted.contains(job_role))
            }
            Test::Account(accounts) => records
                .account(record)
                .is_some_and(|account| accounts.contains(account)),
            Test::Text(text) => records
                .name(record)
                .unwrap_or_else(|| records.id(record))
                .to_lowercase()
                .contains(text),
            Test::Is(wanted) => records.fields.has(record, wanted),
            Test::Field(column, test) => {
                let value = self.value(kind, record, *column, partner);
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
                .any(|assigned| assigned.user == user)
    }
}

/// A field that all records have, or one of their own.
#[derive(Clone, Copy)]
enum FieldColumn<'n> {
    Id,
    Name,
    Owner,
    Account,
    Own(FieldName<'n>),
}

enum Test<'f> {
    All(Vec<Test<'f>>),
    Any(Vec<Test<'f>>),
    Not(Box<Test<'f>>),
    Assigned(Chosen<UserIx>),
    Owner(Chosen<UserIx>),
    JobRole(Chosen<JobRoleIx>),
    Account(Chosen<RecordIx>),
    Text(String),
    Field(FieldColumn<'f>, &'f FieldTest),
    /// Of the records' own fields, one with exactly this value.
    Is(FieldIs<'f>),
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

impl From<Value<'_>> for FieldValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(value),
            Value::Number(value) => Self::Number(value),
            Value::Text(value) => Self::Text(value.to_owned()),
            Value::Amount(_) | Value::Instant(_) | Value::Absent => Self::Null,
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
    fn compare(&self, one: Row<'_, '_>, other: Row<'_, '_>) -> Ordering {
        let keys = one.0.iter().zip(other.0).zip(&self.descending);
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
        .unwrap_or_else(|| one.1.cmp(&other.1))
    }

    /// The size of the whole, its page after `after`, and whether more follow. What matched is given in load order.
    ///
    /// A page begins after a thing rather than at an offset, so that nothing is told twice or left
    /// out when the set changed between two pages.
    pub(crate) fn page<'a, I: Ix>(
        &self,
        matched: Vec<I>,
        keys: impl Fn(I, &mut Vec<Value<'a>>),
        after: Option<I>,
        limit: Option<usize>,
    ) -> (usize, Vec<I>, bool) {
        let total = matched.len();
        if self.descending.is_empty() {
            // They come in the order that is wanted.
            let number = after.map(I::number);
            let start = matched.partition_point(|one| Some(one.number()) <= number);
            let rest = matched.get(start..).unwrap_or_default();
            let page = rest.get(..limit.unwrap_or(usize::MAX)).unwrap_or(rest);
            return (total, page.to_vec(), page.len() < rest.len());
        }
        let mut of_after = Vec::new();
        let after = after.map(|after| {
            keys(after, &mut of_after);
            (of_after.as_slice(), after.number())
        });
        let limit = limit.unwrap_or(usize::MAX);
        let mut first = FirstRows::new(self, limit);
        let mut following = 0;
        let mut of_one = Vec::new();
        for one in matched {
            of_one.clear();
            keys(one, &mut of_one);
            let row = (of_one.as_slice(), one.number());
            if after.is_none_or(|after| self.compare(row, after).is_gt()) {
                following += 1;
                first.add(row);
            }
        }
        let page = first.into_numbers().into_iter().map(I::new);
        (total, page.collect(), following > limit)
    }
}

/// A thing's keys, and its number, which decides where they are equal.
type Row<'k, 'a> = (&'k [Value<'a>], u32);

/// The first rows of an order, so many, of all that were added. Most of many are not among them, which one comparison
/// tells.
struct FirstRows<'o, 'a> {
    order: &'o Order,
    limit: usize,
    /// Rows that may be among the first: their numbers, and their keys end to end.
    numbers: Vec<u32>,
    keys: Vec<Value<'a>>,
    /// What is not before this row is not among the first.
    bar: Option<(Vec<Value<'a>>, u32)>,
}

impl<'o, 'a> FirstRows<'o, 'a> {
    fn new(order: &'o Order, limit: usize) -> Self {
        let (numbers, keys, bar) = Default::default();
        Self {
            order,
            limit,
            numbers,
            keys,
            bar,
        }
    }

    fn add(&mut self, (keys, number): Row<'_, 'a>) {
        let bar = self.bar.as_ref();
        let bar = bar.map(|(keys, number)| (keys.as_slice(), *number));
        if bar.is_some_and(|bar| self.order.compare((keys, number), bar).is_ge()) {
            return;
        }
        self.numbers.push(number);
        self.keys.extend_from_slice(keys);
        // As many others again as there are first ones, or more, so that it is seldom done.
        if self.numbers.len() >= self.limit.saturating_add(self.limit.max(256)) {
            self.settle();
        }
    }

    /// Keeps the first rows only, in their order.
    fn settle(&mut self) {
        let mut rows: Vec<usize> = (0..self.numbers.len()).collect();
        let compare = |one: &usize, other: &usize| {
            let (one, other) = (self.row(*one), self.row(*other));
            self.order.compare(one, other)
        };
        // To choose the first of them before they are sorted is more code, and seldom less work: they are few.
        rows.sort_unstable_by(compare);
        rows.truncate(self.limit);
        let last = self.limit.checked_sub(1).filter(|&last| last < rows.len());
        let rows = rows.iter().map(|&at| self.row(at));
        let (keys, numbers): (Vec<_>, Vec<_>) = rows.unzip();
        (self.keys, self.numbers) = (keys.concat(), numbers);
        self.bar = last.map(|last| {
            let (keys, number) = self.row(last);
            (keys.to_vec(), number)
        });
    }

    fn row(&self, at: usize) -> Row<'_, 'a> {
        let width = self.order.descending.len();
        let keys = self.keys.get(at * width..(at + 1) * width);
        let number = self.numbers.get(at).copied();
        (keys.unwrap_or_default(), number.unwrap_or_default())
    }

    fn into_numbers(mut self) -> Vec<u32> {
        self.settle();
        self.numbers
    }
}

/// Cursors of one question: they tell the thing that a page ended with, and belong to no other question.
///
/// Whoever has a cursor can alter it. So it tells an id and no number, which would tell how many things there are; and a
/// thing that the asker is not shown begins no page, which would tell where its keys are among those of the others.
pub(crate) struct Cursors {
    question: u64,
}

impl Cursors {
    pub(crate) fn new(of: &Governance, question: &impl Hash) -> Self {
        Self {
            question: foldhash::fast::FixedState::default().hash_one((of.id(), question)),
        }
    }

    pub(crate) fn write(&self, id: &str) -> String {
        let mut cursor = format!("{:016x}-", self.question);
        let digits = id.bytes().flat_map(|byte| [byte >> 4, byte & 0xf]);
        cursor.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
        cursor
    }

    /// The thing that a cursor of this question tells, if it is shown to the asker.
    pub(crate) fn read<I>(
        &self,
        cursor: Option<&str>,
        shown: impl FnOnce(&str) -> Option<I>,
    ) -> Result<Option<I>, AskError> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let after = cursor
            .split_once('-')
            .filter(|(question, _)| u64::from_str_radix(question, 16) == Ok(self.question))
            .and_then(|(_, id)| text_of_digits(id))
            .and_then(|id| shown(&id));
        let refused = || {
            AskError::new(
                Code::InvalidCursor,
                Pointer::root().member("cursor"),
                "the cursor was not given out by this question, or what its page ended with is there no more",
            )
        };
        after.map(Some).ok_or_else(refused)
    }
}

/// The text whose bytes are these pairs of hexadecimal digits.
fn text_of_digits(digits: &str) -> Option<String> {
    let digits = digits.chars().map(|digit| digit.to_digit(16));
    let digits: Vec<_> = digits.collect::<Option<_>>()?;
    let bytes = digits.chunks(2).map(|pair| match *pair {
        [high, low] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    });
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

/// Reads a question's JSON, with the place of a fault.
pub(crate) fn read_question<'de, T: FromJson<'de>>(json: &'de str) -> Result<T, AskError> {
    let (question, _) =
        read(json).map_err(|fault| AskError::new(fault.code, fault.place, fault.message))?;
    Ok(question)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// Keys of which many are the same, and one in seven is absent.
    fn keys(number: u32) -> [Value<'static>; 2] {
        let scattered = number.wrapping_mul(0x9E37_79B1) >> 20;
        let text = ["b", "a", "c"].get(scattered as usize % 3);
        let number = match number % 7 {
            0 => Value::Absent,
            _ => Value::Number(f64::from(scattered / 8)),
        };
        [Value::text(text.copied()), number]
    }

    /// The things in the order that the two directions make, by comparing all of them.
    fn sorted(things: &[u32], descending: [bool; 2]) -> Vec<u32> {
        let mut sorted = things.to_vec();
        sorted.sort_by(|&one, &other| {
            let mut order = Ordering::Equal;
            for ((one, other), descending) in keys(one).iter().zip(&keys(other)).zip(descending) {
                order = order.then_with(|| match one.compared_in_kind(other) {
                    Some(order) if descending => order.reverse(),
                    Some(order) => order,
                    None => one.kind().cmp(&other.kind()),
                });
            }
            order
        });
        sorted
    }

    #[test]
    fn pages_are_parts_of_the_whole_order() {
        for count in [0, 1, 255, 256, 257, 3_000] {
            let things: Vec<u32> = (0..count).map(|number| number * 3).collect();
            for descending in [[false, false], [true, false], [false, true], [true, true]] {
                let order = Order {
                    descending: descending.to_vec(),
                };
                let whole = sorted(&things, descending);
                for limit in [0, 1, 50, 255, 256, 1_000, usize::MAX] {
                    for from in [0, 1, 30, 290, 2_990]
                        .into_iter()
                        .filter(|&from| from <= whole.len())
                    {
                        let rest = whole.get(from..).unwrap();
                        let after = from.checked_sub(1).map(|last| *whole.get(last).unwrap());
                        let (total, page, more) = order.page(
                            things.iter().copied().map(RecordIx::new).collect(),
                            |thing: RecordIx, to: &mut Vec<_>| to.extend(keys(thing.number())),
                            after.map(RecordIx::new),
                            (limit < usize::MAX).then_some(limit),
                        );
                        let page: Vec<_> = page.into_iter().map(Ix::number).collect();
                        assert_eq!(total, things.len());
                        assert_eq!(Some(page.as_slice()), rest.get(..limit.min(rest.len())));
                        assert_eq!(more, rest.len() > limit);
                    }
                }
            }
        }
    }
}
