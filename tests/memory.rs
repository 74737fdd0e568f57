//! What is counted is what is allocated: the ledger against the allocator, byte by byte.
//!
//! The file is one test, and so one process with one thread of work at a time, except where it starts
//! its own; nothing else allocates. `REPOOL_FLOOD` sets the number of patterns of the flood (30,000 by
//! default; the full size is 300,000).

use std::env;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Mutex;

use repool::{Cache, Regex, RegexSet};
use repool_tests::patterns::{MIXED, numbered};

use allocator::{Count, count};

/// The allocator of this process, which counts.
#[allow(unsafe_code, reason = "an allocator is an unsafe trait")]
mod allocator {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// What is allocated now, and how often the allocator was asked for memory.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Count {
        pub(super) bytes: usize,
        pub(super) blocks: usize,
        pub(super) calls: usize,
    }

    struct Counting;

    static BYTES: AtomicUsize = AtomicUsize::new(0);
    static BLOCKS: AtomicUsize = AtomicUsize::new(0);
    static CALLS: AtomicUsize = AtomicUsize::new(0);

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    pub(super) fn count() -> Count {
        Count {
            bytes: BYTES.load(Ordering::SeqCst),
            blocks: BLOCKS.load(Ordering::SeqCst),
            calls: CALLS.load(Ordering::SeqCst),
        }
    }

    // SAFETY: every method hands its arguments to `System` as they are and returns what `System`
    // returned; counting touches neither.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            CALLS.fetch_add(1, Ordering::SeqCst);
            BLOCKS.fetch_add(1, Ordering::SeqCst);
            BYTES.fetch_add(layout.size(), Ordering::SeqCst);
            // SAFETY: the caller keeps the contract of `alloc`, which is that of `System`.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            BLOCKS.fetch_sub(1, Ordering::SeqCst);
            BYTES.fetch_sub(layout.size(), Ordering::SeqCst);
            // SAFETY: the block came from `System` with this layout, as `alloc` above took it there.
            unsafe { System.dealloc(block, layout) }
        }

        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            CALLS.fetch_add(1, Ordering::SeqCst);
            BYTES.fetch_add(size, Ordering::SeqCst);
            BYTES.fetch_sub(layout.size(), Ordering::SeqCst);
            // SAFETY: as for `dealloc`; the new size is the caller's promise.
            unsafe { System.realloc(block, layout, size) }
        }
    }
}

/// Haystacks that make every engine set up its scratch.
const HAYSTACKS: &[&str] = &[
    "",
    "hello world 2026-11-20",
    "abcd é σς straße user@example.com",
];

fn search(regex: &Regex) {
    for haystack in HAYSTACKS {
        black_box(regex.captures(haystack).is_some());
    }
}

/// What is printed at the end: printing in between would allocate.
static NOTES: Mutex<String> = Mutex::new(String::new());

macro_rules! note {
    ($($part:tt)*) => {{
        let mut notes = NOTES.lock().expect("nothing panics while it notes");
        writeln!(notes, $($part)*).expect("a string takes everything");
    }};
}

#[test]
fn ledger_and_allocator() {
    NOTES.lock().expect("free").reserve(1 << 14);
    let patterns: Vec<String> = (0..3_000).map(numbered).collect();
    warm_up(&patterns);
    failed_compiles_leave_nothing();
    a_regex_without_a_cache_is_counted_and_given_back(&patterns);
    a_set_is_counted_and_given_back(&patterns);
    a_cache_counts_what_it_holds(&patterns);
    everything_comes_back(&patterns);
    handles_are_counted_until_they_go(&patterns);
    steady_state_asks_for_nothing(&patterns);
    flood();
    println!("{}", NOTES.lock().expect("free"));
}

/// Property tables and the thread's scratch stay for the whole process: made before anything is counted.
fn warm_up(patterns: &[String]) {
    for _ in 0..2 {
        let cache = Cache::builder().max_bytes(4 << 20).build();
        for pattern in patterns
            .iter()
            .map(String::as_str)
            .chain(MIXED.iter().copied())
        {
            search(&cache.compile(pattern).expect(pattern));
            search(&Regex::new(pattern).expect(pattern));
        }
        cache.purge();
        cache.trim();
    }
}

