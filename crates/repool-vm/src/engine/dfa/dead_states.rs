//! Dead states: places of a haystack from which the automaton, in a known row, finds no further match.
//!
//! They make the search for *all* matches take time near linear. A greedy run that fails only at the end of the
//! haystack is repeated by each search of an iteration: `.*[^A-Z]|[A-Z]` on a thousand `A` takes half a million steps.
//! But two runs that are in the same row at the same place go on alike. So a run notes places and rows on its
//! way, counted from its last match. If it ends without a further match, these become dead states, and a later run that
//! meets one of them ends there.
//!
//! ```text
//! A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A
//! └ match, then      ·       ·               ·             no further match: places 64, 128, 256, ... bytes on
//!   └ match, then    · same row at the same place: ends
//! ```
//!
//! # Which places are noted
//!
//! The first run over some bytes notes places at doubling distances, some forty at most. A run on its way to a dead
//! state of an earlier run notes more: the next at one part in [`GAP_PARTS`] of the way that is left. They join the
//! earlier run's dead states when the run meets one of these. So a gap is read once and then falls apart; in 10 KB a
//! byte is read five times until all gaps have [`GAP_BYTES`].
//!
//! The dead states of [`DEAD_RUNS`] runs are kept apart, since runs that follow each other may take different rows. All
//! places lie on one grid, so that all runs stop at the same places. When there is no room for more, every
//! other place is forgotten, and the bytes between are read again.
//!
//! # What they hold for
//!
//! One haystack, one end of the search, and one table. A haystack has no identity: whoever iterates borrows it and
//! gives the iteration a number, and dead states of another number are forgotten.
//! Exercised by `tests/dfa.rs` and `tests/oracle.rs`.

use std::cmp::Reverse;

use crate::heap::vec_bytes;
use crate::tuning::{DEAD_NOTED_MAX, DEAD_PLACES_MAX, DEAD_RUNS, GAP_BYTES, GAP_PARTS, STOP_BYTES};

/// The most bytes on the heap. A vector that grows doubles, so the places count twice.
pub(crate) const BYTES_MAX: usize = (2 * DEAD_PLACES_MAX + DEAD_NOTED_MAX) * size_of::<Place>();

/// What dead states hold for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The number of the iteration; 0 stands for a search that belongs to none.
    pub(crate) iteration: u64,
    /// Where its searches end, in bytes.
    pub(crate) end: usize,
    /// The number of the table that the rows belong to.
    pub(crate) table: u64,
}

/// A place, and a row from which no match is found there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    at: usize,
    row: u32,
    /// The earlier run that noted it, below [`DEAD_RUNS`]. A run that meets one of its places would meet all that
    /// lie behind.
    run: u32,
}

/// The dead states of one iteration.
#[derive(Debug, Default)]
pub(crate) struct DeadStates {
    scope: Scope,
    /// The farthest first, so that those passed are popped.
    places: Vec<Place>,
    /// When each run's places were last added to, in additions.
    used: [u64; DEAD_RUNS],
    clock: u64,
    /// Places that the current run noted since `base`, its start or the end of its last match. The nearest first.
    noted: Vec<Place>,
    base: usize,
    /// Where the current run notes the next place.
    due: usize,
    /// A bit for each earlier run: the current run has passed one of its places in another row.
    missed: u32,
}

/// How a run goes on from a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// It ends: no further match is found.
    Dead,
    /// To this position, where it asks again.
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

    /// Forgets dead states of another scope. Tells whether this scope can have any.
    #[inline]
    pub(crate) fn belong_to(&mut self, scope: Scope) -> bool {
        if self.scope != scope {
            self.clear(scope);
        }
        scope.iteration != 0
    }

    /// Forgets all: the rows of the table have new numbers.
    pub(crate) fn move_to(&mut self, table: u64) {
        let scope = self.scope;
        self.clear(Scope { table, ..scope });
    }

    fn clear(&mut self, scope: Scope) {
        self.scope = scope;
        self.noted.clear();
        self.places.clear();
    }

    /// Tells whether no dead state lies ahead.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Begins a run at `at`. Returns the position at which it has to ask first.
    #[inline]
    pub(crate) fn begin(&mut self, at: usize) -> usize {
        self.noted.clear();
        (self.base, self.missed) = (at, 0);
        // Starts of an iteration only move forward, so what lies behind is of no use.
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

    /// Looks up the run's row at `at`, and notes it if a place is due. The run's last match ended at `base`, or it
    /// started there.
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
            // The next place of an earlier run that this one may still meet. Without one, nobody was here before.
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

    /// Ends a run that found nothing since `base`: what it noted becomes dead states.
    #[inline]
    pub(crate) fn end(&mut self, base: usize) {
        if !self.noted.is_empty() && base == self.base {
            self.keep();
        }
    }

    /// Replaces the places of an earlier run before `at` by those noted.
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

    /// Keeps the places noted as those of a run of its own, instead of the run that was not added to for longest.
    #[cold]
    fn keep(&mut self) {
        let oldest = (0..DEAD_RUNS).min_by_key(|&run| self.used[run]);
        self.join(oldest.unwrap_or(0) as u32, usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the bytes read if a run from each position finds nothing, while `rows` rows take turns.
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
