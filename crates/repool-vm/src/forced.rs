//! Searches with a strategy, a verifier or an engine that the caller names: for tests, fuzz targets and comparisons.
//!
//! Whatever is named, the answer is that of every other; where it cannot run a search there is none. All take the
//! cache from the caller.
//! Exercised by `tests/oracle.rs` and `tests/strategy.rs`.

use std::fmt;

use repool_program::{Image, Program};

use crate::cache::Scratch;
use crate::cache::plans::attach;
use crate::core::{self, Known};
use crate::engine::delegate;
use crate::engine::dfa::answer::Tier;
use crate::engine::dfa::search as dfa;
use crate::engine::kind::Engine;
use crate::engine::outcome::Ran;
use crate::input::{Input, Slot, write_span};
use crate::iteration::Iteration;
use crate::prefilter::Candidates;
use crate::prefilter::choose::Prefilter;
use crate::region::Region;
use crate::search::Search;
use crate::searcher::{self, Task};
use crate::strategy::plan::Plan;
use crate::strategy::short::Short;
use crate::strategy::verify::Verdict;
use crate::strategy::{Strategy, StrategyKind};

/// Searches as [`crate::is_match`], [`crate::find`] and [`crate::captures`] do, by the number of slots.
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
    cache: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    match short(program, input, slots) {
        Some(Ok(found)) => found,
        Some(Err(from)) => {
            Task::left(*program, input.haystack, input.start, from).run(cache, slots)
        }
        None => Task::of_program(*program, *input).run(cache, slots),
    }
}

/// The short search, where a search begins with it; the place that it reached, if it ended undecided.
fn short(
    program: &Program<'_>,
    input: &Input<'_>,
    slots: &mut [Slot],
) -> Option<Result<bool, usize>> {
    let is_whole = input.end == input.haystack.len() && input.start <= input.end;
    if !is_whole || input.anchored {
        return None;
    }
    let found = match slots {
        [] => searcher::short::<true>(program, input.haystack, input.start),
        [_, _] if !input.earliest => searcher::short::<false>(program, input.haystack, input.start),
        _ => return None,
    };
    Some(found.map(|found| {
        if let Some((start, end)) = found {
            write_span(slots, start, end);
        }
        found.is_some()
    }))
}

/// Tells whether there is a match, if a hot program tells it without any cache.
#[must_use]
pub fn short_is_match(image: &Image, haystack: &[u8], start: usize) -> Option<bool> {
    let found = searcher::short::<true>(image, haystack, start).ok()?;
    Some(found.is_some())
}

/// The span of the leftmost match, if a hot program tells it without any cache.
#[must_use]
pub fn short_find(image: &Image, haystack: &[u8], start: usize) -> Option<Option<(usize, usize)>> {
    searcher::short::<false>(image, haystack, start).ok()
}

/// Searches as [`crate::next`] does, for the groups of the next match of an iteration.
pub fn search_next(
    program: &Program<'_>,
    input: &Input<'_>,
    iteration: &mut Iteration,
    cache: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    Task::of_program(*program, *input).run_next(iteration, cache, slots)
}

/// The span of the next match of an iteration, as [`crate::next`] finds it.
pub fn find_next(
    image: &Image,
    haystack: &[u8],
    start: usize,
    iteration: &mut Iteration,
    cache: &mut Scratch,
) -> Option<(usize, usize)> {
    let start = match iteration.ahead(start) {
        crate::Ahead::Span(start, end) => return Some((start, end)),
        crate::Ahead::From(start) if start > haystack.len() => return None,
        crate::Ahead::From(start) => start,
    };
    match searcher::short_next(image, haystack, start, iteration) {
        Ok(found) => found,
        Err(from) => {
            let task = Task::of_image(image, haystack, start, from);
            let mut slots = [Slot::NONE; 2];
            let found = task.run_next(iteration, cache, &mut slots);
            found.then(|| slots[0].get().zip(slots[1].get())).flatten()
        }
    }
}

/// Searches as [`search_with`] does for the next match of an iteration.
pub fn search_next_with(
    engine: Engine,
    program: &Program<'_>,
    input: &Input<'_>,
    iteration: &mut Iteration,
    cache: &mut Scratch,
    slots: &mut [Slot],
) -> Option<bool> {
    cache.engines.dfa.iteration = iteration.number(&mut cache.numbers);
    let found = search_with(engine, program, input, cache, slots);
    cache.engines.dfa.iteration = 0;
    found
}

