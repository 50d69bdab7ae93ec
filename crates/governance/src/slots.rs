//! Numbers found by the hash of what they stand for.

/// Numbers from zero on, by hash: open addressing with linear probing, in slots of four bytes.
///
/// A number seldom takes all bits of a slot. The others are a tag, a part of the hash, so that what does not have the
/// same hash is seldom looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots {
    /// The tag, and one more than the number.
    slots: Vec<u32>,
    /// The bits of a slot that are not the tag's.
    mask: u32,
    /// How many numbers there are.
    len: u32,
}

const VACANT: u32 = 0;

impl Slots {
    /// Slots of which so many numbers take four fifths: what is not there is then found missing after 13 of them.
    pub(crate) fn with_capacity(count: usize) -> Self {
        let slots = vec![VACANT; Self::room(count)];
        let mask = slots.len().next_power_of_two() - 1;
        Self {
            slots,
            mask: u32::try_from(mask).unwrap_or(u32::MAX),
            len: 0,
        }
    }

    fn room(count: usize) -> usize {
        count + count / 4 + 2
    }

    /// The number of what has this hash and is what is looked for.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let tag = self.tag(hash);
        let mut at = self.home(hash);
        // It ends, since there are vacant slots.
        loop {
            let slot = *self.slots.get(at)?;
            if slot == VACANT {
                return None;
            }
            if slot & !self.mask == tag && is((slot & self.mask) - 1) {
                return Some((slot & self.mask) - 1);
            }
            at = self.after(at);
        }
    }

    /// The number of what has this hash and is what is looked for; the next number is its own if it is not there yet, and
    /// then this is `None`. `hash_of` tells the hashes of the others.
    #[inline]
    pub(crate) fn find_or_push(
        &mut self,
        hash: u64,
        is: impl Fn(u32) -> bool,
        hash_of: impl Fn(u32) -> u64,
    ) -> Option<u32> {
        let count = self.len as usize + 1;
        if count * 8 > self.slots.len() * 7 {
            self.rebuild(2 * count, hash_of);
        }
        let tag = self.tag(hash);
        let mut at = self.home(hash);
        // It ends, since there are vacant slots.
        loop {
            let slot = self.slots.get_mut(at)?;
            if *slot == VACANT {
                self.len += 1;
                *slot = tag | self.len;
                return None;
            }
            let number = *slot & self.mask;
            if *slot & !self.mask == tag && is(number - 1) {
                return Some(number - 1);
            }
            at = self.after(at);
        }
    }

    /// Gives back the room that was kept for more.
    pub(crate) fn shrink_to_fit(&mut self, hash_of: impl Fn(u32) -> u64) {
        let count = self.len as usize;
        if Self::room(count) < self.slots.len() {
            self.rebuild(count, hash_of);
        }
    }

    #[cold]
    fn rebuild(&mut self, count: usize, hash_of: impl Fn(u32) -> u64) {
        let mut slots = Self::with_capacity(count);
        (0..self.len).for_each(|number| slots.place(hash_of(number)));
        *self = slots;
    }

    /// Adds the next number, which is known not to be there; there is room.
    fn place(&mut self, hash: u64) {
        self.len += 1;
        let tag = self.tag(hash);
        let mut at = self.home(hash);
        while self.slots.get(at).is_some_and(|&slot| slot != VACANT) {
            at = self.after(at);
        }
        if let Some(vacant) = self.slots.get_mut(at) {
            *vacant = tag | self.len;
        }
    }

    /// The slot to look at next.
    fn after(&self, at: usize) -> usize {
        let next = at + 1;
        if next < self.slots.len() { next } else { 0 }
    }

    /// The slot to look at first, by the upper half of the hash; the tag is of the lower one.
    #[inline]
    fn home(&self, hash: u64) -> usize {
        (((hash >> 32) * self.slots.len() as u64) >> 32) as usize
    }

    fn tag(&self, hash: u64) -> u32 {
        hash as u32 & !self.mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes of which many are the same, or near to each other, or at the end of all.
    fn hash_of(number: u32) -> u64 {
        match number % 4 {
            0 => u64::MAX,
            1 => u64::from(number / 64) << 32,
            2 => u64::from(number),
            _ => u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15),
        }
    }

    #[test]
    fn every_number_is_found_by_its_hash_and_no_other_is() {
        let mut slots = Slots::default();
        for number in 0..2_000 {
            assert_eq!(slots.find(hash_of(number), |one| one == number), None);
            let is = |one| one == number;
            assert_eq!(slots.find_or_push(hash_of(number), is, hash_of), None);
            assert_eq!(
                slots.find_or_push(hash_of(number), is, hash_of),
                Some(number)
            );
            assert!(slots.len as usize * 8 <= slots.slots.len() * 7);
        }
        let roomy = slots.slots.len();
        slots.shrink_to_fit(hash_of);
        assert!(slots.slots.len() < roomy);
        for number in 0..2_000 {
            let hash = hash_of(number);
            assert_eq!(slots.find(hash, |one| one == number), Some(number));
            assert_eq!(slots.find(hash, |one| one == 2_000), None);
        }
    }
}
