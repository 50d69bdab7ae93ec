//! The bytes of a slice: what is in them, and how they are checked.
//!
//! ```text
//! 0xF5 's' 'l' 'i' 'c' 'e'   six bytes that begin no JSON and no UTF-8 text
//! version                    one byte
//! checksum                   XXH64 of what follows, eight bytes, little-endian
//! viewer                     text
//! document                   text: everything but the records, as an organisation's JSON
//! unnamed                    how many of the last users stand for somebody who is not shown
//! mentioned                  list of text: ids of users that are not in the document
//! field names                list of text
//! records of each type       the type, then a list of rows: see `row`
//! ```
//!
//! Numbers are LEB128; text and lists are preceded by their length; what may be absent is 0, or one more
//! than the number that is there. Users are numbered as in the document and then as in `mentioned`,
//! job roles as in the document, accounts as in the slice.
//!
//! The checksum finds what was cut off or altered on the way. It is no signature: that bytes come from
//! the server is the transport's to show.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;
use twox_hash::XxHash64;

use crate::compile::{Check, Columns, out_of_room};
use crate::error::{Code, LoadError, Pointer};
use crate::governance::{Assigned, Governance, RecordTables};
use crate::load::Limits;
use crate::org::Org;
use crate::reader::read;
use crate::record::RecordType;
use crate::slice::Slice;
use crate::table::{Chosen, Ix, JobRoleIx, Met, UserIx};
use crate::view::Value;

const MAGIC: [u8; 6] = *b"\xF5slice";
const VERSION: u8 = 1;
const CHECKSUM: usize = 8;

/// The bytes of a record with an id of one byte and nothing else.
const LEAST_ROW: usize = 8;
/// The bytes of an assigned user.
const LEAST_ASSIGNED: usize = 2;
/// The bytes of a field that is null, true or false.
const LEAST_FIELD: usize = 2;
/// A field of two bytes takes dozens in memory: more than so many are more than a module can hold.
const MOST_FIELDS: usize = 1 << 24;

/// Everything in a slice.
pub(super) struct Contents<'a> {
    pub(super) viewer: &'a str,
    /// Everything but the records.
    pub(super) org: Org<()>,
    pub(super) unnamed: usize,
    pub(super) mentioned: Vec<&'a str>,
    pub(super) records: Vec<(RecordType, Vec<Row<'a>>)>,
}

/// A record. Users, job roles and accounts by their numbers in the slice.
pub(super) struct Row<'a> {
    pub(super) id: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) owner: Option<usize>,
    pub(super) assigned: Vec<(usize, Option<usize>)>,
    pub(super) account: Option<usize>,
    /// How many of its people are not in the slice.
    pub(super) withheld: usize,
    pub(super) fields: Vec<(&'a str, Value<'a>)>,
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut number: usize) {
        while number > 0x7F {
            self.0.push((number & 0x7F) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn optional(&mut self, number: Option<usize>) {
        self.number(number.map_or(0, |number| number + 1));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend(text.as_bytes());
    }

    fn texts<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t str>) {
        self.number(texts.len());
        texts.for_each(|text| self.text(text));
    }

    fn row(&mut self, row: &Row<'_>, field_names: &BTreeMap<&str, usize>) {
        self.text(row.id);
        self.optional(row.name.map(str::len));
        self.0.extend(row.name.unwrap_or_default().as_bytes());
        self.optional(row.owner);
        self.number(row.assigned.len());
        for &(user, job_role) in &row.assigned {
            self.number(user);
            self.optional(job_role);
        }
        self.optional(row.account);
        self.number(row.withheld);
        self.number(row.fields.len());
        for (name, value) in &row.fields {
            self.number(field_names.get(name).copied().unwrap_or_default());
            match value {
                Value::Bool(false) => self.0.push(1),
                Value::Bool(true) => self.0.push(2),
                Value::Number(number) => {
                    self.0.push(3);
                    self.0.extend(number.to_le_bytes());
                }
                Value::Text(text) => {
                    self.0.push(4);
                    self.text(text);
                }
                // Fields are text, numbers, true, false or nothing.
                Value::Amount(_) | Value::Instant(_) | Value::Absent => self.0.push(0),
            }
        }
    }
}

impl Contents<'_> {
    /// The slice's bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let rows = self.records.iter().flat_map(|(_, rows)| rows);
        let mut names = Vec::new();
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        for &(name, _) in rows.flat_map(|row| &row.fields) {
            numbers.entry(name).or_insert_with(|| {
                names.push(name);
                names.len() - 1
            });
        }
        let mut body = Writer(Vec::new());
        body.text(self.viewer);
        // Writing plain data to memory does not fail.
        body.text(&serde_json::to_string(&self.org).unwrap_or_default());
        body.number(self.unnamed);
        body.texts(self.mentioned.iter().copied());
        body.texts(names.iter().copied());
        for (kind, rows) in &self.records {
            body.text(kind.as_str());
            body.number(rows.len());
            rows.iter().for_each(|row| body.row(row, &numbers));
        }
        let mut bytes = Vec::with_capacity(MAGIC.len() + 1 + CHECKSUM + body.0.len());
        bytes.extend(MAGIC);
        bytes.push(VERSION);
        bytes.extend(XxHash64::oneshot(0, &body.0).to_le_bytes());
        bytes.extend(body.0);
        bytes
    }
}

