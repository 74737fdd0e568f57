//! Literals: runs of characters in one buffer, canonical under their fold.
//!
//! The parser pushes a run character by character. The run becomes a node when it ends. Its fold is no
//! wider than its characters need: a run without case has none, and a run with ASCII orbits folds ASCII
//! only.
//!
//! Exercised by `tests/snapshots.rs` and `tests/meaning.rs`.

use repool_text::{Fold, canonical, decode, orbit};

use super::case::Case;
use super::facts::{First, NodeFacts};
use super::node::{Node, NodeId};
use super::tree::Ir;
use crate::tuning::LITERAL_JOIN_MAX;

impl Ir {
    /// A run of characters. Under a fold it must be UTF-8, and its characters may have any case.
    ///
    /// # Example
    ///
    /// ```
    /// use repool_text::Fold;
    /// let mut ir = repool_syntax::Ir::new();
    /// let root = ir.literal_of(b"ab", Fold::None);
    /// ir.set_root(root);
    /// assert_eq!(ir.to_string(), "literal \"ab\"\n");
    /// ```
    pub fn literal_of(&mut self, bytes: &[u8], fold: Fold) -> NodeId {
        let at = self.literals.len();
        if fold == Fold::None {
            self.literals.extend_from_slice(bytes);
            return self.literal_run(at, Case::None);
        }
        let mut case = Case::None;
        for c in String::from_utf8_lossy(bytes).chars() {
            case = case.max(self.push_char(c, fold));
        }
        self.literal_run(at, case)
    }

    /// Appends a character in canonical form to the run at the end of the literal buffer. Returns its case
    /// under the fold.
    pub(crate) fn push_char(&mut self, c: char, fold: Fold) -> Case {
        let (c, case) = match fold {
            Fold::None => (c, Case::None),
            _ if c.is_ascii() => {
                let lower = c.to_ascii_lowercase();
                let case = match lower {
                    // The orbits of these letters have U+212A and U+017F.
                    'k' | 's' if fold == Fold::Unicode => Case::Unicode,
                    'a'..='z' => Case::Ascii,
                    _ => Case::None,
                };
                (lower, case)
            }
            Fold::Ascii => (c, Case::None),
            Fold::Unicode if orbit(c).len() > 1 => (canonical(c), Case::Unicode),
            Fold::Unicode => (c, Case::None),
        };
        if c.is_ascii() {
            self.literals.push(c as u8);
        } else {
            let mut buffer = [0; 4];
            self.literals
                .extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
        case
    }

    pub(crate) fn literals_mut(&mut self) -> &mut Vec<u8> {
        &mut self.literals
    }

    /// The run from `at` to the end of the literal buffer.
    pub(crate) fn literal_run(&mut self, at: usize, case: Case) -> NodeId {
        self.literal_span(at, self.literals.len(), case)
    }

    /// The run from `at` to `end` in the literal buffer. Its characters must be canonical, and their case
    /// at most `case`.
    pub(crate) fn literal_span(&mut self, at: usize, end: usize, case: Case) -> NodeId {
        if at == end {
            return self.empty();
        }
        let len = (end - at) as u32;
        let fold = case.fold();
        let facts = match case {
            Case::None => {
                NodeFacts::consuming(len, len, First::byte(self.literals[at]), literal_size(len))
            }
            _ => folded_facts(&self.literals[at..end], fold),
        };
        let at = at as u32;
        self.push(Node::Literal { at, len, fold }, facts)
    }

    /// Joins two literals into one; `None` if their folds differ or they are too long to copy.
    pub(super) fn join(&mut self, first: NodeId, second: NodeId) -> Option<NodeId> {
        let (
            Node::Literal { at, len, fold },
            Node::Literal {
                at: second_at,
                len: second_len,
                fold: second_fold,
            },
        ) = (self.nodes[first.index()], self.nodes[second.index()])
        else {
            return None;
        };
        let contiguous = at + len == second_at;
        if fold != second_fold || !contiguous && len + second_len > LITERAL_JOIN_MAX {
            return None;
        }
        let joined_at = if contiguous {
            at
        } else {
            let joined_at = self.literals.len() as u32;
            for (at, len) in [(at, len), (second_at, second_len)] {
                self.literals
                    .extend_from_within(at as usize..(at + len) as usize);
            }
            joined_at
        };
        let len = len + second_len;
        let mut facts = self.facts[first.index()].then(&self.facts[second.index()]);
        facts.size = literal_size(len);
        Some(self.push(
            Node::Literal {
                at: joined_at,
                len,
                fold,
            },
            facts,
        ))
    }
}

/// An approximation in words of code: one, and one more for each eight bytes.
const fn literal_size(len: u32) -> u32 {
    1 + len / 8
}

fn folded_facts(bytes: &[u8], fold: Fold) -> NodeFacts {
    let mut facts = NodeFacts::EMPTY;
    if fold == Fold::Ascii {
        let len = bytes.len() as u32;
        let lower = First::byte(bytes[0]);
        let first = lower.union(First::byte(bytes[0].to_ascii_uppercase()));
        return NodeFacts::consuming(len, len, first, literal_size(len));
    }
    let mut at = 0;
    while let Some(c) = decode(bytes, at) {
        let mut one = NodeFacts::consuming(c.len as u32, c.len as u32, First::NONE, 0);
        if facts.len_min == 0 {
            one.first = First::byte(bytes[at]);
        }
        for &other in char::from_u32(c.c).map_or(&[][..], orbit) {
            one.len_min = one.len_min.min(other.len_utf8() as u32);
            one.len_max = one.len_max.max(other.len_utf8() as u32);
            if facts.len_min == 0 {
                one.first = one.first.union(match u8::try_from(other) {
                    Ok(byte) => First::byte(byte),
                    Err(_) => First {
                        ascii: 0,
                        wide: true,
                    },
                });
            }
        }
        facts = facts.then(&one);
        at += c.len;
    }
    facts.size = literal_size(bytes.len() as u32);
    facts
}
