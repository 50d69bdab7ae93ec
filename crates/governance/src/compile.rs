//! From a document to the compiled organisation: what has to hold between its parts (§10.1).

use std::sync::Arc;

use crate::assigned::{Assigned, AssignedUsers, PackedAssigned};
use crate::error::{Code, Excerpt, LoadError, Pointer};
use crate::field::{Fields, PackedFields};
use crate::governance::{
    DealRow, Deals, Governance, Header, JobRoles, People, Person, ProfileRow, RecordTables,
    Records, Revision, RoleRow, Roles, Standing, Term, Users,
};
use crate::load::Limits;
use crate::org::{
    Company, Deal, JobRole, Membership, Org, Profile, RecordText, Role, SavedView, Text, User,
};
use crate::packed::PackedReferences;
use crate::profile::{Action, inapplicable};
use crate::record::RecordType;
use crate::role::Forest;
use crate::table::{
    Column, CompanyIx, Full, Ids, Ix, JobRoleIx, Met, PackedTexts, Presence, ProfileIx, RecordIx,
    References, RoleIx, Table, Texts, UserIx, ViewIx,
};
use crate::view::{ASSIGNED_TO_ME, Filter};

impl Governance {
    /// Checks a document and builds the tables. What it refuses is §10.1's first list; what names
    /// nothing is kept as it is written, and counts as absent.
    ///
    /// `records` adds the records one by one, and tells the members that were passed over in all of the document.
    pub(crate) fn compile<'d>(
        org: Org<()>,
        limits: &Limits,
        records: impl FnOnce(&mut RecordColumns<'_, 'd>) -> Result<Vec<Pointer>, LoadError>,
    ) -> Result<Self, LoadError> {
        let check = Check { limits };
        let root = Pointer::root();
        check.id(&Pointer::root, &org.id)?;
        check.text(&root.member("name"), &org.name)?;
        check.text(&root.member("timeZone"), &org.time_zone)?;
        let settings = org.settings;

        let mut job_roles = check.job_roles(org.job_roles)?;
        let mut roles = check.roles(org.roles)?;
        let profiles = check.profiles(org.profiles)?;
        let mut companies = check.companies(org.companies)?;
        let mut users = check.users(
            org.users,
            &mut roles,
            &mut job_roles,
            &profiles,
            &mut companies,
        )?;
        let mut columns = RecordColumns {
            check: &check,
            user_ids: &mut users.table_mut().ids,
            job_role_ids: &mut job_roles.table.ids,
            count: 0,
            columns: Default::default(),
            waiting: Vec::new(),
            met: Met::default(),
        };
        let unknown_members = records(&mut columns)?;
        let records = columns.into_tables()?;
        let deals = check.deals(org.deals, &mut users, &mut companies)?;
        let views = check.views(org.views)?;

        let mut governance = Self {
            header: Arc::new(Header {
                id: org.id,
                name: org.name,
                time_zone: org.time_zone,
                unknown_members,
                limits: *limits,
            }),
            settings,
            job_roles: Arc::new(job_roles),
            roles: Arc::new(roles),
            profiles: Arc::new(profiles),
            users,
            companies: Arc::new(companies),
            records,
            deals,
            views: Arc::new(views),
            revision: Revision::default(),
            slice: None,
        };
        governance.relate();
        Ok(governance)
    }

    /// Finds what the parts are to each other, once all of them are there.
    pub(crate) fn relate(&mut self) {
        let roles = Arc::make_mut(&mut self.roles);
        roles.forest = roles.as_forest();
        self.users.seat(&self.roles);
        self.users.find_terms();
        self.users.find_managed(&self.companies);
        self.records
            .index(self.settings, &self.users, &self.roles.forest);
        let user_ids = self.users.table.ids.len();
        self.deals.index(user_ids, self.companies.ids.len());
    }
}

