//! The tasks of a lowering.
//!
//! Exercised by `tests/disassembly.rs`.

use repool_program::{CounterId, Pc};
use repool_syntax::NodeId;

use crate::first_set::FirstSet;
use crate::repeat::Lowering;

/// Where a thread goes on, and the FIRST set there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(super) pc: Pc,
    pub(super) first: FirstSet,
}

/// A part of the pattern that is not emitted yet. Entries that a task needs later wait on a second stack,
/// `saved`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// Emits a node in front of `next`.
    Node(NodeId),
    /// Emits the `len` children at `at`, the last one first.
    Concat { at: u32, len: u32 },
    /// `next` is the last branch of an alternation. The `len` children at `at` are preferred to it. Saved:
    /// what follows the alternation.
    LastBranch { at: u32, len: u32 },
    /// `next` is a branch that is preferred to those emitted before. The `len` children at `at` are
    /// preferred to it. Saved: what follows the alternation, and the other branches.
    Branch { at: u32, len: u32 },
    /// Emits a capture in front of `next`.
    Save { slot: u32 },
    /// `next` is the body. Saved: where a thread goes that skips it.
    Optional { greedy: bool },
    /// `next` is the body. Saved: where a thread leaves to. `split` is reserved.
    Loop {
        split: Pc,
        lowering: Lowering,
        greedy: bool,
    },
    /// Emits copies in front of `next`. Saved: where the optional ones leave to.
    Copies {
        child: NodeId,
        optional: u32,
        required: u32,
        greedy: bool,
    },
    /// `next` is an optional copy. Saved, and kept: where it leaves to.
    OptionalCopy { greedy: bool },
    /// `next` is the body of the innermost counter. Saved: where a thread leaves to.
    EndCounter {
        counter: CounterId,
        outer_iters: u32,
    },
}
