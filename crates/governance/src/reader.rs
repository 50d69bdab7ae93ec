//! Reading JSON with the place of a fault, and of members that the format does not have.
//!
//! One wrapper around serde's deserializer does three things, so that each type is compiled for one
//! reader only: it knows where it is, it notes what is passed over, and it takes an object only in
//! the form of an object (serde's own reader takes `["ada", "Ada"]` for a user as well).

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::value::RawValue;

use crate::error::{Code, LoadError, Pointer, uncoded};

/// What is wrong with a text that was read.
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) place: Pointer,
    pub(crate) message: String,
}

/// Reads one JSON text, and the places of the members that were passed over.
pub(crate) fn read<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<(T, Vec<Pointer>), Fault> {
    read_at(json, &Place::Root, PhantomData, b"")
}

/// Reads the list that a member of a document is, and hands on each item as soon as it is read. What refuses one ends the
/// reading.
pub(crate) fn read_items<'de, T: Deserialize<'de>>(
    document: &[u8],
    member: &str,
    list: &'de RawValue,
    each: &mut dyn FnMut(T) -> Result<(), LoadError>,
) -> Result<Vec<Pointer>, LoadError> {
    let list = list.get().as_bytes();
    // The list is a part of the document.
    let start = (list.as_ptr() as usize).saturating_sub(document.as_ptr() as usize);
    let before = document.get(..start).unwrap_or_default();
    let mut refused = None;
    let items = Items {
        each,
        refused: &mut refused,
        item: PhantomData,
    };
    let place = Place::Member(&Place::Root, member);
    let read = read_at(list, &place, items, before);
    match refused {
        Some(refused) => Err(refused),
        None => read
            .map(|((), passed_over)| passed_over)
            .map_err(LoadError::from),
    }
}

/// Reads a JSON text that stands at a place, after `before`.
fn read_at<'de, S: DeserializeSeed<'de>>(
    json: &'de [u8],
    place: &Place<'_>,
    seed: S,
    before: &[u8],
) -> Result<(S::Value, Vec<Pointer>), Fault> {
    let notes = Notes::default();
    let mut from = serde_json::Deserializer::from_slice(json);
    let read = seed.deserialize(Reader {
        inner: &mut from,
        place,
        notes: &notes,
    });
    let read = read.and_then(|value| from.end().map(|()| value));
    let Notes { passed_over, fault } = notes;
    read.map(|value| (value, passed_over.into_inner()))
        .map_err(|error| {
            let (code, message) = described(&error, before);
            let place = fault.into_inner().unwrap_or_default();
            Fault {
                code,
                place,
                message,
            }
        })
}

/// The items of a list, one after the other.
struct Items<'f, T> {
    each: &'f mut dyn FnMut(T) -> Result<(), LoadError>,
    refused: &'f mut Option<LoadError>,
    item: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Items<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            if let Err(refused) = (self.each)(item) {
                *self.refused = Some(refused);
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

impl From<Fault> for LoadError {
    fn from(fault: Fault) -> Self {
        Self::new(fault.code, fault.place, fault.message)
    }
}

/// The code and the message of a reader's error in what stands after `before`.
fn described(error: &serde_json::Error, before: &[u8]) -> (Code, String) {
    let mut text = error.to_string();
    let (line, column) = (error.line(), error.column());
    if !before.is_empty()
        && let Some(message) = text.strip_suffix(&format!(" at line {line} column {column}"))
    {
        let last_line = before.rsplit(|&byte| byte == b'\n').next();
        let indent = last_line.filter(|_| line == 1).map_or(0, <[u8]>::len);
        let lines = before.iter().filter(|&&byte| byte == b'\n').count();
        let (line, column) = (line + lines, column + indent);
        text = format!("{message} at line {line} column {column}");
    }
    if let Some((code, message)) = uncoded(&text) {
        return (code, message.to_owned());
    }
    let code = match error.classify() {
        _ if text.starts_with("recursion limit exceeded") => Code::TooDeep,
        serde_json::error::Category::Data => Code::InvalidField,
        _ => Code::MalformedJson,
    };
    (code, text)
}

#[derive(Default)]
struct Notes {
    passed_over: RefCell<Vec<Pointer>>,
    /// The place of the first error, which is the innermost one.
    fault: RefCell<Option<Pointer>>,
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

/// A deserializer, visitor, seed or access, at a place.
struct Reader<'p, X> {
    inner: X,
    place: &'p Place<'p>,
    notes: &'p Notes,
}

macro_rules! deserialize_at_place {
    ($($method:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            let Self { inner, place, notes } = self;
            inner.$method(Reader { inner: visitor, place, notes })
        }
    )* };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Reader<'_, D> {
    type Error = D::Error;

    deserialize_at_place! {
        deserialize_any deserialize_bool deserialize_str deserialize_string deserialize_option
        deserialize_seq deserialize_map deserialize_f64 deserialize_u64 deserialize_i64
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.notes
            .passed_over
            .borrow_mut()
            .push(self.place.pointer());
        self.inner.deserialize_ignored_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // Text that is kept as it is written goes by a name that only the inner reader knows.
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct
        enum identifier
    }
}

macro_rules! visit_scalar {
    ($($method:ident: $type:ty),* $(,)?) => { $(
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )* };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Reader<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit_scalar! {
        visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64,
        visit_str: &str, visit_borrowed_str: &'de str, visit_string: String,
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<V::Value, D::Error> {
        let Self {
            inner,
            place,
            notes,
        } = self;
        inner.visit_some(Reader {
            inner: from,
            place,
            notes,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let Self {
            inner,
            place,
            notes,
        } = self;
        inner.visit_seq(Sequence {
            access,
            index: 0,
            place,
            notes,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let Self {
            inner,
            place,
            notes,
        } = self;
        inner.visit_map(Members {
            access,
            key: Cow::Borrowed(""),
            place,
            notes,
        })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(access)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Reader<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<S::Value, D::Error> {
        let Self {
            inner,
            place,
            notes,
        } = self;
        inner
            .deserialize(Reader {
                inner: from,
                place,
                notes,
            })
            .inspect_err(|_| {
                notes
                    .fault
                    .borrow_mut()
                    .get_or_insert_with(|| place.pointer());
            })
    }
}

struct Sequence<'p, A> {
    access: A,
    index: usize,
    place: &'p Place<'p>,
    notes: &'p Notes,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Sequence<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let place = Place::Item(self.place, self.index);
        self.index += 1;
        self.access.next_element_seed(Reader {
            inner: seed,
            place: &place,
            notes: self.notes,
        })
    }

    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

struct Members<'p, 'de, A> {
    access: A,
    /// The key of the value that comes next.
    key: Cow<'de, str>,
    place: &'p Place<'p>,
    notes: &'p Notes,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let Some(key) = self.access.next_key_seed(Key)? else {
            return Ok(None);
        };
        self.key = key;
        let read = match &self.key {
            Cow::Borrowed(key) => seed.deserialize(BorrowedStrDeserializer::<A::Error>::new(key)),
            Cow::Owned(key) => seed.deserialize(StrDeserializer::<A::Error>::new(key)),
        };
        read.map(Some).inspect_err(|_| {
            let place = Place::Member(self.place, &self.key);
            self.notes
                .fault
                .borrow_mut()
                .get_or_insert_with(|| place.pointer());
        })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let place = Place::Member(self.place, &self.key);
        self.access.next_value_seed(Reader {
            inner: seed,
            place: &place,
            notes: self.notes,
        })
    }

    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

/// A key as text, borrowed from the document where it is written without escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
