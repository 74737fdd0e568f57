//! The ways into a search.
//!
//! Each takes the strategy of the program's plan twice: first with the short verifier, which needs no memory of the
//! thread, if the program is hot and the haystack short; then, from the place that this reached, with the core and the
//! thread's cache.
//!
//! ```text
//! find ─► strategy(short) ─► span, or none
//!              └─ undecided from here ─► strategy(core) ─► span, or none
//! ```
//!
//! Exercised by `tests/oracle.rs` and `tests/plans.rs`.

use repool_program::{Flags, Image, Program};
use repool_text::is_boundary;

use crate::cache::Scratch;
use crate::cache::learned::Notes;
use crate::core::{self, Core, KnownStart};
use crate::engine::fused;
use crate::engine::memory::Engines;
use crate::engine::outcome::Ran;
use crate::input::{Input, Slot, write_span};
use crate::iteration::{Iteration, adjacent};
use crate::nfa::unit::{Bytes, CodePoints, steps_bytes};
use crate::prefilter::Prefilter;
use crate::region::Region;
use crate::search::Search;
use crate::source::Source;
use crate::strategy::Strategy;
use crate::strategy::class_block::Ahead;
use crate::strategy::plan::Plan;
use crate::strategy::short::{FirstCandidate, Short};
use crate::strategy::verify::{Verdict, Verifier};
use crate::tuning::SHORT_REGION_BYTES;

/// Lends the thread's cache to a search and returns its answer. Only a search that needs the cache calls it.
pub type Lend = fn(&mut dyn FnMut(&mut Scratch) -> bool) -> bool;

/// A span in bytes, or no match.
type Found = Option<(usize, usize)>;

/// Tells whether a match starts at `start` or later. `start` is at most the length of the haystack.
#[must_use]
pub fn is_match(image: &Image, haystack: &[u8], start: usize, lend: Lend) -> bool {
    match short::<true>(image, haystack, start) {
        Ok(found) => found.is_some(),
        Err(from) => {
            let task = &Task::of_image(image, haystack, start, from);
            with_cache(task, lend, &mut [])
        }
    }
}

/// The leftmost match that starts at `start` or later. `start` is at most the length of the haystack.
#[must_use]
pub fn find(image: &Image, haystack: &[u8], start: usize, lend: Lend) -> Found {
    match short::<false>(image, haystack, start) {
        Ok(found) => found,
        Err(from) => find_with_cache(&Task::of_image(image, haystack, start, from), lend),
    }
}

/// The next match of an iteration that starts at `start` or later.
///
/// `iteration` belongs to this pattern and haystack alone.
#[inline]
#[must_use]
pub fn next(
    image: &Image,
    haystack: &[u8],
    start: usize,
    iteration: &mut Iteration,
    lend: Lend,
) -> Found {
    match iteration.ahead(start) {
        Ahead::Span(start, end) => Some((start, end)),
        // The shortest match does not fit into what is left.
        Ahead::From(start) if start.saturating_add(image.len_min()) > haystack.len() => None,
        Ahead::From(start) => next_from(image, haystack, start, iteration, lend),
    }
}

#[inline(never)]
fn next_from(
    image: &Image,
    haystack: &[u8],
    start: usize,
    iteration: &mut Iteration,
    lend: Lend,
) -> Found {
    match short_next(image, haystack, start, iteration) {
        Ok(found) => found,
        Err(from) => {
            let task = &Task::of_image(image, haystack, start, from);
            let mut slots = [Slot::NONE; 2];
            let found = lend(&mut |cache| task.run_next(iteration, cache, &mut slots));
            span(found, &slots)
        }
    }
}

