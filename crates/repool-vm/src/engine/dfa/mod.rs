//! Hot programs: deterministic automata over classes of characters.
//!
//! What a program would do with each class of characters in each set of its threads is worked out once
//! and kept in a table, so that a search loads a class and a row for each character and that is all.
//!
//! ```text
//! around    what stands on either side of a position, and which assertions hold there
//! classes   which characters the program tells apart           units   haystack -> classes
//! sets      sets of threads, and what a class makes of them     intern  equal sets, equal numbers
//! lazy      a table that is built while it is used              table   a whole table, as words
//! run       the loop over the haystack                         leap    past bytes that change nothing
//! trails    where runs of one iteration have led to nothing      glance  short searches, without memory
//! ```
//!
//! A small program gets its whole table, which is published beside its image and read by every thread
//! ([`Program::publish`]); a larger one a table that each thread builds as it goes, in bounded memory,
//! and gives up if that does not pay. Characters are decoded and not stepped byte by byte: the tables
//! of `\w{8,13}` take a few hundred bytes, and `\b` means the same on any script.
//!
//! *One pass.* The table finds where a match ends. Where it starts is known if the search began there: so
//! the first thing tried is a run from the first place where a match can start. Only where such runs fail
//! too often does an unanchored run find the end, and the last place before it where no thread was
//! alive; from there the start is found, by the same anchored runs or, in time linear whatever the
//! pattern, by the engines that know where their threads started.
//! Exercised by `tests/dfa.rs`.

pub(crate) mod accel;
pub(crate) mod class_pages;
pub(crate) mod class_reader;
pub(crate) mod classes;
pub(crate) mod dead_states;
pub(crate) mod dense;
pub(crate) mod determinize;
pub(crate) mod glance;
pub(crate) mod interner;
pub(crate) mod lazy;
pub(crate) mod long;
pub(crate) mod look_context;
pub(crate) mod short;
pub(crate) mod walk;

use repool_program::Program;

use crate::backoff::Backoff;
use crate::heap::vec_bytes;
use crate::heat::Heat;
use crate::prefilter::Starts;
use crate::search::Search;
use crate::tuning::{DFA_HEAT, DFA_HEAT_SCANNED, TEXT_BACKOFF};
use accel::Leaps;
use class_reader::{Memo, Source, Units};
use dead_states::{Ground, Trails};
use lazy::{CAPS_MAX, Lazy, Rows};
use long::Runner;

/// Lazy tables a thread keeps.
const LAZIES: usize = 4;

/// A lazy table that was not used in so many searches of its thread is given back when the next program
/// comes up.
const IDLE_SEARCHES: u64 = 1 << 16;

/// Programs whose characters a thread remembers.
const MEMOS: usize = 16;

/// What one thread remembers of one program.
#[derive(Debug, Default)]
pub(crate) struct Local {
    /// What the program was searched with before it had a table.
    heat: Heat,
    stage: Stage,
    /// Runs from each candidate.
    candidates: Backoff,
    /// Scans for the next start.
    skips: Backoff,
    leaps: Leaps,
}

/// How far a program has come on one thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Cold,
    /// The whole table is published.
    Whole,
    /// This thread may make a table of its own.
    Earned,
    /// This thread has made a table of its own.
    Lazy,
    /// No table pays.
    Off,
}

/// The lazy tables of a thread.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    lazies: Vec<Lazy>,
    /// Searches with these tables, or with programs that are not hot.
    clock: u64,
    /// The characters that programs met, by the number of the program.
    memos: Vec<Memo>,
    /// The iteration that the searches belong to; 0 is none.
    pub(crate) iteration: u64,
    /// Whether it asks only for the ends of matches.
    pub(crate) wants_ends: bool,
    trails: Trails,
}

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No match.
    Nothing,
    /// A match; its span was not asked for.
    Something,
    /// The span of the match.
    Span(usize, usize),
    /// No match starts before this position; the rest is for another engine.
    From(usize),
    /// The same, and the match ends at the second.
    Until(usize, usize),
}

/// What a table is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Whether there is a match.
    Match,
    /// Where it is.
    Span,
    /// Where it ends; the start that is told may be too early.
    End,
}

/// Which tables may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// Those that are worth it.
    Any,
    /// A whole table, built now if need be.
    Whole,
    /// A lazy table, made now if need be.
    Lazy,
}

