//! Regular expressions, compiled once and kept in pooled memory.
//!
//! `repool` is for programs whose patterns come from outside: from rules, from configuration, from users,
//! from a column of a table. [`compile`] is the whole idea:
//!
//! ```
//! let rule = repool::compile(r"(?i)\b(select|union)\b.*\bfrom\b")?;
//! assert!(rule.is_match("id=1 UNION SELECT name FROM users"));
//! # Ok::<(), repool::Error>(())
//! ```
//!
//! The first call compiles the pattern, in microseconds, into one small block of memory; the next calls give
//! the same compiled pattern in nanoseconds; and when the budget is full, patterns that are asked for less
//! than others are dropped, and their memory with them.
//!
//! What a pattern means is what it means to the [`regex`] crate, and so are the names: [`Regex`],
//! [`Captures`], [`RegexSet`], [`mod@bytes`] and all the rest. A program moves over by changing `regex::` to
//! `repool::`.
//!
//! # Patterns and haystacks
//!
//! The syntax is [that of `regex`]: Perl's, without look-around and back-references, with Unicode classes,
//! case and word boundaries unless switched off. A search takes time linear in the haystack, whatever the
//! pattern. Haystacks are `&str` here and `&[u8]` in [`mod@bytes`].
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
//! [`compile`], [`compile_with`] and their twins in [`mod@bytes`] go through [`Cache::global`]; a service can
//! have as many [`Cache`]s of its own as it likes. One thing decides whether two calls get the same
//! pattern: equal text and equal [`Options`]. A pattern that does not compile is remembered too. Threads
//! that miss the same pattern at one time wait for one compile of it.
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
//! Tenants can share one cache: [`Cache::owner`] gives each a part that others cannot push out, and a bound.
//!
//! For a pattern that stands in the program there is [`regex!`], and [`Regex::new`] compiles without any
//! cache.
//!
//! # Memory
//!
//! - A compiled pattern is one block: header, program, pattern text, mostly 250 to 1,000 bytes. Unicode
//!   classes are tables that all patterns share.
//! - [`Cache::stats`] accounts for every byte a cache holds, and [`Stats::total_bytes`] is what its budget
//!   bounds: what was asked of the allocator, not what is in use.
//! - A [`Regex`] stays valid when the cache drops its pattern. Its bytes are *pinned* then; under
//!   [`Mode::Soft`] they may exceed the budget, under [`Mode::Strict`] the next pattern is an
//!   [`Error::OverBudget`]. Under [`Mode::Weak`] a cache has nothing but what somebody holds.
//! - [`Cache::purge`] drops everything, and [`Cache::trim`] gives what is kept for later back to the system.
//! - Searches write to memory of their thread, at most a few hundred kilobytes, which all patterns share.
//!   A search allocates nothing; [`Regex::captures`] allocates room for the groups of a match.
//!
//! # Questions
//!
//! | question | answer, with an example |
//! |---|---|
//! | How do I bound memory per tenant? | [`Cache::owner`], [`CacheBuilder::owner_max_bytes`] |
//! | Why is my hit ratio low? | [`Cache::stats`] |
//! | Which patterns are slow to compile, which do not stay? | [`CacheBuilder::observer`] |
//! | Which patterns take the most memory? | [`Entry`] |
//! | How do I compile all rules at the start, and see which are wrong? | [`Cache::warm_up`] |
//! | How do I give the memory of idle patterns back? | [`Cache::purge_idle`] |
//! | How do I give memory back when it is short? | below, [`Cache::shrink_to`], [`Cache::give_back`] |
//! | How do I know that patterns which are held exceed the budget? | below |
//! | Is it the cache? How do I switch it off? | [`Cache::set_enabled`] |
//! | How do several caches share spare memory? | [`CacheBuilder::pool`] |
//! | How do I share patterns without keeping them? | [`CacheBuilder::mode`] |
//!
//! What it means that memory is short, a service knows best. One that runs on Linux can ask the kernel for how
//! long tasks waited for memory of late, once a second, say; in a container the file is `memory.pressure` in its
//! control group:
//!
//! ```
//! /// The part of the last ten seconds in which something waited for memory, in percent.
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
//! Patterns that are held cannot be dropped. When they leave no room, an [`Observer`] is told:
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
//! let cache = Cache::builder().max_bytes(16 << 10).observer(excess.clone()).build();
//! let rules: Result<Vec<_>, _> = (0..100).map(|i| cache.compile(&format!("rule {i}"))).collect();
//! assert!(excess.0.load(Ordering::Relaxed) > 0); // `rules` hold more than 16 KiB
//! # rules?;
//! # Ok::<(), repool::Error>(())
//! ```
//!
//! # Limits
//!
//! Text from anybody can be compiled, and any haystack searched with it. Nothing panics, recurses without
//! bound, or takes time other than linear in the haystack for one search.
//!
//! | limit | value | set by |
//! |---|---|---|
//! | nesting of groups and classes | 1,000 | [`RegexBuilder::nest_limit`] |
//! | compiled size | 10 MiB | [`RegexBuilder::size_limit`] |
//! | pattern | 16 MiB | |
//! | groups | about a million | |
//!
//! Iterators make one search for each match. What a search finds out helps the next, so that [`Regex::find_iter`]
//! seldom takes more than linear time; a hostile pattern and haystack together can still make it quadratic, as
//! in `regex`.
//!
//! # Differences from `regex`
//!
//! - [`Regex::memory_usage`], [`compile`], [`Cache`], [`Options`] and [`inspect`] are new. So are two
//!   [errors](Error).
//! - `size_limit` counts this crate's bytes, which are far fewer: patterns that are too big for `regex`,
//!   such as `\w{1000}`, may compile. Nesting goes to 1,000 instead of 250.
//! - `dfa_size_limit` is accepted and without effect.
//! - [`Regex::shortest_match`] may tell another place, as it may from one version of `regex` to the next.
//! - The first alternative that matches is taken, as in Perl and Python, also where alternatives begin with the same
//!   repetition: `.*a|.*b` finds `a` in `ab`. `regex` 1.13 takes such beginnings out first and finds `ab`.
//! - [`CaptureLocations`], [`CaptureNames`] and [`SetMatches`] are the same types here and in
//!   [`mod@bytes`].
//! - There is no `no_std`, and no feature that leaves Unicode out.
//!
//! # Features
//!
//! - `serde`: [`Stats`] and [`Entry`] can be serialised.
//! - `tracing`: `TracingObserver` makes events of what a cache does.
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

/// Compiles a pattern once and gives the same [`Regex`] every time the place is reached.
///
/// For patterns that stand in the program: the compiled pattern lives as long as the process and needs
/// no cache. There is a [`bytes::regex!`] too.
///
/// # Panics
///
/// If the text is not a pattern, the first time.
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
