//! The memory of a search with a set of programs.
//!
//! Exercised by `tests/set.rs`.

use crate::heap::vec_bytes;
use crate::literal_index::scan::Found;

/// What a search with a set writes, besides what the engines write.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) found: Found,
    /// The programs to run from the start of the search, one bit each.
    pub(crate) wide: Vec<u64>,
}

impl Memory {
    pub(crate) fn bytes(&self) -> usize {
        self.found.bytes() + vec_bytes(&self.wide)
    }
}