/// Writes the groups of the leftmost match in an input to `slots`, two a group; tells whether there is a match.
///
/// `slots` may be shorter than the pattern has groups: two ask for the span alone. It is written only if there is a
/// match, and has to be [`Slot::NONE`] before. With [`Input::earliest`] the span ends at the smallest end of any match.
/// The match may be the next of an iteration.
pub fn captures(
    image: &Image,
    input: &Input<'_>,
    iteration: Option<&mut Iteration>,
    lend: Lend,
    slots: &mut [Slot],
) -> bool {
    let haystack = input.haystack;
    if let [first, last] = slots
        && !input.earliest
    {
        let found = match iteration {
            Some(iteration) => next(image, haystack, input.start, iteration, lend),
            None => find(image, haystack, input.start, lend),
        };
        if let Some((start, end)) = found {
            (*first, *last) = (Slot::at(start), Slot::at(end));
        }
        return found.is_some();
    }
    match iteration {
        _ if input.earliest => {
            let task = &Task::of_input(image, *input);
            with_cache(task, lend, slots)
        }
        Some(iteration) => captures_next(image, input, iteration, lend, slots),
        None => match first_candidate(image, haystack, input.start) {
            Ok(found) => write_found(found, slots),
            Err(Some(at)) => lend(&mut |cache| groups_from(image, haystack, at, cache, slots)),
            Err(None) => with_cache(&Task::of_input(image, *input), lend, slots),
        },
    }
}

#[inline(never)]
fn captures_next(
    image: &Image,
    input: &Input<'_>,
    iteration: &mut Iteration,
    lend: Lend,
    slots: &mut [Slot],
) -> bool {
    if !finds_span_first(image) {
        let task = &Task::of_input(image, *input);
        return lend(&mut |cache| task.run_next(iteration, cache, slots));
    }
    match next(image, input.haystack, input.start, iteration, lend) {
        Some((start, _)) => {
            lend(&mut |cache| groups_from(image, input.haystack, start, cache, slots))
        }
        None => false,
    }
}

/// Tells whether a search for groups had better find the span of a match first: where candidates are rare, the groups are
/// found as soon as the candidate.
fn finds_span_first(image: &Image) -> bool {
    let plan: Option<&Plan> = image.attached_value();
    plan.is_some_and(|plan| {
        let prefilter = plan.strategy.prefilter();
        let is_found = prefilter.is_rare() || matches!(prefilter, Prefilter::Lines(_));
        !is_found && !matches!(plan.strategy, Strategy::Anchored(_))
    })
}

/// The short search: the span, or without it the place from which the core has to go on.
#[inline(always)]
pub(crate) fn short<const ANY: bool>(
    source: &impl Source,
    haystack: &[u8],
    start: usize,
) -> Result<Found, usize> {
    let plan: &Plan = source.attached().ok_or(start)?;
    let region = region(plan, haystack, start)?;
    if region.len() > SHORT_REGION_BYTES && !plan.strategy.is_bounded() {
        return Err(start);
    }
    decided(
        plan.strategy
            .search(&mut Short::<_, ANY>::new(source, plan), region),
    )
}

/// The short search for the next match of an iteration.
#[inline(always)]
pub(crate) fn short_next(
    image: &Image,
    haystack: &[u8],
    start: usize,
    iteration: &mut Iteration,
) -> Result<Found, usize> {
    let plan: &Plan = image.attached_value().ok_or(start)?;
    let region = region(plan, haystack, start)?;
    if let Some(found) = adjacent::next(image, plan, region, iteration) {
        return Ok(found);
    }
    if !iteration.tries_short() {
        return Err(start);
    }
    let wants_ends = iteration.wants_ends();
    let short = &mut Short::<_, false>::next(image, plan, iteration.dead_state(), wants_ends);
    let found = decided(plan.strategy.search(short, region));
    match found {
        Ok(found) => iteration.was_short(found.map(|(at, _)| at - start)),
        Err(_) => iteration.was_undecided(),
    }
    found
}

