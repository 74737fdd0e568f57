//! Scans of a haystack, many bytes at a time: with vectors where the processor has them, in plain code elsewhere, with
//! the same answer.
//!
//! Bytes are classified by looking up their two halves in tables of sixteen bytes, which is what a vector shuffle does; the
//! ideas are those of Hyperscan (*truffle* and *Teddy*, Wang et al., NSDI 2019).
//! Exercised by the tests of its files and by `tests/scan.rs`.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
pub(crate) mod byte_finder;
pub(crate) mod byte_set;
pub(crate) mod byte_table;
pub(crate) mod kernel;
pub(crate) mod memchr;
pub(crate) mod short;
pub(crate) mod tables;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86;
