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
use crate::prefilter::Candidates;
use crate::search::Search;
use crate::tuning::{DFA_HEAT, DFA_HEAT_SCANNED};

/// What one thread has learned of one program's tables.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    /// Heat of the searches before there was a table.
    heat: Heat,
    stage: Stage,
    /// Back-off of runs from each candidate.
    candidates: Backoff,
    /// Back-off of scans for the next start.
    skips: Backoff,
    acceleration: Acceleration,
}

/// Which table a program has on one thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Cold,
    /// The whole table is published.
    Whole,
    /// The thread may make a lazy table.
    Earned,
    /// The thread has made a lazy table, which others may have replaced since.
    Lazy,
    /// No table pays.
    Off,
}

/// Searches with the program's table, or builds one if the program is hot enough. `None` without a table.
///
/// `scanned` tells that the program has a bit-parallel scan, so that a table saves less.
#[inline]
pub(crate) fn search(
    search: &Search<'_, '_>,
    starts: &mut Candidates<'_>,
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

/// Searches with one tier, whose table is built now if need be. `None` if the program has no such table.
pub(crate) fn search_with(
    tier: Tier,
    search: &Search<'_, '_>,
    starts: &mut Candidates<'_>,
    learned: &mut Learned,
    memory: &mut Memory,
    ask: Ask,
) -> Option<Found> {
    let stage = match tier {
        Tier::Whole => whole(search.program, memory).unwrap_or(Stage::Off),
        // Even a table that others replaced is made again.
        Tier::Lazy | Tier::Any => Stage::Earned,
    };
    run_stage(stage, search, starts, learned, memory, ask)
}

/// Adds the heat of a search, and builds the tables of a program that is hot enough.
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
        // A program whose entry other programs replace time and again is hot by the image's count.
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

/// Publishes the whole table, unless it is published or cannot be had.
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
        // The cells that are filled serve as a lazy table.
        memory.forget(lazy.id);
        memory.keep(lazy);
        return None;
    }
    let mut words = Vec::new();
    dense::build(&mut lazy.grow(), program, &mut words);
    if program.publish(&words).is_some() {
        return Some(Stage::Whole);
    }
    // The budget has no room. The thread keeps the lazy table, and no thread tries again for some time.
    program.cool();
    memory.forget(lazy.id);
    memory.keep(lazy);
    None
}

fn run_stage(
    stage: Stage,
    search: &Search<'_, '_>,
    starts: &mut Candidates<'_>,
    learned: &mut Learned,
    memory: &mut Memory,
    ask: Ask,
) -> Option<Found> {
    // Often no match can start anywhere, and no table has to be opened.
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
            // The tables were dropped for want of memory. The program has to become hot again.
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
        // Other programs replaced the table. This one has to become hot again, so that programs that take turns do
        // not build tables all the time.
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
