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
        if !Path::new(file)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(ImportError::mapping(format!(
                "source `{name}`: `{file}` is not a path inside the directory of exports"
            )));
        }
        let path = directory.join(file);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound && source.optional => {
                let columns = BTreeMap::new();
                return Ok(Self {
                    name: name.to_owned(),
                    file: file.clone(),
                    columns,
                    rows: Vec::new(),
                    left_out: 0,
                    missing: true,
                });
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
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(ImportError::NotUtf8 {
                place: Place::whole(file),
            });
        }
        let (columns, mut rows) = match source.format {
            Some(Format::Csv) => read_csv(bytes, source, wanted)?,
            Some(Format::Json) => read_json(bytes, source, wanted)?,
            None if has_ending(file, "csv") => read_csv(bytes, source, wanted)?,
            None if has_ending(file, "json") => read_json(bytes, source, wanted)?,
            None => {
                return Err(ImportError::mapping(format!(
                    "source `{name}`: `{file}` does not end in .csv or .json, so give its `format`"
                )));
            }
        };
        for cell in rows.iter_mut().flat_map(|row| &mut row.cells) {
            if source.trim && cell.trim().len() < cell.len() {
                *cell = cell.trim().to_owned();
            }
            if source.blank.contains(cell) {
                cell.clear();
            }
        }
        let mut table = Self {
            name: name.to_owned(),
            file: file.clone(),
            columns,
            rows,
            left_out: 0,
            missing: false,
        };
        if !all_rows {
            let before = table.rows.len();
            let rows = std::mem::take(&mut table.rows);
            table.rows = rows
                .into_iter()
                .filter(|row| {
                    source.only.iter().all(|(column, values)| {
                        values.iter().any(|value| value == table.cell(row, column))
                    })
                })
                .collect();
            table.left_out = before - table.rows.len();
        }
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

fn has_ending(file: &str, ending: &str) -> bool {
    Path::new(file)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
}

type Contents = (BTreeMap<String, usize>, Vec<Row>);

fn read_csv(
    bytes: &[u8],
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
    // Lengths are compared here and not by the reader, so that the error tells file and line like every other.
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let mut header: Option<Vec<String>> = None;
    let mut picked: Vec<usize> = Vec::new();
    let mut rows = Vec::new();
    let mut start = 0;
    loop {
        let line = reader.position().line();
        let place = |line| Place {
            file: file.clone(),
            line,
            column: None,
        };
        let more =
            reader
                .read_byte_record(&mut record)
                .map_err(|error| ImportError::MalformedCsv {
                    message: error.to_string(),
                    place: place(line),
                })?;
        if !more {
            break;
        }
        let line = record.position().map_or(line, csv::Position::line);
        start = record.position().map_or(start, |position| {
            usize::try_from(position.byte()).unwrap_or(start)
        });
        let text = |index: usize| {
            let bytes = record.get(index).unwrap_or_default();
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| {
                let column = header
                    .as_ref()
                    .and_then(|header| header.get(index).cloned());
                ImportError::NotUtf8 {
                    place: Place {
                        column,
                        ..place(line)
                    },
                }
            })
        };
        let Some(header) = &header else {
            let names = (0..record.len()).map(text).collect::<Result<Vec<_>, _>>()?;
            picked = wanted_columns(&names, source, wanted)?;
            header = Some(names);
            continue;
        };
        if record.len() != header.len() {
            return Err(ImportError::RaggedRow {
                cells: record.len(),
                columns: header.len(),
                place: place(line),
            });
        }
        // Every cell is read, so that a broken one is found even in a column that nobody wants.
        let cells = (0..record.len()).map(text).collect::<Result<Vec<_>, _>>()?;
        rows.push(Row {
            line,
            cells: picked
                .iter()
                .map(|&index| cells.get(index).cloned().unwrap_or_default())
                .collect(),
        });
    }
    let last = bytes.get(start..).unwrap_or_default();
    if last.iter().filter(|&&byte| byte == b'"').count() % 2 == 1 {
        let line = 1 + bytes
            .iter()
            .take(start)
            .filter(|&&byte| byte == b'\n')
            .count() as u64;
        return Err(ImportError::UnclosedQuote {
            place: Place {
                file: file.clone(),
                line,
                column: None,
            },
        });
    }
    let header = header.unwrap_or_default();
    if picked.is_empty() {
        // A file without even a header has none of the columns.
        picked = wanted_columns(&header, source, wanted)?;
    }
    let columns = picked
        .iter()
        .enumerate()
        .filter_map(|(cell, &index)| Some((header.get(index)?.clone(), cell)))
        .collect();
    Ok((columns, rows))
}

/// Where the wanted columns are in the header.
fn wanted_columns(
    header: &[String],
    source: &Source,
    wanted: &BTreeSet<String>,
) -> Result<Vec<usize>, ImportError> {
    let mut picked = Vec::new();
    for column in wanted {
        let mut found = header
            .iter()
            .enumerate()
            .filter(|(_, name)| *name == column)
            .map(|(index, _)| index);
        match (found.next(), found.next()) {
            (Some(index), None) => picked.push(index),
            (Some(_), Some(_)) => {
                return Err(ImportError::DuplicateColumn {
                    file: source.file.clone(),
                    column: column.clone(),
                });
            }
            (None, _) => check_optional(column, source, header.iter().map(String::as_str))?,
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
    bytes: &[u8],
    source: &Source,
    wanted: &BTreeSet<String>,
) -> Result<Contents, ImportError> {
    let file = &source.file;
    let whole = || Place::whole(file);
    let malformed = |message: &str, place: Place| ImportError::MalformedJson {
        message: message.to_owned(),
        place,
    };
    if std::str::from_utf8(bytes).is_err() {
        return Err(ImportError::NotUtf8 { place: whole() });
    }
    let document: Json =
        serde_json::from_slice(bytes).map_err(|error| malformed(&error.to_string(), whole()))?;
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
