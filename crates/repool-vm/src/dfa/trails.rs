//! Where runs have led to nothing: what makes the search for *all* matches take time near linear.
//!
//! A greedy way that fails only at the end of the haystack makes each search of an iteration run to
//! that end, whatever it finds on the way: `.*[^A-Z]|[A-Z]` on a thousand `A` takes half a million steps.
//! But an automaton that is in the same row at the same place goes on the same way. So a run notes
//! where it has been since its last match, and when it ends without another, that *trail* is dead:
//! a later run that comes to a place of it in the same row ends there.
//!
//! ```text
//! A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A
//! └ match, then      ·       ·               ·             nothing: places 64, 128, 256, ... bytes on
//!   └ match, then    · was here in the same row: ends
//! ```
//!
//! The first run over some bytes notes places at doubling distances, some forty at most. One that goes
//! towards a place of a trail notes more, the next at one part of [`PARTS`] of the way that is left, and so on;
//! they join the trail when it gets there in the same row. So each gap is run over once and then falls apart,
//! and a byte is read as often as that can be done until all gaps have 16 bytes: three times in 10 KB, where
//! each search would read it. A few trails are kept, for runs that follow each other in different rows; all
//! places lie on one grid, so that the runs stop at the same.
//!
//! All this holds for one haystack only. A haystack has no identity, so whoever iterates borrows it and
//! gives the iteration a number ([`crate::Iteration`]); trails of another number are forgotten.
//! Exercised by `tests/dfa.rs` and `tests/oracle.rs`.

use crate::scratch::vec_bytes;

/// The grid on which places lie. Shorter ways are gone again as fast.
const GAP_MIN: usize = 16;

/// The first place of a run while there are no trails. Runs that end before it leave none: most do, and if all do, they
/// take little time together.
const FIRST_GAP: usize = 64;

/// In so many parts a way falls apart that ends at a dead place.
const PARTS: usize = 16;

/// The trails that are kept: as many rows as may take turns.
const TRAILS: usize = 16;

/// What trails belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ground {
    /// The number of the iteration; 0 is none.
    pub(crate) iteration: u64,
    /// Where its searches end.
    pub(crate) end: usize,
    /// The table that its rows are rows of.
    pub(crate) table: u64,
}

/// A place and the row there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    at: usize,
    row: u32,
}

/// Places from which nothing is found in their rows: each is passed by a run that passes the one before it.
#[derive(Debug, Default)]
struct Trail {
    /// The farthest first.
    places: Vec<Place>,
    /// So many of them are not behind the run.
    ahead: usize,
    /// Whether the run has passed one in another row.
    is_missed: bool,
    /// When it was joined last.
    used: u64,
}

impl Trail {
    /// A run begins.
    #[inline]
    fn begin(&mut self, at: usize) {
        // Seldom does a later run start further back.
        while self.places.pop_if(|place| place.at <= at).is_some() {}
        (self.ahead, self.is_missed) = (self.places.len(), false);
    }

    /// The nearest place that is not behind the run, which is at `at`.
    #[inline]
    fn nearest(&mut self, at: usize) -> Option<Place> {
        let places = &self.places[..self.ahead];
        let behind = places
            .iter()
            .rev()
            .take_while(|place| place.at < at)
            .count();
        self.ahead -= behind;
        places.get(self.ahead.checked_sub(1)?).copied()
    }
}

/// The trails of one iteration.
#[derive(Debug, Default)]
pub(crate) struct Trails {
    ground: Ground,
    /// Those of this ground, and behind them memory.
    trails: Vec<Trail>,
    len: usize,
    clock: u64,
    /// Where the run has been since `base`, its start or its last match: the nearest first.
    noted: Vec<Place>,
    base: usize,
    /// Where to note the next.
    due: usize,
}

/// What to do at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Nothing more is found from here.
    Dead,
    /// Go on, and ask again here.
    Until(usize),
}

/// The last place of the grid up to `at`.
#[inline]
pub(crate) fn on_grid(at: usize) -> usize {
    at / GAP_MIN * GAP_MIN
}

impl Trails {
    pub(crate) fn bytes(&self) -> usize {
        let places = self.trails.iter().map(|trail| vec_bytes(&trail.places));
        vec_bytes(&self.trails) + vec_bytes(&self.noted) + places.sum::<usize>()
    }

