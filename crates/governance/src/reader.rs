//! Reading JSON with the place of a fault, and of members that the format does not have.
//!
//! One wrapper around serde's deserializer does three things, so that each type is compiled for one
//! reader only: it knows where it is, it notes what is passed over, and it takes an object only in
//! the form of an object (serde's own reader takes `["ada", "Ada"]` for a user as well).

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::value::CowStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use crate::error::{Code, Pointer, uncoded};

/// What is wrong with a text that was read.
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) place: Pointer,
    pub(crate) message: String,
}

/// Reads one JSON text, and the places of the members that were passed over.
pub(crate) fn read<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<(T, Vec<Pointer>), Fault> {
    let notes = Notes::default();
    let mut from = serde_json::Deserializer::from_slice(json);
    let read = T::deserialize(Reader {
        inner: &mut from,
        place: &Place::Root,
        notes: &notes,
    });
    let read = read.and_then(|value| from.end().map(|()| value));
    let Notes { passed_over, fault } = notes;
    read.map(|value| (value, passed_over.into_inner()))
        .map_err(|error| {
            let (code, message) = described(&error);
            let place = fault.into_inner().unwrap_or_default();
            Fault {
                code,
                place,
                message,
            }
        })
}

/// The code and the message of a reader's error.
fn described(error: &serde_json::Error) -> (Code, String) {
    let text = error.to_string();
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
        inner.visit_seq(Items {
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

struct Items<'p, A> {
    access: A,
    index: usize,
    place: &'p Place<'p>,
    notes: &'p Notes,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Items<'_, A> {
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
        let key = match &self.key {
            Cow::Borrowed(key) => Cow::Borrowed(*key),
            Cow::Owned(key) => Cow::Borrowed(key.as_str()),
        };
        let read = seed.deserialize(CowStrDeserializer::<A::Error>::new(key));
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
