//! Deterministic automata over classes of characters, for hot programs.
//!
//! A table holds, for each set of a program's threads and each class of characters, the set that follows. Searching then
//! takes a load for the class and a load for the row.
//!
//! ```text
//! search      which table, when built        find          spans: from candidates, or from the end back
//! long        the loop                       short         the loop for short haystacks, no thread memory
//! accel       jumps within one row           dead_states   what an iteration need not read again
//! dense       a whole table, as words        layout        where its sections are
//! lazy        a table built while used       memory        what a thread keeps
//! determinize sets of threads                interner      equal sets, equal numbers
//! classes     characters told apart          class_reader, class_pages, class_source   haystack -> classes
//! look_context   neighbours and assertions   answer        questions and answers
//! ```
//!
//! A small program gets its whole table, which is published beside its image and read by every thread
//! ([`repool_program::Program::publish`]). A larger one gets a lazy table on each thread, in bounded memory, and loses it
//! if it does not pay. Characters are decoded, not stepped byte by byte: the tables of `\w{8,13}` take a few hundred
//! bytes, and `\b` means the same on any script.
//!
//! # Spans in one pass
//!
//! A run finds where a match ends, and an anchored run knows where it starts. So the first attempt is an anchored run from
//! the first candidate. If candidates fail too often, an unanchored run finds the end, and the last place before it
//! where no thread was alive. From there the start is found by anchored runs within a budget, and past that by
//! engines whose threads carry their starts. So every search takes time linear in the haystack.
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
