//! The operations that the two kinds of haystack have in common. Exercised by `tests/replace.rs`
//! and `tests/parity/surface_bytes.rs`.

use std::fmt::{Formatter, Result, Write};
use std::ops::Range;

/// `str` or `[u8]`.
pub(crate) trait Text: ToOwned {
    /// The bytes of the text.
    fn bytes(&self) -> &[u8];

    /// The part of the text at these byte offsets.
    fn slice(&self, range: Range<usize>) -> &Self;

    /// An empty copy with capacity for this many bytes.
    fn with_capacity(bytes: usize) -> Self::Owned;

    /// Appends the text to `out`.
    fn append_to(&self, out: &mut Self::Owned);

    /// Writes the text between quotes, escaped.
    fn show(&self, f: &mut Formatter<'_>) -> Result;
}

impl Text for str {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }

    #[inline]
    fn slice(&self, range: Range<usize>) -> &str {
        &self[range]
    }

    fn with_capacity(bytes: usize) -> String {
        String::with_capacity(bytes)
    }

    #[inline]
    fn append_to(&self, out: &mut String) {
        out.push_str(self);
    }

    fn show(&self, f: &mut Formatter<'_>) -> Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl Text for [u8] {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self
    }

    #[inline]
    fn slice(&self, range: Range<usize>) -> &[u8] {
        &self[range]
    }

    fn with_capacity(bytes: usize) -> Vec<u8> {
        Vec::with_capacity(bytes)
    }

    #[inline]
    fn append_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    /// Prints characters as a string does, and most control characters and invalid bytes as `\xNN`,
    /// as `regex` does.
    fn show(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('"')?;
        for chunk in self.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\x01'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x19' | '\x7F' => {
                        write!(f, "\\x{:02x}", u32::from(c))?;
                    }
                    _ => write!(f, "{}", c.escape_debug())?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_char('"')
    }
}

/// Shows a text by [`Text::show`].
pub(crate) struct Shown<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Text + ?Sized> std::fmt::Debug for Shown<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.show(f)
    }
}
