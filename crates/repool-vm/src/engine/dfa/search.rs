//! Which table a search runs on, and when tables are built.
//!
//! Exercised by `tests/dfa.rs`.

use repool_program::Program;

use crate::backoff::Backoff;
use crate::engine::dfa::accel::Acceleration;
use crate::engine::dfa::answer::{Ask, Found, Tier};
use crate::engine::dfa::class_reader::ClassReader;
use crate::engine::dfa::class_source::ClassSource;
use crate::engine::dfa::dead_states::Scope;
use crate::engine::dfa::dense;
use crate::engine::dfa::find::find;
use crate::engine::dfa::lazy::{Lazy, Rows};
use crate::engine::dfa::long::Runner;
use crate::engine::dfa::memory::Memory;
use crate::heat::Heat;
use crate::prefilter::Starts;
use crate::search::Search;
use crate::tuning::{DFA_HEAT, DFA_HEAT_SCANNED};

/// What one thread remembers of one program.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    /// What the program was searched with before it had a table.
    heat: Heat,
    stage: Stage,
    /// Runs from each candidate.
    candidates: Backoff,
    /// Scans for the next start.
    skips: Backoff,
    acceleration: Acceleration,
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

/// Searches, if there is a table for the program or it is time to build one.
///
/// `scanned` tells that the program has the table of a bit-parallel scan, so that less is saved.
#[inline]
pub(crate) fn search(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    learned: &mut Learned,
    memory: &mut Memory,
    ask: Ask,
    scanned: bool,
) -> Option<Found> {
    let stage = match learned.stage {
        Stage::Cold => warm(search, learned, memory, scanned),
        stage => stage,
    };
    if stage == Stage::Cold || stage == Stage::Off {
        return None;
    }
    run_stage(stage, search, starts, learned, memory, ask)
}

/// Searches with one tier, built now if need be; None if the program has no such table.
pub(crate) fn search_with(
    tier: Tier,
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    learned: &mut Learned,
    memory: &mut Memory,
    ask: Ask,
) -> Option<Found> {
    let stage = match tier {
        Tier::Whole => whole(search.program, memory).unwrap_or(Stage::Off),
        // One that others took the place of is made anew.
        Tier::Lazy | Tier::Any => Stage::Earned,
    };
    run_stage(stage, search, starts, learned, memory, ask)
}

/// Counts a search, and builds the tables of a program that has become hot.
fn warm(
    search: &Search<'_, '_>,
    learned: &mut Learned,
    memory: &mut Memory,
    scanned: bool,
) -> Stage {
    let program = search.program;
    if program.tables().is_none() {
        let heat = Heat::of_search(search);
        learned.heat.add(heat);
        // A program that shares its place on this thread with others is hot all the same.
        if !program.are_tables_refused() {
            learned.heat = learned.heat.max(heat.warm(program));
        }
        memory.clock += 1;
        let needed = if scanned { DFA_HEAT_SCANNED } else { DFA_HEAT };
        if !learned.heat.is_enough(needed, program) {
            return Stage::Cold;
        }
    }
    memory.age();
    learned.stage = whole(program, memory).unwrap_or(Stage::Earned);
    learned.stage
}

/// Publishes the whole table of a program now, if it has one and there is room.
pub(crate) fn publish(program: &Program<'_>, memory: &mut Memory) {
    let _ = whole(program, memory);
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
    learned: &mut Learned,
    memory: &mut Memory,
    ask: Ask,
) -> Option<Found> {
    // Often there is nowhere to start, and no table has to be opened.
    let Some(first) = starts.next(search, search.start) else {
        return Some(Found::Nothing);
    };
    let program = search.program;
    let Learned {
        heat,
        stage: own_stage,
        candidates,
        skips,
        acceleration,
    } = learned;
    let memo = memory.memo(program);
    let ask = match ask {
        Ask::Span if memory.wants_ends => Ask::End,
        ask => ask,
    };
    let scope = Scope {
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
        let (memo, dead_states) = (&mut memory.memos[memo], &mut memory.dead_states);
        let (mut table, reader) = dense::open(words, program, memo)?;
        let runner = Runner {
            rows: &mut table,
            reader,
            search,
            ask,
            dead_states: dead_states.belong_to(scope).then_some(dead_states),
            acceleration,
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
    let (lazy, dead_states, memo) = memory.take(index, memo);
    let mut growing = lazy.grow();
    let classes = growing.classes;
    let reader = ClassReader {
        program,
        map: &classes.map,
        len: classes.len,
        looks: classes.context_bits.mask() != 0,
        decodes: classes.decodes,
        needs_boundary: classes.needs_boundary,
        source: ClassSource::Classes(classes),
        memo,
    };
    let scope = Scope {
        table: growing.id(),
        ..scope
    };
    let runner = Runner {
        rows: &mut growing,
        reader,
        search,
        ask,
        dead_states: dead_states.belong_to(scope).then_some(dead_states),
        acceleration,
        skips,
    };
    let found = find(runner, starts, candidates, first);
    if growing.is_given_up() {
        *own_stage = Stage::Off;
        memory.forget(program.id());
    }
    Some(found)
}
