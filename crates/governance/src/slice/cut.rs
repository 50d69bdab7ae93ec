//! Taking a slice: what the viewer sees, and who and what is needed to show and explain it (§11).

use std::collections::BTreeMap;
use std::marker::PhantomData;

use crate::at::At;
use crate::instant::Instant;
use crate::org::{Company, Deal, Format, Guest, JobRole, Org, Profile, Role, Tier, Toggles, User};
use crate::profile::{Action, Scope};
use crate::record::RecordType;
use crate::set::{Set, members};
use crate::slice::bytes::{Contents, Row};
use crate::table::{Chosen, DealIx, Ix, JobRoleIx, Patches, RecordIx, RoleIx, UserIx};

/// What goes into a slice, by the numbers of the organisation that it is taken from.
pub(super) struct Cut<'g> {
    at: At<'g>,
    /// Whose slice it is.
    name: String,
    viewer: Option<UserIx>,
    /// The viewer, within the gate: outside it, there is nothing but the viewer.
    inside: Option<UserIx>,
    records: Vec<(RecordType, Vec<RecordRow>)>,
    deals: Vec<DealIx>,
    /// Everybody who is named, the viewer included.
    people: Chosen<UserIx>,
    /// Whose role an explanation needs.
    seated: Chosen<UserIx>,
    /// What somebody below can do to all records of a type, and lifts the viewer with.
    lifts: BTreeMap<UserIx, Lift>,
    /// Those who stand for somebody who is not shown.
    unnamed: Vec<Class>,
    by_class: ByClass,
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

/// The numbers of those who stand for somebody of a class.
type ByClass = BTreeMap<Class, Vec<usize>>;

/// A person of a record.
#[derive(Clone, Copy)]
enum Of {
    /// Somebody who is shown, or an id that names nobody.
    User(UserIx),
    /// The number of somebody who is not shown.
    Unnamed(usize),
}

struct RecordRow {
    record: RecordIx,
    owner: Option<Of>,
    assigned: Vec<(Of, Option<JobRoleIx>)>,
    account: Option<RecordIx>,
    withheld: usize,
}

impl<'g> Cut<'g> {
    /// What the user's slice has in it.
    pub(super) fn of(at: At<'g>, user: &str) -> Self {
        let viewer = at.governance.users.find(user);
        let mut cut = Self {
            at,
            name: user.to_owned(),
            viewer,
            inside: viewer.filter(|&viewer| at.passes_gate(viewer)),
            records: Vec::new(),
            deals: Vec::new(),
            people: Chosen::default(),
            seated: Chosen::default(),
            lifts: BTreeMap::new(),
            unnamed: Vec::new(),
            by_class: ByClass::new(),
        };
        if let Some(viewer) = viewer {
            cut.people.insert(viewer);
        }
        if let Some(viewer) = cut.inside {
            cut.seated.insert(viewer);
            let seen = RecordType::ALL.iter();
            let seen = seen.map(|&kind| (kind, at.permitted(viewer, kind, Action::View)));
            let seen: Vec<_> = seen.filter(|(_, records)| !records.is_empty()).collect();
            cut.take_lifts(viewer, &seen);
            cut.take_records(viewer, &seen);
            cut.take_deals(viewer);
        }
        cut
    }

    /// Those below the viewer who lift the viewer for what the viewer sees, named or not.
    fn take_lifts(&mut self, viewer: UserIx, seen: &[(RecordType, Set)]) {
        for &(kind, _) in seen {
            for action in Action::ON_RECORDS {
                for report in self.at.lifters(viewer, kind, action) {
                    self.lifts.entry(report).or_default().push((kind, action));
                }
            }
        }
        let mut taken: ByClass = ByClass::new();
        let lifters: Vec<_> = self.lifts.keys().copied().collect();
        for report in lifters {
            if self.at.is_shown_to(viewer, report) {
                self.people.insert(report);
                self.seated.insert(report);
            } else {
                let class = self.class_of(report);
                self.unnamed(class, &mut taken);
            }
        }
    }

