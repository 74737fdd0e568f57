//! The set of states that a walk has visited, cleared in time proportional to its members.
//!
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use crate::nfa::state::State;

use crate::heap::vec_bytes;

/// The states visited at one position. A state has eight places, one for each byte of a literal.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    words: Vec<u64>,
    /// Indices of the words that are not zero.
    touched: Vec<u32>,
}

impl Seen {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.words) + vec_bytes(&self.touched)
    }

    /// Makes room for `states` states and clears the set.
    pub(crate) fn reset(&mut self, states: usize) {
        self.clear();
        // Eight places a state.
        let words = states.div_ceil(8);
        if self.words.len() < words {
            // The system returns a fresh buffer zeroed. A grown one would be written twice.
            self.words = vec![0; words];
        }
    }

    pub(crate) fn clear(&mut self) {
        for word in self.touched.drain(..) {
            self.words[word as usize] = 0;
        }
    }

    /// Visits a place. Returns false if it was visited before.
    #[inline(always)]
    pub(crate) fn take(&mut self, state: State, offset: u32) -> bool {
        let place = state.number() * 8 + offset as usize;
        let index = place / 64;
        let word = &mut self.words[index];
        if *word == 0 {
            self.touched.push(index as u32);
        }
        let mask = 1 << (place % 64);
        let free = *word & mask == 0;
        *word |= mask;
        free
    }
}
