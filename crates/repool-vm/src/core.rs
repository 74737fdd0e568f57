//! The core: the engines in the order in which they are tried, with the memory of the thread. It always decides.
//!
//! ```text
//! fused code         groups, where starts are not doubted
//! a table            hot; the groups of its span by the engines below
//! one-pass           a known start
//! bit-parallel scan  no table; names where something may match
//! backtracker        until its window is full
//! lock-step          always
//! ```
//!
//! Exercised by `tests/oracle.rs` and `tests/dfa.rs`.

use repool_program::{Flags, Program};

use crate::backoff::Backoff;
use crate::cache::learned::{Note, Scans};
use crate::engine::bitparallel::{Scan, Table};
use crate::engine::dfa::answer::{Ask as TableAsk, Found, Tier};
use crate::engine::dfa::search as dfa;
use crate::engine::kind::Engine;
use crate::engine::memory::Engines;
use crate::engine::outcome::Ran;
use crate::engine::{backtrack, delegate, fused, onepass, pike};
use crate::input::{Input, Slot, write_span};
use crate::nfa::unit::{Bytes, CodePoints, steps_bytes};
use crate::prefilter::{Candidates, Prefilter};
use crate::region::Region;
use crate::search::Search;
use crate::strategy::unanchored::Unanchored;
use crate::strategy::verify::{Ask, Verdict, Verifier};
use crate::tuning::{FEW_BYTES, SHORT_BYTES_MAX, VISITS_PER_BYTE, WORDWISE_BYTES_MAX};

/// Verifies with all engines. The groups are written to the slots.
pub(crate) struct Core<'c, 'p> {
    pub(crate) program: &'p Program<'p>,
    /// Runs what no table answers.
    pub(crate) engine: Engine,
    /// Whether the program is hot.
    pub(crate) is_hot: bool,
    /// The first end found will do.
    pub(crate) earliest: bool,
    pub(crate) note: &'c mut Note,
    pub(crate) scans: &'c mut Scans,
    pub(crate) engines: &'c mut Engines,
    pub(crate) slots: &'c mut [Slot],
    /// A place where it is known that a match may start.
    pub(crate) known: Option<KnownStart>,
    /// Whether the slots of a match were written.
    pub(crate) has_written: bool,
}

/// A candidate that was found before the core was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownStart {
    pub(crate) at: usize,
    /// The bytes before it in which there is no candidate.
    pub(crate) skipped: usize,
}

/// The engine for a search that no table answers.
#[inline]
pub(crate) fn cold_engine(
    program: &Program<'_>,
    is_anchored: bool,
    earliest: bool,
    slot_len: usize,
) -> Engine {
    let flags = program.flags();
    if flags.contains(Flags::DELEGATED) {
        Engine::Delegate
    } else if (is_anchored || flags.contains(Flags::ANCHORED_START))
        && flags.contains(Flags::ONE_PASS)
    {
        Engine::OnePass
    } else if earliest && slot_len > 0 || program.states() > backtrack::STATES_MAX {
        Engine::Pike
    } else {
        Engine::Backtrack
    }
}

impl<'p> Core<'_, 'p> {
    fn search<'h>(&self, region: Region<'h>) -> Search<'p, 'h> {
        Search {
            earliest: self.earliest,
            ..Search::in_region(self.program, region)
        }
    }

    fn known<'s>(
        &'s mut self,
        skip: &'s Prefilter,
    ) -> (Known<'s>, &'s mut Engines, &'s mut [Slot]) {
        let known = Known {
            skip,
            is_hot: self.is_hot,
            note: self.note,
            scans: self.scans,
            start: &mut self.known,
        };
        (known, self.engines, self.slots)
    }

    fn verdict(&mut self, found: bool) -> Verdict {
        if !found {
            return Verdict::NoMatch;
        }
        self.has_written = true;
        let slot = |index: usize| self.slots.get(index).and_then(|slot| slot.get());
        Verdict::Match(slot(0).unwrap_or(0), slot(1).unwrap_or(0))
    }
}

