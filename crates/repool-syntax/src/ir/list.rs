//! Concatenation and alternation: lists that flatten.
//!
//! Exercised by `tests/snapshots.rs`, `tests/meaning.rs` and `tests/depth.rs`.

use repool_text::{Fold, Set, decode, orbit, pack_range, unpack_range};

use super::facts::NodeFacts;
use super::node::{Node, NodeId};
use super::tree::Ir;
use crate::tuning::LIST_FLATTEN_MAX;

impl Ir {
    /// One part after the other.
    pub fn concat(&mut self, parts: &[NodeId]) -> NodeId {
        if let [part] = parts {
            return *part;
        }
        let mut facts = NodeFacts::EMPTY;
        let mut list = List::at_end(self);
        let mut literals = 0;
        for &part in parts {
            facts = facts.then(&self.facts[part.index()]);
            match self.nodes[part.index()] {
                Node::Empty => {}
                Node::Fail => {
                    list.undo(self);
                    return self.with_dead(part);
                }
                Node::Concat { at, len } => {
                    list.extend(self, part, at, len);
                    // Its first or last child may be a literal that has a literal as its neighbour now.
                    literals += 1;
                }
                Node::Literal { .. } => {
                    list.push(self, part);
                    literals += 1;
                }
                _ => list.push(self, part),
            }
        }
        if literals > 1 {
            self.join_literals(&mut list);
        }
        let node = match list.len(self) {
            0 => self.empty(),
            1 => list.take_only(self),
            len => {
                let at = list.at as u32;
                self.push(Node::Concat { at, len }, facts)
            }
        };
        self.facts[node.index()].has_dead |= facts.has_dead;
        node
    }

    /// Joins neighbouring literals of the part of a list from `list.joined` on.
    fn join_literals(&mut self, list: &mut List) {
        let start = list.joined.max(list.at);
        let mut to = start;
        for from in start..self.children.len() {
            let next = self.children[from];
            let joined = if to > list.at {
                self.join(self.children[to - 1], next)
            } else {
                None
            };
            if let Some(joined) = joined {
                self.children[to - 1] = joined;
            } else {
                self.children[to] = next;
                to += 1;
            }
        }
        self.children.truncate(to);
    }

    /// An alternation: the first branch that leads to a match.
    pub fn alternation(&mut self, branches: &[NodeId]) -> NodeId {
        let Some(work) = self.factor(branches) else {
            return self.alternation_as_written(branches);
        };
        let node = self.alternation_as_written(Ir::factored(&work));
        self.keep_factoring(work);
        node
    }

    /// An alternation without factoring common prefixes out.
    pub(super) fn alternation_as_written(&mut self, branches: &[NodeId]) -> NodeId {
        if let [branch] = branches {
            return *branch;
        }
        if let Some(set) = self.union_of_characters(branches) {
            return self.class(set);
        }
        let mut facts: Option<NodeFacts> = None;
        let mut list = List::at_end(self);
        let (mut empty, mut fails) = (false, false);
        // Characters and empty sets become one set.
        let (mut has_dead, mut are_characters) = (false, true);
        for &branch in branches {
            has_dead |= self.facts[branch.index()].has_dead;
            are_characters &= self.is_character(branch);
            match self.nodes[branch.index()] {
                Node::Fail => {
                    fails = true;
                    continue;
                }
                // A second empty branch never matches anything that the first did not match.
                Node::Empty if std::mem::replace(&mut empty, true) => continue,
                Node::Alternation { at, len } => list.extend(self, branch, at, len),
                _ => list.push(self, branch),
            }
            let branch = &self.facts[branch.index()];
            facts = Some(facts.map_or(*branch, |facts| facts.or(branch)));
        }
        let node = match (list.len(self), facts) {
            (0, _) | (_, None) => self.fail(),
            (1, _) => list.take_only(self),
            (len, Some(facts)) => {
                let at = list.at as u32;
                self.push(Node::Alternation { at, len }, facts)
            }
        };
        self.facts[node.index()].has_dead |= has_dead | (fails & !are_characters);
        node
    }

    /// Tells whether `regex` takes a branch for a set. It does so for the empty set and for a character in
    /// both cases, but not for a single character.
    fn is_character(&self, branch: NodeId) -> bool {
        match self.nodes[branch.index()] {
            Node::Set(_) => true,
            Node::Fail => !self.facts[branch.index()].has_dead,
            Node::Literal { at, len, fold } if fold != Fold::None => {
                decode(self.literal(at, len), 0).is_some_and(|c| c.len == len as usize)
            }
            _ => false,
        }
    }

