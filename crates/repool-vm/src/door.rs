//! The door: a short haystack, searched from its start for a program that is hot.
//!
//! Most calls of a service are such searches, and what they find out takes less time than it takes to prepare a
//! search. So the plan that is attached to the image says which few steps tell most, and they are taken with
//! nothing but the image and the haystack: what a match starts with or contains is looked for, and the published
//! table is run from there. Whatever that leaves open is for [`crate::enter`], from the start.
//! Exercised by `tests/oracle.rs`.

use repool_program::{Flags, Image, Program, UNBOUNDED};
use repool_text::is_boundary;

use crate::analysis::outside::is_outside;
use crate::engine::dfa::walk::BYTES_MAX as WALK_BYTES_MAX;
use crate::engine::dfa::walk::Met;
use crate::engine::dfa::walk::Walk;
use crate::enter::look;
use crate::input::Slot;
use crate::iteration::Iteration;
use crate::iteration::WALKED_BYTES;
use crate::prefilter::Skip;
use crate::prefilter::needle::Finder;
use crate::search::Search;
use crate::start::Start;
use crate::strategy::literal;
use crate::strategy::plan::Plan;
use crate::strategy::required;

/// In more bytes to prepare a search costs little, and the thread may know more.
const BYTES_MAX: usize = WALK_BYTES_MAX;

/// In fewer bytes starts are looked for one by one.
const NEAR_BYTES: usize = 16;

/// In more bytes behind the last match its end is not looked for as that of a close one.
const ENDS_BYTES: usize = 40;

/// If a byte stands so near to the one before, the next few are looked for at once.
const DENSE_BYTES: usize = 32;

/// So many runs of a table may fail.
const RUNS_MAX: usize = 12;

/// How a search begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Door {
    first: First,
    /// No span splits a character.
    is_text: bool,
    /// A match starts where the haystack does.
    is_anchored: bool,
    /// The most bytes a match has, if it ends where the haystack does.
    len_max: Option<u32>,
}

/// What is done first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum First {
    /// What is done first in any search.
    #[default]
    Look,
    /// Every match is this needle, as it stands.
    Needle,
    /// Every match is a literal.
    Literal,
    /// Every match is a run of this class.
    Run,
    /// The first and the last byte are looked at, as far as the plan knows what they must be.
    Ends,
    /// What a match starts with is looked for.
    Starts,
    /// What a match contains is looked for, then what it starts with.
    Required,
    /// The same, with a walk back from there.
    Back,
}

impl Door {
    /// The door of a program with this plan.
    pub(crate) fn new(program: &Program<'_>, plan: &Plan) -> Door {
        let flags = program.flags();
        let is_anchored = flags.contains(Flags::ANCHORED_START);
        let is_bound = is_anchored || flags.contains(Flags::ANCHORED_END);
        let is_literal = flags.contains(Flags::LITERAL);
        let first = match &plan.skip {
            _ if plan.run.is_some() => First::Run,
            _ if is_bound => First::Ends,
            Skip::Needle(finder) if is_literal && finder.is_exact() => First::Needle,
            _ if is_literal => First::Literal,
            _ if plan.required.is_some() && !plan.has_rare_starts => First::Required,
            Skip::Lines(_) | Skip::Grams { .. } => First::Look,
            Skip::Back { back, .. } if back.finds_required() => First::Back,
            _ => First::Starts,
        };
        let len_max = Some(program.len_max()).filter(|&len| len != UNBOUNDED);
        Door {
            first,
            is_text: flags.contains(Flags::UTF8),
            is_anchored,
            len_max: len_max.filter(|_| flags.contains(Flags::ANCHORED_END)),
        }
    }
}

/// Where a match was found: its span, or anything if only that it is there was asked for.
type Found = Option<(usize, usize)>;

/// Tells whether there is a match anywhere in a haystack; `None` if what is attached to the image and published
/// beside it does not tell.
#[inline]
#[must_use]
pub fn knock(image: &Image, hay: &[u8]) -> Option<bool> {
    Visit::new(image, hay)?
        .find::<true>()
        .map(|found| found.is_some())
}

/// The span of the leftmost match in a haystack; `None` as [`knock`].
#[inline]
#[must_use]
pub fn knock_for_span(image: &Image, hay: &[u8]) -> Option<Found> {
    Visit::new(image, hay)?.find::<false>()
}

