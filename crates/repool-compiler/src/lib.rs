//! IR to sealed image.
//!
//! ```text
//! Ir ── find needles ── emit, from the end to the start ── facts ── seal ──► Image
//! ```
//!
//! [`Compiler`] lowers the IR to the instructions of `repool-program`, computes the facts that choose an
//! engine and start a search, and seals the result into one arena. It keeps its working memory for the next
//! pattern, so a compile calls the allocator for the arena only.
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

use crate::tuning::SCRATCH_BYTES_MAX;
use repool_arena::Pool;
use repool_program::{Builder, Facts, Image, Name, Pc};
use repool_syntax::{Ir, Stepping, Syntax};

pub use error::Error;
pub use factors::{FACTOR_GROUPS, Factor, Factors};

/// A compiler. It keeps its working memory from one pattern to the next.
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
    builder: Builder,
    scratch: emit::Scratch,
    /// The stack of [`needle::find`].
    spine: Vec<needle::Visit>,
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
        let image = self.image(ir, text, syntax, options, pool);
        if self.scratch_bytes() > SCRATCH_BYTES_MAX {
            *self = Compiler::default();
        }
        let image = image?;
        debug_assert_eq!(repool_program::verify(&image.program()), Ok(()), "{text:?}");
        Ok(image)
    }

    /// The bytes of working memory that are kept for the next pattern.
    #[must_use]
    pub fn scratch_bytes(&self) -> usize {
        self.builder.scratch_bytes()
            + self.scratch.bytes()
            + self.spine.capacity() * size_of::<needle::Visit>()
    }

    fn image(
        &mut self,
        ir: &Ir,
        text: &str,
        syntax: &Syntax,
        options: u64,
        pool: &Arc<Pool>,
    ) -> Result<Image, Error> {
        let limit = syntax.limits.program_bytes_max;
        self.builder.clear();
        for name in ir.names() {
            let name = Name::new(name.index, name.span.clone());
            self.builder
                .push_name(name.ok_or_else(|| Error::too_big(limit))?);
        }
        let (start, facts, delegate) = if ir.stepping() == Stepping::Delegated {
            let (regex, facts) = delegate::build(text, syntax)?;
            (Pc::START, facts, Some(regex))
        } else {
            let (start, facts) = self.lower(ir, syntax)?;
            (start, facts, None)
        };
        let sealed = self
            .builder
            .seal(&facts, start, text, options, pool)
            .map_err(|e| Error::build(e, limit))?;
        Ok(Image::new(sealed, delegate))
    }

    fn lower(&mut self, ir: &Ir, syntax: &Syntax) -> Result<(Pc, Facts), Error> {
        let needles = needle::find(ir, &mut self.spine);
        let limit = syntax.limits.program_bytes_max;
        let emitted = emit::emit(ir, &needles, limit, &mut self.builder, &mut self.scratch)?;
        let facts = facts::facts(ir, syntax, &emitted, &mut self.builder);
        Ok((emitted.start, facts))
    }
}
