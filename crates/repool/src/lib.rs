//! Regular expressions, compiled once and kept in pooled memory.
//!
//! `repool` is for programs whose patterns come from outside: from rules, configuration, users or a
//! column of a table. Call [`compile`] wherever you need a pattern:
//!
//! ```
//! let rule = repool::compile(r"(?i)\b(select|union)\b.*\bfrom\b")?;
//! assert!(rule.is_match("id=1 UNION SELECT name FROM users"));
//! # Ok::<(), repool::Error>(())
//! ```
//!
//! The first call compiles the pattern in microseconds, into one small block of memory. The next
//! calls return the same compiled pattern in nanoseconds. When the budget is full, the cache drops
//! the patterns that are requested least and frees their memory.
//!
//! Patterns mean what they mean to the [`regex`] crate, and the types have the same names:
//! [`Regex`], [`Captures`], [`RegexSet`], [`mod@bytes`] and the others. To move a program over,
//! change `regex::` to `repool::`.
//!
//! # Patterns and haystacks
//!
//! The syntax is [that of `regex`]: Perl's without look-around and back-references. Classes, case
//! and word boundaries know Unicode unless it is switched off. A search takes time linear in the
//! length of the haystack, for every pattern. Haystacks are `&str` here and `&[u8]` in
//! [`mod@bytes`].
//!
//! ```
//! use repool::Regex;
//!
//! let date = Regex::new(r"(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)")?;
//! let captures = date.captures("released 2026-11-20, fixed later").unwrap();
//! assert_eq!(&captures["month"], "11");
//! assert_eq!(date.replace_all("on 2026-11-20", "$day.$month.$year"), "on 20.11.2026");
//! # Ok::<(), repool::Error>(())
//! ```
//!
//! # Caching
//!
//! [`compile`], [`compile_with`] and the same functions in [`mod@bytes`] use [`Cache::global`]. A
//! program can also make [`Cache`]s of its own. Two calls get the same compiled pattern if their
//! text and their [`Options`] are equal.
//!
//! The cache also remembers patterns that do not compile. If several threads miss the same pattern,
//! one compiles it and the others wait.
//!
//! ```
//! use repool::{Cache, Options};
//!
//! let cache = Cache::builder().max_bytes(4 << 20).build();
//! let mut options = Options::new();
//! options.case_insensitive(true);
//! for line in ["GET /index", "get /style.css"] {
//!     assert!(cache.compile_with("^get /", &options)?.is_match(line));
//! }
//! println!("{}", cache.stats());
//! # Ok::<(), repool::Error>(())
//! ```
//!
//! Tenants can share one cache: [`Cache::owner`] gives each tenant a share that others cannot
//! evict, and a limit.
//!
//! For a pattern in the source code use [`regex!`]. [`Regex::new`] compiles without a cache.
//!
//! # Memory
//!
//! - A compiled pattern is one block of header, program and pattern text, in most cases 250 to
//!   1,000 bytes. Unicode classes are tables that all patterns share.
//! - [`Cache::stats`] accounts for every byte that a cache holds. The budget bounds
//!   [`Stats::total_bytes`], which counts whole pages, not only what is used of them.
//! - A [`Regex`] stays valid when the cache drops its pattern. Its bytes are then *pinned*. Under
//!   [`Mode::Soft`] pinned bytes can exceed the budget. Under [`Mode::Strict`] the next pattern
//!   fails with [`Error::OverBudget`]. Under [`Mode::Weak`] a cache keeps only what handles hold.
//! - [`Cache::purge`] drops everything. [`Cache::trim`] gives the pages that are kept for the
//!   next patterns back to the system.
//! - Searches write to memory of their thread, at most a few hundred kilobytes, which all patterns
//!   share. A search allocates nothing; [`Regex::captures`] allocates memory for the groups of a
//!   match.
//!
//! Patterns, their tables, records and indexes lie in pages that a cache maps itself. So what it frees does not hang on
//! what the rest of the process keeps on its heap: [`Cache::purge`], [`Cache::resize`] and [`Cache::shrink_to`] give pages
//! back to the system before they return, and [`Cache::trim`] gives back what is free at any time. A pattern that a handle
//! holds is not moved, so a handle keeps at most its page besides its pattern.
//!
//! - On Linux and other Unix systems, pages go back one by one, and on macOS as reusable pages. On Windows, and where there
//!   are no maps (wasm), only whole extents of 64 KiB to 1 MiB do; what stays is still charged.
//! - Locked pages (`mlockall`) refuse to go back, and stay charged.
//! - Maps do not show in heap profilers. On Linux they are named `repool` in `/proc/self/maps`, if the kernel can name them.
//! - Maps are private, so a child after `fork` has its own copy. A child of a process with several threads may only read the
//!   handles that it has, and then call `exec` or `_exit`: another thread may have held a lock at the moment of the fork.
//!
//! # Questions
//!
//! | question | answer, with an example |
//! |---|---|
//! | How do I bound memory per tenant? | [`Cache::owner`], [`CacheBuilder::owner_max_bytes`] |
//! | Why is my hit ratio low? | [`Cache::stats`] |
//! | Which patterns are slow to compile, and which are evicted? | [`CacheBuilder::observer`] |
//! | Which patterns take the most memory? | [`Entry`] |
//! | How do I compile all rules at the start, and see which are wrong? | [`Cache::warm_up`] |
//! | How do I free the memory of idle patterns? | [`Cache::purge_idle`] |
//! | How do I free memory when it is short? | below, [`Cache::shrink_to`], [`Cache::give_back`] |
//! | How do I know that handles exceed the budget? | below |
//! | Is the cache the cause of a problem? How do I switch it off? | [`Cache::set_enabled`] |
//! | How do several caches share spare memory? | [`CacheBuilder::pool`] |
//! | How do I share patterns without keeping them? | [`CacheBuilder::mode`] |
//!
//! The service decides when memory is short. On Linux it can ask the kernel, for example once a
//! second, how long tasks waited for memory of late. In a container the file is `memory.pressure`
//! in its control group:
//!
//! ```
//! /// The share of the last ten seconds in which some task waited for memory, in percent.
//! fn memory_pressure() -> Option<f64> {
//!     let text = std::fs::read_to_string("/proc/pressure/memory").ok()?;
//!     let (_, rest) = text.split_once("avg10=")?;
//!     rest.split(' ').next()?.parse().ok()
//! }
//!
//! let cache = repool::Cache::global();
//! match memory_pressure() {
//!     Some(percent) if percent > 20.0 => drop(cache.shrink_to(0)),
//!     Some(percent) if percent > 5.0 => drop(cache.shrink_to(cache.max_bytes() / 4)),
//!     _ => {}
//! }
//! ```
//!
//! The cache cannot drop patterns with handles. When they leave no room, it calls an [`Observer`]:
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicUsize, Ordering};
//! use repool::{Cache, Observer, Pressure};
//!
//! #[derive(Default)]
//! struct Excess(AtomicUsize);
//!
//! impl Observer for Excess {
//!     fn pressed(&self, pressure: &Pressure) {
//!         let bytes = (pressure.total_bytes + pressure.needed).saturating_sub(pressure.max_bytes);
//!         self.0.fetch_max(bytes, Ordering::Relaxed);
//!     }
//! }
//!
//! let excess = Arc::new(Excess::default());
//! let cache = Cache::builder().max_bytes(32 << 10).observer(excess.clone()).build();
//! let rules: Result<Vec<_>, _> = (0..100).map(|i| cache.compile(&format!("rule {i}"))).collect();
//! assert!(excess.0.load(Ordering::Relaxed) > 0); // `rules` hold more than 32 KiB
//! # rules?;
//! # Ok::<(), repool::Error>(())
//! ```
//!
//! # Limits
//!
//! Patterns and haystacks can come from an attacker. No pattern makes a compile or a search panic
//! or recurse without bound, and one search takes time linear in the length of the haystack.
//!
//! | limit | value | set by |
//! |---|---|---|
//! | nesting of groups and classes | 1,000 | [`RegexBuilder::nest_limit`] |
//! | compiled size | 10 MiB | [`RegexBuilder::size_limit`] |
//! | pattern | 16 MiB | |
//! | groups | about a million | |
//!
//! Iterators make one search for each match. Each search uses what the last one learned, so
//! [`Regex::find_iter`] rarely takes more than linear time. A hostile pattern and haystack together
//! can make it quadratic, as in `regex`.
//!
//! # Differences from `regex`
//!
//! - [`Regex::memory_usage`], [`compile`], [`Cache`], [`Options`] and [`inspect`] are new. So are two
//!   [errors](Error).
//! - `size_limit` counts this crate's bytes, which are far fewer: patterns that are too big for
//!   `regex`, such as `\w{1000}`, can compile. The limit on nesting is 1,000 instead of 250.
//! - `dfa_size_limit` is accepted and has no effect.
//! - [`Regex::shortest_match`] can return another offset, as it can from one version of `regex` to
//!   the next.
//! - The first alternative that matches is taken, as in Perl and Python, also where alternatives
//!   begin with the same repetition: `.*a|.*b` finds `a` in `ab`. `regex` 1.13 factors such
//!   beginnings out first and finds `ab`.
//! - [`CaptureLocations`], [`CaptureNames`] and [`SetMatches`] are the same types here and in
//!   [`mod@bytes`].
//! - There is no `no_std` support, and no feature that leaves Unicode out.
//!
//! # Features
//!
//! - `serde`: [`Stats`] and [`Entry`] can be serialised.
//! - `tracing`: `TracingObserver` emits events for what a cache does.
//!
//! [`regex`]: https://docs.rs/regex
//! [that of `regex`]: https://docs.rs/regex/latest/regex/#syntax

