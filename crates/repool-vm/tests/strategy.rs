//! The strategy of each kind of pattern, and what it looks for to find candidates: while the program is cold, and when it
//! is hot.
//!
//! A row that changes is a pattern that is searched in another way: it wants a reason and a measurement.

use std::collections::HashSet;
use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::StrategyKind::{
    Anchored, Candidates, ClassRun, Core, Delegate, Literal, Required, ReverseAnchored,
};
use repool_vm::forced::{heat, prefilter_of};
use repool_vm::{Scratch, StrategyKind, strategy_of};

/// A pattern; its strategy and its prefilter while it is cold; the same when it is hot.
type Row = (
    &'static str,
    StrategyKind,
    &'static str,
    StrategyKind,
    &'static str,
);

/// English, and some numbers: the text that a program gets hot in.
const SAMPLE: &str = "2026-11-28 07:12:11 INFO worker id=48213 user=anna state=ready took=17ms path=/a/b\n\
    There was no answer to his letter, and so Mr. Holmes went to see the inspector himself.\n";

/// Sixty words that have little in common.
const WORDS: &str = "tixlzw|xuqaoy|hubfdl|phmrds|haxgni|fymfyz|cettoe|eaagyg|ffjkgr|vugfwg|mjalnf|eickjt|satvwk|cjljpw|\
    kfppwf|biaxlm|arznlm|saobwf|tgdyho|lqlqiy|odsxyz|ljbncg|kqtlek|iwrcjv|kjfzcu|exwjpf|xbctrm|bhxtli|\
    ounebu|bzpkge|xseuzn|dfnleb|njeotf|qopwxk|pijpme|dmrfup|kfcpiq|zrqlcz|zylwsv|byjlrw|vipiyw|wjkufs|\
    apryik|viojqu|vzlliu|lxnlfw|olkqeq|fglpjw|cxvxnf|tysqvn|jtryui|xagfso|tufhyv|fuwbph|fbedkf|pgrbno|\
    lmvtcs|ghwlal|mindwr|lbrtjd";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (r"(?-u:\xFF)|\B.", Delegate, "nothing", Delegate, "nothing"),
    (r"\w+", ClassRun, "nothing", ClassRun, "nothing"),
    ("[A-Z]", ClassRun, "nothing", ClassRun, "nothing"),
    (r"\b\w+\b", ClassRun, "nothing", ClassRun, "nothing"),
    (r"\p{Greek}+", ClassRun, "nothing", ClassRun, "nothing"),
    (r"\d+", ClassRun, "nothing", ClassRun, "nothing"),
    (r"\d", ClassRun, "nothing", ClassRun, "nothing"),
    ("é|ё|€", ClassRun, "nothing", ClassRun, "nothing"),
    (r"^\d{4}-\d\d", Anchored, "nothing", Anchored, "nothing"),
    (r"^(?:GET|POST) /\w*$", Anchored, "nothing", Anchored, "nothing"),
    (r"\A\s*#", Anchored, "nothing", Anchored, "nothing"),
    ("^", Anchored, "nothing", Anchored, "nothing"),
    (r"\d+$", ReverseAnchored, "byte set", ReverseAnchored, "reverse"),
    (r"[a-z]+\d{2}$", ReverseAnchored, "nothing", ReverseAnchored, "reverse"),
    (r"\.(?:jpe?g|png)$", ReverseAnchored, "needle", ReverseAnchored, "reverse"),
    (r"(?:ing|ed)\z", ReverseAnchored, "two bytes", ReverseAnchored, "reverse"),
    ("$", ReverseAnchored, "nothing", ReverseAnchored, "reverse"),
    (r"\s+$", ReverseAnchored, "byte set", ReverseAnchored, "reverse"),
    ("Sherlock", Literal, "nothing", Literal, "nothing"),
    ("Ш", Literal, "nothing", Literal, "nothing"),
    ("(?i)a", Literal, "nothing", Literal, "nothing"),
    ("(?i)sherlock", Literal, "nothing", Literal, "nothing"),
    (r"[^\n]*Sherlock[^\n]*", Required, "nothing", Candidates, "reverse"),
    (r"\w+\s+Holmes", Required, "nothing", Candidates, "reverse"),
    (".*=.*", Required, "nothing", Candidates, "reverse"),
    (r"[a-z]+@[a-z]+\.com", Required, "nothing", Candidates, "reverse"),
    ("(?m)^[a-z]+:", Required, "lines", Candidates, "reverse"),
    (r"(?m)^\s*\w+=\d+", Required, "lines", Required, "lines"),
    ("[xy][0-9]+z", Required, "two bytes", Candidates, "Teddy"),
    ("(a+)(b+)", Required, "needle", Required, "needle"),
    (r"\d+\.\d+", Required, "byte set", Candidates, "reverse"),
    ("[a-q][^u-z]{13}x", Required, "byte set", Candidates, "reverse"),
    (r"(\w+)=(\w+)", Required, "nothing", Candidates, "reverse"),
    ("(?:a|b)*c", Required, "three bytes", Candidates, "reverse"),
    (r"(?-u:\xFF)+é\b", Required, "needle", Required, "needle"),
    ("[a-z]+ing", Required, "nothing", Candidates, "reverse"),
    (r"\d{2,4}", Candidates, "byte set", Candidates, "Teddy"),
    (r"Mr\. [A-Z]\w+", Candidates, "needle", Candidates, "needle"),
    ("Sherlock|Watson|Adler", Candidates, "three bytes", Candidates, "Teddy"),
    ("(?i)sherlock|watson", Candidates, "byte set", Candidates, "Teddy"),
    ("a1|b2|c3|d4|e5|f6|g7|h8|i9|j0", Candidates, "byte set", Candidates, "Teddy"),
    (WORDS, Candidates, "byte set", Candidates, "shift table"),
    ("x[0-9]+y", Candidates, "needle", Candidates, "needle"),
    ("[xyz][0-9]+a", Candidates, "three bytes", Candidates, "Teddy"),
    ("[w-z][0-9]+", Candidates, "byte set", Candidates, "Teddy"),
    (r"\bfoo|bar\b", Candidates, "two bytes", Candidates, "Teddy"),
    (r#""[^"]*""#, Candidates, "needle", Candidates, "needle"),
    (r"(?-u:\b)ab|\bab", Candidates, "one byte", Candidates, "Teddy"),
    ("[ab]{3}", Candidates, "two bytes", Candidates, "Teddy"),
    (r"(?i-u:x)(?-u:\w)+", Candidates, "needle", Candidates, "needle"),
    (r"[a-z]+\d", Core, "nothing", Candidates, "byte set"),
    ("(?s).*", Core, "nothing", Core, "nothing"),
    (r"(?:.|\n)a?", Core, "nothing", Core, "nothing"),
    ("a*", Core, "nothing", Core, "nothing"),
    (r"(?s-u:.)\b|é", Core, "nothing", Core, "nothing"),
    ("(?m)$", Core, "nothing", Candidates, "reverse"),
    // What is rarer in the sample, starts of lines or first bytes.
    (r"(?m)^\w+ \d", Candidates, "lines", Candidates, "lines"),
    (r"(?m)^(?:the|and)\s", Candidates, "two bytes", Candidates, "Teddy"),
];

