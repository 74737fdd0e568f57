//! The result of searching for many patterns at once.
//!
//! Exercised by `tests/set.rs`.

mod compiled;

use std::iter::FusedIterator;
use std::ops::Range;

pub(crate) use compiled::Set;

/// Which patterns of a set matched.
///
/// # Example
///
/// ```
/// let set = repool::RegexSet::new(["red", "green", "blue"])?;
/// let matches = set.matches("blue and red");
/// assert_eq!(matches.iter().collect::<Vec<_>>(), [0, 2]);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SetMatches {
    /// One bit for each pattern, the lowest for the first. Bits beyond `len` are 0.
    bits: Box<[u64]>,
    len: usize,
}

impl SetMatches {
    pub(crate) fn find(set: &Set, haystack: &[u8], start: usize) -> SetMatches {
        let len = set.patterns().len();
        let mut bits = vec![0; len.div_ceil(64)].into_boxed_slice();
        set.matches(haystack, start, &mut bits);
        SetMatches { bits, len }
    }

    /// Sets `matches[i]` for each pattern `i` that matches. Tells whether any does.
    pub(crate) fn read(set: &Set, matches: &mut [bool], haystack: &[u8], start: usize) -> bool {
        let places = &mut matches[..set.patterns().len()];
        let found = SetMatches::find(set, haystack, start);
        found.iter().for_each(|index| places[index] = true);
        found.matched_any()
    }

    fn count(&self) -> usize {
        self.bits
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// The first of these indexes that matched.
    #[inline]
    fn first(&self, indexes: &Range<usize>) -> Option<usize> {
        let mut at = indexes.start;
        while at < indexes.end {
            let word = self.bits[at / 64] >> (at % 64);
            if word != 0 {
                let found = at + word.trailing_zeros() as usize;
                return (found < indexes.end).then_some(found);
            }
            at = (at / 64 + 1) * 64;
        }
        None
    }

    /// The last of these indexes that matched.
    fn last(&self, indexes: &Range<usize>) -> Option<usize> {
        let mut end = indexes.end;
        while end > indexes.start {
            let word = self.bits[(end - 1) / 64] << (63 - (end - 1) % 64);
            if word != 0 {
                let found = end - 1 - word.leading_zeros() as usize;
                return (found >= indexes.start).then_some(found);
            }
            end = (end - 1) / 64 * 64;
        }
        None
    }

    /// Tells whether at least one pattern matched.
    ///
    /// # Example
    ///
    /// ```
    /// let set = repool::RegexSet::new(["a", "b"])?;
    /// assert!(set.matches("b").matched_any());
    /// assert!(!set.matches("c").matched_any());
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn matched_any(&self) -> bool {
        self.bits.iter().any(|&word| word != 0)
    }

    /// Tells whether every pattern matched; true for a set without patterns.
    ///
    /// # Example
    ///
    /// ```
    /// let set = repool::RegexSet::new(["a", "b"])?;
    /// assert!(set.matches("ab").matched_all());
    /// assert!(!set.matches("a").matched_all());
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn matched_all(&self) -> bool {
        self.count() == self.len
    }

    /// Tells whether the pattern with this index matched; false for one that is not in the set.
    ///
    /// # Example
    ///
    /// ```
    /// let matches = repool::RegexSet::new(["a", "b"])?.matches("b");
    /// assert!(!matches.matched(0) && matches.matched(1) && !matches.matched(2));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn matched(&self, index: usize) -> bool {
        index < self.len && self.bits[index / 64] >> (index % 64) & 1 != 0
    }

    /// The number of patterns in the set, whether they matched or not.
    ///
    /// # Example
    ///
    /// ```
    /// assert_eq!(repool::RegexSet::new(["a", "b"])?.matches("").len(), 2);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "as in `regex`, where it would be read as `no matches`"
    )]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The indexes of the patterns that matched, rising.
    ///
    /// # Example
    ///
    /// ```
    /// let matches = repool::RegexSet::new(["a", "b", "c"])?.matches("ca");
    /// assert_eq!(matches.iter().rev().collect::<Vec<_>>(), [2, 0]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn iter(&self) -> SetMatchesIter<'_> {
        SetMatchesIter {
            matches: self,
            indexes: 0..self.len,
        }
    }
}

impl IntoIterator for SetMatches {
    type Item = usize;
    type IntoIter = SetMatchesIntoIter;

    fn into_iter(self) -> SetMatchesIntoIter {
        SetMatchesIntoIter {
            indexes: 0..self.len,
            matches: self,
        }
    }
}

impl<'a> IntoIterator for &'a SetMatches {
    type Item = usize;
    type IntoIter = SetMatchesIter<'a>;

    fn into_iter(self) -> SetMatchesIter<'a> {
        self.iter()
    }
}

/// The indexes of the patterns that matched, rising; owns the matches.
///
/// # Example
///
/// ```
/// let set = repool::RegexSet::new(["a", "b", "c"])?;
/// assert_eq!(set.matches("ca").into_iter().last(), Some(2));
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Debug)]
pub struct SetMatchesIntoIter {
    matches: SetMatches,
    indexes: Range<usize>,
}

impl Iterator for SetMatchesIntoIter {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let found = self.matches.first(&self.indexes);
        self.indexes.start = found.map_or(self.indexes.end, |index| index + 1);
        found
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.indexes.len()))
    }
}

impl DoubleEndedIterator for SetMatchesIntoIter {
    fn next_back(&mut self) -> Option<usize> {
        let found = self.matches.last(&self.indexes);
        self.indexes.end = found.unwrap_or(self.indexes.start);
        found
    }
}

impl FusedIterator for SetMatchesIntoIter {}

/// The indexes of the patterns that matched, rising; borrows the matches.
///
/// # Example
///
/// ```
/// let matches = repool::RegexSet::new(["a", "b", "c"])?.matches("ca");
/// let mut indexes = matches.iter();
/// assert_eq!((indexes.next(), indexes.next_back()), (Some(0), Some(2)));
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SetMatchesIter<'a> {
    matches: &'a SetMatches,
    indexes: Range<usize>,
}

impl Iterator for SetMatchesIter<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let found = self.matches.first(&self.indexes);
        self.indexes.start = found.map_or(self.indexes.end, |index| index + 1);
        found
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.indexes.len()))
    }
}

impl DoubleEndedIterator for SetMatchesIter<'_> {
    fn next_back(&mut self) -> Option<usize> {
        let found = self.matches.last(&self.indexes);
        self.indexes.end = found.unwrap_or(self.indexes.start);
        found
    }
}

impl FusedIterator for SetMatchesIter<'_> {}
