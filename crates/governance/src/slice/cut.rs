//! Taking a slice: what the viewer sees, and who and what is needed to show and explain it (§11).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::at::At;
use crate::governance::Governance;
use crate::instant::Instant;
use crate::org::{Status, Tier};
use crate::profile::{Action, Scope};
use crate::record::RecordType;
use crate::slice::sheet::{self, Sheet};
use crate::table::{CompanyIx, DealIx, Ix, JobRoleIx, RecordIx, RoleIx, UserIx};
use crate::visible::members;

/// The actions that holding a record can bring.
const HELD: [Action; 4] = [Action::View, Action::Edit, Action::Delete, Action::Assign];

/// What goes into a slice, by the numbers of the organisation that it is taken from.
pub(super) struct Cut<'g> {
    at: At<'g>,
    /// Whose slice it is.
    name: String,
    viewer: Option<UserIx>,
    records: Vec<(RecordType, Vec<RecordRow>)>,
    deals: Vec<DealIx>,
    /// Everybody who is named, the viewer included.
    people: BTreeSet<UserIx>,
    /// Whose role an explanation needs.
    seated: BTreeSet<UserIx>,
    /// What somebody below can do to all records of a type, and lifts the viewer with.
    lifts: BTreeMap<UserIx, Lift>,
    /// Those who stand for somebody who is not shown.
    someone: Vec<Class>,
    by_class: BTreeMap<Class, Vec<u32>>,
}

/// The (type, action) that a user answers `all` to.
type Lift = Vec<(RecordType, Action)>;

/// What has to be known of somebody who is not shown: where in the hierarchy, and whom they lift until when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    role: Option<RoleIx>,
    lift: Lift,
    until: Option<Instant>,
}

/// A person of a record.
#[derive(Clone, Copy)]
enum Of {
    /// Somebody who is shown, or an id that names nobody.
    User(UserIx),
    /// The number of somebody who is not shown.
    Someone(u32),
}

struct RecordRow {
    record: RecordIx,
    owner: Option<Of>,
    assigned: Vec<(Of, Option<JobRoleIx>)>,
    account: Option<RecordIx>,
    withheld: u32,
}

impl<'g> Cut<'g> {
    /// What the user's slice has in it.
    pub(super) fn of(at: At<'g>, user: &str) -> Self {
        let mut cut = Self {
            at,
            name: user.to_owned(),
            viewer: at.governance.users.find(user),
            records: Vec::new(),
            deals: Vec::new(),
            people: BTreeSet::new(),
            seated: BTreeSet::new(),
            lifts: BTreeMap::new(),
            someone: Vec::new(),
            by_class: BTreeMap::new(),
        };
        if let Some(viewer) = cut.viewer {
            cut.people.insert(viewer);
            cut.seated.insert(viewer);
            if at.passes_gate(viewer) {
                cut.take_lifts(viewer);
                cut.take_records(viewer);
                cut.take_deals(viewer);
            }
        }
        cut
    }

    /// Those below the viewer who lift the viewer, named or not.
    fn take_lifts(&mut self, viewer: UserIx) {
        for &kind in RecordType::ALL {
            for action in HELD {
                for report in self.at.lifters(viewer, kind, action) {
                    self.lifts.entry(report).or_default().push((kind, action));
                }
            }
        }
        let mut unnamed: BTreeMap<Class, usize> = BTreeMap::new();
        let lifters: Vec<_> = self.lifts.keys().copied().collect();
        for report in lifters {
            if self.at.is_shown_to(viewer, report) {
                self.people.insert(report);
                self.seated.insert(report);
            } else {
                let class = self.class_of(report);
                self.someone(class, &mut unnamed);
            }
        }
    }

