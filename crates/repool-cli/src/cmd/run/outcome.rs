//! The report as data.

use serde::Serialize;

use super::check::Agreement;
use super::cold::Cold;
use super::drive::Laps;
use crate::args::Run;
use crate::measure::quantile;
use crate::workload::{BATCH_LINES, Workload};

/// The report.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) version: &'static str,
    pub(super) workload: Work,
    /// What the cache may hold.
    pub(super) budget_bytes: usize,
    /// How many entries the LRU of `regex` may hold.
    pub(super) lru_capacity: usize,
    pub(super) repool: Side,
    pub(super) regex: Side,
    /// What the cache says that it holds.
    pub(super) books: Books,
    pub(super) agreement: Agreement,
}

/// What was done.
#[derive(Debug, Serialize)]
pub(super) struct Work {
    /// Patterns that come again.
    pub(super) patterns: usize,
    /// Patterns that come once.
    pub(super) one_shots: usize,
    pub(super) lookups: usize,
    /// Lines searched, by each contender.
    pub(super) lines: usize,
    /// Bytes searched, by each contender.
    pub(super) searched_bytes: u64,
    pub(super) threads: u16,
    pub(super) seed: u64,
}

/// The results of one contender.
#[derive(Debug, Serialize)]
pub(super) struct Side {
    pub(super) cold: ColdCost,
    pub(super) through: Through,
}

/// The cost of compiling all patterns without a cache.
#[derive(Debug, Serialize)]
pub(super) struct ColdCost {
    pub(super) p50_ns: f64,
    pub(super) p99_ns: f64,
    pub(super) total_ns: f64,
    /// With the first search of each.
    pub(super) total_searched_ns: f64,
    /// Bytes that all of them hold together.
    pub(super) bytes: usize,
    /// Allocations that took.
    pub(super) allocations: usize,
}

/// The results of the lookups through the cache.
#[derive(Debug, Default, Serialize)]
pub(super) struct Through {
    pub(super) seconds: f64,
    pub(super) lookups_per_second: f64,
    pub(super) bytes_per_second: f64,
    /// Time spent in asking the cache, all threads together.
    pub(super) get_seconds: f64,
    pub(super) get_p50_ns: f64,
    pub(super) get_p99_ns: f64,
    /// The time of a hit in a loop of hits.
    pub(super) hit_ns: f64,
    pub(super) hits: u64,
    pub(super) misses: u64,
    /// Entries in the cache at the end.
    pub(super) entries: usize,
    /// Bytes allocated for the cache and all it holds at the end.
    pub(super) bytes: usize,
}

/// The cache's ledger.
#[derive(Debug, Serialize)]
pub(super) struct Books {
    /// Bytes by purpose.
    pub(super) accounts: Vec<Account>,
    /// Their sum, which the budget bounds.
    pub(super) total_bytes: usize,
    /// The most that the sum has ever been.
    pub(super) peak_bytes: usize,
    /// Bytes that threads hold to compile and search with. Not part of the sum.
    pub(super) scratch_bytes: usize,
    /// Entries that the cache evicted.
    pub(super) evictions: u64,
}

/// Bytes that the cache holds for one purpose.
#[derive(Debug, Serialize)]
pub(super) struct Account {
    pub(super) name: &'static str,
    pub(super) bytes: usize,
}

impl Books {
    pub(super) fn of(stats: &repool::Stats) -> Books {
        let account = |name, bytes| Account { name, bytes };
        Books {
            accounts: vec![
                account("programs", stats.program_bytes),
                account("tables", stats.table_bytes),
                account("index", stats.index_bytes),
                account("errors", stats.error_bytes),
                account("pinned", stats.pinned_bytes),
                account("spare", stats.spare_bytes),
                account("slack", stats.slack_bytes),
                account("overhead", stats.overhead_bytes),
            ],
            total_bytes: stats.total_bytes(),
            peak_bytes: stats.peak_bytes,
            scratch_bytes: stats.scratch_bytes,
            evictions: stats.evictions(),
        }
    }
}

impl Work {
    pub(super) fn new(args: &Run, workload: &Workload) -> Work {
        Work {
            patterns: workload.recurring_len,
            one_shots: workload.one_shot_len(),
            lookups: workload.lookups.len(),
            lines: workload.lookups.len() * BATCH_LINES,
            searched_bytes: workload.searched_bytes(),
            threads: args.threads,
            seed: args.seed,
        }
    }
}

impl From<Cold> for ColdCost {
    fn from(cold: Cold) -> ColdCost {
        ColdCost {
            p50_ns: cold.p50_ns,
            p99_ns: cold.p99_ns,
            total_ns: cold.total_ns,
            total_searched_ns: cold.searched_ns,
            bytes: cold.held.bytes,
            allocations: cold.held.calls,
        }
    }
}

impl Through {
    /// The part that the laps measured.
    pub(super) fn of(laps: &mut Laps, workload: &Workload) -> Through {
        Through {
            seconds: laps.seconds,
            lookups_per_second: workload.lookups.len() as f64 / laps.seconds,
            bytes_per_second: workload.searched_bytes() as f64 / laps.seconds,
            get_seconds: laps.get_ns.iter().sum::<f64>() * 1e-9,
            get_p50_ns: quantile(&mut laps.get_ns, 0.5),
            get_p99_ns: quantile(&mut laps.get_ns, 0.99),
            bytes: laps.bytes.max(0) as usize,
            ..Through::default()
        }
    }

    /// The share of lookups that found their pattern compiled.
    pub(super) fn hit_ratio(&self) -> f64 {
        self.hits as f64 / (self.hits + self.misses).max(1) as f64
    }
}
