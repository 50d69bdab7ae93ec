//! What is done to guests and by them: who may, what it changes, what is to be done besides (§7).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ClaimLinks, GuestOperation, GuestState, PasswordRules, TokenDigest};
use crate::at::At;
use crate::change::{Change, Removal, Thing};
use crate::error::{ChangeError, Excerpt, Pointer, located_error};
use crate::instant::Instant;
use crate::org::{FieldValue, Guest, Status, User};
use crate::profile::Toggle;
use crate::word::vocabulary;

/// 90 calendar days are never longer than this many days of 24 hours, whatever a zone does with its
/// clocks and its calendar.
const LONGEST_TERM_DAYS: i32 = 92;

/// The end of a guest's term, as the calendar of the organisation's zone resolves it (§7.1).
///
/// These rules know no zones. `sidelight-calendar` makes one of these from a calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndOfTerm {
    /// The instant at which the chosen day ends: the first without access.
    pub at: Instant,
    /// The instant at which the last day that may be chosen ends: the 90th after today.
    pub latest: Instant,
}

/// Who is invited as a guest, and on which terms (§7.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invitation {
    /// The id that the account will have.
    pub user: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The email, which no other account may have.
    pub email: String,
    /// The id of the role.
    pub role: String,
    /// The id of the profile.
    pub profile: String,
    /// The license.
    pub license: String,
    /// The id of the user who vouches for the guest, who is no guest.
    pub sponsor: String,
}

/// What guests may edit of themselves (§7.4): their name and their preferences, and nothing else.
///
/// The email is not among it, since it can make somebody an account owner (§6).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OwnProfile {
    /// The new first name; absent with the last name: the name stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The new last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Preferences, by name. They are the application's; the rules hand them on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub preferences: BTreeMap<String, FieldValue>,
}

/// How a guest who claims an invitation will sign in (§7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn<'a> {
    /// By single sign-on: there is no password.
    Sso,
    /// With a password, which obeys the organisation's rules.
    Password {
        /// The password. It is looked at and not kept.
        password: &'a str,
        /// The organisation's rules.
        rules: &'a PasswordRules,
    },
}

/// What an operation comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GuestStep {
    /// Where the guest stands afterwards.
    pub state: GuestState,
    /// The changes to the organisation, which `apply` accepts.
    pub changes: Vec<Change>,
    /// The guest's claim links as they are afterwards; absent: as they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<ClaimLinks>,
    /// What is to be done outside of the organisation, in this order.
    pub effects: Vec<GuestEffect>,
}

/// What is to be done outside of the organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "effect",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum GuestEffect {
    /// The claim link whose token has this digest is sent to the guest.
    SendLink {
        /// The guest.
        user: String,
        /// The digest of the token.
        digest: TokenDigest,
        /// The first instant at which the link does not work any more.
        expires_at: Instant,
    },
    /// Links that were sent stop working.
    VoidLinks {
        /// The guest.
        user: String,
    },
    /// The guest's open sessions end.
    EndSessions {
        /// The guest.
        user: String,
    },
    /// The guest's preferences are kept.
    SavePreferences {
        /// The guest.
        user: String,
        /// The preferences, by name.
        preferences: BTreeMap<String, FieldValue>,
    },
}

