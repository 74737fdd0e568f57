//! What a thread's scratch holds: bounded whatever was searched, the same after the same searches, and as many bytes
//! as the allocator says.

#[path = "../../repool-arena/tests/counting/mod.rs"]
mod counting;

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::{search, search_next_with, search_with};
use repool_vm::{Engine, Input, Iteration, Scratch, Slot};

fn compile(text: &str) -> Image {
    compile_in(text, Ledger::default())
}

fn compile_in(text: &str, ledger: Ledger) -> Image {
    let syntax = Syntax::default();
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).unwrap();
    let pool = Pool::new(Arc::new(ledger));
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

/// A program of one path with thousands of groups takes more than the engine may keep.
#[test]
fn slots_of_many_groups_are_given_back() {
    let bytes = |groups: usize| {
        let image = compile(&format!("^{}", "(a)".repeat(groups)));
        let (program, hay) = (image.program(), "a".repeat(groups));
        let mut slots = vec![Slot::NONE; 2 * program.group_len()];
        let (input, mut scratch) = (Input::new(hay.as_bytes()), Scratch::new());
        let engine = Engine::OnePass;
        let found = search_with(engine, &program, &input, &mut scratch, &mut slots);
        assert_eq!(found, Some(true));
        assert!(slots.iter().all(|slot| slot.get().is_some()));
        scratch.bytes()
    };
    assert!(bytes(2_000) <= bytes(1) + (16 << 10));
    assert!(bytes(20) > bytes(1), "a few are kept");
}

/// A loop over groups leaves a job for each of its iterations.
#[test]
fn jobs_of_fused_code_are_given_back() {
    let bytes = |hay: &str| {
        let image = compile("(?:(a)|(ab))*c");
        let (program, mut scratch) = (image.program(), Scratch::new());
        let mut slots = vec![Slot::NONE; 2 * program.group_len()];
        let input = Input {
            anchored: true,
            ..Input::new(hay.as_bytes())
        };
        let engine = Engine::Fused;
        let found = search_with(engine, &program, &input, &mut scratch, &mut slots);
        assert_eq!(found, Some(true));
        scratch.bytes()
    };
    // The bitmap of places is kept.
    let long = bytes(&format!("{}c", "a".repeat(8_000)));
    assert!(long <= bytes("abc") + (48 << 10), "{long}");
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

/// Searches with one engine or, without, with the one that fits; then compares what the scratch says it holds with what
/// the allocator gets back.
fn check_bytes(text: &str, hay: &str, engine: Option<Engine>) {
    check_bytes_of(&compile(text), hay, engine);
}

fn check_bytes_of(image: &Image, hay: &str, engine: Option<Engine>) {
    let program = image.program();
    let mut scratch = Scratch::new();
    for anchored in [false, true] {
        for _ in 0..30 {
            let input = Input {
                anchored,
                ..Input::new(hay.as_bytes())
            };
            let mut slots = vec![Slot::NONE; 2 * program.group_len()];
            match engine {
                None => _ = search(&program, &input, &mut scratch, &mut slots),
                Some(engine) => {
                    _ = search_with(engine, &program, &input, &mut scratch, &mut slots);
                }
            }
        }
    }
    if engine == Some(Engine::LazyDfa) {
        let mut of = Iteration::new();
        for start in 0..hay.len() {
            let input = Input {
                start,
                ..Input::new(hay.as_bytes())
            };
            let mut slots = [Slot::NONE; 2];
            let engine = Engine::LazyDfa;
            search_next_with(engine, &program, &input, &mut of, &mut scratch, &mut slots);
        }
    }
    let bytes = scratch.bytes();
    let before = counting::held();
    drop(scratch);
    let freed = before - counting::held();
    // A plan and its parts are counted with the bytes that align them in runs of a pool.
    let more = bytes as isize - freed;
    assert!(
        (0..=64).contains(&more),
        "{} {engine:?}: {more}",
        program.text()
    );
}

#[test]
fn scratch_is_counted_as_the_allocator_counts_it() {
    assert!(counting::calls() > 0, "the allocator is in place");
    let hay = "ab abc sherloc 123 holme abababab слова é\n".repeat(40);
    let more = [
        r"^(\w+)\s(a|b)+",
        r"(\d+)-(?:x|yy|zzz)",
        r"[а-я]+\s\w+é",
        r"(?s).*[^A-Za-zé\n ]|[A-Za-z]",
    ];
    for text in HUNGRY.iter().copied().chain(more) {
        check_bytes(text, &hay, None);
        for engine in Engine::ALL {
            check_bytes(text, &hay, Some(engine));
        }
    }
    // What is kept of runs that lead to nothing.
    check_bytes(".*[^A-Z]|[A-Z]", &"A".repeat(1000), Some(Engine::LazyDfa));
}

/// Without room at the image, the thread owns the plan and the tables in it.
#[test]
fn plans_that_a_thread_owns_are_counted_too() {
    let hay = "the game is afoot, said SHERLOCK\n".repeat(100);
    for text in [
        "(?i)sherlock|watson|adler|moriarty",
        r"[a-z]+\d+$",
        r"\w+\s+Holmes",
    ] {
        // A page for the image, and an eighth for tables: less than a plan takes.
        let limit = repool_arena::page_bytes() + (1 << 10);
        let image = compile_in(text, Ledger::with_limit(limit));
        check_bytes_of(&image, &hay, None);
        assert_eq!(image.table_bytes(), 0, "{text}");
    }
}
