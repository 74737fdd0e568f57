//! The cache: a hit, a miss, and a hit during a flood. `flood.rs` measures the bytes after a flood.
//!
//! The peers run as their users run them: default features and hashers, an `Arc<Regex>` as the value. All hold the same
//! patterns and return something that the caller can keep.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use lru::LruCache;
use repool::{Cache, Regex};
use repool_benches::measure::{interleave, is_test, keep, median, percentile};

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
    let peers = Peers::new();
    peers.hits();
    peers.threads();
    misses();
    storm();
}

/// The same compiled patterns in every contestant.
struct Peers {
    patterns: Vec<String>,
    cache: Cache,
    map: HashMap<String, Arc<Regex>>,
    fast_map: HashMap<String, Arc<Regex>, foldhash::fast::RandomState>,
    locked: Mutex<LruCache<String, Arc<Regex>>>,
    quick: quick_cache::sync::Cache<String, Arc<Regex>>,
    moka: moka::sync::Cache<String, Arc<Regex>>,
}

const NAMES: [&str; 7] = [
    "HashMap and Arc clone",
    "the same with foldhash",
    "Mutex<LruCache>",
    "quick_cache",
    "moka",
    "repool",
    "repool, texts elsewhere",
];

fn look_up<S: BuildHasher>(map: &HashMap<String, Arc<Regex>, S>, pattern: &str) {
    keep(map.get(pattern).expect("it is there").clone());
}

impl Peers {
    fn new() -> Peers {
        let mut peers = Peers {
            patterns: patterns(256),
            cache: Cache::builder().max_bytes(8 << 20).build(),
            map: HashMap::new(),
            fast_map: HashMap::default(),
            locked: Mutex::new(LruCache::new(NonZeroUsize::new(512).expect("not zero"))),
            quick: quick_cache::sync::Cache::new(512),
            moka: moka::sync::Cache::new(512),
        };
        for pattern in &peers.patterns {
            let re = Arc::new(Regex::new(pattern).expect("a valid pattern"));
            peers.cache.compile(pattern).expect("a valid pattern");
            peers.map.insert(pattern.clone(), Arc::clone(&re));
            peers.fast_map.insert(pattern.clone(), Arc::clone(&re));
            let lru = peers.locked.get_mut().expect("nobody panicked");
            lru.put(pattern.clone(), Arc::clone(&re));
            peers.quick.insert(pattern.clone(), Arc::clone(&re));
            peers.moka.insert(pattern.clone(), re);
        }
        peers.moka.run_pending_tasks();
        peers
    }

    fn of_locked(&self, pattern: &str) {
        let mut lru = self.locked.lock().expect("nobody panicked");
        keep(lru.get(pattern).expect("it is there").clone());
    }

    fn of_quick(&self, pattern: &str) {
        keep(self.quick.get(pattern).expect("it is there"));
    }

    fn of_moka(&self, pattern: &str) {
        keep(self.moka.get(pattern).expect("it is there"));
    }

    fn of_cache(&self, pattern: &str) {
        keep(self.cache.compile(pattern).expect("a valid pattern"));
    }

    /// A hit on one thread.
    fn hits(&self) {
        let (rounds, least) = if is_test() {
            (1, Duration::ZERO)
        } else {
            (15, Duration::from_millis(5))
        };
        let each = |look_up: &dyn Fn(&str)| self.patterns.iter().for_each(|p| look_up(p));
        // Each lookup takes the text from an address that the lookup before did not use.
        let copies: Vec<Vec<String>> = (0..20).map(|_| self.patterns.clone()).collect();
        let mut elsewhere = copies.iter().cycle();
        let times = interleave(
            rounds,
            least,
            &mut [
                &mut || each(&|p| look_up(&self.map, p)),
                &mut || each(&|p| look_up(&self.fast_map, p)),
                &mut || each(&|p| self.of_locked(p)),
                &mut || each(&|p| self.of_quick(p)),
                &mut || each(&|p| self.of_moka(p)),
                &mut || each(&|p| self.of_cache(p)),
                &mut || {
                    let copies = elsewhere.next().expect("cycles");
                    copies.iter().for_each(|p| self.of_cache(p));
                },
            ],
        );
        println!("\na hit among 256 patterns of 45 bytes, nanoseconds");
        let repool = times[5];
        for (name, time) in NAMES.iter().zip(&times) {
            let each = time / self.patterns.len() as f64;
            println!("  {name:<24} {each:>6.1}   {:.2}x repool", time / repool);
        }
    }

    /// The time of a hit with two threads, beside that with one.
    fn threads(&self) {
        println!("\na hit for each of one and of two threads, nanoseconds");
        for (what, patterns) in [
            ("256 patterns", &self.patterns[..]),
            ("one pattern", &self.patterns[..1]),
        ] {
            println!("  {what}");
            compare(
                patterns,
                &[
                    (NAMES[0], &|p| look_up(&self.map, p)),
                    (NAMES[3], &|p| self.of_quick(p)),
                    (NAMES[4], &|p| self.of_moka(p)),
                    (NAMES[5], &|p| self.of_cache(p)),
                ],
            );
        }
    }
}

