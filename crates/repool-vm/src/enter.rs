//! The way into a search: what can be told without memory to write to.
//!
//! Most searches of a service are of short haystacks, and most of them end without a match. For a program
//! that is hot they should cost what it costs to look for the bytes that a match starts with. So this part
//! reads the plan that is attached to the image ([`crate::strategy::plan`]) and the table that is published beside it
//! ([`crate::engine::dfa`]), and nothing of the thread's; what it cannot tell is a [`Rest`], which is searched with
//! the thread's [`Scratch`].
//! Exercised by `tests/oracle.rs` and `tests/plans.rs`.

use repool_program::{Flags, Program};

use crate::Engine;
use crate::analysis::outside::is_outside;
use crate::cache::Scratch;
use crate::choose;
use crate::engine::dfa;
use crate::engine::dfa::Found;
use crate::input::Input;
use crate::input::Slot;
use crate::input::write_span;
use crate::iteration::Iteration;
use crate::prefilter::Starts;
use crate::prefilter::needle::Finder;
use crate::search::Search;
use crate::strategy::literal;
use crate::strategy::plan::Plan;
use crate::strategy::required;

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

/// Over so many bytes it is walked back before it is looked for what is required.
const BACK_BYTES: usize = 128;

/// In fewer bytes starts are looked for one by one.
const NEAR_BYTES: usize = 16;

/// Begins a search. `slots` is as in [`crate::search`].
#[inline(always)]
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
    let Some(search) = Search::prepare(program, input) else {
        return Entry::Answer(false);
    };
    begin(program, input, search, program.attached(), slots)
}

/// Begins a search of a hot program for groups, where it is known that a match may start at the start of the input, and
/// none does before it.
#[inline(always)]
pub(crate) fn enter_known<'p, 'h>(
    program: &'p Program<'p>,
    input: &Input<'h>,
    slots: &mut [Slot],
) -> Entry<'p, 'h> {
    let Some(search) = Search::prepare(program, input) else {
        return Entry::Answer(false);
    };
    let (plan, skipped) = (program.attached(), Some(input.start));
    rest_of(program, input, search, plan, skipped, slots)
}

#[inline(always)]
fn begin<'p, 'h>(
    program: &'p Program<'p>,
    input: &Input<'h>,
    mut search: Search<'p, 'h>,
    plan: Option<&'p Plan>,
    slots: &mut [Slot],
) -> Entry<'p, 'h> {
    let mut skipped = None;
    if let Some(plan) = plan {
        match look_first(plan, &mut search, slots) {
            Looked::Answer(found) => return Entry::Answer(found),
            Looked::Skipped(bytes) => skipped = bytes,
        }
    }
    rest_of(program, input, search, plan, skipped, slots)
}

/// Begins a search for the next match of an iteration; see [`crate::search_next`].
#[inline(never)]
pub fn enter_next<'p, 'h>(
    program: &'p Program<'p>,
    input: &Input<'h>,
    iteration: &mut Iteration,
    slots: &mut [Slot],
) -> Entry<'p, 'h> {
    if program.flags().contains(Flags::DELEGATED) {
        return enter(program, input, slots);
    }
    let plan = program.attached::<Plan>();
    if let Some(found) = plan.and_then(|plan| literal::next(program, input, &plan.skip, slots)) {
        return Entry::Answer(found);
    }
    let Some(mut search) = Search::prepare(program, input) else {
        return Entry::Answer(false);
    };
    let is_short = search.end() - search.start <= SHORT_BYTES;
    // The others are looked at as in any search.
    let is_plain = |plan: &&Plan| {
        let is_windowed = is_short && plan.required.is_some() && !plan.skip.finds_required();
        let is_anchored = plan.endings.is_some() || plan.openings.is_some();
        plan.run.is_none() && !is_anchored && !is_windowed
    };
    let Some(plan) = plan
        .filter(is_plain)
        .filter(|_| !search.anchored && slots.len() <= 2)
    else {
        return begin(program, input, search, plan, slots);
    };
    if let Some(found) = literal::search(&search, &plan.skip, slots) {
        return Entry::Answer(found);
    }
    if !iteration.may_glance() {
        return rest_of(program, input, search, Some(plan), None, slots);
    }
    let start = search.start;
    match look_ahead(plan, &mut search, iteration, slots) {
        Looked::Answer(found) => {
            let at = slots.first().filter(|_| found).and_then(|slot| slot.get());
            iteration.glanced(at.map(|at| at - start));
            Entry::Answer(found)
        }
        Looked::Skipped(bytes) => {
            iteration.missed();
            rest_of(program, input, search, Some(plan), bytes, slots)
        }
    }
}

