//! A compiled pattern for `&[u8]`.

use std::borrow::Cow;
use std::str::FromStr;

use super::{CaptureMatches, Captures, Match, Matches, Replacer, Split, SplitN};
use crate::captures::{CaptureLocations, CaptureNames, Groups};
use crate::core::Core;
use crate::iter::Spans;
use crate::options::Target;
use crate::splice::Splice;
use crate::{Error, Options};

/// A compiled pattern for `&[u8]`.
///
/// A clone costs one reference count. Any number of threads can search with one `Regex` at the same
/// time, since a search writes only to memory of its own thread.
///
/// # Example
///
/// ```
/// let ip = repool::bytes::Regex::new(r"\b(\d{1,3})(?:\.\d{1,3}){3}\b")?;
/// let first = ip.find(b"\x02from 10.0.0.7\xFF10.0.0.9").unwrap();
/// assert_eq!(first.as_bytes(), b"10.0.0.7");
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone)]
pub struct Regex {
    core: Core,
}

/// Compiling.
impl Regex {
    /// Compiles a pattern without a cache. [`repool::bytes::compile`](crate::bytes::compile)
    /// does the same through the cache of the process.
    ///
    /// # Errors
    ///
    /// If the text is not a pattern, or passes a limit.
    ///
    /// # Example
    ///
    /// ```
    /// let word = repool::bytes::Regex::new(r"\w+")?;
    /// assert!(word.is_match("größe".as_bytes()));
    /// assert!(repool::bytes::Regex::new(r"\w+)").is_err());
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn new(re: &str) -> Result<Regex, Error> {
        Regex::with_options(re, &Options::new())
    }

    pub(super) fn with_options(re: &str, options: &Options) -> Result<Regex, Error> {
        let core = Core::new(re, options, Target::Bytes)?;
        Ok(Regex { core })
    }

    pub(crate) fn from_core(core: Core) -> Regex {
        Regex { core }
    }
}

/// Searching.
impl Regex {
    /// Tells whether the pattern matches anywhere. This is the fastest search: it stops as soon as
    /// a match is certain, and works out no place.
    ///
    /// # Example
    ///
    /// ```
    /// let error = repool::bytes::Regex::new(r"(?i)\berror\b")?;
    /// assert!(error.is_match(b"12:00 Error: no disk"));
    /// assert!(!error.is_match(b"terrors"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_match(&self, haystack: &[u8]) -> bool {
        self.is_match_at(haystack, 0)
    }

    /// The leftmost match. Of several that start at the same place, it is the one that the pattern
    /// prefers: the first alternative, and the longer repetition unless it is lazy.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new("sam|samwise")?;
    /// assert_eq!(re.find(b"samwise").unwrap().as_bytes(), b"sam");
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn find<'h>(&self, haystack: &'h [u8]) -> Option<Match<'h>> {
        self.find_at(haystack, 0)
    }

    /// Every match, first to last. Matches do not overlap. An empty match is skipped if it touches
    /// the match before it.
    ///
    /// One step takes time linear in the length of the haystack. All steps together can take
    /// quadratic time, if the pattern has to read far ahead before it can decide for a short match.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new("a*")?;
    /// let spans: Vec<_> = re.find_iter(b"baac").map(|m| m.range()).collect();
    /// assert_eq!(spans, [0..0, 1..3, 4..4]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn find_iter<'r, 'h>(&'r self, haystack: &'h [u8]) -> Matches<'r, 'h> {
        Matches::new(&self.core, haystack)
    }

    /// The groups of the leftmost match.
    ///
    /// Allocates memory for them; [`captures_read`](Regex::captures_read) does not.
    ///
    /// # Example
    ///
    /// ```
    /// let setting = repool::bytes::Regex::new(r"(?<key>\w+)\s*=\s*(?<value>.*)")?;
    /// let captures = setting.captures(b"color = blue\xFF").unwrap();
    /// assert_eq!(&captures["key"], b"color");
    /// assert_eq!(&captures["value"], b"blue");
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn captures<'h>(&self, haystack: &'h [u8]) -> Option<Captures<'h>> {
        self.captures_at(haystack, 0)
    }

    /// The groups of every match, first to last; the matches are those of
    /// [`find_iter`](Regex::find_iter).
    ///
    /// # Example
    ///
    /// ```
    /// let size = repool::bytes::Regex::new(r"(\d+)x(\d+)")?;
    /// let mut widths = Vec::new();
    /// for (_, [width, _]) in size.captures_iter(b"3x2 and 10x5").map(|c| c.extract()) {
    ///     widths.push(width);
    /// }
    /// assert_eq!(widths, [&b"3"[..], b"10"]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn captures_iter<'r, 'h>(&'r self, haystack: &'h [u8]) -> CaptureMatches<'r, 'h> {
        CaptureMatches::new(&self.core, haystack)
    }

    /// The pieces between matches, one more than there are matches. Empty pieces are among them.
    ///
    /// # Example
    ///
    /// ```
    /// let blank = repool::bytes::Regex::new(r"\s+")?;
    /// let words: Vec<&[u8]> = blank.split(b"a  b\tc ").collect();
    /// assert_eq!(words, [&b"a"[..], b"b", b"c", b""]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn split<'r, 'h>(&'r self, haystack: &'h [u8]) -> Split<'r, 'h> {
        Split::new(&self.core, haystack)
    }

    /// The first `limit - 1` pieces between matches, and the rest as one piece; nothing if `limit`
    /// is 0.
    ///
    /// # Example
    ///
    /// ```
    /// let colon = repool::bytes::Regex::new(r":\s*")?;
    /// let header: Vec<&[u8]> = colon.splitn(b"Host: [::1]:80", 2).collect();
    /// assert_eq!(header, [&b"Host"[..], b"[::1]:80"]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn splitn<'r, 'h>(&'r self, haystack: &'h [u8], limit: usize) -> SplitN<'r, 'h> {
        SplitN::new(&self.core, haystack, limit)
    }
}