fn failed_compiles_leave_nothing() {
    let bad = [
        "(",
        "a{2,1}",
        "[z-a]",
        r"\p{Nope}",
        "(?P<a>)(?P<a>)",
        r"(?-u:\xFF)",
        "*",
    ];
    for pattern in bad {
        // The first time may set something up.
        drop(Regex::new(pattern).expect_err(pattern));
        let before = count();
        for _ in 0..100 {
            let error = Regex::new(pattern).expect_err(pattern);
            black_box(error.to_string());
        }
        let after = count();
        assert_eq!(after.bytes, before.bytes, "{pattern}");
        assert_eq!(after.blocks, before.blocks, "{pattern}");
    }
    let big = "(?:[a-z]{60}(x|y|z)){40}".repeat(60);
    let try_it = || repool::RegexBuilder::new(&big).size_limit(1 << 14).build();
    drop(try_it().expect_err("more than 16 KiB"));
    let before = count();
    for _ in 0..20 {
        drop(try_it().expect_err("more than 16 KiB"));
    }
    assert_eq!(count().bytes, before.bytes);
}

/// What is allocated now, and the pages of the pool that serves patterns without a cache.
fn with_pages() -> usize {
    let pool = repool_arena::Pool::global();
    pool.trim();
    // Of this pool, only the overhead is in the allocator.
    let ledger = pool.ledger();
    count().bytes + ledger.total_bytes() - ledger.bytes(repool_arena::Account::Overhead)
}

fn a_regex_without_a_cache_is_counted_and_given_back(patterns: &[String]) {
    let before = with_pages();
    let held: Vec<Regex> = patterns[..1_000]
        .iter()
        .map(|pattern| Regex::new(pattern).expect(pattern))
        .collect();
    let allocated = with_pages() - before - held.capacity() * size_of::<Regex>();
    let said: usize = held.iter().map(Regex::memory_usage).sum();
    note!("1,000 regexes: {said} bytes said, {allocated} allocated");
    // `memory_usage` speaks of the pattern alone, and holes of pages may have served some: neither may differ by
    // more than the handle's own block.
    assert!(
        allocated <= said + 1_000 * 64,
        "{allocated} allocated, {said} said"
    );
    assert!(
        said <= allocated + (64 << 10),
        "{allocated} allocated, {said} said"
    );
    drop(held);
}

fn a_set_is_counted_and_given_back(patterns: &[String]) {
    // The first one may grow memory of the thread.
    drop(RegexSet::new(patterns).expect("each compiles"));
    let before = with_pages();
    let set = RegexSet::new(patterns).expect("each compiles");
    let allocated = with_pages() - before;
    let said = set.memory_usage();
    note!("a set of 3,000: {said} bytes said, {allocated} allocated");
    // Holes of pages may have served some of the patterns, and the last pages are not full.
    assert!(
        allocated <= said + 3_000 * 72,
        "{allocated} allocated, {said} said"
    );
    assert!(
        said <= allocated + (64 << 10),
        "{allocated} allocated, {said} said"
    );
    black_box(set.matches(HAYSTACKS[1]).matched_any());
    let searched = count();
    for haystack in HAYSTACKS {
        black_box(set.is_match(haystack));
    }
    assert_eq!(count().calls, searched.calls, "a search asks for nothing");
    drop(set);
}

/// The block in which the facade shares a cache: on no ledger, as it is there before one is.
const CACHE_BLOCK_BYTES_MAX: usize = 128;

/// The bytes that `cache` reports and the bytes allocated since `before` are equal, except for the
/// constant [`CACHE_BLOCK_BYTES_MAX`].
fn assert_agrees(cache: &Cache, before: Count, scratch_before: usize, what: &str) {
    let stats = cache.stats();
    let allocated = count().bytes - before.bytes + stats.paged_bytes;
    let counted = stats.total_bytes() + stats.scratch_bytes - scratch_before;
    let block = allocated.wrapping_sub(counted);
    let agrees = block <= CACHE_BLOCK_BYTES_MAX;
    assert!(
        agrees,
        "{what}: {counted} counted, {allocated} allocated: {stats:?}"
    );
}

fn a_cache_counts_what_it_holds(patterns: &[String]) {
    for max_bytes in [64 << 10, 1 << 20, 64 << 20] {
        let scratch = Cache::global().stats().scratch_bytes;
        let before = count();
        let cache = Cache::builder().max_bytes(max_bytes).build();
        assert_agrees(&cache, before, scratch, "empty");
        for (i, pattern) in patterns.iter().enumerate() {
            let regex = cache.compile(pattern).expect(pattern);
            drop(regex);
            if i % 97 == 0 {
                let total = cache.stats().total_bytes();
                assert!(total <= max_bytes, "{total} of {max_bytes} bytes");
                assert_agrees(&cache, before, scratch, pattern);
            }
        }
        cache.purge();
        assert_agrees(&cache, before, scratch, "purged");
        cache.trim();
        assert_agrees(&cache, before, scratch, "trimmed");
        let left = count().bytes - before.bytes;
        note!("{max_bytes} bytes: {left} left after purge and trim");
        drop(cache);
        assert_eq!(
            count().bytes,
            before.bytes,
            "a dropped cache leaves nothing"
        );
        assert_eq!(
            count().blocks,
            before.blocks,
            "a dropped cache leaves nothing"
        );
    }
}

