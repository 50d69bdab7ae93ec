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
        insert_all(&mut bits, lists);
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
    pub(crate) fn to_numbers(&self) -> Vec<u32> {
        let bits = match self {
            Self::Listed(numbers) => return numbers.clone(),
            Self::Bits(bits) => bits,
        };
        let count = bits.count_ones(..);
        // Four places are written at once, and those that do not count are written over: how many do is seldom foreseen,
        // and a loop over the ones waits for that. It is written out, since loops are kept short in a module.
        let mut numbers = vec![0; count + 4];
        let (mut written, mut first) = (0, 0);
        for &word in bits.as_slice() {
            let ones = word.count_ones() as usize;
            if ones <= 4 {
                if let Some([a, b, c, d]) = four(&mut numbers, written) {
                    let rest = word;
                    *a = first + rest.trailing_zeros();
                    let rest = rest & rest.wrapping_sub(1);
                    *b = first + rest.trailing_zeros();
                    let rest = rest & rest.wrapping_sub(1);
                    *c = first + rest.trailing_zeros();
                    let rest = rest & rest.wrapping_sub(1);
                    *d = first + rest.trailing_zeros();
                }
                written += ones;
            } else if ones <= WIDTH / 8 {
                // In a long word there are too many half bytes to look up for these.
                let mut rest = word;
                while rest != 0 {
                    if let Some(slot) = numbers.get_mut(written) {
                        *slot = first + rest.trailing_zeros();
                    }
                    written += 1;
                    rest &= rest - 1;
                }
            } else {
                let (mut rest, mut first) = (word, first);
                for _ in 0..usize::BITS / 4 {
                    if let Some([a, b, c, d]) = four(&mut numbers, written)
                        && let Some(places) = PLACES.get(rest & 0xF)
                    {
                        *a = first + u32::from(places[0]);
                        *b = first + u32::from(places[1]);
                        *c = first + u32::from(places[2]);
                        *d = first + u32::from(places[3]);
                    }
                    written += (rest & 0xF).count_ones() as usize;
                    rest >>= 4;
                    first += 4;
                }
            }
            first += usize::BITS;
        }
        numbers.truncate(count);
        numbers
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

    /// The members after one, in load order, and whether more follow than so many.
    pub(crate) fn page<I: Ix>(&self, after: Option<I>, limit: Option<usize>) -> (Vec<I>, bool) {
        let is_before = |one: &I| after.is_some_and(|after| one.number() <= after.number());
        let mut rest = self.iter().skip_while(is_before);
        let page = rest.by_ref().take(limit.unwrap_or(usize::MAX)).collect();
        (page, rest.next().is_some())
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

/// Adds the members of lists to a set that has room for them.
pub(crate) fn insert_all<'l, I: Ix>(bits: &mut FixedBitSet, lists: impl Iterator<Item = &'l [I]>) {
    let words = bits.as_mut_slice();
    // Plain loops: this is where a large set is made, and a chain of iterators is only as fast where all of it is inlined.
    for list in lists {
        for one in list {
            if let Some(word) = words.get_mut(one.at() / WIDTH) {
                *word |= 1 << (one.at() % WIDTH);
            }
        }
    }
}

/// The four slots from one on.
#[inline(always)]
fn four(slots: &mut [u32], from: usize) -> Option<&mut [u32; 4]> {
    slots.get_mut(from..)?.first_chunk_mut()
}

/// The places of the ones among four bits, the lowest first.
const PLACES: [[u8; 4]; 16] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [2, 0, 0, 0],
    [0, 2, 0, 0],
    [1, 2, 0, 0],
    [0, 1, 2, 0],
    [3, 0, 0, 0],
    [0, 3, 0, 0],
    [1, 3, 0, 0],
    [0, 1, 3, 0],
    [2, 3, 0, 0],
    [0, 2, 3, 0],
    [1, 2, 3, 0],
    [0, 1, 2, 3],
];

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
            assert_eq!(one.to_numbers(), [3, 7, 64, 99]);
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
    fn members_are_told_alike_one_by_one_and_all_at_once() {
        // Every byte, each once among few others and once among many.
        for others in [0, u64::MAX << 8] {
            for byte in 0..=255_u64 {
                let word = byte | others;
                let ones = (0..64).filter(|place| word >> place & 1 == 1);
                let ones: Vec<u32> = ones.flat_map(|place| [place, 128 + place]).collect();
                let one = set(&ones, 200);
                assert_eq!(one.to_numbers(), numbers(&one));
                assert_eq!(one.len(), ones.len());
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
