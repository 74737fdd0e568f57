//! Compiled patterns by their text, bounded in bytes.
//!
//! Exercised by `tests/cache.rs`; the policy and the bounds by the tests of `repool-cache`.

mod builder;
mod entries;
mod global;

use std::sync::Arc;
use std::time::Duration;

use repool_arena::Pool as Arenas;
use repool_cache::{Handle, Key, Refusal};
use repool_program::Image;

use crate::compile::compile as compile_into;
use crate::core::Core;
use crate::options::Target;
use crate::{Error, Options, Regex, Stats, bytes};

pub use builder::CacheBuilder;
pub use entries::{Entries, Entry};
pub use global::{compile, compile_bytes, compile_bytes_with, compile_with};
pub use repool_cache::{Cause, Compilation, Eviction, Mode, Observer, Pressure};

/// Compiled patterns by their text and options, bounded in bytes.
///
/// The budget counts everything that the cache holds: programs, the index, remembered errors, and
/// memory kept for the next pattern. When it is full, the cache drops the patterns that are
/// requested least. Their memory is freed at once, unless a [`Regex`] still holds it.
///
/// Any number of threads can use a cache at the same time. If several miss the same pattern, one
/// compiles it and the others wait for the result. The cache also remembers patterns that do not
/// compile.
///
/// A clone is a handle to the same cache.
///
/// # Example
///
/// ```
/// let cache = repool::Cache::builder().max_bytes(1 << 20).build();
/// for line in ["a=1", "b", "c=3"] {
///     let rule = cache.compile(r"^(\w)=(\d)$")?;
///     assert_eq!(rule.is_match(line), line.len() == 3);
/// }
/// let stats = cache.stats();
/// assert_eq!((stats.misses, stats.hits), (1, 2));
/// assert!(stats.total_bytes() <= 1 << 20);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cache(pub(crate) Arc<repool_cache::Cache<Error>>);

impl Cache {
    /// Returns the compiled pattern from the cache, or compiles it.
    ///
    /// # Errors
    ///
    /// If the text is not a pattern, or passes a limit; under [`Mode::Strict`] also if there is no room.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// assert!(cache.compile("a+")?.is_match("baa"));
    /// assert!(cache.compile("a+)").is_err());
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn compile(&self, pattern: &str) -> Result<Regex, Error> {
        (self.get_usual(pattern, Target::Str)).map(Regex::from_core)
    }

