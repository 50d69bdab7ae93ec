//! The compiled organisation: everything that the rules ask for, interned and indexed.

use std::collections::{BTreeMap, BinaryHeap};
use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use serde::{Serialize, Serializer};

use crate::amount::Amount;
use crate::assigned::{Assigned, AssignedUsers};
use crate::at::At;
use crate::bundle::Bundles;
use crate::error::Pointer;
use crate::field::Fields;
use crate::instant::Instant;
use crate::load::Limits;
use crate::org::{
    Assignment, Company, CrmRecord, Deal, Format, Guest, JobRole, Membership, Org, Profile, Role,
    SavedView, Settings, Status, Tier, User,
};
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::role::{Forest, NOWHERE, Position};
use crate::set::{Set, insert_all};
use crate::slice::Slice;
use crate::table::{
    ByText, Chosen, Column, CompanyIx, DealIx, Ids, Ix, JobRoleIx, Lengths, Parts, Presence,
    ProfileIx, RecordIx, References, RoleIx, Rows, Table, Texts, UserIx, ViewIx,
};
use crate::total::Totals;

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
///
/// A clone shares everything with its original until one of them is changed, so a clone is a cheap
/// snapshot.
#[derive(Debug, Clone)]
pub struct Governance {
    pub(crate) header: Arc<Header>,
    pub(crate) settings: Settings,
    pub(crate) job_roles: Arc<JobRoles>,
    pub(crate) roles: Arc<Roles>,
    pub(crate) profiles: Arc<Table<ProfileIx, ProfileRow>>,
    pub(crate) users: Users,
    pub(crate) companies: Arc<Table<CompanyIx, Company>>,
    pub(crate) records: RecordTables,
    pub(crate) deals: Deals,
    /// The views that users saved. INVARIANT: no filter in them is nested too deep.
    pub(crate) views: Arc<Table<ViewIx, SavedView>>,
    pub(crate) revision: Revision,
    /// Set where this is a slice.
    pub(crate) slice: Option<Arc<Slice>>,
}

/// How many times an organisation was changed, and a token that only unchanged clones share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Revision {
    count: u64,
    token: Arc<()>,
}

impl Revision {
    /// The one after, which is no other's.
    pub(crate) fn advance(&mut self) {
        *self = Self {
            count: self.count + 1,
            token: Arc::default(),
        };
    }
}

impl PartialEq for Revision {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.token, &other.token)
    }
}

/// What a document says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) time_zone: String,
    /// The places of members that the format does not have.
    pub(crate) unknown_members: Vec<Pointer>,
    /// What the organisation was loaded within, and is kept within.
    pub(crate) limits: Limits,
}

/// The catalogue of job roles, by name.
#[derive(Debug, Clone)]
pub(crate) struct JobRoles {
    pub(crate) table: Table<JobRoleIx, String>,
    /// Whether the document listed them, rather than leaving the four that exist from the start.
    pub(crate) listed: bool,
}

impl JobRoles {
    /// The name; `None` for an id that names nothing.
    pub(crate) fn name(&self, job_role: JobRoleIx) -> Option<&str> {
        self.table.get(job_role).map(String::as_str)
    }

    pub(crate) fn id(&self, job_role: JobRoleIx) -> &str {
        self.table.id(job_role)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Roles {
    pub(crate) table: Table<RoleIx, RoleRow>,
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
        self.table.get(role)
    }

    pub(crate) fn id(&self, role: RoleIx) -> &str {
        self.table.id(role)
    }

    /// The role where a person has a place in the forest; `None` without one.
    fn seat(&self, person: &Person) -> Option<RoleIx> {
        let role = person.role.filter(|&role| self.table.exists(role))?;
        Some(role).filter(|&role| self.forest.position(role) != NOWHERE)
    }

    pub(crate) fn name(&self, role: RoleIx) -> &str {
        self.get(role)
            .map_or_else(|| self.id(role), |row| &row.name)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ProfileRow {
    pub(crate) profile: Profile,
}

impl ProfileRow {
    /// The scope that the profile stores, before anything about the user is considered.
    pub(crate) fn scope(&self, kind: RecordType, action: Action) -> Scope {
        if self.profile.admin {
            return Scope::All;
        }
        self.profile
            .permissions
            .get(kind, action)
            .unwrap_or(Scope::Denied)
    }

    /// Whether the profile permits the toggle, before anything about the user is considered.
    pub(crate) fn permits(&self, toggle: Toggle) -> bool {
        self.profile.admin || self.profile.toggles.get(toggle).unwrap_or_default()
    }
}

/// The people by id. What a change would do is tried on copies, which share all but a few of them.
pub(crate) type People = Table<UserIx, Person, Parts<Person>>;

/// The people, and where they stand in the forest and in the partner companies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Users {
    pub(crate) table: Arc<People>,
    seating: Arc<Seating>,
    /// The companies that each user manages (§6).
    managed: Rows<UserIx, CompanyIx>,
    /// When the guests' terms end, the first first.
    terms: Arc<[Instant]>,
}

/// Where the users stand in the forest.
#[derive(Debug, Clone, Default)]
#[cfg_attr(test, derive(PartialEq))]
struct Seating {
    /// The forest position of each user's role; [`NOWHERE`] without one.
    positions: Vec<Position>,
    /// Users with a role, in the forest's order.
    seated: Vec<UserIx>,
    /// Where the users of each position begin in `seated`; one more entry ends the last.
    seats: Vec<u32>,
    /// The users of each profile, in the forest's order and those without a role last. Clones share those of a profile.
    by_profile: Vec<Arc<Vec<(Position, UserIx)>>>,
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
    pub(crate) license: Option<String>,
    pub(crate) region: Option<String>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) company: CompanyIx,
    pub(crate) tier: Tier,
    pub(crate) primary: bool,
}

impl Seating {
    /// Where the users of these positions are in `seated`.
    fn seats_of(&self, positions: &Range<Position>) -> Range<usize> {
        self.seat(positions.start) as usize..self.seat(positions.end) as usize
    }

