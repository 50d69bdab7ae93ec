//! The compiled organisation: everything that the rules ask for, interned and indexed.

use std::collections::HashMap;
use std::ops::Range;

use crate::at::At;
use crate::error::{Code, LoadError, Pointer};
use crate::instant::Instant;
use crate::ix::{
    CompanyIx, DealIx, Full, Ids, Ix, JobRoleIx, ProfileIx, RecordIx, RoleIx, Rows, UserIx,
};
use crate::load::Limits;
use crate::org::{
    Assignment, Company, CrmRecord, Deal, FieldValue, Format, Guest, JobRole, Membership, Org,
    Profile, Role, Settings, Status, Tier, User,
};
use crate::profile::{Action, Scope, Toggle, applicable};
use crate::record::RecordType;
use crate::role::{Forest, NOWHERE, Position};

/// A compiled organisation, ready to be asked.
///
/// Loading interns every id, numbers the role forest in pre-order and indexes records by their
/// holders; after that a question about one record costs the same on a million records as on ten.
/// Questions are asked [`at`](Self::at) an instant, since a guest's term ends by itself (§2).
///
/// ```
/// use sidelight_governance::{Action, Governance, RecordType};
///
/// let governance = Governance::load(br#"{
///     "format": "sidelight.org/1", "id": "acme", "name": "Acme", "timeZone": "Europe/Berlin",
///     "roles": [{"id": "lead", "name": "Lead"}, {"id": "rep", "name": "Rep", "parent": "lead"}],
///     "profiles": [{"id": "sales", "name": "Sales", "permissions": {"account": {"view": "reports"}}}],
///     "users": [{"id": "ada", "name": "Ada", "profile": "sales", "role": "lead"},
///               {"id": "bo", "name": "Bo", "profile": "sales", "role": "rep"}],
///     "records": [{"type": "account", "id": "globex", "owner": "bo"}]
/// }"#)?;
/// let now = governance.at("2026-11-21T09:00:00Z".parse()?);
/// assert!(now.can("ada", Action::View, RecordType::Account, Some("globex"))?);
/// assert!(!now.can("ada", Action::Edit, RecordType::Account, Some("globex"))?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Governance {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) time_zone: String,
    pub(crate) settings: Settings,
    pub(crate) job_roles: JobRoles,
    pub(crate) roles: Roles,
    pub(crate) profiles: Profiles,
    pub(crate) users: Users,
    pub(crate) companies: Companies,
    pub(crate) records: RecordTables,
    pub(crate) deals: Deals,
    /// The places of members that the format does not have.
    pub(crate) unknown_members: Vec<Pointer>,
}

/// The catalogue of job roles.
#[derive(Debug, Clone, Default)]
pub(crate) struct JobRoles {
    pub(crate) ids: Ids<JobRoleIx>,
    pub(crate) names: Vec<String>,
    /// Whether the document listed them, rather than leaving the four that exist from the start.
    listed: bool,
}

impl JobRoles {
    /// The name; `None` for an id that names nothing.
    pub(crate) fn name(&self, job_role: JobRoleIx) -> Option<&str> {
        self.names.get(job_role.at()).map(String::as_str)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Roles {
    pub(crate) ids: Ids<RoleIx>,
    pub(crate) rows: Vec<RoleRow>,
    pub(crate) forest: Forest,
}

#[derive(Debug, Clone)]
pub(crate) struct RoleRow {
    pub(crate) name: String,
    /// As the document has it: it may name nothing.
    pub(crate) parent: Option<RoleIx>,
}

impl Roles {
    pub(crate) fn get(&self, role: RoleIx) -> Option<&RoleRow> {
        self.rows.get(role.at())
    }

    pub(crate) fn name(&self, role: RoleIx) -> &str {
        self.get(role)
            .map_or_else(|| self.ids.text(role), |row| &row.name)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Profiles {
    pub(crate) ids: Ids<ProfileIx>,
    pub(crate) rows: Vec<ProfileRow>,
}

#[derive(Debug, Clone)]
pub(crate) struct ProfileRow {
    pub(crate) profile: Profile,
    scopes: [[Scope; Action::ALL.len()]; RecordType::ALL.len()],
    /// The profile's users who have a role, in the forest's order.
    pub(crate) seated: Vec<(Position, UserIx)>,
}

impl ProfileRow {
    /// The scope that the profile stores, before anything about the user is considered.
    pub(crate) fn scope(&self, kind: RecordType, action: Action) -> Scope {
        if self.profile.admin {
            return Scope::All;
        }
        self.scopes
            .get(kind as usize)
            .and_then(|row| row.get(action as usize))
            .copied()
            .unwrap_or(Scope::Denied)
    }

    /// Whether the profile permits the toggle, before anything about the user is considered.
    pub(crate) fn permits(&self, toggle: Toggle) -> bool {
        self.profile.admin || self.profile.toggles.get(toggle).unwrap_or_default()
    }
}

/// The people; ids that stand for nobody have a number past theirs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Users {
    pub(crate) ids: Ids<UserIx>,
    pub(crate) rows: Vec<Person>,
    /// The forest position of each user's role; [`NOWHERE`] without one.
    positions: Vec<Position>,
    /// Users with a role, in the forest's order.
    seated: Vec<UserIx>,
    /// Where the users of each position begin in `seated`; one more entry ends the last.
    seats: Vec<u32>,
    /// The companies that each user manages (§6).
    pub(crate) managed: Rows<UserIx, CompanyIx>,
}

#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) profile: ProfileIx,
    /// As the document has it: it may name nothing.
    pub(crate) role: Option<RoleIx>,
    /// As the document has it: it may name nothing.
    pub(crate) job_role: Option<JobRoleIx>,
    pub(crate) status: Status,
    pub(crate) guest: Option<Box<Term>>,
    pub(crate) standings: Vec<Standing>,
}

/// A guest's term.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    pub(crate) claimed: bool,
    pub(crate) expires_at: Instant,
    pub(crate) revoked_at: Option<Instant>,
    /// As the document has it: it may name nobody.
    pub(crate) sponsor: Option<UserIx>,
}

/// A membership at a company, which may be one that does not exist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) company: CompanyIx,
    pub(crate) tier: Tier,
    pub(crate) primary: bool,
}

