//! A cache keeps its promises under any sequence of calls: the budget, the statistics, the calls of
//! observers, and valid handles. In weak mode it finds exactly the patterns with handles.
#![no_main]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use repool::{Compilation, Eviction, Mode, Observer, Pool};

/// A few patterns of very different sizes.
const PATTERNS: &[&str] = &[
    "a", "b+", "(", "[a-z]{3,40}x", r"\w+\s\d", "(?i)straße|façade", "x{1000}", "(a|b)*c", "z{2",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

#[derive(Default)]
struct Told {
    compiles: AtomicU64,
    evictions: AtomicU64,
}

impl Observer for Told {
    fn compiled(&self, compilation: &Compilation<'_>) {
        assert!(PATTERNS.contains(&compilation.pattern));
        self.compiles.fetch_add(1, Ordering::Relaxed);
    }

    fn evicted(&self, eviction: &Eviction<'_>) {
        assert!(PATTERNS.contains(&eviction.pattern));
        self.evictions.fetch_add(1, Ordering::Relaxed);
    }
}

fuzz_target!(|data: &[u8]| {
    let (&first, data) = data.split_first().unwrap_or((&0, data));
    let mode = [Mode::Soft, Mode::Strict, Mode::Weak][usize::from(first) % 3];
    let mut max_bytes = 64 << 10;
    let told = Arc::new(Told::default());
    let pool = Pool::new(8 << 10);
    let mut builder = repool::Cache::builder()
        .max_bytes(max_bytes)
        .mode(mode)
        .observer(told.clone());
    if first & 0x80 != 0 {
        builder = builder.pool(&pool);
    }
    let cache = builder.build();
    let mut held: Vec<repool::Regex> = Vec::new();
    let mut lookups = 0;
    for &byte in data {
        match byte {
            0..200 => {
                let pattern = PATTERNS[usize::from(byte) % PATTERNS.len()];
                let is_held = held.iter().any(|regex| regex.as_str() == pattern);
                let misses = cache.stats().misses;
                lookups += 1;
                if let Ok(regex) = cache.compile(pattern) {
                    assert_eq!(regex.as_str(), pattern);
                    if mode == Mode::Weak {
                        assert_eq!(cache.stats().misses == misses, is_held);
                    }
                    if byte % 3 == 0 {
                        held.push(regex);
                    }
                }
            }
            200..220 => drop(held.pop()),
            220..223 => cache.purge(),
            223..225 => drop(cache.purge_idle(Duration::ZERO)),
            225..228 => drop(cache.trim()),
            228..230 => drop(cache.shrink_to(usize::from(byte - 227) << 12)),
            230..250 => {
                max_bytes = usize::from(byte - 229) << 12;
                cache.resize(max_bytes);
            }
            _ => held.clear(),
        }
        let stats = cache.stats();
        assert_eq!(stats.hits + stats.misses, lookups);
        assert_eq!(told.compiles.load(Ordering::Relaxed), stats.misses);
        assert_eq!(told.evictions.load(Ordering::Relaxed), stats.evictions());
        if held.is_empty() && mode != Mode::Weak {
            assert!(stats.total_bytes() <= max_bytes, "{stats:?}");
        }
        assert!(pool.total_bytes() <= 8 << 10);
    }
    for regex in &held {
        let again = repool::Regex::new(regex.as_str()).expect("it compiled before");
        let haystack = "abc xyz 12 STRASSE bbb";
        assert_eq!(regex.find(haystack).map(|m| m.range()), again.find(haystack).map(|m| m.range()));
    }
});