    /// Where the users of the position begin in `seated`.
    fn seat(&self, position: Position) -> u32 {
        let seat = self.seats.get(position as usize);
        seat.copied().unwrap_or_default()
    }

    /// Those of a position, and where they are in `seated`; `None` for that of users without a role.
    fn neighbours(&self, position: Position) -> Option<(Range<usize>, &[UserIx])> {
        let seats = self.seats_of(&(position..position.checked_add(1)?));
        let users = self.seated.get(seats.clone())?;
        Some((seats, users))
    }

    /// Takes a user out of a position, or puts a user who is in none into one.
    fn seat_at(&mut self, position: Position, user: UserIx, stays: bool) {
        let Some((seats, users)) = self.neighbours(position) else {
            return;
        };
        let place = users.partition_point(|&other| other < user);
        if (users.get(place) == Some(&user)) == stays {
            return;
        }
        let place = seats.start + place;
        if stays {
            self.seated.insert(place, user);
        } else {
            self.seated.remove(place);
        }
        for seat in self.seats.iter_mut().skip(position as usize + 1) {
            *seat = seat.wrapping_add_signed(if stays { 1 } else { -1 });
        }
    }
}

impl Users {
    /// People who are not seated yet.
    pub(crate) fn new(table: People) -> Self {
        Self {
            table: Arc::new(table),
            ..Self::default()
        }
    }

    /// The people, to be changed. What is known of all together is then found anew.
    pub(crate) fn table_mut(&mut self) -> &mut People {
        Arc::make_mut(&mut self.table)
    }

    /// The person; `None` for an id that names nobody.
    pub(crate) fn get(&self, user: UserIx) -> Option<&Person> {
        self.table.get(user)
    }

    /// The user with this id, if there is one.
    pub(crate) fn find(&self, id: &str) -> Option<UserIx> {
        self.table.find(id)
    }

    pub(crate) fn exists(&self, user: UserIx) -> bool {
        self.table.exists(user)
    }

    pub(crate) fn id(&self, user: UserIx) -> &str {
        self.table.id(user)
    }

    pub(crate) fn name(&self, user: UserIx) -> &str {
        self.get(user)
            .map_or_else(|| self.id(user), |person| &person.name)
    }

    pub(crate) fn position(&self, user: UserIx) -> Position {
        self.seating
            .positions
            .get(user.at())
            .copied()
            .unwrap_or(NOWHERE)
    }

    /// Those of the users who do not stand where they did.
    pub(crate) fn moved_since(
        &self,
        before: &Self,
        users: impl Iterator<Item = UserIx>,
    ) -> Vec<Moved> {
        let moved = |user| Moved {
            user,
            positions: [before, self].map(|users| users.position(user)),
        };
        users
            .map(moved)
            .filter(|Moved { positions, .. }| positions[0] != positions[1])
            .collect()
    }

    /// The users whose roles stand at these positions.
    pub(crate) fn at_positions(&self, positions: &Range<Position>) -> &[UserIx] {
        let seats = self.seating.seats_of(positions);
        self.seating.seated.get(seats).unwrap_or_default()
    }

    /// The places of the users whose roles stand at these positions.
    pub(crate) fn places(&self, positions: &Range<Position>) -> Range<u32> {
        self.seating.seat(positions.start)..self.seating.seat(positions.end)
    }

    /// A number for the user that is nobody else's: users with a role are numbered in the forest's order, and all others
    /// after them.
    pub(crate) fn place(&self, user: UserIx) -> u32 {
        let seated = self.seating.seated.len() as u32;
        let Some((seats, users)) = self.seating.neighbours(self.position(user)) else {
            return seated + user.number();
        };
        (seats.start + users.partition_point(|&other| other < user)) as u32
    }

    /// The users who have a role, in the forest's order.
    pub(crate) fn seated(&self) -> &[UserIx] {
        &self.seating.seated
    }