fn rest_of<'p, 'h>(
    program: &'p Program<'p>,
    input: &Input<'h>,
    search: Search<'p, 'h>,
    plan: Option<&'p Plan>,
    skipped: Option<usize>,
    slots: &[Slot],
) -> Entry<'p, 'h> {
    Entry::Rest(Rest {
        program,
        input: *input,
        search: Some(search),
        plan,
        skipped,
        engine: choose::cold(program, input, slots.len()),
    })
}

/// Looks for the next match of an iteration, closely where one may start.
fn look_ahead(
    plan: &Plan,
    search: &mut Search<'_, '_>,
    iteration: &mut Iteration,
    slots: &mut [Slot],
) -> Looked {
    if search.program.tables().is_none() {
        return Looked::Skipped(None);
    }
    // What is required is looked for first, unless a match is expected here.
    if plan.required.is_some() && !plan.has_rare_starts && !iteration.is_dense() {
        return Looked::Skipped(None);
    }
    let is_close = iteration.is_close();
    let skip = match is_close {
        true => plan.skip.dense(),
        false => &plan.skip,
    };
    let mut starts = Starts::of(search, skip);
    if !search.fits() {
        return Looked::Answer(false);
    }
    let start = search.start;
    let Some(first) = starts.next(search, start) else {
        return Looked::Answer(false);
    };
    search.start = first;
    let ends = iteration.wants_ends();
    let trail = Some(iteration.trail());
    match look_closely(search, &mut starts, slots, first, trail, ends) {
        Some(found) => Looked::Answer(found),
        None => {
            let is_known = starts.skips() && !is_close;
            Looked::Skipped(is_known.then(|| search.start - start))
        }
    }
}

/// Looks for what the plan says, and tells whether there is a match, if that can be told.
pub(crate) fn look(plan: &Plan, search: &mut Search<'_, '_>, slots: &mut [Slot]) -> Option<bool> {
    match look_first(plan, search, slots) {
        Looked::Answer(found) => Some(found),
        Looked::Skipped(_) => None,
    }
}

/// What a look at the haystack told.
enum Looked {
    Answer(bool),
    /// The bytes in which no match starts, if it was looked for that.
    Skipped(Option<usize>),
}

/// Looks for what the plan says.
#[inline]
fn look_first(plan: &Plan, search: &mut Search<'_, '_>, slots: &mut [Slot]) -> Looked {
    if let Some(run) = &plan.run {
        return Looked::Answer(run.search(search, slots));
    }
    if let Some(found) = literal::search(search, &plan.skip, slots) {
        return Looked::Answer(found);
    }
    if is_outside(&plan.endings, search.hay.last())
        || is_outside(&plan.openings, search.hay.get(search.start))
    {
        return Looked::Answer(false);
    }
    if search.anchored {
        let mut starts = Starts::once(search);
        let found = look_closely(search, &mut starts, slots, search.start, None, false);
        return found.map_or(Looked::Skipped(None), Looked::Answer);
    }
    if plan.skip.is_at_end()
        && let Some(answer) = look_back(plan, search, slots)
    {
        return Looked::Answer(answer);
    }
    let is_near = plan.skip.is_at_end() && plan.required.is_none();
    if search.end() - search.start > SHORT_BYTES && !is_near {
        return Looked::Skipped(None);
    }
    // Where starts are rarer than what is required, looking for them tells as much.
    let is_short = search.end() - search.start < NEAR_BYTES;
    let is_first = is_short && !plan.skip.finds_required() || !plan.has_rare_starts;
    if let Some(required) = (plan.required.as_ref()).filter(|_| is_first) {
        return match required.find(search.program, search.hay, search.start) {
            Some(found) => look_around(plan, search, slots, Some((required, found)), None),
            None => Looked::Answer(false),
        };
    }
    let skip = match is_short {
        true => plan.skip.near(),
        false => &plan.skip,
    };
    match skip.first(search) {
        Some(None) => Looked::Answer(false),
        first => look_around(plan, search, slots, None, first.flatten()),
    }
}

