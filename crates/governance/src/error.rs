//! What can go wrong, with a stable code and the place of the fault.

use std::fmt;

use crate::word::vocabulary;

vocabulary! {
    /// The stable code of an error.
    ///
    /// A code never changes its meaning; codes are added. The same words reach JavaScript as
    /// `GovernanceError.code`, the command line and HTTP.
    #[non_exhaustive]
    Code, InvalidField, "code" {
        /// The document is not JSON.
        MalformedJson = "malformed-json",
        /// A field is missing, is there twice, or has a value of the wrong kind.
        InvalidField = "invalid-field",
        /// The `format` is not one that this version reads.
        UnknownFormat = "unknown-format",
        /// A record type that the rules do not know.
        UnknownType = "unknown-type",
        /// An action that the rules do not know.
        UnknownAction = "unknown-action",
        /// A scope that the rules do not know.
        UnknownScope = "unknown-scope",
        /// A partner tier that the rules do not know.
        UnknownTier = "unknown-tier",
        /// A toggle that the rules do not know.
        UnknownToggle = "unknown-toggle",
        /// A user status that the rules do not know.
        UnknownStatus = "unknown-status",
        /// A value of `settings.reportsReach` that the rules do not know.
        UnknownReach = "unknown-reach",
        /// A scope stored for a setting that it does not apply to (§1.5).
        ScopeNotApplicable = "scope-not-applicable",
        /// Two things of one kind have the same id.
        DuplicateId = "duplicate-id",
        /// An id is empty.
        EmptyId = "empty-id",
        /// A user's profile names nothing.
        UnknownProfile = "unknown-profile",
        /// A user has two memberships at one company.
        DuplicateMembership = "duplicate-membership",
        /// A user has two primary companies.
        DuplicatePrimary = "duplicate-primary",
        /// An amount is not a decimal number.
        InvalidAmount = "invalid-amount",
        /// An instant is not RFC 3339, or lies outside the years that can be told.
        InvalidInstant = "invalid-instant",
        /// The document is larger than the limit.
        DocumentTooLarge = "document-too-large",
        /// There are more users than the limit.
        TooManyUsers = "too-many-users",
        /// There are more roles than the limit.
        TooManyRoles = "too-many-roles",
        /// There are more records, deals, profiles, companies, job roles or views than the limit.
        TooManyItems = "too-many-items",
        /// An id or a name is longer than the limit.
        TextTooLong = "text-too-long",
        /// A filter, or a JSON value, is nested deeper than the limit.
        TooDeep = "too-deep",
        /// An answer would name more than the limit, or would be longer than what can cross into JavaScript.
        AnswerTooLarge = "answer-too-large",
        /// A filter is not one of the known forms.
        InvalidFilter = "invalid-filter",
        /// A cursor was not given out by this question.
        InvalidCursor = "invalid-cursor",
        /// A view that is neither built in nor one of the user's for the type, or that is to be removed and does not exist.
        UnknownView = "unknown-view",
        /// A question lacks the id of a record, or has one where none belongs.
        InvalidArgument = "invalid-argument",
        /// A change whose `op` or `kind` is not one of the known ones.
        UnknownChange = "unknown-change",
        /// A change names a user who does not exist.
        UnknownUser = "unknown-user",
        /// A change names a role that does not exist.
        UnknownRole = "unknown-role",
        /// A change names a job role that does not exist.
        UnknownJobRole = "unknown-job-role",
        /// A change names a company that does not exist.
        UnknownCompany = "unknown-company",
        /// A change names a record, or an account, that does not exist.
        UnknownRecord = "unknown-record",
        /// A change names a deal that does not exist.
        UnknownDeal = "unknown-deal",
        /// A record of a type that has no assigned users is to be assigned (§1.5).
        NotAssignable = "not-assignable",
        /// A locked user is to be assigned (§5.2).
        LockedUser = "locked-user",
        /// A role is to be below itself (§1.2).
        RoleCycle = "role-cycle",
        /// An admin profile is to be edited (§1.3).
        AdminProfile = "admin-profile",
        /// A profile with users is to be removed.
        ProfileInUse = "profile-in-use",
        /// A guest term is to be set for a user who is no guest.
        NotAGuest = "not-a-guest",
        /// A guest is to become a standard user, or the other way round (§7.5).
        GuestConversion = "guest-conversion",
        /// A deal is to move to another company than it was registered for (§6).
        CompanyFixed = "company-fixed",
        /// The bytes of a slice are cut off or were altered.
        DamagedSlice = "damaged-slice",
        /// Another user's slice is asked of a slice.
        NotTheViewer = "not-the-viewer",
        /// Two job roles have the same name, without regard to case (§5.5).
        DuplicateName = "duplicate-name",
        /// The actor sees the record and may not choose its assigned users (§5.1).
        NotPermitted = "not-permitted",
        /// A bulk edit asks for two things that cannot both be (§5.3).
        ContradictoryEdit = "contradictory-edit",
    }
}

