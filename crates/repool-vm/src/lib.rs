//! Program and haystack to match.
//!
//! Six engines find the same matches: the leftmost, and of those that start there the one that the
//! pattern prefers, with the spans of all groups, exactly as the `regex` crate. They differ in what
//! they need and what they cost:
//!
//! ```text
//! Literal      substring search                    the pattern is one literal
//! OnePass      one thread, captures at once        known start, one-pass program
//! Backtrack    ways in order, none gone twice      states × live part of the haystack <= 256 Kbit
//! BitParallel  a set of states in one word         <= 63 positions; tells where to look
//! Pike         all threads in lock-step            always
//! Delegate     regex-automata's meta engine        patterns that have no program
//! ```
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
mod input;
mod literal;
mod onepass;
mod pike;
mod prefilter;
mod scratch;
mod search;
mod state;
mod unit;

pub use choose::choose;
pub use input::{Input, Slot};
pub use scratch::Scratch;

use repool_program::Program;

use backtrack::Ran;
use bitparallel::Scan;
use prefilter::Starts;
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
    /// `regex-automata` runs the pattern.
    Delegate,
}

impl Engine {
    /// Every engine.
    pub const ALL: [Engine; 6] = [
        Engine::Literal,
        Engine::OnePass,
        Engine::BitParallel,
        Engine::Backtrack,
        Engine::Pike,
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
    if let Some(regex) = program.delegate() {
        return delegate::search(regex, input, scratch, slots);
    }
    let Some(mut search) = Search::prepare(program, input) else {
        return false;
    };
    match prefilter::reject(&search) {
        Some(start) => search.start = start,
        None => return false,
    }
    let engine = choose(program, input, slots.len());
    if engine == Engine::Literal
        && let Some(found) = literal::search(&search, slots)
    {
        return found;
    }
    if engine == Engine::OnePass
        && let Some(found) = one_pass(&search, scratch, slots)
    {
        return found;
    }
    let mut starts = Starts::new(&search);
    if !search.anchored
        && let Some(table) = scratch.bitparallel.table(&search, false)
    {
        match table.scan(&search, &mut starts) {
            Scan::NoMatch => return false,
            Scan::Maybe { .. } if slots.is_empty() && table.is_exact() => return true,
            Scan::Maybe { from, .. } => search.start = from,
        }
    }
    precise(engine, &search, &mut starts, scratch, slots)
}

/// Searches with the backtracker, unless the engine is [`Engine::Pike`], and in lock-step from where it
/// gives up.
fn precise(
    engine: Engine,
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    let mut search = *search;
    // The backtracker finds the preferred end, not the earliest.
    let any_end = !search.earliest || slots.is_empty();
    if engine != Engine::Pike && any_end {
        match backtrack(&search, starts, scratch, slots) {
            Ran::Match => return true,
            Ran::NoMatch => return false,
            Ran::GaveUp(start) => search.start = start,
        }
    }
    lock_step(&search, starts, scratch, slots)
}

/// Searches with this engine, if it can run this program on this input.
pub fn search_with(
    engine: Engine,
    program: &Program<'_>,
    input: &Input<'_>,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> Option<bool> {
    if let Some(regex) = program.delegate() {
        return match engine {
            Engine::Delegate => Some(delegate::search(regex, input, scratch, slots)),
            _ => None,
        };
    }
    if engine == Engine::Delegate {
        return None;
    }
    let Some(search) = Search::prepare(program, input) else {
        return Some(false);
    };
    let mut starts = Starts::new(&search);
    match engine {
        Engine::Delegate => None,
        Engine::Literal => literal::search(&search, slots),
        Engine::OnePass => one_pass(&search, scratch, slots),
        Engine::BitParallel => scan_first(&search, &mut starts, scratch, slots),
        Engine::Backtrack if input.earliest && !slots.is_empty() => None,
        Engine::Backtrack => match backtrack(&search, &mut starts, scratch, slots) {
            Ran::Match => Some(true),
            Ran::NoMatch => Some(false),
            Ran::GaveUp(_) => None,
        },
        Engine::Pike => Some(pike(&search, &mut starts, scratch, slots)),
    }
}

/// Scans with all states in one word, if they fit, and searches precisely from where something may
/// match.
fn scan_first(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> Option<bool> {
    let table = scratch.bitparallel.table(search, true)?;
    let mut search = *search;
    match table.scan(&search, starts) {
        Scan::NoMatch => return Some(false),
        Scan::Maybe { .. } if slots.is_empty() && table.is_exact() => return Some(true),
        Scan::Maybe { from, .. } => search.start = from,
    }
    Some(precise(Engine::Backtrack, &search, starts, scratch, slots))
}

/// Finds the span without captures, then the captures on the span, which costs less than to carry
/// them along all threads.
fn lock_step(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    if slots.len() <= 2 {
        return pike(search, starts, scratch, slots);
    }
    let mut span = [Slot::NONE; 2];
    if !pike(search, starts, scratch, &mut span) {
        return false;
    }
    let [Some(start), Some(end)] = span.map(Slot::get) else {
        return false;
    };
    // The preferred match from `start` ends at `end`: what is preferred to it fails, also if the
    // haystack goes no further.
    let search = Search {
        hay: &search.whole[..end],
        start,
        anchored: true,
        ..*search
    };
    let mut starts = Starts::new(&search);
    if search.program.states() <= backtrack::STATES_MAX
        && backtrack(&search, &mut starts, scratch, slots) == Ran::Match
    {
        return true;
    }
    pike(&search, &mut starts, scratch, slots)
}

fn one_pass(search: &Search<'_, '_>, scratch: &mut Scratch, slots: &mut [Slot]) -> Option<bool> {
    if steps_bytes(search.program) {
        onepass::search::<Bytes>(search, scratch, slots)
    } else {
        onepass::search::<CodePoints>(search, scratch, slots)
    }
}

fn backtrack(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> Ran {
    if steps_bytes(search.program) {
        backtrack::search::<Bytes>(search, starts, scratch, slots)
    } else {
        backtrack::search::<CodePoints>(search, starts, scratch, slots)
    }
}

fn pike(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    if steps_bytes(search.program) {
        pike::search::<Bytes>(search, starts, scratch, slots)
    } else {
        pike::search::<CodePoints>(search, starts, scratch, slots)
    }
}
