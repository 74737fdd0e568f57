//! The tuning numbers of the parser.
//!
//! The first part decides heuristics. Each says its unit, its reason, its benchmark, and the effect of
//! doubling it. *The corpora* are the 2,034 patterns of user agents, secret scanners and Python's tests
//! that `examples/corpora.rs` of `repool-compiler` compiles; instructions are those of parsing and
//! compiling them, under callgrind, on 2026-11-28. The second part bounds memory.
//!
//! Exercised by `tests/depth.rs`, `tests/factor.rs` and `tests/snapshots.rs`.

/// The fewest words of an alternation from which common prefixes are factored out.
///
/// A shorter list costs an engine little, and an engine that looks for the strings that a match starts with
/// wants them whole. Benchmark: the corpora. Doubled, parsing and compiling takes 0.5 % fewer instructions,
/// and the images 72 of 698,840 bytes more.
pub(crate) const FACTOR_BRANCHES_MIN: usize = 16;

/// The most prefixes inside each other when common prefixes are factored out.
///
/// The words of a language need fewer, and `a|aa|aaa|...` must not nest without bound. Benchmark: the
/// corpora. Doubled, no pattern of the corpora changes.
pub(crate) const FACTOR_LEVELS_MAX: usize = 16;

/// The most sets of a pattern that are compared one by one before a hash table finds equal ones.
///
/// Eight sets span a few cache lines, and most patterns have fewer. Benchmark: the corpora. Doubled,
/// parsing and compiling takes 0.05 % fewer instructions.
pub(crate) const SET_SCAN_MAX: usize = 8;

/// The most children of a list that are copied into the list around it.
///
/// A longer list stays a child. Without a bound, lists nested to the limit would cost depth times length.
/// Benchmark: the corpora, and `nested_lists_stay_linear` of `tests/depth.rs`. Doubled, no pattern of the
/// corpora changes.
pub(crate) const LIST_FLATTEN_MAX: u32 = 64;

/// The most bytes that are copied to join two literals which do not stand side by side in the buffer.
///
/// Longer ones stay two nodes. Without a bound, nested literals would cost depth times length. Benchmark:
/// the corpora. Doubled, no pattern of the corpora changes.
pub(crate) const LITERAL_JOIN_MAX: u32 = 256;

// The numbers below bound memory or the size of a message.

/// The ranges that a class out of order may have above twice its length when it was last in order.
///
/// Then it is put in order, which merges equal ranges. So a class that repeats its ranges keeps them once,
/// however long the pattern is.
pub(crate) const RANGES_MIXED_MAX: usize = 1024;

/// The nodes that a pattern may have under any limit on the program's bytes.
///
/// The compiler knows the exact size, so the parser leaves small patterns to it.
pub(crate) const NODES_FREE: usize = 1 << 14;

/// The bytes of ranges that a pattern may have under any limit on the program's bytes.
///
/// The compiler knows the exact size, so the parser leaves small patterns to it.
pub(crate) const RANGE_BYTES_FREE: usize = 1 << 18;

/// The longest pattern, in bytes, whose error has the words of `regex-syntax`.
///
/// That crate's tree takes about 100 bytes a character, and an error must not cost more memory than a
/// compile may.
pub(crate) const AUTHORITY_BYTES_MAX: usize = 1 << 16;

/// The most bytes of a line that an error prints.
pub(crate) const EXCERPT_MAX: usize = 200;
