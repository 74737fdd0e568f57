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
//! └ match, then      ·       ·               ·             nothing: places 16, 32, 64, ... bytes on
//!   └ match, then    · was here in the same row: ends
//! ```
//!
//! Places are noted at doubling distances, so a trail has some forty at most. A run that comes to one
//! has noted others on the way, which join the trail: between two places the gaps are filled where
//! searches go on from. So each byte is run over some log n times, not n times. A few trails are kept,
//! for runs that follow each other in different rows.
//!
//! All this holds for one haystack only. A haystack has no identity, so whoever iterates borrows it and
//! gives the iteration a number ([`crate::Iteration`]); trails of another number are forgotten.
//! Exercised by `tests/dfa.rs` and `tests/oracle.rs`.

use crate::scratch::vec_bytes;

/// The first place behind a match. Shorter ways are gone again as fast.
const GAP_MIN: usize = 16;

/// The trails that are kept: as many rows as may take turns.
const TRAILS: usize = 8;

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

/// The dead trails of one iteration.
#[derive(Debug, Default)]
pub(crate) struct Trails {
    ground: Ground,
    /// Places of each, the farthest first, and when it was joined last.
    trails: Vec<(Vec<Place>, u64)>,
    clock: u64,
    /// Where the run has been since `base`, its start or its last match: the nearest first.
    noted: Vec<Place>,
    base: usize,
}

/// What to do at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Nothing more is found from here.
    Dead,
    /// Go on, and ask again here.
    Until(usize),
}

impl Trails {
    pub(crate) fn bytes(&self) -> usize {
        let places = self.trails.iter().map(|(places, _)| vec_bytes(places));
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
        for (places, _) in &mut self.trails {
            places.clear();
        }
    }

    /// Where to ask first in a run from `at`.
    #[inline]
    pub(crate) fn begin(&mut self, at: usize) -> usize {
        self.noted.clear();
        self.base = at;
        at + GAP_MIN
    }

    /// The run is in `row` at `at`; its last match ended at `base`, or it started there.
    #[cold]
    pub(crate) fn pass(&mut self, at: usize, row: u32, base: usize) -> Pass {
        if base != self.base {
            self.begin(base);
        }
        let here = Place { at, row };
        let mut next = usize::MAX;
        for i in 0..self.trails.len() {
            let places = &self.trails[i].0;
            let behind = places.partition_point(|place| place.at > at);
            if places.get(behind) == Some(&here) {
                self.join(i, behind);
                return Pass::Dead;
            }
            if let Some(ahead) = behind.checked_sub(1) {
                next = next.min(places[ahead].at);
            }
        }
        let due = |noted: &[Place]| base + (GAP_MIN << noted.len().min(usize::BITS as usize / 2));
        if at >= due(&self.noted) {
            self.noted.push(here);
        }
        Pass::Until(next.min(due(&self.noted).max(at + 1)))
    }

    /// The run ended, and nothing was found since its last match.
    #[inline]
    pub(crate) fn end(&mut self, base: usize) {
        if !self.noted.is_empty() && base == self.base {
            self.keep();
        }
    }

    /// Adds what was noted to a trail, in front of its places up to `behind`.
    fn join(&mut self, trail: usize, behind: usize) {
        self.clock += 1;
        let (places, used) = &mut self.trails[trail];
        *used = self.clock;
        places.truncate(behind + 1);
        places.extend(self.noted.drain(..).rev());
    }

    /// Keeps what was noted as a trail, in the place of the one that was not joined for longest.
    #[cold]
    fn keep(&mut self) {
        if self.trails.len() < TRAILS {
            self.trails.push((Vec::new(), 0));
        }
        let trails = self.trails.iter().enumerate();
        let oldest = trails.min_by_key(|(_, (places, used))| (!places.is_empty(), *used));
        if let Some((oldest, _)) = oldest {
            self.trails[oldest].0.clear();
            self.join(oldest, 0);
        }
    }
}
