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
use crate::set::Set;
use crate::table::{Chosen, RecordIx, UserIx};

/// Of whom a user reaches every record for an action: `direct ∨ lifted`, for any record of a type.
#[derive(Debug)]
pub(crate) enum Within {
    Everyone,
    Only(Reach),
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
        let set = self.permitted_to(user, kind, action)?;
        let presence = &self.governance.records.of(kind).presence;
        Ok(presence.positions::<RecordIx>(set.to_numbers()))
    }

    /// [`permitted`](Self::permitted), for an id that may name nobody.
    pub(crate) fn permitted_to(
        self,
        user: &str,
        kind: RecordType,
        action: Action,
    ) -> Result<Set, AskError> {
        if action == Action::Create {
            let message = "`create` is asked about a type, so there is no set of records for it";
            let place = Pointer::root().member("action");
            return Err(AskError::new(Code::InvalidArgument, place, message));
        }
        let user = self.governance.users.find(user);
        Ok(user
            .map(|user| self.permitted(user, kind, action))
            .unwrap_or_default())
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
