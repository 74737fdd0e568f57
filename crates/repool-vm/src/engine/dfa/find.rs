//! Finds a span with any table.
//!
//! A run from a candidate gives the span at once. If such runs fail too often, an unanchored run finds the end of the
//! match and the last place before it where no thread was alive; the start is then searched from that place.
//! Exercised by `tests/dfa.rs`.

use crate::backoff::Backoff;
use crate::engine::dfa::answer::{Ask, Found};
use crate::engine::dfa::lazy::Rows;
use crate::engine::dfa::long::Runner;
use crate::prefilter::Candidates;
use crate::tuning::{FAILED_BYTES, LOCATE_FACTOR, RUN_COST_BYTES, TEXT_BACKOFF};

/// Searches one table, from the first candidate on.
#[inline(always)]
pub(crate) fn find<R: Rows>(
    runner: Runner<'_, '_, R>,
    starts: &mut Candidates<'_>,
    candidates: &mut Backoff,
    first: usize,
) -> Found {
    let search = runner.search;
    if !runner.reader.can_end(search.whole, search.end()) {
        return Found::From(search.start);
    }
    if runner.reader.decodes {
        find_as::<R, true>(runner, starts, candidates, first)
    } else {
        find_as::<R, false>(runner, starts, candidates, first)
    }
}

#[inline(always)]
fn find_as<R: Rows, const DECODE: bool>(
    mut runner: Runner<'_, '_, R>,
    starts: &mut Candidates<'_>,
    candidates: &mut Backoff,
    mut at: usize,
) -> Found {
    let search = runner.search;
    let is_by_starts = match runner.ask {
        Ask::Match => false,
        Ask::Span => candidates.may_try(),
        Ask::End => starts.are_rare() && candidates.may_try(),
    };
    if search.anchored || is_by_starts {
        let mut failed = 0;
        loop {
            let ran = runner.anchored::<DECODE>(at, starts);
            if let (Some(end), false) = (ran.end, ran.quit) {
                candidates.succeed();
                return Found::Span(at, end);
            }
            if ran.quit {
                return Found::From(at);
            }
            if search.anchored {
                return Found::Nothing;
            }
            failed += ran.at - at + RUN_COST_BYTES;
            match starts.next(search, at + 1) {
                None => return Found::Nothing,
                Some(next) => at = next,
            }
            // Further starts in a run of one class would fail at the same place.
            if at < ran.at && starts.come_in_runs() {
                break;
            }
            if failed > at - search.start + FAILED_BYTES {
                candidates.fail(&TEXT_BACKOFF);
                break;
            }
        }
    }
    let ran = runner.unanchored::<DECODE>(at, starts);
    match ran.end {
        _ if ran.quit => Found::From(ran.from),
        None => Found::Nothing,
        Some(_) if runner.ask == Ask::Match => Found::Something,
        Some(end) if runner.ask == Ask::End => Found::Span(ran.from, end),
        Some(end) => locate::<R, DECODE>(&mut runner, starts, ran.from, end),
    }
}

/// Finds the start of the match that ends at `end`, and reads at most [`LOCATE_FACTOR`] times the bytes from `from`.
fn locate<R: Rows, const DECODE: bool>(
    runner: &mut Runner<'_, '_, R>,
    starts: &mut Candidates<'_>,
    from: usize,
    end: usize,
) -> Found {
    let mut left = LOCATE_FACTOR * (end - from) + FAILED_BYTES;
    let mut at = from;
    while let Some(start) = starts.next(runner.search, at).filter(|&start| start <= end) {
        let ran = runner.anchored::<DECODE>(start, starts);
        if let (Some(end), false) = (ran.end, ran.quit) {
            return Found::Span(start, end);
        }
        let spent = ran.at - start + 1;
        if ran.quit || spent > left {
            return Found::Until(start, end);
        }
        left -= spent;
        at = start + 1;
    }
    Found::From(from)
}
