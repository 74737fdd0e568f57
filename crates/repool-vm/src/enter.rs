//! The way into a search: what can be told without memory to write to.
//!
//! Most searches of a service are of short haystacks, and most of them end without a match. For a program
//! that is hot they should cost what it costs to look for the bytes that a match starts with. So this part
//! reads the plan that is attached to the image ([`crate::plan`]) and nothing of the thread's; what it
//! cannot tell is a [`Rest`], which is searched with the thread's [`Scratch`].
//! Exercised by `tests/oracle.rs` and `tests/plans.rs`.

use repool_program::{Flags, Program};

use crate::choose;
use crate::literal;
use crate::plan::Plan;
use crate::prefilter::Starts;
use crate::search::Search;
use crate::{Engine, Input, Iteration, Scratch, Slot};

/// A search that has begun.
#[derive(Debug)]
pub enum Entry<'p, 'h> {
    /// Whether there is a match. The slots are written if there is.
    Answer(bool),
    /// The search needs memory.
    Rest(Rest<'p, 'h>),
}

/// What is left of a search.
#[derive(Debug)]
pub struct Rest<'p, 'h> {
    pub(crate) program: &'p Program<'p>,
    pub(crate) input: Input<'h>,
    /// None for a program that another package runs.
    pub(crate) search: Option<Search<'p, 'h>>,
    /// What is attached to the image.
    pub(crate) plan: Option<&'p Plan>,
    /// The bytes from the start of the search to the first place where a match may start, if that is
    /// where it starts now.
    pub(crate) skipped: Option<usize>,
    pub(crate) engine: Engine,
}

/// In more bytes it is not looked for a start here: the thread may know that looking for it does not pay.
const SHORT_BYTES: usize = 1 << 10;

/// Begins a search. `slots` is as in [`crate::search`].
#[inline(never)]
pub fn enter<'p, 'h>(
    program: &'p Program<'p>,
    input: &Input<'h>,
    slots: &mut [Slot],
) -> Entry<'p, 'h> {
    if program.flags().contains(Flags::DELEGATED) {
        return Entry::Rest(Rest {
            program,
            input: *input,
            search: None,
            plan: None,
            skipped: None,
            engine: Engine::Delegate,
        });
    }
    let Some(mut search) = Search::prepare(program, input) else {
        return Entry::Answer(false);
    };
    let engine = choose::cold(program, input, slots.len());
    let plan = program.attached();
    let mut skipped = None;
    if let Some(plan) = plan {
        match look(plan, &mut search, engine, slots) {
            Looked::Answer(found) => return Entry::Answer(found),
            Looked::Skipped(bytes) => skipped = bytes,
        }
    }
    Entry::Rest(Rest {
        program,
        input: *input,
        search: Some(search),
        plan,
        skipped,
        engine,
    })
}

/// What a look at the haystack told.
enum Looked {
    Answer(bool),
    /// The bytes in which no match starts, if it was looked for that.
    Skipped(Option<usize>),
}

/// Looks for what the plan says.
#[inline]
fn look(plan: &Plan, search: &mut Search<'_, '_>, engine: Engine, slots: &mut [Slot]) -> Looked {
    if let Some(run) = &plan.run {
        return Looked::Answer(run.search(search, slots));
    }
    if engine == Engine::Literal
        && let Some(found) = literal::search(search, &plan.skip, slots)
    {
        return Looked::Answer(found);
    }
    if is_outside(&plan.endings, search.hay.last())
        || is_outside(&plan.openings, search.hay.get(search.start))
    {
        return Looked::Answer(false);
    }
    if search.anchored || search.end() - search.start > SHORT_BYTES {
        return Looked::Skipped(None);
    }
    let mut starts = Starts::of(search, &plan.skip);
    let mut skipped = None;
    if starts.skips() {
        let Some(first) = starts.next(search, search.start) else {
            return Looked::Answer(false);
        };
        skipped = Some(first - search.start);
        search.start = first;
    }
    if let Some(required) = &plan.required
        && required
            .find(search.program, search.hay, search.start)
            .is_none()
    {
        return Looked::Answer(false);
    }
    Looked::Skipped(skipped)
}

/// Tells whether a byte is not one of those that there must be here.
#[inline]
fn is_outside(bytes: &Option<[u64; 4]>, byte: Option<&u8>) -> bool {
    match (bytes, byte) {
        (Some(bytes), Some(&byte)) => bytes[usize::from(byte >> 6)] >> (byte & 63) & 1 == 0,
        _ => false,
    }
}

impl Rest<'_, '_> {
    /// Searches what is left. `scratch` serves any number of programs, one search at a time.
    pub fn search(&self, scratch: &mut Scratch, slots: &mut [Slot]) -> bool {
        crate::run(self, scratch, slots)
    }

    /// The same, for the next match of an iteration; see [`crate::search_next`].
    pub fn search_next(
        &self,
        iteration: &mut Iteration,
        scratch: &mut Scratch,
        slots: &mut [Slot],
    ) -> bool {
        scratch.engines.dfa.iteration = iteration.number(&mut scratch.numbers);
        let found = crate::run(self, scratch, slots);
        scratch.engines.dfa.iteration = 0;
        found
    }
}
