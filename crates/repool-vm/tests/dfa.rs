//! The automata of hot programs: published tables, tables that fill up, assertions on any script.
//!
//! Spans are compared with `regex-automata`'s meta engine. That random patterns and haystacks agree is the
//! matter of `tests/oracle.rs`; here stand the cases that tables make hard.

use std::fmt::Write as _;
use std::sync::Arc;

use regex_automata::meta;
use repool_arena::{Account, Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::{search, search_next, search_next_with, search_with};
use repool_vm::{Engine, Input, Iteration, Scratch, Slot};

fn compile_in(text: &str, ledger: Ledger) -> Image {
    let syntax = Syntax::default();
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).expect("the pattern is valid");
    Compiler::default()
        .compile(&ir, text, &syntax, 0, &Pool::new(Arc::new(ledger)))
        .expect("the pattern compiles")
}

fn compile(text: &str) -> Image {
    compile_in(text, Ledger::default())
}

/// All matches, found by one engine or by [`search`]; None if the engine cannot run the pattern.
fn find_iter(
    image: &Image,
    engine: Option<Engine>,
    hay: &str,
    scratch: &mut Scratch,
) -> Option<Vec<(usize, usize)>> {
    let program = image.program();
    let mut input = Input::new(hay.as_bytes());
    let mut slots = [Slot::NONE; 2];
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut of = Iteration::new();
    while input.start <= hay.len() {
        let found = match engine {
            Some(engine) => {
                search_next_with(engine, &program, &input, &mut of, scratch, &mut slots)?
            }
            None => search_next(&program, &input, &mut of, scratch, &mut slots),
        };
        if !found {
            break;
        }
        let (start, end) = (slots[0].get()?, slots[1].get()?);
        // An empty match right behind a match is none.
        if start == end && spans.last().is_some_and(|&(_, last)| last == end) {
            input.start = end + 1;
            continue;
        }
        spans.push((start, end));
        input.start = if start == end { end + 1 } else { end };
    }
    Some(spans)
}

fn check(text: &str, hay: &str) {
    let image = compile(text);
    let regex = meta::Regex::new(text).expect("the pattern is valid");
    let expected: Vec<_> = regex.find_iter(hay).map(|m| (m.start(), m.end())).collect();
    check_against(&expected, text, &image, hay);
}

fn check_against(expected: &[(usize, usize)], text: &str, image: &Image, hay: &str) {
    let mut scratch = Scratch::new();
    for engine in [None, Some(Engine::Dfa), Some(Engine::LazyDfa), None] {
        if let Some(found) = find_iter(image, engine, hay, &mut scratch) {
            let first = found
                .iter()
                .zip(expected)
                .find(|(found, expected)| found != expected);
            let hay = hay.get(..300).unwrap_or(hay);
            assert!(
                found == expected,
                "{engine:?} on /{text}/: {first:?} in {hay:?}"
            );
        }
    }
}

#[test]
fn dense_and_sparse_matches() {
    let mut hay = String::new();
    for i in 0..600 {
        let _ = write!(
            hay,
            "word{i} слово{i}, 漢字 2024-{:02}-{:02}\r\n\"q {i}\" ",
            i % 13,
            i % 31
        );
    }
    for text in [
        r"\w+",
        r"\b\w+\b",
        r"\b\w{5,}\b",
        r"[A-Z]",
        r"\d{4}-\d{2}-\d{2}",
        r#""[^"]*""#,
        r"[A-Za-z]{3,8}",
        ".*",
        r"(?m)^.*$",
        r"(?Rm)^.*$",
        r"\B.",
        r"\b",
        r"[^ ]*",
        r"(?:слово|word)\d+",
        r"(?i)СЛОВО1+",
        r"\b\d+\b|漢.",
        r"\p{Han}+",
        r"[а-я]+\d",
        r"\w+?\d",
        r"(?:.*[^0-9]|[0-9])",
        r"\s+\S",
        r"x*",
        r"(?-u:\b)\w+(?-u:\b)",
    ] {
        check(text, &hay);
    }
}

