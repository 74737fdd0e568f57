//! Which record leaves the cache next.
//!
//! Two queues and a memory of evicted hashes, after S3-FIFO (Yang, Zhang, Qiu, Yue, Vigfusson: FIFO queues are all you need
//! for cache eviction, SOSP 2023):
//!
//! ```text
//!             not known                     requested again
//! newcomer ───────────────► probation ───────────────────────► main ◄──┐ requested again
//!     │                         │                               │ └────┘
//!     │                         └──► ghosts (hashes only)       ▼
//!     └──── known to the ghosts ──────────────────────────────► main    gone
//! ```
//!
//! A pattern that is requested once passes through probation, a twentieth of the bytes, and displaces nothing in main. One
//! that returns soon after its eviction is known to the ghosts and goes to main at once.
//!
//! # What differs from the paper
//!
//! Both were measured on the streams of `tests/hit_ratio.rs` (2026-11). Within a queue, records are in the order of the
//! last request instead of arrival: a loop a little larger than the cache has 89 % hits instead of 44 %. There are 0.6
//! ghosts per entry instead of one, which is worth half a point on Zipf streams.
//!
//! Until the first eviction newcomers go to main: probation would only fill up with records that move on to main.
//!
//! # When an LRU is better
//!
//! Where the working set is replaced or moves, an LRU has more hits, and a shadow of one measures that
//! (`policy/shadow_lru.rs`). Newcomers then go to main at once, and only the last request counts.
//!
//! # What thread caches report
//!
//! The policy does not see the hits of thread caches. After each eighth of the records was evicted, a thread that goes on to
//! the shards reports which records it found (`ThreadCache::report`). So the order is that of all requests except within
//! that eighth. If counts alone were read when a record is the oldest, a loop of 600 over 512 entries would have four points
//! less.
//!
//! Exercised by `tests/hit_ratio.rs`.

pub(crate) mod ghosts;
pub(crate) mod queue;
pub(crate) mod shadow_lru;

use std::sync::Arc;

use repool_arena::Ledger;

use crate::entry::thread_ref::{Record, RecordRef};
use crate::key::Keyed;
use crate::policy::ghosts::Ghosts;
use crate::policy::queue::Queue;
use crate::policy::shadow_lru::ShadowLru;
use crate::tuning::{
    GHOSTS_MIN, GHOSTS_PER_10_ENTRIES, PROBATION_PART, REPORT_PART, REPRIEVES_MAX,
    VICTIM_PASSES_MAX, WARMTH_MAX,
};

const _: () = assert!(VICTIM_PASSES_MAX > REPRIEVES_MAX);

/// What a search for a victim found.
#[derive(Debug)]
pub(crate) enum Victim {
    Found(RecordRef),
    /// None yet; the search stopped after `VICTIM_PASSES_MAX` records.
    Later,
    /// No record may be evicted.
    None,
}

/// The cached records of one shard.
#[derive(Debug)]
pub(crate) struct Policy {
    probation: Queue<Record>,
    main: Queue<Record>,
    ghosts: Ghosts,
    /// The sums of the weights of either queue, in bytes.
    probation_bytes: usize,
    main_bytes: usize,
    shadow_lru: ShadowLru,
    /// Evictions since [`Policy::is_report_due`] last returned true.
    evicted_since_report: usize,
    /// Whether there was an eviction since the queues were empty.
    has_evicted: bool,
    /// How many victims in a row were readmitted, and whether the last one was.
    taken_back: usize,
    was_taken_back: bool,
}

impl Policy {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Policy {
        Policy {
            probation: Queue::new(ledger),
            main: Queue::new(ledger),
            ghosts: Ghosts::new(ledger),
            probation_bytes: 0,
            main_bytes: 0,
            shadow_lru: ShadowLru::new(),
            evicted_since_report: 0,
            has_evicted: false,
            taken_back: 0,
            was_taken_back: false,
        }
    }

    /// Counts a request for a record.
    pub(crate) fn request(&mut self, record: &Record) {
        if self.promote(record) {
            record.warm();
            self.note(record.hash(), true);
        }
    }

    /// Counts a request that was answered without the shard's lock.
    pub(crate) fn touch(&mut self, record: &Record) {
        if self.promote(record) {
            record.note_thread_hits();
            self.note(record.hash(), true);
        }
    }

    /// Makes a record the most recent one of its queue. Returns false if it is in none.
    fn promote(&mut self, record: &Record) -> bool {
        self.main.promote(record) || self.probation.promote(record)
    }

