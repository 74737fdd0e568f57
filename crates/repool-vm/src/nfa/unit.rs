//! The unit that a program consumes: a code point, or a byte.
//!
//! The engines are generic over [`Unit`] and compiled once for each, so that neither pays for the other. A program
//! consumes units of one kind ([`Flags::BYTES`]). ASCII is the fast path of [`CodePoints`], so programs with
//! [`Flags::ASCII`] need no unit of their own.
//!
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Flags, Program, SetId};
use repool_text::{Decoded, Fold, canonical, decode};

use crate::simd::byte_set::ByteSet;

/// How a program reads a haystack.
pub(crate) trait Unit {
    /// Whether a unit may have several bytes.
    const DECODES: bool;

    /// Reads the unit at `at`; `None` at the end.
    fn read(hay: &[u8], at: usize) -> Option<Decoded>;

    /// Tells whether a set contains the unit `c`.
    fn contains(program: &Program<'_>, set: SetId, c: u32) -> bool;

    /// Returns the end of the unit at `at` if the set contains it.
    fn take_set(program: &Program<'_>, set: SetId, hay: &[u8], at: usize) -> Option<usize>;

    /// Returns the end of the unit at `at` if it equals `c`.
    fn take_char(c: u32, hay: &[u8], at: usize) -> Option<usize>;

    /// Returns the end of the literal, if it stands at `at`.
    fn take_literal(literal: &[u8], fold: Fold, hay: &[u8], at: usize) -> Option<usize>;

    /// Returns the bytes of `literal` that the unit `d`, read at `at`, equals.
    fn step_literal(literal: &[u8], fold: Fold, hay: &[u8], at: usize, d: Decoded)
    -> Option<usize>;
}

/// Code points. An invalid byte is a unit that no instruction takes.
#[derive(Debug)]
pub(crate) struct CodePoints;

/// Bytes.
#[derive(Debug)]
pub(crate) struct Bytes;

/// Tells whether a program consumes bytes.
#[inline(always)]
pub(crate) fn steps_bytes(program: &Program<'_>) -> bool {
    program.flags().contains(Flags::BYTES)
}

/// Returns the members of one byte. Of a set of code points these are the ASCII members.
pub(crate) fn byte_members(program: &Program<'_>, set: SetId) -> ByteSet {
    let members = ByteSet::from_words(program.set(set).0);
    if steps_bytes(program) {
        members
    } else {
        members.ascii()
    }
}

impl Unit for CodePoints {
    const DECODES: bool = true;

    #[inline(always)]
    fn read(hay: &[u8], at: usize) -> Option<Decoded> {
        decode(hay, at)
    }

    #[inline(always)]
    fn contains(program: &Program<'_>, set: SetId, c: u32) -> bool {
        program.set_contains(set, c)
    }

    #[inline(always)]
    fn take_set(program: &Program<'_>, set: SetId, hay: &[u8], at: usize) -> Option<usize> {
        let &byte = hay.get(at)?;
        if byte < 0x80 {
            return program.set_contains_byte(set, byte).then_some(at + 1);
        }
        take_wide(program, set, hay, at)
    }

    #[inline(always)]
    fn take_char(c: u32, hay: &[u8], at: usize) -> Option<usize> {
        let &byte = hay.get(at)?;
        if byte < 0x80 {
            return (u32::from(byte) == c).then_some(at + 1);
        }
        let d = decode(hay, at)?;
        (d.c == c && d.is_valid()).then_some(at + d.len)
    }

    #[inline(always)]
    fn take_literal(literal: &[u8], fold: Fold, hay: &[u8], at: usize) -> Option<usize> {
        match fold {
            Fold::None => take_exact(literal, hay, at),
            Fold::Ascii => take_ascii(literal, hay, at),
            Fold::Unicode => take_folded(literal, hay, at),
        }
    }

    #[inline]
    fn step_literal(
        literal: &[u8],
        fold: Fold,
        hay: &[u8],
        at: usize,
        d: Decoded,
    ) -> Option<usize> {
        if !d.is_valid() {
            return None;
        }
        let unit = &hay[at..at + d.len];
        match fold {
            Fold::None => literal.starts_with(unit).then_some(d.len),
            Fold::Ascii => literal
                .get(..d.len)?
                .eq_ignore_ascii_case(unit)
                .then_some(d.len),
            Fold::Unicode => step_folded(literal, d.c),
        }
    }
}

impl Unit for Bytes {
    const DECODES: bool = false;

    #[inline(always)]
    fn read(hay: &[u8], at: usize) -> Option<Decoded> {
        let &byte = hay.get(at)?;
        Some(Decoded {
            c: u32::from(byte),
            len: 1,
        })
    }

    #[inline(always)]
    fn contains(program: &Program<'_>, set: SetId, c: u32) -> bool {
        program.set_contains_byte(set, c as u8)
    }

    #[inline(always)]
    fn take_set(program: &Program<'_>, set: SetId, hay: &[u8], at: usize) -> Option<usize> {
        let &byte = hay.get(at)?;
        program.set_contains_byte(set, byte).then_some(at + 1)
    }

    #[inline(always)]
    fn take_char(c: u32, hay: &[u8], at: usize) -> Option<usize> {
        let &byte = hay.get(at)?;
        (u32::from(byte) == c).then_some(at + 1)
    }

    #[inline(always)]
    fn take_literal(literal: &[u8], fold: Fold, hay: &[u8], at: usize) -> Option<usize> {
        match fold {
            Fold::None => take_exact(literal, hay, at),
            Fold::Ascii | Fold::Unicode => take_ascii(literal, hay, at),
        }
    }

    #[inline]
    fn step_literal(
        literal: &[u8],
        fold: Fold,
        _hay: &[u8],
        _at: usize,
        d: Decoded,
    ) -> Option<usize> {
        let (&expected, byte) = (literal.first()?, d.c as u8);
        let equal = match fold {
            Fold::None => byte == expected,
            Fold::Ascii | Fold::Unicode => byte.eq_ignore_ascii_case(&expected),
        };
        equal.then_some(1)
    }
}

#[inline(never)]
fn take_wide(program: &Program<'_>, set: SetId, hay: &[u8], at: usize) -> Option<usize> {
    let d = decode(hay, at)?;
    program.set_contains(set, d.c).then_some(at + d.len)
}

/// Compares bytes. The literal of a code-point program is text and starts with no continuation byte, so equal bytes are
/// equal code points, also next to invalid bytes.
#[inline(always)]
fn take_exact(literal: &[u8], hay: &[u8], at: usize) -> Option<usize> {
    hay[at..].starts_with(literal).then_some(at + literal.len())
}

#[inline]
fn take_ascii(literal: &[u8], hay: &[u8], at: usize) -> Option<usize> {
    let end = at.checked_add(literal.len())?;
    hay.get(at..end)?
        .eq_ignore_ascii_case(literal)
        .then_some(end)
}

fn take_folded(literal: &[u8], hay: &[u8], mut at: usize) -> Option<usize> {
    let mut rest = literal;
    while let Some(&expected) = rest.first() {
        let &byte = hay.get(at)?;
        if byte < 0x80 {
            // The canonical form of an ASCII letter is its lower case; any other ASCII character is its own.
            if byte.to_ascii_lowercase() != expected {
                return None;
            }
            (at, rest) = (at + 1, &rest[1..]);
        } else {
            let d = decode(hay, at)?;
            let len = step_folded(rest, d.c)?;
            (at, rest) = (at + d.len, &rest[len..]);
        }
    }
    Some(at)
}

/// Returns the length of the first character of `literal`, if that is the canonical form of `c`.
#[inline]
fn step_folded(literal: &[u8], c: u32) -> Option<usize> {
    let expected = decode(literal, 0)?;
    let c = char::from_u32(c)?;
    let folded = if c.is_ascii() {
        c.to_ascii_lowercase()
    } else {
        canonical(c)
    };
    (folded as u32 == expected.c).then_some(expected.len)
}
