//! What a remedy opens beside what was asked for, counted up to a bound (§4).
//!
//! For a user whose reach grows, the records are looked for at the holders who are reached after and not before, and each is
//! asked about by the formulas, before and after. A count that passes the bound ends there. A property test holds those that
//! do not to what `predict` says.

use std::ops::ControlFlow;

use fixedbitset::FixedBitSet;

use crate::at::At;
use crate::change::Change;
use crate::governance::Records;
use crate::predict::{Comparison, Counted, SLOWER};
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::set::Set;
use crate::sight::Sight;
use crate::table::{Chosen, Ix, RecordIx, RoleIx, UserIx};
use crate::total::Part;
use crate::visible::Within;

/// What changes open beside what was asked for: pairs of a user and a record or deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opened {
    /// How many pairs. One more than the bound stands for any number above it.
    pub(crate) pairs: usize,
    pub(crate) bound: usize,
    /// How many records are in the pairs, each once. Beyond the bound it only tells whether there are any.
    pub(crate) records: usize,
    /// How many deals are in the pairs, likewise.
    pub(crate) deals: usize,
    /// How many users are in the pairs, as far as they are within the bound.
    pub(crate) people: usize,
}

/// A pair of a user and a thing.
pub(crate) type Pair = (UserIx, Counted, u32);

impl Opened {
    /// What opens to view, or to the action of the comparison, each pair once, and without the pair that was asked about.
    ///
    /// # Complexity
    /// In the bound, and in the number of users for whom something may differ and of those whom they reach. Where such a
    /// user saw nearly all records before, and where there are not many, also in the number of records.
    pub(crate) fn by(comparison: &Comparison<'_>, asked: Option<Pair>, bound: usize) -> Self {
        let mut deals = Tally::new(asked, bound);
        let _ = comparison.tally_deals(&mut deals);
        // Where the deals go beyond the bound already, it is still told whether there are records.
        let mut records = Tally::new(asked, bound.saturating_sub(deals.pairs));
        let _ = comparison.tally_records(&mut records);
        let mut people = deals.people.clone();
        let added = records.people.iter().filter(|&user| people.insert(user));
        let count = deals.people.iter().count() + added.count();
        Self {
            pairs: (deals.pairs + records.pairs).min(bound + 1),
            bound,
            records: records.distinct(comparison),
            deals: deals.distinct(comparison),
            people: count,
        }
    }

    /// More records than the bound.
    pub(crate) fn beyond(bound: usize) -> Self {
        Self {
            pairs: bound + 1,
            bound,
            records: 1,
            deals: 0,
            people: 0,
        }
    }

    /// Whether it is certain that the change, a profile's wider scope, opens more than the bound: whoever else it is a matter
    /// of then need not be found.
    pub(crate) fn is_surely_beyond(
        bound: usize,
        sides: [At<'_>; 2],
        change: &Change,
        action: Action,
    ) -> bool {
        let Change::SetPermission { profile, kind, .. } = change else {
            return false;
        };
        let governance = sides[1].governance;
        let profile = governance.profiles.find(profile);
        let users = profile.map(|profile| governance.users.with_profile(profile));
        let least = users
            .into_iter()
            .flatten()
            .map(|user| opens_at_least(sides, user, *kind, action));
        Tally::new(None, bound).surely_passes(least).is_break()
    }

    pub(crate) fn is_beyond(&self) -> bool {
        self.pairs > self.bound
    }
}

/// Nothing more is to be counted: the bound is passed.
struct Passed;

/// Pairs of users and things, counted until they are more than a bound.
struct Tally {
    asked: Option<Pair>,
    bound: usize,
    pairs: usize,
    people: Chosen<UserIx>,
    /// Those of all pairs, with repetitions: what was found for one user of one type after the other.
    things: Vec<(Counted, Vec<RecordIx>)>,
}

impl Tally {
    fn new(asked: Option<Pair>, bound: usize) -> Self {
        Self {
            asked,
            bound,
            pairs: 0,
            people: Chosen::default(),
            things: Vec::new(),
        }
    }

    /// So many things that open to one user are enough to pass the bound, though the one asked about be among them.
    fn enough(&self) -> usize {
        self.bound.saturating_sub(self.pairs) + 2
    }

