//! Who is told what a cache does.
//!
//! An observer is called outside every lock, by the thread that evicts or compiles. It may do what it likes: use
//! the cache, be slow, panic. What it makes the cache do itself, it is not told of, so nothing goes round in
//! circles; and it never waits for a compile, as its own thread may be about to hand one over.
//!
//! A hit knows nothing of observers. Without one, an eviction and a compile look at one pointer.
//!
//! Exercised by `tests/observer.rs`.

use std::fmt;
use std::time::Duration;

use crate::cause::Cause;

/// Is told what a cache does: an event for each pattern that is evicted or compiled.
///
/// Called outside every lock, by the thread that evicts or compiles, which waits for it. It may use the cache; what
/// that leads to is not told. If it panics, the event is lost and nothing else. The cache holds its observer; one that
/// holds the cache for good keeps both from ever being freed.
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
    /// A pattern was evicted. Its memory is freed after this, if no handle holds it.
    fn evicted(&self, eviction: &Eviction<'_>) {
        let _ = eviction;
    }

    /// A pattern was compiled, or failed to.
    fn compiled(&self, compilation: &Compilation<'_>) {
        let _ = compilation;
    }

    /// The budget has no room for a program, because handles hold the rest or because it is too large: it exceeds
    /// the budget, or is refused. Told each time, so once for every compile while this lasts.
    fn pressed(&self, pressure: &Pressure) {
        let _ = pressure;
    }
}

impl fmt::Debug for dyn Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// A pattern that is no longer cached; for [`Observer::evicted`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Eviction<'a> {
    /// Its text.
    pub pattern: &'a str,
    /// The bytes of its program and tables, as reserved.
    pub bytes: usize,
    /// Why it went.
    pub cause: Cause,
    /// How often it was found.
    pub hits: u64,
    /// The time it took to compile it, and will take again if it is asked for.
    pub compile_time: Duration,
    /// Whether handles hold it, so that its bytes are pinned instead of free.
    pub is_held: bool,
}

/// A compile that has ended; for [`Observer::compiled`].
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Compilation<'a> {
    /// The text.
    pub pattern: &'a str,
    /// The time it took.
    pub time: Duration,
    /// The bytes of the program, as reserved; 0 if there is none.
    pub bytes: usize,
    /// Why it does not compile, or was refused for want of room; nothing if it is compiled.
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
    /// The bytes that the cache holds, without them.
    pub total_bytes: usize,
    /// The part of these that only handles hold.
    pub pinned_bytes: usize,
    /// The budget.
    pub max_bytes: usize,
    /// Whether they were refused, as under [`Mode::Strict`](crate::Mode::Strict); else they exceed the budget.
    pub is_refused: bool,
}

impl Pressure {
    /// The pressure of a budget that has no room for so many bytes.
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
