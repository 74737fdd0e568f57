//! What matches are replaced by.

use std::borrow::Cow;

use super::Captures;
use crate::template;

/// What a match is replaced by, for [`Regex::replace`](super::Regex::replace) and its kin.
///
/// Byte strings are templates, of the form that [`repool::Replacer`](crate::Replacer) tells; a closure
/// from [`Captures`] makes the bytes itself; [`NoExpand`] is bytes as they are.
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
    /// Appends what replaces the match to `dst`.
    ///
    /// # Example
    ///
    /// ```
    /// use repool::bytes::{Captures, Regex, Replacer};
    ///
    /// /// Writes every match as its length.
    /// struct Length;
    ///
    /// impl Replacer for Length {
    ///     fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>) {
    ///         dst.push(b'0' + caps[0].len() as u8);
    ///     }
    /// }
    ///
    /// let run = Regex::new("a+")?;
    /// assert_eq!(run.replace_all(b"a aaa", Length), &b"1 3"[..]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    fn replace_append(&mut self, caps: &Captures<'_>, dst: &mut Vec<u8>);

    /// The bytes that replace every match, if they are the same for all of them. Groups are not asked
    /// for then, which is faster.
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

    fn no_expansion<'r>(&'r mut self) -> Option<Cow<'r, [u8]>> {
        self.0.no_expansion()
    }
}

/// Bytes that replace a match as they are: `$` means nothing.
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
