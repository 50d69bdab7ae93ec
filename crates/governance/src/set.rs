//! Sets of records or of deals, by number.

use fixedbitset::FixedBitSet;

use crate::table::Ix;

/// A set of numbers: those of few are listed, and for many there is a bit for each that could be in it.
///
/// A bit for each of a million records takes longer to look through than a seller's hundred records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Set {
    /// In order, and each once.
    Listed(Vec<u32>),
    Bits(FixedBitSet),
}

impl Default for Set {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Set {
    /// So many times fewer than there could be are few.
    const FEW: usize = 128;

    /// What is in one of the lists, each of which is in order, of numbers below `count`.
    pub(crate) fn union<'l, I: Ix>(
        lists: impl Iterator<Item = &'l [I]> + Clone,
        count: usize,
    ) -> Self {
        let total: usize = lists.clone().map(<[I]>::len).sum();
        if total <= count / Self::FEW {
            let mut numbers = Vec::with_capacity(total);
            numbers.extend(lists.flatten().map(|one| one.number()));
            numbers.sort_unstable();
            numbers.dedup();
            return Self::Listed(numbers);
        }
        let mut bits = FixedBitSet::with_capacity(count);
        let words = bits.as_mut_slice();
        // Plain loops: this is where a large set is made, and a chain of iterators is only as fast where all of it is inlined.
        for list in lists {
            for one in list {
                if let Some(word) = words.get_mut(one.at() / WIDTH) {
                    *word |= 1 << (one.at() % WIDTH);
                }
            }
        }
        Self::Bits(bits)
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Listed(numbers) => numbers.len(),
            Self::Bits(bits) => bits.count_ones(..),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Listed(numbers) => numbers.is_empty(),
            Self::Bits(bits) => bits.is_clear(),
        }
    }

    pub(crate) fn contains<I: Ix>(&self, one: I) -> bool {
        match self {
            Self::Listed(numbers) => numbers.binary_search(&one.number()).is_ok(),
            Self::Bits(bits) => bits.contains(one.at()),
        }
    }

    /// The members, in load order, all at once.
    pub(crate) fn to_vec<I: Ix>(&self) -> Vec<I> {
        let mut members = Vec::with_capacity(self.len());
        match self {
            Self::Listed(numbers) => {
                members.extend(numbers.iter().map(|&number| I::new(number)));
            }
            Self::Bits(bits) => {
                let mut first = 0;
                for &word in bits.as_slice() {
                    let mut rest = word;
                    while rest != 0 {
                        members.push(I::new(first + rest.trailing_zeros()));
                        rest &= rest - 1;
                    }
                    first += usize::BITS;
                }
            }
        }
        members
    }

    /// The members, in load order.
    pub(crate) fn iter<I: Ix>(&self) -> impl Iterator<Item = I> + '_ {
        let (listed, bits) = match self {
            Self::Listed(numbers) => (numbers.as_slice(), None),
            Self::Bits(bits) => (&[][..], Some(bits)),
        };
        let bits = bits.into_iter().flat_map(members);
        listed.iter().map(|&number| I::new(number)).chain(bits)
    }

    /// Adds numbers from lists as [`union`](Self::union) takes them.
    pub(crate) fn extend<'l, I: Ix>(
        &mut self,
        lists: impl Iterator<Item = &'l [I]> + Clone,
        count: usize,
    ) {
        let added = Self::union(lists, count);
        if !added.is_empty() {
            let mut bits = std::mem::take(self).into_bits();
            added.add_to(&mut bits);
            *self = Self::Bits(bits);
        }
    }

    /// Keeps what is in the other set as well.
    pub(crate) fn intersect_with(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Bits(bits), Self::Bits(other)) => bits.intersect_with(other),
            (Self::Listed(numbers), Self::Bits(other)) => {
                numbers.retain(|&number| other.contains(number as usize));
            }
            (_, Self::Listed(numbers)) => {
                let mut numbers = numbers.clone();
                numbers.retain(|&number| self.has(number));
                *self = Self::Listed(numbers);
            }
        }
    }

    /// What is in this set and not in the other.
    pub(crate) fn without(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Bits(bits), Self::Bits(other)) => {
                let mut bits = bits.clone();
                bits.difference_with(other);
                Self::Bits(bits)
            }
            (Self::Bits(bits), Self::Listed(numbers)) => {
                let mut bits = bits.clone();
                for &number in numbers {
                    if bits.contains(number as usize) {
                        bits.remove(number as usize);
                    }
                }
                Self::Bits(bits)
            }
            (Self::Listed(numbers), other) => {
                let numbers = numbers.iter().copied();
                Self::Listed(numbers.filter(|&number| !other.has(number)).collect())
            }
        }
    }

    /// Adds the members to a set of bits.
    pub(crate) fn add_to(&self, set: &mut FixedBitSet) {
        match self {
            Self::Listed(numbers) => numbers
                .iter()
                .for_each(|&number| set.grow_and_insert(number as usize)),
            Self::Bits(bits) => set.union_with(bits),
        }
    }

    fn has(&self, number: u32) -> bool {
        match self {
            Self::Listed(numbers) => numbers.binary_search(&number).is_ok(),
            Self::Bits(bits) => bits.contains(number as usize),
        }
    }

    fn into_bits(self) -> FixedBitSet {
        match self {
            Self::Listed(numbers) => numbers.into_iter().map(|number| number as usize).collect(),
            Self::Bits(bits) => bits,
        }
    }
}

