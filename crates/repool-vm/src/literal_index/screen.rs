//! Finds where the literals of a small set may stand, with vectors.
//!
//! With few literals the first bytes of all of them together are rare, and are looked for many at a time
//! ([`Masks`]); what is found is compared with the literals of its bucket ([`crate::literal_index::scan`]).
//! Exercised by `tests/set.rs`.

use crate::analysis::fingerprint::Bucket;
use crate::analysis::fingerprint::Fingerprint;
use crate::prefilter::byte_frequency::Frequency;
use crate::prefilter::teddy::Masks;

/// What to look for in a haystack before the literals of an [`Index`](crate::Index).
#[derive(Clone, Debug)]
pub struct Screen(Masks);

impl Screen {
    /// The screen for literals whose first bytes are in one of these products, if they are rare enough.
    pub(super) fn of(ways: Vec<Bucket>) -> Option<Screen> {
        Masks::new(&Fingerprint::of(ways), &Frequency::new(b""), 0).map(Screen)
    }

    /// The first place at `at` or behind where a literal may stand.
    #[inline]
    pub(super) fn find(&self, hay: &[u8], at: usize) -> Option<usize> {
        self.0.find(hay, at)
    }
}
