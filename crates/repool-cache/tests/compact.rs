//! What is left after most of a cache has gone: moved together, and otherwise as it was.

mod support;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use repool_cache::{Cache, Config, Entry, Handle, Mode};
use support::{Error, ask};

const PATTERNS: usize = 2000;
/// One pattern in this many stays.
const PART: usize = 20;

fn text(i: usize) -> String {
    format!("pattern {i}")
}

/// The patterns that stay.
fn texts() -> impl Iterator<Item = String> {
    (0..PATTERNS).step_by(PART).map(text)
}

fn filled(mode: Mode) -> Cache<Error> {
    let cache = Cache::new(Config {
        max_bytes: 16 << 20,
        shards: Some(4),
        mode,
        ..Config::default()
    });
    for i in 0..PATTERNS {
        ask(&cache, &text(i), 20 + i % 3).unwrap();
    }
    for _ in 0..3 {
        texts().for_each(|text| drop(ask(&cache, &text, 0)));
    }
    cache
}

/// A cache of patterns that lie far from each other.
fn scattered(mode: Mode) -> Cache<Error> {
    let cache = filled(mode);
    let held: Vec<_> = texts().map(|text| ask(&cache, &text, 0).unwrap()).collect();
    assert!(cache.purge_idle(Duration::ZERO) > 0);
    assert_eq!(cache.stats().entries, held.len());
    drop(held);
    let stats = cache.stats();
    assert!(stats.slack_bytes > 2 * stats.program_bytes, "{stats:?}");
    cache
}

/// Where the program of each pattern that stays is.
fn addresses(cache: &Cache<Error>) -> Vec<usize> {
    let misses = cache.stats().misses;
    let found = texts().take(PATTERNS / PART / 2);
    let found = found.map(|text| ask(cache, &text, 0).unwrap().words().as_ptr().addr());
    let found = found.collect();
    assert_eq!(cache.stats().misses, misses, "all are there");
    found
}

fn moved(before: &[usize], after: &[usize]) -> usize {
    before.iter().zip(after).filter(|(b, a)| b != a).count()
}

#[test]
fn what_is_left_moves_and_is_what_it_was() {
    for mode in [Mode::Soft, Mode::Strict] {
        let cache = scattered(mode);
        let before = addresses(&cache);
        let (stats, entries) = (cache.stats(), cache.entries().collect::<Vec<Entry>>());
        cache.trim();
        cache.validate();
        let after = cache.stats();
        // In the same order, too: that of the last request.
        assert_eq!(cache.entries().collect::<Vec<Entry>>(), entries);
        assert_eq!(
            (after.hits, after.misses, after.evictions()),
            (stats.hits, stats.misses, stats.evictions())
        );
        assert_eq!(after.program_bytes, stats.program_bytes);
        assert!(after.slack_bytes < stats.slack_bytes / 4, "{after:?}");
        assert!(after.total_bytes() <= cache.max_bytes());
        let count = moved(&before, &addresses(&cache));
        assert!(count > before.len() / 2, "{count} moved");
        cache.validate();
        cache.purge();
        cache.trim();
        let stats = cache.stats();
        assert_eq!(stats.total_bytes(), stats.overhead_bytes);
    }
}

#[test]
fn a_few_patterns_stay_where_they_are() {
    // However an allocator spreads them, that is a few pages.
    let cache = filled(Mode::Soft);
    cache.purge();
    let addresses = || -> Vec<usize> {
        let found = (0..5).map(|i| ask(&cache, &text(i), 20).unwrap());
        found.map(|handle| handle.words().as_ptr().addr()).collect()
    };
    let before = addresses();
    cache.trim();
    assert_eq!(addresses(), before);
}

#[test]
fn what_handles_hold_stays_where_it_is() {
    let cache = scattered(Mode::Soft);
    let held: Vec<Handle> = texts()
        .take(10)
        .map(|text| ask(&cache, &text, 0).unwrap())
        .collect();
    let before: Vec<usize> = held.iter().map(|h| h.words().as_ptr().addr()).collect();
    cache.trim();
    for ((handle, text), before) in held.iter().zip(texts()).zip(before) {
        assert_eq!(handle.words().as_ptr().addr(), before);
        assert_eq!(handle.program().text(), text);
        assert!(ask(&cache, &text, 0).unwrap().ptr_eq(handle));
    }
    cache.validate();
    drop(held);
    cache.validate();
}

#[test]
fn what_other_threads_counted_is_not_lost() {
    let cache = scattered(Mode::Soft);
    let hits = || cache.entries().map(|e| e.hits).sum::<u64>();
    // Channels and no barrier: who waits for a thread that panicked would wait for ever.
    let (done, is_done) = mpsc::channel();
    let (trimmed, is_trimmed) = mpsc::channel();
    thread::scope(|scope| {
        let cache = &cache;
        // Dropped with this closure, if something in it fails.
        let trimmed = trimmed;
        let other = scope.spawn(move || {
            // Found in the shards first, then by itself.
            (0..5).for_each(|_| drop(addresses(cache)));
            done.send(()).expect("the test waits");
            is_trimmed.recv().expect("it goes on");
            addresses(cache).len() as u64
        });
        is_done.recv().expect("no panic");
        let (stats, entries) = (cache.stats(), hits());
        cache.trim();
        assert_eq!((cache.stats().hits, hits()), (stats.hits, entries));
        trimmed.send(()).expect("the thread waits");
        let found = other.join().expect("no panic");
        assert_eq!(hits(), entries + found);
        assert_eq!(cache.stats().hits, stats.hits + found);
    });
    cache.validate();
}

#[test]
fn a_purge_after_a_move_leaves_nothing() {
    let cache = filled(Mode::Soft);
    cache.shrink_to(cache.total_bytes() / PART);
    cache.validate();
    let held = ask(&cache, &text(0), 0).unwrap();
    cache.purge();
    cache.trim();
    assert_eq!(held.program().text(), text(0));
    drop(held);
    let stats = cache.stats();
    assert_eq!((stats.pinned_bytes, stats.program_bytes), (0, 0));
}
