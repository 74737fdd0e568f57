//! The bytes that encode the members of a set of code points.
//!
//! There is one [`Shape`] for each length of encoding. It holds the bytes that may stand at each place. The encodings of
//! all members lie in the product of the places, and so do some strings that encode no member. A set with few members
//! above ASCII, such as `\d`, leaves out most bytes of other scripts.
//!
//! Exercised by the tests below, for all code points.

use repool_program::Program;
use repool_text::{Set, unpack_range};

use crate::simd::byte_set::ByteSet;
use crate::tuning::SHAPE_RANGES_MAX;

/// The bytes at each place of the encodings of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The length, 1 to 4. Without members of this length all places are empty.
    pub(crate) len: usize,
    pub(crate) places: [ByteSet; 4],
}

/// The code points, both ends included, of each length of encoding.
const LENGTHS: [(u32, u32); 4] = [
    (0, 0x7F),
    (0x80, 0x7FF),
    (0x800, 0xFFFF),
    (0x1_0000, 0x10_FFFF),
];

/// Returns the shapes of a set of code points, the shortest first.
pub(crate) fn shapes(program: &Program<'_>, set: &Set) -> [Shape; 4] {
    let mut shapes = [1, 2, 3, 4].map(|len| Shape {
        len,
        places: [ByteSet::EMPTY; 4],
    });
    let ascii = set.ascii();
    shapes[0].places[0] = ByteSet::from_words([ascii as u64, (ascii >> 64) as u64, 0, 0]);
    if !set.is_wide() {
        return shapes;
    }
    let has_complement = set.properties().any(|(_, complemented)| complemented);
    if set.is_negated() || has_complement {
        add_range(&mut shapes, 0x80, 0x10_FFFF);
        return shapes;
    }
    for (property, _) in set.properties() {
        let ranges = property.ranges();
        if ranges.len() > SHAPE_RANGES_MAX {
            if let Some((lo, hi)) = property.wide_bounds() {
                add_range(&mut shapes, lo, hi);
            }
            continue;
        }
        for &(lo, hi) in ranges {
            add_range(&mut shapes, lo, hi);
        }
    }
    let at = set.ranges_at();
    for &range in program
        .ranges()
        .get(at..at + set.ranges_len())
        .unwrap_or(&[])
    {
        let (lo, hi) = unpack_range(range);
        add_range(&mut shapes, lo, hi);
    }
    shapes
}

/// The bytes of all shapes of a set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spelling {
    /// Bytes that members start with.
    pub(crate) first: ByteSet,
    /// Bytes that stand anywhere in members.
    pub(crate) any: ByteSet,
    /// Bytes of the shortest member.
    pub(crate) len_min: u32,
}

/// Returns the bytes of all shapes of a set.
pub(crate) fn spelling(program: &Program<'_>, set: &Set) -> Spelling {
    let (mut first, mut any) = (ByteSet::EMPTY, ByteSet::EMPTY);
    let shapes = shapes(program, set);
    for shape in &shapes {
        first.insert_all(&shape.places[0]);
        for place in &shape.places {
            any.insert_all(place);
        }
    }
    let shortest = shapes.iter().find(|shape| !shape.places[0].is_empty());
    Spelling {
        first,
        any,
        len_min: shortest.map_or(1, |shape| shape.len as u32),
    }
}

/// Returns the bytes that the members of a set of code points start with.
pub(crate) fn first_bytes(program: &Program<'_>, set: &Set) -> ByteSet {
    spelling(program, set).first
}

