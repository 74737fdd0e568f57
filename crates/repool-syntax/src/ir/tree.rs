//! The tree itself: its buffers, and how later stages read a finished one.
//!
//! The constructors are in `build.rs`, `list.rs`, `literal.rs` and `factor.rs`.
//!
//! Exercised by `tests/snapshots.rs`.

use std::ops::Range;

use repool_text::Set;

use super::factoring::Factoring;
use super::facts::NodeFacts;
use super::node::{Node, NodeId};
use super::sets::Sets;

/// What the program of an IR steps over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stepping {
    /// Code points. Sets are sets of code points.
    #[default]
    CodePoints,
    /// Bytes. Sets are sets of bytes, and literals are any bytes.
    Bytes,
    /// Neither can express the pattern: it can match a part of an encoded code point and also names code
    /// points above ASCII by a set. The IR has no nodes, and `regex-automata` runs the pattern.
    Delegated,
}

/// A named capture group: a slice of the pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupName {
    /// The group.
    pub index: u32,
    /// Where the name stands in the pattern, in bytes.
    pub span: Range<usize>,
}

/// A parsed pattern.
#[derive(Debug, Default)]
pub struct Ir {
    pub(super) nodes: Vec<Node>,
    pub(super) facts: Vec<NodeFacts>,
    pub(super) children: Vec<NodeId>,
    pub(super) literals: Vec<u8>,
    pub(super) sets: Sets,
    pub(super) names: Vec<GroupName>,
    /// Whether a part that matches nothing was made. Its neighbours may have been dropped with it.
    pub(super) has_fail: bool,
    pub(super) group_len: u32,
    pub(super) stepping: Stepping,
    pub(super) root: Option<NodeId>,
    /// The memory of [`Ir::factor`].
    pub(super) factoring: Factoring,
}

impl Ir {
    /// An empty IR.
    #[must_use]
    pub fn new() -> Ir {
        Ir::default()
    }

    /// Removes the pattern and keeps the memory.
    pub fn clear(&mut self) {
        self.clear_nodes();
        self.names.clear();
        self.group_len = 0;
        self.has_fail = false;
        self.stepping = Stepping::CodePoints;
    }

    pub(super) fn clear_nodes(&mut self) {
        self.nodes.clear();
        self.facts.clear();
        self.children.clear();
        self.literals.clear();
        self.sets.clear();
        self.root = None;
    }

    /// The bytes that its buffers hold, used or not.
    #[must_use]
    pub fn scratch_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
            + self.facts.capacity() * size_of::<NodeFacts>()
            + self.children.capacity() * size_of::<NodeId>()
            + self.literals.capacity()
            + self.sets.scratch_bytes()
            + self.names.capacity() * size_of::<GroupName>()
            + self.factoring.scratch_bytes()
    }

    /// The node at the top.
    ///
    /// # Panics
    ///
    /// If nothing was parsed, or the pattern is [`Stepping::Delegated`].
    #[must_use]
    pub fn root(&self) -> NodeId {
        self.root.expect("parse set the root")
    }

    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Node {
        self.nodes[id.index()]
    }

    /// What is known of a node.
    #[must_use]
    pub fn facts(&self, id: NodeId) -> &NodeFacts {
        &self.facts[id.index()]
    }

    /// The children of a [`Node::Concat`] or [`Node::Alternation`].
    #[must_use]
    pub fn children(&self, at: u32, len: u32) -> &[NodeId] {
        &self.children[at as usize..(at + len) as usize]
    }

    /// The bytes of a [`Node::Literal`].
    #[must_use]
    pub fn literal(&self, at: u32, len: u32) -> &[u8] {
        &self.literals[at as usize..(at + len) as usize]
    }

    /// The set of a [`Node::Set`]. Its ranges are indexes into [`Ir::ranges`]. Equal sets have equal
    /// indexes.
    #[must_use]
    pub fn set(&self, index: u32) -> Set {
        self.sets.get(index)
    }

    /// The number of sets.
    #[must_use]
    pub fn set_len(&self) -> usize {
        self.sets.len()
    }

    /// The ranges that sets name.
    #[must_use]
    pub fn ranges(&self) -> &[u64] {
        self.sets.ranges()
    }

    /// The number of nodes.
    #[must_use]
    pub fn node_len(&self) -> usize {
        self.nodes.len()
    }

    /// All nodes, children before their parents. Some may be no part of the tree.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// The named groups, by rising index.
    #[must_use]
    pub fn names(&self) -> &[GroupName] {
        &self.names
    }

    /// The number of groups, including the whole match.
    #[must_use]
    pub fn group_len(&self) -> u32 {
        self.group_len
    }

    /// Tells whether the pattern has a part that matches nothing. The nodes may then lack groups, because
    /// parts that cannot match were dropped.
    #[must_use]
    pub fn has_fail(&self) -> bool {
        self.has_fail
    }

    /// What the program steps over.
    #[must_use]
    pub fn stepping(&self) -> Stepping {
        self.stepping
    }
}
