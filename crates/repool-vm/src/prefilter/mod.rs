//! Where a match can start: what cannot be a start is skipped many bytes at a time, without running the program.
//!
//! ```text
//! choose      which prefilter a program has            candidates   the places that it names, and whether that pays
//! needle      a string, by its rarest bytes            packed_pair  two of its bytes at once
//! teddy       the first bytes of a few strings         wu_manber    the strings of a dictionary
//! lines       the starts of lines                      reverse      a place that every match covers, and back from there
//! ```
//!
//! To take what stands before required bytes for the start of a match, as a suffix or an inner literal may suggest, was wrong
//! three times in the `regex` crate (#1060, #1110, #1354). [`crate::strategy::required`] is what else is done with the bytes
//! that every match contains.

pub(crate) mod byte_frequency;
pub(crate) mod candidates;
pub(crate) mod choose;
pub(crate) mod lines;
pub(crate) mod needle;
pub(crate) mod packed_pair;
pub(crate) mod reverse;
pub(crate) mod teddy;
pub(crate) mod wu_manber;

pub(crate) use candidates::Candidates;
pub(crate) use choose::{NOTHING, Prefilter};