/// The first bits of both characters are the same: the page of one is not that of the other.
#[test]
fn a_character_of_four_bytes_stands_in_no_page_of_three() {
    let hay = "भभ y 𤭢 भ𤭢भ 𤭢𤭢 xyz भ ".repeat(40);
    for text in ["[ऀ-ॿ]{1,2}[^x]", "[ऀ-ॿ]+ |xyz", "[^ऀ-ॿ ]{2}"] {
        check(text, &hay);
    }
}

/// Two classes of one property and the same characters beside it are no complements.
#[test]
fn classes_of_one_property_are_told_apart() {
    let hay = "é1 é2 α1 α2 x1 x2 ά1 ά2 ω3 é3 ".repeat(40);
    for text in [
        r"[\p{Greek}é]1|[\P{Greek}é]2|z3",
        r"[\p{Greek}α-я]1|[\P{Greek}α-я]2|z3",
        r"[^\p{Greek}é]\d|[\p{Greek}é]3",
    ] {
        check(text, &hay);
    }
}

/// Bytes that are no character have no class of one, also where the page of what they nearly encode is known.
#[test]
fn cut_characters_stand_in_no_page() {
    let text = "[䀀-䀏]{1,2}x|yz";
    let syntax = Syntax {
        utf8: false,
        ..Syntax::default()
    };
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).expect("the pattern is valid");
    let pool = Pool::new(Arc::new(Ledger::default()));
    let image = Compiler::default()
        .compile(&ir, text, &syntax, 0, &pool)
        .expect("the pattern compiles");
    let program = image.program();
    let mut scratch = Scratch::new();
    for engine in [Engine::Dfa, Engine::LazyDfa] {
        for (hay, is_match) in [
            ("䀀䀁x".as_bytes(), true),
            (b"\xE4\xC0\x80x", false),
            (b"\xE4\x80\xC0x", false),
            (b"\xE4\x80x", false),
            (b"\xF0\xA4\x80\x80x", false),
        ] {
            let input = Input::new(hay);
            for _ in 0..300 {
                let found = search_with(engine, &program, &input, &mut scratch, &mut []);
                assert!(found.is_none_or(|found| found == is_match), "{hay:?}");
            }
        }
    }
}

/// A run that stays in one row for long jumps to what leaves the row.
#[test]
fn long_runs_of_wide_characters_end_where_they_end() {
    let of = |text: &str| text.repeat(70);
    let hay = [
        of("слово"),
        "α1".to_owned(),
        of("漢字"),
        "αx β2 ".to_owned(),
        of("word ü "),
        "γ3".to_owned(),
        of("😀"),
        "漢-\n".to_owned(),
    ];
    let hay = hay.concat();
    for text in [
        r"[α-ω]\d",
        r"(?:[α-ω]|xyz)\d",
        r"[^α-ω]+",
        r"[^α-ω]*\d",
        ".*β",
        r"(?s).*[α-ω]\d",
        "[а-я]+",
        "[^漢]*漢",
        r"\w+ ",
        r"[а-яa-z]+[α-ω]",
    ] {
        check(text, &hay);
    }
}

#[test]
fn tables_that_fill_up_start_again() {
    let mut hay = String::new();
    let mut state = 1_u32;
    for _ in 0..60_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        hay.push(if state >> 30 == 0 {
            'a'
        } else {
            char::from(b'b' + (state >> 28) as u8 % 3)
        });
    }
    // An automaton of 2^16 and more states: the table fills up and does not pay.
    check(r"a.{15}b", &hay);
    check(r"(?:a.{9}c|d.{7}a){2}", &hay);
    let calm = format!("{}{}", &hay[..3000], "b".repeat(100_000));
    check(r"a.{15}b", &calm);
}

/// xorshift64*.
fn random(state: &mut u64, below: usize) -> usize {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % below
}

