//! The pieces between matches.

use std::iter::FusedIterator;

use crate::core::Core;
use crate::iter::{Pieces, PiecesN};

/// The pieces between matches; from [`Regex::split`](super::Regex::split).
///
/// # Example
///
/// ```
/// let comma = repool::bytes::Regex::new(r"\s*,\s*")?;
/// let fields: Vec<&[u8]> = comma.split(b"id , name,\xFF").collect();
/// assert_eq!(fields, [&b"id"[..], b"name", b"\xFF"]);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Debug)]
pub struct Split<'r, 'h> {
    haystack: &'h [u8],
    pieces: Pieces<'r, 'h>,
}

impl<'r, 'h> Split<'r, 'h> {
    #[inline]
    pub(super) fn new(core: &'r Core, haystack: &'h [u8]) -> Split<'r, 'h> {
        Split {
            haystack,
            pieces: Pieces::new(core, haystack),
        }
    }
}

impl<'h> Iterator for Split<'_, 'h> {
    type Item = &'h [u8];

    #[inline]
    fn next(&mut self) -> Option<&'h [u8]> {
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
/// let equals = repool::bytes::Regex::new(" *= *")?;
/// let pair: Vec<&[u8]> = equals.splitn(b"key = a = z", 2).collect();
/// assert_eq!(pair, [&b"key"[..], b"a = z"]);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Debug)]
pub struct SplitN<'r, 'h> {
    haystack: &'h [u8],
    pieces: PiecesN<'r, 'h>,
}

impl<'r, 'h> SplitN<'r, 'h> {
    #[inline]
    pub(super) fn new(core: &'r Core, haystack: &'h [u8], limit: usize) -> SplitN<'r, 'h> {
        SplitN {
            haystack,
            pieces: PiecesN::new(core, haystack, limit),
        }
    }
}

impl<'h> Iterator for SplitN<'_, 'h> {
    type Item = &'h [u8];

    #[inline]
    fn next(&mut self) -> Option<&'h [u8]> {
        (self.pieces.next()).map(|span| &self.haystack[span.range()])
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.pieces.len_max()))
    }
}

impl FusedIterator for SplitN<'_, '_> {}
