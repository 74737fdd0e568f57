//! One match, and all of them.

use std::iter::FusedIterator;
use std::ops::Range;

use crate::core::{Core, Span};
use crate::iter::Spans;

/// One match in a haystack: where it starts and ends, and its text.
///
/// # Example
///
/// ```
/// let m = repool::Regex::new(r"\d+")?.find("No. 42").unwrap();
/// assert_eq!(m.range(), 4..6);
/// assert_eq!(m.as_str(), "42");
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Match<'h> {
    haystack: &'h str,
    start: usize,
    end: usize,
}

impl<'h> Match<'h> {
    #[inline]
    pub(super) fn new(haystack: &'h str, span: Span) -> Match<'h> {
        Match {
            haystack,
            start: span.start,
            end: span.end,
        }
    }

    /// Where it starts, in bytes from the start of the haystack.
    ///
    /// # Example
    ///
    /// ```
    /// let m = repool::Regex::new("b+")?.find("abbc").unwrap();
    /// assert_eq!(m.start(), 1);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// Where it ends: the byte behind its last.
    ///
    /// # Example
    ///
    /// ```
    /// let m = repool::Regex::new("b+")?.find("abbc").unwrap();
    /// assert_eq!(m.end(), 3);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn end(&self) -> usize {
        self.end
    }

    /// Tells whether it has no text.
    ///
    /// # Example
    ///
    /// ```
    /// let m = repool::Regex::new("b*")?.find("abbc").unwrap();
    /// assert!(m.is_empty());
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Its length in bytes.
    ///
    /// # Example
    ///
    /// ```
    /// let m = repool::Regex::new("ö+")?.find("zööm").unwrap();
    /// assert_eq!(m.len(), 4);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Its start and end, in bytes.
    ///
    /// # Example
    ///
    /// ```
    /// let m = repool::Regex::new("b+")?.find("abbc").unwrap();
    /// assert_eq!(m.range(), 1..3);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Its text. Borrows from the haystack, not from the match.
    ///
    /// # Example
    ///
    /// ```
    /// let m = repool::Regex::new("b+")?.find("abbc").unwrap();
    /// assert_eq!(m.as_str(), "bb");
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &'h str {
        &self.haystack[self.range()]
    }
}

impl std::fmt::Debug for Match<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Match")
            .field("start", &self.start)
            .field("end", &self.end)
            .field("string", &self.as_str())
            .finish()
    }
}

impl<'h> From<Match<'h>> for &'h str {
    fn from(m: Match<'h>) -> &'h str {
        m.as_str()
    }
}

impl<'h> From<Match<'h>> for Range<usize> {
    fn from(m: Match<'h>) -> Range<usize> {
        m.range()
    }
}

/// Every match, first to last; from [`Regex::find_iter`](super::Regex::find_iter).
///
/// # Example
///
/// ```
/// let digits = repool::Regex::new(r"\d+")?;
/// let longest = (digits.find_iter("3 of 12, 1 left"))
///     .max_by_key(|m| m.len())
///     .unwrap();
/// assert_eq!(longest.as_str(), "12");
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Debug)]
pub struct Matches<'r, 'h> {
    haystack: &'h str,
    spans: Spans<'r, 'h>,
}

impl<'r, 'h> Matches<'r, 'h> {
    #[inline]
    pub(super) fn new(core: &'r Core, haystack: &'h str) -> Matches<'r, 'h> {
        Matches {
            haystack,
            spans: Spans::new(core, haystack.as_bytes()),
        }
    }
}

impl<'h> Iterator for Matches<'_, 'h> {
    type Item = Match<'h>;

    #[inline]
    fn next(&mut self) -> Option<Match<'h>> {
        (self.spans.next()).map(|span| Match::new(self.haystack, span))
    }

    #[inline]
    fn count(self) -> usize {
        self.spans.count()
    }
}

impl FusedIterator for Matches<'_, '_> {}
