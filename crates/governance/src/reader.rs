//! Reading JSON with the place of a fault, and of members that the format does not have.
//!
//! What a type is read from is a [`Source`] without a type of its own, and which members an object may have is a
//! table: a type adds little more to a program than the names of its members. (What serde derives for a type is
//! some kilobytes of WebAssembly, and there are two dozen of them.) Underneath, serde's deserializers read.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{AskError, Code, Excerpt, LoadError, Pointer, coded, uncoded};

/// What is wrong with a text that was read.
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) place: Pointer,
    pub(crate) message: String,
}

/// Why a value was not read: serde's errors are text and nothing else.
#[derive(Debug)]
pub(crate) struct Refused(String);

impl Refused {
    /// With a code of its own.
    pub(crate) fn coded(code: Code, message: impl fmt::Display) -> Self {
        coded(code, message)
    }

    /// A member that is there twice.
    pub(crate) fn duplicate(name: &str) -> Self {
        Self::coded(Code::InvalidField, format_args!("duplicate field `{name}`"))
    }

    fn kind(found: &str, expected: &str) -> Self {
        let message = format_args!("invalid type: {found}, expected {expected}");
        Self::coded(Code::InvalidField, message)
    }

    fn missing(name: &str) -> Self {
        Self::coded(Code::InvalidField, format_args!("missing field `{name}`"))
    }

    fn of<E: Error>(error: E) -> Self {
        Self(error.to_string())
    }

    /// The same where the text that was read stands after another.
    fn after(self, before: &[u8]) -> Self {
        let Some((message, line, column)) = self.position().filter(|_| !before.is_empty()) else {
            return self;
        };
        let last_line = before.rsplit(|&byte| byte == b'\n').next();
        let indent = last_line.filter(|_| line == 1).map_or(0, <[u8]>::len);
        let lines = before.iter().filter(|&&byte| byte == b'\n').count();
        let (line, column) = (line + lines, column + indent);
        Self(format!("{message} at line {line} column {column}"))
    }

    /// The message by itself, and the line and the column that serde_json tells after it.
    fn position(&self) -> Option<(&str, usize, usize)> {
        let (message, position) = self.0.rsplit_once(" at line ")?;
        let (line, column) = position.split_once(" column ")?;
        Some((message, line.parse().ok()?, column.parse().ok()?))
    }

    /// The reader that is in charge notes where it is.
    fn told<E: Error>(self) -> E {
        E::custom(self.0)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// What can be read from JSON.
pub(crate) trait FromJson<'de>: Sized {
    /// Reads one value.
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused>;
}

/// Reads one JSON text, and the places of the members that were passed over.
pub(crate) fn read<'de, T: FromJson<'de>>(json: &'de str) -> Result<(T, Vec<Pointer>), Fault> {
    let mut read = None;
    let passed_over = read_with(json, &mut |from| {
        read = Some(T::from_json(from)?);
        Ok(())
    })?;
    match read {
        Some(value) => Ok((value, passed_over)),
        None => Err(Notes::default().fault(Refused::custom("nothing was read"))),
    }
}

/// Reads one JSON text by a function, and tells the places of the members that were passed over.
pub(crate) fn read_with<'de>(
    json: &'de str,
    read: &mut ReadValue<'_, 'de>,
) -> Result<Vec<Pointer>, Fault> {
    read_at(json, &Place::Root, b"", read)
}

/// Reads the list that a member of a document is, and hands on each item as soon as it is read. What refuses one ends the
/// reading.
pub(crate) fn read_items<'de, T: FromJson<'de>>(
    document: &str,
    member: &str,
    list: &'de RawValue,
    each: &mut dyn FnMut(T) -> Result<(), LoadError>,
) -> Result<Vec<Pointer>, LoadError> {
    let list = list.get();
    // The list is a part of the document.
    let start = (list.as_ptr() as usize).saturating_sub(document.as_ptr() as usize);
    let before = document.as_bytes().get(..start).unwrap_or_default();
    let mut refused = None;
    let place = Place::Member(&Place::Root, member);
    let read = read_at(list, &place, before, &mut |from| {
        from.items(&mut |item| {
            each(T::from_json(item)?).map_err(|error| {
                refused = Some(error);
                Refused::custom("refused")
            })
        })
    });
    match refused {
        Some(refused) => Err(refused),
        None => read.map_err(LoadError::from),
    }
}

