//! What a cache says it holds is what the allocator gave it, byte by byte, and its pages. `tests/resident.rs` asks the
//! system for those.
//!
//! With the sanitizer's configuration each run is an allocation beside its page, so the sums differ.
#![cfg(not(repool_sanitize))]

#[path = "../../repool-arena/tests/counting/mod.rs"]
mod counting;
mod support;

use counting::{calls, held};
use repool_arena::{Account, Stock};
use repool_cache::{Cache, Config, Handle, Mode};
use support::{Error, Numbers, ask, image, key};

fn agree(cache: &Cache<Error>, before: isize, what: &str) {
    let stats = cache.stats();
    let in_allocator = stats.total_bytes() - cache.paged_bytes();
    assert_eq!(held() - before, in_allocator as isize, "{what}: {stats:?}");
}

/// Sets up what this thread allocates once: the builder, the text of the largest number; and the process's records of
/// uncached handles.
fn warm_up() {
    let cache: Cache<Error> = Cache::new(Config::default());
    ask(&cache, "warm", 4000).unwrap();
    let pool = repool_arena::Pool::global();
    drop(Handle::uncached(image("warm", 1, pool).unwrap()));
}

#[test]
fn the_ledger_is_the_allocator() {
    warm_up();
    for (max_bytes, shards) in [(64 << 10, 1), (256 << 10, 4), (2 << 20, 8)] {
        let before = held();
        let cache: Cache<Error> = Cache::with_error_heap(
            Config {
                max_bytes,
                shards: Some(shards),
                ..Config::default()
            },
            String::capacity,
        );
        agree(&cache, before, "empty");
        let mut numbers = Numbers(7);
        for i in 0..3000 {
            let text = format!("p{}", numbers.below(1000));
            if numbers.below(8) == 0 {
                let fail = |_: &_| Err(text.clone());
                drop(cache.get_or_compile(key(&text), fail));
            } else {
                let code_len = text.len() * numbers.below(60) as usize;
                drop(ask(&cache, &text, code_len));
            }
            drop(text);
            if i < 50 || i % 50 == 0 {
                agree(&cache, before, "filled");
            }
        }
        cache.validate();
        cache.resize(max_bytes / 3);
        agree(&cache, before, "resized");
        cache.resize(max_bytes);
        cache.purge();
        agree(&cache, before, "purged");
        cache.trim();
        agree(&cache, before, "trimmed");
        let stats = cache.stats();
        assert_eq!(stats.total_bytes(), stats.overhead_bytes);
        drop((cache, stats));
        assert_eq!(held(), before, "dropped");
    }
}

#[test]
fn moving_leaves_the_accounts_as_they_were() {
    warm_up();
    let before = held();
    let cache: Cache<Error> = Cache::new(Config {
        max_bytes: 16 << 20,
        ..Config::default()
    });
    for i in 0..2000 {
        ask(&cache, &format!("p{i}"), 20).unwrap();
    }
    for i in (0..2000).step_by(20) {
        ask(&cache, &format!("p{i}"), 20).unwrap();
    }
    cache.resize(cache.total_bytes() / 20);
    agree(&cache, before, "resized");
    let programs = cache.stats().program_bytes;
    cache.trim();
    agree(&cache, before, "trimmed");
    assert_eq!(cache.stats().program_bytes, programs);
    drop(cache);
    assert_eq!(held(), before, "dropped");
}

#[test]
fn held_handles_are_counted_too() {
    warm_up();
    for mode in [Mode::Soft, Mode::Strict, Mode::Weak] {
        let before = held();
        let cache: Cache<Error> = Cache::new(Config {
            max_bytes: 128 << 10,
            mode,
            ..Config::default()
        });
        let mut handles: Vec<Handle> = Vec::with_capacity(400);
        let list = 400 * size_of::<Handle>() as isize;
        for i in 0..400 {
            if let Ok(handle) = ask(&cache, &format!("p{i}"), 30) {
                handles.push(handle);
            }
            agree(&cache, before + list, "holding");
        }
        while let Some(handle) = handles.pop() {
            drop(handle);
            agree(&cache, before + list, "letting go");
        }
        drop(handles);
        cache.purge();
        cache.trim();
        agree(&cache, before, "trimmed");
        drop(cache);
        assert_eq!(held(), before);
    }
}

#[test]
fn a_handle_without_a_cache_is_counted() {
    warm_up();
    let before = held();
    let pool = repool_arena::Pool::new(std::sync::Arc::default());
    let handle = Handle::uncached(image("a", 9, &pool).unwrap());
    let in_allocator = pool.ledger().total_bytes() - pool.paged_bytes();
    assert_eq!(held() - before, in_allocator as isize);
    drop((handle, pool));
    assert_eq!(held(), before);
}