/// Whether bytes are meant to be a slice: no JSON begins as one does.
pub(crate) fn is_slice(bytes: &[u8]) -> bool {
    bytes.first() == MAGIC.first()
}

/// Loads a slice.
pub(crate) fn load(bytes: &[u8], limits: &Limits) -> Result<Governance, LoadError> {
    let rest = bytes.strip_prefix(&MAGIC).and_then(<[u8]>::split_first);
    let (&version, rest) = sound(rest)?;
    if version != VERSION {
        let message = format!("a slice of version {version}, version {VERSION} is read");
        return Err(LoadError::new(
            Code::UnknownFormat,
            Pointer::root(),
            message,
        ));
    }
    let (checksum, body) = sound(rest.split_first_chunk::<CHECKSUM>())?;
    if XxHash64::oneshot(0, body) != u64::from_le_bytes(*checksum) {
        return Err(damaged());
    }
    let reader = Reader {
        rest: body,
        fields: 0,
    };
    reader.governance(limits)
}

fn damaged() -> LoadError {
    let message = "the slice is cut off or was altered";
    LoadError::new(Code::DamagedSlice, Pointer::root(), message)
}

fn sound<T>(part: Option<T>) -> Result<T, LoadError> {
    part.ok_or_else(damaged)
}

/// What is still to be read. Nothing in it is believed: each number is checked where it is used.
struct Reader<'a> {
    rest: &'a [u8],
    /// How many fields were read.
    fields: usize,
}

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<usize> {
        let mut number = 0_u64;
        // Numbers of five bytes are longer than any length or place.
        for shift in [0, 7, 14, 21, 28] {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return usize::try_from(number).ok();
            }
        }
        None
    }

    /// An absent number, or one that is below `count`.
    fn optional(&mut self, count: usize) -> Option<Option<usize>> {
        match self.number()?.checked_sub(1) {
            Some(number) if number >= count => None,
            number => Some(number),
        }
    }

    /// The length of a list, of which each item takes so many bytes or more: what cannot be there gets no memory.
    fn length(&mut self, least: usize) -> Option<usize> {
        let length = self.number()?;
        (length <= self.rest.len() / least).then_some(length)
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    fn text_of(&mut self, length: usize) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        self.text_of(length)
    }

    fn texts(&mut self) -> Option<Vec<&'a str>> {
        let length = self.length(1)?;
        (0..length).map(|_| self.text()).collect()
    }

    fn governance(mut self, limits: &Limits) -> Result<Governance, LoadError> {
        let viewer = sound(self.text())?.to_owned();
        let document = sound(self.text())?;
        let (org, _) = read::<Org<Option<&RawValue>>>(document).map_err(|_| damaged())?;
        let (people, job_roles) = (org.users.len(), org.job_roles.as_ref().map_or(0, Vec::len));
        let (org, records) = org.split_records();
        if records.is_some() {
            return Err(damaged());
        }
        let mut governance = Governance::compile(org, limits, |_| Ok(Vec::new()))?;
        let unnamed = sound(self.number().and_then(|count| people.checked_sub(count)))?;
        let mut slice = Slice {
            viewer,
            unnamed: (unnamed..people).filter_map(ix).collect(),
            withheld: BTreeMap::new(),
        };
        let check = Check { limits };
        let users = governance.users.table_mut();
        let mut numbers: Vec<UserIx> = (0..people).filter_map(ix).collect();
        let mut numbered: Chosen<UserIx> = numbers.iter().copied().collect();
        for id in sound(self.texts())? {
            let user = check.refer(&mut users.ids, Pointer::root, id)?;
            if !numbered.insert(user) {
                return Err(damaged());
            }
            numbers.push(user);
        }
        let names = sound(self.texts())?;
        let mut total = 0;
        while !self.rest.is_empty() {
            let kind = sound(self.text().and_then(RecordType::from_word))?;
            let count = sound(self.length(LEAST_ROW))?;
            total += count;
            if total > limits.records || governance.records.of(kind).len() > 0 {
                return Err(damaged());
            }
            let accounts = governance.records.of(RecordType::Account).len();
            let known = Known {
                users: &numbers,
                job_roles,
                // An account may be the account of another one.
                accounts: if kind == RecordType::Account {
                    count
                } else {
                    accounts
                },
                field_names: &names,
            };
            self.records(
                kind,
                count,
                &known,
                &check,
                &mut governance.records,
                &mut slice,
            )?;
        }
        governance
            .records
            .index(governance.settings, &governance.users);
        governance.slice = Some(Arc::new(slice));
        Ok(governance)
    }

    fn records(
        &mut self,
        kind: RecordType,
        count: usize,
        known: &Known<'_, 'a>,
        check: &Check<'_>,
        tables: &mut RecordTables,
        slice: &mut Slice,
    ) -> Result<(), LoadError> {
        let mut columns = Columns::with_capacity(count);
        let mut row = Read::default();
        for _ in 0..count {
            sound(self.row(known, &mut row, &mut columns))?;
            let path = &Pointer::root;
            let record = check.define(&mut columns.ids, path, "records of one type", row.id)?;
            if let Some(name) = row.name {
                check.text(&path(), name)?;
            }
            let room = columns.names.push(row.name);
            self.fields += row.fields.len();
            if self.fields > MOST_FIELDS {
                let message = format!("more than {MOST_FIELDS} fields");
                return Err(LoadError::new(Code::TooManyItems, path(), message));
            }
            room.and_then(|()| columns.fields.push(row.fields.drain(..)))
                .map_err(|full| out_of_room(full, path()))?;
            if row.withheld > 0 {
                slice.withheld.insert((kind, record), row.withheld);
            }
        }
        *tables.of_mut(kind) = columns.into();
        Ok(())
    }

    /// Reads the next row: people and account into the columns, the rest into `row`.
    fn row(
        &mut self,
        known: &Known<'_, 'a>,
        row: &mut Read<'a>,
        columns: &mut Columns,
    ) -> Option<()> {
        row.id = self.text()?;
        row.name = match self.number()?.checked_sub(1) {
            Some(length) => Some(self.text_of(length)?),
            None => None,
        };
        let owner = self.optional(known.users.len())?;
        columns
            .owners
            .push(owner.and_then(|owner| known.users.get(owner).copied()));
        row.met.clear();
        for _ in 0..self.length(LEAST_ASSIGNED)? {
            let user = *known.users.get(self.number()?)?;
            if !row.met.insert(user) {
                return None;
            }
            let job_role = self.optional(known.job_roles)?;
            columns.assigned.push(Assigned {
                user,
                job_role: job_role.and_then(ix::<JobRoleIx>),
            });
        }
        columns.assigned.end_list();
        if let Some(account) = self.optional(known.accounts)?.and_then(ix) {
            columns.set_account(columns.owners.len() - 1, account);
        }
        row.withheld = self.number()?;
        row.fields.clear();
        for _ in 0..self.length(LEAST_FIELD)? {
            let name = known.field_names.get(self.number()?)?;
            row.fields.push((name, self.value()?));
        }
        Some(())
    }

    fn value(&mut self) -> Option<Value<'a>> {
        Some(match self.bytes(1)? {
            [0] => Value::Absent,
            [1] => Value::Bool(false),
            [2] => Value::Bool(true),
            [3] => {
                let number = f64::from_le_bytes(self.bytes(8)?.try_into().ok()?);
                Value::Number(Some(number).filter(|number| number.is_finite())?)
            }
            [4] => Value::Text(self.text()?),
            _ => return None,
        })
    }
}

/// What the rows of a type may refer to.
struct Known<'k, 'a> {
    users: &'k [UserIx],
    job_roles: usize,
    accounts: usize,
    field_names: &'k [&'a str],
}

/// What was read of a row.
#[derive(Default)]
struct Read<'a> {
    id: &'a str,
    name: Option<&'a str>,
    withheld: usize,
    fields: Vec<(&'a str, Value<'a>)>,
    /// To tell repetitions among the assigned users.
    met: Met<UserIx>,
}

fn ix<I: Ix>(number: usize) -> Option<I> {
    u32::try_from(number).ok().map(I::new)
}
