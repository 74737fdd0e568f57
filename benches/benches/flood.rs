//! The bytes after a flood of patterns: on the ledger, by the allocator, and resident in the process.
//!
//! `REPOOL_FLOOD` sets the number of distinct patterns, 300,000 by default.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use repool::{Cache, Regex, Stats};
use repool_benches::alloc::Counting;
use repool_benches::measure::is_test;

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

criterion_group!(benches, purge);
criterion_main!(summary, benches);

fn summary() {
    warm_up();
    // This runs first: memory that the threads of `flood` leave in the allocator would count here.
    mostly_evicted();
    flood();
}

/// Fills a cache with a thousand patterns and purges it.
fn purge(c: &mut Criterion) {
    let cache = Cache::builder().max_bytes(8 << 20).build();
    let patterns: Vec<String> = (0..1_000).map(|i| pattern(0, i)).collect();
    c.bench_function("cache/fill with 1000 and purge", |b| {
        b.iter(|| {
            patterns.iter().for_each(|p| drop(cache.compile(p)));
            cache.purge();
        });
    });
}

fn pattern(thread: usize, i: usize) -> String {
    format!(r"^svc-{thread}-{i}/(\w+)/[0-9a-f]+$")
}

/// Builds the tables of the process and the scratch memory of the thread, so that no later count contains them.
fn warm_up() {
    let cache = Cache::builder().max_bytes(1 << 20).build();
    for i in 0..2_000 {
        let re = cache.compile(&pattern(9, i)).expect("a valid pattern");
        assert!(re.is_match(&format!("svc-9-{i}/w/0f")));
    }
    drop(Regex::new(r"\w+\d\s"));
    drop(cache);
}