/// Reads a JSON text that stands at a place, after `before`.
fn read_at<'de>(
    json: &'de str,
    place: &Place<'_>,
    before: &[u8],
    read: &mut ReadValue<'_, 'de>,
) -> Result<Vec<Pointer>, Fault> {
    let notes = Notes::default();
    let mut from = serde_json::Deserializer::from_str(json);
    read(&mut Reader::new(&mut from, place, &notes))
        .and_then(|()| from.end().map_err(Refused::of))
        .map_err(|refused| {
            notes.fault_at(place);
            notes.fault(refused.after(before))
        })
        .map(|()| notes.passed_over.take())
}

impl From<Fault> for LoadError {
    fn from(fault: Fault) -> Self {
        Self::new(fault.code, fault.place, fault.message)
    }
}

/// Reads the ids of a question from a JSON list, copied only where the text escapes something in one.
///
/// # Errors
/// An [`AskError`] with the place of the fault, for what is no list of texts.
pub fn ids_from_json(json: &str) -> Result<Vec<Cow<'_, str>>, AskError> {
    read(json)
        .map(|(ids, _)| ids)
        .map_err(|fault| AskError::new(Code::InvalidArgument, fault.place, fault.message))
}

/// Reads a value for serde, with the same checks. What is passed over is not told.
pub(crate) fn deserialize<'de, T: FromJson<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<T, D::Error> {
    T::from_json(&mut Reader::new(from, &Place::Root, &Notes::default())).map_err(Refused::told)
}

/// Implements serde's `Deserialize` for what can be read from JSON.
macro_rules! deserialize_as_read {
    ($($name:ty),+ $(,)?) => { $(
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::reader::deserialize(from)
            }
        }
    )+ };
}

pub(crate) use deserialize_as_read;

/// One value that is about to be read. It is read once, by one of the methods.
pub(crate) trait Source<'de> {
    /// A value that is no list and no object. What is `expected` is told if it is one.
    fn scalar(&mut self, expected: &'static str) -> Result<Scalar<'de>, Refused>;

    /// Any value, as it is written.
    fn raw(&mut self) -> Result<&'de RawValue, Refused>;

    /// Any value, which is passed over and noted.
    fn pass_over(&mut self) -> Result<(), Refused>;

    /// Null, for which nothing is called, or another value.
    fn unless_null(&mut self, read: &mut ReadValue<'_, 'de>) -> Result<(), Refused>;

    /// A list; `each` reads the items.
    fn items(&mut self, each: &mut ReadValue<'_, 'de>) -> Result<(), Refused>;

    /// An object; `each` reads the values of its members.
    fn members(
        &mut self,
        shape: Shape<'_, 'de>,
        each: &mut ReadMember<'_, 'de>,
    ) -> Result<(), Refused>;
}

/// A value that is no list and no object.
pub(crate) enum Scalar<'de> {
    Null,
    Flag(bool),
    Count(u64),
    Number(f64),
    Text(Cow<'de, str>),
}

impl Scalar<'_> {
    /// It is of another kind than the one that is `expected`.
    fn refused(&self, expected: &str) -> Refused {
        let found = match self {
            Self::Null => "null",
            Self::Flag(_) => "true or false",
            Self::Count(_) | Self::Number(_) => "a number",
            Self::Text(_) => "a string",
        };
        Refused::kind(found, expected)
    }
}

pub(crate) type ReadValue<'f, 'de> = dyn FnMut(&mut dyn Source<'de>) -> Result<(), Refused> + 'f;
pub(crate) type ReadMember<'f, 'de> =
    dyn FnMut(&Cow<'de, str>, &mut dyn Source<'de>) -> Result<(), Refused> + 'f;

/// What is asked of an object.
pub(crate) enum Shape<'t, 'de> {
    /// Members of any names. What it is, for faults.
    Any(&'static str),
    /// The members of a table.
    Of(&'static Members),
    /// The members of a table, or a text that stands for the whole. What it is, for faults.
    TextOr(
        &'static str,
        &'static Members,
        &'t mut Option<Cow<'de, str>>,
    ),
}

/// The members that an object may have.
pub(crate) struct Members {
    /// Their names; those that must be there come first.
    names: &'static [&'static str],
    /// How many must be there, and not be `null`. Another one may be `null`, which is as if it were absent.
    required: usize,
    /// Those for which `null` is a value of its own.
    nullable: &'static [&'static str],
    /// Whether other members are refused; else they are noted and passed over.
    closed: bool,
}

impl Members {
    /// Of which so many must be there. Others are noted and passed over.
    pub(crate) const fn open(required: usize, names: &'static [&'static str]) -> Self {
        Self {
            names,
            required,
            nullable: &[],
            closed: false,
        }
    }

    /// Of which so many must be there. Others are refused.
    pub(crate) const fn closed(required: usize, names: &'static [&'static str]) -> Self {
        Self {
            closed: true,
            ..Self::open(required, names)
        }
    }

    /// The same, where `null` is a value of its own for some.
    pub(crate) const fn nullable(self, nullable: &'static [&'static str]) -> Self {
        Self { nullable, ..self }
    }

    fn required(&self) -> &'static [&'static str] {
        self.names.get(..self.required).unwrap_or_default()
    }

    /// The number of a member in the table. It is looked for from the number `after` the last one on: most documents have
    /// the members of all things in one order.
    fn find(&self, key: &str, after: usize) -> Option<(usize, &'static str)> {
        let names = || self.names.iter().copied().enumerate();
        names()
            .skip(after)
            .chain(names().take(after))
            .find(|(_, name)| *name == key)
    }

    fn may_be_null(&self, index: usize, name: &str) -> bool {
        index >= self.required && !self.nullable.contains(&name)
    }

    fn unknown(&self, key: &str) -> Refused {
        let known: Vec<_> = self.names.iter().map(|name| format!("`{name}`")).collect();
        let message = format_args!(
            "unknown field `{}`, expected one of {}",
            Excerpt(key),
            known.join(", ")
        );
        Refused::coded(Code::InvalidField, message)
    }
}

