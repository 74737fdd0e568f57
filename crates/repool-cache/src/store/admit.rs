//! How records are found and added.
//!
//! Exercised by `tests/cache.rs` and `tests/budget.rs`.

use std::sync::Arc;

use repool_arena::Account;
use repool_program::Image;

use crate::cause::Cause;
use crate::config::Mode;
use crate::entry::handle::Handle;
use crate::entry::record::Place;
use crate::entry::thread_ref::{Links, RECORD_BYTES, Record};
use crate::key::{Keyed, Probe};
use crate::owners::Reach;
use crate::policy::queue::Queue;
use crate::store::Store;
use crate::store::evicted::{Evicted, Excess};
use crate::store::shard::Shard;
use crate::thread_state::asking;
use crate::tuning::{ADMIT_TRIES_MAX, PINNED_MAX};

/// The budget has no room for `needed` bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoRoom {
    pub(crate) needed: usize,
}

impl Store {
    /// Finds a cached or pinned record and counts a hit.
    pub(crate) fn lookup(&self, probe: &Probe<'_>) -> Option<Handle> {
        let mut shard = self.shard(self.shard_of(probe.hash));
        let record = self.find(&mut shard, probe)?;
        shard.counters.hits += 1;
        shard.counters.saved_nanos += record.compile_nanos();
        record.add_hits(1);
        Some(Handle::new(record))
    }

    /// Counts a request for a cached record that a thread cache answered.
    pub(crate) fn touch(&self, record: &Record) {
        let mut shard = self.shard(self.shard_of(record.hash()));
        shard.policy.touch(record);
    }

    fn find(&self, shard: &mut Shard, probe: &Probe<'_>) -> Option<Arc<Record>> {
        if let Some(record) = shard.policy.get(probe) {
            return Some(Arc::clone(record));
        }
        let record = Arc::clone(shard.pinned.get(probe)?);
        shard.counters.readoptions += u64::from(!self.config.is_weak());
        if self.may_cache(record.image())
            && shard.policy.make_place()
            && self.owners.charge(asking(), &record)
        {
            let pinned = shard.pinned.remove(probe);
            shard.admit(pinned.expect("found above"));
            shard.settle();
        }
        Some(record)
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
        let spare = match self.take_spare(program_bytes) {
            Ok(spare) => spare,
            Err(_) if self.config.mode == Mode::Strict => return Err(NoRoom { needed }),
            Err(_) => {
                self.exceed(RECORD_BYTES);
                self.ledger().add(Account::Index, RECORD_BYTES);
                None
            }
        };
        let known = image.text_bytes() == probe.text;
        let links = Links::to(self.me.clone());
        let record = Record::new(image, probe.hash, probe.options, compile_nanos, links);
        record.see(self.tick());
        let record = record.share(spare);
        if !known || self.is_off() {
            // Its text is not the key's, so no request would find it; or the cache is off.
            self.shard(self.shard_of(probe.hash)).counters.bypassed += 1;
            record.set_place(Place::Loose);
            return Ok(Handle::new(record));
        }
        Ok(self.insert(probe, record))
    }

    /// Adds a record to the policy's queue, or to the pinned records if that has no place for it.
    fn insert(&self, probe: &Probe<'_>, record: Arc<Record>) -> Handle {
        let at = self.shard_of(probe.hash);
        let asker = asking();
        let (mut has_quota, mut has_asked) = (true, false);
        let mut tries = ADMIT_TRIES_MAX;
        loop {
            let mut shard = self.shard(at);
            if let Some(there) = self.find(&mut shard, probe) {
                shard.counters.duplicates += 1;
                drop(shard);
                self.recycle(record);
                return Handle::new(there);
            }
            let mut evicted = Evicted::None;
            if has_quota && self.may_cache(record.image()) {
                if shard.policy.make_place() {
                    if !self.owners.charge(asker, &record) {
                        drop(shard);
                        has_quota = self.evict_own(asker);
                        continue;
                    }
                    shard.counters.insertions += 1;
                    if shard.admit(Arc::clone(&record)) {
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
                if shard.policy.make_place() || is_more_there && tries > 0 {
                    drop(shard);
                    self.settle(evicted);
                    continue;
                }
            }
            // Pinned, so that requests find it while it is held. That exceeds the budget only if nothing can be evicted.
            if !has_asked
                && !self.exceeds_alone(record.image().memory_bytes())
                && shard.pinned.len() < PINNED_MAX
                && let Some(bytes) = shard.pinned.grow_if_full()
            {
                has_asked = true;
                drop(shard);
                self.settle(evicted);
                self.grow_index(at, bytes, |shard| &mut shard.pinned);
                continue;
            }
            if self.config.is_weak() {
                shard.counters.insertions += 1;
            } else {
                shard.counters.bypassed += 1;
            }
            let dead = self.pin(&mut shard, Arc::clone(&record), Excess::Allowed);
            if dead.is_err() {
                self.forget(&record);
            }
            drop(shard);
            drop(dead);
            self.settle(evicted);
            return Handle::new(record);
        }
    }

    /// Grows a queue of a shard; may evict for that.
    #[cold]
    fn grow_index(&self, at: usize, bytes: usize, queue: fn(&mut Shard) -> &mut Queue<Record>) {
        if let Ok(charge) = self.pool().reserve(Account::Index, bytes) {
            queue(&mut self.shard(at)).grow(charge);
        }
    }
}
