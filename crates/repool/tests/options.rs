//! Every setting, on both kinds of haystack, compared with `regex`.

use std::collections::HashSet;

use repool::Options;

/// Switches one setting from its default on every type that has it, and checks a search that shows
/// the difference.
macro_rules! check {
    ($name:ident($value:expr), $pattern:expr, $hay:expr) => {{
        let pattern = &String::from($pattern);
        let mut theirs = regex::RegexBuilder::new(pattern);
        let expected = theirs
            .$name($value)
            .build()
            .unwrap()
            .find($hay)
            .map(|m| m.range());
        let usual = regex::Regex::new(pattern)
            .ok()
            .and_then(|re| re.find($hay))
            .map(|m| m.range());
        assert_ne!(expected, usual, "the setting does not show");

        let mut options = Options::new();
        options.$name($value);
        assert_ne!(options, Options::new());
        let built = repool::RegexBuilder::new(pattern)
            .$name($value)
            .build()
            .unwrap();
        let compiled = repool::compile_with(pattern, &options).unwrap();
        for ours in [built, compiled] {
            assert_eq!(ours.find($hay).map(|m| m.range()), expected);
        }
        let built = repool::bytes::RegexBuilder::new(pattern)
            .$name($value)
            .build()
            .unwrap();
        let compiled = repool::bytes::compile_with(pattern, &options).unwrap();
        for ours in [built, compiled] {
            assert_eq!(ours.find($hay.as_bytes()).map(|m| m.range()), expected);
        }
        let set = repool::RegexSetBuilder::new([pattern])
            .$name($value)
            .build()
            .unwrap();
        assert_eq!(set.is_match($hay), expected.is_some());
        let set = repool::bytes::RegexSetBuilder::new([pattern])
            .$name($value)
            .build()
            .unwrap();
        assert_eq!(set.is_match($hay.as_bytes()), expected.is_some());
    }};
}

#[test]
fn settings_mean_what_they_mean_in_regex() {
    check!(case_insensitive(true), "straße|ñ", "Ñ");
    check!(multi_line(true), "^b$", "a\nb");
    check!(dot_matches_new_line(true), "a.b", "a\nb");
    check!(crlf(true), "(?m)^b$", "a\r\nb\r\n");
    check!(line_terminator(b'\0'), "(?m)^b$", "a\0b\0");
    check!(swap_greed(true), "a+", "aaa");
    check!(ignore_whitespace(true), "a b # end", "ab");
    check!(unicode(false), r"\w+", "éa");
    check!(octal(true), r"\141", "a");
}

#[test]
fn a_terminator_above_ascii_is_for_bytes() {
    let over = |unicode| {
        let mut builder = repool::bytes::RegexBuilder::new(r".");
        builder.line_terminator(0xFF).unicode(unicode).build()
    };
    assert!(over(false).is_ok());
    assert!(
        repool::RegexBuilder::new(".")
            .line_terminator(0xFF)
            .build()
            .is_err()
    );
    assert_eq!(
        over(true).is_ok(),
        regex::bytes::RegexBuilder::new(".")
            .line_terminator(0xFF)
            .build()
            .is_ok()
    );
}

#[test]
fn options_are_values() {
    let mut set = HashSet::new();
    let mut options = Options::new();
    assert!(set.insert(options.clone()));
    assert!(!set.insert(Options::default()));
    options.case_insensitive(true).nest_limit(7);
    assert!(set.insert(options.clone()));
    options.case_insensitive(false).nest_limit(1_000);
    assert!(!set.insert(options));
}
