//! How a pattern is searched: chosen once, when its plan is made.
//!
//! | strategy | when | what is looked for |
//! |---|---|---|
//! | [`Strategy::Delegate`] | the pattern has no program | `regex-automata` runs it |
//! | [`Strategy::ClassRun`] | the pattern is a run of one class | the run, many bytes at a time |
//! | [`Strategy::Anchored`] | every match starts at the start | the bytes at both ends, then one candidate |
//! | [`Strategy::Literal`] | the pattern is one literal | the literal |
//! | [`Strategy::ReverseAnchored`] | every match ends at the end | from the end backwards, then candidates |
//! | [`Strategy::Required`] | every match contains certain bytes | those first, then candidates around them |
//! | [`Strategy::Candidates`] | a prefilter names candidates | candidates |
//! | [`Strategy::Core`] | nothing helps | nothing: an automaton runs over all bytes |
//!
//! The first row that holds is chosen. Exercised by `tests/strategy.rs`, a table of patterns and their strategies, and by
//! `tests/oracle.rs`.

pub(crate) mod anchored;
pub(crate) mod class_block;
pub(crate) mod class_run;
pub(crate) mod literal;
pub(crate) mod plan;
pub(crate) mod required;
pub(crate) mod reverse_anchored;
pub(crate) mod short;
pub(crate) mod unanchored;
pub(crate) mod verify;

use std::sync::Arc;

use repool_arena::{OutOfMemory, Pool};
use repool_program::{Flags, Program};

use crate::prefilter::{NOTHING, Prefilter};
use crate::region::Region;
use anchored::Anchored;
use class_run::Run;
use literal::Literal;
use reverse_anchored::ReverseAnchored;
use unanchored::Unanchored;
use verify::{Ask, Verdict, Verifier};

/// How a pattern is searched; see the table above.
#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one a plan, and a box would be an allocation whenever a plan is made for a cold program"
)]
// A tag of its own: a niche in one of the parts takes six instructions to read.
#[repr(u8)]
pub(crate) enum Strategy {
    Delegate,
    ClassRun(Run),
    Anchored(Anchored),
    ReverseAnchored(ReverseAnchored),
    Literal(Literal),
    Required(Unanchored),
    Candidates(Unanchored),
    Core,
}

/// The names of the strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StrategyKind {
    /// `regex-automata` runs the pattern.
    Delegate,
    /// The pattern is a run of one class.
    ClassRun,
    /// Every match starts where the haystack does.
    Anchored,
    /// Every match ends where the haystack does.
    ReverseAnchored,
    /// The pattern is one literal.
    Literal,
    /// What every match contains is looked for first.
    Required,
    /// A prefilter names places where a match may start.
    Candidates,
    /// An automaton runs over all bytes.
    Core,
}

impl StrategyKind {
    /// Every strategy, in the order in which they are chosen.
    pub const ALL: [StrategyKind; 8] = [
        StrategyKind::Delegate,
        StrategyKind::ClassRun,
        StrategyKind::Anchored,
        StrategyKind::ReverseAnchored,
        StrategyKind::Literal,
        StrategyKind::Required,
        StrategyKind::Candidates,
        StrategyKind::Core,
    ];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            StrategyKind::Delegate => "delegate",
            StrategyKind::ClassRun => "class run",
            StrategyKind::Anchored => "anchored",
            StrategyKind::ReverseAnchored => "reverse anchored",
            StrategyKind::Literal => "literal",
            StrategyKind::Required => "required",
            StrategyKind::Candidates => "candidates",
            StrategyKind::Core => "core",
        }
    }
}

impl Strategy {
    /// The strategy of a program: the first row of the table above that holds. `sample` is text of the kind that is searched,
    /// if the program is hot.
    pub(crate) fn choose(program: &Program<'_>, sample: Option<&[u8]>) -> Strategy {
        let flags = program.flags();
        if flags.contains(Flags::DELEGATED) {
            return Strategy::Delegate;
        }
        if let Some(run) = class_run(program, sample.is_some()) {
            return Strategy::ClassRun(run);
        }
        if flags.contains(Flags::ANCHORED_START) {
            return Strategy::Anchored(Anchored::new(program, sample.is_some()));
        }
        let prefilter = prefilter(program, sample);
        if flags.contains(Flags::LITERAL)
            && let Some(literal) = Literal::new(program, &prefilter)
        {
            return Strategy::Literal(literal);
        }
        let unanchored = Unanchored::new(program, prefilter, sample);
        if flags.contains(Flags::ANCHORED_END) {
            let is_hot = sample.is_some();
            return Strategy::ReverseAnchored(ReverseAnchored::new(program, is_hot, unanchored));
        }
        match unanchored {
            unanchored if unanchored.is_required_first => Strategy::Required(unanchored),
            unanchored if unanchored.skips() => Strategy::Candidates(unanchored),
            _ => Strategy::Core,
        }
    }

    /// The strategy of this kind, if it serves the program.
    pub(crate) fn of_kind(
        kind: StrategyKind,
        program: &Program<'_>,
        sample: Option<&[u8]>,
    ) -> Option<Strategy> {
        let has = |flag| program.flags().contains(flag);
        let is_hot = sample.is_some();
        let unanchored = || Unanchored::new(program, prefilter(program, sample), sample);
        match kind {
            _ if has(Flags::DELEGATED) => {
                (kind == StrategyKind::Delegate).then_some(Strategy::Delegate)
            }
            StrategyKind::Delegate => None,
            StrategyKind::ClassRun => class_run(program, is_hot).map(Strategy::ClassRun),
            StrategyKind::Anchored => has(Flags::ANCHORED_START)
                .then(|| Strategy::Anchored(Anchored::new(program, is_hot))),
            StrategyKind::ReverseAnchored => has(Flags::ANCHORED_END).then(|| {
                Strategy::ReverseAnchored(ReverseAnchored::new(program, is_hot, unanchored()))
            }),
            StrategyKind::Literal => (has(Flags::LITERAL))
                .then(|| Literal::new(program, &prefilter(program, sample)))
                .flatten()
                .map(Strategy::Literal),
            StrategyKind::Required => unanchored().looking_first().map(Strategy::Required),
            StrategyKind::Candidates => Some(Strategy::Candidates(unanchored())),
            StrategyKind::Core => Some(Strategy::Core),
        }
    }

