//! Users in bundles: the records of all users of one bundle as one set of bits.

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use crate::set::insert_all;
use crate::table::{Ix, Patches, RecordIx, Rows, UserIx};

/// Users of neighbouring roles, bundled so that each bundle holds a good part of the records of one type.
///
/// A wide reach takes in whole bundles, and what these hold is put together a word at a time; only the users of
/// bundles that it cuts are looked at one by one. Which users are in a bundle stays as it was when the records were
/// listed, so that a role that moves makes more cuts and no other answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bundles {
    base: Arc<Bundled>,
    /// The bundles that have a record now and had it not in `base`, or the other way round.
    flipped: Patches<Vec<usize>>,
}

#[derive(Debug, Clone, Default)]
struct Bundled {
    /// The bundle of each user who is in one.
    of_user: Vec<Option<Number>>,
    /// How many users each bundle has.
    sizes: Vec<usize>,
    /// What the users of each bundle hold together.
    held: Vec<FixedBitSet>,
}

/// The number of a bundle.
type Number = u8;

/// Users by the bundles that they fill.
pub(crate) struct Split {
    /// The bundles all of whose users are among those that were split.
    whole: Vec<usize>,
    /// The others.
    pub(crate) rest: Vec<UserIx>,
}

impl Split {
    /// Whether no bundle is whole.
    pub(crate) fn is_loose(&self) -> bool {
        self.whole.is_empty()
    }
}

impl Bundles {
    /// The users of a bundle hold so much of all records: a set of bits is then much less work than their lists.
    const PART: usize = 10;

    /// Of fewer records a set is made soon enough.
    const LEAST: usize = 50_000;

    /// Bundles the users of `seated`, who come in the forest's order.
    pub(crate) fn new(
        held: &Rows<UserIx, RecordIx>,
        seated: &[UserIx],
        users: usize,
        records: usize,
    ) -> Self {
        if records < Self::LEAST {
            return Self::default();
        }
        let mut bundled = Bundled {
            of_user: vec![None; users],
            ..Bundled::default()
        };
        let mut rest = seated;
        while let Some(size) = filled(held, rest, records / Self::PART) {
            let Ok(number) = Number::try_from(bundled.sizes.len()) else {
                break;
            };
            let (bundle, later) = rest.split_at(size);
            let mut bits = FixedBitSet::with_capacity(records);
            insert_all(&mut bits, bundle.iter().map(|&user| held.get(user)));
            for &user in bundle {
                if let Some(slot) = bundled.of_user.get_mut(user.at()) {
                    *slot = Some(number);
                }
            }
            bundled.held.push(bits);
            bundled.sizes.push(size);
            rest = later;
        }
        Self {
            base: Arc::new(bundled),
            flipped: Patches::default(),
        }
    }

    /// Splits users, of whom nobody is named twice, into whole bundles and the others.
    pub(crate) fn split(&self, users: &[UserIx]) -> Split {
        let bundled = &*self.base;
        let mut counts = vec![0; bundled.sizes.len()];
        for &user in users {
            if let Some(count) = self.of(user).and_then(|bundle| counts.get_mut(bundle)) {
                *count += 1;
            }
        }
        let is_whole = |bundle: &usize| counts.get(*bundle) == bundled.sizes.get(*bundle);
        let whole: Vec<_> = (0..counts.len()).filter(is_whole).collect();
        let is_cut = |user: &UserIx| self.of(*user).is_none_or(|bundle| !is_whole(&bundle));
        let rest = match whole.is_empty() {
            true => users.to_vec(),
            false => users.iter().copied().filter(is_cut).collect(),
        };
        Split { whole, rest }
    }

    /// Adds what whole bundles hold.
    pub(crate) fn add_to(&self, records: &mut FixedBitSet, split: &Split) {
        for &bundle in &split.whole {
            let Some(held) = self.base.held.get(bundle) else {
                continue;
            };
            let flipped = self.flipped.iter();
            let mut flipped = flipped
                .filter(|(_, bundles)| bundles.contains(&bundle))
                .map(|(record, _)| record as usize)
                .peekable();
            if flipped.peek().is_none() {
                records.union_with(held);
            } else {
                let mut held = held.clone();
                flipped.for_each(|record| flip(&mut held, record));
                records.union_with(&held);
            }
        }
    }

    /// Takes note of who holds a record now, where the holders were others before.
    pub(crate) fn list(&mut self, record: RecordIx, before: &[UserIx], after: &[UserIx]) {
        let holders = before.iter().chain(after);
        let bundles: Vec<_> = holders.filter_map(|&user| self.of(user)).collect();
        for bundle in bundles {
            let has = after.iter().any(|&user| self.of(user) == Some(bundle));
            if has != self.has(bundle, record) {
                self.flip(bundle, record);
            }
        }
    }

    /// Writes what was noted into the shared sets, if no clone shares them any more.
    pub(crate) fn settle(&mut self) {
        if let Some(bundled) = Arc::get_mut(&mut self.base) {
            for (record, bundles) in std::mem::take(&mut self.flipped).into_iter() {
                for bundle in bundles {
                    if let Some(held) = bundled.held.get_mut(bundle) {
                        flip(held, record as usize);
                    }
                }
            }
        }
    }

