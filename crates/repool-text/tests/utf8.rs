//! `decode` and `decode_last` against the standard library.

use repool_text::{Decoded, decode, decode_last, is_boundary};

/// The unit at the start of `bytes`, from the standard library.
fn first_by_std(bytes: &[u8]) -> Option<Decoded> {
    let first = (1..=4.min(bytes.len())).find_map(|len| {
        let c = str::from_utf8(&bytes[..len]).ok()?.chars().next()?;
        Some(Decoded { c: c.into(), len })
    });
    let invalid = Decoded {
        c: Decoded::INVALID,
        len: 1,
    };
    first.or((!bytes.is_empty()).then_some(invalid))
}

/// All units of `bytes`, forwards and backwards.
fn check(bytes: &[u8]) {
    let mut units = Vec::new();
    let mut at = 0;
    while let Some(unit) = decode(bytes, at) {
        assert_eq!(
            Some(unit),
            first_by_std(&bytes[at..]),
            "at {at} of {bytes:X?}"
        );
        assert_eq!(unit.is_valid(), unit.c <= 0x10_FFFF);
        units.push((at, unit));
        at += unit.len;
    }
    assert_eq!(at, bytes.len());
    let mut end = bytes.len();
    while let Some(unit) = decode_last(bytes, end) {
        end -= unit.len;
        assert_eq!(Some((end, unit)), units.pop(), "before {end} of {bytes:X?}");
    }
    assert_eq!(units, []);
    if let Ok(text) = str::from_utf8(bytes) {
        for at in 0..=bytes.len() + 1 {
            assert_eq!(is_boundary(bytes, at), text.is_char_boundary(at));
        }
    }
}

#[test]
fn every_character() {
    for c in '\0'..=char::MAX {
        let mut buffer = [0; 4];
        let bytes = c.encode_utf8(&mut buffer).as_bytes();
        let unit = Decoded {
            c: c.into(),
            len: bytes.len(),
        };
        assert_eq!(decode(bytes, 0), Some(unit));
        assert_eq!(decode_last(bytes, bytes.len()), Some(unit));
    }
}

#[test]
fn every_short_string() {
    check(b"");
    for a in 0..=255 {
        check(&[a]);
        for b in 0..=255 {
            check(&[a, b]);
        }
    }
    // The borders decide: all bytes below 0x80 are alike, and all above 0xF4.
    let edges = |byte: &u8| matches!(byte, b'a' | 0x7F..=0xC2 | 0xDF..=0xE1 | 0xEC..=0xF5 | 0xFF);
    let bytes: Vec<u8> = (0..=255).filter(edges).collect();
    for &a in &bytes {
        for &b in &bytes {
            for &c in &bytes {
                check(&[a, b, c]);
            }
        }
    }
}

#[test]
fn strings_of_four_and_more() {
    let edges = [
        b'a', 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4,
        0xF5,
    ];
    for i in 0..16_usize.pow(4) {
        let at = |place: u32| edges[i >> (4 * place) & 15];
        check(&[at(0), at(1), at(2), at(3)]);
        check(&[0xF0, at(0), at(1), at(2), at(3), b'b']);
    }
}
