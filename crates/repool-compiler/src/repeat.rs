//! Chooses how a repetition is lowered: a loop, copies, or a counter.
//!
//! The meaning is always that of the unrolled pattern, as the Thompson compiler of `regex-automata` builds
//! it. A counter ([`repool_program::Counter`]) keeps that meaning without the copies. A few small copies
//! take less memory and less search time than a counter, so they are unrolled.
//!
//! Exercised by `tests/disassembly.rs` and `tests/limits.rs`.

use crate::tuning::UNROLLED_WORDS_MAX;
use repool_syntax::{Ir, Node, NodeId, UNBOUNDED};
use repool_text::Fold;

/// How to lower a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lowering {
    /// No iteration: nothing.
    Nothing,
    /// Exactly one iteration: the child.
    Once,
    /// `e?`
    Optional,
    /// `e+`
    Plus,
    /// `e*` of something that consumes.
    Star,
    /// `e*` where `e` may be empty, or `regex` takes it to be: `(e+)?`. With one `Split` for both, the
    /// empty iteration would get the priority of leaving.
    OptionalPlus,
    /// Copies, which take this many words of code.
    Unrolled {
        /// The words of all copies.
        words: u32,
    },
    /// A counter. A `Split` stands before it if zero iterations are allowed.
    Counted,
}

/// Chooses how to lower `child` repeated `min` to `max` times.
pub(crate) fn lowering(ir: &Ir, child: NodeId, min: u32, max: u32) -> Lowering {
    lowering_within(ir, child, min, max, UNROLLED_WORDS_MAX)
}

/// Chooses as [`lowering`] does, with `budget` words for copies.
fn lowering_within(ir: &Ir, child: NodeId, min: u32, max: u32, budget: u32) -> Lowering {
    let facts = ir.facts(child);
    // If the child only matches the empty string, one iteration matches what any number of them matches.
    let (min, max) = if facts.len_max == 0 {
        (min.min(1), max.min(1))
    } else {
        (min, max)
    };
    match (min, max) {
        (_, 0) => Lowering::Nothing,
        (0, 1) => Lowering::Optional,
        (1, 1) => Lowering::Once,
        (0, UNBOUNDED) if facts.len_min > 0 && !facts.has_dead => Lowering::Star,
        (0, UNBOUNDED) => Lowering::OptionalPlus,
        (1, UNBOUNDED) => Lowering::Plus,
        _ => match unrolled_words(ir, child, min, max, budget) {
            Some(words) => Lowering::Unrolled { words },
            None => Lowering::Counted,
        },
    }
}

/// The words of all copies of `child`; `None` if they are more than `budget`. There are at least two
/// copies.
fn unrolled_words(ir: &Ir, child: NodeId, min: u32, max: u32, budget: u32) -> Option<u32> {
    let (copies, splits) = if max == UNBOUNDED {
        (min, 1)
    } else {
        (max, max - min)
    };
    let words = words(ir, child, budget.checked_sub(splits)? / copies)?;
    Some(words * copies + splits)
}

/// The words of code that a node takes; `None` if they are more than `budget`.
///
/// Before it recurs, a node takes a word at least or halves the budget for its children. The budget is
/// small, so it bounds the depth of the recursion. `tests/limits.rs` nests on a small stack.
fn words(ir: &Ir, node: NodeId, budget: u32) -> Option<u32> {
    let own = |words: u32| (words <= budget).then_some(words);
    match ir.node(node) {
        Node::Empty => Some(0),
        _ if budget == 0 => None,
        Node::Fail | Node::Set(_) | Node::Look(_) => own(1),
        Node::Literal { at, len, fold } => {
            let is_char = fold == Fold::None
                && repool_text::decode(ir.literal(at, len), 0)
                    .is_some_and(|d| d.len == len as usize);
            own(if is_char { 1 } else { 1 + len.div_ceil(8) })
        }
        // Every part takes a word at least. So a sequence inside a sequence costs budget too, and cannot
        // deepen the recursion for free.
        Node::Concat { len, .. } if len > budget => None,
        Node::Concat { at, len } => sum(ir, ir.children(at, len), 0, budget),
        Node::Alternation { at, len } => sum(ir, ir.children(at, len), len - 1, budget),
        Node::Group { child, .. } => sum(ir, &[child], 2, budget),
        Node::Repeat {
            child, min, max, ..
        } => match lowering_within(ir, child, min, max, budget) {
            Lowering::Nothing => Some(0),
            Lowering::Unrolled { words } => own(words),
            // `Once` is lowered without a word of its own, but counts one here, so that it costs budget
            // too.
            Lowering::Once | Lowering::Optional | Lowering::Plus | Lowering::Star => {
                sum(ir, &[child], 1, budget)
            }
            Lowering::OptionalPlus => sum(ir, &[child], 2, budget),
            // A counter takes five words and a body. Two copies of that exceed any budget.
            Lowering::Counted => None,
        },
        Node::Backreference { .. }
        | Node::LookAround { .. }
        | Node::Atomic(_)
        | Node::Conditional { .. } => None,
    }
}

const _: () = assert!(UNROLLED_WORDS_MAX / 2 < 6, "a counter is never copied");

fn sum(ir: &Ir, children: &[NodeId], own: u32, budget: u32) -> Option<u32> {
    let mut total = own;
    for &child in children {
        total += words(ir, child, budget.checked_sub(total)?)?;
    }
    (total <= budget).then_some(total)
}