/// Makes a program hot: attaches the plan for text like the sample to its image and publishes its table, if
/// it has one and there is room.
pub fn heat(image: &Image, sample: &[u8], cache: &mut Scratch) {
    let program = &image.program();
    if program.delegate().is_some() {
        return;
    }
    let region = Region {
        whole: sample,
        start: 0,
        end: sample.len(),
    };
    let _ = attach(program, region);
    dfa::publish(program, &mut cache.engines.dfa);
}

/// What the strategy of a program looks for to find candidates: of its plan if it is hot, else of the plan that its next
/// search makes.
#[must_use]
pub fn prefilter_of(program: &Program<'_>) -> &'static str {
    let cold;
    let plan = match program.attached::<Plan>() {
        Some(plan) => plan,
        None => {
            cold = Plan::cold(program);
            &cold
        }
    };
    match plan.strategy.prefilter() {
        Prefilter::Nothing => "nothing",
        Prefilter::Lines(_) => "lines",
        Prefilter::One(_) => "one byte",
        Prefilter::Two(..) => "two bytes",
        Prefilter::Three(..) => "three bytes",
        Prefilter::Set(_) => "byte set",
        Prefilter::Needle(_) => "needle",
        Prefilter::Teddy { .. } => "Teddy",
        Prefilter::ShiftTable { .. } => "shift table",
        Prefilter::Reverse { .. } => "reverse",
    }
}

/// Who verifies the candidates of a forced strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerifierKind {
    /// The published table alone; there may be no answer.
    Short,
    /// The engines.
    Core,
}

/// Who searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Means {
    /// [`search`], and [`search_next`] in an iteration.
    Free,
    /// [`short_is_match`] and [`short_find`], and [`find_next`] in an iteration.
    Public,
    /// One engine.
    Engine(Engine),
    /// One strategy.
    Strategy(StrategyKind, VerifierKind),
}

/// A way to search: who, and whether the program is hot.
///
/// Its name has parts between colons: `free:cold`, `public:hot`, `lazy-dfa:hot`, `class-run:short:cold`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Way {
    /// Who searches.
    pub means: Means,
    /// Whether the program is hot: its strategy is made for the text, and the image is one that [`heat`] made hot.
    pub is_hot: bool,
}

impl Way {
    /// Every way, those of cold programs first.
    #[must_use]
    pub fn all() -> Vec<Way> {
        let engines = Engine::ALL.map(Means::Engine);
        let strategies = StrategyKind::ALL.into_iter().flat_map(|kind| {
            [VerifierKind::Short, VerifierKind::Core].map(|by| Means::Strategy(kind, by))
        });
        let means: Vec<_> = [Means::Free, Means::Public]
            .into_iter()
            .chain(engines)
            .chain(strategies)
            .collect();
        let ways = |is_hot| means.iter().map(move |&means| Way { means, is_hot });
        ways(false).chain(ways(true)).collect()
    }

    /// The ways that a test runs: all, or those of an engine and those of a strategy, each named by its first part and
    /// any others. `free` and `public` go with the engines.
    #[must_use]
    pub fn named(engine: Option<&str>, strategy: Option<&str>) -> Vec<Way> {
        let mut ways = Way::all();
        if engine.is_some() || strategy.is_some() {
            ways.retain(|way| {
                let wanted = match way.means {
                    Means::Free | Means::Public | Means::Engine(_) => engine,
                    Means::Strategy(..) => strategy,
                };
                wanted.is_some_and(|wanted| way.is_named(wanted))
            });
        }
        ways
    }

    fn is_named(self, wanted: &str) -> bool {
        let name = self.to_string();
        let mut parts = wanted.split(':');
        name.split(':').next() == parts.next()
            && parts.all(|part| name.split(':').skip(1).any(|other| other == part))
    }

