//! The memory of factoring an alternation; see `factor.rs`.
//!
//! Exercised by `tests/factor.rs`.

use super::node::NodeId;

/// The memory of `Ir::factor`, kept for the next list.
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

/// A prefix that all branches of the level share. The branches stand without it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// The length of the prefix in bytes.
    pub(super) depth: u32,
    /// The index of its first branch.
    pub(super) parts_at: usize,
}
