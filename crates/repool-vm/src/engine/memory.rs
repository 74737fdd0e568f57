//! The memory of a thread for all engines.
//!
//! Exercised by `tests/scratch.rs`.

use crate::engine::backtrack;
use crate::engine::delegate;
use crate::engine::dfa;
use crate::engine::fused;
use crate::engine::onepass;
use crate::engine::pike;

/// One part for each engine.
#[derive(Debug, Default)]
pub(crate) struct Engines {
    pub(crate) backtrack: backtrack::Memory,
    pub(crate) codes: fused::Codes,
    pub(crate) stacks: fused::run::Stacks,
    pub(crate) pike: pike::Memory,
    pub(crate) onepass: onepass::Memory,
    pub(crate) delegate: delegate::Memory,
    pub(crate) dfa: dfa::Memory,
}

impl Engines {
    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        self.backtrack.bytes()
            + self.codes.bytes()
            + self.stacks.bytes()
            + self.pike.bytes()
            + self.onepass.bytes()
            + self.delegate.bytes()
            + self.dfa.bytes()
    }
}
