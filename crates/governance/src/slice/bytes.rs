//! The bytes of a slice: what is in them, and how they are checked.
//!
//! ```text
//! 0xF5 's' 'l' 'i' 'c' 'e'   six bytes that begin no JSON and no UTF-8 text
//! version                    one byte
//! checksum                   XXH64 of what follows, eight bytes, little-endian
//! viewer                     text
//! changed                    1 where it was taken from a slice that had been changed, else 0
//! document                   text: everything that has no columns below, as an organisation's JSON
//! roles                      ids; their names and parents
//! users                      how many people, and how many of these, the last ones, stand for somebody who is not
//!                            shown; ids, those of the people first and then those that are only mentioned; the
//!                            people's names, profiles, roles, job roles and statuses
//! records of each type       the type as text; ids; names, owners, assigned users, accounts, how many people are
//!                            withheld, fields
//! ```
//!
//! Everything of one kind stands together, in columns, as it does in memory: what takes the time of a load is each
//! thing that is looked at by itself. Whoever has more than a row of these columns (the viewer, mostly) is in the
//! document as well, and is what that says.
//!
//! A column has one number for each row. Its first byte tells how many bytes each number takes, little-endian: 1, 2 or
//! 4, or 0 where all of them are zero. Texts are a column of lengths, and the texts end to end. Ids are their number and
//! texts, none of them twice. Things are numbered from zero in the order of their ids, profiles and job roles in that of
//! the document; what may be absent is 0, or one more than its number or length. Lists (of assigned users, of fields)
//! are a column of lengths, and columns for what is in them, end to end: users and job roles; names and values of
//! fields, the names of each record in ascending order, none of them twice. Counts, and the lengths of single texts, are
//! LEB128.
//!
//! The fields of a type begin with the names and texts in them, as ids. The first names, so many, are of fields that
//! most records have: each of these has a column with an entry for every record, after a byte that tells its kind. The
//! entries are numbers (0), as the bits of little-endian floats, all of them ones for no field and one less for null; or
//! codes (1): no field is 0, null 1, false 2, true 3, a text 4 more than its number. What other fields the records have
//! are lists, in which 0 is the next of the numbers that come before them, as little-endian floats.
//!
//! The checksum finds what was cut off or altered on the way. It is no signature: that bytes come from
//! the server is the transport's to show.

use std::ops::Range;
use std::sync::Arc;

use serde_json::value::RawValue;
use twox_hash::XxHash64;

use crate::assigned::PackedAssigned;
use crate::compile::{Check, Columns, out_of_room};
use crate::error::{Code, LoadError, Pointer};
use crate::field::{
    Field, FieldValues, NO_FLOAT, NULL_FLOAT, PackedFields, Stored, code, is_usual,
};
use crate::governance::{Governance, Person, RoleRow, Roles, Users};
use crate::load::Limits;
use crate::org::{Org, Role, Status, User};
use crate::packed::{Ends, Numbers, PackedReferences};
use crate::reader::read;
use crate::record::RecordType;
use crate::slice::Slice;
use crate::table::{
    FieldIx, Full, Ids, Ix, JobRoleIx, Packed, PackedTexts, ProfileIx, RecordIx, RoleIx, Table,
    TextIx, UserIx,
};
use crate::view::Value;

const MAGIC: [u8; 6] = *b"\xF5slice";
const VERSION: u8 = 3;
const CHECKSUM: usize = 8;

/// A field of two bytes takes more in memory: more than so many are more than a module can hold.
const MOST_FIELDS: usize = 1 << 24;

/// The kinds of columns of fields.
const FLOATS: u8 = 0;
const CODES: u8 = 1;

/// In a list of fields, what follows the numbers before it.
const NEXT_NUMBER: u32 = 0;