/// Looks from the end of the haystack backwards, if that tells all.
#[inline(never)]
fn look_back(plan: &Plan, search: &Search<'_, '_>, slots: &mut [Slot]) -> Option<bool> {
    let is_short = search.end() - search.start <= SHORT_BYTES;
    let mut bytes_max = usize::MAX;
    if let Some(required) = &plan.required {
        // If it is far from the end, it is looked for when it is not near.
        bytes_max = BACK_BYTES;
        if is_short
            && required
                .find(search.program, search.hay, search.start)
                .is_none()
        {
            return Some(false);
        }
    }
    if slots.len() > 2 {
        return None;
    }
    let start = match slots.is_empty() {
        true => (plan.skip).exact::<true>(search.hay, search.start, bytes_max),
        false => (plan.skip).exact::<false>(search.hay, search.start, bytes_max),
    };
    let start = start?;
    if let Some(start) = start {
        write_span(slots, start, search.end());
    }
    Some(start.is_some())
}

/// Looks for where a match may be, and closely there. `required` is what every match contains, and where it
/// is first; `known` is the first place where a match may start, if that was looked for.
#[inline(never)]
fn look_around(
    plan: &Plan,
    search: &mut Search<'_, '_>,
    slots: &mut [Slot],
    mut required: Option<(&Finder, usize)>,
    known: Option<usize>,
) -> Looked {
    let (hay, start) = (search.hay, search.start);
    loop {
        if let Some((_, found)) = required {
            let window = required::around(search, found, plan.outside.as_ref());
            (search.start, search.hay) = (window.start, &hay[..window.end]);
        }
        let is_near = search.end() - search.start < NEAR_BYTES;
        let skip = match is_near {
            true => plan.skip.near(),
            false => &plan.skip,
        };
        let end = search.end();
        let mut starts = Starts::of(search, skip);
        if let Some(known) = known {
            search.start = known;
            starts = starts.knowing(known);
        }
        let mut found = Some(false);
        if search.fits()
            && let Some(first) = starts.next(search, search.start)
        {
            search.start = first;
            found = look_closely(search, &mut starts, slots, first, None, false);
        }
        search.hay = hay;
        match found {
            Some(true) => return Looked::Answer(true),
            Some(false) if end == hay.len() => return Looked::Answer(false),
            Some(false) => search.start = end,
            None => {
                let is_known = starts.skips() && !is_near;
                return Looked::Skipped(is_known.then(|| search.start - start));
            }
        }
        if let Some((finder, found)) = &mut required {
            // What is required may be everywhere, and starts nowhere.
            match Starts::of(search, &plan.skip).next(search, search.start) {
                Some(next) => search.start = next,
                None => return Looked::Answer(false),
            }
            match finder.find(search.program, hay, search.start) {
                Some(next) => *found = next,
                None => return Looked::Answer(false),
            }
        }
    }
}

/// Searches with the table that is published, if there is one and it alone decides; `first` is the first
/// place where a match can start.
#[inline(always)]
fn look_closely(
    search: &mut Search<'_, '_>,
    starts: &mut Starts<'_>,
    slots: &mut [Slot],
    first: usize,
    trail: Option<&mut dfa::glance::Trail>,
    ends: bool,
) -> Option<bool> {
    if slots.len() > 2 || search.earliest && !slots.is_empty() {
        return None;
    }
    let words = search.program.tables()?;
    let any = slots.is_empty();
    match dfa::glance::glance(words, search, starts, any, first, trail, ends) {
        Found::Nothing => Some(false),
        Found::Something => Some(true),
        Found::Span(start, end) => {
            write_span(slots, start, end);
            Some(true)
        }
        Found::From(from) => {
            search.start = from;
            None
        }
        Found::Until(from, end) => {
            *search = search.cut(from, end);
            None
        }
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
        let memory = &mut scratch.engines.dfa;
        memory.iteration = iteration.number(&mut scratch.numbers);
        memory.wants_ends = iteration.wants_ends();
        let found = crate::run(self, scratch, slots);
        let memory = &mut scratch.engines.dfa;
        (memory.iteration, memory.wants_ends) = (0, false);
        found
    }
}
