//! What changes would open and close, for whom, without making them.

use serde::{Serialize, Serializer};

use crate::at::At;
use crate::change::{Change, Removal, Thing};
use crate::error::{AskError, ChangeError, Code, Pointer, UnknownWord};
use crate::governance::{Governance, Records};
use crate::org::ReportsReach;
use crate::profile::{Action, Scope, Toggle};
use crate::reader::{FromJson, Members, Refused, Source, deserialize_as_read};
use crate::record::RecordType;
use crate::set::Set;
use crate::table::{Chosen, CompanyIx, Ix, RecordIx, UserIx};
use crate::view::read_question;

/// What a prediction counts: the records of a type, or the partner deals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// Records of a type.
    Record(RecordType),
    /// Partner deals.
    Deal,
}

impl Counted {
    /// The word in JSON: the record type, or `deal`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record(kind) => kind.as_str(),
            Self::Deal => "deal",
        }
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        RecordType::ALL
            .iter()
            .map(|&kind| Self::Record(kind))
            .chain([Self::Deal])
    }
}

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> FromJson<'de> for Counted {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let word = from.text("a record type or `deal`")?;
        Self::all()
            .find(|counted| counted.as_str() == word)
            .ok_or_else(|| {
                let known = Self::all().map(Self::as_str);
                UnknownWord::new(Code::UnknownType, "record type", &word, known).into_de()
            })
    }
}

deserialize_as_read!(Counted, PredictOptions);

impl<'de> FromJson<'de> for PredictOptions {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        const MEMBERS: Members = Members::closed(0, &["users", "types", "action", "sample"]);
        let mut options = Self::default();
        from.object(&MEMBERS, &mut |member, value| {
            match member.as_ref() {
                "users" => options.users = Some(value.read()?),
                "types" => options.types = Some(value.read()?),
                "action" => options.action = Some(value.read()?),
                _ => options.sample = Some(value.read()?),
            }
            Ok(())
        })?;
        Ok(options)
    }
}

/// What of a prediction is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PredictOptions {
    /// Only for these users; absent: all.
    pub users: Option<Vec<String>>,
    /// Only these types; absent: all, and deals where the action is view.
    pub types: Option<Vec<Counted>>,
    /// The action; absent: view. Deals are counted by whether they are seen.
    pub action: Option<Action>,
    /// At most so many ids of each row; absent: 20.
    pub sample: Option<usize>,
}

impl PredictOptions {
    /// Reads the contract's JSON for the options.
    ///
    /// # Errors
    /// An [`AskError`] with the code and the place of the fault.
    pub fn from_json(json: &str) -> Result<Self, AskError> {
        read_question(json)
    }
}

/// What would change for whom.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Prediction {
    /// The users with a difference, in load order, each with a row per type.
    pub rows: Vec<PredictionRow>,
    /// The pairs of user and thing that the changes open.
    pub gained: usize,
    /// The pairs of user and thing that the changes close.
    pub lost: usize,
}

/// What would change for one user, of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PredictionRow {
    /// The user's id.
    pub user: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: Counted,
    /// How many the user gains.
    pub gained: usize,
    /// How many the user loses.
    pub lost: usize,
    /// The first of those gained, in load order.
    pub gained_ids: Vec<String>,
    /// The first of those lost, in load order.
    pub lost_ids: Vec<String>,
}

