//! The system refuses a map, or to take pages back, while a cache compiles and evicts. One test, as failures count
//! calls of the whole process.

use repool::{Cache, Error, Mode, Regex};
use repool_arena::faults::{DISCARDS, MAPS};
use repool_arena::page_bytes;

/// A pattern whose program is short, some pages long, or larger than an extent's part.
fn pattern(i: usize) -> String {
    match i % 50 {
        0 => format!("a{i}|").repeat(400),
        1 => format!("long{i}").repeat(3_000),
        _ => format!(r"^tenant-{i}/(\w+)$"),
    }
}

fn check(regex: &Regex, i: usize) {
    if i % 50 > 1 {
        let text = format!("tenant-{i}/x");
        assert_eq!(&regex.captures(&text).expect("a match")[1], "x");
    }
}

/// Compiles and evicts; says how many compiles found no memory.
fn churn(cache: &Cache, from: usize) -> usize {
    let mut refused = 0;
    let mut held = Vec::new();
    for i in from..from + 300 {
        match cache.compile(&pattern(i)) {
            Ok(regex) => {
                check(&regex, i);
                held.push((regex, i));
            }
            Err(Error::OutOfMemory | Error::OverBudget { .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
        if held.len() > 5 {
            let (regex, i) = held.remove(0);
            check(&regex, i);
        }
    }
    refused
}

#[test]
fn a_cache_survives_what_the_system_refuses() {
    for mode in [Mode::Soft, Mode::Strict] {
        for (fault, count) in [
            (&MAPS, 1),
            (&MAPS, 1_000),
            (&DISCARDS, 1),
            (&DISCARDS, 1_000),
        ] {
            for k in (0..24).step_by(3) {
                let max_bytes = 64 * page_bytes();
                let cache = Cache::builder()
                    .max_bytes(max_bytes)
                    .mode(mode)
                    .shards(1)
                    .build();
                fault.arm(k, count);
                let refused = churn(&cache, 0);
                // One map that is refused is made good by an eviction, unless there is nothing to evict.
                assert!(count > 1 || refused <= 1, "{refused} refused");
                fault.disarm();
                let again = churn(&cache, 1_000);
                assert_eq!(again, 0, "as if nothing had been");
                cache.purge();
                cache.trim();
                let stats = cache.stats();
                assert_eq!(stats.total_bytes(), stats.overhead_bytes, "{stats}");
            }
        }
    }
}