#[test]
fn ways_that_fail_at_the_end_of_the_haystack() {
    let hays = [
        "A".repeat(2000),
        "AB".repeat(700),
        format!(
            "{}\n{}x{}",
            "A".repeat(300),
            "ab".repeat(300),
            "A".repeat(500)
        ),
        format!(
            "{}\"{}",
            "a, \"quoted\" b ".repeat(60),
            "open é ".repeat(100)
        ),
        "aé".repeat(600),
    ];
    for text in [
        ".*[^A-Z]|[A-Z]",
        "(?:...)*C|A",
        "(?:[AB]{7})+C|[AB]",
        "(?:[AB]{13})+C|[AB]",
        "(?:AAA)*B|A",
        "(?:AAAAA)*[xB]|A|.",
        r"(?s).*\d|\w",
        r"[A-Z]*\bx|A|B|\b",
        r"(?:.*é.*,|a).?",
        r#""[^"]*"|\w+|."#,
        r"A.*?z|A",
        r"(?:[^x]*x)?A",
        r"(?m)^.*z$|.",
        "(?:a.*z|b|A.*B.*C|.)",
        "(?:[ab]*c|[AB]*D|a|A)+?",
    ] {
        for hay in &hays {
            check(text, hay);
        }
    }
}

#[test]
fn iterations_agree() {
    let atoms = [
        ".*",
        "a*",
        "[ab]*",
        "(?:ab)*",
        "(?:aaa)*",
        "[^c]*",
        "a",
        "b",
        "c",
        "[ab]",
        ".",
        "é",
        "\\b",
        "(?:.*c|a)",
        "(?:a|ab)",
        "a+?",
        ".{0,3}",
        "[^a]*",
        "$",
    ];
    let letters = ["a", "a", "a", "a", "b", "ab", "aab", " ", "é", "c"];
    let mut state = 7;
    for round in 0..4000 {
        let mut text = String::new();
        for i in 0..2 + random(&mut state, 4) {
            if i > 0 && random(&mut state, 3) == 0 {
                text.push('|');
            }
            text.push_str(atoms[random(&mut state, atoms.len())]);
        }
        let kinds = 1 + random(&mut state, letters.len());
        let mut hay = String::new();
        for _ in 0..40 + random(&mut state, 160) {
            hay.push_str(letters[random(&mut state, kinds)]);
        }
        if round % 3 == 0 {
            hay.push('c');
        }
        // Against lock-step, which remembers nothing: `regex` takes `.*ab|.*$` for `.*(?:ab|$)`.
        let image = compile(&text);
        let expected = find_iter(&image, Some(Engine::Pike), &hay, &mut Scratch::new())
            .expect("it runs every program");
        check_against(&expected, &text, &image, &hay);
    }
}

#[test]
fn dead_states_are_of_one_haystack() {
    let image = compile(".*[^A-Z]|[A-Z]");
    let program = image.program();
    let mut scratch = Scratch::new();
    let mut find = |hay: &[u8], start, of: &mut Iteration| {
        let mut slots = [Slot::NONE; 2];
        let input = Input {
            start,
            ..Input::new(hay)
        };
        search_next(&program, &input, of, &mut scratch, &mut slots);
        slots.map(|slot| slot.get().unwrap_or(usize::MAX))
    };
    // One buffer, so that nothing but the number tells one haystack from the other.
    let mut hay = vec![b'A'; 10_000];
    let mut first = Iteration::new();
    for at in 0..50 {
        assert_eq!(find(&hay, at, &mut first), [at, at + 1]);
    }
    hay[9_000] = b'x';
    assert_eq!(find(&hay, 50, &mut Iteration::new()), [50, 9_001]);
    hay[9_000] = b'A';
    assert_eq!(find(&hay, 50, &mut first), [50, 51]);
}