#![forbid(unsafe_code)]

pub mod bytes;
mod cache;
mod captures;
mod compile;
mod core;
mod error;
mod escape;
mod groups;
mod inspect;
mod iter;
mod options;
mod owner;
mod pool;
mod set;
mod splice;
mod stats;
mod string;
mod template;
mod text;
#[cfg(feature = "tracing")]
mod trace;

pub use cache::{
    Cache, CacheBuilder, Cause, Compilation, Entries, Entry, Eviction, Mode, Observer, Pressure,
    compile, compile_with,
};
#[doc(hidden)]
pub use captures::Locations;
pub use captures::{CaptureLocations, CaptureNames};
pub use error::Error;
pub use escape::escape;
pub use inspect::{Engines, Inspection, inspect};
pub use options::Options;
pub use owner::{Owner, OwnerStats};
pub use pool::Pool;
pub use set::{SetMatches, SetMatchesIntoIter, SetMatchesIter};
pub use stats::Stats;
pub use string::{
    CaptureMatches, Captures, Match, Matches, NoExpand, Regex, RegexBuilder, RegexSet,
    RegexSetBuilder, Replacer, ReplacerRef, Split, SplitN, SubCaptureMatches,
};
#[cfg(feature = "tracing")]
pub use trace::TracingObserver;

