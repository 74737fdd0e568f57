//! Replacements for matches.

use std::borrow::Cow;

use super::Captures;
use crate::template;

/// The replacement of a match, for [`Regex::replace`](super::Regex::replace), `replace_all` and
/// `replacen`.
///
/// A string is a template. A closure over [`Captures`] returns the replacement itself. [`NoExpand`] is a
/// replacement taken as it is. In a template
///
/// - `$1`, `$name`, `${1}` and `${name}` stand for what the group matched, or for nothing if it took
///   no part or is not in the pattern;
/// - without braces the longest run of ASCII letters, digits and `_` is taken: `$1a` is the group named
///   `1a`, `${1}a` is group 1 and an `a`;
/// - `$$` is a `$`, and so is one that starts no reference.
///
/// # Example
///
/// ```
/// let name = repool::Regex::new(r"(?<first>\w+) (?<last>\w+)")?;
/// assert_eq!(name.replace("Ada Lovelace", "$last, $first"), "Lovelace, Ada");
///
/// let shout = name.replace("Ada Lovelace", |captures: &repool::Captures| {
///     captures["last"].to_ascii_uppercase()
/// });
/// assert_eq!(shout, "LOVELACE");
/// # Ok::<(), repool::Error>(())
/// ```
pub trait Replacer {
    /// Appends the replacement of the match to `dst`.
    ///
    /// # Example
    ///
    /// ```
    /// use repool::{Captures, Regex, Replacer};
    ///
    /// /// Writes every match as often as there were matches so far.
    /// struct Count(usize);
    ///
    /// impl Replacer for Count {
    ///     fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut String) {
    ///         self.0 += 1;
    ///         (0..self.0).for_each(|_| dst.push_str(&caps[0]));
    ///     }
    /// }
    ///
    /// let letter = Regex::new("[a-z]")?;
    /// assert_eq!(letter.replace_all("a, b, c", Count(0)), "a, bb, ccc");
    /// # Ok::<(), repool::Error>(())
    /// ```
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut String);

    /// Returns the replacement if it is the same for every match. Then the search needs no groups, which
    /// is faster.
    ///
    /// # Example
    ///
    /// ```
    /// use repool::Replacer;
    ///
    /// assert_eq!("plain".no_expansion().as_deref(), Some("plain"));
    /// assert_eq!("see $1".no_expansion(), None);
    /// ```
    fn no_expansion<'r>(&'r mut self) -> Option<Cow<'r, str>> {
        None
    }

    /// Lends the replacer, so that it can be used again.
    ///
    /// # Example
    ///
    /// ```
    /// use repool::{Captures, Regex, Replacer};
    ///
    /// let mut seen = 0;
    /// let mut count = |_: &Captures| {
    ///     seen += 1;
    ///     ""
    /// };
    /// let digit = Regex::new(r"\d")?;
    /// digit.replace_all("1 2", count.by_ref());
    /// digit.replace_all("3", count.by_ref());
    /// assert_eq!(seen, 3);
    /// # Ok::<(), repool::Error>(())
    /// ```
    fn by_ref<'r>(&'r mut self) -> ReplacerRef<'r, Self> {
        ReplacerRef(self)
    }
}

/// The template, if it refers to no group.
fn plain(template: &str) -> Option<Cow<'_, str>> {
    template::is_plain(template).then_some(Cow::Borrowed(template))
}

impl Replacer for &str {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut String) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, str>> {
        plain(self)
    }
}

impl Replacer for &String {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut String) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, str>> {
        plain(self)
    }
}

impl Replacer for String {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut String) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, str>> {
        plain(self)
    }
}

impl Replacer for Cow<'_, str> {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut String) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, str>> {
        plain(self)
    }
}

impl Replacer for &Cow<'_, str> {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut String) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, str>> {
        plain(self)
    }
}

impl<F, T> Replacer for F
where
    F: FnMut(&Captures<'_>) -> T,
    T: AsRef<str>,
{
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut String) {
        dst.push_str(self(caps).as_ref());
    }
}

/// A lent [`Replacer`]; from [`Replacer::by_ref`].
#[derive(Debug)]
pub struct ReplacerRef<'a, R: ?Sized>(&'a mut R);

impl<'a, R: Replacer + ?Sized + 'a> Replacer for ReplacerRef<'a, R> {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut String) {
        self.0.replace_append(caps, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, str>> {
        self.0.no_expansion()
    }
}

/// A replacement taken as it is: `$` has no meaning in it.
///
/// # Example
///
/// ```
/// use repool::{NoExpand, Regex};
///
/// let price = Regex::new(r"\d+ dollars")?;
/// assert_eq!(price.replace("5 dollars", NoExpand("$5")), "$5");
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NoExpand<'s>(pub &'s str);

impl Replacer for NoExpand<'_> {
    fn replace_append(&mut self, _: &Captures<'_>, dst: &mut String) {
        dst.push_str(self.0);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.0))
    }
}
