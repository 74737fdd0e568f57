//! UTF-8, one code point at a time, with every invalid byte a unit of its own.
//!
//! Read forwards or backwards, a haystack falls into the same units: the first byte of an encoded code
//! point is never a part of another one. `tests/utf8.rs` compares with the standard library: every
//! character, every string of up to three bytes, and many of four.

/// What stands at a position: a code point and its length in bytes, or one byte that is not part of
/// any encoded code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The code point; [`Decoded::INVALID`] for an invalid byte. No set contains `INVALID`.
    pub c: u32,
    /// The number of bytes: 1 to 4; 1 for an invalid byte.
    pub len: usize,
}

impl Decoded {
    /// Stands for a byte that is part of no code point. Larger than every code point.
    pub const INVALID: u32 = u32::MAX;

    const BAD: Decoded = Decoded {
        c: Decoded::INVALID,
        len: 1,
    };

    /// Tells whether this is a code point.
    #[inline(always)]
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.c != Decoded::INVALID
    }
}

/// Decodes the code point that starts at `at`, or `None` at the end of the haystack.
///
/// # Example
///
/// ```
/// let d = repool_text::decode("é!".as_bytes(), 0).unwrap();
/// assert_eq!((d.c, d.len), ('é' as u32, 2));
/// assert!(!repool_text::decode(b"\xFF", 0).unwrap().is_valid());
/// ```
#[inline(always)]
#[must_use]
pub fn decode(haystack: &[u8], at: usize) -> Option<Decoded> {
    let first = *haystack.get(at)?;
    if first < 0x80 {
        return Some(Decoded {
            c: u32::from(first),
            len: 1,
        });
    }
    Some(decode_multibyte(haystack, at, first))
}

#[inline]
fn decode_multibyte(haystack: &[u8], at: usize, first: u8) -> Decoded {
    // Two bits tell a continuation byte from all others; a difference in them gives a number from 0x40.
    let low = |b: u8| u32::from(b ^ 0x80);
    let behind = &haystack[at + 1..];
    // Overlong forms, surrogates and numbers past the last code point are not characters. Overlong
    // forms of two bytes start with 0xC0 or 0xC1 and end here in the last arm.
    match first {
        0xC2..=0xDF => {
            if let [b1, ..] = *behind {
                let c = u32::from(first & 0x1F) << 6 | low(b1);
                if low(b1) < 0x40 {
                    return Decoded { c, len: 2 };
                }
            }
        }
        0xE0..=0xEF => {
            if let [b1, b2, ..] = *behind {
                let c = u32::from(first & 0x0F) << 12 | low(b1) << 6 | low(b2);
                if (low(b1) | low(b2)) < 0x40 && c >= 0x800 && c >> 11 != 0xD800 >> 11 {
                    return Decoded { c, len: 3 };
                }
            }
        }
        0xF0..=0xF4 => {
            if let [b1, b2, b3, ..] = *behind {
                let c = u32::from(first & 0x07) << 18 | low(b1) << 12 | low(b2) << 6 | low(b3);
                let continued = (low(b1) | low(b2) | low(b3)) < 0x40;
                if continued && (0x1_0000..=0x10_FFFF).contains(&c) {
                    return Decoded { c, len: 4 };
                }
            }
        }
        _ => {}
    }
    Decoded::BAD
}

/// Decodes the code point that ends at `end`, or `None` at the start of the haystack.
///
/// # Panics
///
/// If `end` lies past the haystack.
#[inline(always)]
#[must_use]
pub fn decode_last(haystack: &[u8], end: usize) -> Option<Decoded> {
    let last = *haystack[..end].last()?;
    if last < 0x80 {
        return Some(Decoded {
            c: u32::from(last),
            len: 1,
        });
    }
    let limit = end.saturating_sub(4);
    let mut start = end - 1;
    while start > limit && haystack[start] & 0xC0 == 0x80 {
        start -= 1;
    }
    match decode(&haystack[..end], start) {
        Some(d) if start + d.len == end => Some(d),
        _ => Some(Decoded::BAD),
    }
}

/// Tells whether `at` is not inside an encoded code point of valid UTF-8. True at both ends.
#[inline(always)]
#[must_use]
pub fn is_boundary(haystack: &[u8], at: usize) -> bool {
    match haystack.get(at) {
        Some(&b) => b & 0xC0 != 0x80,
        None => at == haystack.len(),
    }
}