    /// Forgets what belongs to something else; tells whether trails can be kept.
    #[inline]
    pub(crate) fn belong_to(&mut self, ground: Ground) -> bool {
        if self.ground != ground {
            self.clear(ground);
        }
        ground.iteration != 0
    }

    /// The rows have got new numbers.
    pub(crate) fn move_to(&mut self, table: u64) {
        let ground = self.ground;
        self.clear(Ground { table, ..ground });
    }

    fn clear(&mut self, ground: Ground) {
        self.ground = ground;
        self.noted.clear();
        self.len = 0;
    }

    /// Tells whether no run has led to nothing, so far.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where to ask first in a run from `at`.
    #[inline]
    pub(crate) fn begin(&mut self, at: usize) -> usize {
        self.noted.clear();
        self.base = at;
        self.due = on_grid(at + if self.is_empty() { FIRST_GAP } else { GAP_MIN });
        let mut next = self.due;
        for trail in &mut self.trails[..self.len] {
            trail.begin(at);
            next = trail.places.last().map_or(next, |place| next.min(place.at));
        }
        next
    }

    /// The run is in `row` at `at`; its last match ended at `base`, or it started there.
    #[cold]
    pub(crate) fn pass(&mut self, at: usize, row: u32, base: usize) -> Pass {
        if base != self.base {
            self.begin(base);
        }
        let here = Place { at, row };
        // The next place, and the next of a trail that the run may be on.
        let (mut next, mut goal) = (usize::MAX, usize::MAX);
        for i in 0..self.len {
            let trail = &mut self.trails[i];
            let Some(mut place) = trail.nearest(at) else {
                continue;
            };
            if place == here {
                self.join(i);
                return Pass::Dead;
            }
            if place.at == at {
                trail.is_missed = true;
                let Some(further) = trail.nearest(at + 1) else {
                    continue;
                };
                place = further;
            }
            next = next.min(place.at);
            if !trail.is_missed {
                goal = goal.min(place.at);
            }
        }
        if at >= self.due {
            self.noted.push(here);
            let gap = match goal {
                usize::MAX => at - base,
                goal => (goal - at) / PARTS,
            };
            self.due = on_grid(at + gap.max(GAP_MIN));
        }
        Pass::Until(next.min(self.due))
    }

    /// The run ended, and nothing was found since its last match.
    #[inline]
    pub(crate) fn end(&mut self, base: usize) {
        if !self.noted.is_empty() && base == self.base {
            self.keep();
        }
    }

    /// What was noted leads to the nearest place of a trail. What that has before it is forgotten.
    fn join(&mut self, trail: usize) {
        self.clock += 1;
        let trail = &mut self.trails[trail];
        trail.used = self.clock;
        trail.places.truncate(trail.ahead);
        trail.places.extend(self.noted.drain(..).rev());
    }

    /// Keeps what was noted as a trail, in the place of the one that was not joined for longest.
    #[cold]
    fn keep(&mut self) {
        let trail = if self.len < TRAILS {
            if self.len == self.trails.len() {
                self.trails.push(Trail::default());
            }
            self.len += 1;
            self.len - 1
        } else {
            let trails = self.trails.iter().enumerate();
            let oldest = trails.min_by_key(|(_, trail)| (!trail.places.is_empty(), trail.used));
            oldest.map_or(0, |(oldest, _)| oldest)
        };
        self.trails[trail].ahead = 0;
        self.join(trail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that are read if a run from each place leads to nothing, in one of so many rows that take turns.
    fn bytes_run(len: usize, rows: usize, trails: &mut Trails) -> usize {
        let mut bytes = 0;
        for start in 0..len {
            let base = start + 1;
            let mut at = trails.begin(start).min(len);
            while at < len {
                let row = ((at - start) % rows) as u32;
                match trails.pass(at, row, base) {
                    Pass::Dead => break,
                    Pass::Until(until) => at = until.min(len),
                }
            }
            if at == len {
                trails.end(base);
            }
            bytes += at - start;
        }
        bytes
    }

    #[test]
    fn runs_to_nothing_read_few_bytes() {
        for (rows, most) in [(1, 16), (2, 32), (7, 64), (13, 128)] {
            for len in [1_000, 20_000, 200_000] {
                let mut trails = Trails::default();
                let bytes = bytes_run(len, rows, &mut trails);
                assert!(bytes <= most * len, "{bytes} of {len} with {rows} rows");
                assert!(trails.bytes() <= rows * 16 << 10, "{}", trails.bytes());
            }
        }
    }
}
