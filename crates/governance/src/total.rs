//! How many records are held below each role: what a page tells as its total, without the set that it is a part of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use fixedbitset::FixedBitSet;

use crate::governance::Users;
use crate::role::{Forest, NOWHERE, Position};
use crate::table::{Ix, RecordIx, Rows, UserIx};

/// For each position of the forest, how many records of one type its users and those below them hold, each counted once.
///
/// Where that is not known, whoever finds out leaves it here for the next. A change of holders is added and taken away; a
/// change of the forest makes the numbers of what it touches unknown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Totals(Arc<Vec<Total>>);

/// The numbers of one position.
#[derive(Debug, Clone, Default)]
struct Total {
    /// Held by users of the roles strictly below.
    below: Count,
    /// Held by those, or by users of the role itself.
    within: Count,
    /// Held by one of the role's users, and by nobody below.
    apart: Apart,
}

/// A number of records, which may be unknown.
#[derive(Debug)]
struct Count(AtomicU32);

/// How many of the records of the user who was asked about last, and who that is.
#[derive(Debug)]
struct Apart(AtomicU64);

/// Which users' records are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Below,
    Within,
}

impl Count {
    const UNKNOWN: u32 = u32::MAX;

    fn get(&self) -> Option<usize> {
        let count = self.0.load(Ordering::Relaxed);
        (count != Self::UNKNOWN).then_some(count as usize)
    }

    /// Whoever else finds out at the same time finds the same.
    fn set(&self, count: usize) {
        let count = u32::try_from(count).unwrap_or(Self::UNKNOWN);
        self.0.store(count, Ordering::Relaxed);
    }

    fn add(&mut self, change: isize) {
        if let Some(count) = self.get() {
            self.set(count.wrapping_add_signed(change));
        }
    }

    fn forget(&mut self) {
        *self.0.get_mut() = Self::UNKNOWN;
    }
}

impl Apart {
    const OF_NOBODY: u64 = u64::MAX;

    fn get(&self, user: UserIx) -> Option<usize> {
        let both = self.0.load(Ordering::Relaxed);
        let [of, count] = [both >> 32, both & u64::from(u32::MAX)];
        let is_known = of == u64::from(user.number()) && both != Self::OF_NOBODY;
        is_known.then_some(count as usize)
    }

    fn set(&self, user: UserIx, count: usize) {
        if let Ok(count) = u32::try_from(count) {
            let both = u64::from(user.number()) << 32 | u64::from(count);
            self.0.store(both, Ordering::Relaxed);
        }
    }

    fn forget(&mut self) {
        *self.0.get_mut() = Self::OF_NOBODY;
    }
}

impl Default for Apart {
    fn default() -> Self {
        Self(AtomicU64::new(Self::OF_NOBODY))
    }
}

impl Clone for Apart {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.0.load(Ordering::Relaxed)))
    }
}

impl Default for Count {
    fn default() -> Self {
        Self(AtomicU32::new(Self::UNKNOWN))
    }
}

impl Clone for Count {
    fn clone(&self) -> Self {
        Self(AtomicU32::new(self.0.load(Ordering::Relaxed)))
    }
}

impl Total {
    fn of(&self, part: Part) -> &Count {
        match part {
            Part::Below => &self.below,
            Part::Within => &self.within,
        }
    }

    fn of_mut(&mut self, part: Part) -> &mut Count {
        match part {
            Part::Below => &mut self.below,
            Part::Within => &mut self.within,
        }
    }
}

impl Totals {
    /// Fewer records are counted soon enough, once somebody asks.
    const LEAST: usize = 50_000;

    /// The numbers of a forest, none of which is known. They take no room as long as there are no records.
    pub(crate) fn unknown(forest: &Forest, records: usize) -> Self {
        match records {
            0 => Self::default(),
            _ => Self::of(forest),
        }
    }

    fn of(forest: &Forest) -> Self {
        Self(Arc::new(vec![Total::default(); forest.len()]))
    }

