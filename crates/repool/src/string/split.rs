//! The pieces between matches.

use std::iter::FusedIterator;

use crate::core::Core;
use crate::iter::{Pieces, PiecesN};

/// The pieces between matches; from [`Regex::split`](super::Regex::split).
///
/// # Example
///
/// ```
/// let comma = repool::Regex::new(r"\s*,\s*")?;
/// let fields: Vec<&str> = comma.split("id , name,age").collect();
/// assert_eq!(fields, ["id", "name", "age"]);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Debug)]
pub struct Split<'r, 'h> {
    haystack: &'h str,
    pieces: Pieces<'r, 'h>,
}

impl<'r, 'h> Split<'r, 'h> {
    #[inline]
    pub(super) fn new(core: &'r Core, haystack: &'h str) -> Split<'r, 'h> {
        Split {
            haystack,
            pieces: Pieces::new(core, haystack.as_bytes()),
        }
    }
}

impl<'h> Iterator for Split<'_, 'h> {
    type Item = &'h str;

    #[inline]
    fn next(&mut self) -> Option<&'h str> {
        (self.pieces.next()).map(|span| &self.haystack[span.range()])
    }
}

impl FusedIterator for Split<'_, '_> {}

/// The pieces between the first matches, and then the rest of the haystack; from
/// [`Regex::splitn`](super::Regex::splitn).
///
/// # Example
///
/// ```
/// let equals = repool::Regex::new(" *= *")?;
/// let pair: Vec<&str> = equals.splitn("key = a = z", 2).collect();
/// assert_eq!(pair, ["key", "a = z"]);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Debug)]
pub struct SplitN<'r, 'h> {
    haystack: &'h str,
    pieces: PiecesN<'r, 'h>,
}

impl<'r, 'h> SplitN<'r, 'h> {
    #[inline]
    pub(super) fn new(core: &'r Core, haystack: &'h str, limit: usize) -> SplitN<'r, 'h> {
        SplitN {
            haystack,
            pieces: PiecesN::new(core, haystack.as_bytes(), limit),
        }
    }
}

impl<'h> Iterator for SplitN<'_, 'h> {
    type Item = &'h str;

    #[inline]
    fn next(&mut self) -> Option<&'h str> {
        (self.pieces.next()).map(|span| &self.haystack[span.range()])
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.pieces.len_max()))
    }
}

impl FusedIterator for SplitN<'_, '_> {}
