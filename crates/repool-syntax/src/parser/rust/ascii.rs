//! The classes with fixed ASCII members: those of Perl (`\d`) and of POSIX (`[:alpha:]`).

use repool_text::Property;

use super::escape::Perl;

impl Perl {
    /// The property that it means with Unicode.
    pub(super) fn property(self) -> Property {
        [Property::DIGIT, Property::SPACE, Property::WORD][usize::from(self.kind)]
    }

    /// Its ASCII members. If it is negated, these are what it leaves out.
    pub(super) fn ascii(self) -> u128 {
        [DIGIT, SPACE, WORD][usize::from(self.kind)]
    }
}

const fn span(lo: u8, hi: u8) -> u128 {
    (u128::MAX >> (127 - hi)) & (u128::MAX << lo)
}

const DIGIT: u128 = span(b'0', b'9');
const SPACE: u128 = span(b'\t', b'\r') | span(b' ', b' ');
const UPPER: u128 = span(b'A', b'Z');
const LOWER: u128 = span(b'a', b'z');
const WORD: u128 = DIGIT | UPPER | LOWER | span(b'_', b'_');
const GRAPH: u128 = span(b'!', b'~');

/// The members of a POSIX class.
pub(super) fn posix(name: &str) -> Option<u128> {
    Some(match name {
        "alnum" => DIGIT | UPPER | LOWER,
        "alpha" => UPPER | LOWER,
        "ascii" => u128::MAX,
        "blank" => span(b'\t', b'\t') | span(b' ', b' '),
        "cntrl" => span(0, 0x1F) | span(0x7F, 0x7F),
        "digit" => DIGIT,
        "graph" => GRAPH,
        "lower" => LOWER,
        "print" => GRAPH | span(b' ', b' '),
        "punct" => GRAPH & !(DIGIT | UPPER | LOWER),
        "space" => SPACE,
        "upper" => UPPER,
        "word" => WORD,
        "xdigit" => DIGIT | span(b'A', b'F') | span(b'a', b'f'),
        _ => return None,
    })
}
