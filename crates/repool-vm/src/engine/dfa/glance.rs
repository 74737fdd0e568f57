//! A short search with a published table and nothing of the thread's.
//!
//! For a haystack of some hundred bytes, to borrow a thread's memory costs as much as to search. So what
//! the table alone decides is decided here, with plain loops over bytes: no notes, no leaps, no trails.
//! What it does not decide, a character that has no page beside the table or too many bytes, is left to
//! [`crate::engine::dfa::long`], which starts where it is known that no match starts before.
//! Exercised by `tests/oracle.rs` and `tests/plans.rs`.

use repool_program::Flags;

use crate::prefilter::Starts;
use crate::search::Search;

use crate::engine::dfa::answer::Found;
use crate::engine::dfa::dense;
use crate::engine::dfa::dense::Bare;
use crate::engine::dfa::short;
use crate::engine::dfa::short::Cursor;
use crate::engine::dfa::short::Halt;

/// A search of more bytes is left to the loop that can leap.
const BYTES_MAX: usize = 256;

/// Runs from candidates may fail over so many bytes more than the search has come forward.
const FAILED_BYTES_MAX: usize = 8;

/// To begin a run and to look for its start costs as much as so many bytes.
const RUN_BYTES: usize = 12;

/// In fewer bytes it is not worth to go from one start to the next where only existence is asked for.
const NEAR_BYTES: usize = 24;

/// A run of an iteration notes its row after so many bytes.
const TRAIL_BYTES: usize = 16;

/// Where a run of one iteration has led to nothing: a run in this row in front of this place finds no end of a
/// match from there on.
///
/// The next runs, which start a little further, come the same way: so `.*[^A-Z]|[A-Z]`, which looks ahead to
/// the end of the line for each match, does so for one match in some. What [`crate::engine::dfa::dead_states`] keeps for long
/// haystacks, in two words. A table that was dropped and is built again has the same rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trail {
    at: usize,
    row: usize,
}

