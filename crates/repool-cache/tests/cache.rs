//! What a cache does, one thing at a time.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use regex_automata::meta;
use repool_cache::{Cache, Config, Handle, Key, Mode, Refusal};
use repool_program::Image;
use support::{Error, ask, image, key};

fn small(max_bytes: usize, mode: Mode) -> Cache<Error> {
    Cache::new(Config {
        max_bytes,
        mode,
        ..Config::default()
    })
}

#[test]
fn a_pattern_is_compiled_once() {
    let cache: Cache<Error> = Cache::new(Config::default());
    let first = ask(&cache, "a+", 1).unwrap();
    let second = cache
        .get_or_compile(key("a+"), |_| unreachable!("it is cached"))
        .unwrap();
    assert!(first.ptr_eq(&second));
    assert!(first.is_cached());
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.entries), (1, 1, 1));
    assert_eq!(stats.insertions, 1);
    assert_eq!(stats.program_bytes, first.memory_bytes());
    cache.validate();
}

#[test]
fn every_part_of_the_key_counts() {
    let cache: Cache<Error> = Cache::new(Config::default());
    let mut handles: Vec<Handle> = Vec::new();
    for (text, options) in [
        ("a", [0, 0]),
        ("a", [0, 1]),
        ("a", [1, 0]),
        ("b", [0, 0]),
        ("", [0, 0]),
    ] {
        let key = Key { text, options };
        let handle = cache
            .get_or_compile(key, |pool| image(text, 1, pool))
            .unwrap();
        assert!(handles.iter().all(|h| !h.ptr_eq(&handle)));
        handles.push(handle);
    }
    assert_eq!(cache.stats().entries, 5);
    cache.validate();
}

#[test]
fn errors_are_cached_within_their_bound() {
    let cache: Cache<Error> = Cache::with_error_heap(
        Config {
            max_bytes: 256 << 10,
            error_bytes_max: 4 << 10,
            ..Config::default()
        },
        String::capacity,
    );
    let fail = |text: &str| {
        let refusal = cache
            .get_or_compile(key(text), |_| Err(format!("no {text}")))
            .unwrap_err();
        assert_eq!(refusal, Refusal::Compile(format!("no {text}")));
    };
    fail("(");
    fail("(");
    let stats = cache.stats();
    assert_eq!(
        (stats.misses, stats.errors, stats.hits, stats.error_hits),
        (1, 1, 1, 1)
    );
    for i in 0..1000 {
        fail(&format!("({i}"));
        assert!(cache.stats().error_bytes <= 4 << 10);
    }
    assert!(cache.stats().error_entries > 10);
    // The last one is there still, the first is not.
    fail("(999");
    assert_eq!(cache.stats().error_hits, 2);
    fail("(");
    assert_eq!(cache.stats().error_hits, 2);
    fail(&"(".repeat(100_000));
    cache.validate();
    cache.resize(16 << 10);
    assert!(cache.stats().error_bytes <= 1 << 10);
    cache.purge();
    assert_eq!(cache.stats().error_bytes, 0);
    cache.validate();
}

#[test]
fn no_errors_are_kept_without_bytes_for_them() {
    let config = Config {
        error_bytes_max: 0,
        ..Config::default()
    };
    let cache: Cache<Error> = Cache::new(config);
    for _ in 0..2 {
        cache
            .get_or_compile(key("("), |_| Err("no".into()))
            .unwrap_err();
    }
    assert_eq!(cache.stats().errors, 2);
}

#[test]
fn sixty_four_threads_compile_once() {
    let cache: Cache<Error> = Cache::new(Config::default());
    let compiles = AtomicUsize::new(0);
    let barrier = Barrier::new(64);
    let handles: Vec<Handle> = thread::scope(|scope| {
        let threads: Vec<_> = (0..64)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    cache
                        .get_or_compile(key("x"), |pool| {
                            compiles.fetch_add(1, Ordering::Relaxed);
                            thread::sleep(Duration::from_millis(20));
                            image("x", 1, pool)
                        })
                        .unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(compiles.load(Ordering::Relaxed), 1);
    assert!(handles.iter().all(|h| h.ptr_eq(&handles[0])));
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits), (1, 63));
    cache.validate();
}