    /// Makes the way ready for a program and text like the sample; `None` if it does not serve the program.
    #[must_use]
    pub fn of(self, image: &Image, sample: &[u8]) -> Option<Forced> {
        let program = &image.program();
        let is_delegated = program.delegate().is_some();
        let plan = match self.means {
            Means::Free | Means::Public => None,
            Means::Engine(engine) if (engine == Engine::Delegate) != is_delegated => return None,
            Means::Engine(_) => None,
            Means::Strategy(_, VerifierKind::Short) if is_delegated => return None,
            Means::Strategy(kind, _) => {
                let strategy = Strategy::of_kind(kind, program, self.is_hot.then_some(sample))?;
                Some(Plan::of(program, strategy, self.is_hot))
            }
        };
        Some(Forced {
            way: self,
            program: program.id(),
            plan,
        })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.means {
            Means::Free => f.write_str("free")?,
            Means::Public => f.write_str("public")?,
            Means::Engine(engine) => f.write_str(engine_name(engine))?,
            Means::Strategy(kind, verifier) => {
                let verifier = match verifier {
                    VerifierKind::Short => "short",
                    VerifierKind::Core => "core",
                };
                write!(f, "{}:{verifier}", kind.name().replace(' ', "-"))?;
            }
        }
        f.write_str(if self.is_hot { ":hot" } else { ":cold" })
    }
}

fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Literal => "literal",
        Engine::OnePass => "one-pass",
        Engine::BitParallel => "bit-parallel",
        Engine::Backtrack => "backtrack",
        Engine::Fused => "fused",
        Engine::Pike => "pike",
        Engine::Dfa => "dfa",
        Engine::LazyDfa => "lazy-dfa",
        Engine::Delegate => "delegate",
    }
}

/// A way to search one program, made ready.
#[derive(Debug)]
pub struct Forced {
    way: Way,
    /// The program that the plan is of.
    program: u64,
    plan: Option<Plan>,
}

impl Forced {
    /// The way.
    #[must_use]
    pub fn way(&self) -> Way {
        self.way
    }

    /// Searches as [`search`] does; `None` if this way does not tell.
    ///
    /// # Panics
    ///
    /// If the image is not the one that the way was made ready for.
    pub fn search(
        &self,
        image: &Image,
        input: &Input<'_>,
        cache: &mut Scratch,
        slots: &mut [Slot],
    ) -> Option<bool> {
        let program = &image.program();
        match self.way.means {
            Means::Free => Some(search(program, input, cache, slots)),
            Means::Public => public(image, input, slots),
            Means::Engine(engine) => search_with(engine, program, input, cache, slots),
            Means::Strategy(_, verifier) => {
                self.search_planned(verifier, image, input, None, cache, slots)
            }
        }
    }

    /// Searches as [`search_next`] does, for the next match of an iteration; `None` if this way does not tell.
    ///
    /// # Panics
    ///
    /// If the image is not the one that the way was made ready for.
    pub fn search_next(
        &self,
        image: &Image,
        input: &Input<'_>,
        iteration: &mut Iteration,
        cache: &mut Scratch,
        slots: &mut [Slot],
    ) -> Option<bool> {
        let program = &image.program();
        match self.way.means {
            Means::Free => Some(search_next(program, input, iteration, cache, slots)),
            Means::Public => {
                if !is_public(input) || slots.len() != 2 {
                    return None;
                }
                let found = find_next(image, input.haystack, input.start, iteration, cache);
                if let Some((start, end)) = found {
                    write_span(slots, start, end);
                }
                Some(found.is_some())
            }
            Means::Engine(engine) => {
                search_next_with(engine, program, input, iteration, cache, slots)
            }
            Means::Strategy(_, verifier) => {
                cache.engines.dfa.iteration = iteration.number(&mut cache.numbers);
                let found =
                    self.search_planned(verifier, image, input, Some(iteration), cache, slots);
                cache.engines.dfa.iteration = 0;
                found
            }
        }
    }

    fn search_planned(
        &self,
        verifier: VerifierKind,
        image: &Image,
        input: &Input<'_>,
        iteration: Option<&mut Iteration>,
        cache: &mut Scratch,
        slots: &mut [Slot],
    ) -> Option<bool> {
        let program = &image.program();
        assert_eq!(self.program, program.id(), "a plan is of one program");
        let plan = self.plan.as_ref()?;
        if program.delegate().is_some() {
            return Some(Task::of_program(*program, *input).run(cache, slots));
        }
        let Some(search) = Search::prepare(program, input) else {
            return Some(false);
        };
        match verifier {
            VerifierKind::Core => {
                let task = Task::of_program(*program, *input);
                Some(task.run_in(plan, &search, &mut cache.notes, &mut cache.engines, slots))
            }
            VerifierKind::Short => short_as(plan, image, &search, iteration, slots),
        }
    }
}

