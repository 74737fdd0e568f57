//! Sets of code points, or of bytes, in four words.
//!
//! ```text
//!            word 0      word 1      word 2                    word 3
//! code points: ASCII bitmap          property ids, 4 x u16     ranges at:32 | len:24 | flags:8
//! bytes:       bitmap of 256 bytes ─────────────────────────────────────────────────────────
//! ```
//!
//! Above ASCII, a set of code points is a union of up to four properties and of ranges. Each property may
//! be complemented. The ranges stand in the program's range section, one word each: `lo` in the low half,
//! `hi` in the high half. If the flag says so, the whole union is complemented.
//!
//! The program decides which of the two forms its sets have: it steps over code points or over bytes, never
//! over both.
//!
//! Exercised by `tests/set.rs`.

use crate::Property;

/// The encoded form of a set; see the module for its layout. It is plain numbers, so it can stand in an
/// image. The ranges that it names stand beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Set(pub [u64; 4]);

const _: () = assert!(size_of::<Set>() == 32);

/// The most properties that a set names. The parser turns a larger union into ranges.
pub const SET_PROPERTIES_MAX: usize = 4;

/// The flag that complements everything above ASCII.
const NEGATED: u64 = 1;
/// A free property slot.
const NO_PROPERTY: u16 = u16::MAX;
/// The bit that complements one property, on top of its number.
const COMPLEMENT: u16 = 0x8000;

impl Set {
    /// The empty set of code points.
    pub const EMPTY: Set = Set([0, 0, u64::MAX, 0]);

    /// A set of code points. `ascii` is the bitmap of the ASCII members. Above ASCII the set is the union
    /// of `properties` (each with whether it is complemented) and of `ranges_len` ranges at `ranges_at`.
    /// With `negated`, that union is complemented.
    ///
    /// # Panics
    ///
    /// With more than [`SET_PROPERTIES_MAX`] properties, or ranges past 2^32 or more than 2^24.
    #[must_use]
    pub fn code_points(
        ascii: u128,
        properties: &[(Property, bool)],
        ranges_at: usize,
        ranges_len: usize,
        negated: bool,
    ) -> Set {
        assert!(
            properties.len() <= SET_PROPERTIES_MAX,
            "a set names at most four properties"
        );
        assert!(
            ranges_at <= u32::MAX as usize && ranges_len < 1 << 24,
            "ranges fit their fields"
        );
        let mut ids = [NO_PROPERTY; SET_PROPERTIES_MAX];
        for (id, &(property, complemented)) in ids.iter_mut().zip(properties) {
            *id = property.index() | if complemented { COMPLEMENT } else { 0 };
        }
        let ids = ids
            .iter()
            .rev()
            .fold(0, |word, &id| word << 16 | u64::from(id));
        let ranges =
            (ranges_at as u64) << 32 | (ranges_len as u64) << 8 | if negated { NEGATED } else { 0 };
        Set([ascii as u64, (ascii >> 64) as u64, ids, ranges])
    }

    /// A set of bytes, from its 256-bit map.
    #[must_use]
    pub const fn bytes(map: [u64; 4]) -> Set {
        Set(map)
    }

    /// The ASCII members of a set of code points.
    #[must_use]
    pub const fn ascii(&self) -> u128 {
        self.0[0] as u128 | (self.0[1] as u128) << 64
    }

    /// Tells whether a set of code points has, or may have, members above ASCII.
    #[must_use]
    pub const fn is_wide(&self) -> bool {
        self.0[2] != u64::MAX || self.ranges_len() != 0 || self.is_negated()
    }

    /// Tells whether everything above ASCII is complemented.
    #[must_use]
    pub const fn is_negated(&self) -> bool {
        self.0[3] & NEGATED != 0
    }

    /// The index of its first range in the range section.
    #[must_use]
    pub const fn ranges_at(&self) -> usize {
        (self.0[3] >> 32) as usize
    }

    /// The number of its ranges.
    #[must_use]
    pub const fn ranges_len(&self) -> usize {
        (self.0[3] as u32 >> 8) as usize
    }

