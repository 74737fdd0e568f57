//! The short search: a hot program, some hundred bytes, and no memory of the thread.
//!
//! Most searches of a service are of short haystacks, and most of them end without a match. They should cost what it costs
//! to look for the bytes that a match starts with or contains. So candidates are verified here with nothing but the image
//! and the table that is published beside it. Where that does not decide, [`crate::core`] goes on from the place that was
//! reached.
//! Exercised by `tests/oracle.rs` and `tests/plans.rs`.

use repool_text::is_boundary;

use crate::engine::dfa::short::{DeadState, Ran, ShortTable};
use crate::prefilter::Prefilter;
use crate::prefilter::needle::Finder;
use crate::region::Region;
use crate::source::Source;
use crate::strategy::plan::Plan;
use crate::strategy::unanchored::Unanchored;
use crate::strategy::verify::{Ask, Verdict, Verifier};
use crate::tuning::{FEW_BYTES, SHORT_BYTES_MAX, SHORT_FAILED_BYTES, SHORT_RUN_COST_BYTES};

/// Verifies with a published table alone. `ANY` asks only whether there is a match.
pub(crate) struct Short<'a, 'i, S, const ANY: bool> {
    source: &'a S,
    plan: &'a Plan,
    /// Bytes that runs may still read.
    left: usize,
    /// Where a run of the same iteration died.
    dead: Option<&'i mut DeadState>,
    /// Whether only the end of the match is asked for.
    wants_ends: bool,
    /// Whether this is a search for the next match of an iteration.
    is_next: bool,
}

impl<'a, 'i, S: Source, const ANY: bool> Short<'a, 'i, S, ANY> {
    #[inline(always)]
    pub(crate) fn new(source: &'a S, plan: &'a Plan) -> Short<'a, 'i, S, ANY> {
        Short {
            source,
            plan,
            left: SHORT_BYTES_MAX,
            dead: None,
            wants_ends: false,
            is_next: false,
        }
    }

    /// Verifies the next match of an iteration. Runs remember where they died if candidates are not rare: such runs start
    /// close to each other.
    #[inline(always)]
    pub(crate) fn next(
        source: &'a S,
        plan: &'a Plan,
        dead: &'i mut DeadState,
        wants_ends: bool,
    ) -> Short<'a, 'i, S, ANY> {
        Short {
            dead: Some(dead).filter(|_| !plan.strategy.prefilter().is_rare()),
            wants_ends,
            is_next: true,
            ..Short::new(source, plan)
        }
    }

    /// Counts what a run read; `at` is where it ended without an answer.
    #[inline(always)]
    fn spend(&mut self, ran: Option<Ran>, at: usize) -> Result<Ran, Verdict> {
        let ran = ran.ok_or(Verdict::Undecided(at))?;
        self.left = self.left.saturating_sub(ran.stop - at);
        Ok(ran)
    }

    #[inline(always)]
    fn run_at(&mut self, table: &ShortTable<'_, '_>, at: usize) -> Result<Ran, Verdict> {
        let ran = match &mut self.dead {
            Some(dead) if !ANY => table.run_again::<true>(at, self.left, dead),
            _ => table.run_at::<ANY>(at, self.left),
        };
        self.spend(ran, at)
    }

    #[inline(always)]
    fn run_leftmost(&mut self, table: &ShortTable<'_, '_>, at: usize) -> Result<Ran, Verdict> {
        let ran = match &mut self.dead {
            Some(dead) => table.run_again::<false>(at, self.left, dead),
            None => table.run_leftmost::<true>(at, self.left),
        };
        self.spend(ran, at)
    }

