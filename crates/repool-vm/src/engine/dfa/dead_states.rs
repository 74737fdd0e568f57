//! Where runs have led to nothing: what makes the search for *all* matches take time near linear.
//!
//! A greedy way that fails only at the end of the haystack makes each search of an iteration run to
//! that end, whatever it finds on the way: `.*[^A-Z]|[A-Z]` on a thousand `A` takes half a million steps.
//! But an automaton that is in the same row at the same place goes on the same way. So a run notes
//! where it has been since its last match, and when it ends without another, that *run* is dead:
//! a later run that comes to a place of it in the same row ends there.
//!
//! ```text
//! A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A
//! └ match, then      ·       ·               ·             nothing: places 64, 128, 256, ... bytes on
//!   └ match, then    · was here in the same row: ends
//! ```
//!
//! The first run over some bytes notes places at doubling distances, some forty at most. One that goes
//! towards a place of a run notes more, the next at one part of [`GAP_PARTS`] of the way that is left, and so on;
//! they join the run when it gets there in the same row. So each gap is run over once and then falls apart,
//! and a byte is read as often as that can be done until all gaps have 16 bytes: five times in 10 KB, where
//! each search would read it. A few dead_states are kept, for runs that follow each other in different rows; all
//! places lie on one grid, so that the runs stop at the same. There is room for some hundred places: if the dead_states need
//! more, each loses every other, and the bytes between are read again.
//!
//! All this holds for one haystack only. A haystack has no identity, so whoever iterates borrows it and
//! gives the iteration a number ([`crate::iteration::Iteration`]); dead_states of another number are forgotten.
//! Exercised by `tests/dfa.rs` and `tests/oracle.rs`.

use std::cmp::Reverse;

use crate::heap::vec_bytes;
use crate::tuning::{DEAD_NOTED_MAX, DEAD_PLACES_MAX, DEAD_RUNS, GAP_BYTES, GAP_PARTS, STOP_BYTES};

/// The most bytes of it all: a vector that grows doubles.
pub(crate) const BYTES_MAX: usize = (2 * DEAD_PLACES_MAX + DEAD_NOTED_MAX) * size_of::<Place>();

/// What dead_states belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The number of the iteration; 0 is none.
    pub(crate) iteration: u64,
    /// Where its searches end.
    pub(crate) end: usize,
    /// The table that its rows are rows of.
    pub(crate) table: u64,
}

/// A place, and a row from which nothing is found there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    at: usize,
    row: u32,
    /// The run that it belongs to, below [`DEAD_RUNS`]: a run that comes to a place of one comes to those behind.
    run: u32,
}

/// The dead_states of one iteration.
#[derive(Debug, Default)]
pub(crate) struct DeadStates {
    scope: Scope,
    /// The farthest first.
    places: Vec<Place>,
    /// When each was joined last.
    used: [u64; DEAD_RUNS],
    clock: u64,
    /// Where the run has been since `base`, its start or its last match: the nearest first.
    noted: Vec<Place>,
    base: usize,
    /// Where to note the next.
    due: usize,
    /// A bit for each run that the run has passed a place of, in another row.
    missed: u32,
}

/// What to do at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Nothing more is found from here.
    Dead,
    /// Go on, and ask again here.
    Until(usize),
}

/// The last place of the grid up to `at`.
#[inline]
pub(crate) fn on_grid(at: usize) -> usize {
    at / GAP_BYTES * GAP_BYTES
}

