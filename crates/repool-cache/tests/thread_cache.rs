//! Thread caches: what each thread finds without a lock, and what it must not keep alive.

#[path = "../../repool-arena/tests/counting/mod.rs"]
mod counting;
mod support;

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use repool_arena::{Account, page_bytes};
use repool_cache::{Cache, Config, Handle, Key};
use support::{Error, Numbers, ask, image, key, on_threads};

fn cache_of(max_bytes: usize) -> Cache<Error> {
    Cache::new(Config {
        max_bytes,
        ..Config::default()
    })
}

/// Asks for each of `p0`, `p1`, .. so often.
fn ask_all(cache: &Cache<Error>, patterns: usize, times: usize) {
    for _ in 0..times {
        for i in 0..patterns {
            ask(cache, &format!("p{i}"), 20).unwrap();
        }
    }
}

#[test]
fn a_thread_cache_tells_every_part_of_the_key() {
    let cache = cache_of(8 << 20);
    let text = String::from("a+");
    // The same text under several options, at one address and at others.
    for _ in 0..4 {
        for options in [[0, 0], [0, 1], [1, 0], [1, 1]] {
            for text in [&text, &text.clone(), &text[..1]] {
                let key = Key { text, options };
                let handle = cache
                    .get_or_compile(key, |pool| image(text, options[1] as usize + 1, pool))
                    .unwrap();
                assert_eq!(handle.program().text(), text);
                assert_eq!(handle.program().code().len(), options[1] as usize + 1);
            }
        }
    }
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits), (8, 40));
    cache.validate();
}

#[test]
fn an_address_that_holds_another_text_is_no_hit() {
    let cache = cache_of(8 << 20);
    let mut text = String::with_capacity(8);
    for i in 0..300 {
        text.clear();
        text.push_str(&format!("p{:03}", i % 60));
        ask(&cache, &text, 1).unwrap();
    }
    assert_eq!((cache.stats().misses, cache.stats().hits), (60, 240));
    cache.validate();
}

#[test]
fn every_hit_is_counted_once() {
    let cache = cache_of(8 << 20);
    let barrier = Barrier::new(4);
    on_threads(4, || {
        barrier.wait();
        ask_all(&cache, 50, 20);
    });
    let stats = cache.stats();
    assert_eq!(stats.lookups(), 4 * 50 * 20);
    assert_eq!(stats.misses, 50);
    let hits: u64 = cache.entries().map(|e| e.hits).sum();
    assert_eq!(hits + stats.coalesced, stats.hits);
    assert!(stats.compile_time_saved > stats.compile_time_spent);
    cache.validate();
}

#[test]
fn all_threads_get_one_hot_pattern() {
    let cache = cache_of(8 << 20);
    let first = ask(&cache, "hot", 20).unwrap();
    on_threads(8, || {
        let mut held = Vec::new();
        for i in 0..2000 {
            let handle = ask(&cache, "hot", 20).unwrap();
            assert!(handle.ptr_eq(&first) && handle.is_cached());
            if i % 100 == 0 {
                held.push(handle.clone());
            }
        }
    });
    assert_eq!(cache.stats().hits, 16_000);
    let entry = cache.entries().next().unwrap();
    assert_eq!((entry.hits, entry.pins), (16_000, 1));
    cache.validate();
}

#[test]
fn entries_count_the_handles_of_thread_caches() {
    let cache = cache_of(8 << 20);
    ask(&cache, "a", 1).unwrap();
    let handles: Vec<Handle> = (0..3).map(|_| ask(&cache, "a", 1).unwrap()).collect();
    let clones = handles.clone();
    assert_eq!(cache.entries().next().unwrap().pins, 6);
    thread::spawn(move || drop(handles)).join().unwrap();
    assert_eq!(cache.entries().next().unwrap().pins, 3);
    drop(clones);
    assert_eq!(cache.entries().next().unwrap().pins, 0);
}

#[test]
fn handles_of_thread_caches_outlive_eviction_and_their_thread() {
    let cache = cache_of(1 << 20);
    let handle = thread::scope(|scope| {
        scope
            .spawn(|| {
                ask_all(&cache, 10, 5);
                ask(&cache, "p3", 20).unwrap()
            })
            .join()
            .unwrap()
    });
    cache.purge();
    assert!(!handle.is_cached());
    assert_eq!(handle.program().text(), "p3");
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.pinned_entries), (0, 1));
    let again = cache
        .get_or_compile(key("p3"), |_| unreachable!("it is pinned"))
        .unwrap();
    assert!(again.ptr_eq(&handle) && handle.is_cached());
    cache.validate();
    cache.purge();
    let clone = again.clone();
    drop((handle, again));
    thread::spawn(move || drop(clone)).join().unwrap();
    let stats = cache.stats();
    assert_eq!((stats.pinned_entries, stats.pinned_bytes), (0, 0));
    cache.validate();
}

