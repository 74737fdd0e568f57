//! Moves programs out of sparse pages, so that those go back to the system.
//!
//! Free memory goes back by whole pages, and a program is a tenth of a page: one pattern in a hundred, here and there,
//! keeps a tenth of the pages. An image never changes and holds no pointer, and thread caches have no way to a record except
//! the one that eviction cuts, too ([`Record::detach`]). So [`Store::give_back`] moves what no handle holds, record by
//! record, each under the lock of its shard.
//!
//! A moved program takes a hole of a page that is charged already, so no budget has to have room, and no account changes.
//!
//! Exercised by `tests/compact.rs` and, with other threads, `tests/model.rs`; `benches/flood.rs` measures it.

use std::sync::Arc;

use repool_arena::Account;

use crate::entry::record::Place;
use crate::entry::thread_ref::{Detached, Record};
use crate::key::HashAlone;
use crate::store::Store;
use crate::store::shard::Shard;
use crate::tuning::{COMPACT_ROUNDS_MAX, COMPACT_SLACK_PART};

impl Store {
    /// Gives free pages back to the system. If much of the rest is slack, moves programs first.
    pub(crate) fn give_back(&self) {
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

    /// Moves programs out of the sparsest pages. Returns whether pages went back.
    fn compact(&self) -> bool {
        let before = self.ledger().total_bytes();
        let Some(compaction) = self.pool().begin_compaction() else {
            return false;
        };
        let is_movable = |record: &Arc<Record>| record.pins(1) == 0 && record.image().is_draining();
        for at in 0..self.shard_count() {
            for hash in self.hashes(at, is_movable) {
                let mut shard = self.shard(at);
                let detached = relocate(&mut shard, hash);
                drop(shard);
                drop(detached);
            }
        }
        drop(compaction);
        self.ledger().total_bytes() < before
    }
}

/// Moves the program of one record, if no handle holds it, and returns what thread caches held of it.
///
/// Under the lock of its shard; the result is to be dropped outside.
fn relocate(shard: &mut Shard, hash: u64) -> Option<Detached> {
    let record = shard.policy.get_mut(&HashAlone(hash))?;
    if record.pins(1) > 0 {
        return None;
    }
    // Thread caches find it through the shard the next time. What they counted stays known.
    record.note_thread_hits();
    let detached = record.detach();
    Arc::get_mut(record).map(Record::relocate);
    record.set_place(Place::Cached);
    Some(detached)
}
