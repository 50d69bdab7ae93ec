//! Guests: people with a term. Their states, what each allows, and the list of them (§7).
//!
//! An operation is a pure function: it checks the rule and answers the changes that
//! [`Governance::apply`](crate::Governance::apply) accepts, with what is to be done outside of the
//! organisation as data. Calendar days are resolved by the caller ([`EndOfTerm`]).

mod link;
mod operation;
mod password;

use serde::{Deserialize, Serialize};

pub use link::{ClaimLink, ClaimLinks, InvalidDigest, LinkState, TokenDigest};
pub use operation::{
    EndOfTerm, GuestCode, GuestEffect, GuestError, GuestRefusal, GuestStep, Invitation, OwnProfile,
    SignIn,
};
pub use password::{PasswordRule, PasswordRules};

use crate::at::At;
use crate::error::AskError;
use crate::governance::{Person, Term};
use crate::instant::Instant;
use crate::org::Status;
use crate::table::UserIx;
use crate::view::{Cursors, Order, Value};
use crate::word::vocabulary;

/// How many days before a guest's term ends it is told (§7.6).
const EXPIRING_DAYS: i32 = 7;

vocabulary! {
    /// Where a guest stands (§7.2).
    GuestState, InvalidField, "guest state" {
        /// The invitation has not been claimed, and the term is not over.
        Invited = "invited",
        /// The invitation was claimed, and the term is not over.
        Active = "active",
        /// The term is over.
        Expired = "expired",
        /// Access was revoked.
        Revoked = "revoked",
        /// The account is gone. Nothing leads out of here.
        Removed = "removed",
    }
}

vocabulary! {
    /// What is done to a guest, or by one (§7).
    GuestOperation, InvalidField, "guest operation" {
        /// The guest claims the invitation.
        Claim = "claim",
        /// The claim link is sent again.
        SendLink = "send-link",
        /// The term gets another end.
        Extend = "extend",
        /// What was revoked is given back.
        Reinstate = "reinstate",
        /// Access is taken away, for now.
        Revoke = "revoke",
        /// The account is taken away, for good.
        Remove = "remove",
        /// The guest edits the own profile.
        EditProfile = "edit-profile",
    }
}

impl GuestState {
    /// Whether the operation can be done to a guest in this state: the table of §7.2.
    pub const fn allows(self, operation: GuestOperation) -> bool {
        use GuestOperation as Do;
        match operation {
            Do::Claim | Do::SendLink => matches!(self, Self::Invited),
            Do::EditProfile => matches!(self, Self::Active),
            Do::Extend | Do::Revoke => {
                matches!(self, Self::Invited | Self::Active | Self::Expired)
            }
            Do::Reinstate => matches!(self, Self::Revoked),
            Do::Remove => !matches!(self, Self::Removed),
        }
    }
}

/// Which guests are wanted, and in which order (§7.6).
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GuestQuery {
    /// Only guests in one of these states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Vec<GuestState>>,
    /// Only guests for whom one of these users vouches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sponsor: Option<Vec<String>>,
    /// Only guests with one of these profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Vec<String>>,
    /// Only guests whose terms end at this instant or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_from: Option<Instant>,
    /// Only guests whose terms end before this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_before: Option<Instant>,
    /// The order, most significant first; guests that are equal in all stay in load order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Vec<GuestSort>>,
    /// At most so many rows; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Where the page before this one ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One key of an order of guests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuestSort {
    /// What is compared.
    pub by: GuestKey,
    /// Whether the largest comes first. Guests without a value come last either way.
    #[serde(default)]
    pub descending: bool,
}

vocabulary! {
    /// What guests are sorted by.
    GuestKey, InvalidField, "key of guests" {
        /// The state, in the order of [`GuestState`].
        State = "state",
        /// The end of the term.
        Ends = "ends",
        /// The id of the sponsor.
        Sponsor = "sponsor",
        /// The id of the profile.
        Profile = "profile",
        /// The guest's name.
        Name = "name",
    }
}

/// Guests by pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuestPage {
    /// How many guests there are on all pages together.
    pub total: usize,
    /// The guests on this page.
    pub rows: Vec<GuestRow>,
    /// What to ask the next page with; absent on the last one.
    pub cursor: Option<String>,
}

/// One guest of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuestRow {
    /// The user's id.
    pub user: String,
    /// The user's name.
    pub name: String,
    /// Where the guest stands.
    pub state: GuestState,
    /// Whether the account is locked besides, in whatever state.
    pub locked: bool,
    /// The first instant without access.
    pub ends: Instant,
    /// Whether an invited or active guest's term ends within 7 days (of 24 hours).
    pub expiring: bool,
    /// The id of the user who vouches for the guest, if that user exists.
    pub sponsor: Option<String>,
    /// The id of the profile.
    pub profile: String,
}

