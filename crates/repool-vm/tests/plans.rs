//! Plans: what a hot program has attached, and what it costs.

use std::sync::Arc;

use repool_arena::{Account, Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::{Entry, Input, Scratch, Slot, enter, search};

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
    let program = image.program();
    matches!(
        enter(&program, &Input::new(hay.as_bytes()), &mut []),
        Entry::Answer(_)
    )
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
fn without_room_a_thread_keeps_its_own() {
    let image = compile_in(r"(?i)sherlock|watson", Ledger::with_limit(1 << 10));
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
