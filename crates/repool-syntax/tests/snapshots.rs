//! What patterns become, as `Display for Ir` prints it. The snapshots are written by hand.

use repool_syntax::{Ir, Syntax, parse};

fn check_with(pattern: &str, syntax: &Syntax, expected: &str) {
    let mut ir = Ir::new();
    parse(pattern, syntax, &mut ir).unwrap_or_else(|error| panic!("{error}"));
    let margin = expected
        .lines()
        .nth(1)
        .map_or(0, |line| line.len() - line.trim_start().len());
    let expected: String = expected
        .lines()
        .skip(1)
        .map(|line| line.get(margin..).unwrap_or("").to_owned() + "\n")
        .collect();
    assert_eq!(ir.to_string().trim_end(), expected.trim_end(), "{pattern}");
}

fn check(pattern: &str, expected: &str) {
    check_with(pattern, &Syntax::default(), expected);
}

/// The options of `&[u8]`, where a match may be any bytes.
fn check_bytes(pattern: &str, expected: &str) {
    let syntax = Syntax {
        utf8: false,
        ..Syntax::default()
    };
    check_with(pattern, &syntax, expected);
}

#[test]
fn literals() {
    check("", "\n empty");
    check("abc", "\n literal \"abc\"");
    check("a(?:b(?:c)d)e", "\n literal \"abcde\"");
    check("[a]b[.]", "\n literal \"ab.\"");
    check("(?:é|é)", "\n literal \"é\"");
    check(
        "abc*d",
        "
        concat
          literal \"ab\"
          repeat 0..
            literal \"c\"
          literal \"d\"",
    );
}

#[test]
fn folded_literals() {
    check("(?i)ab-1", "\n literal \"ab-1\" fold=ascii");
    check("(?i)Kelvin", "\n literal \"kelvin\" fold=unicode");
    check("(?i)12", "\n literal \"12\"");
    check("(?i)É", "\n literal \"É\" fold=unicode");
    check("[Hh][Tt]", "\n literal \"ht\" fold=ascii");
    check("[kK\u{212A}]", "\n literal \"k\" fold=unicode");
    check("[kK]", "\n literal \"k\" fold=ascii");
    check(
        "a(?i)b",
        "
        concat
          literal \"a\"
          literal \"b\" fold=ascii",
    );
}

#[test]
fn alternations() {
    check("a|b|[x-z]", "\n set [a-bx-z]");
    check("a|é|è", "\n set [a U+00E8-U+00E9]");
    check("(?i)k|1", "\n set [1Kk U+212A]");
    check(
        "a|[a&&b]",
        "\n set [a]".replace("set [a]", "literal \"a\"").as_str(),
    );
    check(
        "a|(?:bc|(?:d*))||",
        "
        alternation
          literal \"a\"
          literal \"bc\"
          repeat 0..
            literal \"d\"
          empty",
    );
    check(
        "(a)|b",
        "
        alternation
          group 1
            literal \"a\"
          literal \"b\"",
    );
}

#[test]
fn repetitions() {
    check("a{1}", "\n literal \"a\"");
    check("a{0}", "\n empty");
    check("(?:)*", "\n empty");
    check("[a&&b]*", "\n empty");
    check("[a&&b]+c", "\n fail");
    check("^{3,9}", "\n look Start");
    check(
        "(?:a{2}){3}?",
        "
        repeat 3..3 lazy
          repeat 2..2
            literal \"a\"",
    );
    check(
        "(?U)a*(?:$)*?",
        "
        concat
          repeat 0.. lazy
            literal \"a\"
          repeat 0..1
            look End",
    );
}

#[test]
fn sets() {
    check(".", "\n set [\\x00-\\t\\x0b-\\x7f U+0080-U+10FFFF]");
    check("(?s).", "\n set [\\x00-\\x7f U+0080-U+10FFFF]");
    check("[^a]", "\n set [\\x00-`b-\\x7f U+0080-U+10FFFF]");
    check(r"\w", "\n set [0-9A-Z_a-z \\w]");
    check(r"[\w-]", "\n set [-0-9A-Z_a-z \\w]");
    check(
        r"[^\w\s]",
        "\n set [\\x00-\\x08\\x0e-\\x1f!-/:-@[-^`{-\\x7f not(\\w \\s)]",
    );
    check(r"\D", "\n set [\\x00-/:-\\x7f \\D]");
    check("[[:digit:]b-fé]", "\n set [0-9b-f U+00E9]");
    check("[a-z&&[^aeiou]--q-z]", "\n set [b-df-hj-np]");
}

#[test]
fn groups_and_assertions() {
    check(
        r"(?m)^(?<year>\d{4})\b",
        "
        concat
          look StartLine
          group 1
            repeat 4..4
              set [0-9 \\d]
          look WordUnicode",
    );
}

#[test]
fn bytes() {
    check_bytes(
        r"(?-u)\xFF[^a]é",
        "
        stepping bytes
        concat
          literal b\"\\xff\"
          set bytes [\\x00-`b-\\xff]
          literal \"é\"",
    );
    check_bytes(
        r"(?-u:\xFF)[a-z]",
        "
        stepping bytes
        concat
          literal b\"\\xff\"
          set bytes [a-z]",
    );
    check_bytes(r"(?-u:[^\x80-\xFF])", "\n set [\\x00-\\x7f]");
    check_bytes(r"(?-u:\xFF)\w", "\n delegated");
    check_bytes(r"(?-u:\xFF)(?i)k", "\n delegated");
    check_bytes(
        r"(?-u:\xFF)(?i)a",
        "
        stepping bytes
        concat
          literal b\"\\xff\"
          literal \"a\" fold=ascii",
    );
}
