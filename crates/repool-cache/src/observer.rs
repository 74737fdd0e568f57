//! What an observer of a cache is, and the events that it receives.
//!
//! The cache calls an observer outside every lock, on the thread that evicts or compiles. The observer may use the cache,
//! be slow, or panic. Events that its own calls cause are not reported, so that nothing recurses. It never waits for a
//! compile, as its own thread may be the one that compiles.
//!
//! A hit does not touch observers. Without an observer, an eviction or a compile tests one pointer.
//!
//! Exercised by `tests/observer.rs`.

use std::fmt;
use std::time::Duration;

use crate::cause::Cause;

/// Receives an event for each pattern that is evicted or compiled.
///
/// The cache calls it outside every lock, on the thread that evicts or compiles, and waits for it. It may use the
/// cache; events that this causes are not reported. If it panics, the event is lost and nothing else. The cache holds
/// its observer, so an observer that holds its cache keeps both alive.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use repool_cache::{Cache, Compilation, Config, Key, Observer};
///
/// #[derive(Default)]
/// struct Failures(AtomicUsize);
///
/// impl Observer for Failures {
///     fn compiled(&self, compilation: &Compilation<'_>) {
///         if let Some(error) = compilation.error {
///             println!("{}: {error}", compilation.pattern);
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let failures = Arc::new(Failures::default());
/// let observer: Arc<dyn Observer> = failures.clone();
/// let cache: Cache<String> = Cache::new(Config { observer: Some(observer), ..Config::default() });
/// let key = Key { text: "(", options: [0; 2] };
/// for _ in 0..2 {
///     cache.get_or_compile(key, |_| Err("unclosed group".to_owned())).unwrap_err();
/// }
/// // The second error was a cached one.
/// assert_eq!(failures.0.load(Ordering::Relaxed), 1);
/// ```
pub trait Observer: Send + Sync {
    /// Called after a pattern was evicted. If no handle holds it, its memory is freed after the call.
    fn evicted(&self, eviction: &Eviction<'_>) {
        let _ = eviction;
    }

    /// Called after a compile succeeded or failed.
    fn compiled(&self, compilation: &Compilation<'_>) {
        let _ = compilation;
    }

    /// Called when the budget has no room for a program, because handles hold the rest or because it is too large. The program
    /// exceeds the budget or is refused. Called for every such compile.
    fn pressed(&self, pressure: &Pressure) {
        let _ = pressure;
    }
}

impl fmt::Debug for dyn Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// A pattern that left the cache; for [`Observer::evicted`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Eviction<'a> {
    /// The pattern.
    pub pattern: &'a str,
    /// The bytes of its program and tables, as reserved.
    pub bytes: usize,
    /// Why it left.
    pub cause: Cause,
    /// How often it was found.
    pub hits: u64,
    /// How long it took to compile.
    pub compile_time: Duration,
    /// Whether handles hold it: its bytes are then pinned instead of free.
    pub is_held: bool,
}

/// A compile that ended; for [`Observer::compiled`].
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Compilation<'a> {
    /// The pattern.
    pub pattern: &'a str,
    /// How long it took.
    pub time: Duration,
    /// The bytes of the program, as reserved; 0 if there is none.
    pub bytes: usize,
    /// The error, or that the budget had no room; `None` if it compiled.
    pub error: Option<&'a dyn fmt::Display>,
}

impl fmt::Debug for Compilation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compilation")
            .field("pattern", &self.pattern)
            .field("time", &self.time)
            .field("bytes", &self.bytes)
            .field("error", &self.error.map(ToString::to_string))
            .finish()
    }
}

/// A budget without room; for [`Observer::pressed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pressure {
    /// The bytes that found no room.
    pub needed: usize,
    /// The bytes that the cache holds, without `needed`.
    pub total_bytes: usize,
    /// Of these, the bytes that only handles hold.
    pub pinned_bytes: usize,
    /// The budget.
    pub max_bytes: usize,
    /// Whether the bytes were refused, as under [`Mode::Strict`](crate::Mode::Strict); otherwise they exceed the budget.
    pub is_refused: bool,
}

impl Pressure {
    /// The pressure when the budget has no room for `needed` bytes.
    pub(crate) fn of(ledger: &repool_arena::Ledger, needed: usize, is_refused: bool) -> Pressure {
        Pressure {
            needed,
            total_bytes: ledger.total_bytes(),
            pinned_bytes: ledger.bytes(repool_arena::Account::Pinned),
            max_bytes: ledger.limit(),
            is_refused,
        }
    }
}
