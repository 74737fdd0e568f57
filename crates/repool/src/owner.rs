//! Owners: tenants of one cache, each with a share that other tenants cannot evict.
//!
//! Exercised by `tests/owners.rs`; the bounds by `tests/owners.rs` of `repool-cache`.

use std::sync::Arc;
use std::time::Duration;

use repool_arena::Pool;
use repool_cache::Key;
use repool_program::Image;

use crate::cache::core_of;
use crate::compile::compile;
use crate::core::Core;
use crate::options::Target;
use crate::{Cache, Error, Options, Regex, bytes};

/// A tenant, a rule set or a database that has patterns in a [`Cache`]; from [`Cache::owner`].
///
/// The cache keeps a pattern once and charges it to the owner that requested it first. When that
/// owner is released, the next owner that requested the pattern is charged. The charge is the bytes
/// of the program and of its record. Remembered errors and the memory of handles are not charged.
///
/// To make room for an owner, the cache drops only that owner's patterns, patterns without an
/// owner, and patterns of owners above their share. So no owner can evict what another is
/// guaranteed. Other owners can use the free part of a share until its owner needs it.
///
/// A clone is a handle to the same owner. Threads count an owner's hits on different cache lines,
/// so that a hit through an owner costs a few nanoseconds more than one through the cache.
///
/// # Example
///
/// ```
/// let cache = repool::Cache::builder().max_bytes(512 << 10).build();
/// let (calm, loud) = (cache.owner("calm"), cache.owner("loud"));
/// calm.set_share(64 << 10);
/// calm.compile(r"^\w+$")?;
/// for i in 0..5_000 {
///     loud.compile(&format!("rule {i}"))?;
/// }
/// assert!(loud.stats().evictions > 0);
/// assert_eq!(calm.stats().evictions, 0);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Owner {
    cache: Cache,
    owner: repool_cache::Owner,
}

impl Cache {
    /// Returns the owner of this name, which is made if there is none. Its methods compile on its
    /// account.
    ///
    /// # Example
    ///
    /// How do I bound memory per tenant?
    ///
    /// ```
    /// let cache = repool::Cache::builder().max_bytes(8 << 20).build();
    /// let tenant = cache.owner("tenant-7");
    /// tenant.set_share(64 << 10); // what other tenants cannot push out
    /// tenant.set_max_bytes(1 << 20); // what it may have at most
    /// assert!(tenant.compile(r"^/api/v\d+/")?.is_match("/api/v2/users"));
    ///
    /// let stats = cache.owner("tenant-7").stats();
    /// assert_eq!((stats.misses, stats.entries), (1, 1));
    /// assert!(stats.bytes <= 1 << 20);
    ///
    /// tenant.release(); // when the tenant is gone, so are its patterns
    /// assert_eq!(cache.stats().entries, 0);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn owner(&self, name: &str) -> Owner {
        Owner::new(self.clone(), name)
    }

    /// Counters and bytes of each owner, in the order of their names.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// cache.owner("b").compile("x")?;
    /// cache.owner("a").compile("y")?;
    /// let names: Vec<String> = cache.owners().into_iter().map(|owner| owner.name).collect();
    /// assert_eq!(names, ["a", "b"]);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn owners(&self) -> Vec<OwnerStats> {
        self.0.owners().into_iter().map(OwnerStats::of).collect()
    }
}

impl Owner {
    pub(crate) fn new(cache: Cache, name: &str) -> Owner {
        let owner = cache.0.owner(name);
        Owner { cache, owner }
    }

