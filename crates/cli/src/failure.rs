//! Why a command ended without an answer, and with which exit code.

use std::io;

use sidelight_calendar::CalendarError;
use sidelight_governance::{AskError, Code, LoadError};

use crate::import::ImportError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The question cannot be understood.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The organisation is not one.
    #[error("{error} in {file}")]
    Load { file: String, error: LoadError },
    /// There is no organisation where one should be.
    #[error("there is nothing in {file}")]
    Empty { file: String },
    /// The mapping or the exports are not what they should be.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The import came to something that the rules refuse.
    #[error("the exports make an organisation that is refused: {0}")]
    Imported(LoadError),
    /// The organisation's time zone is not one, or its calendar ends.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A file cannot be read or written.
    #[error("{what}: {error}")]
    Io { what: String, error: io::Error },
}

impl Failure {
    pub(crate) fn io(what: impl Into<String>, error: io::Error) -> Self {
        Self::Io {
            what: what.into(),
            error,
        }
    }

    /// The stable word for this kind of failure.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Ask(error) => error.code().as_str(),
            Self::Load { error, .. } | Self::Imported(error) => error.code().as_str(),
            Self::Empty { .. } => Code::MalformedJson.as_str(),
            Self::Import(error) => error.code(),
            Self::Calendar(error) => error.code(),
            Self::Io { .. } => "io",
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Ask(_) => 2,
            Self::Import(ImportError::Unreadable { .. }) | Self::Io { .. } => 4,
            Self::Load { .. }
            | Self::Empty { .. }
            | Self::Import(_)
            | Self::Imported(_)
            | Self::Calendar(_) => 3,
        }
    }
}