/// The first candidate of a short search for groups. `Ok` if that tells all, `Err(None)` if it was not looked for.
#[inline(always)]
fn first_candidate(image: &Image, haystack: &[u8], start: usize) -> Result<Found, Option<usize>> {
    let plan: &Plan = image.attached_value().ok_or(None)?;
    let region = region(plan, haystack, start).map_err(|_| None)?;
    // From most candidates of a pattern that ends where the haystack does no match starts.
    let is_known = !matches!(plan.strategy, Strategy::ReverseAnchored(_));
    if region.len() > SHORT_REGION_BYTES || !is_known {
        return Err(None);
    }
    decided(
        plan.strategy
            .search(&mut FirstCandidate::new(image, plan), region),
    )
    .map_err(Some)
}

/// What is searched: from `start`, or from behind the character that it splits.
#[inline(always)]
fn region<'h>(plan: &Plan, haystack: &'h [u8], start: usize) -> Result<Region<'h>, usize> {
    let mut region = Region {
        whole: haystack,
        start,
        end: haystack.len(),
    };
    if start > 0 {
        if start > haystack.len() {
            return Err(start);
        }
        while plan.is_text && !is_boundary(haystack, region.start) {
            region.start += 1;
        }
    }
    Ok(region)
}

#[inline(always)]
fn decided(verdict: Verdict) -> Result<Found, usize> {
    match verdict {
        Verdict::Match(start, end) => Ok(Some((start, end))),
        Verdict::NoMatch => Ok(None),
        Verdict::Undecided(from) => Err(from),
    }
}

/// A search with the thread's cache.
pub(crate) struct Task<'p, 'h> {
    program: Program<'p>,
    input: Input<'h>,
    /// The bytes before the start of the input in which there is no candidate; it is one then.
    skipped: Option<usize>,
}

impl<'p, 'h> Task<'p, 'h> {
    /// What is left of a search from `start` that came to `from`.
    #[inline]
    pub(crate) fn of_image(
        image: &'p Image,
        haystack: &'h [u8],
        start: usize,
        from: usize,
    ) -> Task<'p, 'h> {
        Task::left(image.program(), haystack, start, from)
    }

    /// The same, of a program.
    #[inline]
    pub(crate) fn left(
        program: Program<'p>,
        haystack: &'h [u8],
        start: usize,
        from: usize,
    ) -> Task<'p, 'h> {
        let mut input = Input::new(haystack);
        input.start = from;
        Task {
            program,
            input,
            skipped: (from > start).then(|| from - start),
        }
    }

    #[inline]
    fn of_input(image: &'p Image, input: Input<'h>) -> Task<'p, 'h> {
        Task::of_program(image.program(), input)
    }

    #[inline]
    pub(crate) fn of_program(program: Program<'p>, input: Input<'h>) -> Task<'p, 'h> {
        Task {
            program,
            input,
            skipped: None,
        }
    }

    /// Searches; tells whether there is a match.
    pub(crate) fn run(&self, cache: &mut Scratch, slots: &mut [Slot]) -> bool {
        let program = &self.program;
        if program.flags().contains(Flags::DELEGATED) {
            return core::delegated(program, &self.input, &mut cache.engines, slots);
        }
        let Some(search) = Search::prepare(program, &self.input) else {
            return false;
        };
        let region = search.region();
        let Scratch {
            plans,
            notes,
            engines,
            ..
        } = cache;
        let plan = plans.of(program, region, false);
        self.run_in(plan, &search, notes, engines, slots)
    }

    /// Searches as this plan says.
    pub(crate) fn run_in(
        &self,
        plan: &Plan,
        search: &Search<'_, '_>,
        notes: &mut Notes,
        engines: &mut Engines,
        slots: &mut [Slot],
    ) -> bool {
        let region = search.region();
        let (note, scans) = notes.of(search.program);
        let known = self.skipped.map(|skipped| KnownStart {
            at: region.start,
            skipped,
        });
        let core = &mut Core {
            program: search.program,
            engine: core::cold_engine(
                search.program,
                search.anchored,
                search.earliest,
                slots.len(),
            ),
            is_hot: plan.is_hot,
            earliest: search.earliest,
            note,
            scans,
            engines,
            slots,
            known,
            has_written: false,
        };
        let verdict = match search.anchored {
            true => core.verify_at(region),
            false => plan.strategy.search(core, region),
        };
        let is_written = core.has_written;
        match verdict {
            Verdict::Match(..) if is_written => true,
            Verdict::Match(start, end) => write_found(Some((start, end)), slots),
            Verdict::NoMatch => false,
            Verdict::Undecided(_) => unreachable!("the core always decides"),
        }
    }

