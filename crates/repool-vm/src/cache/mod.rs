//! Memory of searches: one per thread, shared by all patterns.
//!
//! Each engine keeps its own part. A part grows to what a search needs and stays, so that searches
//! allocate nothing once it has grown; a part that grew past its share of [`BYTES_MAX`] is given back
//! at the end of the search.
//! Exercised by `tests/scratch.rs`.

pub(crate) mod learned;
pub(crate) mod plans;

use std::ops::Range;

use crate::engine::dfa;
use crate::engine::memory::Engines;
use crate::heap::PART_BYTES_MAX;
use crate::heap::SMALL_BYTES_MAX;
use crate::literal_index::memory;
use crate::tuning::FUSED_BYTES_MAX;

/// The most bytes that a thread keeps between searches, in all engines together. Lazy tables, of patterns whose
/// automata are too large to be published, come on top: at most [`dfa::lazy::BYTES_MAX`], and only on threads that
/// search much with such patterns. One such table may grow to two thirds of that, if it pays; the
/// `regex` crate lets each thread have as much for each pattern.
pub(crate) const BYTES_MAX: usize = 352 << 10;

const _: () = assert!(
    2 * PART_BYTES_MAX
        + 3 * SMALL_BYTES_MAX
        + FUSED_BYTES_MAX
        + dfa::dead_states::BYTES_MAX
        + (96 << 10)
        <= BYTES_MAX
);

const _: () = assert!(dfa::lazy::BYTES_MAX <= 4 << 20);

use learned::Notes;
use plans::Plans;

/// What the engines write while they search.
///
/// One value serves any number of programs, one search at a time.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) plans: Plans,
    pub(crate) notes: Notes,
    pub(crate) engines: Engines,
    pub(crate) set: memory::Memory,
    /// Numbers of iterations that this thread may use.
    pub(crate) numbers: Range<u64>,
}

impl Scratch {
    /// No memory yet.
    #[must_use]
    pub fn new() -> Scratch {
        Scratch::default()
    }

    /// The bytes it holds on the heap.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.plans.bytes() + self.notes.bytes() + self.set.bytes() + self.engines.bytes()
    }
}
