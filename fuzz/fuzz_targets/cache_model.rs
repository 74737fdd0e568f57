//! A cache under any sequence of calls keeps its promises: the budget, the statistics, valid handles.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// A few patterns of very different sizes.
const PATTERNS: &[&str] = &[
    "a", "b+", "(", "[a-z]{3,40}x", r"\w+\s\d", "(?i)straße|façade", "x{1000}", "(a|b)*c", "z{2",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

fuzz_target!(|data: &[u8]| {
    let mut max_bytes = 64 << 10;
    let cache = repool::Cache::builder().max_bytes(max_bytes).build();
    let mut held = Vec::new();
    let mut lookups = 0;
    for &byte in data {
        match byte {
            0..200 => {
                let pattern = PATTERNS[usize::from(byte) % PATTERNS.len()];
                lookups += 1;
                if let Ok(regex) = cache.compile(pattern) {
                    assert_eq!(regex.as_str(), pattern);
                    if byte % 3 == 0 {
                        held.push(regex);
                    }
                }
            }
            200..220 => drop(held.pop()),
            220..225 => cache.purge(),
            225..230 => drop(cache.trim()),
            230..250 => {
                max_bytes = usize::from(byte - 229) << 12;
                cache.resize(max_bytes);
            }
            _ => held.clear(),
        }
        let stats = cache.stats();
        assert_eq!(stats.hits + stats.misses, lookups);
        if held.is_empty() {
            assert!(stats.total_bytes() <= max_bytes, "{stats:?}");
        }
    }
    for regex in &held {
        let again = repool::Regex::new(regex.as_str()).expect("it compiled before");
        let haystack = "abc xyz 12 STRASSE bbb";
        assert_eq!(regex.find(haystack).map(|m| m.range()), again.find(haystack).map(|m| m.range()));
    }
});
