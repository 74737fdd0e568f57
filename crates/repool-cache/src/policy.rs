//! Which records stay and which go: the least recently used goes.

use std::sync::Arc;

use repool_arena::Ledger;

use crate::key::Keyed;
use crate::queue::Queue;
use crate::record::Record;

/// The cached records of one shard, in the order of eviction.
#[derive(Debug)]
pub(crate) struct Policy {
    recent: Queue<Record>,
}

impl Policy {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Policy {
        Policy {
            recent: Queue::new(ledger),
        }
    }

    /// Finds a record and notes that it was asked for.
    pub(crate) fn get(&mut self, key: &dyn Keyed) -> Option<&Arc<Record>> {
        self.recent.get(key)
    }

    /// Makes sure that one more record can be admitted. False if the ledger has no room for a larger
    /// index.
    pub(crate) fn make_place(&mut self) -> bool {
        !self.recent.is_full() || self.recent.try_grow()
    }

    /// Takes in a record that is not here; [`Policy::make_place`] comes first.
    pub(crate) fn admit(&mut self, record: Arc<Record>) {
        self.recent.insert(record);
    }

    /// Takes out the record that matters least.
    pub(crate) fn victim(&mut self) -> Option<Arc<Record>> {
        self.recent.pop_oldest()
    }

    pub(crate) fn len(&self) -> usize {
        self.recent.len()
    }

    /// The records, those that would stay longest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Record>> {
        self.recent.iter()
    }

    /// Gives back index memory that is not needed.
    pub(crate) fn shrink(&mut self) {
        self.recent.shrink();
    }

    /// The bytes of the index, apart from its nodes.
    pub(crate) fn own_bytes(&self) -> usize {
        self.recent.own_bytes()
    }

    pub(crate) fn validate(&self) {
        self.recent.validate();
    }
}
