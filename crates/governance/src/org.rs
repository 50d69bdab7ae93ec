//! The organisation as people write it: the JSON of `sidelight.org/1` (§10), as plain data.
//!
//! Nothing here is checked against anything else; [`Governance::load`](crate::Governance::load)
//! does that. Fields have the names and meaning of the npm package's `Org` type.

mod json;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::amount::Amount;
use crate::instant::Instant;
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::view::{Filter, Sort};
use crate::word::vocabulary;

/// An organisation: its people, roles, profiles, companies, records and deals.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Org<Records = Vec<CrmRecord>> {
    /// Always `sidelight.org/1`.
    pub format: Format,
    /// The organisation's id.
    pub id: String,
    /// The organisation's name.
    pub name: String,
    /// An IANA time zone name. The rules never resolve it.
    pub time_zone: String,
    /// What the organisation has settled for itself.
    #[serde(skip_serializing_if = "Settings::is_default")]
    pub settings: Settings,
    /// The job roles; absent: AE, BDR, CSM and SDR (§5.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_roles: Option<Vec<JobRole>>,
    /// The role hierarchy, a forest by [`Role::parent`].
    pub roles: Vec<Role>,
    /// The profiles.
    pub profiles: Vec<Profile>,
    /// The people, guests and partner users included.
    pub users: Vec<User>,
    /// The partner companies.
    pub companies: Vec<Company>,
    /// The CRM records, of every type.
    pub records: Records,
    /// The partner deals.
    pub deals: Vec<Deal>,
    /// The views that users saved (§5.4).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<SavedView>,
}

impl<Records> Org<Records> {
    /// The organisation without its records, and the records.
    pub(crate) fn split_records(self) -> (Org<()>, Records) {
        let org = Org {
            format: self.format,
            id: self.id,
            name: self.name,
            time_zone: self.time_zone,
            settings: self.settings,
            job_roles: self.job_roles,
            roles: self.roles,
            profiles: self.profiles,
            users: self.users,
            companies: self.companies,
            records: (),
            deals: self.deals,
            views: self.views,
        };
        (org, self.records)
    }
}

impl Org {
    /// A new organisation with the three profiles that each has from the start (§1.3), and nothing else.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        time_zone: impl Into<String>,
    ) -> Self {
        Self {
            format: Format::V1,
            id: id.into(),
            name: name.into(),
            time_zone: time_zone.into(),
            settings: Settings::default(),
            job_roles: None,
            roles: Vec::new(),
            profiles: vec![
                Profile::standard(),
                Profile::leadership(),
                Profile::administrator(),
            ],
            users: Vec::new(),
            companies: Vec::new(),
            records: Vec::new(),
            deals: Vec::new(),
            views: Vec::new(),
        }
    }
}

vocabulary! {
    /// The format of an organisation's document.
    Format, UnknownFormat, "format" {
        /// The first and only one.
        V1 = "sidelight.org/1",
    }
}

/// What an organisation has settled for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Whether assigned users count as holders (§3.6). Default: they do.
    pub multi_user_assignment: bool,
    /// How far "reports' records" reach (§3.2). Default: [`ReportsReach::Accessible`].
    pub reports_reach: ReportsReach,
}

impl Settings {
    /// Whether assigned users count as holders of records of the type (§1.5, §3.6).
    pub(crate) fn counts_assigned(self, kind: RecordType) -> bool {
        self.multi_user_assignment && kind.has_assigned_users()
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            multi_user_assignment: true,
            reports_reach: ReportsReach::default(),
        }
    }
}

vocabulary! {
    /// What "reports' records" means (§3.2).
    #[derive(Default)]
    ReportsReach, UnknownReach, "reach of reports" {
        /// What anyone below the viewer can access.
        #[default]
        Accessible = "accessible",
        /// What anyone below the viewer holds.
        Held = "held",
    }
}

/// A label for a user's function. Never affects access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobRole {
    /// Unique among job roles.
    pub id: String,
    /// Shown to people.
    pub name: String,
}

impl JobRole {
    /// The four that exist from the start: AE, BDR, CSM and SDR (§5.5).
    pub fn initial() -> Vec<Self> {
        ["AE", "BDR", "CSM", "SDR"]
            .into_iter()
            .map(|name| Self {
                id: name.to_ascii_lowercase(),
                name: name.to_owned(),
            })
            .collect()
    }
}