impl<'de> dyn Source<'de> + '_ {
    /// A value of a type.
    pub(crate) fn read<T: FromJson<'de>>(&mut self) -> Result<T, Refused> {
        T::from_json(self)
    }

    /// Text; `expected` tells in a fault what kind of text.
    pub(crate) fn text(&mut self, expected: &'static str) -> Result<Cow<'de, str>, Refused> {
        match self.scalar(expected)? {
            Scalar::Text(text) => Ok(text),
            other => Err(other.refused(expected)),
        }
    }

    /// A value of a type, or null.
    pub(crate) fn nullable<T: FromJson<'de>>(&mut self) -> Result<Option<T>, Refused> {
        let mut read = None;
        self.unless_null(&mut |from| {
            read = Some(T::from_json(from)?);
            Ok(())
        })?;
        Ok(read)
    }

    /// An object with the members of a table.
    pub(crate) fn object(
        &mut self,
        members: &'static Members,
        each: &mut ReadMember<'_, 'de>,
    ) -> Result<(), Refused> {
        self.members(Shape::Of(members), each)
    }
}

impl<'de> FromJson<'de> for String {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        from.text("a string").map(Cow::into_owned)
    }
}

impl<'de> FromJson<'de> for Cow<'de, str> {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        from.text("a string")
    }
}

impl<'de> FromJson<'de> for bool {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let expected = "true or false";
        match from.scalar(expected)? {
            Scalar::Flag(flag) => Ok(flag),
            other => Err(other.refused(expected)),
        }
    }
}

impl<'de> FromJson<'de> for usize {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let expected = "a whole number that is not negative";
        match from.scalar(expected)? {
            // What is more than a machine can count is all there is.
            Scalar::Count(count) => Ok(Self::try_from(count).unwrap_or(Self::MAX)),
            other => Err(other.refused(expected)),
        }
    }
}

impl<'de> FromJson<'de> for Option<&'de RawValue> {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        from.raw().map(Some)
    }
}

impl<'de> FromJson<'de> for &'de RawValue {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        from.raw()
    }
}

impl<'de, T: FromJson<'de>> FromJson<'de> for Vec<T> {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        let mut list = Self::new();
        from.items(&mut |item| {
            list.push(T::from_json(item)?);
            Ok(())
        })?;
        Ok(list)
    }
}

impl<'de, T: FromJson<'de>> FromJson<'de> for Box<T> {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        T::from_json(from).map(Self::new)
    }
}

/// What is noted while reading.
#[derive(Default)]
struct Notes {
    passed_over: RefCell<Vec<Pointer>>,
    /// The place of the first error, which is the innermost one.
    fault: RefCell<Option<Pointer>>,
}

impl Notes {
    fn fault_at(&self, place: &Place<'_>) {
        self.fault
            .borrow_mut()
            .get_or_insert_with(|| place.pointer());
    }

    /// Hands an error on to what reads around, and keeps its place.
    #[cold]
    fn told<E: Error>(&self, refused: Refused, place: &Place<'_>) -> E {
        self.fault_at(place);
        refused.told()
    }

    /// The error as it is told: with its code and its place.
    fn fault(&self, Refused(text): Refused) -> Fault {
        let place = self.fault.take().unwrap_or_default();
        let (code, message) = match uncoded(&text) {
            Some((code, message)) => (code, message.to_owned()),
            None if text.starts_with("recursion limit exceeded") => (Code::TooDeep, text),
            None => (Code::MalformedJson, text),
        };
        Fault {
            code,
            place,
            message,
        }
    }
}

