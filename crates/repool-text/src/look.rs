//! Zero-width assertions.
//!
//! Their meaning is that of `regex-automata`, also at invalid UTF-8 and inside an encoded code point.
//! There, assertions are about what can be decoded and not about bytes.
//!
//! Exercised by `tests/look.rs`, which compares every assertion at every position of generated haystacks
//! with the `LookMatcher` of `regex-automata`.

use crate::property::ASCII_WORD;
use crate::{Decoded, decode, is_word};

/// An assertion about the two characters around a position.
///
/// [`Look::holds`] decides which positions satisfy it, for every engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Look {
    /// The start of the haystack (`\A`, and `^` outside multi-line mode).
    Start,
    /// The end of the haystack (`\z`, and `$` outside multi-line mode).
    End,
    /// The end of the haystack, or before one final `\n` (`$` in Python).
    EndOrFinalLine,
    /// Behind the line terminator, or at the start.
    StartLine,
    /// Before the line terminator, or at the end.
    EndLine,
    /// At the start, behind `\n`, or behind `\r` that no `\n` follows.
    StartLineCrlf,
    /// At the end, before `\r`, or before `\n` that no `\r` precedes.
    EndLineCrlf,
    /// Exactly one side is an ASCII word character.
    WordAscii,
    /// Both sides, or neither, are ASCII word characters.
    NotWordAscii,
    /// Exactly one side is a Unicode word character.
    WordUnicode,
    /// Both sides, or neither, are Unicode word characters. Never holds inside an encoded character.
    NotWordUnicode,
    /// An ASCII word starts here.
    WordStartAscii,
    /// An ASCII word ends here.
    WordEndAscii,
    /// A Unicode word starts here.
    WordStartUnicode,
    /// A Unicode word ends here.
    WordEndUnicode,
    /// No ASCII word character stands before.
    WordStartHalfAscii,
    /// No ASCII word character follows.
    WordEndHalfAscii,
    /// No Unicode word character stands before.
    WordStartHalfUnicode,
    /// No Unicode word character follows.
    WordEndHalfUnicode,
}

/// Every assertion, in the order of its index.
pub const LOOKS: [Look; 19] = [
    Look::Start,
    Look::End,
    Look::EndOrFinalLine,
    Look::StartLine,
    Look::EndLine,
    Look::StartLineCrlf,
    Look::EndLineCrlf,
    Look::WordAscii,
    Look::NotWordAscii,
    Look::WordUnicode,
    Look::NotWordUnicode,
    Look::WordStartAscii,
    Look::WordEndAscii,
    Look::WordStartUnicode,
    Look::WordEndUnicode,
    Look::WordStartHalfAscii,
    Look::WordEndHalfAscii,
    Look::WordStartHalfUnicode,
    Look::WordEndHalfUnicode,
];

impl Look {
    /// The assertion with this index.
    #[inline(always)]
    #[must_use]
    pub const fn from_index(index: u32) -> Option<Look> {
        if (index as usize) < LOOKS.len() {
            Some(LOOKS[index as usize])
        } else {
            None
        }
    }

    /// Tells whether the assertion holds at `at`, a position in the whole haystack.
    ///
    /// `line` is the line terminator of [`Look::StartLine`] and [`Look::EndLine`].
    #[inline]
    #[must_use]
    pub fn holds(self, haystack: &[u8], at: usize, line: u8) -> bool {
        let before = || at.checked_sub(1).map(|i| haystack[i]);
        let after = || haystack.get(at).copied();
        match self {
            Look::Start => at == 0,
            Look::End => at == haystack.len(),
            Look::EndOrFinalLine => {
                at == haystack.len() || at + 1 == haystack.len() && after() == Some(b'\n')
            }
            Look::StartLine => before().is_none_or(|b| b == line),
            Look::EndLine => after().is_none_or(|b| b == line),
            Look::StartLineCrlf => match before() {
                None | Some(b'\n') => true,
                Some(b'\r') => after() != Some(b'\n'),
                _ => false,
            },
            Look::EndLineCrlf => match after() {
                None | Some(b'\r') => true,
                Some(b'\n') => before() != Some(b'\r'),
                _ => false,
            },
            _ => self.holds_word(haystack, at),
        }
    }