/// A node of the role hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Role {
    /// Unique among roles.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// The role above; absent for a root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// A set of permissions (§1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// Unique among profiles.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// Whether this profile answers `all` and permitted to everything.
    #[serde(skip_serializing_if = "is_false")]
    pub admin: bool,
    /// The scopes; what is not mentioned is denied.
    #[serde(skip_serializing_if = "Permissions::is_empty")]
    pub permissions: Permissions,
    /// The toggles; what is not mentioned is denied.
    #[serde(skip_serializing_if = "Toggles::is_empty")]
    pub toggles: Toggles,
}

/// The scopes that a profile mentions, by record type and action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions([[Option<Scope>; Action::ALL.len()]; RecordType::ALL.len()]);

impl Permissions {
    /// The scope that the profile mentions, if it does.
    pub fn get(&self, kind: RecordType, action: Action) -> Option<Scope> {
        let of_kind = self.0.get(kind as usize)?;
        of_kind.get(action as usize).copied().flatten()
    }

    /// Sets a scope. Whether it applies (§1.5) is checked when the organisation is loaded.
    pub fn set(&mut self, kind: RecordType, action: Action, scope: Scope) {
        let of_kind = self.0.get_mut(kind as usize);
        if let Some(slot) = of_kind.and_then(|of_kind| of_kind.get_mut(action as usize)) {
            *slot = Some(scope);
        }
    }

    /// Every scope that the profile mentions.
    pub fn iter(&self) -> impl Iterator<Item = (RecordType, Action, Scope)> + '_ {
        let settings = RecordType::ALL
            .iter()
            .flat_map(|&kind| Action::ALL.iter().map(move |&action| (kind, action)));
        settings.filter_map(|(kind, action)| Some((kind, action, self.get(kind, action)?)))
    }

    /// Whether the profile mentions no scope.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl FromIterator<(RecordType, Action, Scope)> for Permissions {
    fn from_iter<I: IntoIterator<Item = (RecordType, Action, Scope)>>(settings: I) -> Self {
        let mut permissions = Self::default();
        for (kind, action, scope) in settings {
            permissions.set(kind, action, scope);
        }
        permissions
    }
}

/// The toggles that a profile mentions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Toggles([Option<bool>; Toggle::ALL.len()]);

impl Toggles {
    /// Whether the toggle is permitted; `None` where the profile does not mention it.
    pub fn get(&self, toggle: Toggle) -> Option<bool> {
        self.0.get(toggle as usize).copied().flatten()
    }

    /// Permits or denies a toggle.
    pub fn set(&mut self, toggle: Toggle, permitted: bool) {
        if let Some(slot) = self.0.get_mut(toggle as usize) {
            *slot = Some(permitted);
        }
    }

    /// Every toggle that the profile mentions.
    pub fn iter(&self) -> impl Iterator<Item = (Toggle, bool)> + '_ {
        Toggle::ALL
            .iter()
            .filter_map(|&toggle| Some((toggle, self.get(toggle)?)))
    }

    /// Whether the profile mentions no toggle.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl FromIterator<(Toggle, bool)> for Toggles {
    fn from_iter<I: IntoIterator<Item = (Toggle, bool)>>(settings: I) -> Self {
        let mut toggles = Self::default();
        for (toggle, permitted) in settings {
            toggles.set(toggle, permitted);
        }
        toggles
    }
}

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Unique among users.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// Compared with companies' account owner emails (§6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The id of the one profile.
    pub profile: String,
    /// The id of the role in the hierarchy, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The id of the job role, if any. Never affects access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_role: Option<String>,
    /// The license that the account uses, as the organisation calls it. Never affects access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The region that the user works in, as the organisation calls it. Never affects access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Whether the account may be used.
    #[serde(skip_serializing_if = "Status::is_active")]
    pub status: Status,
    /// The guest term; absent for a standard user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
    /// The standing at partner companies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memberships: Vec<Membership>,
}

impl User {
    /// An active user with a profile and nothing else.
    pub fn new(id: impl Into<String>, name: impl Into<String>, profile: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            email: None,
            profile: profile.into(),
            role: None,
            job_role: None,
            license: None,
            region: None,
            status: Status::Active,
            guest: None,
            memberships: Vec::new(),
        }
    }
}

vocabulary! {
    /// Whether an account may be used (§1.1).
    #[derive(Default)]
    Status, UnknownStatus, "status" {
        /// It may.
        #[default]
        Active = "active",
        /// It may not.
        Locked = "locked",
    }
}

impl Status {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde's `skip_serializing_if` hands a reference"
    )]
    fn is_active(&self) -> bool {
        *self == Self::Active
    }
}

