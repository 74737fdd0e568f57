//! The set of the places that a walk over states has taken.

use crate::nfa::state::State;

use crate::heap::vec_bytes;

/// The places taken at one position.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    words: Vec<u64>,
    /// The words that are not zero.
    touched: Vec<u32>,
}

impl Seen {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.words) + vec_bytes(&self.touched)
    }

    /// Makes room for so many states, all free.
    pub(crate) fn reset(&mut self, states: usize) {
        self.clear();
        // Eight places a state.
        let words = states.div_ceil(8);
        if self.words.len() < words {
            // A fresh buffer comes zeroed from the system; a grown one is written twice.
            self.words = vec![0; words];
        }
    }

    pub(crate) fn clear(&mut self) {
        for word in self.touched.drain(..) {
            self.words[word as usize] = 0;
        }
    }

    /// Takes a place; false if it was taken.
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