    /// The same set with its ranges at another index.
    #[must_use]
    pub fn with_ranges_at(self, at: usize) -> Set {
        let [low, high, ids, ranges] = self.0;
        Set([
            low,
            high,
            ids,
            ranges & u64::from(u32::MAX) | (at as u64) << 32,
        ])
    }

    /// Its properties, each with whether it is complemented.
    pub fn properties(&self) -> impl Iterator<Item = (Property, bool)> + use<> {
        let ids = self.0[2];
        (0..SET_PROPERTIES_MAX)
            .map(move |i| (ids >> (16 * i)) as u16)
            .take_while(|&id| id != NO_PROPERTY)
            .filter_map(|id| {
                Some((
                    Property::from_index(id & !COMPLEMENT)?,
                    id & COMPLEMENT != 0,
                ))
            })
    }

    /// Tells whether a set of bytes contains the byte.
    #[inline(always)]
    #[must_use]
    pub const fn contains_byte(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 != 0
    }

    /// Tells whether a set of code points contains `c`. `ranges` is the range section.
    ///
    /// False for [`crate::Decoded::INVALID`], also in a negated set.
    #[inline(always)]
    #[must_use]
    pub fn contains(&self, ranges: &[u64], c: u32) -> bool {
        if c < 0x80 {
            self.0[(c >> 6) as usize & 1] >> (c & 63) & 1 != 0
        } else {
            self.contains_wide(ranges, c)
        }
    }

    #[inline]
    fn contains_wide(&self, ranges: &[u64], c: u32) -> bool {
        if c > 0x10_FFFF {
            return false;
        }
        let listed = self.names(c) || {
            let at = self.ranges_at();
            range_contains(ranges.get(at..at + self.ranges_len()).unwrap_or(&[]), c)
        };
        listed != self.is_negated()
    }

    /// The members among 64 code points above ASCII, one bit each. `first` is the first of them and must be
    /// a multiple of 64. `ranges` is the range section.
    #[must_use]
    pub fn members(&self, ranges: &[u64], first: u32) -> u64 {
        let first = first & !63;
        let mut members = 0;
        for (property, is_complement) in self.properties() {
            let word = property.members(first);
            members |= if is_complement { !word } else { word };
        }
        let at = self.ranges_at();
        let ranges = ranges.get(at..at + self.ranges_len()).unwrap_or(&[]);
        let last = first | 63;
        let near = ranges.partition_point(|&range| unpack_range(range).1 < first);
        for (lo, hi) in ranges[near..].iter().map(|&range| unpack_range(range)) {
            if lo > last {
                break;
            }
            let (lo, hi) = (lo.max(first) - first, hi.min(last) - first);
            members |= (u64::MAX >> (63 - (hi - lo))) << lo;
        }
        if self.is_negated() { !members } else { members }
    }

    /// Tells whether one of the properties contains `c`.
    #[inline]
    fn names(&self, c: u32) -> bool {
        let mut ids = self.0[2];
        // Free slots stand last. The shift moves them in from above.
        while ids as u16 != NO_PROPERTY {
            let id = ids as u16;
            let property = Property::from_index(id & !COMPLEMENT);
            if property.is_some_and(|property| property.contains(c) != (id & COMPLEMENT != 0)) {
                return true;
            }
            ids = ids >> 16 | u64::from(NO_PROPERTY) << 48;
        }
        false
    }
}

/// One range of the range section. Both ends are members.
#[must_use]
pub const fn pack_range(lo: u32, hi: u32) -> u64 {
    (hi as u64) << 32 | lo as u64
}

/// The two ends of a packed range.
#[must_use]
pub const fn unpack_range(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

/// Tells whether one of the sorted, disjoint ranges contains `c`.
fn range_contains(ranges: &[u64], c: u32) -> bool {
    // The ranges are disjoint, so they are sorted by `hi` too. Only the first that ends at or behind `c`
    // can contain it.
    let i = ranges.partition_point(|&r| unpack_range(r).1 < c);
    ranges.get(i).is_some_and(|&r| unpack_range(r).0 <= c)
}
