//! How often bytes occur in the text that is searched, to choose what to search for.
//!
//! Before a haystack is known, the counts are those of [`byte_count`]. A sample of the haystack counts twice as much: in
//! Cyrillic text every other byte is one of two, and in logs digits are as frequent as letters. A wrong count costs time
//! and changes no result.
//!
//! Exercised by the tests below.

use repool_text::{BYTE_COUNT_TOTAL, byte_count};

use crate::simd::byte_set::ByteSet;
use crate::tuning::{SAMPLE_BYTES_MAX, SAMPLE_WEIGHT};

/// Counts of bytes.
#[derive(Clone, Debug)]
pub(crate) struct Frequency {
    counts: [u32; 256],
    total: f32,
}

impl Frequency {
    /// Adds the middle of a sample of the haystack to the counts of [`byte_count`].
    pub(crate) fn new(sample: &[u8]) -> Frequency {
        let skip = sample.len().saturating_sub(SAMPLE_BYTES_MAX) / 2;
        let sample = &sample[skip..];
        let sample = &sample[..sample.len().min(SAMPLE_BYTES_MAX)];
        let mut counts = BEFORE;
        for &byte in sample {
            counts[usize::from(byte)] += SAMPLE_WEIGHT;
        }
        let total = BYTE_COUNT_TOTAL + SAMPLE_WEIGHT * sample.len() as u32;
        Frequency {
            counts,
            total: total as f32,
        }
    }

    /// Returns the share of all bytes that are in the set.
    pub(crate) fn share(&self, bytes: &ByteSet) -> f32 {
        if *bytes == ByteSet::ALL {
            return 1.0;
        }
        let counts = bytes.iter().map(|byte| self.counts[usize::from(byte)]);
        counts.sum::<u32>() as f32 / self.total
    }
}

/// The counts before a haystack is known.
const BEFORE: [u32; 256] = {
    let mut counts = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        counts[byte] = byte_count(byte as u8);
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
        assert!(before.share(&letters) > 0.4 && before.share(&digits) < 0.1);
        let after = Frequency::new(&b"2024-11-20 12:34:56,".repeat(30));
        assert!(after.share(&digits) > after.share(&letters));
        assert_eq!(after.share(&ByteSet::ALL), 1.0);
    }
}
