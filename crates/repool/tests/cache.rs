//! The cache as its users see it: hits, entries, statistics, and what stays valid.

use repool::{Cache, Error, Mode, Options, Regex};

#[test]
fn the_same_question_is_a_hit() {
    let cache = Cache::builder().build();
    let first = cache.compile(r"(\w+)-\d").unwrap();
    let second = cache.compile(r"(\w+)-\d").unwrap();
    assert_eq!(first.as_str(), second.as_str());
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits, stats.entries), (1, 1, 1));
    assert_eq!(stats.hit_ratio(), Some(0.5));
}

#[test]
fn whatever_changes_the_result_is_another_entry() {
    type Set = fn(&mut Options);
    let settings: [Set; 11] = [
        |o| {
            o.case_insensitive(true);
        },
        |o| {
            o.multi_line(true);
        },
        |o| {
            o.dot_matches_new_line(true);
        },
        |o| {
            o.crlf(true);
        },
        |o| {
            o.swap_greed(true);
        },
        |o| {
            o.ignore_whitespace(true);
        },
        |o| {
            o.unicode(false);
        },
        |o| {
            o.octal(true);
        },
        |o| {
            o.line_terminator(b';');
        },
        |o| {
            o.nest_limit(9);
        },
        |o| {
            o.size_limit(1 << 16);
        },
    ];
    let cache = Cache::builder().build();
    cache.compile("a").unwrap();
    cache.compile_bytes("a").unwrap();
    for (done, set) in settings.iter().enumerate() {
        let mut options = Options::new();
        set(&mut options);
        cache.compile_with("a", &options).unwrap();
        cache.compile_bytes_with("a", &options).unwrap();
        assert_eq!(cache.stats().entries, 2 * (done + 2), "setting {done}");
        cache.compile_with("a", &options.clone()).unwrap();
    }
    assert_eq!(cache.stats().hits, settings.len() as u64);
    assert_eq!(cache.entries().filter(|entry| entry.is_bytes).count(), 12);
}

#[test]
fn options_spelled_out_are_the_usual_ones() {
    let cache = Cache::builder().build();
    let mut options = Options::new();
    options.unicode(true).nest_limit(1_000).size_limit(10 << 20);
    cache.compile("a").unwrap();
    cache.compile_with("a", &options).unwrap();
    options.dfa_size_limit(1 << 10);
    cache.compile_with("a", &options).unwrap();
    assert_eq!(cache.stats().misses, 1);
}

#[test]
fn errors_are_remembered() {
    let cache = Cache::builder().build();
    let first = cache.compile("(a").unwrap_err();
    assert_eq!(cache.compile("(a").unwrap_err(), first);
    assert_eq!(first, Regex::new("(a").unwrap_err());
    let stats = cache.stats();
    assert_eq!(
        (stats.errors, stats.error_hits, stats.error_entries),
        (1, 1, 1)
    );
    assert!(stats.error_bytes > 0);
}

#[test]
fn the_budget_holds_and_evicted_patterns_go_on() {
    const BUDGET: usize = 64 << 10;
    let cache = Cache::builder().max_bytes(BUDGET).build();
    let held = cache.compile(r"^held-(\d+)$").unwrap();
    for i in 0..2_000 {
        cache.compile(&format!(r"^tenant-{i}/(\w+)$")).unwrap();
        assert!(cache.stats().total_bytes() <= BUDGET);
    }
    let stats = cache.stats();
    assert!(
        stats.evictions_capacity > 0 && stats.entries > 10,
        "{stats}"
    );
    assert_eq!(&held.captures("held-7").unwrap()[1], "7");
}

#[test]
fn strict_refuses_what_soft_reports() {
    let patterns = || (0..200).map(|i| format!(r"^pinned-{i}/(\w+)$"));
    let soft = Cache::builder().max_bytes(32 << 10).build();
    let held: Vec<_> = patterns().map(|p| soft.compile(&p).unwrap()).collect();
    assert!(soft.stats().total_bytes() > 32 << 10);
    assert!(soft.stats().pinned_bytes > 0);
    drop(held);
    assert!(soft.stats().total_bytes() <= 32 << 10);

    let strict = Cache::builder()
        .max_bytes(32 << 10)
        .mode(Mode::Strict)
        .build();
    let results: Vec<_> = patterns().map(|p| strict.compile(&p)).collect();
    let refused = results
        .iter()
        .find_map(|result| result.as_ref().err())
        .unwrap();
    assert!(
        matches!(
            refused,
            Error::OverBudget {
                needed: 1..,
                max: 32_768
            }
        ),
        "{refused}"
    );
    assert!(strict.stats().total_bytes() <= 32 << 10);
}