impl At<'_> {
    /// What the changes would open and close, for whom; nothing is changed.
    ///
    /// # Errors
    /// A [`ChangeError`] where `apply` would refuse the changes; [`Code::InvalidArgument`] for the action `create`.
    ///
    /// # Complexity
    /// In the number of users for whom something may differ (those who reach a person or a holder that is named, the
    /// users of a profile and, where it is a matter of lifts, those above them, the people of a company; everyone where a
    /// thing is put or removed), times the records and deals that are named. For changes to people, roles and profiles,
    /// also in the records that users see whose reach differs.
    pub fn predict(
        self,
        changes: &[Change],
        options: &PredictOptions,
    ) -> Result<Prediction, ChangeError> {
        let action = options.action.unwrap_or(Action::View);
        if action == Action::Create {
            let place = Pointer::root().member("action");
            let message = "`create` is asked about a type";
            return Err(ChangeError::new(Code::InvalidArgument, place, message));
        }
        let after = self.governance.changed_by(changes)?;
        let mut comparison = Comparison::new(self, &after, changes, action);
        comparison.touched.add_prospects([self.governance, &after]);
        let wanted: Option<Chosen<UserIx>> = options.users.as_ref().map(|users| {
            let known = users.iter().filter_map(|id| after.users.table.ids.get(id));
            known.collect()
        });
        let with_deals = |counted: &Counted| action == Action::View || *counted != Counted::Deal;
        let types: Vec<_> = match &options.types {
            Some(types) => Counted::all()
                .filter(|counted| types.contains(counted))
                .collect(),
            None => Counted::all().filter(with_deals).collect(),
        };
        let sample = options.sample.unwrap_or(20);
        let mut named_so_far = 0;
        let mut prediction = Prediction::default();
        for user in comparison.users() {
            if wanted.as_ref().is_some_and(|wanted| !wanted.contains(user)) {
                continue;
            }
            let id = after.users.id(user);
            for &kind in &types {
                let Some(Difference { gained, lost }) = comparison.of(user, kind) else {
                    continue;
                };
                let row = PredictionRow {
                    user: id.to_owned(),
                    kind,
                    gained: gained.len(),
                    lost: lost.len(),
                    gained_ids: named(&after, kind, &gained, sample),
                    lost_ids: named(&after, kind, &lost, sample),
                };
                named_so_far += row.gained_ids.len() + row.lost_ids.len();
                if named_so_far > Self::NAMED_AT_MOST {
                    let message = format!("the samples have more than {} ids", Self::NAMED_AT_MOST);
                    let place = Pointer::root().member("sample");
                    return Err(ChangeError::new(Code::AnswerTooLarge, place, message));
                }
                prediction.gained += row.gained;
                prediction.lost += row.lost;
                prediction.rows.push(row);
            }
        }
        Ok(prediction)
    }
}

/// The ids of the first few things. What exists only before has its number after as well.
fn named(governance: &Governance, kind: Counted, things: &Set, sample: usize) -> Vec<String> {
    let ids: Vec<&str> = match kind {
        Counted::Record(kind) => {
            let records = governance.records.of(kind);
            let first = things.iter().take(sample);
            first.map(|record| records.id(record)).collect()
        }
        Counted::Deal => {
            let first = things.iter().take(sample);
            first.map(|deal| governance.deals.id(deal)).collect()
        }
    };
    ids.into_iter().map(str::to_owned).collect()
}

/// To ask about a record takes about so many times as long as to add one to a set.
pub(crate) const SLOWER: usize = 64;

/// The things of one type that a user gains and loses: not both nothing.
struct Difference {
    gained: Set,
    lost: Set,
}

impl Difference {
    fn between(before: &Set, after: &Set) -> Option<Self> {
        Self::of(after.without(before), before.without(after))
    }

    /// Looks at records one by one: `asked` tells whether one is the user's before and after.
    fn among(
        records: impl Iterator<Item = RecordIx>,
        asked: impl Fn(RecordIx) -> (bool, bool),
    ) -> Option<Self> {
        let (mut gained, mut lost) = (Vec::new(), Vec::new());
        for record in records {
            match asked(record) {
                (false, true) => gained.push(record.number()),
                (true, false) => lost.push(record.number()),
                _ => {}
            }
        }
        Self::of(Set::Listed(gained), Set::Listed(lost))
    }

    fn of(gained: Set, lost: Set) -> Option<Self> {
        (!gained.is_empty() || !lost.is_empty()).then_some(Self { gained, lost })
    }
}