impl Memory {
    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let spare = self.lazies.capacity() - self.lazies.len();
        let memos: usize = self.memos.iter().map(Memo::bytes).sum();
        let lazies: usize = self.lazies.iter().map(Lazy::bytes).sum();
        spare * size_of::<Lazy>() + lazies + vec_bytes(&self.memos) + memos + self.trails.bytes()
    }

    fn find(&mut self, id: u64) -> Option<usize> {
        self.lazies.iter().position(|lazy| lazy.id == id)
    }

    /// Keeps a table, in the place of those that were not used for longest.
    fn keep(&mut self, mut lazy: Lazy) -> usize {
        lazy.used = self.clock;
        let caps = |lazies: &[Lazy]| lazies.iter().map(Lazy::cap).sum::<usize>();
        while self.lazies.len() == LAZIES || caps(&self.lazies) + lazy.cap() > CAPS_MAX {
            let oldest = (0..self.lazies.len()).min_by_key(|&i| self.lazies[i].used);
            let Some(oldest) = oldest else {
                break;
            };
            self.lazies.swap_remove(oldest);
        }
        self.lazies.push(lazy);
        self.lazies.len() - 1
    }

    /// The table at `index`, about to be used.
    fn take(&mut self, index: usize, memo: usize) -> (&mut Lazy, &mut Trails, &mut Memo) {
        self.clock += 1;
        let others: usize =
            self.lazies.iter().map(Lazy::cap).sum::<usize>() - self.lazies[index].cap();
        let lazy = &mut self.lazies[index];
        lazy.used = self.clock;
        lazy.allow(CAPS_MAX.saturating_sub(others));
        (lazy, &mut self.trails, &mut self.memos[memo])
    }

    /// The place of a program's memo.
    fn memo(&mut self, program: &Program<'_>) -> usize {
        if self.memos.is_empty() {
            self.memos.resize_with(MEMOS, Memo::default);
        }
        let place = program.id() as usize % MEMOS;
        self.memos[place].belong_to(program);
        place
    }

    /// Gives tables back that nobody uses.
    fn age(&mut self) {
        let clock = self.clock;
        self.lazies.retain(|lazy| lazy.used + IDLE_SEARCHES > clock);
    }

    fn forget(&mut self, id: u64) {
        self.lazies.retain(|lazy| lazy.id != id);
    }
}

/// Searches, if there is a table for the program or it is time to build one.
///
/// `scanned` tells that the program has the table of a bit-parallel scan, so that less is saved.
#[inline]
pub(crate) fn search(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    local: &mut Local,
    memory: &mut Memory,
    ask: Ask,
    scanned: bool,
) -> Option<Found> {
    let stage = match local.stage {
        Stage::Cold => warm(search, local, memory, scanned),
        stage => stage,
    };
    if stage == Stage::Cold || stage == Stage::Off {
        return None;
    }
    run_stage(stage, search, starts, local, memory, ask)
}

/// Searches with one tier, built now if need be; None if the program has no such table.
pub(crate) fn search_with(
    tier: Tier,
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    local: &mut Local,
    memory: &mut Memory,
    ask: Ask,
) -> Option<Found> {
    let stage = match tier {
        Tier::Whole => whole(search.program, memory).unwrap_or(Stage::Off),
        // One that others took the place of is made anew.
        Tier::Lazy | Tier::Any => Stage::Earned,
    };
    run_stage(stage, search, starts, local, memory, ask)
}

/// Counts a search, and builds the tables of a program that has become hot.
fn warm(search: &Search<'_, '_>, local: &mut Local, memory: &mut Memory, scanned: bool) -> Stage {
    let program = search.program;
    if program.tables().is_none() {
        let heat = Heat::of_search(search);
        local.heat.add(heat);
        // A program that shares its place on this thread with others is hot all the same.
        if !program.are_tables_refused() {
            local.heat = local.heat.max(heat.warm(program));
        }
        memory.clock += 1;
        let needed = if scanned { DFA_HEAT_SCANNED } else { DFA_HEAT };
        if !local.heat.is_enough(needed, program) {
            return Stage::Cold;
        }
    }
    memory.age();
    local.stage = whole(program, memory).unwrap_or(Stage::Earned);
    local.stage
}

/// Sees to it that the whole table is published, if there is one.
#[cold]
fn whole(program: &Program<'_>, memory: &mut Memory) -> Option<Stage> {
    if program.tables().is_some() {
        return Some(Stage::Whole);
    }
    if program.are_tables_refused() {
        return None;
    }
    let Some(mut lazy) = Lazy::new(program) else {
        program.refuse_tables();
        return Some(Stage::Off);
    };
    if !dense::explore(&mut lazy.grow(), program) {
        program.refuse_tables();
        // What was found out is not lost.
        memory.forget(lazy.id);
        memory.keep(lazy);
        return None;
    }
    let mut words = Vec::new();
    dense::build(&mut lazy.grow(), program, &mut words);
    if program.publish(&words).is_some() {
        return Some(Stage::Whole);
    }
    // No room in the budget: the thread keeps it for itself, and no other tries for some time.
    program.cool();
    memory.forget(lazy.id);
    memory.keep(lazy);
    None
}