impl Users {
    /// The person; `None` for an id that names nobody.
    pub(crate) fn get(&self, user: UserIx) -> Option<&Person> {
        self.rows.get(user.at())
    }

    /// The user with this id, if there is one.
    pub(crate) fn find(&self, id: &str) -> Option<UserIx> {
        self.ids.get(id).filter(|&user| self.exists(user))
    }

    pub(crate) fn exists(&self, user: UserIx) -> bool {
        user.at() < self.rows.len()
    }

    pub(crate) fn name(&self, user: UserIx) -> &str {
        self.get(user)
            .map_or_else(|| self.ids.text(user), |person| &person.name)
    }

    pub(crate) fn position(&self, user: UserIx) -> Position {
        self.positions.get(user.at()).copied().unwrap_or(NOWHERE)
    }

    /// The users whose roles stand at these positions.
    pub(crate) fn at_positions(&self, positions: &Range<Position>) -> &[UserIx] {
        let seat = |position: Position| {
            self.seats
                .get(position as usize)
                .copied()
                .unwrap_or_default() as usize
        };
        self.seated
            .get(seat(positions.start)..seat(positions.end))
            .unwrap_or_default()
    }

    /// The users that exist, in load order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = UserIx> + use<> {
        (0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX)).map(UserIx::new)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Companies {
    pub(crate) ids: Ids<CompanyIx>,
    pub(crate) rows: Vec<Company>,
}

impl Companies {
    pub(crate) fn exists(&self, company: CompanyIx) -> bool {
        company.at() < self.rows.len()
    }

    pub(crate) fn name(&self, company: CompanyIx) -> &str {
        self.rows
            .get(company.at())
            .map_or_else(|| self.ids.text(company), |row| &row.name)
    }
}

/// The records of all types.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecordTables([Records; RecordType::ALL.len()]);

impl RecordTables {
    pub(crate) fn of(&self, kind: RecordType) -> &Records {
        let [first, ..] = &self.0;
        self.0.get(kind as usize).unwrap_or(first)
    }

    fn of_mut(&mut self, kind: RecordType) -> Option<&mut Records> {
        self.0.get_mut(kind as usize)
    }
}

/// The records of one type, as columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    pub(crate) ids: Ids<RecordIx>,
    pub(crate) owners: Vec<Option<UserIx>>,
    /// Each record's assigned users, without repetitions.
    pub(crate) assigned: Rows<RecordIx, Assigned>,
    /// As the document has it: it may name nothing.
    pub(crate) accounts: Vec<Option<RecordIx>>,
    pub(crate) names: Vec<Option<String>>,
    pub(crate) fields: Vec<std::collections::BTreeMap<String, FieldValue>>,
    /// The records that each user holds, in load order and without repetitions.
    pub(crate) held: Rows<UserIx, RecordIx>,
    /// The records of each account, in load order.
    pub(crate) of_account: Rows<RecordIx, RecordIx>,
}

/// An assigned user of a record, with the job role of the assignment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assigned {
    pub(crate) user: UserIx,
    /// As the document has it: it may name nothing.
    pub(crate) job_role: Option<JobRoleIx>,
}

impl Records {
    pub(crate) fn len(&self) -> usize {
        self.owners.len()
    }

