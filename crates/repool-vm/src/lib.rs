//! Program and haystack to match.
//!
//! Nine engines find the same matches: the leftmost, and of those that start there the one that the
//! pattern prefers, with the spans of all groups, exactly as the `regex` crate. They differ in what
//! they need and what they cost:
//!
//! ```text
//! Literal      substring search                    the pattern is one literal
//! OnePass      one thread, captures at once        known start, one-pass program
//! Backtrack    ways in order, none gone twice      states × live part of the haystack <= 256 Kbit
//! Fused        the same, in larger steps           groups of hot programs that count only classes
//! BitParallel  a set of states in one word         <= 63 positions; tells where to look
//! Pike         all threads in lock-step            always
//! Dfa          a table, for spans                  hot, and small enough to be built whole
//! LazyDfa      a table, built as it is used        hot, and too large for that
//! Delegate     regex-automata's meta engine        patterns that have no program
//! ```
//!
//! Three things stand before them. A pattern that is a run of one class needs no engine (`scan/`). What
//! every match starts with is looked for many bytes at a time (`prefilter.rs`), and so is what every match
//! contains (`window.rs`).
//!
//! Every engine takes time linear in the haystack, whatever the program, none recurses, and none
//! allocates once its part of the [`Scratch`] has grown. [`choose`] names the engine; [`search`] runs it
//! and falls to the next where it ends without an answer. A program is run as it is: `verify` of
//! `repool-program` has looked at every index in it.

mod analysis;
mod backoff;
mod cache;
mod choose;
mod door;
mod engine;
mod enter;
mod heap;
mod heat;
mod input;
mod iteration;
mod literal_index;
mod nfa;
mod prefilter;
mod search;
mod set;
mod simd;
mod start;
mod strategy;
#[cfg(test)]
mod testing;
mod tuning;

pub use cache::Scratch;
pub use choose::choose;
pub use door::{finds_span_first, knock, knock_again, knock_for_span, knock_for_start};
pub use enter::{Entry, Rest, enter, enter_next};
pub use input::{Input, Slot};
pub use iteration::Iteration;
pub use literal_index::build::{IndexBuilder, Literal};
pub use literal_index::index::Index;
pub use literal_index::screen::Screen;
pub use set::search::search_set;
pub use start::Start;
pub use strategy::class_block::Ahead;

use repool_program::Program;

use cache::Engines;
use engine::bitparallel::{Scan, Table};
use engine::dfa::{self, Ask, Found, Tier};
use engine::outcome::Ran;
use engine::{backtrack, delegate, fused, onepass, pike};
use nfa::unit::{Bytes, CodePoints, steps_bytes};
use prefilter::Starts;
use search::Search;
use strategy::literal;
use strategy::plan::{Note, Plan, Scans};
use strategy::required as window;

/// The engines, from the most special to the one that always works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The whole pattern is one literal: substring search.
    Literal,
    /// One thread, captures at once; programs with [`repool_program::Flags::ONE_PASS`], anchored.
    OnePass,
    /// All states in one word; up to 63 positions.
    BitParallel,
    /// Backtracking that never visits a state twice; small program times short haystack.
    Backtrack,
    /// Backtracking over fused instructions, for the groups of a hot program.
    Fused,
    /// Lock-step simulation; everything.
    Pike,
    /// The whole automaton of a hot program, published for all threads.
    Dfa,
    /// The automaton of a hot program that is too large for that, as far as a thread has met it.
    LazyDfa,
    /// `regex-automata` runs the pattern.
    Delegate,
}

impl Engine {
    /// Every engine.
    pub const ALL: [Engine; 9] = [
        Engine::Literal,
        Engine::OnePass,
        Engine::BitParallel,
        Engine::Backtrack,
        Engine::Fused,
        Engine::Pike,
        Engine::Dfa,
        Engine::LazyDfa,
        Engine::Delegate,
    ];
}

/// Searches with the engine that [`choose`] names; tells whether there is a match.
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
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    match enter(program, input, slots) {
        Entry::Answer(found) => found,
        Entry::Rest(rest) => rest.search(scratch, slots),
    }
}

