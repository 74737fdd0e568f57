//! Every assertion at every position of generated haystacks, against `regex-automata`.

use regex_automata::util::look::{Look as Oracle, LookMatcher};
use repool_text::{LOOKS, Look, LookSet};

/// Our assertion and that of `regex-automata`. `EndOrFinalLine` has no counterpart.
const PAIRS: [(Look, Oracle); 18] = [
    (Look::Start, Oracle::Start),
    (Look::End, Oracle::End),
    (Look::StartLine, Oracle::StartLF),
    (Look::EndLine, Oracle::EndLF),
    (Look::StartLineCrlf, Oracle::StartCRLF),
    (Look::EndLineCrlf, Oracle::EndCRLF),
    (Look::WordAscii, Oracle::WordAscii),
    (Look::NotWordAscii, Oracle::WordAsciiNegate),
    (Look::WordUnicode, Oracle::WordUnicode),
    (Look::NotWordUnicode, Oracle::WordUnicodeNegate),
    (Look::WordStartAscii, Oracle::WordStartAscii),
    (Look::WordEndAscii, Oracle::WordEndAscii),
    (Look::WordStartUnicode, Oracle::WordStartUnicode),
    (Look::WordEndUnicode, Oracle::WordEndUnicode),
    (Look::WordStartHalfAscii, Oracle::WordStartHalfAscii),
    (Look::WordEndHalfAscii, Oracle::WordEndHalfAscii),
    (Look::WordStartHalfUnicode, Oracle::WordStartHalfUnicode),
    (Look::WordEndHalfUnicode, Oracle::WordEndHalfUnicode),
];

fn check(haystack: &[u8]) {
    for line in [b'\n', b'a', 0, 0xFF] {
        let mut oracle = LookMatcher::new();
        oracle.set_line_terminator(line);
        for at in 0..=haystack.len() {
            for (look, theirs) in PAIRS {
                assert_eq!(
                    look.holds(haystack, at, line),
                    oracle.matches(theirs, haystack, at),
                    "{look:?} at {at} of {haystack:X?}"
                );
            }
            let rest = &haystack[at..];
            let ends = rest.is_empty() || rest == b"\n";
            assert_eq!(Look::EndOrFinalLine.holds(haystack, at, line), ends);
        }
    }
}

/// Pieces of text that assertions tell apart, whole and in parts.
const PIECES: [&[u8]; 24] = [
    b"a",
    b"Z",
    b"_",
    b"7",
    b" ",
    b"-",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    "é".as_bytes(),
    "λ".as_bytes(),
    "中".as_bytes(),
    "𝟙".as_bytes(),
    "☃".as_bytes(),
    "\u{300}".as_bytes(),
    "𐀀".as_bytes(),
    b"\xFF",
    b"\x80",
    b"\xC3",
    b"\xE4\xB8",
    b"\xF0\x9D\x9F",
    b"\xED\xA0\x80",
    b"\xC0\xAF",
];

#[test]
fn agrees_with_regex_automata() {
    check(b"");
    for a in PIECES {
        check(a);
        for b in PIECES {
            check(&[a, b].concat());
            for c in PIECES {
                check(&[a, b, c].concat());
            }
        }
    }
}

#[test]
fn agrees_on_long_haystacks() {
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..400 {
        let mut haystack = Vec::new();
        for _ in 0..20 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            haystack.extend_from_slice(PIECES[(random >> 32) as usize % PIECES.len()]);
        }
        check(&haystack);
    }
}

#[test]
fn numbers_and_sets() {
    let mut set = LookSet::default();
    assert!(set.is_empty());
    for (index, look) in LOOKS.into_iter().enumerate() {
        assert_eq!(Look::from_index(index as u32), Some(look));
        assert_eq!(look as usize, index);
        assert!(!set.contains(look));
        set = set.with(look);
        assert!(set.contains(look));
    }
    assert_eq!(Look::from_index(LOOKS.len() as u32), None);
    assert_eq!(LookSet::default().with(Look::End).union(set), set);
}
