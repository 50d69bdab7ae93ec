//! Everything that a user may see or do, as a set (§3, §11).
//!
//! A set is found from the users whose holdings count, not by asking about every record. A property
//! test holds it to the formulas of `decision.rs`.

use fixedbitset::FixedBitSet;

use crate::at::At;
use crate::decision::Reach;
use crate::error::{AskError, Code, Pointer};
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::role::Position;
use crate::set::Set;
use crate::table::{Chosen, Ix, RecordIx, UserIx};
use crate::total::Part;

/// The error for an action of which there is no set of records.
pub(crate) fn refuse_creation(action: Action) -> Result<(), AskError> {
    if action == Action::Create {
        let message = "`create` is asked about a type, so there is no set of records for it";
        let place = Pointer::root().member("action");
        return Err(AskError::new(Code::InvalidArgument, place, message));
    }
    Ok(())
}

/// Of a user who reaches more others, it is not added up what they hold.
const REACHED_COUNTED: usize = 256;

/// Of whom a user reaches every record for an action: `direct ∨ lifted`, for any record of a type.
#[derive(Debug)]
pub(crate) enum Within {
    Everyone,
    Only(Reach),
}

/// What a reach takes in, for who counts the records held there.
enum Stretch<'w> {
    /// So many records.
    Counted(usize),
    /// A part of the forest, and the user whose reach it is.
    Forest(&'w Reach, Position, Part),
}