    /// The users of a profile whose roles stand at these positions.
    pub(crate) fn with_profile_at(
        &self,
        profile: ProfileIx,
        positions: &Range<Position>,
    ) -> &[(Position, UserIx)] {
        let seated = self.by_profile(profile);
        let from = seated.partition_point(|&(position, _)| position < positions.start);
        let to = seated.partition_point(|&(position, _)| position < positions.end);
        seated.get(from..to).unwrap_or_default()
    }

    /// The users of a profile, whether they have a role or not.
    pub(crate) fn with_profile(&self, profile: ProfileIx) -> impl Iterator<Item = UserIx> + '_ {
        self.by_profile(profile).iter().map(|&(_, user)| user)
    }

    fn by_profile(&self, profile: ProfileIx) -> &[(Position, UserIx)] {
        let users = self.seating.by_profile.get(profile.at());
        users.map_or(&[], |users| users)
    }

    /// `managed(u)`, in load order.
    pub(crate) fn managed(&self, user: UserIx) -> &[CompanyIx] {
        self.managed.get(user)
    }

    /// When the guests' terms end, the first first.
    pub(crate) fn terms(&self) -> &[Instant] {
        &self.terms
    }

    /// The users that exist, in load order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = UserIx> + Clone + '_ {
        self.table.iter().map(|(user, _)| user)
    }

    /// Puts the users in the forest's order, all together and by profile.
    pub(crate) fn seat(&mut self, roles: &Roles) {
        let forest = &roles.forest;
        let pairs = self.table.iter();
        let pairs = pairs.filter_map(|(user, person)| Some((roles.seat(person)?, user)));
        let at_role = Rows::group(roles.table.ids.len(), pairs, UserIx::new(0));

        let mut by_profile: Vec<Vec<_>> = Vec::new();
        let mut list_by_profile = |position, user| {
            let Some(profile) = self.table.get(user).map(|person| person.profile.at()) else {
                return;
            };
            if by_profile.len() <= profile {
                by_profile.resize_with(profile + 1, Vec::new);
            }
            if let Some(seated) = by_profile.get_mut(profile) {
                seated.push((position, user));
            }
        };
        let mut positions = vec![NOWHERE; self.table.ids.len()];
        let mut seats = Vec::with_capacity(forest.len() + 1);
        let mut seated = Vec::new();
        let mut taken = 0;
        for (position, role) in (0..).zip(forest.in_order(roles.table.ids.iter())) {
            seats.push(taken);
            for &user in at_role.get(role) {
                if let Some(slot) = positions.get_mut(user.at()) {
                    *slot = position;
                }
                list_by_profile(position, user);
                seated.push(user);
                taken += 1;
            }
        }
        seats.push(taken);
        for (user, person) in self.table.iter() {
            if roles.seat(person).is_none() {
                list_by_profile(NOWHERE, user);
            }
        }
        self.seating = Arc::new(Seating {
            positions,
            seats,
            seated,
            by_profile: by_profile.into_iter().map(Arc::new).collect(),
        });
    }

    /// Puts one user, whose role or profile is another one now, where [`seat`](Self::seat) would.
    pub(crate) fn reseat(&mut self, user: UserIx, roles: &Roles) {
        let Some(person) = self.table.get(user) else {
            return;
        };
        let role = roles.seat(person);
        let after = role.map_or(NOWHERE, |role| roles.forest.position(role));
        let profile = person.profile.at();
        let before = self.position(user);
        let seating = Arc::make_mut(&mut self.seating);
        seating.seat_at(before, user, false);
        seating.seat_at(after, user, true);
        if let Some(slot) = seating.positions.get_mut(user.at()) {
            *slot = after;
        }
        let profiles = seating.by_profile.len().max(profile + 1);
        seating.by_profile.resize_with(profiles, Arc::default);
        for (of, users) in seating.by_profile.iter_mut().enumerate() {
            let place_of =
                |users: &[_], position| users.partition_point(|other| *other < (position, user));
            let place = place_of(users, before);
            if users.get(place) == Some(&(before, user)) {
                Arc::make_mut(users).remove(place);
            }
            if of == profile {
                let place = place_of(users, after);
                Arc::make_mut(users).insert(place, (after, user));
            }
        }
    }

    /// Finds when the guests' terms end.
    pub(crate) fn find_terms(&mut self) {
        let terms = self
            .table
            .iter()
            .filter_map(|(_, person)| person.guest.as_ref())
            .map(|term| term.expires_at);
        // They are few, and a heap is little code.
        let terms: BinaryHeap<_> = terms.collect();
        self.terms = terms.into_sorted_vec().into();
    }

    /// Finds the companies that each user manages: Account Owner there, or named by email (§6).
    pub(crate) fn find_managed(&mut self, companies: &Table<CompanyIx, Company>) {
        let mut by_email = ByText::new();
        for (company, row) in companies.iter() {
            let email = row.account_owner_email.as_deref();
            if let Some(email) = email.filter(|email| !email.is_empty()) {
                let named = by_email.entry(email.to_lowercase()).or_default();
                named.push(company.number());
            }
        }
        let managed = |user: UserIx| {
            let Some(person) = self.table.get(user) else {
                return Vec::new();
            };
            let owned = person
                .standings
                .iter()
                .filter(|standing| standing.tier == Tier::Owner);
            let owned = owned.map(|standing| standing.company);
            let mut managed: Vec<_> = owned.filter(|&company| companies.exists(company)).collect();
            let email = person.email.as_deref();
            if let Some(named) = email.and_then(|email| by_email.get(&email.to_lowercase())) {
                managed.extend(named.iter().map(|&company| CompanyIx::new(company)));
            }
            managed.sort_unstable();
            managed.dedup();
            managed
        };
        self.managed = Rows::pack(self.table.ids.iter().map(managed));
    }
}