/// A JSON pointer (RFC 6901) to the place of a fault; empty for the whole document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pointer(String);

impl Pointer {
    /// The whole document.
    pub fn root() -> Self {
        Self::default()
    }

    /// The member `key` of this place.
    #[must_use]
    pub fn member(&self, key: &str) -> Self {
        let mut text = String::with_capacity(self.0.len() + key.len() + 1);
        text.push_str(&self.0);
        text.push('/');
        for character in key.chars() {
            match character {
                '~' => text.push_str("~0"),
                '/' => text.push_str("~1"),
                other => text.push(other),
            }
        }
        Self(text)
    }

    /// The item at `index` of this place.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The place that `inner` tells, taken from here.
    #[must_use]
    pub(crate) fn join(&self, inner: &Self) -> Self {
        Self(format!("{}{}", self.0, inner.0))
    }

    /// The pointer as text, as RFC 6901 writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Declares an error that has a stable code, a place and a message.
macro_rules! located_error {
    ($(#[$meta:meta])* $name:ident: $code:ty) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("{message}{}", $crate::error::At(path))]
        pub struct $name {
            code: $code,
            path: $crate::error::Pointer,
            message: String,
        }

        impl $name {
            pub(crate) fn new(
                code: $code,
                path: $crate::error::Pointer,
                message: impl Into<String>,
            ) -> Self {
                Self { code, path, message: message.into() }
            }

            /// The stable code.
            pub fn code(&self) -> $code {
                self.code
            }

            /// The place of the fault in the input.
            pub fn path(&self) -> &$crate::error::Pointer {
                &self.path
            }

            /// What is wrong, without the place.
            pub fn message(&self) -> &str {
                &self.message
            }
        }
    };
}

pub(crate) use located_error;

located_error! {
    /// Why an organisation was not loaded (§10.1). Nothing of it was kept.
    LoadError: Code
}

located_error! {
    /// Why a question could not be understood. An answer of "no" is never an error.
    AskError: Code
}

located_error! {
    /// Why changes were not made (§10.2). None of them was; in a list of changes, the place begins with the number of
    /// the change.
    ChangeError: Code
}

macro_rules! becomes {
    ($from:ident, $to:ident) => {
        impl From<$from> for $to {
            fn from(error: $from) -> Self {
                Self {
                    code: error.code,
                    path: error.path,
                    message: error.message,
                }
            }
        }
    };
}

becomes!(LoadError, ChangeError);
becomes!(AskError, LoadError);

pub(crate) struct At<'a>(pub(crate) &'a Pointer);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.as_str().is_empty() {
            Ok(())
        } else {
            write!(f, " at `{}`", self.0)
        }
    }
}

/// A word that is not in the vocabulary where it was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnknownWord {
    code: Code,
    message: String,
}

impl UnknownWord {
    pub(crate) fn new(
        code: Code,
        noun: &str,
        word: &str,
        known: impl Iterator<Item = &'static str>,
    ) -> Self {
        let known = known
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let word = Excerpt(word);
        Self {
            code,
            message: format!("unknown {noun} `{word}`, expected one of {known}"),
        }
    }

    /// The stable code, which tells the vocabulary.
    pub fn code(&self) -> Code {
        self.code
    }

    pub(crate) fn into_de<E: serde::de::Error>(self) -> E {
        coded(self.code, self.message)
    }
}

/// A user's text in a message: long ones are cut, so that an error stays readable.
pub(crate) struct Excerpt<'a>(pub &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 80;
        match self.0.char_indices().nth(LONGEST) {
            Some((cut, _)) => write!(f, "{}…", self.0.get(..cut).unwrap_or_default()),
            None => f.write_str(self.0),
        }
    }
}

/// serde's errors are text only: the code travels in front, between two of these.
const MARK: char = '\u{1}';

/// An error inside a `Deserialize`, which keeps its code until [`uncoded`] takes it out again.
pub(crate) fn coded<E: serde::de::Error>(code: Code, message: impl fmt::Display) -> E {
    E::custom(format_args!("{MARK}{}{MARK}{message}", code.as_str()))
}

/// The code and the message of a serde error that comes from a word, an amount or an instant of the
/// rules; `None` for one of the reader's own.
///
/// Such an error is text and nothing else, and carries its code in front. Readers of other documents
/// that use the rules' types take it out with this.
pub fn uncoded(text: &str) -> Option<(Code, &str)> {
    let (code, message) = text.strip_prefix(MARK)?.split_once(MARK)?;
    Some((Code::from_word(code)?, message))
}