impl At<'_> {
    /// The positions, in load order among the records of the type, of those that the user may do `action` to.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for `create`, which is asked about a type.
    ///
    /// # Complexity
    /// In the number of records of the type divided by the width of a word, and in the number of
    /// records held within the user's reach.
    pub fn visible_indices(
        self,
        user: &str,
        kind: RecordType,
        action: Action,
    ) -> Result<Vec<u32>, AskError> {
        refuse_creation(action)?;
        let user = self.governance.users.find(user);
        let set = user.map(|user| self.permitted(user, kind, action));
        let set = set.unwrap_or_default();
        let presence = &self.governance.records.of(kind).presence;
        Ok(presence.positions::<RecordIx>(set.to_numbers()))
    }

    /// `{ r : may(user, r, action) }`, and `{ r : sees(user, r) }` where the action is view.
    pub(crate) fn permitted(self, user: UserIx, kind: RecordType, action: Action) -> Set {
        if !self.passes_gate(user) {
            return Set::default();
        }
        let mut set = self.within_view(user, kind);
        if action != Action::View {
            set.intersect_with(&self.reached(user, kind, action));
        }
        set
    }

    /// `{ r : direct ∨ lifted ∨ account }` for view.
    fn within_view(self, user: UserIx, kind: RecordType) -> Set {
        let mut set = self.reached(user, kind, Action::View);
        if kind == RecordType::Prospect && self.toggle(user, Toggle::ProspectsInAccount) {
            let prospects = self.governance.records.of(kind);
            let accounts = self.reached(user, RecordType::Account, Action::View);
            let lists: Vec<_> = accounts
                .iter()
                .map(|account: RecordIx| prospects.of_account.get(account))
                .collect();
            set.extend(lists.iter().copied(), prospects.ids.len());
        }
        set
    }

    /// A page of what [`permitted`](Self::permitted) has in it, how much that is and whether more follows, where that is
    /// known and soon found without the whole set.
    pub(crate) fn page_by_records(
        self,
        user: UserIx,
        kind: RecordType,
        action: Action,
        after: Option<RecordIx>,
        limit: Option<usize>,
    ) -> Option<(usize, Vec<RecordIx>, bool)> {
        let records = self.governance.records.of(kind);
        let sight = self.sight(user, kind, action);
        let within = sight.narrowest()?;
        let total = self.count_within(kind, within)?;
        let wanted = limit?.min(total);
        // To look at so many records in vain takes a part of the time in which the set is made.
        let mut patience = total / 4;
        if wanted.saturating_mul(records.len().checked_div(total).unwrap_or_default()) > patience {
            return None;
        }
        let mut page = Vec::with_capacity(wanted);
        let first = after.map_or(0, |after| after.number() + 1);
        for record in records.presence.iter_from(first) {
            if after.is_none() && page.len() == wanted {
                break;
            }
            if !within.includes(self, kind, record) {
                patience = patience.checked_sub(1)?;
            } else if page.len() == wanted {
                return Some((total, page, true));
            } else {
                page.push(record);
            }
        }
        let more = after.is_none() && page.len() < total;
        Some((total, page, more))
    }

    /// How many records are held within a reach, if that is known.
    fn count_within(self, kind: RecordType, within: &Within) -> Option<usize> {
        match self.stretch(kind, within) {
            Stretch::Counted(count) => Some(count),
            Stretch::Forest(reach, position, part) => {
                let count = self.total(kind, position, part)?;
                Some(count + self.held_apart(kind, reach))
            }
        }
    }

    /// So many records are held within a reach at least, as far as that is known.
    pub(crate) fn least_within(self, kind: RecordType, within: &Within) -> usize {
        match self.stretch(kind, within) {
            Stretch::Counted(count) => count,
            Stretch::Forest(_, position, part) => {
                let count = |part| self.total(kind, position, part);
                count(part).or(count(Part::Below)).unwrap_or_default()
            }
        }
    }

    /// So many records are held within a reach at most, if that is known or soon added up.
    pub(crate) fn most_within(self, kind: RecordType, within: &Within) -> Option<usize> {
        let (reach, position, part) = match self.stretch(kind, within) {
            Stretch::Counted(count) => return Some(count),
            Stretch::Forest(reach, position, part) => (reach, position, part),
        };
        let held = |user| self.governance.records.of(kind).held.get(user).len();
        if let Some(count) = self.total(kind, position, part) {
            return Some(count + reach.own.map_or(0, held));
        }
        let mut holders = self.reached_users(reach);
        let most = holders.by_ref().take(REACHED_COUNTED).map(held).sum();
        holders.next().is_none().then_some(most)
    }

    /// Takes note of how many records the user may do the action to, for whoever asks next.
    pub(crate) fn learn_count(self, user: UserIx, kind: RecordType, action: Action, count: usize) {
        let sight = self.sight(user, kind, action);
        let narrowest = sight.narrowest().map(|within| self.stretch(kind, within));
        if let Some(Stretch::Forest(reach, position, part)) = narrowest {
            let count = count - self.held_apart(kind, reach);
            let records = self.governance.records.of(kind);
            records.totals.learn(position, part, count);
        }
    }

    /// What is to be known of a reach, to tell how many records are held within it.
    fn stretch<'w>(self, kind: RecordType, within: &'w Within) -> Stretch<'w> {
        let records = self.governance.records.of(kind);
        let Within::Only(reach) = within else {
            return Stretch::Counted(records.len());
        };
        let Some(own) = reach.own else {
            return Stretch::Counted(0);
        };
        if reach.positions.is_empty() {
            return Stretch::Counted(records.held.get(own).len());
        }
        let position = self.governance.users.position(own);
        let is_within = reach.positions.contains(&position);
        let part = if is_within { Part::Within } else { Part::Below };
        Stretch::Forest(reach, position, part)
    }

    fn total(self, kind: RecordType, position: Position, part: Part) -> Option<usize> {
        let records = self.governance.records.of(kind);
        records.totals.get(position, part)
    }

    /// How many records the user holds whose reach this is, and nobody in the part of the forest that it takes in.
    fn held_apart(self, kind: RecordType, reach: &Reach) -> usize {
        let users = &self.governance.users;
        let is_inside = |user| reach.positions.contains(&users.position(user));
        let Some(own) = reach.own.filter(|&own| !is_inside(own)) else {
            return 0;
        };
        let records = self.governance.records.of(kind);
        if let Some(known) = records.totals.apart(own) {
            return known;
        }
        let apart = records.held.get(own).iter().filter(|&&record| {
            let mut holders = self.holders(kind, record);
            !holders.any(is_inside)
        });
        let count = apart.count();
        records.totals.learn_apart(own, count);
        count
    }

    /// The users of whom the user sees every record that they hold, where that is all that the user sees of the type;
    /// `None` where another rule may show more.
    pub(crate) fn holders_seen(self, user: UserIx, kind: RecordType) -> Option<Chosen<UserIx>> {
        if kind == RecordType::Prospect && self.toggle(user, Toggle::ProspectsInAccount) {
            return None;
        }
        match self.within(user, kind, Action::View) {
            Within::Everyone => None,
            Within::Only(reach) => Some(self.reached_users(&reach).collect()),
        }
    }

    /// Nobody, outside of the gate.
    pub(crate) fn within(self, user: UserIx, kind: RecordType, action: Action) -> Within {
        let scope = self.scope(user, kind, action);
        if !self.passes_gate(user) {
            Within::Only(self.reach(user, Scope::Denied))
        } else if scope == Scope::All || self.lifted(user, kind, action) {
            Within::Everyone
        } else {
            Within::Only(self.reach(user, scope))
        }
    }

    /// `{ r : direct ∨ lifted }`
    fn reached(self, user: UserIx, kind: RecordType, action: Action) -> Set {
        let records = self.governance.records.of(kind);
        match self.within(user, kind, action) {
            Within::Everyone => {
                let (loaded, flipped) = records.presence.parts();
                let mut all = FixedBitSet::with_capacity(records.ids.len());
                all.insert_range(loaded);
                flipped.for_each(|number| all.toggle(number as usize));
                Set::Bits(all)
            }
            Within::Only(reach) => {
                let holders: Vec<_> = self.reached_users(&reach).collect();
                records.held_by(&holders)
            }
        }
    }
}
