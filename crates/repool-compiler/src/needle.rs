//! Literals that a search can look for before it runs the program.
//!
//! Every match contains each literal on the pattern's *spine*. The root is on the spine, and so are the
//! parts of a sequence on it, what a group on it captures, and what a repetition on it repeats at least
//! once. The first literal with nothing that consumes in front of it is the *prefix*. The literal with the
//! rarest bytes is the *required* literal. For that one the search also has to know how far from the start
//! of a match its first occurrence can be: the sum of the longest lengths in front of it.
//!
//! Every match contains both, in any engine and any order of preference. So they can only reject, and never
//! change which match is found.
//!
//! Exercised by `tests/facts.rs`.

use bumpalo::Bump;
use bumpalo::collections::Vec;
use repool_syntax::{Ir, Node, NodeId, UNBOUNDED};
use repool_text::{BYTE_COUNT_TOTAL, Fold, byte_count};

use crate::tuning::{NEEDLE_SCORE_MIN, NEEDLE_SCORED_BYTES_MAX};

/// The literals, as nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needles {
    /// Every match starts with this literal.
    pub(crate) prefix: Option<NodeId>,
    /// Every match contains this literal. It is not the prefix.
    pub(crate) required: Option<NodeId>,
    /// The most bytes of a match in front of `required`.
    pub(crate) required_before_max: u32,
}

/// A node of the spine that was not visited yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    node: NodeId,
    /// The most bytes of a match in front of it.
    before_max: u32,
}

/// Walks the spine. Its stack lies in `arena`.
pub(crate) fn find(ir: &Ir, arena: &Bump) -> Needles {
    let mut needles = Needles::default();
    let mut best = NEEDLE_SCORE_MIN - 1;
    let mut stack = Vec::new_in(arena);
    let mut visit = Some(Visit {
        node: ir.root(),
        before_max: 0,
    });
    while let Some(Visit { node, before_max }) = visit {
        match ir.node(node) {
            Node::Literal { at, len, fold } => {
                if before_max == 0 && needles.prefix.is_none() {
                    needles.prefix = Some(node);
                }
                let score = score(ir.literal(at, len), fold);
                if score > best {
                    best = score;
                    needles.required = Some(node);
                    needles.required_before_max = before_max;
                }
            }
            Node::Concat { at, len } => {
                push_parts(ir, ir.children(at, len), before_max, &mut stack);
            }
            Node::Group { child, .. } => stack.push(Visit {
                node: child,
                before_max,
            }),
            Node::Repeat { child, min, .. } if min > 0 => stack.push(Visit {
                node: child,
                before_max,
            }),
            _ => {}
        }
        visit = stack.pop();
    }
    if needles.required == needles.prefix {
        needles.required = None;
        needles.required_before_max = 0;
    }
    needles
}

/// Pushes the parts of a sequence, the first one last, so that they are visited in order.
fn push_parts(ir: &Ir, parts: &[NodeId], before_max: u32, stack: &mut Vec<'_, Visit>) {
    let at = stack.len();
    stack.reserve(parts.len());
    let mut before_max = before_max;
    for &node in parts {
        if matches!(
            ir.node(node),
            Node::Literal { .. } | Node::Concat { .. } | Node::Group { .. } | Node::Repeat { .. }
        ) {
            stack.push(Visit { node, before_max });
        }
        before_max = match ir.facts(node).len_max {
            UNBOUNDED => UNBOUNDED,
            // The addition saturates at `UNBOUNDED`, which is the largest number.
            len_max => before_max.saturating_add(len_max),
        };
    }
    stack[at..].reverse();
}

/// The approximate binary logarithm of the bytes of text that hold the literal once.
pub(crate) fn score(bytes: &[u8], fold: Fold) -> u32 {
    // A letter that matches either case is common in both. A Unicode fold is also slower to search for.
    let cost = match fold {
        Fold::None => 0,
        Fold::Ascii => 1,
        Fold::Unicode => 3,
    };
    let scored = &bytes[..bytes.len().min(NEEDLE_SCORED_BYTES_MAX)];
    scored
        .iter()
        .map(
            |&byte| match byte.is_ascii_alphabetic() || !byte.is_ascii() {
                true => rarity(byte).saturating_sub(cost).max(1),
                false => rarity(byte),
            },
        )
        .sum()
}

/// The share of a byte in text, in thousandths, at least 1.
pub(crate) fn share(byte: u8) -> u32 {
    SHARES[usize::from(byte)].into()
}

/// The binary logarithm of the bytes of text that hold the byte once: 2 (a space) to 9.
fn rarity(byte: u8) -> u32 {
    RARITIES[usize::from(byte)].into()
}

/// The shares of all bytes, computed once: the compiler asks for that of every byte of every literal.
const SHARES: [u16; 256] = {
    let mut shares = [1; 256];
    let mut byte = 0;
    while byte < 256 {
        let share = 1000 * byte_count(byte as u8) / BYTE_COUNT_TOTAL;
        if share > 1 {
            shares[byte] = share as u16;
        }
        byte += 1;
    }
    shares
};

/// The rarities of all bytes.
const RARITIES: [u8; 256] = {
    let mut rarities = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        rarities[byte] = (1000 / SHARES[byte]).ilog2() as u8;
        byte += 1;
    }
    rarities
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_and_rarer_literals_score_higher() {
        let rising: [(&[u8], Fold); 6] = [
            (b" ", Fold::None),
            (b"e", Fold::None),
            (b"the", Fold::Unicode),
            (b"the", Fold::Ascii),
            (b"the", Fold::None),
            (b"Chrome/", Fold::None),
        ];
        let scores = rising.map(|(bytes, fold)| score(bytes, fold));
        assert!(scores.is_sorted_by(|a, b| a < b), "{scores:?}");
        assert!(scores[2] < NEEDLE_SCORE_MIN && scores[3] >= NEEDLE_SCORE_MIN);
        assert!(score(b"/", Fold::None) >= NEEDLE_SCORE_MIN);
    }
}