/// An organisation before and after changes.
pub(crate) struct Comparison<'a> {
    pub(crate) before: At<'a>,
    pub(crate) after: At<'a>,
    pub(crate) touched: Touched,
    pub(crate) action: Action,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(
        before: At<'a>,
        after: &'a Governance,
        changes: &[Change],
        action: Action,
    ) -> Self {
        let touched = Touched::by(changes, before.governance, after);
        Self {
            before,
            after: after.at(before.now()),
            touched,
            action,
        }
    }

    /// Everyone for whom something may differ, in load order.
    fn users(&self) -> Vec<UserIx> {
        let Touched { people, deals, .. } = &self.touched;
        self.existing(&[people, deals])
    }

    /// Those of the users who exist before or after, in load order.
    pub(crate) fn existing(&self, concerned: &[&Concerned]) -> Vec<UserIx> {
        let [before, after] = [self.before, self.after].map(|at| &at.governance.users);
        let exists = |&user: &UserIx| before.exists(user) || after.exists(user);
        let mut users = Chosen::default();
        for one in concerned {
            match one {
                Concerned::Everyone => return after.table.ids.iter().filter(exists).collect(),
                Concerned::Only(some) => users.extend(some),
            }
        }
        users.iter().filter(exists).collect()
    }

    /// What differs for a user.
    fn of(&self, user: UserIx, counted: Counted) -> Option<Difference> {
        match counted {
            Counted::Record(kind) => self.of_records(user, kind),
            Counted::Deal => self.of_deals(user),
        }
    }

    fn of_records(&self, user: UserIx, kind: RecordType) -> Option<Difference> {
        if !self.touched.people.contains(user) {
            return None;
        }
        if self.touched.reach.contains(&kind) && !self.has_same_reach(user, kind) {
            return self.by_holders(user, kind).unwrap_or_else(|| {
                let [before, after] =
                    [self.before, self.after].map(|at| at.permitted(user, kind, self.action));
                Difference::between(&before, &after)
            });
        }
        let may = |at: At<'_>, record| {
            at.governance.records.of(kind).exists(record) && at.may(user, kind, record, self.action)
        };
        let touched = self.touched.records_of(kind);
        Difference::among(touched, |record| {
            (may(self.before, record), may(self.after, record))
        })
    }

    /// What differs for a user whose reach differs, found from the holders whom the user reaches on one side only. `None` where
    /// another rule decides, or where records are touched as well and there are too many to look at them one by one.
    fn by_holders(&self, user: UserIx, kind: RecordType) -> Option<Option<Difference>> {
        let sides = [self.before, self.after];
        let [multi_before, multi_after] =
            sides.map(|at| at.governance.settings.multi_user_assignment);
        if self.action != Action::View || multi_before != multi_after {
            return None;
        }
        let [before, after] = sides.map(|at| at.holders_seen(user, kind));
        let (before, after) = before.zip(after)?;
        let lost: Vec<UserIx> = before.without(&after).collect();
        let gained: Vec<UserIx> = after.without(&before).collect();
        let held = |holder: UserIx| sides.map(|at| at.governance.records.of(kind).held.get(holder));
        let size = |holder: UserIx| held(holder).iter().map(|list| list.len()).sum::<usize>();
        let differing = || lost.iter().chain(&gained).copied();
        let to_look_at: usize = differing().map(size).sum();
        let in_all: usize = before.iter().chain(after.iter()).map(size).sum();
        let touched: Vec<RecordIx> = self.touched.records_of(kind).collect();
        let count = self.after.governance.records.of(kind).ids.len();
        // `size` counts both sides.
        if to_look_at / 2 * SLOWER > in_all.min(count) {
            return touched
                .is_empty()
                .then(|| self.by_sets(user, kind, &lost, &gained));
        }
        let lists = differing().flat_map(held);
        let lists = lists.chain(std::iter::once(touched.as_slice()));
        let sees = |at: At<'_>, holders: &Chosen<UserIx>, record| {
            at.governance.records.of(kind).exists(record)
                && at
                    .holders(kind, record)
                    .any(|holder| holders.contains(holder))
        };
        Some(Difference::among(
            Set::union(lists, count).iter(),
            |record| {
                (
                    sees(self.before, &before, record),
                    sees(self.after, &after, record),
                )
            },
        ))
    }

    /// What differs for a user who reaches some holders on one side only, where the records have the same holders on both.
    fn by_sets(
        &self,
        user: UserIx,
        kind: RecordType,
        lost: &[UserIx],
        gained: &[UserIx],
    ) -> Option<Difference> {
        let held_only = |holders: &[UserIx], here: At<'_>, there: At<'_>| {
            if holders.is_empty() {
                return Set::default();
            }
            let held = here.governance.records.of(kind).held_by(holders);
            held.without(&there.permitted(user, kind, Action::View))
        };
        Difference::of(
            held_only(gained, self.after, self.before),
            held_only(lost, self.before, self.after),
        )
    }

    /// Whether everything but the records themselves is the same for the user before and after.
    fn has_same_reach(&self, user: UserIx, kind: RecordType) -> bool {
        let sides = [self.before, self.after];
        let same = |of: &dyn Fn(At<'_>) -> bool| {
            let [before, after] = sides.map(of);
            before == after
        };
        let reaches_same = |kind: RecordType, action: Action| {
            let [before, after] = sides.map(|at| (at.scope(user, kind, action), at));
            let others = |(scope, at): (Scope, At<'_>)| at.reach(user, scope).positions;
            before.0 == after.0
                && same(&|at| at.lifted(user, kind, action))
                && self.before.governance.users.at_positions(&others(before))
                    == self.after.governance.users.at_positions(&others(after))
        };
        let by_account = |at: At<'_>| at.toggle(user, Toggle::ProspectsInAccount);
        same(&|at| at.passes_gate(user))
            && self.before.governance.settings.multi_user_assignment
                == self.after.governance.settings.multi_user_assignment
            && reaches_same(kind, Action::View)
            && (self.action == Action::View || reaches_same(kind, self.action))
            && (kind != RecordType::Prospect
                || (same(&by_account)
                    && (!by_account(self.before)
                        || reaches_same(RecordType::Account, Action::View))))
    }

    fn of_deals(&self, user: UserIx) -> Option<Difference> {
        if !self.touched.deals.contains(user) {
            return None;
        }
        let [before, after] = [self.before, self.after].map(|at| Set::Bits(at.visible_deals(user)));
        Difference::between(&before, &after)
    }
}

