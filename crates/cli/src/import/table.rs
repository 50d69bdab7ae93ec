//! Exported files as tables: CSV with a header, or a list of objects in JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Component, Path};

use serde_json::Value as Json;

use super::error::{ImportError, Place};
use super::mapping::{Format, Source};

/// The rows of one source, with the columns that the mapping uses.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) file: String,
    /// Where a column's cells are in a row. Optional columns that the file lacks are not here.
    columns: BTreeMap<String, usize>,
    pub(crate) rows: Vec<Row>,
    /// Rows that the source's `only` left out.
    pub(crate) left_out: usize,
    /// Whether the file is optional and not there.
    pub(crate) missing: bool,
}

/// One row of a table.
#[derive(Debug)]
pub(crate) struct Row {
    /// See [`Place::line`].
    line: u64,
    cells: Vec<String>,
}

impl Table {
    /// Reads the wanted columns of a source in a directory.
    ///
    /// # Errors
    /// A file or column that is missing and not optional; text that is not UTF-8, CSV or JSON; a
    /// row that does not have as many cells as the header.
    pub(crate) fn read(
        directory: &Path,
        name: &str,
        source: &Source,
        wanted: &BTreeSet<String>,
        all_rows: bool,
    ) -> Result<Self, ImportError> {
        let file = &source.file;
        let mut table = Self {
            name: name.to_owned(),
            file: file.clone(),
            columns: BTreeMap::new(),
            rows: Vec::new(),
            left_out: 0,
            missing: false,
        };
        let Some(text) = read_text(directory, name, source)? else {
            table.missing = true;
            return Ok(table);
        };
        let (columns, mut rows) = match format(name, source)? {
            Format::Csv => read_csv(&text, source, wanted)?,
            Format::Json => read_json(&text, source, wanted)?,
        };
        for cell in rows.iter_mut().flat_map(|row| &mut row.cells) {
            if source.trim && cell.trim().len() < cell.len() {
                *cell = cell.trim().to_owned();
            }
            if source.blank.contains(cell) {
                cell.clear();
            }
        }
        table.columns = columns;
        let all = rows.len();
        rows.retain(|row| {
            all_rows
                || source.only.iter().all(|(column, values)| {
                    values.iter().any(|value| value == table.cell(row, column))
                })
        });
        table.left_out = all - rows.len();
        table.rows = rows;
        Ok(table)
    }

    /// The cell of a row; blank where the file has no such column.
    pub(crate) fn cell<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        self.columns
            .get(column)
            .and_then(|&index| row.cells.get(index))
            .map_or("", String::as_str)
    }

    pub(crate) fn place(&self, row: &Row) -> Place {
        Place {
            file: self.file.clone(),
            line: row.line,
            column: None,
        }
    }
}

fn format(name: &str, source: &Source) -> Result<Format, ImportError> {
    let ending = Path::new(&source.file).extension();
    let has_ending = |format| ending.is_some_and(|ending| ending.eq_ignore_ascii_case(format));
    match source.format {
        Some(format) => Ok(format),
        None if has_ending("csv") => Ok(Format::Csv),
        None if has_ending("json") => Ok(Format::Json),
        None => Err(ImportError::mapping(format!(
            "source `{name}`: `{}` does not end in .csv or .json, so give its `format`",
            source.file
        ))),
    }
}

/// The text of a source's file without a byte-order mark; `None` where it is optional and not there.
fn read_text(directory: &Path, name: &str, source: &Source) -> Result<Option<String>, ImportError> {
    let file = &source.file;
    if !Path::new(file)
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return Err(ImportError::mapping(format!(
            "source `{name}`: `{file}` is not a path inside the directory of exports"
        )));
    }
    let path = directory.join(file);
    let mut bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound && source.optional => {
            return Ok(None);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ImportError::MissingFile {
                source_name: name.to_owned(),
                file: file.clone(),
            });
        }
        Err(error) => {
            return Err(ImportError::Unreadable {
                path: path.display().to_string(),
                error,
            });
        }
    };
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().iter().take(valid);
        let line = 1 + before.filter(|&&byte| byte == b'\n').count() as u64;
        ImportError::NotUtf8 {
            place: Place {
                line,
                ..Place::whole(file)
            },
        }
    })
}

type Contents = (BTreeMap<String, usize>, Vec<Row>);