#[test]
fn sixty_four_threads_get_one_error() {
    let cache: Cache<Error> = Cache::new(Config {
        error_bytes_max: 0,
        ..Config::default()
    });
    let compiles = AtomicUsize::new(0);
    let asking = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                asking.fetch_add(1, Ordering::Relaxed);
                let result = cache.get_or_compile(key("("), |_| {
                    compiles.fetch_add(1, Ordering::Relaxed);
                    while asking.load(Ordering::Relaxed) < 64 {
                        thread::yield_now();
                    }
                    thread::sleep(Duration::from_millis(50));
                    Err("unclosed".to_owned())
                });
                assert_eq!(result.unwrap_err(), Refusal::Compile("unclosed".to_owned()));
            });
        }
    });
    // Nothing is kept of an error here, so a thread that comes after the first compile starts another; but
    // whoever waits gets the one waited for.
    let stats = cache.stats();
    assert_eq!(compiles.load(Ordering::Relaxed) as u64, stats.misses);
    assert_eq!(stats.hits, stats.coalesced);
    assert_eq!(stats.hits + stats.misses, 64);
    assert!(stats.coalesced > 0);
    cache.validate();
}

#[test]
fn a_panic_in_a_compile_wakes_those_who_wait() {
    let cache: Cache<Error> = Cache::new(Config::default());
    let compiles = AtomicUsize::new(0);
    let panicked = AtomicUsize::new(0);
    support::on_threads(8, || {
        let result = catch_unwind(AssertUnwindSafe(|| {
            cache.get_or_compile(key("x"), |pool| {
                thread::sleep(Duration::from_millis(10));
                assert!(compiles.fetch_add(1, Ordering::Relaxed) > 2, "on purpose");
                image("x", 1, pool)
            })
        }));
        match result {
            Ok(handle) => assert_eq!(handle.unwrap().program().text(), "x"),
            Err(_) => {
                panicked.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    assert_eq!(panicked.load(Ordering::Relaxed), 3);
    assert_eq!(compiles.load(Ordering::Relaxed), 4);
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits, stats.entries), (4, 4, 1));
    cache.validate();
}

#[test]
fn a_compile_may_use_the_cache() {
    let cache: Cache<Error> = Cache::new(Config::default());
    let outer = cache
        .get_or_compile(key("outer"), |pool| {
            ask(&cache, "inner", 1).unwrap();
            // The very pattern that is under way: compiled again, and the first to be done stays.
            ask(&cache, "outer", 1).unwrap();
            cache.purge();
            ask(&cache, "outer", 1).unwrap();
            let _ = cache.stats();
            image("outer", 1, pool)
        })
        .unwrap();
    assert_eq!(outer.program().text(), "outer");
    assert_eq!(cache.stats().duplicates, 1);
    cache.validate();
}

#[test]
fn compiles_that_ask_for_each_other_do_not_wait_for_each_other() {
    let cache: Cache<Error> = Cache::new(Config::default());
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let threads = [("a", "b"), ("b", "a")].map(|(one, other)| {
            let (cache, barrier) = (&cache, &barrier);
            scope.spawn(move || {
                cache
                    .get_or_compile(key(one), |pool| {
                        barrier.wait();
                        ask(cache, other, 1).unwrap();
                        image(one, 1, pool)
                    })
                    .unwrap();
            })
        });
        threads.into_iter().for_each(|t| t.join().unwrap());
    });
    assert_eq!(cache.stats().entries, 2);
    cache.validate();
}

#[test]
fn a_handle_outlives_eviction_and_is_found_again() {
    let cache = small(64 << 10, Mode::Soft);
    let held = ask(&cache, "held", 20).unwrap();
    for i in 0..1000 {
        ask(&cache, &format!("p{i}"), 20).unwrap();
    }
    assert!(!held.is_cached());
    assert_eq!(held.program().text(), "held");
    let stats = cache.stats();
    assert_eq!(stats.pinned_entries, 1);
    assert_eq!(stats.pinned_bytes, held.memory_bytes());
    cache.validate();

    let again = cache
        .get_or_compile(key("held"), |_| unreachable!("it is pinned"))
        .unwrap();
    assert!(again.ptr_eq(&held));
    assert!(held.is_cached());
    let stats = cache.stats();
    assert_eq!(
        (stats.readoptions, stats.pinned_entries, stats.pinned_bytes),
        (1, 0, 0)
    );
    cache.validate();
}

