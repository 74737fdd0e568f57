//! What the fuzz targets share: a case read from bytes, and a compile.
//!
//! Run a target with `cargo fuzz run engines_agree` (nightly), or on stable with `RUSTC_BOOTSTRAP=1`.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};

/// One case: options, a pattern and a haystack.
#[derive(Debug)]
pub struct Case<'d> {
    /// How the pattern is read.
    pub syntax: Syntax,
    /// The pattern.
    pub pattern: &'d str,
    /// The haystack; UTF-8 if the pattern is for text.
    pub haystack: &'d [u8],
}

impl<'d> Case<'d> {
    /// Reads a case: two bytes of options, one with the length of the pattern, the pattern, the haystack.
    /// `None` if the bytes are not one.
    #[must_use]
    pub fn read(data: &'d [u8]) -> Option<Case<'d>> {
        let (&[flags, more, len], rest) = data.split_first_chunk()?;
        let (pattern, haystack) = rest.split_at_checked(usize::from(len))?;
        let bit = |i: u8| flags >> i & 1 != 0;
        let utf8 = more & 1 != 0;
        if utf8 && std::str::from_utf8(haystack).is_err() {
            return None;
        }
        let syntax = Syntax {
            case_insensitive: bit(0),
            multi_line: bit(1),
            dot_matches_new_line: bit(2),
            crlf: bit(3),
            swap_greed: bit(4),
            ignore_whitespace: bit(5),
            unicode: !bit(6),
            octal: bit(7),
            utf8,
            line_terminator: if more & 2 != 0 { more } else { b'\n' },
            ..Syntax::default()
        };
        Some(Case {
            syntax,
            pattern: std::str::from_utf8(pattern).ok()?,
            haystack,
        })
    }
}

/// Parses and compiles; `None` if the pattern is refused.
#[must_use]
pub fn compile(pattern: &str, syntax: &Syntax) -> Option<(Ir, Image)> {
    let mut ir = Ir::new();
    parse(pattern, syntax, &mut ir).ok()?;
    let pool = Pool::new(Arc::new(Ledger::default()));
    let image = Compiler::default()
        .compile(&ir, pattern, syntax, 0, &pool)
        .ok()?;
    Some((ir, image))
}