/// The bits of a word.
const WIDTH: usize = usize::BITS as usize;

/// The members of a set of bits, in load order.
pub(crate) fn members<I: Ix>(set: &FixedBitSet) -> impl Iterator<Item = I> + '_ {
    set.ones()
        .filter_map(|number| u32::try_from(number).ok())
        .map(I::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::RecordIx;

    fn set(numbers: &[u32], count: usize) -> Set {
        let numbers: Vec<_> = numbers.iter().copied().map(RecordIx::new).collect();
        Set::union(std::iter::once(numbers.as_slice()), count)
    }

    fn numbers(set: &Set) -> Vec<u32> {
        set.iter::<RecordIx>().map(Ix::number).collect()
    }

    /// The same numbers, listed and as bits.
    fn forms(numbers: &[u32]) -> [Set; 2] {
        let forms = [set(numbers, 100_000), set(numbers, 100)];
        assert!(matches!(forms, [Set::Listed(_), Set::Bits(_)]));
        forms
    }

    #[test]
    fn both_forms_answer_alike() {
        for one in forms(&[3, 7, 64, 99]) {
            assert_eq!(numbers(&one), [3, 7, 64, 99]);
            assert_eq!(one.to_vec::<RecordIx>().len(), one.len());
            assert!(one.iter::<RecordIx>().eq(one.to_vec()));
            assert_eq!(one.len(), 4);
            assert!(one.contains(RecordIx::new(64)) && !one.contains(RecordIx::new(65)));
            for other in forms(&[7, 8, 99]) {
                let mut both = one.clone();
                both.intersect_with(&other);
                assert_eq!(numbers(&both), [7, 99]);
                assert_eq!(numbers(&one.without(&other)), [3, 64]);
                assert!(one.without(&one).is_empty());
            }
        }
    }

    #[test]
    fn lists_that_overlap_are_put_together() {
        let lists = [[1, 5], [5, 9], [0, 1]].map(|list| list.map(RecordIx::new));
        for count in [10, 10_000] {
            let mut union = Set::union(lists.iter().map(|list| &list[..]), count);
            assert_eq!(numbers(&union), [0, 1, 5, 9]);
            union.extend(std::iter::once(&[2, 5].map(RecordIx::new)[..]), count);
            assert_eq!(numbers(&union), [0, 1, 2, 5, 9]);
        }
    }
}
