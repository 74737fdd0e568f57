//! How records leave the cache: evicted, pinned, forgotten, freed.
//!
//! ```text
//!            evict, no handle                      dropped: the arena back to the pool
//! cached ───────────────────────────────────────▶
//!    │ ▲
//!    │ │ requested again                           the last handle, or a sweep
//!    ▼ │                                     ┌───▶
//! pinned ────────────────────────────────────┘
//!    │  purge of a full strict budget, end of the cache
//!    ▼
//! loose ────────────────────────────────────────▶  the last handle
//! ```
//!
//! Evicting a record that handles hold frees nothing. It moves to its shard's queue of pinned records: a request finds it
//! there, and the last handle frees it. If the budget has no room for a larger index of pinned records, it stays cached, and
//! other records are evicted first.
//!
//! A handle that is dropped just while its record is being pinned does not notice that. Sweeps free such records: each
//! pinning examines a few, and `stats`, `trim` and every request without room examine all.
//!
//! Exercised by `tests/cache.rs` and `tests/budget.rs`.

use repool_arena::slab::Shared;

use crate::cause::Cause;
use crate::entry::handle::Handle;
use crate::entry::record::Place;
use crate::entry::thread_ref::{Record, RecordRef};
use crate::key::Keyed;
use crate::owners::Reach;
use crate::policy::Victim;
use crate::store::Store;
use crate::store::evicted::{Evicted, Excess, HeldEviction};
use crate::store::shard::Shard;
use crate::sync::atomic::Ordering;
use crate::tuning::VICTIM_PASSES_MAX;

impl Store {
    /// Takes the least valuable record within reach out of the policy's queue.
    ///
    /// The result is for [`Store::settle`], outside the lock.
    pub(crate) fn evict(
        &self,
        shard: &mut Shard,
        cause: Cause,
        reach: Reach,
        excess: Excess,
    ) -> Evicted {
        let may_go = |record: &Record| self.owners.discharge(record, reach);
        match shard.policy.victim(may_go) {
            Victim::Found(record) => {
                // One shard stands for all of them.
                if self.shard_of(record.hash()) == 0 && shard.policy.is_report_due() {
                    self.thread_caches.begin_round();
                }
                self.put_aside(shard, record, cause, excess)
            }
            Victim::Later => Evicted::Later,
            Victim::None => Evicted::None,
        }
    }

    /// Takes one record out of the policy's queue, whatever the share of its owner.
    ///
    /// The result is for [`Store::settle`], outside the lock.
    pub(crate) fn evict_this(&self, shard: &mut Shard, record: RecordRef, cause: Cause) -> Evicted {
        // The reference of the queue is the one that may be the last.
        let Some(record) = take(shard, record) else {
            return Evicted::None;
        };
        self.owners.discharge(&record, Reach::All);
        self.put_aside(shard, record, cause, Excess::Forbidden)
    }

    /// Evicts a record that is out of the queue and discharged; or returns it to the queue.
    pub(crate) fn put_aside(
        &self,
        shard: &mut Shard,
        record: RecordRef,
        cause: Cause,
        excess: Excess,
    ) -> Evicted {
        // Handles of thread caches count in thread holds, and those count here. A reader without the lock may count the
        // record up at any moment: either it comes first and the record is pinned, or it finds the record unique.
        let detached = Record::detach(&record);
        let record = match Shared::try_unique(record) {
            Ok(record) => {
                shard.counters.evictions[cause as usize] += 1;
                shard.index.remove(record.hash(), record.number());
                self.owners.evicted(&record);
                return Evicted::Free(record, cause);
            }
            Err(record) => record,
        };
        let held_eviction = self.notifier.has_observer().then(|| HeldEviction {
            record: Handle::new(record.clone()),
            cause,
        });
        match self.pin(shard, record, excess) {
            Ok(dead) => {
                shard.counters.evictions[cause as usize] += 1;
                Evicted::Pinned(dead, detached, held_eviction)
            }
            Err(record) if excess.is_final(cause) => {
                shard.counters.evictions[cause as usize] += 1;
                self.owners.evicted(&record);
                shard.forget(&record);
                Evicted::Pinned(Some(record), detached, held_eviction)
            }
            // Its eviction would free nothing, and no request would find it.
            Err(record) => {
                self.owners.recharge(&record);
                record.set_place(Place::Cached);
                shard.policy.readmit(record);
                // The record is cached, so this takes no lock; the queue holds it, so this frees nothing.
                drop(held_eviction);
                Evicted::Pinned(None, detached, None)
            }
        }
    }

