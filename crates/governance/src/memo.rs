//! What was worked out lately, found by what it is about.

use crate::profile::Action;
use crate::record::RecordType;
use crate::slots::Slots;

/// Answers side by side, in the order in which they were worked out: as near at hand as can be.
#[derive(Debug)]
pub(crate) struct Memo<T> {
    slots: Slots,
    answers: Vec<(Key, T)>,
}

/// What an answer is about: a user or a record, by number, and the words of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) number: u32,
    pub(crate) kind: RecordType,
    pub(crate) action: Action,
}

impl Key {
    #[inline]
    fn hash(self) -> u64 {
        let words = (self.kind as u64) << 4 | self.action as u64;
        mixed(words << 32 | u64::from(self.number))
    }
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            answers: Vec::new(),
        }
    }
}

impl<T> Memo<T> {
    /// So many are kept at most; for one more, all are forgotten.
    pub(crate) const MOST: usize = 16_384;

    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        let is = |number: u32| {
            let answer = self.answers.get(number as usize);
            answer.is_some_and(|(known, _)| *known == key)
        };
        let found = self.slots.find(key.hash(), is)?;
        let (_, answer) = self.answers.get(found as usize)?;
        Some(answer)
    }

    /// Keeps an answer where none is kept.
    pub(crate) fn put(&mut self, key: Key, answer: T) {
        if self.answers.len() == Self::MOST {
            *self = Self::default();
        }
        let hash_of = |number: u32| {
            let answer = self.answers.get(number as usize);
            answer.map_or(0, |(key, _)| key.hash())
        };
        self.slots.push(key.hash(), hash_of);
        self.answers.push((key, answer));
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

    fn keys(count: u32) -> impl Iterator<Item = Key> {
        (0..count).flat_map(|number| {
            [RecordType::Account, RecordType::Task].map(|kind| Key {
                number,
                kind,
                action: Action::View,
            })
        })
    }

    #[test]
    fn what_is_kept_is_found_by_all_of_its_key() {
        let mut memo = Memo::default();
        for (at, key) in keys(1_000).enumerate() {
            assert_eq!(memo.get(key), None);
            memo.put(key, at);
            assert_eq!(memo.get(key), Some(&at));
        }
        for (at, key) in keys(1_000).enumerate() {
            assert_eq!(memo.get(key), Some(&at));
            let action = Action::Edit;
            assert_eq!(memo.get(Key { action, ..key }), None);
        }
    }

    #[test]
    fn one_more_than_the_most_is_kept_alone() {
        let mut memo = Memo::default();
        let all: Vec<_> = keys(Memo::<()>::MOST as u32 / 2 + 1).collect();
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
