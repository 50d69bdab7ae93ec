//! The records' own fields: what the CRM knows beside who holds a record, to filter and sort by (§5.4).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::org::{FieldText, FieldValue};
use crate::table::{FieldIx, Full, Ids, Ix, Packed, Patches, RecordIx, TextIx};
use crate::view::Value;

/// The fields of the records of one type. Clones share them; what is set in one is not seen in the others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    base: Arc<PackedFields>,
    patched: Patches<BTreeMap<String, FieldValue>>,
}

/// The fields of all records of one type, as they were loaded: names and texts are stored once.
#[derive(Debug, Default)]
pub(crate) struct PackedFields {
    pub(crate) names: Ids<FieldIx>,
    pub(crate) texts: Ids<TextIx>,
    pub(crate) numbers: Vec<f64>,
    /// Each record's, ordered by name and without repetitions.
    pub(crate) rows: Packed<Field>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: FieldIx,
    pub(crate) value: Stored,
}

impl Field {
    fn has_text(&self, name: FieldIx, text: TextIx) -> bool {
        self.name == name && matches!(self.value, Stored::Text(own) if own == text)
    }
}

/// A value; a text and a number by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    Null,
    Bool(bool),
    Number(u32),
    Text(TextIx),
}

/// A field's name, looked up once for many records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldName<'n> {
    name: &'n str,
    /// `None` for one that no record had when it was loaded.
    known: Option<FieldIx>,
}

/// A field and the value that it is to have, looked up once for many records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldIs<'v> {
    field: FieldName<'v>,
    value: Value<'v>,
    stored: Sought,
}

/// How a field's value is found among what was loaded.
#[derive(Debug, Clone, Copy)]
enum Sought {
    /// A text that is stored once needs no comparing.
    Text(FieldIx, TextIx),
    /// No record had the field, or none had the text.
    Nowhere,
    ByValue,
}

impl PackedFields {
    /// Adds the fields of the next record. Of two with one name the later counts.
    pub(crate) fn push<'t>(
        &mut self,
        fields: impl Iterator<Item = (&'t str, Value<'t>)>,
    ) -> Result<(), Full> {
        for (name, value) in fields {
            let value = match value {
                Value::Bool(value) => Stored::Bool(value),
                Value::Text(text) => Stored::Text(self.texts.intern(text)?),
                Value::Number(number) => {
                    let place = u32::try_from(self.numbers.len()).map_err(|_| Full)?;
                    self.numbers.push(number);
                    Stored::Number(place)
                }
                // Fields are text, numbers, true, false or nothing.
                Value::Amount(_) | Value::Instant(_) | Value::Absent => Stored::Null,
            };
            let name = self.names.intern(name)?;
            self.rows.push(Field { name, value });
        }
        self.rows.end_list_ordered_by(|field| field.name);
        Ok(())
    }

    /// Gives back the room that was kept for more.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.numbers.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    fn value(&self, stored: Stored) -> Value<'_> {
        match stored {
            Stored::Null => Value::Absent,
            Stored::Bool(value) => Value::Bool(value),
            Stored::Number(place) => self
                .numbers
                .get(place as usize)
                .map_or(Value::Absent, |&number| Value::Number(number)),
            Stored::Text(text) => Value::Text(self.texts.text(text)),
        }
    }
}

impl<'t> From<&'t FieldText<'_>> for Value<'t> {
    fn from(value: &'t FieldText<'_>) -> Self {
        match value {
            FieldText::Null => Self::Absent,
            FieldText::Bool(value) => Self::Bool(*value),
            FieldText::Number(value) => Self::Number(*value),
            FieldText::Text(text) => Self::Text(text.as_ref()),
        }
    }
}

impl From<PackedFields> for Fields {
    fn from(packed: PackedFields) -> Self {
        Self {
            base: Arc::new(packed),
            patched: Patches::default(),
        }
    }
}

impl Fields {
    /// Looks a field's name up.
    pub(crate) fn named<'n>(&self, name: &'n str) -> FieldName<'n> {
        let known = self.base.names.get(name);
        FieldName { name, known }
    }

    /// Looks a value up that a field may have.
    pub(crate) fn is<'v>(&self, field: FieldName<'v>, value: Value<'v>) -> FieldIs<'v> {
        let stored = match value {
            Value::Text(text) => field
                .known
                .zip(self.base.texts.get(text))
                .map_or(Sought::Nowhere, |(name, text)| Sought::Text(name, text)),
            _ => Sought::ByValue,
        };
        FieldIs {
            field,
            value,
            stored,
        }
    }

    /// Keeps the records whose field has the value.
    pub(crate) fn keep_having(&self, records: &mut Vec<RecordIx>, wanted: &FieldIs<'_>) {
        match wanted.stored {
            // Most filters are this one, on many records: what is the same for all of them is asked once.
            Sought::Text(name, text) if self.patched.is_empty() => {
                let rows = &self.base.rows;
                let has = |field: &Field| field.has_text(name, text);
                records.retain(|record| rows.list(record.at()).iter().any(has));
            }
            _ => records.retain(|&record| self.has(record, wanted)),
        }
    }

    /// Whether a record's field has the value.
    pub(crate) fn has(&self, record: RecordIx, wanted: &FieldIs<'_>) -> bool {
        if !self.patched.is_empty() && self.patched.get(record.number()).is_some() {
            return self.get(record, wanted.field) == wanted.value;
        }
        match wanted.stored {
            Sought::Text(name, text) => {
                let mut fields = self.base.rows.list(record.at()).iter();
                fields.any(|field| field.has_text(name, text))
            }
            Sought::Nowhere => false,
            Sought::ByValue => self.get(record, wanted.field) == wanted.value,
        }
    }

    /// The value of a record's field.
    pub(crate) fn get(&self, record: RecordIx, field: FieldName<'_>) -> Value<'_> {
        if !self.patched.is_empty()
            && let Some(fields) = self.patched.get(record.number())
        {
            return fields.get(field.name).map_or(Value::Absent, Value::from);
        }
        let Some(name) = field.known else {
            return Value::Absent;
        };
        let mut fields = self.base.rows.list(record.at()).iter();
        fields
            .find(|field| field.name == name)
            .map_or(Value::Absent, |field| self.base.value(field.value))
    }

    /// All fields of a record.
    pub(crate) fn of(&self, record: RecordIx) -> Vec<(&str, Value<'_>)> {
        if let Some(fields) = self.patched.get(record.number()) {
            let fields = fields.iter();
            return fields
                .map(|(name, value)| (name.as_str(), Value::from(value)))
                .collect();
        }
        let fields = self.base.rows.list(record.at()).iter();
        fields
            .map(|field| {
                (
                    self.base.names.text(field.name),
                    self.base.value(field.value),
                )
            })
            .collect()
    }

    pub(crate) fn set(&mut self, record: RecordIx, fields: BTreeMap<String, FieldValue>) {
        self.patched.insert(record.number(), fields);
    }

    /// Packs the fields anew, once those that were set are more than a small part of all.
    pub(crate) fn settle(&mut self) {
        let Some(count) = self.patched.worth_packing(self.base.rows.len()) else {
            return;
        };
        let mut packed = PackedFields::default();
        let all: Result<Vec<()>, Full> = (0..count)
            .map(|record| packed.push(self.of(RecordIx::new(record)).into_iter()))
            .collect();
        // Where there is no room for all in one, what was set stays beside.
        if all.is_ok() {
            *self = packed.into();
        }
    }
}
