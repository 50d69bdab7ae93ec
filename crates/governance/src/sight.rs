//! What a user may do to the records of a type, worked out once and asked about many of them (§3).
//!
//! The formulas of `decision.rs` ask of the user and of the record. What they ask of the user is the same for every record;
//! with it at hand a decision reads the record's holders and nothing else. A property test holds the two to each other.

use crate::at::{At, Unchanging};
use crate::decision::Reach;
use crate::error::AskError;
use crate::governance::Revision;
use crate::memo::{Asked, Key, Memo};
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

/// Decisions about records by their numbers, for whoever asks about the same users and records again and again.
///
/// What a user may do to the records of a type is worked out once, and who holds a record is put near at hand when it is
/// asked about a second time; both again after the organisation was changed or a guest's term has ended. Of which
/// organisation, and at which instant, is part of each question, so that nothing has to be forgotten by hand.
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
/// let mut sights = Sights::default();
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
pub struct Sights(Known);

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
    unchanging: Unchanging,
}

/// What is kept of a user.
#[derive(Debug)]
struct Kept {
    sight: Sight,
    lens: Option<Lens>,
}

/// What a sight comes to where the holders of a record decide alone: who lets it be seen.
#[derive(Debug, Clone, Copy)]
struct Lens {
    anybody: bool,
    /// The user's own place.
    own: u32,
    /// The place of the first whom the user reaches besides, and how many there are.
    first: u32,
    others: u32,
}

/// The [places](crate::governance::Users::place) of a record's holders, and after them nobody's.
#[derive(Debug)]
struct Holders([u32; Self::MOST]);

/// Nobody's place: there are fewer users than that.
const NOBODY: u32 = u32::MAX;
/// The place of one who holds nothing.
const NO_HOLDER: u32 = NOBODY - 1;

impl Sights {
    /// [`At::can_numbered`]: whether the user may do `action` to the record, both by their
    /// [numbers](crate::Governance::user_number). Numbers of nothing are refused like unknown ids.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) for `create`, which is asked about a type.
    ///
    /// # Complexity
    /// In the number of the record's holders; for a user who was not asked about since, as [`At::can`]. What is kept takes
    /// up to 320 bytes for each user, type and action, and up to 160 for each record, of each 16,384 at most.
    // A call that is not inlined hands the answer over in memory, which takes as long as the rest.
    #[inline(always)]
    pub fn can(
        &mut self,
        at: At<'_>,
        user: u32,
        action: Action,
        kind: RecordType,
        record: u32,
    ) -> Result<bool, AskError> {
        let Self(known) = self;
        if known.is_of(at)
            && let Some(kept) = known.by_user.get(Key::new(user, kind, action))
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
        self.of.as_ref().is_some_and(|of| of.is_of(at))
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
            self.of = Some(State::of(at));
        }
        let held = Holders::key(kind, number);
        if self.asked.again(number)
            && self.by_record.get(held).is_none()
            && let Some(holders) = Holders::of(at, kind, record)
        {
            self.by_record.put(held, holders);
        }
        let asker = Key::new(user, kind, action);
        if let Some(kept) = self.by_user.get(asker) {
            return Ok(kept.sight.may(at, record));
        }
        let sight = at.sight(UserIx::new(user), kind, action);
        let may = sight.may(at, record);
        let lens = sight.narrowest().map(|within| Lens::new(at, within));
        self.by_user.put(asker, Kept { sight, lens });
        Ok(may)
    }
}

impl State {
    fn of(at: At<'_>) -> Self {
        Self {
            revision: at.governance.revision.clone(),
            unchanging: at.unchanging(),
        }
    }

    #[inline]
    fn is_of(&self, at: At<'_>) -> bool {
        self.revision == at.governance.revision && self.unchanging.contains(at.now())
    }
}

impl Lens {
    fn new(at: At<'_>, within: &Within) -> Self {
        let nobody = Self {
            anybody: false,
            own: NO_HOLDER,
            first: 0,
            others: 0,
        };
        match within {
            Within::Everyone => Self {
                anybody: true,
                ..nobody
            },
            Within::Only(Reach { own: None, .. }) => nobody,
            Within::Only(Reach {
                own: Some(own),
                positions,
            }) => {
                let places = at.governance.users.places(positions);
                Self {
                    own: at.governance.users.place(*own),
                    first: places.start,
                    others: places.end.saturating_sub(places.start),
                    ..nobody
                }
            }
        }
    }

    /// Without a branch, since nobody can guess which way it would go.
    #[inline]
    fn shows(self, Holders(places): &Holders) -> bool {
        let shows =
            |place: u32| (place == self.own) | (place.wrapping_sub(self.first) < self.others);
        places
            .iter()
            .fold(self.anybody, |shown, &place| shown | shows(place))
    }
}

impl Holders {
    /// Few records have more.
    const MOST: usize = 8;

    #[inline]
    fn key(kind: RecordType, number: u32) -> Key {
        // Who holds it is the same for every action.
        Key::new(number, kind, Action::View)
    }

    /// Nothing for a record that has more than there is room for.
    fn of(at: At<'_>, kind: RecordType, record: RecordIx) -> Option<Self> {
        let mut places = [NOBODY; Self::MOST];
        let mut vacant = places.iter_mut();
        for holder in at.holders(kind, record) {
            *vacant.next()? = at.governance.users.place(holder);
        }
        Some(Self(places))
    }
}
