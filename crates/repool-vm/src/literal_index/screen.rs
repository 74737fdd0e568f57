//! Finds where the literals of a small set may stand, with Teddy.
//!
//! The first bytes of a few literals together are still rare. The scan compares what the screen finds with the literals of
//! its bucket ([`crate::literal_index::scan`]).
//!
//! Exercised by `tests/set.rs`.

use crate::analysis::fingerprint::Bucket;
use crate::analysis::fingerprint::Fingerprint;
use crate::prefilter::byte_frequency::Frequency;
use crate::prefilter::teddy::Masks;

/// Finds the positions where a literal of an [`Index`](crate::Index) may stand.
#[derive(Clone, Debug)]
pub struct Screen(Masks);

impl Screen {
    /// Builds the screen for literals whose first bytes lie in one of these products, if they are rare enough.
    pub(super) fn of(paths: Vec<Bucket>) -> Option<Screen> {
        Masks::new(&Fingerprint::of(paths), &Frequency::new(b""), 0).map(Screen)
    }

    /// Returns the first place at `at` or behind where a literal may stand.
    #[inline]
    pub(super) fn find(&self, hay: &[u8], at: usize) -> Option<usize> {
        self.0.find(hay, at)
    }
}
