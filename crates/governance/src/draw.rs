//! Drawn numbers, for tests that make organisations up.

/// Numbers that look random, the same for the same seed.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }

    pub(crate) fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let place = usize::try_from(self.below(words.len() as u64));
        words
            .get(place.unwrap_or_default())
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn id(&mut self, letter: char, count: u64) -> String {
        format!("{letter}{}", self.below(count))
    }

    pub(crate) fn id_or_none(&mut self, letter: char, count: u64) -> Option<String> {
        (!self.one_in(5)).then(|| self.id(letter, count))
    }
}