/// The records of all types.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecordTables([Records; RecordType::ALL.len()]);

impl RecordTables {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(Records::len).sum()
    }

    pub(crate) fn of(&self, kind: RecordType) -> &Records {
        let [first, ..] = &self.0;
        self.0.get(kind as usize).unwrap_or(first)
    }

    pub(crate) fn of_mut(&mut self, kind: RecordType) -> &mut Records {
        let [
            account,
            prospect,
            opportunity,
            task,
            sequence,
            mailing,
            call,
            meeting,
            conversation,
        ] = &mut self.0;
        match kind {
            RecordType::Account => account,
            RecordType::Prospect => prospect,
            RecordType::Opportunity => opportunity,
            RecordType::Task => task,
            RecordType::Sequence => sequence,
            RecordType::Mailing => mailing,
            RecordType::Call => call,
            RecordType::Meeting => meeting,
            RecordType::Conversation => conversation,
        }
    }

    /// Lists the records of each type by holder and by account.
    pub(crate) fn index(&mut self, settings: Settings, users: &Users, forest: &Forest) {
        let accounts = self.of(RecordType::Account).ids.len();
        for &kind in RecordType::ALL {
            self.of_mut(kind)
                .index(users, forest, accounts, settings.counts_assigned(kind));
        }
    }

    /// Forgets how many records are held in any part of a forest, which is another one now.
    pub(crate) fn forget_totals(&mut self, users: &Users, forest: &Forest) {
        for records in &mut self.0 {
            records.totals = Totals::unknown(users, forest, records.ids.len());
        }
    }

    /// Forgets how many records are held in the parts of the forest where these users stood, and where they stand now.
    pub(crate) fn forget_totals_of(&mut self, users: &Users, forest: &Forest, moved: &[Moved]) {
        let positions: Vec<_> = moved.iter().flat_map(|moved| moved.positions).collect();
        for records in &mut self.0 {
            let held = moved.iter().map(|moved| records.held.get(moved.user).len());
            let held = held.sum();
            records.totals.forget(users, forest, &positions, held);
        }
    }

    pub(crate) fn settle(&mut self) {
        self.0.iter_mut().for_each(Records::settle);
    }
}

/// A user who stands elsewhere in the forest than before: from where, and where to.
pub(crate) struct Moved {
    pub(crate) user: UserIx,
    pub(crate) positions: [Position; 2],
}

/// The records of one type, as columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    pub(crate) ids: Ids<RecordIx>,
    pub(crate) presence: Presence,
    pub(crate) owners: References<RecordIx, UserIx>,
    pub(crate) assigned: AssignedUsers,
    /// As the document has it: it may name nothing.
    pub(crate) accounts: References<RecordIx, RecordIx>,
    pub(crate) names: Texts<RecordIx>,
    pub(crate) fields: Fields,
    /// The records that each user holds, in load order and without repetitions.
    pub(crate) held: Rows<UserIx, RecordIx>,
    /// The same for users of neighbouring roles together.
    pub(crate) bundles: Bundles,
    /// How many records those users hold who stand in a part of the forest.
    pub(crate) totals: Totals,
    /// The records of each account, in load order.
    pub(crate) of_account: Rows<RecordIx, RecordIx>,
}

impl Records {
    pub(crate) fn len(&self) -> usize {
        self.presence.len()
    }

    /// The record with this id, if there is one.
    pub(crate) fn find(&self, id: &str) -> Option<RecordIx> {
        self.ids.get(id).filter(|&record| self.exists(record))
    }

    pub(crate) fn exists(&self, record: RecordIx) -> bool {
        self.presence.contains(record)
    }

    pub(crate) fn id(&self, record: RecordIx) -> &str {
        self.ids.text(record)
    }

    pub(crate) fn owner(&self, record: RecordIx) -> Option<UserIx> {
        self.owners.get(record)
    }

    /// So many records are best [fetched](Self::fetch) at once.
    pub(crate) const FETCHED: usize = 32;

    /// Has what tells who holds these records fetched from memory, all at once. Where one is asked about after the other, what
    /// comes next waits for the answer, which depends on what was fetched for it.
    pub(crate) fn fetch(&self, records: &[RecordIx]) {
        let owner = |record| self.owner(record).map_or(0, UserIx::number);
        let fetched = records
            .iter()
            .map(|&record| owner(record) ^ self.assigned.fetch(record));
        black_box(fetched.fold(0, |all, one| all ^ one));
    }