    /// The record with this id, if there is one.
    pub(crate) fn find(&self, id: &str) -> Option<RecordIx> {
        self.ids.get(id).filter(|&record| self.exists(record))
    }

    pub(crate) fn exists(&self, record: RecordIx) -> bool {
        record.at() < self.len()
    }

    pub(crate) fn owner(&self, record: RecordIx) -> Option<UserIx> {
        self.owners.get(record.at()).copied().flatten()
    }

    pub(crate) fn account(&self, record: RecordIx) -> Option<RecordIx> {
        self.accounts.get(record.at()).copied().flatten()
    }

    pub(crate) fn name(&self, record: RecordIx) -> Option<&str> {
        self.names.get(record.at()).and_then(Option::as_deref)
    }

    pub(crate) fn field(&self, record: RecordIx, name: &str) -> Option<&FieldValue> {
        self.fields
            .get(record.at())
            .and_then(|fields| fields.get(name))
    }

    /// The records, in load order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = RecordIx> + Clone + use<> {
        (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).map(RecordIx::new)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Deals {
    pub(crate) ids: Ids<DealIx>,
    pub(crate) rows: Vec<DealRow>,
    pub(crate) of_owner: Rows<UserIx, DealIx>,
    pub(crate) of_registrar: Rows<UserIx, DealIx>,
    pub(crate) of_company: Rows<CompanyIx, DealIx>,
}

#[derive(Debug, Clone)]
pub(crate) struct DealRow {
    pub(crate) name: Option<String>,
    /// As the document has it: it may name nothing.
    pub(crate) company: CompanyIx,
    /// As the document has it: it may name nobody.
    pub(crate) owner: UserIx,
    /// As the document has it; absent means the deal owner.
    pub(crate) registered_by: Option<UserIx>,
    pub(crate) owner_tier: Option<Tier>,
    pub(crate) stage: Option<String>,
    pub(crate) amount: Option<crate::Amount>,
    pub(crate) currency: Option<String>,
    pub(crate) expected_close: Option<String>,
    pub(crate) created_at: Option<Instant>,
}

impl DealRow {
    /// Who registered the deal (§6: absent means the deal owner).
    pub(crate) fn registrar(&self) -> UserIx {
        self.registered_by.unwrap_or(self.owner)
    }
}

impl Deals {
    pub(crate) fn get(&self, deal: DealIx) -> Option<&DealRow> {
        self.rows.get(deal.at())
    }

    /// The deals, in load order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = DealIx> + use<> {
        (0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX)).map(DealIx::new)
    }
}

