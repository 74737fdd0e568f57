//! How much a program is searched with, by which it is decided what is worth building for it.
//!
//! The unit is one byte searched at the price of an engine that runs the program as it is, some 10 ns. A search
//! counts a part of the bytes that it may read, since most searches end at a match, and a number of bytes for
//! its fixed cost. So one threshold fits one long haystack and many short ones.
//! Exercised by the tests below, `tests/plans.rs` and `tests/dfa.rs`.

use repool_program::Program;

use crate::region::Region;
use crate::search::Search;
use crate::tuning::{HEAT_IMAGE_MAX, HEAT_SEARCH_BYTES, HEAT_SHARE, HEAT_SHORT_FACTOR};

/// Bytes searched at engine price. Saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Heat(u32);

impl Heat {
    /// The fixed cost of a search.
    pub(crate) const SEARCH: Heat = Heat(HEAT_SEARCH_BYTES);

    /// The heat of so many bytes.
    pub(crate) const fn of_bytes(bytes: u32) -> Heat {
        Heat(bytes)
    }

    /// The heat that one search adds, before it is known how far it reads.
    #[inline]
    pub(crate) fn of_search(search: &Search<'_, '_>) -> Heat {
        Heat::of_region(search.region())
    }

    /// The same, of a search of a region.
    #[inline]
    pub(crate) fn of_region(region: Region<'_>) -> Heat {
        let bytes = region.len() / HEAT_SHARE;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Heat(bytes.saturating_add(HEAT_SEARCH_BYTES))
    }

    /// The bytes that it counts.
    pub(crate) const fn bytes(self) -> u32 {
        self.0
    }

    #[inline]
    pub(crate) fn add(&mut self, more: Heat) {
        self.0 = self.0.saturating_add(more.0);
    }

    /// Adds this heat to that of the image, which all threads share, and gives the sum. No heat if the program
    /// has no image, or while a refused build is put off.
    #[inline]
    pub(crate) fn warm(self, program: &Program<'_>) -> Heat {
        Heat(program.warm(self.0.min(HEAT_IMAGE_MAX)))
    }

    /// Tells whether something is worth building that needs so much heat; more is needed while memory is short.
    #[inline]
    pub(crate) fn is_enough(self, needed: Heat, program: &Program<'_>) -> bool {
        self >= needed && (self.0 / HEAT_SHORT_FACTOR >= needed.0 || !program.is_memory_short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::image;

    #[test]
    fn a_search_counts_a_share_of_its_bytes_and_a_fixed_cost() {
        let image = image("a");
        let program = image.program();
        let heat = |len: usize| Heat::of_search(&Search::of(&program, &vec![0; len]));
        assert_eq!(heat(0), Heat(HEAT_SEARCH_BYTES));
        let share = 4096 / HEAT_SHARE as u32;
        assert_eq!(heat(4096), Heat(share + HEAT_SEARCH_BYTES));
    }

    #[test]
    fn heat_saturates() {
        let mut heat = Heat(u32::MAX - 1);
        heat.add(Heat(2));
        assert_eq!(heat, Heat(u32::MAX));
    }
}
