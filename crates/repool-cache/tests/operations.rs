//! What operators do to a cache: memory back, idle patterns out, tables before programs, all of it off.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use repool_cache::{Cache, Config, Handle, Mode};
use support::{Error, Numbers, ask, on_threads};

fn cache_of(max_bytes: usize) -> Cache<Error> {
    Cache::new(Config {
        max_bytes,
        ..Config::default()
    })
}

fn fill(cache: &Cache<Error>, name: &str, count: usize) {
    for i in 0..count {
        ask(cache, &format!("{name} {i}"), 20).unwrap();
    }
}

/// Publishes tables of `words` words, as an engine does for a hot pattern.
fn heat(handle: &Handle, words: usize) {
    let words = vec![7; words];
    assert!(handle.program().publish(&words).is_some(), "there is room");
}

#[test]
fn tables_go_before_programs() {
    let cache = cache_of(256 << 10);
    for i in 0..10 {
        heat(&ask(&cache, &format!("hot {i}"), 20).unwrap(), 200);
    }
    let held = ask(&cache, "held", 20).unwrap();
    heat(&held, 200);
    let before = cache.stats();
    assert!(before.table_bytes > 11 * 1_600);
    cache.validate();
    let mut flooded = 0;
    while cache.stats().evictions() == 0 && cache.stats().table_drops == 0 {
        flooded += 1;
        ask(&cache, &format!("flood {flooded}"), 20).unwrap();
    }
    let stats = cache.stats();
    assert_eq!(stats.table_drops, 10, "{stats:?}");
    // The tables leave holes in pages that programs are in, too. What needs bytes outside of these pages may evict one.
    assert!(stats.evictions() <= 1, "{stats:?}");
    let evicted = stats.evictions() as usize;
    assert_eq!(stats.entries + evicted, before.entries + flooded);
    assert_eq!(
        stats.table_bytes,
        held.table_bytes(),
        "only the held ones are left"
    );
    assert_eq!(held.program().tables(), Some(&[7; 200][..]));
    cache.validate();
    // They can be earned again.
    let again = ask(&cache, "hot 3", 20).unwrap();
    assert_eq!((again.table_bytes(), again.program().tables()), (0, None));
    heat(&again, 10);
    cache.validate();
    drop((held, again));
    cache.purge();
    assert_eq!(cache.stats().table_bytes, 0);
    cache.validate();
}

#[test]
fn a_flood_does_not_make_hot_patterns_cold() {
    let cache = cache_of(256 << 10);
    for i in 0..5 {
        heat(&ask(&cache, &format!("hot {i}"), 20).unwrap(), 200);
    }
    for i in 0..3_000 {
        ask(&cache, &format!("hot {}", i % 5), 20).unwrap();
        ask(&cache, &format!("flood {i}"), 20).unwrap();
    }
    let stats = cache.stats();
    assert!(stats.evictions_capacity > 2_000);
    assert_eq!((stats.table_drops, stats.misses), (0, 3_005), "{stats:?}");
    cache.validate();
}

#[test]
fn memory_is_given_back_in_order() {
    let cache = cache_of(1 << 20);
    fill(&cache, "p", 500);
    for _ in 0..3 {
        ask(&cache, "p 7", 20).unwrap();
    }
    heat(&ask(&cache, "p 7", 20).unwrap(), 2000);
    let before = cache.stats();
    let freed = cache.shrink_to(before.total_bytes() - 8_000);
    let stats = cache.stats();
    assert_eq!(freed, before.total_bytes() - stats.total_bytes());
    assert!(freed >= 8_000);
    assert_eq!((stats.table_drops, stats.entries), (1, 500), "{stats:?}");

    cache.shrink_to(100 << 10);
    let stats = cache.stats();
    // A sixth of the target may be lost as slack, and each of the four indexes has a page: 80 patterns fill the rest.
    assert!(
        stats.total_bytes() <= 100 << 10 && stats.entries > 80,
        "{stats:?}"
    );
    assert_eq!(stats.evictions(), stats.evictions_pressure);
    assert_eq!(stats.max_bytes, 1 << 20);
    let misses = stats.misses;
    ask(&cache, "p 7", 20).unwrap();
    assert_eq!(
        cache.stats().misses,
        misses,
        "what is asked for often stays"
    );

    let held = ask(&cache, "held", 20).unwrap();
    cache
        .get_or_compile(support::key("("), |_| Err("unclosed".into()))
        .unwrap_err();
    cache.shrink_to(0);
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.error_entries), (0, 0));
    assert_eq!(stats.pinned_bytes, held.memory_bytes());
    assert_eq!(cache.shrink_to(1 << 20), 0);
    cache.validate();
}