#[test]
fn a_purged_pattern_is_not_found_by_any_thread() {
    let cache = cache_of(1 << 20);
    let (step, done) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            ask_all(&cache, 20, 5);
            step.wait();
            done.wait();
            ask_all(&cache, 20, 3);
        });
        step.wait();
        assert_eq!(cache.stats().misses, 20);
        cache.purge();
        done.wait();
        other.join().unwrap();
    });
    assert_eq!(cache.stats().misses, 40);
    assert_eq!(cache.stats().lookups(), 160);
    cache.validate();
}

/// The bytes of a cache that are not in pages.
fn in_allocator(cache: &Cache<Error>) -> isize {
    (cache.total_bytes() - cache.paged_bytes()) as isize
}

#[test]
fn an_idle_thread_keeps_shells_and_no_programs() {
    if cfg!(repool_sanitize) {
        return; // Each run is an allocation of its own there.
    }
    const PATTERNS: usize = 300;
    let cache = cache_of(4 << 20);
    let empty = in_allocator(&cache);
    let (send, receive) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let (cache, go) = (&cache, go);
        let idle = scope.spawn(move || {
            // What a thread allocates once for its images is none of the cache's.
            image("warm", 4000, repool_arena::Pool::global()).unwrap();
            let before = counting::held();
            ask_all(cache, PATTERNS, 5);
            send.send(counting::held() - before).unwrap();
            // An error is a failed test on the other side.
            let _ = wait.recv();
        });
        let by_thread = receive.recv().unwrap();
        let (before, filled) = (counting::held(), in_allocator(cache));
        assert_eq!(by_thread, filled - empty, "all of it was allocated there");
        cache.purge();
        cache.trim();
        let stats = cache.stats();
        assert_eq!((stats.program_bytes, stats.pinned_bytes), (0, 0));
        assert_eq!((stats.entries, stats.pinned_entries), (0, 0));
        let freed = before - counting::held();
        assert_eq!(freed, filled - in_allocator(cache), "shells count");
        assert!(stats.index_bytes > 0 && stats.index_bytes <= (4 << 20) / 16);
        cache.validate();
        go.send(()).unwrap();
        // Joined, so that its thread cache is dropped too: a scope alone does not wait for that.
        idle.join().unwrap();
    });
    assert_eq!(cache.stats().index_bytes, 0);
    assert_eq!(cache.stats().hits, 4 * PATTERNS as u64);
    cache.validate();
}

#[test]
fn a_thread_takes_its_thread_cache_along() {
    let cache = Arc::new(cache_of(4 << 20));
    ask_all(&cache, 100, 1);
    let before = cache.stats();
    for _ in 0..10 {
        let cache = Arc::clone(&cache);
        thread::spawn(move || ask_all(&cache, 100, 2))
            .join()
            .unwrap();
    }
    let stats = cache.stats();
    assert_eq!(stats.index_bytes, before.index_bytes);
    assert_eq!(stats.hits, 2000);
    let hits: u64 = cache.entries().map(|e| e.hits).sum();
    assert_eq!(hits, 2000);
    cache.validate();
}

#[test]
fn a_dropped_cache_takes_this_threads_thread_cache_along() {
    if cfg!(repool_sanitize) {
        return; // Each run is an allocation of its own there.
    }
    image("warm", 4000, repool_arena::Pool::global()).unwrap();
    let before = counting::held();
    let (one, other) = (cache_of(4 << 20), cache_of(4 << 20));
    for _ in 0..3 {
        ask_all(&one, 40, 1);
        ask_all(&other, 40, 1);
    }
    assert_eq!((one.stats().hits, other.stats().hits), (80, 80));
    drop(one);
    ask_all(&other, 40, 1);
    assert_eq!(
        counting::held() - before,
        in_allocator(&other),
        "only the other is left"
    );
    drop(other);
    assert_eq!(counting::held(), before);
}

#[test]
fn many_caches_in_one_thread_keep_apart() {
    let caches: Vec<Cache<Error>> = (0..20).map(|_| cache_of(1 << 20)).collect();
    for round in 0..5 {
        for (i, cache) in caches.iter().enumerate() {
            let handle = ask(cache, "p", i + 1).unwrap();
            assert_eq!(handle.program().code().len(), i + 1, "round {round}");
        }
    }
    for cache in caches {
        assert_eq!((cache.stats().misses, cache.stats().hits), (1, 4));
        cache.validate();
    }
}

#[test]
fn the_policy_sees_hits_of_thread_caches() {
    let cache = Cache::new(Config {
        max_bytes: 256 << 10,
        shards: Some(1),
        ..Config::default()
    });
    ask(&cache, "hot", 20).unwrap();
    for i in 0..5000 {
        // From the third time on the shards do not see it.
        let hot = ask(&cache, "hot", 20).unwrap();
        assert_eq!(hot.program().text(), "hot");
        ask(&cache, &format!("p{i}"), 20).unwrap();
    }
    let stats = cache.stats();
    assert!(stats.evictions() > 4000);
    // Only the hot one is ever asked for again.
    assert_eq!((stats.misses, stats.hits), (5001, 5000));
    cache.validate();
}

