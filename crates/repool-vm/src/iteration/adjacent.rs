//! The next match of an iteration, where it is right behind the last one.
//!
//! Where matches are dense, to prepare a search takes longer than to find the match. So matches that are close to each
//! other are found several at a time, by runs of the published table from one place after the other, or by one run to the
//! end of the next match.
//! Exercised by `tests/oracle.rs` and by `tests/iteration.rs` of the facade.

use repool_program::Image;

use crate::engine::dfa::short::{Met, ShortTable};
use crate::iteration::Iteration;
use crate::prefilter::needle::Finder;
use crate::region::Region;
use crate::strategy::Strategy;
use crate::strategy::class_run::Run;
use crate::strategy::plan::Plan;
use crate::tuning::{
    CLOSE_END_BYTES, LOCATE_FACTOR, SCAN_BYTES_MIN, SHORT_BYTES_MAX, SHORT_RUN_COST_BYTES,
};

/// A span in bytes, or no match.
type Found = Option<(usize, usize)>;

/// The next match, if it is found without a search; `None` leaves it to one.
#[inline(always)]
pub(crate) fn next(
    image: &Image,
    plan: &Plan,
    region: Region<'_>,
    iteration: &mut Iteration,
) -> Option<Found> {
    match &plan.strategy {
        Strategy::Literal(literal) => {
            let finder = literal.exact()?;
            Some(needle(image, finder, region, iteration))
        }
        Strategy::ClassRun(run) => Some(class_run(image, run, region, iteration)),
        _ if iteration.begins_close() => {
            let found = close(image, plan, region, iteration);
            if found.is_none() {
                iteration.none_close();
            }
            found.map(Some)
        }
        _ => None,
    }
}

#[inline(always)]
fn needle(image: &Image, finder: &Finder, region: Region<'_>, iteration: &mut Iteration) -> Found {
    let found = finder.find(image, region.hay(), region.start)?;
    let end = found + finder.needle().len as usize;
    if let Some(byte) = finder.only_byte()
        && found < region.start + SCAN_BYTES_MIN
    {
        iteration.look_for_byte(region.whole, end, byte);
    }
    Some((found, end))
}

#[inline(always)]
fn class_run(image: &Image, run: &Run, region: Region<'_>, iteration: &mut Iteration) -> Found {
    let (start, end) = run.find(image, region, false)?;
    iteration.know(run.block(&image.program(), region.whole, end));
    Some((start, end))
}

/// The match that starts where the region does or in the few bytes behind. Those that follow as close are kept.
#[inline(always)]
fn close(image: &Image, plan: &Plan, region: Region<'_>, iteration: &mut Iteration) -> Found {
    match (iteration.runs_to_ends(), iteration.wants_ends()) {
        (true, true) => close_as::<true, true>(image, plan, region, iteration),
        (true, false) => close_as::<true, false>(image, plan, region, iteration),
        (false, _) => close_as::<false, false>(image, plan, region, iteration),
    }
}

/// The same, by runs to the next end or from one place after the other; the end may be all that is asked for. A function
/// for each, so that its loop keeps all it needs in registers.
#[inline(never)]
fn close_as<const TO_END: bool, const ENDS_ONLY: bool>(
    image: &Image,
    plan: &Plan,
    region: Region<'_>,
    iteration: &mut Iteration,
) -> Found {
    let table = &ShortTable::open(image.table_words()?, region.whole, region.end)?;
    let is_text = plan.is_text;
    let meet = |start, iteration: &mut Iteration| match TO_END {
        true => to_end::<ENDS_ONLY>(table, is_text, start, iteration),
        false => from_places(table, is_text, start, iteration),
    };
    let first = meet(region.start, iteration)?;
    iteration.was_close();
    let mut last = first;
    iteration.queue().restart(first.1);
    // Behind a match that is empty the next search starts elsewhere.
    while last.0 < last.1 && iteration.may_be_close() {
        let Some(next) = meet(last.1, iteration) else {
            break;
        };
        if !(iteration.queue()).push(next.0 - last.1, next.1 - next.0) {
            break;
        }
        last = next;
    }
    Some(first)
}

/// The match that starts at `start` or in the few bytes behind, found by runs from there.
#[inline(always)]
fn from_places(
    table: &ShortTable<'_, '_>,
    is_text: bool,
    start: usize,
    iteration: &mut Iteration,
) -> Found {
    let places = (start, start + SHORT_RUN_COST_BYTES);
    let met = table.meet(places, is_text, SHORT_BYTES_MAX, usize::MAX);
    let met = learn(met, iteration)?;
    iteration.places_failed(met.failed);
    met.span
}

/// The match that ends next; a place at or before its start if the end is all that is asked for.
#[inline(always)]
fn to_end<const ENDS_ONLY: bool>(
    table: &ShortTable<'_, '_>,
    is_text: bool,
    start: usize,
    iteration: &mut Iteration,
) -> Found {
    let ran = match ENDS_ONLY {
        true => table.run_leftmost::<false>(start, CLOSE_END_BYTES),
        false => table.run_leftmost::<true>(start, CLOSE_END_BYTES),
    };
    let Some(ran) = ran else {
        iteration.close_was_undecided();
        return None;
    };
    let end = ran.end?;
    if ENDS_ONLY {
        iteration.read_past(ran.stop - end);
        return Some((start, end));
    }
    // Mostly it starts where no thread was alive.
    let failed_max = CLOSE_END_BYTES + LOCATE_FACTOR * (end - ran.from);
    let met = table.meet((ran.from, end), is_text, CLOSE_END_BYTES, failed_max);
    learn(met, iteration)?.span
}

#[inline(always)]
fn learn(met: Option<Met>, iteration: &mut Iteration) -> Option<Met> {
    match met {
        Some(met) => iteration.read_past(met.far),
        None => iteration.close_was_undecided(),
    }
    met
}
