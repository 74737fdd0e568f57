//! A pattern is accepted exactly if `regex-syntax` accepts it, under every option. The error of a refused
//! pattern prints what `regex-syntax` prints.

mod common;

use common::{
    Rng, SYNTAXES, authority, corpora, generated_len, odd_forms, random_pattern, random_tokens,
    syntax,
};
use repool_syntax::{Ir, Syntax, parse};

/// Compares one pattern under one set of options.
fn check(pattern: &str, syntax: &Syntax, ir: &mut Ir) {
    let ours = parse(pattern, syntax, ir);
    let theirs = authority(pattern, syntax);
    match (ours, theirs) {
        (Ok(()), Ok(_)) => {}
        (Err(ours), Err(theirs)) => {
            assert_eq!(ours.to_string(), theirs.to_string());
            if let Some(span) = ours.span() {
                assert!(pattern.get(span).is_some(), "the span is in {pattern:?}");
            }
        }
        (Ok(()), Err(theirs)) => panic!("{pattern:?} {syntax:?} accepted, but {theirs}"),
        (Err(ours), Ok(_)) => panic!("{pattern:?} {syntax:?} refused: {ours}"),
    }
}

#[test]
fn odd_forms_under_all_options() {
    let mut ir = Ir::new();
    let mut rng = Rng::new(1);
    for pattern in odd_forms() {
        check(&pattern, &Syntax::default(), &mut ir);
        // These are all combinations of the options that change acceptance most, and a sample of the rest.
        for i in 0..16 {
            check(&pattern, &syntax(i), &mut ir);
            check(
                &pattern,
                &syntax(i + (rng.below(SYNTAXES / 16) << 4)),
                &mut ir,
            );
        }
    }
}

#[test]
fn every_prefix_of_the_odd_forms() {
    let mut ir = Ir::new();
    for pattern in odd_forms() {
        for (at, _) in pattern.char_indices() {
            check(&pattern[..at], &Syntax::default(), &mut ir);
            check(&pattern[at..], &syntax(3), &mut ir);
        }
    }
}

#[test]
fn generated() {
    let mut ir = Ir::new();
    let mut rng = Rng::new(2);
    for _ in 0..generated_len() {
        let pattern = if rng.one_in(2) {
            random_tokens(&mut rng)
        } else {
            random_pattern(&mut rng, 3)
        };
        let i = if rng.one_in(2) {
            0
        } else {
            rng.below(SYNTAXES)
        };
        check(&pattern, &syntax(i), &mut ir);
    }
}

#[test]
fn corpora_under_all_options() {
    let mut ir = Ir::new();
    let mut rng = Rng::new(3);
    for pattern in corpora() {
        check(&pattern, &Syntax::default(), &mut ir);
        for _ in 0..8 {
            check(&pattern, &syntax(rng.below(SYNTAXES)), &mut ir);
        }
    }
}

/// A name, a value, or both, in every spelling that the tables and patterns use.
#[test]
fn properties() {
    let names = [
        "gc",
        "sc",
        "scx",
        "age",
        "gcb",
        "wb",
        "sb",
        "na",
        "ccc",
        "bc",
        "lb",
        "ea",
        "in",
        "nt",
        "jt",
        "isc",
        "cf",
        "lc",
        "blk",
        "alpha",
        "general category",
        "Is-Script",
    ];
    let values = [
        "", "L", "lu", "LC", "cs", "Greek", "grek", "is greek", "6.0", "v6_0", "Extend", "ZWJ",
        "Zs", "any", "ascii", "assigned", "yes", "no", "y", "1", "Numeric", "Sep", "Sp", "é",
    ];
    let mut ir = Ir::new();
    for name in names.iter().chain(&values) {
        for form in ["\\p{N}", "\\P{N}", "[^\\p{N}a]", "(?i)\\p{N}"] {
            check(&form.replace('N', name), &Syntax::default(), &mut ir);
        }
        for value in values {
            for operator in ["=", ":", "!="] {
                let pattern = format!("\\p{{{name}{operator}{value}}}");
                check(&pattern, &Syntax::default(), &mut ir);
            }
        }
    }
    for c in (0..=0xFFu8).map(char::from) {
        check(&format!("\\p{c}"), &Syntax::default(), &mut ir);
        check(&format!("\\{c}"), &Syntax::default(), &mut ir);
        check(&format!("[\\{c}]"), &syntax(3), &mut ir);
        check(&format!("[a-\\{c}]"), &syntax(1 << 8), &mut ir);
    }
}
