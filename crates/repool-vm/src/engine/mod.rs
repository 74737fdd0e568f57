//! The engines: each finds the same matches at another price.

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
