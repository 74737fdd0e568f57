//! Many patterns at once.

use std::sync::Arc;

use crate::options::Target;
use crate::set::{Set, SetMatches};
use crate::{Error, Options};

/// Many patterns, searched for together.
///
/// A set tells which of its patterns match. It does not tell where.
///
/// # Example
///
/// ```
/// let rules = repool::bytes::RegexSet::new([r"password=\S+", r"\btoken\b", r"\d{16}"])?;
/// let hits: Vec<usize> = rules.matches(b"?password=x&token=y").into_iter().collect();
/// assert_eq!(hits, [0, 1]);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone)]
pub struct RegexSet(Arc<Set>);

impl RegexSet {
    /// Compiles the patterns with the default settings, without a cache.
    ///
    /// # Errors
    ///
    /// If one of them is not a pattern, or they pass a limit.
    ///
    /// # Example
    ///
    /// ```
    /// let set = repool::bytes::RegexSet::new(["a+", "b+"])?;
    /// assert!(set.is_match(b"abc"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn new<I, S>(exprs: I) -> Result<RegexSet, Error>
    where
        S: AsRef<str>,
        I: IntoIterator<Item = S>,
    {
        let texts = exprs.into_iter().map(|expr| expr.as_ref().to_owned());
        RegexSet::with_options(&texts.collect::<Vec<String>>(), &Options::new())
    }

    pub(super) fn with_options(patterns: &[String], options: &Options) -> Result<RegexSet, Error> {
        Ok(RegexSet(Set::new(patterns, options, Target::Bytes)?))
    }

    /// The set of no patterns, which matches nothing.
    ///
    /// # Example
    ///
    /// ```
    /// assert!(!repool::bytes::RegexSet::empty().is_match(b""));
    /// ```
    #[must_use]
    pub fn empty() -> RegexSet {
        RegexSet(Set::empty())
    }

    /// Tells whether any of the patterns matches. Stops at the first that does.
    ///
    /// # Example
    ///
    /// ```
    /// let scanners = repool::bytes::RegexSet::new(["nikto", "sqlmap"])?;
    /// assert!(scanners.is_match(b"agent: sqlmap/1.8"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_match(&self, haystack: &[u8]) -> bool {
        self.is_match_at(haystack, 0)
    }

    /// Tells whether any of the patterns matches at byte `start` or later. Assertions such as `^`
    /// and `\b` see the bytes before `start`.
    ///
    /// # Panics
    ///
    /// If `start > haystack.len() + 1`.
    ///
    /// # Example
    ///
    /// ```
    /// let set = repool::bytes::RegexSet::new([r"\bcat", "^cat"])?;
    /// assert!(!set.is_match_at(b"bobcat", 3));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_match_at(&self, haystack: &[u8], start: usize) -> bool {
        self.0.is_match(haystack, start)
    }

    /// Tells which of the patterns match.
    ///
    /// # Example
    ///
    /// ```
    /// let set = repool::bytes::RegexSet::new([r"\d", r"\s", r"\w"])?;
    /// let matches = set.matches(b"a 1");
    /// assert!(matches.matched_all());
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn matches(&self, haystack: &[u8]) -> SetMatches {
        self.matches_at(haystack, 0)
    }

    /// Tells which of the patterns match at byte `start` or later. Assertions such as `^` and `\b`
    /// see the bytes before `start`.
    ///
    /// # Panics
    ///
    /// If `start > haystack.len() + 1`.
    ///
    /// # Example
    ///
    /// ```
    /// let set = repool::bytes::RegexSet::new(["a", "b"])?;
    /// assert!(!set.matches_at(b"ab", 1).matched(0));
    /// assert!(set.matches_at(b"ab", 1).matched(1));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn matches_at(&self, haystack: &[u8], start: usize) -> SetMatches {
        SetMatches::find(&self.0, haystack, start)
    }

    /// Sets `matches[i]` for each pattern `i` that matches at byte `start` or later. Tells whether
    /// any does.
    ///
    /// # Panics
    ///
    /// If `matches` is shorter than the set, or `start > haystack.len() + 1`.
    #[doc(hidden)]
    #[must_use]
    pub fn matches_read_at(&self, matches: &mut [bool], haystack: &[u8], start: usize) -> bool {
        SetMatches::read(&self.0, matches, haystack, start)
    }

    /// The old name of [`RegexSet::matches_read_at`].
    #[doc(hidden)]
    #[must_use]
    pub fn read_matches_at(&self, matches: &mut [bool], haystack: &[u8], start: usize) -> bool {
        self.matches_read_at(matches, haystack, start)
    }

    /// The number of patterns.
    ///
    /// # Example
    ///
    /// ```
    /// assert_eq!(repool::bytes::RegexSet::new(["a", "b", "a"])?.len(), 3);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.patterns().len()
    }

    /// Tells whether there are no patterns.
    ///
    /// # Example
    ///
    /// ```
    /// assert!(repool::bytes::RegexSet::empty().is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.patterns().is_empty()
    }

    /// The patterns, in the order in which they were given.
    ///
    /// # Example
    ///
    /// ```
    /// let set = repool::bytes::RegexSet::new(["a+", "b+"])?;
    /// assert_eq!(set.patterns()[1], "b+");
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        self.0.patterns()
    }

    /// The bytes that the set holds: its patterns, compiled and as text, and the index that finds
    /// them together. Counts reserved bytes, not only used ones. Clones share them.
    ///
    /// # Example
    ///
    /// ```
    /// let set = repool::bytes::RegexSet::new((0..100).map(|i| format!(r"user-{i}\b")))?;
    /// assert!(set.memory_usage() < 64 << 10);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        self.0.memory_bytes()
    }
}

impl Default for RegexSet {
    fn default() -> RegexSet {
        RegexSet::empty()
    }
}

impl std::fmt::Debug for RegexSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RegexSet({:?})", self.patterns())
    }
}