vocabulary! {
    /// Why an operation on a guest was refused; stable.
    GuestCode, InvalidField, "guest code" {
        /// The actor fails the gate, is a guest, or has no `manageGuests`.
        NotPermitted = "not-permitted",
        /// The id names nobody, or a standard user.
        UnknownGuest = "unknown-guest",
        /// The guest's state does not allow the operation.
        WrongState = "wrong-state",
        /// The guest is locked.
        Locked = "locked",
        /// A field that has to be there is empty.
        EmptyField = "empty-field",
        /// The email is not one.
        InvalidEmail = "invalid-email",
        /// Another account has the email.
        EmailTaken = "email-taken",
        /// Another account has the id.
        IdTaken = "id-taken",
        /// The sponsor is a guest.
        SponsorIsGuest = "sponsor-is-guest",
        /// The term would be over already, or is, and no other end was given.
        TermOver = "term-over",
        /// The term would end more than 90 calendar days after today.
        TermTooLong = "term-too-long",
        /// Another link has the same token.
        DigestReused = "digest-reused",
        /// No such link was sent.
        LinkUnknown = "link-unknown",
        /// The link was used.
        LinkUsed = "link-used",
        /// The link was voided.
        LinkVoided = "link-voided",
        /// The link does not work any more.
        LinkExpired = "link-expired",
        /// The password does not meet the organisation's rules.
        PasswordRules = "password-rules",
    }
}

located_error! {
    /// Why an operation on a guest was refused by the rules for guests. Nothing is changed.
    GuestRefusal: GuestCode
}

/// Why an operation on a guest was refused. Nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuestError {
    /// By the rules for guests.
    #[error(transparent)]
    Refused(#[from] GuestRefusal),
    /// By the organisation: the invitation names a role, a profile or a sponsor that does not exist,
    /// or goes past a limit.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl GuestError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code().as_str(),
            Self::Change(error) => error.code().as_str(),
        }
    }

    /// The place of the fault: in the operation's input, or in the list of its changes.
    pub fn path(&self) -> &Pointer {
        match self {
            Self::Refused(refusal) => refusal.path(),
            Self::Change(error) => error.path(),
        }
    }
}

type Refused<T> = Result<T, GuestRefusal>;

fn refused(code: GuestCode, place: &str, message: impl Into<String>) -> GuestRefusal {
    GuestRefusal::new(code, Pointer::root().member(place), message)
}

