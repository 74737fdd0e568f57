//! The IR: a tree of numbered nodes that cannot be built wrong.
//!
//! Only the constructors of [`Ir`] make nodes. They normalise (flatten, drop empties, join neighbouring
//! literals, turn one-member sets into literals) and compute each node's [`NodeFacts`] from those of its
//! children, so no later pass computes them. A node's number is larger than those of its children, so a
//! walk over all nodes in order sees children first and needs no stack.
//!
//! Literals, child lists and ranges stand in buffers beside the nodes. An [`Ir`] is cleared and used again,
//! so a parse allocates nothing once the buffers have grown.
//!
//! Constructors are in `ir/build.rs`, `ir/list.rs`, `ir/literal.rs` and `ir/factor.rs`, facts in
//! `ir/facts.rs`. `ir/sets.rs` stores equal sets once. `ir/print.rs` prints the tree in the language of the
//! snapshots.
//!
//! Exercised by `tests/snapshots.rs` and `tests/meaning.rs`.

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
