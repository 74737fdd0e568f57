//! Every number of this crate that was chosen: what it counts, why it has this value, which benchmark chose it, and what
//! happens when it is doubled.
//!
//! *Streams* are those of `tests/hit_ratio.rs`, with about 520 entries. The mean of their hit ratios is 70.7 to 70.8 % as
//! the numbers stand; two runs differ by 0.05 points, and a loop of 600 patterns has 72 %. What doubling does to them was
//! measured on 2026-11-28. Where no benchmark is named, the effect follows from the code.
//!
//! A number whose name ends in `PART` is a divisor: doubled, it halves that part.
//!
//! Exercised by `tests/hit_ratio.rs`.

// Shards

/// Budget bytes per shard, by default. A smaller shard evicts in an order further from that of all records. Doubled: half
/// as many locks in caches below 2 MiB.
pub(crate) const SHARD_BYTES: usize = 256 << 10;

/// The most shards by default. A lock is held for some 20 ns, so that more gain nothing. Doubled: 1 KiB more for each of the
/// added shards in caches above 2 MiB.
pub(crate) const SHARDS_BY_DEFAULT_MAX: usize = 8;

// Budget

/// Pages of the smallest budget: one each for the records, their index, the programs and the cache itself with its queues,
/// and as many again, so that some are left for patterns. Doubled: a budget of 32 KiB is one of 64 KiB where pages have 4 KiB.
pub(crate) const BUDGET_PAGES_MIN: usize = 8;

// Compaction

/// Programs are moved if more than this part of the total is slack. Doubled: `trim` moves programs of a cache in steady
/// state, which has a tenth to an eighth.
pub(crate) const COMPACT_SLACK_PART: usize = 6;

/// A request for whole pages moves programs first if the slack is as large as the request and this part of the budget.
/// Doubled: moves begin with half as much slack, and free fewer pages each.
pub(crate) const COMPACT_LIMIT_PART: usize = 32;

/// Such moves walk through all records, so they wait until this part of the records was evicted. Doubled: twice as many
/// walks, of 128 instead of 64 records for each eviction.
pub(crate) const COMPACT_WALK_PART: usize = 64;

/// The most rounds of moving: one empties as many blocks as the others have holes for. With one in a
/// hundred of 20,000 patterns left, two rounds leave the blocks full (`tests/compact.rs`). Doubled: no difference there.
pub(crate) const COMPACT_ROUNDS_MAX: usize = 4;

// Thread caches

/// The slots of a new thread cache, and its least size: one window of [`THREAD_CACHE_NEIGHBOURS`]. Doubled: 256 bytes more
/// for each thread at first, and budgets below some 64 instead of 34 KiB have no thread caches.
pub(crate) const THREAD_CACHE_SLOTS_MIN: usize = 8;

/// Neighbouring slots that a hash may be in: 128 bytes, two cache lines. It bounds how many slots a lookup reads. Doubled:
/// tables fill further before they double, and a miss reads four cache lines.
pub(crate) const THREAD_CACHE_NEIGHBOURS: usize = 8;

/// A thread cache doubles once a 32nd as many patterns found no slot as it has slots: at a load of some 70 %. Doubled: it
/// grows earlier; no difference in the streams.
pub(crate) const THREAD_CACHE_GROW_PART: usize = 32;

/// Of the patterns that find no slot in a thread cache of full size, one in this many displaces another. If each did, a
/// loop over more patterns than slots would replace an entry with every lookup (`tests/thread_cache.rs`). Doubled: a new
/// working set takes twice as many lookups to get in; no difference in the streams.
pub(crate) const THREAD_CACHE_DISPLACE_EVERY: u32 = 8;

/// Pairs of hints for each slot. With 256 texts and 1,024 places for hints, one text in forty finds its place taken; with
/// half as many places 39 in 100 do (computed). A text without a hint is hashed. Doubled: 16 bytes more for each slot.
pub(crate) const HINT_PAIRS_PER_SLOT: usize = 2;

/// The longest text, in bytes, that a thread reference has a copy of. Half of all patterns are shorter; comparing longer
/// ones takes so long that reading the record as well is not noticed (`benches/cache.rs`, 45 bytes). Doubled: 48 bytes more
/// for each pattern of each thread.
pub(crate) const INLINE_KEY_BYTES: usize = 48;

// Policy

/// Probation gets this part of the bytes. A tenth, as in the paper, costs half a point on Zipf streams; a fiftieth, seven
/// points on bursts. Doubled: 0.3 points fewer in the mean of the streams, and 68.7 instead of 70.9 % on bursts.
pub(crate) const PROBATION_PART: usize = 20;

