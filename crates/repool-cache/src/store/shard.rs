//! One independently locked part of a store: its queues and counters.

use std::sync::Arc;

use crate::cause::Cause;
use crate::entry::record::Place;
use crate::entry::thread_ref::Record;
use crate::policy::Policy;
use crate::policy::queue::Queue;

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

#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) policy: Policy,
    pub(crate) pinned: Queue<Record>,
    pub(crate) counters: Counters,
}

impl Shard {
    /// Adds a record. With the first, makes a small table for pinned records, so that some can be pinned once the budget is
    /// full.
    ///
    /// Returns whether the record was evicted not long ago.
    pub(crate) fn admit(&mut self, record: Arc<Record>) -> bool {
        record.set_place(Place::Cached);
        let known = self.policy.admit(record);
        if self.pinned.own_bytes() == 0 {
            self.pinned.try_grow();
        }
        known
    }

    /// Frees the table of pinned records once it is empty, unless it is that small one.
    pub(crate) fn settle(&mut self) {
        if self.pinned.len() == 0 && (self.policy.len() == 0 || !self.pinned.is_minimal()) {
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
    }
}
