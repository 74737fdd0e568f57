//! Orbits against `regex-syntax`, for every character.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
use repool_text::{canonical, orbit, orbits_in, table_bytes};

fn orbit_by_regex_syntax(c: char) -> Vec<char> {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    class.case_fold_simple();
    class.iter().flat_map(|r| r.start()..=r.end()).collect()
}

#[test]
fn every_character() {
    let mut cased = Vec::new();
    for c in '\0'..=char::MAX {
        let expected = orbit_by_regex_syntax(c);
        if expected.len() == 1 {
            assert_eq!(orbit(c), [], "{c:?}");
            assert_eq!(canonical(c), c);
            continue;
        }
        assert_eq!(orbit(c), expected, "{c:?}");
        let lower = expected.iter().find(|c| c.is_ascii_lowercase());
        assert_eq!(canonical(c), *lower.unwrap_or(&expected[0]), "{c:?}");
        cased.push(orbit(c));
    }
    assert!(orbits_in(0, 0x10_FFFF).eq(cased));
    assert!(table_bytes() > 0);
}

#[test]
fn parts_of_the_range() {
    for (lo, hi, expected) in [
        (0, 0x40, 0),
        (0x41, 0x41, 1),
        (0x5A, 0x61, 2),
        (0x7F, 0xC0, 2),
        (0xC0, 0xC0, 1),
        (0x2000, 0x2FFF, 0),
        (0x4E00, 0x10_FFFF, 0),
        (0x1_E943, 0x1_E943, 1),
        (0x1_F000, u32::MAX, 0),
    ] {
        let brute = (lo..=hi.min(0x10_FFFF))
            .filter_map(char::from_u32)
            .map(orbit)
            .filter(|orbit| !orbit.is_empty());
        let count = brute.clone().count();
        assert!(orbits_in(lo, hi).eq(brute), "{lo:X}..={hi:X}");
        if expected > 0 {
            assert_eq!(count, expected, "{lo:X}..={hi:X}");
        }
    }
}
