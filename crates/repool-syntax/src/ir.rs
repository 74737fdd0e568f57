//! The IR: a tree of nodes by number, that cannot be built wrong.
//!
//! Nodes are made only by the constructors of [`Ir`]. They normalise (flatten, drop empties, join
//! neighbouring literals, turn one-member sets into literals) and compute each node's [`NodeFacts`]
//! from those of its children, so no later pass asks again. Children come before parents: a node's
//! number is larger than those of its children, and a walk over all nodes in order sees children
//! first without a stack.
//!
//! Literals, child lists and ranges stand in buffers beside the nodes; an [`Ir`] is cleared and used
//! again, so that a parse allocates nothing once the buffers have grown.
//!
//! Constructors: `ir/build.rs`, `ir/list.rs`, `ir/literal.rs`; facts: `ir/facts.rs`; equal sets are one: `ir/sets.rs`; printing, the
//! language of the snapshots: `ir/print.rs`. Exercised by `tests/snapshots.rs` and `tests/meaning.rs`.

mod build;
mod case;
mod factor;
mod factoring;
mod facts;
mod list;
mod literal;
mod node;
mod print;
mod sets;
mod tree;

pub(crate) use case::Case;
pub use facts::{First, NodeFacts};
pub use node::{Greed, Node, NodeId, UNBOUNDED};
pub use tree::{GroupName, Ir, Stepping};