/// Replacing.
impl Regex {
    /// Replaces the first match. If there is none, returns the haystack without a copy.
    ///
    /// See [`Replacer`] for what `rep` can be.
    ///
    /// # Example
    ///
    /// ```
    /// let date = repool::bytes::Regex::new(r"(\d{4})-(\d\d)-(\d\d)")?;
    /// assert_eq!(date.replace(b"on 2026-11-20", b"$3.$2.$1"), &b"on 20.11.2026"[..]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn replace<'h, R: Replacer>(&self, haystack: &'h [u8], rep: R) -> Cow<'h, [u8]> {
        self.replacen(haystack, 1, rep)
    }

    /// Replaces every match. If there is none, returns the haystack without a copy.
    ///
    /// # Example
    ///
    /// ```
    /// let digits = repool::bytes::Regex::new(r"\d+")?;
    /// assert_eq!(digits.replace_all(b"4 of 12", b"#"), &b"# of #"[..]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn replace_all<'h, R: Replacer>(&self, haystack: &'h [u8], rep: R) -> Cow<'h, [u8]> {
        self.replacen(haystack, 0, rep)
    }

    /// Replaces the first `limit` matches, or every match if `limit` is 0.
    ///
    /// # Example
    ///
    /// ```
    /// let digits = repool::bytes::Regex::new(r"\d")?;
    /// assert_eq!(digits.replacen(b"1 2 3", 2, b"_"), &b"_ _ 3"[..]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn replacen<'h, R: Replacer>(
        &self,
        haystack: &'h [u8],
        limit: usize,
        mut rep: R,
    ) -> Cow<'h, [u8]> {
        let limit = if limit == 0 { usize::MAX } else { limit };
        let mut spans = Spans::new(&self.core, haystack);
        let mut splice = Splice::new(haystack);
        if let Some(text) = rep.no_expansion() {
            for span in spans.take(limit) {
                splice.replace(span).extend_from_slice(&text);
            }
            return splice.finish();
        }
        let mut captures = Captures::new(haystack, Groups::default());
        for _ in 0..limit {
            if !spans.next_groups(captures.groups_mut()) {
                break;
            }
            let out = splice.replace(captures.span());
            rep.replace_append(&captures, out);
        }
        splice.finish()
    }
}