impl<'p> Verifier for Core<'_, 'p> {
    type Source = Program<'p>;

    #[inline]
    fn ask(&self) -> Ask {
        match self.slots.len() {
            0 => Ask::Existence,
            _ if self.earliest => Ask::EarliestEnd,
            1 | 2 => Ask::Span,
            _ => Ask::Groups,
        }
    }

    #[inline]
    fn source(&self) -> &Program<'p> {
        self.program
    }

    fn candidate(&mut self, prefilter: &Prefilter, region: Region<'_>) -> Option<usize> {
        let search = self.search(region);
        Candidates::new(&search, prefilter, &mut self.note.near).next(&search, region.start)
    }

    fn verify(&mut self, prefilter: &Prefilter, region: Region<'_>) -> Verdict {
        let mut search = self.search(region);
        if !search.fits() {
            return Verdict::NoMatch;
        }
        let engine = self.engine;
        let (mut known, engines, slots) = self.known(prefilter);
        let found = scan(engine, &mut search, &mut known, engines, slots);
        self.verdict(found)
    }

    fn verify_at(&mut self, region: Region<'_>) -> Verdict {
        let mut search = Search {
            anchored: true,
            ..self.search(region)
        };
        let engine = self.engine;
        let (mut known, engines, slots) = self.known(&Prefilter::Nothing);
        let found = match hot(&mut search, &mut known, engines, slots) {
            Some(found) => found,
            None if engine == Engine::OnePass => known_start(&mut search, engines, slots),
            None => {
                let mut starts = Candidates::once(&search);
                precise(engine, &mut search, &mut starts, engines, slots)
            }
        };
        self.verdict(found)
    }

    #[inline]
    fn pays(&self, prefilter: &Prefilter) -> bool {
        prefilter.pays(&self.note.near)
    }

    fn groups_at_candidates(
        &mut self,
        prefilter: &Prefilter,
        region: &mut Region<'_>,
    ) -> Option<Verdict> {
        if self.slots.len() <= 2 || !prefilter.is_rare() || !self.pays(prefilter) {
            return None;
        }
        let mut search = self.search(*region);
        let (mut known, engines, slots) = self.known(prefilter);
        let found = groups_of_hot(&mut search, &mut known, engines, slots);
        region.start = search.start;
        found.map(|found| self.verdict(found))
    }

    fn behind(&mut self, unanchored: &Unanchored, start: usize, region: Region<'_>) -> Verdict {
        unanchored.search_behind(self, region.from(start))
    }
}

/// Runs a pattern that has no program.
pub(crate) fn delegated(
    program: &Program<'_>,
    input: &Input<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    match program.delegate() {
        Some(regex) => delegate::search(regex, input, &mut engines.delegate, slots),
        None => false,
    }
}

/// What is known of a program before an engine runs.
pub(crate) struct Known<'a> {
    pub(crate) skip: &'a Prefilter,
    pub(crate) is_hot: bool,
    pub(crate) note: &'a mut Note,
    pub(crate) scans: &'a mut Scans,
    pub(crate) start: &'a mut Option<KnownStart>,
}

impl Known<'_> {
    #[inline]
    pub(crate) fn starts(&mut self, search: &Search<'_, '_>) -> Candidates<'_> {
        starts(search, self.skip, &mut self.note.near, self.start)
    }
}

/// Where a match can start. What was skipped before counts for the first who asks.
#[inline]
fn starts<'s>(
    search: &Search<'_, '_>,
    skip: &'s Prefilter,
    near: &'s mut Backoff,
    known: &mut Option<KnownStart>,
) -> Candidates<'s> {
    let starts = Candidates::new(search, skip, near);
    match known.take() {
        Some(known) if known.at == search.start => starts.knowing(search, known.skipped),
        _ => starts,
    }
}

