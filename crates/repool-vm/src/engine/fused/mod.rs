//! Fused code: the groups of hot programs.
//!
//! A program is compact. The engines that run it as it is decode an instruction for each unit, and test at every choice
//! which path can take the next one. A program whose groups are asked for often is turned into code with larger steps:
//! a run of one class is a step that compares eight bytes at a time, a save is part of the step after it, and a
//! choice between any number of paths is a look-up by the next byte. Most paths then leave nothing to come back to.
//!
//! ```text
//! class_span   the end of a run of a class     first_sets   the bytes that can come next at each instruction
//! code         nodes and their tables          lower        program -> code
//! run          the search                      codes        what a thread keeps, and when it is made
//! ```
//!
//! Each thread makes and keeps its own code.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

pub(crate) mod class_span;
pub(crate) mod code;
pub(crate) mod codes;
pub(crate) mod first_sets;
pub(crate) mod lower;
pub(crate) mod run;

pub(crate) use codes::{Codes, Learned};