#[test]
fn purge_trim_and_resize() {
    let cache = Cache::builder().max_bytes(1 << 20).build();
    let empty = cache.stats().total_bytes();
    for i in 0..500 {
        cache.compile(&format!("p{i}[a-z]+")).unwrap();
    }
    cache.resize(128 << 10);
    assert!(cache.stats().total_bytes() <= 128 << 10);
    cache.purge();
    assert_eq!(cache.stats().entries, 0);
    cache.trim();
    let after = cache.stats();
    assert_eq!((after.program_bytes, after.spare_bytes), (0, 0));
    assert!(after.total_bytes() <= empty + (64 << 10), "{after}");
}

#[test]
fn one_compile_however_many_ask() {
    let cache = Cache::builder().build();
    let pattern = r"(?i)\b(\w+)\s+(?:\d{1,3}\.){3}\d{1,3}\b";
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(cache.compile(pattern).unwrap().is_match("at 10.0.0.1")));
        }
    });
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits), (1, 7));
}

#[test]
fn statistics_can_be_read() {
    let cache = Cache::builder().max_bytes(1 << 20).build();
    assert!(
        cache
            .stats()
            .to_string()
            .starts_with("lookups    0: 0 hits, 0 misses")
    );
    for _ in 0..4 {
        cache.compile(r"(?i)\p{Greek}+").unwrap();
    }
    let text = cache.stats().to_string();
    for part in [
        "4: 3 hits (75.0 %), 1 misses",
        "1 cached",
        "of 1.0 MiB",
        "programs",
        "shared tables",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(cache.stats().shared_table_bytes > 0);
    assert!(cache.stats().compile_time_saved > cache.stats().compile_time_spent);
}

#[test]
fn the_global_cache_is_one() {
    let before = Cache::global().stats().misses;
    repool::compile("only here: the_global_cache_is_one").unwrap();
    Cache::global()
        .compile("only here: the_global_cache_is_one")
        .unwrap();
    assert_eq!(Cache::global().stats().misses, before + 1);
}

#[test]
fn hot_patterns_become_cold_before_any_pattern_goes() {
    let cache = Cache::builder().max_bytes(512 << 10).build();
    let haystack = "an 8-bit haystack, without what is sought, ".repeat(2_000);
    let pattern = r"[a-f]+\d[x-z]{2,3}q|n[0-4]+w";
    let found = || {
        cache
            .compile(pattern)
            .unwrap()
            .find(&haystack)
            .map(|m| m.range())
    };
    for _ in 0..50 {
        assert_eq!(found(), None);
    }
    // What is given back after that is no free page.
    cache.trim();
    let hot = cache.stats();
    assert!(hot.table_bytes > 0, "{hot}");
    cache.shrink_to(hot.total_bytes() - 1_000);
    let cold = cache.stats();
    assert_eq!(
        (cold.table_bytes, cold.entries, cold.table_drops),
        (0, 1, 1),
        "{cold}"
    );
    for _ in 0..50 {
        assert_eq!(found(), None);
    }
    assert_eq!(cache.stats().misses, 1);
}

#[test]
fn patterns_are_compiled_ahead() {
    let cache = Cache::builder().build();
    let failed = cache.warm_up(["a+", "b{2,1}", "c", "("]);
    let names: Vec<_> = failed.iter().map(|(pattern, _)| *pattern).collect();
    assert_eq!(names, ["b{2,1}", "("]);
    assert!(
        failed
            .iter()
            .all(|(_, error)| matches!(error, Error::Syntax(_)))
    );
    cache.compile("a+").unwrap();
    assert_eq!((cache.stats().misses, cache.stats().hits), (4, 1));
}

#[test]
fn the_advice_is_what_the_memory_would_have_done() {
    // A loop of patterns: with the memory that the advice names, nearly all of them would be hits.
    let run = |max_bytes| {
        let cache = Cache::builder().max_bytes(max_bytes).shards(1).build();
        for i in 0..20_000 {
            cache.compile(&format!("^route {}$", i % 220)).unwrap();
        }
        cache.stats()
    };
    let small = run(96 << 10);
    // Ghosts remember only what left probation, so the real saving would be larger.
    assert!(small.ghost_hits * 4 > small.misses, "{small}");
    let text = small.to_string();
    let advice = text
        .lines()
        .find(|line| line.starts_with("advice"))
        .unwrap();
    let kib: f64 = advice.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(
        advice.contains(" KiB more would have saved at least "),
        "{advice}"
    );
    assert!(advice.contains(" of compiling per second: "), "{advice}");
    let large = run((96 << 10) + (kib * 1024.0) as usize);
    let saved = small.misses - large.misses;
    assert!(saved * 10 >= small.ghost_hits * 9, "{small}\n{large}");
}
