//! Programs that have fused code, and the groups that it finds.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::search_with;
use repool_vm::{Engine, Input, Scratch, Slot};

fn compile(text: &str) -> Image {
    let syntax = Syntax::default();
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).expect("the pattern is valid");
    let pool = Pool::new(Arc::new(Ledger::default()));
    Compiler::default()
        .compile(&ir, text, &syntax, 0, &pool)
        .expect("the pattern compiles")
}

/// The groups that an engine finds; `None` if it does not serve the program.
fn groups(engine: Engine, image: &Image, hay: &str) -> Option<Vec<Option<usize>>> {
    let program = image.program();
    let mut slots = vec![Slot::NONE; 2 * program.group_len()];
    let input = Input::new(hay.as_bytes());
    let found = search_with(engine, &program, &input, &mut Scratch::new(), &mut slots)?;
    assert!(found, "{engine:?} {}", program.text());
    Some(slots.into_iter().map(Slot::get).collect())
}

#[test]
fn programs_that_count_nothing_but_classes_have_fused_code() {
    for (text, hay) in [
        ("(a)b", "xab"),
        ("(é)(x)?y", "aéy"),
        // The first character of two bytes.
        ("(\\x{80}|ab)(x)", "a\u{80}x"),
        // A run gives back whole characters.
        (r"([éè]+)\B", "aéèé"),
        (r"(\w+)\B", "aéèé"),
        // What a path that failed has saved counts no more.
        ("([ab]+?)(?:(b)c|d)", "abd"),
        ("([ab]+)(?:(b)c|a)", "abab"),
        ("(a+)b", "aaxaab"),
        ("(a*?)(b)", "aaxaab"),
        ("([0-9]{2,4})-", "1 12345-"),
        ("([0-9]{20,40})-", "1 12345678901234567890-"),
        ("([ab]{2,4}?)(c)", "aababac"),
        ("([aé]{2,}?)(c)", "aéaaéac"),
        ("([a-c]{3})([0-9])", "ab abc1"),
        ("(a|bc|d)e", "abce"),
        ("(?:(a)|(b)|(c))+", "cab"),
        ("(?i)(größe) ([a-z]+)", "die GRÖSSE, die GRÖßE ist"),
        (r"\b(\w+)\s(?:of|and)\b", "one two and of"),
        ("(?m)^([^:]+): (.*)$", "no\nkey: value\n"),
        ("(lit)(eral, and a long one)", "literal, and a long one"),
    ] {
        let image = compile(text);
        let expected = groups(Engine::Pike, &image, hay);
        assert!(expected.is_some());
        assert_eq!(groups(Engine::Fused, &image, hay), expected, "{text}");
    }
}

/// Long runs are marked once a block, where others can come back to them.
#[test]
fn long_runs_are_taken_whole() {
    let hay = format!("{}c", "ab".repeat(140));
    for text in [
        "([ab]{2,300}?)(b)c",
        "([ab]{2,}?)(b)c",
        "([ab]{2,300})(b)c",
        "([ab]{100,300}?)(b|ab)c",
        "((?:[ab]+?b)+?)(ab)c",
        // With another path to come back to.
        "(?:([ab]{2,300}?)(b)c|(a)[^x]*)",
        "(?:([ab]{2,300})(b)c|(a)[^x]*)",
    ] {
        let image = compile(text);
        let expected = groups(Engine::Pike, &image, &hay);
        assert!(expected.is_some());
        assert_eq!(groups(Engine::Fused, &image, &hay), expected, "{text}");
    }
}

#[test]
fn a_counter_of_more_than_one_class_has_no_fused_code() {
    for (text, hay) in [
        ("(?:(a)b){2,30}c", "abababc"),
        ("((?:ab?c){3,50})", "acabcac"),
    ] {
        let image = compile(text);
        assert!(groups(Engine::Pike, &image, hay).is_some());
        assert_eq!(groups(Engine::Fused, &image, hay), None, "{text}");
    }
}