impl At<'_> {
    /// Invites a guest (§7.1). The digest is that of the first claim link's token.
    ///
    /// # Errors
    /// `not-permitted`, `empty-field`, `invalid-email`, `email-taken`, `id-taken`, `sponsor-is-guest`,
    /// `term-over`, `term-too-long`, or that of the change: a role, profile or sponsor that does not exist.
    ///
    /// # Complexity
    /// In the number of users, as `apply` with a new user.
    pub fn invite(
        self,
        actor: &str,
        invitation: &Invitation,
        end: EndOfTerm,
        digest: TokenDigest,
    ) -> Result<GuestStep, GuestError> {
        self.may_manage_guests(actor)?;
        self.check_invitation(invitation)?;
        let links = ClaimLinks::default().send(digest, self.now(), end.at)?;
        let guest = Guest {
            claimed: false,
            expires_at: self.end_within_limit(end)?,
            revoked_at: None,
            sponsor: Some(invitation.sponsor.clone()),
        };
        let name = format!(
            "{} {}",
            invitation.first_name.trim(),
            invitation.last_name.trim()
        );
        let user = User {
            email: Some(invitation.email.clone()),
            role: Some(invitation.role.clone()),
            license: Some(invitation.license.clone()),
            guest: Some(guest),
            ..User::new(&invitation.user, name, &invitation.profile)
        };
        let changes = vec![Change::Put(Thing::User(Box::new(user)))];
        let effects = links_sent(&invitation.user, &links);
        self.guest_step(&invitation.user, changes, Some(links), effects)
    }

    /// Sends the claim link again, which voids the ones before (§7.3).
    ///
    /// # Errors
    /// `not-permitted`, `unknown-guest`, `wrong-state`, `digest-reused`.
    pub fn send_claim_link(
        self,
        actor: &str,
        guest: &str,
        links: &ClaimLinks,
        digest: TokenDigest,
    ) -> Result<GuestStep, GuestError> {
        self.may_manage_guests(actor)?;
        let term = self.guest_that_allows(GuestOperation::SendLink, guest)?.1;
        let links = links.send(digest, self.now(), term.expires_at)?;
        let effects = links_sent(guest, &links);
        self.guest_step(guest, Vec::new(), Some(links), effects)
    }

    /// Claims the invitation with a link's token (§7.3).
    ///
    /// Nothing about the guest is told to somebody without a link that works.
    ///
    /// # Errors
    /// `link-unknown`, `link-used`, `link-voided`, `link-expired`, `unknown-guest`, `wrong-state`,
    /// `locked`, `password-rules`.
    pub fn claim(
        self,
        guest: &str,
        links: &ClaimLinks,
        digest: TokenDigest,
        sign_in: SignIn<'_>,
    ) -> Result<GuestStep, GuestError> {
        let links = links.redeem(digest, self.now())?;
        let (user, _) = self.guest_that_allows(GuestOperation::Claim, guest)?;
        refuse_locked(&user)?;
        if let SignIn::Password { password, rules } = sign_in {
            let unmet = rules.unmet(password, &user);
            if !unmet.is_empty() {
                let unmet: Vec<_> = unmet.iter().map(|rule| format!("`{rule}`")).collect();
                let message = format!("the password does not meet {}", unmet.join(", "));
                return Err(refused(GuestCode::PasswordRules, "password", message).into());
            }
        }
        let changes = vec![Change::SetGuest {
            user: guest.to_owned(),
            expires_at: None,
            claimed: Some(true),
            revoked_at: None,
        }];
        self.guest_step(guest, changes, Some(links), Vec::new())
    }

    /// Gives the term another end, again at most 90 days after today (§7.1). An expired guest is
    /// active again, or invited again where the invitation was never claimed.
    ///
    /// # Errors
    /// `not-permitted`, `unknown-guest`, `wrong-state`, `term-over`, `term-too-long`.
    pub fn extend(self, actor: &str, guest: &str, end: EndOfTerm) -> Result<GuestStep, GuestError> {
        self.may_manage_guests(actor)?;
        self.guest_that_allows(GuestOperation::Extend, guest)?;
        let end = self.end_within_limit(end)?;
        let changes = vec![Change::SetGuest {
            user: guest.to_owned(),
            expires_at: Some(end),
            claimed: None,
            revoked_at: None,
        }];
        self.guest_step(guest, changes, None, Vec::new())
    }

    /// Gives a revoked guest access again, until the term's end or another one (§7.2).
    ///
    /// # Errors
    /// `not-permitted`, `unknown-guest`, `wrong-state`, `term-too-long`, and `term-over` where the
    /// term is over and no other end is given.
    pub fn reinstate(
        self,
        actor: &str,
        guest: &str,
        end: Option<EndOfTerm>,
    ) -> Result<GuestStep, GuestError> {
        self.may_manage_guests(actor)?;
        let (_, term) = self.guest_that_allows(GuestOperation::Reinstate, guest)?;
        let end = end.map(|end| self.end_within_limit(end)).transpose()?;
        if self.now() >= end.unwrap_or(term.expires_at) {
            let message = "the term is over: reinstating needs another end";
            return Err(refused(GuestCode::TermOver, "end", message).into());
        }
        let changes = vec![Change::SetGuest {
            user: guest.to_owned(),
            expires_at: end,
            claimed: None,
            revoked_at: Some(None),
        }];
        self.guest_step(guest, changes, None, Vec::new())
    }

    /// Takes access away at once, for now (§7.2). Links that were sent stop working.
    ///
    /// # Errors
    /// `not-permitted`, `unknown-guest`, `wrong-state`.
    pub fn revoke(
        self,
        actor: &str,
        guest: &str,
        links: &ClaimLinks,
    ) -> Result<GuestStep, GuestError> {
        self.may_manage_guests(actor)?;
        self.guest_that_allows(GuestOperation::Revoke, guest)?;
        let changes = vec![Change::SetGuest {
            user: guest.to_owned(),
            expires_at: None,
            claimed: None,
            revoked_at: Some(Some(self.now())),
        }];
        self.guest_step(guest, changes, Some(links.void()), access_ended(guest))
    }

    /// Takes the account away at once, for good (§7.2).
    ///
    /// # Errors
    /// `not-permitted`, `unknown-guest`.
    pub fn remove_guest(
        self,
        actor: &str,
        guest: &str,
        links: &ClaimLinks,
    ) -> Result<GuestStep, GuestError> {
        self.may_manage_guests(actor)?;
        self.guest_that_allows(GuestOperation::Remove, guest)?;
        let id = guest.to_owned();
        let changes = vec![Change::Remove(Removal::User { id })];
        self.guest_step(guest, changes, Some(links.void()), access_ended(guest))
    }

    /// Edits a guest's own name and preferences (§7.4).
    ///
    /// # Errors
    /// `unknown-guest`, `wrong-state`, `locked`, and `empty-field` for one name without the other.
    pub fn edit_own_profile(
        self,
        guest: &str,
        profile: &OwnProfile,
    ) -> Result<GuestStep, GuestError> {
        let (user, _) = self.guest_that_allows(GuestOperation::EditProfile, guest)?;
        refuse_locked(&user)?;
        let mut changes = Vec::new();
        if profile.first_name.is_some() || profile.last_name.is_some() {
            let first = filled(
                "firstName",
                profile.first_name.as_deref().unwrap_or_default(),
            )?;
            let last = filled("lastName", profile.last_name.as_deref().unwrap_or_default())?;
            let named = User {
                name: format!("{first} {last}"),
                ..self.with_what_exists(user)
            };
            changes.push(Change::Put(Thing::User(Box::new(named))));
        }
        let mut effects = Vec::new();
        if !profile.preferences.is_empty() {
            effects.push(GuestEffect::SavePreferences {
                user: guest.to_owned(),
                preferences: profile.preferences.clone(),
            });
        }
        self.guest_step(guest, changes, None, effects)
    }

    /// The user without references that name nothing: they count as absent, and a write is strict.
    fn with_what_exists(self, mut user: User) -> User {
        let governance = self.governance;
        let is_user = |id: &String| governance.users.find(id).is_some();
        user.role = user
            .role
            .filter(|id| governance.roles.table.find(id).is_some());
        user.job_role = user
            .job_role
            .filter(|id| governance.job_roles.table.find(id).is_some());
        user.memberships
            .retain(|membership| governance.companies.find(&membership.company).is_some());
        if let Some(guest) = &mut user.guest {
            guest.sponsor = guest.sponsor.take().filter(is_user);
        }
        user
    }

    /// Guests are managed by those who pass the gate and have `manageGuests`, and are no guests
    /// themselves: a guest's relation to the organisation is not the guest's to change (§7.4).
    fn may_manage_guests(self, actor: &str) -> Refused<()> {
        let manager = self.governance.users.find(actor).filter(|&actor| {
            self.passes_gate(actor)
                && self.toggle(actor, Toggle::ManageGuests)
                && (self.governance.users.get(actor)).is_some_and(|actor| actor.guest.is_none())
        });
        manager.map(|_| ()).ok_or_else(|| {
            let message = format!("`{}` may not manage guests", Excerpt(actor));
            refused(GuestCode::NotPermitted, "actor", message)
        })
    }

    fn guest_that_allows(self, operation: GuestOperation, guest: &str) -> Refused<(User, Guest)> {
        let found = self.governance.user(guest).zip(self.guest_state(guest));
        let Some((user, state)) = found else {
            let message = format!("no guest has the id `{}`", Excerpt(guest));
            return Err(refused(GuestCode::UnknownGuest, "guest", message));
        };
        match user.guest.clone() {
            Some(term) if state.allows(operation) => Ok((user, term)),
            _ => {
                let message = format!("`{operation}` is not for a guest who is `{state}`");
                Err(refused(GuestCode::WrongState, "guest", message))
            }
        }
    }

    /// The end, which is after now and at most 90 calendar days after today (§7.1).
    fn end_within_limit(self, end: EndOfTerm) -> Refused<Instant> {
        let latest = self
            .now()
            .saturating_add_days(LONGEST_TERM_DAYS)
            .min(end.latest);
        if end.at <= self.now() {
            let message = format!("the term would have ended at `{}`", end.at);
            Err(refused(GuestCode::TermOver, "end", message))
        } else if end.at > latest {
            let message = format!("a term ends `{}` at the latest", latest);
            Err(refused(GuestCode::TermTooLong, "end", message))
        } else {
            Ok(end.at)
        }
    }

    fn check_invitation(self, invitation: &Invitation) -> Refused<()> {
        filled("firstName", &invitation.first_name)?;
        filled("lastName", &invitation.last_name)?;
        filled("license", &invitation.license)?;
        if !is_email(&invitation.email) {
            let message = format!("`{}` is no email", Excerpt(&invitation.email));
            return Err(refused(GuestCode::InvalidEmail, "email", message));
        }
        if self.governance.users.find(&invitation.user).is_some() {
            let message = format!("another account has the id `{}`", Excerpt(&invitation.user));
            return Err(refused(GuestCode::IdTaken, "user", message));
        }
        let email = invitation.email.to_lowercase();
        let mut people = self.governance.users.table.iter().map(|(_, person)| person);
        let is_own = |taken: &String| taken.to_lowercase() == email;
        if people.any(|person| person.email.as_ref().is_some_and(is_own)) {
            let message = format!(
                "another account has the email `{}`",
                Excerpt(&invitation.email)
            );
            return Err(refused(GuestCode::EmailTaken, "email", message));
        }
        if self.guest_state(&invitation.sponsor).is_some() {
            let message = format!("the sponsor `{}` is a guest", Excerpt(&invitation.sponsor));
            return Err(refused(GuestCode::SponsorIsGuest, "sponsor", message));
        }
        Ok(())
    }

    /// The step that makes these changes, once the organisation accepts them.
    fn guest_step(
        self,
        guest: &str,
        changes: Vec<Change>,
        links: Option<ClaimLinks>,
        effects: Vec<GuestEffect>,
    ) -> Result<GuestStep, GuestError> {
        let after = self.governance.changed_by(&changes)?;
        let state = after.at(self.now()).guest_state(guest);
        Ok(GuestStep {
            state: state.unwrap_or(GuestState::Removed),
            changes,
            links,
            effects,
        })
    }
}

