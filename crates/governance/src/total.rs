//! How many records are held below each role: what a page tells as its total, without the set that it is a part of. And how
//! many are held nowhere else, which tells of a role without looking at records that it opens many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use fixedbitset::FixedBitSet;

use crate::governance::Users;
use crate::role::{Forest, NOWHERE, Position};
use crate::table::{Column, Ix, RecordIx, Rows, UserIx};

/// For each position of the forest, how many records of one type its users and those below them hold, each counted once.
///
/// Where that is not known, whoever finds out leaves it here for the next. A change of holders is added and taken away; a
/// change of the forest makes the numbers of what it touches unknown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Totals {
    by_position: Arc<Vec<Total>>,
    /// How many records each user holds and nobody strictly below the user's role does.
    apart: Column<UserIx, Count>,
    /// For each position, how many records all of whose holders who have a role stood strictly below when they were counted,
    /// and how many of whom they stood there or at the position itself. Empty where nobody counted.
    enclosed: Arc<Vec<[u32; 2]>>,
    /// So many records at most got other holders since then, or holders who stand elsewhere.
    strayed: usize,
}

/// The numbers of one position.
#[derive(Debug, Clone, Default)]
struct Total {
    /// Held by users of the roles strictly below.
    below: Count,
    /// Held by those, or by users of the role itself.
    within: Count,
}