/// Where the reader is: a list from the inside out, on the stack.
enum Place<'p> {
    Root,
    Member(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn pointer(&self) -> Pointer {
        let mut steps = Vec::new();
        let mut place = self;
        loop {
            place = match place {
                Self::Root => break,
                Self::Member(above, _) | Self::Item(above, _) => {
                    steps.push(place);
                    above
                }
            };
        }
        steps
            .iter()
            .rev()
            .fold(Pointer::root(), |pointer, step| match step {
                Self::Root => pointer,
                Self::Member(_, key) => pointer.member(key),
                Self::Item(_, index) => pointer.item(*index),
            })
    }
}

/// A value of serde's, at a place.
struct Reader<'p, D> {
    /// `None` once it was read.
    from: Option<D>,
    place: &'p Place<'p>,
    notes: &'p Notes,
}

impl<'p, 'de, D: Deserializer<'de>> Reader<'p, D> {
    fn new(from: D, place: &'p Place<'p>, notes: &'p Notes) -> Self {
        Self {
            from: Some(from),
            place,
            notes,
        }
    }

    fn with<T>(&mut self, read: impl FnOnce(D) -> Result<T, D::Error>) -> Result<T, Refused> {
        match self.from.take() {
            Some(from) => read(from).map_err(Refused::of),
            None => Err(Refused::custom("a value is read once")),
        }
    }

    fn any(&mut self, wanted: Wanted<'_, '_, 'de>) -> Result<Option<Scalar<'de>>, Refused> {
        let (place, notes) = (self.place, self.notes);
        self.with(|from| {
            from.deserialize_any(Taken {
                place,
                notes,
                wanted,
            })
        })
    }
}

impl<'de, D: Deserializer<'de>> Source<'de> for Reader<'_, D> {
    fn scalar(&mut self, expected: &'static str) -> Result<Scalar<'de>, Refused> {
        match self.any(Wanted::Scalar(expected))? {
            Some(scalar) => Ok(scalar),
            None => Err(Refused::kind("more than one value", expected)),
        }
    }

    fn raw(&mut self) -> Result<&'de RawValue, Refused> {
        self.with(Deserialize::deserialize)
    }

    fn pass_over(&mut self) -> Result<(), Refused> {
        let place = self.place.pointer();
        self.notes.passed_over.borrow_mut().push(place);
        self.with(|from| IgnoredAny::deserialize(from).map(|IgnoredAny| ()))
    }

    fn unless_null(&mut self, read: &mut ReadValue<'_, 'de>) -> Result<(), Refused> {
        let (place, notes) = (self.place, self.notes);
        self.with(|from| from.deserialize_option(Nullable { place, notes, read }))
    }

    fn items(&mut self, each: &mut ReadValue<'_, 'de>) -> Result<(), Refused> {
        match self.any(Wanted::Items(each))? {
            Some(scalar) => Err(scalar.refused(LIST)),
            None => Ok(()),
        }
    }

    fn members(
        &mut self,
        shape: Shape<'_, 'de>,
        each: &mut ReadMember<'_, 'de>,
    ) -> Result<(), Refused> {
        let (expected, members, whole) = match shape {
            Shape::Any(expected) => (expected, None, None),
            Shape::Of(members) => ("an object", Some(members), None),
            Shape::TextOr(expected, members, whole) => (expected, Some(members), Some(whole)),
        };
        match (self.any(Wanted::Members(expected, members, each))?, whole) {
            (None, _) => Ok(()),
            (Some(Scalar::Text(text)), Some(whole)) => {
                *whole = Some(text);
                Ok(())
            }
            (Some(scalar), _) => Err(scalar.refused(expected)),
        }
    }
}

const LIST: &str = "a list";

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A key, borrowed from the document where it is written without escapes.
impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

/// An item that is read by a function. Its place is the fault's if that fails.
struct Item<'p, 'r, 'f, 'de> {
    place: &'p Place<'p>,
    notes: &'p Notes,
    read: &'r mut ReadValue<'f, 'de>,
}

impl<'de> DeserializeSeed<'de> for Item<'_, '_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let Self { place, notes, read } = self;
        read(&mut Reader::new(from, place, notes)).map_err(|refused| notes.told(refused, place))
    }
}

/// The value of a member, which is read by a function, or passed over where there is none.
struct Member<'p, 'r, 'f, 'de> {
    place: &'p Place<'p>,
    notes: &'p Notes,
    may_be_null: bool,
    key: &'r Cow<'de, str>,
    each: Option<&'r mut ReadMember<'f, 'de>>,
}

