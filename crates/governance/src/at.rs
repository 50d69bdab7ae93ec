//! The organisation at an instant, and who passes the gate there (§2).

use crate::governance::{Governance, Term};
use crate::instant::Instant;
use crate::org::Status;
use crate::table::UserIx;

/// A compiled organisation at an instant: what questions are asked of.
///
/// It borrows the organisation and copies freely; making one costs nothing.
#[derive(Debug, Clone, Copy)]
pub struct At<'g> {
    pub(crate) governance: &'g Governance,
    now: Instant,
}

/// Instants between which no answer changes by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unchanging {
    from: Option<Instant>,
    /// The first that is not among them.
    until: Option<Instant>,
}

impl Unchanging {
    #[inline]
    pub(crate) fn contains(self, now: Instant) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

impl<'g> At<'g> {
    /// So many reasons, roles and ids the answer to one question names at most ([`Code::AnswerTooLarge`]): with a report
    /// who sees all for each of thousands of leads, or a chain of thousands of roles, there would be no end to it.
    ///
    /// [`Code::AnswerTooLarge`]: crate::error::Code::AnswerTooLarge
    pub const NAMED_AT_MOST: usize = 2_000_000;

    pub(crate) fn new(governance: &'g Governance, now: Instant) -> Self {
        Self { governance, now }
    }

    /// The instant.
    pub fn now(self) -> Instant {
        self.now
    }

    /// The organisation.
    pub fn governance(self) -> &'g Governance {
        self.governance
    }

    /// Whether the user may use the organisation at all (§2): exists, is active, and as a guest has
    /// claimed the invitation, is not revoked and is within the term.
    pub fn gate(self, user: &str) -> bool {
        self.governance
            .users
            .find(user)
            .is_some_and(|user| self.passes_gate(user))
    }

    pub(crate) fn passes_gate(self, user: UserIx) -> bool {
        self.governance.users.get(user).is_some_and(|person| {
            person.status == Status::Active
                && person.guest.as_ref().is_none_or(|term| {
                    term.claimed && term.revoked_at.is_none() && !self.is_over(term)
                })
        })
    }

    /// Whether the guest's term has ended: its last instant is the one before `expiresAt`.
    pub(crate) fn is_over(self, term: &Term) -> bool {
        self.now >= term.expires_at
    }

    /// The next instant at which an answer changes by itself, because a guest's term ends; `None` if none does.
    ///
    /// # Complexity
    /// Logarithmic in the number of guests.
    pub fn next_change(self) -> Option<Instant> {
        self.governance
            .users
            .terms()
            .get(self.terms_over())
            .copied()
    }

    /// How many guests' terms have ended by this instant: between two instants for which that is the same, no answer
    /// changes by itself.
    ///
    /// # Complexity
    /// Logarithmic in the number of guests.
    pub fn terms_over(self) -> usize {
        let terms = self.governance.users.terms();
        terms.partition_point(|&end| end <= self.now)
    }

    /// From when on, and until when, no answer changes by itself.
    pub(crate) fn unchanging(self) -> Unchanging {
        let terms = self.governance.users.terms();
        let over = self.terms_over();
        Unchanging {
            from: over
                .checked_sub(1)
                .and_then(|last| terms.get(last))
                .copied(),
            until: terms.get(over).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_change_begins_at_the_end_of_one_term_and_ends_before_that_of_the_next() {
        let [first, second, third] = [1, 2, 3].map(|day| Instant::EPOCH.saturating_add_days(day));
        let within = |from, until| {
            [Instant::EPOCH, first, second, third]
                .map(|now| Unchanging { from, until }.contains(now))
        };
        assert_eq!(within(None, None), [true; 4]);
        assert_eq!(within(Some(first), None), [false, true, true, true]);
        assert_eq!(within(None, Some(second)), [true, true, false, false]);
        assert_eq!(within(Some(first), Some(third)), [false, true, true, false]);
    }
}