/// What changes name: only there can an answer differ while nobody's reach does.
#[derive(Default)]
pub(crate) struct Touched {
    /// The types of which somebody's reach may differ.
    pub(crate) reach: Vec<RecordType>,
    /// The records that may have other holders, or exist on one side only: of each type in order, each once.
    records: Vec<(RecordType, Vec<u32>)>,
    /// For whom records may differ.
    pub(crate) people: Concerned,
    /// For whom deals may differ.
    pub(crate) deals: Concerned,
    /// Whose place in the hierarchy may differ.
    moved: Concerned,
}

/// Users for whom something may differ.
pub(crate) enum Concerned {
    Everyone,
    Only(Chosen<UserIx>),
}

impl Default for Concerned {
    fn default() -> Self {
        Self::Only(Chosen::default())
    }
}

impl Concerned {
    pub(crate) fn contains(&self, user: UserIx) -> bool {
        match self {
            Self::Everyone => true,
            Self::Only(users) => users.contains(user),
        }
    }

    /// Adds the users whom `find` finds on each side.
    fn add(
        &mut self,
        sides: [&Governance; 2],
        mut find: impl FnMut(&Governance, &mut Chosen<UserIx>),
    ) {
        if let Self::Only(users) = self {
            sides.iter().for_each(|side| find(side, users));
        }
    }

    fn add_one(&mut self, user: Option<UserIx>) {
        if let (Self::Only(users), Some(user)) = (self, user) {
            users.insert(user);
        }
    }
}