/// Compiles a pattern at the first use and returns the same [`Regex`] at every use.
///
/// For patterns in the source code. The compiled pattern lives as long as the process and needs no
/// cache. For byte haystacks there is [`bytes::regex!`].
///
/// # Panics
///
/// At the first use, if the text is not a pattern.
///
/// # Example
///
/// ```
/// fn is_release(tag: &str) -> bool {
///     repool::regex!(r"^v\d+\.\d+\.\d+$").is_match(tag)
/// }
/// assert!(is_release("v0.1.0"));
/// ```
#[macro_export]
macro_rules! regex {
    ($re:literal) => {{
        static REGEX: ::std::sync::LazyLock<$crate::Regex> = ::std::sync::LazyLock::new(|| {
            $crate::Regex::new($re).expect("the literal is a valid pattern")
        });
        let re: &'static $crate::Regex = &REGEX;
        re
    }};
}

/// [`regex!`] for byte haystacks; exported as `bytes::regex`.
#[doc(hidden)]
#[macro_export]
macro_rules! __bytes_regex {
    ($re:literal) => {{
        static REGEX: ::std::sync::LazyLock<$crate::bytes::Regex> =
            ::std::sync::LazyLock::new(|| {
                $crate::bytes::Regex::new($re).expect("the literal is a valid pattern")
            });
        let re: &'static $crate::bytes::Regex = &REGEX;
        re
    }};
}