impl Governance {
    /// The organisation at an instant: the one that questions are asked of.
    pub fn at(&self, now: Instant) -> At<'_> {
        At::new(self, now)
    }

    /// The organisation's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The organisation's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the organisation has settled for itself.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// How many records of a type there are.
    pub fn record_count(&self, kind: RecordType) -> usize {
        self.records.of(kind).len()
    }

    /// How many deals there are.
    pub fn deal_count(&self) -> usize {
        self.deals.rows.len()
    }

    /// The users, in load order.
    pub fn users(&self) -> impl Iterator<Item = User> + '_ {
        self.users.iter().filter_map(|user| self.user_as_org(user))
    }

    /// The user with this id.
    pub fn user(&self, id: &str) -> Option<User> {
        self.user_as_org(self.users.find(id)?)
    }

    /// The roles, in load order.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        self.roles
            .ids
            .iter()
            .zip(&self.roles.rows)
            .map(|(role, row)| Role {
                id: self.roles.ids.text(role).to_owned(),
                name: row.name.clone(),
                parent: row
                    .parent
                    .map(|parent| self.roles.ids.text(parent).to_owned()),
            })
    }

    /// The profiles, in load order.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> + '_ {
        self.profiles.rows.iter().map(|row| &row.profile)
    }

    /// The job roles, in load order.
    pub fn job_roles(&self) -> impl Iterator<Item = JobRole> + '_ {
        let ids = self.job_roles.ids.iter().zip(&self.job_roles.names);
        ids.map(|(job_role, name)| JobRole {
            id: self.job_roles.ids.text(job_role).to_owned(),
            name: name.clone(),
        })
    }

    /// The partner companies, in load order.
    pub fn companies(&self) -> impl Iterator<Item = &Company> + '_ {
        self.companies.rows.iter()
    }

    /// The records of a type, in load order.
    pub fn records(&self, kind: RecordType) -> impl Iterator<Item = CrmRecord> + '_ {
        let records = self.records.of(kind);
        records
            .iter()
            .map(move |record| self.record_as_org(kind, record))
    }

    /// The record with this id.
    pub fn record(&self, kind: RecordType, id: &str) -> Option<CrmRecord> {
        self.records
            .of(kind)
            .find(id)
            .map(|record| self.record_as_org(kind, record))
    }

    /// The deals, in load order.
    pub fn deals(&self) -> impl Iterator<Item = Deal> + '_ {
        self.deals.iter().filter_map(|deal| self.deal_as_org(deal))
    }

    /// The deal with this id.
    pub fn deal(&self, id: &str) -> Option<Deal> {
        self.deal_as_org(self.deals.ids.get(id)?)
    }

    /// The organisation as a document that loads to this one again. Repeated assigned users are written once.
    ///
    /// # Complexity
    /// Linear in the size of the organisation.
    pub fn to_org(&self) -> Org {
        Org {
            format: Format::V1,
            id: self.id.clone(),
            name: self.name.clone(),
            time_zone: self.time_zone.clone(),
            settings: self.settings,
            job_roles: self.job_roles.listed.then(|| self.job_roles().collect()),
            roles: self.roles().collect(),
            profiles: self.profiles().cloned().collect(),
            users: self.users().collect(),
            companies: self.companies.rows.clone(),
            records: RecordType::ALL
                .iter()
                .flat_map(|&kind| self.records(kind))
                .collect(),
            deals: self.deals().collect(),
        }
    }

    fn user_as_org(&self, user: UserIx) -> Option<User> {
        let person = self.users.get(user)?;
        Some(User {
            id: self.users.ids.text(user).to_owned(),
            name: person.name.clone(),
            email: person.email.clone(),
            profile: self.profiles.ids.text(person.profile).to_owned(),
            role: person.role.map(|role| self.roles.ids.text(role).to_owned()),
            job_role: person
                .job_role
                .map(|job_role| self.job_roles.ids.text(job_role).to_owned()),
            status: person.status,
            guest: person.guest.as_ref().map(|term| Guest {
                claimed: term.claimed,
                expires_at: term.expires_at,
                revoked_at: term.revoked_at,
                sponsor: term
                    .sponsor
                    .map(|sponsor| self.users.ids.text(sponsor).to_owned()),
            }),
            memberships: person
                .standings
                .iter()
                .map(|standing| Membership {
                    company: self.companies.ids.text(standing.company).to_owned(),
                    tier: standing.tier,
                    primary: standing.primary,
                })
                .collect(),
        })
    }

    fn record_as_org(&self, kind: RecordType, record: RecordIx) -> CrmRecord {
        let records = self.records.of(kind);
        CrmRecord {
            kind,
            id: records.ids.text(record).to_owned(),
            name: records.name(record).map(str::to_owned),
            owner: records
                .owner(record)
                .map(|owner| self.users.ids.text(owner).to_owned()),
            assigned: records
                .assigned
                .get(record)
                .iter()
                .map(|assigned| Assignment {
                    user: self.users.ids.text(assigned.user).to_owned(),
                    job_role: assigned
                        .job_role
                        .map(|job_role| self.job_roles.ids.text(job_role).to_owned()),
                })
                .collect(),
            account: records.account(record).map(|account| {
                self.records
                    .of(RecordType::Account)
                    .ids
                    .text(account)
                    .to_owned()
            }),
            fields: records.fields.get(record.at()).cloned().unwrap_or_default(),
        }
    }

    fn deal_as_org(&self, deal: DealIx) -> Option<Deal> {
        let row = self.deals.get(deal)?;
        Some(Deal {
            id: self.deals.ids.text(deal).to_owned(),
            name: row.name.clone(),
            company: self.companies.ids.text(row.company).to_owned(),
            owner: self.users.ids.text(row.owner).to_owned(),
            registered_by: row
                .registered_by
                .map(|user| self.users.ids.text(user).to_owned()),
            owner_tier: row.owner_tier,
            stage: row.stage.clone(),
            amount: row.amount,
            currency: row.currency.clone(),
            expected_close: row.expected_close.clone(),
            created_at: row.created_at,
        })
    }

    /// Checks a document and builds the tables. What it refuses is §10.1's first list; what names
    /// nothing is kept as it is written, and counts as absent.
    pub(crate) fn compile(
        org: Org,
        unknown_members: Vec<Pointer>,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let check = Check { limits };
        let root = Pointer::root();
        check.text(&root.member("id"), &org.id)?;
        check.text(&root.member("name"), &org.name)?;
        check.text(&root.member("timeZone"), &org.time_zone)?;

        let job_roles = job_roles(&check, org.job_roles)?;
        let mut roles = roles(&check, org.roles)?;
        let mut profiles = profiles(&check, org.profiles)?;
        let mut companies = companies(&check, org.companies)?;
        let mut job_role_ids = job_roles.ids.clone();
        let mut users = users(
            &check,
            org.users,
            &mut roles.ids,
            &mut job_role_ids,
            &profiles.ids,
            &mut companies,
        )?;
        let records = record_tables(
            &check,
            org.records,
            org.settings,
            &mut users.ids,
            &mut job_role_ids,
        )?;
        let deals = deals(&check, org.deals, &mut users.ids, &mut companies.ids)?;

        seat(&mut users, &roles, &mut profiles);
        users.managed = managed(&users, &companies);
        Ok(Self {
            id: org.id,
            name: org.name,
            time_zone: org.time_zone,
            settings: org.settings,
            job_roles: JobRoles {
                ids: job_role_ids,
                ..job_roles
            },
            roles,
            profiles,
            users,
            companies,
            records,
            deals,
            unknown_members,
        })
    }
}

