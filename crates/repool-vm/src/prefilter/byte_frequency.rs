//! How often bytes occur, to tell what is worth looking for.
//!
//! What is known before a haystack is seen was counted in this repository's own Rust and Markdown files
//! (2026-11, without indentation), with a fifth of text in other scripts supposed beside it. A sample of
//! the haystack then counts several times as much: in Cyrillic text every other byte is one of two, in
//! logs digits are as frequent as letters. A wrong guess costs time and never changes a result.

use crate::simd::byte_set::ByteSet;

/// The bytes of a sample that are counted.
const SAMPLE_BYTES_MAX: usize = 512;

/// What one byte of a sample counts; all that is known before counts about 10,000.
const SAMPLE_WEIGHT: u32 = 48;

/// Counts of bytes.
#[derive(Clone, Debug)]
pub(crate) struct Frequency {
    counts: [u32; 256],
    total: f32,
}

impl Frequency {
    /// What is known before, and the bytes of a sample: those in its middle, if it is long.
    pub(crate) fn new(sample: &[u8]) -> Frequency {
        let skip = sample.len().saturating_sub(SAMPLE_BYTES_MAX) / 2;
        let sample = &sample[skip..];
        let sample = &sample[..sample.len().min(SAMPLE_BYTES_MAX)];
        let mut counts = BEFORE;
        for &byte in sample {
            counts[usize::from(byte)] += SAMPLE_WEIGHT;
        }
        let total: u32 = counts.iter().sum();
        Frequency {
            counts,
            total: total as f32,
        }
    }

    /// The share of all bytes that are in the set.
    pub(crate) fn share(&self, bytes: &ByteSet) -> f32 {
        if *bytes == ByteSet::ALL {
            return 1.0;
        }
        let counts = bytes.iter().map(|byte| self.counts[usize::from(byte)]);
        counts.sum::<u32>() as f32 / self.total
    }
}

/// Counts among 8,192 ASCII bytes; none is 0, as everything occurs somewhere.
#[rustfmt::skip]
const ASCII: [u32; 128] = [
    1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 302, 1, 1, 9, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    844, 27, 71, 14, 3, 1, 44, 19, 189, 188, 5, 8, 151, 22, 152, 131,
    35, 20, 17, 10, 10, 4, 10, 2, 9, 4, 164, 76, 28, 59, 49, 11,
    1, 19, 8, 18, 10, 24, 14, 3, 4, 14, 1, 3, 11, 9, 15, 19,
    12, 1, 19, 34, 19, 6, 4, 7, 3, 2, 1, 34, 13, 34, 2, 93,
    32, 370, 82, 183, 150, 676, 140, 79, 149, 246, 2, 40, 245, 134, 296, 306,
    159, 10, 348, 396, 495, 166, 20, 54, 47, 64, 15, 63, 23, 63, 1, 1,
];

/// What is known before.
const BEFORE: [u32; 256] = {
    let mut counts = [1; 256];
    let mut byte = 0;
    while byte < 256 {
        counts[byte] = match byte {
            0..0x80 => ASCII[byte],
            // Any character above ASCII ends with one to three of these.
            0x80..0xC0 => 18,
            // Cyrillic.
            0xD0 | 0xD1 => 250,
            0xC2..0xE0 => 4,
            // Signs, Japanese, Chinese.
            0xE2..0xEA => 60,
            0xEA..0xF0 => 10,
            _ => 1,
        };
        byte += 1;
    }
    counts
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_outweighs_what_was_known() {
        let mut letters = ByteSet::EMPTY;
        (b'a'..=b'z').for_each(|byte| letters.insert_both_cases(byte));
        let digits = ByteSet::of(b"0123456789");
        let before = Frequency::new(b"");
        assert!(before.share(&letters) > 0.4 && before.share(&digits) < 0.02);
        let after = Frequency::new(&b"2024-11-20 12:34:56,".repeat(30));
        assert!(after.share(&digits) > after.share(&letters));
        assert_eq!(after.share(&ByteSet::ALL), 1.0);
    }
}
