//! Where a match can start: skips what cannot, without running the program.
//!
//! [`Starts`] yields positions in rising order and leaves out only positions at which no match starts,
//! so it never changes a result. What it looks for, best first:
//!
//! - the one start of an anchored search;
//! - the prefix of every match, by substring search ([`Finder`]);
//! - the set of bytes that every match starts with: `memchr` for up to three, else [`ByteSet`];
//! - nothing: every position at which a span may start.
//!
//! [`reject`] looks for the bytes that every match contains. It is sound for any program: no such
//! bytes, no match; and with a known greatest distance from the start of a match, nothing that starts
//! further in front of them is one. Skips that reverse the search (a suffix, an inner literal) are
//! left out on purpose: they were wrong three times in the `regex` crate (#1060, #1110, #1354).
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use memchr::{memchr, memchr2, memchr3, memmem};
use repool_program::{Needle, Program, UNBOUNDED};
use repool_text::{Fold, is_boundary};

use crate::class::ByteSet;
use crate::search::Search;
use crate::unit::{Bytes, CodePoints, Unit, steps_bytes};

/// The positions at which a match can start.
#[derive(Debug)]
pub(crate) struct Starts<'p> {
    kind: Kind<'p>,
    /// Substring search for a needle, once it pays to set it up.
    exact: Exact<'p>,
    /// The last position that leaves room for the shortest match.
    last: usize,
}

#[derive(Debug)]
enum Kind<'p> {
    /// Nothing but the start of the search.
    Once,
    /// Every position.
    Every,
    /// One of the bytes.
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    /// A byte of the set.
    Table(ByteSet),
    /// A needle.
    Needle(Finder<'p>),
}

impl<'p> Starts<'p> {
    /// The starts of a search.
    #[inline]
    pub(crate) fn new(search: &Search<'p, '_>) -> Starts<'p> {
        let program = search.program;
        let Some(last) = search.end().checked_sub(program.len_min() as usize) else {
            // `prepare` has seen to it that a match fits.
            return Starts {
                kind: Kind::Once,
                exact: None,
                last: search.start,
            };
        };
        let kind = if search.anchored {
            Kind::Once
        } else if let Some(finder) = program.prefix().and_then(|n| Finder::new(program, n)) {
            Kind::Needle(finder)
        } else if let Some(first) = program.first() {
            Kind::of_set(program.set(first).0)
        } else {
            Kind::Every
        };
        Starts {
            kind,
            exact: None,
            last,
        }
    }

    /// Tells whether it skips anything.
    #[inline]
    pub(crate) fn skips(&self) -> bool {
        !matches!(self.kind, Kind::Once | Kind::Every)
    }

    /// The first start at `at` or behind.
    #[inline]
    pub(crate) fn next(&mut self, search: &Search<'_, '_>, at: usize) -> Option<usize> {
        if at > self.last {
            return None;
        }
        let rest = &search.hay[at..];
        let skip = match &mut self.kind {
            Kind::Once => (at == search.start).then_some(0),
            Kind::Every => {
                let mut at = at;
                while !search.may_start(at) {
                    at += 1;
                    if at > self.last {
                        return None;
                    }
                }
                return Some(at);
            }
            Kind::One(a) => memchr(*a, rest),
            Kind::Two(a, b) => memchr2(*a, *b, rest),
            Kind::Three(a, b, c) => memchr3(*a, *b, *c, rest),
            Kind::Table(set) => set.find(rest),
            Kind::Needle(finder) => finder
                .find(&mut self.exact, search.hay, at)
                .map(|found| found - at),
        };
        match skip {
            Some(skip) if at + skip <= self.last => Some(at + skip),
            _ => None,
        }
    }
}

impl Kind<'_> {
    #[inline]
    fn of_set(map: [u64; 4]) -> Self {
        let count: u32 = map.iter().map(|word| word.count_ones()).sum();
        if count == 0 || count > 3 {
            return Kind::Table(ByteSet::new(map));
        }
        let mut bytes = [0; 3];
        let mut found = 0;
        for (high, mut word) in (0u8..).zip(map) {
            while word != 0 {
                bytes[found] = high << 6 | word.trailing_zeros() as u8;
                found += 1;
                word &= word - 1;
            }
        }
        match bytes {
            [a, ..] if count == 1 => Kind::One(a),
            [a, b, _] if count == 2 => Kind::Two(a, b),
            [a, b, c] => Kind::Three(a, b, c),
        }
    }
}

/// Finds a needle of a program in a haystack.
#[derive(Debug)]
pub(crate) struct Finder<'p> {
    needle: &'p [u8],
    fold: Fold,
    /// Whether a folded needle compares byte by byte.
    bytes: bool,
    /// The place in the needle of the byte that is looked for.
    anchor: usize,
}

/// Substring search for an exact needle, if it is set up. Kept apart, as it is large.
pub(crate) type Exact<'p> = Option<memmem::Finder<'p>>;

/// From here on `memmem` pays for its set-up of some 50 ns; below, one `memchr` for the rarest byte
/// and a comparison win. Nothing magical.
const EXACT_BYTES_MIN: usize = 512;

