//! Plans: what a hot program has attached, and what it costs.

use std::sync::Arc;

use repool_arena::{Account, Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::{search, search_with, short_find, short_is_match};
use repool_vm::{Engine, Input, Scratch, Slot};

fn compile_in(text: &str, ledger: Ledger) -> Image {
    let syntax = Syntax::default();
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).unwrap();
    let pool = Pool::new(Arc::new(ledger));
    Compiler::default()
        .compile(&ir, text, &syntax, 0, &pool)
        .unwrap()
}

fn compile(text: &str) -> Image {
    compile_in(text, Ledger::default())
}

/// Whether a search ends without scratch memory.
fn is_answered(image: &Image, hay: &str) -> bool {
    short_is_match(image, hay.as_bytes(), 0).is_some()
}

fn heat(image: &Image, hay: &str) {
    let mut scratch = Scratch::new();
    for _ in 0..200 {
        let input = Input::new(hay.as_bytes());
        search(&image.program(), &input, &mut scratch, &mut []);
    }
}

#[test]
fn a_pattern_that_was_searched_once_holds_nothing_more() {
    let image = compile(r"refused|timeout");
    let before = image.memory_bytes();
    let input = Input::new(b"connection refused");
    assert!(search(
        &image.program(),
        &input,
        &mut Scratch::new(),
        &mut []
    ));
    assert_eq!(image.memory_bytes(), before);
    assert_eq!(image.table_bytes(), 0);
}

#[test]
fn a_hot_pattern_needs_no_scratch_to_say_no() {
    for (pattern, hay) in [
        (r"refused|timeout", "200 OK in 17 ms, nothing to report"),
        (r"refused|timeout", "short"),
        (r"\d+\.\d+", "version 2 of 3"),
        (r"[a-z]+\d$", "abc1 and more"),
        (r"^\d{4}-\d\d", "no date here"),
        (r"literal", "something else"),
        (r"\d+", "no digits"),
    ] {
        let image = compile(pattern);
        heat(&image, "nearly refuse 1 a literal: 12:30 x9");
        assert!(is_answered(&image, hay), "{pattern}");
        assert!(image.table_bytes() > 0, "{pattern}");
        let input = Input::new(hay.as_bytes());
        let found = search(&image.program(), &input, &mut Scratch::new(), &mut []);
        assert!(!found, "{pattern} {hay}");
    }
}

#[test]
fn a_published_table_answers_short_searches_without_scratch() {
    for (pattern, hay, span) in [
        (r"\d+\.\d+", "version 2 of 3.14", Some((13, 17))),
        (r"\d+\.\d+", "1 2 3 4 5 6 7 8 9 10 11 12. 13", None),
        (r"^\d{4}-\d\d", "2026-11-20", Some((0, 7))),
        (r"\d+$", "17 of 20", Some((6, 8))),
        (r"\b\d+ms\b", "12mss 3s 45ms", Some((9, 13))),
        (r"[a-z]+[0-9]?$", "12-ab", Some((3, 5))),
        (r"(?m)^[a-c]+$", "abd\nabc\nb", Some((4, 7))),
        (r"\w+@\w+", "nobody at home", None),
        (r"\w+@\w+", "ask some@body else", Some((4, 13))),
        // Above ASCII what stands in front of the first place to look at.
        (r"\d+ms", "größer als 5ms", Some((13, 16))),
    ] {
        let image = compile(pattern);
        heat(&image, "nearly 1. or 2026-1 or 3m or a@");
        let program = image.program();
        let input = Input::new(hay.as_bytes());
        let mut slots = [Slot::NONE; 2];
        let dfa = search_with(
            Engine::Dfa,
            &program,
            &input,
            &mut Scratch::new(),
            &mut slots,
        );
        assert_eq!(dfa, Some(span.is_some()), "{pattern}");
        assert!(is_answered(&image, hay), "{pattern}");
        let found = short_find(&image, hay.as_bytes(), 0);
        assert_eq!(found, Some(span), "{pattern}");
    }
}

#[test]
fn the_short_search_answers() {
    // The last column: whether it also tells the span.
    for (pattern, hay, span, tells) in [
        ("literal", "no litera but a literal", Some((16, 23)), true),
        (
            "(?i)literal",
            "no litera but a LITERAL",
            Some((16, 23)),
            true,
        ),
        (r"\w+", "-größe-", Some((1, 8)), true),
        (r"[^a]", "aé", Some((1, 3)), true),
        (r"\d+\.\d+", "version 2 of 3.14", Some((13, 17)), true),
        (r"^\d{4}-\d\d", "2026-11-20", Some((0, 7)), true),
        (r"^\d{4}-\d\d$", "2026-11-20", None, true),
        (r"\d+$", "17 of 20", Some((6, 8)), true),
        (r"\b\d+$", "17 of 20", Some((6, 8)), true),
        (r"\d+$", "17 of 20 or more", None, true),
        (r"[a-z]+\d{2}$", "17 of 20", None, true),
        (r"\b\d+ms\b", "12s 3s 45ms", Some((7, 11)), true),
        (r"\b\d+ms\b", "12mss 3s 45ms", Some((9, 13)), true),
    ] {
        let image = compile(pattern);
        heat(&image, "2026-11-2 or 3m, a1");
        let program = image.program();
        let input = Input::new(hay.as_bytes());
        let build = search_with(Engine::Dfa, &program, &input, &mut Scratch::new(), &mut []);
        assert!(
            build.is_none_or(|found| found == span.is_some()),
            "{pattern}"
        );
        assert_eq!(
            short_is_match(&image, hay.as_bytes(), 0),
            Some(span.is_some()),
            "{pattern} {hay}"
        );
        let found = short_find(&image, hay.as_bytes(), 0);
        assert_eq!(found, tells.then_some(span), "{pattern} {hay}");
    }
}

