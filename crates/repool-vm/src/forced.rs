//! Searches with a strategy, a verifier or an engine that the caller names: for tests, fuzz targets and comparisons.
//!
//! Whatever is named, the answer is that of every other; where it cannot run a search there is none. All take the
//! cache from the caller.
//! Exercised by `tests/oracle.rs` and `tests/strategy.rs`.

use repool_program::{Image, Program};

use crate::cache::Scratch;
use crate::cache::plans::attach;
use crate::core::{self, Known};
use crate::engine::delegate;
use crate::engine::dfa::answer::Tier;
use crate::engine::dfa::search as dfa;
use crate::engine::kind::Engine;
use crate::engine::outcome::Ran;
use crate::input::{Input, Slot, write_span};
use crate::iteration::Iteration;
use crate::prefilter::Candidates;
use crate::region::Region;
use crate::search::Search;
use crate::searcher::{self, Task};
use crate::strategy::plan::Plan;
use crate::strategy::short::Short;
use crate::strategy::verify::Verdict;
use crate::strategy::{Strategy, StrategyKind};

/// Searches as [`crate::is_match`], [`crate::find`] and [`crate::captures`] do, by the number of slots.
///
/// `slots` receives the positions of the groups, two a group, [`Slot::NONE`] for one that did not take
/// part. It may be shorter than the program has slots: empty asks only whether there is a match, two
/// slots ask for the span. It is written only if there is a match.
///
/// With [`Input::earliest`] and at least two slots, the span ends at the smallest end of any match, and
/// of the matches that end there it is the one that starts first.
pub fn search(
    program: &Program<'_>,
    input: &Input<'_>,
    cache: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    match short(program, input, slots) {
        Some(Ok(found)) => found,
        Some(Err(from)) => {
            Task::left(*program, input.haystack, input.start, from).run(cache, slots)
        }
        None => Task::of_program(*program, *input).run(cache, slots),
    }
}

/// The short search, where a search begins with it; the place that it reached, if it ended undecided.
fn short(
    program: &Program<'_>,
    input: &Input<'_>,
    slots: &mut [Slot],
) -> Option<Result<bool, usize>> {
    let is_whole = input.end == input.haystack.len() && input.start <= input.end;
    if !is_whole || input.anchored {
        return None;
    }
    let found = match slots {
        [] => searcher::short::<true>(program, input.haystack, input.start),
        [_, _] if !input.earliest => searcher::short::<false>(program, input.haystack, input.start),
        _ => return None,
    };
    Some(found.map(|found| {
        if let Some((start, end)) = found {
            write_span(slots, start, end);
        }
        found.is_some()
    }))
}

/// Tells whether there is a match, if a hot program tells it without any cache.
#[must_use]
pub fn short_is_match(image: &Image, haystack: &[u8], start: usize) -> Option<bool> {
    let found = searcher::short::<true>(image, haystack, start).ok()?;
    Some(found.is_some())
}

/// The span of the leftmost match, if a hot program tells it without any cache.
#[must_use]
pub fn short_find(image: &Image, haystack: &[u8], start: usize) -> Option<Option<(usize, usize)>> {
    searcher::short::<false>(image, haystack, start).ok()
}

/// Searches as [`crate::next`] does, for the groups of the next match of an iteration.
pub fn search_next(
    program: &Program<'_>,
    input: &Input<'_>,
    iteration: &mut Iteration,
    cache: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    Task::of_program(*program, *input).run_next(iteration, cache, slots)
}

/// The span of the next match of an iteration, as [`crate::next`] finds it.
pub fn find_next(
    image: &Image,
    haystack: &[u8],
    start: usize,
    iteration: &mut Iteration,
    cache: &mut Scratch,
) -> Option<(usize, usize)> {
    let start = match iteration.ahead(start) {
        crate::Ahead::Span(start, end) => return Some((start, end)),
        crate::Ahead::From(start) if start > haystack.len() => return None,
        crate::Ahead::From(start) => start,
    };
    match searcher::short_next(image, haystack, start, iteration) {
        Ok(found) => found,
        Err(from) => {
            let task = Task::of_image(image, haystack, start, from);
            let mut slots = [Slot::NONE; 2];
            let found = task.run_next(iteration, cache, &mut slots);
            found.then(|| slots[0].get().zip(slots[1].get())).flatten()
        }
    }
}

/// Searches as [`search_with`] does for the next match of an iteration.
pub fn search_next_with(
    engine: Engine,
    program: &Program<'_>,
    input: &Input<'_>,
    iteration: &mut Iteration,
    cache: &mut Scratch,
    slots: &mut [Slot],
) -> Option<bool> {
    cache.engines.dfa.iteration = iteration.number(&mut cache.numbers);
    let found = search_with(engine, program, input, cache, slots);
    cache.engines.dfa.iteration = 0;
    found
}

/// Makes a program hot: attaches the plan for text like the sample to its image and publishes its table, if
/// it has one and there is room.
pub fn heat(image: &Image, sample: &[u8], cache: &mut Scratch) {
    let program = &image.program();
    if program.delegate().is_some() {
        return;
    }
    let region = Region {
        whole: sample,
        start: 0,
        end: sample.len(),
    };
    let _ = attach(program, region);
    dfa::publish(program, &mut cache.engines.dfa);
}

/// Who verifies the candidates of a forced strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerifierKind {
    /// The published table alone; there may be no answer.
    Short,
    /// The engines.
    Core,
}

