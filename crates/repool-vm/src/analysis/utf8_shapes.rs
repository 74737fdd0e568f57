//! The bytes with which the members of a set are encoded.
//!
//! One [`Shape`] for each length of encodings: at each place the bytes that may stand there. All members
//! are in the product of the places; so are some strings that are no members, which is what makes it
//! small. A set with few members above ASCII, as `\d`, leaves most bytes out, also of other scripts.
//! Exercised by the tests below, for all code points.

use repool_program::Program;
use repool_text::{Set, unpack_range};

/// A set of bytes.
pub(crate) type Bytes = [u64; 4];

/// The bytes at each place of encodings of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The length, 1 to 4. Without members there are no bytes at any place.
    pub(crate) len: usize,
    pub(crate) places: [Bytes; 4],
}

/// A property of more ranges counts as everything between its lowest and highest member: `\w` starts
/// with nearly any byte, and this answers at once.
const RANGES_MAX: usize = 128;

/// The lengths of encodings and the code points that have them.
const LENGTHS: [(u32, u32); 4] = [
    (0, 0x7F),
    (0x80, 0x7FF),
    (0x800, 0xFFFF),
    (0x1_0000, 0x10_FFFF),
];

/// The shapes of a set of code points, shortest first.
pub(crate) fn shapes(program: &Program<'_>, set: &Set) -> [Shape; 4] {
    let mut shapes = [1, 2, 3, 4].map(|len| Shape {
        len,
        places: [[0; 4]; 4],
    });
    let ascii = set.ascii();
    shapes[0].places[0] = [ascii as u64, (ascii >> 64) as u64, 0, 0];
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
        if ranges.len() > RANGES_MAX {
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

/// All bytes of the shapes of a set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spelling {
    /// Those that members start with.
    pub(crate) first: Bytes,
    /// Those that stand anywhere in members.
    pub(crate) any: Bytes,
    /// The fewest bytes a member has.
    pub(crate) len_min: u32,
}

/// How the members of a set are spelled.
pub(crate) fn spelling(program: &Program<'_>, set: &Set) -> Spelling {
    let (mut first, mut any) = ([0; 4], [0; 4]);
    let shapes = shapes(program, set);
    for shape in &shapes {
        union(&mut first, &shape.places[0]);
        for place in &shape.places {
            union(&mut any, place);
        }
    }
    let shortest = shapes.iter().find(|shape| !is_empty(&shape.places[0]));
    Spelling {
        first,
        any,
        len_min: shortest.map_or(1, |shape| shape.len as u32),
    }
}

/// The bytes that the members of a set of code points start with.
pub(crate) fn first_bytes(program: &Program<'_>, set: &Set) -> [u64; 4] {
    spelling(program, set).first
}

/// The members among the code points of up to two bytes, a bit each.
pub(crate) fn low_members(program: &Program<'_>, set: &Set) -> Box<LowMap> {
    let ascii = set.ascii();
    let mut map = Box::new([0; 32]);
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

/// A bit for each code point below U+0800.
pub(crate) type LowMap = [u64; 32];

fn insert_low(map: &mut LowMap, lo: u32, hi: u32) {
    for i in lo >> 6..=hi >> 6 {
        let (from, to) = (lo.max(64 * i) & 63, hi.min(64 * i + 63) & 63);
        map[i as usize & 31] |= (u64::MAX >> (63 - (to - from))) << from;
    }
}

/// Adds what is above ASCII of a range, both ends included.
fn add_range(shapes: &mut [Shape; 4], lo: u32, hi: u32) {
    for (shape, (first, last)) in shapes.iter_mut().zip(LENGTHS).skip(1) {
        let (lo, hi) = (lo.max(first), hi.min(last));
        if lo > hi {
            continue;
        }
        let len = shape.len;
        for (i, bytes) in shape.places[..len].iter_mut().enumerate() {
            // What the bytes up to this one say of a code point, and those before.
            let shift = 6 * (len - 1 - i);
            let (lo, hi) = (lo >> shift, hi >> shift);
            if i == 0 {
                // 110, 1110 or 11110 come first.
                let mark = !(0xFF_u8 >> len);
                insert(bytes, lo as u8 | mark, hi as u8 | mark);
                continue;
            }
            let (low, high) = (lo as u8 & 0x3F | 0x80, hi as u8 & 0x3F | 0x80);
            match (hi >> 6) - (lo >> 6) {
                0 => insert(bytes, low, high),
                1 => {
                    insert(bytes, low, 0xBF);
                    insert(bytes, 0x80, high);
                }
                _ => insert(bytes, 0x80, 0xBF),
            }
        }
    }
}

/// Adds the bytes from `lo` to `hi`.
fn insert(bytes: &mut Bytes, lo: u8, hi: u8) {
    for (i, word) in (0_u32..).zip(bytes) {
        let (first, lo, hi) = (64 * i, u32::from(lo), u32::from(hi));
        if lo < first + 64 && hi >= first {
            let (lo, hi) = (lo.max(first) - first, hi.min(first + 63) - first);
            *word |= (u64::MAX >> (63 - (hi - lo))) << lo;
        }
    }
}

/// Adds one byte.
#[inline]
pub(crate) fn add(bytes: &mut Bytes, byte: u8) {
    bytes[usize::from(byte >> 6)] |= 1 << (byte & 63);
}

/// Adds the bytes of another set.
#[inline]
pub(crate) fn union(bytes: &mut Bytes, other: &Bytes) {
    for (word, other) in bytes.iter_mut().zip(other) {
        *word |= other;
    }
}

/// Tells whether it has no byte.
#[inline]
pub(crate) fn is_empty(bytes: &Bytes) -> bool {
    *bytes == [0; 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(bytes: &Bytes, byte: u8) -> bool {
        bytes[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

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
                places: [[0; 4]; 4],
            });
            add_range(&mut shapes, lo, hi);
            for c in (lo..=hi).filter_map(char::from_u32) {
                let mut buffer = [0; 4];
                let encoded = c.encode_utf8(&mut buffer).as_bytes();
                let places = &shapes[encoded.len() - 1].places;
                assert!(encoded.iter().zip(places).all(|(&b, set)| contains(set, b)));
            }
        }
    }

    #[test]
    fn a_script_has_few_bytes() {
        let mut shapes = [1, 2, 3, 4].map(|len| Shape {
            len,
            places: [[0; 4]; 4],
        });
        add_range(&mut shapes, 0x430, 0x44F);
        let [lead, second, ..] = shapes[1].places;
        let count = |bytes: Bytes| bytes.iter().map(|word| word.count_ones()).sum::<u32>();
        assert_eq!((count(lead), count(second)), (2, 32));
        assert!(contains(&lead, 0xD0) && contains(&lead, 0xD1));
        assert!(is_empty(&shapes[2].places[0]) && is_empty(&shapes[0].places[0]));
    }
}
