//! The interner: equal runs of words get equal numbers.
//!
//! One buffer holds all runs; an open-addressed hash table holds their numbers.
//! Exercised by `tests/dfa.rs` and the tests below.

use crate::heap::vec_bytes;

/// Runs of words by number.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    /// All runs, one after the other.
    words: Vec<u32>,
    /// The end of each run.
    ends: Vec<u32>,
    /// Numbers plus one, by hash. The length is a power of two, and at most half of the entries are taken.
    places: Vec<u32>,
}

impl Interner {
    /// Forgets all runs, and keeps the buffers.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.ends.clear();
        self.places.fill(0);
    }

    /// The number of different runs.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The run with this number.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> &[u32] {
        let number = number as usize;
        let start = match number.checked_sub(1) {
            Some(before) => self.ends[before] as usize,
            None => 0,
        };
        &self.words[start..self.ends[number] as usize]
    }

    /// The number of a run, and whether it is new.
    pub(crate) fn intern(&mut self, run: &[u32]) -> (u32, bool) {
        if 2 * (self.ends.len() + 1) > self.places.len() {
            self.grow();
        }
        let mask = self.places.len() - 1;
        let mut at = hash(run) as usize & mask;
        loop {
            match self.places[at].checked_sub(1) {
                None => break,
                Some(number) if self.get(number) == run => return (number, false),
                Some(_) => at = (at + 1) & mask,
            }
        }
        let number = self.ends.len() as u32;
        self.words.extend_from_slice(run);
        self.ends.push(self.words.len() as u32);
        self.places[at] = number + 1;
        (number, true)
    }

    fn grow(&mut self) {
        let len = (2 * self.places.len()).max(64);
        self.places.clear();
        self.places.resize(len, 0);
        for number in 0..self.ends.len() as u32 {
            let mut at = hash(self.get(number)) as usize & (len - 1);
            while self.places[at] != 0 {
                at = (at + 1) & (len - 1);
            }
            self.places[at] = number + 1;
        }
    }

    /// Bytes that the runs themselves take, however large the buffers are: their words, ends, and two entries each.
    pub(crate) fn used_bytes(&self) -> usize {
        (self.words.len() + 3 * self.ends.len()) * size_of::<u32>()
    }

    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.words) + vec_bytes(&self.ends) + vec_bytes(&self.places)
    }
}

/// A multiplicative hash. The pattern chooses the keys; a table that degenerates is bounded by the number of sets, and
/// is given up like any other that does not pay.
fn hash(run: &[u32]) -> u64 {
    let mut hash = run.len() as u64;
    for &word in run {
        hash = (hash.rotate_left(5) ^ u64::from(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    hash >> 20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_runs_have_equal_numbers() {
        let mut interner = Interner::default();
        for round in 0..2 {
            for i in 0..500_u32 {
                let run: Vec<u32> = (0..i % 7).chain([i]).collect();
                assert_eq!(interner.intern(&run), (i, round == 0));
                assert_eq!(interner.get(i), run);
            }
        }
        assert_eq!(interner.len(), 500);
        interner.clear();
        assert_eq!(interner.intern(&[]), (0, true));
        assert_eq!(interner.intern(&[]), (0, false));
    }
}
