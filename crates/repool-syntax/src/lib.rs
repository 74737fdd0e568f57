//! Pattern text to IR.
//!
//! [`parse`] reads a pattern once and builds an [`Ir`], a tree that later stages need not question:
//! its constructors normalise it and compute what is known of each node. What is accepted, and what it
//! means, is checked against `regex-syntax`, pattern by pattern and option by option.

mod class;
mod error;
mod ir;
mod options;
mod parser;

pub use error::Error;
pub use ir::{First, Greed, GroupName, Ir, Node, NodeFacts, NodeId, Stepping, UNBOUNDED};
pub use options::{Dialect, Limits, Syntax};

/// Parses `pattern` into `ir`, whatever it held before.
///
/// After an error `ir` is empty. Memory that `ir` has is used again: a parse no larger than earlier
/// ones allocates nothing.
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
    ir.clear();
    parser::parse(pattern, syntax, ir).map_err(|fault| {
        ir.clear();
        Error::new(fault, pattern, syntax)
    })
}
