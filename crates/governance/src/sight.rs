//! What a user may do to the records of a type, worked out once and asked about many of them (§3).
//!
//! The formulas of `decision.rs` ask of the user and of the record. What they ask of the user is the same for every record;
//! with it at hand a decision reads the record's holders and nothing else. A property test holds the two to each other.

use std::cell::RefCell;

use crate::at::At;
use crate::decision::Reach;
use crate::error::AskError;
use crate::governance::Revision;
use crate::profile::{Action, Toggle};
use crate::record::RecordType;
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

/// Decisions about records by their numbers, for whoever asks about the same users again and again.
///
/// What a user may do to the records of a type is worked out once, and again after the organisation was changed, when a
/// guest's term has ended since, or when another type or action is asked about. Of which organisation, and at which
/// instant, is part of each question, so that nothing has to be forgotten by hand. One of these belongs to one thread.
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

/// What is known of users, by number, for one type and action in one state of an organisation.
#[derive(Debug, Default)]
struct Known {
    of: Option<Question>,
    by_user: Vec<Option<Sight>>,
}

/// All that decides about records, but for the user and the record.
#[derive(Debug)]
struct Question {
    revision: Revision,
    terms_over: usize,
    kind: RecordType,
    action: Action,
}

impl Sights {
    /// [`At::can_numbered`]: whether the user may do `action` to the record, both by their
    /// [numbers](crate::Governance::user_number). Numbers of nothing are refused like unknown ids.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) for `create`, which is asked about a type.
    ///
    /// # Complexity
    /// In the number of the record's holders; for a user who was not asked about since, as [`At::can`]. What is kept takes
    /// some 60 bytes for each user up to the one with the largest number.
    #[inline]
    pub fn can(
        &self,
        at: At<'_>,
        user: u32,
        action: Action,
        kind: RecordType,
        record: u32,
    ) -> Result<bool, AskError> {
        let Some(record) = at.numbered(action, kind, record)? else {
            return Ok(false);
        };
        let user = UserIx::new(user);
        let mut known = self.0.borrow_mut();
        if !known.is_of(at, kind, action) {
            known.begin(at, kind, action);
        }
        if let Some(Some(sight)) = known.by_user.get(user.at()) {
            return Ok(sight.may(at, record));
        }
        let sight = at.sight(user, kind, action);
        let may = sight.may(at, record);
        known.learn(at, user, sight);
        Ok(may)
    }
}

impl Known {
    #[inline]
    fn is_of(&self, at: At<'_>, kind: RecordType, action: Action) -> bool {
        self.of.as_ref().is_some_and(|of| {
            of.action == action
                && of.kind == kind
                && of.revision == at.governance.revision
                && of.terms_over == at.terms_over()
        })
    }

    #[cold]
    fn begin(&mut self, at: At<'_>, kind: RecordType, action: Action) {
        self.by_user.clear();
        self.of = Some(Question {
            revision: at.governance.revision.clone(),
            terms_over: at.terms_over(),
            kind,
            action,
        });
    }

    #[cold]
    fn learn(&mut self, at: At<'_>, user: UserIx, sight: Sight) {
        // A number of nobody may be any number.
        if user.at() >= at.governance.users.table.ids.len() {
            return;
        }
        if self.by_user.len() <= user.at() {
            self.by_user.resize_with(user.at() + 1, || None);
        }
        if let Some(slot) = self.by_user.get_mut(user.at()) {
            *slot = Some(sight);
        }
    }
}
