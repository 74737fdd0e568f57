//! IR to sealed image.
//!
//! ```text
//! Ir ── find needles ── emit, from the end to the start ── facts ── seal ──► Image
//! ```
//!
//! [`Compiler`] lowers the IR to the instructions of `repool-program`, computes the facts that choose an
//! engine and start a search, and seals the result into one run of words.
//!
//! All lists of a compile and the image under construction lie in one bump arena. It is reset behind each
//! compile and serves the next, so a compile calls the allocator for the sealed image only.
//!
//! Exercised by `tests/disassembly.rs`, `tests/facts.rs` and `tests/limits.rs`.

mod delegate;
mod emit;
mod error;
mod factors;
mod facts;
mod first_set;
mod needle;
mod repeat;
mod tuning;

use std::sync::Arc;

use bumpalo::Bump;
use repool_arena::Pool;
use repool_program::{Builder, Facts, Image, Name, Pc, Room};
use repool_syntax::{Ir, Stepping, Syntax};

use crate::tuning::{
    IMAGE_ROOM_WORDS, NODE_ROOM_WORDS, ROOM_BYTES, SCRATCH_BYTES_MAX, SET_ROOM_WORDS, SET_WORDS,
};

pub use error::Error;
pub use factors::{FACTOR_GROUPS, Factor, Factors};

/// A compiler. It keeps the arena that it works in from one pattern to the next.
///
/// # Example
///
/// ```
/// use repool_arena::{Ledger, Pool};
/// use repool_compiler::Compiler;
/// use repool_syntax::{Ir, Syntax, parse};
///
/// let (pool, syntax) = (Pool::new(Ledger::default().into()), Syntax::default());
/// let (mut ir, mut compiler) = (Ir::new(), Compiler::default());
/// parse("a+b", &syntax, &mut ir)?;
/// let image = compiler.compile(&ir, "a+b", &syntax, 0, &pool)?;
/// assert_eq!(image.program().text(), "a+b");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Compiler {
    /// The lists of one compile and the image that it builds. Reset behind each compile.
    arena: Bump,
}

impl Compiler {
    /// Lowers `ir` and seals the program into an arena of `pool`.
    ///
    /// `ir` must have been parsed from `text` under `syntax`. `options` is stored with it (see
    /// [`repool_program::Program::options`]).
    ///
    /// # Errors
    ///
    /// If the program passes a limit of `syntax`, has a construct that no engine runs, or there is no
    /// memory for its arena. Nothing stays allocated then.
    pub fn compile(
        &mut self,
        ir: &Ir,
        text: &str,
        syntax: &Syntax,
        options: u64,
        pool: &Arc<Pool>,
    ) -> Result<Image, Error> {
        self.make_room(ir, text)?;
        let image = self.image(ir, text, syntax, options, pool);
        self.arena.reset();
        if self.arena.allocated_bytes() > SCRATCH_BYTES_MAX {
            self.arena = Bump::new();
        }
        let image = image?;
        debug_assert_eq!(repool_program::verify(&image.program()), Ok(()), "{text:?}");
        Ok(image)
    }

    /// The bytes of working memory that are kept for the next pattern.
    #[must_use]
    pub fn scratch_bytes(&self) -> usize {
        self.arena.allocated_bytes_including_metadata()
    }

    /// Makes the arena large enough for all but unusual patterns, so that they need one allocation at
    /// most, whose failure is an error. A pattern that needs more lets the arena grow, and that panics if
    /// there is no memory.
    fn make_room(&mut self, ir: &Ir, text: &str) -> Result<(), Error> {
        let words =
            NODE_ROOM_WORDS * ir.node_len() + SET_ROOM_WORDS * ir.set_len() + ir.ranges().len();
        let bytes = size_of::<u64>() * words + text.len() + ROOM_BYTES;
        if self.arena.chunk_capacity() < bytes {
            self.arena = Bump::try_with_capacity(bytes).map_err(|_| Error::out_of_memory())?;
        }
        Ok(())
    }

    fn image(
        &self,
        ir: &Ir,
        text: &str,
        syntax: &Syntax,
        options: u64,
        pool: &Arc<Pool>,
    ) -> Result<Image, Error> {
        let limit = syntax.limits.program_bytes_max;
        let room = Room {
            image: ir.node_len() + text.len() / 8 + IMAGE_ROOM_WORDS,
            sets: SET_WORDS * ir.set_len(),
            ranges: ir.ranges().len(),
        };
        let mut builder = Builder::new_in(&self.arena, room);
        for name in ir.names() {
            let name = Name::new(name.index, name.span.clone());
            builder.push_name(name.ok_or_else(|| Error::too_big(limit))?);
        }
        let (start, facts, delegate) = if ir.stepping() == Stepping::Delegated {
            let (regex, facts) = delegate::build(text, syntax)?;
            (Pc::START, facts, Some(regex))
        } else {
            let (start, facts) = lower(ir, syntax, &mut builder, &self.arena)?;
            (start, facts, None)
        };
        let sealed = builder
            .seal(&facts, start, text, options, pool)
            .map_err(|e| Error::build(e, limit))?;
        Ok(Image::new(sealed, delegate))
    }
}

fn lower<'a>(
    ir: &Ir,
    syntax: &Syntax,
    builder: &mut Builder<'a>,
    arena: &'a Bump,
) -> Result<(Pc, Facts), Error> {
    let needles = needle::find(ir, arena);
    let limit = syntax.limits.program_bytes_max;
    let emitted = emit::emit(ir, &needles, limit, builder, arena)?;
    let facts = facts::facts(ir, syntax, &emitted, builder);
    Ok((emitted.start, facts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compile_leaves_its_arena_empty() {
        let pool = Pool::new(Arc::default());
        let (mut ir, mut compiler) = (Ir::new(), Compiler::default());
        let mut syntax = Syntax::default();
        // The last pattern is refused when most of its program stands in the arena.
        for (pattern, limit) in [
            ("a+b", 1 << 20),
            ("(a|[b-z]{2,90})+", 1 << 20),
            ("a{9}{9}{9}{9}", 4096),
        ] {
            syntax.limits.program_bytes_max = limit;
            repool_syntax::parse(pattern, &syntax, &mut ir).expect("a pattern");
            let image = compiler.compile(&ir, pattern, &syntax, 0, &pool);
            assert_eq!(image.is_ok(), limit > 4096, "{pattern}");
            assert!(compiler.scratch_bytes() > 0);
            assert!(
                compiler
                    .arena
                    .iter_allocated_chunks()
                    .all(|chunk| chunk.is_empty()),
                "{pattern}"
            );
        }
    }
}
