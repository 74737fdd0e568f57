//! Patterns that are large, deep or hostile: each gives a compiled pattern or an error, on a small stack,
//! and the search that follows ends.
//!
//! Nothing here is timed: a search that is not linear would not come back within anybody's patience.

use std::thread;

use repool_syntax::{Limits, Syntax};
use repool_tests::lab::Lab;
use repool_vm::Input;
use repool_vm::forced::Way;

/// A stack that any recursion on depth would overrun.
const STACK_BYTES: usize = 64 << 10;

fn on_small_stack(f: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(STACK_BYTES);
    thread
        .spawn(f)
        .expect("a thread starts")
        .join()
        .expect("nothing panics");
}

/// Compiles under every setting that matters, searches a little, prints, and drops.
fn exercise(pattern: &str) {
    exercise_under(
        pattern,
        &[
            Syntax::default(),
            unlimited(Syntax::default()),
            unlimited(bytes()),
        ],
    );
}

/// A pattern runs in one of this many ways.
const SHARE: usize = 6;

fn exercise_under(pattern: &str, settings: &[Syntax]) {
    for syntax in settings {
        let mut lab = Lab::default();
        match lab.compile(pattern, syntax) {
            Ok(image) => {
                exercise_ways(&mut lab, pattern, syntax);
                // The text forms of everything must not recurse either.
                assert!(!format!("{:?}", lab.ir).is_empty());
                assert!(!image.program().to_string().is_empty());
            }
            Err(message) => assert!(!message.is_empty()),
        }
    }
}

fn exercise_ways(lab: &mut Lab, pattern: &str, syntax: &Syntax) {
    // A share of the ways, another for the next pattern: large programs take long to make hot.
    let ways = Way::all().into_iter().skip(pattern.len() % SHARE);
    let ways: Vec<Way> = ways.step_by(SHARE).collect();
    let subject = lab.subject(pattern, syntax, b"", &ways);
    let subject = subject.expect("it compiled before");
    for haystack in ["", "a", "aab((ab)[x]", "é\nab"] {
        for way in subject.ways() {
            let groups = lab.search(&subject, way, &Input::new(haystack.as_bytes()));
            let span = lab.span(&subject, way, &Input::new(haystack.as_bytes()));
            if let (Some(groups), Some(span)) = (groups, span) {
                let whole = groups.map(|slots| (slots[0].get(), slots[1].get()));
                let span = span.map(|(start, end)| (Some(start), Some(end)));
                assert_eq!(whole, span);
            }
        }
    }
}

fn bytes() -> Syntax {
    Syntax {
        utf8: false,
        unicode: false,
        ..Syntax::default()
    }
}

/// Depth and text without a limit of their own; the size of the program stays limited.
fn unlimited(syntax: Syntax) -> Syntax {
    Syntax {
        limits: Limits {
            nest_max: u32::MAX,
            pattern_bytes_max: usize::MAX,
            groups_max: u32::MAX,
            ..Limits::default()
        },
        ..syntax
    }
}

#[test]
fn deep_nesting() {
    const DEPTH: usize = 1_000_000;
    let nested = [
        ("(", "a", ")"),
        ("(?:", "a", ")"),
        ("(?i:", "a", ")"),
        ("(?:", "a", ")*"),
        ("(?:", "a", ")?"),
        ("(?:", "a", "){1,2}"),
        ("(?:b|", "a", ")"),
        ("(?:b", "a", "c)"),
        ("(|", "", ")"),
        ("[", "a", "]"),
        ("[^", "a", "]"),
        ("[b&&[", "a", "]]"),
        ("[b--[", "a", "]]"),
        ("[[a]", "", "]"),
        ("(?-u:", "a", ")"),
        ("(?x: ", "a", ")"),
    ];
    for (open, middle, close) in nested {
        on_small_stack(move || {
            for depth in [1, 249, 250, 251, 999, 1_000, 1_001, 5_000, DEPTH] {
                let (open, close) = (open.repeat(depth), close.repeat(depth));
                exercise(&format!("{open}{middle}{close}"));
                if depth == DEPTH {
                    // The error of an unclosed bracket shows the pattern.
                    let syntax = [unlimited(Syntax::default())];
                    exercise_under(&open, &syntax);
                    exercise_under(&format!("{middle}{close}"), &syntax);
                }
            }
        });
    }
}

#[test]
fn a_thousand_deep_compiles() {
    let pattern = format!("{}a{}", "(".repeat(999), ")".repeat(999));
    let mut lab = Lab::default();
    let free = Way::named(Some("free:cold"), None);
    let subject = lab
        .subject(&pattern, &Syntax::default(), b"", &free)
        .expect("999 groups");
    let [way] = subject.ways() else {
        panic!("one way");
    };
    let all = lab.all(&subject, way, b"ba").expect("it always tells");
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].len(), 2_000);
    assert!(all[0].chunks(2).all(|pair| pair == &all[0][..2]));
}

#[test]
fn stacked_quantifiers() {
    on_small_stack(|| {
        for quantifier in ["*", "+", "?", "*?", "{2}", "{0,2}", "{1,}", "{0}"] {
            for count in [2, 10, 1_000, 100_000] {
                exercise(&format!("a{}", quantifier.repeat(count)));
                exercise(&format!("(?:a|){}", quantifier.repeat(count)));
            }
        }
    });
}

