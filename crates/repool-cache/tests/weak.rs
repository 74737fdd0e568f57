//! A cache that keeps nothing itself: a pattern can be found for exactly as long as somebody holds it.

mod support;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use repool_cache::{Cache, Config, Handle, Mode};
use support::{Error, Numbers, ask, image, key, on_threads};

fn weak(shards: usize) -> Cache<Error> {
    Cache::new(Config {
        max_bytes: 0,
        shards: Some(shards),
        mode: Mode::Weak,
        ..Config::default()
    })
}

/// Nothing is left but what the cache is when it is empty.
fn is_empty(cache: &Cache<Error>) {
    cache.validate();
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.pinned_entries), (0, 0));
    assert_eq!((stats.program_bytes, stats.pinned_bytes), (0, 0));
    cache.trim();
    let stats = cache.stats();
    assert_eq!(stats.total_bytes(), stats.overhead_bytes, "{stats:?}");
}

#[test]
fn a_pattern_is_found_exactly_while_it_is_held() {
    let cache = weak(2);
    let mut numbers = Numbers(3);
    let mut held: Vec<Handle> = Vec::new();
    let mut counts: HashMap<String, usize> = HashMap::new();
    let (mut hits, mut misses) = (0, 0);
    for _ in 0..20_000 {
        if numbers.below(100) < 52 && !held.is_empty() {
            let at = numbers.below(held.len() as u64) as usize;
            let gone = held.swap_remove(at);
            *counts.get_mut(gone.program().text()).unwrap() -= 1;
            continue;
        }
        let text = format!("p{}", numbers.below(100));
        let count = counts.entry(text.clone()).or_insert(0);
        if *count > 0 {
            hits += 1;
        } else {
            misses += 1;
        }
        *count += 1;
        held.push(ask(&cache, &text, 20).unwrap());
    }
    assert!(hits > 100 && misses > 100, "{hits} {misses}");
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses), (hits, misses));
    assert_eq!((stats.insertions, stats.evictions()), (misses, 0));
    assert_eq!((stats.bypassed, stats.readoptions), (0, 0));
    let live = counts.values().filter(|&&count| count > 0).count();
    assert_eq!((stats.entries, stats.pinned_entries), (0, live));
    let bytes: usize = cache.entries().map(|entry| entry.bytes).sum();
    assert_eq!((cache.entries().count(), bytes), (live, stats.pinned_bytes));
    cache.validate();
    drop(held);
    is_empty(&cache);
}

#[test]
fn nothing_but_liveness_bounds_it() {
    let cache = weak(1);
    let texts: Vec<String> = (0..10_000).map(|i| format!("pattern {i}")).collect();
    let held: Vec<Handle> = texts.iter().map(|t| ask(&cache, t, 20).unwrap()).collect();
    // Neither a purge nor a smaller budget nor a lack of memory takes anything that is held.
    cache.purge();
    cache.resize(0);
    cache.shrink_to(0);
    for (text, handle) in texts.iter().zip(&held) {
        assert!(ask(&cache, text, 20).unwrap().ptr_eq(handle));
    }
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses), (10_000, 10_000));
    assert_eq!(
        (stats.pinned_entries, stats.max_bytes),
        (10_000, usize::MAX)
    );
    drop(held);
    is_empty(&cache);
}

#[test]
fn errors_are_remembered_and_owners_counted() {
    let cache = weak(1);
    for _ in 0..2 {
        let fail = |_: &_| Err("unclosed".to_owned());
        cache.get_or_compile(key("("), fail).unwrap_err();
    }
    let owner = cache.owner("tenant");
    cache.set_max_bytes(&owner, 0);
    let ask_for = || cache.get_or_compile_for(&owner, key("a"), |pool| image("a", 20, pool));
    let held = ask_for().unwrap();
    assert!(ask_for().unwrap().ptr_eq(&held));
    let stats = cache.owner_stats(&owner);
    assert_eq!((stats.hits, stats.misses, stats.entries), (1, 1, 0));
    let stats = cache.stats();
    assert_eq!((stats.error_entries, stats.error_hits), (1, 1));
    drop(held);
    drop(owner);
    cache.purge();
    let stats = cache.stats();
    assert_eq!((stats.error_entries, stats.pinned_bytes), (0, 0));
}

#[test]
fn threads_share_what_any_of_them_holds() {
    let cache = weak(4);
    let seed = AtomicU64::new(1);
    let compiles = AtomicU64::new(0);
    on_threads(4, || {
        let mut numbers = Numbers(seed.fetch_add(1, Ordering::Relaxed));
        let mut held: Vec<Handle> = Vec::new();
        for _ in 0..5_000 {
            let text = format!("p{}", numbers.below(60));
            let handle = cache
                .get_or_compile(key(&text), |pool| {
                    compiles.fetch_add(1, Ordering::Relaxed);
                    image(&text, 20, pool)
                })
                .unwrap();
            assert_eq!(handle.program().text(), text);
            for other in held.iter().filter(|h| h.program().text() == text) {
                assert!(other.ptr_eq(&handle), "one for all who hold it");
            }
            held.push(handle.clone());
            if held.len() > 20 {
                held.swap_remove(numbers.below(20) as usize);
            }
        }
    });
    let stats = cache.stats();
    assert_eq!(stats.lookups(), 20_000);
    assert_eq!(stats.misses, compiles.load(Ordering::Relaxed));
    is_empty(&cache);
}