fn compile(text: &str, utf8: bool) -> Image {
    let syntax = Syntax {
        utf8,
        ..Syntax::default()
    };
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).expect("the pattern is valid");
    let pool = Pool::new(Arc::new(Ledger::default()));
    Compiler::default()
        .compile(&ir, text, &syntax, 0, &pool)
        .expect("the pattern compiles")
}

/// The pattern with what it has become, as a row above.
fn row(text: &'static str) -> Row {
    let image = compile(text, !text.contains("-u:"));
    let cold = (
        strategy_of(&image.program()),
        prefilter_of(&image.program()),
    );
    heat(&image, SAMPLE.as_bytes(), &mut Scratch::new());
    let hot = (
        strategy_of(&image.program()),
        prefilter_of(&image.program()),
    );
    (text, cold.0, cold.1, hot.0, hot.1)
}

#[test]
fn every_kind_of_pattern_has_its_strategy() {
    let wrong: Vec<_> = (ROWS.iter())
        .filter(|expected| row(expected.0) != **expected)
        .map(|expected| format!("{:?}\n  is not {expected:?}", row(expected.0)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_strategy_and_every_prefilter_has_a_row() {
    let strategies: HashSet<_> = ROWS.iter().flat_map(|row| [row.1, row.3]).collect();
    assert_eq!(strategies.len(), StrategyKind::ALL.len());
    let prefilters: HashSet<_> = ROWS.iter().flat_map(|row| [row.2, row.4]).collect();
    assert_eq!(prefilters.len(), 10, "{prefilters:?}");
}