impl<'p> Finder<'p> {
    /// A finder, or `None` if the needle has no byte that is found faster than it is tried: under a
    /// Unicode fold that is one whose first character has forms outside of ASCII.
    #[inline]
    pub(crate) fn new(program: &Program<'p>, needle: Needle) -> Option<Finder<'p>> {
        let (bytes, fold) = (program.needle(needle), needle.fold);
        let stepping = steps_bytes(program);
        // The place of the anchor must be known: all that stands before it has one length.
        let fixed = match fold {
            Fold::Unicode if !stepping => bytes
                .iter()
                .take_while(|b| b.is_ascii() && !has_wide_form(**b))
                .count(),
            _ => bytes.len(),
        };
        let anchor = (0..fixed).min_by_key(|&i| frequency(bytes[i], fold))?;
        Some(Finder {
            needle: bytes,
            fold,
            bytes: stepping,
            anchor,
        })
    }

    /// The first occurrence at `at` or behind.
    #[inline]
    pub(crate) fn find(&self, exact: &mut Exact<'p>, hay: &[u8], at: usize) -> Option<usize> {
        if self.fold == Fold::None && (exact.is_some() || hay.len() - at >= EXACT_BYTES_MIN) {
            let exact = exact.get_or_insert_with(|| memmem::Finder::new(self.needle));
            return exact.find(&hay[at..]).map(|found| at + found);
        }
        let byte = self.needle[self.anchor];
        let mut from = at.checked_add(self.anchor)?;
        while from < hay.len() {
            let found = from
                + if self.fold == Fold::None || !byte.is_ascii_alphabetic() {
                    memchr(byte, &hay[from..])?
                } else {
                    memchr2(
                        byte.to_ascii_lowercase(),
                        byte.to_ascii_uppercase(),
                        &hay[from..],
                    )?
                };
            let start = found - self.anchor;
            if self.ends(hay, start).is_some() {
                return Some(start);
            }
            from = found + 1;
        }
        None
    }

    /// Where the needle ends, if it stands at `at`.
    #[inline]
    pub(crate) fn ends(&self, hay: &[u8], at: usize) -> Option<usize> {
        if self.bytes {
            Bytes::take_literal(self.needle, self.fold, hay, at)
        } else {
            CodePoints::take_literal(self.needle, self.fold, hay, at)
        }
    }
}

/// Tells whether an ASCII character has forms above ASCII under simple folding: k (the Kelvin sign)
/// and s (the long s).
const fn has_wide_form(byte: u8) -> bool {
    matches!(byte, b'k' | b'K' | b's' | b'S')
}

/// About how often a byte occurs; only the order counts.
///
/// Letters by their frequency in English text; signs and digits of data below them; other bytes of
/// multi-byte characters as often as letters, as a text that has one has many.
fn frequency(byte: u8, fold: Fold) -> u8 {
    // A letter that is looked for in both cases costs a little more.
    let both_cases = fold != Fold::None && byte.is_ascii_alphabetic();
    FREQUENCY[byte as usize] + if both_cases { 8 } else { 0 }
}

const FREQUENCY: [u8; 256] = {
    let mut table = [20; 256];
    let mut byte = 0x80;
    while byte < 0x100 {
        table[byte] = 150;
        byte += 1;
    }
    // From the most frequent down.
    let order = b" etaoinsrhldcumfpgwyb,.v\nk-_/:\"'0=1()2;3<>45698xj7qz";
    let mut i = 0;
    while i < order.len() {
        table[order[i] as usize] = 200 - 2 * i as u8;
        i += 1;
    }
    let mut upper = b'A';
    while upper <= b'Z' {
        table[upper as usize] = 30 + table[upper.to_ascii_lowercase() as usize] / 4;
        upper += 1;
    }
    table
};

/// The haystack must have as many bytes before a search for the required bytes pays.
const REQUIRED_BYTES_MIN: usize = 32;

/// Looks for the bytes that every match contains: `None` if there is no match for want of them, else
/// the first position at which a match can start.
#[inline]
pub(crate) fn reject(search: &Search<'_, '_>) -> Option<usize> {
    let start = search.start;
    let Some(required) = search.program.required() else {
        return Some(start);
    };
    if search.end() - start < REQUIRED_BYTES_MIN || is_prefix(search, required) {
        return Some(start);
    }
    require(search, required)
}

/// Tells whether a search for the prefix finds the required bytes too.
#[inline]
fn is_prefix(search: &Search<'_, '_>, required: Needle) -> bool {
    match search.program.prefix() {
        Some(prefix) => prefix.word == required.word,
        None => false,
    }
}

fn require(search: &Search<'_, '_>, required: Needle) -> Option<usize> {
    let start = search.start;
    let Some(finder) = Finder::new(search.program, required) else {
        return Some(start);
    };
    let found = finder.find(&mut None, search.hay, start)?;
    let before_max = search.program.facts().required_before_max;
    if before_max == UNBOUNDED {
        return Some(start);
    }
    let mut first = start.max(found.saturating_sub(before_max as usize));
    if search.anchored {
        return (first == start).then_some(start);
    }
    if search.utf8 {
        while !is_boundary(search.whole, first) {
            first += 1;
        }
    }
    Some(first)
}