    /// [`Cache::compile`], for this owner.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::compile`].
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// let tenant = cache.owner("tenant-7");
    /// assert!(tenant.compile("a+")?.is_match("baa"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn compile(&self, pattern: &str) -> Result<Regex, Error> {
        (self.get_usual(pattern, Target::Str)).map(Regex::from_core)
    }

    /// [`Cache::compile_with`], for this owner.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::compile`].
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// let mut options = repool::Options::new();
    /// options.case_insensitive(true);
    /// assert!(cache.owner("tenant-7").compile_with("ok", &options)?.is_match("OK"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn compile_with(&self, pattern: &str, options: &Options) -> Result<Regex, Error> {
        (self.get(pattern, options, Target::Str)).map(Regex::from_core)
    }

    /// [`Cache::compile_bytes`], for this owner.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::compile`].
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// assert!(cache.owner("tenant-7").compile_bytes(r"(?-u)\xFF")?.is_match(b"\xFF"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn compile_bytes(&self, pattern: &str) -> Result<bytes::Regex, Error> {
        (self.get_usual(pattern, Target::Bytes)).map(bytes::Regex::from_core)
    }

    /// [`Cache::compile_bytes_with`], for this owner.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::compile`].
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// let mut options = repool::Options::new();
    /// options.unicode(false);
    /// let tenant = cache.owner("tenant-7");
    /// assert!(tenant.compile_bytes_with(r"\xFF", &options)?.is_match(b"\xFF"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn compile_bytes_with(
        &self,
        pattern: &str,
        options: &Options,
    ) -> Result<bytes::Regex, Error> {
        (self.get(pattern, options, Target::Bytes)).map(bytes::Regex::from_core)
    }

    #[inline]
    fn get_usual(&self, pattern: &str, target: Target) -> Result<Core, Error> {
        self.get_or_compile(pattern, Options::USUAL_KEYS[target as usize], |pool| {
            compile(pattern, &Options::new(), target, pool)
        })
    }

    #[inline]
    fn get(&self, pattern: &str, options: &Options, target: Target) -> Result<Core, Error> {
        self.get_or_compile(pattern, options.key(target), |pool| {
            compile(pattern, options, target, pool)
        })
    }

    #[inline]
    fn get_or_compile(
        &self,
        text: &str,
        options: [u64; 2],
        compile: impl FnOnce(&Arc<Pool>) -> Result<Image, Error>,
    ) -> Result<Core, Error> {
        let key = Key { text, options };
        core_of(self.cache.0.get_or_compile_for(&self.owner, key, compile))
    }

    /// Sets the bytes that the owner is guaranteed; a sixteenth of the cache's budget unless set.
    ///
    /// All shares together get at most three quarters of the budget. If they are more, each is
    /// reduced in proportion.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().max_bytes(8 << 20).build();
    /// let tenant = cache.owner("tenant-7");
    /// assert_eq!(tenant.stats().share_bytes, 512 << 10);
    /// tenant.set_share(1 << 20);
    /// assert_eq!(tenant.stats().share_bytes, 1 << 20);
    /// ```
    pub fn set_share(&self, bytes: usize) {
        self.cache.0.set_share(&self.owner, bytes);
    }

    /// Sets the most bytes that the owner can have; unless set, what
    /// [`CacheBuilder::owner_max_bytes`](crate::CacheBuilder::owner_max_bytes) says. If it has
    /// more, the cache drops patterns of its own.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// let tenant = cache.owner("tenant-7");
    /// tenant.set_max_bytes(64 << 10);
    /// for i in 0..1_000 {
    ///     tenant.compile(&format!("rule {i}"))?;
    /// }
    /// assert!(tenant.stats().bytes <= 64 << 10);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn set_max_bytes(&self, bytes: usize) {
        self.cache.0.set_max_bytes(&self.owner, bytes);
    }

    /// Drops the owner's patterns, except those that another owner requested too, and forgets the
    /// owner with its share and its counters. Handles stay valid.
    ///
    /// After that, this value and its clones compile on nobody's account. A new [`Cache::owner`] of
    /// the same name starts at zero.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// let (one, two) = (cache.owner("one"), cache.owner("two"));
    /// one.compile("own")?;
    /// one.compile("shared")?;
    /// two.compile("shared")?;
    /// one.release();
    /// assert_eq!(cache.stats().entries, 1);
    /// assert_eq!(two.stats().entries, 1);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn release(&self) {
        self.cache.0.release(&self.owner);
    }

    /// The owner's counters and bytes.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// let tenant = cache.owner("tenant-7");
    /// tenant.compile("a")?;
    /// tenant.compile("a")?;
    /// let stats = tenant.stats();
    /// assert_eq!((stats.hits, stats.misses, stats.entries), (1, 1, 1));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> OwnerStats {
        OwnerStats::of(self.cache.0.owner_stats(&self.owner))
    }
}

/// Counters and bytes of an [`Owner`].
///
/// # Example
///
/// ```
/// let cache = repool::Cache::builder().build();
/// cache.owner("tenant-7").compile("a")?;
/// let greatest = cache.owners().into_iter().max_by_key(|owner| owner.bytes).unwrap();
/// assert_eq!(greatest.name, "tenant-7");
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OwnerStats {
    /// Its name.
    pub name: String,
    /// Requests that compiled nothing.
    pub hits: u64,
    /// Requests that compiled a pattern.
    pub misses: u64,
    /// Misses that ended with an error.
    pub errors: u64,
    /// Patterns charged to it that were dropped, for any reason.
    pub evictions: u64,
    /// Patterns charged to it.
    pub entries: usize,
    /// The bytes charged to it.
    pub bytes: usize,
    /// The bytes that other owners cannot evict; see [`Owner::set_share`].
    pub share_bytes: usize,
    /// The most bytes that it can have; see [`Owner::set_max_bytes`].
    pub max_bytes: usize,
    /// The time its misses spent compiling.
    pub compile_time_spent: Duration,
}

impl OwnerStats {
    pub(crate) fn of(stats: repool_cache::OwnerStats) -> OwnerStats {
        OwnerStats {
            name: stats.name,
            hits: stats.hits,
            misses: stats.misses,
            errors: stats.errors,
            evictions: stats.evictions,
            entries: stats.entries,
            bytes: stats.bytes,
            share_bytes: stats.share_bytes,
            max_bytes: stats.max_bytes,
            compile_time_spent: stats.compile_time_spent,
        }
    }
}
