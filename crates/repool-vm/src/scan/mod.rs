//! Scans of a haystack, many bytes at a time.
//!
//! Two questions, each answered with vectors where the processor has them and in plain code elsewhere,
//! with the same answer:
//!
//! - where does the next byte of a set stand, or the next that is not in it ([`ByteTable`]);
//! - where may a match start, judging by its first few bytes ([`Masks`], made from a [`Fingerprint`]).
//!
//! For the class of a run, also which of 64 bytes are members ([`Block`]).
//!
//! For thousands of strings, which have no few first bytes, there are [`Grams`], in plain code.
//!
//! The first two classify bytes by looking up their two halves in tables of sixteen bytes, which is what a vector
//! shuffle does; the ideas are those of Hyperscan (*truffle* and *Teddy*, Wang et al., NSDI 2019).
//!
//! [`runs`] is an engine of its own for patterns that are a run of one class.
//! Exercised by the tests of its files and by `tests/scan.rs`.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod block;
mod bytes;
mod fingerprint;
mod frequency;
mod grams;
mod kernel;
mod lead;
mod masks;
mod near;
mod runs;
mod short;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use block::Ahead;
pub(crate) use block::Block;
pub(crate) use bytes::ByteTable;
pub(crate) use fingerprint::{ANY, Bucket, Fingerprint, WINDOW};
pub(crate) use frequency::Frequency;
pub(crate) use grams::{Grams, build as build_grams};
pub(crate) use lead::first_bytes;
pub(crate) use masks::Masks;
pub(crate) use near::{find_one, find_three, find_two};
pub(crate) use runs::Run;
pub(crate) use short::{SHORT_BYTES_MAX, Short, first_of};