#[test]
fn thread_caches_stay_within_their_share() {
    // The first is the smallest budget.
    for max_bytes in [8 * page_bytes(), 64 << 10, 256 << 10, 8 << 20] {
        let cache = cache_of(max_bytes);
        let barrier = Barrier::new(6);
        on_threads(6, || {
            barrier.wait();
            ask_all(&cache, 1500, 2);
            let total = cache.total_bytes();
            barrier.wait();
            // Not before: the others wait for this one.
            assert!(total <= max_bytes, "{total} of {max_bytes}");
        });
        assert!(cache.peak_bytes() <= max_bytes, "{:?}", cache.stats());
        cache.validate();
    }
}

#[test]
fn a_loop_larger_than_the_thread_cache_turns_it_over_slowly() {
    let cache = cache_of(64 << 20);
    ask_all(&cache, 5000, 2);
    let texts: Vec<String> = (0..5000).map(|i| format!("p{i}")).collect();
    let before = counting::calls();
    for text in &texts {
        ask(&cache, text, 20).unwrap();
    }
    // Each displacement frees two allocations and makes two.
    let each = (counting::calls() - before) as f64 / 5000.0;
    assert!(each <= 0.5, "{each} calls of the allocator for a hit");
    cache.validate();
}

#[test]
fn destructors_of_thread_local_data_may_ask() {
    struct AsksAtTheEnd(Arc<Cache<Error>>, Option<Handle>);

    impl Drop for AsksAtTheEnd {
        fn drop(&mut self) {
            for _ in 0..3 {
                let handle = ask(&self.0, "last", 1).unwrap();
                assert!(self.1.as_ref().is_none_or(|h| h.ptr_eq(&handle)));
                self.1 = Some(handle);
            }
        }
    }

    thread_local! {
        static LAST: RefCell<Option<AsksAtTheEnd>> = const { RefCell::new(None) };
    }

    let cache = Arc::new(cache_of(1 << 20));
    for early in [true, false] {
        let cache = Arc::clone(&cache);
        let thread = thread::spawn(move || {
            // Whichever is used first is destroyed first, or last: both must do.
            if early {
                ask_all(&cache, 3, 3);
            }
            LAST.set(Some(AsksAtTheEnd(Arc::clone(&cache), None)));
            ask_all(&cache, 3, 3);
        });
        thread.join().unwrap();
    }
    let stats = cache.stats();
    assert_eq!((stats.pinned_entries, stats.entries), (0, 4));
    assert_eq!(stats.lookups(), 2 * 3 + 9 + 2 * 9);
    cache.purge();
    cache.trim();
    assert_eq!(cache.stats().index_bytes, 0);
}

#[test]
fn hits_race_with_eviction() {
    let cache = cache_of(256 << 10);
    let done = AtomicBool::new(false);
    let lookups: u64 = thread::scope(|scope| {
        let (cache, done) = (&cache, &done);
        let workers: Vec<_> = (1..=4)
            .map(|seed| {
                scope.spawn(move || {
                    let texts: Vec<String> = (0..6).map(|i| format!("p{i}")).collect();
                    let mut numbers = Numbers(seed);
                    let mut held: Vec<Handle> = Vec::new();
                    for _ in 0..60_000 {
                        let text = &texts[numbers.below(6) as usize];
                        let handle = ask(cache, text, 10).unwrap();
                        match numbers.below(40) {
                            0 => held.push(handle),
                            1 => held.push(handle.clone()),
                            2 => drop(held.pop()),
                            3 => held.clear(),
                            _ => {}
                        }
                    }
                    60_000
                })
            })
            .collect();
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                cache.purge();
                let _ = cache.entries().count();
                thread::yield_now();
            }
        });
        let lookups = workers.into_iter().map(|w| w.join().unwrap()).sum();
        done.store(true, Ordering::Relaxed);
        lookups
    });
    let stats = cache.stats();
    assert_eq!(stats.lookups(), lookups);
    cache.validate();
    cache.purge();
    cache.trim();
    let ledger = cache.pool().ledger();
    assert_eq!(ledger.bytes(Account::Programs), 0);
    assert_eq!(ledger.bytes(Account::Pinned), 0);
}

#[test]
fn a_cache_dropped_by_another_thread_leaves_nothing_in_this_one() {
    let kept = cache_of(1 << 20);
    ask_all(&kept, 5, 3);
    let cache = cache_of(1 << 20);
    ask_all(&cache, 5, 3);
    let pool = Arc::clone(cache.pool());
    thread::spawn(move || drop(cache)).join().unwrap();
    assert!(
        pool.ledger().bytes(Account::Index) > 0,
        "this thread made no thread cache since"
    );
    let next = cache_of(1 << 20);
    ask_all(&next, 1, 2);
    assert_eq!(pool.ledger().bytes(Account::Index), 0);
    // The thread cache of the store that still exists stays.
    let before = counting::calls();
    ask(&kept, "p0", 20).unwrap();
    assert_eq!(counting::calls(), before);
    kept.validate();
    next.validate();
}
