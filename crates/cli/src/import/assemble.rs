//! From tables and rules to an organisation: every row makes one thing, every reference is looked up.

use std::collections::{BTreeMap, HashMap};

use sidelight_governance::org::{
    Assignment, Company, CrmRecord, Deal, JobRole, Membership, Org, Profile, Role, Status, Tier,
    User,
};
use sidelight_governance::{Amount, RecordType};

use super::error::{ImportError, Place, Twice};
use super::line::{Joined, Joins, Line};
use super::mapping::{By, Dated, Mapping, Reference, Rule, Text};
use super::name::{Kind, Named, Names, initial_profiles};
use super::report::{Made, Reason, Report, SourceReport, Tally};
use super::table::Table;

/// Makes the organisation, and the account of what was in the exports.
///
/// # Errors
/// What cannot be written without guessing: a blank or doubled id, a user without a known profile, a
/// number that is none. Nothing is returned of what was made until then.
pub(crate) fn assemble(
    mapping: &Mapping,
    tables: &BTreeMap<String, Table>,
) -> Result<(Org, Report), ImportError> {
    let joins = Joins::index(mapping, tables)?;
    let names = Names::collect(mapping, tables, &joins)?;
    let mut assembly = Assembly {
        tables,
        joins,
        names,
        tally: Tally::default(),
    };
    let org = assembly.make(mapping)?;
    let (references, unwritten) = assembly.tally.into_reports();
    let sources = tables.values().map(|table| SourceReport {
        name: table.name.clone(),
        file: table.file.clone(),
        rows: table.rows.len(),
        left_out: table.left_out,
        missing: table.missing,
    });
    let report = Report {
        made: count(&org),
        sources: sources.collect(),
        references,
        unwritten,
    };
    Ok((org, report))
}

fn count(org: &Org) -> Vec<Made> {
    let made = |one, kind, count| Made { kind, one, count };
    let of_kind = |kind: Kind, count| made(kind.noun(), kind.plural(), count);
    let records = RecordType::ALL.iter().map(|&kind| {
        let count = org
            .records
            .iter()
            .filter(|record| record.kind == kind)
            .count();
        of_kind(Kind::Record(kind), count)
    });
    [
        of_kind(Kind::Profile, org.profiles.len()),
        of_kind(Kind::Role, org.roles.len()),
        of_kind(Kind::User, org.users.len()),
        of_kind(Kind::Company, org.companies.len()),
    ]
    .into_iter()
    .chain(records)
    .chain([made("deal", "deals", org.deals.len())])
    .filter(|made| made.count > 0)
    .collect()
}

struct Assembly<'a> {
    tables: &'a BTreeMap<String, Table>,
    joins: Joins<'a>,
    names: Names,
    tally: Tally,
}