/// The first place in a haystack where a match may start, nowhere if there is no match; `None` as [`knock`]. For a search
/// that has to have memory if there is one.
#[inline]
#[must_use]
pub fn knock_for_start<'a, 'h>(image: &'a Image, hay: &'h [u8]) -> Option<Option<Start<'a, 'h>>> {
    let visit = Visit::new(image, hay)?;
    let first = match visit.plan.door.first {
        First::Starts => visit.first_start(0)?,
        First::Required => match visit.window(visit.plan.required.as_ref()?, 0) {
            Some(at) => visit.first_start(at)?,
            None => None,
        },
        First::Back => visit.first_back()?,
        First::Ends if visit.lacks_ends() => None,
        First::Ends if visit.plan.door.is_anchored => Some(0),
        _ => return None,
    };
    Some(first.map(|at| Start { image, hay, at }))
}

/// Tells whether a search for groups had better find the span of a match first: where what a match starts with is rare, its
/// groups are found as soon as its start.
#[inline]
#[must_use]
pub fn finds_span_first(image: &Image) -> bool {
    let plan: Option<&Plan> = image.attached_value();
    plan.is_some_and(|plan| {
        let is_found = plan.skip.is_rare() || matches!(plan.skip, Skip::Lines(_));
        !is_found && !plan.door.is_anchored
    })
}

/// The span of the next match of an iteration that starts at `start` or behind, where what a match starts with is rare;
/// `None` as [`knock`], and for a while after one that was not told.
#[inline]
#[must_use]
pub fn knock_again(
    image: &Image,
    hay: &[u8],
    start: usize,
    iteration: &mut Iteration,
) -> Option<Found> {
    let plan: &Plan = image.attached_value()?;
    let visit = Visit { image, plan, hay };
    if plan.door.first == First::Needle {
        return Some(visit.next_needle(start, iteration));
    }
    if iteration.begins_walk() {
        if let found @ Some(_) = visit.close(start, iteration) {
            return Some(found);
        }
        iteration.walked_in_vain();
    }
    if iteration.is_paused() {
        return None;
    }
    let found = match plan.door.first {
        First::Starts if plan.skip.is_rare() => visit.starts::<false>(start),
        First::Required => visit.required::<false>(start),
        First::Back => visit.back::<false>(start),
        _ => return None,
    };
    match found {
        Some(found) => iteration.glanced(found.map(|(at, _)| at - start)),
        None => iteration.missed(),
    }
    found
}

/// One search at the door. `ANY` asks only whether there is a match.
#[derive(Clone, Copy)]
struct Visit<'a, 'h> {
    image: &'a Image,
    plan: &'a Plan,
    hay: &'h [u8],
}

impl<'a, 'h> Visit<'a, 'h> {
    #[inline(always)]
    fn new(image: &'a Image, hay: &'h [u8]) -> Option<Visit<'a, 'h>> {
        let plan = image.attached_value()?;
        (hay.len() <= BYTES_MAX).then_some(Visit { image, plan, hay })
    }

    #[inline(always)]
    fn find<const ANY: bool>(self) -> Option<Found> {
        match self.plan.door.first {
            First::Look => self.look::<ANY>(),
            First::Needle => Some(self.needle(0)),
            First::Literal => self.literal(),
            First::Run => self.run::<ANY>(),
            First::Ends => self.ends::<ANY>(),
            First::Starts => self.starts::<ANY>(0),
            First::Required => self.required::<ANY>(0),
            First::Back => self.back::<ANY>(0),
        }
    }

    #[inline(never)]
    fn look<const ANY: bool>(self) -> Option<Found> {
        let program = self.image.program();
        let mut search = Search::of(&program, self.hay);
        if ANY {
            return Some(look(self.plan, &mut search, &mut [])?.then_some((0, 0)));
        }
        let mut slots = [Slot::NONE; 2];
        let found = look(self.plan, &mut search, &mut slots)?;
        Some(found.then(|| slots[0].get().zip(slots[1].get())).flatten())
    }

    #[inline(always)]
    fn run<const ANY: bool>(self) -> Option<Found> {
        let run = self.plan.run.as_ref()?;
        let program = self.image.program();
        if run.is_simple() {
            let start = run.first_member(&program, self.hay);
            let end = |start| {
                if ANY {
                    start
                } else {
                    run.end(&program, self.hay, start)
                }
            };
            return Some(start.map(|start| (start, end(start))));
        }
        Some(run.find(&Search::of(&program, self.hay), ANY))
    }

    #[inline(always)]
    fn needle(self, at: usize) -> Found {
        let Skip::Needle(finder) = &self.plan.skip else {
            return None;
        };
        let start = finder.find_in(self.image, self.hay, at)?;
        Some((start, start + finder.needle().len as usize))
    }

