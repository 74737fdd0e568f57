//! The settings of a cache.
//!
//! Exercised by `tests/cache.rs`.

use std::sync::Arc;

use repool_cache::Config;

use super::{Cache, Mode, Observer};
use crate::{Error, Pool};

impl Cache {
    /// Starts with the default settings.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// assert_eq!(cache.max_bytes(), 8 << 20);
    /// ```
    pub fn builder() -> CacheBuilder {
        CacheBuilder(Config::default())
    }
}

impl Default for Cache {
    fn default() -> Cache {
        Cache::builder().build()
    }
}

/// The settings of a [`Cache`].
///
/// # Example
///
/// ```
/// let cache = repool::Cache::builder()
///     .max_bytes(32 << 20)
///     .mode(repool::Mode::Strict)
///     .build();
/// assert_eq!(cache.max_bytes(), 32 << 20);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct CacheBuilder(Config);

impl CacheBuilder {
    /// Sets the budget, in bytes, for everything that the cache holds; 8 MiB unless set.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().max_bytes(1 << 20).build();
    /// assert_eq!(cache.max_bytes(), 1 << 20);
    /// ```
    pub fn max_bytes(mut self, bytes: usize) -> CacheBuilder {
        self.0.max_bytes = bytes;
        self
    }

    /// Sets the number of shards, each with a lock of its own, rounded up to a power of two. Unless
    /// set, one for each 256 KiB of the budget, at most 8.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().shards(1).build();
    /// assert!(cache.compile("a")?.is_match("a"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn shards(mut self, count: usize) -> CacheBuilder {
        self.0.shards = Some(count);
        self
    }

    /// Sets what happens when patterns with handles exceed the budget; [`Mode::Soft`] unless set.
    ///
    /// # Example
    ///
    /// ```
    /// use repool::{Cache, Error, Mode};
    ///
    /// let cache = Cache::builder().max_bytes(0).mode(Mode::Strict).build();
    /// assert!(matches!(cache.compile("a"), Err(Error::OverBudget { .. })));
    /// ```
    ///
    /// How do all users of a pattern share one copy, without a budget?
    ///
    /// ```
    /// use repool::{Cache, Mode};
    ///
    /// let cache = Cache::builder().mode(Mode::Weak).build();
    /// let held = cache.compile("a+")?;
    /// let again = cache.compile("a+")?;
    /// assert_eq!((cache.stats().misses, cache.stats().pinned_entries), (1, 1));
    /// drop((held, again));
    /// assert_eq!(cache.stats().pinned_bytes, 0); // nobody holds it, so it is gone
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn mode(mut self, mode: Mode) -> CacheBuilder {
        self.0.mode = mode;
        self
    }

    /// Sets the most bytes of remembered errors, within the budget; 64 KiB unless set, and never
    /// more than a sixteenth of the budget.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().error_max_bytes(0).build();
    /// assert!(cache.compile("(").is_err() && cache.compile("(").is_err());
    /// assert_eq!(cache.stats().error_hits, 0);
    /// ```
    pub fn error_max_bytes(mut self, bytes: usize) -> CacheBuilder {
        self.0.error_bytes_max = bytes;
        self
    }

    /// Sets the size, in bytes, of the largest program that is kept; a larger one is compiled on
    /// every request. Unless set, and at most, an eighth of the budget.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().entry_max_bytes(64).build();
    /// cache.compile("[a-z]{2,5}x")?;
    /// assert_eq!(cache.stats().entries, 0);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn entry_max_bytes(mut self, bytes: usize) -> CacheBuilder {
        self.0.entry_bytes_max = Some(bytes);
        self
    }

    /// Sets the most bytes that each new owner can have, until
    /// [`Owner::set_max_bytes`](crate::Owner::set_max_bytes) says otherwise. Unless set, only the
    /// budget bounds an owner.
    ///
    /// # Example
    ///
    /// Tenants come from requests: how do I bound each of them, including those that are new?
    ///
    /// ```
    /// let cache = repool::Cache::builder().owner_max_bytes(64 << 10).build();
    /// let tenant = cache.owner("tenant-7");
    /// for i in 0..1_000 {
    ///     tenant.compile(&format!("rule {i}"))?;
    /// }
    /// assert!(tenant.stats().bytes <= 64 << 10);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn owner_max_bytes(mut self, bytes: usize) -> CacheBuilder {
        self.0.owner_bytes_max = bytes;
        self
    }

    /// Keeps the memory of dropped patterns in a [`Pool`] that caches share. Unless set, each cache
    /// keeps its own, within its budget.
    ///
    /// # Example
    ///
    /// How do several caches share spare memory?
    ///
    /// ```
    /// use repool::{Cache, Pool};
    ///
    /// let pool = Pool::new(64 << 10); // spare memory of both
    /// let rules = Cache::builder().max_bytes(1 << 20).pool(&pool).build();
    /// let filters = Cache::builder().max_bytes(256 << 10).pool(&pool).build();
    /// rules.compile("a+")?;
    /// rules.purge();
    /// assert!(pool.spare_bytes() > 0);
    /// filters.compile("b+")?; // where `a+` was
    /// assert_eq!(pool.spare_bytes(), 0);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn pool(mut self, pool: &Pool) -> CacheBuilder {
        self.0.stock = Some(Arc::clone(pool.stock()));
        self
    }

    /// Sets the observer of evictions, compiles, and budgets that handles use up; none unless set.
    ///
    /// The thread that causes an event calls the observer, outside every lock. The observer can use
    /// the cache. A panic in it leaves the cache as it was. A hit costs the same with an observer
    /// and without.
    ///
    /// # Example
    ///
    /// Which patterns are slow to compile, and which are evicted?
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use repool::{Cache, Compilation, Eviction, Observer};
    ///
    /// struct Log;
    ///
    /// impl Observer for Log {
    ///     fn compiled(&self, compilation: &Compilation<'_>) {
    ///         if compilation.time > Duration::from_millis(1) {
    ///             eprintln!("slow: {compilation:?}");
    ///         }
    ///     }
    ///
    ///     fn evicted(&self, eviction: &Eviction<'_>) {
    ///         eprintln!("{}: {} bytes, {} hits", eviction.cause.name(), eviction.bytes, eviction.hits);
    ///     }
    /// }
    ///
    /// let cache = Cache::builder().observer(Arc::new(Log)).build();
    /// cache.compile("a")?;
    /// cache.purge();
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> CacheBuilder {
        self.0.observer = Some(observer);
        self
    }

    /// Makes the cache.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// assert_eq!(cache.entries().count(), 0);
    /// ```
    #[must_use]
    pub fn build(self) -> Cache {
        Cache(repool_cache::Cache::with_error_heap(self.0, Error::heap_bytes).into_shared())
    }
}