    #[inline(always)]
    fn candidates(
        &mut self,
        prefilter: &Prefilter,
        region: Region<'_>,
        first: usize,
    ) -> Result<Verdict, Verdict> {
        let Some(words) = self.source.table_words() else {
            return Err(Verdict::Undecided(first));
        };
        let Some(table) = ShortTable::open(words, region.whole, region.end) else {
            return Err(Verdict::Undecided(first));
        };
        let is_rare = prefilter.is_rare();
        if ANY && (!is_rare || region.end - first < 2 * SHORT_RUN_COST_BYTES) {
            let ran = table.run_any(first, self.left);
            let ran = ran.ok_or(Verdict::Undecided(first))?;
            return Ok(Verdict::of(ran.end.map(|end| (end, end))));
        }
        if !ANY && self.wants_ends && !is_rare {
            // From a candidate that fails a run goes on where the next may be far.
            let ran = self.run_leftmost(&table, first)?;
            return Ok(Verdict::of(ran.end.map(|end| (ran.from, end))));
        }
        // Of a pattern that ends where the haystack does, most runs fail.
        let mut failed_at = None;
        if is_rare || !self.plan.is_end_anchored {
            let ran = self.run_at(&table, first)?;
            if let Some(end) = ran.end {
                return Ok(Verdict::Match(first, end));
            }
            if self.is_next && matches!(prefilter, Prefilter::Reverse { .. }) {
                // The next candidate is beside it and fails alike. The core learns from it, and the iteration pauses.
                return Err(Verdict::Undecided(first));
            }
            failed_at = Some(ran.stop);
        }
        let (source, plan, left, dead) = (self.source, self.plan, self.left, self.dead.take());
        let places = (first, failed_at.unwrap_or(usize::MAX));
        Ok(go_on::<S, ANY>(
            source,
            plan,
            (left, region.end),
            dead,
            prefilter,
            region.whole,
            places,
        ))
    }
}

/// Goes on behind the first candidate, after a run that failed at `failed_at`, or with a doubt if there was none.
///
/// A function of its own that is given values: so that the search before it keeps all it needs in registers. The second
/// candidate stands here and all others in [`go_far`], since a loop takes some fifty instructions to enter.
#[inline(never)]
fn go_on<S: Source, const ANY: bool>(
    source: &S,
    plan: &Plan,
    (left, end): (usize, usize),
    dead: Option<&mut DeadState>,
    prefilter: &Prefilter,
    whole: &[u8],
    (first, failed_at): (usize, usize),
) -> Verdict {
    let start = first;
    let region = Region { whole, start, end };
    let mut at = first;
    if failed_at != usize::MAX {
        let Some(next) = candidate(source, plan, prefilter, region.from(first + 1)) else {
            return Verdict::NoMatch;
        };
        let failed = failed_at - first + SHORT_RUN_COST_BYTES;
        if come_in_runs(prefilter) || !is_doubtful(failed, next - first) {
            let places = (first, failed_at, next);
            return go_far::<S, ANY>(source, plan, (left, end), dead, prefilter, whole, places);
        }
        at = next;
    }
    let mut short = Short::<S, ANY> {
        left,
        dead,
        ..Short::new(source, plan)
    };
    short.doubt(prefilter, region.from(at))
}

/// Goes on from one candidate to the next, after a run from the first that failed at `stop`.
#[inline(never)]
fn go_far<S: Source, const ANY: bool>(
    source: &S,
    plan: &Plan,
    (left, end): (usize, usize),
    dead: Option<&mut DeadState>,
    prefilter: &Prefilter,
    whole: &[u8],
    (first, stop, next): (usize, usize, usize),
) -> Verdict {
    let mut short = Short::<S, ANY> {
        left,
        dead,
        ..Short::new(source, plan)
    };
    let start = first;
    let region = Region { whole, start, end };
    match short.go_far(prefilter, region, stop, next) {
        Ok(verdict) | Err(verdict) => verdict,
    }
}

/// Tells whether failed candidates come beside each other, so that runs fail over the same bytes.
#[inline(always)]
fn come_in_runs(prefilter: &Prefilter) -> bool {
    matches!(prefilter, Prefilter::Reverse { .. })
}

/// Tells whether runs have read so much that one unanchored run had better tell whether there is a match at all.
#[inline(always)]
fn is_doubtful(failed: usize, passed: usize) -> bool {
    failed > passed + SHORT_FAILED_BYTES
}