    /// The next of many needles.
    #[inline(always)]
    fn next_needle(self, start: usize, iteration: &mut Iteration) -> Found {
        let (found, end) = self.needle(start)?;
        if let Skip::Needle(finder) = &self.plan.skip
            && let Some(byte) = finder.only_byte()
            && found < start + DENSE_BYTES
        {
            iteration.look_for_byte(self.hay, end, byte);
        }
        Some((found, end))
    }

    #[inline(always)]
    fn literal(self) -> Option<Found> {
        literal::first(&self.image.program(), &self.plan.skip, self.hay, 0)
    }

    #[inline(always)]
    fn ends<const ANY: bool>(self) -> Option<Found> {
        let (plan, hay) = (self.plan, self.hay);
        if self.lacks_ends() {
            return Some(None);
        }
        // A match ends at the end, so it starts at most its greatest length before.
        let reach = (plan.door.len_max).map_or(hay.len(), |len| len as usize);
        let mut at = hay.len().saturating_sub(reach);
        if plan.door.is_anchored {
            return if at > 0 {
                Some(None)
            } else {
                self.walk()?.at::<ANY>(0)
            };
        }
        while plan.door.is_text && !is_boundary(hay, at) {
            at += 1;
        }
        if let Some(required) = plan.required.as_ref().filter(|_| plan.skip.is_at_end())
            && required.find_in(self.image, hay, at).is_none()
        {
            return Some(None);
        }
        if let Some(start) = plan.skip.exact::<ANY>(hay, at, BYTES_MAX) {
            return Some(start.map(|start| (start, hay.len())));
        }
        // Most runs from a start fail: the search that knows how to go on finds the span.
        let found = self.starts::<true>(at)?;
        (ANY || found.is_none()).then_some(found)
    }

    /// Tells whether the first or the last byte is none with which a match starts or ends there.
    #[inline(always)]
    fn lacks_ends(self) -> bool {
        let (plan, hay) = (self.plan, self.hay);
        is_outside(&plan.endings, hay.last()) || is_outside(&plan.openings, hay.first())
    }

    /// The first place where a match may start, at `at` or behind.
    #[inline(always)]
    fn first_start(self, mut at: usize) -> Option<Option<usize>> {
        loop {
            let Some(first) = self.plan.skip.find(self.image, self.hay, at)? else {
                return Some(None);
            };
            if !self.plan.door.is_text || is_boundary(self.hay, first) {
                return Some(Some(first));
            }
            at = first + 1;
        }
    }

    /// Where a match may start around what every match contains, if that is there at `at` or behind.
    #[inline(always)]
    fn window(self, required: &Finder, at: usize) -> Option<usize> {
        let found = required.find_in(self.image, self.hay, at)?;
        let outside = self.plan.outside.as_ref();
        Some(required::start(
            &self.image.program(),
            self.hay,
            at,
            found,
            outside,
        ))
    }

    /// The first place where a match may start, if it is looked for backwards.
    #[inline(always)]
    fn first_back(self) -> Option<Option<usize>> {
        let Skip::Back { back, .. } = &self.plan.skip else {
            return None;
        };
        let first = back.find(&self.image.program(), self.hay, 0);
        match first {
            Some(first) if self.plan.door.is_text && !is_boundary(self.hay, first) => None,
            first => Some(first),
        }
    }

    #[inline(never)]
    fn required<const ANY: bool>(self, at: usize) -> Option<Found> {
        match self.window(self.plan.required.as_ref()?, at) {
            Some(at) => self.starts::<ANY>(at),
            None => Some(None),
        }
    }

    #[inline(always)]
    fn back<const ANY: bool>(self, start: usize) -> Option<Found> {
        let Skip::Back { back, .. } = &self.plan.skip else {
            return None;
        };
        let Some(first) = back.find(&self.image.program(), self.hay, start) else {
            return Some(None);
        };
        if self.plan.door.is_text && !is_boundary(self.hay, first) {
            return None;
        }
        // After a run that fails the next start is beside it and fails alike: the search knows how to go on.
        match self.walk()? {
            walk if ANY => walk.behind(first),
            walk => walk.at::<false>(first)?.map(Some),
        }
    }

    #[inline(always)]
    fn starts<const ANY: bool>(self, start: usize) -> Option<Found> {
        let hay = self.hay;
        let skip = match hay.len() < start + NEAR_BYTES {
            true => self.plan.skip.near(),
            false => &self.plan.skip,
        };
        let mut at = start;
        for _ in 0..RUNS_MAX {
            let Some(first) = skip.find(self.image, hay, at)? else {
                return Some(None);
            };
            at = first + 1;
            if self.plan.door.is_text && !is_boundary(hay, first) {
                continue;
            }
            let Some(walk) = self.walk() else {
                return self.is_lacking(first).then_some(None);
            };
            if ANY {
                return walk.behind(first);
            }
            if let found @ Some(_) = walk.at::<false>(first)? {
                return Some(found);
            }
            // The next start is beside it and fails alike: the search knows how to go on.
            if matches!(skip, Skip::Back { .. } | Skip::Nothing) {
                return None;
            }
        }
        None
    }

