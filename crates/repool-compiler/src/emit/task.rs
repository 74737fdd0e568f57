//! What a lowering still has to emit.
//!
//! Exercised by `tests/disassembly.rs`.

use repool_program::{CounterId, Pc};
use repool_syntax::NodeId;

use crate::first_set::FirstSet;
use crate::repeat::Lowering;

/// Where a thread goes on, and what can come next there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(super) pc: Pc,
    pub(super) first: FirstSet,
}

/// What is still to be emitted. Entries that a task needs later wait on a stack of their own, `saved`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// A node in front of `next`.
    Node(NodeId),
    /// The `len` children at `at`, last first.
    Concat { at: u32, len: u32 },
    /// `next` is the last way of an alternation; the `len` children at `at` are preferred to it. Saved:
    /// what follows the alternation.
    LastBranch { at: u32, len: u32 },
    /// `next` is a way that is preferred to the others; the `len` children at `at` are preferred to it.
    /// Saved: what follows the alternation, and the other ways.
    Branch { at: u32, len: u32 },
    /// A capture in front of `next`.
    Save { slot: u32 },
    /// `next` is the body; saved: the way around it.
    Optional { greedy: bool },
    /// `next` is the body; saved: the way out. `split` is reserved.
    Loop {
        split: Pc,
        lowering: Lowering,
        greedy: bool,
    },
    /// Copies in front of `next`. Saved: the end, for the optional ones.
    Copies {
        child: NodeId,
        optional: u32,
        required: u32,
        greedy: bool,
    },
    /// `next` is an optional copy; saved, and kept: the end.
    OptionalCopy { greedy: bool },
    /// `next` is the body of the innermost counter; saved: the way out.
    EndCounter {
        counter: CounterId,
        outer_iters: u32,
    },
}
