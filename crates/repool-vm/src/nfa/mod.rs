//! What engines share that run a program's states as they are.

pub(crate) mod lookahead;
pub(crate) mod sparse;
pub(crate) mod state;
pub(crate) mod unit;
