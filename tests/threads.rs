//! Handles, caches and regexes used from several threads at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use repool::{Cache, Regex};
use repool_tests::patterns::{MIXED, numbered};
use repool_tests::rng::Rng;

const HAYSTACK: &str = "hello world, ab abcd 2026-11-20 user@example.com façade Friday 11/20 xxx";

fn spans(regex: &Regex) -> Vec<(usize, usize)> {
    let matches = regex.find_iter(HAYSTACK);
    matches.map(|m| (m.start(), m.end())).collect()
}

#[test]
fn held_handles_outlive_everything() {
    let cache = Cache::builder().max_bytes(96 << 10).build();
    let held: Vec<_> = MIXED
        .iter()
        .map(|pattern| {
            let regex = cache.compile(pattern).expect(pattern);
            let expected = spans(&Regex::new(pattern).expect(pattern));
            (regex, expected)
        })
        .collect();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let churn = scope.spawn(|| {
            for i in 0..20_000 {
                drop(cache.compile(&numbered(i)).expect("a pattern"));
                match i % 1000 {
                    0 => cache.purge(),
                    500 => drop(cache.trim()),
                    700 => cache.resize(16 << 10),
                    800 => cache.resize(96 << 10),
                    _ => {}
                }
            }
            done.store(true, Ordering::Release);
        });
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    for (regex, expected) in &held {
                        assert_eq!(spans(&regex.clone()), *expected, "{regex}");
                    }
                }
            });
        }
        churn.join().expect("the churn ends");
    });
    drop(cache);
    for (regex, expected) in &held {
        assert_eq!(spans(regex), *expected, "the cache is gone: {regex}");
    }
}

#[test]
fn one_compile_however_many_ask() {
    const THREADS: usize = 8;
    let cache = Cache::builder().max_bytes(8 << 20).build();
    for round in 0..200 {
        let pattern = format!("{}{round}", r"(?:[a-z]+\d{1,30}){1,20}".repeat(4));
        let barrier = Barrier::new(THREADS);
        let before = cache.stats();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    barrier.wait();
                    let regex = cache.compile(&pattern).expect("a pattern");
                    assert_eq!(regex.as_str(), pattern);
                });
            }
        });
        let after = cache.stats();
        assert_eq!(after.misses - before.misses, 1, "one miss in round {round}");
        assert_eq!(
            after.hits - before.hits,
            THREADS as u64 - 1,
            "round {round}"
        );
    }
}

#[test]
fn errors_are_the_same_for_all() {
    let cache = Cache::builder().max_bytes(1 << 20).build();
    let expected = Regex::new("(a|b").expect_err("unclosed").to_string();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for i in 0..2_000 {
                    let error = cache.compile("(a|b").expect_err("unclosed");
                    assert_eq!(error.to_string(), expected);
                    drop(cache.compile(&format!("(a|b{i}")).expect_err("unclosed"));
                }
            });
        }
    });
    assert!(cache.stats().total_bytes() <= 1 << 20);
}

#[test]
fn statistics_add_up() {
    let cache = Cache::builder().max_bytes(64 << 10).build();
    let lookups = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (cache, lookups) = (&cache, &lookups);
            scope.spawn(move || {
                let mut rng = Rng::new(thread);
                for _ in 0..10_000 {
                    // Most of the asking is for few of the patterns.
                    let n = rng.below(300) * rng.below(300) / 300;
                    let pattern = if rng.chance(2) {
                        "(".to_owned()
                    } else {
                        numbered(n)
                    };
                    drop(cache.compile(&pattern));
                    lookups.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let stats = cache.stats();
    let lookups = lookups.into_inner() as u64;
    assert_eq!(stats.hits + stats.misses, lookups, "{stats:?}");
    assert!(stats.hits > 0 && stats.misses > 0, "{stats:?}");
    assert!(stats.total_bytes() <= 64 << 10, "{stats:?}");
    assert_eq!(
        cache.entries().count() as u64,
        stats.entries as u64,
        "{stats:?}"
    );
}

#[test]
fn one_regex_from_many_threads() {
    for pattern in MIXED {
        let regex = Regex::new(pattern).expect(pattern);
        let expected = spans(&regex);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        assert_eq!(spans(&regex), expected, "{pattern}");
                    }
                });
            }
        });
    }
}

#[test]
fn patterns_and_threads_come_and_go() {
    // Scratch belongs to threads: each of these starts with none, and mixes patterns of every size.
    for round in 0..50 {
        thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    let mut rng = Rng::new(round * 4 + thread);
                    for _ in 0..20 {
                        let pattern = rng.pick(MIXED);
                        let regex = repool::compile(pattern).expect(pattern);
                        let judge = regex::Regex::new(pattern).expect(pattern);
                        let expected: Vec<_> = judge
                            .find_iter(HAYSTACK)
                            .map(|m| (m.start(), m.end()))
                            .collect();
                        assert_eq!(spans(&regex), expected, "{pattern}");
                    }
                });
            }
        });
    }
}
