//! The groups of a match.

use std::iter::FusedIterator;
use std::ops::Index;

use super::Match;
use crate::captures::{GroupSpans, Groups};
use crate::core::{Core, Span};
use crate::iter::GroupsIter;
use crate::template;

/// The groups of one match. Group 0 is the whole match and always there.
///
/// `captures[1]` and `captures["name"]` return the text of a group. They panic if the group took no
/// part in the match or is not in the pattern; [`get`](Captures::get) and [`name`](Captures::name)
/// return `None` then.
///
/// # Example
///
/// ```
/// let url = repool::Regex::new(r"(?<scheme>\w+)://([^/]+)")?;
/// let captures = url.captures("see https://example.org/a").unwrap();
/// assert_eq!(&captures["scheme"], "https");
/// assert_eq!(&captures[2], "example.org");
/// # Ok::<(), repool::Error>(())
/// ```
pub struct Captures<'h> {
    haystack: &'h str,
    groups: Groups,
}

impl<'h> Captures<'h> {
    #[inline]
    pub(super) fn new(haystack: &'h str, groups: Groups) -> Captures<'h> {
        Captures { haystack, groups }
    }

    /// The groups, for the search that overwrites them with those of the next match.
    pub(super) fn groups_mut(&mut self) -> &mut Groups {
        &mut self.groups
    }

    /// Where the whole match is.
    pub(super) fn span(&self) -> Span {
        self.groups.whole()
    }

    /// What group `i` matched, or `None` if it took no part or is not in the pattern.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::Regex::new(r"(\d+)(px)?")?;
    /// let captures = re.captures("width: 80").unwrap();
    /// assert_eq!(captures.get(1).map(|m| m.as_str()), Some("80"));
    /// assert_eq!(captures.get(2), None);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn get(&self, i: usize) -> Option<Match<'h>> {
        (self.groups.span(i)).map(|span| Match::new(self.haystack, span))
    }

    /// The whole match: group 0.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::Regex::new(r"(\w)\w*")?;
    /// assert_eq!(re.captures("- oak").unwrap().get_match().as_str(), "oak");
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn get_match(&self) -> Match<'h> {
        Match::new(self.haystack, self.groups.whole())
    }

    /// What the group of this name matched, or `None` if it took no part or is not in the pattern.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::Regex::new(r"(?<level>WARN|ERROR)")?;
    /// let captures = re.captures("12:01 ERROR disk").unwrap();
    /// assert_eq!(captures.name("level").map(|m| m.start()), Some(6));
    /// assert_eq!(captures.name("host"), None);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn name(&self, name: &str) -> Option<Match<'h>> {
        (self.groups.span_named(name)).map(|span| Match::new(self.haystack, span))
    }

    /// The text of the whole match and of the `N` groups that take part in every match.
    ///
    /// # Panics
    ///
    /// If the number of groups that take part differs from match to match, or is not `N`; see
    /// [`Regex::static_captures_len`](super::Regex::static_captures_len).
    ///
    /// # Example
    ///
    /// ```
    /// let version = repool::Regex::new(r"(\d+)\.(\d+)")?;
    /// let (all, [major, minor]) = version.captures("since 1.89").unwrap().extract();
    /// assert_eq!((all, major, minor), ("1.89", "1", "89"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn extract<const N: usize>(&self) -> (&'h str, [&'h str; N]) {
        let (whole, groups) = self.groups.extract();
        let text = |span: Span| &self.haystack[span.range()];
        (text(whole), groups.map(text))
    }

    /// Appends `replacement` to `dst`, with references such as `$1` and `${name}` replaced by what the
    /// groups matched; see [`Replacer`](super::Replacer) for their form.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::Regex::new(r"(?<user>\w+)@(?<host>\w+)")?;
    /// let mut out = String::from("to ");
    /// re.captures("ann@mail").unwrap().expand("$host/$user", &mut out);
    /// assert_eq!(out, "to mail/ann");
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn expand(&self, replacement: &str, dst: &mut String) {
        template::expand(&self.groups, self.haystack, replacement, dst);
    }

    /// Every group by index, `None` for one that took no part.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::Regex::new(r"(a)|(b)")?;
    /// let captures = re.captures("b").unwrap();
    /// let starts: Vec<_> = captures.iter().map(|m| m.map(|m| m.start())).collect();
    /// assert_eq!(starts, [Some(0), None, Some(0)]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn iter<'c>(&'c self) -> SubCaptureMatches<'c, 'h> {
        SubCaptureMatches {
            haystack: self.haystack,
            spans: self.groups.iter(),
        }
    }

    /// The number of groups in the pattern, the whole match among them; never 0.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::Regex::new(r"(a)|(b)")?;
    /// assert_eq!(re.captures("b").unwrap().len(), 3);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "as in `regex`; it is never empty"
    )]
    pub fn len(&self) -> usize {
        self.groups.len()
    }
}

