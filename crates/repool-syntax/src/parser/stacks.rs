//! The stacks of a parse, kept for the next one.
//!
//! Exercised by `tests/depth.rs`.

use std::ops::Range;

use super::flags::Flags;
use super::rust::Classes;
use crate::ir::NodeId;

/// The stacks of a parse.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    /// The finished parts of the open branches, those of the outermost group first.
    pub(super) parts: Vec<NodeId>,
    /// The finished branches of the open groups.
    pub(super) branches: Vec<NodeId>,
    /// The groups around the current one.
    pub(super) groups: Vec<Frame>,
    /// The open classes.
    pub(super) classes: Classes,
    /// The class of a property, as text.
    pub(super) text: String,
    /// The named groups, in the order of their names.
    pub(super) order: Vec<u32>,
    /// The groups inside of what is repeated zero times. They rise, and none is inside another.
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

/// An open group. The pattern itself is the outermost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    /// Its index if it captures, else 0.
    pub(super) index: u32,
    /// The index of the first group in it, including itself.
    pub(super) groups_at: u32,
    /// The place of its parenthesis, in bytes.
    pub(super) open_at: u32,
    /// The indexes of its first part and of its first branch.
    pub(super) parts_at: u32,
    pub(super) branches_at: u32,
    /// The deepest nesting of repetitions in it so far.
    pub(super) height: u32,
    /// The flags that are in force behind it.
    pub(super) flags: Flags,
}
