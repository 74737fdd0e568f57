//! Floods of patterns against small budgets, watched all the while.

mod support;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use repool_cache::{Cache, Config, Handle, Mode, Refusal};
use support::{Error, Numbers, ask, key};

/// Asks for patterns that were never seen before, from several threads, and watches the total.
fn flood(config: Config, threads: u64, count: u64, code_len_max: u64) {
    let max_bytes = config.max_bytes;
    let mode = config.mode;
    let cache: Cache<Error> = Cache::with_error_heap(config, String::capacity);
    let done = AtomicBool::new(false);
    let samples = thread::scope(|scope| {
        let (cache, done) = (&cache, &done);
        let watcher = scope.spawn(move || {
            let mut samples = 0_u64;
            while !done.load(Ordering::Relaxed) {
                let total = cache.total_bytes();
                assert!(total <= max_bytes, "{total} > {max_bytes}");
                samples += 1;
            }
            samples
        });
        let floods: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut numbers = Numbers(thread + 1);
                    for i in 0..count {
                        let text = format!("thread {thread} pattern {i}");
                        let code_len = 1 + numbers.below(code_len_max) as usize;
                        if numbers.below(10) == 0 {
                            let fail = |_: &_| Err(text.clone());
                            cache.get_or_compile(key(&text), fail).unwrap_err();
                        } else {
                            ask(cache, &text, code_len).unwrap();
                        }
                    }
                })
            })
            .collect();
        let joined: Vec<_> = floods.into_iter().map(|f| f.join()).collect();
        done.store(true, Ordering::Relaxed);
        assert!(joined.iter().all(Result::is_ok), "{joined:?}");
        watcher.join().unwrap()
    });
    assert!(samples > 0);
    assert!(
        cache.peak_bytes() <= max_bytes,
        "{mode:?} {}",
        cache.peak_bytes()
    );
    cache.validate();
    let stats = cache.stats();
    assert_eq!(stats.lookups(), threads * count);
    assert_eq!(stats.pinned_bytes, 0);
    // The flood did fill it, and it is still full of what came last.
    assert!(stats.evictions_capacity > 0);
    assert!(stats.total_bytes() > max_bytes / 2, "{stats:?}");
    cache.purge();
    cache.trim();
    let stats = cache.stats();
    assert_eq!(stats.total_bytes(), stats.overhead_bytes);
    cache.validate();
}

fn config(max_bytes: usize, mode: Mode) -> Config {
    Config {
        max_bytes,
        mode,
        ..Config::default()
    }
}

#[test]
fn a_flood_stays_within_64_kib() {
    flood(config(64 << 10, Mode::Soft), 1, 20_000, 60);
}

#[test]
fn a_flood_of_four_threads_stays_within_256_kib() {
    flood(config(256 << 10, Mode::Soft), 4, 10_000, 100);
}

#[test]
fn a_flood_stays_within_a_strict_budget() {
    flood(config(128 << 10, Mode::Strict), 4, 5_000, 60);
}

#[test]
fn a_flood_stays_within_many_shards() {
    let shards = Config {
        shards: Some(8),
        ..config(128 << 10, Mode::Soft)
    };
    flood(shards, 4, 5_000, 40);
}

#[test]
fn a_flood_of_all_sizes_stays_within_a_mebibyte() {
    flood(config(1 << 20, Mode::Soft), 2, 4_000, 1500);
}

#[test]
fn a_strict_budget_holds_against_held_handles() {
    const MAX_BYTES: usize = 96 << 10;
    let cache: Cache<Error> = Cache::new(config(MAX_BYTES, Mode::Strict));
    let seeds = AtomicU64::new(1);
    support::on_threads(4, || {
        let cache = &cache;
        let mut numbers = Numbers(seeds.fetch_add(1, Ordering::Relaxed));
        let mut held: Vec<Handle> = Vec::new();
        for _ in 0..5_000 {
            let text = format!("p{}", numbers.below(500));
            match ask(cache, &text, text.len() * 8) {
                Ok(handle) => held.push(handle),
                Err(Refusal::Budget { .. }) => {
                    held.truncate(held.len() / 2);
                }
                Err(Refusal::Compile(error)) => panic!("{error}"),
            }
        }
    });
    assert!(cache.peak_bytes() <= MAX_BYTES);
    assert!(cache.stats().refused > 0);
    cache.validate();
    assert_eq!(cache.stats().pinned_bytes, 0);
}

/// Held handles are where an eviction looks first; what they cost is found room for as for anything else.
#[test]
fn a_soft_budget_holds_while_handles_are_a_part_of_it() {
    for (max_bytes, held_max) in [
        (32, 4),
        (32, 9),
        (64, 12),
        (128, 60),
        (256, 150),
        (1_000, 100),
    ] {
        // Each shard has an index of a page or more, which 16 KiB for a shard leave little beside.
        for shards in [1, 2, 8]
            .into_iter()
            .filter(|shards| shards * 32 <= max_bytes)
        {
            let cache: Cache<Error> = Cache::new(Config {
                shards: Some(shards),
                ..config(max_bytes << 10, Mode::Soft)
            });
            let mut numbers = Numbers(max_bytes as u64);
            let mut held = VecDeque::new();
            for i in 0..20_000 {
                if held.len() == held_max {
                    held.pop_front();
                }
                let code_len = 5 + numbers.below(30) as usize;
                held.push_back(ask(&cache, &format!("pattern {i}"), code_len).unwrap());
            }
            let stats = cache.stats();
            let peak = cache.peak_bytes();
            assert!(
                peak <= max_bytes << 10,
                "{peak} of {max_bytes} KiB: {stats:?}"
            );
            cache.validate();
        }
    }
}

#[test]
fn a_soft_budget_holds_again_when_the_handles_are_gone() {
    const MAX_BYTES: usize = 96 << 10;
    let cache: Cache<Error> = Cache::new(config(MAX_BYTES, Mode::Soft));
    for round in 0..10 {
        let seeds = AtomicU64::new(1);
        support::on_threads(4, || {
            let cache = &cache;
            let mut numbers = Numbers(seeds.fetch_add(1, Ordering::Relaxed) + round);
            let held: Vec<Handle> = (0..300)
                .map(|_| {
                    let text = format!("p{}", numbers.below(5_000));
                    ask(cache, &text, text.len() * 8).unwrap()
                })
                .collect();
            drop(held);
        });
        cache.validate();
        assert!(cache.total_bytes() <= MAX_BYTES);
    }
    assert!(cache.peak_bytes() > MAX_BYTES);
}

#[test]
fn a_small_budget_still_serves_a_working_set() {
    let cache: Cache<Error> = Cache::new(config(64 << 10, Mode::Soft));
    for _ in 0..100 {
        for i in 0..60 {
            ask(&cache, &format!("p{i}"), 30).unwrap();
        }
    }
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits), (60, 5940));
}
