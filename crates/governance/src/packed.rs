//! Numbers in few bytes: what there are many millions of.

use std::marker::PhantomData;
use std::ops::Range;

use crate::table::Ix;

/// Numbers, each in two bytes where that is enough for the largest of them, and else in four. One byte would be enough
/// only in small organisations, and every width is more to download.
#[derive(Debug, Clone)]
pub(crate) enum Numbers {
    Shorts(Vec<u16>),
    Words(Vec<u32>),
}

impl Default for Numbers {
    fn default() -> Self {
        Self::Shorts(Vec::new())
    }
}

impl Numbers {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Shorts(numbers) => numbers.len(),
            Self::Words(numbers) => numbers.len(),
        }
    }

    pub(crate) fn iter(&self) -> NumbersIter<'_> {
        self.range(0..self.len())
    }

    /// The number; `None` past the last that was set.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<u32> {
        match self {
            Self::Shorts(numbers) => numbers.get(at).map(|&number| number.into()),
            Self::Words(numbers) => numbers.get(at).copied(),
        }
    }

    /// The numbers of a range; none where it is not one of numbers that were set.
    #[inline]
    pub(crate) fn range(&self, range: Range<usize>) -> NumbersIter<'_> {
        match self {
            Self::Shorts(numbers) => {
                NumbersIter::Shorts(numbers.get(range).unwrap_or_default().iter())
            }
            Self::Words(numbers) => {
                NumbersIter::Words(numbers.get(range).unwrap_or_default().iter())
            }
        }
    }

    /// Keeps the places at which this number is.
    pub(crate) fn keep_places_of<I: Ix>(&self, number: u32, places: &mut Vec<I>) {
        match self {
            Self::Shorts(numbers) => match u16::try_from(number) {
                Ok(number) => keep(places, |place| numbers.get(place.at()) == Some(&number)),
                Err(_) => places.clear(),
            },
            Self::Words(numbers) => keep(places, |place| numbers.get(place.at()) == Some(&number)),
        }
    }

    /// Sets a number. Those before it that were not set are zero.
    #[inline]
    pub(crate) fn set(&mut self, at: usize, number: u32) {
        let is_set = match self {
            Self::Shorts(numbers) => put(numbers, at, number),
            Self::Words(numbers) => put(numbers, at, number),
        };
        if !is_set {
            self.widen();
            self.set(at, number);
        }
    }

    #[cold]
    fn widen(&mut self) {
        *self = match self {
            Self::Shorts(numbers) => Self::Words(numbers.iter().map(|&one| one.into()).collect()),
            Self::Words(numbers) => Self::Words(std::mem::take(numbers)),
        };
    }

    /// Gives back the room that was kept for more.
    pub(crate) fn shrink_to_fit(&mut self) {
        match self {
            Self::Shorts(numbers) => numbers.shrink_to_fit(),
            Self::Words(numbers) => numbers.shrink_to_fit(),
        }
    }
}

/// Like `Vec::retain`, and quicker where it cannot be foreseen what is kept: every place is written, kept or not, and the
/// next is written over one that is not.
fn keep<I: Copy>(places: &mut Vec<I>, is_kept: impl Fn(I) -> bool) {
    let mut kept = 0;
    for at in 0..places.len() {
        if let Some(&place) = places.get(at)
            && let Some(slot) = places.get_mut(kept)
        {
            *slot = place;
            kept += usize::from(is_kept(place));
        }
    }
    places.truncate(kept);
}

/// Sets a number, if there is room for one so large.
#[inline]
fn put<N: TryFrom<u32> + Default>(numbers: &mut Vec<N>, at: usize, number: u32) -> bool {
    let Ok(number) = N::try_from(number) else {
        return false;
    };
    if let Some(slot) = numbers.get_mut(at) {
        *slot = number;
    } else {
        while numbers.len() < at {
            numbers.push(N::default());
        }
        numbers.push(number);
    }
    true
}

/// Numbers in their order.
#[derive(Debug, Clone)]
pub(crate) enum NumbersIter<'n> {
    Shorts(std::slice::Iter<'n, u16>),
    Words(std::slice::Iter<'n, u32>),
}

impl Iterator for NumbersIter<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        match self {
            Self::Shorts(numbers) => numbers.next().map(|&number| number.into()),
            Self::Words(numbers) => numbers.next().copied(),
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, u32) -> B>(self, first: B, mut add: F) -> B {
        match self {
            Self::Shorts(numbers) => numbers.fold(first, |all, &one| add(all, one.into())),
            Self::Words(numbers) => numbers.fold(first, |all, &one| add(all, one)),
        }
    }
}

/// What each place refers to, if anything. After the last that does, nothing takes room.
#[derive(Debug, Clone)]
pub(crate) struct PackedReferences<J> {
    /// One more than the number, and zero for nothing.
    numbers: Numbers,
    kind: PhantomData<J>,
}

impl<J> Default for PackedReferences<J> {
    fn default() -> Self {
        Self {
            numbers: Numbers::default(),
            kind: PhantomData,
        }
    }
}

