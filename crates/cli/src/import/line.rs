//! One row as a rule sees it: its own cells, those of the rows that it is joined with, and values made of them.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use sidelight_governance::Instant;
use sidelight_governance::org::FieldValue;

use super::error::{ImportError, Place, Twice};
use super::mapping::{Dated, Field, FieldKind, Mapping, Rule, Text};
use super::table::{Row, Table};
use super::template::Template;
use super::value::{expected_date, read_bool, read_day, read_instant};

/// For each join of the mapping, the rows of the joined source by their key.
pub(crate) struct Joins<'a>(HashMap<(&'a str, &'a str), HashMap<&'a str, &'a Row>>);

impl<'a> Joins<'a> {
    pub(crate) fn index(
        mapping: &'a Mapping,
        tables: &'a BTreeMap<String, Table>,
    ) -> Result<Self, ImportError> {
        let mut joins = HashMap::new();
        for join in mapping.rules().flat_map(|rule| rule.joins().values()) {
            let place = (join.source.as_str(), join.key.as_str());
            let Some(table) = tables
                .get(&join.source)
                .filter(|_| !joins.contains_key(&place))
            else {
                continue;
            };
            let mut rows: HashMap<&str, &Row> = HashMap::new();
            for row in &table.rows {
                let key = table.cell(row, &join.key);
                if key.trim().is_empty() {
                    continue;
                }
                if let Some(first) = rows.insert(key, row) {
                    return Err(ImportError::DuplicateKey {
                        key: key.to_owned(),
                        places: Box::new(Twice {
                            first: table.place(first).column(&join.key),
                            second: table.place(row),
                        }),
                    });
                }
            }
            joins.insert(place, rows);
        }
        Ok(Self(joins))
    }
}

/// One row as a rule sees it: its own cells, and those of the rows that it is joined with.
pub(crate) struct Line<'a> {
    /// `None` for a rule without a source.
    own: Option<(&'a Table, &'a Row)>,
    joined: Vec<(&'a str, Joined<'a>)>,
}

/// What a join came to.
pub(crate) enum Joined<'a> {
    /// The row that has the key.
    Row(&'a Table, &'a Row),
    /// The row has no key.
    Blank(&'a Table, &'a str),
    /// No row has the key.
    Missing(&'a Table, &'a str, String),
}

impl<'a> Line<'a> {
    /// The rows that a rule is applied to.
    pub(crate) fn all(
        rule: &'a dyn Rule,
        tables: &'a BTreeMap<String, Table>,
        joins: &Joins<'a>,
    ) -> Vec<Self> {
        let Some(source) = rule.from() else {
            return vec![Self {
                own: None,
                joined: Vec::new(),
            }];
        };
        let Some(table) = tables.get(source) else {
            return Vec::new();
        };
        let joined = |row| {
            rule.joins().iter().filter_map(move |(alias, join)| {
                let other = tables.get(&join.source)?;
                let rows = joins.0.get(&(join.source.as_str(), join.key.as_str()))?;
                let joined = match join.on.fill(|column| table.cell(row, column)) {
                    None => Joined::Blank(other, &join.key),
                    Some(key) => match rows.get(key.as_str()) {
                        Some(row) => Joined::Row(other, row),
                        None => Joined::Missing(other, &join.key, key),
                    },
                };
                Some((alias.as_str(), joined))
            })
        };
        let line = |row| Self {
            own: Some((table, row)),
            joined: joined(row).collect(),
        };
        table.rows.iter().map(line).collect()
    }

    /// What each join of the rule came to, by its alias.
    pub(crate) fn joined(&self) -> &[(&'a str, Joined<'a>)] {
        &self.joined
    }

