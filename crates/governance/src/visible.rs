//! Everything that a user may see or do, as a set (§3, §11).
//!
//! A set is found from the users whose holdings count, not by asking about every record. A property
//! test holds it to the formulas of `decision.rs`.

use fixedbitset::FixedBitSet;

use crate::at::At;
use crate::error::{AskError, Code, Pointer};
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;
use crate::table::{Ix, RecordIx, UserIx};

/// Records of one type, by number.
pub(crate) type RecordSet = FixedBitSet;

/// The members of a set, in load order.
pub(crate) fn members<I: Ix>(set: &FixedBitSet) -> impl Iterator<Item = I> + '_ {
    set.ones()
        .filter_map(|number| u32::try_from(number).ok())
        .map(I::new)
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
        Ok(members::<RecordIx>(&set)
            .map(|record| presence.position(record))
            .collect())
    }

    /// [`permitted`](Self::permitted), for an id that may name nobody.
    pub(crate) fn permitted_to(
        self,
        user: &str,
        kind: RecordType,
        action: Action,
    ) -> Result<RecordSet, AskError> {
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
    pub(crate) fn permitted(self, user: UserIx, kind: RecordType, action: Action) -> RecordSet {
        if !self.passes_gate(user) {
            return RecordSet::new();
        }
        let mut set = self.within_view(user, kind);
        if action != Action::View {
            set.intersect_with(&self.reached(user, kind, action));
        }
        set
    }

    /// `{ r : direct ∨ lifted ∨ account }` for view.
    fn within_view(self, user: UserIx, kind: RecordType) -> RecordSet {
        let mut set = self.reached(user, kind, Action::View);
        if kind == RecordType::Prospect && self.toggle(user, Toggle::ProspectsInAccount) {
            let prospects = self.governance.records.of(kind);
            for account in members(&self.reached(user, RecordType::Account, Action::View)) {
                set.extend(
                    prospects
                        .of_account
                        .get(account)
                        .iter()
                        .map(|prospect| prospect.at()),
                );
            }
        }
        set
    }

    /// `{ r : direct ∨ lifted }`
    fn reached(self, user: UserIx, kind: RecordType, action: Action) -> RecordSet {
        let records = self.governance.records.of(kind);
        let mut set = RecordSet::with_capacity(records.ids.len());
        let scope = self.scope(user, kind, action);
        if scope == Scope::All || self.lifted(user, kind, action) {
            let (loaded, flipped) = records.presence.parts();
            set.insert_range(loaded);
            flipped.for_each(|number| set.toggle(number as usize));
        } else if scope != Scope::Denied {
            let reach = self.reach(user, scope);
            let others = self.governance.users.at_positions(&reach.positions);
            for &holder in std::iter::once(&user).chain(others) {
                set.extend(records.held.get(holder).iter().map(|record| record.at()));
            }
        }
        set
    }
}
