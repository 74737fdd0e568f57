//! The places where a match may start, one after the other.
//!
//! Places come in rising order, and only places at which no match starts are left out: so a prefilter never changes a result.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use crate::backoff::Backoff;
use crate::prefilter::choose::{NOTHING, Prefilter};
use crate::prefilter::reverse::{ReverseScan, ReverseTable};
use crate::prefilter::wu_manber::ShiftTable;
use crate::search::Search;
use crate::tuning::{FEW_BYTES, NEAR_BYTES, SHIFT_LOOK_BYTES, TEXT_BACKOFF};

/// The positions at which a match can start.
#[derive(Debug)]
pub(crate) struct Candidates<'s> {
    skip: &'s Prefilter,
    /// Whether the places that were found are far enough from each other to pay.
    near: Option<&'s mut Backoff>,
    /// A place where it is known that a match may start, or none.
    known: usize,
    /// The last reverse scan.
    scan: Option<ReverseScan>,
    /// Nothing but the start of the search.
    once: bool,
    /// The last position that leaves room for the shortest match.
    last: usize,
}

/// No place in a haystack.
const NOWHERE: usize = usize::MAX;

impl<'s> Candidates<'s> {
    /// The starts of a search. `near` is what was learnt of the skip before, on this thread.
    #[inline]
    pub(crate) fn new(
        search: &Search<'_, '_>,
        skip: &'s Prefilter,
        near: &'s mut Backoff,
    ) -> Candidates<'s> {
        let skip = match skip {
            Prefilter::Teddy { coarse, .. }
            | Prefilter::ShiftTable { coarse, .. }
            | Prefilter::Reverse { coarse, .. }
                if !near.may_try() =>
            {
                coarse
            }
            skip => skip,
        };
        Candidates {
            near: Some(near),
            ..Candidates::of(search, skip)
        }
    }

    /// The starts of a search, to learn nothing from.
    #[inline]
    pub(crate) fn of(search: &Search<'_, '_>, skip: &'s Prefilter) -> Candidates<'s> {
        let last = search
            .end()
            .saturating_sub(search.program.len_min() as usize);
        Candidates {
            skip,
            near: None,
            known: NOWHERE,
            scan: None,
            once: search.anchored,
            last,
        }
    }

    /// The same, when it is known that a match may start at the start of the search, and that no place was found in the
    /// `skipped` bytes before.
    #[inline]
    pub(crate) fn knowing(mut self, search: &Search<'_, '_>, skipped: usize) -> Candidates<'s> {
        if let Prefilter::Teddy { coarse, .. } = self.skip {
            self.learn(Some(skipped), 0, coarse);
        }
        self.known = search.start;
        self
    }

    /// The one start of an anchored search.
    #[inline]
    pub(crate) fn once(search: &Search<'_, '_>) -> Candidates<'s> {
        Candidates {
            skip: &NOTHING,
            near: None,
            known: NOWHERE,
            scan: None,
            once: true,
            last: search.start,
        }
    }

    /// Tells whether it skips anything.
    #[inline]
    pub(crate) fn skips(&self) -> bool {
        !self.once && !matches!(self.skip, Prefilter::Nothing)
    }

    /// Tells whether there is seldom a start where no match starts.
    #[inline]
    pub(crate) fn are_rare(&self) -> bool {
        self.skip.is_rare()
    }

    /// Tells whether a start is seldom alone.
    #[inline]
    pub(crate) fn come_in_runs(&self) -> bool {
        matches!(self.skip, Prefilter::Reverse { .. })
    }

    /// The first start at `at` or behind.
    #[inline]
    pub(crate) fn next(&mut self, search: &Search<'_, '_>, mut at: usize) -> Option<usize> {
        loop {
            let place = self.next_place(search, at)?;
            // Teddy need not look at the first byte, and so find places inside of characters.
            if search.may_start(place) {
                return Some(place);
            }
            at = place + 1;
        }
    }

    #[inline(always)]
    fn next_place(&mut self, search: &Search<'_, '_>, at: usize) -> Option<usize> {
        if at > self.last {
            return None;
        }
        if at == self.known {
            return Some(at);
        }
        if self.once {
            return (at == search.start).then_some(at);
        }
        let found = match self.skip {
            Prefilter::Nothing => return self.next_boundary(search, at),
            Prefilter::Teddy { teddy, coarse } => {
                let found = teddy.find(search.hay, at);
                self.learn(found, at, coarse);
                found
            }
            Prefilter::ShiftTable { words, coarse } => {
                let Some(table) = ShiftTable::open(words) else {
                    self.skip = coarse;
                    return self.next_boundary(search, at);
                };
                let (found, looks) = table.next(search.hay, at);
                self.pay(found.unwrap_or(search.end()) - at, looks, coarse);
                found
            }
            Prefilter::Reverse { reverse, coarse } => {
                return self.next_behind(search, (reverse, coarse), at);
            }
            skip => skip.find(search.program, search.region().from(at)),
        };
        found.filter(|&found| found <= self.last)
    }

    /// Returns the first start that a reverse scan finds.
    #[inline(never)]
    fn next_behind(
        &mut self,
        search: &Search<'_, '_>,
        (reverse, coarse): (&'s ReverseTable, &'s Prefilter),
        from: usize,
    ) -> Option<usize> {
        let mut at = from;
        while at <= self.last {
            let scan = match self.scan {
                Some(scan) if scan.knows(at) => scan,
                _ => reverse.scan(search, at)?,
            };
            self.scan = Some(scan);
            if let Some(place) = scan.next(at) {
                if !reverse.is_at_end() {
                    // Most other prefilters would have named what was skipped.
                    let far = if place > from {
                        from + NEAR_BYTES
                    } else {
                        from
                    };
                    self.learn(Some(far), from, coarse);
                }
                return (place <= self.last).then_some(place);
            }
            at = scan.inner() + 1;
        }
        None
    }

    /// Learns whether Teddy pays in this text, and falls back to the coarse prefilter if not.
    #[inline]
    fn learn(&mut self, found: Option<usize>, at: usize, coarse: &'s Prefilter) {
        let Some(near) = &mut self.near else {
            return;
        };
        if found.is_none_or(|found| found - at >= NEAR_BYTES) {
            near.succeed();
            return;
        }
        near.fail(&TEXT_BACKOFF);
        if near.is_paused() {
            self.skip = coarse;
        }
    }

    /// Learns whether the shift table pays in this text, and falls back to the coarse prefilter if not.
    fn pay(&mut self, forward: usize, looks: usize, coarse: &'s Prefilter) {
        let Some(near) = &mut self.near else {
            return;
        };
        if forward >= looks.saturating_mul(SHIFT_LOOK_BYTES) + FEW_BYTES {
            near.succeed();
            return;
        }
        near.fail(&TEXT_BACKOFF);
        if near.is_paused() {
            self.skip = coarse;
        }
    }

    #[inline]
    fn next_boundary(&self, search: &Search<'_, '_>, mut at: usize) -> Option<usize> {
        while !search.may_start(at) {
            at += 1;
            if at > self.last {
                return None;
            }
        }
        Some(at)
    }

    /// Ends behind this position, and tells where it ended before.
    pub(crate) fn limit(&mut self, last: usize) -> usize {
        let before = self.last;
        self.last = before.min(last);
        before
    }

    /// Ends where it did before [`Candidates::limit`].
    pub(crate) fn unlimit(&mut self, last: usize) {
        self.last = last;
    }
}