/// The limits and forms that every part of a document is held to.
struct Check<'a> {
    limits: &'a Limits,
}

impl Check<'_> {
    fn count(&self, member: &str, count: usize, limit: usize, code: Code) -> Result<(), LoadError> {
        if count <= limit {
            return Ok(());
        }
        Err(LoadError::new(
            code,
            Pointer::root().member(member),
            format!("{count} `{member}`, at most {limit} are read"),
        ))
    }

    /// Text of bounded length: a name, or an id that refers to something.
    fn text(&self, path: &Pointer, text: &str) -> Result<(), LoadError> {
        if text.len() <= self.limits.text {
            return Ok(());
        }
        let message = format!(
            "text of {} bytes, at most {} are read",
            text.len(),
            self.limits.text
        );
        Err(LoadError::new(Code::TextTooLong, path.clone(), message))
    }

    /// The id of a new thing of its kind.
    fn define<I: Ix>(
        &self,
        ids: &mut Ids<I>,
        path: &Pointer,
        noun: &str,
        id: &str,
    ) -> Result<I, LoadError> {
        let path = || path.member("id");
        self.text(&path(), id)?;
        if id.is_empty() {
            return Err(LoadError::new(Code::EmptyId, path(), "an id is empty"));
        }
        let fresh = ids.len();
        let ix = ids.intern(id).map_err(|full| out_of_room(full, path()))?;
        if ix.at() != fresh {
            return Err(LoadError::new(
                Code::DuplicateId,
                path(),
                format!("two {noun} have the id `{id}`"),
            ));
        }
        Ok(ix)
    }

    /// An id that refers to something, which may not exist.
    fn refer<I: Ix>(
        &self,
        ids: &mut Ids<I>,
        path: impl Fn() -> Pointer,
        id: &str,
    ) -> Result<I, LoadError> {
        if id.len() > self.limits.text {
            self.text(&path(), id)?;
        }
        ids.intern(id).map_err(|full| out_of_room(full, path()))
    }
}

fn out_of_room(_: Full, path: Pointer) -> LoadError {
    LoadError::new(
        Code::TooManyItems,
        path,
        "the ids of one kind take more room than there is",
    )
}

fn job_roles(check: &Check<'_>, listed: Option<Vec<JobRole>>) -> Result<JobRoles, LoadError> {
    let mut table = JobRoles {
        listed: listed.is_some(),
        ..JobRoles::default()
    };
    let job_roles = listed.unwrap_or_else(JobRole::initial);
    check.count(
        "jobRoles",
        job_roles.len(),
        check.limits.catalogue,
        Code::TooManyItems,
    )?;
    for (index, job_role) in job_roles.into_iter().enumerate() {
        let path = Pointer::root().member("jobRoles").item(index);
        check.define(&mut table.ids, &path, "job roles", &job_role.id)?;
        check.text(&path.member("name"), &job_role.name)?;
        table.names.push(job_role.name);
    }
    Ok(table)
}

fn roles(check: &Check<'_>, roles: Vec<Role>) -> Result<Roles, LoadError> {
    check.count("roles", roles.len(), check.limits.roles, Code::TooManyRoles)?;
    let place = |index: usize| Pointer::root().member("roles").item(index);
    let mut ids = Ids::with_capacity(roles.len());
    for (index, role) in roles.iter().enumerate() {
        check.define(&mut ids, &place(index), "roles", &role.id)?;
        check.text(&place(index).member("name"), &role.name)?;
    }
    let mut rows = Vec::with_capacity(roles.len());
    for (index, role) in roles.into_iter().enumerate() {
        let parent = match role.parent {
            Some(parent) => {
                Some(check.refer(&mut ids, || place(index).member("parent"), &parent)?)
            }
            None => None,
        };
        rows.push(RoleRow {
            name: role.name,
            parent,
        });
    }
    let known = rows.len();
    let parents: Vec<_> = rows
        .iter()
        .map(|row| row.parent.filter(|parent| parent.at() < known))
        .collect();
    Ok(Roles {
        ids,
        rows,
        forest: Forest::new(&parents),
    })
}

