//! How records go: evicted, pinned, forgotten, freed.
//!
//! ```text
//!            evict, no handle                      dropped: the arena back to the pool
//! cached ───────────────────────────────────────▶
//!    │ ▲
//!    │ │ asked for again                           the last handle, or a sweep
//!    ▼ │                                     ┌───▶
//! pinned ────────────────────────────────────┘
//!    │  purge of a full strict budget, end of the cache
//!    ▼
//! loose ────────────────────────────────────────▶  the last handle
//! ```
//!
//! Evicting a record that handles hold frees nothing. It moves to its shard's queue of pinned ones: found there
//! when it is asked for again, and gone when the last handle is. If the budget is so full that the index of
//! pinned ones cannot grow, it stays cached, and others that can be freed go before it.
//!
//! A handle that is dropped just while its record moves aside does not know of that, and leaves it to a
//! sweep: each pinning looks at a few, and so do `stats` and `trim` at all of them, and every request that
//! would be refused or exceed the budget.

use std::sync::Arc;

use crate::cause::Cause;
use crate::entry::handle::Handle;
use crate::entry::record::Place;
use crate::entry::thread_ref::Record;
use crate::key::Keyed;
use crate::owners::Reach;
use crate::policy::Victim;
use crate::store::Store;
use crate::store::evicted::{Evicted, Excess, HeldEviction};
use crate::store::shard::Shard;
use crate::tuning::VICTIM_PASSES_MAX;

impl Store {
    /// Takes the record that matters least out of the policy's queue, of those within reach.
    ///
    /// What it gives back is for [`Store::settle`], outside the lock.
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
                // What is true of one shard is about true of all.
                if self.shard_of(record.hash()) == 0 && shard.policy.is_report_due() {
                    self.thread_caches.begin_round();
                }
                self.put_aside(shard, record, cause, excess)
            }
            Victim::Later => Evicted::Later,
            Victim::None => Evicted::None,
        }
    }

    /// Takes one record out of the policy's queue, whatever its owner is guaranteed.
    ///
    /// What it gives back is for [`Store::settle`], outside the lock.
    pub(crate) fn evict_this(&self, shard: &mut Shard, key: &dyn Keyed, cause: Cause) -> Evicted {
        let Some(record) = shard.policy.remove(key) else {
            return Evicted::None;
        };
        self.owners.discharge(&record, Reach::All);
        self.put_aside(shard, record, cause, Excess::Forbidden)
    }

    /// Notes that a record, out of the queue and discharged, is evicted; or takes it back.
    pub(crate) fn put_aside(
        &self,
        shard: &mut Shard,
        record: Arc<Record>,
        cause: Cause,
        excess: Excess,
    ) -> Evicted {
        // Handles that fronts give count in locals, and those count here. A new one would have to
        // come from the queue now, so 1 stays 1.
        let detached = record.detach();
        if Arc::strong_count(&record) == 1 {
            shard.counters.evictions[cause as usize] += 1;
            self.owners.evicted(&record);
            return Evicted::Free(record, cause);
        }
        let held_eviction = self.notifier.has_observer().then(|| HeldEviction {
            record: Handle::new(Arc::clone(&record)),
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
                self.forget(&record);
                Evicted::Pinned(Some(record), detached, held_eviction)
            }
            // Evicting it would free nothing, and it could not be found again.
            Err(record) => {
                self.owners.recharge(&record);
                record.set_place(Place::Cached);
                shard.policy.readmit(record);
                // Cached, so this takes no lock; and the queue holds it, so this frees nothing.
                drop(held_eviction);
                Evicted::Pinned(None, detached, None)
            }
        }
    }

    /// Finishes an eviction, without any lock.
    pub(crate) fn settle(&self, evicted: Evicted) {
        match evicted {
            Evicted::None | Evicted::Later => {}
            Evicted::Free(record, cause) => {
                self.notifier.evicted(&record, cause, false);
                self.recycle(record);
            }
            Evicted::Pinned(dead, detached, held_eviction) => {
                if let Some(held_eviction) = held_eviction {
                    self.notifier
                        .evicted(held_eviction.record.record(), held_eviction.cause, true);
                }
                drop(detached);
                dead.into_iter().for_each(|record| self.recycle(record));
            }
        }
    }

    /// Frees one record that no handle holds; says whether there was one.
    pub(crate) fn evict_one(&self, cause: Cause, reach: Reach) -> bool {
        // If there are only held ones, they move aside whatever it costs, so that the next time need not
        // look at all of them again.
        self.evict_round(cause, reach, Excess::Forbidden)
            || self.sweep_all()
            || self.evict_round(cause, reach, Excess::Allowed)
    }

    /// Evicts until one record was freed. Held ones on the way move aside if the index has room for that, or
    /// else go round.
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

    /// Gives back index memory that is not needed.
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
            // Here already: nodes that are in use would keep apart what the next shards free.
            self.shard(at).shrink();
        }
        self.sweep_all();
        self.shrink_index();
    }

    /// Forgets every record: handles stay valid, and free their memory themselves.
    pub(crate) fn disown(&self) {
        self.purge();
        for at in 0..self.shard_count() {
            loop {
                let mut shard = self.shard(at);
                let Some(record) = shard.pinned.pop_oldest() else {
                    break;
                };
                self.forget(&record);
                drop(shard);
                drop(record);
            }
        }
        self.shrink_index();
    }
}