impl At<'_> {
    /// Where a guest stands (§7.2); `None` for an id that names nobody, and for a standard user.
    ///
    /// A removed guest does not exist any more. What is revoked is revoked, whether or not the term
    /// is over or was ever claimed; what is over is expired, claimed or not.
    pub fn guest_state(self, user: &str) -> Option<GuestState> {
        let user = self.governance.users.find(user)?;
        let term = self.governance.users.get(user)?.guest.as_deref()?;
        Some(self.state_of(term))
    }

    pub(crate) fn state_of(self, term: &Term) -> GuestState {
        if term.revoked_at.is_some() {
            GuestState::Revoked
        } else if self.is_over(term) {
            GuestState::Expired
        } else if term.claimed {
            GuestState::Active
        } else {
            GuestState::Invited
        }
    }

    /// Whether the user is a guest whose term, neither over nor revoked, ends within 7 days (§7.6).
    pub fn is_expiring_guest(self, user: &str) -> bool {
        let user = self.governance.users.find(user);
        let guest = user.and_then(|user| self.guest_at(user));
        guest.is_some_and(|(_, _, term)| self.is_told_expiring(term))
    }

    fn is_told_expiring(self, term: &Term) -> bool {
        term.revoked_at.is_none() && self.is_expiring(term)
    }

    /// Whether a term that is not over ends within 7 days (§7.6).
    pub(crate) fn is_expiring(self, term: &Term) -> bool {
        !self.is_over(term) && term.expires_at <= self.now().saturating_add_days(EXPIRING_DAYS)
    }

    /// The guests, as the query wants them (§7.6). It is for those who manage guests, and asks nobody's permission.
    ///
    /// # Errors
    /// An [`AskError`] for a cursor of another question.
    ///
    /// # Complexity
    /// In the number of users.
    pub fn guests(self, query: &GuestQuery) -> Result<GuestPage, AskError> {
        let users = &self.governance.users;
        let question = GuestQuery {
            limit: None,
            cursor: None,
            ..query.clone()
        };
        let cursors = Cursors::new(self.governance, &question);
        let after = cursors.read(query.cursor.as_deref(), |id| users.find(id))?;
        let guests: Vec<_> = users.table.iter().filter_map(as_guest).collect();
        let wanted: Vec<_> = guests
            .iter()
            .filter(|(_, person, term)| self.is_wanted_guest(query, person, term))
            .map(|&(user, ..)| user)
            .collect();

        let sort = query.sort.as_deref().unwrap_or_default();
        let order = Order {
            descending: sort.iter().map(|sort| sort.descending).collect(),
        };
        let keys = |user, keys: &mut Vec<_>| {
            keys.extend(sort.iter().map(|sort| self.key(user, sort.by)));
        };
        let (total, page, more) = order.page(wanted, keys, after, query.limit);
        let last = page.last().filter(|_| more);
        Ok(GuestPage {
            total,
            cursor: last.map(|&last| cursors.write(users.id(last))),
            rows: page
                .into_iter()
                .filter_map(|user| self.guest_row(user))
                .collect(),
        })
    }

    fn is_wanted_guest(self, query: &GuestQuery, person: &Person, term: &Term) -> bool {
        let state = self.state_of(term);
        let profile = self.governance.profiles.id(person.profile);
        let among = |wanted: &Option<Vec<String>>, id: Option<&str>| match wanted {
            None => true,
            Some(wanted) => wanted.iter().any(|wanted| Some(wanted.as_str()) == id),
        };
        (query.state.as_ref()).is_none_or(|states| states.contains(&state))
            && among(&query.sponsor, self.sponsor(term))
            && among(&query.profile, Some(profile))
            && query.ends_from.is_none_or(|from| term.expires_at >= from)
            && (query.ends_before).is_none_or(|before| term.expires_at < before)
    }

    fn sponsor(&self, term: &Term) -> Option<&str> {
        let users = &self.governance.users;
        let sponsor = term.sponsor.filter(|&sponsor| users.exists(sponsor))?;
        Some(users.id(sponsor))
    }

    fn key(&self, user: UserIx, by: GuestKey) -> Value<'_> {
        let Some((_, person, term)) = self.guest_at(user) else {
            return Value::Absent;
        };
        match by {
            GuestKey::State => Value::Number(f64::from(self.state_of(term) as u8)),
            GuestKey::Ends => Value::Instant(term.expires_at),
            GuestKey::Sponsor => Value::text(self.sponsor(term)),
            GuestKey::Profile => Value::Text(self.governance.profiles.id(person.profile)),
            GuestKey::Name => Value::Text(&person.name),
        }
    }

    fn guest_row(self, user: UserIx) -> Option<GuestRow> {
        let (_, person, term) = self.guest_at(user)?;
        let state = self.state_of(term);
        Some(GuestRow {
            user: self.user_id(user),
            name: person.name.clone(),
            state,
            locked: person.status == Status::Locked,
            ends: term.expires_at,
            expiring: self.is_told_expiring(term),
            sponsor: self.sponsor(term).map(str::to_owned),
            profile: self.governance.profiles.id(person.profile).to_owned(),
        })
    }

    fn guest_at(&self, user: UserIx) -> Option<(UserIx, &Person, &Term)> {
        as_guest((user, self.governance.users.get(user)?))
    }
}

fn as_guest((user, person): (UserIx, &Person)) -> Option<(UserIx, &Person, &Term)> {
    Some((user, person, person.guest.as_deref()?))
}
