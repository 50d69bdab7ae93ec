//! What an import made, and everything in the exports that named nothing or was blank.

use std::collections::BTreeMap;

use serde::Serialize;

/// The account of one import.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// How many of each kind were made, in the order of the document.
    pub(crate) made: Vec<Made>,
    pub(crate) sources: Vec<SourceReport>,
    /// References, in the order in which the mapping's rules met them.
    pub(crate) references: Vec<ReferenceReport>,
    /// Rows whose rule needs a reference that was blank or named nothing.
    pub(crate) unwritten: Vec<Unwritten>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Made {
    pub(crate) kind: &'static str,
    /// The word for one of the kind.
    #[serde(skip)]
    pub(crate) one: &'static str,
    pub(crate) count: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceReport {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) rows: usize,
    /// Rows that `only` left out.
    pub(crate) left_out: usize,
    /// Whether the file is optional and was not there.
    pub(crate) missing: bool,
}

/// One column's worth of references that were blank or named nothing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReferenceReport {
    /// What was made and which of its fields, such as `opportunity.account`.
    pub(crate) field: String,
    pub(crate) file: String,
    /// What is named, such as `accounts`.
    pub(crate) names: String,
    pub(crate) blank_rows: usize,
    pub(crate) unresolved_rows: usize,
    /// The values that name nothing, with their rows, most rows first.
    pub(crate) unresolved: Vec<Unresolved>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Unresolved {
    pub(crate) value: String,
    pub(crate) rows: usize,
    pub(crate) reason: Reason,
}

/// Why a value names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reason {
    /// There is no such thing.
    Unknown,
    /// Several have that name.
    Ambiguous,
}

#[derive(Debug, Serialize)]
pub(crate) struct Unwritten {
    pub(crate) kind: String,
    pub(crate) file: String,
    pub(crate) rows: usize,
}

/// Counts references while rows are read.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    columns: Vec<Column>,
    unwritten: Vec<Unwritten>,
}

#[derive(Debug)]
struct Column {
    field: String,
    file: String,
    names: String,
    blank: usize,
    unresolved: BTreeMap<(String, Reason), usize>,
}

impl Tally {
    fn column(&mut self, field: &str, file: &str, names: &str) -> Option<&mut Column> {
        let known = self
            .columns
            .iter()
            .position(|column| column.field == field && column.file == file);
        let index = known.unwrap_or_else(|| {
            let (field, file, names) = (field.to_owned(), file.to_owned(), names.to_owned());
            self.columns.push(Column {
                field,
                file,
                names,
                blank: 0,
                unresolved: BTreeMap::new(),
            });
            self.columns.len() - 1
        });
        self.columns.get_mut(index)
    }

    /// A reference that names something; it only keeps the columns in the order of the rules.
    pub(crate) fn resolved(&mut self, field: &str, file: &str, names: &str) {
        self.column(field, file, names);
    }

    pub(crate) fn blank(&mut self, field: &str, file: &str, names: &str) {
        if let Some(column) = self.column(field, file, names) {
            column.blank += 1;
        }
    }

    pub(crate) fn unresolved(
        &mut self,
        field: &str,
        file: &str,
        names: &str,
        value: &str,
        reason: Reason,
    ) {
        if let Some(column) = self.column(field, file, names) {
            *column
                .unresolved
                .entry((value.to_owned(), reason))
                .or_default() += 1;
        }
    }

    pub(crate) fn unwritten(&mut self, kind: &str, file: &str) {
        match self
            .unwritten
            .iter_mut()
            .find(|entry| entry.kind == kind && entry.file == file)
        {
            Some(entry) => entry.rows += 1,
            None => self.unwritten.push(Unwritten {
                kind: kind.to_owned(),
                file: file.to_owned(),
                rows: 1,
            }),
        }
    }

    pub(crate) fn into_reports(self) -> (Vec<ReferenceReport>, Vec<Unwritten>) {
        let told = |column: &Column| column.blank > 0 || !column.unresolved.is_empty();
        let references = self.columns.into_iter().filter(told).map(|column| {
            let mut unresolved: Vec<_> = column
                .unresolved
                .into_iter()
                .map(|((value, reason), rows)| Unresolved {
                    value,
                    rows,
                    reason,
                })
                .collect();
            unresolved.sort_by_key(|entry| std::cmp::Reverse(entry.rows));
            ReferenceReport {
                field: column.field,
                file: column.file,
                names: column.names,
                blank_rows: column.blank,
                unresolved_rows: unresolved.iter().map(|entry| entry.rows).sum(),
                unresolved,
            }
        });
        (references.collect(), self.unwritten)
    }
}