#[test]
fn counts_at_their_ends() {
    let counts = [
        0_u64,
        1,
        2,
        63,
        64,
        65,
        255,
        256,
        257,
        999,
        1_000,
        1_001,
        65_535,
        65_536,
        (1 << 24) - 1,
        1 << 24,
        (1 << 31) - 1,
        1 << 31,
        (1 << 32) - 2,
        (1 << 32) - 1,
        1 << 32,
        u64::MAX,
    ];
    on_small_stack(move || {
        for body in [
            "", "a", "(?:)", "(a|)", "(?:ab|c)", "(?:^)", r"\b", r"\w", "(a)(b)",
        ] {
            for n in counts {
                exercise(&format!("(?:{body}){{{n}}}"));
                exercise(&format!("(?:{body}){{{n},}}"));
                exercise(&format!("(?:{body}){{0,{n}}}"));
                exercise(&format!("(?:{body}){{{n},{n}}}?"));
                exercise(&format!("(?:(?:{body}){{{n}}}){{{n}}}"));
                exercise(&format!("(?:(?:{body}){{0,{n}}}){{{n},}}"));
            }
        }
    });
}

#[test]
fn empties_without_end() {
    on_small_stack(|| {
        for pattern in [
            "(?:){4294967295}",
            "(?:(?:){4294967295}){4294967295}",
            "(?:){64}{64}{64}{64}{64}{64}",
            "(){4294967295}",
            "((){1000}){1000}",
            "(?:|||||){100000}",
            "(?:()|()*){50000}",
            "((a{0,1000}){0,1000}){0,1000}",
            "(((a{1000}){1000}){1000}){1000}",
            "(?:a?){100000}",
            "(?:a*){100000}b",
            "(?:(?:a*)*)*{1000}",
            "(?i)[\\x00-\\x{10FFFF}]{1000}",
            "[^\\x00-\\x{10FFFF}]{1000}",
            r"\pL{10000}",
            r"(?:\pL{100}){100}",
        ] {
            exercise(pattern);
        }
    });
}

#[test]
fn wide_patterns() {
    on_small_stack(|| {
        exercise(&"a".repeat(1 << 20));
        exercise(&"é".repeat(1 << 19));
        exercise(&format!("(?i){}", "aé".repeat(1 << 18)));
        let words: Vec<_> = (0..100_000).map(|i| format!("w{i:x}")).collect();
        exercise(&words.join("|"));
        exercise(&format!("(?i:{})", words.join("|")));
        exercise(&words.join("?"));
        exercise(&"|".repeat(100_000));
        exercise(&"()".repeat(100_000));
        exercise(&"[a-z]".repeat(100_000));
        exercise(&".*".repeat(50_000));
        exercise(&"^".repeat(100_000));
        exercise(&r"\b".repeat(100_000));
        exercise(&format!("[{}]", "a-z".repeat(200_000)));
        let letters: String = ('\u{4E00}'..'\u{6000}').step_by(2).collect();
        exercise(&format!("[{letters}]+"));
        let ideographs: Vec<_> = letters.chars().map(String::from).collect();
        exercise(&ideographs.join("|"));
        let names: String = (0..2_000).map(|i| format!("(?P<n{i}>a)?")).collect();
        exercise(&names);
        exercise(&format!("(?P<{}>a)", "n".repeat(1 << 17)));
        exercise(&format!("(?x){}a", " # remark\n".repeat(100_000)));
    });
}

#[test]
fn limits_are_kept() {
    let limited = |limits| Syntax {
        limits,
        ..Syntax::default()
    };
    let mut lab = Lab::default();
    let small = limited(Limits {
        program_bytes_max: 1 << 10,
        ..Limits::default()
    });
    for pattern in ["[a-z]{50}(x|y|z)".repeat(40), "abcdefgh".repeat(1000)] {
        let message = lab
            .compile(&pattern, &small)
            .expect_err("1 KiB is not enough");
        assert!(message.contains("1024"), "{message}");
    }
    let shallow = limited(Limits {
        nest_max: 3,
        ..Limits::default()
    });
    assert!(lab.compile("((a))", &shallow).is_ok());
    let message = lab.compile("((((a))))", &shallow).expect_err("four deep");
    assert!(message.contains('3'), "{message}");
    let short = limited(Limits {
        pattern_bytes_max: 5,
        ..Limits::default()
    });
    assert!(lab.compile("aaaaa", &short).is_ok());
    assert!(lab.compile("aaaaaa", &short).is_err());
    let few = limited(Limits {
        groups_max: 3,
        ..Limits::default()
    });
    assert!(lab.compile("(a)(b)", &few).is_ok());
    assert!(lab.compile("(a)(b)(c)", &few).is_err());
}

#[test]
fn searches_end() {
    let long = "x".repeat(100_000);
    let hostile = [
        "(x+x+)+y",
        "(?:x*)*y",
        "(x|x)*y",
        "(x|xx)+y",
        "(?:x?){50}x{50}y",
        "(x*)*(x*)*(x*)*y",
        "(?:x{1,3}){1,30}y",
        "(?:(?:x?){5}){5}y",
        "^(?:x|x|x?)*$y",
        "(?:.*x){12}y",
        r"(?:\w+\s?)+\d",
        "x*?x*?x*?x*?y",
        "(?s).*?.*?.*?y",
    ];
    let mut lab = Lab::default();
    for pattern in hostile {
        let subject = lab
            .subject(pattern, &Syntax::default(), b"xxxx", &Way::all())
            .expect(pattern);
        // One search is linear in the haystack whatever the engine; starting again behind every match
        // is not what this test is about.
        for anchored in [true, false] {
            let input = Input {
                anchored,
                ..Input::new(long.as_bytes())
            };
            for forced in subject.ways() {
                let groups = lab.search(&subject, forced, &input);
                let way = forced.way();
                assert!(
                    groups.is_none_or(|groups| groups.is_none()),
                    "{pattern} {way}"
                );
            }
        }
    }
}
