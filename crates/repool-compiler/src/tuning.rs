//! The tuning numbers of the compiler.
//!
//! The first part decides heuristics. Each says its unit, its reason, its benchmark, and the effect of
//! doubling it. *The corpora* are the 2,034 patterns of user agents, secret scanners and Python's tests
//! that `examples/corpora.rs` compiles; instructions are those of parsing and compiling them and of finding
//! factors, under callgrind, on 2026-11-28. The second part bounds memory.
//!
//! Exercised by `tests/disassembly.rs`, `tests/facts.rs` and `tests/factors.rs`.

/// The most words of code that copies may take instead of a counter.
///
/// A counter costs two instructions and three words beside its body, so a body of one word breaks even at
/// six copies. Nine allows a copy of `[a-f0-9]{8}` and `\d{1,5}`: a little more memory for a search that
/// does not count. Benchmark: the corpora. Doubled, 1,075 of 1,237 counters remain, the images take 0.8 %
/// more bytes, and compiling takes 0.5 % more instructions.
pub(crate) const UNROLLED_WORDS_MAX: u32 = 9;

/// The most characters of a range that are looked up one by one, to prove that two sets are disjoint.
///
/// Without the proof a program is not one-pass. Benchmark: the corpora. Doubled, no pattern of the corpora
/// becomes one-pass.
pub(crate) const RANGE_LOOK_UPS_MAX: u32 = 8;

/// The largest share of a set of first bytes in typical text, in thousandths.
///
/// With a larger share, most bytes are candidates: the scan gains nothing, and the set costs memory.
/// Benchmark: the corpora. Doubled, 409 instead of 257 patterns have a set of first bytes.
pub(crate) const FIRST_SHARE_MAX: u32 = 500;

/// The least score of a required literal: the binary logarithm of the bytes of text that hold it once.
///
/// A lone space or common letter stands in every haystack, so it rejects none. Benchmark: the corpora.
/// Doubled, 634 instead of 754 patterns have a required literal.
pub(crate) const NEEDLE_SCORE_MIN: u32 = 5;

/// The most bytes of a literal that count to its score.
///
/// After 16 bytes a literal is as rare as it needs to be. Benchmark: the corpora. Doubled, compiling takes
/// 0.2 % more instructions, and the same literals win.
pub(crate) const NEEDLE_SCORED_BYTES_MAX: usize = 16;

/// The most exact strings of a node.
///
/// More strings are rarer one by one, but a set looks for all of them. Benchmark: the corpora. Doubled, the
/// patterns have 7,387 instead of 6,770 factors, 602 instead of 609 patterns have a second group, and
/// finding them takes 0.8 % more instructions.
pub(crate) const FACTOR_EXACT_MAX: usize = 16;

/// The longest exact string, in bytes.
///
/// A longer string takes memory and is hardly rarer. Benchmark: the corpora. Doubled, 575 instead of 609
/// patterns have a second group of factors.
pub(crate) const FACTOR_EXACT_BYTES_MAX: usize = 24;

/// The most required strings of a pattern.
///
/// A dictionary of a thousand words is still cheaper to look for than to search with. Benchmark: the
/// corpora. Doubled, no pattern of the corpora changes.
pub(crate) const FACTOR_REQUIRED_MAX: usize = 1024;

/// The most members of a set that become exact strings.
///
/// Ten allows `[0-9]`. Benchmark: the corpora. Doubled, the patterns have 6,784 instead of 6,770 factors.
pub(crate) const FACTOR_CHARACTERS_MAX: usize = 10;

/// The most iterations of a repetition that are multiplied out.
///
/// Benchmark: the corpora. Doubled, their factors do not change.
pub(crate) const FACTOR_TIMES_MAX: u32 = 4;

/// The least score of a choice of factors: the binary logarithm of the bytes of text that hold one of them.
///
/// A pattern without rare factors is searched in every haystack. Common factors still tell where a match
/// can start, and short haystacks have none of them. Benchmark: the corpora. Doubled, 1,713 instead of
/// 1,853 patterns have factors.
pub(crate) const FACTOR_SCORE_MIN: f32 = 4.0;

/// The most single bytes in a choice of factors.
///
/// With more of them, the set of first bytes serves better. Benchmark: the corpora. Doubled, 1,857 instead
/// of 1,853 patterns have factors.
pub(crate) const FACTOR_SINGLE_MAX: usize = 3;

/// The least score of the second group of factors, in the unit of [`FACTOR_SCORE_MIN`].
///
/// The second group is only a further condition, so it has to be rare to pay. Benchmark: the corpora.
/// Doubled, 523 instead of 609 patterns have a second group.
pub(crate) const FACTOR_SECOND_SCORE_MIN: f32 = 12.0;

/// The shortest factor of the second group, in bytes.
///
/// The second group is only a further condition, and a shorter factor is met too often. Benchmark: the
/// corpora. Doubled, 429 instead of 609 patterns have a second group.
pub(crate) const FACTOR_SECOND_BYTES_MIN: u32 = 3;

// The numbers below bound memory.

/// The most bytes and strings that are written to find the factors of one pattern. Above it the pattern has
/// none.
///
/// It bounds the time and memory of patterns with very many parts.
pub(crate) const FACTOR_WORK_MAX: usize = 256 << 10;

/// The most bytes of working memory that a compiler keeps.
///
/// It is nine times what the largest pattern of the corpora needs (28 KiB).
pub(crate) const SCRATCH_BYTES_MAX: usize = 256 << 10;

// The numbers below are the room that a compile starts with. What needs more grows, so they change no
// program.

/// The words of the arena for each node: two of code, and two for stacks.
pub(crate) const NODE_ROOM_WORDS: usize = 4;

/// The words of the arena for each set: two rows twice, in their list and in the image, and a number.
pub(crate) const SET_ROOM_WORDS: usize = 9;

/// The bytes of the arena for every compile: the header and the first room of the stacks.
pub(crate) const ROOM_BYTES: usize = 1536;

/// The words of an image besides its text and one word a node.
pub(crate) const IMAGE_ROOM_WORDS: usize = 16;

/// The words of a set in the list of sets: a row, and a second one for most sets above ASCII.
pub(crate) const SET_WORDS: usize = 3;

/// The entries of each stack. Few patterns nest deeper.
pub(crate) const STACK_ROOM: usize = 8;