fn read_csv(
    text: &str,
    source: &Source,
    wanted: &BTreeSet<String>,
) -> Result<Contents, ImportError> {
    let file = &source.file;
    let delimiter = u8::try_from(source.delimiter)
        .ok()
        .filter(u8::is_ascii)
        .ok_or_else(|| {
            ImportError::mapping(format!(
                "`{}` is no delimiter: it must be one ASCII character",
                source.delimiter
            ))
        })?;
    let place = |line| Place {
        line,
        ..Place::whole(file)
    };
    let malformed = |error: csv::Error| ImportError::MalformedCsv {
        place: place(error.position().map_or(0, csv::Position::line)),
        message: error.to_string(),
    };
    // Lengths are compared here and not by the reader, so that the error tells file and line like every other.
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(if source.trim {
            csv::Trim::Headers
        } else {
            csv::Trim::None
        })
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(malformed)?.clone();
    let picked = wanted_columns(&header, source, wanted)?;
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut last = (1, 0);
    while reader.read_record(&mut record).map_err(malformed)? {
        if let Some(position) = record.position() {
            last = (position.line(), position.byte());
        }
        let (line, _) = last;
        if record.len() != header.len() {
            return Err(ImportError::RaggedRow {
                cells: record.len(),
                columns: header.len(),
                place: place(line),
            });
        }
        let cells = picked
            .iter()
            .map(|&index| record.get(index).unwrap_or_default().to_owned());
        rows.push(Row {
            line,
            cells: cells.collect(),
        });
    }
    // The reader takes the end of the file for the end of a quotation: rows would be missing silently.
    let (line, start) = last;
    let tail = usize::try_from(start)
        .ok()
        .and_then(|start| text.get(start..));
    if tail.is_some_and(|tail| tail.matches('"').count() % 2 == 1) {
        return Err(ImportError::UnclosedQuote { place: place(line) });
    }
    let columns = picked
        .iter()
        .zip(0..)
        .filter_map(|(&index, cell)| Some((header.get(index)?.to_owned(), cell)))
        .collect();
    Ok((columns, rows))
}

/// Where the wanted columns are in the header.
fn wanted_columns(
    header: &csv::StringRecord,
    source: &Source,
    wanted: &BTreeSet<String>,
) -> Result<Vec<usize>, ImportError> {
    let mut picked = Vec::new();
    for column in wanted {
        let mut found = header
            .iter()
            .enumerate()
            .filter(|(_, name)| name == column)
            .map(|(index, _)| index);
        match (found.next(), found.next()) {
            (Some(index), None) => picked.push(index),
            (Some(_), Some(_)) => {
                return Err(ImportError::DuplicateColumn {
                    file: source.file.clone(),
                    column: column.clone(),
                });
            }
            (None, _) => check_optional(column, source, header.iter())?,
        }
    }
    Ok(picked)
}

fn check_optional<'a>(
    column: &str,
    source: &Source,
    present: impl Iterator<Item = &'a str>,
) -> Result<(), ImportError> {
    if source
        .optional_columns
        .iter()
        .any(|optional| optional == column)
    {
        return Ok(());
    }
    let present = present
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let present = if present.is_empty() {
        "none".to_owned()
    } else {
        present
    };
    Err(ImportError::MissingColumn {
        file: source.file.clone(),
        column: column.to_owned(),
        present,
    })
}

fn read_json(
    text: &str,
    source: &Source,
    wanted: &BTreeSet<String>,
) -> Result<Contents, ImportError> {
    let file = &source.file;
    let whole = || Place::whole(file);
    let malformed = |message: &str, place: Place| ImportError::MalformedJson {
        message: message.to_owned(),
        place,
    };
    let document: Json =
        serde_json::from_str(text).map_err(|error| malformed(&error.to_string(), whole()))?;
    let list = document
        .pointer(&source.rows)
        .and_then(Json::as_array)
        .ok_or_else(|| malformed(&format!("no list of rows at `{}`", source.rows), whole()))?;
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for (object, line) in list.iter().zip(1..) {
        let place = Place {
            file: file.clone(),
            line,
            column: None,
        };
        let members = object
            .as_object()
            .ok_or_else(|| malformed("a row is not an object", place.clone()))?;
        let mut cells = Vec::new();
        for column in wanted {
            let value = if column.starts_with('/') {
                object.pointer(column)
            } else {
                members.get(column)
            };
            if value.is_some() {
                seen.insert(column);
            }
            cells.push(match value {
                None | Some(Json::Null) => String::new(),
                Some(Json::String(text)) => text.clone(),
                Some(scalar @ (Json::Bool(_) | Json::Number(_))) => scalar.to_string(),
                Some(Json::Array(_) | Json::Object(_)) => {
                    return Err(malformed(
                        "a list or an object where a value is wanted",
                        place.column(column),
                    ));
                }
            });
        }
        rows.push(Row { line, cells });
    }
    // Members with nothing in them are often left out of an object, so a column is missing only if no row has it.
    for column in wanted
        .iter()
        .filter(|column| !rows.is_empty() && !seen.contains(column))
    {
        let present = list
            .iter()
            .filter_map(Json::as_object)
            .flat_map(|members| members.keys().map(String::as_str))
            .collect::<BTreeSet<_>>();
        check_optional(column, source, present.into_iter())?;
    }
    Ok((wanted.iter().cloned().zip(0..).collect(), rows))
}
