//! Reading JSON with the place of a fault, and of members that the format does not have.
//!
//! What a type is read from is a [`Source`] without a type of its own, and which members an object may have is a
//! table: a type adds little more to a program than the names of its members. (What serde derives for a type is
//! some kilobytes of WebAssembly, and there are two dozen of them.) Underneath, serde's deserializers read.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde_json::value::RawValue;

use crate::error::{Code, Excerpt, Pointer, coded, uncoded};
use crate::org::FieldValue;

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

    fn missing(name: &str) -> Self {
        Self::coded(Code::InvalidField, format_args!("missing field `{name}`"))
    }

    fn of<E: Error>(error: E) -> Self {
        Self(error.to_string())
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
pub(crate) fn read<'de, T: FromJson<'de>>(json: &'de [u8]) -> Result<(T, Vec<Pointer>), Fault> {
    let notes = Notes::default();
    let mut from = serde_json::Deserializer::from_slice(json);
    T::from_json(&mut Reader::new(&mut from, &Place::Root, &notes))
        .and_then(|value| from.end().map(|()| value).map_err(Refused::of))
        .map_err(|refused| notes.fault(refused))
        .map(|value| (value, notes.passed_over.take()))
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
    /// Text; `expected` tells in a fault what kind of text.
    fn text(&mut self, expected: &'static str) -> Result<Cow<'de, str>, Refused>;

    /// True or false.
    fn flag(&mut self) -> Result<bool, Refused>;

    /// A whole number that is not negative.
    fn count(&mut self) -> Result<usize, Refused>;

    /// Text, a number, true, false or null.
    fn scalar(&mut self) -> Result<FieldValue, Refused>;

    /// Any value, as it is written.
    fn raw(&mut self) -> Result<&'de RawValue, Refused>;

    /// Any value, which is passed over and noted.
    fn pass_over(&mut self) -> Result<(), Refused>;

    /// Null, for which nothing is called, or another value.
    fn unless_null(&mut self, read: &mut ReadValue<'_, 'de>) -> Result<(), Refused>;

    /// A list; `each` reads the items.
    fn items(&mut self, each: &mut ReadValue<'_, 'de>) -> Result<(), Refused>;

    /// An object; `each` reads the values of its members.
    fn members(&mut self, shape: Shape<'_>, each: &mut ReadMember<'_, 'de>) -> Result<(), Refused>;
}

type ReadValue<'f, 'de> = dyn FnMut(&mut dyn Source<'de>) -> Result<(), Refused> + 'f;
type ReadMember<'f, 'de> = dyn FnMut(&str, &mut dyn Source<'de>) -> Result<(), Refused> + 'f;

/// What is asked of an object.
pub(crate) enum Shape<'t> {
    /// Members of any names. What it is, for faults.
    Any(&'static str),
    /// The members of a table.
    Of(&'static Members),
    /// The members of a table, or a text that stands for the whole. What it is, for faults.
    TextOr(&'static str, &'static Members, &'t mut Option<String>),
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

    /// The number of a member in the table.
    fn find(&self, key: &str) -> Option<(usize, &'static str)> {
        let mut names = self.names.iter().copied().enumerate();
        names.find(|(_, name)| *name == key)
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

impl<'de> FromJson<'de> for bool {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        from.flag()
    }
}

impl<'de> FromJson<'de> for usize {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        from.count()
    }
}

impl<'de> FromJson<'de> for FieldValue {
    fn from_json(from: &mut dyn Source<'de>) -> Result<Self, Refused> {
        from.scalar()
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

    /// The error as it is told: with its code and its place.
    fn fault(&self, Refused(text): Refused) -> Fault {
        let place = self.fault.take().unwrap_or_default();
        let is_of_kind = ["invalid type: ", "invalid value: "];
        let (code, message) = match uncoded(&text) {
            Some((code, message)) => (code, message.to_owned()),
            None if text.starts_with("recursion limit exceeded") => (Code::TooDeep, text),
            None if is_of_kind.iter().any(|start| text.starts_with(start)) => {
                (Code::InvalidField, text)
            }
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

    fn deserialize<T: Deserialize<'de>>(&mut self) -> Result<T, Refused> {
        self.with(T::deserialize)
    }
}

impl<'de, D: Deserializer<'de>> Source<'de> for Reader<'_, D> {
    fn text(&mut self, expected: &'static str) -> Result<Cow<'de, str>, Refused> {
        self.with(|from| from.deserialize_str(Text { expected }))
    }

    fn flag(&mut self) -> Result<bool, Refused> {
        self.deserialize()
    }

    fn count(&mut self) -> Result<usize, Refused> {
        self.deserialize()
    }

    fn scalar(&mut self) -> Result<FieldValue, Refused> {
        self.deserialize()
    }

    fn raw(&mut self) -> Result<&'de RawValue, Refused> {
        self.deserialize()
    }

    fn pass_over(&mut self) -> Result<(), Refused> {
        let place = self.place.pointer();
        self.notes.passed_over.borrow_mut().push(place);
        self.deserialize().map(|IgnoredAny| ())
    }

    fn unless_null(&mut self, read: &mut ReadValue<'_, 'de>) -> Result<(), Refused> {
        let (place, notes) = (self.place, self.notes);
        self.with(|from| from.deserialize_option(Nullable { place, notes, read }))
    }

    fn items(&mut self, each: &mut ReadValue<'_, 'de>) -> Result<(), Refused> {
        let (place, notes) = (self.place, self.notes);
        self.with(|from| from.deserialize_seq(List { place, notes, each }))
    }

    fn members(&mut self, shape: Shape<'_>, each: &mut ReadMember<'_, 'de>) -> Result<(), Refused> {
        let (place, notes) = (self.place, self.notes);
        self.with(|from| {
            // Both lead to the same methods; the second takes text as well.
            let is_object = !matches!(shape, Shape::TextOr(..));
            let object = Object {
                shape,
                place,
                notes,
                each,
            };
            if is_object {
                from.deserialize_map(object)
            } else {
                from.deserialize_any(object)
            }
        })
    }
}

struct Text {
    expected: &'static str,
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text))
    }
}

/// A key, borrowed from the document where it is written without escapes.
impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

/// A value that is read by a function, whose place is the fault's if that fails.
struct Value<'p, 'r, 'f, 'de> {
    place: &'p Place<'p>,
    notes: &'p Notes,
    may_be_null: bool,
    read: &'r mut ReadValue<'f, 'de>,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let mut from = Reader::new(from, self.place, self.notes);
        let read = if self.may_be_null {
            from.unless_null(self.read)
        } else {
            (self.read)(&mut from)
        };
        read.map_err(|refused| {
            self.notes.fault_at(self.place);
            refused.told()
        })
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

struct List<'p, 'r, 'f, 'de> {
    place: &'p Place<'p>,
    notes: &'p Notes,
    each: &'r mut ReadValue<'f, 'de>,
}

impl<'de> Visitor<'de> for List<'_, '_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { place, notes, each } = self;
        for index in 0.. {
            let item = Value {
                place: &Place::Item(place, index),
                notes,
                may_be_null: false,
                read: &mut *each,
            };
            if items.next_element_seed(item)?.is_none() {
                break;
            }
        }
        Ok(())
    }
}

struct Object<'p, 'r, 'f, 'de, 't> {
    shape: Shape<'t>,
    place: &'p Place<'p>,
    notes: &'p Notes,
    each: &'r mut ReadMember<'f, 'de>,
}

impl<'de> Visitor<'de> for Object<'_, '_, '_, 'de, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.shape {
            Shape::Any(expected) | Shape::TextOr(expected, ..) => expected,
            Shape::Of(_) => "an object",
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self.shape {
            Shape::TextOr(_, _, whole) => {
                *whole = Some(text.to_owned());
                Ok(())
            }
            _ => Err(E::invalid_type(Unexpected::Str(text), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Self {
            shape,
            place,
            notes,
            each,
        } = self;
        let members = match shape {
            Shape::Any(_) => None,
            Shape::Of(members) | Shape::TextOr(_, members, _) => Some(members),
        };
        let mut met = 0_u64;
        while let Some(key) = entries.next_key_seed(Text { expected: "a key" })? {
            let place = &Place::Member(place, &key);
            let known = members.and_then(|members| members.find(&key));
            let mut may_be_null = false;
            if let Some(members) = members {
                match known {
                    Some((index, name)) => {
                        if met & (1 << index) != 0 {
                            return Err(Refused::duplicate(name).told());
                        }
                        met |= 1 << index;
                        may_be_null = members.may_be_null(index, name);
                    }
                    None if members.closed => {
                        notes.fault_at(place);
                        return Err(members.unknown(&key).told());
                    }
                    None => {}
                }
            }
            let is_passed_over = members.is_some() && known.is_none();
            entries.next_value_seed(Value {
                place,
                notes,
                may_be_null,
                read: &mut |from| {
                    if is_passed_over {
                        from.pass_over()
                    } else {
                        each(&key, from)
                    }
                },
            })?;
        }
        let required = members.map_or(&[][..], Members::required);
        match (0..)
            .zip(required)
            .find(|(index, _)| met & (1 << index) == 0)
        {
            Some((_, name)) => Err(Refused::missing(name).told()),
            None => Ok(()),
        }
    }
}
