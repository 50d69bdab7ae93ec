//! What was worked out lately, found by what it is about.

use std::mem;
use std::num::NonZeroU64;

use crate::profile::Action;
use crate::record::RecordType;

/// Answers beside their questions: as near at hand as can be, in open addressing with linear probing.
#[derive(Debug)]
pub(crate) struct Memo<T> {
    /// None, or a power of two, of which at most half are taken.
    entries: Vec<Option<(Key, T)>>,
    /// How many bits of a hash do not tell where to look.
    shift: u32,
    /// How many are taken.
    len: usize,
}

/// What an answer is about: a user or a record, by number, and the words of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(NonZeroU64);

impl Key {
    #[inline]
    pub(crate) fn new(number: u32, kind: RecordType, action: Action) -> Self {
        let words = (kind as u64) << 4 | action as u64;
        Self(NonZeroU64::MIN | words << 33 | u64::from(number) << 1)
    }
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            shift: u64::BITS - 1,
            len: 0,
        }
    }
}

impl<T> Memo<T> {
    /// So many are kept at most; for one more, all are forgotten.
    pub(crate) const MOST: usize = 16_384;

    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        let mut at = self.home(key);
        // It ends, since there are vacant entries.
        loop {
            match self.entries.get(at)? {
                Some((known, answer)) if *known == key => return Some(answer),
                Some(_) => at = self.after(at),
                None => return None,
            }
        }
    }

    /// Keeps an answer where none is kept.
    pub(crate) fn put(&mut self, key: Key, answer: T) {
        if self.len == Self::MOST {
            *self = Self::default();
        }
        if 2 * self.len >= self.entries.len() {
            self.shift -= 1;
            let kept = mem::take(&mut self.entries);
            self.entries
                .resize_with(1 << (u64::BITS - self.shift), || None);
            kept.into_iter()
                .flatten()
                .for_each(|entry| self.place(entry));
        }
        self.place((key, answer));
        self.len += 1;
    }

    fn place(&mut self, entry: (Key, T)) {
        let mut at = self.home(entry.0);
        while self.entries.get(at).is_some_and(Option::is_some) {
            at = self.after(at);
        }
        if let Some(vacant) = self.entries.get_mut(at) {
            *vacant = Some(entry);
        }
    }

    /// The entry to look at first.
    #[inline]
    fn home(&self, key: Key) -> usize {
        (mixed(key.0.get()) >> self.shift) as usize
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.entries.len() - 1)
    }
}

/// Which numbers were asked about before, or seem to have been: a bit for each hash.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    bits: Vec<u64>,
    /// How many bits are set.
    len: usize,
}

impl Asked {
    /// As many as a part of a hash has values.
    const BITS: usize = 1 << Self::HASHED;
    const HASHED: u32 = 17;

    /// Whether it seems to have been asked before; from now on, it was.
    pub(crate) fn again(&mut self, number: u32) -> bool {
        // With more bits than an eighth, too much would seem so.
        if self.bits.is_empty() || self.len == Self::BITS / 8 {
            self.bits = vec![0; Self::BITS / 64];
            self.len = 0;
        }
        let place = (mixed(number.into()) >> (u64::BITS - Self::HASHED)) as usize;
        let Some(bits) = self.bits.get_mut(place / 64) else {
            return false;
        };
        let bit = 1 << (place % 64);
        let again = *bits & bit != 0;
        *bits |= bit;
        self.len += usize::from(!again);
        again
    }
}

/// A number whose highest bits differ for numbers that are near one another.
#[inline]
fn mixed(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn keys(count: u32, action: Action) -> impl Iterator<Item = Key> {
        let kinds = [RecordType::Account, RecordType::Task];
        (0..count).flat_map(move |number| kinds.map(|kind| Key::new(number, kind, action)))
    }

    #[test]
    fn what_is_kept_is_found_by_all_of_its_key() {
        let mut memo = Memo::default();
        for (at, key) in keys(1_000, Action::View).enumerate() {
            assert_eq!(memo.get(key), None);
            memo.put(key, at);
            assert_eq!(memo.get(key), Some(&at));
        }
        for (at, key) in keys(1_000, Action::View).enumerate() {
            assert_eq!(memo.get(key), Some(&at));
        }
        assert!(keys(1_000, Action::Edit).all(|key| memo.get(key).is_none()));
    }

    #[test]
    fn one_more_than_the_most_is_kept_alone() {
        let mut memo = Memo::default();
        let all: Vec<_> = keys(Memo::<()>::MOST as u32 / 2 + 1, Action::View).collect();
        let (kept, more) = all.split_at(Memo::<()>::MOST);
        kept.iter().for_each(|&key| memo.put(key, ()));
        assert!(kept.iter().all(|&key| memo.get(key).is_some()));
        let &more = more.first().unwrap();
        memo.put(more, ());
        assert!(memo.get(more).is_some());
        assert!(kept.iter().all(|&key| memo.get(key).is_none()));
    }

    #[test]
    fn few_seem_to_have_been_asked_before_that_were_not() {
        let mut asked = Asked::default();
        let first = (0..2_000).filter(|&number| asked.again(number * 7)).count();
        assert!(first < 40, "{first}");
        assert!((0..2_000).all(|number| asked.again(number * 7)));
        // Whoever goes through a large organisation once does not end with all bits set.
        let seeming = (0..1_000_000).filter(|&number| asked.again(number)).count();
        assert!(seeming < 10_000, "{seeming}");
    }
}
