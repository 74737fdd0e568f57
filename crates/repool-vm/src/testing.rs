//! What the unit tests share.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};

/// A pattern for text, compiled.
pub(crate) fn image(text: &str) -> Image {
    compiled(text, true)
}

/// A pattern for any bytes, compiled.
pub(crate) fn bytes_image(text: &str) -> Image {
    compiled(text, false)
}

fn compiled(text: &str, utf8: bool) -> Image {
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

/// xorshift64*.
pub(crate) fn random(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_F491_4F6C_DD1D)
}