    pub(crate) fn account(&self, record: RecordIx) -> Option<RecordIx> {
        self.accounts.get(record)
    }

    pub(crate) fn name(&self, record: RecordIx) -> Option<&str> {
        self.names.get(record)
    }

    /// The records, in load order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = RecordIx> + Clone + '_ {
        self.presence.iter()
    }

    /// The assigned users, where they count as holders.
    #[inline]
    pub(crate) fn counted(
        &self,
        record: RecordIx,
        counts_assigned: bool,
    ) -> impl Iterator<Item = UserIx> + Clone + use<'_> {
        let assigned = self.assigned.users(record);
        assigned.filter(move |_| counts_assigned)
    }

    /// `holders(r)`, each once: the record owner, and the assigned users where they count (§3).
    #[inline]
    pub(crate) fn holders(
        &self,
        record: RecordIx,
        counts_assigned: bool,
    ) -> impl Iterator<Item = UserIx> + Clone + use<'_> {
        let owner = self.owner(record);
        let assigned = self.counted(record, counts_assigned);
        let others = assigned.filter(move |&user| Some(user) != owner);
        owner.into_iter().chain(others)
    }

    /// The records that one of these users holds, of whom nobody is named twice.
    pub(crate) fn held_by(&self, users: &[UserIx]) -> Set {
        let split = self.bundles.split(users);
        let lists = split.rest.iter().map(|&user| self.held.get(user));
        if split.is_loose() {
            return Set::union(lists, self.ids.len());
        }
        let mut records = FixedBitSet::with_capacity(self.ids.len());
        self.bundles.add_to(&mut records, &split);
        insert_all(&mut records, lists);
        Set::Bits(records)
    }

    /// Hands on who holds which record, as [`holders`](Self::holders) tells: all of them are quicker told by a plain loop.
    fn each_holding(&self, counts_assigned: bool, mut each: impl FnMut((UserIx, RecordIx))) {
        if let Some(owners) = self.owners.as_packed()
            && let Some(assigned) = self.assigned.as_packed()
            && counts_assigned
            && self.presence.are_the_first(assigned.records())
        {
            assigned.each(|record, users| {
                let owner = owners.get(record.at());
                owner.into_iter().for_each(|owner| each((owner, record)));
                let others = users.map(UserIx::new).filter(|&user| Some(user) != owner);
                others.for_each(|user| each((user, record)));
            });
            return;
        }
        for record in self.iter() {
            let holders = self.holders(record, counts_assigned);
            holders.for_each(|holder| each((holder, record)));
        }
    }

    /// Lists the records by holder and by account.
    fn index(&mut self, users: &Users, forest: &Forest, accounts: usize, counts_assigned: bool) {
        let user_ids = users.table.ids.len();
        let mut held = Lengths::of_none(user_ids);
        self.each_holding(counts_assigned, held.add());
        let mut held = held.filled_with(RecordIx::new(0));
        self.each_holding(counts_assigned, held.put());
        let of_account = if accounts == 0 {
            Rows::default()
        } else {
            let records = self.iter();
            let members = records.filter_map(|record| Some((self.account(record)?, record)));
            Rows::group(accounts, members, RecordIx::new(0))
        };
        self.held = held.into();
        self.totals = Totals::new(&self.held, users, forest, self.ids.len());
        self.bundles = Bundles::new(&self.held, users.seated(), user_ids, self.ids.len());
        self.of_account = of_account;
    }

    fn settle(&mut self) {
        self.owners.settle();
        self.assigned.settle();
        self.accounts.settle();
        self.names.settle();
        self.fields.settle();
        self.held.settle();
        self.bundles.settle();
        self.totals.settle();
        self.of_account.settle();
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Deals {
    pub(crate) ids: Ids<DealIx>,
    pub(crate) presence: Presence,
    pub(crate) rows: Column<DealIx, Option<DealRow>>,
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
    /// As the document has it: it may name nobody; absent means the deal owner.
    pub(crate) registered_by: Option<UserIx>,
    pub(crate) owner_tier: Option<Tier>,
    pub(crate) stage: Option<String>,
    pub(crate) amount: Option<Amount>,
    pub(crate) currency: Option<String>,
    pub(crate) expected_close: Option<String>,
    pub(crate) created_at: Option<Instant>,
}

impl Deals {
    pub(crate) fn get(&self, deal: DealIx) -> Option<&DealRow> {
        self.rows.get(deal).and_then(Option::as_ref)
    }

    /// The deal with this id, if there is one.
    pub(crate) fn find(&self, id: &str) -> Option<DealIx> {
        self.ids
            .get(id)
            .filter(|&deal| self.presence.contains(deal))
    }

    pub(crate) fn id(&self, deal: DealIx) -> &str {
        self.ids.text(deal)
    }

    pub(crate) fn len(&self) -> usize {
        self.presence.len()
    }

    /// The deals, in load order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (DealIx, &DealRow)> + Clone {
        self.presence
            .iter()
            .filter_map(|deal| Some((deal, self.get(deal)?)))
    }

    /// Lists the deals by deal owner, registrar and company.
    pub(crate) fn index(&mut self, users: usize, companies: usize) {
        let filler = DealIx::new(0);
        let of_owner = Rows::group(
            users,
            self.iter().map(|(deal, row)| (row.owner, deal)),
            filler,
        );
        let registered = self
            .iter()
            .filter_map(|(deal, row)| Some((row.registered_by?, deal)));
        let of_registrar = Rows::group(users, registered, filler);
        let of_company = Rows::group(
            companies,
            self.iter().map(|(deal, row)| (row.company, deal)),
            filler,
        );
        self.of_owner = of_owner;
        self.of_registrar = of_registrar;
        self.of_company = of_company;
    }

    pub(crate) fn settle(&mut self) {
        self.rows.settle();
        self.of_owner.settle();
        self.of_registrar.settle();
        self.of_company.settle();
    }
}