/// Everything in a slice.
pub(super) struct Contents<'a> {
    pub(super) viewer: &'a str,
    pub(super) of_changed: bool,
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

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend(text.as_bytes());
    }

    /// A column that takes no bytes where all its numbers are zero.
    fn column(&mut self, numbers: &mut dyn Iterator<Item = usize>) {
        self.column_within(0, &numbers.collect::<Vec<_>>());
    }

    /// A column that takes bytes for each number.
    fn full_column(&mut self, numbers: &mut dyn Iterator<Item = usize>) {
        self.column_within(1, &numbers.collect::<Vec<_>>());
    }

    fn column_within(&mut self, least: u8, numbers: &[usize]) {
        let width = match numbers.iter().max() {
            None | Some(0) => least,
            Some(..=0xFF) => 1,
            Some(..=0xFFFF) => 2,
            Some(_) => 4,
        };
        self.0.push(width);
        match width {
            0 => {}
            1 => self.0.extend(numbers.iter().map(|&number| number as u8)),
            2 => {
                let pairs = numbers.iter().map(|&number| (number as u16).to_le_bytes());
                pairs.for_each(|pair| self.0.extend(pair));
            }
            _ => {
                let fours = numbers.iter().map(|&number| (number as u32).to_le_bytes());
                fours.for_each(|four| self.0.extend(four));
            }
        }
    }

    fn references(&mut self, numbers: &mut dyn Iterator<Item = Option<usize>>) {
        self.column(&mut numbers.map(|number| number.map_or(0, |number| number + 1)));
    }

    fn texts<'t>(&mut self, texts: impl Iterator<Item = &'t str> + Clone) {
        self.full_column(&mut texts.clone().map(str::len));
        texts.for_each(|text| self.0.extend(text.as_bytes()));
    }

    fn ids<'t>(&mut self, ids: impl Iterator<Item = &'t str> + Clone) {
        self.number(ids.clone().count());
        self.texts(ids);
    }

    fn roles(&mut self, roles: &[Role]) {
        let ids = roles.iter().map(|role| role.id.as_str());
        let places: Ids<RoleIx> = numbered(ids.clone());
        self.ids(ids);
        self.texts(roles.iter().map(|role| role.name.as_str()));
        self.references(
            &mut roles
                .iter()
                .map(|role| number_of(&places, role.parent.as_ref())),
        );
    }

    fn people(&mut self, people: &[User], roles: &[Role], contents: &Contents<'_>) {
        self.number(people.len());
        self.number(contents.unnamed);
        let ids = people.iter().map(|person| person.id.as_str());
        self.ids(ids.chain(contents.mentioned.iter().copied()));
        self.texts(people.iter().map(|person| person.name.as_str()));
        let org = &contents.org;
        let profiles: Ids<ProfileIx> =
            numbered(org.profiles.iter().map(|profile| profile.id.as_str()));
        let profile = |person: &User| number_of(&profiles, Some(&person.profile));
        self.full_column(&mut people.iter().map(|one| profile(one).unwrap_or_default()));
        let roles: Ids<RoleIx> = numbered(roles.iter().map(|role| role.id.as_str()));
        self.references(
            &mut people
                .iter()
                .map(|one| number_of(&roles, one.role.as_ref())),
        );
        let job_roles = org.job_roles.iter().flatten();
        let job_roles: Ids<JobRoleIx> = numbered(job_roles.map(|job_role| job_role.id.as_str()));
        let job_role = |person: &User| number_of(&job_roles, person.job_role.as_ref());
        self.references(&mut people.iter().map(job_role));
        self.column(&mut people.iter().map(|person| person.status as usize));
    }

    fn records(&mut self, rows: &[Row<'_>]) {
        self.ids(rows.iter().map(|row| row.id));
        let names = rows.iter().map(|row| row.name);
        self.references(&mut names.clone().map(|name| name.map(str::len)));
        names
            .flatten()
            .for_each(|name| self.0.extend(name.as_bytes()));
        self.references(&mut rows.iter().map(|row| row.owner));
        self.column(&mut rows.iter().map(|row| row.assigned.len()));
        let assigned = rows.iter().flat_map(|row| &row.assigned);
        self.full_column(&mut assigned.clone().map(|&(user, _)| user));
        self.references(&mut assigned.map(|&(_, job_role)| job_role));
        self.references(&mut rows.iter().map(|row| row.account));
        self.column(&mut rows.iter().map(|row| row.withheld));
        self.fields(rows);
    }

    fn fields(&mut self, rows: &[Row<'_>]) {
        let mut fields = PackedFields::default();
        for row in rows {
            // One organisation has had room for all of them.
            let _: Result<(), Full> = fields.push(row.fields.iter().copied());
        }
        fields.finish();
        let PackedFields {
            names,
            texts,
            columns,
            rows: others,
            numbers,
        } = &fields;
        self.ids(names.iter().map(|name| names.text(name)));
        self.ids(texts.iter().map(|text| texts.text(text)));
        self.number(columns.len());
        for column in columns {
            match column {
                FieldValues::Floats(floats) => {
                    self.0.push(FLOATS);
                    let after = rows.len() - floats.len();
                    let floats = floats.iter().copied();
                    let floats = floats.chain(std::iter::repeat_n(NO_FLOAT, after));
                    floats.for_each(|bits| self.0.extend(bits.to_le_bytes()));
                }
                FieldValues::Codes(codes) => {
                    self.0.push(CODES);
                    let code = |row| codes.get(row).unwrap_or(code::NONE) as usize;
                    self.column(&mut (0..rows.len()).map(code));
                }
            }
        }
        self.number(numbers.len());
        for number in numbers {
            self.0.extend(number.to_le_bytes());
        }
        let lists = (0..rows.len()).map(|row| others.list(row));
        self.column(&mut lists.clone().map(<[Field]>::len));
        let fields = lists.flatten();
        self.full_column(&mut fields.clone().map(|field| field.name.at()));
        let value = |field: &Field| field.value.code().unwrap_or(NEXT_NUMBER) as usize;
        self.full_column(&mut fields.map(value));
    }
}

fn numbered<'i, I: Ix>(ids: impl Iterator<Item = &'i str>) -> Ids<I> {
    let mut numbered = Ids::default();
    for id in ids {
        // One organisation has had room for all of them.
        let _: Result<I, Full> = numbered.intern(id);
    }
    numbered
}

