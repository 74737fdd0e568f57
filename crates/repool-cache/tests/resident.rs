//! What a cache says it holds is what the system has resident. One test, as it reads the memory of the process.
#![cfg(all(target_os = "linux", not(miri), not(repool_sanitize)))]

mod support;

use std::thread;
use std::time::Duration;

use repool_arena::page_bytes;
use repool_cache::{Cache, Config, Handle};
use support::{Error, Numbers, ask};

/// What the process may take beside, in bytes: pages of the allocator's and the kernel's choice.
const BESIDE: usize = 1 << 20;

/// Bytes of the process that are resident.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm.split(' ').nth(1).expect("the second field");
    pages.parse::<usize>().expect("a number") * page_bytes()
}

/// Bytes of pages with our name that are resident; `None` if the kernel cannot name memory.
fn named() -> Option<usize> {
    let smaps = std::fs::read_to_string("/proc/self/smaps").expect("Linux");
    let (mut is_ours, mut found, mut bytes) = (false, false, 0);
    for line in smaps.lines() {
        let first = line.split(' ').next().unwrap_or("");
        if !first.ends_with(':') {
            is_ours = line.ends_with("[anon:repool]");
            found |= is_ours;
        } else if is_ours && first == "Rss:" {
            let kib = line.split_whitespace().nth(1).expect("a figure");
            bytes += kib.parse::<usize>().expect("a number") << 10;
        }
    }
    found.then_some(bytes)
}

/// Compares at a moment when no other thread uses the cache.
fn agree(cache: &Cache<Error>, before: usize, what: &str) {
    let (total, paged) = (cache.total_bytes(), cache.paged_bytes());
    let beyond = (resident() - before).saturating_sub(total + total / 20);
    assert!(beyond <= BESIDE, "{what}: {beyond} beyond {total}");
    if let Some(named) = named() {
        // A page is charged before it is touched, and relieved after the system took it back.
        assert!(named <= paged, "{what}: {named} resident, {paged} charged");
        assert!(paged <= named + named / 20 + BESIDE, "{what}: {paged}");
    }
}

#[test]
fn what_is_charged_is_resident_and_nothing_else_is() {
    let before = resident();
    let cache: Cache<Error> = Cache::new(Config {
        max_bytes: 24 << 20,
        ..Config::default()
    });
    agree(&cache, before, "empty");
    let mut numbers = Numbers(3);
    for round in 0..8 {
        for i in 0..5_000 {
            let code_len = match numbers.below(200) {
                0 => 4_000,
                n => n as usize,
            };
            drop(ask(&cache, &format!("p{}", round * 5_000 + i), code_len));
        }
        agree(&cache, before, "flood");
    }
    assert!(cache.stats().evictions_capacity > 0);
    // Another thread has tables of its own for as long as it lives.
    thread::scope(|scope| {
        let asks = scope.spawn(|| {
            for _ in 0..3 {
                for entry in cache.entries() {
                    drop(ask(&cache, &entry.pattern, 20));
                }
            }
            agree(&cache, before, "beside another thread's tables");
        });
        asks.join().expect("no panic");
    });
    agree(&cache, before, "the other thread is gone");

    // One in fifty is held, so that nearly every page has one.
    let entries: Vec<String> = cache.entries().map(|entry| entry.pattern).collect();
    let held: Vec<Handle> = entries
        .iter()
        .step_by(50)
        .map(|p| ask(&cache, p, 20).unwrap())
        .collect();
    drop(entries);
    cache.purge_idle(Duration::ZERO);
    assert_eq!(cache.stats().entries, held.len());
    agree(&cache, before, "sparse");
    drop(held);
    let sparse = cache.total_bytes();
    cache.trim();
    assert!(cache.total_bytes() < sparse / 2, "{sparse}");
    agree(&cache, before, "moved");
    cache.resize(256 << 10);
    agree(&cache, before, "resized");
    cache.purge();
    agree(&cache, before, "purged");
    assert_eq!(cache.total_bytes(), cache.stats().overhead_bytes);
    cache.validate();
    drop(cache);
    assert!(resident().saturating_sub(before) <= BESIDE);
    assert!(named().unwrap_or(0) == 0, "{:?}", named());
}
