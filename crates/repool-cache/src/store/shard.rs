//! One independently locked part of a store: its queues and counters.
//!
//! Exercised by `tests/cache.rs` and `tests/lookups.rs`.

use std::sync::Arc;

use repool_arena::Charge;
use repool_arena::slab::{Shared, Slab};

use crate::cause::Cause;
use crate::entry::record::Place;
use crate::entry::thread_ref::{Record, RecordRef};
use crate::key::{Keyed, Probe};
use crate::policy::Policy;
use crate::policy::queue::Queue;
use crate::store::index::Index;

/// Counters of a shard, changed under its lock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) hits: u64,
    pub(crate) readoptions: u64,
    pub(crate) ghost_hits: u64,
    pub(crate) ghost_nanos: u64,
    pub(crate) table_drops: u64,
    pub(crate) insertions: u64,
    pub(crate) bypassed: u64,
    pub(crate) duplicates: u64,
    /// By [`Cause`].
    pub(crate) evictions: [u64; Cause::COUNT],
    pub(crate) saved_nanos: u64,
}

/// What the lock of a shard guards.
///
/// The index has exactly the records of the queues. So a record in the index is held by a queue while the lock is held.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) policy: Policy,
    pub(crate) pinned: Queue<Record>,
    pub(crate) counters: Counters,
    pub(crate) index: Arc<Index>,
    records: Arc<Slab<Record>>,
}

/// Bytes to reserve, and what to do with them.
pub(crate) type Growth = (usize, fn(&mut Shard, Charge));

impl Shard {
    pub(crate) fn new(index: &Arc<Index>, records: &Arc<Slab<Record>>) -> Shard {
        let ledger = records.pool().ledger();
        Shard {
            policy: Policy::new(ledger),
            pinned: Queue::new(ledger),
            counters: Counters::default(),
            index: Arc::clone(index),
            records: Arc::clone(records),
        }
    }

    /// Finds the cached or pinned record of a key.
    pub(crate) fn find(&self, probe: &Probe<'_>) -> Option<RecordRef> {
        let mut numbers = self.index.candidates(probe.hash);
        numbers.find_map(|number| {
            let record = self.records.get(number)?;
            probe.matches(&record.probe()).then_some(record)
        })
    }

    /// Returns the cached record with this number, if it is one of this shard.
    pub(crate) fn cached(&self, number: u32) -> Option<RecordRef> {
        let record = self.records.get(number)?;
        self.policy.has(&record).then_some(record)
    }

    /// Makes sure that one more record can be admitted. Returns false if the ledger has no room for a larger index.
    pub(crate) fn make_place(&mut self) -> bool {
        self.index.make_place() && self.policy.make_place()
    }

    /// Makes sure that one more record can be pinned. Returns what takes memory that the ledger does not have at once.
    pub(crate) fn make_pinned_place(&mut self) -> Option<Growth> {
        if !self.index.has_pinned_place() && !self.index.make_place() {
            let bytes = self.index.growth_bytes();
            return Some((bytes, |shard, charge| {
                shard.index.grow(charge);
            }));
        }
        let bytes = self.pinned.grow_if_full()?;
        Some((bytes, |shard, charge| shard.pinned.grow(charge)))
    }

    /// Adds a record to the policy's queues; the index has it already. With the first, makes a small table for pinned
    /// records, so that some can be pinned once the budget is full.
    ///
    /// Returns whether the record was evicted not long ago.
    pub(crate) fn admit(&mut self, record: RecordRef) -> bool {
        record.set_place(Place::Cached);
        let known = self.policy.admit(record);
        if self.pinned.own_bytes() == 0 {
            self.pinned.try_grow();
        }
        known
    }

    /// Makes a new record known to lookups, after a place was made for it.
    pub(crate) fn enter(&self, record: &RecordRef) {
        self.index.insert(record.hash(), Shared::number(record));
    }

    /// Takes a record that is in no queue any more out of the index.
    pub(crate) fn forget(&self, record: &RecordRef) {
        self.index.remove(record.hash(), Shared::number(record));
        record.set_place(Place::Loose);
    }

    /// Frees the table of pinned records once it is empty, unless it is that small one and within the budget.
    pub(crate) fn settle(&mut self) {
        if self.pinned.len() == 0
            && (self.policy.len() == 0
                || !self.pinned.is_minimal()
                || self.records.pool().ledger().is_over_limit())
        {
            self.pinned.shrink();
        }
    }

    pub(crate) fn shrink(&mut self) {
        self.policy.shrink();
        if self.pinned.len() == 0 {
            self.settle();
        } else {
            self.pinned.shrink();
        }
        self.index.shrink();
    }

    /// Bytes on [`repool_arena::Account::Index`] for the shard without its records.
    pub(crate) fn own_bytes(&self) -> usize {
        self.policy.own_bytes() + self.pinned.own_bytes() + self.index.own_bytes()
    }

    /// Checks the structures of the shard.
    ///
    /// # Panics
    ///
    /// If a check fails.
    pub(crate) fn validate(&self) {
        self.policy.validate();
        self.pinned.validate();
        self.index.validate();
        let queued = self.policy.len() + self.pinned.len();
        assert_eq!(
            self.index.len(),
            queued,
            "the index has what the queues have"
        );
        for record in self.policy.iter().chain(self.pinned.iter()) {
            let found = self.find(&record.probe());
            let is_it = found.is_some_and(|found| Shared::ptr_eq(&found, record));
            assert!(is_it, "each record is found");
        }
    }
}