impl<'a> Assembly<'a> {
    /// The rows of a rule; joins that find no row are counted on the way.
    fn lines(&mut self, rule: &'a dyn Rule, subject: &str) -> Vec<Line<'a>> {
        let lines = Line::all(rule, self.tables, &self.joins);
        for line in &lines {
            for (alias, joined) in line.joined() {
                let field = format!("{subject}.{alias}");
                let names = |table: &Table, key: &str| format!("`{key}` of {}", table.file);
                match joined {
                    Joined::Row(..) => {}
                    Joined::Blank(table, key) => {
                        self.tally.blank(&field, line.file(), &names(table, key));
                    }
                    Joined::Missing(table, key, value) => {
                        let names = names(table, key);
                        self.tally
                            .unresolved(&field, line.file(), &names, value, Reason::Unknown);
                    }
                }
            }
        }
        lines
    }

    fn reference(
        &mut self,
        line: &Line<'_>,
        field: &str,
        reference: &Reference,
        kind: Kind,
    ) -> Result<Named, ImportError> {
        let found = match line.value(&reference.text)? {
            None => {
                self.tally.blank(field, line.file(), kind.plural());
                Named::Blank
            }
            Some(value) => match self.names.find(kind, reference.by, &value) {
                Ok(id) => {
                    self.tally.resolved(field, line.file(), kind.plural());
                    Named::Known(id)
                }
                Err(reason) => {
                    self.tally
                        .unresolved(field, line.file(), kind.plural(), &value, reason);
                    match reference.by {
                        By::Id => Named::Dangling(value),
                        By::Name => Named::Unknown(value),
                    }
                }
            },
        };
        let Some(otherwise) = reference
            .text
            .otherwise
            .as_ref()
            .filter(|_| !matches!(found, Named::Known(_)))
        else {
            return Ok(found);
        };
        match self.names.find(kind, reference.by, otherwise) {
            Ok(id) => Ok(Named::Known(id)),
            Err(_) => Err(ImportError::mapping(format!(
                "`otherwise = \"{otherwise}\"` for {field} names no {}",
                kind.noun()
            ))),
        }
    }

    /// An optional reference.
    fn link(
        &mut self,
        line: &Line<'_>,
        field: &str,
        reference: Option<&Reference>,
        kind: Kind,
    ) -> Result<Option<String>, ImportError> {
        reference.map_or(Ok(None), |reference| {
            Ok(self.reference(line, field, reference, kind)?.id())
        })
    }

    /// A reference that must name something.
    fn required(
        &mut self,
        line: &Line<'_>,
        field: &'static str,
        reference: &Reference,
        kind: Kind,
    ) -> Result<String, ImportError> {
        match self.reference(line, field, reference, kind)? {
            Named::Known(id) => Ok(id),
            Named::Blank => Err(line.blank(field, &reference.text)),
            Named::Dangling(value) | Named::Unknown(value) => Err(ImportError::UnknownReference {
                what: field.to_owned(),
                kind: kind.noun(),
                value,
                place: line.place_of(&reference.text),
            }),
        }
    }

    fn make(&mut self, mapping: &'a Mapping) -> Result<Org, ImportError> {
        let Mapping { organisation, .. } = mapping;
        let mut org = Org::new(
            &*organisation.id,
            &*organisation.name,
            &*organisation.time_zone,
        );
        org.settings = organisation.settings;
        org.job_roles = self.job_roles(mapping)?;
        org.profiles = self.profiles(mapping)?;
        org.roles = self.roles(mapping)?;
        org.companies = self.companies(mapping)?;
        org.users = self.users(mapping)?;
        org.records = self.records(mapping)?;
        org.deals = self.deals(mapping)?;
        Ok(org)
    }

    fn job_roles(&mut self, mapping: &'a Mapping) -> Result<Option<Vec<JobRole>>, ImportError> {
        let mut made = Collection::new(Kind::JobRole.plural());
        for job_role in JobRole::initial() {
            let id = job_role.id.clone();
            made.add(&id, job_role, Place::whole("the four of the start"), false)?;
        }
        for rule in &mapping.job_roles {
            for line in self.lines(rule, "job role") {
                let Some(id) = identify(rule, &line, &rule.id)? else {
                    continue;
                };
                let name = line
                    .optional(rule.name.as_ref())?
                    .unwrap_or_else(|| id.clone());
                // A name that is there already, in whatever case, is that job role (§5.5).
                let is_there = |known: &JobRole| known.name.to_lowercase() == name.to_lowercase();
                if !made.items.iter().any(is_there) {
                    made.add(
                        &id.clone(),
                        JobRole { id, name },
                        line.place(),
                        rule.distinct,
                    )?;
                }
            }
        }
        Ok(Some(made.items).filter(|all| all.len() > JobRole::initial().len()))
    }

    fn profiles(&mut self, mapping: &'a Mapping) -> Result<Vec<Profile>, ImportError> {
        let mut made: Collection<Profile> = Collection::new(Kind::Profile.plural());
        for profile in initial_profiles() {
            let id = profile.id.clone();
            made.add(&id, profile, Place::whole("the three of the start"), false)?;
        }
        for rule in &mapping.profiles {
            for line in self.lines(rule, "profile") {
                let Some(id) = identify(rule, &line, &rule.id)? else {
                    continue;
                };
                let like = match (line.optional(rule.like.as_ref())?, &rule.like) {
                    (Some(like), Some(text)) => {
                        let known = made.get(&like).cloned();
                        Some(known.ok_or_else(|| ImportError::UnknownReference {
                            what: "profile.like".to_owned(),
                            kind: "profile that is made before",
                            value: like,
                            place: line.place_of(text),
                        })?)
                    }
                    _ => None,
                };
                let like = like.unwrap_or_else(|| Profile {
                    id: String::new(),
                    name: String::new(),
                    admin: false,
                    permissions: Default::default(),
                    toggles: Default::default(),
                });
                let mut profile = Profile {
                    name: line
                        .optional(rule.name.as_ref())?
                        .unwrap_or_else(|| id.clone()),
                    id,
                    admin: line.switch(rule.admin.as_ref())?.unwrap_or(like.admin),
                    ..like
                };
                for (kind, action, scope) in rule.permissions.iter() {
                    profile.permissions.set(kind, action, scope);
                }
                for (toggle, permitted) in rule.toggles.iter() {
                    profile.toggles.set(toggle, permitted);
                }
                made.add(&profile.id.clone(), profile, line.place(), rule.distinct)?;
            }
        }
        Ok(made.items)
    }

    fn roles(&mut self, mapping: &'a Mapping) -> Result<Vec<Role>, ImportError> {
        let mut made = Collection::new(Kind::Role.plural());
        for rule in &mapping.roles {
            for line in self.lines(rule, "role") {
                let Some(id) = identify(rule, &line, &rule.id)? else {
                    continue;
                };
                let role = Role {
                    name: line
                        .optional(rule.name.as_ref())?
                        .unwrap_or_else(|| id.clone()),
                    parent: self.link(&line, "role.parent", rule.parent.as_ref(), Kind::Role)?,
                    id,
                };
                made.add(&role.id.clone(), role, line.place(), rule.distinct)?;
            }
        }
        Ok(made.items)
    }

    fn companies(&mut self, mapping: &'a Mapping) -> Result<Vec<Company>, ImportError> {
        let mut made = Collection::new(Kind::Company.plural());
        for rule in &mapping.companies {
            for line in self.lines(rule, "company") {
                let Some(id) = identify(rule, &line, &rule.id)? else {
                    continue;
                };
                let company = Company {
                    name: line
                        .optional(rule.name.as_ref())?
                        .unwrap_or_else(|| id.clone()),
                    account_owner_email: line.optional(rule.account_owner_email.as_ref())?,
                    id,
                };
                made.add(&company.id.clone(), company, line.place(), rule.distinct)?;
            }
        }
        Ok(made.items)
    }

    fn users(&mut self, mapping: &'a Mapping) -> Result<Vec<User>, ImportError> {
        let mut made = Collection::new(Kind::User.plural());
        for rule in &mapping.users {
            for line in self.lines(rule, "user") {
                let Some(id) = identify(rule, &line, &rule.id)? else {
                    continue;
                };
                let name = line
                    .optional(rule.name.as_ref())?
                    .unwrap_or_else(|| id.clone());
                let profile = self.required(&line, "user.profile", &rule.profile, Kind::Profile)?;
                let user = User {
                    email: line.optional(rule.email.as_ref())?,
                    role: self.link(&line, "user.role", rule.role.as_ref(), Kind::Role)?,
                    job_role: self.link(
                        &line,
                        "user.jobRole",
                        rule.job_role.as_ref(),
                        Kind::JobRole,
                    )?,
                    status: line
                        .parsed::<Status>(rule.status.as_ref(), "`active` or `locked`")?
                        .unwrap_or_default(),
                    ..User::new(&*id, name, profile)
                };
                made.add(&id, user, line.place(), rule.distinct)?;
            }
        }
        for rule in &mapping.memberships {
            for line in self.lines(rule, "membership") {
                let user = self.reference(&line, "membership.user", &rule.user, Kind::User)?;
                let company =
                    self.reference(&line, "membership.company", &rule.company, Kind::Company)?;
                let Some(tier) = line.parsed::<Tier>(Some(&rule.tier), "a tier")? else {
                    return Err(line.blank("membership.tier", &rule.tier));
                };
                let primary = line.switch(rule.primary.as_ref())?.unwrap_or_default();
                let user = user.known().and_then(|user| made.get_mut(&user));
                match (user, company.known()) {
                    (Some(user), Some(company)) => {
                        let membership = Membership {
                            company,
                            tier,
                            primary,
                        };
                        if !(rule.distinct && user.memberships.contains(&membership)) {
                            user.memberships.push(membership);
                        }
                    }
                    _ => self.tally.unwritten("memberships", line.file()),
                }
            }
        }
        Ok(made.items)
    }

    fn records(&mut self, mapping: &'a Mapping) -> Result<Vec<CrmRecord>, ImportError> {
        let mut made: BTreeMap<RecordType, Collection<CrmRecord>> = BTreeMap::new();
        for rule in &mapping.records {
            let kind = rule.r#type;
            let [owner, account] = ["owner", "account"].map(|field| format!("{kind}.{field}"));
            for line in self.lines(rule, kind.noun()) {
                let Some(id) = identify(rule, &line, &rule.id)? else {
                    continue;
                };
                let mut record = CrmRecord {
                    name: line.optional(rule.name.as_ref())?,
                    owner: self.link(&line, &owner, rule.owner.as_ref(), Kind::User)?,
                    account: self.link(
                        &line,
                        &account,
                        rule.account.as_ref(),
                        Kind::Record(RecordType::Account),
                    )?,
                    ..CrmRecord::new(kind, id)
                };
                for (name, field) in &rule.fields {
                    if let Some(value) = line.field(field)? {
                        record.fields.insert(name.clone(), value);
                    }
                }
                made.entry(kind)
                    .or_insert_with(|| Collection::new(kind.plural()))
                    .add(&record.id.clone(), record, line.place(), rule.distinct)?;
            }
        }
        for rule in &mapping.assigned {
            let kind = rule.r#type;
            let subject = format!("{kind}.assigned");
            let [record_field, user_field, job_role_field] =
                ["record", "user", "jobRole"].map(|field| format!("{subject}.{field}"));
            for line in self.lines(rule, &subject) {
                let record =
                    self.reference(&line, &record_field, &rule.record, Kind::Record(kind))?;
                let user = self.reference(&line, &user_field, &rule.user, Kind::User)?;
                let job_role = self.link(
                    &line,
                    &job_role_field,
                    rule.job_role.as_ref(),
                    Kind::JobRole,
                )?;
                let of_kind = made.get_mut(&kind);
                let record = record.known().and_then(|record| of_kind?.get_mut(&record));
                let (Some(record), Some(user)) = (record, user.id()) else {
                    self.tally
                        .unwritten(&format!("assigned users of {}", kind.plural()), line.file());
                    continue;
                };
                // Assigning twice changes nothing (§5.2).
                if record.assigned.iter().all(|known| known.user != user) {
                    record.assigned.push(Assignment { user, job_role });
                }
            }
        }
        Ok(made
            .into_values()
            .flat_map(|of_kind| of_kind.items)
            .collect())
    }

    fn deals(&mut self, mapping: &'a Mapping) -> Result<Vec<Deal>, ImportError> {
        let mut made = Collection::new("deals");
        for rule in &mapping.deals {
            for line in self.lines(rule, "deal") {
                let Some(id) = identify(rule, &line, &rule.id)? else {
                    continue;
                };
                let company = self
                    .reference(&line, "deal.company", &rule.company, Kind::Company)?
                    .id()
                    .ok_or_else(|| line.blank("deal.company", &rule.company.text))?;
                let owner = self
                    .reference(&line, "deal.owner", &rule.owner, Kind::User)?
                    .id()
                    .ok_or_else(|| line.blank("deal.owner", &rule.owner.text))?;
                let dated = |dated: &Option<Dated>| {
                    dated.as_ref().map_or(Ok(None), |dated| line.day(dated))
                };
                let deal = Deal {
                    name: line.optional(rule.name.as_ref())?,
                    registered_by: self.link(
                        &line,
                        "deal.registeredBy",
                        rule.registered_by.as_ref(),
                        Kind::User,
                    )?,
                    owner_tier: line.parsed::<Tier>(rule.owner_tier.as_ref(), "a tier")?,
                    stage: line.optional(rule.stage.as_ref())?,
                    amount: line.parsed::<Amount>(
                        rule.amount.as_ref(),
                        "a decimal amount such as `1250.00`",
                    )?,
                    currency: line.optional(rule.currency.as_ref())?,
                    expected_close: dated(&rule.expected_close)?,
                    created_at: match &rule.created_at {
                        Some(dated) => line.instant(dated)?,
                        None => None,
                    },
                    ..Deal::new(&*id, company, owner)
                };
                made.add(&id, deal, line.place(), rule.distinct)?;
            }
        }
        Ok(made.items)
    }
}

/// The id that a row makes; `None` for a row that makes nothing.
fn identify(rule: &dyn Rule, line: &Line<'_>, id: &Text) -> Result<Option<String>, ImportError> {
    match line.text(id)? {
        // Where rows only repeat what they belong to, one that belongs to nothing has nothing to tell.
        None if rule.distinct() => Ok(None),
        None => Err(line.blank("id", id)),
        some => Ok(some),
    }
}

/// What was made of one kind, and by which rows.
struct Collection<T> {
    plural: &'static str,
    items: Vec<T>,
    origins: HashMap<String, Origin>,
}

struct Origin {
    index: usize,
    place: Place,
    distinct: bool,
}

impl<T: PartialEq> Collection<T> {
    fn new(plural: &'static str) -> Self {
        Self {
            plural,
            items: Vec::new(),
            origins: HashMap::new(),
        }
    }

    /// Adds an item under an id that is new, or, by `distinct` rules, one that is there already and the same.
    fn add(&mut self, id: &str, item: T, place: Place, distinct: bool) -> Result<(), ImportError> {
        if let Some(first) = self.origins.get(id) {
            let both_distinct = distinct && first.distinct;
            if both_distinct && self.items.get(first.index) == Some(&item) {
                return Ok(());
            }
            return Err(ImportError::DuplicateId {
                kind: self.plural,
                id: id.to_owned(),
                places: Box::new(Twice {
                    first: first.place.clone(),
                    second: place,
                }),
                hint: if both_distinct {
                    "; they differ, and `distinct` joins only what is the same"
                } else {
                    ""
                },
            });
        }
        let index = self.items.len();
        self.items.push(item);
        let origin = Origin {
            index,
            place,
            distinct,
        };
        self.origins.insert(id.to_owned(), origin);
        Ok(())
    }

    fn get(&self, id: &str) -> Option<&T> {
        self.items.get(self.origins.get(id)?.index)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.items.get_mut(self.origins.get(id)?.index)
    }
}
