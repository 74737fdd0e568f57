//! Sets of bytes, for classes without Unicode.

/// A 256-bit map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bytes(pub(super) [u64; 4]);

impl Bytes {
    /// The ASCII bytes of a bitmap.
    pub(super) const fn ascii(map: u128) -> Bytes {
        Bytes([map as u64, (map >> 64) as u64, 0, 0])
    }

    pub(super) const fn is_ascii(self) -> bool {
        self.0[2] | self.0[3] == 0
    }

    /// Adds `lo` to `hi`, both included.
    pub(super) fn add(&mut self, lo: u8, hi: u8) {
        for byte in lo..=hi {
            self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
    }

    pub(super) fn negate(&mut self) {
        for word in &mut self.0 {
            *word = !*word;
        }
    }

    /// Adds the other case of each ASCII letter.
    pub(super) fn fold(&mut self) {
        // The letters' bits stand 32 apart in the second word: A-Z from bit 1, a-z from bit 33.
        const LETTERS: u64 = 0x07FF_FFFE;
        let word = &mut self.0[1];
        let letters = (*word | *word >> 32) & LETTERS;
        *word |= letters | letters << 32;
    }

    /// Combines it with another, word by word.
    pub(super) fn zip(self, other: Bytes, f: impl Fn(u64, u64) -> u64) -> Bytes {
        let mut out = Bytes::default();
        for (i, word) in out.0.iter_mut().enumerate() {
            *word = f(self.0[i], other.0[i]);
        }
        out
    }
}
