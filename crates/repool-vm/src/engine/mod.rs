//! The engines. All find the same matches; they differ in what they run and what a search costs.
//!
//! `kind` names them, `capabilities` says which searches each runs, and `memory` holds what they write.

pub(crate) mod backtrack;
pub(crate) mod bitparallel;
pub(crate) mod capabilities;
pub(crate) mod delegate;
pub(crate) mod dfa;
pub(crate) mod fused;
pub(crate) mod kind;
pub(crate) mod memory;
pub(crate) mod onepass;
pub(crate) mod outcome;
pub(crate) mod pike;
pub(crate) mod visited;
