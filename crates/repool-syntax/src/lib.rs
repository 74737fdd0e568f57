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
mod tuning;

pub use error::Error;
pub use ir::{First, Greed, GroupName, Ir, Node, NodeFacts, NodeId, Stepping, UNBOUNDED};
pub use options::{Dialect, Limits, Syntax};
pub use parser::{Parser, parse};
