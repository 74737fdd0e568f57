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
mod factor;
mod facts;
mod list;
mod literal;
mod print;
mod sets;

use std::ops::Range;

use repool_text::{Fold, Look, LookSet, Set};

use crate::parser::Stacks;
use factor::Factoring;
pub(crate) use literal::Case;
use sets::Sets;

/// No upper bound.
pub const UNBOUNDED: u32 = u32::MAX;

/// The number of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The number as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a repetition chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Greed {
    /// As many as possible first.
    Greedy,
    /// As few as possible first.
    Lazy,
    /// As many as possible, and never fewer (Python).
    Possessive,
}

/// One node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// Matches the empty string.
    Empty,
    /// Matches nothing.
    Fail,
    /// A run of characters: `len` bytes at `at` in the literal buffer ([`Ir::literal`]).
    ///
    /// UTF-8, except that in a byte-stepping IR any byte may stand here (see [`Ir::stepping`]). Under
    /// a fold each character is in canonical form.
    Literal {
        /// Where it starts in the buffer.
        at: u32,
        /// How many bytes it has; never 0.
        len: u32,
        /// Which characters count as equal.
        fold: Fold,
    },
    /// One code point (byte, in a byte-stepping IR) of a set: an index for [`Ir::set`].
    Set(u32),
    /// An assertion.
    Look(Look),
    /// One after the other: `len` children at `at` ([`Ir::children`]). At least two.
    Concat {
        /// The first child's place.
        at: u32,
        /// The number of children.
        len: u32,
    },
    /// The first that leads to a match: `len` children at `at`. At least two.
    Alternation {
        /// The first child's place.
        at: u32,
        /// The number of children.
        len: u32,
    },
    /// The child `min` to `max` times; `max` may be [`UNBOUNDED`]. Never `{1,1}` and never `{0,0}`.
    Repeat {
        /// What is repeated.
        child: NodeId,
        /// The fewest times.
        min: u32,
        /// The most times.
        max: u32,
        /// How it chooses.
        greed: Greed,
    },
    /// A capture group.
    Group {
        /// What it captures.
        child: NodeId,
        /// Its index, from 1.
        index: u32,
    },
    /// What group `index` matched, again (Python).
    Backreference {
        /// The group.
        index: u32,
        /// Which characters count as equal.
        fold: Fold,
    },
    /// A look-around (Python): the child matches here, ahead or behind, or does not.
    LookAround {
        /// What must (not) match.
        child: NodeId,
        /// Whether it must end here instead of starting here.
        behind: bool,
        /// Whether it must not match.
        negated: bool,
    },
    /// The child's first way to match, and no other (Python).
    Atomic(NodeId),
    /// One child if the group has matched, else the other (Python).
    Conditional {
        /// The group.
        index: u32,
        /// If it has matched.
        yes: NodeId,
        /// If it has not.
        no: NodeId,
    },
}

/// What the first unit of a match can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct First {
    /// The ASCII characters.
    pub ascii: u128,
    /// Whether something above ASCII may come first.
    pub wide: bool,
}

/// What is known of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// The fewest bytes it matches.
    pub len_min: u32,
    /// The most bytes it matches, or [`UNBOUNDED`].
    pub len_max: u32,
    /// What it can start with, if it consumes anything. Nothing for a node that only matches the
    /// empty string. A superset: assertions are taken to hold.
    pub first: First,
    /// Every assertion inside.
    pub looks: LookSet,
    /// Whether a capture group is inside.
    pub captures: bool,
    /// Whether something inside can never match, and is one of several alternatives or optional.
    ///
    /// `regex` then knows no least length, and compiles `e*` as if `e` could be empty, which
    /// changes what is preferred. An empty set among characters is not meant: it is one set with
    /// them.
    pub has_dead: bool,
    /// Whether every match starts at the start of the haystack ([`Look::Start`] on every way in).
    pub anchored_start: bool,
    /// Whether every match ends at the end of the haystack.
    pub anchored_end: bool,
    /// About how many words of code it lowers to, repeats counted once; saturating.
    pub size: u32,
}

/// What a program made from an IR consumes at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stepping {
    /// Code points. Sets are sets of code points.
    #[default]
    CodePoints,
    /// Bytes. Sets are sets of bytes; literals are any bytes.
    Bytes,
    /// Neither can express it: the pattern can match a part of an encoded code point and also names
    /// code points above ASCII by set. There are no nodes; `regex-automata` runs it.
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
    nodes: Vec<Node>,
    facts: Vec<NodeFacts>,
    children: Vec<NodeId>,
    literals: Vec<u8>,
    sets: Sets,
    names: Vec<GroupName>,
    /// Whether a part that matches nothing was made, and may have taken its neighbours with it.
    has_fail: bool,
    group_len: u32,
    stepping: Stepping,
    root: Option<NodeId>,
    /// Memory of a list's factoring.
    factoring: Factoring,
    /// What a parse keeps on its stacks; here so that the next one has the memory.
    stacks: Stacks,
}

impl Ir {
    /// An empty IR.
    #[must_use]
    pub fn new() -> Ir {
        Ir::default()
    }

    /// Forgets the pattern and keeps the memory.
    pub fn clear(&mut self) {
        self.clear_nodes();
        self.names.clear();
        self.group_len = 0;
        self.has_fail = false;
        self.stepping = Stepping::CodePoints;
    }

    fn clear_nodes(&mut self) {
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
            + self.stacks.scratch_bytes()
    }

    /// Memory for the parser.
    pub(crate) fn stacks_mut(&mut self) -> &mut Stacks {
        &mut self.stacks
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

    /// The set of a [`Node::Set`]; its ranges are indexes into [`Ir::ranges`]. Equal sets have equal
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

    /// All nodes, children before their parents; some of them may not be part of the tree.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// The named groups, by rising index.
    #[must_use]
    pub fn names(&self) -> &[GroupName] {
        &self.names
    }

    /// The number of groups, the whole match among them.
    #[must_use]
    pub fn group_len(&self) -> u32 {
        self.group_len
    }

    /// Tells whether the pattern has a part that matches nothing. Groups may be missing from the nodes
    /// then, because what cannot match was dropped.
    #[must_use]
    pub fn has_fail(&self) -> bool {
        self.has_fail
    }

    /// What the program will consume at a time.
    #[must_use]
    pub fn stepping(&self) -> Stepping {
        self.stepping
    }
}