#[test]
fn the_last_handle_frees_an_evicted_pattern() {
    let cache = small(64 << 10, Mode::Soft);
    let held = ask(&cache, "held", 20).unwrap();
    let clone = held.clone();
    cache.purge();
    assert_eq!(cache.stats().pinned_entries, 1);
    drop(held);
    assert_eq!(cache.stats().pinned_entries, 1);
    thread::spawn(move || drop(clone)).join().unwrap();
    let stats = cache.stats();
    assert_eq!(
        (stats.pinned_entries, stats.pinned_bytes, stats.index_bytes),
        (0, 0, 0)
    );
    cache.validate();
}

#[test]
fn a_handle_outlives_its_cache() {
    let cache = small(64 << 10, Mode::Soft);
    let handles: Vec<Handle> = (0..20)
        .map(|i| ask(&cache, &format!("p{i}"), 20).unwrap())
        .collect();
    cache.purge();
    let cached = ask(&cache, "p20", 1).unwrap();
    let pool = std::sync::Arc::clone(cache.pool());
    drop(cache);
    for (i, handle) in handles.iter().enumerate() {
        assert_eq!(handle.program().text(), format!("p{i}"));
    }
    assert_eq!(cached.program().text(), "p20");
    assert!(!cached.is_cached());
    drop((handles, cached));
    pool.trim();
    let ledger = pool.ledger();
    assert_eq!(
        ledger.total_bytes(),
        ledger.bytes(repool_arena::Account::Overhead)
    );
}

#[test]
fn strict_refuses_what_has_no_room() {
    let cache = small(32 << 10, Mode::Strict);
    let mut held = Vec::new();
    let refusal = loop {
        match ask(&cache, &format!("p{}", held.len()), 20) {
            Ok(handle) => held.push(handle),
            Err(refusal) => break refusal,
        }
        assert!(cache.total_bytes() <= 32 << 10);
    };
    let Refusal::Budget { needed, max } = refusal else {
        panic!("{refusal:?}");
    };
    assert!(needed > 0 && max == 32 << 10);
    assert!(held.len() > 25, "{}", held.len());
    assert!(cache.peak_bytes() <= 32 << 10);
    assert_eq!(cache.stats().refused, 1);
    cache.validate();
    // Whatever has a handle is found, in the cache or out of it.
    for (i, handle) in held.iter().enumerate() {
        assert!(ask(&cache, &format!("p{i}"), 20).unwrap().ptr_eq(handle));
    }
    held.pop();
    ask(&cache, "again", 20).unwrap();
    let too_large = ask(&cache, "large", 10_000).unwrap_err();
    assert!(matches!(too_large, Refusal::Budget { .. }), "{too_large:?}");
    cache.validate();
}

#[test]
fn soft_lets_handles_exceed_the_budget_and_keeps_nothing_else() {
    let cache = small(32 << 10, Mode::Soft);
    let held: Vec<Handle> = (0..500)
        .map(|i| ask(&cache, &format!("p{i}"), 20).unwrap())
        .collect();
    assert!(cache.total_bytes() > 32 << 10);
    for (i, handle) in held.iter().enumerate() {
        assert!(
            ask(&cache, &format!("p{i}"), 20).unwrap().ptr_eq(handle),
            "{i}"
        );
    }
    cache.validate();
    drop(held);
    assert!(cache.total_bytes() <= 32 << 10, "{:?}", cache.stats());
    cache.validate();
}

#[test]
fn what_is_too_large_is_returned_and_empties_nothing() {
    for mode in [Mode::Soft, Mode::Strict] {
        let cache = small(256 << 10, mode);
        for i in 0..50 {
            ask(&cache, &format!("p{i}"), 20).unwrap();
        }
        let before = cache.stats();
        let large = ask(&cache, "large", 5_000).unwrap();
        assert!(!large.is_cached());
        assert!(
            ask(&cache, "large", 1).unwrap().ptr_eq(&large),
            "found while it is held"
        );
        let stats = cache.stats();
        assert_eq!((stats.bypassed, stats.entries), (1, before.entries));
        assert_eq!(stats.pinned_bytes, large.memory_bytes());
        drop(large);
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.pinned_bytes), (50, 0));
        assert_eq!(stats.index_bytes, before.index_bytes);
        cache.validate();
    }
}