impl Roles {
    /// The forest of the roles that exist.
    pub(crate) fn as_forest(&self) -> Forest {
        let parent = |role| {
            self.get(role)?
                .parent
                .filter(|&parent| self.table.exists(parent))
        };
        Forest::new(&self.table.ids.iter().map(parent).collect::<Vec<_>>())
    }
}

/// The limits and forms that every part of a document is held to.
pub(crate) struct Check<'a> {
    pub(crate) limits: &'a Limits,
}

impl Check<'_> {
    pub(crate) fn count(
        &self,
        member: &str,
        count: usize,
        limit: usize,
        code: Code,
    ) -> Result<(), LoadError> {
        if count <= limit {
            return Ok(());
        }
        let message = format!("{count} `{member}`, at most {limit} are read");
        Err(LoadError::new(
            code,
            Pointer::root().member(member),
            message,
        ))
    }

    /// Text of bounded length: a name, or an id that refers to something.
    pub(crate) fn text(&self, path: &Pointer, text: &str) -> Result<(), LoadError> {
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

    /// The same, for a member that may be absent. The place is made only where it is told.
    fn optional_text(
        &self,
        path: &dyn Fn() -> Pointer,
        member: &str,
        text: Option<&str>,
    ) -> Result<(), LoadError> {
        match text {
            Some(text) if text.len() > self.limits.text => self.text(&path().member(member), text),
            _ => Ok(()),
        }
    }

    /// The id of a new thing of its kind.
    pub(crate) fn define<I: Ix>(
        &self,
        ids: &mut Ids<I>,
        path: &dyn Fn() -> Pointer,
        noun: &str,
        id: &str,
    ) -> Result<I, LoadError> {
        self.id(path, id)?;
        let fresh = ids.len();
        let ix = ids.intern(id).map_err(|full| out_of_room(full, path()))?;
        if ix.at() != fresh {
            let message = format!("two {noun} have the id `{}`", Excerpt(id));
            return Err(LoadError::new(
                Code::DuplicateId,
                path().member("id"),
                message,
            ));
        }
        Ok(ix)
    }

    /// An id of bounded length that is not empty.
    pub(crate) fn id(&self, path: &dyn Fn() -> Pointer, id: &str) -> Result<(), LoadError> {
        if id.is_empty() {
            return Err(LoadError::new(
                Code::EmptyId,
                path().member("id"),
                "an id is empty",
            ));
        }
        if id.len() > self.limits.text {
            self.text(&path().member("id"), id)
        } else {
            Ok(())
        }
    }

    /// An id that refers to something, which may not exist.
    pub(crate) fn refer<I: Ix>(
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

    fn refer_optional<I: Ix>(
        &self,
        ids: &mut Ids<I>,
        path: impl Fn() -> Pointer,
        id: Option<&str>,
    ) -> Result<Option<I>, LoadError> {
        id.map(|id| self.refer(ids, path, id)).transpose()
    }

    fn job_roles(&self, listed: Option<Vec<JobRole>>) -> Result<JobRoles, LoadError> {
        let is_listed = listed.is_some();
        let job_roles = listed.unwrap_or_else(JobRole::initial);
        self.count(
            "jobRoles",
            job_roles.len(),
            self.limits.catalogue,
            Code::TooManyItems,
        )?;
        let mut table = Table::default();
        for (index, job_role) in job_roles.into_iter().enumerate() {
            let path = || Pointer::root().member("jobRoles").item(index);
            let ix: JobRoleIx = self.define(&mut table.ids, &path, "job roles", &job_role.id)?;
            self.optional_text(&path, "name", Some(&job_role.name))?;
            table.set(ix, Some(job_role.name));
        }
        Ok(JobRoles {
            table,
            listed: is_listed,
        })
    }

    fn roles(&self, roles: Vec<Role>) -> Result<Roles, LoadError> {
        self.count("roles", roles.len(), self.limits.roles, Code::TooManyRoles)?;
        let place = |index: usize| Pointer::root().member("roles").item(index);
        let mut table: Table<RoleIx, RoleRow> = Table::default();
        for (index, role) in roles.iter().enumerate() {
            self.define(&mut table.ids, &|| place(index), "roles", &role.id)?;
        }
        for (index, role) in roles.into_iter().enumerate() {
            self.optional_text(&|| place(index), "name", Some(&role.name))?;
            let parent = self.refer_optional(
                &mut table.ids,
                || place(index).member("parent"),
                role.parent.as_deref(),
            )?;
            table.push(RoleRow {
                name: role.name,
                parent,
            });
        }
        Ok(Roles {
            table,
            forest: Forest::default(),
        })
    }

    fn profiles(&self, profiles: Vec<Profile>) -> Result<Table<ProfileIx, ProfileRow>, LoadError> {
        self.count(
            "profiles",
            profiles.len(),
            self.limits.catalogue,
            Code::TooManyItems,
        )?;
        let mut table = Table::default();
        for (index, profile) in profiles.into_iter().enumerate() {
            let path = || Pointer::root().member("profiles").item(index);
            self.define(&mut table.ids, &path, "profiles", &profile.id)?;
            self.profile(&path, &profile)?;
            table.push(ProfileRow { profile });
        }
        Ok(table)
    }

    /// What a profile holds for itself. One built as data has not passed the reader, which refuses
    /// a scope that does not apply with the same code.
    pub(crate) fn profile(
        &self,
        path: &dyn Fn() -> Pointer,
        profile: &Profile,
    ) -> Result<(), LoadError> {
        self.optional_text(path, "name", Some(&profile.name))?;
        for (kind, action, scope) in profile.permissions.iter() {
            if let Some(message) = inapplicable(kind, action, scope) {
                let place = path()
                    .member("permissions")
                    .member(kind.as_str())
                    .member(action.as_str());
                return Err(LoadError::new(Code::ScopeNotApplicable, place, message));
            }
        }
        Ok(())
    }

    fn companies(&self, companies: Vec<Company>) -> Result<Table<CompanyIx, Company>, LoadError> {
        self.count(
            "companies",
            companies.len(),
            self.limits.catalogue,
            Code::TooManyItems,
        )?;
        let mut table = Table::default();
        for (index, company) in companies.into_iter().enumerate() {
            let path = || Pointer::root().member("companies").item(index);
            self.define(&mut table.ids, &path, "companies", &company.id)?;
            self.company(&path, &company)?;
            table.push(company);
        }
        Ok(table)
    }

    pub(crate) fn company(
        &self,
        path: &dyn Fn() -> Pointer,
        company: &Company,
    ) -> Result<(), LoadError> {
        self.optional_text(path, "name", Some(&company.name))?;
        self.optional_text(
            path,
            "accountOwnerEmail",
            company.account_owner_email.as_deref(),
        )
    }

    fn users(
        &self,
        users: Vec<User>,
        roles: &mut Roles,
        job_roles: &mut JobRoles,
        profiles: &Table<ProfileIx, ProfileRow>,
        companies: &mut Table<CompanyIx, Company>,
    ) -> Result<Users, LoadError> {
        self.count("users", users.len(), self.limits.users, Code::TooManyUsers)?;
        let place = |index: usize| Pointer::root().member("users").item(index);
        let mut table = People::default();
        for (index, user) in users.iter().enumerate() {
            self.define(&mut table.ids, &|| place(index), "users", &user.id)?;
        }
        for (index, user) in users.into_iter().enumerate() {
            let person = self.person(
                &|| place(index),
                user,
                &mut table.ids,
                roles,
                job_roles,
                profiles,
                companies,
            )?;
            table.push(person);
        }
        Ok(Users::new(table))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a user refers to things of every kind"
    )]
    pub(crate) fn person(
        &self,
        path: &dyn Fn() -> Pointer,
        user: User,
        user_ids: &mut Ids<UserIx>,
        roles: &mut Roles,
        job_roles: &mut JobRoles,
        profiles: &Table<ProfileIx, ProfileRow>,
        companies: &mut Table<CompanyIx, Company>,
    ) -> Result<Person, LoadError> {
        self.optional_text(path, "name", Some(&user.name))?;
        self.optional_text(path, "email", user.email.as_deref())?;
        self.optional_text(path, "license", user.license.as_deref())?;
        self.optional_text(path, "region", user.region.as_deref())?;
        let Some(profile) = profiles.find(&user.profile) else {
            let message = format!("no profile has the id `{}`", Excerpt(&user.profile));
            return Err(LoadError::new(
                Code::UnknownProfile,
                path().member("profile"),
                message,
            ));
        };
        let role = self.refer_optional(
            &mut roles.table.ids,
            || path().member("role"),
            user.role.as_deref(),
        )?;
        let job_role = self.refer_optional(
            &mut job_roles.table.ids,
            || path().member("jobRole"),
            user.job_role.as_deref(),
        )?;
        let guest = match user.guest {
            None => None,
            Some(guest) => {
                let place = || path().member("guest").member("sponsor");
                let sponsor = self.refer_optional(user_ids, place, guest.sponsor.as_deref())?;
                Some(Box::new(Term {
                    claimed: guest.claimed,
                    expires_at: guest.expires_at,
                    revoked_at: guest.revoked_at,
                    sponsor,
                }))
            }
        };
        let standings = self.standings(
            &path().member("memberships"),
            &user.memberships,
            &mut companies.ids,
        )?;
        Ok(Person {
            name: user.name,
            email: user.email,
            profile,
            role,
            job_role,
            license: user.license,
            region: user.region,
            status: user.status,
            guest,
            standings,
        })
    }

    fn standings(
        &self,
        path: &Pointer,
        memberships: &[Membership],
        ids: &mut Ids<CompanyIx>,
    ) -> Result<Vec<Standing>, LoadError> {
        let mut standings: Vec<Standing> = Vec::with_capacity(memberships.len());
        let mut companies = Met::default();
        let mut has_primary = false;
        for (index, membership) in memberships.iter().enumerate() {
            let company = self.refer(
                ids,
                || path.item(index).member("company"),
                &membership.company,
            )?;
            if !companies.insert(company) {
                let message = format!(
                    "two memberships of one user at the company `{}`",
                    Excerpt(&membership.company)
                );
                return Err(LoadError::new(
                    Code::DuplicateMembership,
                    path.item(index),
                    message,
                ));
            }
            if membership.primary && has_primary {
                let place = path.item(index).member("primary");
                return Err(LoadError::new(
                    Code::DuplicatePrimary,
                    place,
                    "two primary companies of one user",
                ));
            }
            has_primary |= membership.primary;
            standings.push(Standing {
                company,
                tier: membership.tier,
                primary: membership.primary,
            });
        }
        Ok(standings)
    }

    pub(crate) fn deals(
        &self,
        deals: Vec<Deal>,
        users: &mut Users,
        companies: &mut Table<CompanyIx, Company>,
    ) -> Result<Deals, LoadError> {
        self.count("deals", deals.len(), self.limits.deals, Code::TooManyItems)?;
        let mut ids = Ids::with_capacity(deals.len());
        let mut rows = Vec::with_capacity(deals.len());
        for (index, deal) in deals.into_iter().enumerate() {
            let path = || Pointer::root().member("deals").item(index);
            self.define(&mut ids, &path, "deals", &deal.id)?;
            rows.push(Some(self.deal(
                &path,
                deal,
                &mut users.table_mut().ids,
                &mut companies.ids,
            )?));
        }
        Ok(Deals {
            ids,
            presence: Presence::loaded(rows.len()),
            rows: Column::from(rows),
            ..Deals::default()
        })
    }

    fn views(&self, views: Vec<SavedView>) -> Result<Table<ViewIx, SavedView>, LoadError> {
        self.count("views", views.len(), self.limits.views, Code::TooManyItems)?;
        let mut table = Table::default();
        for (index, view) in views.into_iter().enumerate() {
            let path = || Pointer::root().member("views").item(index);
            self.define(&mut table.ids, &path, "views", &view.id)?;
            self.view(&path, &view)?;
            table.push(view);
        }
        Ok(table)
    }

    /// What a view holds for itself (§5.4). Whom it belongs to may not exist.
    pub(crate) fn view(
        &self,
        path: &dyn Fn() -> Pointer,
        view: &SavedView,
    ) -> Result<(), LoadError> {
        if view.id == ASSIGNED_TO_ME {
            let message = format!("the view `{ASSIGNED_TO_ME}` is built in");
            let place = path().member("id");
            return Err(LoadError::new(Code::DuplicateId, place, message));
        }
        self.optional_text(path, "user", Some(&view.user))?;
        self.optional_text(path, "name", Some(&view.name))?;
        if view.action == Some(Action::Create) {
            let message = "a view lists records, and `create` is asked about a type";
            let place = path().member("action");
            return Err(LoadError::new(Code::InvalidField, place, message));
        }
        if view.filter.as_ref().is_some_and(Filter::is_too_deep) {
            return Err(Filter::too_deep(path().member("where")).into());
        }
        Ok(())
    }

    pub(crate) fn deal(
        &self,
        path: &dyn Fn() -> Pointer,
        deal: Deal,
        user_ids: &mut Ids<UserIx>,
        company_ids: &mut Ids<CompanyIx>,
    ) -> Result<DealRow, LoadError> {
        self.optional_text(path, "name", deal.name.as_deref())?;
        self.optional_text(path, "stage", deal.stage.as_deref())?;
        self.optional_text(path, "currency", deal.currency.as_deref())?;
        Ok(DealRow {
            company: self.refer(company_ids, || path().member("company"), &deal.company)?,
            owner: self.refer(user_ids, || path().member("owner"), &deal.owner)?,
            registered_by: self.refer_optional(
                user_ids,
                || path().member("registeredBy"),
                deal.registered_by.as_deref(),
            )?,
            name: deal.name,
            owner_tier: deal.owner_tier,
            stage: deal.stage,
            amount: deal.amount,
            currency: deal.currency,
            expected_close: deal.expected_close,
            created_at: deal.created_at,
        })
    }
}

