//! The stacks of a parse, kept for the next one.
//!
//! Exercised by `tests/depth.rs`.

use std::ops::Range;

use super::flags::Flags;
use super::rust::Classes;
use crate::ir::NodeId;

/// What a parse keeps on stacks.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    /// Finished parts of the open branches, of the outermost group first.
    pub(super) parts: Vec<NodeId>,
    /// Finished branches of the open groups.
    pub(super) branches: Vec<NodeId>,
    /// The groups around the one that is being read.
    pub(super) groups: Vec<Frame>,
    /// Open classes.
    pub(super) classes: Classes,
    /// A property's class, as text.
    pub(super) text: String,
    /// Named groups, in the order of their names.
    pub(super) order: Vec<u32>,
    /// The groups inside of what is repeated zero times: rising, and none inside another.
    pub(super) dropped: Vec<Range<u32>>,
}

impl Stacks {
    pub(super) fn clear(&mut self) {
        self.parts.clear();
        self.branches.clear();
        self.groups.clear();
        self.classes.clear();
        self.text.clear();
        self.order.clear();
        self.dropped.clear();
    }

    pub(super) fn scratch_bytes(&self) -> usize {
        (self.parts.capacity() + self.branches.capacity()) * size_of::<NodeId>()
            + self.groups.capacity() * size_of::<Frame>()
            + self.classes.scratch_bytes()
            + self.text.capacity()
            + self.order.capacity() * size_of::<u32>()
            + self.dropped.capacity() * size_of::<Range<u32>>()
    }
}

/// A group that is open; the pattern itself is the outermost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    /// Its index if it captures, else 0.
    pub(super) index: u32,
    /// The index of the first group in it, itself among them.
    pub(super) groups_at: u32,
    /// Where its parenthesis stands.
    pub(super) open_at: u32,
    /// Its first part, and its first branch.
    pub(super) parts_at: u32,
    pub(super) branches_at: u32,
    /// The most repetitions inside each other so far.
    pub(super) height: u32,
    /// What to go back to behind it.
    pub(super) flags: Flags,
}
