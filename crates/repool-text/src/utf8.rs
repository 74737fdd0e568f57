//! UTF-8, one code point at a time, with every invalid byte a unit of its own.

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
    let continuation = |i: usize| match haystack.get(at + i) {
        Some(&b) if b & 0xC0 == 0x80 => Some(u32::from(b & 0x3F)),
        _ => None,
    };
    let (c, len) = match first {
        0xC2..=0xDF => match continuation(1) {
            Some(b1) => (u32::from(first & 0x1F) << 6 | b1, 2),
            None => return Decoded::BAD,
        },
        0xE0..=0xEF => match (continuation(1), continuation(2)) {
            (Some(b1), Some(b2)) => (u32::from(first & 0x0F) << 12 | b1 << 6 | b2, 3),
            _ => return Decoded::BAD,
        },
        0xF0..=0xF4 => match (continuation(1), continuation(2), continuation(3)) {
            (Some(b1), Some(b2), Some(b3)) => {
                (u32::from(first & 0x07) << 18 | b1 << 12 | b2 << 6 | b3, 4)
            }
            _ => return Decoded::BAD,
        },
        _ => return Decoded::BAD,
    };
    // Overlong forms, surrogates and numbers past the last code point are not characters.
    let shortest = [0, 0, 0x80, 0x800, 0x1_0000][len];
    if c < shortest || c > 0x10_FFFF || (0xD800..0xE000).contains(&c) {
        return Decoded::BAD;
    }
    Decoded { c, len }
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
