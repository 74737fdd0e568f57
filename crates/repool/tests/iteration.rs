//! Iteration over matches and pieces, compared with `regex`: patterns that match the empty string,
//! and texts with several bytes for each character.

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

/// Dense matches of hot patterns: an iteration finds several matches at once, and counting finds
/// ends alone.
#[test]
fn dense_matches_of_hot_patterns() {
    let dense = [
        r"(\w)(\w)(\w)",
        r"\w{2,4}\s+\w{2,4}",
        r"[а-яё]+(?:-[а-яё]+)*",
        r"\d+\.\d+",
        r"\b\w|\d{2}",
        r".*[^A-Z]|[A-Z]",
        r"(?m)\S+\s*$",
        r"[ab]{2,}",
        r"日?本",
        r"\w+",
        r"\b\w+\b",
        r"[A-Z]",
        r"\W",
        r"e",
        r"\w+\s",
        r"(?:...)*C|A",
        r"(?:[AB]{7})+C|[AB]",
        r"(?m)^\s*(?:#|//).*$",
        r"(?m)^[a-z0-9]+",
        r"(?m)^é|^$",
    ];
    let texts = [
        "to be, or not 12.5 to be: AB aa baab\n",
        "то-то и оно, дом-2 é 日本 本 ab\n\n",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "1.2.33 4.5 a1 b22 x x x x\n",
    ];
    for pattern in PATTERNS.iter().chain(&dense) {
        let (ours, theirs) = strings(pattern);
        let all = texts.concat();
        for _ in 0..24 {
            let found = ours.find_iter(&all).count();
            assert_eq!(found, theirs.find_iter(&all).count(), "{pattern:?}");
        }
        for text in texts.iter().chain([&all.as_str()]) {
            let starts = (text.char_indices()).map(|(start, _)| start);
            for hay in starts.map(|start| &text[start..]) {
                let expected: Vec<_> = theirs.find_iter(hay).map(|m| m.range()).collect();
                let found: Vec<_> = ours.find_iter(hay).map(|m| m.range()).collect();
                assert_eq!(found, expected, "{pattern:?} on {hay:?}");
                let count = ours.find_iter(hay).count();
                assert_eq!(count, expected.len(), "{pattern:?} on {hay:?}");
            }
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

/// The strings, and bytes that are not valid UTF-8.
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

/// Runs of one class, so hot that one block of the haystack gives many matches.
#[test]
fn runs_of_hot_patterns() {
    const RUNS: &[&str] = &[
        r"\w+",
        r"\w",
        r"\w+?",
        r"\b\w+\b",
        r"\d+",
        r"[A-Z]",
        r"[^a-m]+",
        r"\s+",
        r"[а-я]+",
        r"(?-u:\w)+",
        r"(?-u:\b\w+\b)",
        r"\S",
        r"\pL+",
        r"\w{2,}",
        r"\w{1,3}",
        r".+",
        r"[^\n]",
        r"\b\w{1,4}\b",
    ];
    const PIECES: &[&str] = &[
        "a",
        "bc",
        "Def",
        " ",
        "  ",
        "\n",
        "7",
        "42",
        "é",
        "слово",
        "日本",
        "_",
        ".",
        "x́",
        "ſK",
        "aLongerWordOfMoreThanSixtyFourBytesWhichNoBlockHoldsAsAWholeSoThatItTouchesTheEnd",
    ];
    let mut seed = 7_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    let mut hays = vec![String::new(); 60];
    for (i, hay) in hays.iter_mut().enumerate() {
        // A third of the haystacks is ASCII, a third has few pieces above ASCII.
        let pieces = [8, PIECES.len(), PIECES.len()][i % 3];
        for _ in 0..next(150) {
            hay.push_str(
                PIECES[if i % 3 == 1 && next(9) > 0 {
                    next(8)
                } else {
                    next(pieces)
                }],
            );
        }
    }
    for pattern in RUNS {
        let (ours, theirs) = strings(pattern);
        let (our_bytes, their_bytes) = bytes(pattern);
        let heat = "x ".repeat(4_000);
        ours.find_iter(&heat).for_each(drop);
        our_bytes.find_iter(heat.as_bytes()).for_each(drop);
        for hay in &hays {
            let a: Vec<_> = ours.find_iter(hay).map(|m| m.range()).collect();
            let b: Vec<_> = theirs.find_iter(hay).map(|m| m.range()).collect();
            assert_eq!(a, b, "{pattern:?} on {hay:?}");
            assert_eq!(
                ours.replace_all(hay, "<$0>"),
                theirs.replace_all(hay, "<$0>")
            );
            assert!(
                ours.split(hay).eq(theirs.split(hay)),
                "{pattern:?} on {hay:?}"
            );
            // Pieces that start or end inside a character.
            let mut hay = hay.clone().into_bytes();
            for _ in 0..hay.len() / 40 {
                hay.remove(next(hay.len()));
            }
            let a: Vec<_> = our_bytes.find_iter(&hay).map(|m| m.range()).collect();
            let b: Vec<_> = their_bytes.find_iter(&hay).map(|m| m.range()).collect();
            assert_eq!(a, b, "{pattern:?} on {:?}", hay.escape_ascii().to_string());
        }
    }
}

/// Long and short haystacks, for which each search first reads the published table of a hot
/// pattern.
#[test]
fn haystacks_of_hot_patterns() {
    const HOT: &[&str] = &[
        r"(\w+)\s(\w+)",
        "the|and|you|of",
        "Sherlock Holmes|John Watson",
        r"[a-z]+ing",
        r"\w+\s+Holmes",
        r"[A-Z]\w+ [A-Z]\w+",
        r#""[^"]*""#,
        ".*,",
        r"(\w+),\s(\w+)",
        r".*[^A-Z]|[A-Z]",
        r"\bthe\b|\d+ms",
        r"(?i)holmes|watson",
        r"a*",
        r"\s*,\s*",
        r"(?m)^\w+",
        r"(?m)\w+$",
        r"x*|\d{2,4}",
        r"é+|o[nf]",
        "aa|a",
        r"[^ ]*ß",
        r"\w+$",
        r"^\w+",
        r"(?s).{5}",
        r"the.{0,300}?Watson",
        r"\b[A-Z]{3,}\b",
        r"(?:ab|a)(?:bc|c)?",
    ];
    const PIECES: &[&str] = &[
        "the ",
        "and ",
        "Sherlock Holmes",
        "John ",
        "Watson",
        ", ",
        "going ",
        "42ms ",
        "\n",
        "\"",
        "AAA",
        "aaab",
        "you",
        "of ",
        "abc ",
        "word word ",
        "é",
        "straße ",
        "日本 ",
        ". ",
        "holmes",
    ];
    let mut seed = 23_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    for pattern in HOT {
        let (ours, theirs) = strings(pattern);
        for round in 0..40 {
            let mut hay = String::new();
            let len = [4_000, 60, 900, 200, 4_000][round % 5];
            let (pieces, repeat) = (1 + next(PIECES.len()), 1 + 40 * (round % 2));
            while hay.len() < len {
                hay.push_str(&PIECES[next(pieces)].repeat(1 + next(repeat)));
            }
            let a: Vec<_> = ours.find_iter(&hay).map(|m| m.range()).collect();
            let b: Vec<_> = theirs.find_iter(&hay).map(|m| m.range()).collect();
            assert_eq!(a, b, "{pattern:?} on {hay:?}");
        }
    }
}

/// The search for groups of a hot pattern begins at the first candidate, which need not be a match.
#[test]
fn groups_behind_starts_in_vain() {
    const PATTERNS: &[&str] = &[
        r"(Firefox|Chrome|Safari)/(\d+)",
        r"(\d+)ms",
        r"(\w+)=(\d+)",
        r"^(\w)(\d)",
        r"(?m)^(\w)(\d)",
        r"(\w)(\w)(\d)",
        r"(é+)(x)?!",
    ];
    const HAYS: &[&str] = &[
        "Firefox/x Chrome/12",
        "Firefox/x",
        "Safari/ Safari/7",
        "12 3 45ms",
        "12 3 45",
        "a=b c=1",
        "a=b",
        "a1",
        "ab\nb2",
        "ab12",
        "éé é éx!",
        "éé é",
    ];
    for pattern in PATTERNS {
        let (ours, theirs) = strings(pattern);
        let mut at = ours.capture_locations();
        for _ in 0..2_000 {
            for hay in HAYS {
                ours.captures_read(&mut at, hay);
            }
        }
        for hay in HAYS {
            let a = ours.captures(hay).map(|c| format!("{c:?}"));
            let b = theirs.captures(hay).map(|c| format!("{c:?}"));
            assert_eq!(a, b, "{pattern:?} on {hay:?}");
            let a: Vec<_> = ours.captures_iter(hay).map(|c| format!("{c:?}")).collect();
            let b: Vec<_> = theirs
                .captures_iter(hay)
                .map(|c| format!("{c:?}"))
                .collect();
            assert_eq!(a, b, "{pattern:?} on {hay:?}");
        }
    }
}

/// The dead-state memo of one run holds for a later run only if that run is in the same state.
#[test]
fn ways_that_part() {
    let (ours, theirs) = strings(r"x[^\n]*Q|y[^\n]*Z|[xy]");
    let heat = "xyx ".repeat(4_000);
    ours.find_iter(&heat).for_each(drop);
    for dashes in 0..60 {
        for end in ["Z", "Q", "", "\nZ"] {
            let hay = format!("xyxxy{}{end} xy", "-".repeat(dashes));
            let a: Vec<_> = ours.find_iter(&hay).map(|m| m.range()).collect();
            let b: Vec<_> = theirs.find_iter(&hay).map(|m| m.range()).collect();
            assert_eq!(a, b, "on {hay:?}");
        }
    }
}

/// A prefilter can name a candidate inside a character.
#[test]
fn starts_are_between_characters() {
    let (ours, theirs) = strings(r"(?:(?:cabcb|acc|abbba|aa|b|ac|cb){3,}){4}");
    let hay =
        "bacaabbcbbaaacaaaaba本cabcbcbaccbaaaacabcbcabcbbaabbbabaacabcbbaacabcbacbcabcbcbcbaacbbaa";
    let hay = format!("{hay}é{hay}日{hay}");
    for _ in 0..200 {
        let a: Vec<_> = ours.find_iter(&hay).map(|m| m.range()).collect();
        let b: Vec<_> = theirs.find_iter(&hay).map(|m| m.range()).collect();
        assert_eq!(a, b);
        let first = ours.find(&hay[20..]).map(|m| m.range());
        assert_eq!(first, theirs.find(&hay[20..]).map(|m| m.range()));
    }
}