#[test]
fn a_hot_program_publishes_its_table() {
    let image = compile(r"[a-f]{9}\d{2}");
    let input = Input::new(b"nothing to be found here, but nearly: 12 fadedbeef2 .");
    let mut scratch = Scratch::new();
    assert!(image.table_words().is_none());
    let before = image.memory_bytes();
    for _ in 0..3000 {
        assert!(!search(&image.program(), &input, &mut scratch, &mut []));
    }
    assert!(image.table_words().is_some());
    assert!(image.table_bytes() > 0);
    assert_eq!(image.memory_bytes(), before + image.table_bytes());
    let ledger = image.ledger();
    assert_eq!(ledger.bytes(Account::Tables), image.table_bytes());
    image.set_account(Account::Pinned);
    assert_eq!(ledger.bytes(Account::Tables), 0);
    assert_eq!(ledger.bytes(Account::Pinned), image.memory_bytes());
    image.set_account(Account::Programs);
    assert_eq!(ledger.bytes(Account::Tables), image.table_bytes());
    let ledger = Arc::clone(ledger);
    drop(image);
    assert_eq!(ledger.bytes(Account::Tables), 0);
}

#[test]
fn a_full_budget_has_no_room_for_tables() {
    let image = compile_in(r"\w+\d{2}x", Ledger::default());
    image.ledger().set_limit(4 << 10);
    let hay = "abc 12x and words 34 ".repeat(400);
    let mut scratch = Scratch::new();
    let spans = find_iter(&image, None, &hay, &mut scratch);
    assert!(image.table_words().is_none());
    let regex = meta::Regex::new(r"\w+\d{2}x").expect("the pattern is valid");
    let expected: Vec<_> = regex
        .find_iter(&hay)
        .map(|m| (m.start(), m.end()))
        .collect();
    assert_eq!(spans, Some(expected));
}

#[test]
fn one_pattern_on_two_threads() {
    let image = compile(r"\b[a-z]+[0-9]\b");
    let hay = "alpha1 beta22 gamma3 ".repeat(300);
    let expected = find_iter(&image, Some(Engine::Pike), &hay, &mut Scratch::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let found = find_iter(&image, None, &hay, &mut Scratch::new());
                assert_eq!(found, expected);
            });
        }
    });
    assert!(image.table_bytes() > 0);
}

/// Words of three syllables and more. No two start alike for long.
fn words(len: usize) -> Vec<String> {
    let syllables = [
        "ab", "con", "de", "ex", "in", "per", "pro", "sub", "tra", "uni", "ver", "zo", "lit", "mon",
    ];
    let syllable = |i: usize| syllables[i % syllables.len()];
    (0..len)
        .map(|i| {
            let word = [i, i / 14 + i, i / 7 + 3, i / 5].map(syllable).concat();
            format!("{word}{}", ["ness", "ing", "able's", "ity"][i % 4])
        })
        .collect()
}

#[test]
fn thousands_of_words() {
    let words = words(1200);
    let mut hay = String::new();
    for (i, word) in words.iter().enumerate().step_by(2) {
        // Whole, cut short, run together, in capitals.
        let cut = &word[..word.len() - i % 3];
        let _ = match i % 7 {
            0 => write!(hay, "{word} "),
            1 => write!(hay, "it was {cut}, and so "),
            2 => write!(hay, "{cut}{word}"),
            3 => write!(hay, "é{}é ", word.to_uppercase()),
            _ => write!(hay, "in the course of the last {i} days "),
        };
    }
    let all = words.join("|");
    for text in [
        all.clone(),
        format!("(?i){all}"),
        format!(r"\b(?:{all})\b"),
        format!("(?:{all})+s?"),
        format!("[é ](?:{all})"),
        // No window is that short.
        words[..300]
            .iter()
            .map(|w| &w[..4])
            .collect::<Vec<_>>()
            .join("|"),
    ] {
        check(&text, &hay);
    }
}

#[test]
fn tables_of_many_words_are_on_the_ledger() {
    let image = compile(&words(1200).join("|"));
    let hay = "nothing of that kind was to be found in it ".repeat(400);
    let before = image.memory_bytes();
    assert!(!search(
        &image.program(),
        &Input::new(hay.as_bytes()),
        &mut Scratch::new(),
        &mut []
    ));
    assert!(image.table_bytes() > 0);
    assert_eq!(image.memory_bytes(), before + image.table_bytes());
    let ledger = Arc::clone(image.ledger());
    assert_eq!(ledger.bytes(Account::Tables), image.table_bytes());
    drop(image);
    assert_eq!(ledger.bytes(Account::Tables), 0);
}
