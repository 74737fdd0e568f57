//! Finds the literals of an index in a haystack.
//!
//! At each position the scan hashes three bytes and adds three bits of the fourth, which names a bit of the filter. Where
//! the bit is set, it compares the literals of the bucket. It tests four positions before the first branch. Literals of
//! one or two bytes have a filter and buckets of their own, which are tested only if there are such literals.
//!
//! A small set has a [`Screen`]. Then the scan tests only the positions that the screen finds, until it finds too many.
//!
//! Exercised by `tests/set.rs`.

use crate::analysis::fingerprint::Bucket;
use crate::heap::vec_bytes;
use crate::literal_index::index::Index;
use crate::literal_index::index::PAIR_WORDS;
use crate::literal_index::screen::Screen;
use crate::simd::byte_set::ByteSet;
use crate::simd::tables::WINDOW;
use crate::tuning::{FINGERPRINT_PATHS_MAX, SET_DENSE};
use std::ops::Range;

/// Positions tested together, before the first branch.
const STEP: usize = 4;

/// A literal that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) literal: usize,
    /// Its first place in the haystack.
    pub(crate) first: usize,
    /// Its last place, or one that passed in error.
    pub(crate) last: usize,
    /// How often it stands, or seems to.
    pub(crate) count: usize,
}

/// The literals that were found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    hits: Vec<Hit>,
    /// A bit for each literal that is among the hits.
    seen: Vec<u64>,
    /// The index among the hits of each literal that is there.
    slots: Vec<u32>,
}

impl Found {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.hits) + vec_bytes(&self.seen) + vec_bytes(&self.slots)
    }

    /// Forgets what was found.
    pub(crate) fn begin(&mut self, index: &Index<'_>) {
        self.hits.clear();
        self.seen.clear();
        self.seen.resize(index.literal_len().div_ceil(64), 0);
        if self.slots.len() < index.literal_len() {
            self.slots.resize(index.literal_len(), 0);
        }
    }

    pub(crate) fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// Tells whether the scan found a literal.
    #[inline]
    pub(crate) fn has(&self, literal: usize) -> bool {
        self.seen[literal / 64] >> (literal % 64) & 1 != 0
    }

    /// Compares the literals whose hashed bytes may start at `at`, inside of the haystack.
    #[inline]
    pub(crate) fn look(&mut self, index: &Index<'_>, hay: &[u8], at: usize) {
        let rest = &hay[at..];
        let word = match rest.first_chunk() {
            Some(chunk) => u32::from_le_bytes(*chunk),
            None => {
                let mut chunk = [0; 4];
                chunk[..rest.len()].copy_from_slice(rest);
                u32::from_le_bytes(chunk)
            }
        };
        let word = fold_word(word);
        let hash = hash(word, index.hash_shift());
        self.compare(index, index.bucket(hash), hay, at);
        if !index.pairs.is_empty() {
            self.compare(index, index.short_bucket(word as u8), hay, at);
        }
    }

    /// Compares the literals of a bucket at a position.
    #[inline]
    fn compare(&mut self, index: &Index<'_>, bucket: Range<usize>, hay: &[u8], at: usize) {
        for literal in bucket {
            let Some(start) = index.literal(literal).stands(hay, at) else {
                continue;
            };
            let (word, bit) = (literal / 64, 1 << (literal % 64));
            if self.seen[word] & bit != 0 {
                let hit = &mut self.hits[self.slots[literal] as usize];
                hit.last = start;
                hit.count += 1;
                continue;
            }
            self.seen[word] |= bit;
            self.slots[literal] = self.hits.len() as u32;
            self.hits.push(Hit {
                literal,
                first: start,
                last: start,
                count: 1,
            });
        }
    }
}

/// Returns the bytes with bit 5 set.
#[inline]
pub(crate) fn fold_word(word: u32) -> u32 {
    word | 0x2020_2020
}

/// Returns the hash of the first three bytes.
#[inline]
pub(crate) fn hash(folded: u32, shift: u32) -> u32 {
    // The shift drops the fourth byte.
    (folded << 8).wrapping_mul(0x9E37_79B1) >> shift
}

/// Returns the hash of the first two bytes: 12 bits.
#[inline]
pub(crate) fn pair_hash(folded: u32) -> u32 {
    (folded << 16).wrapping_mul(0x9E37_79B1) >> 20
}