#[test]
fn a_panic_leaves_nothing() {
    warm_up();
    let cache: Cache<Error> = Cache::new(Config::default());
    cache.purge();
    cache.trim();
    let before = cache.total_bytes();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        cache.get_or_compile(key("a"), |pool| {
            let _image = image("a", 100, pool)?;
            panic!("on purpose")
        })
    }));
    std::panic::set_hook(hook);
    assert!(result.is_err());
    cache.trim();
    assert_eq!(cache.total_bytes(), before);
    cache.validate();
}

#[test]
fn a_hit_allocates_nothing() {
    warm_up();
    let cache: Cache<Error> = Cache::new(Config::default());
    // The first hit of a thread makes its thread cache, and a reference in that.
    for _ in 0..2 {
        drop(ask(&cache, "a+", 1));
    }
    let before = calls();
    for _ in 0..1000 {
        drop(ask(&cache, "a+", 1));
    }
    assert_eq!(calls(), before);
}

#[test]
fn a_miss_in_a_full_cache_calls_no_allocator() {
    warm_up();
    for (max_bytes, shards) in [(128 << 10, 1), (1 << 20, 4), (4 << 20, 8)] {
        let cache: Cache<Error> = Cache::new(Config {
            max_bytes,
            shards: Some(shards),
            ..Config::default()
        });
        let text = |i: usize| format!("{i:06}");
        (0..15_000).for_each(|i| drop(ask(&cache, &text(i), 20)));
        let rounds = (0..6).map(|round| {
            let first = 15_000 + round * 5_000;
            calls_of_misses(&cache, (first..first + 5_000).map(text).collect())
        });
        // How many patterns a shard has goes up and down with the hashes: the index of one that has more than
        // ever before still grows by a few nodes. That happens ever less often.
        let rounds: Vec<usize> = rounds.collect();
        let most = if shards == 1 { 0 } else { 64 * shards };
        assert!(
            rounds.contains(&0) && rounds.iter().all(|&calls| calls <= most),
            "{max_bytes} bytes: {rounds:?} calls"
        );
        cache.validate();
    }
}

/// Asks for patterns that a full cache does not have; says how often that called the allocator.
fn calls_of_misses(cache: &Cache<Error>, texts: Vec<String>) -> usize {
    let (calls_before, before) = (calls(), cache.stats());
    for text in &texts {
        drop(ask(cache, text, 20));
    }
    let (calls_after, stats) = (calls(), cache.stats());
    assert_eq!(stats.misses - before.misses, texts.len() as u64);
    assert!(stats.evictions_capacity - before.evictions_capacity > 4_900);
    calls_after - calls_before
}

#[test]
fn caches_that_share_spares_count_what_they_hold() {
    warm_up();
    let before = held();
    let stock = Stock::new(32 << 10);
    let cache_of = |max_bytes| {
        let cache: Cache<Error> = Cache::new(Config {
            max_bytes,
            shards: Some(1),
            stock: Some(stock.clone()),
            ..Config::default()
        });
        cache
    };
    let caches = [cache_of(48 << 10), cache_of(96 << 10)];
    let agree = |what: &str| {
        let in_allocator = |cache: &Cache<Error>| cache.total_bytes() - cache.paged_bytes();
        let sum: usize = caches.iter().map(in_allocator).sum();
        let spare = stock.ledger().bytes(Account::Spare);
        let sum = sum + stock.ledger().total_bytes() - spare;
        assert_eq!(held() - before, sum as isize, "{what}");
        assert!(stock.ledger().total_bytes() <= 32 << 10, "{what}");
    };
    agree("empty");
    let mut numbers = Numbers(11);
    for i in 0..4_000 {
        let cache = &caches[numbers.below(2) as usize];
        let text = format!("p{}", numbers.below(1000));
        let code_len = numbers.below(200) as usize;
        drop(ask(cache, &text, code_len));
        drop(text);
        if i % 50 == 0 {
            agree("filled");
        }
        if i % 700 == 0 {
            cache.purge();
            agree("purged");
        }
    }
    for cache in &caches {
        cache.validate();
        assert!(
            cache.peak_bytes() <= cache.max_bytes(),
            "each its own budget"
        );
        assert_eq!(cache.pool().free_bytes(), 0, "free extents are the stock's");
        cache.purge();
        cache.trim();
        let stats = cache.stats();
        assert_eq!(stats.total_bytes(), stats.overhead_bytes);
    }
    agree("trimmed");
    assert!(stock.ledger().bytes(Account::Spare) > 0, "not by a cache");
    stock.trim();
    agree("the stock, too");
    drop((caches, stock));
    assert_eq!(held(), before);
}
