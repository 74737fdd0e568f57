//! Pattern text to IR.
//!
//! [`Parser`] reads a pattern once and builds an [`Ir`]: a tree that its constructors normalise, with facts
//! on each node. Later stages need no checks of their own. The tests compare which patterns are accepted,
//! and what they mean, with `regex-syntax`, pattern by pattern and option by option.

mod class;
mod error;
mod ir;
mod options;
mod parser;
mod tuning;

pub use error::Error;
pub use ir::{First, Greed, GroupName, Ir, Node, NodeFacts, NodeId, Stepping, UNBOUNDED};
pub use options::{Dialect, Limits, Syntax};
pub use parser::{Parser, parse};