fn links_sent(guest: &str, links: &ClaimLinks) -> Vec<GuestEffect> {
    let sent = links.iter().last().map(|link| GuestEffect::SendLink {
        user: guest.to_owned(),
        digest: link.digest,
        expires_at: link.expires_at,
    });
    let voided = (links.iter().nth(1)).map(|_| GuestEffect::VoidLinks {
        user: guest.to_owned(),
    });
    voided.into_iter().chain(sent).collect()
}

fn access_ended(guest: &str) -> Vec<GuestEffect> {
    let user = guest.to_owned();
    vec![
        GuestEffect::VoidLinks { user: user.clone() },
        GuestEffect::EndSessions { user },
    ]
}

fn refuse_locked(user: &User) -> Refused<()> {
    match user.status {
        Status::Active => Ok(()),
        Status::Locked => {
            let message = format!("the guest `{}` is locked", Excerpt(&user.id));
            Err(refused(GuestCode::Locked, "guest", message))
        }
    }
}

fn filled<'a>(field: &str, text: &'a str) -> Refused<&'a str> {
    match text.trim() {
        "" => Err(refused(
            GuestCode::EmptyField,
            field,
            format!("`{field}` is empty"),
        )),
        text => Ok(text),
    }
}

/// Something before one `@` and something after, without what separates emails in a list.
fn is_email(text: &str) -> bool {
    let separates = |character: char| {
        character.is_whitespace() || character.is_control() || matches!(character, ',' | ';')
    };
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    }) && !text.contains(separates)
}
