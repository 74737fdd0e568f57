//! The memory in which the common prefixes of an alternation are found; see `factor.rs`.
//!
//! Exercised by `tests/factor.rs`.

use super::node::NodeId;

/// Memory of `Ir::factor`, used again.
#[derive(Debug, Default)]
pub(crate) struct Factoring {
    pub(super) levels: Vec<Level>,
    /// The branches of all open levels, outermost first.
    pub(super) parts: Vec<NodeId>,
}

impl Factoring {
    pub(super) fn scratch_bytes(&self) -> usize {
        self.levels.capacity() * size_of::<Level>() + self.parts.capacity() * size_of::<NodeId>()
    }
}

/// A prefix that all branches of the level start with, and lack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// Its length in bytes.
    pub(super) depth: u32,
    /// Its first branch.
    pub(super) parts_at: usize,
}