    fn note(&mut self, hash: u64, is_hit: bool) {
        if self.has_evicted {
            let records = self.main.iter().chain(self.probation.iter());
            self.shadow_lru.fit(records.map(|record| record.hash()));
            self.shadow_lru.note(hash, is_hit);
        }
    }

    /// Counts an eviction. Returns true once for each `REPORT_PART`th of the records.
    pub(crate) fn is_report_due(&mut self) -> bool {
        self.evicted_since_report += 1;
        let is_gone = self.evicted_since_report * REPORT_PART >= self.len();
        if is_gone {
            self.evicted_since_report = 0;
        }
        is_gone
    }

    /// Tells whether a record is in one of the queues.
    pub(crate) fn has(&self, record: &Record) -> bool {
        self.main.has(record) || self.probation.has(record)
    }

    /// The place of a record in its queue, to change it if nothing else holds it.
    pub(crate) fn get_mut(&mut self, record: &Record) -> Option<&mut RecordRef> {
        match self.main.get_mut(record) {
            Some(place) => Some(place),
            None => self.probation.get_mut(record),
        }
    }

    /// Makes sure that one more record can be admitted. Returns false if both queues are full and the ledger has no room for a
    /// larger index.
    pub(crate) fn make_place(&mut self) -> bool {
        self.prepare();
        let (first, second) = if self.has_evicted {
            (&mut self.probation, &self.main)
        } else {
            (&mut self.main, &self.probation)
        };
        has_place(first) || !second.is_full()
    }

    /// Grows the ghosts and probation while there is memory; once the budget is full they can hardly grow. Probation gets room
    /// for twice as many average records as its part of the bytes holds.
    fn prepare(&mut self) {
        self.ghosts.prepare(self.ghost_span());
        if self.probation.capacity() < self.len() * 2 / PROBATION_PART {
            self.probation.try_grow();
        }
    }

    /// Tells whether probation has at least its part of the bytes.
    fn is_probation_full(&self) -> bool {
        self.probation_bytes * PROBATION_PART >= self.probation_bytes + self.main_bytes
    }

    /// Tells whether the next victim comes from probation. It comes from the queue that has more than its part, and in an LRU
    /// from what is left in probation, unless handles hold everything in that.
    fn is_probation_next(&self, is_lru: bool) -> bool {
        let is_full = is_lru || self.is_probation_full();
        let len = match is_full {
            true => self.probation.len(),
            false => self.main.len(),
        };
        is_full == (self.taken_back % self.len().max(1) < len)
    }

    /// Adds a record after [`Policy::make_place`]. Returns whether it was evicted not long ago, so that a larger cache would
    /// still have it.
    pub(crate) fn admit(&mut self, record: RecordRef) -> bool {
        let span = self.ghost_span();
        let hash = record.hash();
        let known = self.has_evicted && self.ghosts.take(hash, span);
        if known || !self.has_evicted || self.shadow_lru.is_lru() {
            self.add_to_main(record);
        } else {
            self.add_to_probation(record);
        }
        self.note(hash, false);
        known
    }

    /// Takes a victim back as the most recent record.
    pub(crate) fn readmit(&mut self, record: RecordRef) {
        self.taken_back += 1;
        self.was_taken_back = true;
        self.add_to_main(record);
    }

    /// Adds to main, or to probation if main cannot grow.
    fn add_to_main(&mut self, record: RecordRef) {
        self.shadow_lru.enter(record.hash());
        if has_place(&mut self.main) {
            self.main_bytes += record.weight();
            self.main.insert(record);
        } else {
            self.probation_bytes += record.weight();
            self.probation.insert(record);
        }
    }

    /// Adds to probation, or to main if probation is full.
    fn add_to_probation(&mut self, record: RecordRef) {
        self.shadow_lru.enter(record.hash());
        if self.probation.is_full() {
            self.main_bytes += record.weight();
            self.main.insert(record);
        } else {
            self.probation_bytes += record.weight();
            self.probation.insert(record);
        }
    }