/// Searching from a place, and with less allocation.
impl Regex {
    /// The offset, in bytes, at which a match is certain. It can lie before the end of the match
    /// that [`find`](Regex::find) returns, and can differ from one version of this crate to the
    /// next.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new("a+")?;
    /// assert_eq!(re.shortest_match(b"baaa"), Some(2));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn shortest_match(&self, haystack: &[u8]) -> Option<usize> {
        self.shortest_match_at(haystack, 0)
    }

    /// [`shortest_match`](Regex::shortest_match) at byte `start` or later. Assertions such as `^`
    /// and `\b` see the bytes before `start`.
    ///
    /// # Panics
    ///
    /// If `start > haystack.len() + 1`.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new("a+")?;
    /// assert_eq!(re.shortest_match_at(b"aa aa", 2), Some(4));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn shortest_match_at(&self, haystack: &[u8], start: usize) -> Option<usize> {
        self.core.shortest(haystack, start)
    }

    /// Tells whether the pattern matches at byte `start` or later. Assertions such as `^` and `\b`
    /// see the bytes before `start`.
    ///
    /// # Panics
    ///
    /// If `start > haystack.len() + 1`.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new(r"\bcat")?;
    /// assert!(re.is_match(&b"bobcat"[3..]));
    /// assert!(!re.is_match_at(b"bobcat", 3));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_match_at(&self, haystack: &[u8], start: usize) -> bool {
        self.core.is_match(haystack, start)
    }

    /// The leftmost match at byte `start` or later. Assertions such as `^` and `\b` see the bytes
    /// before `start`. Offsets in the match count from the start of the haystack.
    ///
    /// A match can start and end inside a character, if the pattern matches single bytes.
    ///
    /// # Panics
    ///
    /// If `start > haystack.len() + 1`.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new(r"\w+")?;
    /// assert_eq!(re.find_at(b"one two", 3).unwrap().range(), 4..7);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn find_at<'h>(&self, haystack: &'h [u8], start: usize) -> Option<Match<'h>> {
        (self.core.find(haystack, start)).map(|span| Match::new(haystack, span))
    }

    /// The groups of the leftmost match at byte `start` or later. Assertions such as `^` and `\b`
    /// see the bytes before `start`.
    ///
    /// # Panics
    ///
    /// If `start > haystack.len() + 1`.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new(r"(\w)=(\w)")?;
    /// let captures = re.captures_at(b"a=1 b=2", 3).unwrap();
    /// assert_eq!(&captures[1], b"b");
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn captures_at<'h>(&self, haystack: &'h [u8], start: usize) -> Option<Captures<'h>> {
        let groups = Groups::find(&self.core, haystack, start)?;
        Some(Captures::new(haystack, groups))
    }

    /// Returns the leftmost match and writes the offsets of its groups to `locs`. Allocates
    /// nothing.
    ///
    /// Make `locs` by [`capture_locations`](Regex::capture_locations) of this pattern. Groups for
    /// which it has no room are left out.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new(r"(\d+)-(\d+)")?;
    /// let mut at = re.capture_locations();
    /// let mut widths = Vec::new();
    /// for line in [&b"10-25"[..], b"none", b"7-9"] {
    ///     if re.captures_read(&mut at, line).is_some() {
    ///         widths.push(at.get(2).unwrap().1 - at.get(2).unwrap().0);
    ///     }
    /// }
    /// assert_eq!(widths, [2, 1]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn captures_read<'h>(
        &self,
        locs: &mut CaptureLocations,
        haystack: &'h [u8],
    ) -> Option<Match<'h>> {
        self.captures_read_at(locs, haystack, 0)
    }

    /// [`captures_read`](Regex::captures_read) at byte `start` or later. Assertions such as `^` and
    /// `\b` see the bytes before `start`.
    ///
    /// # Panics
    ///
    /// If `start > haystack.len() + 1`.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new("(a)b")?;
    /// let mut at = re.capture_locations();
    /// re.captures_read_at(&mut at, b"ab ab", 1).unwrap();
    /// assert_eq!(at.get(1), Some((3, 4)));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn captures_read_at<'h>(
        &self,
        locs: &mut CaptureLocations,
        haystack: &'h [u8],
        start: usize,
    ) -> Option<Match<'h>> {
        (locs.search(&self.core, haystack, start)).map(|span| Match::new(haystack, span))
    }

    /// The old name of [`captures_read_at`](Regex::captures_read_at).
    #[doc(hidden)]
    #[inline]
    pub fn read_captures_at<'h>(
        &self,
        locs: &mut CaptureLocations,
        haystack: &'h [u8],
        start: usize,
    ) -> Option<Match<'h>> {
        self.captures_read_at(locs, haystack, start)
    }
}