    fn take_records(&mut self, viewer: UserIx) {
        let accounts = self.at.permitted(viewer, RecordType::Account, Action::View);
        for &kind in RecordType::ALL {
            let records = self.at.governance.records.of(kind);
            let scopes = HELD.map(|action| self.at.scope(viewer, kind, action));
            let climbs = scopes
                .iter()
                .any(|scope| matches!(scope, Scope::Reports | Scope::Peers));
            let seen = self.at.permitted(viewer, kind, Action::View);
            let rows: Vec<_> = members(&seen)
                .map(|record| {
                    let account = records.account(record);
                    RecordRow {
                        account: account.filter(|account| accounts.contains(account.at())),
                        ..self.people_of(viewer, kind, record, climbs)
                    }
                })
                .collect();
            if !rows.is_empty() {
                self.records.push((kind, rows));
            }
        }
    }

    /// A record with its people, as far as the viewer is shown them (§5.6).
    fn people_of(
        &mut self,
        viewer: UserIx,
        kind: RecordType,
        record: RecordIx,
        climbs: bool,
    ) -> RecordRow {
        let at = self.at;
        let holders: Vec<_> = at.holders(kind, record).collect();
        let is_partner = at.is_partner(viewer);
        let mut unnamed: BTreeMap<Class, usize> = BTreeMap::new();
        let mut placed: BTreeMap<UserIx, Option<Of>> = BTreeMap::new();
        let withheld_before = at.withheld_from(viewer, kind, record);
        let mut withheld = length(withheld_before);
        let mut place = |cut: &mut Self, user: UserIx| {
            *placed.entry(user).or_insert_with(|| {
                let exists = at.governance.users.exists(user);
                let holds = climbs && holders.contains(&user);
                if !exists {
                    // An id that names nobody is no person, but an internal one all the same.
                    return (!is_partner).then_some(Of::User(user));
                }
                if at.is_shown_to(viewer, user) {
                    cut.people.insert(user);
                    if holds {
                        cut.seated.insert(user);
                    }
                    return Some(Of::User(user));
                }
                if holds && at.is_below_or_beside(viewer, user) {
                    let class = cut.class_of(user);
                    return Some(Of::Someone(cut.someone(class, &mut unnamed)));
                }
                withheld += 1;
                None
            })
        };
        let owner = at.governance.records.of(kind).owner(record);
        let owner = owner.and_then(|owner| place(self, owner));
        let mut assigned = Vec::new();
        for one in at.assigned(kind, record) {
            let person = place(self, one.user);
            let is_named =
                matches!(person, Some(Of::User(user)) if at.governance.users.exists(user));
            let job_role = one.job_role.filter(|_| is_named);
            assigned.extend(person.map(|person| (person, job_role)));
        }
        RecordRow {
            record,
            owner,
            assigned,
            account: None,
            withheld,
        }
    }

    fn take_deals(&mut self, viewer: UserIx) {
        self.deals = self.at.visible_deals(viewer);
        for &deal in &self.deals {
            if let Some(row) = self.at.governance.deals.get(deal) {
                let people = [Some(row.owner), row.registered_by].into_iter().flatten();
                let shown = people.filter(|&user| {
                    self.at.governance.users.exists(user) && self.at.is_shown_to(viewer, user)
                });
                self.people.extend(shown);
            }
        }
    }

    fn class_of(&self, user: UserIx) -> Class {
        let lift = self.lifts.get(&user).cloned().unwrap_or_default();
        let person = self.at.governance.users.get(user);
        let term = person.and_then(|person| person.guest.as_ref());
        Class {
            role: self.at.role(user),
            until: term
                .filter(|_| !lift.is_empty())
                .map(|term| term.expires_at),
            lift,
        }
    }

    /// Somebody of the class who is not taken yet: the same few stand for everybody, so that nothing
    /// tells whether two records have the same person.
    fn someone(&mut self, class: Class, taken: &mut BTreeMap<Class, usize>) -> u32 {
        let nth = taken.entry(class.clone()).or_default();
        let numbers = self.by_class.entry(class.clone()).or_default();
        let number = numbers.get(*nth).copied().unwrap_or_else(|| {
            let number = u32::try_from(self.someone.len()).unwrap_or(u32::MAX);
            self.someone.push(class);
            numbers.push(number);
            number
        });
        *nth += 1;
        number
    }

