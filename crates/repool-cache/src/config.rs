//! The settings of a cache.
//!
//! Exercised by `tests/cache.rs`.

use std::sync::Arc;

use repool_arena::{Stock, page_bytes};

use crate::observer::Observer;
use crate::tuning::{
    BUDGET_BYTES, BUDGET_PAGES_MIN, ENTRY_PART, ERROR_BYTES_MAX, ERROR_PART, SHARD_BYTES,
    SHARDS_BY_DEFAULT_MAX, SHARDS_MAX,
};

/// What a cache keeps, and what it does when handles hold more than the budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Handles may exceed the budget; the excess is reported as pinned bytes. While they do, the cache keeps only patterns
    /// that are held. Once the handles are dropped, the budget holds.
    #[default]
    Soft,
    /// Nothing exceeds the budget. A pattern that finds no room is refused: handles hold all of the budget, or the pattern
    /// is too large.
    Strict,
    /// The cache holds no pattern itself. A pattern is found for exactly as long as a handle holds it, so that all holders
    /// share one. There is no budget, no share or maximum of an owner, and no eviction.
    ///
    /// All program bytes are pinned bytes. A hit takes a lock, and so does dropping a handle. Errors are cached as in the
    /// other modes, and some memory is kept for the next patterns.
    Weak,
}

/// The settings of a cache.
///
/// ```
/// use repool_cache::{Config, Mode};
///
/// let config = Config { max_bytes: 64 * 1024, mode: Mode::Strict, ..Config::default() };
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// The budget, in bytes, for everything that the cache holds; unused under [`Mode::Weak`]. A cache with a budget below
    /// its own empty size (about 1 KiB per shard) holds nothing else. The smallest budget is 8 pages of the system (32 KiB
    /// where a page has 4 KiB): less than that, and more than 0, is raised to it.
    ///
    /// Default: 8 MiB, some ten thousand patterns of ordinary size.
    pub max_bytes: usize,
    /// The number of independently locked parts, rounded up to a power of two. Default: one per 256 KiB of the budget, at
    /// most 8.
    pub shards: Option<usize>,
    /// Whether handles may exceed the budget.
    pub mode: Mode,
    /// The most bytes of cached errors, within `max_bytes`. Default: 64 KiB; never more than a sixteenth of the budget. 0
    /// caches none.
    pub error_bytes_max: usize,
    /// The most bytes of one cached program with its record. A larger program is compiled and returned each time. Default and
    /// upper bound: an eighth of the budget, so that one pattern cannot empty the cache.
    pub entry_bytes_max: Option<usize>,
    /// A place for spare arenas that several caches share. Spares there count to the stock and to no cache. Default: each
    /// cache keeps its own spares within its budget.
    pub stock: Option<Arc<Stock>>,
    /// Called for evictions and compiles. Default: none.
    pub observer: Option<Arc<dyn Observer>>,
    /// The most bytes of a new owner, until [`crate::Cache::set_max_bytes`] sets another maximum. Default: no bound.
    pub owner_bytes_max: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max_bytes: BUDGET_BYTES,
            shards: None,
            mode: Mode::Soft,
            error_bytes_max: ERROR_BYTES_MAX,
            entry_bytes_max: None,
            stock: None,
            observer: None,
            owner_bytes_max: usize::MAX,
        }
    }
}

impl Config {
    /// A budget as it is kept.
    fn budget(max_bytes: usize) -> usize {
        match max_bytes {
            0 => 0,
            _ => max_bytes.max(BUDGET_PAGES_MIN * page_bytes()),
        }
    }

    /// The limit of the ledger for a budget.
    pub(crate) fn limit(&self, max_bytes: usize) -> usize {
        if self.is_weak() {
            usize::MAX
        } else {
            Config::budget(max_bytes)
        }
    }

    pub(crate) fn is_weak(&self) -> bool {
        self.mode == Mode::Weak
    }

    pub(crate) fn shard_count(&self) -> usize {
        let count =
            (self.shards).unwrap_or((self.max_bytes / SHARD_BYTES).min(SHARDS_BY_DEFAULT_MAX));
        count.clamp(1, SHARDS_MAX).next_power_of_two()
    }

    pub(crate) fn entry_bytes_max(&self, max_bytes: usize) -> usize {
        let share = Config::budget(max_bytes) / ENTRY_PART;
        self.entry_bytes_max.map_or(share, |max| max.min(share))
    }

    pub(crate) fn error_bytes_max(&self, max_bytes: usize) -> usize {
        self.error_bytes_max.min(max_bytes / ERROR_PART)
    }
}
