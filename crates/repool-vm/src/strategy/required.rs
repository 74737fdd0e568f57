//! Where a match can be: around the bytes that every match contains.
//!
//! If the required bytes do not occur, there is no match: sound for any program. If they do, a match
//! that contains their first occurrence starts at most so many bytes before it as the compiler has
//! found, if it found a limit; and it lies between two bytes that no match contains, if there are such
//! ([`crate::strategy::plan`]):
//!
//! ```text
//! [^\n]*Sherlock[^\n]*
//! ...no match here...\n...Mr. Sherlock Holmes, who was usually...\n...
//!                      └──────────── searched ─────────────────┘
//! ```
//!
//! What lies before the window holds no match, as it holds no required bytes; what is found in the
//! window is the leftmost match; and if nothing is found there, the search goes on behind it.
//! Exercised by `tests/oracle.rs`.

use repool_program::{Program, UNBOUNDED};
use repool_text::is_boundary;

use crate::prefilter::needle::Finder;
use crate::search::Search;
use crate::simd::byte_finder::ByteFinder;

/// The next window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// A match starts here or later.
    pub(crate) start: usize,
    /// A match that starts before ends here or earlier. The end of the search, if nothing tells more.
    pub(crate) end: usize,
}

/// The window around the first required bytes at the search's start or behind; `None` if there are none.
#[inline]
pub(crate) fn next(
    search: &Search<'_, '_>,
    required: &Finder,
    outside: Option<&ByteFinder>,
) -> Option<Window> {
    let found = required.find(search.program, search.hay, search.start)?;
    Some(around(search, found, outside))
}

/// The window around required bytes, the first at the search's start or behind.
#[inline]
pub(crate) fn around(
    search: &Search<'_, '_>,
    found: usize,
    outside: Option<&ByteFinder>,
) -> Window {
    let hay = search.hay;
    let mut start = start(search.program, hay, search.start, found, outside);
    let end = outside.and_then(|outside| outside.find(&hay[found..]));
    let end = end.map_or(hay.len(), |len| found + len);
    while search.utf8 && !is_boundary(search.whole, start) {
        start += 1;
    }
    Window { start, end }
}

/// Where a match starts at the earliest, from `start` on, if what is required stands first at `found`; perhaps
/// inside of a character.
#[inline]
pub(crate) fn start(
    program: &Program<'_>,
    hay: &[u8],
    mut start: usize,
    found: usize,
    outside: Option<&ByteFinder>,
) -> usize {
    let before_max = program.required_before_max();
    if before_max != UNBOUNDED {
        start = start.max(found.saturating_sub(before_max as usize));
    }
    if let Some(outside) = outside {
        start += outside.len_to_last(&hay[start..found]);
    }
    start
}
