//! Where a match can start, told from a place that it covers: a walk backwards.
//!
//! A pattern that begins with a run, as `\w+\s+Holmes`, can start nearly anywhere, and most starts fail. But
//! often there is a *pivot*: a place at or behind `at` that every match which starts between the two covers.
//!
//! ```text
//! needle           the first required bytes: every match contains some
//! end of a line    the first one: every match ends at one
//! end              every match ends there
//! ```
//!
//! So the walk starts at the pivot with every place of the program where such a match may be there, and goes
//! back as long as one of them is left: a start is where the start of the program is among them. At a needle
//! these are all places in front of the needle, not the needle alone, that take its first byte: on `axax` a
//! match of `[a-x]*x` passes the first `x` within the run. No place behind the needle, as no match comes there
//! in front of the first occurrence; of this it is made sure that no way through the program goes around the
//! needle. Assertions are taken to hold, counts to be any, characters above ASCII to be in a set if one of
//! them is: that allows more starts and never fewer. What the walk skips starts no match.
//!
//! The walk from one pivot ends behind the one before, so all of them together are linear.
//! Exercised by the tests of [`walk`] and `tests/oracle.rs`.

pub(crate) mod build;
pub(crate) mod walk;

pub(crate) use build::back;
pub(crate) use walk::{Back, Walk};
