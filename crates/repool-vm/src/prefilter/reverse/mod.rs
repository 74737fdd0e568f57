//! Finds where a match can start, by a reverse scan from a place that it covers.
//!
//! A pattern that begins with a run, as `\w+\s+Holmes`, can start nearly anywhere, and most of its candidates fail. But
//! often the search for an *inner place* is fast: the first place at or behind `at` that every match which starts in
//! between covers.
//!
//! ```text
//! needle           the first required bytes: every match contains some
//! end of a line    the first one: every match ends at one
//! end              every match ends there
//! ```
//!
//! The reverse scan starts at the inner place with the set of all program positions where such a match may be there. It
//! goes back as long as the set is not empty. A match may start wherever the set holds a first position.
//!
//! At a needle the set holds all positions in front of the needle that take its first byte, not the needle alone: on
//! `axax` a match of `[a-x]*x` passes the first `x` within its run. It holds no position behind the needle, since no match
//! gets there in front of the first occurrence. For that the table is built only if no match avoids the needle.
//!
//! Assertions count as true, counters are not counted, and a set that holds one character above ASCII counts as holding
//! all. This allows more starts and never fewer: what the scan leaves out starts no match. The scan from one inner place
//! ends behind the one before, so all scans together are linear.
//!
//! Exercised by the tests of `walk.rs` and by `tests/oracle.rs`.

pub(crate) mod build;
pub(crate) mod walk;

pub(crate) use build::back;
pub(crate) use walk::{Back, Walk};
