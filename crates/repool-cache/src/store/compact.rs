//! How what is left after most of a cache has gone is brought together.
//!
//! Free memory goes back to the system by whole pages, and a record with its program is a sixth of a page: one pattern
//! in a hundred, here and there, keeps a tenth of the pages. So [`Store::give_back`] moves what no handle holds: an
//! image never changes and holds no pointer, and fronts have no way to a record but the one that eviction cuts, too
//! ([`Record::detach`]).
//!
//! The ledger knows nothing of it: each piece takes the place of one of the same size, and that one is scratch memory of
//! the thread until it is freed, some of them at a time. So no budget has to have room. Records are moved one by
//! one, each under the lock of its shard; the queues of a shard together, as when they grow.
//!
//! Exercised by `tests/compact.rs` and, with other threads, `tests/model.rs`; `benches/flood.rs` measures it.

use std::sync::Arc;

use repool_arena::scratch::ScratchAccount;
use repool_arena::{Runway, class_sizes, release_free_memory};

use crate::entry::record::{Outgrown, Place};
use crate::entry::thread_ref::{Detached, Links, RECORD_BYTES, Record};
use crate::key::HashAlone;
use crate::policy::queue::NODE_BYTES;
use crate::store::Store;
use crate::store::shard::Shard;

/// The usual size of a page. Where they are larger, what lies scattered over them may stay as it is.
const PAGE_BYTES: usize = 4096;
/// So many pages too many are not worth the moving.
const PAGES_SPARED: usize = 16;
/// So much memory that was moved out of is freed at a time.
const BATCH_BYTES: usize = 64 << 10;
/// Free memory in a row that a batch begins in. With 32 KiB, gaps shorter than that were held in vain: 1.04 to 1.11 times
/// the live bytes stayed resident, and 0.86 to 0.98 with 8 KiB (`benches/flood.rs`, 2026-11).
const RUN_BYTES: usize = 8 << 10;
/// Queues of a shard that take more than that stay where they are, as they are moved under one lock.
const INDEX_MAX: usize = 256 << 10;

impl Store {
    /// Gives free memory back to the system. Moves what is cached together before, if it lies scattered and no handle
    /// holds it.
    pub(crate) fn give_back(&self) {
        release_free_memory();
        if self.is_scattered() {
            // Nodes first: there are gaps between those that are left, too short for much.
            self.gather_index();
            release_free_memory();
            self.gather_records();
            release_free_memory();
        }
    }

    /// Tells whether records and programs lie in many more pages than they need.
    fn is_scattered(&self) -> bool {
        let (mut pages, mut bytes) = (Vec::new(), 0);
        for at in 0..self.shard_count() {
            let count = self.shard(at).policy.len();
            if pages.try_reserve(2 * count).is_err() {
                return false;
            }
            let shard = self.shard(at);
            for record in shard.policy.iter().take(count) {
                let image = record.image();
                pages.push(Arc::as_ptr(record).addr() / PAGE_BYTES);
                pages.push(image.words().as_ptr().addr() / PAGE_BYTES);
                bytes += RECORD_BYTES + image.arena_bytes();
            }
        }
        pages.sort_unstable();
        pages.dedup();
        // The model checker has no time for so many.
        cfg!(shuttle) || pages.len() > PAGES_SPARED + (bytes + bytes / 4) / PAGE_BYTES
    }

    fn gather_index(&self) {
        let mut left = Left::new();
        for at in 0..self.shard_count() {
            left.make_way(NODE_BYTES);
            let mut shard = self.shard(at);
            let bytes = shard.policy.own_bytes() + shard.pinned.own_bytes();
            if bytes <= INDEX_MAX {
                let index = (shard.policy.relocate(), shard.pinned.relocate());
                drop(shard);
                left.push(index, bytes);
            }
        }
        left.free();
    }

    fn gather_records(&self) {
        let mut left = Left::new();
        small_sizes().for_each(|size| left.runway.drain(size));
        for at in 0..self.shard_count() {
            for hash in self.hashes(at, |record| record.pins(1) == 0) {
                left.make_way(RECORD_BYTES);
                let mut shard = self.shard(at);
                let moved = relocate(&mut shard, hash);
                drop(shard);
                if let Some((moved, arena_bytes)) = moved {
                    left.push(moved, RECORD_BYTES + arena_bytes);
                }
            }
        }
        left.free();
    }
}

/// What a record was in before it moved.
type Moved = (Detached, Option<Outgrown<Links>>);

/// Moves one record, if no handle holds it, and gives what it was in and the bytes of its arena.
///
/// Under the lock of its shard; what it gives is to be dropped outside.
fn relocate(shard: &mut Shard, hash: u64) -> Option<(Moved, usize)> {
    let record = shard.policy.get_mut(&HashAlone(hash))?;
    if record.pins(1) > 0 {
        return None;
    }
    // Fronts find it through the shard the next time. What they counted stays known.
    record.note_thread_hits();
    let detached = record.detach();
    let outgrown = Record::relocate(record);
    record.set_place(Place::Cached);
    let arena_bytes = record.image().arena_bytes();
    Some(((detached, outgrown), arena_bytes))
}

/// Memory that was moved out of, and the way that is cleared for what moves.
struct Left<T> {
    pieces: Vec<T>,
    account: ScratchAccount,
    runway: Runway,
}

impl<T> Left<T> {
    fn new() -> Left<T> {
        Left {
            pieces: Vec::new(),
            account: ScratchAccount::new(),
            runway: Runway::default(),
        }
    }

    /// Makes way for the next batch, in pieces of `size` bytes or more, if it is not begun.
    fn make_way(&mut self, size: usize) {
        if self.pieces.is_empty() {
            self.runway.clear(size, RUN_BYTES);
        }
    }

    /// Keeps what was moved out of until the batch is full.
    fn push(&mut self, piece: T, bytes: usize) {
        self.pieces.push(piece);
        self.account.set(self.account.bytes() + bytes);
        if self.account.bytes() >= BATCH_BYTES {
            self.free();
        }
    }

    fn free(&mut self) {
        self.runway.end(small_sizes());
        self.pieces.clear();
        self.account.set(0);
    }
}

/// The sizes of allocations of which there are many, as far as several fit into a page.
fn small_sizes() -> impl Iterator<Item = usize> {
    let small = class_sizes().filter(|size| *size <= PAGE_BYTES / 4);
    small.chain([RECORD_BYTES, NODE_BYTES])
}