/// About the pattern.
impl Regex {
    /// The pattern it was compiled from.
    ///
    /// # Example
    ///
    /// ```
    /// assert_eq!(repool::bytes::Regex::new("a|b")?.as_str(), "a|b");
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.core.text()
    }

    /// The names of the groups by index, `None` for one without a name. The first stands for the whole
    /// match and has none.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new("(?<a>.)(.)(?<b>.)")?;
    /// let names: Vec<&str> = re.capture_names().flatten().collect();
    /// assert_eq!(names, ["a", "b"]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn capture_names(&self) -> CaptureNames<'_> {
        CaptureNames::new(&self.core)
    }

    /// The number of groups, the whole match among them; never 0.
    ///
    /// # Example
    ///
    /// ```
    /// assert_eq!(repool::bytes::Regex::new("(a)(?:b)(c)?")?.captures_len(), 3);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn captures_len(&self) -> usize {
        self.core.group_len()
    }

    /// The number of groups that take part in every match, the whole match among them, or `None` if
    /// that depends on the match.
    ///
    /// # Example
    ///
    /// ```
    /// let len = |pattern| repool::bytes::Regex::new(pattern).unwrap().static_captures_len();
    /// assert_eq!(len("a"), Some(1));
    /// assert_eq!(len("(a)|(b)"), Some(2));
    /// assert_eq!(len("(a)(b)?"), None);
    /// ```
    #[inline]
    #[must_use]
    pub fn static_captures_len(&self) -> Option<usize> {
        self.core.static_group_len()
    }

    /// Memory for the offsets of this pattern's groups, for
    /// [`captures_read`](Regex::captures_read).
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::bytes::Regex::new("(a)(b)?")?;
    /// assert_eq!(re.capture_locations().len(), re.captures_len());
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn capture_locations(&self) -> CaptureLocations {
        CaptureLocations::new(&self.core)
    }

    /// The old name of [`capture_locations`](Regex::capture_locations).
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn locations(&self) -> CaptureLocations {
        self.capture_locations()
    }

    /// The bytes that the pattern holds: its arena with program and text, the heap memory of
    /// another engine if one runs the pattern, and the handle. Counts reserved bytes, not only used
    /// ones. Clones share them.
    ///
    /// # Example
    ///
    /// ```
    /// let word = repool::bytes::Regex::new(r"\b\w{3,30}\b")?;
    /// assert!(word.memory_usage() < 2048);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        self.core.memory_bytes()
    }
}

impl std::fmt::Display for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Regex").field(&self.as_str()).finish()
    }
}

impl FromStr for Regex {
    type Err = Error;

    fn from_str(re: &str) -> Result<Regex, Error> {
        Regex::new(re)
    }
}

impl TryFrom<&str> for Regex {
    type Error = Error;

    fn try_from(re: &str) -> Result<Regex, Error> {
        Regex::new(re)
    }
}

impl TryFrom<String> for Regex {
    type Error = Error;

    fn try_from(re: String) -> Result<Regex, Error> {
        Regex::new(&re)
    }
}
