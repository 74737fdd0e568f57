//! The counters of a cache and the bytes it holds.
//!
//! Exercised by `tests/cache.rs`.

use std::time::Duration;

use repool_arena::Account;
use repool_arena::scratch::scratch_bytes;

use crate::cause::Cause;
use crate::single_flight::SingleFlight;
use crate::store::Store;

/// Counters since the cache was made, and the bytes it holds now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Lookups answered without a compile of their own: from the cache, with a cached error, or by waiting for another
    /// thread's compile. `hits + misses` is the number of lookups.
    pub hits: u64,
    /// Lookups that compiled.
    pub misses: u64,
    /// Hits that were errors.
    pub error_hits: u64,
    /// Hits that waited for another thread's compile.
    pub coalesced: u64,
    /// Misses that ended with a compiler error.
    pub errors: u64,
    /// Misses that the budget refused, under [`crate::Mode::Strict`].
    pub refused: u64,
    /// Patterns added to the cache.
    pub insertions: u64,
    /// Patterns compiled and returned but not cached: too large, or handles exceeded the budget.
    pub bypassed: u64,
    /// Patterns compiled while another thread compiled the same one, and dropped in favour of that.
    pub duplicates: u64,
    /// Misses on patterns that were evicted not long ago. They would be hits if the budget were about half as large again.
    pub ghost_hits: u64,
    /// Hits on evicted or never cached patterns that a handle kept alive.
    pub readoptions: u64,
    /// Patterns evicted to make room.
    pub evictions_capacity: u64,
    /// Patterns evicted by a purge.
    pub evictions_purge: u64,
    /// Patterns evicted because the budget became smaller.
    pub evictions_resize: u64,
    /// Patterns evicted because their owner was released.
    pub evictions_release: u64,
    /// Patterns evicted because their owner reached its maximum.
    pub evictions_quota: u64,
    /// Patterns evicted because they were not requested for long.
    pub evictions_idle: u64,
    /// Patterns evicted because the process was short of memory.
    pub evictions_pressure: u64,
    /// Patterns that lost the tables they earned, and nothing else, to make room.
    pub table_drops: u64,
    /// Patterns in the cache.
    pub entries: usize,
    /// Patterns outside the cache that a handle keeps alive and that lookups find.
    pub pinned_entries: usize,
    /// Errors in the cache.
    pub error_entries: usize,
    /// Bytes of the cached programs.
    pub program_bytes: usize,
    /// Bytes of tables that hot patterns earned.
    pub table_bytes: usize,
    /// Bytes of the index: records, queues, hash tables.
    pub index_bytes: usize,
    /// Bytes of cached errors.
    pub error_bytes: usize,
    /// Bytes of programs that only handles hold.
    pub pinned_bytes: usize,
    /// Bytes of free pages and records kept for the next patterns.
    pub spare_bytes: usize,
    /// Bytes of pages in use that no program and no table takes.
    pub slack_bytes: usize,
    /// Bytes of the total that are pages straight from the system. The rest is in the allocator. Heap profilers see none of
    /// these pages.
    pub paged_bytes: usize,
    /// Bytes of the cache and its pool when empty.
    pub overhead_bytes: usize,
    /// The highest value that [`Stats::total_bytes`] ever had.
    pub peak_bytes: usize,
    /// The budget.
    pub max_bytes: usize,
    /// Bytes of scratch memory of all threads of the process, whichever cache they use. Not part of the total or the budget.
    pub scratch_bytes: usize,
    /// Time spent compiling.
    pub compile_time_spent: Duration,
    /// Compile time of all hits together: what they would have spent without the cache.
    pub compile_time_saved: Duration,
    /// Compile time of the [`Stats::ghost_hits`].
    pub compile_time_ghosts: Duration,
    /// Time since the cache was made.
    pub uptime: Duration,
    /// Whether the cache is switched off.
    pub is_off: bool,
    total_bytes: usize,
}

impl Stats {
    /// Returns the bytes that the budget bounds: all but scratch memory, at one instant.
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        self.total_bytes
    }

    /// Returns the number of lookups.
    #[must_use]
    pub fn lookups(&self) -> u64 {
        self.hits + self.misses
    }

    /// Returns the number of evicted patterns, for whatever cause.
    #[must_use]
    pub fn evictions(&self) -> u64 {
        self.evictions_capacity
            + self.evictions_purge
            + self.evictions_resize
            + self.evictions_release
            + self.evictions_quota
            + self.evictions_idle
            + self.evictions_pressure
    }

    pub(crate) fn of<E>(store: &Store, flights: &SingleFlight<E>) -> Stats {
        let ledger = store.ledger();
        let mut stats = Stats {
            total_bytes: ledger.total_bytes(),
            program_bytes: ledger.bytes(Account::Programs),
            table_bytes: ledger.bytes(Account::Tables),
            index_bytes: ledger.bytes(Account::Index),
            error_bytes: ledger.bytes(Account::Errors),
            pinned_bytes: ledger.bytes(Account::Pinned),
            spare_bytes: ledger.bytes(Account::Spare),
            slack_bytes: ledger.bytes(Account::Slack),
            paged_bytes: store.paged_bytes(),
            overhead_bytes: ledger.bytes(Account::Overhead),
            peak_bytes: ledger.peak_bytes(),
            max_bytes: ledger.limit(),
            scratch_bytes: scratch_bytes(),
            uptime: store.uptime(),
            is_off: store.is_off(),
            ..Stats::default()
        };
        let (mut spent, mut saved, mut ghosts) = (0_u64, 0_u64, 0_u64);
        for at in 0..store.shard_count() {
            let shard = store.shard(at);
            let counters = shard.counters;
            stats.hits += counters.hits;
            stats.insertions += counters.insertions;
            stats.bypassed += counters.bypassed;
            stats.duplicates += counters.duplicates;
            stats.readoptions += counters.readoptions;
            stats.ghost_hits += counters.ghost_hits;
            ghosts = ghosts.saturating_add(counters.ghost_nanos);
            stats.evictions_capacity += counters.evictions[Cause::Capacity as usize];
            stats.evictions_purge += counters.evictions[Cause::Purge as usize];
            stats.evictions_resize += counters.evictions[Cause::Resize as usize];
            stats.evictions_release += counters.evictions[Cause::Release as usize];
            stats.evictions_quota += counters.evictions[Cause::Quota as usize];
            stats.evictions_idle += counters.evictions[Cause::Idle as usize];
            stats.evictions_pressure += counters.evictions[Cause::Pressure as usize];
            stats.table_drops += counters.table_drops;
            saved = saved.saturating_add(counters.saved_nanos);
            stats.entries += shard.policy.len();
            stats.pinned_entries += shard.pinned.len();
        }
        for at in 0..store.shard_count() {
            let table = flights.table(at);
            stats.misses += table.counters.misses;
            stats.errors += table.counters.errors;
            stats.refused += table.counters.refused;
            stats.error_hits += table.counters.error_hits;
            stats.coalesced += table.counters.coalesced;
            // Cached errors and waits are hits; a wait for an error is both and counts once.
            stats.hits += table.counters.hits;
            spent = spent.saturating_add(table.counters.compile_nanos);
            stats.error_entries += table.failures.len();
        }
        let thread_caches = store.thread_caches.totals();
        stats.hits += thread_caches.hits;
        saved = saved.saturating_add(thread_caches.saved_nanos);
        stats.compile_time_spent = Duration::from_nanos(spent);
        stats.compile_time_saved = Duration::from_nanos(saved);
        stats.compile_time_ghosts = Duration::from_nanos(ghosts);
        stats
    }
}
