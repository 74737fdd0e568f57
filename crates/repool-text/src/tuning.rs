//! The tuning numbers of properties.
//!
//! The first decides a heuristic. It says its unit, its reason, its benchmark, and the effect of doubling
//! it. The others bound memory.
//!
//! Exercised by `tests/property.rs`.

/// The most ranges above ASCII of a property that a class lists instead of naming.
///
/// A list of two ranges is tested as fast as a table, and shows the IR what the class is. Benchmark:
/// `examples/corpora.rs` of `repool-compiler`. Doubled, no pattern of the corpora changes.
pub(crate) const LISTED_MAX: usize = 2;

// The numbers below bound memory.

/// The most sets that a process resolves. Unicode 16 has 439, and 504 with their closures under folding.
/// All their tables take 1.6 MB (counted 2026-11).
pub(crate) const PROPERTIES_MAX: usize = 1024;

/// The most spellings that are remembered. Each further spelling costs a parse each time. There are 2,230
/// spellings that differ after normalising.
pub(crate) const NAMES_MAX: usize = 4096;

/// The longest name that is remembered, in bytes after normalising. The longest of Unicode has 38.
pub(crate) const NAME_BYTES_MAX: usize = 48;