fn profiles(check: &Check<'_>, profiles: Vec<Profile>) -> Result<Profiles, LoadError> {
    check.count(
        "profiles",
        profiles.len(),
        check.limits.catalogue,
        Code::TooManyItems,
    )?;
    let mut table = Profiles::default();
    for (index, profile) in profiles.into_iter().enumerate() {
        let path = Pointer::root().member("profiles").item(index);
        check.define(&mut table.ids, &path, "profiles", &profile.id)?;
        check.text(&path.member("name"), &profile.name)?;
        let mut scopes = [[Scope::Denied; Action::ALL.len()]; RecordType::ALL.len()];
        for (kind, action, scope) in profile.permissions.iter() {
            // A profile built as data has not passed the reader, which refuses this with the same code.
            if !applicable(kind, action).contains(&scope) {
                let place = path
                    .member("permissions")
                    .member(kind.as_str())
                    .member(action.as_str());
                let message = format!("scope `{scope}` does not apply to `{action}` on `{kind}`");
                return Err(LoadError::new(Code::ScopeNotApplicable, place, message));
            }
            if let Some(slot) = scopes
                .get_mut(kind as usize)
                .and_then(|row| row.get_mut(action as usize))
            {
                *slot = scope;
            }
        }
        table.rows.push(ProfileRow {
            profile,
            scopes,
            seated: Vec::new(),
        });
    }
    Ok(table)
}

fn companies(check: &Check<'_>, companies: Vec<Company>) -> Result<Companies, LoadError> {
    check.count(
        "companies",
        companies.len(),
        check.limits.catalogue,
        Code::TooManyItems,
    )?;
    let mut ids = Ids::with_capacity(companies.len());
    for (index, company) in companies.iter().enumerate() {
        let path = Pointer::root().member("companies").item(index);
        check.define(&mut ids, &path, "companies", &company.id)?;
        check.text(&path.member("name"), &company.name)?;
        check.text(
            &path.member("accountOwnerEmail"),
            company.account_owner_email.as_deref().unwrap_or_default(),
        )?;
    }
    Ok(Companies {
        ids,
        rows: companies,
    })
}

fn users(
    check: &Check<'_>,
    users: Vec<User>,
    role_ids: &mut Ids<RoleIx>,
    job_role_ids: &mut Ids<JobRoleIx>,
    profile_ids: &Ids<ProfileIx>,
    companies: &mut Companies,
) -> Result<Users, LoadError> {
    check.count("users", users.len(), check.limits.users, Code::TooManyUsers)?;
    let place = |index: usize| Pointer::root().member("users").item(index);
    let mut ids = Ids::with_capacity(users.len());
    for (index, user) in users.iter().enumerate() {
        check.define(&mut ids, &place(index), "users", &user.id)?;
    }
    let mut rows = Vec::with_capacity(users.len());
    for (index, user) in users.into_iter().enumerate() {
        let path = || place(index);
        check.text(&path().member("name"), &user.name)?;
        check.text(
            &path().member("email"),
            user.email.as_deref().unwrap_or_default(),
        )?;
        let Some(profile) = profile_ids.get(&user.profile) else {
            let message = format!(
                "no profile has the id `{}`",
                crate::error::Excerpt(&user.profile)
            );
            return Err(LoadError::new(
                Code::UnknownProfile,
                path().member("profile"),
                message,
            ));
        };
        let role = match &user.role {
            Some(role) => Some(check.refer(role_ids, || path().member("role"), role)?),
            None => None,
        };
        let job_role = match &user.job_role {
            Some(job_role) => {
                Some(check.refer(job_role_ids, || path().member("jobRole"), job_role)?)
            }
            None => None,
        };
        let guest = match user.guest {
            Some(guest) => {
                let sponsor = match &guest.sponsor {
                    Some(sponsor) => Some(check.refer(
                        &mut ids,
                        || path().member("guest").member("sponsor"),
                        sponsor,
                    )?),
                    None => None,
                };
                Some(Box::new(Term {
                    claimed: guest.claimed,
                    expires_at: guest.expires_at,
                    revoked_at: guest.revoked_at,
                    sponsor,
                }))
            }
            None => None,
        };
        let standings = standings(
            check,
            &path().member("memberships"),
            &user.memberships,
            &mut companies.ids,
        )?;
        rows.push(Person {
            name: user.name,
            email: user.email,
            profile,
            role,
            job_role,
            status: user.status,
            guest,
            standings,
        });
    }
    Ok(Users {
        ids,
        rows,
        ..Users::default()
    })
}

