//! The numbers by which it is decided which way to search, how far, and how often.
//!
//! None of them changes an answer. Each states its unit, why it has this value, which benchmark chose it, and what
//! happens when it is doubled. Caps on memory stand in a section of their own.
//! Exercised by `tests/plans.rs` and `tests/dfa.rs`.

use crate::backoff::Limits;

// ---- scans, prefilters, analysis ----
//
// "Doubled" tells how the instructions of 28 pieces of work change under callgrind (AVX2, 2026-11-28): 22 hot searches in a
// line of a log, in 60 KB of English and in 30 KB of Russian, two compilations, and sets of 20, 45, 60 and 90 words. A
// change below 1 % counts as none.

/// Bytes of the longest haystack that is scanned with masked loads of 64 bytes (AVX-512). Each load reads what is left
/// of the haystack, so there is no last block to treat apart. In longer haystacks loads without masks are as fast.
/// Doubled: none on AVX2, which has no such loads.
pub(crate) const SHORT_BYTES_MAX: usize = 256;

/// Bytes of the longest haystack in which one to three bytes are searched for eight bytes at a time, without vectors.
/// In longer ones `memchr` is faster; in shorter ones its set-up costs more. Doubled: none.
/// Also the bytes of the shortest region that is scanned with all states in one word, and of the gap behind a match within
/// which one byte has the next block searched at once: there, too, the set-up costs more below.
pub(crate) const WORDWISE_BYTES_MAX: usize = 32;

/// Bytes that a search for the members of a set looks at one by one before it uses vectors. Near members are found as
/// fast so. Doubled: `\d+` in the log -1 %, `\b\w{9,}\b` in English +2 %.
/// Also the gap behind a match within which the next match is close, and found as fast without a prefilter.
pub(crate) const NEAR_MEMBER_BYTES: usize = 4;

/// Ranges of the largest Unicode property whose UTF-8 bytes are computed exactly. One with more ranges, as `\w`, starts
/// with nearly any byte, and counts as everything between its lowest and highest member. Doubled: none.
pub(crate) const SHAPE_RANGES_MAX: usize = 128;

/// Paths through a program that a fingerprint follows, states that it passes from one byte to the next, and literals of
/// the largest set that Teddy searches for. With more, the first bytes of matches are seldom rare, and the analysis takes
/// time in the square of the paths. Doubled: the set of 90 words +32 %; the first search for a mail address +21 %.
pub(crate) const FINGERPRINT_PATHS_MAX: usize = 48;

/// Bytes of the haystack that are counted before a hot plan is made. More of them cost time and tell the same. Doubled:
/// none.
pub(crate) const SAMPLE_BYTES_MAX: usize = 512;

/// What one byte of the sample counts, beside about 10,000 for all that is known before. A full sample counts twice as
/// much as that. Doubled: none.
pub(crate) const SAMPLE_WEIGHT: u32 = 48;

/// The share of positions that a further probe of Teddy must exclude: a probe costs two cycles for 32 positions, a
/// position that passes in error costs twenty. Doubled: none.
pub(crate) const TEDDY_GAIN_MIN: f32 = 1.0 / 1024.0;

/// The largest share of positions that Teddy may pass. With more there is too little to skip. Doubled: none.
pub(crate) const TEDDY_RATE_MAX: f32 = 1.0 / 12.0;

/// Bytes of the longest window of a Wu-Manber shift table. A longer window moves farther, but more strings of four bytes
/// stand somewhere in it. Doubled: none, as few alternations have a shortest word of more bytes.
pub(crate) const SHIFT_WINDOW_MAX: usize = 16;

/// Bytes of the shortest window of a Wu-Manber shift table. A shorter one moves by one or two bytes. Doubled: none here;
/// alternations of words of 6 to 11 bytes would have no table.
pub(crate) const SHIFT_WINDOW_MIN: usize = 6;

/// Paths through a program, of all lengths together, that a Wu-Manber shift table is built from: some milliseconds.
/// Doubled: none here; a dictionary of twice as many words has a table.
pub(crate) const SHIFT_PATHS_MAX: usize = 1 << 16;

/// Strings that one class may stand for in a Wu-Manber shift table: a digit, and both cases of a letter in Unicode.
/// Classes of letters would fill the table. Doubled: none.
pub(crate) const SHIFT_MEMBERS_MAX: usize = 16;