    /// [`Cache::compile`] with settings other than the defaults.
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
    /// assert!(cache.compile_with("ok", &options)?.is_match("OK"));
    /// assert!(!cache.compile("ok")?.is_match("OK"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn compile_with(&self, pattern: &str, options: &Options) -> Result<Regex, Error> {
        self.get(pattern, options, Target::Str)
            .map(Regex::from_core)
    }

    /// Returns the compiled pattern for byte haystacks from the cache, or compiles it.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::compile`].
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// assert!(cache.compile_bytes(r"(?-u)\xFF")?.is_match(b"\xFF"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    pub fn compile_bytes(&self, pattern: &str) -> Result<bytes::Regex, Error> {
        (self.get_usual(pattern, Target::Bytes)).map(bytes::Regex::from_core)
    }

    /// [`Cache::compile_bytes`] with settings other than the defaults.
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
    /// assert!(cache.compile_bytes_with(r"\xFF", &options)?.is_match(b"\xFF"));
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

    /// A pattern under the default options. A hit needs their key only, which is a constant.
    #[inline]
    fn get_usual(&self, text: &str, target: Target) -> Result<Core, Error> {
        let options = Options::USUAL_KEYS[target as usize];
        match self.0.recall(Key { text, options }) {
            Some(handle) => Ok(Core::from_handle(handle)),
            None => self.get_usual_anew(text, target),
        }
    }

    #[inline(never)]
    fn get_usual_anew(&self, text: &str, target: Target) -> Result<Core, Error> {
        let options = Options::USUAL_KEYS[target as usize];
        core_of((self.0).get_or_compile_anew(Key { text, options }, |pool| {
            compile_into(text, &Options::new(), target, pool)
        }))
    }

    #[inline]
    fn get(&self, pattern: &str, options: &Options, target: Target) -> Result<Core, Error> {
        self.get_or_compile(pattern, options.key(target), |pool| {
            compile_into(pattern, options, target, pool)
        })
    }

    #[inline]
    fn get_or_compile(
        &self,
        text: &str,
        options: [u64; 2],
        compile: impl FnOnce(&Arc<Arenas>) -> Result<Image, Error>,
    ) -> Result<Core, Error> {
        core_of(self.0.get_or_compile(Key { text, options }, compile))
    }

    /// Counters since the cache was made, and the bytes that it holds now.
    ///
    /// # Example
    ///
    /// Why is my hit ratio low? If many misses are ghost hits, the budget is too small for the
    /// patterns in use, and the advice in the output says how much more would help. If few are, the
    /// patterns are new each time and no budget helps: look for patterns that are built with
    /// `format!`.
    ///
    /// ```
    /// let cache = repool::Cache::builder().max_bytes(64 << 10).build();
    /// for i in 0..2_000 {
    ///     cache.compile(&format!("user {}", i % 130))?;
    /// }
    /// let stats = cache.stats();
    /// assert!(stats.ghost_hits * 5 > stats.misses);
    /// assert!(stats.to_string().contains("more would have saved"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// cache.compile("a")?;
    /// let stats = cache.stats();
    /// assert_eq!((stats.entries, stats.misses), (1, 1));
    /// assert!(stats.program_bytes > 0);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::of(self.0.stats())
    }

    /// The cached patterns, in an order that can change. The iterator is lazy and holds no lock
    /// between two entries. So other threads go on meanwhile, and the iterator may or may not show
    /// what they change.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// let held = cache.compile("[a-z]+")?;
    /// cache.compile("[a-z]+")?;
    /// let entry = cache.entries().next().unwrap();
    /// assert_eq!((entry.pattern.as_str(), entry.hits, entry.pins), ("[a-z]+", 1, 1));
    /// # drop(held);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn entries(&self) -> Entries<'_> {
        Entries(self.0.entries())
    }

    /// Drops every pattern and every remembered error. Handles stay valid, and counters keep their
    /// values.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// let held = cache.compile("a")?;
    /// cache.purge();
    /// assert_eq!(cache.stats().entries, 0);
    /// assert!(held.is_match("a"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn purge(&self) {
        self.0.purge();
    }

    /// Frees the memory that is kept for the next patterns, and asks the allocator to return free
    /// pages to the system where it can. Returns the number of bytes freed. Call it after a peak of
    /// use: it takes milliseconds. What is kept in a shared [`Pool`](crate::Pool) stays: see
    /// [`Pool::trim`](crate::Pool::trim).
    ///
    /// Where few of many patterns are left, each occupies a page of memory that it does not fill.
    /// So this first moves scattered patterns that nobody holds together, while other threads go
    /// on. Moving needs up to half a megabyte for a moment, which [`Stats::scratch_bytes`] counts.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// cache.compile("a")?;
    /// cache.purge();
    /// cache.trim();
    /// assert_eq!(cache.stats().spare_bytes, 0);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn trim(&self) -> usize {
        self.0.trim()
    }

    /// Shrinks the cache to `bytes` now, and returns the number of bytes freed. Patterns with
    /// handles stay, so the cache can remain larger. The budget does not change: the cache fills
    /// again with the next requests.
    ///
    /// The cache frees memory kept for the next patterns first, then the tables of hot patterns,
    /// then patterns in the order of eviction, then errors. It returns free memory to the system as
    /// [`Cache::trim`] does, which takes milliseconds.
    ///
    /// # Example
    ///
    /// Memory is short: how do I go down to a quarter of the budget?
    ///
    /// ```
    /// let cache = repool::Cache::builder().max_bytes(1 << 20).build();
    /// for i in 0..1_000 {
    ///     cache.compile(&format!("rule {i}"))?;
    /// }
    /// let freed = cache.shrink_to(cache.max_bytes() / 4);
    /// assert!(freed > 0);
    /// assert!(cache.stats().total_bytes() <= 256 << 10);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn shrink_to(&self, bytes: usize) -> usize {
        self.0.shrink_to(bytes)
    }

    /// Frees `bytes` in the way of [`Cache::shrink_to`], or fewer if handles hold the rest. Returns
    /// the number of bytes freed.
    ///
    /// # Example
    ///
    /// The process is short of 100 KiB: how do I get them from the cache?
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// for i in 0..1_000 {
    ///     cache.compile(&format!("rule {i}"))?;
    /// }
    /// assert!(cache.give_back(100 << 10) >= 100 << 10);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn give_back(&self, bytes: usize) -> usize {
        self.shrink_to(self.0.total_bytes().saturating_sub(bytes))
    }

    /// Drops the patterns without handles that nobody requested for the given time. Returns their
    /// number.
    ///
    /// A hit does not read the clock: a pattern requested since the last call counts as requested
    /// now. So no pattern goes too early. Called at regular intervals, this drops every idle
    /// pattern at most one interval late.
    ///
    /// # Example
    ///
    /// How do I free the memory of idle patterns? Once a minute, for example:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let cache = repool::Cache::builder().build();
    /// cache.compile("a")?;
    /// assert_eq!(cache.purge_idle(Duration::from_secs(600)), 0);
    /// assert_eq!(cache.purge_idle(Duration::ZERO), 1);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn purge_idle(&self, time: Duration) -> usize {
        self.0.purge_idle(time)
    }

    /// Compiles patterns before the first request for them, and returns those that do not compile.
    ///
    /// The patterns are compiled one after the other on this thread. Several threads can each take
    /// a part of the list.
    ///
    /// # Example
    ///
    /// How do I compile all rules when the service starts, and see which ones are wrong?
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// for (rule, error) in cache.warm_up([r"^\d+$", "(", "[a-z]+"]) {
    ///     println!("rule {rule} is ignored: {error}");
    ///     assert_eq!(rule, "(");
    /// }
    /// assert_eq!(cache.stats().entries, 2);
    /// ```
    pub fn warm_up<P: AsRef<str>>(&self, patterns: impl IntoIterator<Item = P>) -> Vec<(P, Error)> {
        self.warm_up_with(patterns, &Options::new())
    }

    /// [`Cache::warm_up`] with settings other than the defaults: those with which the patterns will
    /// be requested.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// let mut options = repool::Options::new();
    /// options.case_insensitive(true);
    /// assert!(cache.warm_up_with(["select", "union"], &options).is_empty());
    /// cache.compile_with("select", &options)?;
    /// assert_eq!(cache.stats().hits, 1);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn warm_up_with<P: AsRef<str>>(
        &self,
        patterns: impl IntoIterator<Item = P>,
        options: &Options,
    ) -> Vec<(P, Error)> {
        let compile = |pattern: P| match self.compile_with(pattern.as_ref(), options) {
            Ok(_) => None,
            Err(error) => Some((pattern, error)),
        };
        patterns.into_iter().filter_map(compile).collect()
    }

    /// Switches the cache off, or on again. While it is off, it holds nothing and compiles the
    /// pattern on every request; [`Stats`] count that and say that it is off. Handles stay valid.
    ///
    /// # Example
    ///
    /// Is the cache the cause of a problem? How do I switch it off in a running service?
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// cache.compile("a")?;
    /// cache.set_enabled(false);
    /// cache.compile("a")?;
    /// cache.compile("a")?;
    /// let stats = cache.stats();
    /// assert!(stats.is_off);
    /// assert_eq!((stats.entries, stats.hits, stats.bypassed), (0, 0, 2));
    /// cache.set_enabled(true);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn set_enabled(&self, enabled: bool) {
        self.0.set_enabled(enabled);
    }

    /// Sets another budget, in bytes. If it is smaller, the cache drops patterns until it is met,
    /// those that were requested least of late first.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// cache.resize(64 << 10);
    /// assert_eq!(cache.max_bytes(), 64 << 10);
    /// ```
    pub fn resize(&self, max_bytes: usize) {
        self.0.resize(max_bytes);
    }

    /// The budget in bytes.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().max_bytes(4 << 20).build();
    /// assert_eq!(cache.max_bytes(), 4 << 20);
    /// ```
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.0.max_bytes()
    }
}
/// The pattern of a handle, or the error for the caller.
#[inline]
pub(crate) fn core_of(found: Result<Handle, Refusal<Error>>) -> Result<Core, Error> {
    match found {
        Ok(handle) => Ok(Core::from_handle(handle)),
        Err(Refusal::Compile(error)) => Err(error),
        Err(Refusal::Budget { needed, max }) => Err(Error::OverBudget { needed, max }),
    }
}