    /// A column of the row, or, behind an alias and a point, of a joined one.
    pub(crate) fn cell(&self, column: &str) -> &'a str {
        let joined = column.split_once('.').and_then(|(alias, column)| {
            let (_, joined) = self.joined.iter().find(|(name, _)| *name == alias)?;
            Some((joined, column))
        });
        match (joined, self.own) {
            (Some((Joined::Row(table, row), column)), _) => table.cell(row, column),
            (Some(_), _) | (None, None) => "",
            (None, Some((table, row))) => table.cell(row, column),
        }
    }

    pub(crate) fn file(&self) -> &'a str {
        self.own.map_or(CONSTANTS, |(table, _)| &table.file)
    }

    pub(crate) fn place(&self) -> Place {
        self.own
            .map_or_else(|| Place::whole(CONSTANTS), |(table, row)| table.place(row))
    }

    /// The place of a value: of the first column that it is made of.
    pub(crate) fn place_of(&self, text: &Text) -> Place {
        let mut columns = text.alternatives.iter().flat_map(Template::columns);
        match columns.next() {
            Some(column) => self.place().column(column),
            None => self.place(),
        }
    }

    /// The value, translated by its map; `None` where it is blank.
    pub(crate) fn value(&self, text: &Text) -> Result<Option<String>, ImportError> {
        let mut filled = text.alternatives.iter();
        let Some(value) = filled.find_map(|template| template.fill(|column| self.cell(column)))
        else {
            return Ok(None);
        };
        let Some(map) = &text.map else {
            return Ok(Some(value));
        };
        match map.get(&value).or(text.otherwise.as_ref()) {
            Some(translation) => Ok(Some(translation.clone())),
            None => Err(ImportError::InvalidValue {
                value,
                expected: format!(
                    "in the mapping's `map`, which has {}",
                    quoted(map.keys().map(String::as_str))
                ),
                place: self.place_of(text),
            }),
        }
    }

    /// The value, or what the mapping has for a blank one.
    pub(crate) fn text(&self, text: &Text) -> Result<Option<String>, ImportError> {
        Ok(self.value(text)?.or_else(|| text.otherwise.clone()))
    }

    pub(crate) fn optional(&self, text: Option<&Text>) -> Result<Option<String>, ImportError> {
        text.map_or(Ok(None), |text| self.text(text))
    }

    /// The value as something else than text.
    fn read<T>(
        &self,
        text: &Text,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ImportError> {
        let Some(value) = self.text(text)? else {
            return Ok(None);
        };
        match read(&value) {
            Some(read) => Ok(Some(read)),
            None => Err(ImportError::InvalidValue {
                value,
                expected: expected.to_owned(),
                place: self.place_of(text),
            }),
        }
    }

    /// The value as one of the rules' words or forms.
    pub(crate) fn parsed<T: FromStr>(
        &self,
        text: Option<&Text>,
        expected: &str,
    ) -> Result<Option<T>, ImportError> {
        text.map_or(Ok(None), |text| {
            self.read(text, expected, |value| value.parse().ok())
        })
    }

    pub(crate) fn switch(&self, text: Option<&Text>) -> Result<Option<bool>, ImportError> {
        text.map_or(Ok(None), |text| self.read(text, SWITCH, read_bool))
    }

    pub(crate) fn day(&self, dated: &Dated) -> Result<Option<String>, ImportError> {
        let format = dated.format.as_deref();
        self.read(&dated.text, &expected_date(format), |value| {
            read_day(value, format)
        })
    }

    pub(crate) fn instant(&self, dated: &Dated) -> Result<Option<Instant>, ImportError> {
        let format = dated.format.as_deref();
        self.read(&dated.text, &expected_date(format), |value| {
            read_instant(value, format)
        })
    }

    pub(crate) fn field(&self, field: &Field) -> Result<Option<FieldValue>, ImportError> {
        let Field { text, format, .. } = field;
        let format = format.as_deref();
        match field.kind {
            FieldKind::Text => Ok(self.text(text)?.map(FieldValue::Text)),
            FieldKind::Number => self.read(text, "a number", |value| {
                let number: f64 = value.parse().ok()?;
                number.is_finite().then_some(FieldValue::Number(number))
            }),
            FieldKind::Bool => {
                self.read(text, SWITCH, |value| read_bool(value).map(FieldValue::Bool))
            }
            FieldKind::Date => self.read(text, &expected_date(format), |value| {
                read_day(value, format).map(FieldValue::Text)
            }),
        }
    }

    /// The error of a value that must not be blank.
    pub(crate) fn blank(&self, what: &'static str, text: &Text) -> ImportError {
        let templates = text.alternatives.iter().map(ToString::to_string);
        ImportError::BlankValue {
            what,
            templates: quoted(templates.collect::<Vec<_>>().iter().map(String::as_str)),
            place: self.place(),
        }
    }
}

const SWITCH: &str = "`true` or `false`; translate it with a `map`";

/// What a place says where a rule has no source.
const CONSTANTS: &str = "the mapping";

fn quoted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
