//! The facts of a node, computed from those of its parts.
//!
//! Concatenation, alternation and repetition of facts mirror those of nodes. Concatenation and alternation
//! are associative, so flattening a list does not change its facts.
//!
//! Exercised by `tests/meaning.rs`.

use repool_text::LookSet;

use super::node::UNBOUNDED;

/// What the first unit of a match can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct First {
    /// The ASCII characters.
    pub ascii: u128,
    /// Whether a character above ASCII may come first.
    pub wide: bool,
}

/// What is known of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// The fewest bytes it matches.
    pub len_min: u32,
    /// The most bytes it matches, or [`UNBOUNDED`].
    pub len_max: u32,
    /// What a match can start with, if it consumes anything. Empty for a node that only matches the empty
    /// string. It is a superset, since every assertion counts as true.
    pub first: First,
    /// Every assertion inside.
    pub looks: LookSet,
    /// Whether a capture group is inside.
    pub captures: bool,
    /// Whether a part that can never match is one of several alternatives, or optional.
    ///
    /// `regex` then knows no least length, and compiles `e*` as if `e` could be empty, which changes what
    /// is preferred. An empty set that is a branch among characters does not count: the branches become one
    /// set.
    pub has_dead: bool,
    /// Whether every match starts at the start of the haystack ([`repool_text::Look::Start`] on every path from the
    /// start).
    pub anchored_start: bool,
    /// Whether every match ends at the end of the haystack.
    pub anchored_end: bool,
    /// The approximate number of words of code that it lowers to, repeats counted once. Saturates.
    pub size: u32,
}

impl First {
    /// Nothing.
    pub const NONE: First = First {
        ascii: 0,
        wide: false,
    };

    /// Anything.
    pub const ANY: First = First {
        ascii: u128::MAX,
        wide: true,
    };

    /// The single unit that starts with `byte`.
    #[must_use]
    pub const fn byte(byte: u8) -> First {
        if byte < 0x80 {
            First {
                ascii: 1 << byte,
                wide: false,
            }
        } else {
            First {
                ascii: 0,
                wide: true,
            }
        }
    }

    /// The union of both.
    #[must_use]
    pub const fn union(self, other: First) -> First {
        First {
            ascii: self.ascii | other.ascii,
            wide: self.wide | other.wide,
        }
    }
}

impl NodeFacts {
    /// The facts of a node that matches the empty string and takes no code.
    pub(super) const EMPTY: NodeFacts = NodeFacts {
        len_min: 0,
        len_max: 0,
        first: First::NONE,
        looks: LookSet(0),
        captures: false,
        has_dead: false,
        anchored_start: false,
        anchored_end: false,
        size: 0,
    };

    /// The facts of a node that consumes and asserts nothing.
    pub(super) const fn consuming(len_min: u32, len_max: u32, first: First, size: u32) -> Self {
        NodeFacts {
            len_min,
            len_max,
            first,
            size,
            ..NodeFacts::EMPTY
        }
    }

    /// The facts of one node after the other.
    #[inline]
    pub(super) fn then(&self, next: &NodeFacts) -> NodeFacts {
        NodeFacts {
            len_min: self.len_min.saturating_add(next.len_min),
            // The addition saturates at `UNBOUNDED`, which is the largest number.
            len_max: self.len_max.saturating_add(next.len_max),
            first: if self.len_min == 0 {
                self.first.union(next.first)
            } else {
                self.first
            },
            looks: self.looks.union(next.looks),
            captures: self.captures | next.captures,
            has_dead: self.has_dead | next.has_dead,
            anchored_start: self.anchored_start | (self.len_max == 0 && next.anchored_start),
            anchored_end: next.anchored_end | (next.len_max == 0 && self.anchored_end),
            size: self.size.saturating_add(next.size),
        }
    }

    /// The facts of one node or the other.
    #[inline]
    pub(super) fn or(&self, other: &NodeFacts) -> NodeFacts {
        NodeFacts {
            len_min: self.len_min.min(other.len_min),
            len_max: self.len_max.max(other.len_max),
            first: self.first.union(other.first),
            looks: self.looks.union(other.looks),
            captures: self.captures | other.captures,
            has_dead: self.has_dead | other.has_dead,
            anchored_start: self.anchored_start & other.anchored_start,
            anchored_end: self.anchored_end & other.anchored_end,
            size: self.size.saturating_add(other.size).saturating_add(1),
        }
    }

    /// The facts of `min` to `max` iterations.
    pub(super) fn repeated(&self, min: u32, max: u32) -> NodeFacts {
        NodeFacts {
            len_min: self.len_min.saturating_mul(min),
            len_max: match (self.len_max, max) {
                (0, _) => 0,
                (_, UNBOUNDED) => UNBOUNDED,
                (len, max) => len.saturating_mul(max),
            },
            anchored_start: self.anchored_start && min > 0,
            anchored_end: self.anchored_end && min > 0,
            size: self.size.saturating_add(2),
            ..*self
        }
    }
}