impl<S: Source, const ANY: bool> Short<'_, '_, S, ANY> {
    #[inline(always)]
    fn go_far(
        &mut self,
        prefilter: &Prefilter,
        region: Region<'_>,
        mut stop: usize,
        mut next: usize,
    ) -> Result<Verdict, Verdict> {
        let Region { whole, start, end } = region;
        let table = self.source.table_words();
        let Some(table) = table.and_then(|words| ShortTable::open(words, whole, end)) else {
            return Err(Verdict::Undecided(start));
        };
        let (mut at, mut failed) = (start, 0);
        loop {
            failed += stop - at + SHORT_RUN_COST_BYTES;
            at = next;
            if come_in_runs(prefilter) && at < stop {
                let ran = table.run_any_from::<true>(at, self.left);
                let ran = self.spend(ran, at)?;
                // A run from all candidates at once leaves out those of the first run if none of them starts a match.
                if ran.end.is_none() {
                    match self.candidate_from(prefilter, region.from(ran.stop)) {
                        Some(next) => at = next,
                        None => return Ok(Verdict::NoMatch),
                    }
                }
            } else if is_doubtful(failed, at - start) {
                return Ok(self.doubt(prefilter, region.from(at)));
            }
            let ran = self.run_at(&table, at)?;
            if let Some(end) = ran.end {
                return Ok(Verdict::Match(at, end));
            }
            stop = ran.stop;
            next = match self.candidate_from(prefilter, region.from(at + 1)) {
                Some(next) => next,
                None => return Ok(Verdict::NoMatch),
            };
        }
    }

    /// Asks one unanchored run whether there is a match at all, then looks for its start.
    #[inline(always)]
    fn doubt(&mut self, prefilter: &Prefilter, region: Region<'_>) -> Verdict {
        let Region { whole, start, end } = region;
        let table = self.source.table_words();
        let Some(table) = table.and_then(|words| ShortTable::open(words, whole, end)) else {
            return Verdict::Undecided(start);
        };
        let Some(ran) = table.run_any_from::<false>(start, self.left) else {
            return Verdict::Undecided(start);
        };
        match ran.end {
            None => Verdict::NoMatch,
            Some(end) if ANY => Verdict::Match(end, end),
            Some(_) => {
                self.left = self.left.saturating_sub(ran.stop - start);
                match self.locate(&table, prefilter, region.from(ran.from)) {
                    Ok(verdict) | Err(verdict) => verdict,
                }
            }
        }
    }

    /// The match that starts at the first candidate in the region that starts one.
    fn locate(
        &mut self,
        table: &ShortTable<'_, '_>,
        prefilter: &Prefilter,
        region: Region<'_>,
    ) -> Result<Verdict, Verdict> {
        let mut from = region.start;
        while let Some(at) = self.candidate_from(prefilter, region.from(from)) {
            if let Some(end) = self.run_at(table, at)?.end {
                return Ok(Verdict::Match(at, end));
            }
            from = at + 1;
        }
        Ok(Verdict::NoMatch)
    }

    fn candidate_from(&self, prefilter: &Prefilter, region: Region<'_>) -> Option<usize> {
        let Region { whole, start, end } = region;
        candidate_from(self.source, self.plan, prefilter, whole, (start, end))
    }
}

impl<S: Source, const ANY: bool> Verifier for Short<'_, '_, S, ANY> {
    type Source = S;

    #[inline(always)]
    fn ask(&self) -> Ask {
        match ANY {
            true => Ask::Existence,
            false => Ask::Span,
        }
    }

    #[inline(always)]
    fn source(&self) -> &S {
        self.source
    }

    #[inline(always)]
    fn candidate(&mut self, prefilter: &Prefilter, region: Region<'_>) -> Option<usize> {
        candidate(self.source, self.plan, prefilter, region)
    }

    #[inline(always)]
    fn verify(&mut self, prefilter: &Prefilter, region: Region<'_>) -> Verdict {
        let prefilter = match region.len() < FEW_BYTES {
            true => prefilter.near(),
            false => prefilter,
        };
        let Some(first) = self.candidate(prefilter, region) else {
            return Verdict::NoMatch;
        };
        match self.candidates(prefilter, region, first) {
            Ok(verdict) | Err(verdict) => verdict,
        }
    }

    #[inline(always)]
    fn verify_at(&mut self, region: Region<'_>) -> Verdict {
        let start = region.start;
        let Some(words) = self.source.table_words() else {
            return Verdict::Undecided(start);
        };
        let Some(table) = &ShortTable::open(words, region.whole, region.end) else {
            return Verdict::Undecided(start);
        };
        match table.run_at::<ANY>(start, self.left) {
            Some(ran) => Verdict::of(ran.end.map(|end| (start, end))),
            None => Verdict::Undecided(start),
        }
    }

    #[inline(always)]
    fn undecided(&self, from: usize, required: Option<&Finder>, region: Region<'_>) -> Verdict {
        match required {
            Some(required) if self.source.table_words().is_none() => {
                decide(self.source, required, region.whole, (from, region.end))
            }
            _ => Verdict::Undecided(from),
        }
    }