impl Index<'_> {
    /// Finds the literals whose hashed bytes start in the range.
    pub(crate) fn scan(&self, hay: &[u8], range: Range<usize>, found: &mut Found) {
        match self.screen {
            _ if self.literal_len() == 0 => {}
            Some(screen) => self.scan_screened(screen, hay, range, found),
            None => self.scan_plainly(hay, range, found),
        }
    }

    /// Scans with a screen, as long as it finds few positions.
    fn scan_screened(&self, screen: &Screen, hay: &[u8], range: Range<usize>, found: &mut Found) {
        let (start, end) = (range.start, range.end);
        let cut = &hay[..hay.len().min(end + WINDOW)];
        let (mut at, mut count) = (start, 0);
        while let Some(place) = screen.find(cut, at).filter(|&place| place < end) {
            found.look(self, hay, place);
            at = place + 1;
            count += 1;
            if count > SET_DENSE + (at - start) / SET_DENSE {
                return self.scan_plainly(hay, at..end, found);
            }
        }
    }

    /// Scans without a screen.
    pub(crate) fn scan_plainly(&self, hay: &[u8], range: Range<usize>, found: &mut Found) {
        if self.pairs.is_empty() {
            self.scan_as::<false>(hay, range, found);
        } else {
            self.scan_as::<true>(hay, range, found);
        }
    }

    fn scan_as<const SHORT: bool>(&self, hay: &[u8], range: Range<usize>, found: &mut Found) {
        let mut at = range.start;
        while at + STEP <= range.end
            && let Some(chunk) = hay.get(at..).and_then(|rest| rest.first_chunk())
        {
            self.step::<SHORT>(hay, at, u64::from_le_bytes(*chunk), STEP, found);
            at += STEP;
        }
        while at < range.end {
            let rest = &hay[at..hay.len().min(at + 8)];
            let mut chunk = [0; 8];
            chunk[..rest.len()].copy_from_slice(rest);
            let len = STEP.min(range.end - at);
            self.step::<SHORT>(hay, at, u64::from_le_bytes(chunk), len, found);
            at += len;
        }
    }

    /// Tests `len` positions. `bytes` are the byte at the first one and the seven behind it.
    #[inline(always)]
    fn step<const SHORT: bool>(
        &self,
        hay: &[u8],
        at: usize,
        bytes: u64,
        len: usize,
        found: &mut Found,
    ) {
        let mut passed = 0_u64;
        for i in 0..len {
            let word = fold_word((bytes >> (8 * i)) as u32);
            let hash = hash(word, self.hash_shift());
            let bits = self.filter[hash as usize / 8] >> (hash % 8 * 8 + (word >> 24 & 7));
            let mut pass = bits & 1;
            if SHORT {
                let pair = pair_hash(word);
                pass |= self.pairs[pair as usize / 64 % PAIR_WORDS] >> (pair % 64) & 1;
            }
            passed |= pass << i;
        }
        while passed != 0 {
            let i = passed.trailing_zeros();
            passed &= passed - 1;
            let word = fold_word((bytes >> (8 * i)) as u32);
            let at = at + i as usize;
            found.compare(self, self.bucket(hash(word, self.hash_shift())), hay, at);
            if SHORT {
                found.compare(self, self.short_bucket(word as u8), hay, at);
            }
        }
    }
}

impl Screen {
    /// Builds the screen of an index with few literals. Returns `None` if these are not rare enough.
    #[must_use]
    pub fn new(index: &Index<'_>) -> Option<Screen> {
        let len = index.literal_len();
        if len == 0 || len > FINGERPRINT_PATHS_MAX {
            return None;
        }
        Screen::of((0..len).map(|literal| path(index, literal)).collect())
    }
}

/// Returns the bytes of a literal from the hashed ones on.
fn path(index: &Index<'_>, literal: usize) -> Bucket {
    let literal = index.literal(literal);
    let mut path = [ByteSet::ALL; WINDOW];
    let bytes = literal.value.to_le_bytes();
    let hashed = usize::from(literal.hashed_at)..usize::from(literal.len);
    for (place, i) in path.iter_mut().zip(hashed) {
        *place = ByteSet::of(&bytes[i..=i]);
        if literal.fold >> i & 1 != 0 {
            place.insert_both_cases(bytes[i]);
        }
    }
    path
}
