//! Pattern text to IR, in one pass, without recursion.
//!
//! A dialect's grammar reads the text and drives one machine, which builds the IR:
//!
//! ```text
//!   parser/rust.rs      the syntax of the `regex` crate  ──┐
//!   (another dialect's grammar)                          ──┴─►  parser/machine.rs  ──►  Ir
//! ```
//!
//! All stacks live in the [`Parser`] and are used again, so a parse allocates nothing once they have grown.
//! Nesting costs heap and no stack, and ends at `Limits::nest_max`.
//!
//! Exercised by `tests/acceptance.rs`, `tests/meaning.rs` and `tests/depth.rs`.

mod flags;
mod machine;
mod rust;
mod stacks;

use crate::error::{Error, Fault};
use crate::ir::Ir;
use crate::tuning::NODES_FREE;
use crate::{Dialect, Syntax};
use flags::Flags;
use machine::{Machine, Run};
use stacks::{Frame, Stacks};

/// The longest pattern, in bytes, under any limit. Places in a pattern are 32-bit numbers, and a parse
/// makes a few nodes a byte.
const PATTERN_BYTES_MAX: usize = 1 << 28;

/// A parser. It keeps its working memory from one pattern to the next.
///
/// # Example
///
/// ```
/// use repool_syntax::{Ir, Parser, Syntax};
///
/// let (mut parser, mut ir, syntax) = (Parser::new(), Ir::new(), Syntax::default());
/// for pattern in ["a+", "(b|c)*d"] {
///     parser.parse(pattern, &syntax, &mut ir)?;
/// }
/// # Ok::<(), repool_syntax::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Parser {
    stacks: Stacks,
}

impl Parser {
    /// A parser that holds no memory yet.
    #[must_use]
    pub fn new() -> Parser {
        Parser::default()
    }

    /// Parses `pattern` into `ir` and drops what `ir` held before.
    ///
    /// After an error `ir` is empty. The parser and `ir` keep their memory: a parse that is no larger than
    /// an earlier one allocates nothing.
    ///
    /// # Errors
    ///
    /// If the pattern is not one of the dialect's, or passes a limit.
    pub fn parse(&mut self, pattern: &str, syntax: &Syntax, ir: &mut Ir) -> Result<(), Error> {
        ir.clear();
        self.read(pattern, syntax, ir).map_err(|fault| {
            ir.clear();
            Error::new(fault, pattern, syntax)
        })
    }

    /// The bytes that its stacks hold, used or not.
    #[must_use]
    pub fn scratch_bytes(&self) -> usize {
        self.stacks.scratch_bytes()
    }

    /// Parses `pattern` into `ir`, which must have been cleared.
    fn read(&mut self, pattern: &str, syntax: &Syntax, ir: &mut Ir) -> Result<(), Fault> {
        if pattern.len() > syntax.limits.pattern_bytes_max.min(PATTERN_BYTES_MAX) {
            return Err(Fault::pattern_too_long());
        }
        self.stacks.clear();
        let mut machine = Machine {
            pattern,
            at: 0,
            syntax,
            flags: Flags::new(syntax),
            ir,
            stacks: &mut self.stacks,
            run: Run::default(),
            group: Frame::default(),
            repeatable: false,
            height: 0,
            part_groups_at: 1,
            group_len: 1,
            // A node takes a word of the program, unless it is dropped or joined. So a program that is too
            // large is refused before its memory is spent.
            nodes_max: (syntax.limits.program_bytes_max / size_of::<u64>()).max(NODES_FREE),
        };
        match syntax.dialect {
            Dialect::Rust => machine.parse_rust()?,
            Dialect::Python => return Err(Fault::dialect_unsupported()),
        }
        machine.finish()
    }
}

/// Parses one pattern with a parser of its own; see [`Parser::parse`].
///
/// # Errors
///
/// If the pattern is not one of the dialect's, or passes a limit.
///
/// # Example
///
/// ```
/// use repool_syntax::{Ir, Syntax, parse};
///
/// let mut ir = Ir::new();
/// parse(r"(?i)user[0-9]+", &Syntax::default(), &mut ir)?;
/// assert_eq!(
///     ir.to_string(),
///     "concat\n  literal \"user\" fold=unicode\n  repeat 1..\n    set [0-9]\n"
/// );
/// # Ok::<(), repool_syntax::Error>(())
/// ```
pub fn parse(pattern: &str, syntax: &Syntax, ir: &mut Ir) -> Result<(), Error> {
    Parser::new().parse(pattern, syntax, ir)
}