    #[inline(always)]
    fn behind(&mut self, unanchored: &Unanchored, start: usize, region: Region<'_>) -> Verdict {
        let places = (start, region.end);
        behind::<S, ANY>(
            self.source,
            self.plan,
            self.left,
            unanchored,
            region.whole,
            places,
        )
    }
}

/// Decides what was left undecided for want of a table, if the required bytes are not there: a program that is decided here
/// never earns one.
#[inline(never)]
fn decide<S: Source>(
    source: &S,
    required: &Finder,
    whole: &[u8],
    (start, end): (usize, usize),
) -> Verdict {
    match required.find(source, &whole[..end], start) {
        Some(_) => Verdict::Undecided(start),
        None => Verdict::NoMatch,
    }
}

/// Searches behind a window without a match; given values as [`go_on`] is.
#[inline(never)]
fn behind<S: Source, const ANY: bool>(
    source: &S,
    plan: &Plan,
    left: usize,
    unanchored: &Unanchored,
    whole: &[u8],
    (start, end): (usize, usize),
) -> Verdict {
    let mut short = Short::<S, ANY> {
        left,
        ..Short::new(source, plan)
    };
    unanchored.search_behind(&mut short, Region { whole, start, end })
}

/// The first candidate in a region, without a note of how far it was.
#[inline(always)]
fn candidate<S: Source>(
    source: &S,
    plan: &Plan,
    prefilter: &Prefilter,
    region: Region<'_>,
) -> Option<usize> {
    let at = prefilter.find(source, region)?;
    if region.end < at + plan.len_min as usize {
        return None;
    }
    // Teddy need not look at the first byte, and so finds places inside of characters.
    if plan.is_text && !is_boundary(region.whole, at) {
        return candidate_behind(source, plan, prefilter, region.whole, (at + 1, region.end));
    }
    Some(at)
}

/// The same, out of line.
#[inline(never)]
fn candidate_from<S: Source>(
    source: &S,
    plan: &Plan,
    prefilter: &Prefilter,
    whole: &[u8],
    (start, end): (usize, usize),
) -> Option<usize> {
    candidate(source, plan, prefilter, Region { whole, start, end })
}

#[inline(never)]
fn candidate_behind<S: Source>(
    source: &S,
    plan: &Plan,
    prefilter: &Prefilter,
    whole: &[u8],
    (mut start, end): (usize, usize),
) -> Option<usize> {
    loop {
        let at = prefilter.find(source, Region { whole, start, end })?;
        if end < at + plan.len_min as usize {
            return None;
        }
        if is_boundary(whole, at) {
            return Some(at);
        }
        start = at + 1;
    }
}

/// Finds the first candidate and leaves it undecided: for a search that needs the thread's memory if there is one.
pub(crate) struct FirstCandidate<'a, S> {
    source: &'a S,
    plan: &'a Plan,
}

impl<'a, S: Source> FirstCandidate<'a, S> {
    #[inline(always)]
    pub(crate) fn new(source: &'a S, plan: &'a Plan) -> FirstCandidate<'a, S> {
        FirstCandidate { source, plan }
    }
}

impl<S: Source> Verifier for FirstCandidate<'_, S> {
    type Source = S;

    #[inline(always)]
    fn ask(&self) -> Ask {
        Ask::Groups
    }

    #[inline(always)]
    fn source(&self) -> &S {
        self.source
    }

    #[inline(always)]
    fn candidate(&mut self, prefilter: &Prefilter, region: Region<'_>) -> Option<usize> {
        candidate(self.source, self.plan, prefilter, region)
    }

    #[inline(always)]
    fn verify(&mut self, prefilter: &Prefilter, region: Region<'_>) -> Verdict {
        match self.candidate(prefilter, region) {
            Some(at) => Verdict::Undecided(at),
            None => Verdict::NoMatch,
        }
    }

    #[inline(always)]
    fn verify_at(&mut self, region: Region<'_>) -> Verdict {
        Verdict::Undecided(region.start)
    }

    #[inline(always)]
    fn behind(&mut self, unanchored: &Unanchored, start: usize, region: Region<'_>) -> Verdict {
        unanchored.search_behind(self, region.from(start))
    }
}
