//! Sets that were asked for, until the organisation changes.

use std::cell::{Ref, RefCell};

use sidelight_governance::error::AskError;
use sidelight_governance::{Action, At, RecordType};

/// The sets of the last few questions, the latest first.
///
/// A page asks for the same set at every keystroke. Only what can change an answer is in the question:
/// the handle forgets everything when the organisation changes, and of the instant only the guests'
/// terms that have ended by then.
#[derive(Debug, Default)]
pub(crate) struct Remembered(RefCell<Vec<Set>>);

#[derive(Debug)]
struct Set {
    user: String,
    action: Action,
    kind: RecordType,
    terms_over: usize,
    positions: Vec<u32>,
}

impl Remembered {
    const SETS: usize = 8;

    /// Makes [`At::visible_indices`] the [`latest`](Self::latest) set, which is worked out once.
    pub(crate) fn ask(
        &self,
        at: At<'_>,
        user: &str,
        kind: RecordType,
        action: Action,
    ) -> Result<(), AskError> {
        let terms_over = at.terms_over();
        let is_asked = |set: &Set| {
            set.kind == kind
                && set.action == action
                && set.terms_over == terms_over
                && set.user == user
        };
        let place = self.0.borrow().iter().position(is_asked);
        let mut sets = self.0.borrow_mut();
        if let Some(place) = place {
            if let Some(earlier) = sets.get_mut(..=place) {
                earlier.rotate_right(1);
            }
        } else {
            let positions = at.visible_indices(user, kind, action)?;
            sets.truncate(Self::SETS - 1);
            let set = Set {
                user: user.to_owned(),
                action,
                kind,
                terms_over,
                positions,
            };
            sets.insert(0, set);
        }
        Ok(())
    }

    /// The set that was asked for last.
    pub(crate) fn latest(&self) -> Ref<'_, [u32]> {
        Ref::map(self.0.borrow(), |sets| {
            sets.first()
                .map(|set| set.positions.as_slice())
                .unwrap_or_default()
        })
    }

    /// The organisation is another one from now on.
    pub(crate) fn forget(&mut self) {
        self.0.get_mut().clear();
    }
}
