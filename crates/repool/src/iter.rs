//! Iteration over matches and over the pieces between them, in byte offsets.
//!
//! The rules are those of `regex`: matches do not overlap, and an empty match is skipped if it
//! touches the end of the match before it. Exercised by `tests/iteration.rs`.

use repool_vm::Iteration;

use crate::captures::Groups;
use crate::core::{Core, Span};

/// The position of an iteration.
#[derive(Clone, Debug, Default)]
struct Cursor {
    /// The end of the last match, at first the start of the haystack. One past the end of the
    /// haystack when the iteration is over.
    at: usize,
    /// Whether `at` is the end of a match.
    after_match: bool,
    /// Whether that match was empty. A search from there would find it again.
    after_empty: bool,
    /// What the engines learn in one search and use in the next.
    iteration: Iteration,
}

impl Cursor {
    /// Returns the next match. `find` searches from the offset that it gets.
    #[inline]
    fn advance(
        &mut self,
        core: &Core,
        haystack: &[u8],
        mut find: impl FnMut(usize, &mut Iteration) -> Option<Span>,
    ) -> Option<Span> {
        if self.at > haystack.len() {
            return None;
        }
        let mut found = None;
        if !self.after_empty {
            found = find(self.at, &mut self.iteration);
        }
        let is_again =
            |span: Span| span.start == span.end && span.end == self.at && self.after_match;
        if self.after_empty || found.is_some_and(is_again) {
            let next = step(core, haystack, self.at);
            found = if next > haystack.len() {
                None
            } else {
                find(next, &mut self.iteration)
            };
        }
        self.at = found.map_or(haystack.len() + 1, |span| span.end);
        self.after_match = true;
        self.after_empty = found.is_some_and(|span| span.start == span.end);
        found
    }
}

/// The next offset at which a match can start: one byte further, or one character for `&str`.
#[cold]
fn step(core: &Core, haystack: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while core.is_utf8() && next < haystack.len() && haystack[next] & 0xC0 == 0x80 {
        next += 1;
    }
    next
}

/// Every match, first to last.
#[derive(Debug)]
pub(crate) struct Spans<'r, 'h> {
    core: &'r Core,
    haystack: &'h [u8],
    cursor: Cursor,
}

impl<'r, 'h> Spans<'r, 'h> {
    #[inline]
    pub(crate) fn new(core: &'r Core, haystack: &'h [u8]) -> Spans<'r, 'h> {
        Spans {
            core,
            haystack,
            cursor: Cursor::default(),
        }
    }

    /// The groups of the next match, written into `groups`; tells whether there is one.
    #[inline]
    pub(crate) fn next_groups(&mut self, groups: &mut Groups) -> bool {
        let (core, haystack) = (self.core, self.haystack);
        (self.cursor)
            .advance(core, haystack, |at, iteration| {
                groups.search(core, haystack, at, Some(iteration))
            })
            .is_some()
    }
}

impl Iterator for Spans<'_, '_> {
    type Item = Span;

    /// Counting needs only the ends of matches, which the engines find faster than starts.
    #[inline]
    fn count(mut self) -> usize {
        self.cursor.iteration.want_ends();
        let mut count = 0;
        while self.next().is_some() {
            count += 1;
            if let Some((more, at)) = self.cursor.iteration.count_ahead(self.cursor.at) {
                (count, self.cursor.at) = (count + more, at);
            }
        }
        count
    }

    #[inline]
    fn next(&mut self) -> Option<Span> {
        let (core, haystack) = (self.core, self.haystack);
        (self.cursor).advance(core, haystack, |at, iteration| {
            core.find_next(haystack, at, iteration)
        })
    }
}

/// The groups of every match, first to last.
#[derive(Debug)]
pub(crate) struct GroupsIter<'r, 'h>(Spans<'r, 'h>);

impl<'r, 'h> GroupsIter<'r, 'h> {
    #[inline]
    pub(crate) fn new(core: &'r Core, haystack: &'h [u8]) -> GroupsIter<'r, 'h> {
        GroupsIter(Spans::new(core, haystack))
    }
}

impl Iterator for GroupsIter<'_, '_> {
    type Item = Groups;

    #[inline]
    fn next(&mut self) -> Option<Groups> {
        let mut groups = Groups::default();
        self.0.next_groups(&mut groups).then_some(groups)
    }

    /// Counting needs no groups, so it runs as for [`Spans`].
    #[inline]
    fn count(self) -> usize {
        self.0.count()
    }
}

/// The pieces between matches, one more than there are matches.
#[derive(Debug)]
pub(crate) struct Pieces<'r, 'h> {
    spans: Spans<'r, 'h>,
    /// The end of the last match. One past the end of the haystack after the last piece.
    last: usize,
}

impl<'r, 'h> Pieces<'r, 'h> {
    #[inline]
    pub(crate) fn new(core: &'r Core, haystack: &'h [u8]) -> Pieces<'r, 'h> {
        Pieces {
            spans: Spans::new(core, haystack),
            last: 0,
        }
    }

    /// The rest of the haystack, as one piece.
    fn rest(&mut self) -> Option<Span> {
        let end = self.spans.haystack.len();
        let start = std::mem::replace(&mut self.last, end + 1);
        (start <= end).then_some(Span { start, end })
    }
}

impl Iterator for Pieces<'_, '_> {
    type Item = Span;

    #[inline]
    fn next(&mut self) -> Option<Span> {
        match self.spans.next() {
            Some(span) => {
                let start = std::mem::replace(&mut self.last, span.end);
                Some(Span {
                    start,
                    end: span.start,
                })
            }
            None => self.rest(),
        }
    }
}

/// The first `limit - 1` pieces, and the rest of the haystack as the last one.
#[derive(Debug)]
pub(crate) struct PiecesN<'r, 'h> {
    pieces: Pieces<'r, 'h>,
    limit: usize,
}

impl<'r, 'h> PiecesN<'r, 'h> {
    #[inline]
    pub(crate) fn new(core: &'r Core, haystack: &'h [u8], limit: usize) -> PiecesN<'r, 'h> {
        PiecesN {
            pieces: Pieces::new(core, haystack),
            limit,
        }
    }

    /// An upper bound on the pieces still to come.
    pub(crate) fn len_max(&self) -> usize {
        self.limit
    }
}

impl Iterator for PiecesN<'_, '_> {
    type Item = Span;

    #[inline]
    fn next(&mut self) -> Option<Span> {
        self.limit = self.limit.checked_sub(1)?;
        if self.limit > 0 {
            self.pieces.next()
        } else {
            self.pieces.rest()
        }
    }
}
