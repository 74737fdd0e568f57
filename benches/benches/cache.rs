//! The cache: a hit, a miss, and what it holds after a flood.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use lru::LruCache;
use repool::{Cache, Regex};
use repool_benches::alloc::Counting;
use repool_benches::measure::{interleave, is_test, keep, median};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

criterion_group!(benches, hit, miss);
criterion_main!(summary, benches);

/// Patterns of 45 bytes.
fn patterns(len: usize) -> Vec<String> {
    (0..len)
        .map(|i| format!(r"^/api/v1/tenants/{i:06}/users/(\d+)/[a-z]+/ok$"))
        .collect()
}

fn hit(c: &mut Criterion) {
    let patterns = patterns(256);
    let cache = Cache::builder().max_bytes(8 << 20).build();
    let mut next = patterns.iter().cycle();
    c.bench_function("cache/hit", |b| {
        b.iter(|| cache.compile(next.next().expect("cycles")));
    });
}

fn miss(c: &mut Criterion) {
    let patterns = patterns(100_000);
    let cache = Cache::builder().max_bytes(1 << 20).build();
    let mut next = patterns.iter().cycle();
    c.bench_function("cache/miss", |b| {
        b.iter(|| cache.compile(next.next().expect("cycles")));
    });
}

fn summary() {
    hits();
    threads();
    flood();
}

/// A hit beside a thread-local map and a locked LRU of the same compiled patterns.
fn hits() {
    let patterns = patterns(256);
    let cache = Cache::builder().max_bytes(8 << 20).build();
    let compiled: HashMap<String, Arc<Regex>> = patterns
        .iter()
        .map(|p| (p.clone(), Arc::new(Regex::new(p).expect("a valid pattern"))))
        .collect();
    let mut entries = LruCache::new(NonZeroUsize::new(512).expect("not zero"));
    for (pattern, re) in &compiled {
        entries.put(pattern.clone(), Arc::clone(re));
        cache.compile(pattern).expect("a valid pattern");
    }
    let locked = Mutex::new(entries);
    let (rounds, least) = if is_test() {
        (1, Duration::ZERO)
    } else {
        (15, Duration::from_millis(5))
    };
    let each = |look_up: &dyn Fn(&str)| patterns.iter().for_each(|p| look_up(p));
    // Texts that no earlier lookup saw at the same address, in turn.
    let copies: Vec<Vec<String>> = (0..20).map(|_| patterns.clone()).collect();
    let mut elsewhere = copies.iter().cycle();
    let times = interleave(
        rounds,
        least,
        &mut [
            &mut || each(&|p| keep(compiled.get(p).map(Arc::clone))),
            &mut || each(&|p| keep(locked.lock().map(|mut l| l.get(p).map(Arc::clone)))),
            &mut || each(&|p| keep(cache.compile(p))),
            &mut || {
                let copies = elsewhere.next().expect("cycles");
                copies.iter().for_each(|p| keep(cache.compile(p)));
            },
        ],
    );
    println!("\na hit among 256 patterns of 45 bytes, nanoseconds");
    let names = [
        "HashMap and Arc clone",
        "Mutex<LruCache>",
        "repool",
        "repool, texts elsewhere",
    ];
    for (name, time) in names.iter().zip(&times) {
        println!(
            "  {name:<24} {:>6.1}   {:.2}x the map",
            time / 256.0,
            time / times[0]
        );
    }
}

/// What a hit costs each thread if there are two, beside what it costs one that is alone.
fn threads() {
    let patterns = patterns(256);
    let cache = Cache::builder().max_bytes(8 << 20).build();
    let compiled: HashMap<String, Arc<Regex>> = patterns
        .iter()
        .map(|p| (p.clone(), Arc::new(Regex::new(p).expect("a valid pattern"))))
        .collect();
    let of_map = |p: &str| keep(compiled.get(p).map(Arc::clone));
    let of_cache = |p: &str| keep(cache.compile(p));
    println!("\na hit for each of one and of two threads, nanoseconds");
    for (what, patterns) in [
        ("256 patterns", &patterns[..]),
        ("one pattern", &patterns[..1]),
    ] {
        println!("  {what}");
        compare("HashMap and Arc clone", patterns, &of_map);
        compare("repool", patterns, &of_cache);
    }
}

fn compare(name: &str, patterns: &[String], look_up: &(impl Fn(&str) + Sync)) {
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..if is_test() { 1 } else { 5 } {
        one.push(on_threads(1, patterns, look_up));
        two.push(on_threads(2, patterns, look_up));
    }
    let (one, two) = (median(one), median(two));
    println!("    {name:<24} {one:>6.1} {two:>6.1}   {:.2}x", two / one);
}

/// The mean of what a lookup takes each of so many threads at once, in nanoseconds.
fn on_threads(count: usize, patterns: &[String], look_up: &(impl Fn(&str) + Sync)) -> f64 {
    let laps = if is_test() {
        1
    } else {
        1_000_000 / patterns.len()
    };
    let barrier = Barrier::new(count);
    let run = || {
        let lap = || patterns.iter().for_each(|p| look_up(p));
        (0..4).for_each(|_| lap());
        barrier.wait();
        let start = Instant::now();
        (0..laps).for_each(|_| lap());
        start.elapsed().as_nanos() as f64 / (laps * patterns.len()) as f64
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(run)).collect();
        let times = threads.into_iter().map(|t| t.join().expect("no panic"));
        times.sum::<f64>() / count as f64
    })
}

/// Distinct patterns from two threads through 8 MiB.
fn flood() {
    const BUDGET: usize = 8 << 20;
    let each = if is_test() { 500 } else { 150_000 };
    // The first compile of the process makes tables and scratch memory that are not the cache's.
    drop(repool::Regex::new(r"\w+\d\s"));
    let before = ALLOCATOR.live_bytes();
    let cache = Cache::builder().max_bytes(BUDGET).build();
    let mut most = 0;
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let cache = &cache;
            scope.spawn(move || {
                for i in 0..each {
                    let pattern = format!(r"^svc-{thread}-{i}/(\w+)/[0-9a-f]+$");
                    cache.compile(&pattern).expect("a valid pattern");
                }
            });
        }
        for _ in 0..if is_test() { 1 } else { 1_000 } {
            most = most.max(cache.stats().total_bytes());
            std::thread::sleep(Duration::from_micros(500));
        }
    });
    let stats = cache.stats();
    most = most.max(stats.total_bytes());
    println!(
        "\n{} distinct patterns, two threads, budget {BUDGET} bytes",
        2 * each
    );
    println!(
        "  most seen {most}, at the end {} in {} entries",
        stats.total_bytes(),
        stats.entries
    );
    assert!(most <= BUDGET, "the budget was passed");
    cache.purge();
    cache.trim();
    println!(
        "  after purge and trim: {} on the ledger",
        cache.stats().total_bytes()
    );
    drop(cache);
    println!(
        "  allocator: {} bytes above the start",
        ALLOCATOR.live_bytes().saturating_sub(before)
    );
}
