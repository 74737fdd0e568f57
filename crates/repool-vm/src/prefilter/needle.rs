//! Finds a needle of a program in a haystack.
//!
//! An exact needle is searched for by two of its rarer bytes at once, with `memchr`'s packed pair. A folded needle is
//! searched for by its rarest byte. Each candidate is then compared in full. Under a Unicode fold the characters in front
//! of that byte may have other lengths in the haystack, so the search steps back as many characters to find the start.
//!
//! A comparison fails at its first difference in nearly any text. At worst a search takes needle × haystack, which is
//! within the bound of the engines.
//!
//! Exercised by the tests below and `tests/oracle.rs`.

use repool_program::{Needle, Program};
use repool_text::{Fold, byte_count, decode_last};

use crate::nfa::unit::Bytes;
use crate::nfa::unit::CodePoints;
use crate::nfa::unit::Unit;
use crate::nfa::unit::steps_bytes;
use crate::prefilter::byte_frequency::Frequency;
use crate::prefilter::packed_pair::Pair;
use crate::simd::byte_set::ByteSet;
use crate::simd::memchr::find_one;
use crate::simd::memchr::find_two;
use crate::simd::short::Short;
use crate::simd::short::first_of;
use crate::simd::tables::BLOCK_BYTES;
use crate::source::Source;
use crate::tuning::SHORT_BYTES_MAX;

/// Finds one needle. It holds no reference to the program.
#[derive(Clone, Debug)]
pub(crate) struct Finder {
    needle: Needle,
    /// The place in the needle of its rarest byte.
    anchor: usize,
    /// Characters in front of that byte, if they may have other lengths in a haystack.
    chars_before: Option<usize>,
    /// The rarest byte, in one case or both.
    byte: (u8, u8),
    /// The byte that stands beside it.
    beside: Option<Beside>,
    pair: Option<Pair>,
    /// The pair, for short haystacks.
    rare: Option<Rare>,
    /// Whether the needle is one byte without case.
    is_byte: bool,
}

/// The byte right behind another, or right in front of it.
#[derive(Clone, Copy, Debug)]
struct Beside {
    is_behind: bool,
    /// The byte, in one case or both.
    byte: (u8, u8),
}

impl Beside {
    /// Tells whether the byte stands beside `place`.
    #[inline(always)]
    fn stands(self, hay: &[u8], place: usize) -> bool {
        let beside = match self.is_behind {
            true => hay.get(place + 1),
            false => place.checked_sub(1).and_then(|place| hay.get(place)),
        };
        beside.is_some_and(|&byte| byte == self.byte.0 || byte == self.byte.1)
    }
}

/// Bytes of the longest needle that is copied: one comparison of a word. Longer needles are compared in the program.
const COPIED_BYTES_MAX: usize = 8;

/// Two bytes of an exact needle, their places in it, and a copy of the needle if it is short.
#[derive(Clone, Copy, Debug)]
struct Rare {
    bytes: [u8; 2],
    distances: [u8; 2],
    copy: [u8; COPIED_BYTES_MAX],
    /// Bytes of the needle, or 0 if it is too long for the copy.
    len: u8,
    short: Short,
}

impl Rare {
    fn new(text: &[u8], pair: &Pair) -> Option<Rare> {
        let distances = pair.distances();
        let mut rare = Rare {
            bytes: distances.map(|distance| text[usize::from(distance)]),
            distances,
            copy: [0; COPIED_BYTES_MAX],
            len: 0,
            short: Short::new()?,
        };
        if let Some(copy) = rare.copy.get_mut(..text.len()) {
            copy.copy_from_slice(text);
            rare.len = text.len() as u8;
        }
        Some(rare)
    }

    /// Returns the first occurrence of the needle in at most [`SHORT_BYTES_MAX`] bytes. Returns no answer (the outer
    /// `None`) if there is a candidate and the needle is too long for the copy.
    #[inline(always)]
    fn find(&self, hay: &[u8]) -> Option<Option<usize>> {
        let len = usize::from(self.len);
        let needle = &self.copy[..len];
        let stands = |place: usize| {
            let here = hay.get(place..place + len);
            here.is_some_and(|here| here.iter().zip(needle).all(|(a, b)| a == b))
        };
        let marks = |hay: &[u8]| self.short.pair(hay, self.bytes, self.distances);
        // Without a copy every candidate passes.
        let found = first_of(hay, marks, |place| len <= 2 || stands(place));
        (len > 0 || found.is_none()).then_some(found)
    }
}

