//! The stages of a pattern, as `repool inspect` prints them.

use repool::{Error, Options, bytes, inspect};

#[test]
fn every_stage_is_there() {
    let inspection = inspect(r"(?<word>\w+)\s{2,5}x", &Options::new()).unwrap();
    assert!(!inspection.ir.is_empty() && !inspection.program.is_empty());
    assert_eq!(inspection.groups, 2);
    assert!(inspection.states > 0);
    assert!(inspection.image_bytes > 100 && inspection.image_bytes <= inspection.reserved_bytes);
    assert_eq!(inspection.delegate_bytes, 0);
    assert_eq!(inspection.engines.len(), 3);
    let fact = |name| {
        inspection
            .facts
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v.as_str())
    };
    assert_eq!(fact("anchored"), Some("no"));
    assert_eq!(fact("length"), Some("4 bytes or more"));
}

#[test]
fn a_literal_is_searched_as_one() {
    let inspection = inspect("needle", &Options::new()).unwrap();
    assert!(
        inspection
            .engines
            .iter()
            .all(|engines| engines.find == "literal")
    );
}

#[test]
fn a_delegated_pattern_says_so() {
    let inspection = bytes::inspect(r"(?-u:\xFF)\p{Greek}", &Options::new()).unwrap();
    assert!(
        inspection
            .engines
            .iter()
            .all(|engines| engines.is_match == "regex-automata")
    );
    assert!(inspection.delegate_bytes > 0 && inspection.program.is_empty());
}

#[test]
fn errors_come_through() {
    assert!(matches!(
        inspect("(", &Options::new()),
        Err(Error::Syntax(_))
    ));
}

/// Pattern, strategy, part of the reason, what finds a span, what finds the groups.
///
/// Compared with profiles of hot images under callgrind, in a log line and in 64 KiB of log lines (2026-11).
const TEN: [[&str; 5]; 10] = [
    [
        "needle",
        "literal",
        "the literal \"needle\"; its rarest byte",
        "literal",
        "literal",
    ],
    [
        "ready|waiting|closed",
        "candidates",
        "first bytes that matches have (Teddy)",
        "Teddy, published table",
        "Teddy, published table",
    ],
    [
        r"\d+",
        "class run",
        r"one class, [0-9\d]",
        "class run",
        "class run",
    ],
    [
        r"\w+@\w+",
        "candidates",
        "a scan backwards from \"@\" leads",
        "reverse table, published table",
        "reverse table, published table",
    ],
    [
        r"^\d{4}-\d{2}",
        "anchored",
        "there is one candidate",
        "published table",
        "published table",
    ],
    [
        "[a-z/]+$",
        "reverse anchored",
        "a scan backwards from there",
        "reverse table",
        "reverse table",
    ],
    [
        "(?i)needle",
        "literal",
        "in either case (ASCII); Teddy",
        "literal",
        "literal",
    ],
    [
        r"(\d{4})-(\d{2})-(\d{2})",
        "candidates",
        "a scan backwards from \"-\" leads",
        "reverse table, published table",
        "reverse table, fused code",
    ],
    [
        ".*x.*",
        "candidates",
        "a scan backwards from \"x\" leads",
        "reverse table, published table",
        "reverse table, published table",
    ],
    [
        "(?:[a-z]+,){200}",
        "candidates",
        "a scan backwards from \",\" leads",
        "reverse table, lazy table",
        "reverse table, lazy table",
    ],
];

#[test]
fn the_first_ten_patterns_are_searched_as_a_profile_shows() {
    for [pattern, strategy, why, find, captures] in TEN {
        let inspection = inspect(pattern, &Options::new()).unwrap();
        assert_eq!(inspection.strategy, strategy, "{pattern}");
        assert!(
            inspection.why.contains(why),
            "{pattern}: {}",
            inspection.why
        );
        let long = inspection.engines.last().unwrap();
        assert_eq!(long.find, find, "{pattern}");
        assert_eq!(long.captures, captures, "{pattern}");
        assert_eq!(
            value(&inspection.hot, "rarity"),
            "estimated for English and logs; the first text searched decides"
        );
    }
}

fn value<'a>(lines: &'a [(&'static str, String)], name: &str) -> &'a str {
    let line = lines.iter().find(|(found, _)| *found == name);
    line.map_or("", |(_, value)| value)
}

#[test]
fn what_is_large_or_slow_is_told() {
    let of = |pattern: &str| inspect(pattern, &Options::new()).unwrap();
    let counted = of("(?:[a-z]+,){200}");
    let states = value(&counted.cost, "states");
    assert!(
        states.ends_with("a counter makes 200 copies of its body"),
        "{states}"
    );
    assert!(value(&counted.hot, "table").starts_with("lazy"));
    // 400 bytes or more.
    assert_eq!(counted.engines[0].find, "nothing: too short for a match");

    let huge = of(r"(?:\w{8}-){3000}");
    assert!(value(&huge.cold, "engines").starts_with("lock-step"));
    assert!(value(&huge.hot, "table").starts_with("none: more than"));
    assert!(huge.engines[2].find.ends_with("lock-step"));

    let small = of(r"[a-z]+\d");
    assert!(value(&small.hot, "table").starts_with("whole, for all threads: 7 states, 6 classes"));
    assert!(value(&small.cost, "64 B").starts_with("none for the table"));
    assert!(value(&small.cold, "engines").starts_with("backtracker"));
}

#[test]
fn words_are_those_of_the_user() {
    let inspection = inspect(
        r"(\p{Greek}+) (?<year>\d{4})",
        Options::new().multi_line(true),
    )
    .unwrap();
    assert_eq!(value(&inspection.facts, "groups"), "1, 2 (year)");
    assert_eq!(value(&inspection.facts, "flags"), "mu");
    assert!(inspection.ir.contains(r"\p{Gre"), "{}", inspection.ir);
    assert!(
        inspection.program.contains(r"\p{Gre"),
        "{}",
        inspection.program
    );
    let inside = inspect(r"\(?a(?i:b)(?s-u)c", &Options::new()).unwrap();
    assert_eq!(value(&inside.facts, "flags"), "u, then (?i), then (?s-u)");
    let folded = inspect(r"(?i)\p{Lu}", &Options::new()).unwrap();
    assert!(folded.program.contains(", any case}"), "{}", folded.program);
}
