//! The constructors, which alone make nodes.
//!
//! A node becomes the child of one parent only. So a list may grow at the place where its first part
//! already stands, and everything stays a tree. Flattening and joining copy at most a constant for each
//! node made, so no nesting makes a parse quadratic.
//!
//! Exercised by `tests/snapshots.rs` and `tests/meaning.rs`.

use repool_text::{Fold, Look, LookSet, Set, orbit, unpack_range};

use super::case::Case;
use super::facts::{First, NodeFacts};
use super::node::{Greed, Node, NodeId, UNBOUNDED};
use super::tree::{GroupName, Ir, Stepping};

impl Ir {
    /// Records that a literal has a byte from 0x80 up that is no part of a character.
    pub(crate) fn note_raw_byte(&mut self) {
        self.stepping = Stepping::Bytes;
    }

    pub(super) fn push(&mut self, node: Node, facts: NodeFacts) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.facts.push(facts);
        id
    }

    /// Makes a node the root of the tree.
    pub fn set_root(&mut self, root: NodeId) {
        self.root = Some(root);
    }

    /// A node that matches the empty string.
    pub fn empty(&mut self) -> NodeId {
        self.push(Node::Empty, NodeFacts::EMPTY)
    }

    /// A node that matches nothing.
    pub fn fail(&mut self) -> NodeId {
        self.has_fail = true;
        self.push(Node::Fail, NodeFacts::consuming(0, 0, First::NONE, 1))
    }

    /// Marks the node as one with a part that never matches; see [`NodeFacts::has_dead`].
    pub(super) fn with_dead(&mut self, node: NodeId) -> NodeId {
        self.facts[node.index()].has_dead = true;
        node
    }

    /// A set of code points. Its ranges must be the last of [`Ir::ranges`]: they were added with
    /// [`Ir::ranges_mut`], and nothing after them.
    ///
    /// A set with one member becomes a literal, and a letter in both its cases a folded literal.
    pub fn class(&mut self, set: Set) -> NodeId {
        if let Some(node) = self.narrow(set) {
            return node;
        }
        let index = self.sets.intern(set, false);
        self.set_node(index)
    }

    /// A set of bytes, from its 256-bit map.
    pub fn byte_class(&mut self, map: [u64; 4]) -> NodeId {
        let ascii = u128::from(map[0]) | u128::from(map[1]) << 64;
        if map[2] | map[3] == 0 {
            return self.class(Set::code_points(
                ascii,
                &[],
                self.sets.ranges().len(),
                0,
                false,
            ));
        }
        if ascii == 0 && (map[2].count_ones() + map[3].count_ones()) == 1 {
            let byte = if map[2] == 0 {
                192 + map[3].trailing_zeros()
            } else {
                128 + map[2].trailing_zeros()
            };
            self.note_raw_byte();
            let at = self.literals.len();
            self.literals.push(byte as u8);
            return self.literal_run(at, Case::None);
        }
        let index = self.sets.intern(Set::bytes(map), true);
        self.set_node(index)
    }

    /// The ranges that sets name. A caller that builds a set adds its ranges here.
    pub fn ranges_mut(&mut self) -> &mut Vec<u64> {
        self.sets.ranges_mut()
    }

    pub(crate) fn set_node(&mut self, index: u32) -> NodeId {
        let facts = *self.sets.facts(index);
        self.push(Node::Set(index), facts)
    }

    /// The literal that expresses a small set, or the failing node for the empty set.
    fn narrow(&mut self, set: Set) -> Option<NodeId> {
        let ascii = set.ascii();
        if !set.is_wide() {
            let at = self.literals.len();
            return match ascii.count_ones() {
                0 => Some(self.fail()),
                1 => {
                    self.literals.push(ascii.trailing_zeros() as u8);
                    Some(self.literal_run(at, Case::None))
                }
                2 => {
                    let upper = ascii.trailing_zeros() as u8;
                    let lower = upper | 0x20;
                    let both = upper.is_ascii_uppercase() && ascii == 1 << upper | 1 << lower;
                    both.then(|| {
                        self.literals.push(lower);
                        self.literal_run(at, Case::Ascii)
                    })
                }
                _ => None,
            };
        }
        if set.is_negated() || ascii.count_ones() > 2 || set.properties().next().is_some() {
            return None;
        }
        let (members, len) = few_members(ascii, self.sets.slice(set))?;
        let members = &members[..len];
        let c = members[0];
        let case = if len == 1 {
            Case::None
        } else if orbit(c) == members {
            Case::Unicode
        } else {
            return None;
        };
        self.sets.ranges_mut().truncate(set.ranges_at());
        let at = self.literals.len();
        self.push_char(c, case.fold());
        Some(self.literal_run(at, case))
    }

    /// An assertion.
    pub fn look(&mut self, look: Look) -> NodeId {
        let facts = NodeFacts {
            looks: LookSet::default().with(look),
            anchored_start: look == Look::Start,
            anchored_end: look == Look::End,
            size: 1,
            ..NodeFacts::EMPTY
        };
        self.push(Node::Look(look), facts)
    }

    /// The child repeated `min` to `max` times; [`UNBOUNDED`] for no upper bound.
    ///
    /// # Panics
    ///
    /// If `min > max`.
    pub fn repeat(&mut self, child: NodeId, min: u32, max: u32, greed: Greed) -> NodeId {
        assert!(min <= max, "a repetition's bounds are in order");
        let (mut min, mut max) = (min, max);
        if max == 0 {
            return self.empty();
        }
        let inner = self.facts[child.index()];
        match self.nodes[child.index()] {
            Node::Empty => return child,
            Node::Fail if (min, max) == (1, 1) => return child,
            Node::Fail if min > 0 => return self.with_dead(child),
            Node::Fail => {
                let empty = self.empty();
                return self.with_dead(empty);
            }
            _ => {}
        }
        // If the child only matches the empty string, further iterations match nothing else.
        if inner.len_max == 0 {
            min = min.min(1);
            max = max.min(1);
        }
        match (min, max) {
            // Possessive `{1,1}` is atomic, since only the child's first way to match counts.
            (1, 1) if greed == Greed::Possessive => self.atomic(child),
            (1, 1) => child,
            _ => {
                let facts = inner.repeated(min, max);
                self.push(
                    Node::Repeat {
                        child,
                        min,
                        max,
                        greed,
                    },
                    facts,
                )
            }
        }
    }

    /// A capture group.
    pub fn group(&mut self, child: NodeId, index: u32) -> NodeId {
        if self.nodes[child.index()] == Node::Fail {
            return self.with_dead(child);
        }
        let mut facts = self.facts[child.index()];
        facts.captures = true;
        facts.size = facts.size.saturating_add(2);
        self.push(Node::Group { child, index }, facts)
    }

    /// What a group matched, again.
    pub fn backreference(&mut self, index: u32, fold: Fold) -> NodeId {
        self.push(
            Node::Backreference { index, fold },
            NodeFacts::consuming(0, UNBOUNDED, First::ANY, 1),
        )
    }

    /// A look-around: the child matches ahead or behind, or does not.
    pub fn look_around(&mut self, child: NodeId, behind: bool, negated: bool) -> NodeId {
        let inner = self.facts[child.index()];
        let facts = NodeFacts {
            looks: inner.looks,
            captures: inner.captures,
            anchored_start: !negated && !behind && inner.anchored_start,
            anchored_end: !negated && behind && inner.anchored_end,
            size: inner.size.saturating_add(2),
            ..NodeFacts::EMPTY
        };
        self.push(
            Node::LookAround {
                child,
                behind,
                negated,
            },
            facts,
        )
    }

    /// The child's first way to match, and no other.
    pub fn atomic(&mut self, child: NodeId) -> NodeId {
        let mut facts = self.facts[child.index()];
        facts.size = facts.size.saturating_add(2);
        self.push(Node::Atomic(child), facts)
    }

    /// One child if the group has matched, else the other.
    pub fn conditional(&mut self, index: u32, yes: NodeId, no: NodeId) -> NodeId {
        let facts = self.facts[yes.index()].or(&self.facts[no.index()]);
        self.push(Node::Conditional { index, yes, no }, facts)
    }

    /// Names a group. Callers name groups by rising index.
    pub(crate) fn add_name(&mut self, name: GroupName) {
        self.names.push(name);
    }

    pub(crate) fn retain_names(&mut self, keep: impl Fn(u32) -> bool) {
        self.names.retain(|name| keep(name.index));
    }

    pub(crate) fn set_group_len(&mut self, len: u32) {
        self.group_len = len;
    }

    /// Decides whether the program steps over code points or bytes, and converts the sets.
    ///
    /// The program needs bytes if a byte from 0x80 up stands by itself or in a set of bytes. Bytes can
    /// express the rest of the pattern if no set and no folded literal names a code point above ASCII.
    pub(crate) fn decide_stepping(&mut self) {
        if self.stepping == Stepping::CodePoints && !self.sets.any_raw() {
            return;
        }
        let folded = |node: &Node| {
            matches!(
                node,
                Node::Literal {
                    fold: Fold::Unicode,
                    ..
                }
            )
        };
        if !self.nodes.iter().any(folded) && self.sets.turn_into_bytes() {
            self.stepping = Stepping::Bytes;
        } else {
            self.clear_nodes();
            self.stepping = Stepping::Delegated;
        }
    }
}

/// All members of a set, sorted; `None` if there are more than four. A folding orbit has at most four.
fn few_members(mut ascii: u128, ranges: &[u64]) -> Option<([char; 4], usize)> {
    let mut members = ['\0'; 4];
    let mut len = 0;
    while ascii != 0 {
        *members.get_mut(len)? = char::from(ascii.trailing_zeros() as u8);
        len += 1;
        ascii &= ascii - 1;
    }
    for (lo, hi) in ranges.iter().map(|&r| unpack_range(r)) {
        for c in lo..=hi {
            *members.get_mut(len)? = char::from_u32(c)?;
            len += 1;
        }
    }
    (len > 0).then_some((members, len))
}