/// The most requests that count for staying, as in S3-FIFO: more would keep what was once popular for too long. Doubled:
/// no difference in the mean of the streams, 0.4 points fewer in the loop of 600, and up to twice as many records passed
/// over for each eviction.
pub(crate) const WARMTH_MAX: u8 = 3;

/// Thread caches report their hits each time this part of the records was evicted. Doubled: twice as many reports, of one
/// short lock for each pattern that was found; one point fewer on bursts.
pub(crate) const REPORT_PART: usize = 8;

/// The most warm records that one search for a victim passes over. It bounds how long a hit waits for the lock, where
/// nearly all records are warm. Doubled: no difference in the streams. With 4 (before there was a shadow), a loop of 600 had
/// 71 instead of 65 %, and a window that moves 88.0 instead of 88.9.
pub(crate) const REPRIEVES_MAX: usize = 64;

/// The most records that one search for a victim examines; the next search goes on from there. It bounds how long the lock
/// is held where shares protect most records. Doubled: twice as long.
pub(crate) const VICTIM_PASSES_MAX: usize = 512;

/// Evictions that the ghosts remember, for each ten entries. As many as entries, as in the paper, costs half a point on
/// Zipf streams. Doubled: 0.6 points fewer in the mean of the streams, and 68.2 % in the loop of 600.
pub(crate) const GHOSTS_PER_10_ENTRIES: usize = 6;

/// The fewest evictions that the ghosts remember, so that a cache of few entries has ghosts at all. Doubled: a difference
/// only with fewer than 27 entries in a shard.
pub(crate) const GHOSTS_MIN: usize = 8;

/// The fewest slots of a table of ghosts: 512 bytes, about one program. Doubled: 512 bytes more for each shard.
pub(crate) const GHOST_SLOTS_MIN: usize = 64;

// Shadow LRU

/// The most hashes in the shadow: 256 bytes for each shard, moved with each sampled request. With 64, up to 3 of 60
/// simulated streams stayed more than 1.5 points below an LRU. With 255, 0.15 points fewer in the mean of the streams.
pub(crate) const SHADOW_LEN_MAX: usize = 128;

/// Sampled records in the cache after a new sample was drawn: seven eighths of the shadow, so that the cache can grow by a
/// third before the next draw.
pub(crate) const SAMPLE_HELD: usize = SHADOW_LEN_MAX * 7 / 8;
/// With fewer sampled records in the cache than this, another sample is drawn.
pub(crate) const SAMPLE_HELD_MIN: usize = SHADOW_LEN_MAX / 2;
/// With more sampled records in the cache than this, another sample is drawn.
pub(crate) const SAMPLE_HELD_MAX: usize = SHADOW_LEN_MAX + SHADOW_LEN_MAX / 4;

/// Sampled requests in one period, after which the leads are compared. Doubled: 0.07 points fewer in the mean of the streams,
/// and a shard takes twice as long to become an LRU.
pub(crate) const SHADOW_PERIOD: u32 = 512;

/// The least lead that counts, in hits: one per cent of a period. Doubled: 0.05 points fewer in the mean of the streams,
/// which is as much as two runs differ.
pub(crate) const SHADOW_LEAD_MIN: i32 = 5;

/// The lead, in hits, that ends a period at once. With 64, a walk to and fro over 1.5 times the cache has 0.4 points fewer
/// hits than with 32: it is 1.2 instead of 0.8 points below an LRU.
pub(crate) const SHADOW_LEAD_MAX: i32 = 32;

/// Periods for which a shard is an LRU before it tries the other way again. Doubled: 0.2 points fewer in the mean of the
/// streams, and one point fewer in the loop of 600.
pub(crate) const LRU_PERIODS: u32 = 64;

/// The most periods for which a shadow that misled is ignored. Doubled: no difference in the mean of the streams, 0.5 points
/// fewer in the loop of 600.
pub(crate) const DISTRUST_PERIODS_MAX: u32 = 64;

// Index

/// Nodes that a queue grows by: less than half a kilobyte, so that growth seldom evicts. Doubled: 384 bytes more in use for
/// each queue, and half as many charges.
pub(crate) const QUEUE_NODES_STEP: usize = 16;

/// The fewest buckets of a queue's table: seven entries in 380 bytes. Doubled: 300 bytes more for each of the three queues of
/// each shard.
pub(crate) const QUEUE_BUCKETS_MIN: usize = 8;

/// The fewest buckets of a table of errors: seven errors in 500 bytes. Doubled: 500 bytes more for each shard with errors.
pub(crate) const ERROR_BUCKETS_MIN: usize = 16;