    /// Takes what opens to a user of one type, each thing once.
    fn add(&mut self, user: UserIx, counted: Counted, found: &[u32]) -> ControlFlow<Passed> {
        let asked = self.asked;
        let others = found
            .iter()
            .filter(|&&number| asked != Some((user, counted, number)));
        let others: Vec<_> = others.map(|&number| RecordIx::new(number)).collect();
        if !others.is_empty() {
            self.pairs += others.len();
            self.people.insert(user);
            self.things.push((counted, others));
        }
        if self.pairs > self.bound {
            ControlFlow::Break(Passed)
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Ends where so many pairs are certain to open that the bound is passed: to open everything to somebody who saw little
    /// is beyond it, mostly.
    fn surely_passes(&mut self, least: impl Iterator<Item = usize>) -> ControlFlow<Passed> {
        let mut certain = 0;
        for pairs in least {
            certain += pairs;
            if certain >= self.enough() {
                self.pairs = self.bound + 1;
                return ControlFlow::Break(Passed);
            }
        }
        ControlFlow::Continue(())
    }

    /// How many things there are, each once; beyond the bound, one for any number.
    fn distinct(&self, comparison: &Comparison<'_>) -> usize {
        if self.pairs > self.bound {
            return 1;
        }
        let distinct = Counted::all().map(|counted| {
            let count = match counted {
                Counted::Record(kind) => comparison.after.governance.records.of(kind).ids.len(),
                Counted::Deal => comparison.after.governance.deals.ids.len(),
            };
            let found = self.things.iter().filter(|(of, _)| *of == counted);
            Set::union(found.map(|(_, things)| things.as_slice()), count).len()
        });
        distinct.sum()
    }
}

/// What opens to one user of one type, looked for one by one.
#[derive(Default)]
struct Found {
    /// How many things there are.
    things: usize,
    /// What was looked at: as bits, which serve for one user after the other, and in order.
    looked_at: FixedBitSet,
    looked_at_in_order: Vec<u32>,
    opens: Vec<u32>,
    /// So many are enough to know.
    enough: usize,
    /// How many more may be looked at in vain before whole sets would have been quicker.
    patience: usize,
}

/// Why a search ended before its end.
enum End {
    /// Enough is found.
    Enough,
    /// It is better to compare whole sets.
    Sets,
}

impl Found {
    /// Begins to look for others, of so many things.
    fn begin(&mut self, things: usize, enough: usize, patience: usize) {
        self.things = things;
        for number in self.looked_at_in_order.drain(..) {
            self.looked_at.remove(number as usize);
        }
        self.opens.clear();
        self.enough = enough;
        self.patience = patience;
    }

    /// Looks at one thing, unless it was looked at before.
    fn look_at(&mut self, number: u32, opens: impl FnOnce() -> bool) -> ControlFlow<End> {
        // There is room after the first, unless it was not foreseen, and then it is made.
        self.looked_at.grow(self.things.max(number as usize + 1));
        if self.looked_at.put(number as usize) {
            return ControlFlow::Continue(());
        }
        self.looked_at_in_order.push(number);
        self.note(opens().then_some(number))
    }

    /// Takes note of one that opens, or of one that does not.
    fn note(&mut self, opens: Option<u32>) -> ControlFlow<End> {
        let Some(number) = opens else {
            return match self.patience.checked_sub(1) {
                Some(left) => {
                    self.patience = left;
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Break(End::Sets),
            };
        };
        self.opens.push(number);
        match self.opens.len() < self.enough {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(End::Enough),
        }
    }
}

/// Whom a user reaches after and not before.
enum Growth {
    /// Everyone, and not everyone before.
    ToAll,
    By(Vec<UserIx>),
}

fn sights(sides: [At<'_>; 2], user: UserIx, kind: RecordType, action: Action) -> [Sight; 2] {
    sides.map(|at| at.sight(user, kind, action))
}

/// So many records of the type open to the user at least, as far as that is to be had without looking at records.
fn opens_at_least(sides: [At<'_>; 2], user: UserIx, kind: RecordType, action: Action) -> usize {
    let [before, after] = sides;
    let [sight_before, sight_after] = sights(sides, user, kind, action);
    let gain = |narrow: Option<&Within>, wide: Option<&Within>| {
        let least = after.least_within(kind, wide?);
        Some(least.saturating_sub(before.most_within(kind, narrow?)?))
    };
    let viewed = sight_before
        .accounts
        .is_none()
        .then_some(&sight_before.viewed);
    let viewed = gain(viewed, Some(&sight_after.viewed));
    viewed
        .max(gain(sight_before.narrowest(), sight_after.narrowest()))
        .unwrap_or_default()
}

impl At<'_> {
    /// So many records of the type open at least to a viewer who is given the role, beside one that was asked about, as far
    /// as that is to be had without looking at records and without giving it.
    pub(crate) fn opens_with_role_at_least(
        self,
        role: RoleIx,
        viewer: UserIx,
        kind: RecordType,
    ) -> usize {
        let forest = &self.governance.roles.forest;
        let (part, positions) = match self.stored_scope(viewer, kind, Action::View) {
            Scope::Reports => (Part::Below, forest.below(role)),
            Scope::Peers => (Part::Within, forest.subtree(role)),
            _ => return 0,
        };
        let sight = self.sight(viewer, kind, Action::View);
        let Within::Only(reach) = &sight.viewed else {
            return 0;
        };
        if sight.accounts.is_some() {
            return 0;
        }
        let records = self.governance.records.of(kind);
        let position = forest.position(role);
        let is_apart =
            reach.positions.end <= positions.start || positions.end <= reach.positions.start;
        let nowhere_else = match is_apart {
            true => records.totals.enclosed_at_least(position, part),
            false => 0,
        };
        let seen = self.most_within(kind, &sight.viewed);
        let more = records.totals.get(position, part).zip(seen);
        let more = more.map_or(0, |(total, seen)| total.saturating_sub(seen));
        let least = nowhere_else.max(more);
        // The viewer's own are seen already, and no longer held there.
        least.saturating_sub(records.held.get(viewer).len() + 1)
    }
}

impl Comparison<'_> {
    fn tally_deals(&self, tally: &mut Tally) -> ControlFlow<Passed> {
        let mut found = Found::default();
        let count = self.after.governance.deals.ids.len();
        for user in self.existing(&[&self.touched.deals]) {
            found.begin(count, tally.enough(), usize::MAX);
            let _ = self.look_for_deals(user, &mut found);
            tally.add(user, Counted::Deal, &found.opens)?;
        }
        ControlFlow::Continue(())
    }

    fn look_for_deals(&self, user: UserIx, found: &mut Found) -> ControlFlow<End> {
        let Self { before, after, .. } = self;
        let sees_all = |at: &At<'_>| at.passes_gate(user) && at.toggle(user, Toggle::AllDeals);
        if sees_all(before) || !after.passes_gate(user) {
            return ControlFlow::Continue(());
        }
        let sees_all = sees_all(after);
        let all = sees_all.then(|| after.governance.deals.presence.iter());
        let near = (!sees_all).then(|| after.deals_near(user));
        for deal in all.into_iter().flatten().chain(near.into_iter().flatten()) {
            let opens = || after.sees_deal(user, deal) && !before.sees_deal(user, deal);
            found.look_at(deal.number(), opens)?;
        }
        ControlFlow::Continue(())
    }

    fn tally_records(&self, tally: &mut Tally) -> ControlFlow<Passed> {
        let users = self.existing(&[&self.touched.people]);
        let records = &self.after.governance.records;
        let kinds = RecordType::ALL
            .iter()
            .copied()
            .filter(|&kind| records.of(kind).len() > 0)
            .filter(|&kind| self.touched.concerns(kind));
        let kinds: Vec<_> = kinds.collect();
        let each = || {
            users
                .iter()
                .flat_map(|&user| kinds.iter().map(move |&kind| (user, kind)))
        };
        let reaching = each().filter(|(_, kind)| self.touched.reach.contains(kind));
        tally.surely_passes(reaching.map(|(user, kind)| {
            opens_at_least([self.before, self.after], user, kind, self.action)
        }))?;
        let mut found = Found::default();
        for (user, kind) in each() {
            self.find_records(user, kind, tally.enough(), &mut found);
            tally.add(user, Counted::Record(kind), &found.opens)?;
        }
        ControlFlow::Continue(())
    }

    /// The records of the type that open to the user, each once; some of them where those are enough.
    fn find_records(&self, user: UserIx, kind: RecordType, enough: usize, found: &mut Found) {
        let count = self.after.governance.records.of(kind).ids.len();
        found.begin(count, enough, (count / SLOWER).max(64));
        if let ControlFlow::Break(End::Sets) = self.look_for_records(user, kind, found) {
            found.begin(count, enough, 0);
            let other = (self.action != Action::View).then_some(self.action);
            for action in std::iter::once(Action::View).chain(other) {
                let [before, after] =
                    [self.before, self.after].map(|at| at.permitted(user, kind, action));
                let gained = after.without(&before);
                let mut gained = gained.iter::<RecordIx>();
                let _ = gained.try_for_each(|record| found.look_at(record.number(), || true));
            }
        }
    }

    /// Looks at every record of the type that may open to the user.
    fn look_for_records(
        &self,
        user: UserIx,
        kind: RecordType,
        found: &mut Found,
    ) -> ControlFlow<End> {
        let [before, after] = sights([self.before, self.after], user, kind, self.action);
        let sees = |record| after.sees(self.after, record);
        let opens = |record| {
            !before.sees(self.before, record)
                || (after.acts(self.after, record) && !before.acts(self.before, record))
        };
        let records = self.after.governance.records.of(kind);
        // What is listed for its holder or its account is sometimes known to be seen after.
        let mut look_at = |list: &[RecordIx], is_seen: bool| {
            list.chunks(Records::FETCHED).try_for_each(|list| {
                records.fetch(list);
                list.iter().try_for_each(|&record| {
                    let opens = || (is_seen || sees(record)) && opens(record);
                    found.look_at(record.number(), opens)
                })
            })
        };
        let reaches_others = self.touched.reach.contains(&kind);
        if !reaches_others && kind != RecordType::Prospect {
            // Each is named once.
            let mut named = self.touched.records_of(kind);
            return named.try_for_each(|record| {
                found.note((sees(record) && opens(record)).then(|| record.number()))
            });
        }
        for record in self.touched.records_of(kind) {
            look_at(&[record], false)?;
        }
        if kind == RecordType::Prospect {
            for account in self.touched.records_of(RecordType::Account) {
                look_at(records.of_account.get(account), false)?;
            }
        }
        if !reaches_others {
            return ControlFlow::Continue(());
        }
        let viewed = self.growth(Some(&before.viewed), &after.viewed);
        let acted = after.acted.as_ref();
        let acted = acted.map(|acted| self.growth(before.acted.as_ref(), acted));
        let growths = [(Some(viewed), true), (acted, false)];
        for (growth, is_seen) in growths {
            let holders = match (growth, &after.viewed) {
                (None, _) => continue,
                (Some(Growth::By(holders)), _) => holders,
                // Whatever may be done, is done to what is seen.
                (Some(Growth::ToAll), Within::Only(reach)) if after.accounts.is_none() => {
                    self.after.reached_users(reach).collect()
                }
                (Some(Growth::ToAll), _) => return ControlFlow::Break(End::Sets),
            };
            for holder in holders {
                look_at(records.held.get(holder), is_seen)?;
            }
        }
        let accounts = self.after.governance.records.of(RecordType::Account);
        let edge = after.accounts.as_ref();
        match edge.map(|edge| self.growth(before.accounts.as_ref(), edge)) {
            Some(Growth::ToAll) => {
                for account in accounts.iter() {
                    look_at(records.of_account.get(account), true)?;
                }
            }
            Some(Growth::By(holders)) => {
                for &account in holders.iter().flat_map(|&holder| accounts.held.get(holder)) {
                    look_at(records.of_account.get(account), true)?;
                }
            }
            None => {}
        }
        ControlFlow::Continue(())
    }

    /// Whom the user reaches after and not before, when it may have been nobody.
    fn growth(&self, before: Option<&Within>, after: &Within) -> Growth {
        let (before, after) = match (before, after) {
            (Some(Within::Everyone), _) => return Growth::By(Vec::new()),
            (_, Within::Everyone) => return Growth::ToAll,
            (Some(Within::Only(before)), Within::Only(after)) => (Some(before), after),
            (None, Within::Only(after)) => (None, after),
        };
        let is_new = |holder: &UserIx| {
            self.after.is_reached(after, *holder)
                && !before.is_some_and(|before| self.before.is_reached(before, *holder))
        };
        Growth::By(match self.touched.moved() {
            // Through the same places the same people are reached, save those who moved.
            Some(moved) if before == Some(after) => moved.iter().filter(is_new).collect(),
            _ => self.after.reached_users(after).filter(is_new).collect(),
        })
    }
}
