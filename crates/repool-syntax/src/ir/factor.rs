//! Factors common prefixes of neighbouring branches out.
//!
//! ```text
//! abandon|ability|able|zebra   →   ab(?:andon|ility|le)|zebra
//! ```
//!
//! A list of words becomes a tree, so that an engine tries a few branches at a place instead of thousands.
//! Only neighbours are joined, so the branches keep their order, which is their priority. One pass over the
//! list keeps the open prefixes of the last word on a stack.
//!
//! Exercised by `tests/factor.rs`.

use repool_text::Fold;

use super::case::Case;
use super::factoring::{Factoring, Level};
use super::node::{Node, NodeId};
use super::tree::Ir;
use crate::tuning::{FACTOR_BRANCHES_MIN, FACTOR_LEVELS_MAX};

/// A word in the literal buffer.
#[derive(Clone, Copy)]
struct Word {
    at: u32,
    len: u32,
}

impl Ir {
    /// The branches with common prefixes factored out; `None` if the list is too short for it.
    pub(super) fn factor(&mut self, branches: &[NodeId]) -> Option<Factoring> {
        let is_word = |&id: &NodeId| self.word(id).is_some();
        if branches.len() < FACTOR_BRANCHES_MIN
            || branches.iter().filter(|id| is_word(id)).count() < FACTOR_BRANCHES_MIN
        {
            return None;
        }
        let mut work = std::mem::take(&mut self.factoring);
        work.levels.clear();
        work.parts.clear();
        work.levels.push(Level {
            depth: 0,
            parts_at: 0,
        });
        for (i, &branch) in branches.iter().enumerate() {
            let Some(word) = self.word(branch) else {
                work.parts.push(branch);
                continue;
            };
            let next = branches.get(i + 1).and_then(|&next| self.word(next));
            let common = next.map_or(0, |next| self.common_prefix(word, next));
            self.add_word(&mut work, word, common);
        }
        Some(work)
    }

    /// Returns the memory of [`Ir::factor`] for the next list.
    pub(super) fn keep_factoring(&mut self, work: Factoring) {
        self.factoring = work;
    }

    fn word(&self, id: NodeId) -> Option<Word> {
        match self.nodes[id.index()] {
            Node::Literal {
                at,
                len,
                fold: Fold::None,
            } => Some(Word { at, len }),
            _ => None,
        }
    }

    /// The length in bytes of the longest prefix of whole characters that both words share.
    fn common_prefix(&self, a: Word, b: Word) -> u32 {
        let (a, b) = (self.literal(a.at, a.len), self.literal(b.at, b.len));
        let mut len = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let inside = |word: &[u8], at: usize| word.get(at).is_some_and(|b| b & 0xC0 == 0x80);
        while len > 0 && (inside(a, len) || inside(b, len)) {
            len -= 1;
        }
        len as u32
    }

    /// Adds a word that shares its first `common` bytes with the next word.
    fn add_word(&mut self, work: &mut Factoring, word: Word, common: u32) {
        let (mut end, mut tail) = (word.len, None);
        loop {
            let top = *work.levels.last().expect("the list itself is a level");
            let can_open = work.levels.len() < FACTOR_LEVELS_MAX;
            let opens = common > top.depth && can_open;
            let start = if opens { common } else { top.depth };
            let part = self.word_part(word, start, end, tail);
            if opens {
                work.levels.push(Level {
                    depth: common,
                    parts_at: work.parts.len(),
                });
            }
            work.parts.push(part);
            if top.depth <= common {
                return;
            }
            // The next word does not share this prefix, so its branches are complete.
            work.levels.pop();
            tail = Some(self.alternation_as_written(&work.parts[top.parts_at..]));
            work.parts.truncate(top.parts_at);
            end = top.depth;
        }
    }

    /// The bytes from `start` to `end` of a word, and the node behind them.
    fn word_part(&mut self, word: Word, start: u32, end: u32, tail: Option<NodeId>) -> NodeId {
        let (start, end) = ((word.at + start) as usize, (word.at + end) as usize);
        let literal = self.literal_span(start, end, Case::None);
        match tail {
            Some(tail) => self.concat(&[literal, tail]),
            None => literal,
        }
    }

    /// The branches that [`Ir::factor`] found.
    pub(super) fn factored(work: &Factoring) -> &[NodeId] {
        &work.parts
    }
}