/// A guest's term (§7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guest {
    /// Whether the invitation has been claimed.
    pub claimed: bool,
    /// The first instant without access.
    pub expires_at: Instant,
    /// When access was revoked; present means revoked, whatever the instant (`docs/semantics.md`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Instant>,
    /// The id of the user who vouches for the guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sponsor: Option<String>,
}

/// A partner user's standing at one company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// The id of the company.
    pub company: String,
    /// The standing there.
    pub tier: Tier,
    /// Whether this is the user's one primary company.
    #[serde(skip_serializing_if = "is_false")]
    pub primary: bool,
}

vocabulary! {
    /// A partner user's standing at one company, lowest first (§6).
    Tier, UnknownTier, "tier" {
        /// Shown as Sales.
        Sales = "sales",
        /// Shown as Manager.
        Manager = "manager",
        /// Shown as Executive.
        Executive = "executive",
        /// Shown as Account Owner.
        Owner = "owner",
    }
}

impl Tier {
    /// The label that people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sales => "Sales",
            Self::Manager => "Manager",
            Self::Executive => "Executive",
            Self::Owner => "Account Owner",
        }
    }
}

/// A partner company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// Unique among companies.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// The email of an account owner, compared without regard to case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_owner_email: Option<String>,
}

/// A CRM record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrmRecord {
    /// The type of the record.
    #[serde(rename = "type")]
    pub kind: RecordType,
    /// Unique within the type.
    pub id: String,
    /// Shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The id of the record owner, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The assigned users.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assigned: Vec<Assignment>,
    /// The id of the record's account, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whatever else the CRM knows, to filter and sort by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, FieldValue>,
}

/// A record as it is read: its texts are parts of the document where they are written without escapes.
pub(crate) struct RecordText<'d> {
    pub(crate) kind: RecordType,
    pub(crate) id: Text<'d>,
    pub(crate) name: Option<Text<'d>>,
    pub(crate) owner: Option<Text<'d>>,
    pub(crate) assigned: Vec<AssignmentText<'d>>,
    pub(crate) account: Option<Text<'d>>,
    pub(crate) fields: FieldTexts<'d>,
}

/// Text that is part of the document, or a copy of what is written there with escapes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text<'d>(pub(crate) Cow<'d, str>);

pub(crate) struct AssignmentText<'d> {
    pub(crate) user: Text<'d>,
    pub(crate) job_role: Option<Text<'d>>,
}

pub(crate) enum FieldText<'d> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Text<'d>),
}

/// The fields of a record in the document's order.
#[derive(Default)]
pub(crate) struct FieldTexts<'d>(pub(crate) Vec<(Text<'d>, FieldText<'d>)>);

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.0.into_owned()
    }
}

impl<'d> From<&'d String> for Text<'d> {
    fn from(text: &'d String) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'d> From<&'d CrmRecord> for RecordText<'d> {
    fn from(record: &'d CrmRecord) -> Self {
        let assigned = record.assigned.iter().map(|assignment| AssignmentText {
            user: (&assignment.user).into(),
            job_role: assignment.job_role.as_ref().map(Text::from),
        });
        let fields = record.fields.iter().map(|(name, value)| {
            let value = match value {
                FieldValue::Null => FieldText::Null,
                FieldValue::Bool(value) => FieldText::Bool(*value),
                FieldValue::Number(value) => FieldText::Number(*value),
                FieldValue::Text(text) => FieldText::Text(text.into()),
            };
            (name.into(), value)
        });
        Self {
            kind: record.kind,
            id: (&record.id).into(),
            name: record.name.as_ref().map(Text::from),
            owner: record.owner.as_ref().map(Text::from),
            assigned: assigned.collect(),
            account: record.account.as_ref().map(Text::from),
            fields: FieldTexts(fields.collect()),
        }
    }
}

impl From<RecordText<'_>> for CrmRecord {
    fn from(record: RecordText<'_>) -> Self {
        let mut fields = BTreeMap::new();
        for (name, value) in record.fields.0 {
            fields.insert(name.into(), value.into());
        }
        Self {
            kind: record.kind,
            id: record.id.into(),
            name: record.name.map(String::from),
            owner: record.owner.map(String::from),
            assigned: record.assigned.into_iter().map(Assignment::from).collect(),
            account: record.account.map(String::from),
            fields,
        }
    }
}

impl From<AssignmentText<'_>> for Assignment {
    fn from(assignment: AssignmentText<'_>) -> Self {
        Self {
            user: assignment.user.into(),
            job_role: assignment.job_role.map(String::from),
        }
    }
}