fn standings(
    check: &Check<'_>,
    path: &Pointer,
    memberships: &[Membership],
    ids: &mut Ids<CompanyIx>,
) -> Result<Vec<Standing>, LoadError> {
    let mut standings: Vec<Standing> = Vec::with_capacity(memberships.len());
    let mut companies = std::collections::HashSet::new();
    for (index, membership) in memberships.iter().enumerate() {
        let company = check.refer(
            ids,
            || path.item(index).member("company"),
            &membership.company,
        )?;
        if !companies.insert(company) {
            let message = format!(
                "two memberships of one user at the company `{}`",
                membership.company
            );
            return Err(LoadError::new(
                Code::DuplicateMembership,
                path.item(index),
                message,
            ));
        }
        if membership.primary && standings.iter().any(|standing| standing.primary) {
            return Err(LoadError::new(
                Code::DuplicatePrimary,
                path.item(index).member("primary"),
                "two primary companies of one user",
            ));
        }
        standings.push(Standing {
            company,
            tier: membership.tier,
            primary: membership.primary,
        });
    }
    Ok(standings)
}

fn record_tables(
    check: &Check<'_>,
    records: Vec<CrmRecord>,
    settings: Settings,
    user_ids: &mut Ids<UserIx>,
    job_role_ids: &mut Ids<JobRoleIx>,
) -> Result<RecordTables, LoadError> {
    check.count(
        "records",
        records.len(),
        check.limits.records,
        Code::TooManyItems,
    )?;
    let place = |index: usize| Pointer::root().member("records").item(index);
    let mut tables = RecordTables::default();
    for (index, record) in records.iter().enumerate() {
        if let Some(table) = tables.of_mut(record.kind) {
            check.define(
                &mut table.ids,
                &place(index),
                "records of one type",
                &record.id,
            )?;
        }
    }
    // Accounts that do not exist get their numbers after all that do.
    let mut account_ids = tables
        .of_mut(RecordType::Account)
        .map(|table| std::mem::take(&mut table.ids))
        .unwrap_or_default();
    let mut seen = std::collections::HashSet::new();
    for (index, record) in records.into_iter().enumerate() {
        let path = || place(index);
        check.text(
            &path().member("name"),
            record.name.as_deref().unwrap_or_default(),
        )?;
        let owner = match &record.owner {
            Some(owner) => Some(check.refer(user_ids, || path().member("owner"), owner)?),
            None => None,
        };
        seen.clear();
        let mut assigned = Vec::with_capacity(record.assigned.len());
        for (position, assignment) in record.assigned.iter().enumerate() {
            let at = || path().member("assigned").item(position);
            let user = check.refer(user_ids, at, &assignment.user)?;
            let job_role = match &assignment.job_role {
                Some(job_role) => {
                    Some(check.refer(job_role_ids, || at().member("jobRole"), job_role)?)
                }
                None => None,
            };
            if seen.insert(user) {
                assigned.push(Assigned { user, job_role });
            }
        }
        let account = match &record.account {
            Some(account) => {
                Some(check.refer(&mut account_ids, || path().member("account"), account)?)
            }
            None => None,
        };
        if let Some(table) = tables.of_mut(record.kind) {
            table.owners.push(owner);
            table.assigned.push(assigned);
            table.accounts.push(account);
            table.names.push(record.name);
            table.fields.push(record.fields);
        }
    }
    if let Some(accounts) = tables.of_mut(RecordType::Account) {
        accounts.ids = account_ids;
    }
    let account_count = tables.of(RecordType::Account).len();
    for &kind in RecordType::ALL {
        let assigned_count = settings.multi_user_assignment && kind.has_assigned_users();
        if let Some(table) = tables.of_mut(kind) {
            index_records(table, user_ids.len(), account_count, assigned_count);
        }
    }
    Ok(tables)
}

fn index_records(table: &mut Records, users: usize, accounts: usize, assigned_count: bool) {
    let holdings = table.iter().flat_map(|record| {
        let owner = table.owner(record);
        let assigned = if assigned_count {
            table.assigned.get(record)
        } else {
            &[]
        };
        let others = assigned
            .iter()
            .map(|assigned| assigned.user)
            .filter(move |&user| Some(user) != owner);
        owner
            .into_iter()
            .chain(others)
            .map(move |user| (user, record))
    });
    let held = Rows::group(users, holdings, RecordIx::new(0));
    let members = table
        .iter()
        .filter_map(|record| table.account(record).map(|account| (account, record)));
    let of_account = Rows::group(
        accounts,
        members.filter(|(account, _)| account.at() < accounts),
        RecordIx::new(0),
    );
    table.held = held;
    table.of_account = of_account;
}