impl DeadStates {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.places) + vec_bytes(&self.noted)
    }

    /// Forgets what belongs to something else; tells whether dead_states can be kept.
    #[inline]
    pub(crate) fn belong_to(&mut self, scope: Scope) -> bool {
        if self.scope != scope {
            self.clear(scope);
        }
        scope.iteration != 0
    }

    /// The rows have got new numbers.
    pub(crate) fn move_to(&mut self, table: u64) {
        let scope = self.scope;
        self.clear(Scope { table, ..scope });
    }

    fn clear(&mut self, scope: Scope) {
        self.scope = scope;
        self.noted.clear();
        self.places.clear();
    }

    /// Tells whether no run has led to nothing from here on, so far.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Where to ask first in a run from `at`.
    #[inline]
    pub(crate) fn begin(&mut self, at: usize) -> usize {
        self.noted.clear();
        (self.base, self.missed) = (at, 0);
        // Seldom does a later run start further back.
        while self.places.pop_if(|place| place.at <= at).is_some() {}
        match self.places.last() {
            None => {
                self.due = on_grid(at + STOP_BYTES);
                self.due
            }
            Some(place) => {
                self.due = on_grid(at + GAP_BYTES);
                self.due.min(place.at)
            }
        }
    }

    /// The run is in `row` at `at`; its last match ended at `base`, or it started there.
    #[cold]
    pub(crate) fn check(&mut self, at: usize, row: u32, base: usize) -> Check {
        if base != self.base {
            self.begin(base);
        }
        let ahead = self.places.partition_point(|place| place.at > at);
        for place in self.places[ahead..].iter().take_while(|p| p.at == at) {
            if place.row == row {
                let run = place.run;
                self.join(run, at);
                return Check::Dead;
            }
            self.missed |= 1 << place.run;
        }
        let ahead = &self.places[..ahead];
        if at >= self.due {
            if self.noted.len() < DEAD_NOTED_MAX {
                let run = 0;
                self.noted.push(Place { at, row, run });
            }
            // The next of a run that the run may be on; without one, no run was here before.
            let may_be_on = |place: &&Place| self.missed >> place.run & 1 == 0;
            let gap = match ahead.iter().rev().find(may_be_on) {
                None => at - base,
                Some(goal) => (goal.at - at) / GAP_PARTS,
            };
            self.due = on_grid(at + gap.max(GAP_BYTES));
        }
        let next = ahead.last().map_or(self.due, |place| place.at);
        Check::Until(next.min(self.due))
    }

    /// The run ended, and nothing was found since its last match.
    #[inline]
    pub(crate) fn end(&mut self, base: usize) {
        if !self.noted.is_empty() && base == self.base {
            self.keep();
        }
    }

    /// Adds what was noted to a run, in place of what that has before `at`.
    fn join(&mut self, run: u32, at: usize) {
        self.clock += 1;
        self.used[run as usize] = self.clock;
        let Some(&Place { at: farthest, .. }) = self.noted.last() else {
            return;
        };
        self.places.retain(|p| p.run != run || p.at >= at);
        if self.places.len() + self.noted.len() > DEAD_PLACES_MAX {
            self.thin();
        }
        let near = self.places.partition_point(|place| place.at > farthest);
        let noted = self.noted.drain(..).rev();
        self.places
            .extend(noted.map(|place| Place { run, ..place }));
        self.places[near..].sort_unstable_by_key(|place| Reverse(place.at));
    }

    /// Forgets every other place of each run.
    #[cold]
    fn thin(&mut self) {
        let mut keeps = 0_u32;
        self.places.retain(|place| {
            keeps ^= 1 << place.run;
            keeps >> place.run & 1 != 0
        });
    }

    /// Keeps what was noted as a run, in the place of the one that was not joined for longest.
    #[cold]
    fn keep(&mut self) {
        let oldest = (0..DEAD_RUNS).min_by_key(|&run| self.used[run]);
        self.join(oldest.unwrap_or(0) as u32, usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that are read if a run from each place leads to nothing, in one of so many rows that take turns.
    fn bytes_run(len: usize, rows: usize, dead_states: &mut DeadStates) -> usize {
        let mut bytes = 0;
        for start in 0..len {
            let base = start + 1;
            let mut at = dead_states.begin(start).min(len);
            while at < len {
                let row = ((at - start) % rows) as u32;
                match dead_states.check(at, row, base) {
                    Check::Dead => break,
                    Check::Until(until) => at = until.min(len),
                }
            }
            if at == len {
                dead_states.end(base);
            }
            bytes += at - start;
        }
        bytes
    }

    #[test]
    fn runs_to_nothing_read_few_bytes() {
        for (rows, most) in [(1, 16), (2, 20), (7, 64), (13, 1000)] {
            for len in [1_000, 20_000, 200_000] {
                let mut dead_states = DeadStates::default();
                let bytes = bytes_run(len, rows, &mut dead_states);
                assert!(bytes <= most * len, "{bytes} of {len} with {rows} rows");
                assert!(dead_states.bytes() <= BYTES_MAX, "{}", dead_states.bytes());
            }
        }
    }
}
