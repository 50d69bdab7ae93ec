//! `sidelight import`: the exports of a CRM, and a mapping that tells what they mean, become an organisation.
//!
//! Files are read as they are: nothing that is not in them is invented, and whatever in them names
//! nothing is counted and listed in the [`Report`].

mod assemble;
mod error;
mod line;
mod mapping;
mod name;
mod report;
mod table;
mod template;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sidelight_governance::Org;

pub(crate) use error::ImportError;
pub(crate) use report::{Reason, ReferenceReport, Report};

use mapping::{Mapping, Rule};
use table::Table;

/// What the caller settles for one import, beside the mapping.
#[derive(Debug, Default)]
pub(crate) struct Options<'a> {
    /// Files to read for sources instead of those that the mapping names.
    pub(crate) files: &'a [(String, String)],
    /// Whether the conditions of the sources' `only` are passed over.
    pub(crate) all_rows: bool,
}

/// Reads the exports in a directory as a mapping tells.
///
/// # Errors
/// The first fault of the mapping or of the exports, with its place.
pub(crate) fn import(
    directory: &Path,
    mapping: &str,
    options: &Options<'_>,
) -> Result<(Org, Report), ImportError> {
    let mut mapping = read_mapping(mapping)?;
    for (name, file) in options.files {
        let source = mapping.sources.get_mut(name);
        source
            .ok_or_else(|| unknown_source(name))?
            .file
            .clone_from(file);
    }
    let wanted = wanted_columns(&mapping)?;
    // Otherwise a mistyped directory looks like one whose optional files are all missing.
    fs::read_dir(directory).map_err(|error| ImportError::Unreadable {
        path: directory.display().to_string(),
        error,
    })?;
    let mut tables = BTreeMap::new();
    for (name, source) in &mapping.sources {
        let wanted = wanted.get(name.as_str()).cloned().unwrap_or_default();
        let table = Table::read(directory, name, source, &wanted, options.all_rows)?;
        tables.insert(name.clone(), table);
    }
    assemble::assemble(&mapping, &tables)
}

fn read_mapping(text: &str) -> Result<Mapping, ImportError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let (code, message) = uncoded(error.message());
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| 1 + before.matches('\n').count());
        let message = match line {
            Some(line) => format!("{message}, at line {line} of the mapping"),
            None => message,
        };
        ImportError::Mapping { code, message }
    })
}

/// The rules' own words (scopes, types, toggles) refuse an unknown one with their own code.
fn uncoded(message: &str) -> (String, String) {
    match sidelight_governance::error::uncoded(message) {
        Some((code, message)) => (code.to_string(), message.to_owned()),
        None => ("bad-mapping".to_owned(), message.to_owned()),
    }
}

fn unknown_source(name: &str) -> ImportError {
    ImportError::mapping(format!("the mapping has no source `{name}`"))
}

/// The columns of each source that the mapping uses.
fn wanted_columns(mapping: &Mapping) -> Result<BTreeMap<&str, BTreeSet<String>>, ImportError> {
    let conditions = |source: &mapping::Source| source.only.keys().cloned().collect();
    let sources = mapping.sources.iter();
    let mut wanted: BTreeMap<&str, BTreeSet<String>> = sources
        .map(|(name, source)| (name.as_str(), conditions(source)))
        .collect();
    let mut want = |source: &str, column: &str| match wanted.get_mut(source) {
        Some(columns) => {
            columns.insert(column.to_owned());
            Ok(())
        }
        None => Err(unknown_source(source)),
    };
    for rule in mapping.rules() {
        let without_rows = |column: &str| {
            ImportError::mapping(format!(
                "`{{{column}}}` in a rule without `from`: there is no row to take it from"
            ))
        };
        let templates = rule.templates();
        for column in templates.iter().flat_map(|template| template.columns()) {
            let source = rule.from().ok_or_else(|| without_rows(column))?;
            let joined = column
                .split_once('.')
                .and_then(|(alias, column)| Some((rule.joins().get(alias)?, column)));
            match joined {
                Some((join, column)) => want(&join.source, column)?,
                None => want(source, column)?,
            }
        }
        for join in rule.joins().values() {
            want(&join.source, &join.key)?;
            for column in join.on.columns() {
                want(rule.from().ok_or_else(|| without_rows(column))?, column)?;
            }
        }
    }
    match mapping
        .rules()
        .filter_map(Rule::from)
        .find(|source| !mapping.sources.contains_key(*source))
    {
        Some(source) => Err(unknown_source(source)),
        None => Ok(wanted),
    }
}