/// A cache that had to evict to take in what came last, with patterns of 20 instructions.
fn full(max_bytes: usize) -> Cache<Error> {
    let cache = small(max_bytes, Mode::Soft);
    let mut asked = 0;
    while cache.stats().evictions_capacity < 100 {
        ask(&cache, &format!("p{asked}"), 20).unwrap();
        asked += 1;
    }
    cache
}

#[test]
fn a_full_soft_cache_loses_nothing_to_a_program_that_is_too_large() {
    for (max_bytes, code_len) in [(64 << 10, 7_000), (1 << 20, 40_000)] {
        let cache = full(max_bytes);
        let before = cache.stats();
        for round in 0..3 {
            let large = ask(&cache, &format!("large {round}"), code_len).unwrap();
            assert!(large.memory_bytes() > max_bytes / 8 && !large.is_cached());
            let again = ask(&cache, &format!("large {round}"), 1).unwrap();
            assert!(again.ptr_eq(&large), "found while it is held");
            let stats = cache.stats();
            assert_eq!(stats.entries, before.entries, "{max_bytes}, {round}");
            assert_eq!(stats.evictions(), before.evictions());
            assert_eq!(stats.pinned_bytes, large.memory_bytes());
            assert!(stats.total_bytes() > max_bytes, "it exceeds the budget");
        }
        let stats = cache.stats();
        assert_eq!(stats.entries, before.entries);
        assert!(stats.total_bytes() <= max_bytes, "{stats:?}");
        cache.validate();
    }
}

#[test]
fn a_program_and_its_record_are_too_large_together() {
    let cache = full(16 * repool_arena::page_bytes());
    let before = cache.stats();
    // Two pages are the eighth of the budget that one pattern may take. With its record it is more.
    let page = repool_arena::page_bytes();
    let large = ask(&cache, "large", page / 8 + page / 10).unwrap();
    assert_eq!((large.memory_bytes(), large.is_cached()), (2 * page, false));
    assert_eq!(cache.stats().evictions(), before.evictions());
}

#[test]
fn nothing_that_can_be_done_without_evicts_while_a_large_program_is_held() {
    let cache = full(1 << 20);
    let (entries, evictions) = (cache.stats().entries, cache.stats().evictions());
    let cached: Vec<String> = cache.entries().map(|entry| entry.pattern).collect();
    let large = ask(&cache, "large", 40_000).unwrap();
    // Hits, which this thread would like to find by itself; as would another.
    for _ in 0..3 {
        for text in &cached {
            ask(&cache, text, 20).unwrap();
        }
    }
    support::on_threads(1, || {
        for text in &cached {
            drop(ask(&cache, text, 20).unwrap());
        }
    });
    // Tables and plans, of the large program and of another; and errors.
    let other = ask(&cache, &cached[0], 20).unwrap();
    for handle in [&large, &other] {
        // Refused, or in a hole of pages in use, which takes no memory.
        let before = cache.total_bytes();
        let _ = handle.program().publish(&[7; 200]);
        let _ = handle.program().attach([0_u8; 100], 0);
        assert_eq!(cache.total_bytes(), before);
    }
    for _ in 0..2 {
        let fail = |_: &_| Err("unclosed".to_owned());
        cache.get_or_compile(key("("), fail).unwrap_err();
    }
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.evictions()), (entries, evictions));
    drop((large, other));
    assert!(cache.stats().total_bytes() <= 1 << 20);
    cache.validate();
}

#[test]
fn a_failed_compile_leaves_nothing() {
    let cache: Cache<Error> = Cache::new(Config {
        error_bytes_max: 0,
        ..Config::default()
    });
    ask(&cache, "a", 1).unwrap();
    cache.trim();
    let before = cache.total_bytes();
    for i in 0..100 {
        let text = format!("p{i}");
        cache
            .get_or_compile(key(&text), |pool| {
                image(&text, 300, pool)?;
                Err("changed its mind".into())
            })
            .unwrap_err();
    }
    cache.trim();
    assert_eq!(cache.total_bytes(), before);
    cache.validate();
}