fn number_of<I: Ix>(ids: &Ids<I>, id: Option<&String>) -> Option<usize> {
    ids.get(id?).map(Ix::at)
}

impl Contents<'_> {
    /// The slice's bytes.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        let roles = std::mem::take(&mut self.org.roles);
        let people = std::mem::take(&mut self.org.users);
        let has_more = |person: &&User| {
            let texts = [&person.email, &person.license, &person.region];
            texts.into_iter().any(Option::is_some)
                || person.guest.is_some()
                || !person.memberships.is_empty()
        };
        self.org.users = people.iter().filter(has_more).cloned().collect();
        let mut body = Writer(Vec::new());
        body.text(self.viewer);
        body.number(self.of_changed.into());
        // Writing plain data to memory does not fail.
        body.text(&serde_json::to_string(&self.org).unwrap_or_default());
        body.roles(&roles);
        body.people(&people, &roles, &self);
        for (kind, rows) in &self.records {
            body.text(kind.as_str());
            body.records(rows);
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
    let check = Check { limits };
    let reader = Reader {
        rest: body,
        check: &check,
        records: 0,
        fields: 0,
    };
    reader.governance()
}

fn damaged() -> LoadError {
    let message = "the slice is cut off or was altered";
    LoadError::new(Code::DamagedSlice, Pointer::root(), message)
}

fn sound<T>(part: Option<T>) -> Result<T, LoadError> {
    part.ok_or_else(damaged)
}