#[test]
fn idle_patterns_go_and_others_stay() {
    let cache = cache_of(1 << 20);
    fill(&cache, "idle", 50);
    let held = ask(&cache, "held", 20).unwrap();
    for _ in 0..20 {
        thread::sleep(Duration::from_millis(20));
        ask(&cache, "used", 20).unwrap();
        // Nothing goes too early: only here is anything looked at.
        assert_eq!(cache.purge_idle(Duration::from_secs(3_600)), 0);
    }
    assert_eq!(cache.purge_idle(Duration::from_millis(150)), 50);
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.evictions_idle), (2, 50));
    assert!(held.is_cached());
    drop(held);
    assert_eq!(cache.purge_idle(Duration::ZERO), 2);
    assert_eq!(cache.purge_idle(Duration::ZERO), 0);
    cache.validate();
}

#[test]
fn a_cache_that_is_off_holds_nothing() {
    let cache = cache_of(1 << 20);
    for _ in 0..4 {
        fill(&cache, "p", 20);
    }
    let held = ask(&cache, "p 3", 20).unwrap();
    cache.set_enabled(false);
    assert!(cache.stats().is_off);
    let other = cache_of(1 << 20);
    other.set_enabled(false);
    for _ in 0..3 {
        ask(&other, "p 3", 5).unwrap();
        let handle = ask(&cache, "p 3", 20).unwrap();
        assert!(!handle.is_cached() && !handle.ptr_eq(&held));
        assert_eq!(handle.program().code().len(), 20, "no other cache's");
        cache
            .get_or_compile(support::key("("), |_| Err("unclosed".into()))
            .unwrap_err();
    }
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.error_entries), (0, 0));
    assert_eq!((stats.misses, stats.bypassed, stats.errors), (20 + 6, 3, 3));
    assert_eq!(stats.program_bytes, 0);
    drop(held);
    cache.validate();
    cache.set_enabled(true);
    fill(&cache, "p", 20);
    fill(&cache, "p", 20);
    assert_eq!((cache.stats().entries, cache.stats().is_off), (20, false));
    cache.validate();
}

#[test]
fn operations_beside_everything_else() {
    let cache = cache_of(128 << 10);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (cache, done) = (&cache, &done);
        scope.spawn(move || {
            let mut numbers = Numbers(5);
            while !done.load(Ordering::Relaxed) {
                match numbers.below(6) {
                    0 => drop(cache.shrink_to(64 << 10)),
                    1 => drop(cache.purge_idle(Duration::ZERO)),
                    2 => cache.set_enabled(false),
                    _ => cache.set_enabled(true),
                }
                thread::sleep(Duration::from_micros(200));
            }
            cache.set_enabled(true);
        });
        on_threads(4, || {
            let mut numbers = Numbers(done as *const _ as u64 | 1);
            for _ in 0..2_000 {
                let text = format!("p{}", numbers.below(200));
                let handle = ask(cache, &text, 20).unwrap();
                if numbers.below(8) == 0 {
                    let _ = handle.program().publish(&[1; 100]);
                }
                assert_eq!(handle.program().text(), text);
            }
        });
        done.store(true, Ordering::Relaxed);
    });
    cache.validate();
    let stats = cache.stats();
    assert_eq!(stats.lookups(), 8_000);
    assert_eq!(stats.pinned_bytes, 0);
}

