//! The records' own fields: what the CRM knows beside who holds a record, to filter and sort by (§5.4).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::org::{FieldText, FieldValue};
use crate::packed::Numbers;
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
    /// The fields that most records have: those with the first names, once all records are there.
    pub(crate) columns: Vec<FieldValues>,
    /// Each record's other fields, ordered by name and without repetitions.
    pub(crate) rows: Packed<Field>,
    /// The numbers in `rows`.
    pub(crate) numbers: Vec<f64>,
}

/// One field of all records; those after the last that has it take no room.
#[derive(Debug)]
pub(crate) enum FieldValues {
    /// Numbers, as the bits of their floats; no number has those of [`NO_FLOAT`] and [`NULL_FLOAT`].
    Floats(Vec<u64>),
    /// Everything else, as codes.
    Codes(Numbers),
}

/// A record without the field.
pub(crate) const NO_FLOAT: u64 = u64::MAX;
/// A field that is null.
pub(crate) const NULL_FLOAT: u64 = u64::MAX - 1;

/// The codes of what is no number.
pub(crate) mod code {
    use crate::table::{Ix, TextIx};

    /// A record without the field.
    pub(crate) const NONE: u32 = 0;
    pub(crate) const NULL: u32 = 1;
    pub(crate) const FALSE: u32 = 2;
    pub(crate) const TRUE: u32 = 3;
    /// The first text; the others follow.
    pub(crate) const TEXT: u32 = 4;

    pub(crate) fn of_text(text: TextIx) -> u32 {
        TEXT + text.number()
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: FieldIx,
    pub(crate) value: Stored,
}

impl FieldValues {
    /// Gives a record its field, which is of the column's kind. Those before it have theirs, if they have one.
    fn push(&mut self, record: usize, value: Stored, number: Option<f64>) {
        match self {
            Self::Floats(floats) => {
                floats.resize(record, NO_FLOAT);
                floats.push(number.map_or(NULL_FLOAT, f64::to_bits));
            }
            Self::Codes(codes) => codes.set(record, value.code().unwrap_or(code::NULL)),
        }
    }

    fn shrink_to_fit(&mut self) {
        match self {
            Self::Floats(floats) => floats.shrink_to_fit(),
            Self::Codes(codes) => codes.shrink_to_fit(),
        }
    }
}

/// Whether so many of all records are most of them, for which a column is worth its room.
pub(crate) fn is_usual(having: usize, all: usize) -> bool {
    having * 2 >= all
}

/// A value; a text and a number by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    Null,
    Bool(bool),
    Number(u32),
    Text(TextIx),
}

impl Stored {
    /// What the code of something that is no number stands for; `None` for nothing.
    pub(crate) fn from_code(code: u32) -> Option<Self> {
        match code {
            code::NONE => None,
            code::NULL => Some(Self::Null),
            code::FALSE => Some(Self::Bool(false)),
            code::TRUE => Some(Self::Bool(true)),
            text => Some(Self::Text(TextIx::new(text - code::TEXT))),
        }
    }