#[test]
fn resize_keeps_the_most_recent() {
    let cache = Cache::new(Config {
        max_bytes: 1 << 20,
        shards: Some(1),
        ..Config::default()
    });
    for i in 0..1000 {
        ask(&cache, &format!("p{i}"), 20).unwrap();
    }
    ask(&cache, "p0", 20).unwrap();
    cache.resize(64 << 10);
    assert_eq!(cache.max_bytes(), 64 << 10);
    assert!(cache.total_bytes() <= 64 << 10);
    cache.validate();
    let entries: Vec<String> = cache.entries().map(|e| e.pattern).collect();
    assert!(entries.len() > 50, "{}", entries.len());
    assert_eq!(entries[0], "p0");
    for (at, pattern) in entries[1..].iter().enumerate() {
        assert_eq!(*pattern, format!("p{}", 999 - at));
    }
    assert!(cache.stats().evictions_resize > 850);
    cache.resize(1 << 20);
    assert_eq!(cache.entries().count(), entries.len());
}

#[test]
fn entries_say_what_is_there() {
    let cache: Cache<Error> = Cache::new(Config::default());
    let held = ask(&cache, "held", 100).unwrap();
    ask(&cache, "held", 100).unwrap();
    ask(&cache, "free", 1).unwrap();
    let mut entries: Vec<_> = cache.entries().collect();
    entries.sort_by(|a, b| a.pattern.cmp(&b.pattern));
    assert_eq!(entries.len(), 2);
    assert_eq!(
        (
            entries[0].pattern.as_str(),
            entries[0].pins,
            entries[0].hits
        ),
        ("free", 0, 0)
    );
    assert_eq!(
        (
            entries[1].pattern.as_str(),
            entries[1].pins,
            entries[1].hits
        ),
        ("held", 1, 1)
    );
    assert_eq!(entries[1].bytes, held.memory_bytes());
    assert_eq!(entries[1].options, [1, 2]);
    assert!(entries[1].compile_time > Duration::ZERO);
    // Half an iterator does no harm.
    let mut half = cache.entries();
    half.next();
    cache.purge();
    drop(half);
    cache.validate();
    assert_eq!(cache.stats().pinned_entries, 1);
}

#[test]
fn a_budget_for_nothing_keeps_nothing() {
    // Budgets below the smallest are raised to it.
    let smallest = 8 * repool_arena::page_bytes();
    for (max_bytes, kept) in [
        (0, 0),
        (1, smallest),
        (smallest - 1, smallest),
        (smallest + 1, smallest + 1),
    ] {
        let cache = small(max_bytes, Mode::Soft);
        assert_eq!(cache.max_bytes(), kept);
        cache.resize(1 << 20);
        cache.resize(max_bytes);
        assert_eq!(cache.max_bytes(), kept);
    }
    for max_bytes in [0] {
        let cache = small(max_bytes, Mode::Soft);
        for i in 0..50 {
            let handle = ask(&cache, &format!("p{}", i % 5), 20).unwrap();
            assert_eq!(handle.program().text(), format!("p{}", i % 5));
        }
        cache.trim();
        let stats = cache.stats();
        assert!(
            stats.total_bytes() <= max_bytes.max(stats.overhead_bytes),
            "{stats:?}"
        );
        let cache = small(max_bytes, Mode::Strict);
        ask(&cache, "large", 2000).unwrap_err();
    }
}

#[test]
fn an_image_of_another_pool_or_another_text_does_no_harm() {
    let cache: Cache<Error> = Cache::new(Config::default());
    let foreign = cache
        .get_or_compile(key("a"), |_| image("a", 1, repool_arena::Pool::global()))
        .unwrap();
    assert!(!foreign.is_cached());
    let misnamed = cache
        .get_or_compile(key("b"), |pool| image("c", 1, pool))
        .unwrap();
    assert!(!misnamed.is_cached());
    assert_eq!(cache.stats().entries, 0);
    drop(misnamed);
    cache.validate();
}

#[test]
fn uncached_handles_are_counted() {
    let pool = repool_arena::Pool::new(std::sync::Arc::default());
    let before = pool.ledger().total_bytes();
    let handle = Handle::uncached(image("a", 1, &pool).unwrap());
    assert!(pool.ledger().total_bytes() >= before + handle.memory_bytes());
    let clone = handle.clone();
    assert!(clone.ptr_eq(&handle));
    drop((handle, clone));
    pool.trim();
    assert_eq!(pool.ledger().total_bytes(), before);
}