    /// Evaluates the assertions about words.
    ///
    /// An invalid byte is no word character. [`Look::NotWordUnicode`] and the half boundaries assert that
    /// there is *no* word character. That would hold everywhere inside invalid UTF-8 and inside an encoded
    /// code point. So these assertions also require that the sides they look at are characters. The other
    /// assertions find a word character on one side, which proves that it is one.
    fn holds_word(self, haystack: &[u8], at: usize) -> bool {
        let byte = |i: usize| haystack.get(i).is_some_and(|&b| is_word_byte(b));
        let before_ascii = at > 0 && byte(at - 1);
        let after_ascii = byte(at);
        match self {
            Look::WordAscii => before_ascii != after_ascii,
            Look::NotWordAscii => before_ascii == after_ascii,
            Look::WordStartAscii => !before_ascii && after_ascii,
            Look::WordEndAscii => before_ascii && !after_ascii,
            Look::WordStartHalfAscii => !before_ascii,
            Look::WordEndHalfAscii => !after_ascii,
            _ => self.holds_word_unicode(Side::before(haystack, at), Side::after(haystack, at)),
        }
    }

    fn holds_word_unicode(self, before: Side, after: Side) -> bool {
        let word = |side| side == Side::Word;
        match self {
            Look::WordUnicode => word(before) != word(after),
            Look::NotWordUnicode => {
                before != Side::Invalid && after != Side::Invalid && word(before) == word(after)
            }
            Look::WordStartUnicode => !word(before) && word(after),
            Look::WordEndUnicode => word(before) && !word(after),
            Look::WordStartHalfUnicode => before == Side::Other,
            Look::WordEndHalfUnicode => after == Side::Other,
            _ => false,
        }
    }
}

/// The character on one side of a position.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A word character.
    Word,
    /// Another character, or an end of the haystack.
    Other,
    /// An invalid byte, or a part of an encoded code point.
    Invalid,
}

impl Side {
    fn after(haystack: &[u8], at: usize) -> Side {
        Side::of(decode(haystack, at))
    }

    /// The first code point that starts at the last byte in front that can start one, even if invalid bytes
    /// follow it: behind `a\x80` stands an `a`. `regex-automata` reads backwards in this way, and defines
    /// the assertions.
    fn before(haystack: &[u8], at: usize) -> Side {
        let limit = at.saturating_sub(4);
        let Some(mut start) = at.checked_sub(1) else {
            return Side::Other;
        };
        while start > limit && haystack[start] & 0xC0 == 0x80 {
            start -= 1;
        }
        Side::of(decode(&haystack[..at], start))
    }

    fn of(decoded: Option<Decoded>) -> Side {
        match decoded {
            None => Side::Other,
            Some(d) if !d.is_valid() => Side::Invalid,
            Some(d) if is_word(d.c) => Side::Word,
            Some(_) => Side::Other,
        }
    }
}

fn is_word_byte(b: u8) -> bool {
    b < 0x80 && ASCII_WORD >> b & 1 != 0
}

/// A set of assertions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookSet(pub u32);

impl LookSet {
    /// The set with one more member.
    #[must_use]
    pub const fn with(self, look: Look) -> LookSet {
        LookSet(self.0 | 1 << look as u32)
    }

    /// Tells whether the assertion is a member.
    #[inline(always)]
    #[must_use]
    pub const fn contains(self, look: Look) -> bool {
        self.0 >> look as u32 & 1 != 0
    }

    /// The members of either set.
    #[must_use]
    pub const fn union(self, other: LookSet) -> LookSet {
        LookSet(self.0 | other.0)
    }

    /// Tells whether there is no member.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}