    /// Searches for the next match of an iteration.
    pub(crate) fn run_next(
        &self,
        iteration: &mut Iteration,
        cache: &mut Scratch,
        slots: &mut [Slot],
    ) -> bool {
        let memory = &mut cache.engines.dfa;
        memory.iteration = iteration.number(&mut cache.numbers);
        memory.wants_ends = iteration.wants_ends();
        let found = self.run(cache, slots);
        let memory = &mut cache.engines.dfa;
        (memory.iteration, memory.wants_ends) = (0, false);
        found
    }
}

#[inline(never)]
fn find_with_cache(task: &Task<'_, '_>, lend: Lend) -> Found {
    let mut slots = [Slot::NONE; 2];
    let found = lend(&mut |cache| task.run(cache, &mut slots));
    span(found, &slots)
}

#[inline(never)]
fn with_cache(task: &Task<'_, '_>, lend: Lend, slots: &mut [Slot]) -> bool {
    lend(&mut |cache| task.run(cache, slots))
}

/// The groups of the leftmost match that starts at `at` or behind, where one may start.
///
/// Lines of a log are short, most that match do so at their first candidate, and a hot program has fused code on this
/// thread: then that is run there, and no search is prepared.
#[inline]
pub(crate) fn groups_from(
    image: &Image,
    haystack: &[u8],
    at: usize,
    cache: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    let program = image.program();
    match run_fused(&program, haystack, at, cache, slots) {
        Some(Ran::Match) => true,
        Some(Ran::NoMatch) if program.flags().contains(Flags::ANCHORED_START) => false,
        Some(Ran::NoMatch) => groups_behind(image, haystack, (at, at + 1), cache, slots),
        Some(Ran::GaveUp(_)) | None => groups_behind(image, haystack, (0, at), cache, slots),
    }
}

#[inline(never)]
fn groups_behind(
    image: &Image,
    haystack: &[u8],
    (start, from): (usize, usize),
    cache: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    let mut task = Task::of_image(image, haystack, start, from);
    // Behind a candidate that failed nothing is known.
    task.skipped = task.skipped.filter(|_| start == 0);
    task.run(cache, slots)
}

/// Runs fused code from one place, if this thread has it and it pays.
#[inline(always)]
fn run_fused(
    program: &Program<'_>,
    haystack: &[u8],
    at: usize,
    cache: &mut Scratch,
    slots: &mut [Slot],
) -> Option<Ran> {
    let (note, _) = cache.notes.of(program);
    let engines = &mut cache.engines;
    let code = engines.codes.made(program, &note.fused)?;
    let search = Search {
        start: at,
        ..Search::of(program, haystack)
    };
    if slots.len() < code.slot_len || !search.anchored && !note.fused.may_find_starts() {
        return None;
    }
    let (stacks, marks) = (&mut engines.stacks, &mut engines.backtrack.marks);
    Some(if steps_bytes(program) {
        fused::run::search_at::<Bytes>(&search, code, stacks, marks, slots)
    } else {
        fused::run::search_at::<CodePoints>(&search, code, stacks, marks, slots)
    })
}

#[inline]
fn write_found(found: Found, slots: &mut [Slot]) -> bool {
    if let Some((start, end)) = found {
        write_span(slots, start, end);
    }
    found.is_some()
}

#[inline]
fn span(found: bool, slots: &[Slot; 2]) -> Found {
    found.then(|| slots[0].get().zip(slots[1].get())).flatten()
}