impl Touched {
    fn by(changes: &[Change], before: &Governance, after: &Governance) -> Self {
        let mut touched = Self::default();
        let sides = [before, after];
        let user = |id: &str| after.users.table.ids.get(id);
        for change in changes {
            match change {
                Change::Assign { kind, id, .. }
                | Change::Unassign { kind, id, .. }
                | Change::SetOwner { kind, id, .. } => touched.record(*kind, id, sides),
                Change::Put(Thing::Record(record)) => {
                    touched.record(record.kind, &record.id, sides);
                }
                Change::Remove(Removal::Record { id, kind }) => touched.record(*kind, id, sides),
                Change::SetDealOwner { .. }
                | Change::Put(Thing::Deal(_))
                | Change::Remove(Removal::Deal { .. }) => touched.deals = Concerned::Everyone,
                // Job roles and views are no input to any rule.
                Change::Put(Thing::JobRole(_) | Thing::View(_))
                | Change::Remove(Removal::View { .. }) => {}
                Change::SetPermission {
                    profile,
                    kind,
                    action,
                    ..
                } => touched.permission(profile, *kind, *action, sides),
                Change::SetToggle {
                    profile, toggle, ..
                } => {
                    let concerned = match toggle {
                        Toggle::ProspectsInAccount => {
                            touched.reach.push(RecordType::Prospect);
                            &mut touched.people
                        }
                        Toggle::AllDeals => &mut touched.deals,
                        _ => continue,
                    };
                    concerned.add(sides, |side, users| side.add_users_of(profile, users));
                }
                Change::SetStatus { user: id, .. }
                | Change::SetGuest { user: id, .. }
                | Change::SetProfile { user: id, .. } => {
                    touched.person(user(id), sides);
                    touched.deals.add_one(user(id));
                }
                Change::SetRole { user: id, .. } => {
                    touched.person(user(id), sides);
                    touched.moved.add_one(user(id));
                }
                Change::SetTier {
                    user: id, company, ..
                } => {
                    // Who has another rank at the company, is seen by others of it.
                    touched.deals.add_one(user(id));
                    let company = after.companies.find(company);
                    touched.deals.add(sides, |side, users| {
                        if let Some(company) = company {
                            side.add_people_of(company, users);
                        }
                    });
                }
                Change::MoveRole { role, .. } => {
                    touched.reach.extend(RecordType::ALL);
                    touched.moved = Concerned::Everyone;
                    let role = after.roles.table.ids.get(role);
                    let lies_on_cycle = |side: &&Governance| {
                        role.is_some_and(|role| side.roles.forest.is_on_cycle(role))
                    };
                    if sides.iter().any(lies_on_cycle) {
                        // Everyone on the cycle, and above it, reaches others once it is broken.
                        touched.people = Concerned::Everyone;
                    }
                    // Who is below the role stays below it: only those above can tell.
                    touched.people.add(sides, |side, users| {
                        let above = role.and_then(|role| side.roles.forest.parent(role));
                        side.add_seated_from(above, &mut Chosen::default(), users);
                    });
                }
                _ => {
                    touched.reach.extend(RecordType::ALL);
                    touched.people = Concerned::Everyone;
                    touched.deals = Concerned::Everyone;
                    touched.moved = Concerned::Everyone;
                }
            }
        }
        touched.order();
        touched
    }

    /// A scope of a profile: it is that of its users, and where it lifts, that of those above them.
    fn permission(
        &mut self,
        profile: &str,
        kind: RecordType,
        action: Action,
        sides: [&Governance; 2],
    ) {
        self.reach.push(kind);
        if kind == RecordType::Account && action == Action::View {
            // An account that is seen may show its prospects (§3).
            self.reach.push(RecordType::Prospect);
        }
        self.people.add(sides, |side, people| {
            let mut users = Chosen::default();
            side.add_users_of(profile, &mut users);
            let lifts = side.settings.reports_reach == ReportsReach::Accessible
                && side.scope_of(profile, kind, action) == Scope::All;
            if lifts {
                side.add_watchers(&users.iter().collect::<Vec<_>>(), people);
            } else {
                people.extend(&users);
            }
        });
    }

    /// A person who may reach others, or lift others, or be reached by others than before.
    fn person(&mut self, user: Option<UserIx>, sides: [&Governance; 2]) {
        self.reach.extend(RecordType::ALL);
        self.people.add(sides, |side, people| {
            side.add_watchers(user.as_slice(), people);
        });
    }

