//! What patterns compile to, instruction by instruction. Every listing was derived by hand.

mod support;

use repool_syntax::Syntax;
use support::{check, check_with};

#[test]
fn empty_and_single() {
    check("", "> 0 match");
    check(
        "a",
        "0 match
         > 1 char 'a' -> 0",
    );
    // A needle above ASCII needs its bytes in the code, and every literal at the front is a needle.
    check(
        "é",
        r#"0 match
         > 1 literal "é" -> 0"#,
    );
    check(
        "é*",
        "0 match
         > 1 split 2, 0
           2 char 'é' -> 1",
    );
    check(
        "[a-c&&d]",
        "0 match
         > 1 fail",
    );
}

#[test]
fn literals() {
    check(
        "abc",
        r#"0 match
         > 1 literal "abc" -> 0"#,
    );
    check(
        "(?i)abc",
        r#"0 match
         > 1 literal "abc" (ascii fold) -> 0"#,
    );
    check(
        "(?i)ask",
        r#"0 match
         > 1 literal "ask" (fold) -> 0"#,
    );
    check(
        "123456789",
        r#"0 match
         > 1 literal "123456789" -> 0"#,
    );
}

#[test]
fn alternation_keeps_its_order() {
    // The last branch is emitted first, and the start prefers the first one.
    check(
        "ab|[xy]|",
        r#"0 match
           1 set [xy] -> 0
           2 split 1, 0
           3 literal "ab" -> 0
         > 5 split 3, 2"#,
    );
}

#[test]
fn groups_save_around() {
    check(
        "(a)(b)",
        "0 match
           1 save 5 -> 0
           2 char 'b' -> 1
           3 save 4 -> 2
           4 save 3 -> 3
           5 char 'a' -> 4
         > 6 save 2 -> 5",
    );
}

#[test]
fn loops() {
    check(
        "a*b",
        "0 match
           1 char 'b' -> 0
         > 2 split 3, 1
           3 char 'a' -> 2",
    );
    check(
        "a+?b",
        "0 match
           1 char 'b' -> 0
           2 split 1, 3
         > 3 char 'a' -> 2",
    );
    check(
        "a??b",
        "0 match
           1 char 'b' -> 0
           2 char 'a' -> 1
         > 3 split 1, 2",
    );
    // `(e+)?`, and not a loop around a single choice.
    check(
        "(?:a|b??c??)*",
        "0 match
           1 split 7, 0
           2 char 'c' -> 1
           3 split 1, 2
           4 char 'b' -> 3
           5 split 3, 4
           6 char 'a' -> 1
           7 split 6, 5
         > 8 split 7, 0",
    );
}

#[test]
fn few_copies_are_unrolled() {
    check(
        r"\d{3}",
        r"0 match
           1 set [0-9\d] -> 0
           2 set [0-9\d] -> 1
         > 3 set [0-9\d] -> 2",
    );
    // All optional copies leave to the same end.
    check(
        "x[ab]{1,3}",
        "0 match
           1 set [ab] -> 0
           2 split 1, 0
           3 set [ab] -> 2
           4 split 3, 0
           5 set [ab] -> 4
         > 6 char 'x' -> 5",
    );
    check(
        "[ab]{0,2}?",
        "0 match
           1 set [ab] -> 0
           2 split 0, 1
           3 set [ab] -> 2
         > 4 split 0, 3",
    );
    check(
        "[ab]{2,}",
        "0 match
           1 split 2, 0
           2 set [ab] -> 1
         > 3 set [ab] -> 2",
    );
}

#[test]
fn many_copies_are_counted() {
    check(
        r"[ab]{20}",
        "0 match
           1 repeat c0 -> 0
           2 set [ab] -> 1
         > 3 enter c0 -> 2
         c0 {20,20} greedy, body 2, words 1..3, states from 4",
    );
    check(
        r"(?:[ab]c){0,9}?",
        "0 match
           1 repeat c0 -> 0
           2 char 'c' -> 1
           3 set [ab] -> 2
           4 enter c0 -> 3
         > 5 split 0, 4
         c0 {0,9} lazy, body 3, words 1..4, states from 6",
    );
}

#[test]
fn counters_nest() {
    // Seven states for the words of code, 100 x 5 for those in the outer region (which holds the inner
    // one), and 100 x 20 x 2 for those in the inner region.
    check(
        "(?:x[ab]{20,}){100}",
        "0 match
           1 repeat c0 -> 0
           2 repeat c1 -> 1
           3 set [ab] -> 2
           4 enter c1 -> 3
           5 char 'x' -> 4
         > 6 enter c0 -> 5
         c0 {100,100} greedy, body 5, words 1..6, states from 7
         c1 {20,} greedy, body 3, words 2..4, states from 507, in c0",
    );
}

#[test]
fn assertions() {
    check(
        r"^\bab$",
        r#"0 match
           1 look end -> 0
           2 literal "ab" -> 1
           4 look word -> 2
         > 5 look start -> 4"#,
    );
}

#[test]
fn byte_programs_step_bytes() {
    let bytes = Syntax {
        utf8: false,
        ..Syntax::default()
    };
    check_with(
        r"(?-u)[^a]\xFF",
        &bytes,
        r"0 match
           1 char '\xFF' -> 0
         > 2 set [\x00-`b-\xFF] -> 1",
    );
    check_with(
        r"(?-u:\xFF\xFE)+",
        &bytes,
        r#"0 match
           1 split 2, 0
         > 2 literal b"\xff\xfe" -> 1"#,
    );
}

#[test]
fn options_change_what_is_compiled() {
    let syntax = Syntax {
        case_insensitive: true,
        multi_line: true,
        swap_greed: true,
        ..Syntax::default()
    };
    // The canonical form of a letter above ASCII is the least of its cases.
    check_with(
        "^[a-f]*é",
        &syntax,
        r#"0 match
           1 literal "É" (fold) -> 0
           3 split 1, 4
           4 set [A-Fa-f] -> 3
         > 5 look start-line -> 3"#,
    );
}