type LookUp<'a> = &'a (dyn Fn(&str) + Sync);

fn compare(patterns: &[String], contestants: &[(&str, LookUp<'_>)]) {
    let mut times = vec![(Vec::new(), Vec::new()); contestants.len()];
    for _ in 0..if is_test() { 1 } else { 5 } {
        for ((_, look_up), (one, two)) in contestants.iter().zip(&mut times) {
            one.push(on_threads(1, patterns, *look_up));
            two.push(on_threads(2, patterns, *look_up));
        }
    }
    for ((name, _), (one, two)) in contestants.iter().zip(times) {
        let (one, two) = (median(one), median(two));
        println!("    {name:<24} {one:>6.1} {two:>6.1}   {:.2}x", two / one);
    }
}

/// The mean time of a lookup on `count` threads at once, in nanoseconds.
fn on_threads(count: usize, patterns: &[String], look_up: LookUp<'_>) -> f64 {
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

/// The time of a miss in a full cache without the compile: the lookup, an eviction, an admission.
fn misses() {
    let (rounds, batch) = if is_test() { (1, 100) } else { (31, 2_000) };
    let patterns = patterns(4_000 + rounds * batch);
    let cache = Cache::builder().max_bytes(512 << 10).build();
    let (warm_up, distinct) = patterns.split_at(4_000);
    warm_up.iter().for_each(|p| keep(cache.compile(p)));
    let before = cache.stats();
    let mut of_compiler = distinct.chunks(batch);
    let mut of_cache = distinct.chunks(batch);
    let next = |chunks: &mut std::slice::Chunks<'_, String>, compile: &dyn Fn(&str)| {
        let chunk = chunks.next().expect("one for each round");
        chunk.iter().for_each(|p| compile(p));
    };
    let times = interleave(
        rounds,
        Duration::ZERO,
        &mut [
            &mut || next(&mut of_compiler, &|p| keep(Regex::new(p))),
            &mut || next(&mut of_cache, &|p| keep(cache.compile(p))),
        ],
    );
    let stats = cache.stats();
    assert_eq!(stats.hits, before.hits, "every lookup is a miss");
    let [compile, miss] = [times[0], times[1]].map(|time| time / batch as f64);
    println!("\na miss that evicts, nanoseconds");
    println!(
        "  Regex::new {compile:.0}, Cache::compile {miss:.0}, beyond {:.0}",
        miss - compile
    );
}

/// A hit while another thread floods the cache with patterns that are never asked for again. Beside it a look-up in this
/// thread's own map, which shows the machine's own disturbance.
fn storm() {
    let hot = patterns(64);
    let cache = Cache::builder().max_bytes(1 << 20).build();
    let compiled = hot
        .iter()
        .map(|p| (p.clone(), Arc::new(Regex::new(p).expect("valid"))));
    let map: HashMap<String, Arc<Regex>> = compiled.collect();
    let samples = if is_test() { 1_000 } else { 1_000_000 };
    let done = AtomicBool::new(false);
    let mut times: [Vec<f64>; 3] = Default::default();
    let flooded = std::thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let mut flooded = 0_u64;
            while !done.load(Ordering::Relaxed) {
                let pattern = format!(r"^svc-{flooded}/(\w+)/[0-9a-f]+$");
                keep(cache.compile(&pattern));
                flooded += 1;
            }
            flooded
        });
        let looks: [LookUp<'_>; 3] = [
            &|p| keep(cache.compile(p).expect("a valid pattern")),
            &|p| look_up(&map, p),
            &|p| keep(p),
        ];
        for (sample, pattern) in hot.iter().cycle().take(samples + samples / 10).enumerate() {
            for (look, times) in looks.iter().zip(&mut times) {
                let start = Instant::now();
                look(pattern);
                let time = start.elapsed();
                // The first tenth is a warm-up.
                if sample >= samples / 10 {
                    times.push(time.as_nanos() as f64);
                }
            }
        }
        done.store(true, Ordering::Relaxed);
        flood.join().expect("no panic")
    });
    let compiled_hot = cache.stats().misses - flooded;
    println!(
        "\na hit while another thread evicts ({flooded} evicting misses), nanoseconds with the timer"
    );
    for (name, times) in ["repool", NAMES[0], "nothing: the timer"]
        .iter()
        .zip(&times)
    {
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|part| percentile(times, part));
        println!(
            "  {name:<24} p50 {p50:>5.0}   p99 {p99:>5.0}   p99.9 {p999:>6.0} ({:.1}x the median)",
            p999 / p50
        );
    }
    println!("  hot patterns compiled: {compiled_hot}");
}