/// Tells whether a search is one that the functions of [`crate`] for spans take.
fn is_public(input: &Input<'_>) -> bool {
    let is_whole = input.end == input.haystack.len() && input.start <= input.end;
    is_whole && !input.anchored && !input.earliest
}

/// What a hot program tells without any cache.
fn public(image: &Image, input: &Input<'_>, slots: &mut [Slot]) -> Option<bool> {
    if !is_public(input) {
        return None;
    }
    match slots.len() {
        0 => short_is_match(image, input.haystack, input.start),
        2 => {
            let found = short_find(image, input.haystack, input.start)?;
            if let Some((start, end)) = found {
                write_span(slots, start, end);
            }
            Some(found.is_some())
        }
        _ => None,
    }
}

fn short_as(
    plan: &Plan,
    image: &Image,
    search: &Search<'_, '_>,
    iteration: Option<&mut Iteration>,
    slots: &mut [Slot],
) -> Option<bool> {
    if search.anchored && !matches!(plan.strategy, Strategy::Anchored(_)) {
        return None;
    }
    let (strategy, region) = (&plan.strategy, search.region());
    let verdict = match (slots.len(), iteration) {
        (0, _) => strategy.search(&mut Short::<_, true>::new(image, plan), region),
        (2, _) if search.earliest => return None,
        (2, None) => strategy.search(&mut Short::<_, false>::new(image, plan), region),
        (2, Some(iteration)) => {
            let dead = iteration.dead_state();
            let short = &mut Short::<_, false>::next(image, plan, dead, false);
            strategy.search(short, region)
        }
        _ => return None,
    };
    match verdict {
        Verdict::Match(start, end) => {
            write_span(slots, start, end);
            Some(true)
        }
        Verdict::NoMatch => Some(false),
        Verdict::Undecided(_) => None,
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
    if !engine.runs(program, input, slots.len()) {
        return None;
    }
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
    let plan = plans.of(program, search.region(), engine == Engine::BitParallel);
    let prefilter = plan.strategy.prefilter();
    let (note, scans) = notes.of(program);
    if engine == Engine::BitParallel {
        let table = scans.table(&search, note, true)?;
        let mut starts = Candidates::new(&search, prefilter, &mut note.near);
        let engine = Engine::Backtrack;
        let (found, _) =
            core::scan_with_table(engine, &mut search, table, &mut starts, engines, slots);
        return Some(found);
    }
    let known = &mut Known {
        skip: prefilter,
        is_hot: plan.is_hot,
        note,
        scans,
        start: &mut None,
    };
    let tier = match engine {
        Engine::Dfa => Some(Tier::Whole),
        Engine::LazyDfa => Some(Tier::Lazy),
        _ => None,
    };
    if let Some(tier) = tier {
        let ran = core::run_tables(tier, &search, known, engines, slots);
        return core::finish_tables(ran?, &mut search, engines, slots).or_else(|| {
            let mut starts = known.starts(&search);
            let pike = Engine::Pike;
            Some(core::precise(
                pike,
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
        return core::fused(&mut search, known, engines, slots);
    }
    let mut starts = known.starts(&search);
    match engine {
        Engine::Literal => literal(plan, &search, slots),
        Engine::OnePass => core::one_pass(&search, engines, slots),
        Engine::Backtrack if search.earliest && !slots.is_empty() => None,
        Engine::Backtrack => match core::backtrack(&search, &mut starts, engines, slots) {
            Ran::Match => Some(true),
            Ran::NoMatch => Some(false),
            Ran::GaveUp(_) => None,
        },
        Engine::Pike => Some(core::pike(&search, &mut starts, engines, slots)),
        Engine::BitParallel | Engine::Fused | Engine::Dfa | Engine::LazyDfa | Engine::Delegate => {
            None
        }
    }
}

/// Searches for the literal that a program is.
fn literal(plan: &Plan, search: &Search<'_, '_>, slots: &mut [Slot]) -> Option<bool> {
    let Strategy::Literal(literal) = &plan.strategy else {
        return None;
    };
    if search.anchored {
        return None;
    }
    match literal.search(
        &Short::<_, false>::new(search.program, plan),
        search.region(),
    ) {
        Verdict::Match(start, end) => {
            write_span(slots, start, end);
            Some(true)
        }
        Verdict::NoMatch => Some(false),
        Verdict::Undecided(_) => None,
    }
}