    fn take_records(&mut self, viewer: UserIx, seen: &[(RecordType, Set)]) {
        let accounts = seen.iter().find(|(kind, _)| *kind == RecordType::Account);
        for &(kind, ref rows) in seen {
            let records = self.at.governance.records.of(kind);
            let scopes = Action::ON_RECORDS.map(|action| self.at.scope(viewer, kind, action));
            let climbs = scopes
                .iter()
                .any(|scope| matches!(scope, Scope::Reports | Scope::Peers));
            let rows = rows.iter().map(|record| {
                let account = records.account(record);
                RecordRow {
                    account: account.filter(|&account| {
                        accounts.is_some_and(|(_, seen)| seen.contains(account))
                    }),
                    ..self.people_of(viewer, kind, record, climbs)
                }
            });
            let rows = rows.collect();
            self.records.push((kind, rows));
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
        let mut taken: ByClass = ByClass::new();
        let mut placed: Patches<Option<Of>> = Patches::default();
        let mut withheld = at.withheld_from(viewer, kind, record);
        let mut place = |cut: &mut Self, user: UserIx| {
            if let Some(known) = placed.get(user.number()) {
                return *known;
            }
            let mut find = || {
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
                    return Some(Of::Unnamed(cut.unnamed(class, &mut taken)));
                }
                withheld += 1;
                None
            };
            let found = find();
            placed.insert(user.number(), found);
            found
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
        self.deals = members(&self.at.visible_deals(viewer)).collect();
        for &deal in &self.deals {
            if let Some(row) = self.at.governance.deals.get(deal) {
                let people = [Some(row.owner), row.registered_by].into_iter().flatten();
                let shown = people.filter(|&user| {
                    self.at.governance.users.exists(user) && self.at.is_shown_to(viewer, user)
                });
                shown.for_each(|user| {
                    self.people.insert(user);
                });
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
    fn unnamed(&mut self, class: Class, taken: &mut ByClass) -> usize {
        let taken = taken.entry(class.clone()).or_default();
        let numbers = self.by_class.entry(class.clone()).or_default();
        let number = numbers.get(taken.len()).copied().unwrap_or_else(|| {
            let number = self.unnamed.len();
            self.unnamed.push(class);
            numbers.push(number);
            number
        });
        taken.push(number);
        number
    }

    /// The roles that explanations name: the viewer's, those of the people whom it takes to explain, and
    /// all between the viewer's and one below. In the forest's order.
    fn roles(&self) -> Vec<Role> {
        let forest = &self.at.governance.roles.forest;
        let own = self.viewer.and_then(|viewer| self.at.role(viewer));
        let of_people = self.seated.iter().filter_map(|user| self.at.role(user));
        let of_someone = self.unnamed.iter().filter_map(|class| class.role);
        let mut roles: Chosen<RoleIx> = Chosen::default();
        for role in of_people.chain(of_someone) {
            let mut next = Some(role);
            let stop = own.filter(|&own| forest.below(own).contains(&forest.position(role)));
            while let Some(role) = next.filter(|&role| roles.insert(role)) {
                next = forest
                    .parent(role)
                    .filter(|_| stop.is_some_and(|own| own != role));
            }
        }
        let roles = forest.in_order(roles.iter());
        // The nearest of the roles above that are in the slice: the forest's order has it before.
        let mut above: Vec<RoleIx> = Vec::new();
        let table = &self.at.governance.roles;
        let in_slice = roles.into_iter().map(|role| {
            let is_above = |&last: &RoleIx| forest.below(last).contains(&forest.position(role));
            while above.pop_if(|last| !is_above(last)).is_some() {}
            let parent = above.last().map(|&parent| table.id(parent).to_owned());
            above.push(role);
            Role {
                id: table.id(role).to_owned(),
                name: table.name(role).to_owned(),
                parent,
            }
        });
        in_slice.collect()
    }

    /// The slice as bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let governance = self.at.governance;
        let job_roles = self.job_roles();
        let named = self.people.iter().count();
        let accounts = self
            .records
            .iter()
            .filter(|(kind, _)| *kind == RecordType::Account);
        let accounts = accounts.flat_map(|(_, rows)| rows.iter().map(|row| row.record));
        let mut numbers = Numbers {
            unnamed_from: named,
            mentioned_from: named + self.unnamed.len(),
            users: Places::of(self.people.iter()),
            mentioned: Vec::new(),
            job_roles: Places::of(job_roles.iter()),
            accounts: Places::of(accounts),
        };
        let rows = |(kind, rows): &(RecordType, Vec<RecordRow>)| {
            let rows = rows.iter().map(|row| self.row(*kind, row, &mut numbers));
            (*kind, rows.collect())
        };
        let records = self.records.iter().map(rows).collect();
        let contents = Contents {
            viewer: &self.name,
            of_changed: governance.is_changed_slice(),
            org: self.org(&job_roles, &numbers.mentioned),
            unnamed: self.unnamed.len(),
            mentioned: numbers
                .mentioned
                .iter()
                .map(|&user| governance.users.id(user))
                .collect(),
            records,
        };
        contents.into_bytes()
    }

    fn row<'a>(&'a self, kind: RecordType, row: &RecordRow, numbers: &mut Numbers) -> Row<'a> {
        let records = self.at.governance.records.of(kind);
        let assigned = row.assigned.iter().map(|&(user, job_role)| {
            let job_role = job_role.and_then(|job_role| numbers.job_roles.get(job_role));
            (numbers.of(user), job_role)
        });
        // By name, and not in the order in which the whole organisation came to know them.
        let mut fields = records.fields.of(row.record);
        fields.sort_unstable_by_key(|(name, _)| *name);
        Row {
            id: records.id(row.record),
            name: records.name(row.record),
            assigned: assigned.collect(),
            owner: row.owner.map(|owner| numbers.of(owner)),
            account: row
                .account
                .and_then(|account| numbers.accounts.get(account)),
            withheld: row.withheld,
            fields,
        }
    }

    /// Everything but the records, as a document.
    fn org(&self, job_roles: &Chosen<JobRoleIx>, mentioned: &[UserIx]) -> Org<()> {
        let governance = self.at.governance;
        let free = |stem: &'static str| (1_u64..).map(move |number| format!("{stem}-{number}"));
        let mut profiles: Vec<_> = self.own_profile().into_iter().collect();
        // Ids for what stands for something that is not shown: none is an id of the slice. Whether it is one of the
        // organisation is not to be told.
        let own_profile = profiles.first().map(|own| own.id.clone());
        let profile_ids = free("others").filter(|id| own_profile.as_ref() != Some(id));
        let lifting = self.lifting_profiles(profile_ids);
        profiles.extend(lifting.iter().map(|(_, profile)| profile.clone()));
        let profile_of = |lift: &Lift| {
            let profile = lifting.iter().find(|(known, _)| known == lift);
            profile.map_or_else(String::new, |(_, profile)| profile.id.clone())
        };
        let shown = self.people.iter().filter_map(|user| {
            let person = governance.users.get(user)?;
            let mut shown = governance.user_as_org(user, person);
            if !self.seated.contains(user) || self.at.role(user).is_none() {
                shown.role = None;
            }
            let job_role = person.job_role.and_then(|id| governance.job_roles.name(id));
            if job_role.is_none() {
                shown.job_role = None;
            }
            if let Some(term) = &mut shown.guest {
                term.sponsor = None;
            }
            if Some(user) == self.viewer {
                if self.inside.is_none() {
                    shown.job_role = None;
                    shown.memberships.clear();
                }
                return Some(shown);
            }
            let lift = self.lifts.get(&user).cloned().unwrap_or_default();
            if let Some((shown, term)) = shown.guest.as_mut().zip(person.guest.as_ref()) {
                if term.revoked_at.is_some() || self.at.is_over(term) {
                    shown.expires_at = self.at.now();
                }
                shown.claimed = !lift.is_empty();
                shown.revoked_at = None;
            }
            Some(User {
                role: shown.role,
                job_role: shown.job_role,
                status: shown.status,
                guest: shown.guest,
                ..User::new(shown.id, shown.name, profile_of(&lift))
            })
        });
        let user_ids = free("somebody").filter(|id| {
            let known = governance.users.table.ids.get(id);
            known.is_none_or(|user| !self.people.contains(user) && !mentioned.contains(&user))
        });
        let unnamed = self.unnamed.iter().zip(user_ids).map(|(class, id)| User {
            role: class.role.map(|role| governance.roles.id(role).to_owned()),
            guest: class.until.map(|expires_at| Guest {
                claimed: true,
                expires_at,
                revoked_at: None,
                sponsor: None,
            }),
            ..User::new(id, SOMEBODY, profile_of(&class.lift))
        });
        Org {
            format: Format::V1,
            id: governance.header.id.clone(),
            name: governance.header.name.clone(),
            time_zone: governance.header.time_zone.clone(),
            settings: governance.settings,
            job_roles: Some(
                job_roles
                    .iter()
                    .filter_map(|job_role| {
                        Some(JobRole {
                            id: governance.job_roles.id(job_role).to_owned(),
                            name: governance.job_roles.name(job_role)?.to_owned(),
                        })
                    })
                    .collect(),
            ),
            roles: self.roles(),
            profiles,
            users: shown.chain(unnamed).collect(),
            companies: self.companies(),
            views: governance
                .views()
                .filter(|view| self.inside.is_some() && view.user == self.name)
                .cloned()
                .collect(),
            records: (),
            deals: self
                .deals
                .iter()
                .filter_map(|&deal| self.deal(deal))
                .collect(),
        }
    }

    /// The job roles that the people of the slice have, on a record or altogether.
    fn job_roles(&self) -> Chosen<JobRoleIx> {
        let governance = self.at.governance;
        let of_people = self
            .people
            .iter()
            .filter(|_| self.inside.is_some())
            .filter_map(|user| governance.users.get(user)?.job_role);
        let of_assignments = self
            .records
            .iter()
            .flat_map(|(_, rows)| rows)
            .flat_map(|row| row.assigned.iter().filter_map(|(_, job_role)| *job_role));
        let mut used = Chosen::default();
        for job_role in of_people.chain(of_assignments) {
            if governance.job_roles.name(job_role).is_some() {
                used.insert(job_role);
            }
        }
        used
    }

    /// The companies of the deals, and those where the viewer has a standing.
    fn companies(&self) -> Vec<Company> {
        let governance = self.at.governance;
        let person = self.inside.and_then(|viewer| governance.users.get(viewer));
        let standings = person.into_iter().flat_map(|person| &person.standings);
        let managed = self.inside.map(|viewer| governance.users.managed(viewer));
        let of_deals = self
            .deals
            .iter()
            .filter_map(|&deal| Some(governance.deals.get(deal)?.company));
        let mut companies = Chosen::default();
        for company in standings
            .map(|standing| standing.company)
            .chain(managed.into_iter().flatten().copied())
            .chain(of_deals)
        {
            companies.insert(company);
        }
        // Another account owner's email is not the viewer's to know.
        let own_email = person
            .and_then(|person| person.email.as_ref())
            .map(|email| email.to_lowercase());
        let shown = companies
            .iter()
            .filter_map(|company| governance.companies.get(company));
        let shown = shown.map(|company| Company {
            account_owner_email: company
                .account_owner_email
                .clone()
                .filter(|email| own_email.as_ref() == Some(&email.to_lowercase())),
            ..company.clone()
        });
        shown.collect()
    }

    fn own_profile(&self) -> Option<Profile> {
        let governance = self.at.governance;
        let person = governance.users.get(self.viewer?)?;
        let row = governance.profiles.get(person.profile)?;
        Some(row.profile.clone())
    }

    /// A profile for each way to lift, and one for those who do not.
    fn lifting_profiles(&self, mut ids: impl Iterator<Item = String>) -> Vec<(Lift, Profile)> {
        let others = self.people.iter().filter(|&user| Some(user) != self.viewer);
        let of_people = others.map(|user| self.lifts.get(&user).cloned().unwrap_or_default());
        let of_unnamed = self.unnamed.iter().map(|class| class.lift.clone());
        let mut profiles: Vec<(Lift, Profile)> = Vec::new();
        for lift in of_people.chain(of_unnamed) {
            if profiles.iter().all(|(known, _)| *known != lift) {
                let settings = lift.iter();
                let settings = settings.map(|&(kind, action)| (kind, action, Scope::All));
                let profile = Profile {
                    id: ids.next().unwrap_or_default(),
                    name: OTHERS.to_owned(),
                    admin: false,
                    permissions: settings.collect(),
                    toggles: Toggles::default(),
                };
                profiles.push((lift, profile));
            }
        }
        profiles
    }

    fn deal(&self, deal: DealIx) -> Option<Deal> {
        let governance = self.at.governance;
        let row = governance.deals.get(deal)?;
        let registrar = Some(self.at.registrar(row)).filter(|&registrar| registrar != row.owner);
        Some(Deal {
            registered_by: registrar.map(|registrar| governance.users.id(registrar).to_owned()),
            owner_tier: self.tier_to_compare(deal),
            ..governance.deal_as_org(deal, row)
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

/// Which number each thing has among those that are in the slice.
struct Places<I> {
    places: Vec<Option<u32>>,
    kind: PhantomData<I>,
}

impl<I: Ix> Places<I> {
    fn of(things: impl Iterator<Item = I>) -> Self {
        let mut places = Self {
            places: Vec::new(),
            kind: PhantomData,
        };
        things
            .zip(0..)
            .for_each(|(thing, place)| places.set(thing, place));
        places
    }

    fn set(&mut self, thing: I, place: usize) {
        if self.places.len() <= thing.at() {
            self.places.resize(thing.at() + 1, None);
        }
        if let Some(slot) = self.places.get_mut(thing.at()) {
            *slot = u32::try_from(place).ok();
        }
    }

    fn get(&self, thing: I) -> Option<usize> {
        let place = self.places.get(thing.at()).copied().flatten();
        place.map(|place| place as usize)
    }
}

/// The numbers that things have in the slice.
struct Numbers {
    users: Places<UserIx>,
    unnamed_from: usize,
    mentioned_from: usize,
    mentioned: Vec<UserIx>,
    job_roles: Places<JobRoleIx>,
    accounts: Places<RecordIx>,
}

impl Numbers {
    fn of(&mut self, of: Of) -> usize {
        let user = match of {
            Of::User(user) => user,
            Of::Unnamed(number) => return self.unnamed_from + number,
        };
        self.users.get(user).unwrap_or_else(|| {
            let next = self.mentioned_from + self.mentioned.len();
            self.mentioned.push(user);
            self.users.set(user, next);
            next
        })
    }
}
