//! The short search: a hot program, some hundred bytes, and no memory of the thread.
//!
//! Most searches of a service are of short haystacks, and most of them end without a match. They should cost what it costs
//! to look for the bytes that a match starts with or contains. So candidates are verified here with nothing but the image
//! and the table that is published beside it. Where that does not decide, [`crate::core`] goes on from the place that was
//! reached.
//! Exercised by `tests/oracle.rs` and `tests/plans.rs`.

use repool_program::{Image, Program};
use repool_text::is_boundary;

use crate::engine::dfa::short::{DeadState, Ran, ShortTable};
use crate::prefilter::Skip;
use crate::prefilter::needle::Finder;
use crate::region::Region;
use crate::strategy::plan::Plan;
use crate::strategy::verify::{Ask, Verdict, Verifier};

/// Longest region, in bytes, that is searched so. In a longer one the cost of the thread's cache is small, and the thread may
/// know that looking for candidates does not pay.
pub(crate) const SHORT_BYTES_MAX: usize = 1 << 10;

/// Bytes that all runs of a table together may read. Long runs are left to the loop with acceleration.
const RUNS_BYTES_MAX: usize = 256;

/// In fewer bytes candidates are looked for one by one: vectors do not pay.
pub(crate) const NEAR_BYTES: usize = 16;

/// In fewer bytes one unanchored run costs less than a run from each candidate, if only existence is asked for.
const EXISTENCE_BYTES: usize = 24;

/// What it costs to look for a candidate and to begin a run, in bytes of a run.
const RUN_BYTES: usize = 12;

/// Bytes by which failed runs may exceed what the search came forward, before an unanchored run tells whether there is a
/// match at all: doubling it lets `[a-z]+\d` read words twice.
const FAILED_BYTES_MAX: usize = 8;

/// Verifies with a published table alone. `ANY` asks only whether there is a match.
pub(crate) struct Short<'a, 'i, const ANY: bool> {
    image: &'a Image,
    plan: &'a Plan,
    /// Bytes that runs may still read.
    left: usize,
    /// Where a run of the same iteration died.
    dead: Option<&'i mut DeadState>,
    /// Whether only the end of the match is asked for.
    wants_ends: bool,
}

impl<'a, 'i, const ANY: bool> Short<'a, 'i, ANY> {
    #[inline(always)]
    pub(crate) fn new(image: &'a Image, plan: &'a Plan) -> Short<'a, 'i, ANY> {
        Short {
            image,
            plan,
            left: RUNS_BYTES_MAX,
            dead: None,
            wants_ends: false,
        }
    }

    /// The same, for the next match of an iteration.
    #[inline(always)]
    pub(crate) fn next(
        image: &'a Image,
        plan: &'a Plan,
        dead: &'i mut DeadState,
        wants_ends: bool,
    ) -> Short<'a, 'i, ANY> {
        Short {
            dead: Some(dead),
            wants_ends,
            ..Short::new(image, plan)
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
        prefilter: &Skip,
        region: Region<'_>,
        first: usize,
    ) -> Result<Verdict, Verdict> {
        let words = self.image.table_words();
        let table = words.and_then(|words| ShortTable::open(words, region.whole, region.end));
        let table = &table.ok_or(Verdict::Undecided(first))?;
        let is_rare = prefilter.is_rare();
        if ANY && (!is_rare || region.end - first < EXISTENCE_BYTES) {
            let ran = table.run_any(first, self.left);
            let ran = ran.ok_or(Verdict::Undecided(first))?;
            return Ok(Verdict::of(ran.end.map(|end| (end, end))));
        }
        if !ANY && self.wants_ends && !is_rare {
            // From a candidate that fails a run goes on where the next may be far.
            let ran = self.run_leftmost(table, first)?;
            return Ok(Verdict::of(ran.end.map(|end| (ran.from, end))));
        }
        // Of a pattern that ends where the haystack does, most runs fail.
        if self.plan.is_end_anchored && !is_rare {
            return self.doubt(table, prefilter, region, first);
        }
        let ran = self.run_at(table, first)?;
        match ran.end {
            Some(end) => Ok(Verdict::Match(first, end)),
            None => self.go_on(table, prefilter, region, first, ran.stop),
        }
    }

    /// Goes on from one candidate to the next, after a run from `at` that failed at `stop`.
    #[inline(never)]
    fn go_on(
        &mut self,
        table: &ShortTable<'_, '_>,
        prefilter: &Skip,
        region: Region<'_>,
        first: usize,
        stop: usize,
    ) -> Result<Verdict, Verdict> {
        let come_in_runs = matches!(prefilter, Skip::Back { .. });
        let (mut at, mut stop) = (first, stop);
        let mut failed = 0;
        loop {
            failed += stop - at + RUN_BYTES;
            let Some(next) = self.candidate(prefilter, region.from(at + 1)) else {
                return Ok(Verdict::NoMatch);
            };
            at = next;
            // Runs fail over the same bytes.
            if come_in_runs && at < stop {
                at = match self.skip_idle(table, prefilter, region, at)? {
                    Some(at) => at,
                    None => return Ok(Verdict::NoMatch),
                };
            } else if failed > at - first + FAILED_BYTES_MAX {
                return self.doubt(table, prefilter, region, at);
            }
            let ran = self.run_at(table, at)?;
            if let Some(end) = ran.end {
                return Ok(Verdict::Match(at, end));
            }
            stop = ran.stop;
        }
    }

    /// The first candidate from which a match may start, where candidates stand in runs: a run from all of them at once
    /// leaves out those of the first run if none of them starts a match.
    #[inline(never)]
    fn skip_idle(
        &mut self,
        table: &ShortTable<'_, '_>,
        prefilter: &Skip,
        region: Region<'_>,
        at: usize,
    ) -> Result<Option<usize>, Verdict> {
        let ran = table.run_any_from::<true>(at, self.left);
        let ran = self.spend(ran, at)?;
        match ran.end {
            Some(_) => Ok(Some(at)),
            None => Ok(self.candidate(prefilter, region.from(ran.stop))),
        }
    }

    /// Asks one unanchored run from `at` whether there is a match at all, then looks for its start.
    #[inline(never)]
    fn doubt(
        &mut self,
        table: &ShortTable<'_, '_>,
        prefilter: &Skip,
        region: Region<'_>,
        at: usize,
    ) -> Result<Verdict, Verdict> {
        let ran = table.run_any_from::<false>(at, self.left);
        let ran = self.spend(ran, at)?;
        let Some(end) = ran.end else {
            return Ok(Verdict::NoMatch);
        };
        if ANY {
            return Ok(Verdict::Match(end, end));
        }
        let mut from = ran.from;
        while let Some(at) = self.candidate(prefilter, region.from(from)) {
            if let Some(end) = self.run_at(table, at)?.end {
                return Ok(Verdict::Match(at, end));
            }
            from = at + 1;
        }
        Ok(Verdict::NoMatch)
    }
}

impl<const ANY: bool> Verifier for Short<'_, '_, ANY> {
    #[inline(always)]
    fn ask(&self) -> Ask {
        match ANY {
            true => Ask::Existence,
            false => Ask::Span,
        }
    }