    /// Searches a region. If the program is anchored at the end, the region ends where the haystack does.
    #[inline(always)]
    pub(crate) fn search<V: Verifier>(&self, verifier: &mut V, region: Region<'_>) -> Verdict {
        let (unanchored, region) = match self {
            // No plan of such a program is ever asked; see `crate::searcher`.
            Strategy::Delegate => return Verdict::Undecided(region.start),
            Strategy::ClassRun(run) => {
                let is_shortest = matches!(verifier.ask(), Ask::Existence | Ask::EarliestEnd);
                return Verdict::of(run.find(verifier.source(), region, is_shortest));
            }
            Strategy::Anchored(anchored) => return anchored.search(verifier, region),
            Strategy::Literal(literal) => return literal.search(verifier, region),
            Strategy::ReverseAnchored(reverse) => match reverse.narrow(verifier, region) {
                Ok(region) => (&reverse.starts, region),
                Err(verdict) => return verdict,
            },
            Strategy::Required(unanchored) | Strategy::Candidates(unanchored) => {
                (unanchored, region)
            }
            Strategy::Core => (&Unanchored::CORE, region),
        };
        // One place, so that what verifies is inlined once.
        unanchored.search(verifier, region)
    }

    /// Tells whether a search without the thread's cache takes few steps in a haystack of any length, besides one scan.
    pub(crate) fn is_bounded(&self) -> bool {
        match self {
            Strategy::ClassRun(_) | Strategy::Anchored(_) | Strategy::Literal(_) => true,
            Strategy::ReverseAnchored(reverse) => {
                reverse.starts.prefilter.is_at_end() && reverse.starts.required.is_none()
            }
            Strategy::Delegate
            | Strategy::Required(_)
            | Strategy::Candidates(_)
            | Strategy::Core => false,
        }
    }

    pub(crate) fn kind(&self) -> StrategyKind {
        match self {
            Strategy::Delegate => StrategyKind::Delegate,
            Strategy::ClassRun(_) => StrategyKind::ClassRun,
            Strategy::Anchored(_) => StrategyKind::Anchored,
            Strategy::ReverseAnchored(_) => StrategyKind::ReverseAnchored,
            Strategy::Literal(_) => StrategyKind::Literal,
            Strategy::Required(_) => StrategyKind::Required,
            Strategy::Candidates(_) => StrategyKind::Candidates,
            Strategy::Core => StrategyKind::Core,
        }
    }

    /// What names the candidates, if anything does.
    #[inline]
    pub(crate) fn prefilter(&self) -> &Prefilter {
        match self {
            Strategy::Required(unanchored) | Strategy::Candidates(unanchored) => {
                &unanchored.prefilter
            }
            Strategy::ReverseAnchored(reverse) => &reverse.starts.prefilter,
            Strategy::Delegate
            | Strategy::ClassRun(_)
            | Strategy::Anchored(_)
            | Strategy::Literal(_)
            | Strategy::Core => &NOTHING,
        }
    }

    /// Leaves out what is too large for a thread to keep for itself.
    pub(crate) fn shrink(&mut self) {
        match self {
            Strategy::Required(unanchored) | Strategy::Candidates(unanchored) => {
                unanchored.prefilter.shrink();
            }
            Strategy::ReverseAnchored(reverse) => reverse.starts.prefilter.shrink(),
            Strategy::Delegate
            | Strategy::ClassRun(_)
            | Strategy::Anchored(_)
            | Strategy::Literal(_)
            | Strategy::Core => {}
        }
    }

    /// The bytes of each run of memory that it holds.
    pub(crate) fn runs(&self, run: &mut dyn FnMut(usize)) {
        match self {
            Strategy::ClassRun(class_run) => class_run.runs(run),
            Strategy::Literal(literal) => literal.runs(run),
            Strategy::Required(unanchored) | Strategy::Candidates(unanchored) => {
                unanchored.prefilter.runs(run);
            }
            Strategy::ReverseAnchored(reverse) => reverse.starts.prefilter.runs(run),
            Strategy::Delegate | Strategy::Anchored(_) | Strategy::Core => {}
        }
    }

    /// Moves the runs of memory that it holds into a pool.
    pub(crate) fn move_into(&mut self, pool: &Arc<Pool>) -> Result<(), OutOfMemory> {
        match self {
            Strategy::ClassRun(class_run) => class_run.move_into(pool),
            Strategy::Literal(literal) => literal.move_into(pool),
            Strategy::Required(unanchored) | Strategy::Candidates(unanchored) => {
                unanchored.prefilter.move_into(pool)
            }
            Strategy::ReverseAnchored(reverse) => reverse.starts.prefilter.move_into(pool),
            Strategy::Delegate | Strategy::Anchored(_) | Strategy::Core => Ok(()),
        }
    }
}

fn class_run(program: &Program<'_>, is_hot: bool) -> Option<Run> {
    let mut run = Run::new(program)?;
    if is_hot {
        run.heat(program);
    }
    Some(run)
}

fn prefilter(program: &Program<'_>, sample: Option<&[u8]>) -> Prefilter {
    match sample {
        Some(sample) => Prefilter::hot(program, sample),
        None => Prefilter::new(program),
    }
}