    /// The code, but of a number.
    pub(crate) fn code(self) -> Option<u32> {
        match self {
            Self::Null => Some(code::NULL),
            Self::Bool(false) => Some(code::FALSE),
            Self::Bool(true) => Some(code::TRUE),
            Self::Text(text) => Some(code::of_text(text)),
            Self::Number(_) => None,
        }
    }
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
        mut fields: impl Iterator<Item = (&'t str, Value<'t>)>,
    ) -> Result<(), Full> {
        let pushed = fields.try_for_each(|(name, value)| {
            let value = match value {
                Value::Bool(value) => Stored::Bool(value),
                Value::Text(text) => Stored::Text(self.texts.intern(text)?),
                Value::Number(number) => self.stored_number(number)?,
                // Fields are text, numbers, true, false or nothing.
                Value::Amount(_) | Value::Instant(_) | Value::Absent => Stored::Null,
            };
            let name = self.names.intern(name)?;
            self.rows.push(Field { name, value });
            Ok(())
        });
        // Whatever there was room for is this record's, and no other's.
        self.rows.end_list_ordered_by(|field| field.name);
        pushed
    }

    /// Makes columns of the fields that most records have, and gives back the room that was kept for more.
    pub(crate) fn finish(&mut self) {
        // There is room for all in columns where there was in rows.
        if self.columns.is_empty()
            && let Ok(mut in_columns) = self.in_columns()
        {
            std::mem::swap(&mut self.texts, &mut in_columns.texts);
            *self = in_columns;
        }
        self.columns.iter_mut().for_each(FieldValues::shrink_to_fit);
        self.numbers.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    /// The same, but for the texts, with columns.
    fn in_columns(&self) -> Result<Self, Full> {
        let mut to = Self::default();
        let kinds = self.columns_wanted();
        let mut renamed = vec![FieldIx::new(0); kinds.len()];
        for wanted in [true, false] {
            for ((name, kind), renamed) in self.names.iter().zip(&kinds).zip(&mut renamed) {
                if kind.is_some() == wanted {
                    *renamed = to.names.intern(self.names.text(name))?;
                }
            }
        }
        to.columns = kinds.into_iter().flatten().collect();
        for record in 0..self.rows.len() {
            for &Field { name, mut value } in self.rows.list(record) {
                let number = match value {
                    Stored::Number(place) => self.numbers.get(place as usize).copied(),
                    _ => None,
                };
                let name = renamed.get(name.at()).copied().unwrap_or(name);
                if let Some(column) = to.columns.get_mut(name.at()) {
                    column.push(record, value, number);
                    continue;
                }
                if let Some(number) = number {
                    value = to.stored_number(number)?;
                }
                to.rows.push(Field { name, value });
            }
            to.rows.end_list();
        }
        Ok(to)
    }

    /// For each name an empty column, if at least half of the records have the field, and all of them a number or none.
    fn columns_wanted(&self) -> Vec<Option<FieldValues>> {
        let mut counts = vec![[0_usize; 3]; self.names.len()];
        for record in 0..self.rows.len() {
            for field in self.rows.list(record) {
                if let Some([nulls, numbers, others]) = counts.get_mut(field.name.at()) {
                    *match field.value {
                        Stored::Null => nulls,
                        Stored::Number(_) => numbers,
                        Stored::Bool(_) | Stored::Text(_) => others,
                    } += 1;
                }
            }
        }
        let columns = counts
            .into_iter()
            .map(|[nulls, numbers, others]| match (numbers, others) {
                _ if !is_usual(nulls + numbers + others, self.rows.len()) => None,
                (0, _) => Some(FieldValues::Codes(Numbers::default())),
                (_, 0) => Some(FieldValues::Floats(Vec::new())),
                _ => None,
            });
        columns.collect()
    }

    fn stored_number(&mut self, number: f64) -> Result<Stored, Full> {
        let place = u32::try_from(self.numbers.len()).map_err(|_| Full)?;
        self.numbers.push(number);
        Ok(Stored::Number(place))
    }

    /// The value of a record's field; `None` for a record without it.
    #[inline]
    fn get(&self, record: RecordIx, name: FieldIx) -> Option<Value<'_>> {
        let stored = match self.columns.get(name.at()) {
            Some(FieldValues::Floats(floats)) => {
                return match *floats.get(record.at())? {
                    NO_FLOAT => None,
                    NULL_FLOAT => Some(Value::Absent),
                    bits => Some(Value::Number(f64::from_bits(bits))),
                };
            }
            Some(FieldValues::Codes(codes)) => Stored::from_code(codes.get(record.at())?)?,
            None => self.in_row(record, name)?,
        };
        Some(self.value(stored))
    }

    /// Whether a record's field is this text.
    fn has_text(&self, record: RecordIx, name: FieldIx, text: TextIx) -> bool {
        match self.columns.get(name.at()) {
            Some(FieldValues::Floats(_)) => false,
            Some(FieldValues::Codes(codes)) => codes.get(record.at()) == Some(code::of_text(text)),
            None => self.in_row(record, name) == Some(Stored::Text(text)),
        }
    }

    fn keep_having_text(&self, records: &mut Vec<RecordIx>, name: FieldIx, text: TextIx) {
        match self.columns.get(name.at()) {
            Some(FieldValues::Codes(codes)) => codes.keep_places_of(code::of_text(text), records),
            _ => records.retain(|&record| self.has_text(record, name, text)),
        }
    }

    fn in_row(&self, record: RecordIx, name: FieldIx) -> Option<Stored> {
        let mut fields = self.rows.list(record.at()).iter();
        fields
            .find(|field| field.name == name)
            .map(|field| field.value)
    }

    /// All fields of a record.
    fn of(&self, record: RecordIx) -> impl Iterator<Item = (&str, Value<'_>)> {
        let in_columns = self.names.iter().take(self.columns.len());
        let in_columns = in_columns
            .filter_map(move |name| Some((self.names.text(name), self.get(record, name)?)));
        let in_row = self.rows.list(record.at()).iter().map(|field| {
            let value = self.value(field.value);
            (self.names.text(field.name), value)
        });
        in_columns.chain(in_row)
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
                self.base.keep_having_text(records, name, text);
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
            Sought::Text(name, text) => self.base.has_text(record, name, text),
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
        let known = field.known.and_then(|name| self.base.get(record, name));
        known.unwrap_or(Value::Absent)
    }

    /// All fields of a record.
    pub(crate) fn of(&self, record: RecordIx) -> Vec<(&str, Value<'_>)> {
        if let Some(fields) = self.patched.get(record.number()) {
            let fields = fields.iter();
            return fields
                .map(|(name, value)| (name.as_str(), Value::from(value)))
                .collect();
        }
        self.base.of(record).collect()
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
            packed.finish();
            *self = packed.into();
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const RECORDS: u32 = 40;

    /// The fields of a record: some that most have, some that few have, and one that is of every kind.
    fn given(record: u32) -> Vec<(&'static str, Value<'static>)> {
        if record == 11 {
            // Of two with one name the later counts.
            return [true, false].map(|flag| ("flag", Value::Bool(flag))).into();
        }
        let number = f64::from(record);
        let mixed = match record % 3 {
            0 => Value::Number(number),
            1 => Value::Text("some"),
            _ => Value::Bool(true),
        };
        let mut fields = vec![("mixed", mixed)];
        if record % 10 == 3 {
            fields.extend([
                ("rare", Value::Number(-number)),
                ("odd", Value::Text("odd")),
            ]);
        }
        if record < 30 {
            let stage = ["new", "won"].get(record as usize % 2).copied();
            fields.push(("stage", stage.map_or(Value::Absent, Value::Text)));
            fields.push(("flag", Value::Bool(record.is_multiple_of(2))));
        }
        let is_null = record.is_multiple_of(4);
        let amount = Value::Number(number / 4.0);
        fields.push(("amount", if is_null { Value::Absent } else { amount }));
        // There was one of that name before others.
        fields.extend((record == 7).then_some(("stage", Value::Absent)));
        fields
    }

    fn packed() -> PackedFields {
        let mut packed = PackedFields::default();
        for record in 0..RECORDS {
            packed.push(given(record).into_iter()).unwrap();
        }
        packed
    }

    fn told<'f>(fields: &'f PackedFields, record: RecordIx) -> BTreeMap<&'f str, Value<'f>> {
        let mut told = BTreeMap::new();
        for (name, value) in fields.of(record) {
            assert_eq!(told.insert(name, value), None, "{name} twice");
        }
        told
    }

    #[test]
    fn a_record_has_the_same_fields_in_columns_and_in_rows() {
        let (rows, mut finished) = (packed(), packed());
        finished.finish();
        let in_columns = finished.names.iter().take(finished.columns.len());
        let in_columns: Vec<_> = in_columns.map(|name| finished.names.text(name)).collect();
        assert_eq!(in_columns, ["stage", "flag", "amount"]);
        assert_eq!(finished.names.len(), rows.names.len());
        // The fourteen of `mixed` and the four of `rare`.
        assert_eq!(finished.numbers.len(), 18);
        for record in (0..=RECORDS).map(RecordIx::new) {
            let given = match record.number() {
                RECORDS => BTreeMap::new(),
                record => given(record).into_iter().collect(),
            };
            assert_eq!(told(&rows, record), given);
            assert_eq!(told(&finished, record), given);
        }
    }

    #[test]
    fn a_field_is_found_by_its_text_wherever_it_is_kept() {
        let (rows, mut finished) = (packed(), packed());
        finished.finish();
        let all: Vec<_> = (0..=RECORDS).map(RecordIx::new).collect();
        for fields in [rows, finished].map(Fields::from) {
            for name in ["stage", "amount", "mixed", "odd", "none"] {
                for text in ["new", "won", "some", "odd", "none"] {
                    let wanted = fields.is(fields.named(name), Value::Text(text));
                    let mut kept = all.clone();
                    fields.keep_having(&mut kept, &wanted);
                    let having = all.iter().copied().filter(|record| {
                        let last = given(record.number())
                            .into_iter()
                            .rfind(|(own, _)| *own == name);
                        record.number() < RECORDS && last == Some((name, Value::Text(text)))
                    });
                    let having: Vec<_> = having.collect();
                    assert_eq!(kept, having, "{name} is {text}");
                    let has = |record: &RecordIx| fields.has(*record, &wanted);
                    assert!(having.iter().all(has));
                    assert_eq!(
                        all.iter().copied().filter(|one| has(one)).count(),
                        having.len()
                    );
                }
            }
        }
    }

    #[test]
    fn many_fields_that_are_set_are_packed_with_the_others() {
        let mut packed = packed();
        packed.finish();
        let mut fields = Fields::from(packed);
        let value = |number: u32| FieldValue::Number(number.into());
        for record in 30..3_000 {
            let set = [
                ("amount".to_owned(), value(record)),
                ("new".to_owned(), FieldValue::Null),
            ];
            fields.set(RecordIx::new(record), set.into());
        }
        fields.settle();
        assert!(fields.patched.is_empty());
        for record in 0..30 {
            let given: BTreeMap<_, _> = given(record).into_iter().collect();
            assert_eq!(told(&fields.base, RecordIx::new(record)), given);
        }
        for record in 30..3_000 {
            let set = [
                ("amount", Value::Number(record.into())),
                ("new", Value::Absent),
            ];
            assert_eq!(told(&fields.base, RecordIx::new(record)), set.into());
        }
        assert_eq!(fields.base.columns.len(), 2);
    }
}
