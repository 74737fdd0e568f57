//! A haystack with some of its spans replaced, copied only if there is one.

use std::borrow::Cow;

use crate::core::Span;
use crate::text::Text;

/// A copy of a haystack while its spans are replaced, left to right.
pub(crate) struct Splice<'h, T: Text + ?Sized> {
    haystack: &'h T,
    /// The copy so far; nothing while nothing is replaced.
    out: Option<T::Owned>,
    /// How far the copy has come in the haystack, in bytes.
    done: usize,
}

impl<'h, T: Text + ?Sized> Splice<'h, T> {
    pub(crate) fn new(haystack: &'h T) -> Splice<'h, T> {
        Splice {
            haystack,
            out: None,
            done: 0,
        }
    }

    /// Copies up to `span`, leaves `span` out, and gives the place for what comes instead.
    pub(crate) fn replace(&mut self, span: Span) -> &mut T::Owned {
        let out = (self.out).get_or_insert_with(|| T::with_capacity(self.haystack.bytes().len()));
        self.haystack.slice(self.done..span.start).append_to(out);
        self.done = span.end;
        out
    }

    /// Copies the rest, or gives back the haystack if nothing was replaced.
    pub(crate) fn finish(self) -> Cow<'h, T> {
        let Some(mut out) = self.out else {
            return Cow::Borrowed(self.haystack);
        };
        let end = self.haystack.bytes().len();
        self.haystack.slice(self.done..end).append_to(&mut out);
        Cow::Owned(out)
    }
}
