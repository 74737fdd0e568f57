//! A set returns what was put in, and its members are those of a plain list.

use repool_text::{Decoded, Property, Set, pack_range, property, unpack_range};

const LETTERS: u128 = 0x3FF_FFFF << b'a';

#[test]
fn parts_come_back() {
    let greek = property(r"\p{Greek}").unwrap();
    let parts = [
        (Property::WORD, true),
        (Property::SPACE, false),
        (greek, true),
        (Property::DIGIT, false),
    ];
    for len in 0..=parts.len() {
        let set = Set::code_points(
            LETTERS,
            &parts[..len],
            u32::MAX as usize,
            (1 << 24) - 1,
            true,
        );
        assert_eq!(set.ascii(), LETTERS);
        assert_eq!(set.properties().collect::<Vec<_>>(), parts[..len]);
        assert_eq!(
            (set.ranges_at(), set.ranges_len()),
            (u32::MAX as usize, (1 << 24) - 1)
        );
        assert!(set.is_negated() && set.is_wide());
        let moved = set.with_ranges_at(7);
        assert_eq!((moved.ranges_at(), moved.ranges_len()), (7, (1 << 24) - 1));
        assert_eq!(moved.with_ranges_at(u32::MAX as usize), set);
    }
    assert!(!Set::code_points(LETTERS, &[], 3, 0, false).is_wide());
    assert!(!Set::EMPTY.is_wide());
    assert_eq!(Set::EMPTY, Set::code_points(0, &[], 0, 0, false));
}

#[test]
fn ranges_come_back() {
    for (lo, hi) in [
        (0, 0),
        (0x80, 0x80),
        (0x80, 0x10_FFFF),
        (0x10_FFFF, 0x10_FFFF),
    ] {
        assert_eq!(unpack_range(pack_range(lo, hi)), (lo, hi));
    }
}

#[test]
fn membership() {
    let ranges = [
        (0xFF, 0xFF),
        (0xE0, 0xE9),
        (0x370, 0x3FF),
        (0xFFFF, 0x1_0000),
        (0x10_FFFF, 0x10_FFFF),
    ];
    let words = ranges.map(|(lo, hi)| pack_range(lo, hi));
    for negated in [false, true] {
        for properties in [
            &[][..],
            &[(Property::DIGIT, false)],
            &[(Property::WORD, true), (Property::DIGIT, false)],
        ] {
            let set = Set::code_points(LETTERS, properties, 1, 4, negated);
            for c in (0..0x3000)
                .chain(0xFF00..0x1_0100)
                .chain(0x10_FF00..=0x10_FFFF)
            {
                let expected = if c < 0x80 {
                    LETTERS >> c & 1 != 0
                } else {
                    let listed = ranges[1..].iter().any(|&(lo, hi)| lo <= c && c <= hi);
                    let named = properties.iter().any(|&(p, not)| p.contains(c) != not);
                    (listed || named) != negated
                };
                assert_eq!(
                    set.contains(&words, c),
                    expected,
                    "{c:X} {properties:?} {negated}"
                );
            }
            for c in [Decoded::INVALID, 0x11_0000] {
                assert!(!set.contains(&words, c));
            }
            for first in (0x80..=0x10_FFFF).step_by(64) {
                let members = set.members(&words, first);
                let is_member = |i: u32| members >> i & 1 != 0;
                assert!((0..64).all(|i| is_member(i) == set.contains(&words, first + i)));
            }
        }
    }
}

#[test]
fn ranges_past_the_section_are_empty() {
    let set = Set::code_points(0, &[], 3, 5, false);
    assert!(!set.contains(&[], 0xE9));
}

#[test]
fn bytes() {
    let set = Set::bytes([1, 1 << 63, 2, 1 << 62]);
    let members: Vec<u8> = (0..=255).filter(|&b| set.contains_byte(b)).collect();
    assert_eq!(members, [0, 127, 129, 254]);
}

#[test]
#[should_panic(expected = "at most four")]
fn five_properties() {
    let _ = Set::code_points(0, &[(Property::WORD, false); 5], 0, 0, false);
}
