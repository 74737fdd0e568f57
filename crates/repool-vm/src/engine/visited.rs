//! The visited states: a bitmap of positions × states over a window of the haystack.
//!
//! ```text
//!           base                          cleared
//! haystack ──┼───────────────┬───────────────┼───────────
//!            │ states marked │ zeroed        │ from an earlier search: zeroed when reached
//! ```
//!
//! Words are zeroed when they are reached. The window moves up when a start lies beyond all marks. So a short match far
//! inside a long haystack costs what it costs in a short haystack.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use crate::tuning::VISITED_BITS_MAX;

/// Words zeroed at a time: one cache line.
const CLEAR_WORDS: usize = 8;

/// The marks of one search.
#[derive(Debug)]
pub(crate) struct Marks<'m> {
    words: &'m mut Vec<u64>,
    /// The number of states.
    states: usize,
    /// The position of the bitmap's first bit.
    base: usize,
    /// Words of the bitmap that this search has zeroed. It reads no word beyond.
    cleared: usize,
}

/// What a mark finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It is the first at this position.
    Fresh,
    /// The state was marked before.
    Seen,
    /// The position lies beyond the window.
    Full,
}

/// The bytes of the marks of a search that visits every state at every position of its window.
pub(crate) fn bytes(states: usize, haystack_bytes: usize) -> usize {
    let bits = states.saturating_mul(haystack_bytes + 1);
    bits.min(VISITED_BITS_MAX).div_ceil(64 * CLEAR_WORDS) * CLEAR_WORDS * size_of::<u64>()
}

impl<'m> Marks<'m> {
    /// No marks yet. No position before `base` is marked.
    #[inline]
    pub(crate) fn new(words: &'m mut Vec<u64>, states: usize, base: usize) -> Marks<'m> {
        Marks {
            words,
            states,
            base,
            cleared: 0,
        }
    }

    /// The position at which the window starts.
    #[inline(always)]
    pub(crate) fn base(&self) -> usize {
        self.base
    }

    /// Moves the window to `start` if no mark lies at or after it. No position before `start` is marked from now on.
    #[inline(always)]
    pub(crate) fn come_to(&mut self, start: usize) {
        if (start - self.base) * self.states >= self.cleared * 64 {
            (self.base, self.cleared) = (start, 0);
        }
    }

    /// Marks a state at a position.
    #[inline(always)]
    pub(crate) fn mark(&mut self, state: usize, at: usize) -> Mark {
        let bit = (at - self.base) * self.states + state;
        let word = bit / 64;
        if word >= self.cleared && !self.clear_to(word) {
            return Mark::Full;
        }
        let mask = 1 << (bit % 64);
        let marks = &mut self.words[word];
        if *marks & mask != 0 {
            return Mark::Seen;
        }
        *marks |= mask;
        Mark::Fresh
    }

    /// Zeroes the words up to this one. False if the bitmap has no such word.
    #[inline(never)]
    fn clear_to(&mut self, word: usize) -> bool {
        if word >= VISITED_BITS_MAX / 64 {
            return false;
        }
        let end = (word + 1).next_multiple_of(CLEAR_WORDS);
        if end > self.words.len() {
            self.words.resize(end, 0);
        }
        self.words[self.cleared..end].fill(0);
        self.cleared = end;
        true
    }
}
