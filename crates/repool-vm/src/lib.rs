//! Program and haystack to match.
//!
//! Eight engines find the same matches: the leftmost, and of those that start there the one that the
//! pattern prefers, with the spans of all groups, exactly as the `regex` crate. They differ in what
//! they need and what they cost:
//!
//! ```text
//! Literal      substring search                    the pattern is one literal
//! OnePass      one thread, captures at once        known start, one-pass program
//! Backtrack    ways in order, none gone twice      states × live part of the haystack <= 256 Kbit
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

mod backtrack;
mod bitparallel;
mod choose;
mod class;
mod delegate;
mod dfa;
mod input;
mod literal;
mod needle;
mod onepass;
mod pair;
mod peek;
mod pike;
mod plan;
mod prefilter;
mod scan;
mod scratch;
mod search;
mod state;
mod unit;
mod window;

pub use choose::choose;
pub use input::{Input, Slot};
pub use scratch::Scratch;

use repool_program::Program;

use backtrack::Ran;
use bitparallel::Scan;
use dfa::{Ask, Found, Tier};
use plan::{Plan, Plans};
use prefilter::{Skip, Starts};
use scratch::Engines;
use search::Search;
use unit::{Bytes, CodePoints, steps_bytes};

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
    pub const ALL: [Engine; 8] = [
        Engine::Literal,
        Engine::OnePass,
        Engine::BitParallel,
        Engine::Backtrack,
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
    let Scratch { plans, engines } = scratch;
    if let Some(regex) = program.delegate() {
        return delegate::search(regex, input, &mut engines.delegate, slots);
    }
    let Some(mut search) = Search::prepare(program, input) else {
        return false;
    };
    let engine = choose::cold(program, input, slots.len());
    if engine == Engine::OnePass {
        return known_start(&mut search, plans, engines, slots);
    }
    let plan = plans.warm(&search, false);
    if let Some(run) = &plan.run {
        return run.search(&search, slots);
    }
    if engine == Engine::Literal
        && let Some(found) = literal::search(&search, &plan.skip, slots)
    {
        return found;
    }
    if search.anchored {
        if let Some(found) = hot(&mut search, plan, engines, slots) {
            return found;
        }
        let mut starts = Starts::once(&search, &mut plan.skip);
        return precise(engine, &mut search, &mut starts, engines, slots);
    }
    if plan.required.is_some() {
        return windows(engine, &mut search, plan, engines, slots);
    }
    scan(engine, &mut search, plan, engines, slots)
}

/// Searches with one thread, or with tables if nothing but the span is asked for and the program is hot.
fn known_start(
    search: &mut Search<'_, '_>,
    plans: &mut Plans,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    let plan = plans.of(search.program);
    if slots.len() <= 2
        && let Some(found) = hot(search, plan, engines, slots)
    {
        return found;
    }
    if let Some(found) = one_pass(search, engines, slots) {
        return found;
    }
    let mut starts = Starts::once(search, &mut plan.skip);
    precise(Engine::Backtrack, search, &mut starts, engines, slots)
}

/// Searches with this engine, if it can run this program on this input.
pub fn search_with(
    engine: Engine,
    program: &Program<'_>,
    input: &Input<'_>,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> Option<bool> {
    let Scratch { plans, engines } = scratch;
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
    let plan = plans.warm(&search, engine == Engine::BitParallel);
    if engine == Engine::BitParallel {
        plan.table()?;
        let engine = Engine::Backtrack;
        return Some(scan_with_table(engine, &mut search, plan, engines, slots));
    }
    let tier = match engine {
        Engine::Dfa => Some(Tier::Whole),
        Engine::LazyDfa => Some(Tier::Lazy),
        _ => None,
    };
    if let Some(tier) = tier {
        let ran = run_tables(tier, &search, plan, engines, slots);
        return finish_tables(ran?, &mut search, engines, slots).or_else(|| {
            let mut starts = Starts::new(&search, &mut plan.skip);
            Some(precise(
                Engine::Pike,
                &mut search,
                &mut starts,
                engines,
                slots,
            ))
        });
    }
    let mut starts = Starts::new(&search, &mut plan.skip);
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
        Engine::BitParallel | Engine::Dfa | Engine::LazyDfa | Engine::Delegate => None,
    }
}