    fn of(&self, user: UserIx) -> Option<usize> {
        let number = self.base.of_user.get(user.at()).copied().flatten();
        number.map(usize::from)
    }

    fn has(&self, bundle: usize, record: RecordIx) -> bool {
        let held = self.base.held.get(bundle);
        let flipped = self.flipped.get(record.number());
        held.is_some_and(|held| held.contains(record.at()))
            != flipped.is_some_and(|bundles| bundles.contains(&bundle))
    }

    fn flip(&mut self, bundle: usize, record: RecordIx) {
        let flipped = self.flipped.get(record.number());
        let mut bundles = flipped.cloned().unwrap_or_default();
        match bundles.iter().position(|&other| other == bundle) {
            Some(place) => {
                bundles.swap_remove(place);
            }
            None => bundles.push(bundle),
        }
        self.flipped.insert(record.number(), bundles);
    }
}

/// How many of the users, from the first on, hold so many records or more, one counted once for each holder; `None`
/// if all together do not.
fn filled(held: &Rows<UserIx, RecordIx>, users: &[UserIx], least: usize) -> Option<usize> {
    let mut total = 0;
    let last = users.iter().position(|&user| {
        total += held.get(user).len();
        total >= least
    })?;
    Some(last + 1)
}

fn flip(records: &mut FixedBitSet, record: usize) {
    let has = records.contains(record);
    records.grow(record + 1);
    records.set(record, !has);
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: u32 = 60_000;

    fn user(number: u32) -> UserIx {
        UserIx::new(number)
    }

    /// 100 users, each of whom holds every hundredth record from their own number on, and the two after it.
    fn held() -> Rows<UserIx, RecordIx> {
        Rows::pack((0..100).map(|user| {
            let own = (0..RECORDS / 100).map(move |round| round * 100 + user);
            own.flat_map(|first| first..(first + 3).min(RECORDS))
                .map(RecordIx::new)
        }))
    }

    fn bundles(held: &Rows<UserIx, RecordIx>) -> Bundles {
        let seated: Vec<_> = (0..100).map(user).collect();
        Bundles::new(held, &seated, 100, RECORDS as usize)
    }

    /// What the users hold, by bundles and by their lists.
    fn both(
        bundles: &Bundles,
        held: &Rows<UserIx, RecordIx>,
        users: &[UserIx],
    ) -> [FixedBitSet; 2] {
        let split = bundles.split(users);
        let list = |users: &[UserIx]| {
            let mut bits = FixedBitSet::with_capacity(RECORDS as usize + 1);
            for &user in users {
                bits.extend(held.get(user).iter().map(|record| record.at()));
            }
            bits
        };
        let mut by_bundles = list(&split.rest);
        bundles.add_to(&mut by_bundles, &split);
        [by_bundles, list(users)]
    }

    #[test]
    fn whole_bundles_hold_what_their_users_hold() {
        let held = held();
        let bundles = bundles(&held);
        // Four of them hold 7,200, and three less than a tenth of all.
        assert_eq!(bundles.base.sizes, [4; 25]);
        for range in [0..100, 0..1, 7..61, 50..53, 99..100] {
            let users: Vec<_> = range.map(user).rev().collect();
            let [by_bundles, listed] = both(&bundles, &held, &users);
            assert_eq!(by_bundles, listed);
        }
        let all: Vec<_> = (0..100).map(user).collect();
        let split = bundles.split(&all);
        assert!(!split.is_loose() && split.rest.is_empty());
        assert!(bundles.split(&[user(3)]).is_loose());
    }

    #[test]
    fn a_change_of_holders_is_noted_here_and_not_in_a_clone() {
        let mut held = held();
        let original = bundles(&held);
        let untouched = held.clone();
        let mut changed = original.clone();
        let all: Vec<_> = (0..100).map(user).collect();
        for number in [5, 6, 7, 205, RECORDS - 1, RECORDS] {
            let record = RecordIx::new(number);
            let holds = |user: &UserIx| held.get(*user).contains(&record);
            let before: Vec<_> = all.iter().copied().filter(holds).collect();
            let after = [user(number % 7), user(90)];
            for &user in &before {
                held.exclude(user, record);
            }
            for &user in &after {
                held.include(user, record);
            }
            changed.list(record, &before, &after);
            // The same again changes nothing more.
            changed.list(record, &after, &after);
        }
        for range in [0..100, 3..40, 0..10, 60..100] {
            let users: Vec<_> = range.map(user).collect();
            let [by_bundles, listed] = both(&changed, &held, &users);
            assert!(by_bundles.ones().eq(listed.ones()));
            let [by_bundles, listed] = both(&original, &untouched, &users);
            assert_eq!(by_bundles, listed);
        }
        changed.settle();
        assert!(!changed.flipped.is_empty(), "a clone still shares the sets");
        drop(original);
        changed.settle();
        assert!(changed.flipped.is_empty());
        let [by_bundles, listed] = both(&changed, &held, &all);
        assert!(by_bundles.ones().eq(listed.ones()));
    }
}
