//! Which of many patterns match.
//!
//! Each pattern is searched on its own, on the thread's one scratch memory: a pattern with a required
//! literal costs one substring search where that is absent. Exercised by `tests/set.rs`.

use std::iter::FusedIterator;
use std::ops::Range;
use std::sync::Arc;

use crate::core::Core;
use crate::options::Target;
use crate::{Error, Options};

/// Compiles the patterns of a set, whose sizes together stay within the options' limit.
pub(crate) fn compile(
    patterns: &[String],
    options: &Options,
    target: Target,
) -> Result<Arc<[Core]>, Error> {
    let limit = options.size_max();
    let mut left = limit;
    let mut cores = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        let core = match Core::new(pattern, &options.with_size_max(left), target) {
            Err(Error::CompiledTooBig(_)) => return Err(Error::CompiledTooBig(limit)),
            core => core?,
        };
        left = left.saturating_sub(core.memory_bytes());
        cores.push(core);
    }
    Ok(cores.into())
}

/// Tells whether any of them matches.
pub(crate) fn is_match(cores: &[Core], haystack: &[u8], start: usize) -> bool {
    cores.iter().any(|core| core.is_match(haystack, start))
}

/// Sets the places of those that match, and tells whether there are any.
pub(crate) fn read(cores: &[Core], matches: &mut [bool], haystack: &[u8], start: usize) -> bool {
    let mut any = false;
    for (place, core) in matches[..cores.len()].iter_mut().zip(cores) {
        if core.is_match(haystack, start) {
            *place = true;
            any = true;
        }
    }
    any
}

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
    /// One bit a pattern, lowest first; none beyond `len`.
    bits: Box<[u64]>,
    len: usize,
}

impl SetMatches {
    pub(crate) fn find(cores: &[Core], haystack: &[u8], start: usize) -> SetMatches {
        let mut bits = vec![0; cores.len().div_ceil(64)];
        for (i, core) in cores.iter().enumerate() {
            bits[i / 64] |= u64::from(core.is_match(haystack, start)) << (i % 64);
        }
        SetMatches {
            bits: bits.into(),
            len: cores.len(),
        }
    }

    fn count(&self) -> usize {
        self.bits
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
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
        self.indexes.find(|&i| self.matches.matched(i))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.indexes.len()))
    }
}

impl DoubleEndedIterator for SetMatchesIntoIter {
    fn next_back(&mut self) -> Option<usize> {
        self.indexes.rfind(|&i| self.matches.matched(i))
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
        self.indexes.find(|&i| self.matches.matched(i))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.indexes.len()))
    }
}

impl DoubleEndedIterator for SetMatchesIter<'_> {
    fn next_back(&mut self) -> Option<usize> {
        self.indexes.rfind(|&i| self.matches.matched(i))
    }
}

impl FusedIterator for SetMatchesIter<'_> {}
