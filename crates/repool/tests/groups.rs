//! What a pattern reports about its groups, compared with `regex`.

use repool::{Regex, bytes};

/// Groups that every match has, and groups that some matches lack: in repeats, alternations,
/// nested, named, empty, unreachable.
const PATTERNS: &[&str] = &[
    "",
    "a",
    "(a)",
    "(a)(b)",
    "(a)|b",
    "(a)|(b)",
    "(a)(b)|(c)(d)",
    "(a)|(b)(c)",
    "(a)?",
    "(a)*",
    "(a)+",
    "(a){2}",
    "(a){0,2}",
    "(a){0}",
    "((a))",
    "((a)|b)",
    "((a)|(b))+",
    "(?:(a)|(b))?",
    "(?:x|(a))(b)",
    "(a){0}(b)",
    "()",
    "()|()",
    "(?<n>a)(?<m>b)",
    "(?:(a)(b)?)+",
    "((((a)?)))",
    "(?:a|b|(c)|d)",
    r"\b(a)\b|^(b)$",
    "(a|b|c)(x)|(y)(z)",
    "(?:(?:(a))){3,}",
    "(a){1,}?(b)??",
    "([a&&b])|c",
    r"()[^\s\S]",
    r"()|[^\s\S]",
    r"([^\s\S])",
    r"[^\s\S]()",
];

#[test]
fn static_counts_are_those_of_regex() {
    for pattern in PATTERNS {
        let (ours, theirs) = (
            Regex::new(pattern).unwrap(),
            regex::Regex::new(pattern).unwrap(),
        );
        assert_eq!(ours.captures_len(), theirs.captures_len(), "{pattern:?}");
        assert_eq!(
            ours.static_captures_len(),
            theirs.static_captures_len(),
            "{pattern:?}"
        );
        let ours: Vec<_> = ours.capture_names().collect();
        let theirs: Vec<_> = theirs.capture_names().collect();
        assert_eq!(ours, theirs, "{pattern:?}");
    }
}

#[test]
fn static_counts_of_delegated_patterns() {
    for pattern in [
        r"(?-u:\xFF)(\p{Greek})",
        r"(?-u:\xFF)(\p{Greek})?",
        r"(?-u:[^a])(?<x>é|\p{L})",
    ] {
        let ours = bytes::Regex::new(pattern).unwrap();
        let theirs = regex::bytes::Regex::new(pattern).unwrap();
        assert_eq!(
            ours.static_captures_len(),
            theirs.static_captures_len(),
            "{pattern:?}"
        );
        let hay = "\u{3b1}z\u{3b2}".as_bytes();
        let hay = [b"\xFF", hay].concat();
        assert_eq!(
            format!("{:?}", ours.captures(&hay)),
            format!("{:?}", theirs.captures(&hay)),
            "{pattern:?}"
        );
    }
}

#[test]
fn extract_gives_the_groups_that_take_part() {
    let re = Regex::new(r"(a)-(\d)|(b)=(\d)").unwrap();
    let captures = re.captures("b=7").unwrap();
    assert_eq!(captures.extract(), ("b=7", ["b", "7"]));
    let re = bytes::Regex::new(r"(\w)(\W)").unwrap();
    let (all, [word, other]) = re.captures(b"a!").unwrap().extract();
    assert_eq!((all, word, other), (&b"a!"[..], &b"a"[..], &b"!"[..]));
}

#[test]
#[should_panic(expected = "number of capture groups can vary in a match")]
fn extract_of_a_varying_number_panics() {
    let re = Regex::new("(a)(b)?").unwrap();
    let _ = re.captures("a").unwrap().extract::<1>();
}

#[test]
#[should_panic(expected = "asked for 2 groups, but must ask for 1")]
fn extract_of_another_number_panics() {
    let re = Regex::new("(a)").unwrap();
    let _ = re.captures("a").unwrap().extract::<2>();
}

#[test]
#[should_panic(expected = "no group at index '2'")]
fn an_index_without_a_group_panics() {
    let re = Regex::new("(a)(b)?").unwrap();
    let _ = &re.captures("a").unwrap()[2];
}

#[test]
#[should_panic(expected = "no group named 'b'")]
fn a_name_without_a_group_panics() {
    let re = Regex::new("(?<a>a)").unwrap();
    let _ = &re.captures("a").unwrap()["b"];
}

#[test]
fn more_groups_than_fit_the_stack() {
    let pattern = (0..40)
        .map(|i| format!("(?<g{i}>{i};)?"))
        .collect::<String>();
    let re = Regex::new(&pattern).unwrap();
    let hay = (0..40).map(|i| format!("{i};")).collect::<String>();
    let captures = re.captures(&hay).unwrap();
    assert_eq!(captures.len(), 41);
    assert_eq!((&captures[1], &captures["g39"]), ("0;", "39;"));
}

#[test]
fn places_of_another_pattern_are_cut_to_size() {
    let (two, none) = (Regex::new("(a)(b)").unwrap(), Regex::new("a").unwrap());
    let mut at = none.capture_locations();
    assert!(two.captures_read(&mut at, "ab").is_some());
    assert_eq!((at.get(0), at.get(1), at.len()), (Some((0, 2)), None, 1));
    let mut at = two.capture_locations();
    two.captures_read(&mut at, "ab").unwrap();
    assert!(none.captures_read(&mut at, "xa").is_some());
    assert_eq!(
        (at.get(0), at.get(1), at.get(2)),
        (Some((1, 2)), None, None)
    );
    assert!(none.captures_read(&mut at, "x").is_none());
    assert_eq!(at.get(0), None);
}
