//! Ways to search that a plan chooses from.

pub(crate) mod class_block;
pub(crate) mod class_run;
pub(crate) mod literal;
pub(crate) mod plan;
pub(crate) mod required;