impl Finder {
    /// Creates a finder. Returns `None` if no byte of the needle can be searched for: under a Unicode fold, if all its
    /// characters have variants above ASCII.
    pub(crate) fn new(program: &Program<'_>, needle: Needle) -> Option<Finder> {
        let (text, fold) = (program.needle(needle), needle.fold);
        let bytes = steps_bytes(program);
        let folded = fold == Fold::Unicode && !bytes;
        // These characters are one byte in every haystack.
        let is_narrow = |i: usize| !folded || text[i].is_ascii() && !has_wide_form(text[i]);
        let anchor = // Of a long needle the first bytes are enough to choose from.
            (0..text.len().min(BLOCK_BYTES))
            .filter(|&i| is_narrow(i))
            .min_by_key(|&i| frequency(text[i], fold))?;
        let before = &text[..anchor];
        let is_fixed = !folded || before.iter().all(|&b| b.is_ascii() && !has_wide_form(b));
        let chars = before.iter().filter(|&&b| b & 0xC0 != 0x80).count();
        let both = |i: usize| match text[i] {
            byte if fold != Fold::None && byte.is_ascii_alphabetic() => (byte, byte ^ 0x20),
            byte => (byte, byte),
        };
        let beside = [anchor.checked_sub(1), Some(anchor + 1)].into_iter();
        let beside = (beside.flatten().filter(|&i| i < text.len() && is_narrow(i)))
            .min_by_key(|&i| frequency(text[i], fold))
            .map(|i| Beside {
                is_behind: i > anchor,
                byte: both(i),
            });
        let pair = match fold {
            Fold::None => Pair::new(text),
            _ => None,
        };
        Some(Finder {
            needle,
            anchor,
            chars_before: if is_fixed { None } else { Some(chars) },
            byte: both(anchor),
            beside,
            is_byte: fold == Fold::None && text.len() == 1,
            rare: pair.as_ref().and_then(|pair| Rare::new(text, pair)),
            pair,
        })
    }

    /// Returns the needle.
    pub(crate) fn needle(&self) -> Needle {
        self.needle
    }

    /// Returns the one byte of the needle, if it has one byte without case.
    #[inline]
    pub(crate) fn only_byte(&self) -> Option<u8> {
        self.is_byte.then_some(self.byte.0)
    }

    /// Tells whether the needle is compared byte for byte.
    pub(crate) fn is_exact(&self) -> bool {
        self.needle.is_exact()
    }

    /// Returns the share of positions, in text of this kind, at which the rarest byte stands.
    pub(crate) fn rate(&self, frequency: &Frequency) -> f32 {
        let (byte, other) = self.byte;
        frequency.share(&ByteSet::of(&[byte, other]))
    }

    /// The first occurrence at `at` or behind. The program is opened only where that is needed: it takes as long as to
    /// search a short haystack.
    #[inline(always)]
    pub(crate) fn find(&self, source: &impl Source, hay: &[u8], at: usize) -> Option<usize> {
        match self.find_near(hay, at) {
            Some(found) => found,
            None => self.find_far(&source.program(), hay, at),
        }
    }

    /// Searches without the program. The outer `None` means that the program is needed.
    #[inline(always)]
    fn find_near(&self, hay: &[u8], at: usize) -> Option<Option<usize>> {
        let rest = hay.get(at..)?;
        let found = match &self.rare {
            Some(rare) if rest.len() <= SHORT_BYTES_MAX => rare.find(rest)?,
            None if self.is_byte => find_one(self.byte.0, rest),
            _ => return None,
        };
        Some(found.map(|found| at + found))
    }

    #[inline(never)]
    fn find_far(&self, program: &Program<'_>, hay: &[u8], at: usize) -> Option<usize> {
        let rest = hay.get(at..)?;
        match &self.pair {
            Some(pair) if rest.len() >= pair.haystack_len_min() => pair
                .find(rest, program.needle(self.needle))
                .map(|found| at + found),
            _ => self.find_byte(program, hay, at),
        }
    }

