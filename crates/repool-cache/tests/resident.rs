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

/// Compares at moments when no other thread uses the cache.
struct Comparison {
    before: usize,
    /// The most bytes that the cache had in the allocator, which need not return them to the system.
    heap_max: usize,
}

impl Comparison {
    fn agree(&mut self, cache: &Cache<Error>, what: &str) {
        let (total, paged) = (cache.total_bytes(), cache.paged_bytes());
        self.heap_max = self.heap_max.max(total - paged);
        let taken = resident() - self.before;
        let most = paged + paged / 20 + self.heap_max + BESIDE;
        assert!(taken <= most, "{what}: {taken} for {paged} and {total}");
        assert!(total <= taken + taken / 20 + BESIDE, "{what}: {total}");
        if let Some(named) = named() {
            // A page is charged before it is touched, and relieved after the system took it back.
            assert!(named <= paged, "{what}: {named} resident, {paged} charged");
            assert!(paged <= named + named / 20 + BESIDE, "{what}: {paged}");
        }
    }
}

fn flood(cache: &Cache<Error>, compared: &mut Comparison) {
    let mut numbers = Numbers(3);
    for round in 0..8 {
        for i in 0..5_000 {
            let code_len = match numbers.below(200) {
                0 => 4_000,
                n => n as usize,
            };
            drop(ask(cache, &format!("p{}", round * 5_000 + i), code_len));
        }
        compared.agree(cache, "flood");
    }
    assert!(cache.stats().evictions_capacity > 0);
}

#[test]
fn what_is_charged_is_resident_and_nothing_else_is() {
    let mut compared = Comparison {
        before: resident(),
        heap_max: 0,
    };
    let before = compared.before;
    let config = || Config {
        max_bytes: 24 << 20,
        ..Config::default()
    };
    let cache: Cache<Error> = Cache::new(config());
    compared.agree(&cache, "empty");
    flood(&cache, &mut compared);
    // One in fifty is held, so that nearly every page has one.
    let held: Vec<Handle> = cache
        .entries()
        .step_by(50)
        .map(|entry| ask(&cache, &entry.pattern, 20).unwrap())
        .collect();
    cache.purge_idle(Duration::ZERO);
    assert_eq!(cache.stats().entries, held.len());
    compared.agree(&cache, "sparse");
    drop(held);
    let sparse = cache.total_bytes();
    cache.trim();
    assert!(cache.total_bytes() < sparse / 2, "{sparse}");
    compared.agree(&cache, "moved");
    flood(&cache, &mut compared);
    cache.resize(256 << 10);
    compared.agree(&cache, "resized");
    cache.purge();
    compared.agree(&cache, "purged");
    assert_eq!(cache.total_bytes(), cache.stats().overhead_bytes);
    cache.validate();
    drop(cache);
    assert!(resident() - before <= compared.heap_max + BESIDE);
    assert_eq!(named().unwrap_or(0), 0);

    // Another thread has tables of its own for as long as it lives.
    let cache: Cache<Error> = Cache::new(config());
    flood(&cache, &mut compared);
    thread::scope(|scope| {
        let asks = scope.spawn(|| {
            for _ in 0..3 {
                for entry in cache.entries() {
                    drop(ask(&cache, &entry.pattern, 20));
                }
            }
            compared.agree(&cache, "beside another thread's tables");
        });
        asks.join().expect("no panic");
    });
    compared.agree(&cache, "the other thread is gone");
}