fn run_stage(
    stage: Stage,
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    local: &mut Local,
    memory: &mut Memory,
    ask: Ask,
) -> Option<Found> {
    // Often there is nowhere to start, and no table has to be opened.
    let Some(first) = starts.next(search, search.start) else {
        return Some(Found::Nothing);
    };
    let program = search.program;
    let Local {
        heat,
        stage: own_stage,
        candidates,
        skips,
        leaps,
    } = local;
    let memo = memory.memo(program);
    let ask = match ask {
        Ask::Span if memory.wants_ends => Ask::End,
        ask => ask,
    };
    let ground = Ground {
        iteration: memory.iteration,
        end: search.end(),
        table: 0,
    };
    if stage == Stage::Whole {
        let Some(words) = program.tables() else {
            // They were dropped for want of memory; the program earns them anew.
            (*own_stage, *heat) = (Stage::Cold, Heat::default());
            return None;
        };
        let (memo, trails) = (&mut memory.memos[memo], &mut memory.trails);
        let (mut table, units) = dense::open(words, program, memo)?;
        let runner = Runner {
            rows: &mut table,
            units,
            search,
            ask,
            trails: trails.belong_to(ground).then_some(trails),
            leaps,
            skips,
        };
        return Some(find(runner, starts, candidates, first));
    }
    if stage != Stage::Earned && stage != Stage::Lazy {
        return None;
    }
    let index = match memory.find(program.id()) {
        Some(index) => index,
        // Others took its place, and it earns the next as it did this: so programs that take turns
        // do not make tables all the time.
        None if *own_stage == Stage::Lazy => {
            (*own_stage, *heat) = (Stage::Cold, Heat::default());
            return None;
        }
        None => {
            let Some(lazy) = Lazy::new(program) else {
                *own_stage = Stage::Off;
                return None;
            };
            memory.keep(lazy)
        }
    };
    if *own_stage == Stage::Earned {
        *own_stage = Stage::Lazy;
    }
    let (lazy, trails, memo) = memory.take(index, memo);
    let mut growing = lazy.grow();
    let classes = growing.classes;
    let units = Units {
        program,
        map: &classes.map,
        len: classes.len,
        looks: classes.around.mask() != 0,
        decodes: classes.decodes,
        needs_boundary: classes.needs_boundary,
        source: Source::Classes(classes),
        memo,
    };
    let ground = Ground {
        table: growing.id(),
        ..ground
    };
    let runner = Runner {
        rows: &mut growing,
        units,
        search,
        ask,
        trails: trails.belong_to(ground).then_some(trails),
        leaps,
        skips,
    };
    let found = find(runner, starts, candidates, first);
    if growing.is_given_up() {
        *own_stage = Stage::Off;
        memory.forget(program.id());
    }
    Some(found)
}

/// Runs from candidates may fail over so many bytes more than the search has come forward.
const FAILED_BYTES_MAX: usize = 64;

/// The search, over any table.
#[inline(always)]
fn find<R: Rows>(
    runner: Runner<'_, '_, R>,
    starts: &mut Starts<'_>,
    candidates: &mut Backoff,
    first: usize,
) -> Found {
    let search = runner.search;
    if !runner.units.can_end(search.whole, search.end()) {
        return Found::From(search.start);
    }
    if runner.units.decodes {
        find_as::<R, true>(runner, starts, candidates, first)
    } else {
        find_as::<R, false>(runner, starts, candidates, first)
    }
}

fn find_as<R: Rows, const DECODE: bool>(
    mut runner: Runner<'_, '_, R>,
    starts: &mut Starts<'_>,
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
            failed += ran.at - at + 4;
            match starts.next(search, at + 1) {
                None => return Found::Nothing,
                Some(next) => at = next,
            }
            // Starts in a run of them fail alike.
            if at < ran.at && starts.come_in_runs() {
                break;
            }
            if failed > at - search.start + FAILED_BYTES_MAX {
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

/// Finds the start of the match that ends at `end`, in time linear in the bytes from `from`.
fn locate<R: Rows, const DECODE: bool>(
    runner: &mut Runner<'_, '_, R>,
    starts: &mut Starts<'_>,
    from: usize,
    end: usize,
) -> Found {
    let mut left = 4 * (end - from) + FAILED_BYTES_MAX;
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
