//! What a user may do to the records of a type, worked out once and asked about many of them (§3).
//!
//! The formulas of `decision.rs` ask of the user and of the record. What they ask of the user is the same for every record;
//! with it at hand a decision reads the record's holders and nothing else. A property test holds the two to each other.

use std::cell::RefCell;

use crate::at::At;
use crate::decision::Reach;
use crate::error::AskError;
use crate::governance::Revision;
use crate::memo::{Asked, Key, Memo};
use crate::profile::{Action, Toggle};
use crate::record::RecordType;
use crate::role::{NOWHERE, Position};
use crate::table::{Ix, RecordIx, UserIx};
use crate::visible::Within;

/// What a user may do to the records of one type.
#[derive(Debug)]
pub(crate) struct Sight {
    pub(crate) kind: RecordType,
    pub(crate) viewed: Within,
    /// For the other action, if there is one.
    pub(crate) acted: Option<Within>,
    /// Of whom the user sees the prospects in every account, where the account edge leads there.
    pub(crate) accounts: Option<Within>,
}

impl At<'_> {
    pub(crate) fn sight(self, user: UserIx, kind: RecordType, action: Action) -> Sight {
        let by_account =
            kind == RecordType::Prospect && self.toggle(user, Toggle::ProspectsInAccount);
        Sight {
            kind,
            viewed: self.within(user, kind, Action::View),
            acted: (action != Action::View).then(|| self.within(user, kind, action)),
            accounts: by_account.then(|| self.within(user, RecordType::Account, Action::View)),
        }
    }
}

impl Sight {
    /// `may(u, r, a)`
    #[inline]
    pub(crate) fn may(&self, at: At<'_>, record: RecordIx) -> bool {
        self.sees(at, record) && (self.acted.is_none() || self.acts(at, record))
    }

    /// `sees(u, r)`
    #[inline]
    pub(crate) fn sees(&self, at: At<'_>, record: RecordIx) -> bool {
        self.viewed.includes(at, self.kind, record)
            || self
                .accounts
                .as_ref()
                .is_some_and(|accounts| self.is_in_account(at, accounts, record))
    }

    fn is_in_account(&self, at: At<'_>, accounts: &Within, record: RecordIx) -> bool {
        let records = &at.governance.records;
        let account = records.of(self.kind).account(record);
        account.is_some_and(|account| {
            records.of(RecordType::Account).exists(account)
                && accounts.includes(at, RecordType::Account, account)
        })
    }

    /// What `may(u, r, a)` asks beyond `sees`.
    pub(crate) fn acts(&self, at: At<'_>, record: RecordIx) -> bool {
        self.acted
            .as_ref()
            .is_some_and(|acted| acted.includes(at, self.kind, record))
    }

    /// Of whom the user may do the action to every record, if that decides alone: the account edge leads to others.
    ///
    /// What one user reaches for two actions is the same, or one lies within the other.
    pub(crate) fn narrowest(&self) -> Option<&Within> {
        if self.accounts.is_some() {
            return None;
        }
        let acted = self.acted.as_ref();
        Some(acted.map_or(&self.viewed, |acted| acted.narrower(&self.viewed)))
    }
}

impl Within {
    /// The one of two that lies within the other.
    fn narrower<'w>(&'w self, other: &'w Self) -> &'w Self {
        let width = |reach: &Reach| (reach.positions.len(), reach.own.is_some());
        match (self, other) {
            (Self::Everyone, other) => other,
            (Self::Only(one), Self::Only(two)) if width(two) < width(one) => other,
            _ => self,
        }
    }

    #[inline]
    pub(crate) fn includes(&self, at: At<'_>, kind: RecordType, record: RecordIx) -> bool {
        match self {
            Self::Everyone => true,
            Self::Only(reach) => {
                let records = at.governance.records.of(kind);
                let counted = at.governance.settings.counts_assigned(kind);
                let is_reached = |user| at.is_reached(reach, user);
                records.owner(record).is_some_and(is_reached)
                    || (counted && records.assigned.users(record).any(is_reached))
            }
        }
    }
}

/// Decisions about records by their numbers, for whoever asks about the same users and records again and again.
///
/// What a user may do to the records of a type is worked out once, and who holds a record is put near at hand when it is
/// asked about a second time; both again after the organisation was changed or a guest's term has ended. Of which
/// organisation, and at which instant, is part of each question, so that nothing has to be forgotten by hand. One of these
/// belongs to one thread.
///
/// ```
/// use sidelight_governance::{Action, Governance, RecordType, Sights};
///
/// let governance = Governance::load(br#"{
///     "format": "sidelight.org/1", "id": "acme", "name": "Acme", "timeZone": "UTC",
///     "profiles": [{"id": "sales", "name": "Sales", "permissions": {"account": {"view": "owned"}}}],
///     "users": [{"id": "ada", "name": "Ada", "profile": "sales"}],
///     "records": [{"type": "account", "id": "globex", "owner": "ada"}, {"type": "account", "id": "initech"}]
/// }"#)?;
/// let at = governance.at("2026-11-21T09:00:00Z".parse()?);
/// let sights = Sights::default();
/// let ada = governance.user_number("ada").ok_or("nobody")?;
/// let mut seen = Vec::new();
/// for id in ["globex", "initech"] {
///     let record = governance.record_number(RecordType::Account, id).ok_or("nothing")?;
///     seen.push(sights.can(at, ada, Action::View, RecordType::Account, record)?);
/// }
/// assert_eq!(seen, [true, false]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Sights(RefCell<Known>);

