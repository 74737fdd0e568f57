//! The facts in the header: needles, first bytes, flags, lengths, states.

mod support;

use repool_program::{Flags, UNBOUNDED};
use repool_syntax::Syntax;
use support::compile;

const ANCHORED_START: Flags = Flags::ANCHORED_START;
const ANCHORED_END: Flags = Flags::ANCHORED_END;
const ONE_PASS: Flags = Flags::ONE_PASS;
const LITERAL: Flags = Flags::LITERAL;
const ASCII: Flags = Flags::ASCII;

/// The lines of the disassembly that start with `what`, without that start.
fn lines(pattern: &str, what: &str) -> Vec<String> {
    let image = compile(pattern, &Syntax::default());
    let text = image.program().to_string();
    let lines = text.lines().filter_map(|l| l.strip_prefix(what));
    lines.map(|l| l.trim().to_owned()).collect()
}

#[track_caller]
fn check_needles(pattern: &str, prefix: Option<&str>, required: Option<&str>) {
    let prefix: Vec<&str> = prefix.into_iter().collect();
    let required: Vec<&str> = required.into_iter().collect();
    assert_eq!(lines(pattern, "prefix "), prefix, "prefix of {pattern:?}");
    assert_eq!(
        lines(pattern, "required "),
        required,
        "required of {pattern:?}"
    );
}

#[test]
fn prefixes() {
    check_needles("abc", Some("\"abc\""), None);
    check_needles("a", Some("\"a\""), None);
    check_needles("é[0-9]", Some("\"é\""), None);
    check_needles("(?i)abc[0-9]", Some("\"abc\" (ascii fold)"), None);
    check_needles("(abc)+[0-9]", Some("\"abc\""), None);
    check_needles("(?:abc){20}", Some("\"abc\""), None);
    check_needles(r"^\babc[0-9]", Some("\"abc\""), None);
    check_needles("(?:abc)?[0-9]", None, None);
    check_needles("abc|bcd", None, None);
    check_needles("[0-9]", None, None);
    check_needles("", None, None);
}

#[test]
fn required_literals() {
    let after = |n: u32| format!("\"xyz\" after at most {n} bytes");
    check_needles("[0-9]xyz", None, Some(&after(1)));
    check_needles(r"\d{2,5}xyz", None, Some(&after(20)));
    check_needles(r"(?:[ab]{3}(?:xyz)+)+", None, Some(&after(3)));
    check_needles("[0-9]*xyz", None, Some("\"xyz\""));
    check_needles(r"[^\n]*xyz[^\n]*", None, Some("\"xyz\""));
    check_needles("a[0-9]{2}xyz", Some("\"a\""), Some(&after(3)));
    check_needles("Holmes[0-9]ab", Some("\"Holmes\""), None);
    check_needles("[0-9](?:xyz)?", None, None);
    check_needles("[0-9](?:xyz|abc)", None, None);
    // These stand in nearly every text.
    check_needles(r"[0-9] [0-9]", None, None);
    check_needles(r"[0-9]e[0-9]", None, None);
}

#[track_caller]
fn check_first(pattern: &str, first: Option<&str>) {
    let first: Vec<&str> = first.into_iter().collect();
    assert_eq!(lines(pattern, "first "), first, "first of {pattern:?}");
}

#[test]
fn first_bytes() {
    check_first("[0-9]+x", Some("[0-9]"));
    check_first(r"\d", Some(r"[0-9\xC2-\xF4]"));
    check_first("(?:Android|iOS)", Some("[Ai]"));
    check_first("(?:x|[0-9])?Z", Some("[0-9Zx]"));
    // A prefix rejects more.
    check_first("ab[0-9]", None);
    // An empty match starts anywhere.
    check_first("[0-9]*", None);
    // Most bytes of a text would be candidates.
    check_first("[a-z]+x", None);
    check_first(".x", None);
    // A search that starts at the start of the haystack has nothing to skip.
    check_first("^[0-9]", None);
}

#[track_caller]
fn check_flags(pattern: &str, yes: &[Flags], no: &[Flags]) {
    let flags = compile(pattern, &Syntax::default()).program().flags();
    let all = |of: &[Flags]| of.iter().fold(Flags::default(), |a, &b| a.with(b));
    assert!(flags.contains(all(yes)), "{pattern:?} has {flags:?}");
    assert_eq!(flags.0 & all(no).0, 0, "{pattern:?} has {flags:?}");
}

#[test]
fn anchors_and_literals() {
    check_flags("^abc$", &[ANCHORED_START, ANCHORED_END], &[LITERAL]);
    check_flags("(^a|^b)c", &[ANCHORED_START], &[ANCHORED_END]);
    check_flags("^a|b", &[], &[ANCHORED_START]);
    check_flags("(?m)^a$", &[], &[ANCHORED_START, ANCHORED_END]);
    check_flags("abc", &[LITERAL, ASCII], &[]);
    check_flags("(?i)abc", &[LITERAL, ASCII], &[]);
    check_flags("(abc)", &[ASCII], &[LITERAL]);
    check_flags(&"x".repeat(5_000), &[ASCII], &[LITERAL]);
}

#[test]
fn ascii() {
    check_flags(r"[a-z]+\x20(?-u:\b)", &[ASCII], &[]);
    check_flags(r"\w", &[], &[ASCII]);
    check_flags("[^a]", &[], &[ASCII]);
    check_flags("é", &[], &[ASCII]);
    check_flags(r"\ba", &[], &[ASCII]);
    // The Kelvin sign and the long s.
    check_flags("(?i)k", &[], &[ASCII]);
    check_flags("(?i)s", &[], &[ASCII]);
}

#[test]
fn one_pass() {
    for pattern in [
        "",
        "abc",
        "(a|b)c",
        "(a*)(b+)c?",
        r"(\d+)-(\d+)",
        r"(\w+)\s+(\w+)",
        r"(\w+)[^\w]",
        r#""([^"]*)""#,
        "[ab]{20}",
        "[ab]{2,20}c",
        "(?:ab|cd){3,}",
        "a??b",
        "(?:|a)",
        "(?:é|[a-c])",
    ] {
        check_flags(pattern, &[ONE_PASS], &[]);
    }
    for pattern in [
        "(a|ab)c",
        "a*a",
        "a?a",
        "(?:a|)(?:a|)",
        "(?:()|)",
        "(?:a*)*",
        "(?:a?){20}",
        "[ab]{2,20}b",
        ".*a",
        r"\w+é",
        r"(?:\ba|\Ba)",
        r"\d+\w",
        "(?:a??)??",
        "[éà]*é",
    ] {
        check_flags(pattern, &[], &[ONE_PASS]);
    }
}

#[test]
fn lengths_and_states() {
    let facts = |pattern: &str| compile(pattern, &Syntax::default()).program().facts();
    let lengths = |pattern: &str| (facts(pattern).len_min, facts(pattern).len_max);
    assert_eq!(lengths("a[é]?"), (1, 3));
    assert_eq!(lengths("a+"), (1, UNBOUNDED));
    assert_eq!(lengths("[ab]{3,500}"), (3, 500));
    // These bounds do not fit the header.
    assert_eq!(lengths("[ab]{70000,80000}"), (65_535, UNBOUNDED));
    assert_eq!(facts("abc").states, 3);
    assert_eq!(facts("[ab]{20}").states, 4 + 20 * 2);
    assert_eq!(facts("(a)(b)").group_len, 3);
}
