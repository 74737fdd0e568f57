//! The tuning numbers of the compiler.
//!
//! Exercised by `tests/disassembly.rs`, `tests/facts.rs` and `tests/factors.rs`.

/// The most words of code that copies may take instead of a counter.
///
/// A counter costs two instructions and three words beside its body, so that a body of one word has its
/// break-even at six. Nine lets a copy of `[a-f0-9]{8}` or `\d{1,5}` through: a little more memory
/// for a search without counting.
pub(crate) const UNROLLED_WORDS_MAX: u32 = 9;

/// The most characters of a range that are looked up one by one.
pub(crate) const RANGE_LOOK_UPS_MAX: u32 = 8;

/// A set of first bytes is worth its memory and the scan for it only if fewer bytes than these, in
/// thousandths of the bytes of typical text, are candidates.
pub(crate) const FIRST_SHARE_MAX: u32 = 500;

/// A literal has to say at least this much to be worth looking for: a lone space or common letter is
/// found in every haystack.
pub(crate) const NEEDLE_SCORE_MIN: u32 = 5;

/// More bytes than these do not make a literal rarer.
pub(crate) const NEEDLE_SCORED_BYTES_MAX: usize = 16;

/// So many exact strings of a node are multiplied out.
pub(crate) const FACTOR_EXACT_MAX: usize = 16;

/// Exact strings are no longer than this, in bytes.
pub(crate) const FACTOR_EXACT_BYTES_MAX: usize = 24;

/// So many strings are required at most: dictionaries of a thousand words are worth looking for.
pub(crate) const FACTOR_REQUIRED_MAX: usize = 1024;

/// Of a set, so many characters are taken for strings.
pub(crate) const FACTOR_CHARACTERS_MAX: usize = 10;

/// A larger number of times is not multiplied out.
pub(crate) const FACTOR_TIMES_MAX: u32 = 4;

/// Factors have to be at least this rare: the binary logarithm of the bytes of text for one of them. Common
/// ones still tell where a match can start, and short texts have none of them.
pub(crate) const FACTOR_SCORE_MIN: f32 = 4.0;

/// A choice of more single bytes than these is left to the first byte of a match.
pub(crate) const FACTOR_SINGLE_MAX: usize = 3;

/// The factors of a second group have to be rarer, and longer: they are only a condition.
pub(crate) const FACTOR_SECOND_SCORE_MIN: f32 = 12.0;

/// So many bytes each.
pub(crate) const FACTOR_SECOND_BYTES_MIN: u32 = 3;

/// Bytes and strings that are written for one pattern: what passes this has no factors. Bounds the time
/// and memory for patterns with very many parts.
pub(crate) const FACTOR_WORK_MAX: usize = 256 << 10;

/// The most bytes of working memory that are kept: a dozen times what the largest of 2,200 patterns of
/// user agents, secret scanners and Python's tests needs (21 KiB).
pub(crate) const SCRATCH_BYTES_MAX: usize = 256 << 10;
