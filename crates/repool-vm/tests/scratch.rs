//! What a thread's scratch holds: bounded whatever was searched, and the same after the same searches.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::{search, search_with};
use repool_vm::{Engine, Input, Scratch, Slot};

fn compile(text: &str) -> Image {
    let syntax = Syntax::default();
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).unwrap();
    let pool = Pool::new(Arc::new(Ledger::default()));
    Compiler::default()
        .compile(&ir, text, &syntax, 0, &pool)
        .unwrap()
}

/// Patterns that need much of one engine or another.
const HUNGRY: &[&str] = &[
    r"(?:[a-z]{1,300}x){1,20}y",
    r"(a|ab|b)*?(b+)(c*)z",
    r"(?s).*\w{2000}.*",
    r"(?i)sherlock|holmes|watson|adler",
    r"[a-z]+\s+[0-9]+x",
    r"\b\w+ing\b",
    r"(?:(?:a{0,50}){0,50})z",
];

/// 352 KiB, the cap of a thread, and its tables of automata.
const BYTES_MAX: usize = (352 << 10) + (4 << 20);

#[test]
fn memory_is_given_back() {
    let images: Vec<Image> = HUNGRY.iter().map(|text| compile(text)).collect();
    let hay = "ab abc sherloc 123 holme abababab\n".repeat(300);
    let mut scratch = Scratch::new();
    assert_eq!(scratch.bytes(), 0);
    // More programs than there are places for plans.
    for _ in 0..4 {
        let more: Vec<Image> = HUNGRY.iter().map(|text| compile(text)).collect();
        for image in images.iter().chain(&more) {
            let program = image.program();
            let mut slots = vec![Slot::NONE; 2 * program.group_len()];
            let input = Input::new(hay.as_bytes());
            search(&program, &input, &mut scratch, &mut slots);
            assert!(scratch.bytes() <= BYTES_MAX, "{}", scratch.bytes());
            for engine in Engine::ALL {
                search_with(engine, &program, &input, &mut scratch, &mut slots);
                assert!(scratch.bytes() <= BYTES_MAX, "{engine:?}");
            }
        }
    }
}

#[test]
fn the_same_searches_grow_nothing() {
    let images: Vec<Image> = [r"(\w+)\s(\d+)", "foo|bar|quux", r"^(a|b)+c", "lit"]
        .iter()
        .map(|text| compile(text))
        .collect();
    let hay = "word 12 bar abc lit ".repeat(500);
    let mut scratch = Scratch::new();
    let mut round = || {
        for image in &images {
            let program = image.program();
            let mut slots = vec![Slot::NONE; 2 * program.group_len()];
            search(
                &program,
                &Input::new(hay.as_bytes()),
                &mut scratch,
                &mut slots,
            );
        }
        scratch.bytes()
    };
    // Until the programs are hot and have their tables and fused code.
    for _ in 0..20 {
        round();
    }
    let first = round();
    assert!(first > 0);
    for _ in 0..50 {
        assert_eq!(round(), first);
    }
}
