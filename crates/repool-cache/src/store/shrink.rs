//! Makes the cache smaller at once, for another budget or for lack of memory. The coldest patterns leave first.
//!
//! A single eviction takes one request off each record that it passes over. For hundreds of evictions at once that would make
//! every record cold. So here records are ranked by their requests of late, and nothing is taken off.
//!
//! Exercised by `tests/operations.rs`.

use crate::sync::atomic::Ordering;
use std::time::Duration;

use repool_arena::Account;

use crate::cause::Cause;
use crate::entry::record::NOBODY;
use crate::entry::thread_ref::{Record, RecordRef};
use crate::owners::Reach;
use crate::store::drop_tables::Warmth;
use crate::store::evicted::{Evicted, Excess};
use crate::store::shard::Shard;
use crate::store::{Store, evict};
use crate::tuning::{COMPACT_SLACK_PART, INDEX_SHRINK_RANKS, WARMTH_MAX};

/// What a shrinking cache is to reach.
struct Target {
    bytes: usize,
    /// Programs are moved together once the bytes without slack are at most this.
    compact_at: usize,
}

impl Target {
    fn of(bytes: usize) -> Target {
        // Blocks do not get fuller than that.
        let compact_at = bytes - bytes / COMPACT_SLACK_PART;
        Target { bytes, compact_at }
    }
}

impl Store {
    /// Sets another budget. Evicts until it holds, or until handles hold all that is left.
    pub(crate) fn resize(&self, max_bytes: usize) {
        let limit = self.config().limit(max_bytes);
        self.entry_bytes_max
            .store(self.config().entry_bytes_max(max_bytes), Ordering::Relaxed);
        self.ledger().set_limit(limit);
        self.shrink_to(limit, Cause::Resize);
    }

    /// Frees memory until at most `bytes` are left, or until handles hold all that is left: free pages, then tables, then records.
    /// Programs are moved together where that is enough.
    pub(crate) fn shrink_to(&self, bytes: usize, cause: Cause) {
        self.shrink_index();
        let mut target = Target::of(bytes);
        if !self.is_within(&mut target) {
            self.drop_tables(Warmth::Any);
            self.evict_to(&mut target, cause);
            self.shrink_index();
        }
        self.give_back();
    }

    fn evict_to(&self, target: &mut Target, cause: Cause) {
        // The shares of owners shrink with the budget. If they still are in the way, they are ignored.
        for reach in [Reach::Shares(NOBODY), Reach::All] {
            for warmth in 0..=WARMTH_MAX {
                if self.evict_ranked(warmth, target, cause, reach) {
                    return;
                }
            }
        }
        // Pin what handles hold, while that frees anything.
        while !self.is_within(target) && self.evict_one(cause, &[Reach::All]) {}
    }

    /// Gives free pages back. Moves programs together if that may be enough. Returns whether the target is reached.
    fn is_within(&self, target: &mut Target) -> bool {
        let ledger = self.ledger();
        if ledger.total_bytes() <= target.bytes {
            return true;
        }
        let free = self.pool().free_bytes() + self.records().free_bytes();
        if ledger.total_bytes().saturating_sub(free) <= target.bytes {
            self.pool().trim();
            self.records().trim();
            return ledger.total_bytes() <= target.bytes;
        }
        let packed = ledger.total_bytes() - ledger.bytes(Account::Slack);
        if packed > target.compact_at {
            return false;
        }
        self.give_back();
        let total = ledger.total_bytes();
        // Not before as much is evicted as was lacking now.
        let lacks = total.saturating_sub(target.bytes);
        target.compact_at = packed.saturating_sub(lacks);
        lacks == 0
    }

    /// Evicts records with at most this warmth, from the shards in turn, until the target is reached. Returns whether it was.
    fn evict_ranked(&self, warmth: u8, target: &mut Target, cause: Cause, reach: Reach) -> bool {
        let is_ranked = |record: &RecordRef, others| {
            record.warmth() <= warmth && Record::pins(record, others) == 0
        };
        let ranked: Vec<Vec<u32>> = (0..self.shard_count())
            .map(|at| self.numbers(at, |record| is_ranked(record, 1)))
            .collect();
        let longest = ranked.iter().map(Vec::len).max().unwrap_or(0);
        for rank in 0..longest {
            // The index shrinks too: its table alone could exceed the budget.
            if rank % INDEX_SHRINK_RANKS == 0 {
                self.shrink_index();
            }
            for (at, numbers) in ranked.iter().enumerate() {
                if self.is_within(target) {
                    return true;
                }
                let Some(&number) = numbers.get(rank) else {
                    continue;
                };
                let mut shard = self.shard(at);
                // It may have been requested or removed in between.
                let record = shard.cached(number).filter(|record| is_ranked(record, 2));
                let evicted = match record {
                    Some(record) => self.evict_within(&mut shard, record, cause, reach),
                    None => Evicted::None,
                };
                drop(shard);
                self.settle(evicted);
            }
        }
        self.is_within(target)
    }

    /// Takes one record out of the policy's queue, if its owner's share allows.
    fn evict_within(
        &self,
        shard: &mut Shard,
        record: RecordRef,
        cause: Cause,
        reach: Reach,
    ) -> Evicted {
        if !self.owners.discharge(&record, reach) {
            return Evicted::None;
        }
        let record = evict::take(shard, record).expect("a cached record is in a queue");
        self.put_aside(shard, record, cause, Excess::Forbidden)
    }

    /// Adds the hits of thread caches to the records' warmth, before those caches are dropped.
    pub(crate) fn note_thread_hits(&self) {
        for at in 0..self.shard_count() {
            let shard = self.shard(at);
            for record in shard.policy.iter() {
                record.note_thread_hits();
            }
        }
    }

    /// Evicts the records that were not requested for `time` and that no handle holds. Returns their number.
    pub(crate) fn purge_idle(&self, time: Duration) -> usize {
        let tick = self.tick();
        // Both times and the duration are rounded down; two ticks more, so that nothing leaves too early.
        let least = if time.is_zero() {
            0
        } else {
            Store::ticks(time) + 2
        };
        let is_idle = |record: &RecordRef, others| {
            u64::from(record.idle_ticks(tick)) >= least && Record::pins(record, others) == 0
        };
        let mut gone = 0;
        for at in 0..self.shard_count() {
            for number in self.numbers(at, |record| is_idle(record, 1)) {
                let mut shard = self.shard(at);
                if let Some(record) = shard.cached(number).filter(|record| is_idle(record, 2)) {
                    let evicted = self.evict_this(&mut shard, record, Cause::Idle);
                    drop(shard);
                    self.settle(evicted);
                    gone += 1;
                }
            }
            self.shard(at).shrink();
        }
        gone
    }
}
