//! Scans of a haystack, many bytes at a time.
//!
//! The scans use vectors where the processor has them, and plain code elsewhere. Both give the same answer. A vector
//! shuffle looks up sixteen bytes at once in a table of sixteen bytes, so the scans classify a byte by its two halves. The
//! ideas are Hyperscan's (*truffle* and *Teddy*, Wang et al., NSDI 2019).
//!
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