#[test]
fn threads_come_and_go() {
    let cache: Cache<Error> = Cache::new(Config::default());
    for round in 0..50 {
        let (send, receive) = mpsc::channel();
        support::on_threads(4, || {
            send.send(ask(&cache, &format!("p{round}"), 5).unwrap())
                .unwrap();
        });
        drop(send);
        let handles: Vec<Handle> = receive.iter().collect();
        assert!(handles.iter().all(|h| h.ptr_eq(&handles[0])));
    }
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits), (50, 150));
    cache.validate();
}

#[test]
fn handles_stay_what_they_are_while_everything_changes() {
    let cache = Cache::new(Config {
        max_bytes: 48 << 10,
        shards: Some(2),
        ..Config::default()
    });
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (cache, done) = (&cache, &done);
        let workers: Vec<_> = (0..4_u64)
            .map(|seed| {
                scope.spawn(move || {
                    let mut numbers = support::Numbers(seed + 1);
                    let mut held: Vec<(String, Handle)> = Vec::new();
                    for _ in 0..4000 {
                        let text = format!("p{}", numbers.below(120));
                        let code_len = text.len() * 13;
                        held.push((text.clone(), ask(cache, &text, code_len).unwrap()));
                        if held.len() > 10 {
                            let (text, handle) = held.swap_remove(numbers.below(10) as usize);
                            assert_eq!(handle.program().text(), text);
                            assert_eq!(handle.program().code().len(), text.len() * 13);
                        }
                    }
                })
            })
            .collect();
        scope.spawn(move || {
            let mut numbers = support::Numbers(99);
            while !done.load(Ordering::Relaxed) {
                match numbers.below(6) {
                    0 => cache.purge(),
                    1 => drop(cache.trim()),
                    2 => cache.resize(40 << 10),
                    3 => cache.resize(48 << 10),
                    4 => drop(cache.entries().count()),
                    _ => drop(cache.stats()),
                }
                thread::sleep(Duration::from_micros(300));
            }
        });
        for worker in workers {
            worker.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    cache.validate();
    let stats = cache.stats();
    assert_eq!(stats.lookups(), 16_000);
    assert_eq!(stats.pinned_bytes, 0);
}

fn delegated(pattern: &str, pool: &std::sync::Arc<repool_arena::Pool>) -> Result<Image, Error> {
    let regex = meta::Regex::new(pattern).map_err(|e| e.to_string())?;
    let sealed = support::sealed(pattern, 1, pool)?;
    Ok(Image::new(sealed, Some(Box::new(regex))))
}

#[test]
fn the_heap_of_a_delegated_engine_counts() {
    let cache = small(4 << 20, Mode::Soft);
    let handle = cache
        .get_or_compile(key("[a-z]+"), |pool| delegated("[a-z]+", pool))
        .unwrap();
    assert!(handle.delegate_bytes() > 1000);
    assert!(handle.is_charged());
    assert_eq!(cache.stats().program_bytes, handle.memory_bytes());
    cache.validate();
    cache.purge();
    assert_eq!(cache.stats().program_bytes, 0);
    assert_eq!(cache.stats().pinned_bytes, handle.memory_bytes());
    drop(handle);
    assert_eq!(cache.stats().pinned_bytes, 0);
    cache.validate();
}

#[test]
fn a_strict_budget_refuses_a_delegated_engine_without_room() {
    let max = 8 * repool_arena::page_bytes();
    let cache = small(max, Mode::Strict);
    let refusal = cache
        .get_or_compile(key(r"\w{20}"), |pool| delegated(r"\w{20}", pool))
        .unwrap_err();
    let alone = Handle::uncached(delegated(r"\w{20}", repool_arena::Pool::global()).unwrap());
    let budget = Refusal::Budget {
        needed: alone.memory_bytes() + alone.overhead_bytes(),
        max,
    };
    assert_eq!(refusal, budget);
    assert!(cache.peak_bytes() <= max);
    cache.validate();
}

#[test]
fn threads_that_compiled_before_wait_for_each_other() {
    let cache: Cache<Error> = Cache::new(Config::default());
    let (own, barrier) = (AtomicUsize::new(0), Barrier::new(8));
    support::on_threads(8, || {
        let number = own.fetch_add(1, Ordering::Relaxed);
        ask(&cache, &format!("own {number}"), 1).unwrap();
        let fail = |_: &_| Err("unclosed".to_owned());
        cache.get_or_compile(key("("), fail).unwrap_err();
        barrier.wait();
        let compile = |pool: &_| {
            thread::sleep(Duration::from_millis(50));
            image("shared", 1, pool)
        };
        cache.get_or_compile(key("shared"), compile).unwrap();
    });
    let stats = cache.stats();
    assert_eq!((stats.misses - stats.errors, stats.duplicates), (9, 0));
}

#[test]
fn errors_are_bounded_over_all_shards() {
    let cache: Cache<Error> = Cache::with_error_heap(
        Config {
            max_bytes: 1 << 20,
            shards: Some(4),
            error_bytes_max: 16 << 10,
            ..Config::default()
        },
        String::capacity,
    );
    let fail_all = || {
        for i in 0..1_000 {
            let fail = |_: &_| Err("x".repeat(100));
            cache
                .get_or_compile(key(&format!("({i}")), fail)
                .unwrap_err();
        }
        cache.stats().error_bytes
    };
    let bytes = fail_all();
    assert!((12 << 10..=16 << 10).contains(&bytes), "{bytes}");
    // A sixteenth of the budget is less than what is asked for then.
    cache.resize(128 << 10);
    let bytes = cache.stats().error_bytes;
    assert!((5 << 10..=8 << 10).contains(&bytes), "{bytes}");
    let bytes = fail_all();
    assert!((5 << 10..=8 << 10).contains(&bytes), "{bytes}");
    cache.validate();
}

#[test]
fn what_is_held_is_found_again_after_a_smaller_budget() {
    let cache = small(1 << 20, Mode::Soft);
    let held: Vec<Handle> = (0..200)
        .map(|i| ask(&cache, &format!("p{i}"), 20).unwrap())
        .collect();
    cache.resize(32 << 10);
    for (i, handle) in held.iter().enumerate() {
        let again = ask(&cache, &format!("p{i}"), 20).unwrap();
        assert!(again.ptr_eq(handle), "p{i}");
    }
    cache.validate();
    drop(held);
    assert!(cache.stats().total_bytes() <= 32 << 10);
    cache.validate();
}

#[test]
fn what_another_thread_purged_while_it_is_held_is_taken_in_again() {
    let cache: Cache<Error> = Cache::new(Config::default());
    let held: Vec<Handle> = (0..4).map(|_| ask(&cache, "a", 1).unwrap()).collect();
    thread::scope(|scope| scope.spawn(|| cache.purge()).join().unwrap());
    assert!(held.iter().all(|handle| !handle.is_cached()));
    for _ in 0..2 {
        assert!(ask(&cache, "a", 1).unwrap().ptr_eq(&held[0]));
        assert!(held.iter().all(Handle::is_cached));
    }
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits, stats.readoptions), (1, 5, 1));
    drop(held);
    cache.validate();
}