fn everything_comes_back(patterns: &[String]) {
    let cache = Cache::builder().max_bytes(1 << 20).build();
    let mut baseline = None;
    for round in 0..4 {
        for pattern in patterns {
            search(&cache.compile(pattern).expect(pattern));
        }
        cache.purge();
        cache.trim();
        let now = count().bytes;
        let first = *baseline.get_or_insert(now);
        assert!(
            now <= first,
            "round {round}: {now} bytes, {first} after the first"
        );
    }
}

fn handles_are_counted_until_they_go(patterns: &[String]) {
    let cache = Cache::builder().max_bytes(256 << 10).build();
    cache.purge();
    cache.trim();
    let empty = cache.stats().total_bytes();
    let held: Vec<Regex> = patterns[..2_000]
        .iter()
        .map(|pattern| cache.compile(pattern).expect(pattern))
        .collect();
    let stats = cache.stats();
    let said: usize = held.iter().map(Regex::memory_usage).sum();
    assert!(stats.total_bytes() >= said, "{said} bytes held: {stats:?}");
    cache.purge();
    held.iter().for_each(search);
    drop(held);
    cache.purge();
    cache.trim();
    // An index that grew keeps the addresses of its tables, without their pages.
    let total = cache.stats().total_bytes();
    assert!(
        total <= empty + 512,
        "{total} bytes, {empty} when it was new"
    );
}

fn steady_state_asks_for_nothing(patterns: &[String]) {
    let cache = Cache::builder().max_bytes(128 << 10).build();
    for pattern in patterns {
        drop(cache.compile(pattern).expect(pattern));
    }
    // The cache holds a tenth of the patterns: every compile evicts, and takes over an arena and a record.
    let before = (count(), cache.stats());
    for pattern in patterns {
        drop(cache.compile(pattern).expect(pattern));
    }
    let calls = count().calls - before.0.calls;
    let stats = cache.stats();
    let compiles = stats.misses - before.1.misses;
    let hits = stats.hits - before.1.hits;
    note!("{compiles} compiles, {hits} hits, {calls} calls of the allocator");
    assert!(compiles > 2_000);
    // The first hit of a thread makes its own way to the pattern. Arenas are of two sizes here, and the one that
    // is wanted is not always among the few spares. With debug assertions every program is verified, in
    // memory of its own.
    let verifying = if cfg!(debug_assertions) { 6 } else { 0 };
    assert!(
        calls as u64 <= hits + compiles / 16 + compiles * verifying,
        "{calls} calls in {compiles} compiles and {hits} hits"
    );
}

fn flood() {
    const MAX_BYTES: usize = 8 << 20;
    let total = env::var("REPOOL_FLOOD").map_or(30_000, |n| n.parse().expect("a number"));
    let before = count();
    let cache = Cache::builder().max_bytes(MAX_BYTES).build();
    std::thread::scope(|scope| {
        for part in 0..2 {
            let cache = &cache;
            scope.spawn(move || {
                for i in (part..total).step_by(2) {
                    let regex = cache.compile(&numbered(1_000_000 + i)).expect("a pattern");
                    black_box(regex.is_match("GET /api/v1/abc/12"));
                    if i % 64 < 2 {
                        let bytes = cache.stats().total_bytes();
                        assert!(bytes <= MAX_BYTES, "{bytes} bytes after {i} patterns");
                    }
                }
            });
        }
    });
    let full = cache.stats();
    note!(
        "flood of {total}: {} bytes, {} entries",
        full.total_bytes(),
        full.entries
    );
    cache.purge();
    cache.trim();
    let left = count().bytes - before.bytes;
    note!("flood: {left} bytes left after purge and trim");
    assert!(left <= 64 << 10, "{left} bytes left");
    drop(cache);
    let left = count().bytes.saturating_sub(before.bytes);
    assert!(left <= 4 << 10, "{left} bytes left when the cache is gone");
}