    /// The set that an alternation of single code points is. All its matches have one code point, so the
    /// order of the branches has no effect.
    fn union_of_characters(&mut self, branches: &[NodeId]) -> Option<Set> {
        // This refuses cheaply, since most alternations fail at their first branch.
        self.ascii_or_characters(*branches.first()?)?;
        let ranges_at = self.sets.ranges().len();
        let mut ascii = 0;
        for &branch in branches {
            let Some(characters) = self.ascii_or_characters(branch) else {
                self.sets.ranges_mut().truncate(ranges_at);
                return None;
            };
            match characters {
                Characters::Ascii(map) => ascii |= map,
                Characters::One(c) => self.sets.ranges_mut().push(pack_range(c, c)),
                Characters::Orbit(all) => {
                    for &c in all {
                        if c.is_ascii() {
                            ascii |= 1 << c as u32;
                        } else {
                            self.sets.ranges_mut().push(pack_range(c as u32, c as u32));
                        }
                    }
                }
            }
        }
        let len = merge_ranges(self.sets.ranges_mut(), ranges_at);
        Some(Set::code_points(ascii, &[], ranges_at, len, false))
    }

    fn ascii_or_characters(&self, id: NodeId) -> Option<Characters> {
        match self.nodes[id.index()] {
            Node::Set(index) => {
                let set = self.sets.get(index);
                (!self.sets.is_raw(index) && !set.is_wide()).then(|| Characters::Ascii(set.ascii()))
            }
            Node::Literal { at, len, fold } if len <= 4 => {
                let bytes = self.literal(at, len);
                let c = decode(bytes, 0).filter(|c| c.is_valid() && c.len == bytes.len())?;
                let character = char::from_u32(c.c)?;
                Some(match fold {
                    Fold::Unicode => Characters::Orbit(orbit(character)),
                    Fold::Ascii => {
                        Characters::Ascii(1 << c.c | 1 << character.to_ascii_uppercase() as u32)
                    }
                    Fold::None if c.c < 0x80 => Characters::Ascii(1 << c.c),
                    Fold::None => Characters::One(c.c),
                })
            }
            _ => None,
        }
    }
}

/// A branch of one code point.
enum Characters {
    Ascii(u128),
    One(u32),
    Orbit(&'static [char]),
}

/// A list of children under construction, at the end of the buffer.
struct List {
    at: usize,
    /// The place from which neighbouring literals were not joined yet.
    joined: usize,
}

impl List {
    fn at_end(ir: &Ir) -> List {
        let at = ir.children.len();
        List { at, joined: at }
    }

    fn len(&self, ir: &Ir) -> u32 {
        (ir.children.len() - self.at) as u32
    }

    fn push(&mut self, ir: &mut Ir, part: NodeId) {
        ir.children.push(part);
    }

    /// Adds the children of `part`. Adds `part` itself if they are too many to copy.
    fn extend(&mut self, ir: &mut Ir, part: NodeId, at: u32, len: u32) {
        let (at, end) = (at as usize, (at + len) as usize);
        if ir.children.len() == self.at && end == self.at {
            // The children stand at the end of the buffer already, so the list takes them over.
            self.at = at;
            self.joined = end;
        } else if len <= LIST_FLATTEN_MAX {
            ir.children.extend_from_within(at..end);
        } else {
            ir.children.push(part);
        }
    }

    fn undo(&self, ir: &mut Ir) {
        ir.children.truncate(self.at);
    }

    /// Removes the list and returns its one child.
    fn take_only(&self, ir: &mut Ir) -> NodeId {
        let only = ir.children[self.at];
        self.undo(ir);
        only
    }
}

/// Sorts the ranges from `at` on and merges those that touch. Returns the number of ranges that remain.
fn merge_ranges(ranges: &mut Vec<u64>, at: usize) -> usize {
    ranges[at..].sort_unstable_by_key(|&r| unpack_range(r));
    let mut to = at;
    for from in at..ranges.len() {
        let (lo, hi) = unpack_range(ranges[from]);
        match to.checked_sub(1).filter(|&last| last >= at) {
            Some(last) if lo <= unpack_range(ranges[last]).1 + 1 => {
                let (last_lo, last_hi) = unpack_range(ranges[last]);
                ranges[last] = pack_range(last_lo, last_hi.max(hi));
            }
            _ => {
                ranges[to] = pack_range(lo, hi);
                to += 1;
            }
        }
    }
    ranges.truncate(to);
    to - at
}