    /// The roles that explanations name: the viewer's, those of the people whom it takes to explain, and
    /// all between the viewer's and one below. In the forest's order.
    fn roles(&self) -> Vec<RoleIx> {
        let forest = &self.at.governance.roles.forest;
        let own = self.viewer.and_then(|viewer| self.at.role(viewer));
        let of_people = self.seated.iter().filter_map(|&user| self.at.role(user));
        let of_someone = self.someone.iter().filter_map(|class| class.role);
        let mut roles: BTreeSet<RoleIx> = BTreeSet::new();
        for role in of_people.chain(of_someone) {
            let mut next = Some(role);
            let stop = own.filter(|&own| forest.below(own).contains(&forest.position(role)));
            while let Some(role) = next.filter(|&role| roles.insert(role)) {
                next = forest
                    .parent(role)
                    .filter(|_| stop.is_some_and(|own| own != role));
            }
        }
        let mut roles: Vec<_> = roles.into_iter().collect();
        roles.sort_unstable_by_key(|&role| forest.position(role));
        roles
    }

    /// The slice as bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let names = Names::of(&self);
        self.sheet(&names).into_bytes()
    }

    fn sheet<'a>(&'a self, names: &'a Names) -> Sheet<'a> {
        let governance: &'a Governance = self.at.governance;
        let roles = Numbered::new(self.roles());
        let job_roles = Numbered::new(self.job_roles());
        let companies = Numbered::new(self.companies());
        let profiles = self.profiles();
        let mut numbers = Numbers::new(&self.people, self.someone.len());

        let place = |role: RoleIx| roles.number(role);
        let forest = &governance.roles.forest;
        let mut above: Vec<(RoleIx, u32)> = Vec::new();
        let role_rows = (0_u32..).zip(&roles.items).map(|(number, &role)| {
            // The nearest of the roles above that are in the slice: the forest's order lists it before.
            while above
                .last()
                .is_some_and(|&(last, _)| !forest.below(last).contains(&forest.position(role)))
            {
                above.pop();
            }
            let parent = above.last().map(|&(_, number)| number);
            above.push((role, number));
            sheet::Role {
                id: governance.roles.id(role),
                name: governance.roles.name(role),
                parent,
            }
        });
        let role_rows = role_rows.collect();

        let profile_of = |lift: &Lift| {
            let place = profiles
                .iter()
                .position(|known| known.as_ref() == Some(lift));
            place.map(length)
        };
        let mut people: Vec<_> = self
            .people
            .iter()
            .filter_map(|&user| {
                let person = governance.users.get(user)?;
                let role = self.at.role(user).filter(|_| self.seated.contains(&user));
                let job_role = person
                    .job_role
                    .and_then(|job_role| job_roles.number(job_role));
                let mut row = sheet::Person {
                    id: governance.users.id(user),
                    name: &person.name,
                    role: role.and_then(place),
                    job_role,
                    is_locked: person.status == Status::Locked,
                    ..sheet::Person::default()
                };
                if Some(user) == self.viewer {
                    row.email = person.email.as_deref();
                    row.guest = person.guest.as_ref().map(|term| sheet::Term {
                        claimed: term.claimed,
                        expires_at: term.expires_at,
                        revoked_at: term.revoked_at,
                    });
                    row.standings = person
                        .standings
                        .iter()
                        .filter_map(|standing| {
                            let company = companies.number(standing.company)?;
                            Some((company, standing.tier, standing.primary))
                        })
                        .collect();
                } else {
                    let lift = self.lifts.get(&user).cloned().unwrap_or_default();
                    row.profile = profile_of(&lift).unwrap_or_default();
                    row.guest = person.guest.as_ref().map(|term| {
                        let is_over = term.revoked_at.is_some() || self.at.is_over(term);
                        sheet::Term {
                            claimed: !lift.is_empty(),
                            expires_at: if is_over {
                                self.at.now()
                            } else {
                                term.expires_at
                            },
                            revoked_at: None,
                        }
                    });
                }
                Some(row)
            })
            .collect();
        people.extend(
            names
                .someone
                .iter()
                .zip(&self.someone)
                .map(|(id, class)| sheet::Person {
                    id,
                    name: SOMEBODY,
                    role: class.role.and_then(place),
                    profile: profile_of(&class.lift).unwrap_or_default(),
                    guest: class.until.map(|expires_at| sheet::Term {
                        claimed: true,
                        expires_at,
                        revoked_at: None,
                    }),
                    ..sheet::Person::default()
                }),
        );

        let accounts = self
            .records
            .iter()
            .filter(|(kind, _)| *kind == RecordType::Account)
            .flat_map(|(_, rows)| rows.iter().map(|row| row.record));
        let accounts = Numbered::new(accounts.collect());
        let records = self
            .records
            .iter()
            .map(|(kind, rows)| self.record_sheet(*kind, rows, &job_roles, &accounts, &mut numbers))
            .collect();
        let deals = self
            .deals
            .iter()
            .filter_map(|&deal| self.deal_sheet(deal, &companies, &mut numbers))
            .collect();
        Sheet {
            viewer: &self.name,
            id: &governance.header.id,
            name: &governance.header.name,
            time_zone: &governance.header.time_zone,
            settings: sheet::Settings {
                multi_user_assignment: governance.settings.multi_user_assignment,
                reports_reach: governance.settings.reports_reach,
            },
            job_roles: job_roles
                .items
                .iter()
                .filter_map(|&job_role| {
                    let name = governance.job_roles.name(job_role)?;
                    Some((governance.job_roles.id(job_role), name))
                })
                .collect(),
            roles: role_rows,
            profiles: self.profile_sheets(&profiles, names),
            companies: companies
                .items
                .iter()
                .map(|&company| self.company_sheet(company))
                .collect(),
            people,
            someone: u32::try_from(self.someone.len()).unwrap_or(u32::MAX),
            mentioned: numbers
                .mentioned
                .iter()
                .map(|&user| governance.users.id(user))
                .collect(),
            records,
            deals,
        }
    }

    /// The job roles that the people of the slice have, on a record or altogether.
    fn job_roles(&self) -> Vec<JobRoleIx> {
        let governance = self.at.governance;
        let of_people = self
            .people
            .iter()
            .filter_map(|&user| governance.users.get(user)?.job_role);
        let of_assignments = self
            .records
            .iter()
            .flat_map(|(_, rows)| rows)
            .flat_map(|row| row.assigned.iter().filter_map(|(_, job_role)| *job_role));
        let used: BTreeSet<_> = of_people
            .chain(of_assignments)
            .filter(|&job_role| governance.job_roles.name(job_role).is_some())
            .collect();
        used.into_iter().collect()
    }

    /// The companies of the deals, and those where the viewer has a standing.
    fn companies(&self) -> Vec<CompanyIx> {
        let governance = self.at.governance;
        let person = self.viewer.and_then(|viewer| governance.users.get(viewer));
        let standings = person.into_iter().flat_map(|person| &person.standings);
        let managed = self
            .viewer
            .map(|viewer| governance.users.managed(viewer))
            .unwrap_or_default();
        let of_deals = self
            .deals
            .iter()
            .filter_map(|&deal| Some(governance.deals.get(deal)?.company));
        let companies: BTreeSet<_> = standings
            .map(|standing| standing.company)
            .chain(managed.iter().copied())
            .chain(of_deals)
            .collect();
        companies.into_iter().collect()
    }

    /// The profiles of the slice: the viewer's own, where there is a viewer, and one for each way to lift.
    fn profiles(&self) -> Vec<Option<Lift>> {
        let of_people = self
            .people
            .iter()
            .filter(|&&user| Some(user) != self.viewer)
            .map(|user| self.lifts.get(user).cloned().unwrap_or_default());
        let of_someone = self.someone.iter().map(|class| class.lift.clone());
        let lifts: BTreeSet<_> = of_people.chain(of_someone).collect();
        std::iter::once(None)
            .filter(|_| self.viewer.is_some())
            .chain(lifts.into_iter().map(Some))
            .collect()
    }

    fn profile_sheets<'a>(
        &'a self,
        profiles: &[Option<Lift>],
        names: &'a Names,
    ) -> Vec<sheet::Profile<'a>> {
        let governance = self.at.governance;
        let own = self.viewer.and_then(|viewer| {
            let profile = governance.users.get(viewer)?.profile;
            governance.profiles.get(profile)
        });
        let mut ids = names.profiles.iter();
        let sheet = |profile: &Option<Lift>| match profile {
            None => own.map(|row| sheet::Profile {
                id: &row.profile.id,
                name: &row.profile.name,
                admin: row.profile.admin,
                permissions: row.profile.permissions.iter().collect(),
                toggles: row.profile.toggles.iter().collect(),
            }),
            Some(lift) => Some(sheet::Profile {
                id: ids.next()?,
                name: OTHERS,
                admin: false,
                permissions: lift
                    .iter()
                    .map(|&(kind, action)| (kind, action, Scope::All))
                    .collect(),
                toggles: Vec::new(),
            }),
        };
        profiles.iter().filter_map(sheet).collect()
    }

    fn company_sheet(&self, company: CompanyIx) -> sheet::Company<'_> {
        let governance = self.at.governance;
        let row = governance.companies.get(company);
        let own = self
            .viewer
            .and_then(|viewer| governance.users.get(viewer)?.email.as_deref());
        // Another account owner's email is not the viewer's to know.
        let email = row.and_then(|row| row.account_owner_email.as_deref());
        let email =
            email.filter(|email| own.is_some_and(|own| own.to_lowercase() == email.to_lowercase()));
        sheet::Company {
            id: governance.companies.id(company),
            name: row.map(|row| row.name.as_str()),
            account_owner_email: email,
        }
    }

    fn record_sheet<'a>(
        &'a self,
        kind: RecordType,
        rows: &'a [RecordRow],
        job_roles: &Numbered<JobRoleIx>,
        accounts: &Numbered<RecordIx>,
        numbers: &mut Numbers,
    ) -> sheet::Records<'a> {
        let records = self.at.governance.records.of(kind);
        let mut sheet = sheet::Records::of(kind);
        let mut field_numbers: HashMap<&str, u32> = HashMap::new();
        for (number, row) in (0_u32..).zip(rows) {
            sheet.ids.push(Some(records.id(row.record)));
            sheet.names.push(records.name(row.record));
            sheet.owners.push(numbers.optional(row.owner));
            sheet.assigned_counts.push(length(row.assigned.len()));
            for &(user, job_role) in &row.assigned {
                sheet.assigned.push(numbers.of(user));
                let job_role = job_role.and_then(|job_role| job_roles.number(job_role));
                sheet.assigned_job_roles.push(sheet::optional(job_role));
            }
            let account = row.account.and_then(|account| accounts.number(account));
            sheet.accounts.push(sheet::optional(account));
            if row.withheld > 0 {
                sheet.withheld.push((number, row.withheld));
            }
            let fields = records.fields.get(row.record).into_iter().flatten();
            let before = sheet.fields.len();
            for (name, value) in fields {
                let next = length(sheet.field_names.len());
                let number = *field_numbers.entry(name).or_insert_with(|| {
                    sheet.field_names.push(name);
                    next
                });
                sheet.fields.push((number, value.into()));
            }
            sheet.field_counts.push(length(sheet.fields.len() - before));
        }
        sheet
    }

    fn deal_sheet<'a>(
        &'a self,
        deal: DealIx,
        companies: &Numbered<CompanyIx>,
        numbers: &mut Numbers,
    ) -> Option<sheet::Deal<'a>> {
        let governance = self.at.governance;
        let row = governance.deals.get(deal)?;
        let registrar = Some(self.at.registrar(row)).filter(|&registrar| registrar != row.owner);
        Some(sheet::Deal {
            id: governance.deals.id(deal),
            name: row.name.as_deref(),
            company: companies.number(row.company)?,
            owner: numbers.of(Of::User(row.owner)),
            registered_by: registrar.map(|registrar| numbers.of(Of::User(registrar))),
            owner_tier: self.tier_to_compare(deal),
            stage: row.stage.as_deref(),
            amount: row.amount,
            currency: row.currency.as_deref(),
            expected_close: row.expected_close.as_deref(),
            created_at: row.created_at,
        })
    }

    /// `rank(d)`, where it decides or explains what the viewer sees.
    fn tier_to_compare(&self, deal: DealIx) -> Option<Tier> {
        let row = self.at.governance.deals.get(deal)?;
        let viewer = self.viewer?;
        let outranks = self.at.primary(viewer).is_some_and(|(company, tier)| {
            company == row.company && matches!(tier, Tier::Manager | Tier::Executive)
        });
        if outranks || self.at.manages(viewer, row.company) {
            self.at.rank(row)
        } else {
            None
        }
    }
}