impl std::fmt::Debug for Captures<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.groups.show(self.haystack, f)
    }
}

/// The text of a group.
///
/// # Panics
///
/// If the group took no part in the match or is not in the pattern.
impl Index<usize> for Captures<'_> {
    type Output = str;

    #[track_caller]
    fn index(&self, i: usize) -> &str {
        match self.get(i) {
            Some(m) => m.as_str(),
            None => panic!("no group at index '{i}'"),
        }
    }
}

/// The text of a group.
///
/// # Panics
///
/// If the group took no part in the match or is not in the pattern.
impl<'n> Index<&'n str> for Captures<'_> {
    type Output = str;

    #[track_caller]
    fn index<'a>(&'a self, name: &'n str) -> &'a str {
        match self.name(name) {
            Some(m) => m.as_str(),
            None => panic!("no group named '{name}'"),
        }
    }
}

/// Every group of a match by index; from [`Captures::iter`].
///
/// # Example
///
/// ```
/// let re = repool::Regex::new(r"(\w)(\d)?")?;
/// let captures = re.captures("x").unwrap();
/// assert_eq!(captures.iter().flatten().count(), 2);
/// assert_eq!(captures.iter().len(), 3);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SubCaptureMatches<'c, 'h> {
    haystack: &'h str,
    spans: GroupSpans<'c>,
}

impl<'h> Iterator for SubCaptureMatches<'_, 'h> {
    type Item = Option<Match<'h>>;

    #[inline]
    fn next(&mut self) -> Option<Option<Match<'h>>> {
        let span = self.spans.next()?;
        Some(span.map(|span| Match::new(self.haystack, span)))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.spans.size_hint()
    }

    #[inline]
    fn count(self) -> usize {
        self.spans.len()
    }
}

impl ExactSizeIterator for SubCaptureMatches<'_, '_> {}

impl FusedIterator for SubCaptureMatches<'_, '_> {}

/// The groups of every match, first to last; from [`Regex::captures_iter`](super::Regex::captures_iter).
///
/// # Example
///
/// ```
/// let pair = repool::Regex::new(r"(\w+)=(\w+)")?;
/// let keys: Vec<_> = (pair.captures_iter("a=1 b=2"))
///     .map(|captures| captures[1].to_owned())
///     .collect();
/// assert_eq!(keys, ["a", "b"]);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Debug)]
pub struct CaptureMatches<'r, 'h> {
    haystack: &'h str,
    groups: GroupsIter<'r, 'h>,
}

impl<'r, 'h> CaptureMatches<'r, 'h> {
    #[inline]
    pub(super) fn new(core: &'r Core, haystack: &'h str) -> CaptureMatches<'r, 'h> {
        CaptureMatches {
            haystack,
            groups: GroupsIter::new(core, haystack.as_bytes()),
        }
    }
}

impl<'h> Iterator for CaptureMatches<'_, 'h> {
    type Item = Captures<'h>;

    #[inline]
    fn next(&mut self) -> Option<Captures<'h>> {
        (self.groups.next()).map(|groups| Captures::new(self.haystack, groups))
    }

    #[inline]
    fn count(self) -> usize {
        self.groups.count()
    }
}

impl FusedIterator for CaptureMatches<'_, '_> {}