impl<J: Ix> PackedReferences<J> {
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<J> {
        let number = self.numbers.get(at)?.checked_sub(1)?;
        Some(J::new(number))
    }

    #[inline]
    pub(crate) fn set(&mut self, at: usize, to: Option<J>) {
        if to.is_some() || self.get(at).is_some() {
            self.numbers.set(at, packed(to));
        }
    }

    /// Gives back the room that was kept for more.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.numbers.shrink_to_fit();
    }
}

impl<J> From<Numbers> for PackedReferences<J> {
    /// The references that these numbers are: each one more than the number, and zero for nothing.
    fn from(numbers: Numbers) -> Self {
        Self {
            numbers,
            kind: PhantomData,
        }
    }
}

fn packed<J: Ix>(to: Option<J>) -> u32 {
    to.map_or(0, |to| to.number() + 1)
}

/// Where parts end that lie end to end: each begins where the one before ends.
#[derive(Debug, Clone)]
pub(crate) struct Ends {
    ends: Packing,
    /// How many parts there are.
    len: usize,
    /// Where the last ends.
    last: u32,
}

#[derive(Debug, Clone)]
enum Packing {
    Near(Vec<Block>),
    /// Where the parts of some block are too long for it.
    Far(Vec<u32>),
}

/// Where a few parts end that follow each other, counted from where the first of them begins.
#[derive(Debug, Clone, Copy)]
struct Block {
    base: u32,
    ends: [u16; Block::LEN],
}

impl Block {
    /// More would save little, and be farther from their base in memory.
    const LEN: usize = 16;

    fn at(base: u32) -> Self {
        let ends = [0; Self::LEN];
        Self { base, ends }
    }

    /// Takes note of where a part ends, if there is room for one so long.
    fn put(&mut self, at: usize, end: u32) -> bool {
        let near = u16::try_from(end.saturating_sub(self.base));
        let slot = self.ends.get_mut(at);
        match slot.zip(near.ok()) {
            Some((slot, near)) => {
                *slot = near;
                true
            }
            None => false,
        }
    }
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            ends: Packing::Near(Vec::new()),
            len: 0,
            last: 0,
        }
    }
}

impl Ends {
    pub(crate) fn with_capacity(count: usize) -> Self {
        let blocks = Vec::with_capacity(count.div_ceil(Block::LEN));
        Self {
            ends: Packing::Near(blocks),
            ..Self::default()
        }
    }

    /// Parts of these lengths; `None` where they are too long together.
    pub(crate) fn of_lengths(lengths: &Numbers) -> Option<Self> {
        if let Numbers::Shorts(lengths) = lengths
            && let Some(near) = Self::near(lengths)
        {
            return Some(near);
        }
        let mut ends = Self::with_capacity(lengths.len());
        let mut end = 0_u32;
        for length in lengths.iter() {
            end = end.checked_add(length)?;
            ends.push(end);
        }
        Some(ends)
    }

    /// The same where the parts of each block are short enough for it: quicker than one after the other.
    fn near(lengths: &[u16]) -> Option<Self> {
        let mut blocks = Vec::with_capacity(lengths.len().div_ceil(Block::LEN));
        let mut last = 0_u32;
        for lengths in lengths.chunks(Block::LEN) {
            let mut block = Block::at(last);
            let mut end = 0_u16;
            for (slot, &length) in block.ends.iter_mut().zip(lengths) {
                end = end.checked_add(length)?;
                *slot = end;
            }
            last = last.checked_add(end.into())?;
            blocks.push(block);
        }
        Some(Self {
            ends: Packing::Near(blocks),
            len: lengths.len(),
            last,
        })
    }

    /// How many parts there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Where the last part ends.
    pub(crate) fn last(&self) -> u32 {
        self.last
    }

    /// Adds a part that ends there, which is not before the end of the last.
    #[inline]
    pub(crate) fn push(&mut self, end: u32) {
        let is_near = match &mut self.ends {
            Packing::Near(blocks) => {
                let at = self.len % Block::LEN;
                if at == 0 {
                    blocks.push(Block::at(self.last));
                }
                blocks.last_mut().is_some_and(|block| block.put(at, end))
            }
            Packing::Far(ends) => {
                ends.push(end);
                true
            }
        };
        if !is_near {
            let ends = (0..self.len).map(|at| self.bounds(at).1);
            self.ends = Packing::Far(ends.chain([end]).collect());
        }
        self.len += 1;
        self.last = end;
    }

    /// Adds empty parts, until there are so many.
    pub(crate) fn fill(&mut self, count: usize) {
        while self.len < count {
            self.push(self.last);
        }
    }

    /// Where a part is; nowhere past the last.
    #[inline]
    pub(crate) fn range(&self, at: usize) -> Range<usize> {
        let (start, end) = self.bounds(at);
        start as usize..end as usize
    }