#[test]
fn a_smaller_strict_budget_holds_once_handles_are_gone() {
    for less in (0..12_000).step_by(150) {
        let cache: Cache<Error> = Cache::new(Config {
            max_bytes: 64 << 10,
            mode: Mode::Strict,
            shards: Some(1),
            ..Config::default()
        });
        let empty = cache.total_bytes();
        fill(&cache, "filler", 40);
        let held = ask(&cache, "held", 20).unwrap();
        let again = ask(&cache, "held", 20).unwrap();
        cache.resize(cache.total_bytes().saturating_sub(less));
        let max_bytes = cache.max_bytes();
        assert_eq!(held.program().text(), "held");
        drop((held, again));
        assert!(cache.total_bytes() <= max_bytes.max(empty), "{less} less");
        cache.resize(64 << 10);
        cache.validate();
    }
}

/// The number of cached patterns whose names start with `name`.
fn cached(cache: &Cache<Error>, name: &str) -> usize {
    let start = format!("{name} ");
    cache
        .entries()
        .filter(|e| e.pattern.starts_with(&start))
        .count()
}

#[test]
fn a_smaller_budget_keeps_the_warmest() {
    for shards in [1, 8] {
        let cache: Cache<Error> = Cache::new(Config {
            max_bytes: 2 << 20,
            shards: Some(shards),
            ..Config::default()
        });
        // Repeated requests of this thread hit its thread cache; those of other threads hit theirs.
        fill(&cache, "old", 500);
        fill(&cache, "hot", 100);
        fill(&cache, "elsewhere", 100);
        for _ in 0..4 {
            fill(&cache, "hot", 100);
            on_threads(2, || fill(&cache, "elsewhere", 100));
        }
        fill(&cache, "new", 500);
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.evictions()), (1_200, 0));
        cache.resize(stats.total_bytes() / 3);
        let stats = cache.stats();
        assert!(stats.total_bytes() <= stats.max_bytes, "{stats:?}");
        assert_eq!(stats.evictions(), stats.evictions_resize);
        let kept = ["hot", "elsewhere", "new", "old"].map(|name| cached(&cache, name));
        println!("{shards} shards: {kept:?} of 100, 100, 500, 500");
        assert_eq!(kept[..2], [100, 100], "of {} kept", stats.entries);
        cache.validate();
        // Up again, and nothing was lost by that.
        cache.resize(2 << 20);
        let misses = cache.stats().misses;
        fill(&cache, "hot", 100);
        assert_eq!(cache.stats().misses, misses);
        cache.validate();
    }
}

#[test]
fn a_smaller_budget_keeps_warmer_before_warm() {
    let cache = cache_of(1 << 20);
    fill(&cache, "p", 600);
    for round in 1..4 {
        fill(&cache, "p", 600 / (1 << round));
    }
    let before = cache.total_bytes();
    // Those asked for four times are 75, three times and more 150, twice and more 300.
    for (part, often, at_least) in [(2, 150, 150), (4, 75, 75)] {
        cache.resize(before / part);
        let kept: Vec<String> = cache.entries().map(|e| e.pattern).collect();
        let warm = (0..often).filter(|i| kept.contains(&format!("p {i}")));
        let warm = warm.count();
        println!("{} kept, {warm} of the {often} warmest", kept.len());
        assert!(warm >= at_least, "{warm} of {often}, {} kept", kept.len());
    }
    cache.validate();
}

/// What was needed to remember many patterns goes along with them.
#[test]
fn a_hundredth_of_the_budget_keeps_about_a_hundredth() {
    let cache: Cache<Error> = Cache::new(Config {
        max_bytes: 64 << 20,
        ..Config::default()
    });
    let empty = cache.total_bytes();
    for i in 0..20_000 {
        ask(&cache, &format!("pattern {i}"), 20).unwrap();
    }
    // So that the ghosts are as many as they get.
    cache.resize(cache.total_bytes());
    for i in 20_000..30_000 {
        ask(&cache, &format!("pattern {i}"), 20).unwrap();
    }
    let full = cache.total_bytes() - empty;
    // The eight indexes have a page each, however few patterns there are: a quarter of this hundredth.
    cache.resize(empty + full / 100 + 8 * repool_arena::page_bytes());
    let entries = cache.stats().entries;
    assert!((100..=250).contains(&entries), "{entries}");
    cache.validate();
}
