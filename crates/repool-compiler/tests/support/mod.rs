//! Compiles patterns in tests.

#![allow(dead_code, reason = "each test file uses some of this")]

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::{Compiler, Error};
use repool_program::{Image, verify};
use repool_syntax::{Ir, Syntax, parse};

/// Compiles a pattern and verifies the program.
pub(crate) fn try_compile(pattern: &str, syntax: &Syntax) -> Result<Image, Error> {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let mut ir = Ir::new();
    if let Err(error) = parse(pattern, syntax, &mut ir) {
        panic!("{pattern:?} is a pattern: {error}");
    }
    let image = Compiler::default().compile(&ir, pattern, syntax, 0, &pool)?;
    assert_eq!(verify(&image.program()), Ok(()), "{pattern:?}");
    Ok(image)
}

/// Compiles a pattern that compiles.
pub(crate) fn compile(pattern: &str, syntax: &Syntax) -> Image {
    try_compile(pattern, syntax).unwrap_or_else(|error| panic!("{pattern:?} compiles: {error}"))
}

/// The lines of the disassembly that list instructions and counters, without their indentation.
pub(crate) fn listing(image: &Image) -> Vec<String> {
    image
        .program()
        .to_string()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .filter(|line| line.starts_with([' ', '>']) || line.starts_with('c'))
        .collect()
}

/// Compares the listing of a pattern line by line. Blank lines and indentation do not count.
#[track_caller]
pub(crate) fn check(pattern: &str, expected: &str) {
    check_with(pattern, &Syntax::default(), expected);
}

/// Compares the listing as [`check`] does, under other options.
#[track_caller]
pub(crate) fn check_with(pattern: &str, syntax: &Syntax, expected: &str) {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected: Vec<String> = expected
        .lines()
        .map(words)
        .filter(|line| !line.is_empty())
        .collect();
    let found: Vec<String> = listing(&compile(pattern, syntax))
        .iter()
        .map(|line| words(line))
        .collect();
    assert_eq!(
        found,
        expected,
        "{pattern:?} compiles to\n{}",
        found.join("\n")
    );
}
