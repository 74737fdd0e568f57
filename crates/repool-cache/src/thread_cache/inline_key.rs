//! A copy of a short key inside a thread reference, so that a lookup need not read the record.
//!
//! Exercised by the tests below.

use crate::key::Key;
use crate::tuning::INLINE_KEY_BYTES;

/// The options of a key, and its text if that is at most [`INLINE_KEY_BYTES`] long.
pub(crate) struct InlineKey {
    options: [u64; 2],
    /// The bytes of the text if it fits, otherwise [`TOO_LONG`].
    len: usize,
    /// The text if it fits, then zeros.
    text: [u8; INLINE_KEY_BYTES],
}

const TOO_LONG: usize = usize::MAX;

impl InlineKey {
    pub(crate) fn new(text: &[u8], options: [u64; 2]) -> InlineKey {
        let mut copy = [0; INLINE_KEY_BYTES];
        let len = match copy.get_mut(..text.len()) {
            Some(start) => {
                start.copy_from_slice(text);
                text.len()
            }
            None => TOO_LONG,
        };
        InlineKey {
            options,
            len,
            text: copy,
        }
    }

    /// Tells whether this is a copy of the key. Always false for a long key.
    #[inline]
    pub(crate) fn is(&self, key: &Key<'_>) -> bool {
        let text = key.text.as_bytes();
        self.is_under(key) && self.len == text.len() && same(&self.text, text)
    }

    /// Tells whether the key is too long for a copy and the options are the same.
    pub(crate) fn may_be(&self, key: &Key<'_>) -> bool {
        self.is_under(key) && self.len == TOO_LONG && key.text.len() > INLINE_KEY_BYTES
    }

    /// Compares the options word by word. Callers have just stored them as words, and one load of both waits until those stores
    /// leave the store buffer (4 ns of 21, callgrind and perf, 2026-11).
    #[inline]
    fn is_under(&self, key: &Key<'_>) -> bool {
        (self.options[0] ^ key.options[0]) | (self.options[1] ^ key.options[1]) == 0
    }
}

/// Tells whether `copy` starts with a text, which fits into it. Blocks overlap, so that few lengths take different branches.
/// A call of `memcmp` takes 2 ns more for 45 bytes.
#[inline]
pub(crate) fn same(copy: &[u8; INLINE_KEY_BYTES], text: &[u8]) -> bool {
    let len = text.len();
    if len > 32 {
        is_same::<32>(copy, text, 0) && is_same::<16>(copy, text, len - 16)
    } else if len >= 16 {
        is_same::<16>(copy, text, 0) && is_same::<16>(copy, text, len - 16)
    } else if len >= 8 {
        is_same::<8>(copy, text, 0) && is_same::<8>(copy, text, len - 8)
    } else {
        copy.iter().zip(text).all(|(a, b)| a == b)
    }
}

/// Compares `N` bytes from the same offset.
#[inline]
fn is_same<const N: usize>(a: &[u8], b: &[u8], at: usize) -> bool {
    block::<N>(a, at) == block::<N>(b, at)
}

#[inline]
fn block<const N: usize>(bytes: &[u8], at: usize) -> Option<&[u8; N]> {
    bytes.get(at..)?.first_chunk()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_every_length_counts() {
        for len in 0..=INLINE_KEY_BYTES + 2 {
            let text: String = (0..len).map(|i| char::from(b'a' + i as u8 % 26)).collect();
            let inline_key = InlineKey::new(text.as_bytes(), [1, 2]);
            let is = |text: &str, options| inline_key.is(&Key { text, options });
            let may_be = |text: &str, options| inline_key.may_be(&Key { text, options });
            assert_eq!(is(&text, [1, 2]), len <= INLINE_KEY_BYTES, "{len}");
            assert_eq!(may_be(&text, [1, 2]), len > INLINE_KEY_BYTES, "{len}");
            for options in [[1, 3], [2, 2]] {
                assert!(!is(&text, options) && !may_be(&text, options), "{len}");
            }
            assert!(!is(&format!("{text}a"), [1, 2]), "{len}");
            for at in 0..len {
                let mut other = text.clone();
                other.replace_range(at..=at, "_");
                assert!(!is(&other, [1, 2]), "{len}, {at}");
                assert_eq!(
                    may_be(&other, [1, 2]),
                    len > INLINE_KEY_BYTES,
                    "{len}, {at}"
                );
            }
        }
    }
}
