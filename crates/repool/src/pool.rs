//! Spare memory that caches share. Exercised by `tests/cache.rs`.
//!
//! `tests/bytes.rs` of `repool-cache` and `tests/stock.rs` of `repool-arena` compare its accounts
//! with the allocator's.

use std::sync::Arc;

use repool_arena::{Account, Stock};

/// Free pages that caches share: what one cache frees, the next compile in another uses. A page in
/// use belongs to one cache. See [`CacheBuilder::pool`](crate::CacheBuilder::pool).
///
/// Free pages in a pool count to no cache's budget: [`Stats`](crate::Stats) of a cache count
/// what that cache holds, and [`Pool::total_bytes`] counts what the pool holds for all. A pool
/// keeps free pages up to its ceiling.
///
/// A clone is a handle to the same pool.
///
/// # Example
///
/// ```
/// let pool = repool::Pool::new(64 << 10);
/// let caches = [1 << 20, 4 << 20].map(|max_bytes| {
///     repool::Cache::builder().max_bytes(max_bytes).pool(&pool).build()
/// });
/// for cache in &caches {
///     cache.compile("a")?;
///     cache.purge();
/// }
/// assert!(pool.total_bytes() <= 64 << 10);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pool(Arc<Stock>);

impl Pool {
    /// An empty pool that holds at most `max_bytes`, including its own bookkeeping. With less than
    /// a kilobyte it keeps nothing.
    ///
    /// # Example
    ///
    /// ```
    /// assert_eq!(repool::Pool::new(64 << 10).spare_bytes(), 0);
    /// ```
    #[must_use]
    pub fn new(max_bytes: usize) -> Pool {
        Pool(Stock::new(max_bytes))
    }

    /// The bytes kept for the next patterns.
    ///
    /// # Example
    ///
    /// ```
    /// let pool = repool::Pool::new(64 << 10);
    /// let cache = repool::Cache::builder().pool(&pool).build();
    /// cache.compile("a")?;
    /// cache.purge();
    /// assert!(pool.spare_bytes() > 0);
    /// assert_eq!(cache.stats().program_bytes, 0);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn spare_bytes(&self) -> usize {
        self.0.ledger().bytes(Account::Spare)
    }

    /// The bytes of the pool: those kept for the next patterns, and its own bookkeeping.
    ///
    /// # Example
    ///
    /// ```
    /// let pool = repool::Pool::new(64 << 10);
    /// assert!(pool.total_bytes() < 1 << 10);
    /// ```
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        self.0.ledger().total_bytes()
    }

    /// Frees the spare memory and returns the number of bytes freed.
    ///
    /// # Example
    ///
    /// ```
    /// let pool = repool::Pool::new(64 << 10);
    /// let cache = repool::Cache::builder().pool(&pool).build();
    /// cache.compile("a")?;
    /// cache.purge();
    /// assert!(pool.trim() > 0);
    /// assert_eq!(pool.spare_bytes(), 0);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn trim(&self) -> usize {
        self.0.trim()
    }

    pub(crate) fn stock(&self) -> &Arc<Stock> {
        &self.0
    }
}
