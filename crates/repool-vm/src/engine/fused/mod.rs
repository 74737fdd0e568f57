//! The groups of hot programs: backtracking over fused instructions.
//!
//! A program is compact, and the engines that run it as it is decode an instruction for each unit and
//! ask again at every choice which way can take it. Where groups are asked for often, the program is
//! turned once into code whose steps are larger: a run of a class is one step that compares eight bytes
//! at a time, a save belongs to the step behind it, and a choice between any number of ways is a look
//! into a table by the next byte. Most ways then have nothing to come back to.
//!
//! ```text
//! span    the end of a run of a class        first_set   what can come next at each instruction
//! code    the nodes and their tables         lower   program -> code
//! run     the search
//! ```
//!
//! Each thread makes its own code and keeps it with the plan of the program ([`crate::strategy::plan`]).
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

pub(crate) mod class_span;
pub(crate) mod code;
pub(crate) mod codes;
pub(crate) mod first_sets;
pub(crate) mod lower;
pub(crate) mod run;

pub(crate) use codes::{Codes, Learned};