impl At<'_> {
    /// Whether the viewer reaches the user through the hierarchy, under the scope for it.
    fn is_below_or_beside(self, viewer: UserIx, user: UserIx) -> bool {
        let position = self.governance.users.position(user);
        self.below(viewer).contains(&position) || self.are_peers(viewer, user)
    }
}

/// The name of whoever is not shown.
const SOMEBODY: &str = "Somebody";

/// The name of the profiles that stand for those of others.
const OTHERS: &str = "Not shown";

/// Ids for what stands for something that is not shown: none of them is an id of the organisation.
struct Names {
    someone: Vec<String>,
    profiles: Vec<String>,
}

impl Names {
    fn of(cut: &Cut<'_>) -> Self {
        let governance = cut.at.governance;
        let free = |stem: &str, is_taken: &dyn Fn(&str) -> bool, count: usize| {
            let names = (1_u64..).map(|number| format!("{stem}-{number}"));
            names.filter(|name| !is_taken(name)).take(count).collect()
        };
        let users = &governance.users.table.ids;
        let profiles = &governance.profiles.ids;
        Self {
            someone: free("somebody", &|id| users.get(id).is_some(), cut.someone.len()),
            profiles: free(
                "others",
                &|id| profiles.get(id).is_some(),
                cut.profiles().len(),
            ),
        }
    }
}

