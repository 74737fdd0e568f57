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
/// let name = repool::bytes::Regex::new(r"(?<first>\w+) (?<last>\w+)")?;
/// assert_eq!(name.replace(b"Ada Lovelace", b"$last, $first"), &b"Lovelace, Ada"[..]);
///
/// let shout = name.replace(b"Ada Lovelace", |captures: &repool::bytes::Captures| {
///     captures["last"].to_ascii_uppercase()
/// });
/// assert_eq!(shout, &b"LOVELACE"[..]);
/// # Ok::<(), repool::Error>(())
/// ```
pub trait Replacer {
    /// Appends the replacement of the match to `dst`.
    ///
    /// # Example
    ///
    /// ```
    /// use repool::bytes::{Captures, Regex, Replacer};
    ///
    /// /// Writes every match as often as there were matches so far.
    /// struct Count(usize);
    ///
    /// impl Replacer for Count {
    ///     fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
    ///         self.0 += 1;
    ///         (0..self.0).for_each(|_| dst.extend_from_slice(&caps[0]));
    ///     }
    /// }
    ///
    /// let letter = Regex::new("[a-z]")?;
    /// assert_eq!(letter.replace_all(b"a, b, c", Count(0)), &b"a, bb, ccc"[..]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>);

    /// Returns the replacement if it is the same for every match. Then the search needs no groups, which
    /// is faster.
    ///
    /// # Example
    ///
    /// ```
    /// use repool::bytes::Replacer;
    ///
    /// assert_eq!(b"plain".no_expansion().as_deref(), Some(&b"plain"[..]));
    /// assert_eq!(b"see $1".no_expansion(), None);
    /// ```
    fn no_expansion<'r>(&'r mut self) -> Option<Cow<'r, [u8]>> {
        None
    }

    /// Lends the replacer, so that it can be used again.
    ///
    /// # Example
    ///
    /// ```
    /// use repool::bytes::{Captures, Regex, Replacer};
    ///
    /// let mut seen = 0;
    /// let mut count = |_: &Captures| {
    ///     seen += 1;
    ///     b""
    /// };
    /// let digit = Regex::new(r"\d")?;
    /// digit.replace_all(b"1 2", count.by_ref());
    /// digit.replace_all(b"3", count.by_ref());
    /// assert_eq!(seen, 3);
    /// # Ok::<(), repool::Error>(())
    /// ```
    fn by_ref<'r>(&'r mut self) -> ReplacerRef<'r, Self> {
        ReplacerRef(self)
    }
}

/// The template, if it refers to no group.
fn plain(template: &[u8]) -> Option<Cow<'_, [u8]>> {
    template::is_plain(template).then_some(Cow::Borrowed(template))
}

impl<const N: usize> Replacer for &[u8; N] {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
        caps.expand(*self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, [u8]>> {
        plain(*self)
    }
}

impl<const N: usize> Replacer for [u8; N] {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, [u8]>> {
        plain(self)
    }
}

impl Replacer for &[u8] {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, [u8]>> {
        plain(self)
    }
}

impl Replacer for &Vec<u8> {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, [u8]>> {
        plain(self)
    }
}

impl Replacer for Vec<u8> {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, [u8]>> {
        plain(self)
    }
}

impl Replacer for Cow<'_, [u8]> {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, [u8]>> {
        plain(self)
    }
}

impl Replacer for &Cow<'_, [u8]> {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
        caps.expand(self, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, [u8]>> {
        plain(self)
    }
}

impl<F, T> Replacer for F
where
    F: FnMut(&Captures<'_>) -> T,
    T: AsRef<[u8]>,
{
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
        dst.extend_from_slice(self(caps).as_ref());
    }
}

/// A lent [`Replacer`]; from [`Replacer::by_ref`].
#[derive(Debug)]
pub struct ReplacerRef<'a, R: ?Sized>(&'a mut R);

impl<'a, R: Replacer + ?Sized + 'a> Replacer for ReplacerRef<'a, R> {
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
        self.0.replace_append(caps, dst);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, [u8]>> {
        self.0.no_expansion()
    }
}

/// A replacement taken as it is: `$` has no meaning in it.
///
/// # Example
///
/// ```
/// use repool::bytes::{NoExpand, Regex};
///
/// let price = Regex::new(r"\d+ dollars")?;
/// assert_eq!(price.replace(b"5 dollars", NoExpand(b"$5")), &b"$5"[..]);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NoExpand<'s>(pub &'s [u8]);

impl Replacer for NoExpand<'_> {
    fn replace_append(&mut self, _: &Captures<'_>, dst: &mut Vec<u8>) {
        dst.extend_from_slice(self.0);
    }

    fn no_expansion(&mut self) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(self.0))
    }
}
