//! The memory that a search with a set of programs writes to.

use crate::heap::vec_bytes;
use crate::literal_index::scan::Found;

/// What a search of a set writes, beside what the engines write.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) found: Found,
    /// The programs that are to be searched with from the start, a bit each.
    pub(crate) wide: Vec<u64>,
}

impl Memory {
    pub(crate) fn bytes(&self) -> usize {
        self.found.bytes() + vec_bytes(&self.wide)
    }
}
