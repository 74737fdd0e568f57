//! The patterns that a cache holds.
//!
//! Exercised by `tests/cache.rs`.

use std::time::Duration;

use crate::Options;

/// One cached pattern; from [`Cache::entries`](super::Cache::entries).
///
/// # Example
///
/// ```
/// let cache = repool::Cache::builder().build();
/// cache.compile(r"\w+")?;
/// let largest = cache.entries().max_by_key(|entry| entry.bytes).unwrap();
/// assert_eq!(largest.pattern, r"\w+");
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Entry {
    /// The pattern.
    pub pattern: String,
    /// Whether it is for byte haystacks.
    pub is_bytes: bool,
    /// The bytes reserved for its program.
    pub bytes: usize,
    /// The number of hits.
    pub hits: u64,
    /// The time that compiling it took.
    pub compile_time: Duration,
    /// The number of handles now.
    pub pins: usize,
}

/// The cached patterns; from [`Cache::entries`](super::Cache::entries).
///
/// # Example
///
/// ```
/// let cache = repool::Cache::builder().build();
/// cache.compile("a")?;
/// cache.compile("b")?;
/// let bytes: usize = cache.entries().map(|entry| entry.bytes).sum();
/// assert_eq!(bytes, cache.stats().program_bytes);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Debug)]
pub struct Entries<'a>(pub(super) repool_cache::Entries<'a>);

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let entry = self.0.next()?;
        Some(Entry {
            is_bytes: Options::key_is_bytes(entry.options),
            pattern: entry.pattern,
            bytes: entry.bytes,
            hits: entry.hits,
            compile_time: entry.compile_time,
            pins: entry.pins,
        })
    }
}
