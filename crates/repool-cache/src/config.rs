//! What a cache is told when it is made.

use std::sync::Arc;

use repool_arena::Stock;

use crate::observer::Observer;
use crate::tuning::{
    BUDGET_BYTES, ENTRY_PART, ERROR_BYTES_MAX, ERROR_PART, SHARD_BYTES, SHARDS_BY_DEFAULT_MAX,
    SHARDS_MAX,
};

/// What a cache keeps, and what happens when handles hold more than the budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Held handles may exceed the budget, which is reported as pinned bytes; the cache keeps nothing then
    /// that is not held. As soon as the handles are gone, the budget holds.
    #[default]
    Soft,
    /// Nothing exceeds the budget: a pattern that finds no room, because handles hold all of it or
    /// because it is too large, is refused.
    Strict,
    /// The cache keeps no pattern itself: one can be found for exactly as long as a handle holds it, and so all who
    /// hold it share one. There is no budget but what is held, no share or maximum of an owner, and nothing to evict.
    ///
    /// All bytes of programs are pinned ones then. A hit takes a lock, as does dropping a handle. Errors are
    /// remembered as in the other modes, and some memory is kept for the next patterns.
    Weak,
}

/// What a cache is told when it is made.
///
/// ```
/// use repool_cache::{Config, Mode};
///
/// let config = Config { max_bytes: 64 * 1024, mode: Mode::Strict, ..Config::default() };
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// The budget in bytes for everything the cache holds, unless that is [`Mode::Weak`]. A budget smaller than the
    /// empty cache itself (about 1 KiB for each shard) keeps nothing but that.
    ///
    /// By default 8 MiB: some ten thousand patterns of ordinary size, and no more than RE2 grants to
    /// one.
    pub max_bytes: usize,
    /// The number of independently locked parts, rounded up to a power of two. By default one for
    /// each 256 KiB of the budget, 8 at most.
    pub shards: Option<usize>,
    /// Whether handles may exceed the budget.
    pub mode: Mode,
    /// The most bytes kept of errors, inside `max_bytes`. By default 64 KiB; never more than a
    /// sixteenth of the budget. 0 keeps none.
    pub error_bytes_max: usize,
    /// The most bytes of one program that is cached; a larger one is compiled and returned each
    /// time. By default, and at most, an eighth of the budget, so that one pattern cannot empty the cache.
    pub entry_bytes_max: Option<usize>,
    /// Where arenas are kept for the next patterns, if it is a place that caches share: they count to that then, and
    /// to no cache. By default each cache keeps its own, within its budget.
    pub stock: Option<Arc<Stock>>,
    /// Who is told of evictions and compiles. By default nobody.
    pub observer: Option<Arc<dyn Observer>>,
    /// The most bytes that a new owner may have, until [`crate::Cache::set_max_bytes`] says otherwise. By default there
    /// is no such bound.
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
    /// What the ledger's limit is for a budget.
    pub(crate) fn limit(&self, max_bytes: usize) -> usize {
        if self.is_weak() {
            usize::MAX
        } else {
            max_bytes
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
        let share = max_bytes / ENTRY_PART;
        self.entry_bytes_max.map_or(share, |max| max.min(share))
    }

    pub(crate) fn error_bytes_max(&self, max_bytes: usize) -> usize {
        self.error_bytes_max.min(max_bytes / ERROR_PART)
    }
}
