//! What `describe` says of a pattern: its strategy, its tables, and the memory of a search.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::{Description, Line, Scratch, StrategyKind, describe, needle_text};

fn compile(text: &str, utf8: bool) -> Image {
    let syntax = Syntax {
        utf8,
        ..Syntax::default()
    };
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).unwrap();
    let pool = Pool::new(Arc::new(Ledger::default()));
    Compiler::default()
        .compile(&ir, text, &syntax, 0, &pool)
        .unwrap()
}

fn described(text: &str, utf8: bool) -> Description {
    describe(&compile(text, utf8), &mut Scratch::new())
}

fn line<'l>(lines: &'l [Line], name: &str) -> &'l str {
    let line = lines.iter().find(|(own, _)| *own == name);
    line.map_or("", |(_, text)| text.as_str())
}

/// The first number behind `name` in a text.
fn number_behind(text: &str, name: &str) -> usize {
    let (_, rest) = text.split_once(name).expect("the name is there");
    let digits = rest.trim_start().split(' ').next();
    digits.and_then(|n| n.parse().ok()).expect("a number")
}

#[test]
fn a_delegated_pattern_is_searched_by_another_engine_alone() {
    let description = described(r"(?-u:\xFF)|\B.", false);
    assert_eq!(description.strategy, StrategyKind::Delegate);
    assert_eq!(line(&description.cold, "engines"), "regex-automata");
    assert_eq!(line(&description.hot, "groups"), "by regex-automata");
    assert!(description.cost.is_empty());
    // With a group, too: there is no code that could find it.
    let description = described(r"(?-u:\xFF)|(\B.)", false);
    assert_eq!(line(&description.hot, "groups"), "by regex-automata");
}

#[test]
fn an_anchored_pattern_has_one_thread_for_its_groups_and_a_table_for_its_span() {
    for (text, find, captures) in [
        (r"^[a-z]+-[0-9]{3}", "published table", "published table"),
        (r"^(?:(x)y){2,30}z", "published table", "one-pass"),
    ] {
        let description = described(text, true);
        assert_eq!(description.strategy, StrategyKind::Anchored, "{text}");
        let long = description.answers.last().expect("three lengths");
        assert_eq!((long.find, long.captures), (find, captures), "{text}");
    }
}

#[test]
fn a_needle_is_quoted_with_its_fold() {
    for (text, quoted) in [
        ("needle", "\"needle\""),
        ("(?i)needle", "\"needle\" in either case (ASCII)"),
        // A folded needle is in canonical form.
        ("(?i)größe", "\"grÖße\" in either case"),
        (r"(?-u:a\xFFb)", r#""a\xffb""#),
    ] {
        let image = compile(text, false);
        let program = image.program();
        let needle = program.prefix().expect("a literal");
        assert_eq!(needle_text(&program, needle), quoted, "{text}");
        let why = described(text, false).why;
        assert!(why.contains(quoted), "{text}: {why}");
    }
}

#[test]
fn the_memory_of_a_search_in_lock_step_grows_with_the_states() {
    let bytes_and_states = |text: &str| {
        let description = described(text, true);
        let memory = line(&description.cost, "1 MiB");
        let states = line(&description.cost, "states");
        let states = states.split([',', ' ']).next().expect("a number");
        let states: usize = states.parse().expect("a number");
        (number_behind(memory, "lock-step"), states)
    };
    let (few_bytes, few) = bytes_and_states("[ab]*a[ab]{20}c");
    let (many_bytes, many) = bytes_and_states("[ab]*a[ab]{90}c");
    assert!(few < many && few_bytes > few);
    // Two lists of as many threads as there are states.
    assert_eq!(few_bytes * many, many_bytes * few);
    // Groups add a row of slots to each thread.
    let (grouped_bytes, grouped) = bytes_and_states("[ab]*(a)[ab]{20}(c)");
    assert!(grouped_bytes * few > few_bytes * grouped);
}

#[test]
fn the_rate_of_a_rare_byte_is_a_share_of_positions() {
    let rate = |text: &str| {
        let why = described(text, true).why;
        let (_, rate) = why.split_once("rarest byte is at ").expect("a literal");
        rate.to_owned()
    };
    let common = rate("e");
    let percent = number_behind(&common, "about");
    assert!((2..30).contains(&percent), "{common}");
    assert!(common.ends_with(" % of positions"), "{common}");
    let rare = rate("\u{1}");
    assert!(
        rare.contains("about 0.") || rare.starts_with("less than 0.01 %"),
        "{rare}"
    );
}

#[test]
fn first_bytes_are_shown_as_ranges() {
    let why = described(r"[QXZ0-9]\w*", true).why;
    assert!(why.contains("the bytes [0-9QXZ], about "), "{why}");
}
