//! What the sidebar is about: a CRM record or a partner deal.

use sidelight_governance::{Action, Instant, RecordType};

use super::Organisation;
use crate::message;

/// The record or deal that the CRM page beside the sidebar shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A CRM record.
    Record {
        /// Its type.
        kind: RecordType,
        /// Its id, unique within the type.
        id: String,
    },
    /// A partner deal.
    Deal {
        /// Its id.
        id: String,
    },
}

impl Subject {
    /// The id, without the type.
    pub fn id(&self) -> &str {
        match self {
            Self::Record { id, .. } | Self::Deal { id } => id,
        }
    }

    /// The word for its type, as in "can see this account".
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Record { kind, .. } => kind.as_str(),
            Self::Deal { .. } => message::DEAL,
        }
    }

    /// Its name; the id where it has none.
    pub fn name(&self, organisation: &Organisation) -> String {
        match self {
            Self::Record { kind, id } => organisation.record_name(*kind, id),
            Self::Deal { id } => organisation.deal_name(id),
        }
    }

    /// Whether a user sees it at `now`.
    pub fn is_seen(&self, organisation: &Organisation, now: Instant, user: &str) -> bool {
        let at = organisation.at(now);
        match self {
            Self::Record { kind, id } => at.actions(user, *kind, id).contains(&Action::View),
            Self::Deal { id } => at.explain_deal(user, id).allowed,
        }
    }
}
