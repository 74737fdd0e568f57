//! The numbers by which it is decided which way to search, how far, and how often.
//!
//! None of them changes an answer. Each states its unit, why it has this value, which benchmark chose it, and what
//! happens when it is doubled. Caps on memory stand in a section of their own.

use crate::backoff::Limits;
use crate::heat::Heat;

// ---- scans, prefilters, analysis ----

/// Bytes of the longest haystack that is scanned with masked loads of 64 bytes (AVX-512). Each load reads what is left
/// of the haystack, so there is no last block to treat apart. In longer haystacks loads without masks are as fast.
pub(crate) const SHORT_BYTES_MAX: usize = 256;

/// Bytes of the longest haystack in which one to three bytes are searched for eight bytes at a time, without vectors.
/// In longer ones `memchr` is faster; in shorter ones its set-up costs more.
pub(crate) const WORDWISE_BYTES_MAX: usize = 32;

/// Bytes that a search for the members of a set looks at one by one before it uses vectors. Near members are found as
/// fast so.
pub(crate) const NEAR_MEMBER_BYTES: usize = 4;

/// Ranges of the largest Unicode property whose UTF-8 bytes are computed exactly. One with more ranges, as `\w`, starts
/// with nearly any byte, and counts as everything between its lowest and highest member.
pub(crate) const SHAPE_RANGES_MAX: usize = 128;

/// States, or words of code, of the largest program that is analysed as a whole. An analysis takes some 10 ns a state.
pub(crate) const PROGRAM_MAX: usize = 1 << 10;

/// Paths through a program that a fingerprint follows, states that it passes from one byte to the next, and literals of
/// the largest set that Teddy searches for. With more, the first bytes of matches are seldom rare.
pub(crate) const FINGERPRINT_PATHS_MAX: usize = 48;

/// Bytes of the haystack that are counted before a hot plan is made.
pub(crate) const SAMPLE_BYTES_MAX: usize = 512;

/// What one byte of the sample counts, beside about 10,000 for all that is known before. A full sample counts twice as
/// much as that.
pub(crate) const SAMPLE_WEIGHT: u32 = 48;

/// The share of positions that a further probe of Teddy must exclude: a probe costs two cycles for 32 positions, a
/// position that passes in error costs twenty.
pub(crate) const TEDDY_GAIN_MIN: f32 = 1.0 / 1024.0;

/// The largest share of positions that Teddy may pass. With more there is too little to skip.
pub(crate) const TEDDY_RATE_MAX: f32 = 1.0 / 12.0;

/// Bytes of the longest window of a Wu-Manber shift table. A longer window moves farther, but more strings of four bytes
/// stand somewhere in it.
pub(crate) const SHIFT_WINDOW_MAX: usize = 16;

/// Bytes of the shortest window of a Wu-Manber shift table. A shorter one moves by one or two bytes.
pub(crate) const SHIFT_WINDOW_MIN: usize = 6;

/// Paths through a program, of all lengths together, that a Wu-Manber shift table is built from: some milliseconds.
pub(crate) const SHIFT_PATHS_MAX: usize = 1 << 16;

/// Strings that one class may stand for in a Wu-Manber shift table.
pub(crate) const SHIFT_MEMBERS_MAX: usize = 16;

/// Binary logarithm of the fewest entries of a Wu-Manber shift table.
pub(crate) const SHIFT_BITS_MIN: u32 = 10;

/// The share of the places of a needle's rarest byte at which the whole needle stands.
pub(crate) const REVERSE_REST_RATE: f32 = 0.25;

/// Starts of matches that cost as much to try as one reverse scan.
pub(crate) const REVERSE_COST: f32 = 2.0;

/// The same where matches begin with a run of one class. A rate takes a byte for independent of its neighbours, and the
/// bytes of a run are not, so that starts fail in runs.
pub(crate) const REVERSE_RUN_COST: f32 = 0.25;

/// Bytes of the shortest run of a class that is searched for as a run of bytes. A shorter run of bytes of several
/// scripts is nearly everywhere.
pub(crate) const RUN_INSIDE_MIN: u32 = 6;

/// Bytes between first bytes of members below which more and more characters are decoded one by one: these bytes then
/// are those of a whole script, and there is nothing to skip.
pub(crate) const RUN_NEAR_BYTES: usize = 16;

/// Hashes for each literal of a set, of eight bits each. One position in a hundred of other text then passes the filter.
pub(crate) const SET_HASHES: usize = 16;

/// Positions to one found by Teddy, in the haystack of a set, below which the filter is faster; also the found positions
/// before that is asked.
pub(crate) const SET_DENSE: usize = 16;

// ---- scans, prefilters, analysis: caps on memory ----

/// Cells of a reverse table, of two bytes each.
pub(crate) const REVERSE_CELLS_MAX: usize = 1 << 11;

/// Binary logarithm of the most entries of a Wu-Manber shift table: 32 KiB, a first-level cache.
pub(crate) const SHIFT_BITS_MAX: u32 = 15;

// ---- heat and back-off ----

/// A search counts one byte of heat for so many bytes that it may read. Most searches of a long haystack end at a
/// match before its end.
pub(crate) const HEAT_SHARE: usize = 4;

/// Bytes of heat that a search counts for its fixed cost: some 80 ns.
pub(crate) const HEAT_SEARCH_BYTES: u32 = 8;

/// The most bytes of heat that one search adds to an image. Each match of an iteration is a search of all that is
/// left, so more would end the pause after a refused build at once; less would keep one long search from its tables.
pub(crate) const HEAT_IMAGE_MAX: u32 = 16 << 10;

/// So many times the heat is needed while memory is short: what is built takes the place of other patterns
/// then, and goes with its own, mostly before it has paid.
pub(crate) const HEAT_SHORT_FACTOR: u32 = 16;

/// Back-off of ways that pay in one text and cost in another.
pub(crate) const TEXT_BACKOFF: Limits = Limits {
    failures: 8,
    pause: 64,
    pause_max: 4096,
};

// ---- engines ----

/// Heat from which a program's tables are built. A build takes 10 to 50 µs, and a table saves 10 ns a byte where
/// programs are run as they are.
pub(crate) const DFA_HEAT: Heat = Heat::of_bytes(4 << 10);

/// The same where a scan with all states in one word saves most of that already.
pub(crate) const DFA_HEAT_SCANNED: Heat = Heat::of_bytes(16 << 10);

/// Heat of searches for groups from which a program is fused: 16 searches, each of which counts its fixed cost alone,
/// since the bytes of a haystack do not tell how long its matches are. A build takes 2 to 20 µs.
pub(crate) const FUSED_HEAT: Heat = Heat::of_bytes(16 * HEAT_SEARCH_BYTES);
