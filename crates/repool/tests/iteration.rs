//! From match to match, and what lies between: side by side with `regex`, on patterns that match the
//! empty string and on texts of more than one byte a character.

const PATTERNS: &[&str] = &[
    "",
    "a",
    "a*",
    "a|",
    "|a",
    "(a)|b*",
    "(?:a*)*",
    "a??",
    "a*?b?",
    r"\b",
    r"\B",
    "(?m)^",
    "(?m)$",
    "^",
    "$",
    r"\z",
    r"\A",
    "é*",
    "[é日]*",
    ".?",
    "(?s:.)",
    r"\w*",
    r"\W*",
    r"(\w)(\w)?",
    r"\d+|",
    "(?i)É|x*",
    r"(?<word>\w+)|(?<gap>\s+)",
    r"\s*,\s*",
    "[^,]*",
];

const HAYSTACKS: &[&str] = &[
    "",
    "a",
    "b",
    "aa",
    "ab",
    "baac",
    "é",
    "aé",
    "éa",
    "日本語",
    "a\nb\n",
    "\n\n",
    "a, b,c ,",
    ",",
    ",,",
    "12 ab é3",
    "x́y",
    "aaa日b",
];

#[test]
fn matches_of_strings() {
    for pattern in PATTERNS {
        let (ours, theirs) = strings(pattern);
        for hay in HAYSTACKS {
            let a: Vec<_> = ours.find_iter(hay).map(|m| m.range()).collect();
            let b: Vec<_> = theirs.find_iter(hay).map(|m| m.range()).collect();
            assert_eq!(a, b, "{pattern:?} on {hay:?}");
            assert_eq!(
                ours.find_iter(hay).count(),
                b.len(),
                "{pattern:?} on {hay:?}"
            );
            assert_eq!(
                ours.captures_iter(hay).count(),
                b.len(),
                "{pattern:?} on {hay:?}"
            );
        }
    }
}

#[test]
fn matches_of_bytes() {
    for pattern in PATTERNS {
        let (ours, theirs) = bytes(pattern);
        for hay in byte_haystacks() {
            let a: Vec<_> = ours.find_iter(&hay).map(|m| m.range()).collect();
            let b: Vec<_> = theirs.find_iter(&hay).map(|m| m.range()).collect();
            assert_eq!(a, b, "{pattern:?} on {:?}", hay.escape_ascii().to_string());
            assert_eq!(ours.find_iter(&hay).count(), b.len(), "{pattern:?}");
        }
    }
}

#[test]
fn groups() {
    for pattern in PATTERNS {
        let (ours, theirs) = strings(pattern);
        for hay in HAYSTACKS {
            let a: Vec<_> = ours.captures_iter(hay).map(|c| format!("{c:?}")).collect();
            let b: Vec<_> = theirs
                .captures_iter(hay)
                .map(|c| format!("{c:?}"))
                .collect();
            assert_eq!(a, b, "{pattern:?} on {hay:?}");
        }
        let (ours, theirs) = bytes(pattern);
        for hay in byte_haystacks() {
            let a: Vec<_> = ours.captures_iter(&hay).map(|c| format!("{c:?}")).collect();
            let b: Vec<_> = theirs
                .captures_iter(&hay)
                .map(|c| format!("{c:?}"))
                .collect();
            assert_eq!(a, b, "{pattern:?}");
        }
    }
}

#[test]
fn pieces() {
    for pattern in PATTERNS {
        let (ours, theirs) = strings(pattern);
        for hay in HAYSTACKS {
            let a: Vec<_> = ours.split(hay).collect();
            assert_eq!(
                a,
                theirs.split(hay).collect::<Vec<_>>(),
                "{pattern:?} on {hay:?}"
            );
            for limit in 0..5 {
                let a: Vec<_> = ours.splitn(hay, limit).collect();
                let b: Vec<_> = theirs.splitn(hay, limit).collect();
                assert_eq!(a, b, "{pattern:?} on {hay:?}, at most {limit}");
            }
        }
        let (ours, theirs) = bytes(pattern);
        for hay in byte_haystacks() {
            let a: Vec<_> = ours.split(&hay).collect();
            assert_eq!(a, theirs.split(&hay).collect::<Vec<_>>(), "{pattern:?}");
            let a: Vec<_> = ours.splitn(&hay, 2).collect();
            assert_eq!(a, theirs.splitn(&hay, 2).collect::<Vec<_>>(), "{pattern:?}");
        }
    }
}

#[test]
fn from_every_place() {
    for pattern in PATTERNS {
        let (ours, theirs) = strings(pattern);
        let mut at = ours.capture_locations();
        for hay in HAYSTACKS {
            for start in 0..=hay.len() + 1 {
                let place = format!("{pattern:?} on {hay:?} from {start}");
                let a = ours.find_at(hay, start).map(|m| m.range());
                let b = theirs.find_at(hay, start).map(|m| m.range());
                assert_eq!(a, b, "{place}");
                assert_eq!(ours.is_match_at(hay, start), b.is_some(), "{place}");
                assert_eq!(
                    ours.shortest_match_at(hay, start).is_some(),
                    b.is_some(),
                    "{place}"
                );
                let read = ours
                    .captures_read_at(&mut at, hay, start)
                    .map(|m| m.range());
                assert_eq!(read, b, "{place}");
                assert_eq!(at.get(0), b.map(|b| (b.start, b.end)), "{place}");
            }
        }
    }
}

#[test]
fn an_iterator_that_is_over_stays_over() {
    let re = repool::Regex::new("a|").unwrap();
    let mut matches = re.find_iter("a");
    assert_eq!(matches.by_ref().count(), 1);
    assert_eq!(matches.next(), None);
    let mut pieces = re.splitn("abc", 2);
    assert_eq!(pieces.by_ref().count(), 2);
    assert_eq!((pieces.next(), pieces.next()), (None, None));
}

#[test]
#[should_panic(expected = "invalid span 3..1 for haystack of length 1")]
fn a_place_outside_panics() {
    let re = repool::Regex::new("a").unwrap();
    let _ = re.find_at("a", 3);
}

fn strings(pattern: &str) -> (repool::Regex, regex::Regex) {
    (
        repool::Regex::new(pattern).unwrap(),
        regex::Regex::new(pattern).unwrap(),
    )
}

fn bytes(pattern: &str) -> (repool::bytes::Regex, regex::bytes::Regex) {
    (
        repool::bytes::Regex::new(pattern).unwrap(),
        regex::bytes::Regex::new(pattern).unwrap(),
    )
}

/// The strings, and bytes that are none.
fn byte_haystacks() -> impl Iterator<Item = Vec<u8>> {
    let bad: [&[u8]; 5] = [
        b"\xFF",
        b"a\xFFb",
        b"\xE6\x97",
        b"\xC3a\xC3\xA9",
        b"\xF0\x9F\x92",
    ];
    let strings = HAYSTACKS.iter().map(|hay| hay.as_bytes());
    strings.chain(bad).map(<[u8]>::to_vec)
}