    /// Hands on where each part is, in their order.
    #[inline]
    pub(crate) fn each_range(&self, mut each: impl FnMut(Range<usize>)) {
        let mut start = 0;
        let mut end_at = |end: u32| {
            let end = end as usize;
            each(start..end);
            start = end;
        };
        match &self.ends {
            Packing::Near(blocks) => {
                let mut rest = self.len;
                for block in blocks {
                    let ends = block.ends.iter().take(rest);
                    ends.for_each(|&end| end_at(block.base + u32::from(end)));
                    rest = rest.saturating_sub(Block::LEN);
                }
            }
            Packing::Far(ends) => ends.iter().copied().for_each(end_at),
        }
    }

    #[inline]
    fn bounds(&self, at: usize) -> (u32, u32) {
        let bounds = match &self.ends {
            Packing::Near(blocks) => blocks.get(at / Block::LEN).and_then(|block| {
                let at = at % Block::LEN;
                let end = |at: usize| Some(block.base + u32::from(*block.ends.get(at)?));
                let start = at.checked_sub(1).map_or(Some(block.base), end);
                start.zip(end(at))
            }),
            Packing::Far(ends) => ends.get(at).map(|&end| {
                let before = at.checked_sub(1).and_then(|before| ends.get(before));
                (before.copied().unwrap_or_default(), end)
            }),
        };
        bounds.unwrap_or_default()
    }

    /// Gives back the room that was kept for more.
    pub(crate) fn shrink_to_fit(&mut self) {
        match &mut self.ends {
            Packing::Near(blocks) => blocks.shrink_to_fit(),
            Packing::Far(ends) => ends.shrink_to_fit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::UserIx;

    #[test]
    fn numbers_stay_what_they_were_when_larger_ones_come() {
        let given = [0, 0xFF, 7, 0x100, 0xFFFF, 7, 0x1_0000, u32::MAX];
        let mut numbers = Numbers::default();
        for (at, &number) in given.iter().enumerate() {
            assert_eq!(numbers.get(at), None);
            numbers.set(at, number);
            let kept: Vec<_> = (0..=at).filter_map(|at| numbers.get(at)).collect();
            assert_eq!(Some(kept.as_slice()), given.get(..=at));
            assert!(numbers.range(0..at + 1).eq(kept));
            assert_eq!(numbers.range(at..at + 2).next(), None);
        }
        let widths = given.map(|number| {
            let mut numbers = Numbers::default();
            numbers.set(2, number);
            assert_eq!(
                [0, 1, 2].map(|at| numbers.get(at)),
                [Some(0), Some(0), Some(number)]
            );
            match numbers {
                Numbers::Shorts(_) => 2,
                Numbers::Words(_) => 4,
            }
        });
        assert_eq!(widths, [2, 2, 2, 2, 2, 2, 4, 4]);
    }

    #[test]
    fn places_are_kept_by_their_number_whatever_the_width() {
        for other in [7, 70_000] {
            let mut numbers = Numbers::default();
            for (at, number) in [3, other, 3, 5].into_iter().enumerate() {
                numbers.set(at, number);
            }
            let places = [0, 1, 2, 3, 9].map(UserIx::new);
            for (number, kept) in [(3, vec![0, 2]), (5, vec![3]), (70_001, vec![])] {
                let mut places = places.to_vec();
                numbers.keep_places_of(number, &mut places);
                let places: Vec<_> = places.into_iter().map(Ix::number).collect();
                assert_eq!(places, kept);
            }
        }
    }

    #[test]
    fn what_refers_to_nothing_at_the_end_takes_no_room() {
        let user = |number| Some(UserIx::new(number));
        let given = [None, user(0), None, user(70_000), user(254)];
        let mut references = PackedReferences::default();
        for (at, to) in given.into_iter().enumerate() {
            references.set(at, to);
        }
        references.set(5, None);
        assert_eq!(references.numbers.get(5), None);
        references.set(4, None);
        references.set(2, user(254));
        let kept = [None, user(0), user(254), user(70_000), None, None];
        for (at, to) in kept.into_iter().enumerate() {
            assert_eq!(references.get(at), to);
        }
    }

    #[test]
    fn parts_lie_end_to_end_whatever_their_lengths() {
        let lengths = [0, 0, 5, 36, 300, 0, 1, 2, 3, 70_000, 0, 0, 0, 0, 0, 0, 9, 1];
        let mut end = 0;
        let ends = lengths.map(|length| {
            end += length;
            end
        });
        let mut parts = Ends::default();
        ends.into_iter().for_each(|end| parts.push(end));
        parts.fill(20);
        assert_eq!((parts.len(), parts.last()), (20, end));
        let mut start = 0;
        let mut ranges = Vec::new();
        parts.each_range(|range| ranges.push(range));
        assert_eq!(ranges.len(), 20);
        for (at, end) in ends.into_iter().chain([end; 2]).enumerate() {
            assert_eq!(parts.range(at), start..end as usize);
            assert_eq!(ranges.get(at), Some(&(start..end as usize)));
            start = end as usize;
        }
        assert!(parts.range(20).is_empty());
        assert!(Ends::default().range(0).is_empty());
    }
}