/// Searches as [`search`] does for the next match of an iteration.
///
/// `iteration` belongs to this program and haystack alone; see [`Iteration`]. The end of the search has
/// to be the same in all searches of it.
#[inline]
pub fn search_next(
    program: &Program<'_>,
    input: &Input<'_>,
    iteration: &mut Iteration,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    match enter_next(program, input, iteration, slots) {
        Entry::Answer(found) => found,
        Entry::Rest(rest) => rest.search_next(iteration, scratch, slots),
    }
}

/// Searches as [`search_with`] does for the next match of an iteration; see [`search_next`].
pub fn search_next_with(
    engine: Engine,
    program: &Program<'_>,
    input: &Input<'_>,
    iteration: &mut Iteration,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> Option<bool> {
    scratch.engines.dfa.iteration = iteration.number(&mut scratch.numbers);
    let found = search_with(engine, program, input, scratch, slots);
    scratch.engines.dfa.iteration = 0;
    found
}

/// Searches with the memory of the thread.
fn run(rest: &Rest<'_, '_>, scratch: &mut Scratch, slots: &mut [Slot]) -> bool {
    let Scratch {
        plans,
        notes,
        engines,
        ..
    } = scratch;
    let engine = rest.engine;
    let Some(mut search) = rest.search else {
        return delegated(rest, engines, slots);
    };
    let plan = match rest.plan {
        Some(plan) => plan,
        None => {
            let plan = plans.of(&search, false);
            if let Some(run) = &plan.run {
                return run.search(&search, slots);
            }
            if engine == Engine::Literal
                && let Some(found) = literal::search(&search, &plan.skip, slots)
            {
                return found;
            }
            plan
        }
    };
    let (note, scans) = notes.of(search.program);
    let known = &mut Known {
        plan,
        note,
        scans,
        skipped: rest.skipped,
    };
    if search.anchored {
        if let Some(found) = hot(&mut search, known, engines, slots) {
            return found;
        }
        if engine == Engine::OnePass {
            return known_start(&mut search, engines, slots);
        }
        let mut starts = Starts::once(&search);
        return precise(engine, &mut search, &mut starts, engines, slots);
    }
    // Where starts are rare, looking for them tells as much as looking for what is required.
    if slots.len() > 2
        && plan.skip.is_rare()
        && plan.skip.pays(known.note.near)
        && let Some(found) = groups_of_hot(&mut search, known, engines, slots)
    {
        return found;
    }
    let is_found = plan.skip.finds_required() && plan.skip.pays(known.note.near);
    if plan.required.is_some() && !is_found {
        return windows(engine, &mut search, known, engines, slots);
    }
    scan(engine, &mut search, known, engines, slots)
}

fn delegated(rest: &Rest<'_, '_>, engines: &mut Engines, slots: &mut [Slot]) -> bool {
    match rest.program.delegate() {
        Some(regex) => delegate::search(regex, &rest.input, &mut engines.delegate, slots),
        None => false,
    }
}

/// Searches with one thread.
fn known_start(search: &mut Search<'_, '_>, engines: &mut Engines, slots: &mut [Slot]) -> bool {
    if let Some(found) = one_pass(search, engines, slots) {
        return found;
    }
    let mut starts = Starts::once(search);
    precise(Engine::Backtrack, search, &mut starts, engines, slots)
}

/// What is known of a program before it runs.
struct Known<'a> {
    plan: &'a Plan,
    note: &'a mut Note,
    scans: &'a mut Scans,
    /// See [`Rest::skipped`].
    skipped: Option<usize>,
}

impl Known<'_> {
    #[inline]
    fn starts(&mut self, search: &Search<'_, '_>) -> Starts<'_> {
        starts(search, self.plan, &mut self.note.near, &mut self.skipped)
    }
}