    /// The match that starts at `start` or in the few bytes behind, and those that follow as close, as far as they
    /// can be kept.
    #[inline(always)]
    fn close(self, start: usize, iteration: &mut Iteration) -> Found {
        match (iteration.walks_to_ends(), iteration.wants_ends()) {
            (true, true) => self.close_as::<true, true>(start, iteration),
            (true, false) => self.close_as::<true, false>(start, iteration),
            (false, _) => self.close_as::<false, false>(start, iteration),
        }
    }

    /// The same, by runs to the next end or from one place after the other; the end may be all that is asked for. A function
    /// for each, so that its loop keeps all it needs in registers.
    #[inline(never)]
    fn close_as<const TO_END: bool, const IS_TOLD: bool>(
        self,
        start: usize,
        iteration: &mut Iteration,
    ) -> Found {
        let bytes_max = if TO_END { ENDS_BYTES } else { BYTES_MAX };
        let walk = self.walk()?.within(bytes_max);
        let first = self.meet_as::<TO_END, IS_TOLD>(&walk, start, iteration)?;
        iteration.walk_told();
        let mut last = first;
        iteration.queue().restart(first.1);
        // Behind a match that is empty the next search starts elsewhere.
        while last.0 < last.1 && iteration.may_walk() {
            let Some(next) = self.meet_as::<TO_END, IS_TOLD>(&walk, last.1, iteration) else {
                break;
            };
            if !(iteration.queue()).push(next.0 - last.1, next.1 - next.0) {
                break;
            }
            last = next;
        }
        Some(first)
    }

    #[inline(always)]
    fn meet_as<const TO_END: bool, const IS_TOLD: bool>(
        self,
        walk: &Walk<'_, '_>,
        start: usize,
        iteration: &mut Iteration,
    ) -> Found {
        match TO_END {
            true => self.meet_end::<IS_TOLD>(walk, start, iteration),
            false => self.meet(walk, start, iteration),
        }
    }

    /// The match that starts at `start` or in the few bytes behind, told by runs from there.
    #[inline(always)]
    fn meet(self, walk: &Walk<'_, '_>, start: usize, iteration: &mut Iteration) -> Found {
        let last = start + WALKED_BYTES;
        let met = self.meet_start(walk, (start, last), usize::MAX, iteration)?;
        iteration.walked_wrong(met.failed);
        met.span
    }

    /// The match that ends next; a place at or before its start if the end is all that is asked for.
    #[inline(always)]
    fn meet_end<const IS_TOLD: bool>(
        self,
        walk: &Walk<'_, '_>,
        start: usize,
        iteration: &mut Iteration,
    ) -> Found {
        let ran = match IS_TOLD {
            true => walk.end_behind::<false>(start),
            false => walk.end_behind::<true>(start),
        };
        let Some(ran) = ran else {
            iteration.walk_told_nothing();
            return None;
        };
        let end = ran.end?;
        if IS_TOLD {
            iteration.walked(ran.stop - end);
            return Some((start, end));
        }
        // Mostly it starts where no thread was alive.
        let failed_max = ENDS_BYTES + 4 * (end - ran.from);
        let met = self.meet_start(walk, (ran.from, end), failed_max, iteration);
        met?.span
    }

    #[inline(always)]
    fn meet_start(
        self,
        walk: &Walk<'_, '_>,
        (first, last): (usize, usize),
        failed_max: usize,
        iteration: &mut Iteration,
    ) -> Option<Met> {
        let met = walk.meet(first, last, self.plan.door.is_text, failed_max);
        match met {
            Some(met) => iteration.walked(met.far),
            None => iteration.walk_told_nothing(),
        }
        met
    }

    /// Tells whether what every match contains does not stand behind a place. A program of which that is told as
    /// often as not would never be searched enough to earn its table.
    #[inline(never)]
    fn is_lacking(self, at: usize) -> bool {
        let required = self.plan.required.as_ref();
        required.is_some_and(|finder| finder.find_in(self.image, self.hay, at).is_none())
    }

    #[inline(always)]
    fn walk(self) -> Option<Walk<'a, 'h>> {
        Walk::open(self.image.table_words()?, self.hay)
    }
}