/// Searches with this strategy, as a hot program or a cold one; `None` if it does not serve the program, or if the short
/// verifier ends undecided.
pub fn search_as(
    strategy: StrategyKind,
    verifier: VerifierKind,
    is_hot: bool,
    image: &Image,
    input: &Input<'_>,
    cache: &mut Scratch,
    slots: &mut [Slot],
) -> Option<bool> {
    let program = &image.program();
    let sample = is_hot.then_some(input.haystack);
    let strategy = Strategy::of_kind(strategy, program, sample)?;
    let plan = &Plan::of(program, strategy, is_hot);
    if program.delegate().is_some() {
        let is_core = verifier == VerifierKind::Core;
        return is_core.then(|| Task::of_program(*program, *input).run(cache, slots));
    }
    let Some(search) = Search::prepare(program, input) else {
        return Some(false);
    };
    match verifier {
        VerifierKind::Core => {
            let task = Task::of_program(*program, *input);
            Some(task.run_in(plan, &search, &mut cache.notes, &mut cache.engines, slots))
        }
        VerifierKind::Short => short_as(plan, image, &search, slots),
    }
}

fn short_as(
    plan: &Plan,
    image: &Image,
    search: &Search<'_, '_>,
    slots: &mut [Slot],
) -> Option<bool> {
    if search.anchored && !matches!(plan.strategy, Strategy::Anchored(_)) {
        return None;
    }
    let region = search.region();
    let verdict = match slots.len() {
        0 => plan
            .strategy
            .search(&mut Short::<_, true>::new(image, plan), region),
        2 if !search.earliest => plan
            .strategy
            .search(&mut Short::<_, false>::new(image, plan), region),
        _ => return None,
    };
    match verdict {
        Verdict::Match(start, end) => {
            write_span(slots, start, end);
            Some(true)
        }
        Verdict::NoMatch => Some(false),
        Verdict::Undecided(_) => None,
    }
}

/// Searches with this engine, if it can run this program on this input.
pub fn search_with(
    engine: Engine,
    program: &Program<'_>,
    input: &Input<'_>,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> Option<bool> {
    let Scratch {
        plans,
        notes,
        engines,
        ..
    } = scratch;
    if !engine.runs(program, input, slots.len()) {
        return None;
    }
    if let Some(regex) = program.delegate() {
        return match engine {
            Engine::Delegate => Some(delegate::search(regex, input, &mut engines.delegate, slots)),
            _ => None,
        };
    }
    if engine == Engine::Delegate {
        return None;
    }
    let Some(mut search) = Search::prepare(program, input) else {
        return Some(false);
    };
    let plan = plans.of(program, search.region(), engine == Engine::BitParallel);
    let prefilter = plan.strategy.prefilter();
    let (note, scans) = notes.of(program);
    if engine == Engine::BitParallel {
        let table = scans.table(&search, note, true)?;
        let mut starts = Candidates::new(&search, prefilter, &mut note.near);
        let engine = Engine::Backtrack;
        let (found, _) =
            core::scan_with_table(engine, &mut search, table, &mut starts, engines, slots);
        return Some(found);
    }
    let known = &mut Known {
        skip: prefilter,
        is_hot: plan.is_hot,
        note,
        scans,
        start: &mut None,
    };
    let tier = match engine {
        Engine::Dfa => Some(Tier::Whole),
        Engine::LazyDfa => Some(Tier::Lazy),
        _ => None,
    };
    if let Some(tier) = tier {
        let ran = core::run_tables(tier, &search, known, engines, slots);
        return core::finish_tables(ran?, &mut search, engines, slots).or_else(|| {
            let mut starts = known.starts(&search);
            let pike = Engine::Pike;
            Some(core::precise(
                pike,
                &mut search,
                &mut starts,
                engines,
                slots,
            ))
        });
    }
    if engine == Engine::Fused {
        if search.earliest && !slots.is_empty() {
            return None;
        }
        engines.codes.of(program, &mut known.note.fused, true)?;
        return core::fused(&mut search, known, engines, slots);
    }
    let mut starts = known.starts(&search);
    match engine {
        Engine::Literal => literal(plan, &search, slots),
        Engine::OnePass => core::one_pass(&search, engines, slots),
        Engine::Backtrack if search.earliest && !slots.is_empty() => None,
        Engine::Backtrack => match core::backtrack(&search, &mut starts, engines, slots) {
            Ran::Match => Some(true),
            Ran::NoMatch => Some(false),
            Ran::GaveUp(_) => None,
        },
        Engine::Pike => Some(core::pike(&search, &mut starts, engines, slots)),
        Engine::BitParallel | Engine::Fused | Engine::Dfa | Engine::LazyDfa | Engine::Delegate => {
            None
        }
    }
}

/// Searches for the literal that a program is.
fn literal(plan: &Plan, search: &Search<'_, '_>, slots: &mut [Slot]) -> Option<bool> {
    let Strategy::Literal(literal) = &plan.strategy else {
        return None;
    };
    if search.anchored {
        return None;
    }
    match literal.search(
        &Short::<_, false>::new(search.program, plan),
        search.region(),
    ) {
        Verdict::Match(start, end) => {
            write_span(slots, start, end);
            Some(true)
        }
        Verdict::NoMatch => Some(false),
        Verdict::Undecided(_) => None,
    }
}