/// What is known of users and records.
#[derive(Debug, Default)]
struct Known {
    of: Option<State>,
    by_user: Memo<Kept>,
    by_record: Memo<Holders>,
    /// Most records are asked about once, and nothing is kept of those.
    asked: Asked,
}

/// All that decides, but for the question.
#[derive(Debug)]
struct State {
    revision: Revision,
    terms_over: usize,
}

/// What is kept of a user.
#[derive(Debug)]
struct Kept {
    sight: Sight,
    /// What the sight comes to where the holders of a record decide alone.
    lens: Option<Lens>,
}

/// Whom a user lets hold a record.
#[derive(Debug, Clone, Copy)]
enum Lens {
    Anybody,
    Nobody,
    /// The user, or whoever has one of so many positions from the first on.
    Reached {
        own: u32,
        first: Position,
        positions: u32,
    },
}

/// Who holds a record: users with their positions, and after them nobody. With its key it takes a line of a processor's
/// cache.
#[derive(Debug)]
struct Holders([(u32, Position); Self::MOST]);

/// No user's number: there are fewer than that.
const NOBODY: u32 = u32::MAX;

impl Sights {
    /// [`At::can_numbered`]: whether the user may do `action` to the record, both by their
    /// [numbers](crate::Governance::user_number). Numbers of nothing are refused like unknown ids.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) for `create`, which is asked about a type.
    ///
    /// # Complexity
    /// In the number of the record's holders; for a user who was not asked about since, as [`At::can`]. What is kept takes
    /// some 80 bytes for each user, type and action, and for each record, of each 16,384 at most.
    #[inline]
    pub fn can(
        &self,
        at: At<'_>,
        user: u32,
        action: Action,
        kind: RecordType,
        record: u32,
    ) -> Result<bool, AskError> {
        let known = &mut *self.0.borrow_mut();
        if known.is_of(at)
            && let Some(kept) = known.by_user.get(Key {
                number: user,
                kind,
                action,
            })
            && let Some(lens) = kept.lens
            && let Some(holders) = known.by_record.get(Holders::key(kind, record))
        {
            return Ok(lens.shows(holders));
        }
        known.learn(at, user, action, kind, record)
    }
}

impl Known {
    #[inline]
    fn is_of(&self, at: At<'_>) -> bool {
        self.of.as_ref().is_some_and(|of| {
            of.revision == at.governance.revision && of.terms_over == at.terms_over()
        })
    }

    /// Answers, and keeps what the answer took.
    #[inline(never)]
    fn learn(
        &mut self,
        at: At<'_>,
        user: u32,
        action: Action,
        kind: RecordType,
        number: u32,
    ) -> Result<bool, AskError> {
        let Some(record) = at.numbered(action, kind, number)? else {
            return Ok(false);
        };
        if !self.is_of(at) {
            self.by_user = Memo::default();
            self.by_record = Memo::default();
            self.of = Some(State {
                revision: at.governance.revision.clone(),
                terms_over: at.terms_over(),
            });
        }
        let held = Holders::key(kind, number);
        if self.asked.again(number)
            && self.by_record.get(held).is_none()
            && let Some(holders) = Holders::of(at, kind, record)
        {
            self.by_record.put(held, holders);
        }
        let asker = Key {
            number: user,
            kind,
            action,
        };
        if let Some(kept) = self.by_user.get(asker) {
            return Ok(kept.sight.may(at, record));
        }
        let sight = at.sight(UserIx::new(user), kind, action);
        let may = sight.may(at, record);
        let lens = sight.narrowest().map(Lens::new);
        self.by_user.put(asker, Kept { sight, lens });
        Ok(may)
    }
}

impl Lens {
    fn new(within: &Within) -> Self {
        match within {
            Within::Everyone => Self::Anybody,
            Within::Only(Reach { own: None, .. }) => Self::Nobody,
            Within::Only(Reach {
                own: Some(own),
                positions,
            }) => Self::Reached {
                own: own.number(),
                first: positions.start,
                positions: positions.end.saturating_sub(positions.start),
            },
        }
    }

    #[inline]
    fn shows(self, Holders(holders): &Holders) -> bool {
        match self {
            Self::Anybody => true,
            Self::Nobody => false,
            Self::Reached {
                own,
                first,
                positions,
            } => {
                let mut holders = holders.iter().take_while(|&&(user, _)| user != NOBODY);
                holders.any(|&(user, position)| {
                    (user == own) | (position.wrapping_sub(first) < positions)
                })
            }
        }
    }
}

impl Holders {
    /// Few records have more.
    const MOST: usize = 7;

    #[inline]
    fn key(kind: RecordType, number: u32) -> Key {
        // Who holds it is the same for every action.
        let action = Action::View;
        Key {
            number,
            kind,
            action,
        }
    }

    /// Nothing for a record that has more than there is room for.
    fn of(at: At<'_>, kind: RecordType, record: RecordIx) -> Option<Self> {
        let mut holders = [(NOBODY, NOWHERE); Self::MOST];
        let mut places = holders.iter_mut();
        for holder in at.holders(kind, record) {
            *places.next()? = (holder.number(), at.governance.users.position(holder));
        }
        Some(Self(holders))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holders_of_a_record_take_a_line_of_a_cache() {
        assert_eq!(size_of::<(Key, Holders)>(), 64);
    }
}