/// A number of records, which may be unknown.
#[derive(Debug)]
struct Count(AtomicU32);

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

    /// Where more users are concerned, everybody's number is forgotten.
    const FORGOTTEN_SINGLY: usize = 256;

    /// The numbers of a forest, none of which is known. They take no room as long as there are no records.
    pub(crate) fn unknown(users: &Users, forest: &Forest, records: usize) -> Self {
        match records {
            0 => Self::default(),
            _ => Self::of(users, forest),
        }
    }

    fn of(users: &Users, forest: &Forest) -> Self {
        Self {
            by_position: Arc::new(vec![Total::default(); forest.len()]),
            apart: unknown_apart(users),
            enclosed: Arc::default(),
            strayed: 0,
        }
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
            true => Self::unknown(users, forest, records),
            false => Self::counted(held, users, forest, records),
        }
    }

    pub(crate) fn counted(
        held: &Rows<UserIx, RecordIx>,
        users: &Users,
        forest: &Forest,
        records: usize,
    ) -> Self {
        let mut totals = Self::of(users, forest);
        let ends = forest.ends();
        let end = |role: Position| ends.get(role as usize).copied().unwrap_or_default();
        // Below each role, and of the role itself alone.
        let mut counts = vec![[0_isize; 2]; forest.len()];
        // Of each record, where it was met last, and the nearest role that all of its places are below or at. One that is met
        // again was counted before, in the nearest role above both places.
        let mut met = vec![[NOWHERE; 2]; records];
        let mut enclosing = vec![[0_isize; 2]; forest.len()];
        // The roles above a position, from the root down, and the position itself.
        let mut path: Vec<Position> = Vec::new();
        // From the last on: what is below a role is done before the role is.
        for position in (0..forest.len() as Position).rev() {
            // Whatever is above the next position and does not come after this one is above this one too.
            while path.pop_if(|role| *role > position).is_some() {}
            let (known, top) = (path.len(), path.last().copied());
            let mut role = Some(position);
            while let Some(next) = role.filter(|_| role != top) {
                path.push(next);
                role = forest.above(next);
            }
            path.get_mut(known..).unwrap_or_default().reverse();
            let here = users.at_positions(&(position..position + 1));
            for &user in here {
                let is_below = |record: &RecordIx| {
                    met.get(record.at())
                        .is_some_and(|[last, _]| *last < end(position))
                };
                let apart = held.get(user).iter().filter(|record| !is_below(record));
                totals.learn_apart(user, apart.count());
            }
            let mut add = |role: Position, [below, own]: [isize; 2]| {
                if let Some(count) = counts.get_mut(role as usize) {
                    count[0] += below;
                    count[1] += own;
                }
            };
            for record in here.iter().flat_map(|&user| held.get(user)) {
                let Some([last, enclosed_by]) = met.get_mut(record.at()) else {
                    continue;
                };
                let later = std::mem::replace(last, position);
                if later == position {
                    continue;
                }
                add(position, [0, 1]);
                let above_both = |later: Position| {
                    let both = path.partition_point(|&role| end(role) > later);
                    path.get(both.checked_sub(1)?).copied()
                };
                match above_both(later) {
                    Some(both) if both == position => add(both, [0, -1]),
                    Some(both) => add(both, [-1, 0]),
                    None => {}
                }
                let encloses = match later {
                    NOWHERE => Some(position),
                    // It is above this place as well: it is above the last one.
                    _ if *enclosed_by <= position => continue,
                    _ => above_both(*enclosed_by),
                };
                if let Some(count) = enclosing.get_mut(*enclosed_by as usize) {
                    count[1] -= 1;
                }
                *enclosed_by = encloses.unwrap_or(NOWHERE);
                if let Some(count) = enclosing.get_mut(*enclosed_by as usize) {
                    count[1] += 1;
                }
            }
        }
        for (position, [below, within]) in (0..).zip(added_up(counts, forest)) {
            totals.learn(position, Part::Below, below as usize);
            totals.learn(position, Part::Within, within as usize);
        }
        totals.enclosed = Arc::new(added_up(enclosing, forest));
        totals
    }

    /// How many records are held in a part of the forest, if that is known.
    pub(crate) fn get(&self, position: Position, part: Part) -> Option<usize> {
        self.by_position.get(position as usize)?.of(part).get()
    }

    /// Takes note of how many they are.
    pub(crate) fn learn(&self, position: Position, part: Part, count: usize) {
        if let Some(total) = self.by_position.get(position as usize) {
            total.of(part).set(count);
        }
    }

    /// How many records the user holds and nobody strictly below the user's role does, if that is known.
    pub(crate) fn apart(&self, user: UserIx) -> Option<usize> {
        self.apart.get(user)?.get()
    }

    /// Takes note of how many they are.
    pub(crate) fn learn_apart(&self, user: UserIx, count: usize) {
        if let Some(apart) = self.apart.get(user) {
            apart.set(count);
        }
    }

    /// So many records at least have all of their holders in a part of the forest, those who have no role aside.
    pub(crate) fn enclosed_at_least(&self, position: Position, part: Part) -> usize {
        let counted = self.enclosed.get(position as usize).copied();
        let [below, within] = counted.unwrap_or_default();
        let counted = match part {
            Part::Below => below,
            Part::Within => within,
        };
        (counted as usize).saturating_sub(self.strayed)
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
        if self.by_position.is_empty() {
            *self = Self::of(users, forest);
        }
        self.strayed += 1;
        self.forget_apart(users, &[before, after].concat());
        for (holders, change) in [(before, -1), (after, 1)] {
            let positions = holders.iter().map(|&holder| users.position(holder));
            let positions: Vec<_> = positions.collect();
            let totals = Arc::make_mut(&mut self.by_position);
            each_part(forest, &positions, |position, part| {
                if let Some(total) = totals.get_mut(position as usize) {
                    total.of_mut(part).add(change);
                }
            });
        }
    }

    /// Forgets what the users at these positions count for, who stood elsewhere before or stand there no more, and who hold
    /// so many records.
    pub(crate) fn forget(
        &mut self,
        users: &Users,
        forest: &Forest,
        positions: &[Position],
        held: usize,
    ) {
        if self.by_position.is_empty() || positions.is_empty() {
            return;
        }
        self.strayed += held;
        let mut forgotten = Vec::new();
        let totals = Arc::make_mut(&mut self.by_position);
        each_part(forest, positions, |position, part| {
            if let Some(total) = totals.get_mut(position as usize) {
                total.of_mut(part).forget();
            }
            forgotten.extend(users.at_positions(&(position..position + 1)));
        });
        self.forget_apart(users, &forgotten);
    }

    fn forget_apart(&mut self, users: &Users, forgotten: &[UserIx]) {
        if forgotten.len() > Self::FORGOTTEN_SINGLY {
            self.apart = unknown_apart(users);
        } else {
            forgotten
                .iter()
                .for_each(|&user| self.apart.set(user, Count::default()));
        }
    }

    /// Writes what was forgotten where it was known, if no clone knows it any more.
    pub(crate) fn settle(&mut self) {
        self.apart.settle();
    }
}

fn unknown_apart(users: &Users) -> Column<UserIx, Count> {
    vec![Count::default(); users.table.ids.len()].into()
}

