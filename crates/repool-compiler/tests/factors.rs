//! Factors: a few literals, at least one of them in every match.

use repool_compiler::Factors;
use repool_syntax::{Ir, Syntax, UNBOUNDED, parse};

/// The factors of a pattern as text: the group, whether case is ignored, and the bytes in front.
fn factors(pattern: &str) -> Option<Vec<String>> {
    let mut ir = Ir::new();
    parse(pattern, &Syntax::default(), &mut ir).expect("the pattern is valid");
    let mut factors = Factors::default();
    let found = factors.find(&ir)?;
    let text = |factor: repool_compiler::Factor<'_>| {
        let bytes = factor.bytes.escape_ascii();
        let case = if factor.folded { "i" } else { "" };
        let before = match factor.before_max {
            UNBOUNDED => format!("{}..", factor.before_min),
            max => format!("{}..{max}", factor.before_min),
        };
        format!("{} {case}'{bytes}' {before}", factor.group)
    };
    Some(found.map(text).collect())
}

#[track_caller]
fn check(pattern: &str, expected: &[&str]) {
    assert_eq!(
        factors(pattern).as_deref(),
        Some(expected)
            .map(|e| e.iter().map(|&t| t.to_owned()).collect::<Vec<_>>())
            .as_deref(),
        "{pattern:?}"
    );
}

#[track_caller]
fn check_none(pattern: &str) {
    assert_eq!(factors(pattern), None, "{pattern:?}");
}

#[test]
fn literals_alternations_and_classes_are_multiplied_out() {
    check("needle", &["0 'needle' 0..0"]);
    check("(?:get|post) /x", &["0 'get /x' 0..0", "0 'post /x' 0..0"]);
    check(
        "[ab]xyz[01]",
        &[
            "0 'axyz0' 0..0",
            "0 'axyz1' 0..0",
            "0 'bxyz0' 0..0",
            "0 'bxyz1' 0..0",
        ],
    );
    check("colou?rs", &["0 'colors' 0..0", "0 'colours' 0..0"]);
    check("(xyz){2}", &["0 'xyzxyz' 0..0"]);
    check("(?:xy){2,}", &["0 'xyxy' 0..0"]);
    check("q{9}", &["0 'q' 0..0"]);
}

#[test]
fn the_rarest_choice_wins_and_another_comes_second() {
    check(r"\d{3}xyz\w*", &["0 'xyz' 3..12"]);
    check(
        "needle[^a]*haystack",
        &["0 'haystack' 6..", "1 'needle' 0..0"],
    );
    check(r"\w+@\w+|colour", &["0 '@' 1..", "0 'colour' 0..0"]);
    check(
        r"(?:\d|xyz)(?:foo|bar)\d",
        &["0 'foo' 1..4", "0 'bar' 1..4"],
    );
    check(r"\d(?:a[^b]qqq|zzz)", &["0 'qqq' 3..9", "0 'zzz' 1..4"]);
}

#[test]
fn assertions_consume_nothing() {
    check(r"\bab\Bcd$", &["0 'abcd' 0..0"]);
    check(r"(?m)^needle$", &["0 'needle' 0..0"]);
}

#[test]
fn case_is_that_of_ascii() {
    check("(?i)get", &["0 i'get' 0..0"]);
    check("(?i)a1(?-i)B", &["0 i'a1b' 0..0"]);
    // A character above ASCII may stand in the place of `s` and `k`.
    check(
        r"(?i)\dskip\d",
        &[
            "0 i'skip' 1..4",
            r"0 '\xc5\xbf' 0..",
            r"0 '\xe2\x84\xaa' 0..",
        ],
    );
    // Other letters are multiplied out.
    check("(?i)é!", &[r"0 '\xc3\x89!' 0..0", r"0 '\xc3\xa9!' 0..0"]);
}

#[test]
fn what_is_common_or_may_be_missing_is_no_factor() {
    for pattern in [
        "", "a*", r"\w+", "e", "[a-z]", "(?:xyz)?", "xyz|", r"xyz|\d", ".", "[a-f]",
    ] {
        check_none(pattern);
    }
}

#[test]
fn what_never_matches_has_no_factors_at_all() {
    check(r"[^\s\S]", &[]);
    check(r"a[^\s\S]b", &[]);
}

#[test]
fn large_patterns_take_bounded_memory() {
    // Without their common prefixes, these are more strings than a pattern may have.
    let words: Vec<String> = (0..100_000).map(|i| format!(r"\d{i}word")).collect();
    check_none(&words.join("|"));
    let words: Vec<String> = (100..999).map(|i| format!(r"\d{i}word")).collect();
    assert_eq!(factors(&words.join("|")).map(|f| f.len()), Some(899));
    let mut ir = Ir::new();
    let deep = "(?:ab|cd)".repeat(100_000);
    parse(&deep, &Syntax::default(), &mut ir).expect("the pattern is valid");
    let mut factors = Factors::default();
    let _ = factors.find(&ir).is_some();
    assert!(
        factors.scratch_bytes() < 16 << 20,
        "{}",
        factors.scratch_bytes()
    );
}
