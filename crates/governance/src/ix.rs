//! Interned ids: small numbers, typed so that one kind is never compared with another.

use std::hash::BuildHasher;
use std::marker::PhantomData;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// An index into the table of one kind of thing.
pub(crate) trait Ix: Copy + Eq {
    fn new(number: u32) -> Self;
    fn number(self) -> u32;
    fn at(self) -> usize {
        self.number() as usize
    }
}

macro_rules! index_types {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(u32);

        impl Ix for $name {
            fn new(number: u32) -> Self {
                Self(number)
            }
            fn number(self) -> u32 {
                self.0
            }
        }
    )+ };
}

index_types! {
    /// A user, or an id that stands where a user's id belongs and names nobody.
    UserIx,
    RoleIx,
    ProfileIx,
    JobRoleIx,
    CompanyIx,
    /// A record within its type.
    RecordIx,
    DealIx,
}

/// The ids of one kind, each stored once and numbered in the order of arrival.
///
/// An id that is only mentioned (a holder who names nobody) has a number as well: the things that
/// exist are told apart by the table that belongs to the ids. Ids are compared byte for byte (§10.4).
#[derive(Debug, Clone)]
pub(crate) struct Ids<I> {
    text: String,
    /// Where each id ends in `text`; it begins where the one before ends.
    ends: Vec<u32>,
    table: HashTable<u32>,
    kind: PhantomData<I>,
}

/// There is no number left for one more id, or no room for its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl<I> Default for Ids<I> {
    fn default() -> Self {
        Self {
            text: String::new(),
            ends: Vec::new(),
            table: HashTable::new(),
            kind: PhantomData,
        }
    }
}

impl<I: Ix> Ids<I> {
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self {
            ends: Vec::with_capacity(count),
            table: HashTable::with_capacity(count),
            ..Self::default()
        }
    }

    /// How many ids there are, the merely mentioned ones included.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, id: &str) -> Option<I> {
        self.table
            .find(hash(id), |&number| {
                text_at(&self.text, &self.ends, number) == id
            })
            .map(|&number| I::new(number))
    }

    /// The number of `id`, which is a new one if it is seen for the first time.
    pub(crate) fn intern(&mut self, id: &str) -> Result<I, Full> {
        if let Some(known) = self.get(id) {
            return Ok(known);
        }
        let number = u32::try_from(self.ends.len())
            .ok()
            .filter(|&number| number != u32::MAX)
            .ok_or(Full)?;
        let end = u32::try_from(self.text.len() + id.len()).map_err(|_| Full)?;
        self.text.push_str(id);
        self.ends.push(end);
        let Self {
            text, ends, table, ..
        } = self;
        table.insert_unique(hash(id), number, |&other| hash(text_at(text, ends, other)));
        Ok(I::new(number))
    }

    pub(crate) fn text(&self, ix: I) -> &str {
        text_at(&self.text, &self.ends, ix.number())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = I> + use<I> {
        (0..u32::try_from(self.ends.len()).unwrap_or(u32::MAX)).map(I::new)
    }
}

fn hash(id: &str) -> u64 {
    // The seed is fixed, because randomness would be an input; a hostile organisation can slow its own load only.
    FixedState::with_seed(0x51de_11e7).hash_one(id)
}

fn text_at<'a>(text: &'a str, ends: &[u32], number: u32) -> &'a str {
    let at = number as usize;
    let start = at
        .checked_sub(1)
        .and_then(|before| ends.get(before))
        .map_or(0, |&end| end as usize);
    let end = ends.get(at).map_or(start, |&end| end as usize);
    text.get(start..end).unwrap_or_default()
}

/// Lists of `V`, one per index, stored end to end.
#[derive(Debug, Clone)]
pub(crate) struct Rows<I, V> {
    starts: Vec<u32>,
    values: Vec<V>,
    kind: PhantomData<I>,
}

impl<I, V> Default for Rows<I, V> {
    fn default() -> Self {
        Self {
            starts: vec![0],
            values: Vec::new(),
            kind: PhantomData,
        }
    }
}

impl<I: Ix, V: Copy> Rows<I, V> {
    /// Appends the list of the next index.
    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = V>) {
        self.values.extend(row);
        self.starts
            .push(u32::try_from(self.values.len()).unwrap_or(u32::MAX));
    }

    /// The list of `ix`; empty where there is none.
    pub(crate) fn get(&self, ix: I) -> &[V] {
        let start = self.starts.get(ix.at()).copied().unwrap_or_default() as usize;
        let end = self.starts.get(ix.at() + 1).copied().unwrap_or_default() as usize;
        self.values.get(start..end).unwrap_or_default()
    }

    /// Collects pairs of (index, value) into one list per index, each in the order of the pairs.
    pub(crate) fn group(
        count: usize,
        pairs: impl Iterator<Item = (I, V)> + Clone,
        filler: V,
    ) -> Self {
        let mut starts = vec![0_u32; count + 1];
        for (ix, _) in pairs.clone() {
            if let Some(size) = starts.get_mut(ix.at() + 1) {
                *size += 1;
            }
        }
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut next = starts.clone();
        let mut values = vec![filler; total as usize];
        for (ix, value) in pairs {
            if let Some(place) = next.get_mut(ix.at())
                && let Some(slot) = values.get_mut(*place as usize)
            {
                *slot = value;
                *place += 1;
            }
        }
        Self {
            starts,
            values,
            kind: PhantomData,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_byte_for_byte() {
        let mut ids = Ids::<UserIx>::default();
        let numbers: Vec<_> = [
            "a",
            "A",
            "007",
            "7",
            "__proto__",
            "🦊",
            "a",
            " ",
            "e\u{301}",
            "é",
        ]
        .into_iter()
        .map(|id| ids.intern(id).map(Ix::number))
        .collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 0, 6, 7, 8].map(Ok));
        assert_eq!(ids.get("🦊").map(|ix| ids.text(ix)), Some("🦊"));
        assert_eq!(ids.get("b"), None);
    }

    #[test]
    fn pairs_are_grouped_in_their_order() {
        let pairs = [
            (UserIx::new(2), 10),
            (UserIx::new(0), 11),
            (UserIx::new(2), 12),
        ];
        let rows = Rows::group(3, pairs.into_iter(), 0);
        assert_eq!(rows.get(UserIx::new(0)), [11]);
        assert!(rows.get(UserIx::new(1)).is_empty());
        assert_eq!(rows.get(UserIx::new(2)), [10, 12]);
        assert!(rows.get(UserIx::new(9)).is_empty());
    }
}