/// Binary logarithm of the fewest entries of a Wu-Manber shift table. One more doubles the table: none.
pub(crate) const SHIFT_BITS_MIN: u32 = 10;

/// The share of the places of a needle's rarest byte at which the whole needle stands. Doubled: none.
pub(crate) const REVERSE_REST_RATE: f32 = 0.25;

/// Starts of matches that cost as much to try as one reverse scan. Doubled: none.
pub(crate) const REVERSE_COST: f32 = 2.0;

/// The same where matches begin with a run of one class. A rate takes a byte for independent of its neighbours, and the
/// bytes of a run are not, so that starts fail in runs. Doubled: none.
pub(crate) const REVERSE_RUN_COST: f32 = 0.25;

/// Bytes of the shortest run of a class that is searched for as a run of bytes. A shorter run of bytes of several
/// scripts is nearly everywhere. Doubled: `\b\w{9,}\b` in English takes six times as many instructions.
pub(crate) const RUN_INSIDE_MIN: u32 = 6;

/// Hashes for each literal of a set, of eight bits each. One position in a hundred of other text then passes the filter.
/// Doubled: the set of 60 words -1 %, and the filter takes twice the memory.
pub(crate) const SET_HASHES: usize = 16;

/// Positions to one found by Teddy, in the haystack of a set, below which the filter is faster; also the found positions
/// before that is asked. Doubled: the set of 45 words -2 %.
pub(crate) const SET_DENSE: usize = 16;

// ---- heat and back-off ----

/// Bytes that a search may read for which it counts one byte of heat. Most searches of a long haystack end at a
/// match before its end.
/// Doubled: long haystacks need twice as many searches before anything is built for them.
pub(crate) const HEAT_SHARE: usize = 4;

/// Bytes of heat that a search counts for its fixed cost: some 80 ns.
/// Doubled: programs that search short haystacks are hot after half as many searches.
pub(crate) const HEAT_SEARCH_BYTES: u32 = 8;

/// The most bytes of heat that one search adds to an image. Each match of an iteration is a search of all that is
/// left, so more would end the pause after a refused build at once; less would keep one long search from its tables.
pub(crate) const HEAT_IMAGE_MAX: u32 = 16 << 10;

/// Factor on the heat that is needed while memory is short. What is built then takes the place of other patterns, and
/// mostly goes before it has paid.
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
/// Doubled: a program runs without its table for 4 KiB more; one that ends before is spared the build.
pub(crate) const DFA_HEAT: u32 = 4 << 10;

/// The same where a scan with all states in one word saves most of that already.
pub(crate) const DFA_HEAT_SCANNED: u32 = 16 << 10;

/// Heat of searches for groups from which a program is fused: 16 searches. Each counts its fixed cost alone,
/// since the bytes of a haystack do not tell how long its matches are. A build takes 2 to 20 µs.
/// Doubled: 16 more searches for groups run without fused code.
pub(crate) const FUSED_HEAT: u32 = 16 * HEAT_SEARCH_BYTES;

/// Bytes up to a start that a loop over units passes as fast as a scan finds it. A scan that ends nearer has failed.
/// Doubled: no row of `benches/instructions` moves by 1 %.
pub(crate) const NEAR_BYTES: usize = 8;

/// Bytes by which failed runs from candidates may exceed the way that the search has come. Beyond it the
/// search goes on with an engine that needs no candidates.
/// Doubled: no row of `benches/instructions` moves by 1 %.
pub(crate) const FAILED_BYTES: usize = 64;

/// Bytes of a loop that beginning a run costs as much as.
pub(crate) const RUN_COST_BYTES: usize = 4;

/// Times that the bytes between the last place without a thread and the end of a match are read for its start. Beyond
/// it an engine finds the start that knows where its threads started.
pub(crate) const LOCATE_FACTOR: usize = 4;

/// Bytes between two stops of a long run. At a stop the loop checks for acceleration and for a memoised dead state; a
/// jump over fewer bytes does not pay, and a run that fails before its first stop leaves nothing to remember.
/// Doubled: half as many checks, and no row of `benches/instructions` moves by 1 %.
pub(crate) const STOP_BYTES: usize = 64;