/// What is still to be read. Nothing in it is believed: each number is checked before it is used.
struct Reader<'a> {
    rest: &'a [u8],
    check: &'a Check<'a>,
    /// How many records were read, of all types.
    records: usize,
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

    /// A number that is at most `most`.
    fn up_to(&mut self, most: usize) -> Option<usize> {
        self.number().filter(|&number| number <= most)
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        self.text_of(length)
    }

    fn text_of(&mut self, length: usize) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    /// A column of numbers below `end`; nothing where all of them are zero, which takes no memory either.
    fn column(&mut self, count: usize, end: usize) -> Option<Numbers> {
        let &[width] = self.bytes(1)?.as_array()?;
        let bytes = self.bytes(count.checked_mul(usize::from(width))?)?;
        let numbers = match width {
            0 => Numbers::default(),
            1 => Numbers::Shorts(bytes.iter().map(|&byte| byte.into()).collect()),
            2 => {
                let (pairs, _) = bytes.as_chunks();
                Numbers::Shorts(pairs.iter().map(|&pair| u16::from_le_bytes(pair)).collect())
            }
            4 => {
                let (fours, _) = bytes.as_chunks();
                Numbers::Words(fours.iter().map(|&four| u32::from_le_bytes(four)).collect())
            }
            _ => return None,
        };
        let most = numbers.iter().fold(0, u32::max);
        (numbers.len() == 0 || (most as usize) < end).then_some(numbers)
    }

    /// A column that has all its numbers.
    fn full_column(&mut self, count: usize, end: usize) -> Option<Numbers> {
        let numbers = self.column(count, end)?;
        (numbers.len() == count).then_some(numbers)
    }

    /// Which of `known` things each row refers to, if any.
    fn references<I: Ix>(&mut self, count: usize, known: usize) -> Option<PackedReferences<I>> {
        Some(self.column(count, known.checked_add(1)?)?.into())
    }

    /// How long the lists of the rows are, if any is not empty, and how much is in all of them.
    fn lengths(&mut self, count: usize) -> Option<(Numbers, usize)> {
        let lengths = self.column(count, usize::MAX)?;
        let total: u64 = lengths.iter().map(u64::from).sum();
        // Whatever is in a list takes a byte.
        let total = usize::try_from(total).ok()?;
        (total <= self.rest.len()).then_some((lengths, total))
    }

    /// Texts end to end, and where each ends; nothing tells yet that it ends between two characters.
    fn end_to_end(&mut self, count: usize) -> Option<(&'a str, Ends)> {
        let ends = Ends::of_lengths(&self.full_column(count, usize::MAX)?)?;
        Some((self.text_of(ends.last() as usize)?, ends))
    }

    /// Names of bounded length.
    fn names(&mut self, count: usize) -> Result<Vec<&'a str>, LoadError> {
        let (text, ends) = sound(self.end_to_end(count))?;
        let names = (0..ends.len()).map(|at| {
            let name = sound(text.get(ends.range(at)))?;
            self.check.text(&Pointer::root(), name)?;
            Ok(name)
        });
        names.collect()
    }

    /// Texts that are told apart by their numbers.
    fn distinct<I: Ix>(&mut self) -> Option<Ids<I>> {
        let count = self.number()?;
        let (text, ends) = self.end_to_end(count)?;
        Ids::end_to_end(text, ends)
    }

    /// Ids, the first of which, so many, are of things that exist.
    fn ids<I: Ix>(&mut self, existing: usize) -> Result<Ids<I>, LoadError> {
        let ids: Ids<I> = sound(self.distinct())?;
        if ids.longest() > self.check.limits.text {
            for id in ids.iter() {
                self.check.text(&Pointer::root(), ids.text(id))?;
            }
        }
        match ids.get("") {
            Some(empty) if empty.at() < existing => self.check.id(&Pointer::root, "")?,
            _ => {}
        }
        Ok(ids)
    }

    fn governance(mut self) -> Result<Governance, LoadError> {
        let viewer = sound(self.text())?.to_owned();
        let of_changed = sound(self.up_to(1))?;
        let document = sound(self.text())?;
        let (org, _) = read::<Org<Option<&RawValue>>>(document).map_err(|_| damaged())?;
        let (mut org, records) = org.split_records();
        if records.is_some() || !org.roles.is_empty() {
            return Err(damaged());
        }
        let described = std::mem::take(&mut org.users);
        let deals = std::mem::take(&mut org.deals);
        let mut governance = Governance::compile(org, self.check.limits, |_| Ok(Vec::new()))?;
        governance.roles = Arc::new(self.roles()?);
        let unnamed = self.people(&mut governance)?;
        let mut slice = Slice {
            viewer,
            of_changed: of_changed > 0,
            unnamed,
            withheld: Default::default(),
        };
        while !self.rest.is_empty() {
            let kind = sound(self.text().and_then(RecordType::from_word))?;
            self.records_of(kind, &mut governance, &mut slice)?;
        }
        for user in described {
            self.describe(user, &mut governance)?;
        }
        let companies = Arc::make_mut(&mut governance.companies);
        governance.deals = self.check.deals(deals, &mut governance.users, companies)?;
        governance.relate();
        governance.slice = Some(Arc::new(slice));
        Ok(governance)
    }

    fn roles(&mut self) -> Result<Roles, LoadError> {
        let ids: Ids<RoleIx> = self.ids(usize::MAX)?;
        let count = ids.len();
        let limit = self.check.limits.roles;
        self.check
            .count("roles", count, limit, Code::TooManyRoles)?;
        let names = self.names(count)?;
        let parents: PackedReferences<RoleIx> = sound(self.references(count, count))?;
        let mut table = Table::with_ids(ids);
        for (at, name) in names.into_iter().enumerate() {
            table.push(RoleRow {
                name: name.to_owned(),
                parent: parents.get(at),
            });
        }
        Ok(Roles {
            table,
            ..Roles::default()
        })
    }

    /// Reads the people, and tells which of them stand for somebody who is not shown.
    fn people(&mut self, governance: &mut Governance) -> Result<Range<u32>, LoadError> {
        let count = sound(self.number())?;
        let limit = self.check.limits.users;
        self.check
            .count("users", count, limit, Code::TooManyUsers)?;
        let unnamed = sound(self.up_to(count))?;
        let ids: Ids<UserIx> = self.ids(count)?;
        if ids.len() < count {
            return Err(damaged());
        }
        let names = self.names(count)?;
        let profiles = sound(self.full_column(count, governance.profiles.len()))?;
        let known = governance.roles.table.len();
        let roles: PackedReferences<RoleIx> = sound(self.references(count, known))?;
        let known = governance.job_roles.table.len();
        let job_roles: PackedReferences<JobRoleIx> = sound(self.references(count, known))?;
        let statuses = sound(self.column(count, Status::ALL.len()))?;
        let mut table = Table::with_ids(ids);
        for (at, (name, profile)) in names.into_iter().zip(profiles.iter()).enumerate() {
            let status = statuses
                .get(at)
                .and_then(|status| Status::ALL.get(status as usize));
            table.push(Person {
                name: name.to_owned(),
                email: None,
                profile: ProfileIx::new(profile),
                role: roles.get(at),
                job_role: job_roles.get(at),
                license: None,
                region: None,
                status: status.copied().unwrap_or_default(),
                guest: None,
                standings: Vec::new(),
            });
        }
        governance.users = Users::new(table);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(number(count - unnamed)..number(count))
    }

    /// Makes a person what the document says.
    fn describe(&self, user: User, governance: &mut Governance) -> Result<(), LoadError> {
        let known = sound(governance.users.find(&user.id))?;
        let users = governance.users.table_mut();
        let person = self.check.person(
            &Pointer::root,
            user,
            &mut users.ids,
            Arc::make_mut(&mut governance.roles),
            Arc::make_mut(&mut governance.job_roles),
            &governance.profiles,
            Arc::make_mut(&mut governance.companies),
        )?;
        users.set(known, Some(person));
        Ok(())
    }

    fn records_of(
        &mut self,
        kind: RecordType,
        governance: &mut Governance,
        slice: &mut Slice,
    ) -> Result<(), LoadError> {
        let ids: Ids<RecordIx> = self.ids(usize::MAX)?;
        let count = ids.len();
        self.records += count;
        let is_new = count > 0 && governance.records.of(kind).len() == 0;
        if self.records > self.check.limits.records || !is_new {
            return Err(damaged());
        }
        let accounts = if kind == RecordType::Account {
            // An account may be the account of another one.
            count
        } else {
            governance.records.of(RecordType::Account).len()
        };
        let users = governance.users.table.ids.len();
        let job_roles = governance.job_roles.table.len();
        let names = self.record_names(count)?;
        let owners = sound(self.references(count, users))?;
        let assigned = sound(self.assigned(count, users, job_roles))?;
        let accounts = sound(self.references(count, accounts))?;
        let withheld = sound(self.column(count, usize::MAX))?;
        if let Some(of_kind) = slice.withheld.get_mut(kind as usize) {
            *of_kind = withheld;
        }
        let columns = Columns {
            count,
            owners,
            assigned,
            accounts,
            names,
            fields: self.fields_of(count)?,
            ids,
        };
        *governance.records.of_mut(kind) = columns.into();
        Ok(())
    }

    /// The names of records, which need not have any.
    fn record_names(&mut self, count: usize) -> Result<PackedTexts, LoadError> {
        let lengths = sound(self.column(count, usize::MAX))?;
        let text_lengths = lengths.iter().map(|length| length.saturating_sub(1));
        let total = usize::try_from(text_lengths.map(u64::from).sum::<u64>()).ok();
        let mut text = sound(total.and_then(|total| self.text_of(total)))?;
        let mut names = PackedTexts::with_capacity(lengths.len());
        for length in lengths.iter() {
            let name = match length.checked_sub(1) {
                Some(length) => {
                    let (name, rest) = sound(text.split_at_checked(length as usize))?;
                    text = rest;
                    self.check.text(&Pointer::root(), name)?;
                    Some(name)
                }
                None => None,
            };
            let room = names.push(name);
            room.map_err(|full| out_of_room(full, Pointer::root()))?;
        }
        Ok(names)
    }

    /// Reads the assigned users of each record.
    fn assigned(&mut self, count: usize, users: usize, job_roles: usize) -> Option<PackedAssigned> {
        let (lengths, total) = self.lengths(count)?;
        let people = self.full_column(total, users)?;
        let job_roles = self.references(total, job_roles)?;
        let assigned = PackedAssigned::end_to_end(count, &lengths, people, job_roles)?;
        // The last record that each user was assigned to, as one more than its number.
        let mut latest = vec![0_u32; users];
        let mut is_sound = true;
        assigned.each(|record, users| {
            let record = record.number() + 1;
            users.for_each(|user| match latest.get_mut(user as usize) {
                Some(latest) if *latest < record => *latest = record,
                _ => is_sound = false,
            });
        });
        is_sound.then_some(assigned)
    }

    fn fields_of(&mut self, count: usize) -> Result<PackedFields, LoadError> {
        let names: Ids<FieldIx> = sound(self.distinct())?;
        let texts: Ids<TextIx> = sound(self.distinct())?;
        let with_columns = sound(self.up_to(names.len()))?;
        let code_end = code::TEXT as usize + texts.len();
        let columns = (0..with_columns).map(|_| sound(self.field_column(count, code_end)));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let numbers = sound(self.floats())?;
        let (lengths, total) = sound(self.lengths(count))?;
        self.fields += total;
        if self.fields > MOST_FIELDS {
            let message = format!("more than {MOST_FIELDS} fields");
            return Err(LoadError::new(Code::TooManyItems, Pointer::root(), message));
        }
        let named = sound(self.full_column(total, names.len()))?;
        let values = sound(self.full_column(total, code_end))?;
        sound(are_ascending(&lengths, &named))?;
        let mut next = 0;
        let fields = named.iter().zip(values.iter()).map(|(name, value)| {
            let value = Stored::from_code(value).unwrap_or_else(|| {
                next += 1;
                Stored::Number(next - 1)
            });
            // What has a column has no other place.
            (name as usize >= with_columns).then_some(Field {
                name: FieldIx::new(name),
                value,
            })
        });
        let fields = sound(fields.collect::<Option<_>>())?;
        if next as usize != numbers.len() {
            return Err(damaged());
        }
        Ok(PackedFields {
            names,
            texts,
            columns,
            rows: Packed::with_lengths(count, &lengths, fields),
            numbers,
        })
    }

    /// A field of all records, of which the codes are below `end`. One that few records have would take no bytes here, and
    /// time for each record later.
    fn field_column(&mut self, count: usize, end: usize) -> Option<FieldValues> {
        let (having, column) = match *self.bytes(1)? {
            [FLOATS] => {
                let (floats, _) = self.bytes(count.checked_mul(8)?)?.as_chunks();
                let floats = floats.iter().map(|&float| u64::from_le_bytes(float));
                let floats: Vec<_> = floats.collect();
                let is_meant = |&bits: &u64| {
                    f64::from_bits(bits).is_finite() || matches!(bits, NO_FLOAT | NULL_FLOAT)
                };
                if !floats.iter().all(is_meant) {
                    return None;
                }
                let having = floats.iter().filter(|&&bits| bits != NO_FLOAT).count();
                (having, FieldValues::Floats(floats))
            }
            [CODES] => {
                let codes = self.column(count, end)?;
                let having = codes.iter().filter(|&code| code != code::NONE).count();
                (having, FieldValues::Codes(codes))
            }
            _ => return None,
        };
        is_usual(having, count).then_some(column)
    }

    fn floats(&mut self) -> Option<Vec<f64>> {
        let count = self.number()?;
        let (floats, _) = self.bytes(count.checked_mul(8)?)?.as_chunks();
        let floats = floats.iter().map(|&float| f64::from_le_bytes(float));
        floats
            .map(|float| float.is_finite().then_some(float))
            .collect()
    }
}

/// Whether the numbers ascend within each of the lists that have these lengths.
fn are_ascending(lengths: &Numbers, numbers: &Numbers) -> Option<()> {
    let mut rest = numbers.iter();
    for length in lengths.iter() {
        if !rest
            .by_ref()
            .take(length as usize)
            .is_sorted_by(|one, next| one < next)
        {
            return None;
        }
    }
    Some(())
}
