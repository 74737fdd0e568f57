//! States of a program, and what engines and analyses share that walk over them.

pub(crate) mod lookahead;
pub(crate) mod sparse;
pub(crate) mod state;
pub(crate) mod unit;
