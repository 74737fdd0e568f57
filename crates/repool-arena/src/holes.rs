//! Runs of set bits in a bitmap: free granules of a block, free pages of an extent.
//!
//! Exercised by the tests below.

use std::ops::Range;

/// Returns the first `len` set bits in a row, or, as the error, the longest run.
pub(crate) fn find(words: &[u64], len: usize) -> Result<usize, Range<usize>> {
    // Set bits up to the end of the word before.
    let mut run = 0;
    let (mut longest, mut end) = (0, 0);
    for (at, &word) in words.iter().enumerate() {
        let low = word.trailing_ones() as usize;
        run += low;
        if run >= len {
            return Ok(at * 64 + low - run);
        }
        if low == 64 {
            continue;
        }
        if run > longest {
            (longest, end) = (run, at * 64 + low);
        }
        run = 0;
        let mut pos = low;
        let mut rest = word >> low;
        while rest != 0 {
            let zeros = rest.trailing_zeros() as usize;
            rest >>= zeros;
            let ones = rest.trailing_ones() as usize;
            if ones >= len {
                return Ok(at * 64 + pos + zeros);
            }
            pos += zeros + ones;
            if pos == 64 {
                run = ones;
                break;
            }
            if ones > longest {
                (longest, end) = (ones, at * 64 + pos);
            }
            rest >>= ones;
        }
    }
    if run > longest {
        (longest, end) = (run, words.len() * 64);
    }
    Err(end - longest..end)
}

/// Calls back with each word of a range that is not empty, and its bits that the range covers.
#[inline(always)]
fn each_word(range: &Range<usize>, mut change: impl FnMut(usize, u64)) {
    debug_assert!(!range.is_empty());
    let (first, last) = (range.start / 64, (range.end - 1) / 64);
    let low = u64::MAX << (range.start % 64);
    let high = u64::MAX >> (63 - (range.end - 1) % 64);
    if first == last {
        return change(first, low & high);
    }
    change(first, low);
    (first + 1..last).for_each(|at| change(at, u64::MAX));
    change(last, high);
}

/// Sets bits that are clear. The range is not empty.
#[inline]
pub(crate) fn set(words: &mut [u64], range: Range<usize>) {
    each_word(&range, |at, mask| {
        debug_assert_eq!(words[at] & mask, 0, "set twice");
        words[at] |= mask;
    });
}

/// Clears bits that are set. The range is not empty.
#[inline]
pub(crate) fn clear(words: &mut [u64], range: Range<usize>) {
    each_word(&range, |at, mask| {
        debug_assert_eq!(words[at] & mask, mask, "cleared twice");
        words[at] &= !mask;
    });
}

/// Counts the set bits of a range, which is not empty.
pub(crate) fn count(words: &[u64], range: Range<usize>) -> usize {
    let mut ones = 0;
    each_word(&range, |at, mask| ones += (words[at] & mask).count_ones());
    ones as usize
}

/// Returns the run of set bits that a range of set bits is part of.
#[inline]
pub(crate) fn run_around(words: &[u64], range: Range<usize>) -> Range<usize> {
    let mut start = range.start;
    while start > 0 {
        let at = start - 1;
        let ones = (words[at / 64] << (63 - at % 64)).leading_ones() as usize;
        start -= ones;
        // Stopped inside of the word, or at its border.
        if ones <= at % 64 {
            break;
        }
    }
    start..end_of_run(words, range.end)
}

/// The end of the set bits from a bit on.
#[inline]
fn end_of_run(words: &[u64], start: usize) -> usize {
    let mut end = start;
    while let Some(word) = words.get(end / 64) {
        let left = 64 - end % 64;
        let ones = (word >> (end % 64)).trailing_ones() as usize;
        end += ones;
        if ones < left {
            break;
        }
    }
    end
}

/// Returns the first run of set bits at or after `from`.
pub(crate) fn run_from(words: &[u64], from: usize) -> Option<Range<usize>> {
    let word = words.get(from / 64)? & u64::MAX << (from % 64);
    let rest = words[from / 64 + 1..].iter().copied();
    let mut rest = std::iter::once(word).chain(rest).enumerate();
    let (skipped, word) = rest.find(|(_, word)| *word != 0)?;
    let start = (from / 64 + skipped) * 64 + word.trailing_zeros() as usize;
    Some(start..end_of_run(words, start))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Numbers that look random (xorshift).
    pub(crate) struct Numbers(pub(crate) u64);

    impl Numbers {
        pub(crate) fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as usize % end
        }
    }

    fn naive_runs(bits: &[bool]) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut at = 0;
        while at < bits.len() {
            let len = bits[at..].iter().take_while(|bit| **bit).count();
            if len > 0 {
                runs.push(at..at + len);
            }
            at += len + 1;
        }
        runs
    }

    #[test]
    fn bits_are_those_of_a_naive_model() {
        let mut numbers = Numbers(1);
        for words_len in [1, 4, 16] {
            let bits_len = words_len * 64;
            let (mut words, mut bits) = (vec![0_u64; words_len], vec![false; bits_len]);
            for _ in 0..4_000 {
                let start = numbers.below(bits_len);
                let most = [4, 70, 300][numbers.below(3)];
                let range = start..(start + 1 + numbers.below(most)).min(bits_len);
                let is_set = |bit: &bool| *bit;
                if bits[range.clone()].iter().all(is_set) {
                    let run = naive_runs(&bits)
                        .into_iter()
                        .find(|run| run.contains(&start));
                    let run = run.expect("it is set");
                    assert_eq!(run_around(&words, range.clone()), run);
                    clear(&mut words, range.clone());
                    bits[range].fill(false);
                } else if !bits[range.clone()].iter().any(is_set) {
                    set(&mut words, range.clone());
                    bits[range].fill(true);
                } else {
                    let ones = bits[range.clone()].iter().filter(|bit| **bit).count();
                    assert_eq!(count(&words, range), ones);
                }
                let runs = naive_runs(&bits);
                let longest = runs.iter().map(Range::len).max().unwrap_or(0);
                let rest = runs.iter().find(|run| run.end > start);
                let rest = rest.map(|run| run.start.max(start)..run.end);
                assert_eq!(run_from(&words, start), rest);
                for len in [1, 2, 1 + numbers.below(most), longest.max(1), longest + 1] {
                    let fits = runs.iter().find(|run| run.len() >= len);
                    let found = find(&words, len);
                    assert_eq!(found.clone().ok(), fits.map(|run| run.start));
                    if let Err(run) = found {
                        assert_eq!(run.len(), longest);
                        assert!(longest == 0 || runs.contains(&run));
                    }
                }
            }
        }
    }
}
