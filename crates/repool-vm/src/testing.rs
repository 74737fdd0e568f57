//! What the unit tests share.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};

/// A pattern, compiled.
pub(crate) fn image(text: &str) -> Image {
    let syntax = Syntax::default();
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).expect("the pattern is valid");
    let pool = Pool::new(Arc::new(Ledger::default()));
    Compiler::default()
        .compile(&ir, text, &syntax, 0, &pool)
        .expect("the pattern compiles")
}