/// Searches with the tables of the program, if it is hot and has some; `None` also if they end without
/// an answer, and then the search has come forward.
#[inline]
fn hot(
    search: &mut Search<'_, '_>,
    plan: &mut Plan,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> Option<bool> {
    let found = run_tables(Tier::Any, search, plan, engines, slots)?;
    finish_tables(found, search, engines, slots)
}

#[inline]
fn run_tables(
    tier: Tier,
    search: &Search<'_, '_>,
    plan: &mut Plan,
    engines: &mut Engines,
    slots: &[Slot],
) -> Option<Found> {
    let ask = match (slots.is_empty(), search.earliest) {
        (true, _) => Ask::Match,
        (false, false) => Ask::Span,
        // Tables prefer ends as the pattern does.
        (false, true) => return None,
    };
    let scanned = plan.table().is_some();
    let mut starts = Starts::new(search, &mut plan.skip);
    let (local, memory) = (&mut plan.dfa, &mut engines.dfa);
    match tier {
        Tier::Any => dfa::search(search, &mut starts, local, memory, ask, scanned),
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
    }
}

/// With fewer bytes to search it is not looked where the required ones stand.
const WINDOW_BYTES_MIN: usize = 32;

/// Searches where the bytes that every match contains allow one.
fn windows(
    engine: Engine,
    search: &mut Search<'_, '_>,
    plan: &mut Plan,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    let hay = search.hay;
    while search.end() - search.start >= WINDOW_BYTES_MIN {
        let Some(required) = &plan.required else {
            break;
        };
        let Some(window) = window::next(search, required, plan.outside.as_mut()) else {
            return false;
        };
        search.start = window.start;
        if window.end == hay.len() {
            break;
        }
        search.hay = &hay[..window.end];
        if search.fits() && scan(engine, search, plan, engines, slots) {
            return true;
        }
        (search.hay, search.start) = (hay, window.end);
    }
    search.fits() && scan(engine, search, plan, engines, slots)
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
    plan: &mut Plan,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    if let Some(found) = hot(search, plan, engines, slots) {
        return found;
    }
    let long = search.end() - search.start >= SCAN_BYTES_MIN;
    // Where only existence is asked for, an exact scan is the whole answer.
    let is_answer = slots.is_empty() && plan.table().is_some_and(|table| table.is_exact());
    if is_answer || long && plan.wants_scan() && plan.table().is_some() {
        return scan_with_table(engine, search, plan, engines, slots);
    }
    let mut starts = Starts::new(search, &mut plan.skip);
    precise(engine, search, &mut starts, engines, slots)
}

fn scan_with_table(
    engine: Engine,
    search: &mut Search<'_, '_>,
    plan: &mut Plan,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    let (skip, table) = plan.skip_and_table();
    let mut starts = Starts::new(search, skip);
    let Some(table) = table else {
        return precise(engine, search, &mut starts, engines, slots);
    };
    let first = search.start;
    let mut visits = 0;
    loop {
        let (from, end) = match table.scan(search, &mut starts) {
            Scan::NoMatch => return false,
            Scan::Maybe { .. } if slots.is_empty() && table.is_exact() => return true,
            Scan::Maybe { from, end } => (from, end),
        };
        let is_dull = from < first + SKIP_BYTES_MIN;
        search.start = from;
        let any_end = !search.earliest || slots.is_empty();
        // What may match need not, if an assertion fails: then the scan goes on behind it, as long
        // as the backtracker has not gone over the same bytes again and again.
        let tired = visits > 16 * (end - first) + 4096;
        if table.is_exact() || search.anchored || engine == Engine::Pike || !any_end || tired {
            let found = precise(engine, search, &mut starts, engines, slots);
            plan.scanned(is_dull);
            return found;
        }
        let last = starts.limit(end);
        let ran = backtrack(search, &mut starts, engines, slots);
        starts.unlimit(last);
        visits += engines.backtrack.visits;
        match ran {
            Ran::Match => {
                plan.scanned(is_dull);
                return true;
            }
            Ran::NoMatch if end >= search.end() => return false,
            Ran::NoMatch => search.start = end + 1,
            Ran::GaveUp(start) => {
                search.start = start;
                return lock_step(search, &mut starts, engines, slots);
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
    let mut nothing = Skip::Nothing;
    let mut starts = Starts::once(&search, &mut nothing);
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
