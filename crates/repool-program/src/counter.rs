//! Counted repetition without copies.
//!
//! `e{m,n}` is stored as one body and a counter. It means what the unrolled pattern means: there are
//! `copies` *virtual* copies of the body, and a thread inside the body knows its copy. `{m,n}` has `n`
//! copies. From the end of copy `i` (counted from 0) a thread goes
//!
//! - to copy `i + 1` if `i + 1 < m`;
//! - else to copy `i + 1` or out, in the order that greed gives, if `i + 1 < n`;
//! - else out.
//!
//! `{m,}` has `max(m, 1)` copies, and the last leads to itself or out. `{0,..}` is a `Split` before the
//! `Enter`.
//!
//! Counters nest as the pattern does. A thread carries the innermost counter around it and one number,
//! `iter`: the copies of all enclosing counters in mixed radix. `Enter` multiplies `iter` by `copies` (copy
//! 0). `Repeat` adds one (next copy) or divides by `copies` (out).
//!
//! Two threads are in the same state if [`Counter::state`] gives them the same number. States are numbered
//! densely, so an engine that keeps a set of states needs [`crate::Facts::states`] places, however large
//! the counts are.
//!
//! Exercised by the tests below and `tests/hand_built.rs` of `repool-vm`.

use crate::{CounterId, Pc};

/// No upper bound.
pub const UNBOUNDED: u32 = u32::MAX;

/// One counter of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The fewest iterations.
    pub min: u32,
    /// The most iterations, or [`UNBOUNDED`].
    pub max: u32,
    /// The first word of the body.
    pub body: Pc,
    /// Whether the counter prefers another iteration to leaving.
    pub greedy: bool,
    /// The innermost counter around this one.
    pub parent: Option<CounterId>,
    /// The first word of the region. The region holds the counter's `Repeat`, its body and its nested
    /// regions.
    pub lo: Pc,
    /// The number of words of the region.
    pub len: u32,
    /// The number of the state of (`lo`, copy 0). The numbers below the number of words of code are the
    /// words outside of any counter, so `base` is at least that.
    pub base: u32,
}

impl Counter {
    /// The number of words of one encoded counter.
    pub const WORDS: usize = 3;

    /// The number of virtual copies of the body. At least 1.
    #[inline(always)]
    #[must_use]
    pub const fn copies(&self) -> u32 {
        let copies = if self.max == UNBOUNDED {
            self.min
        } else {
            self.max
        };
        if copies == 0 { 1 } else { copies }
    }

    /// The number of the state of a thread at `pc` (a word of the region) in copy `iter`.
    #[inline(always)]
    #[must_use]
    pub const fn state(&self, pc: Pc, iter: u32) -> u32 {
        self.base + iter * self.len + (pc.index() as u32 - self.lo.index() as u32)
    }

    /// Where a thread goes after the iteration in `iter`: `(again, leave)`.
    ///
    /// `again` is the `iter` of the next copy, if there is one. `leave` is the `iter` outside, if the
    /// thread may leave.
    #[inline(always)]
    #[must_use]
    pub const fn step(&self, iter: u32) -> (Option<u32>, Option<u32>) {
        let copies = self.copies();
        let copy = iter % copies;
        let done = copy + 1;
        let again = if done < copies {
            Some(iter + 1)
        } else if self.max == UNBOUNDED {
            Some(iter)
        } else {
            None
        };
        let leave = if done >= self.min {
            Some(iter / copies)
        } else {
            None
        };
        (again, leave)
    }

    /// Encodes the counter:
    ///
    /// ```text
    /// min:32 max:32 | base:32 lo:24 body:8 (high) | body:16 (low) len:24 parent:20 (3) greedy:1
    /// ```
    #[must_use]
    pub fn encode(&self) -> [u64; Counter::WORDS] {
        // A number too large for the field belongs to a section that is too long to be sealed.
        let parent = self
            .parent
            .map_or(NO_PARENT, |p| u64::from(p.0) & NO_PARENT);
        let (lo, body) = (self.lo.index() as u64, self.body.index() as u64);
        debug_assert!(self.len as usize <= Pc::MAX.index());
        [
            u64::from(self.min) << 32 | u64::from(self.max),
            u64::from(self.base) << 32 | lo << 8 | body >> 16,
            body << 48 | u64::from(self.len) << 24 | parent << 4 | u64::from(self.greedy),
        ]
    }

