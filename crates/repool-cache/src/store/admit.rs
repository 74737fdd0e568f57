//! How records are found and added.
//!
//! Exercised by `tests/cache.rs` and `tests/budget.rs`.

use std::sync::Arc;

use repool_arena::slab::Unique;
use repool_arena::{Account, Charge};
use repool_program::Image;

use crate::cause::Cause;
use crate::config::Mode;
use crate::entry::handle::Handle;
use crate::entry::record::Place;
use crate::entry::thread_ref::{Hold, Links, RECORD_BYTES, Record, RecordRef};
use crate::key::{Key, Keyed, Probe};
use crate::owners::Reach;
use crate::store::Store;
use crate::store::evicted::{Evicted, Excess};
use crate::store::shard::Shard;
use crate::sync::atomic::Ordering;
use crate::thread_state::asking;
use crate::tuning::{ADMIT_TRIES_MAX, PINNED_MAX};

/// How often one admission may evict for a place among the pinned records: for the index, and for the queue.
const PINNED_ASKS: usize = 2;

/// The budget has no room for `needed` bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoRoom {
    pub(crate) needed: usize,
}

impl Store {
    /// Finds a cached record without a lock. What it does not find may be there all the same: see [`Store::lookup`].
    #[inline]
    pub(crate) fn lookup_unlocked(&self, key: &Key<'_>, hash: u64) -> Option<Hold> {
        let mut numbers = self.index_of(hash).candidates(hash);
        numbers.find_map(|number| self.record_of(number, key))
    }

    /// Returns the record with this number, if it is the cached one of this key.
    #[inline]
    pub(crate) fn record_of(&self, number: u32, key: &Key<'_>) -> Option<Hold> {
        // A hold, since the record may be pinned meanwhile and this the last that leads to it.
        let record = Hold::new(self.records().get(number)?);
        (record.is_of(key) && record.place() == Place::Cached).then_some(record)
    }

    /// Finds a cached or pinned record and counts a hit.
    pub(crate) fn lookup(&self, probe: &Probe<'_>) -> Option<Handle> {
        let mut shard = self.shard(self.shard_of(probe.hash));
        let record = self.find(&mut shard, probe)?;
        shard.counters.hits += 1;
        shard.counters.saved_nanos += record.compile_nanos();
        record.add_hits(1);
        Some(Handle::new(record))
    }

    /// Counts a request for a cached record that was answered without the shard's lock.
    pub(crate) fn touch(&self, record: &Record) {
        let mut shard = self.shard(self.shard_of(record.hash()));
        shard.policy.touch(record);
    }

    fn find(&self, shard: &mut Shard, probe: &Probe<'_>) -> Option<RecordRef> {
        let record = shard.find(probe)?;
        if record.place() == Place::Cached {
            shard.policy.request(&record);
            return Some(record);
        }
        shard.pinned.promote(&record);
        shard.counters.readoptions += u64::from(!self.config.is_weak());
        if self.may_cache(record.image())
            && shard.policy.make_place()
            && self.owners.charge(asking(), &record)
        {
            let pinned = shard.pinned.remove(&record);
            shard.admit(pinned.expect("what is not cached is pinned"));
            shard.settle();
        }
        Some(record)
    }

    /// Tells whether a program of this size exceeds a soft budget because it is too large to be cached. Nothing is evicted for
    /// such a program.
    pub(crate) fn exceeds_alone(&self, bytes: usize) -> bool {
        self.config().mode == Mode::Soft && !self.is_small(bytes)
    }

    /// Tells whether a program of this size, with its record, may be cached.
    pub(crate) fn is_small(&self, program_bytes: usize) -> bool {
        let bytes = program_bytes.saturating_add(RECORD_BYTES);
        bytes <= self.entry_bytes_max.load(Ordering::Relaxed)
    }

    /// Gives a record a slot. A soft budget may be exceeded for that.
    fn store_record(&self, record: Record) -> Option<RecordRef> {
        let records = self.records();
        if self.exceeds_alone(record.image().memory_bytes()) {
            return records.insert_beyond_limit(record).ok().map(Unique::share);
        }
        match records.insert(record) {
            Ok(stored) => Some(stored.share()),
            Err(_) if self.config.mode == Mode::Strict => None,
            Err(record) => {
                self.exceed(RECORD_BYTES);
                records.insert_beyond_limit(record).ok().map(Unique::share)
            }
        }
    }

    /// Tells whether a program is small enough to be cached and the budget is not exceeded.
    ///
    /// The second condition keeps the promise of [`Mode::Soft`]: cached programs were counted while the total was within the
    /// budget, so they alone never exceed it.
    fn may_cache(&self, image: &Image) -> bool {
        self.is_small(image.memory_bytes())
            && !self.ledger().is_over_limit()
            && !self.is_off()
            && !self.config.is_weak()
    }