    #[inline(always)]
    fn program(&self) -> Program<'_> {
        self.image.program()
    }

    #[inline(always)]
    fn occurrence(&self, finder: &Finder, region: Region<'_>) -> Option<usize> {
        finder.find(self.image, region.hay(), region.start)
    }

    #[inline(always)]
    fn candidate(&mut self, prefilter: &Skip, region: Region<'_>) -> Option<usize> {
        candidate(self.image, self.plan, prefilter, region)
    }

    #[inline(always)]
    fn verify(&mut self, prefilter: &Skip, region: Region<'_>) -> Verdict {
        let prefilter = match region.len() < NEAR_BYTES {
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
        let words = self.image.table_words();
        let table = words.and_then(|words| ShortTable::open(words, region.whole, region.end));
        let ran = table.and_then(|table| table.run_at::<ANY>(start, self.left));
        match ran {
            Some(ran) => Verdict::of(ran.end.map(|end| (start, end))),
            None => Verdict::Undecided(start),
        }
    }

    #[inline(always)]
    fn pays(&self, _: &Skip) -> bool {
        true
    }

    #[inline(always)]
    fn groups_at_candidates(&mut self, _: &Skip, _: &mut Region<'_>) -> Option<Verdict> {
        None
    }
}

/// The first candidate in a region, without a note of how far it was.
#[inline(always)]
fn candidate(
    image: &Image,
    plan: &Plan,
    prefilter: &Skip,
    mut region: Region<'_>,
) -> Option<usize> {
    loop {
        let at = prefilter.find(image, region)?;
        if region.end < at + plan.len_min as usize {
            return None;
        }
        // Teddy need not look at the first byte, and so finds places inside of characters.
        if !plan.is_text || is_boundary(region.whole, at) {
            return Some(at);
        }
        region.start = at + 1;
    }
}

/// Finds the first candidate and leaves it undecided: for a search that needs the thread's memory if there is one.
pub(crate) struct FirstCandidate<'a> {
    image: &'a Image,
    plan: &'a Plan,
}

impl<'a> FirstCandidate<'a> {
    #[inline(always)]
    pub(crate) fn new(image: &'a Image, plan: &'a Plan) -> FirstCandidate<'a> {
        FirstCandidate { image, plan }
    }
}

impl Verifier for FirstCandidate<'_> {
    #[inline(always)]
    fn ask(&self) -> Ask {
        Ask::Groups
    }

    #[inline(always)]
    fn program(&self) -> Program<'_> {
        self.image.program()
    }

    #[inline(always)]
    fn occurrence(&self, finder: &Finder, region: Region<'_>) -> Option<usize> {
        finder.find(self.image, region.hay(), region.start)
    }

    #[inline(always)]
    fn candidate(&mut self, prefilter: &Skip, region: Region<'_>) -> Option<usize> {
        candidate(self.image, self.plan, prefilter, region)
    }

    #[inline(always)]
    fn verify(&mut self, prefilter: &Skip, region: Region<'_>) -> Verdict {
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
    fn pays(&self, _: &Skip) -> bool {
        true
    }

    #[inline(always)]
    fn groups_at_candidates(&mut self, _: &Skip, _: &mut Region<'_>) -> Option<Verdict> {
        None
    }
}