    #[inline(never)]
    fn find_byte(&self, program: &Program<'_>, hay: &[u8], at: usize) -> Option<usize> {
        // Each character in front of the rarest byte has at least one byte.
        let mut from = at.checked_add(self.chars_before.unwrap_or(self.anchor))?;
        let (byte, other) = self.byte;
        while from < hay.len() {
            let skip = if byte == other {
                find_one(byte, &hay[from..])?
            } else {
                find_two(byte, other, &hay[from..])?
            };
            let found = from + skip;
            from = found + 1;
            if self.beside.is_some_and(|beside| !beside.stands(hay, found)) {
                continue;
            }
            if let Some(start) = self.start(hay, at, found)
                && self.end(program, hay, start).is_some()
            {
                return Some(start);
            }
        }
        None
    }

    /// Returns the start of the needle whose rarest byte stands at `found`, unless it is before `at`.
    #[inline]
    fn start(&self, hay: &[u8], at: usize, found: usize) -> Option<usize> {
        let Some(chars) = self.chars_before else {
            return Some(found - self.anchor);
        };
        let mut start = found;
        for _ in 0..chars {
            start -= decode_last(&hay[at..start], start - at)?.len;
        }
        Some(start)
    }

    /// Returns the end of the needle, if it stands at `at`.
    #[inline]
    fn end(&self, program: &Program<'_>, hay: &[u8], at: usize) -> Option<usize> {
        end_of(program, self.needle, hay, at)
    }
}

/// Returns the end of a needle of a program, if it stands at `at`.
#[inline]
pub(crate) fn end_of(
    program: &Program<'_>,
    needle: Needle,
    hay: &[u8],
    at: usize,
) -> Option<usize> {
    let (text, fold) = (program.needle(needle), needle.fold);
    if steps_bytes(program) {
        Bytes::take_literal(text, fold, hay, at)
    } else {
        CodePoints::take_literal(text, fold, hay, at)
    }
}

/// Tells whether an ASCII character has case variants above ASCII: k (the Kelvin sign) and s (the long s).
pub(crate) const fn has_wide_form(byte: u8) -> bool {
    matches!(byte, b'k' | b'K' | b's' | b'S')
}

/// Returns how often a byte of a needle stands in text; of a folded letter, in both cases. The finder searches for
/// the byte with the smallest number.
pub(crate) fn frequency(byte: u8, fold: Fold) -> u32 {
    let is_both = fold != Fold::None && byte.is_ascii_alphabetic();
    byte_count(byte) + if is_both { byte_count(byte ^ 0x20) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use repool_text::orbit;

    #[test]
    fn short_haystacks_are_searched_as_if_byte_by_byte() {
        // The kernels see zeros behind the haystack.
        let text = b"ab\0abdab\0ab\0ddab\0abdab\0ab\0";
        for needle in (0..8).flat_map(|at| (2..14).map(move |len| &text[at..at + len])) {
            let Some(rare) = Pair::new(needle).and_then(|pair| Rare::new(needle, &pair)) else {
                continue;
            };
            for len in (0..=2 * needle.len() + 70).chain([127, 128, 129, 200, SHORT_BYTES_MAX]) {
                for skip in [0, 1, 5] {
                    // A buffer of its own lets AddressSanitizer see a read past the end.
                    let hay = text.iter().cycle().skip(skip).take(len);
                    let mut hay: Box<[u8]> = hay.copied().collect();
                    // Without the first occurrences a later one has to be found.
                    for byte in hay.iter_mut().take(len * skip / 6) {
                        *byte = b'a';
                    }
                    let expected = hay.windows(needle.len()).position(|w| w == needle);
                    match rare.find(&hay) {
                        Some(found) => assert_eq!(found, expected, "{needle:?} {hay:?}"),
                        None => assert!(needle.len() > COPIED_BYTES_MAX, "{needle:?} is short"),
                    }
                }
            }
        }
    }

    #[test]
    fn wide_forms_are_those_of_the_tables() {
        for byte in 0..0x80u8 {
            let wide = orbit(char::from(byte)).iter().any(|c| !c.is_ascii());
            assert_eq!(has_wide_form(byte), wide, "{:?}", char::from(byte));
        }
    }
}