/// The records of all types while they are read.
pub(crate) struct RecordColumns<'c, 'd> {
    check: &'c Check<'c>,
    user_ids: &'c mut Ids<UserIx>,
    job_role_ids: &'c mut Ids<JobRoleIx>,
    count: usize,
    columns: [Columns; RecordType::ALL.len()],
    /// References to accounts that were not read before: those that do not exist get their numbers after all that do.
    waiting: Vec<Waiting<'d>>,
    met: Met<UserIx>,
}

/// The records of one type while they are read.
#[derive(Default)]
pub(crate) struct Columns {
    pub(crate) ids: Ids<RecordIx>,
    /// How many there are; ids may be of some that do not exist as well.
    pub(crate) count: usize,
    pub(crate) owners: PackedReferences<UserIx>,
    pub(crate) assigned: PackedAssigned,
    pub(crate) accounts: PackedReferences<RecordIx>,
    pub(crate) names: PackedTexts,
    pub(crate) fields: PackedFields,
}

/// A record's account that is to be looked up.
struct Waiting<'d> {
    kind: RecordType,
    row: usize,
    account: Text<'d>,
    /// The record's place in the document.
    index: usize,
}

impl<'d> RecordColumns<'_, 'd> {
    /// Adds the next record of the document.
    pub(crate) fn add(&mut self, record: RecordText<'d>) -> Result<(), LoadError> {
        let Self {
            check,
            user_ids,
            job_role_ids,
            count: index,
            columns,
            waiting,
            met,
        } = self;
        let limit = check.limits.records;
        let path = || record_place(*index);
        if *index >= limit {
            let message = format!("more than {limit} `records`");
            let place = Pointer::root().member("records");
            return Err(LoadError::new(Code::TooManyItems, place, message));
        }
        let [accounts, ..] = columns;
        let account = record.account.as_ref().map(Text::as_ref);
        let known_account = account.and_then(|account| accounts.ids.get(account));
        let Some(columns) = columns.get_mut(record.kind as usize) else {
            return Ok(());
        };
        let row = columns.count;
        columns.count += 1;
        check.define(
            &mut columns.ids,
            &path,
            "records of one type",
            record.id.as_ref(),
        )?;
        let name = record.name.as_ref().map(Text::as_ref);
        check.optional_text(&path, "name", name)?;
        columns
            .names
            .push(name)
            .map_err(|full| out_of_room(full, path()))?;
        let owner = record.owner.as_ref().map(Text::as_ref);
        let owner = check.refer_optional(user_ids, || path().member("owner"), owner)?;
        columns.owners.set(row, owner);
        met.clear();
        for (index, assignment) in record.assigned.iter().enumerate() {
            let place = || path().member("assigned").item(index);
            let user = check.refer(user_ids, place, assignment.user.as_ref())?;
            let job_role = assignment.job_role.as_ref().map(Text::as_ref);
            let job_role =
                check.refer_optional(job_role_ids, || place().member("jobRole"), job_role)?;
            if met.insert(user) {
                columns.assigned.push(Assigned { user, job_role });
            }
        }
        columns.assigned.end_record();
        let fields = record.fields.0.iter();
        columns
            .fields
            .push(fields.map(|(name, value)| (name.as_ref(), value.into())))
            .map_err(|full| out_of_room(full, path()))?;
        if let Some(account) = record.account {
            match known_account {
                Some(known) => columns.accounts.set(row, Some(known)),
                None => waiting.push(Waiting {
                    kind: record.kind,
                    row,
                    account,
                    index: *index,
                }),
            }
        }
        *index += 1;
        Ok(())
    }

    /// The tables, once all records are read.
    fn into_tables(mut self) -> Result<RecordTables, LoadError> {
        for waiting in self.waiting {
            let [accounts, ..] = &mut self.columns;
            let place = || record_place(waiting.index).member("account");
            let account = waiting.account.as_ref();
            let account = self.check.refer(&mut accounts.ids, place, account)?;
            if let Some(columns) = self.columns.get_mut(waiting.kind as usize) {
                columns.accounts.set(waiting.row, Some(account));
            }
        }
        let mut tables = RecordTables::default();
        for (&kind, columns) in RecordType::ALL.iter().zip(self.columns) {
            *tables.of_mut(kind) = columns.into();
        }
        Ok(tables)
    }
}

fn record_place(index: usize) -> Pointer {
    Pointer::root().member("records").item(index)
}

impl From<Columns> for Records {
    fn from(mut columns: Columns) -> Self {
        // How many records there are was not known before, so that columns have room for up to twice as many.
        columns.ids.shrink_to_fit();
        columns.owners.shrink_to_fit();
        columns.assigned.shrink_to_fit();
        columns.accounts.shrink_to_fit();
        columns.names.shrink_to_fit();
        columns.fields.finish();
        Self {
            presence: Presence::loaded(columns.count),
            ids: columns.ids,
            owners: References::from(columns.owners),
            assigned: AssignedUsers::from(columns.assigned),
            accounts: References::from(columns.accounts),
            names: Texts::from(columns.names),
            fields: Fields::from(columns.fields),
            ..Self::default()
        }
    }
}

pub(crate) fn out_of_room(_: Full, path: Pointer) -> LoadError {
    LoadError::new(
        Code::TooManyItems,
        path,
        "the ids of one kind take more room than there is",
    )
}