    /// Finishes an eviction. Called outside every lock.
    pub(crate) fn settle(&self, evicted: Evicted) {
        match evicted {
            Evicted::None | Evicted::Later => {}
            Evicted::Free(record, cause) => {
                self.evicted_since_compact.fetch_add(1, Ordering::Relaxed);
                self.notifier.evicted(&record, cause, false);
                drop(record);
            }
            Evicted::Pinned(dead, detached, held_eviction) => {
                if let Some(held_eviction) = held_eviction {
                    self.notifier
                        .evicted(held_eviction.record.record(), held_eviction.cause, true);
                }
                drop(detached);
                drop(dead);
            }
        }
    }

    /// Frees one record that no handle holds, within the first reach that has one. Returns whether there was one.
    pub(crate) fn evict_one(&self, cause: Cause, reaches: &[Reach]) -> bool {
        let round = |excess| {
            let mut reaches = reaches.iter();
            reaches.any(|&reach| self.evict_round(cause, reach, excess))
        };
        // If handles hold all records, pin them even beyond the budget, so that the next call need not examine all of them
        // again.
        round(Excess::Forbidden) || self.sweep_all() || round(Excess::Allowed)
    }

    /// Evicts until one record was freed. Pins held records on the way, if the index has room; otherwise they return to the
    /// queue.
    fn evict_round(&self, cause: Cause, reach: Reach, excess: Excess) -> bool {
        let first = self.next_turn();
        for at in 0..self.shard_count() {
            let at = first.wrapping_add(at) & (self.shard_count() - 1);
            let mut turns = self.shard(at).policy.turns();
            while turns > 0 {
                let mut shard = self.shard(at);
                let evicted = self.evict(&mut shard, cause, reach, excess);
                drop(shard);
                let passed = match evicted {
                    Evicted::None => turns,
                    Evicted::Free(..) | Evicted::Pinned(..) => 1,
                    Evicted::Later => turns.min(VICTIM_PASSES_MAX),
                };
                let is_free = matches!(evicted, Evicted::Free(..));
                self.settle(evicted);
                if is_free {
                    return true;
                }
                turns -= passed;
            }
        }
        false
    }

    /// Returns index memory that is not needed.
    pub(crate) fn shrink_index(&self) {
        for at in 0..self.shard_count() {
            let mut shard = self.shard(at);
            shard.shrink();
        }
    }

    /// Evicts every record.
    pub(crate) fn purge(&self) {
        for at in 0..self.shard_count() {
            let count = self.shard(at).policy.len();
            for _ in 0..count {
                let mut shard = self.shard(at);
                let evicted = self.evict(&mut shard, Cause::Purge, Reach::All, Excess::Forbidden);
                drop(shard);
                self.settle(evicted);
            }
            // After each shard: nodes still allocated would lie between the memory that the next shards free.
            self.shard(at).shrink();
        }
        self.sweep_all();
        self.shrink_index();
    }

    /// Forgets every record. Handles stay valid and free their memory themselves.
    pub(crate) fn disown(&self) {
        self.purge();
        for at in 0..self.shard_count() {
            loop {
                let mut shard = self.shard(at);
                let Some(record) = shard.pinned.pop_oldest() else {
                    break;
                };
                shard.forget(&record);
                drop(shard);
                drop(record);
            }
        }
        self.shrink_index();
    }
}

/// Takes the policy's reference to a record in exchange for another one.
pub(crate) fn take(shard: &mut Shard, record: RecordRef) -> Option<RecordRef> {
    // The record stays alive: the reference that is dropped is not the only one.
    shard.policy.remove(&record)
}