/// Returns the members below U+0800, one bit a code point.
pub(crate) fn low_members(program: &Program<'_>, set: &Set) -> LowMap {
    let ascii = set.ascii();
    let mut map = [0; 32];
    for (property, complemented) in set.properties() {
        let mut members = [0; 32];
        for &(lo, hi) in property.ranges().iter().take_while(|r| r.0 < 0x800) {
            insert_low(&mut members, lo, hi.min(0x7FF));
        }
        for (word, members) in map.iter_mut().zip(members) {
            *word |= if complemented { !members } else { members };
        }
    }
    let at = set.ranges_at();
    for &range in program
        .ranges()
        .get(at..at + set.ranges_len())
        .unwrap_or(&[])
    {
        let (lo, hi) = unpack_range(range);
        if lo < 0x800 {
            insert_low(&mut map, lo, hi.min(0x7FF));
        }
    }
    if set.is_negated() {
        map.iter_mut().for_each(|word| *word = !*word);
    }
    (map[0], map[1]) = (ascii as u64, (ascii >> 64) as u64);
    map
}

/// One bit for each code point below U+0800.
pub(crate) type LowMap = [u64; 32];

fn insert_low(map: &mut LowMap, lo: u32, hi: u32) {
    for i in lo >> 6..=hi >> 6 {
        let (from, to) = (lo.max(64 * i) & 63, hi.min(64 * i + 63) & 63);
        map[i as usize & 31] |= (u64::MAX >> (63 - (to - from))) << from;
    }
}

/// Adds the part above ASCII of a range, both ends included.
fn add_range(shapes: &mut [Shape; 4], lo: u32, hi: u32) {
    for (shape, (first, last)) in shapes.iter_mut().zip(LENGTHS).skip(1) {
        let (lo, hi) = (lo.max(first), hi.min(last));
        if lo > hi {
            continue;
        }
        let len = shape.len;
        for (i, bytes) in shape.places[..len].iter_mut().enumerate() {
            // The bits of a code point that this byte and those before it encode.
            let shift = 6 * (len - 1 - i);
            let (lo, hi) = (lo >> shift, hi >> shift);
            if i == 0 {
                // The first byte starts with the bits 110, 1110 or 11110.
                let mark = !(0xFF_u8 >> len);
                bytes.insert_range(lo as u8 | mark, hi as u8 | mark);
                continue;
            }
            let (low, high) = (lo as u8 & 0x3F | 0x80, hi as u8 & 0x3F | 0x80);
            match (hi >> 6) - (lo >> 6) {
                0 => bytes.insert_range(low, high),
                1 => {
                    bytes.insert_range(low, 0xBF);
                    bytes.insert_range(0x80, high);
                }
                _ => bytes.insert_range(0x80, 0xBF),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_range_are_in_its_shapes() {
        let ranges = [
            (0x80, 0x10_FFFF),
            (0x430, 0x44F),
            (0x660, 0x669),
            (0x7FF, 0x800),
            (0xFF10, 0xFF19),
            (0x4E00, 0x9FFF),
            (0xFFFF, 0x1_0000),
            (0x1D7CE, 0x1D7FF),
        ];
        for (lo, hi) in ranges {
            let mut shapes = [1, 2, 3, 4].map(|len| Shape {
                len,
                places: [ByteSet::EMPTY; 4],
            });
            add_range(&mut shapes, lo, hi);
            for c in (lo..=hi).filter_map(char::from_u32) {
                let mut buffer = [0; 4];
                let encoded = c.encode_utf8(&mut buffer).as_bytes();
                let places = &shapes[encoded.len() - 1].places;
                assert!(encoded.iter().zip(places).all(|(&b, set)| set.contains(b)));
            }
        }
    }

    #[test]
    fn a_script_has_few_bytes() {
        let mut shapes = [1, 2, 3, 4].map(|len| Shape {
            len,
            places: [ByteSet::EMPTY; 4],
        });
        add_range(&mut shapes, 0x430, 0x44F);
        let [lead, second, ..] = shapes[1].places;
        assert_eq!((lead.len(), second.len()), (2, 32));
        assert!(lead.contains(0xD0) && lead.contains(0xD1));
        assert!(shapes[2].places[0].is_empty() && shapes[0].places[0].is_empty());
    }
}
