//! A haystack with some of its spans replaced, copied only if a span is replaced. Exercised by
//! `tests/replace.rs`.

use std::borrow::Cow;

use crate::core::Span;
use crate::text::Text;

/// Replaces spans of a haystack from left to right.
pub(crate) struct Splice<'h, T: Text + ?Sized> {
    haystack: &'h T,
    /// The copy so far, made when the first span is replaced.
    out: Option<T::Owned>,
    /// The bytes of the haystack that the copy covers.
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

    /// Copies the haystack up to `span` and skips `span`. The caller appends the replacement to the
    /// result.
    pub(crate) fn replace(&mut self, span: Span) -> &mut T::Owned {
        let out = (self.out).get_or_insert_with(|| T::with_capacity(self.haystack.bytes().len()));
        self.haystack.slice(self.done..span.start).append_to(out);
        self.done = span.end;
        out
    }

    /// Copies the rest. Returns the haystack itself if no span was replaced.
    pub(crate) fn finish(self) -> Cow<'h, T> {
        let Some(mut out) = self.out else {
            return Cow::Borrowed(self.haystack);
        };
        let end = self.haystack.bytes().len();
        self.haystack.slice(self.done..end).append_to(&mut out);
        Cow::Owned(out)
    }
}