/// Where a match can start. What a way in skipped counts for the first who asks.
#[inline]
fn starts<'s>(
    search: &Search<'_, '_>,
    plan: &'s Plan,
    near: &'s mut u32,
    skipped: &mut Option<usize>,
) -> Starts<'s> {
    let starts = Starts::new(search, &plan.skip, near);
    match skipped.take() {
        Some(bytes) => starts.skipped(search, bytes),
        None => starts,
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
    let plan = plans.of(&search, engine == Engine::BitParallel);
    let (note, scans) = notes.of(program);
    if engine == Engine::BitParallel {
        let table = scans.table(&search, note, true)?;
        let mut starts = Starts::new(&search, &plan.skip, &mut note.near);
        let engine = Engine::Backtrack;
        let (found, _) = scan_with_table(engine, &mut search, table, &mut starts, engines, slots);
        return Some(found);
    }
    let known = &mut Known {
        plan,
        note,
        scans,
        skipped: None,
    };
    let tier = match engine {
        Engine::Dfa => Some(Tier::Whole),
        Engine::LazyDfa => Some(Tier::Lazy),
        _ => None,
    };
    if let Some(tier) = tier {
        let ran = run_tables(tier, &search, known, engines, slots);
        return finish_tables(ran?, &mut search, engines, slots).or_else(|| {
            let mut starts = known.starts(&search);
            Some(precise(
                Engine::Pike,
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
        return fused(&mut search, known, engines, slots);
    }
    let mut starts = known.starts(&search);
    match engine {
        Engine::Literal => literal::search(&search, &plan.skip, slots),
        Engine::OnePass => one_pass(&search, engines, slots),
        Engine::Backtrack if search.earliest && !slots.is_empty() => None,
        Engine::Backtrack => match backtrack(&search, &mut starts, engines, slots) {
            Ran::Match => Some(true),
            Ran::NoMatch => Some(false),
            Ran::GaveUp(_) => None,
        },
        Engine::Pike => Some(pike(&search, &mut starts, engines, slots)),
        Engine::BitParallel | Engine::Fused | Engine::Dfa | Engine::LazyDfa | Engine::Delegate => {
            None
        }
    }
}

/// Searches with what the thread has made for the program, if it is hot; `None` also if that ends
/// without an answer, and then the search has come forward.
#[inline]
fn hot(
    search: &mut Search<'_, '_>,
    known: &mut Known<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> Option<bool> {
    if let Some(found) = groups_of_hot(search, known, engines, slots) {
        return Some(found);
    }
    // For groups alone, one thread is as fast as tables and one thread.
    if search.anchored && slots.len() > 2 && onepass::applies(search) {
        return None;
    }
    let found = run_tables(Tier::Any, search, known, engines, slots)?;
    if let Found::Span(start, end) = found
        && slots.len() > 2
        && fused(&mut search.within(start, end), known, engines, slots) == Some(true)
    {
        return Some(true);
    }
    finish_tables(found, search, engines, slots)
}

/// Searches with the fused code of a program that is asked for groups often, if that may find a start.
#[inline]
fn groups_of_hot(
    search: &mut Search<'_, '_>,
    known: &mut Known<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> Option<bool> {
    if slots.len() <= 2
        || search.earliest
        || !search.anchored && !known.note.fused.may_find_starts()
    {
        return None;
    }
    fused(search, known, engines, slots)
}

/// Searches with the fused code of a program that is asked for groups often.
#[inline]
fn fused(
    search: &mut Search<'_, '_>,
    known: &mut Known<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> Option<bool> {
    let code = engines
        .codes
        .of(search.program, &mut known.note.fused, false)?;
    let near = &mut known.note.near;
    let mut starts = starts(search, known.plan, near, &mut known.skipped);
    let (stacks, marks) = (&mut engines.stacks, &mut engines.backtrack.marks);
    let ran = if steps_bytes(search.program) {
        fused::run::search::<Bytes>(search, code, &mut starts, stacks, marks, slots)
    } else {
        fused::run::search::<CodePoints>(search, code, &mut starts, stacks, marks, slots)
    };
    if !search.anchored {
        known.note.fused.learn(matches!(ran, Ran::GaveUp(_)));
    }
    match ran {
        Ran::Match => Some(true),
        Ran::NoMatch => Some(false),
        Ran::GaveUp(start) => {
            search.start = start;
            None
        }
    }
}

#[inline]
fn run_tables(
    tier: Tier,
    search: &Search<'_, '_>,
    known: &mut Known<'_>,
    engines: &mut Engines,
    slots: &[Slot],
) -> Option<Found> {
    let ask = match (slots.is_empty(), search.earliest) {
        (true, _) => Ask::Match,
        (false, false) => Ask::Span,
        // Tables prefer ends as the pattern does.
        (false, true) => return None,
    };
    let Note {
        near, dfa: local, ..
    } = &mut *known.note;
    let mut starts = starts(search, known.plan, near, &mut known.skipped);
    let memory = &mut engines.dfa;
    match tier {
        Tier::Any => {
            let scanned = known.scans.has(search.program);
            dfa::search(search, &mut starts, local, memory, ask, scanned)
        }
        _ => dfa::search_with(tier, search, &mut starts, local, memory, ask),
    }
}

fn finish_tables(
    found: Found,
    search: &mut Search<'_, '_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> Option<bool> {
    match found {
        Found::Nothing => Some(false),
        Found::Something => Some(true),
        Found::Span(start, end) if slots.len() <= 2 => {
            input::write_span(slots, start, end);
            Some(true)
        }
        Found::Span(start, end) => Some(groups(search, start, end, engines, slots)),
        Found::From(start) => {
            search.start = start;
            None
        }
        Found::Until(start, end) => {
            *search = search.cut(start, end);
            None
        }
    }
}

/// With fewer bytes to search it is not looked where the required ones stand.
const WINDOW_BYTES_MIN: usize = 32;

/// Searches where the bytes that every match contains allow one.
fn windows(
    engine: Engine,
    search: &mut Search<'_, '_>,
    known: &mut Known<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    let (hay, plan) = (search.hay, known.plan);
    while search.end() - search.start >= WINDOW_BYTES_MIN {
        let Some(required) = &plan.required else {
            break;
        };
        let Some(window) = window::next(search, required, plan.outside.as_ref()) else {
            return false;
        };
        search.start = window.start;
        if window.end == hay.len() {
            break;
        }
        search.hay = &hay[..window.end];
        if search.fits() && scan(engine, search, known, engines, slots) {
            return true;
        }
        (search.hay, search.start) = (hay, window.end);
        // What is required may be everywhere, and starts nowhere: each is looked for from where the other is.
        match known.starts(search).next(search, window.end) {
            Some(start) => search.start = start,
            None => return false,
        }
    }
    search.fits() && scan(engine, search, known, engines, slots)
}

/// With fewer bytes to search a scan costs more than it can save.
const SCAN_BYTES_MIN: usize = 32;

/// A scan that skips fewer bytes has skipped nothing.
const SKIP_BYTES_MIN: usize = 16;

/// Scans with all states in one word, if there is a table for it, and searches precisely where
/// something may match.
#[inline]
fn scan(
    engine: Engine,
    search: &mut Search<'_, '_>,
    known: &mut Known<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    if let Some(found) = hot(search, known, engines, slots) {
        return found;
    }
    let Known {
        plan, note, scans, ..
    } = known;
    let long = search.end() - search.start >= SCAN_BYTES_MIN;
    let table = if plan.is_hot && (slots.is_empty() || long && note.wants_scan()) {
        scans.table(search, note, false)
    } else {
        None
    };
    let mut starts = Starts::new(search, &plan.skip, &mut note.near);
    // Where only existence is asked for, an exact scan is the whole answer.
    match table.filter(|table| long || table.is_exact()) {
        None => precise(engine, search, &mut starts, engines, slots),
        Some(table) => {
            let (found, was_dull) =
                scan_with_table(engine, search, table, &mut starts, engines, slots);
            if let Some(was_dull) = was_dull {
                note.scanned(was_dull);
            }
            found
        }
    }
}

/// Tells whether there is a match; and, if the precise engines were asked, whether the scan had skipped
/// next to nothing.
fn scan_with_table(
    engine: Engine,
    search: &mut Search<'_, '_>,
    table: &mut Table,
    starts: &mut Starts<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> (bool, Option<bool>) {
    let first = search.start;
    let mut visits = 0;
    loop {
        let (from, end) = match table.scan(search, starts) {
            Scan::NoMatch => return (false, None),
            Scan::Maybe { .. } if slots.is_empty() && table.is_exact() => return (true, None),
            Scan::Maybe { from, end } => (from, end),
        };
        let was_dull = Some(from < first + SKIP_BYTES_MIN);
        search.start = from;
        let any_end = !search.earliest || slots.is_empty();
        // What may match need not, if an assertion fails: then the scan goes on behind it, as long
        // as the backtracker has not gone over the same bytes again and again.
        let tired = visits > 16 * (end - first) + 4096;
        if table.is_exact() || search.anchored || engine == Engine::Pike || !any_end || tired {
            return (precise(engine, search, starts, engines, slots), was_dull);
        }
        let last = starts.limit(end);
        let ran = backtrack(search, starts, engines, slots);
        starts.unlimit(last);
        visits += engines.backtrack.visits;
        match ran {
            Ran::Match => return (true, was_dull),
            Ran::NoMatch if end >= search.end() => return (false, None),
            Ran::NoMatch => search.start = end + 1,
            Ran::GaveUp(start) => {
                search.start = start;
                return (lock_step(search, starts, engines, slots), None);
            }
        }
    }
}

/// Searches with the backtracker, unless the engine is [`Engine::Pike`], and in lock-step from where it
/// gives up.
#[inline]
fn precise(
    engine: Engine,
    search: &mut Search<'_, '_>,
    starts: &mut Starts<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    // The backtracker finds the preferred end, not the earliest.
    let any_end = !search.earliest || slots.is_empty();
    if engine != Engine::Pike && any_end {
        match backtrack(search, starts, engines, slots) {
            Ran::Match => return true,
            Ran::NoMatch => return false,
            Ran::GaveUp(start) => search.start = start,
        }
    }
    lock_step(search, starts, engines, slots)
}

/// Finds the span without captures, then the captures on the span, which costs less than to carry
/// them along all threads.
fn lock_step(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    let any = slots.is_empty() || search.earliest;
    let Some((start, end)) = pike_span(search, starts, engines, any) else {
        return false;
    };
    if slots.len() <= 2 {
        input::write_span(slots, start, end);
        return true;
    }
    groups(search, start, end, engines, slots)
}

/// Finds the groups of the match that has this span.
fn groups(
    search: &Search<'_, '_>,
    start: usize,
    end: usize,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    let search = search.within(start, end);
    if let Some(found) = one_pass(&search, engines, slots) {
        return found;
    }
    let mut starts = Starts::once(&search);
    if search.program.states() <= backtrack::STATES_MAX
        && backtrack(&search, &mut starts, engines, slots) == Ran::Match
    {
        return true;
    }
    pike_groups(&search, engines, slots)
}

fn one_pass(search: &Search<'_, '_>, engines: &mut Engines, slots: &mut [Slot]) -> Option<bool> {
    let memory = &mut engines.onepass;
    if steps_bytes(search.program) {
        onepass::search::<Bytes>(search, memory, slots)
    } else {
        onepass::search::<CodePoints>(search, memory, slots)
    }
}

fn backtrack(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> Ran {
    let memory = &mut engines.backtrack;
    if steps_bytes(search.program) {
        backtrack::search::<Bytes>(search, starts, memory, slots)
    } else {
        backtrack::search::<CodePoints>(search, starts, memory, slots)
    }
}

/// All of a search in lock-step.
fn pike(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    let any = slots.is_empty() || search.earliest;
    match pike_span(search, starts, engines, any) {
        None => false,
        Some((start, end)) if slots.len() > 2 => {
            pike_groups(&search.within(start, end), engines, slots)
        }
        Some((start, end)) => {
            input::write_span(slots, start, end);
            true
        }
    }
}

fn pike_span(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    engines: &mut Engines,
    any: bool,
) -> Option<(usize, usize)> {
    let memory = &mut engines.pike;
    if steps_bytes(search.program) {
        pike::span::<Bytes>(search, starts, memory, any)
    } else {
        pike::span::<CodePoints>(search, starts, memory, any)
    }
}

fn pike_groups(search: &Search<'_, '_>, engines: &mut Engines, slots: &mut [Slot]) -> bool {
    let memory = &mut engines.pike;
    if steps_bytes(search.program) {
        pike::groups::<Bytes>(search, memory, slots)
    } else {
        pike::groups::<CodePoints>(search, memory, slots)
    }
}
