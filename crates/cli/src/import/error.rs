//! What can be wrong with a mapping or with the exports, and where.

use std::fmt;
use std::io;

use thiserror::Error;

/// Why nothing was imported.
#[derive(Debug, Error)]
pub(crate) enum ImportError {
    /// The mapping is not TOML, or not a mapping.
    #[error("{message}")]
    Mapping {
        /// The code of a word that the rules do not know, such as a scope; else `bad-mapping`.
        code: String,
        message: String,
    },
    #[error(
        "there is no file `{file}`, which source `{source_name}` reads; if exports may lack it, say `optional = true`"
    )]
    MissingFile { source_name: String, file: String },
    #[error("cannot read `{path}`: {error}")]
    Unreadable { path: String, error: io::Error },
    #[error("`{file}` has no column `{column}`, which the mapping uses; it has {present}")]
    MissingColumn {
        file: String,
        column: String,
        present: String,
    },
    #[error("`{file}` has the column `{column}` twice")]
    DuplicateColumn { file: String, column: String },
    #[error("{cells} cells where the header has {columns}, at {place}")]
    RaggedRow {
        cells: usize,
        columns: usize,
        place: Place,
    },
    #[error("a quotation mark is opened and not closed, at {place}")]
    UnclosedQuote { place: Place },
    #[error("not UTF-8, at {place}; export the file as UTF-8")]
    NotUtf8 { place: Place },
    #[error("not CSV: {message}, at {place}")]
    MalformedCsv { message: String, place: Place },
    #[error("not JSON: {message}, at {place}")]
    MalformedJson { message: String, place: Place },
    #[error("`{value}` is not {expected}, at {place}")]
    InvalidValue {
        value: String,
        expected: String,
        place: Place,
    },
    #[error("no {what}, at {place}: {templates} is blank")]
    BlankValue {
        what: &'static str,
        templates: String,
        place: Place,
    },
    #[error("{what} names no {kind}: `{value}`, at {place}")]
    UnknownReference {
        what: String,
        kind: &'static str,
        value: String,
        place: Place,
    },
    #[error("two {kind} with the id `{id}`, {places}{hint}")]
    DuplicateId {
        kind: &'static str,
        id: String,
        places: Box<Twice>,
        hint: &'static str,
    },
    #[error("two rows with the key `{key}`, {places}: a join needs one")]
    DuplicateKey { key: String, places: Box<Twice> },
}

impl ImportError {
    /// The stable word for this kind of fault.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Mapping { code, .. } => code,
            Self::MissingFile { .. } => "missing-file",
            Self::Unreadable { .. } => "unreadable",
            Self::MissingColumn { .. } => "missing-column",
            Self::DuplicateColumn { .. } => "duplicate-column",
            Self::RaggedRow { .. } => "ragged-row",
            Self::UnclosedQuote { .. } => "unclosed-quote",
            Self::NotUtf8 { .. } => "not-utf8",
            Self::MalformedCsv { .. } => "malformed-csv",
            Self::MalformedJson { .. } => "malformed-json",
            Self::InvalidValue { .. } => "invalid-value",
            Self::BlankValue { .. } => "blank-value",
            Self::UnknownReference { .. } => "unknown-reference",
            Self::DuplicateId { .. } => "duplicate-id",
            Self::DuplicateKey { .. } => "duplicate-key",
        }
    }

    pub(crate) fn mapping(message: impl Into<String>) -> Self {
        Self::Mapping {
            code: "bad-mapping".to_owned(),
            message: message.into(),
        }
    }
}

/// A place in an export: file, line and column, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    /// For CSV the line in which the row begins, for JSON the row counted from 1; 0 for the whole file.
    pub(crate) line: u64,
    pub(crate) column: Option<String>,
}

impl Place {
    pub(crate) fn whole(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: 0,
            column: None,
        }
    }

    pub(crate) fn column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        match &self.column {
            Some(column) => write!(f, " (column `{column}`)"),
            None => Ok(()),
        }
    }
}

/// Where the first and the second of two things are that must not be two.
#[derive(Debug)]
pub(crate) struct Twice {
    pub(crate) first: Place,
    pub(crate) second: Place,
}

impl fmt::Display for Twice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {} and at {}", self.first, self.second)
    }
}
