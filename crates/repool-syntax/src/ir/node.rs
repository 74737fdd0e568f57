//! The nodes of the IR, and how they are numbered.
//!
//! Exercised by `tests/snapshots.rs`.

use repool_text::{Fold, Look};

/// No upper bound.
pub const UNBOUNDED: u32 = u32::MAX;

/// The number of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

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