    /// Decodes a counter.
    #[inline]
    #[must_use]
    pub const fn decode(words: &[u64; Counter::WORDS]) -> Counter {
        let [counts, base_lo, rest] = *words;
        let parent = rest >> 4 & NO_PARENT;
        Counter {
            min: (counts >> 32) as u32,
            max: counts as u32,
            body: Pc::masked(base_lo << 16 | rest >> 48),
            greedy: rest & 1 != 0,
            parent: if parent == NO_PARENT {
                None
            } else {
                Some(CounterId(parent as u32))
            },
            lo: Pc::masked(base_lo >> 8),
            len: (rest >> 24) as u32 & Pc::MAX.index() as u32,
            base: (base_lo >> 32) as u32,
        }
    }
}

/// No parent. The header counts counters in 20 bits, so no counter has this number.
const NO_PARENT: u64 = (1 << 20) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(min: u32, max: u32) -> Counter {
        Counter {
            min,
            max,
            body: Pc::new(8).expect("in range"),
            greedy: true,
            parent: None,
            lo: Pc::new(7).expect("in range"),
            len: 3,
            base: 20,
        }
    }

    #[test]
    fn every_counter_survives_its_encoding() {
        for (min, max) in [
            (0, 0),
            (1, UNBOUNDED),
            (3, 70_000),
            (UNBOUNDED - 1, UNBOUNDED),
        ] {
            for greedy in [false, true] {
                for parent in [None, Some(CounterId(0)), Some(CounterId((1 << 20) - 2))] {
                    for body in [Pc::new(0), Some(Pc::MAX)] {
                        let counter = Counter {
                            greedy,
                            parent,
                            body: body.expect("in range"),
                            lo: Pc::MAX,
                            base: u32::MAX,
                            len: (1 << 24) - 1,
                            ..counter(min, max)
                        };
                        assert_eq!(Counter::decode(&counter.encode()), counter);
                    }
                }
            }
        }
    }

    /// The transitions out of copy `copy` of the unrolled pattern, as the module's head lists them.
    fn unrolled(min: u32, max: u32, copy: u32) -> (Option<u32>, bool) {
        if max == UNBOUNDED {
            return match (copy + 1) < min {
                true => (Some(copy + 1), false),
                false => (Some(copy), true),
            };
        }
        let again = (copy + 1 < max).then_some(copy + 1);
        (again, copy + 1 >= min)
    }

    #[test]
    fn steps_as_the_unrolled_pattern_does() {
        for (min, max) in (0..6)
            .flat_map(|min| (min.max(1)..7).map(move |max| (min, max)))
            .chain((0..6).map(|min| (min, UNBOUNDED)))
        {
            let counter = counter(min, max);
            for outer in 0..4 {
                for copy in 0..counter.copies() {
                    let (again, leaves) = unrolled(min, max, copy);
                    let expected = (
                        again.map(|copy| outer * counter.copies() + copy),
                        leaves.then_some(outer),
                    );
                    assert_eq!(
                        counter.step(outer * counter.copies() + copy),
                        expected,
                        "{{{min},{max}}} copy {copy} in {outer}"
                    );
                }
            }
        }
    }

    #[test]
    fn states_are_dense() {
        let counter = counter(2, 5);
        let mut states = Vec::new();
        for iter in 0..counter.copies() {
            for pc in 7..10 {
                states.push(counter.state(Pc::new(pc).expect("in range"), iter));
            }
        }
        assert_eq!(states, (20..35).collect::<Vec<u32>>());
    }
}
