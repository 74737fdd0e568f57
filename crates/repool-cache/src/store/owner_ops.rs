//! What owners do to the records of a store: take over, evict their own, release.
//!
//! Exercised by `tests/owners.rs`.

use repool_arena::slab::Shared;

use crate::cause::Cause;
use crate::entry::record::{NOBODY, Place};
use crate::entry::thread_ref::{Hold, Record, RecordRef};
use crate::key::Keyed;
use crate::owners::{Owned, Reach};
use crate::store::Store;
use crate::tuning::WARMTH_MAX;

impl Store {
    /// Notes that an owner requested a record. The owner takes it over if it has none, and becomes the heir otherwise.
    pub(crate) fn share_with(&self, record: &Record, owner: &Owned) {
        let number = owner.number();
        let is_free = match record.owner() {
            NOBODY => owner.has_room(record.cost()),
            other => other != number && record.heir() == NOBODY,
        };
        if !is_free || owner.is_released() {
            return;
        }
        let _shard = self.shard(self.shard_of(record.hash()));
        if record.place() != Place::Cached {
            return;
        }
        if record.owner() == NOBODY {
            self.owners.charge(number, record);
        } else if record.owner() != number {
            record.set_heir(number);
        }
    }

    /// Evicts one record of an owner. Returns whether there was one.
    pub(crate) fn evict_own(&self, number: u32) -> bool {
        let Some(owner) = self.owners.of_number(number) else {
            return false;
        };
        loop {
            while let Some(number_of_record) = owner.next_note() {
                let record = self.records().get(number_of_record).map(Hold::new);
                let Some(hash) = record.as_ref().map(|record| record.hash()) else {
                    continue;
                };
                // Before the lock is taken: a hold takes it when it is dropped.
                drop(record);
                let mut shard = self.shard(self.shard_of(hash));
                let own = |record: &RecordRef| record.owner() == number && !record.cool();
                if let Some(record) = shard.cached(number_of_record).filter(own) {
                    let evicted = self.evict_this(&mut shard, record, Cause::Quota);
                    drop(shard);
                    self.settle(evicted);
                    return true;
                }
            }
            if !self.note_own(&owner) {
                return false;
            }
        }
    }

    /// Notes numbers of an owner's oldest cold records, from the shards in turn. Returns whether there are any.
    fn note_own(&self, owner: &Owned) -> bool {
        // Each round takes one request off, as a search for a victim does.
        (0..=WARMTH_MAX).any(|_| {
            let first = self.next_turn();
            (0..self.shard_count()).any(|at| {
                let shard = self.shard(first.wrapping_add(at) & (self.shard_count() - 1));
                let own = |record: &&RecordRef| record.owner() == owner.number();
                let cold = shard.policy.iter_oldest().filter(own).filter(|r| !r.cool());
                owner.note(cold.map(Shared::number)) > 0
            })
        })
    }

    /// Evicts the records of an owner, except those with an heir, and forgets the owner.
    pub(crate) fn release_owner(&self, owner: &Owned) {
        self.owners.retire(owner);
        let number = owner.number();
        for at in 0..self.shard_count() {
            // Nothing more is charged to the owner, so there will be no others. A list of handles instead would pin records
            // that others evict meanwhile, and the index of pinned records may exceed a soft budget.
            let records = self.numbers(at, |record| {
                record.owner() == number || record.heir() == number
            });
            for record in records {
                self.take_off(at, record, number);
            }
            self.shard(at).shrink();
        }
        self.owners.forget(owner);
    }

    /// Takes a record off an owner: the heir gets it, or it is evicted.
    fn take_off(&self, at: usize, record: u32, number: u32) {
        let mut shard = self.shard(at);
        let Some(record) = shard.cached(record) else {
            return;
        };
        if record.owner() != number {
            if record.heir() == number {
                record.set_heir(NOBODY);
            }
            return;
        }
        let heir = record.heir();
        if self.owners.is_known(heir) {
            self.owners.discharge(&record, Reach::All);
            if self.owners.charge(heir, &record) {
                return;
            }
            self.owners.recharge(&record);
        }
        let evicted = self.evict_this(&mut shard, record, Cause::Release);
        drop(shard);
        self.settle(evicted);
    }
}
