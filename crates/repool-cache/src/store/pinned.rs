//! Pinned records: handles hold them, requests find them, and the last handle frees them. They were evicted or never cached.
//!
//! Exercised by `tests/cache.rs`, `tests/weak.rs` and, in every order of threads, `tests/model.rs`.

use repool_arena::slab::Shared;
use repool_arena::{Account, Charge};

use crate::config::Mode;
use crate::entry::record::Place;
use crate::entry::thread_ref::{Hold, Home, Record, RecordRef};
use crate::key::Keyed;
use crate::policy::queue::Queue;
use crate::store::Store;
use crate::store::evicted::Excess;
use crate::store::shard::Shard;
use crate::tuning::{PINNED_MAX, PINNED_SWEEP};

impl Store {
    /// Pins a record that was never cached. If there is no place for it, lookups do not find it.
    ///
    /// The result is to be dropped outside the lock.
    pub(crate) fn pin_new(
        &self,
        shard: &mut Shard,
        record: &RecordRef,
        excess: Excess,
    ) -> Option<RecordRef> {
        if shard.index.has_pinned_place()
            || shard.index.make_place()
            || self.exceed_for(shard, excess)
        {
            shard.enter(record);
            match self.pin(shard, record.clone(), excess) {
                Ok(dead) => return dead,
                Err(_) => shard.forget(record),
            }
        } else {
            record.set_place(Place::Loose);
        }
        None
    }

    /// Grows the index of a shard beyond a soft budget. Returns whether it did.
    fn exceed_for(&self, shard: &Shard, excess: Excess) -> bool {
        self.config().mode == Mode::Soft && excess == Excess::Allowed && {
            let bytes = shard.index.growth_bytes();
            shard
                .index
                .grow(Charge::new(self.ledger(), Account::Index, bytes))
        }
    }

    /// Pins a record that handles hold and that the index has. Returns it as an error if the budget has no room for a larger index of pinned records.
    ///
    /// A record in `Ok` is to be dropped outside the lock.
    pub(crate) fn pin(
        &self,
        shard: &mut Shard,
        record: RecordRef,
        excess: Excess,
    ) -> Result<Option<RecordRef>, RecordRef> {
        let mut dead = self.sweep(shard, PINNED_SWEEP);
        if shard.pinned.is_full() {
            if shard.pinned.len() >= PINNED_MAX && !self.config().is_weak() {
                dead = shard.pinned.pop_oldest();
                dead.iter().for_each(|oldest| shard.forget(oldest));
            } else if !self.grow_pinned(&mut shard.pinned, excess) {
                return Err(record);
            }
        }
        self.owners.evicted(&record);
        record.set_place(Place::Pinned);
        shard.pinned.insert(record);
        Ok(dead)
    }

    fn grow_pinned(&self, pinned: &mut Queue<Record>, excess: Excess) -> bool {
        if pinned.try_grow() {
            return true;
        }
        if self.config().mode == Mode::Soft && excess == Excess::Allowed {
            // Counts with the held records; the last of them returns it.
            let bytes = pinned.growth_bytes();
            pinned.grow(Charge::new(self.ledger(), Account::Index, bytes));
            return true;
        }
        false
    }

    /// Examines `count` of the longest pinned records. Takes out the first that no handle holds.
    fn sweep(&self, shard: &mut Shard, count: usize) -> Option<RecordRef> {
        let mut dead = None;
        for _ in 0..count.min(shard.pinned.len()) {
            let oldest = shard.pinned.pop_oldest()?;
            if Shared::strong_count(&oldest) == 1 {
                shard.forget(&oldest);
                dead = Some(oldest);
                break;
            }
            shard.pinned.insert(oldest);
        }
        shard.settle();
        dead
    }

    /// Frees every pinned record whose handles are gone unnoticed. Returns whether there was one.
    pub(crate) fn sweep_all(&self) -> bool {
        let mut found = false;
        for at in 0..self.shard_count() {
            loop {
                let shard = self.shard(at);
                let stray = shard.pinned.iter().find(|r| r.has_strays()).cloned();
                drop(shard);
                let Some(stray) = stray else { break };
                let stray = Hold::new(stray);
                stray.release_strays();
                found = true;
            }
            loop {
                let mut shard = self.shard(at);
                let mut pinned = shard.pinned.iter();
                let Some(dead) = pinned.find(|r| Shared::strong_count(r) == 1).cloned() else {
                    break;
                };
                drop(pinned);
                let queued = shard.pinned.remove(&dead);
                shard.settle();
                shard.forget(&dead);
                drop(shard);
                drop((queued, dead));
                found = true;
            }
        }
        found
    }
}

impl Home for Store {
    fn release(&self, record: RecordRef) {
        let mut shard = self.shard(self.shard_of(record.hash()));
        // The two counts are this handle and the queue. Other handles decrement under the lock, too.
        if record.place() == Place::Pinned && Shared::strong_count(&record) == 2 {
            let queued = shard.pinned.remove(&record);
            shard.settle();
            shard.forget(&record);
            drop(shard);
            drop((queued, record));
            // After a purge. A weak cache is empty at times.
            if self.records().is_empty() && !self.config().is_weak() {
                self.shrink_index();
            }
        } else {
            // Under the lock, so that of two such decrements one sees the other.
            drop(record);
            drop(shard);
        }
    }
}