/// The grid, in bytes, on which dead states are remembered. A shorter way is gone again as fast.
/// Doubled: half the memory, and up to 32 bytes are read again by each run instead of 16.
pub(crate) const GAP_BYTES: usize = 16;

/// Parts into which the way to the next dead state falls each time that a run goes it.
pub(crate) const GAP_PARTS: usize = 4;

/// Bytes of a loop over one set for which one visit is marked. It bounds what is gone twice.
/// Doubled: half as many marks for long loops, and twice as many bytes that two paths may both take.
pub(crate) const MARK_BYTES: usize = 8;

/// Bytes searched for each set of a lazy table; one that is full with fewer is given up, as in RE2.
pub(crate) const BYTES_PER_SET: usize = 10;

/// The same for programs of more than [`PROGRAM_MAX`] states, whose other engine is lock-step: making a set costs what
/// that takes for a byte. Also what a table has to earn before it may grow.
pub(crate) const BYTES_PER_SET_LARGE: usize = 2;

// ---- engines: what is worth building ----

/// States, or words of code, of the largest program that is analysed as a whole: fused, made a whole table, or laid out
/// as the bits of a word. An analysis takes some 10 ns a state.
pub(crate) const PROGRAM_MAX: usize = 1 << 10;

/// States of the largest program that is not left to lock-step alone. With more, the backtracker's window spans fewer
/// than 16 positions, and a set of a lazy table may have more items than it saves.
pub(crate) const STATES_MAX: usize = VISITED_BITS_MAX / 16;

/// Sets of the largest whole table. Nothing magical: 90 % of regexlib have fewer, and larger ones seldom pay for
/// their building.
pub(crate) const DENSE_SETS_MAX: usize = 256;

/// Cells of the largest whole table: 24 KiB, half of a first-level cache.
pub(crate) const DENSE_CELLS_MAX: usize = 12 << 10;

/// Sets that are known but not explored; with more of them a table will not end below [`DENSE_SETS_MAX`].
pub(crate) const DENSE_FRONT_MAX: usize = 96;

/// Characters above ASCII that are classes of their own.
pub(crate) const CLASS_SINGLES_MAX: usize = 128;

// ---- strategies ----

/// Heat from which a program has a plan with all that helps, attached to its image; and on one thread the heat from which it
/// has the table of a bit-parallel scan. A plan takes 1 to 10 µs, a table 1 to 5 µs.
pub(crate) const PLAN_HEAT: u32 = 1 << 10;

/// Bytes of the longest region that is searched without the thread's cache. Above it the cost of the cache is small, and
/// the thread may know that looking for candidates does not pay. Chosen by `--bench search`; doubled: no short row changes.
pub(crate) const SHORT_REGION_BYTES: usize = 1 << 10;

/// Bytes that are passed one by one as fast as by vectors. A shorter region is searched without Teddy, a scan that skips
/// fewer has skipped nothing, and a run that reads more past a match has read far. Doubled: dense matches take a tenth more.
pub(crate) const FEW_BYTES: usize = 16;

/// Bytes of a run that it costs to find a candidate and to begin a run of a published table. From as many places behind a
/// match runs are tried before anything is looked for.
pub(crate) const SHORT_RUN_COST_BYTES: usize = 12;

/// Bytes by which failed runs of a short search may exceed what it came forward. Beyond it one unanchored run tells whether
/// there is a match at all. Doubled: `[a-z]+\d` reads words twice.
pub(crate) const SHORT_FAILED_BYTES: usize = 8;

/// Factor by which candidates have to be rarer than required bytes, to be looked for first. Rates take bytes for
/// independent of their neighbours, and digits are not.
pub(crate) const RARER_FACTOR: f32 = 1024.0;

/// Largest share of positions that a set of first bytes may leave; with more it is not looked for.
pub(crate) const SET_RATE_MAX: f32 = 0.75;

/// Smallest share of positions that other prefilters leave with which a Wu-Manber shift table is made. Doubled: few
/// dictionaries have one.
pub(crate) const SHIFT_RATE_MIN: f32 = 1.0 / 32.0;

/// Bytes of an automaton that one look into a shift table costs as much as.
pub(crate) const SHIFT_LOOK_BYTES: usize = 2;

