//! Sets: the same answers as a search for each pattern, and as `regex`.

use repool::{Error, RegexSet, RegexSetBuilder, bytes};

#[test]
fn the_same_patterns_match_as_in_regex() {
    let patterns = [
        r"\bfoo\b", "fo+", "^bar", "bar$", "", r"\d{2,}", "(?i)BAZ", "[^a-z]", "é",
    ];
    let (ours, theirs) = (
        RegexSet::new(patterns).unwrap(),
        regex::RegexSet::new(patterns).unwrap(),
    );
    let ours_bytes = bytes::RegexSet::new(patterns).unwrap();
    for hay in ["", "foo", "barfoo", "foobar 12", "baz", "é", "xx", "bar"] {
        let expected: Vec<usize> = theirs.matches(hay).into_iter().collect();
        assert_eq!(
            ours.matches(hay).into_iter().collect::<Vec<_>>(),
            expected,
            "{hay:?}"
        );
        assert_eq!(
            ours.matches(hay).iter().collect::<Vec<_>>(),
            expected,
            "{hay:?}"
        );
        let matches = ours_bytes.matches(hay.as_bytes());
        assert_eq!(
            (&matches).into_iter().collect::<Vec<_>>(),
            expected,
            "{hay:?}"
        );
        assert_eq!(ours.is_match(hay), theirs.is_match(hay));
        for start in 0..=hay.len() + 1 {
            let expected: Vec<usize> = theirs.matches_at(hay, start).into_iter().collect();
            assert_eq!(
                ours.matches_at(hay, start).into_iter().collect::<Vec<_>>(),
                expected
            );
            assert_eq!(ours.is_match_at(hay, start), theirs.is_match_at(hay, start));
            let mut flags = [false; 9];
            assert_eq!(
                ours.matches_read_at(&mut flags, hay, start),
                !expected.is_empty()
            );
            assert_eq!(flags.iter().filter(|&&flag| flag).count(), expected.len());
        }
    }
}

#[test]
fn more_patterns_than_bits_in_a_word() {
    let set = RegexSet::new((0..150).map(|i| format!("<{i}>"))).unwrap();
    let matches = set.matches("<0><63><64><127><128><149>");
    assert_eq!(
        matches.iter().collect::<Vec<_>>(),
        [0, 63, 64, 127, 128, 149]
    );
    assert_eq!(
        matches.iter().rev().collect::<Vec<_>>(),
        [149, 128, 127, 64, 63, 0]
    );
    assert_eq!(matches.len(), 150);
    assert!(matches.matched(149) && !matches.matched(150));
    let mut both = matches.into_iter();
    assert_eq!(
        (both.next_back(), both.next(), both.next_back()),
        (Some(149), Some(0), Some(128))
    );
    assert_eq!(both.count(), 3);
}

#[test]
fn the_set_of_nothing() {
    for set in [
        RegexSet::empty(),
        RegexSet::default(),
        RegexSet::new([""; 0]).unwrap(),
    ] {
        assert!(set.is_empty() && set.patterns().is_empty());
        assert!(!set.is_match("anything"));
        let matches = set.matches("anything");
        assert!(!matches.matched_any() && matches.matched_all());
        assert_eq!((matches.len(), matches.iter().next()), (0, None));
    }
    assert_eq!(format!("{:?}", RegexSet::empty()), "RegexSet([])");
}

#[test]
fn limits_are_for_the_whole_set() {
    let many = vec![r"\w{2,9}x[a-f]+"; 100];
    let refused = RegexSetBuilder::new(&many).size_limit(4 << 10).build();
    assert_eq!(refused.unwrap_err(), Error::CompiledTooBig(4 << 10));
    assert!(
        RegexSetBuilder::new(&many)
            .size_limit(1 << 20)
            .build()
            .is_ok()
    );
}

#[test]
fn one_bad_pattern_spoils_the_set() {
    let error = RegexSet::new(["a", "(b", "c"]).unwrap_err();
    assert!(error.to_string().contains("unclosed group"), "{error}");
}
