//! The commands, one module each.

pub(crate) mod bench;
pub(crate) mod grep;
pub(crate) mod inspect;
pub(crate) mod run;
pub(crate) mod stats;
