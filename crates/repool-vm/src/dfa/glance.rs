//! A short search with a published table and nothing of the thread's.
//!
//! For a haystack of some hundred bytes, to borrow a thread's memory costs as much as to search. So what
//! the table alone decides is decided here, with plain loops over bytes: no notes, no leaps, no trails.
//! What it does not decide, a character above ASCII that has to be decoded or too many bytes, is left to
//! [`super::run`], which starts where it is known that no match starts before.
//! Exercised by `tests/oracle.rs` and `tests/plans.rs`.

use repool_program::Flags;

use crate::prefilter::Starts;
use crate::search::Search;

use super::Found;
use super::table::{self, Bare};

/// A search of more bytes is left to the loop that can leap.
const BYTES_MAX: usize = 256;

/// Runs from candidates may fail over so many bytes more than the search has come forward.
const FAILED_BYTES_MAX: usize = 8;

/// To begin a run and to look for its start costs as much as so many bytes.
const RUN_BYTES: usize = 12;

/// In fewer bytes it is not worth to go from one start to the next where only existence is asked for.
const NEAR_BYTES: usize = 24;

/// A table over one haystack.
#[derive(Debug)]
struct Glance<'a, 'h> {
    table: Bare<'a>,
    search: &'a Search<'a, 'h>,
    /// Bytes that are left to read.
    left: usize,
}

/// What a run found.
#[derive(Clone, Copy, Debug)]
enum Ran {
    /// A match that ends here; of a run from any start, none starts before `from`.
    Match { from: usize, end: usize },
    /// None, as it is clear here.
    Nothing(usize),
    /// The table alone cannot tell.
    Unknown,
}

/// Searches with a published table, if it alone decides; `any` asks only whether there is a match.
///
/// `first` is the first place where a match can start. [`Found::From`] leaves the search to others.
#[inline]
pub(crate) fn glance(
    words: &[u64],
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    any: bool,
    first: usize,
) -> Found {
    let Some(table) = table::bare(words) else {
        return Found::From(first);
    };
    if !table.can_end(search.whole, search.end()) {
        return Found::From(first);
    }
    let mut glance = Glance {
        table,
        search,
        left: BYTES_MAX,
    };
    match (search.anchored, any) {
        (true, true) => glance.at::<true>(first),
        (true, false) => glance.at::<false>(first),
        (false, true) if starts.are_rare() && search.end() - first >= NEAR_BYTES => {
            glance.span::<true>(starts, first)
        }
        (false, true) => match glance.run::<false, true>(first) {
            Ran::Match { .. } => Found::Something,
            Ran::Nothing(_) => Found::Nothing,
            Ran::Unknown => Found::From(first),
        },
        (false, false) => glance.span::<false>(starts, first),
    }
}

impl Glance<'_, '_> {
    /// Finds the span of the match that starts at `at`.
    #[inline(always)]
    fn at<const ANY: bool>(&mut self, at: usize) -> Found {
        match self.run::<true, ANY>(at) {
            Ran::Match { end, .. } => Found::Span(at, end),
            Ran::Nothing(_) => Found::Nothing,
            Ran::Unknown => Found::From(at),
        }
    }

    /// Finds a span: by runs from where it may start, and if too many fail, from where a run from any
    /// start has been without a thread last.
    fn span<const ANY: bool>(&mut self, starts: &mut Starts<'_>, first: usize) -> Found {
        let (mut at, mut failed) = (first, 0);
        let mut is_there = false;
        // Of a pattern that ends where the haystack does, most runs fail.
        let mut is_doubted = self.search.program.flags().contains(Flags::ANCHORED_END);
        loop {
            if is_doubted && !is_there {
                match self.run::<false, true>(at) {
                    Ran::Nothing(_) => return Found::Nothing,
                    Ran::Unknown => return Found::From(at),
                    Ran::Match { .. } if ANY => return Found::Something,
                    Ran::Match { from, .. } => match starts.next(self.search, from) {
                        None => return Found::Nothing,
                        Some(next) => at = next,
                    },
                }
                is_there = true;
            }
            match self.run::<true, ANY>(at) {
                Ran::Match { end, .. } => return Found::Span(at, end),
                Ran::Unknown => return Found::From(at),
                Ran::Nothing(stop) => failed += stop - at + RUN_BYTES,
            }
            match starts.next(self.search, at + 1) {
                None => return Found::Nothing,
                Some(next) => at = next,
            }
            is_doubted = failed > at - first + FAILED_BYTES_MAX;
        }
    }

    /// Runs from `at`, where a match starts, or from where no thread is alive until a match ends. With
    /// `ANY` it stops at the first end.
    #[inline(always)]
    fn run<const ANCHORED: bool, const ANY: bool>(&mut self, at: usize) -> Ran {
        if self.table.decodes {
            self.go::<ANCHORED, ANY, true>(at)
        } else {
            self.go::<ANCHORED, ANY, false>(at)
        }
    }

    #[inline(always)]
    fn go<const ANCHORED: bool, const ANY: bool, const DECODE: bool>(
        &mut self,
        start: usize,
    ) -> Ran {
        let (table, search) = (&self.table, self.search);
        let Some(mut row) = table.begin(search.whole, start, ANCHORED) else {
            return Ran::Unknown;
        };
        let Some(hay) = search.hay.get(start..) else {
            return Ran::Unknown;
        };
        let is_cut = hay.len() > self.left;
        let hay = &hay[..hay.len().min(self.left)];
        let (mut from, mut end) = (start, None);
        let found = |from, end| match end {
            Some(end) => Ran::Match { from, end },
            None => Ran::Unknown,
        };
        let limit = if ANY { table.matches } else { table.finals };
        for (i, &byte) in hay.iter().enumerate() {
            let at = start + i;
            if DECODE && byte >= 0x80 {
                return Ran::Unknown;
            }
            let cell = table.cell(row, table.map[usize::from(byte)].into());
            if cell >= limit {
                self.left -= i;
                if cell < table.dead {
                    return Ran::Match { from, end: at };
                }
                if cell > table.dead {
                    return Ran::Unknown;
                }
                return match end {
                    Some(end) => Ran::Match { from, end },
                    None => Ran::Nothing(at),
                };
            }
            if !ANY && cell >= table.matches {
                end = Some(at);
            }
            if !ANCHORED && cell >= table.fresh {
                from = at + 1;
            }
            row = cell;
        }
        self.left -= hay.len();
        if is_cut {
            return Ran::Unknown;
        }
        let len = search.end();
        let Some(class) = table.class_at_end(search.whole, len) else {
            return Ran::Unknown;
        };
        let cell = table.cell(row, class);
        if cell >= table.matches && cell < table.dead {
            return Ran::Match { from, end: len };
        }
        if cell > table.dead {
            return Ran::Unknown;
        }
        match end {
            Some(_) => found(from, end),
            None => Ran::Nothing(len),
        }
    }
}
