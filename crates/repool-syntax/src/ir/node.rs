//! The nodes of the IR and their numbers.
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

/// How a repetition chooses between another iteration and leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Greed {
    /// Prefers another iteration.
    Greedy,
    /// Prefers leaving.
    Lazy,
    /// Takes as many iterations as it can, and never fewer (Python).
    Possessive,
}

/// One node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// Matches the empty string.
    Empty,
    /// Matches nothing.
    Fail,
    /// A run of characters: `len` bytes at `at` in the literal buffer ([`crate::Ir::literal`]).
    ///
    /// It is UTF-8, except that a byte-stepping IR may have any byte here (see [`crate::Ir::stepping`]). Under a
    /// fold each character is in canonical form.
    Literal {
        /// Where it starts in the buffer.
        at: u32,
        /// How many bytes it has; never 0.
        len: u32,
        /// Which characters count as equal.
        fold: Fold,
    },
    /// One code point (byte, in a byte-stepping IR) of a set: an index for [`crate::Ir::set`].
    Set(u32),
    /// An assertion.
    Look(Look),
    /// A concatenation of `len` children at `at` ([`crate::Ir::children`]). At least two.
    Concat {
        /// The first child's place.
        at: u32,
        /// The number of children.
        len: u32,
    },
    /// An alternation of `len` children at `at`: the first that leads to a match. At least two.
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
    /// A look-around (Python): the child matches here, ahead or behind; or it does not, if negated.
    LookAround {
        /// What must match, or must not match if negated.
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