fn deals(
    check: &Check<'_>,
    deals: Vec<Deal>,
    user_ids: &mut Ids<UserIx>,
    company_ids: &mut Ids<CompanyIx>,
) -> Result<Deals, LoadError> {
    check.count("deals", deals.len(), check.limits.deals, Code::TooManyItems)?;
    let place = |index: usize| Pointer::root().member("deals").item(index);
    let mut ids = Ids::with_capacity(deals.len());
    let mut rows = Vec::with_capacity(deals.len());
    for (index, deal) in deals.into_iter().enumerate() {
        let path = || place(index);
        check.define(&mut ids, &path(), "deals", &deal.id)?;
        for (member, text) in [
            ("name", &deal.name),
            ("stage", &deal.stage),
            ("currency", &deal.currency),
        ] {
            check.text(&path().member(member), text.as_deref().unwrap_or_default())?;
        }
        let company = check.refer(company_ids, || path().member("company"), &deal.company)?;
        let owner = check.refer(user_ids, || path().member("owner"), &deal.owner)?;
        let registered_by = match &deal.registered_by {
            Some(user) => Some(check.refer(user_ids, || path().member("registeredBy"), user)?),
            None => None,
        };
        rows.push(DealRow {
            name: deal.name,
            company,
            owner,
            registered_by,
            owner_tier: deal.owner_tier,
            stage: deal.stage,
            amount: deal.amount,
            currency: deal.currency,
            expected_close: deal.expected_close,
            created_at: deal.created_at,
        });
    }
    let by = |key: fn(&DealRow) -> u32| {
        (0_u32..)
            .zip(&rows)
            .map(move |(number, row)| (key(row), DealIx::new(number)))
    };
    let of_owner = Rows::group(
        user_ids.len(),
        by(|row| row.owner.number()).map(|(user, deal)| (UserIx::new(user), deal)),
        DealIx::new(0),
    );
    let of_registrar = Rows::group(
        user_ids.len(),
        by(|row| row.registrar().number()).map(|(user, deal)| (UserIx::new(user), deal)),
        DealIx::new(0),
    );
    let of_company = Rows::group(
        company_ids.len(),
        by(|row| row.company.number()).map(|(company, deal)| (CompanyIx::new(company), deal)),
        DealIx::new(0),
    );
    Ok(Deals {
        ids,
        rows,
        of_owner,
        of_registrar,
        of_company,
    })
}

/// Puts the users in the forest's order, all together and by profile.
fn seat(users: &mut Users, roles: &Roles, profiles: &mut Profiles) {
    let known = |role: &RoleIx| role.at() < roles.rows.len();
    users.positions = users
        .rows
        .iter()
        .map(|person| {
            person
                .role
                .filter(known)
                .map_or(NOWHERE, |role| roles.forest.position(role))
        })
        .collect();
    let mut seated: Vec<_> = users
        .iter()
        .map(|user| (users.position(user), user))
        .filter(|&(position, _)| position != NOWHERE)
        .collect();
    seated.sort_unstable();
    for &(position, user) in &seated {
        let profile = users
            .get(user)
            .and_then(|person| profiles.rows.get_mut(person.profile.at()));
        if let Some(profile) = profile {
            profile.seated.push((position, user));
        }
    }
    let mut seats = Vec::with_capacity(roles.rows.len() + 1);
    let mut taken = 0_u32;
    let mut next = seated.iter().peekable();
    for position in 0..u32::try_from(roles.rows.len()).unwrap_or(u32::MAX) {
        seats.push(taken);
        while next.next_if(|&&(seat, _)| seat == position).is_some() {
            taken += 1;
        }
    }
    seats.push(taken);
    users.seats = seats;
    users.seated = seated.into_iter().map(|(_, user)| user).collect();
}

/// For each user the companies that the user manages: Account Owner there, or named by email (§6).
fn managed(users: &Users, companies: &Companies) -> Rows<UserIx, CompanyIx> {
    let mut by_email: HashMap<String, Vec<CompanyIx>> = HashMap::new();
    for (company, row) in companies.ids.iter().zip(&companies.rows) {
        if let Some(email) = row
            .account_owner_email
            .as_deref()
            .filter(|email| !email.is_empty())
        {
            by_email
                .entry(email.to_lowercase())
                .or_default()
                .push(company);
        }
    }
    let mut managed = Rows::default();
    for person in &users.rows {
        let by_tier = person
            .standings
            .iter()
            .filter(|standing| standing.tier == Tier::Owner && companies.exists(standing.company));
        let mut row: Vec<_> = by_tier.map(|standing| standing.company).collect();
        if let Some(named) = person
            .email
            .as_deref()
            .and_then(|email| by_email.get(&email.to_lowercase()))
        {
            row.extend(named);
        }
        row.sort_unstable();
        row.dedup();
        managed.push(row);
    }
    managed
}