/// Searches with one thread.
pub(crate) fn known_start(
    search: &mut Search<'_, '_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    if let Some(found) = one_pass(search, engines, slots) {
        return found;
    }
    let mut starts = Candidates::once(search);
    precise(Engine::Backtrack, search, &mut starts, engines, slots)
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
pub(crate) fn fused(
    search: &mut Search<'_, '_>,
    known: &mut Known<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> Option<bool> {
    let code = engines
        .codes
        .of(search.program, &mut known.note.fused, false)?;
    let near = &mut known.note.near;
    let mut starts = starts(search, known.skip, near, known.start);
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
pub(crate) fn run_tables(
    tier: Tier,
    search: &Search<'_, '_>,
    known: &mut Known<'_>,
    engines: &mut Engines,
    slots: &[Slot],
) -> Option<Found> {
    let ask = match (slots.is_empty(), search.earliest) {
        (true, _) => TableAsk::Match,
        (false, false) => TableAsk::Span,
        // Tables prefer ends as the pattern does.
        (false, true) => return None,
    };
    let Note {
        near, dfa: local, ..
    } = &mut *known.note;
    let mut starts = starts(search, known.skip, near, known.start);
    let memory = &mut engines.dfa;
    match tier {
        Tier::Any => {
            let scanned = known.scans.has(search.program);
            dfa::search(search, &mut starts, local, memory, ask, scanned)
        }
        _ => dfa::search_with(tier, search, &mut starts, local, memory, ask),
    }
}

pub(crate) fn finish_tables(
    found: Found,
    search: &mut Search<'_, '_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> Option<bool> {
    match found {
        Found::Nothing => Some(false),
        Found::Something => Some(true),
        Found::Span(start, end) if slots.len() <= 2 => {
            write_span(slots, start, end);
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
        skip,
        is_hot,
        note,
        scans,
        ..
    } = known;
    let long = search.end() - search.start >= WORDWISE_BYTES_MAX;
    let table = if *is_hot && (slots.is_empty() || long && note.wants_scan()) {
        scans.table(search, note, false)
    } else {
        None
    };
    let mut starts = Candidates::new(search, skip, &mut note.near);
    // Where only existence is asked for, an exact scan is the whole answer.
    match table.filter(|table| long || table.is_exact()) {
        None => precise(engine, search, &mut starts, engines, slots),
        Some(table) => {
            let (found, skipped_nothing) =
                scan_with_table(engine, search, table, &mut starts, engines, slots);
            if let Some(skipped_nothing) = skipped_nothing {
                note.scanned(skipped_nothing);
            }
            found
        }
    }
}

/// Tells whether there is a match; and, if the precise engines were asked, whether the scan had skipped
/// next to nothing.
pub(crate) fn scan_with_table(
    engine: Engine,
    search: &mut Search<'_, '_>,
    table: &mut Table,
    starts: &mut Candidates<'_>,
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
        let skipped_nothing = Some(from < first + FEW_BYTES);
        search.start = from;
        let any_end = !search.earliest || slots.is_empty();
        // What may match need not, if an assertion fails: then the scan goes on behind it, as long
        // as the backtracker has not gone over the same bytes again and again.
        let tired = visits > VISITS_PER_BYTE * (end - first + SHORT_BYTES_MAX);
        if table.is_exact() || search.anchored || engine == Engine::Pike || !any_end || tired {
            return (
                precise(engine, search, starts, engines, slots),
                skipped_nothing,
            );
        }
        let last = starts.limit(end);
        let ran = backtrack(search, starts, engines, slots);
        starts.unlimit(last);
        visits += engines.backtrack.visits;
        match ran {
            Ran::Match => return (true, skipped_nothing),
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
pub(crate) fn precise(
    engine: Engine,
    search: &mut Search<'_, '_>,
    starts: &mut Candidates<'_>,
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
    starts: &mut Candidates<'_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> bool {
    let any = slots.is_empty() || search.earliest;
    let Some((start, end)) = pike_span(search, starts, engines, any) else {
        return false;
    };
    if slots.len() <= 2 {
        write_span(slots, start, end);
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
    let mut starts = Candidates::once(&search);
    if search.program.states() <= backtrack::STATES_MAX
        && backtrack(&search, &mut starts, engines, slots) == Ran::Match
    {
        return true;
    }
    pike_groups(&search, engines, slots)
}

pub(crate) fn one_pass(
    search: &Search<'_, '_>,
    engines: &mut Engines,
    slots: &mut [Slot],
) -> Option<bool> {
    let memory = &mut engines.onepass;
    if steps_bytes(search.program) {
        onepass::search::<Bytes>(search, memory, slots)
    } else {
        onepass::search::<CodePoints>(search, memory, slots)
    }
}

pub(crate) fn backtrack(
    search: &Search<'_, '_>,
    starts: &mut Candidates<'_>,
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
pub(crate) fn pike(
    search: &Search<'_, '_>,
    starts: &mut Candidates<'_>,
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
            write_span(slots, start, end);
            true
        }
    }
}

fn pike_span(
    search: &Search<'_, '_>,
    starts: &mut Candidates<'_>,
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
