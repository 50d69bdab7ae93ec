//! Slices: the part of an organisation that one viewer may have (§11).
//!
//! A slice is taken by `slice/cut.rs`, written and read by `slice/bytes.rs`, and asked like any other
//! organisation. What makes it one is kept in [`Slice`].

mod bytes;
mod cut;

use std::ops::Range;

use crate::at::At;
use crate::error::{AskError, Code, Pointer};
use crate::governance::Governance;
use crate::packed::Numbers;
use crate::record::RecordType;
use crate::table::{Ix, RecordIx, UserIx};

pub(crate) use bytes::{is_slice, load};

/// What an organisation knows of itself that is only a slice of one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slice {
    /// Whose slice it is; the id may name nobody.
    viewer: String,
    /// The users who stand for somebody whom the viewer is not shown, by their numbers.
    unnamed: Range<u32>,
    /// Whether it was taken from a slice that was changed.
    of_changed: bool,
    /// How many people of each record, by type, are not in the slice at all; nothing for a type of which all are.
    withheld: [Numbers; RecordType::ALL.len()],
}

impl Governance {
    /// Whether this is a slice that was changed since it was taken from the whole.
    fn is_changed_slice(&self) -> bool {
        let slice = self.slice.as_deref();
        slice.is_some_and(|slice| slice.of_changed || self.revision() > 0)
    }

    /// Whether people of a record were left out of this slice.
    pub(crate) fn withholds_people(&self, kind: RecordType, record: RecordIx) -> bool {
        let slice = self.slice.as_deref();
        slice.is_some_and(|slice| slice.withheld(kind, record) > 0)
    }

    /// The user whose slice this is; `None` for a whole organisation.
    pub fn viewer(&self) -> Option<&str> {
        self.slice.as_ref().map(|slice| slice.viewer.as_str())
    }
}

impl<'g> At<'g> {
    /// What a server sends a viewer: the smallest organisation that answers every question about this
    /// user the same way (§11), as bytes that [`Governance::load`] takes.
    ///
    /// In it are the records and deals that the user sees; their people, as far as the user is shown
    /// them (§5.6), with name, job role and status; the roles that explanations name; the companies of
    /// the deals and of the user's own memberships; the user's own profile and saved views. Nothing else
    /// is, names and counts included. A person whom a partner user is not shown is one of a number of people, or
    /// somebody without a name where the user sees a record through them. An account that the user does
    /// not see is not named by the prospects and opportunities that have it.
    ///
    /// The answers about the user are the same from this instant on, until the organisation changes.
    /// What the user does not see is unknown to the slice, and it tells no remedies: what else they
    /// would open is not the user's to know. A user who does not exist has an empty slice.
    ///
    /// # Errors
    /// [`Code::NotTheViewer`] where this is a slice itself, and another user's.
    ///
    /// # Complexity
    /// As [`visible_indices`](Self::visible_indices) for each type, and linear in what the user sees.
    ///
    /// ```
    /// use sidelight_governance::{Action, Governance, RecordType};
    ///
    /// let whole = Governance::load(br#"{
    ///     "format": "sidelight.org/1", "id": "acme", "name": "Acme", "timeZone": "Europe/Berlin",
    ///     "profiles": [{"id": "rep", "name": "Rep", "permissions": {"account": {"view": "owned"}}}],
    ///     "users": [{"id": "ada", "name": "Ada", "profile": "rep"}, {"id": "bo", "name": "Bo", "profile": "rep"}],
    ///     "records": [{"type": "account", "id": "globex", "owner": "ada"}, {"type": "account", "id": "initech", "owner": "bo"}]
    /// }"#)?;
    /// let now = "2026-11-21T09:00:00Z".parse()?;
    /// let slice = Governance::load(&whole.at(now).slice("ada")?)?;
    /// assert_eq!(slice.viewer(), Some("ada"));
    /// assert!(slice.at(now).can("ada", Action::View, RecordType::Account, Some("globex"))?);
    /// assert_eq!(slice.record_count(RecordType::Account), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn slice(self, user: &str) -> Result<Vec<u8>, AskError> {
        if let Some(viewer) = self.governance.viewer()
            && viewer != user
        {
            let message = format!(
                "only the slice of `{}` can be taken from it",
                crate::error::Excerpt(viewer)
            );
            let place = Pointer::root().member("user");
            return Err(AskError::new(Code::NotTheViewer, place, message));
        }
        Ok(cut::Cut::of(self, user).into_bytes())
    }

    /// Whether an answer about the user comes from a part of the organisation that need not know
    /// enough: a slice of another viewer's, or one that was changed since it was taken.
    pub(crate) fn is_advisory(self, user: &str) -> bool {
        self.governance
            .viewer()
            .is_some_and(|viewer| viewer != user || self.governance.is_changed_slice())
    }

    /// The slice that this is, if it is the user's own: what the user is not shown was left out of it.
    fn own_slice(self, user: UserIx) -> Option<&'g Slice> {
        let slice = self.governance.slice.as_deref()?;
        (self.governance.users.find(&slice.viewer) == Some(user)).then_some(slice)
    }

    /// Whether the user is one whom the viewer of this slice may know; `None` where it is not the viewer's own.
    pub(crate) fn is_named_to(self, viewer: UserIx, user: UserIx) -> Option<bool> {
        Some(!self.own_slice(viewer)?.unnamed.contains(&user.number()))
    }

    /// How many people of a record were left out of the viewer's own slice.
    pub(crate) fn withheld_from(self, viewer: UserIx, kind: RecordType, record: RecordIx) -> usize {
        self.own_slice(viewer)
            .map_or(0, |slice| slice.withheld(kind, record))
    }
}

impl Slice {
    fn withheld(&self, kind: RecordType, record: RecordIx) -> usize {
        self.withheld
            .get(kind as usize)
            .and_then(|withheld| withheld.get(record.at()))
            .map_or(0, |count| count as usize)
    }
}