/// A table over one haystack.
#[derive(Debug)]
struct Glance<'a, 'h> {
    table: Bare<'a>,
    search: &'a Search<'a, 'h>,
    /// Bytes that are left to read.
    left: usize,
    /// Of an iteration.
    trail: Option<&'a mut Trail>,
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
/// `first` is the first place where a match can start, `trail` what searches of the same iteration left, which end
/// at the same place. With `ends` the start of a span may be told as too early. [`Found::From`] leaves the search to others.
#[inline]
pub(crate) fn glance(
    words: &[u64],
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    any: bool,
    first: usize,
    trail: Option<&mut Trail>,
    ends: bool,
) -> Found {
    let Some(table) = dense::bare(words) else {
        return Found::From(first);
    };
    if !table.can_end(search.whole, search.end()) {
        return Found::From(first);
    }
    let mut glance = Glance {
        table,
        search,
        left: BYTES_MAX,
        trail,
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
        // From a start that fails a run goes on where the next may be far.
        (false, false) if ends && !starts.are_rare() => match glance.run::<false, false>(first) {
            Ran::Match { from, end } => Found::Span(from, end),
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
        let come_in_runs = starts.come_in_runs();
        // Of a pattern that ends where the haystack does, most runs fail.
        let is_anchored = self.search.program.flags().contains(Flags::ANCHORED_END);
        let mut is_doubted = is_anchored && !starts.are_rare();
        loop {
            if is_doubted && !is_there {
                let ran = match come_in_runs {
                    true => self.run_short(at),
                    false => self.run::<false, true>(at),
                };
                match ran {
                    Ran::Nothing(stop) if come_in_runs => {
                        match starts.next(self.search, stop) {
                            None => return Found::Nothing,
                            Some(next) => at = next,
                        }
                        is_doubted = false;
                        continue;
                    }
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
            let stop = match self.run::<true, ANY>(at) {
                Ran::Match { end, .. } => return Found::Span(at, end),
                Ran::Unknown => return Found::From(at),
                Ran::Nothing(stop) => stop,
            };
            failed += stop - at + RUN_BYTES;
            match starts.next(self.search, at + 1) {
                None => return Found::Nothing,
                Some(next) => at = next,
            }
            is_doubted = match come_in_runs {
                true => at < stop,
                false => failed > at - first + FAILED_BYTES_MAX,
            };
        }
    }

    /// Runs from `at`, where a match starts, or from where no thread is alive until a match ends. With
    /// `ANY` it stops at the first end.
    #[inline(always)]
    fn run<const ANCHORED: bool, const ANY: bool>(&mut self, at: usize) -> Ran {
        match (self.table.decodes, !ANY && self.trail.is_some()) {
            (true, true) => self.follow::<ANCHORED, true>(at),
            (false, true) => self.follow::<ANCHORED, false>(at),
            (true, false) => self.go::<ANCHORED, ANY, true, false>(at),
            (false, false) => self.go::<ANCHORED, ANY, false, false>(at),
        }
    }

    /// Runs from where no thread is alive until a match ends, or until none is alive again.
    #[inline(never)]
    fn run_short(&mut self, at: usize) -> Ran {
        match self.table.decodes {
            true => self.go::<false, true, true, true>(at),
            false => self.go::<false, true, false, true>(at),
        }
    }

    #[inline(always)]
    fn go<const ANCHORED: bool, const ANY: bool, const DECODE: bool, const SHORT: bool>(
        &mut self,
        start: usize,
    ) -> Ran {
        let Some(mut run) = self.begin(start, ANCHORED) else {
            return Ran::Unknown;
        };
        let stop = self.stop(start);
        let halt = self.scan::<ANCHORED, ANY, DECODE, SHORT>(&mut run, stop);
        self.ran(halt, &run)
    }

    /// The same in an iteration: it may come upon the trail of a run before, or leaves one.
    #[inline(never)]
    fn follow<const ANCHORED: bool, const DECODE: bool>(&mut self, start: usize) -> Ran {
        let Some(mut run) = self.begin(start, ANCHORED) else {
            return Ran::Unknown;
        };
        let stop = self.stop(start);
        let old = (self.trail.as_deref().copied()).filter(|trail| trail.at > start);
        let mark = old.map_or(start + TRAIL_BYTES, |trail| trail.at);
        let mut trail = None;
        if mark < stop {
            if let Some(halt) = self.scan::<ANCHORED, false, DECODE, false>(&mut run, mark) {
                return self.ran(Some(halt), &run);
            }
            if old.is_some_and(|trail| trail.row == run.row) {
                let (from, otherwise) = (run.from, Ran::Nothing(mark));
                return run.end.map_or(otherwise, |end| Ran::Match { from, end });
            }
            trail = Some(Trail {
                at: mark,
                row: run.row,
            });
        }
        let halt = self.scan::<ANCHORED, false, DECODE, false>(&mut run, stop);
        let ran = self.ran(halt, &run);
        let leads_nowhere = match ran {
            Ran::Match { end, .. } => end < mark,
            Ran::Nothing(_) => true,
            Ran::Unknown => false,
        };
        if let (Some(own), Some(trail), true) = (&mut self.trail, trail, leads_nowhere) {
            **own = trail;
        }
        ran
    }

    #[inline(always)]
    fn begin(&self, start: usize, anchored: bool) -> Option<Cursor> {
        let row = self.table.begin(self.search.whole, start, anchored)?;
        (start <= self.search.hay.len()).then(|| Cursor::new(start, row))
    }

    /// Where a run ends at the latest.
    #[inline(always)]
    fn stop(&self, start: usize) -> usize {
        self.search.hay.len().min(start + self.left)
    }

    /// Runs on, up to `stop`; None if the run is not over there.
    #[inline(always)]
    fn scan<const ANCHORED: bool, const ANY: bool, const DECODE: bool, const SHORT: bool>(
        &mut self,
        run: &mut Cursor,
        stop: usize,
    ) -> Option<Halt> {
        let (table, hay, start) = (&self.table, self.search.hay, run.at);
        let halt = match ANCHORED {
            true => short::run::<ANY, false, SHORT>(table, hay, run, stop),
            false => short::run::<ANY, true, SHORT>(table, hay, run, stop),
        };
        self.left = self.left.saturating_sub(run.at - start);
        halt
    }

    /// What a run has found.
    #[inline(always)]
    fn ran(&self, halt: Option<Halt>, run: &Cursor) -> Ran {
        let len = self.search.end();
        let (halt, at) = match halt {
            Some(halt) => (halt, run.at),
            None => (short::finish(&self.table, self.search.whole, run, len), len),
        };
        let from = run.from;
        match halt {
            Halt::Match => Ran::Match { from, end: at },
            Halt::Dead => run
                .end
                .map_or(Ran::Nothing(at), |end| Ran::Match { from, end }),
            Halt::Idle => Ran::Nothing(at),
            Halt::Unknown => Ran::Unknown,
        }
    }
}
