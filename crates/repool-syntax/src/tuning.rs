//! The tuning numbers of the parser.
//!
//! Exercised by `tests/depth.rs`, `tests/factor.rs` and `tests/snapshots.rs`.

/// Shorter lists stay as they are written: they cost little, and engines that look for the strings that
/// a match starts with want them whole.
pub(crate) const FACTOR_BRANCHES_MIN: usize = 16;

/// The most prefixes open inside each other: the words of a language need fewer, and `a|aa|aaa|...`
/// must not nest without bound.
pub(crate) const FACTOR_LEVELS_MAX: usize = 16;

/// A list inside a list is flattened by copying up to this many children, or by growing in place; a
/// longer one stays a child. Without a bound, lists nested to the limit would cost depth times length.
pub(crate) const LIST_FLATTEN_MAX: u32 = 64;

/// Two literals that do not stand side by side in the buffer are joined by copying up to this many
/// bytes; longer ones stay two nodes. Same reason.
pub(crate) const LITERAL_JOIN_MAX: u32 = 256;

/// Up to this many sets are compared one by one: they span a few cache lines, and most patterns have
/// fewer.
pub(crate) const SET_SCAN_MAX: usize = 8;

/// A mixed list grows to twice what it had in order and this many ranges more. So what is pushed again
/// and again is not kept again and again, however long the pattern. Nothing magical.
pub(crate) const RANGES_MIXED_MAX: usize = 1024;

/// Nodes that a pattern may have whatever its limit is: the compiler knows exactly.
pub(crate) const NODES_FREE: usize = 1 << 14;

/// Bytes of ranges that a pattern may have whatever its limit is: the compiler knows exactly.
pub(crate) const RANGE_BYTES_FREE: usize = 1 << 18;

/// Longer patterns show our own words: the authority's tree takes about 100 bytes a character, and an
/// error must not cost what a compile may not.
pub(crate) const AUTHORITY_BYTES_MAX: usize = 1 << 16;

/// The most of a line that is shown.
pub(crate) const EXCERPT_MAX: usize = 200;