/// Of what is counted below each position and at it alone, how much there is below each in all, and how much with itself.
fn added_up(mut counts: Vec<[isize; 2]>, forest: &Forest) -> Vec<[u32; 2]> {
    // From the last on: what is below a role is done before the role is.
    for position in (0..forest.len() as Position).rev() {
        let Some([below, own]) = counts.get_mut(position as usize) else {
            continue;
        };
        *own += *below;
        let within = *own;
        let above = forest.above(position);
        if let Some(above) = above.and_then(|above| counts.get_mut(above as usize)) {
            above[0] += within;
        }
    }
    let counted = |count| u32::try_from(count).unwrap_or_default();
    let counts = counts.into_iter();
    counts.map(|count| count.map(counted)).collect()
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

    /// How many records have all of their holders at these positions, but for those who stand nowhere.
    fn enclosed(governance: &Governance, positions: &Range<Position>) -> usize {
        let records = governance.records.of(KIND);
        let counted = governance.settings.counts_assigned(KIND);
        let stand = |user| governance.users.position(user);
        let enclosed = records.iter().filter(|&record| {
            let holders = records.holders(record, counted).map(stand);
            let mut standing = holders.filter(|&stood| stood != NOWHERE).peekable();
            standing.peek().is_some() && standing.all(|stood| positions.contains(&stood))
        });
        enclosed.count()
    }

    /// Holds what is known to what the lists by holder say, and finds out the rest. Tells how many were known, of totals and
    /// of users, and how many records were known to be enclosed.
    fn check(governance: &Governance) -> [usize; 3] {
        let records = governance.records.of(KIND);
        let forest = &governance.roles.forest;
        let held_at = |positions: &Range<Position>| {
            let users = governance.users.at_positions(positions).iter();
            let held = users.flat_map(|&user| records.held.get(user));
            held.copied().collect::<BTreeSet<_>>()
        };
        let mut known = [0; 3];
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
                let least = records.totals.enclosed_at_least(position, part);
                let enclosed = enclosed(governance, &positions);
                assert!(
                    least <= enclosed,
                    "{part:?} {role:?}: {least} of {enclosed}"
                );
                known[2] += least;
            }
            let position = forest.position(role);
            let below = held_at(&forest.below(role));
            for &user in governance.users.at_positions(&(position..position + 1)) {
                let held = records.held.get(user).iter();
                let count = held.filter(|record| !below.contains(record)).count();
                if let Some(apart) = records.totals.apart(user) {
                    assert_eq!(apart, count, "{role:?} {user:?}");
                    known[1] += 1;
                }
                records.totals.learn_apart(user, count);
                assert_eq!(records.totals.apart(user), Some(count));
            }
        }
        known
    }

    #[test]
    fn what_is_known_is_right_whatever_is_changed() {
        let mut kept = [0; 3];
        let mut drawn = Drawn(Numbers(7));
        for _ in 0..60 {
            let mut governance = drawn.organisation();
            let forest = &governance.roles.forest;
            let records = governance.records.of_mut(KIND);
            let (held, count) = (&records.held, records.ids.len());
            records.totals = Totals::counted(held, &governance.users, forest, count);
            let all = [2 * forest.len(), governance.users.seated().len()];
            let [totals, users, _] = check(&governance);
            assert_eq!([totals, users], all);
            let totals = &governance.records.of(KIND).totals;
            for role in governance.roles.table.ids.iter() {
                let forest = &governance.roles.forest;
                let least = |part| totals.enclosed_at_least(forest.position(role), part);
                let [below, within] =
                    [forest.below(role), forest.subtree(role)].map(|at| enclosed(&governance, &at));
                assert_eq!(least(Part::Within), within, "{role:?}");
                // What only users of several roles below it hold together is not found below a role.
                assert!(least(Part::Below) <= below, "{role:?}");
            }
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
                let all = [
                    2 * original.roles.forest.len(),
                    original.users.seated().len(),
                ];
                let [totals, users, _] = check(&original);
                assert_eq!([totals, users], all);
            }
        }
        let [totals, users, enclosed] = kept;
        assert!(totals > 40_000, "{totals} of 86,400 were still known");
        assert!(users > 25_000, "{users} were still known");
        assert!(enclosed > 10_000, "{enclosed} were still known");
    }
}
