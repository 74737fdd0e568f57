//! A copy of a short key, so that a look-up is decided without a look at the record.

use crate::key::Key;

/// Half of all patterns are shorter; longer ones take so long to compare that one more step is not felt.
const BYTES: usize = 48;

/// All of a key but the text of a long one.
pub(crate) struct Echo {
    options: [u64; 2],
    len: usize,
    /// The text if it fits, and zeros.
    text: [u8; BYTES],
}

impl Echo {
    pub(crate) fn new(text: &[u8], options: [u64; 2]) -> Echo {
        let mut copy = [0; BYTES];
        if let Some(start) = copy.get_mut(..text.len()) {
            start.copy_from_slice(text);
        }
        Echo {
            options,
            len: text.len(),
            text: copy,
        }
    }

    /// Tells whether [`Echo::may_be`] is certain.
    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        self.len <= BYTES
    }

    /// False for every key but the one copied, and, if that is long, those that differ from it in their text alone.
    #[inline]
    pub(crate) fn may_be(&self, key: &Key<'_>) -> bool {
        // Word by word: callers have just written the options as words, and reading both at once waits
        // until those have left the store buffer (4 ns of 21, callgrind and perf, 2026-11).
        let options = (self.options[0] ^ key.options[0]) | (self.options[1] ^ key.options[1]);
        let text = key.text.as_bytes();
        options == 0 && self.len == text.len() && (!self.is_whole() || same(&self.text, text))
    }
}

/// Tells whether `copy` starts with a text that fits into it. Blocks overlap, so that few lengths take other ways than
/// others; a call of `memcmp` takes 2 ns more for 45 bytes.
#[inline]
fn same(copy: &[u8; BYTES], text: &[u8]) -> bool {
    let len = text.len();
    if len >= 16 {
        let differs = |at: usize| block::<16>(copy, at) != block::<16>(text, at);
        !(differs(0) || differs(len - 16) || len > 32 && differs(16))
    } else if len >= 8 {
        let differs = |at: usize| block::<8>(copy, at) != block::<8>(text, at);
        !(differs(0) || differs(len - 8))
    } else {
        copy.iter().zip(text).all(|(a, b)| a == b)
    }
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
        for len in 0..=BYTES + 2 {
            let text: String = (0..len).map(|i| char::from(b'a' + i as u8 % 26)).collect();
            let echo = Echo::new(text.as_bytes(), [1, 2]);
            let may_be = |text: &str, options| echo.may_be(&Key { text, options });
            assert!(may_be(&text, [1, 2]), "{len}");
            assert!(!may_be(&text, [1, 3]) && !may_be(&text, [2, 2]), "{len}");
            assert!(!may_be(&format!("{text}a"), [1, 2]), "{len}");
            assert_eq!(echo.is_whole(), len <= BYTES);
            for at in 0..len {
                let mut other = text.clone();
                other.replace_range(at..=at, "_");
                assert_eq!(may_be(&other, [1, 2]), len > BYTES, "{len}, {at}");
            }
        }
    }
}