    /// Adds a program that was compiled for `probe`.
    ///
    /// If a record with this key is there already, it stays, and the new program is dropped.
    pub(crate) fn admit(
        &self,
        probe: &Probe<'_>,
        image: Image,
        compile_nanos: u64,
    ) -> Result<Handle, NoRoom> {
        if !Arc::ptr_eq(image.ledger(), self.ledger()) {
            // Compiled into another pool, which this budget does not count.
            return Ok(Handle::uncached(image));
        }
        let program_bytes = image.memory_bytes();
        let needed = program_bytes + RECORD_BYTES;
        if !image.is_charged() {
            return Err(NoRoom { needed });
        }
        let known = image.text_bytes() == probe.text;
        let links = Links::to(self.me.clone());
        let record = Record::new(image, probe.hash, probe.options, compile_nanos, links);
        record.see(self.tick());
        let Some(record) = self.store_record(record) else {
            return Err(NoRoom { needed });
        };
        if !known || self.is_off() {
            // Its text is not the key's, so no request would find it; or the cache is off.
            self.shard(self.shard_of(probe.hash)).counters.bypassed += 1;
            record.set_place(Place::Loose);
            return Ok(Handle::new(record));
        }
        Ok(self.insert(probe, record))
    }

    /// Adds a record to the policy's queue, or to the pinned records if that has no place for it.
    fn insert(&self, probe: &Probe<'_>, record: RecordRef) -> Handle {
        let at = self.shard_of(probe.hash);
        let asker = asking();
        let (mut has_quota, mut asks, mut may_grow) = (true, 0, true);
        let mut tries = ADMIT_TRIES_MAX;
        loop {
            let mut shard = self.shard(at);
            if let Some(there) = self.find(&mut shard, probe) {
                shard.counters.duplicates += 1;
                drop(shard);
                drop(record);
                return Handle::new(there);
            }
            let mut evicted = Evicted::None;
            if has_quota && self.may_cache(record.image()) {
                if may_grow && !shard.make_place() {
                    may_grow = false;
                    let index = Arc::clone(&shard.index);
                    drop(shard);
                    // An index that is full holds back all records to come, so it grows even if that evicts some.
                    if !self.drop_tables_in_turn() && index.is_full() {
                        self.grow_shard(at, index.growth_bytes(), |shard, charge| {
                            shard.index.grow(charge);
                        });
                    }
                    continue;
                }
                if shard.make_place() {
                    if !self.owners.charge(asker, &record) {
                        drop(shard);
                        has_quota = self.evict_own(asker);
                        continue;
                    }
                    shard.counters.insertions += 1;
                    shard.enter(&record);
                    if shard.admit(record.clone()) {
                        shard.counters.ghost_hits += 1;
                        let nanos = &mut shard.counters.ghost_nanos;
                        *nanos = nanos.saturating_add(record.compile_nanos());
                    }
                    drop(shard);
                    return Handle::new(record);
                }
                // The budget is full and the index cannot grow, so one record is evicted for the new one.
                evicted = self.evict(
                    &mut shard,
                    Cause::Capacity,
                    Reach::Own(asker),
                    Excess::Forbidden,
                );
                let is_more_there = !matches!(evicted, Evicted::None);
                tries = tries.saturating_sub(1);
                if shard.make_place() || is_more_there && tries > 0 {
                    drop(shard);
                    self.settle(evicted);
                    continue;
                }
            }
            // Pinned, so that requests find it while it is held. That exceeds the budget only if nothing can be evicted.
            if asks < PINNED_ASKS
                && !self.exceeds_alone(record.image().memory_bytes())
                && shard.pinned.len() < PINNED_MAX
                && let Some((bytes, grow)) = shard.make_pinned_place()
            {
                asks += 1;
                drop(shard);
                self.settle(evicted);
                self.grow_shard(at, bytes, grow);
                continue;
            }
            if self.config.is_weak() {
                shard.counters.insertions += 1;
            } else {
                shard.counters.bypassed += 1;
            }
            let dead = self.pin_new(&mut shard, &record, Excess::Allowed);
            drop(shard);
            drop(dead);
            self.settle(evicted);
            return Handle::new(record);
        }
    }

    /// Grows a part of a shard; may evict for that.
    #[cold]
    fn grow_shard(&self, at: usize, bytes: usize, grow: fn(&mut Shard, Charge)) {
        if let Ok(charge) = self.pool().reserve(Account::Index, bytes) {
            grow(&mut self.shard(at), charge);
        }
    }
}
