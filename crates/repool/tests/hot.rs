//! Hot patterns in a full cache: they get plans and tables, for which cold patterns are evicted.

use repool::Cache;

const LINE: &str = "2026-11-21T10:00:00Z INFO request served in 17 ms, nothing refuse to report";

#[test]
fn a_hot_pattern_gets_its_plan_in_a_full_cache() {
    let cache = Cache::builder().max_bytes(256 << 10).build();
    for i in 0..2000 {
        cache.compile(&format!("cold{i}|never again{i}")).unwrap();
    }
    // The budget has no free byte and no spare one.
    cache.resize(cache.stats().total_bytes());
    cache.resize(cache.stats().total_bytes());
    let full = cache.stats();
    assert!(full.evictions() > 0, "{full}");
    assert_eq!(full.table_bytes, 0);
    for _ in 0..2_000 {
        let hot = cache.compile("refused|timed out").unwrap();
        assert!(!hot.is_match(LINE));
    }
    let stats = cache.stats();
    assert!(stats.table_bytes > 0, "{stats}");
    assert!(stats.total_bytes() <= cache.max_bytes(), "{stats}");
}

#[test]
fn hot_patterns_leave_programs_their_part() {
    let cache = Cache::builder().max_bytes(256 << 10).build();
    for i in 0..300 {
        let hot = cache.compile(&format!("(?i)hot{i}|refused{i}")).unwrap();
        for _ in 0..60 {
            assert!(!hot.is_match(LINE));
        }
        let stats = cache.stats();
        assert!(stats.total_bytes() <= cache.max_bytes(), "{stats}");
    }
    let stats = cache.stats();
    assert!(stats.entries > 100, "{stats}");
}