impl From<FieldText<'_>> for FieldValue {
    fn from(value: FieldText<'_>) -> Self {
        match value {
            FieldText::Null => Self::Null,
            FieldText::Bool(value) => Self::Bool(value),
            FieldText::Number(value) => Self::Number(value),
            FieldText::Text(text) => Self::Text(text.into()),
        }
    }
}

impl CrmRecord {
    /// A record without owner, assigned users, account or fields.
    pub fn new(kind: RecordType, id: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
            name: None,
            owner: None,
            assigned: Vec::new(),
            account: None,
            fields: BTreeMap::new(),
        }
    }
}

/// One assigned user of a record. In JSON a plain id, or an object where the assignment has its own job role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The id of the assigned user.
    pub user: String,
    /// The id of the job role in which this user works on this record, shown before the user's own.
    pub job_role: Option<String>,
}

impl From<&str> for Assignment {
    fn from(user: &str) -> Self {
        Self {
            user: user.to_owned(),
            job_role: None,
        }
    }
}

impl Serialize for Assignment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        match &self.job_role {
            None => to.serialize_str(&self.user),
            Some(job_role) => {
                let mut object = to.serialize_struct("Assignment", 2)?;
                object.serialize_field("user", &self.user)?;
                object.serialize_field("jobRole", job_role)?;
                object.end()
            }
        }
    }
}

/// The value of one of a record's fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum FieldValue {
    /// Nothing; the same as an absent field in filters and sorts.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A number, as JavaScript has them.
    Number(f64),
    /// Text.
    Text(String),
}

impl std::hash::Hash for FieldValue {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(value) => value.hash(state),
            Self::Number(value) => value.to_bits().hash(state),
            Self::Text(value) => value.hash(state),
        }
    }
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        /// Integers up to here are the same as `f64`, and are written without a fraction.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(value) => to.serialize_bool(*value),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the value is whole and within the exact range"
            )]
            Self::Number(value) if value.fract() == 0.0 && value.abs() <= EXACT => {
                to.serialize_i64(*value as i64)
            }
            Self::Number(value) => to.serialize_f64(*value),
            Self::Text(value) => to.serialize_str(value),
        }
    }
}

/// A deal that a partner registered (§6).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deal {
    /// Unique among deals.
    pub id: String,
    /// Shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The id of the partner company, fixed when registered.
    pub company: String,
    /// The id of the deal owner: who it is for.
    pub owner: String,
    /// The id of the registrar; absent: the deal owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_by: Option<String>,
    /// The deal owner's tier when registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_tier: Option<Tier>,
    /// The stage; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The amount, in [`currency`](Self::currency).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The currency's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// A calendar day, or an instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_close: Option<String>,
    /// When the deal was registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Instant>,
}

impl Deal {
    /// A deal that its owner registered, without stage, amount or dates.
    pub fn new(
        id: impl Into<String>,
        company: impl Into<String>,
        owner: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            name: None,
            company: company.into(),
            owner: owner.into(),
            registered_by: None,
            owner_tier: None,
            stage: None,
            amount: None,
            currency: None,
            expected_close: None,
            created_at: None,
        }
    }
}

/// A view that a user saved: which records of a type to list, and in which order (§5.4).
///
/// It is its user's alone, and gives no access: it lists what its user sees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SavedView {
    /// Unique among views, and not the name of a built-in one.
    pub id: String,
    /// The id of the user who saved it.
    pub user: String,
    /// Shown to people.
    pub name: String,
    /// The type of the records that it lists.
    #[serde(rename = "type")]
    pub kind: RecordType,
    /// Only records that pass.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// The order, most significant first, where the question has none of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Vec<Sort>>,
    /// The action, where the question has none of its own; absent: view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's `skip_serializing_if` hands a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        struct OfKind<'a>(&'a Permissions, RecordType);
        impl Serialize for OfKind<'_> {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let Self(permissions, kind) = *self;
                let scope = |&action: &Action| Some((action, permissions.get(kind, action)?));
                to.collect_map(Action::ALL.iter().filter_map(scope))
            }
        }
        let mentioned = |kind: &RecordType| {
            Action::ALL
                .iter()
                .any(|&action| self.get(*kind, action).is_some())
        };
        let kinds = RecordType::ALL.iter().copied().filter(mentioned);
        to.collect_map(kinds.map(|kind| (kind, OfKind(self, kind))))
    }
}

impl Serialize for Toggles {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}