    /// The numbers of a forest, known where there are many records.
    ///
    /// # Complexity
    /// In the number of pairs of a record and a holder, and logarithmic in the depth of the forest.
    pub(crate) fn new(
        held: &Rows<UserIx, RecordIx>,
        users: &Users,
        forest: &Forest,
        records: usize,
    ) -> Self {
        match records < Self::LEAST {
            true => Self::unknown(forest, records),
            false => Self::counted(held, users, forest, records),
        }
    }

    fn counted(
        held: &Rows<UserIx, RecordIx>,
        users: &Users,
        forest: &Forest,
        records: usize,
    ) -> Self {
        // Below, and of the role itself alone.
        let mut counts = vec![[0_isize; 2]; forest.len()];
        let mut add = |position: Position, [below, own]: [isize; 2]| {
            if let Some(count) = counts.get_mut(position as usize) {
                count[0] += below;
                count[1] += own;
            }
        };
        // Where each record was met last. One that is met again was counted before, in the nearest role above both places.
        let mut met = vec![NOWHERE; records];
        // The roles above a position, from the root down, and the position itself.
        let mut path: Vec<Position> = Vec::new();
        for position in 0..forest.len() as Position {
            let above = forest.above(position);
            while path.last().is_some_and(|&role| Some(role) != above) {
                path.pop();
            }
            path.push(position);
            for &user in users.at_positions(&(position..position + 1)) {
                for record in held.get(user) {
                    let Some(met) = met.get_mut(record.at()) else {
                        continue;
                    };
                    let before = std::mem::replace(met, position);
                    if before == position {
                        continue;
                    }
                    add(position, [0, 1]);
                    let both = path.partition_point(|&role| role <= before);
                    let both = path.get(..both).and_then(<[_]>::last);
                    match both.filter(|_| before != NOWHERE) {
                        Some(&both) if both == before => add(both, [0, -1]),
                        Some(&both) => add(both, [-1, 0]),
                        None => {}
                    }
                }
            }
        }
        let totals = Self::of(forest);
        // From the last on: what is below a role is done before the role is.
        for position in (0..forest.len() as Position).rev() {
            let count = counts.get(position as usize).copied();
            let [below, own] = count.unwrap_or_default();
            let within = below + own;
            totals.learn(position, Part::Below, below.unsigned_abs());
            totals.learn(position, Part::Within, within.unsigned_abs());
            let above = forest.above(position);
            if let Some(above) = above.and_then(|above| counts.get_mut(above as usize)) {
                above[0] += within;
            }
        }
        totals
    }

    /// How many records are held in a part of the forest, if that is known.
    pub(crate) fn get(&self, position: Position, part: Part) -> Option<usize> {
        self.0.get(position as usize)?.of(part).get()
    }

    /// Takes note of how many they are.
    pub(crate) fn learn(&self, position: Position, part: Part, count: usize) {
        if let Some(total) = self.0.get(position as usize) {
            total.of(part).set(count);
        }
    }

    /// How many records are held by a user whose role stands there and by nobody strictly below it, if that is known: of the
    /// users of a role it is known of one.
    pub(crate) fn apart(&self, position: Position, user: UserIx) -> Option<usize> {
        self.0.get(position as usize)?.apart.get(user)
    }

    /// Takes note of how many they are.
    pub(crate) fn learn_apart(&self, position: Position, user: UserIx, count: usize) {
        if let Some(total) = self.0.get(position as usize) {
            total.apart.set(user, count);
        }
    }

    /// Takes note of who holds a record now, where the holders were others before.
    pub(crate) fn list(
        &mut self,
        users: &Users,
        forest: &Forest,
        before: &[UserIx],
        after: &[UserIx],
    ) {
        if before == after {
            return;
        }
        let [before, after] = [before, after].map(|holders| {
            let positions = holders.iter().map(|&holder| users.position(holder));
            positions.collect::<Vec<_>>()
        });
        if self.0.is_empty() {
            *self = Self::of(forest);
        }
        let totals = Arc::make_mut(&mut self.0);
        for &position in before.iter().chain(&after) {
            if let Some(total) = totals.get_mut(position as usize) {
                total.apart.forget();
            }
        }
        self.each_of(forest, &before, |total, part| total.of_mut(part).add(-1));
        self.each_of(forest, &after, |total, part| total.of_mut(part).add(1));
    }