/// Things in the order that they have in the slice.
struct Numbered<T> {
    items: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Copy + Eq + std::hash::Hash> Numbered<T> {
    fn new(items: Vec<T>) -> Self {
        Self {
            numbers: items.iter().copied().zip(0..).collect(),
            items,
        }
    }

    fn number(&self, item: T) -> Option<u32> {
        self.numbers.get(&item).copied()
    }
}

/// The numbers that users have in the slice: those who are named, then those who are not, then ids that
/// are only mentioned.
struct Numbers {
    known: HashMap<UserIx, u32>,
    someone_from: u32,
    mentioned_from: u32,
    mentioned: Vec<UserIx>,
}

impl Numbers {
    fn new(people: &BTreeSet<UserIx>, someone: usize) -> Self {
        Self {
            known: people.iter().copied().zip(0..).collect(),
            someone_from: length(people.len()),
            mentioned_from: length(people.len() + someone),
            mentioned: Vec::new(),
        }
    }

    fn of(&mut self, of: Of) -> u32 {
        let user = match of {
            Of::User(user) => user,
            Of::Someone(number) => return self.someone_from + number,
        };
        let next = self.mentioned_from + length(self.mentioned.len());
        *self.known.entry(user).or_insert_with(|| {
            self.mentioned.push(user);
            next
        })
    }

    fn optional(&mut self, of: Option<Of>) -> u32 {
        sheet::optional(of.map(|of| self.of(of)))
    }
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
