//! Finds the literals of a small set with vectors.
//!
//! With few literals the first bytes of all of them together are rare, and are looked for many at a time
//! ([`Masks`]); what is found is compared with the literals of its bucket as in [`crate::set::scan`]. In text
//! that has such bytes everywhere the scan goes on without.
//! Exercised by `tests/set.rs`.

use std::ops::Range;

use crate::analysis::fingerprint::ANY;
use crate::analysis::fingerprint::Bucket;
use crate::analysis::fingerprint::Fingerprint;
use crate::prefilter::byte_frequency::Frequency;
use crate::prefilter::teddy::Masks;
use crate::set::index::Index;
use crate::set::scan::Found;
use crate::simd::tables::WINDOW;

/// With more literals their first bytes are everywhere.
const LITERALS_MAX: usize = 96;

/// If more than one position in so many is found, vectors do not pay.
const DENSE: usize = 16;

/// So many are found before that is asked.
const FOUND_MIN: usize = 16;

/// What to look for in a haystack before the literals of an [`Index`].
#[derive(Clone, Debug)]
pub struct Screen(Masks);

impl Screen {
    /// The screen for an index, if it has few literals and they are rare enough.
    #[must_use]
    pub fn new(index: &Index<'_>) -> Option<Screen> {
        let len = index.literal_len();
        if len == 0 || len > LITERALS_MAX {
            return None;
        }
        let ways = (0..len).map(|literal| way(index, literal)).collect();
        Masks::new(&Fingerprint::of(ways), &Frequency::new(b""), 0).map(Screen)
    }

    /// Finds the literals whose hashed bytes start in the range.
    pub(super) fn scan(
        &self,
        index: &Index<'_>,
        hay: &[u8],
        range: Range<usize>,
        found: &mut Found,
    ) {
        let (start, end) = (range.start, range.end);
        let cut = &hay[..hay.len().min(end + WINDOW)];
        let (mut at, mut count) = (start, 0);
        while let Some(place) = self.0.find(cut, at).filter(|&place| place < end) {
            found.look(index, hay, place);
            at = place + 1;
            count += 1;
            if count > FOUND_MIN + (at - start) / DENSE {
                return index.scan_plainly(hay, at..end, found);
            }
        }
    }
}

/// The bytes of a literal from the hashed ones on.
fn way(index: &Index<'_>, literal: usize) -> Bucket {
    let literal = index.literal(literal);
    let mut way = [ANY; WINDOW];
    let bytes = literal.value.to_le_bytes();
    let hashed = usize::from(literal.back)..usize::from(literal.len);
    for (place, i) in way.iter_mut().zip(hashed) {
        *place = [0; 4];
        let mut add = |byte: u8| place[usize::from(byte >> 6)] |= 1 << (byte & 63);
        add(bytes[i]);
        if literal.fold >> i & 1 != 0 {
            add(bytes[i] ^ 0x20);
        }
    }
    way
}
