//! Hot programs: deterministic automata over classes of characters.
//!
//! What a program would do with each class of characters in each set of its threads is worked out once
//! and kept in a table, so that a search loads a class and a row for each character and that is all.
//!
//! ```text
//! around    what stands on either side of a position, and which assertions hold there
//! classes   which characters the program tells apart           units   haystack -> classes
//! sets      sets of threads, and what a class makes of them     intern  equal sets, equal numbers
//! lazy      a table that is built while it is used              table   a whole table, as words
//! run       the loop over the haystack                         leap    past bytes that change nothing
//! dead_states    where runs of one iteration have led to nothing      glance  short searches, without memory
//! ```
//!
//! A small program gets its whole table, which is published beside its image and read by every thread
//! ([`Program::publish`]); a larger one a table that each thread builds as it goes, in bounded memory,
//! and gives up if that does not pay. Characters are decoded and not stepped byte by byte: the tables
//! of `\w{8,13}` take a few hundred bytes, and `\b` means the same on any script.
//!
//! *One pass.* The table finds where a match ends. Where it starts is known if the search began there: so
//! the first thing tried is a run from the first place where a match can start. Only where such runs fail
//! too often does an unanchored run find the end, and the last place before it where no thread was
//! alive; from there the start is found, by the same anchored runs or, in time linear whatever the
//! pattern, by the engines that know where their threads started.
//! Exercised by `tests/dfa.rs`.

pub(crate) mod accel;
pub(crate) mod answer;
pub(crate) mod class_pages;
pub(crate) mod class_reader;
pub(crate) mod class_source;
pub(crate) mod classes;
pub(crate) mod dead_states;
pub(crate) mod dense;
pub(crate) mod determinize;
pub(crate) mod find;
pub(crate) mod interner;
pub(crate) mod layout;
pub(crate) mod lazy;
pub(crate) mod long;
pub(crate) mod look_context;
pub(crate) mod memory;
pub(crate) mod search;
pub(crate) mod short;

pub(crate) use memory::Memory;
pub(crate) use search::Learned;
