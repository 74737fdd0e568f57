//! Frees tables that hot patterns earned, before any record is evicted.
//!
//! A table makes searches of a hot pattern faster, takes some kilobytes, and can be built again. When memory is short, the
//! tables of records without recent requests are freed first. The program stays where it is.
//!
//! A record that handles hold keeps its tables, as a search may be using them.
//!
//! Exercised by `tests/operations.rs`.

use repool_arena::Account;
use repool_arena::slab::Shared;
use repool_program::Taken;

use crate::entry::record::Place;
use crate::entry::thread_ref::{Detached, Record, RecordRef};
use crate::store::Store;
use crate::store::shard::Shard;
use crate::sync::atomic::Ordering;
use crate::tuning::{TABLE_WALK_EVICTIONS_MIN, TABLE_WALK_PART};

/// Whose tables are freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Warmth {
    /// Those of records without recent requests.
    Cold,
    Any,
}

/// The tables that a record lost. To be dropped outside the lock.
type Dropped = (Detached, Option<Taken>);

impl Store {
    /// Frees the tables of cold records, if a walk is due and finds some. Returns whether it did.
    ///
    /// A walk examines all records, so there is one per several evictions.
    pub(crate) fn drop_tables_in_turn(&self) -> bool {
        if self.ledger().bytes(Account::Tables) == 0 {
            return false;
        }
        let next = |left: u32| left.checked_sub(1);
        let order = Ordering::Relaxed;
        if self
            .until_table_walk
            .fetch_update(order, order, next)
            .is_ok()
        {
            return false;
        }
        let len: usize = (0..self.shard_count())
            .map(|at| self.shard(at).policy.len())
            .sum();
        let next = u32::try_from(len / TABLE_WALK_PART).unwrap_or(u32::MAX);
        self.until_table_walk
            .store(next.max(TABLE_WALK_EVICTIONS_MIN), order);
        self.drop_tables(Warmth::Cold)
    }

    /// Frees tables of records that no handle holds. Returns whether there were some.
    pub(crate) fn drop_tables(&self, warmth: Warmth) -> bool {
        let mut found = false;
        for at in 0..self.shard_count() {
            for number in self.numbers(at, |record| has_tables(record, warmth, 1)) {
                let mut shard = self.shard(at);
                let dropped = drop_tables_of(&mut shard, number, warmth);
                drop(shard);
                found |= dropped.is_some_and(|(_, tables)| tables.is_some());
            }
        }
        found
    }
}

fn has_tables(record: &RecordRef, warmth: Warmth, others: usize) -> bool {
    record.image().table_bytes() > 0
        && (warmth == Warmth::Any || !record.is_warm())
        && Record::pins(record, others) == 0
}

fn drop_tables_of(shard: &mut Shard, number: u32, warmth: Warmth) -> Option<Dropped> {
    let record = shard.cached(number)?;
    if !has_tables(&record, warmth, 2) {
        return None;
    }
    // Thread caches find the record through the shard the next time.
    let detached = Record::detach(&record);
    let place = shard.policy.get_mut(&record);
    let place = place.expect("a cached record is in a queue");
    // Only the queue's reference is left, or a reader came in meanwhile.
    drop(record);
    let tables = Shared::with_unique(place, Record::take_tables).flatten();
    place.set_place(Place::Cached);
    shard.counters.table_drops += u64::from(tables.is_some());
    Some((detached, tables))
}