impl<'de> DeserializeSeed<'de> for Member<'_, '_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let Self {
            place, notes, key, ..
        } = self;
        let mut from = Reader::new(from, place, notes);
        let read = match self.each {
            None => from.pass_over(),
            Some(each) if self.may_be_null => from.unless_null(&mut |from| each(key, from)),
            Some(each) => each(key, &mut from),
        };
        read.map_err(|refused| notes.told(refused, place))
    }
}

struct Nullable<'p, 'r, 'f, 'de> {
    place: &'p Place<'p>,
    notes: &'p Notes,
    read: &'r mut ReadValue<'f, 'de>,
}

impl<'de> Visitor<'de> for Nullable<'_, '_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        (self.read)(&mut Reader::new(from, self.place, self.notes)).map_err(Refused::told)
    }
}

/// What a value should be.
enum Wanted<'r, 'f, 'de> {
    Scalar(&'static str),
    Items(&'r mut ReadValue<'f, 'de>),
    Members(
        &'static str,
        Option<&'static Members>,
        &'r mut ReadMember<'f, 'de>,
    ),
}

/// Takes any value. That there is one such function for all is what keeps the reader small.
struct Taken<'p, 'r, 'f, 'de> {
    place: &'p Place<'p>,
    notes: &'p Notes,
    wanted: Wanted<'r, 'f, 'de>,
}

impl<'de> Taken<'_, '_, '_, 'de> {
    fn refused<E: Error>(self, found: &str) -> E {
        let expected = match self.wanted {
            Wanted::Scalar(expected) | Wanted::Members(expected, ..) => expected,
            Wanted::Items(_) => LIST,
        };
        Refused::kind(found, expected).told()
    }
}

macro_rules! take_scalar {
    ($($method:ident($value:ident: $type:ty) $scalar:expr;)*) => { $(
        fn $method<E: Error>(self, $value: $type) -> Result<Self::Value, E> {
            Ok(Some($scalar))
        }
    )* };
}

impl<'de> Visitor<'de> for Taken<'_, '_, '_, 'de> {
    /// `None` for a list or an object, which was read.
    type Value = Option<Scalar<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    take_scalar! {
        visit_bool(flag: bool) Scalar::Flag(flag);
        visit_u64(count: u64) Scalar::Count(count);
        visit_f64(number: f64) Scalar::Number(number);
        visit_borrowed_str(text: &'de str) Scalar::Text(Cow::Borrowed(text));
        visit_str(text: &str) Scalar::Text(Cow::Owned(text.to_owned()));
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "numbers are JavaScript's: 64-bit floating point"
    )]
    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(match u64::try_from(number) {
            Ok(count) => Scalar::Count(count),
            Err(_) => Scalar::Number(number as f64),
        }))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let Self {
            place,
            notes,
            wanted,
        } = self;
        let Wanted::Items(each) = wanted else {
            return Err(Self {
                place,
                notes,
                wanted,
            }
            .refused("a list"));
        };
        for index in 0.. {
            let item = Item {
                place: &Place::Item(place, index),
                notes,
                read: &mut *each,
            };
            if items.next_element_seed(item)?.is_none() {
                break;
            }
        }
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let Self {
            place,
            notes,
            wanted,
        } = self;
        let Wanted::Members(_, members, each) = wanted else {
            return Err(Self {
                place,
                notes,
                wanted,
            }
            .refused("an object"));
        };
        let mut met = 0_u64;
        let mut after = 0;
        while let Some(key) = entries.next_key_seed(Text)? {
            let place = &Place::Member(place, &key);
            let known = members.and_then(|members| members.find(&key, after));
            let mut may_be_null = false;
            if let Some(members) = members {
                match known {
                    Some((index, name)) => {
                        if met & (1 << index) != 0 {
                            return Err(Refused::duplicate(name).told());
                        }
                        met |= 1 << index;
                        after = index + 1;
                        may_be_null = members.may_be_null(index, name);
                    }
                    None if members.closed => {
                        notes.fault_at(place);
                        return Err(members.unknown(&key).told());
                    }
                    None => {}
                }
            }
            entries.next_value_seed(Member {
                place,
                notes,
                may_be_null,
                key: &key,
                each: (members.is_none() || known.is_some()).then_some(&mut *each),
            })?;
        }
        let required = members.map_or(&[][..], Members::required);
        match (0..)
            .zip(required)
            .find(|(index, _)| met & (1 << index) == 0)
        {
            Some((_, name)) => Err(Refused::missing(name).told()),
            None => Ok(None),
        }
    }
}
