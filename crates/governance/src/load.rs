//! Reading an organisation: strict about form, tolerant about references (§10.1).

use serde_json::value::RawValue;

use crate::error::{Code, LoadError, Pointer};
use crate::governance::Governance;
use crate::org::Org;
use crate::reader::{read, read_items};
use crate::slice::{self, is_slice};

/// How much an organisation may hold (§10.3). Past a limit, loading ends in an error with its own code.
///
/// The defaults are far above the largest organisations known, and low enough that a hostile
/// document ends in an error before it ends the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of JSON ([`Code::DocumentTooLarge`]). Default: 1 GiB.
    pub document: usize,
    /// Users ([`Code::TooManyUsers`]). Default: 1,000,000.
    pub users: usize,
    /// Roles ([`Code::TooManyRoles`]). Default: 200,000.
    pub roles: usize,
    /// Profiles, job roles and companies, each ([`Code::TooManyItems`]). Default: 100,000.
    pub catalogue: usize,
    /// Records of all types together ([`Code::TooManyItems`]). Default: 50,000,000.
    pub records: usize,
    /// Deals ([`Code::TooManyItems`]). Default: 1,000,000, up to which totals are exact.
    pub deals: usize,
    /// Views that users saved ([`Code::TooManyItems`]). Default: 1,000,000.
    pub views: usize,
    /// Bytes of an id or a name ([`Code::TextTooLong`]). Default: 1,024.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document: 1 << 30,
            users: 1_000_000,
            roles: 200_000,
            catalogue: 100_000,
            records: 50_000_000,
            deals: 1_000_000,
            views: 1_000_000,
            text: 1_024,
        }
    }
}

impl Limits {
    /// Those of a module in a browser (§10.3): 128 MiB of JSON, and otherwise the default ones.
    ///
    /// Memory that runs out ends the instance, not just the loading. A module has 4 GiB at most, and a
    /// document that is made to need much (an assigned user of three bytes, `"",`, takes up to 26 bytes in
    /// there) needs 3.4 GiB when it has this size; an ordinary one, of 850,000 records, needs 0.9 GiB.
    pub fn in_browser() -> Self {
        Self {
            document: 128 << 20,
            ..Self::default()
        }
    }
}

impl Governance {
    /// Loads an organisation from its JSON, or a slice from its bytes (§11), within the default [`Limits`].
    ///
    /// What names nothing counts as absent and is told by [`diagnose`](crate::At::diagnose); so is a
    /// member that the format does not have, which is passed over.
    ///
    /// # Errors
    /// A [`LoadError`] with the code and the place of the first fault in the document. Nothing is kept.
    ///
    /// # Complexity
    /// Linear in the size of the document.
    pub fn load(json: &[u8]) -> Result<Self, LoadError> {
        Self::load_within(json, &Limits::default())
    }

    /// Loads an organisation from its JSON, within limits of the caller's.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_within(json: &[u8], limits: &Limits) -> Result<Self, LoadError> {
        if json.len() > limits.document {
            let message = format!(
                "the document has {} bytes, at most {} are read",
                json.len(),
                limits.document
            );
            return Err(LoadError::new(
                Code::DocumentTooLarge,
                Pointer::root(),
                message,
            ));
        }
        if is_slice(json) {
            return slice::load(json, limits);
        }
        let json = std::str::from_utf8(json).map_err(|_| {
            let message = "the document is not encoded as UTF-8";
            LoadError::new(Code::MalformedJson, Pointer::root(), message)
        })?;
        // A mark that some editors and exports put before a text, which JSON leaves to its readers to pass over.
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        // Of all that an organisation is, its records are the most by far: they go from the text into columns, one by one, once
        // it is known who the people are, wherever the text has them.
        let (org, mut unknown) = read::<Org<Option<&RawValue>>>(json)?;
        let (org, records) = org.split_records();
        Self::compile(org, limits, |columns| {
            if let Some(records) = records {
                unknown.extend(read_items(json, "records", records, &mut |record| {
                    columns.add(record)
                })?);
            }
            Ok(unknown)
        })
    }

    /// Loads an organisation that is held as data, with the same checks.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_org(org: Org) -> Result<Self, LoadError> {
        let (org, records) = org.split_records();
        Self::compile(org, &Limits::default(), |columns| {
            for record in &records {
                columns.add(record.into())?;
            }
            Ok(Vec::new())
        })
    }
}
