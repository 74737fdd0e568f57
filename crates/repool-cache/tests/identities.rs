//! What a cache counts adds up, and each missing pattern is compiled once.

mod support;

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use repool_cache::{Cache, Config, Handle, Mode, Refusal, Stats};
use support::{Error, Numbers, ask, image, key};

/// What holds at every moment at which no lookup is under way and no handle is held.
fn add_up(cache: &Cache<Error>, lookups: u64) {
    cache.validate();
    let stats = cache.stats();
    assert_eq!(stats.hits + stats.misses, lookups, "lookups: {stats:?}");
    let ends = stats.insertions + stats.bypassed + stats.duplicates + stats.errors + stats.refused;
    assert_eq!(stats.misses, ends, "every miss ends in one way: {stats:?}");
    let entries: Vec<_> = cache.entries().collect();
    assert_eq!(entries.len(), stats.entries, "entries: {stats:?}");
    let arenas: usize = entries.iter().map(|entry| entry.bytes).sum();
    assert_eq!(arenas, stats.program_bytes, "live arenas: {stats:?}");
    assert_eq!(stats.pinned_bytes, 0, "nothing is held: {stats:?}");
    assert_eq!(sum(&stats), stats.total_bytes(), "accounts: {stats:?}");
}

fn sum(stats: &Stats) -> usize {
    stats.program_bytes
        + stats.table_bytes
        + stats.index_bytes
        + stats.error_bytes
        + stats.pinned_bytes
        + stats.spare_bytes
        + stats.slack_bytes
        + stats.overhead_bytes
}

#[test]
fn statistics_add_up_under_load() {
    for mode in [Mode::Soft, Mode::Strict] {
        let cache: Cache<Error> = Cache::with_error_heap(
            Config {
                max_bytes: 96 << 10,
                mode,
                ..Config::default()
            },
            String::capacity,
        );
        let (seeds, lookups) = (AtomicU64::new(1), AtomicU64::new(0));
        for _ in 0..4 {
            support::on_threads(4, || {
                let mut numbers = Numbers(seeds.fetch_add(1, Ordering::Relaxed));
                let mut held: Vec<Handle> = Vec::new();
                for i in 0..3_000 {
                    let text = format!("p{}", numbers.below(600));
                    lookups.fetch_add(1, Ordering::Relaxed);
                    match numbers.below(12) {
                        0 => {
                            let fail = |_: &_| Err(text.clone());
                            // Another thread may have compiled it, as if it were a good one.
                            drop(cache.get_or_compile(key(&text), fail));
                        }
                        1 => held.extend(ask(&cache, &text, text.len() * 8)),
                        _ => drop(ask(&cache, &text, text.len() * 8)),
                    }
                    match i % 1_000 {
                        300 => cache.purge(),
                        600 => drop(cache.trim()),
                        _ if held.len() > 20 => held.clear(),
                        _ => {}
                    }
                }
            });
            add_up(&cache, lookups.load(Ordering::Relaxed));
        }
    }
}

/// Sixty-four threads ask for one new pattern at once; gives the number of compiles.
fn ask_at_once<T: Send>(ask: impl Fn(&AtomicUsize) -> T + Sync) -> (usize, Vec<T>) {
    let (barrier, compiles) = (Barrier::new(64), AtomicUsize::new(0));
    let answers = thread::scope(|scope| {
        let (barrier, compiles, ask) = (&barrier, &compiles, &ask);
        let askers: Vec<_> = (0..64)
            .map(|_| {
                scope.spawn(move || {
                    barrier.wait();
                    ask(compiles)
                })
            })
            .collect();
        let answers = askers.into_iter().map(|a| a.join().unwrap());
        answers.collect()
    });
    (compiles.into_inner(), answers)
}

#[test]
fn sixty_four_threads_compile_once() {
    let cache: Cache<Error> = Cache::new(Config::default());
    for round in 0..20 {
        let text = format!("p{round}");
        let (compiles, handles) = ask_at_once(|compiles| {
            let handle = cache.get_or_compile(key(&text), |pool| {
                compiles.fetch_add(1, Ordering::Relaxed);
                thread::yield_now();
                image(&text, 9, pool)
            });
            handle.unwrap()
        });
        assert_eq!(compiles, 1);
        assert!(handles.iter().all(|handle| handle.ptr_eq(&handles[0])));
    }
    assert_eq!(cache.stats().misses, 20);
    add_up(&cache, 20 * 64);
}

#[test]
fn sixty_four_threads_fail_once() {
    let cache: Cache<Error> = Cache::with_error_heap(Config::default(), String::capacity);
    for round in 0..20 {
        let text = format!("({round}");
        let (compiles, refusals) = ask_at_once(|compiles| {
            let handle = cache.get_or_compile(key(&text), |_| {
                compiles.fetch_add(1, Ordering::Relaxed);
                thread::yield_now();
                Err(text.clone())
            });
            handle.unwrap_err()
        });
        assert_eq!(compiles, 1);
        let expected = Refusal::Compile(text.clone());
        assert!(refusals.iter().all(|refusal| *refusal == expected));
    }
    assert_eq!(cache.stats().errors, 20);
    add_up(&cache, 20 * 64);
}