#[test]
fn a_handle_tells_its_time_and_its_bytes() {
    let cache: Cache<Error> = Cache::new(Config {
        shards: Some(1),
        ..Config::default()
    });
    let index_bytes = || cache.pool().ledger().bytes(repool_arena::Account::Index);
    // So that the tables of the index and of this thread have room for one more.
    for text in ["first", "first", "second", "second"] {
        ask(&cache, text, 1).unwrap();
    }
    let before = index_bytes();
    let compile = |pool: &_| {
        thread::sleep(Duration::from_millis(5));
        image("a", 1, pool)
    };
    let compiled = cache.get_or_compile(key("a"), compile).unwrap();
    assert!(compiled.compile_time() >= Duration::from_millis(5));
    assert_eq!(compiled.overhead_bytes(), index_bytes() - before);
    let found = ask(&cache, "a", 1).unwrap();
    assert_eq!(found.compile_time(), compiled.compile_time());
    assert_eq!(found.overhead_bytes(), index_bytes() - before);
    assert!(found.overhead_bytes() > compiled.overhead_bytes());

    let pool = repool_arena::Pool::new(std::sync::Arc::default());
    let uncached = Handle::uncached(image("a", 1, &pool).unwrap());
    assert_eq!(uncached.compile_time(), Duration::ZERO);
    // Its record is as large as any, and on the ledger of the process's own pool.
    let index_bytes = |pool: &repool_arena::Pool| pool.ledger().bytes(repool_arena::Account::Index);
    assert_eq!(uncached.overhead_bytes(), compiled.overhead_bytes());
    assert!(index_bytes(repool_arena::Pool::global()) >= uncached.overhead_bytes());
    assert_eq!(index_bytes(&pool), 0);
}