/// The records of all types, which are made one by one while they are written.
#[derive(Debug, Clone, Copy)]
pub struct RecordsToWrite<'g>(&'g Governance);

impl Serialize for RecordsToWrite<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.all_records())
    }
}

impl Governance {
    /// Adds whoever could reach what one of these users holds: the user, and whoever has the same role or one above it.
    pub(crate) fn add_watchers(&self, holders: &[UserIx], into: &mut Chosen<UserIx>) {
        let mut climbed = Chosen::default();
        for &holder in holders {
            into.insert(holder);
            let role = self.users.get(holder).and_then(|person| person.role);
            let role = role.filter(|&role| self.roles.table.exists(role));
            self.add_seated_from(role, &mut climbed, into);
        }
    }

    /// Adds the users of a role and of those above it, up to one from which it was climbed before.
    pub(crate) fn add_seated_from(
        &self,
        mut role: Option<RoleIx>,
        climbed: &mut Chosen<RoleIx>,
        into: &mut Chosen<UserIx>,
    ) {
        while let Some(seat) = role.filter(|&role| climbed.insert(role)) {
            let position = self.roles.forest.position(seat);
            for &user in self.users.at_positions(&(position..position + 1)) {
                into.insert(user);
            }
            role = self.roles.forest.parent(seat);
        }
    }

