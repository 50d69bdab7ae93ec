//! Everything that a user may see or do, as a set (§3, §11).
//!
//! A set is found from the users whose holdings count, not by asking about every record. A property
//! test holds it to the formulas of `decision.rs`.

use fixedbitset::FixedBitSet;

use crate::at::At;
use crate::error::{AskError, Code, Pointer};
use crate::ix::{Ix, RecordIx, UserIx};
use crate::profile::{Action, Scope, Toggle};
use crate::record::RecordType;

impl At<'_> {
    /// The positions, in load order among the records of the type, of those that the user may do `action` to.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for `create`, which is asked about a type.
    ///
    /// # Complexity
    /// In the number of records of the type, or in the number of records held within the user's
    /// reach if those are few.
    pub fn visible_indices(
        self,
        user: &str,
        kind: RecordType,
        action: Action,
    ) -> Result<Vec<u32>, AskError> {
        if action == Action::Create {
            let message = "`create` is asked about a type, so there is no set of records for it";
            return Err(AskError::new(
                Code::InvalidArgument,
                Pointer::root().member("action"),
                message,
            ));
        }
        let set = self
            .governance
            .users
            .find(user)
            .map(|user| self.permitted(user, kind, action))
            .unwrap_or_default();
        Ok(set
            .ones()
            .filter_map(|index| u32::try_from(index).ok())
            .collect())
    }

    /// `{ r : may(user, r, action) }`, and `{ r : sees(user, r) }` where the action is view.
    pub(crate) fn permitted(self, user: UserIx, kind: RecordType, action: Action) -> FixedBitSet {
        if !self.passes_gate(user) {
            return FixedBitSet::new();
        }
        let mut set = self.within_view(user, kind);
        if action != Action::View {
            set.intersect_with(&self.reached(user, kind, action));
        }
        set
    }

    /// `{ r : direct ∨ lifted ∨ account }` for view.
    fn within_view(self, user: UserIx, kind: RecordType) -> FixedBitSet {
        let mut set = self.reached(user, kind, Action::View);
        if kind == RecordType::Prospect && self.toggle(user, Toggle::ProspectsInAccount) {
            let prospects = self.governance.records.of(kind);
            let accounts = self.reached(user, RecordType::Account, Action::View);
            for account in accounts
                .ones()
                .filter_map(|index| u32::try_from(index).ok())
            {
                for prospect in prospects.of_account.get(RecordIx::new(account)) {
                    set.insert(prospect.at());
                }
            }
        }
        set
    }

    /// `{ r : direct ∨ lifted }`
    fn reached(self, user: UserIx, kind: RecordType, action: Action) -> FixedBitSet {
        let records = self.governance.records.of(kind);
        let mut set = FixedBitSet::with_capacity(records.len());
        let scope = self.scope(user, kind, action);
        if scope == Scope::All || self.lifted(user, kind, action) {
            set.insert_range(..);
            return set;
        }
        if scope == Scope::Denied {
            return set;
        }
        let reach = self.reach(user, scope);
        let others = self.governance.users.at_positions(&reach.positions);
        for &holder in std::iter::once(&user).chain(others) {
            for record in records.held.get(holder) {
                set.insert(record.at());
            }
        }
        set
    }
}
