//! Moves programs and records out of sparse pages, so that those go back to the system.
//!
//! Free memory goes back by whole pages, and a program is a tenth of a page: one pattern in a hundred, here and there,
//! keeps a tenth of the pages. An image never changes and holds no pointer, and thread caches have no way to a record except
//! the one that eviction cuts, too ([`Record::detach`]). So [`Store::give_back`] moves what no handle holds, record by
//! record, each under the lock of its shard.
//!
//! A moved program takes a hole of a page that is charged already, so no budget has to have room, and no account changes. A
//! moved record has another number from then on; the index learns it under the same lock.
//!
//! Exercised by `tests/compact.rs` and, with other threads, `tests/model.rs`; `benches/flood.rs` measures it.

use repool_arena::Account;
use repool_arena::slab::Shared;

use crate::entry::record::Place;
use crate::entry::thread_ref::{Detached, Record, RecordRef};
use crate::key::Keyed;
use crate::store::Store;
use crate::store::shard::Shard;
use crate::tuning::{COMPACT_ROUNDS_MAX, COMPACT_SLACK_PART};

impl Store {
    /// Gives free pages back to the system. If much of the rest is slack, moves programs first.
    pub(crate) fn give_back(&self) {
        self.records().trim();
        self.pool().trim();
        for _ in 0..COMPACT_ROUNDS_MAX {
            let (total, slack) = (
                self.ledger().total_bytes(),
                self.ledger().bytes(Account::Slack),
            );
            if slack < total / COMPACT_SLACK_PART || !self.compact() {
                break;
            }
        }
    }

    /// Moves programs out of the sparsest pages, and records to the lowest. Returns whether pages went back.
    pub(crate) fn compact(&self) -> bool {
        let before = self.ledger().total_bytes();
        let compaction = self.pool().begin_compaction();
        let is_movable = |record: &RecordRef| {
            Record::pins(record, 1) == 0
                && (record.image().is_draining() || self.records().is_high(record))
        };
        for at in 0..self.shard_count() {
            for number in self.numbers(at, is_movable) {
                let mut shard = self.shard(at);
                let detached = relocate(&mut shard, number);
                drop(shard);
                drop(detached);
            }
        }
        drop(compaction);
        self.records().trim();
        self.ledger().total_bytes() < before
    }
}

/// Moves one record and its program, if no handle holds it, and returns what thread caches held of it.
///
/// Under the lock of its shard; the result is to be dropped outside.
fn relocate(shard: &mut Shard, number: u32) -> Option<Detached> {
    let record = shard.cached(number)?;
    if Record::pins(&record, 2) > 0 {
        return None;
    }
    // Thread caches find it through the index the next time. What they counted stays known.
    record.note_thread_hits();
    let detached = Record::detach(&record);
    let place = shard.policy.get_mut(&record);
    let place = place.expect("a cached record is in a queue");
    drop(record);
    // A reader may have come in meanwhile. Then it stays where it is.
    Shared::with_unique(place, |record| record.image_mut().relocate());
    Shared::move_down(place);
    place.set_place(Place::Cached);
    let (hash, moved_to) = (place.hash(), Shared::number(place));
    if moved_to != number {
        shard.index.renumber(hash, number, moved_to);
    }
    Some(detached)
}
