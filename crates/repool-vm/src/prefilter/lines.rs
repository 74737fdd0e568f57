//! The starts of lines, for programs whose matches start there.
//! Exercised by `tests/oracle.rs`.

use repool_program::Program;
use repool_text::Look;

use crate::simd::byte_set::ByteSet;
use crate::simd::memchr::find_one;

/// The starts of lines where a match may start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines {
    /// What ends a line.
    pub(crate) terminator: u8,
    /// What a match starts with, if that is not nothing.
    first: Option<ByteSet>,
}

impl Lines {
    /// The place of the first at `at` or behind.
    #[inline]
    pub(crate) fn next(&self, hay: &[u8], mut at: usize) -> Option<usize> {
        loop {
            if at > 0 {
                // The terminator may stand right before.
                at += find_one(self.terminator, &hay[at - 1..])?;
            }
            let Some(first) = &self.first else {
                return Some(at);
            };
            let &byte = hay.get(at)?;
            if first.contains(byte) {
                return Some(at);
            }
            at += 1;
        }
    }
}

/// The lines at whose starts a program starts.
pub(crate) fn lines(program: &Program<'_>) -> Option<Lines> {
    let terminator = program.line_terminator();
    if terminator >= 0x80 || !starts_at_line(program) {
        return None;
    }
    let first = program.first().filter(|_| program.len_min() > 0);
    Some(Lines {
        terminator,
        first: first.map(|first| ByteSet::from_words(program.set(first).0)),
    })
}

/// Tells whether every path into the program starts with the start of a line.
fn starts_at_line(program: &Program<'_>) -> bool {
    let mut op = program.op(program.start());
    // Groups open before the assertion.
    while let Some(next) = op.behind_save() {
        op = program.op(next);
    }
    (op.look()).is_some_and(|(look, _)| look == Look::StartLine)
}