    /// Takes out the least valuable record that may be evicted. `may_go` returns true for it, and has then discharged it.
    pub(crate) fn victim(&mut self, mut may_go: impl FnMut(&Record) -> bool) -> Victim {
        self.has_evicted = true;
        if !std::mem::take(&mut self.was_taken_back) {
            self.taken_back = 0;
        }
        let is_lru = self.shadow_lru.is_lru();
        let (mut reprieved, mut spared, mut spared_newcomers) = (0, 0, 0);
        for _ in 0..VICTIM_PASSES_MAX {
            let last = reprieved >= REPRIEVES_MAX;
            let (newcomers, others) = (
                self.probation.len() > spared_newcomers,
                self.main.len() > spared,
            );
            let from_probation = newcomers && (!others || self.is_probation_next(is_lru));
            let oldest = if from_probation {
                self.probation.oldest()
            } else if others {
                self.main.oldest()
            } else {
                return Victim::None;
            };
            let record = oldest.expect("more than were spared");
            let is_warm = match is_lru {
                // The queue has the order of all requests except those of thread caches.
                true => record.has_recent_hits() && record.note_thread_hits() > 0,
                false => record.cool(),
            };
            if !last && is_warm {
                reprieved += 1;
                if !from_probation {
                    self.main.defer_oldest();
                    continue;
                }
                if has_place(&mut self.main) {
                    let record = self.pop_newcomer();
                    self.add_to_main(record);
                    continue;
                }
            }
            if !from_probation {
                if may_go(self.main.oldest().expect("it was just there")) {
                    let record = self.pop_oldest();
                    if is_lru {
                        // Otherwise it passed through probation before.
                        self.ghosts.insert(record.hash());
                    }
                    return Victim::Found(record);
                }
                self.main.defer_oldest();
                spared += 1;
            } else if may_go(self.probation.oldest().expect("it was just there")) {
                let record = self.pop_newcomer();
                self.ghosts.insert(record.hash());
                return Victim::Found(record);
            } else if has_place(&mut self.main) {
                // Its owner's share protects it, so it need not be examined again soon.
                let record = self.pop_newcomer();
                self.add_to_main(record);
            } else {
                self.probation.defer_oldest();
                spared_newcomers += 1;
            }
        }
        Victim::Later
    }

    /// Takes the oldest record out of probation, which is not empty.
    fn pop_newcomer(&mut self) -> RecordRef {
        let record = self.probation.pop_oldest();
        let record = record.expect("probation is not empty");
        self.shadow_lru.leave(record.hash());
        self.probation_bytes -= record.weight();
        record
    }

    /// Takes the oldest record out of main, which is not empty.
    fn pop_oldest(&mut self) -> RecordRef {
        let record = self.main.pop_oldest().expect("main is not empty");
        self.shadow_lru.leave(record.hash());
        self.main_bytes -= record.weight();
        record
    }

    /// Takes a record out, if it is here.
    pub(crate) fn remove(&mut self, record: &Record) -> Option<RecordRef> {
        let record = if let Some(record) = self.main.remove(record) {
            self.main_bytes -= record.weight();
            record
        } else {
            let record = self.probation.remove(record)?;
            self.probation_bytes -= record.weight();
            record
        };
        self.shadow_lru.leave(record.hash());
        Some(record)
    }

    /// The records in about the order of eviction: probation, then main.
    pub(crate) fn iter_oldest(&self) -> impl Iterator<Item = &RecordRef> {
        self.probation.iter_oldest().chain(self.main.iter_oldest())
    }

    /// How many victims it takes at most, if each is readmitted, until every record was one. A warm record is passed over up to
    /// `WARMTH_MAX` times.
    pub(crate) fn turns(&self) -> usize {
        self.len() * (usize::from(WARMTH_MAX) + 1)
    }

    /// How many evictions the ghosts remember.
    fn ghost_span(&self) -> usize {
        (self.len() * GHOSTS_PER_10_ENTRIES / 10).max(GHOSTS_MIN)
    }

    pub(crate) fn len(&self) -> usize {
        self.probation.len() + self.main.len()
    }

    /// The records in about the reverse order of eviction.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &RecordRef> {
        self.main.iter().chain(self.probation.iter())
    }

    /// Returns index memory that is not needed.
    pub(crate) fn shrink(&mut self) {
        self.probation.shrink();
        self.main.shrink();
        if self.len() == 0 {
            self.ghosts.clear();
            self.shadow_lru = ShadowLru::new();
            self.has_evicted = false;
        } else {
            self.ghosts.shrink(self.ghost_span());
        }
    }

    /// Bytes of the index without its nodes.
    pub(crate) fn own_bytes(&self) -> usize {
        self.probation.own_bytes() + self.main.own_bytes() + self.ghosts.own_bytes()
    }

    pub(crate) fn validate(&self) {
        self.probation.validate();
        self.main.validate();
        self.shadow_lru
            .validate(self.iter().map(|record| record.hash()));
        let bytes = |queue: &Queue<Record>| queue.iter().map(|r| r.weight()).sum::<usize>();
        assert_eq!(
            bytes(&self.probation),
            self.probation_bytes,
            "probation's bytes are its records'"
        );
        assert_eq!(
            bytes(&self.main),
            self.main_bytes,
            "main's bytes are its records'"
        );
    }
}

fn has_place(queue: &mut Queue<Record>) -> bool {
    !queue.is_full() || queue.try_grow()
}