    /// A record that a change names.
    fn record(&mut self, kind: RecordType, id: &str, sides: [&Governance; 2]) {
        let [before, after] = sides.map(|side| side.records.of(kind));
        let Some(record) = after.ids.get(id) else {
            return;
        };
        self.name(kind, std::iter::once(record));
        let is_there = |records: &Records| (records.exists(record), records.account(record));
        if is_there(before) == is_there(after) {
            // It has other holders at most, so it makes a difference to those who reach one that it has on one side only.
            let holders = sides.map(|side| {
                let counted = side.settings.counts_assigned(kind);
                side.records.of(kind).holders(record, counted).collect()
            });
            let [before, after]: &[Chosen<UserIx>; 2] = &holders;
            let differing: Vec<UserIx> =
                before.without(after).chain(after.without(before)).collect();
            self.people.add(sides, |side, people| {
                side.add_watchers(&differing, people);
            });
        } else {
            self.people = Concerned::Everyone;
        }
    }

    /// Takes the prospects of the accounts among the records to be touched as well (§3.9).
    fn add_prospects(&mut self, sides: [&Governance; 2]) {
        let accounts: Vec<RecordIx> = self.records_of(RecordType::Account).collect();
        for side in sides {
            let of_account = &side.records.of(RecordType::Prospect).of_account;
            let prospects = accounts.iter().flat_map(|&account| of_account.get(account));
            self.name(RecordType::Prospect, prospects.copied());
        }
        self.order();
    }

    fn name(&mut self, kind: RecordType, records: impl Iterator<Item = RecordIx>) {
        let records = records.map(RecordIx::number);
        match self.records.iter_mut().find(|(of, _)| *of == kind) {
            Some((_, named)) => named.extend(records),
            None => self.records.push((kind, records.collect())),
        }
    }

    fn order(&mut self) {
        for (_, named) in &mut self.records {
            named.sort_unstable();
            named.dedup();
        }
    }

    /// Whether records of the type may differ for somebody.
    pub(crate) fn concerns(&self, kind: RecordType) -> bool {
        let of_account = (kind == RecordType::Prospect).then_some(RecordType::Account);
        self.reach.contains(&kind)
            || [Some(kind), of_account]
                .into_iter()
                .flatten()
                .any(|kind| self.records_of(kind).next().is_some())
    }

    /// Those whose place in the hierarchy may differ, unless that is anybody's.
    pub(crate) fn moved(&self) -> Option<&Chosen<UserIx>> {
        match &self.moved {
            Concerned::Everyone => None,
            Concerned::Only(moved) => Some(moved),
        }
    }

    /// The records that changes name.
    pub(crate) fn records_of(&self, kind: RecordType) -> impl Iterator<Item = RecordIx> + '_ {
        let of_kind = self.records.iter().filter(move |(of, _)| *of == kind);
        let named = of_kind.flat_map(|(_, named)| named);
        named.copied().map(RecordIx::new)
    }
}

impl Governance {
    /// Adds the users of a profile.
    fn add_users_of(&self, profile: &str, into: &mut Chosen<UserIx>) {
        let profile = self.profiles.find(profile);
        for user in profile
            .into_iter()
            .flat_map(|profile| self.users.with_profile(profile))
        {
            into.insert(user);
        }
    }

    /// The scope that a profile stores; denied for one that does not exist.
    fn scope_of(&self, profile: &str, kind: RecordType, action: Action) -> Scope {
        let row = self
            .profiles
            .find(profile)
            .and_then(|profile| self.profiles.get(profile));
        row.map_or(Scope::Denied, |row| row.scope(kind, action))
    }

    /// Adds those who have a tier at the company, and those who manage it.
    fn add_people_of(&self, company: CompanyIx, into: &mut Chosen<UserIx>) {
        for (user, person) in self.users.table.iter() {
            let mut standings = person.standings.iter();
            if standings.any(|standing| standing.company == company)
                || self.users.managed(user).contains(&company)
            {
                into.insert(user);
            }
        }
    }
}
