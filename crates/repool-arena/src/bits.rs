//! A set of small numbers whose least is found fast.
//!
//! Exercised by the tests below and `tests/slab.rs`.

/// A set of numbers below what it was made to reach.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    /// No word before this one has a bit.
    first: usize,
}

impl Bits {
    /// Makes room for numbers below `end`. Returns false if the allocator has no memory.
    pub(crate) fn reach(&mut self, end: usize) -> bool {
        let words = end.div_ceil(64);
        let more = words.saturating_sub(self.words.len());
        if self.words.try_reserve(more).is_err() {
            return false;
        }
        self.words.resize(self.words.len() + more, 0);
        true
    }

    /// The bytes that [`Bits::reach`] would ask for.
    pub(crate) fn growth_bytes(&self, end: usize) -> usize {
        grown(self.words.capacity(), end.div_ceil(64)) * size_of::<u64>()
    }

    /// Frees the room for numbers from `end` on. The set has none of them.
    pub(crate) fn shrink(&mut self, end: usize) {
        self.words.truncate(end.div_ceil(64));
        self.words.shrink_to_fit();
    }

    pub(crate) fn set(&mut self, number: usize) {
        self.words[number / 64] |= 1 << (number % 64);
        self.first = self.first.min(number / 64);
    }

    pub(crate) fn clear(&mut self, number: usize) {
        self.words[number / 64] &= !(1 << (number % 64));
    }

    pub(crate) fn has(&self, number: usize) -> bool {
        self.words[number / 64] >> (number % 64) & 1 == 1
    }

    /// The least number in the set.
    pub(crate) fn first(&mut self) -> Option<usize> {
        while let Some(&word) = self.words.get(self.first) {
            if word != 0 {
                return Some(self.first * 64 + word.trailing_zeros() as usize);
            }
            self.first += 1;
        }
        None
    }

    /// The bytes that it asked the allocator for.
    pub(crate) fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

/// The items by which a vector of small items grows to hold `len`: to twice its capacity, and to four at least.
pub(crate) fn grown(capacity: usize, len: usize) -> usize {
    if len <= capacity {
        0
    } else {
        len.max(2 * capacity).max(4) - capacity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_number_is_found() {
        let mut bits = Bits::default();
        assert_eq!(bits.first(), None);
        assert!(bits.reach(1000));
        for number in [999, 3, 64, 500] {
            bits.set(number);
        }
        let mut seen = Vec::new();
        while let Some(number) = bits.first() {
            bits.clear(number);
            assert!(!bits.has(number));
            seen.push(number);
        }
        assert_eq!(seen, [3, 64, 500, 999]);
        bits.set(7);
        assert_eq!(bits.first(), Some(7));
    }
}