/// Visits of the backtracker for each byte of a scan, after which the scan is left to lock-step.
pub(crate) const VISITS_PER_BYTE: usize = 16;

/// Bytes of the longest run to the end of a close match. Doubled: the words of a log cost 5 % more.
pub(crate) const CLOSE_END_BYTES: usize = 40;

/// Back-off of the short search of an iteration, and of runs from close places, after one that ended undecided.
pub(crate) const ITERATION_BACKOFF: Limits = Limits {
    failures: 1,
    pause: 8,
    pause_max: 64,
};

/// Starts that are tried without a plan when a literal of a set is found. A plan costs as much as some tens of starts.
pub(crate) const SET_NARROW_MAX: usize = 64;

/// Programs of the largest set whose short haystacks are searched with plans. In larger sets few programs are ever hot, and
/// what a thread learns of them drives out what it knows of others.
pub(crate) const SET_PLANNED_MAX: usize = 16;

/// Factor by which the searched bytes grow from round to round, if only whether any program of a set matches is asked for.
pub(crate) const SET_GROWTH: usize = 8;

// ---- caps on memory ----

/// Bits of the backtrackers' map of visits: 32 KiB, which fits a first-level cache. RE2 and Go use as much.
pub(crate) const VISITED_BITS_MAX: usize = 256 << 10;

/// Slots that the rows of one list of lock-step hold: 4 MiB, and there are three lists. They hold more only if the
/// threads alone do, as each takes as much as three slots.
pub(crate) const PIKE_ROWS_MAX: usize = 512 << 10;

/// Bytes of fused code that a thread keeps.
pub(crate) const FUSED_BYTES_MAX: usize = 64 << 10;

/// Fused programs that a thread keeps; as many as plans.
pub(crate) const FUSED_CODES_MAX: usize = 16;

/// Bytes of rows, and of sets, with which a lazy table is full at first. Most never are.
pub(crate) const LAZY_CAP_MIN: usize = 128 << 10;

/// The same for a table that has grown to its largest size: some 9,000 rows of 29 classes, as a dictionary takes.
pub(crate) const LAZY_CAP_MAX: usize = 1 << 20;

/// Lazy tables that a thread keeps.
pub(crate) const LAZY_TABLES: usize = 4;

/// Searches of a thread after which a lazy table that none of them used is given back.
pub(crate) const LAZY_IDLE_SEARCHES: u64 = 1 << 16;

/// Programs whose characters a thread remembers.
pub(crate) const CLASS_MEMOS: usize = 16;

/// Different pages of 64 characters that a thread remembers of one program: 16 KiB. Chinese has 330 pages, most of
/// them alike; beyond the cap all are forgotten.
pub(crate) const CLASS_MEMO_PAGES_MAX: usize = 256;

/// Different pages of 64 characters beside a whole table: 2.5 KiB.
pub(crate) const CLASS_PAGES_MAX: usize = 40;

/// Characters above ASCII whose positions a bit-parallel scan remembers: the letters of an alphabet.
pub(crate) const WIDE_CACHE: usize = 64;

/// Rows whose way out is remembered for acceleration.
pub(crate) const ACCEL_ROWS: usize = 2;

/// Runs whose dead states are remembered apart: as many rows as may take turns.
pub(crate) const DEAD_RUNS: usize = 16;

/// Dead states that an iteration remembers. Before there are more, every other is forgotten.
pub(crate) const DEAD_PLACES_MAX: usize = 384;

/// Places that one run notes before it is known whether they are dead.
pub(crate) const DEAD_NOTED_MAX: usize = 128;

/// Plans that a thread keeps of programs that have none attached.
pub(crate) const OWN_PLANS: usize = 16;

/// Programs whose learned facts a thread keeps.
pub(crate) const LEARNED_PROGRAMS: usize = 64;

/// Tables of bit-parallel scans that a thread keeps, of some 4 KiB each.
pub(crate) const SCAN_TABLES: usize = 8;

/// Cells of a reverse table, of two bytes each: 4 KiB.
pub(crate) const REVERSE_CELLS_MAX: usize = 1 << 11;

/// Binary logarithm of the most entries of a Wu-Manber shift table: 32 KiB, a first-level cache.
pub(crate) const SHIFT_BITS_MAX: u32 = 15;
