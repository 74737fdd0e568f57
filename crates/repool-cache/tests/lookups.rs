//! Lookups without a lock, beside all that takes records away from them: evictions, purges, other budgets, moves.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use repool_arena::{Account, Pool};
use repool_cache::{Cache, Config, Handle, Mode};
use support::{Error, Numbers, image, key};

/// More than a thread cache has slots.
const PATTERNS: u64 = 2_500;
const THREADS: u64 = 3;
const ASKS: u64 = 12_000;

fn text(number: u64) -> String {
    format!("pattern {number}")
}

fn code_len(number: u64) -> usize {
    1 + number as usize % 40
}

/// Asks for patterns on several threads while `disturb` is called over and over, and checks every answer and the counts.
fn ask_beside(max_bytes: usize, mode: Mode, disturb: impl Fn(&Cache<Error>, u64) + Sync) {
    let cache: Cache<Error> = Cache::new(Config {
        max_bytes,
        mode,
        shards: Some(2),
        ..Config::default()
    });
    let pool: Arc<Pool> = Arc::clone(cache.pool());
    let texts: Vec<String> = (0..PATTERNS).map(text).collect();
    let (compiles, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let ask = |number: u64, text: &str| -> Handle {
        let handle = cache.get_or_compile(key(text), |pool| {
            compiles.fetch_add(1, Ordering::Relaxed);
            image(text, code_len(number), pool)
        });
        let handle = handle.expect("a budget that handles do not fill");
        assert_eq!(handle.program().text(), text);
        assert_eq!(handle.program().code().len(), code_len(number));
        handle
    };
    thread::scope(|scope| {
        let askers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (ask, texts) = (&ask, &texts);
                scope.spawn(move || {
                    let mut numbers = Numbers(thread + 1);
                    let mut held: Vec<(u64, Handle)> = Vec::new();
                    for i in 0..ASKS {
                        // A half of the requests is for a tenth of the patterns.
                        let bound = if i % 2 == 0 { PATTERNS } else { PATTERNS / 10 };
                        let number = numbers.below(bound);
                        let same = &texts[number as usize];
                        // At the address where it was before, and at another one.
                        let copy = (numbers.below(4) == 0).then(|| same.clone());
                        let handle = ask(number, copy.as_deref().unwrap_or(same));
                        if numbers.below(50) == 0 {
                            held.push((number, handle));
                        }
                        if held.len() > 8 {
                            let (number, handle) = held.swap_remove(numbers.below(8) as usize);
                            assert_eq!(handle.program().text(), texts[number as usize]);
                            assert_eq!(handle.program().code().len(), code_len(number));
                        }
                    }
                })
            })
            .collect();
        let disturber = scope.spawn(|| {
            let mut round = 0;
            while !done.load(Ordering::Relaxed) {
                disturb(&cache, round);
                round += 1;
                thread::sleep(Duration::from_micros(200));
            }
            round
        });
        // Joined before anything is asserted: the disturber waits for the end.
        let joined: Vec<_> = askers.into_iter().map(|asker| asker.join()).collect();
        done.store(true, Ordering::Relaxed);
        assert!(disturber.join().expect("no panic") > 0);
        assert!(joined.iter().all(Result::is_ok), "{joined:?}");
    });
    cache.validate();
    let stats = cache.stats();
    assert_eq!(stats.hits + stats.misses, THREADS * ASKS, "{stats:?}");
    assert_eq!(stats.misses, compiles.load(Ordering::Relaxed));
    assert_eq!((stats.pinned_entries, stats.pinned_bytes), (0, 0));
    assert!(stats.hits > THREADS * ASKS / 20, "{stats:?}");
    drop(cache);
    pool.trim();
    let ledger = pool.ledger();
    assert_eq!(ledger.total_bytes(), ledger.bytes(Account::Overhead));
    assert_eq!(ledger.word_bytes(), 0);
}

#[test]
fn answers_are_right_beside_evictions() {
    // A third of the patterns fits, so that each miss evicts.
    ask_beside(512 << 10, Mode::Soft, |cache, _| drop(cache.stats()));
}

#[test]
fn answers_are_right_beside_purges() {
    ask_beside(4 << 20, Mode::Soft, |cache, round| match round % 8 {
        0 => cache.purge(),
        1 => drop(cache.purge_idle(Duration::ZERO)),
        _ => drop(cache.entries().count()),
    });
}

#[test]
fn answers_are_right_beside_other_budgets() {
    ask_beside(4 << 20, Mode::Soft, |cache, round| match round % 4 {
        0 => cache.resize(256 << 10),
        1 => cache.resize(2 << 20),
        2 => drop(cache.shrink_to(300 << 10)),
        _ => cache.resize(8 << 20),
    });
}

#[test]
fn answers_are_right_while_everything_moves() {
    ask_beside(1 << 20, Mode::Strict, |cache, round| match round % 3 {
        // Leaves patterns that lie far from each other.
        0 => drop(cache.shrink_to(600 << 10)),
        1 => drop(cache.purge_idle(Duration::from_millis(2))),
        _ => drop(cache.trim()),
    });
}

#[test]
fn what_is_held_stays_while_records_move() {
    let cache: Cache<Error> = Cache::new(Config {
        max_bytes: 16 << 20,
        ..Config::default()
    });
    let ask = |number: u64| support::ask(&cache, &text(number), code_len(number)).unwrap();
    (0..PATTERNS).for_each(|number| drop(ask(number)));
    // One in fifty is left; of those every fifth stays held, and has its record where it is.
    let left: Vec<u64> = (0..PATTERNS).step_by(50).collect();
    let held: Vec<(u64, Handle)> = left.iter().map(|&number| (number, ask(number))).collect();
    assert!(cache.purge_idle(Duration::ZERO) > 0);
    assert_eq!(cache.stats().entries, left.len());
    let held: Vec<_> = held.into_iter().step_by(5).collect();
    let addresses: Vec<_> = held.iter().map(|(_, h)| h.words().as_ptr()).collect();
    let before = cache.stats();
    cache.trim();
    cache.validate();
    let after = cache.stats();
    let records = |bytes: &repool_cache::Stats| bytes.index_bytes + bytes.slack_bytes;
    assert!(records(&after) < records(&before) * 3 / 4, "{after:?}");
    for (at, (number, handle)) in held.iter().enumerate() {
        assert_eq!(handle.program().text(), text(*number));
        assert_eq!(handle.words().as_ptr(), addresses[at], "it stays");
        assert!(handle.is_cached() && ask(*number).ptr_eq(handle));
    }
    for &number in &left {
        drop(ask(number));
    }
    assert_eq!(cache.stats().misses, PATTERNS, "each is found where it is");
    // Its handle gone, the record moves, too.
    drop(held);
    cache.trim();
    cache.validate();
    assert!(records(&cache.stats()) < records(&after), "{after:?}");
    left.iter().for_each(|&number| drop(ask(number)));
    assert_eq!(cache.stats().misses, PATTERNS);
}