    /// Forgets what the users at these positions count for.
    pub(crate) fn forget(&mut self, forest: &Forest, positions: &[Position]) {
        if !self.0.is_empty() && !positions.is_empty() {
            self.each_of(forest, positions, |total, part| {
                total.of_mut(part).forget();
                total.apart.forget();
            });
        }
    }

    /// Changes what the users at these positions count for, each number once.
    fn each_of(
        &mut self,
        forest: &Forest,
        positions: &[Position],
        change: impl Fn(&mut Total, Part),
    ) {
        let totals = Arc::make_mut(&mut self.0);
        each_part(forest, positions, |position, part| {
            if let Some(total) = totals.get_mut(position as usize) {
                change(total, part);
            }
        });
    }
}

/// Each part of the forest that users at these positions are in, once.
fn each_part(forest: &Forest, positions: &[Position], mut each: impl FnMut(Position, Part)) {
    let none = FixedBitSet::with_capacity(forest.len());
    let (mut within, mut below) = (none.clone(), none);
    let positions = positions.iter().copied();
    for position in positions.filter(|&position| (position as usize) < forest.len()) {
        if !within.put(position as usize) {
            each(position, Part::Within);
        }
        let mut above = forest.above(position);
        while let Some(role) = above.filter(|&role| !below.put(role as usize)) {
            each(role, Part::Below);
            if !within.put(role as usize) {
                each(role, Part::Within);
            }
            above = forest.above(role);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::collections::BTreeSet;
    use std::ops::Range;

    use serde_json::{Value, json};

    use super::*;
    use crate::change::Change;
    use crate::draw::Numbers;
    use crate::governance::Governance;
    use crate::record::RecordType;

    const KIND: RecordType = RecordType::Opportunity;

    /// An organisation in which some ids name nothing, and what may be changed in it.
    struct Drawn(Numbers);

    impl Drawn {
        fn maybe(&mut self, letter: char, count: u64) -> Value {
            json!(self.0.id_or_none(letter, count))
        }

        fn role(&mut self, id: String) -> Value {
            json!({"id": id, "name": "role", "parent": self.maybe('r', 13)})
        }

        fn user(&mut self, id: String) -> Value {
            json!({"id": id, "name": "user", "profile": "p", "role": self.maybe('r', 13)})
        }

        fn record(&mut self, id: String) -> Value {
            let assigned: BTreeSet<_> = (0..self.0.below(4)).map(|_| self.0.id('u', 16)).collect();
            let assigned: Vec<_> = assigned.iter().map(|user| json!({"user": user})).collect();
            json!({"type": "opportunity", "id": id, "owner": self.maybe('u', 16), "assigned": assigned})
        }

        fn organisation(&mut self) -> Governance {
            let org = json!({
                "format": "sidelight.org/1", "id": "o", "name": "o", "timeZone": "UTC",
                "profiles": [{"id": "p", "name": "p"}, {"id": "q", "name": "q"}],
                "roles": (0..12).map(|n| self.role(format!("r{n}"))).collect::<Vec<_>>(),
                "users": (0..15).map(|n| self.user(format!("u{n}"))).collect::<Vec<_>>(),
                "records": (0..40).map(|n| self.record(format!("o{n}"))).collect::<Vec<_>>(),
            });
            Governance::load(org.to_string().as_bytes()).unwrap()
        }

        fn change(&mut self) -> Value {
            let (record, user, role) = (self.0.id('o', 41), self.0.id('u', 16), self.0.id('r', 13));
            let put = |kind, value| json!({"op": "put", "kind": kind, "value": value});
            match self.0.below(16) {
                0..4 => json!({"op": "assign", "type": KIND, "id": record, "user": user}),
                4..6 => json!({"op": "unassign", "type": KIND, "id": record, "user": user}),
                6..8 => {
                    let owner = self.maybe('u', 16);
                    json!({"op": "setOwner", "type": KIND, "id": record, "owner": owner})
                }
                8 => json!({"op": "setRole", "user": user, "role": self.maybe('r', 13)}),
                9 => json!({"op": "setProfile", "user": user, "profile": "q"}),
                10 => json!({"op": "moveRole", "role": role, "parent": self.maybe('r', 13)}),
                11 => put("user", self.user(user)),
                12 => put("record", self.record(record)),
                13 => put("role", self.role(role)),
                14 => json!({"op": "remove", "kind": "record", "type": KIND, "id": record}),
                _ => match self.0.below(4) {
                    0 => json!({"op": "remove", "kind": "user", "id": user}),
                    1 => json!({"op": "remove", "kind": "role", "id": role}),
                    2 => put("settings", json!({"multiUserAssignment": false})),
                    _ => put("settings", json!({})),
                },
            }
        }
    }

    /// Holds what is known to what the lists by holder say, and finds out the rest. Tells how many were known, of totals and
    /// of users.
    fn check(governance: &Governance) -> [usize; 2] {
        let records = governance.records.of(KIND);
        let forest = &governance.roles.forest;
        let held_at = |positions: &Range<Position>| {
            let users = governance.users.at_positions(positions).iter();
            let held = users.flat_map(|&user| records.held.get(user));
            held.copied().collect::<BTreeSet<_>>()
        };
        let mut known = [0; 2];
        for role in governance.roles.table.ids.iter() {
            let parts = [
                (Part::Below, forest.below(role)),
                (Part::Within, forest.subtree(role)),
            ];
            for (part, positions) in parts {
                let count = held_at(&positions).len();
                let position = forest.position(role);
                if let Some(total) = records.totals.get(position, part) {
                    assert_eq!(total, count, "{part:?} {role:?}");
                    known[0] += 1;
                }
                records.totals.learn(position, part, count);
                assert_eq!(records.totals.get(position, part), Some(count));
            }
            let position = forest.position(role);
            let below = held_at(&forest.below(role));
            for &user in governance.users.at_positions(&(position..position + 1)) {
                let held = records.held.get(user).iter();
                let count = held.filter(|record| !below.contains(record)).count();
                if let Some(apart) = records.totals.apart(position, user) {
                    assert_eq!(apart, count, "{role:?} {user:?}");
                    known[1] += 1;
                }
                records.totals.learn_apart(position, user, count);
                assert_eq!(records.totals.apart(position, user), Some(count));
            }
        }
        known
    }

    #[test]
    fn what_is_known_is_right_whatever_is_changed() {
        let mut kept = [0; 2];
        let mut drawn = Drawn(Numbers(7));
        for _ in 0..60 {
            let mut governance = drawn.organisation();
            let forest = &governance.roles.forest;
            let records = governance.records.of_mut(KIND);
            let (held, count) = (&records.held, records.ids.len());
            records.totals = Totals::counted(held, &governance.users, forest, count);
            assert_eq!(check(&governance), [2 * forest.len(), 0]);
            for _ in 0..60 {
                let original = governance.clone();
                let changes: Vec<_> = (0..=drawn.0.below(2)).map(|_| drawn.change()).collect();
                let changes = Change::list_from_json(&Value::Array(changes).to_string());
                // One that is refused leaves all as it was.
                let _ = governance.apply(&changes.unwrap());
                let known = check(&governance);
                for (kept, known) in kept.iter_mut().zip(known) {
                    *kept += known;
                }
                // What is changed in a clone is not forgotten here.
                let [totals, users] = check(&original);
                assert_eq!(totals, 2 * original.roles.forest.len());
                assert_eq!([totals, users], check(&original));
            }
        }
        let [totals, users] = kept;
        assert!(totals > 40_000, "{totals} of 86,400 were still known");
        assert!(users > 10_000, "{users} were still known");
    }
}