/// The resident bytes of the process without pages of files, where the system reports them.
///
/// Read from `smaps_rollup`, which is exact. `statm` may be wrong by 64 pages and more, because each core keeps a part
/// of the sum.
fn resident_bytes() -> Option<usize> {
    let smaps = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = smaps.lines().find_map(|l| l.strip_prefix("Anonymous:"))?;
    let kib: usize = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

fn show(bytes: Option<usize>) -> String {
    bytes.map_or("unknown".to_owned(), |b| format!("{b}"))
}

/// Checks the parts of the statistics that are exact while no lookup runs.
fn check(stats: &Stats, lookups: usize) {
    assert_eq!(stats.hits + stats.misses, lookups as u64, "{stats:?}");
    assert_eq!(
        stats.insertions - stats.evictions(),
        stats.entries as u64,
        "{stats:?}"
    );
    let sum = stats.program_bytes
        + stats.table_bytes
        + stats.index_bytes
        + stats.error_bytes
        + stats.pinned_bytes
        + stats.spare_bytes
        + stats.slack_bytes
        + stats.overhead_bytes;
    assert_eq!(sum, stats.total_bytes(), "{stats:?}");
}

/// Distinct patterns from two threads through 8 MiB, the last few of each held.
fn flood() {
    const BUDGET: usize = 8 << 20;
    const HELD: usize = 100;
    let default = if is_test() { 1_000 } else { 300_000 };
    let total = std::env::var("REPOOL_FLOOD").map_or(default, |n| n.parse().expect("a number"));
    let (live, resident) = (ALLOCATOR.live_bytes(), resident_bytes());
    let cache = Cache::builder().max_bytes(BUDGET).build();
    let done = AtomicBool::new(false);
    let start = Instant::now();
    let watched = std::thread::scope(|scope| {
        let floods: Vec<_> = (0..2)
            .map(|thread| {
                let cache = &cache;
                scope.spawn(move || {
                    let mut held = VecDeque::with_capacity(HELD);
                    for i in 0..total / 2 {
                        if held.len() == HELD {
                            held.pop_front();
                        }
                        held.push_back(
                            cache.compile(&pattern(thread, i)).expect("a valid pattern"),
                        );
                    }
                })
            })
            .collect();
        let watcher = scope.spawn(|| {
            let (mut watched, mut most) = (0_u64, 0);
            while !done.load(Ordering::Relaxed) {
                most = most.max(cache.stats().total_bytes());
                watched += 1;
                std::thread::sleep(std::time::Duration::from_micros(500));
            }
            assert!(most <= BUDGET, "the budget was passed: {most}");
            watched
        });
        floods.into_iter().for_each(|f| f.join().expect("no panic"));
        done.store(true, Ordering::Relaxed);
        watcher.join().expect("the budget held")
    });
    let seconds = start.elapsed().as_secs_f64();
    let stats = cache.stats();
    check(&stats, total / 2 * 2);
    assert_eq!(stats.misses as usize, total / 2 * 2, "all are distinct");
    assert!(
        stats.peak_bytes <= BUDGET,
        "the budget was passed: {stats:?}"
    );
    println!(
        "\n{total} distinct patterns, two threads, {HELD} handles held by each, budget {BUDGET} bytes"
    );
    println!(
        "  {seconds:.1} s; peak {}, at the end {} in {} entries; looked at {watched} times",
        stats.peak_bytes,
        stats.total_bytes(),
        stats.entries
    );
    cache.purge();
    cache.trim();
    let left = ALLOCATOR.live_bytes().saturating_sub(live);
    let left_resident = resident_bytes()
        .zip(resident)
        .map(|(now, then)| now.saturating_sub(then));
    println!(
        "  after purge and trim, above the start: {} on the ledger, {left} allocated, {} resident",
        cache.stats().total_bytes(),
        show(left_resident)
    );
    assert!(left <= 1 << 20, "{left} bytes left");
    // The C library keeps memory of threads that ended, more than a thousand patterns take.
    assert!(
        is_test() || left_resident.is_none_or(|left| left <= 1 << 20),
        "{left_resident:?} bytes left"
    );
}

/// 20,000 patterns. Every hundredth is asked for again and stays.
fn mostly_evicted() {
    /// Most bytes that a pool keeps of each of its five sizes until it is trimmed.
    const POOL_MAX: usize = 5 * (64 << 10);
    let total = if is_test() { 2_000 } else { 20_000 };
    // Memory that earlier parts freed must not count as free memory of this one.
    repool::Cache::global().trim();
    let cache = Cache::builder().max_bytes(256 << 20).build();
    let empty = cache.stats().total_bytes();
    for i in 0..total {
        let re = cache.compile(&pattern(0, i)).expect("a valid pattern");
        assert!(re.is_match(&format!("svc-0-{i}/w/0f")));
    }
    let full = cache.stats().total_bytes();
    let mut shown = vec![("full", full, total, resident_bytes())];
    for _ in 0..3 {
        for i in (0..total).step_by(100) {
            drop(cache.compile(&pattern(0, i)));
        }
    }
    let mut show_now = |what| {
        let stats = cache.stats();
        shown.push((what, stats.total_bytes(), stats.entries, resident_bytes()));
    };
    // With this budget about one pattern in a hundred stays.
    cache.resize(empty + full / 100);
    show_now("evicted");
    let start = Instant::now();
    cache.trim();
    let trim_time = start.elapsed();
    show_now("and trimmed");
    cache.purge();
    cache.trim();
    show_now("purged and trimmed");
    // Compared with the purged cache and not with the start: pages in use at the start may be free at
    // the end. The empty cache is part of both.
    let &(_, left, _, floor) = shown.last().expect("four were noted");
    let above = |now: Option<usize>| now.zip(floor).map(|(now, floor)| now.saturating_sub(floor));
    println!(
        "\n{total} patterns, each searched with once; 99 % of them evicted; bytes above those of the empty cache"
    );
    for &(what, bytes, entries, resident) in &shown {
        println!(
            "  {what}: {} on the ledger in {entries} entries, {} resident",
            bytes.saturating_sub(left),
            show(above(resident))
        );
    }
    let (live, resident) = (shown[2].1 - left, above(shown[2].3));
    if let Some(resident) = resident
        && !is_test()
    {
        let ratio = resident as f64 / live as f64;
        println!(
            "  after trim, which took {trim_time:?}: {ratio:.2} of the live bytes; a pool keeps {POOL_MAX} at most"
        );
        assert!(resident <= live + live / 4 + POOL_MAX, "{resident} bytes");
    }
}