#[test]
fn what_a_table_alone_does_not_decide_is_searched_with_scratch() {
    let image = compile(r"[a-z]+\d+$");
    heat(&image, "abc def 12");
    let program = image.program();
    let mut scratch = Scratch::new();
    let long = format!("{}1", "a".repeat(300));
    for (hay, span) in [
        ("aé1", None),
        ("é ab1", Some((3, 6))),
        (&long, Some((0, 301))),
    ] {
        let input = Input::new(hay.as_bytes());
        let mut slots = [Slot::NONE; 2];
        assert!(search_with(Engine::Dfa, &program, &input, &mut scratch, &mut slots).is_some());
        slots = [Slot::NONE; 2];
        let found = search(&program, &input, &mut scratch, &mut slots);
        let got = found.then(|| slots.map(|slot| slot.get().expect("a span")));
        assert_eq!(got.map(|[start, end]| (start, end)), span, "{hay}");
    }
}

#[test]
fn many_patterns_in_turn_are_worked_out_once() {
    let images: Vec<Image> = (0..300)
        .map(|i| compile(&format!("[a-f]x{i}y|k{i}")))
        .collect();
    let hay = "every pattern looks at this text and finds ax7y or k12 or nothing";
    let mut scratch = Scratch::new();
    for _ in 0..60 {
        for image in &images {
            search(
                &image.program(),
                &Input::new(hay.as_bytes()),
                &mut scratch,
                &mut [],
            );
        }
    }
    assert!(images.iter().all(|image| image.table_bytes() > 0));
}

#[test]
fn what_is_attached_is_on_the_ledger_of_the_image() {
    let image = compile(r"(?i)sherlock|watson");
    let ledger = Arc::clone(image.ledger());
    let before = image.memory_bytes();
    heat(&image, "the game is afoot");
    assert!(image.table_bytes() > 0);
    assert_eq!(image.memory_bytes(), before + image.table_bytes());
    assert_eq!(ledger.bytes(Account::Tables), image.table_bytes());
    image.set_account(Account::Pinned);
    assert_eq!(ledger.bytes(Account::Tables), 0);
    assert_eq!(ledger.bytes(Account::Pinned), image.memory_bytes());
    drop(image);
    assert_eq!(ledger.bytes(Account::Pinned), 0);
}

#[test]
fn while_memory_is_short_it_takes_more_heat() {
    let hay = "nearly refuse 1 a literal: 12:30 x9";
    let image = compile_in(r"refused|timeout", Ledger::with_limit(1 << 20));
    let others = (1 << 20) - image.ledger().total_bytes() - (1 << 14);
    image.ledger().add(Account::Programs, others);
    heat(&image, hay);
    assert_eq!(image.table_bytes(), 0, "200 searches do not pay for it");
    (0..10).for_each(|_| heat(&image, hay));
    assert!(image.table_bytes() > 0, "2,000 do");
    image.ledger().sub(Account::Programs, others);
}

#[test]
fn without_room_a_thread_keeps_its_own() {
    let image = compile_in(r"(?i)sherlock|watson", Ledger::default());
    image.ledger().set_limit(1 << 10);
    heat(&image, "the game is afoot");
    assert_eq!(image.table_bytes(), 0);
    let mut slots = [Slot::NONE; 2];
    let mut scratch = Scratch::new();
    for _ in 0..200 {
        let input = Input::new(b"Dr. WATSON and Mr. Holmes");
        assert!(search(&image.program(), &input, &mut scratch, &mut slots));
        assert_eq!(slots.map(Slot::get), [Some(4), Some(10)]);
    }
}

/// A hot program looks at the first and the last byte before anything else; that changes no answer.
#[test]
fn first_and_last_bytes_are_those_of_matches() {
    let patterns = [
        "^[a-f]x",
        "^(?:get|Post) ",
        r"^\w+=",
        "^é",
        "(?i)^straße",
        r"^\d{2}|^[A-Z]{2}",
        r"^[^a]",
        r"\d$",
        "(?:ing|ed)$",
        r"[^x]$",
        "é$",
        "(?i)s$",
        r"^[k-m]?a$",
        r"\A\s*#",
    ];
    let insides = ["x=", "et ost ", "1a", "traße", "a#", ""];
    for pattern in patterns {
        let hot = compile(pattern);
        heat(&hot, "some text that has no match in it, k");
        let found = |image: &Image, hay: &str| {
            let mut scratch = Scratch::new();
            search(
                &image.program(),
                &Input::new(hay.as_bytes()),
                &mut scratch,
                &mut [],
            )
        };
        for c in ('\0'..='\u{17F}').chain(['\u{212A}', '日']) {
            for inside in insides {
                for hay in [
                    format!("{c}{inside}"),
                    format!("{inside}{c}"),
                    format!("{c}{c}{c}"),
                ] {
                    // A new one each time, so that it is never hot.
                    let cold = compile(pattern);
                    assert_eq!(
                        found(&hot, &hay),
                        found(&cold, &hay),
                        "{pattern:?} on {hay:?}"
                    );
                }
            }
        }
    }
}