    /// The organisation at an instant: the one that questions are asked of.
    pub fn at(&self, now: Instant) -> At<'_> {
        At::new(self, now)
    }

    /// The organisation's id.
    pub fn id(&self) -> &str {
        &self.header.id
    }

    /// The organisation's name.
    pub fn name(&self) -> &str {
        &self.header.name
    }

    /// The organisation's IANA time zone name.
    pub fn time_zone(&self) -> &str {
        &self.header.time_zone
    }

    /// What the organisation has settled for itself.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// How many times the organisation was changed since it was loaded.
    pub fn revision(&self) -> u64 {
        self.revision.count
    }

    /// Whether there are guests, so that an answer may depend on the instant that it is asked at.
    pub fn has_terms(&self) -> bool {
        !self.users.terms().is_empty()
    }

    /// How many records of a type there are.
    pub fn record_count(&self, kind: RecordType) -> usize {
        self.records.of(kind).len()
    }

    /// How many deals there are.
    pub fn deal_count(&self) -> usize {
        self.deals.len()
    }

    /// The users, in load order.
    pub fn users(&self) -> impl Iterator<Item = User> + '_ {
        self.users
            .table
            .iter()
            .map(|(user, person)| self.user_as_org(user, person))
    }

    /// The user with this id.
    pub fn user(&self, id: &str) -> Option<User> {
        let user = self.users.find(id)?;
        Some(self.user_as_org(user, self.users.get(user)?))
    }

    /// The user's number, to ask [`At::can_numbered`] by; `None` for an unknown id. It stays the user's own as long as
    /// the organisation is kept, whatever changes, and means nothing elsewhere.
    pub fn user_number(&self, id: &str) -> Option<u32> {
        self.users.find(id).map(UserIx::number)
    }

    /// The record's number among those of its type, which stays like [that of a user](Self::user_number).
    pub fn record_number(&self, kind: RecordType, id: &str) -> Option<u32> {
        self.records.of(kind).find(id).map(RecordIx::number)
    }

    /// The roles, in load order.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        self.roles
            .table
            .iter()
            .map(|(role, row)| self.role_as_org(role, row))
    }

    /// The role with this id.
    pub fn role(&self, id: &str) -> Option<Role> {
        let role = self.roles.table.find(id)?;
        Some(self.role_as_org(role, self.roles.get(role)?))
    }

    /// The profiles, in load order.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> + '_ {
        self.profiles.iter().map(|(_, row)| &row.profile)
    }

    /// The job roles, in load order.
    pub fn job_roles(&self) -> impl Iterator<Item = JobRole> + '_ {
        self.job_roles.table.iter().map(|(job_role, name)| JobRole {
            id: self.job_roles.id(job_role).to_owned(),
            name: name.clone(),
        })
    }

    /// The job role with this id.
    pub fn job_role(&self, id: &str) -> Option<JobRole> {
        let name = self.job_roles.name(self.job_roles.table.find(id)?)?;
        Some(JobRole {
            id: id.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The partner companies, in load order.
    pub fn companies(&self) -> impl Iterator<Item = &Company> + '_ {
        self.companies.iter().map(|(_, company)| company)
    }

    /// The partner company with this id.
    pub fn company(&self, id: &str) -> Option<&Company> {
        self.companies.get(self.companies.find(id)?)
    }

    /// The partner companies that the user manages (§6), in load order: as their Account Owner, or by the email of their
    /// account owner.
    pub fn managed(&self, user: &str) -> impl Iterator<Item = &Company> + '_ {
        let managed = self.users.find(user).map(|user| self.users.managed(user));
        managed
            .into_iter()
            .flatten()
            .filter_map(|&company| self.companies.get(company))
    }

    /// The records of a type, in load order.
    pub fn records(&self, kind: RecordType) -> impl Iterator<Item = CrmRecord> + '_ {
        self.records
            .of(kind)
            .iter()
            .map(move |record| self.record_as_org(kind, record))
    }

    /// The record with this id.
    pub fn record(&self, kind: RecordType, id: &str) -> Option<CrmRecord> {
        let record = self.records.of(kind).find(id)?;
        Some(self.record_as_org(kind, record))
    }

    /// The deals, in load order.
    pub fn deals(&self) -> impl Iterator<Item = Deal> + '_ {
        self.deals
            .iter()
            .map(|(deal, row)| self.deal_as_org(deal, row))
    }

    /// The deal with this id.
    pub fn deal(&self, id: &str) -> Option<Deal> {
        let deal = self.deals.find(id)?;
        Some(self.deal_as_org(deal, self.deals.get(deal)?))
    }

    /// The views that users saved, in load order.
    pub fn views(&self) -> impl Iterator<Item = &SavedView> + '_ {
        self.views.iter().map(|(_, view)| view)
    }

    /// The organisation as a document that loads to this one again. Repeated assigned users are written once.
    ///
    /// # Complexity
    /// Linear in the size of the organisation.
    pub fn to_org(&self) -> Org {
        self.org_with(self.all_records().collect())
    }

    /// The same to be written: no more than one record at a time is in memory as an object.
    pub fn to_written_org(&self) -> Org<RecordsToWrite<'_>> {
        self.org_with(RecordsToWrite(self))
    }

    fn all_records(&self) -> impl Iterator<Item = CrmRecord> + '_ {
        let kinds = RecordType::ALL.iter();
        kinds.flat_map(|&kind| self.records(kind))
    }

    fn org_with<R>(&self, records: R) -> Org<R> {
        Org {
            format: Format::V1,
            id: self.header.id.clone(),
            name: self.header.name.clone(),
            time_zone: self.header.time_zone.clone(),
            settings: self.settings,
            job_roles: self.job_roles.listed.then(|| self.job_roles().collect()),
            roles: self.roles().collect(),
            profiles: self.profiles().cloned().collect(),
            users: self.users().collect(),
            companies: self.companies().cloned().collect(),
            records,
            deals: self.deals().collect(),
            views: self.views().cloned().collect(),
        }
    }

    fn role_as_org(&self, role: RoleIx, row: &RoleRow) -> Role {
        Role {
            id: self.roles.id(role).to_owned(),
            name: row.name.clone(),
            parent: row.parent.map(|parent| self.roles.id(parent).to_owned()),
        }
    }

    pub(crate) fn user_as_org(&self, user: UserIx, person: &Person) -> User {
        User {
            id: self.users.id(user).to_owned(),
            name: person.name.clone(),
            email: person.email.clone(),
            profile: self.profiles.id(person.profile).to_owned(),
            role: person.role.map(|role| self.roles.id(role).to_owned()),
            job_role: person
                .job_role
                .map(|job_role| self.job_roles.id(job_role).to_owned()),
            license: person.license.clone(),
            region: person.region.clone(),
            status: person.status,
            guest: person.guest.as_ref().map(|term| Guest {
                claimed: term.claimed,
                expires_at: term.expires_at,
                revoked_at: term.revoked_at,
                sponsor: term
                    .sponsor
                    .map(|sponsor| self.users.id(sponsor).to_owned()),
            }),
            memberships: person
                .standings
                .iter()
                .map(|standing| Membership {
                    company: self.companies.id(standing.company).to_owned(),
                    tier: standing.tier,
                    primary: standing.primary,
                })
                .collect(),
        }
    }

    pub(crate) fn record_as_org(&self, kind: RecordType, record: RecordIx) -> CrmRecord {
        let records = self.records.of(kind);
        let assignment = |assigned: Assigned| Assignment {
            user: self.users.id(assigned.user).to_owned(),
            job_role: assigned
                .job_role
                .map(|job_role| self.job_roles.id(job_role).to_owned()),
        };
        let accounts = self.records.of(RecordType::Account);
        let mut fields = BTreeMap::new();
        for (name, value) in records.fields.of(record) {
            fields.insert(name.to_owned(), value.into());
        }
        CrmRecord {
            kind,
            id: records.id(record).to_owned(),
            name: records.name(record).map(str::to_owned),
            owner: records
                .owner(record)
                .map(|owner| self.users.id(owner).to_owned()),
            assigned: records.assigned.of(record).map(assignment).collect(),
            account: records
                .account(record)
                .map(|account| accounts.id(account).to_owned()),
            fields,
        }
    }

    pub(crate) fn deal_as_org(&self, deal: DealIx, row: &DealRow) -> Deal {
        Deal {
            id: self.deals.id(deal).to_owned(),
            name: row.name.clone(),
            company: self.companies.id(row.company).to_owned(),
            owner: self.users.id(row.owner).to_owned(),
            registered_by: row.registered_by.map(|user| self.users.id(user).to_owned()),
            owner_tier: row.owner_tier,
            stage: row.stage.clone(),
            amount: row.amount,
            currency: row.currency.clone(),
            expected_close: row.expected_close.clone(),
            created_at: row.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may panic"
    )]

    use crate::change::Change;

    use super::*;

    /// Twelve users in three roles, one below the other, and in two of three profiles; two users have no role.
    fn organisation() -> Governance {
        let roles = [
            ("top", "null"),
            ("middle", r#""top""#),
            ("low", r#""middle""#),
        ];
        let roles = roles
            .map(|(id, parent)| format!(r#"{{"id": "{id}", "name": "N", "parent": {parent}}}"#));
        let profiles = ["p", "q", "r"].map(|id| format!(r#"{{"id": "{id}", "name": "{id}"}}"#));
        let users = (0..12).map(|number| {
            let role = [
                "\"top\"",
                "\"low\"",
                "\"middle\"",
                "\"low\"",
                "null",
                "\"top\"",
            ][number % 6];
            let profile = ["p", "q"][number / 2 % 2];
            format!(r#"{{"id": "u{number}", "name": "U", "profile": "{profile}", "role": {role}}}"#)
        });
        let users: Vec<_> = users.collect();
        let json = format!(
            r#"{{"format": "sidelight.org/1", "id": "o", "name": "O", "timeZone": "UTC",
                "roles": [{}], "profiles": [{}], "users": [{}]}}"#,
            roles.join(", "),
            profiles.join(", "),
            users.join(", ")
        );
        Governance::load(json.as_bytes()).unwrap()
    }

    #[test]
    fn whoever_changes_is_seated_where_everyone_would_be() {
        let batches = [
            r#"[{"op": "setRole", "user": "u3", "role": "top"}]"#,
            r#"[{"op": "setRole", "user": "u0", "role": "low"}, {"op": "setRole", "user": "u7", "role": null}]"#,
            r#"[{"op": "setRole", "user": "u4", "role": "middle"}]"#,
            r#"[{"op": "setProfile", "user": "u5", "profile": "q"}, {"op": "setProfile", "user": "u6", "profile": "p"}]"#,
            r#"[{"op": "setProfile", "user": "u4", "profile": "r"}, {"op": "setRole", "user": "u4", "role": "low"}]"#,
            r#"[{"op": "setRole", "user": "u1", "role": "low"}, {"op": "setProfile", "user": "u10", "profile": "p"}]"#,
            r#"[{"op": "put", "kind": "user", "value": {"id": "v", "name": "V", "profile": "r", "role": "middle"}}]"#,
            r#"[{"op": "remove", "kind": "user", "id": "u2"}, {"op": "setRole", "user": "v", "role": "top"}]"#,
            r#"[{"op": "moveRole", "role": "low", "parent": "top"}, {"op": "setRole", "user": "u8", "role": "low"}]"#,
        ];
        let mut governance = organisation();
        for batch in batches {
            governance
                .apply(&Change::list_from_json(batch).unwrap())
                .unwrap();
            let mut fresh = governance.users.clone();
            fresh.seat(&governance.roles);
            assert_eq!(governance.users.seating, fresh.seating, "{batch}");
        }
        // Of many, everyone is seated anew.
        let all = (0..12).filter(|number| *number != 2).flat_map(|number| {
            let user = format!("u{number}");
            let set_role = Change::SetRole {
                user: user.clone(),
                role: Some("middle".to_owned()),
            };
            [
                set_role,
                Change::SetProfile {
                    user,
                    profile: "q".to_owned(),
                },
            ]
        });
        governance.apply(&all.collect::<Vec<_>>()).unwrap();
        let mut fresh = governance.users.clone();
        fresh.seat(&governance.roles);
        assert_eq!(governance.users.seating, fresh.seating);
    }
}