/// The slots of the first index of a shard, which is part of the shard: 1 KiB for 96 records. Doubled: 1 KiB more for each
/// shard, and a page less for shards of 97 to 192 records.
pub(crate) const INDEX_SLOTS_FIRST: usize = 128;

/// The fewest slots of a shard's index in pages of its own: one page of 4 KiB, 384 records. Doubled: a page more for each shard.
pub(crate) const INDEX_SLOTS_MIN: usize = 512;

// Owners

/// The share of an owner by default, as a part of the budget. Twelve owners fit into [`UNSHARED_PART`]'s rest unscaled.
/// Doubled: 24 do, and each keeps half as much against others.
pub(crate) const OWNER_SHARE_PART: usize = 16;

/// This part of the budget is nobody's share: it is left for the index and for requests without an owner. Doubled: an eighth;
/// if the index takes more than that, shares are not kept.
pub(crate) const UNSHARED_PART: usize = 4;

/// Records of one owner that a walk through the shards notes for the next evictions. A walk examines all records of a
/// shard. Doubled: half as many walks, and 128 bytes more for each owner.
pub(crate) const OWNER_NOTES: usize = 16;

// Room

/// Pinned records that each pinning examines for one whose handles are gone unnoticed. Two for each one that comes, so that
/// such records become fewer. Doubled: they are found twice as fast, with twice the work for each pinning.
pub(crate) const PINNED_SWEEP: usize = 2;

/// Held records that the admission of one record examines until one is evicted or pinned. It bounds the time of a request
/// where handles hold nearly everything. Doubled: twice that time.
pub(crate) const ADMIT_TRIES_MAX: usize = 64;

/// The fewest evictions between two walks that look for tables of cold records. A walk examines all records. Doubled: a
/// difference only with fewer than 128 records.
pub(crate) const TABLE_WALK_EVICTIONS_MIN: u32 = 16;

/// After each walk for tables, as many evictions pass as this part of the records, so that walks examine four records for
/// each eviction. Doubled: eight.
pub(crate) const TABLE_WALK_PART: usize = 4;

/// While a cache shrinks, the index shrinks after each round of this many evictions from every shard. Its tables alone
/// could exceed a budget that became a hundredth (`tests/operations.rs`). Doubled: half the work, and more patterns evicted
/// before the index gives way.
pub(crate) const INDEX_SHRINK_RANKS: usize = 16;

// ---- caps on memory ----

/// Default budget of a cache, in bytes: some ten thousand patterns of ordinary size. Doubled: twice as many.
pub(crate) const BUDGET_BYTES: usize = 8 << 20;

/// Default bound of cached errors, in bytes: some 400 errors of 160 bytes. Doubled: twice as many, and twice the memory
/// that bad patterns can take from good ones.
pub(crate) const ERROR_BYTES_MAX: usize = 64 << 10;

/// Cached errors take at most this part of the budget, so that small caches keep patterns too. Doubled: in budgets below
/// 1 MiB, half as many errors.
pub(crate) const ERROR_PART: usize = 16;

/// One cached program takes at most this part of the budget, so that one pattern cannot empty the cache. Doubled: programs
/// between a sixteenth and an eighth of the budget are compiled for each request.
pub(crate) const ENTRY_PART: usize = 8;

/// The most shards that a user may set: 64 KiB of overhead. Doubled: twice that for those who ask for it.
pub(crate) const SHARDS_MAX: usize = 64;

/// All thread caches of a store together take at most this part of the budget; two threads half of it each. Doubled: 0.65
/// points fewer hits in the mean of the streams, and 68.5 % in the loop of 600 (measured; why is not known).
pub(crate) const THREAD_CACHES_PART: usize = 16;

/// The most slots of one thread cache: some 600 patterns at the load that eight neighbours allow, and 237 KB. Doubled: twice
/// both; budgets below 7.6 MB are bounded by [`THREAD_CACHES_PART`] before.
pub(crate) const THREAD_CACHE_SLOTS_MAX: usize = 1024;

/// The most pinned records of one shard that requests can find. Beyond, the longest pinned is forgotten: its handles stay
/// valid and counted. Doubled: some 270 KB more of index that handles can hold beyond a soft budget, for each shard.
pub(crate) const PINNED_MAX: usize = 4096;

/// The most counters of 64 bytes in which the threads of an owner count hits: one for each processor up to this. Doubled:
/// 512 bytes more for each owner on machines with more than eight processors.
pub(crate) const HIT_STRIPES_MAX: usize = 8;
