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
use repool_vm::{Engine, Input, Scratch, Slot, choose, search, search_with};

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
    while input.start <= hay.len() {
        let found = match engine {
            Some(engine) => search_with(engine, &program, &input, scratch, &mut slots)?,
            None => search(&program, &input, scratch, &mut slots),
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
    let mut scratch = Scratch::new();
    for engine in [None, Some(Engine::Dfa), Some(Engine::LazyDfa), None] {
        if let Some(found) = find_iter(&image, engine, hay, &mut scratch) {
            assert!(found == expected, "{engine:?} on /{text}/");
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

#[test]
fn a_hot_program_publishes_its_table() {
    let image = compile(r"[a-f]{9}\d{2}");
    let input = Input::new(b"nothing to be found here, but nearly: 12 fadedbeef2 .");
    let mut scratch = Scratch::new();
    assert_eq!(choose(&image.program(), &input, 2), Engine::Backtrack);
    let before = image.memory_bytes();
    for _ in 0..3000 {
        assert!(!search(&image.program(), &input, &mut scratch, &mut []));
    }
    assert_eq!(choose(&image.program(), &input, 2), Engine::Dfa);
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
    let image = compile_in(r"\w+\d{2}x", Ledger::with_limit(4 << 10));
    let hay = "abc 12x and words 34 ".repeat(400);
    let mut scratch = Scratch::new();
    let spans = find_iter(&image, None, &hay, &mut scratch);
    assert_ne!(choose(&image.program(), &Input::new(b""), 2), Engine::Dfa);
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
