//! The key of a cached pattern, and its hash.
//!
//! The hash is SipHash-1-3 with random keys for each cache (`std`'s `RandomState`). Patterns come from configuration and
//! from users, and no choice of patterns may put many entries into one place. foldhash is 10 ns faster on 45 bytes, but
//! does not claim to resist somebody who watches a long-running program; a lookup under a lock costs more than that.
//!
//! Exercised by `tests/cache.rs`.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Everything that changes what a pattern compiles to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    /// The pattern.
    pub text: &'a str,
    /// Dialect, options, limits: everything else that the compiler depends on.
    pub options: [u64; 2],
}

/// A key and its hash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe<'a> {
    pub(crate) hash: u64,
    pub(crate) options: [u64; 2],
    pub(crate) text: &'a [u8],
}

impl<'a> Probe<'a> {
    pub(crate) fn new(key: Key<'a>, state: &RandomState) -> Probe<'a> {
        // A write of variable length, then one of fixed length: no two keys write the same bytes.
        let mut hasher = state.build_hasher();
        hasher.write(key.text.as_bytes());
        hasher.write_u128(u128::from(key.options[0]) << 64 | u128::from(key.options[1]));
        Probe {
            hash: hasher.finish(),
            options: key.options,
            text: key.text.as_bytes(),
        }
    }

    pub(crate) fn matches(&self, other: &Probe<'_>) -> bool {
        self.hash == other.hash && self.options == other.options && self.text == other.text
    }
}

/// Something with a key: a request, or what is kept.
///
/// Neither method may panic or lock, as a queue calls them in the middle of its work.
pub(crate) trait Keyed {
    fn hash(&self) -> u64;
    fn probe(&self) -> Probe<'_>;

    /// Tells whether an entry with the key `other` is what this asks for.
    fn matches(&self, other: &Probe<'_>) -> bool {
        self.probe().matches(other)
    }
}

impl Keyed for Probe<'_> {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn probe(&self) -> Probe<'_> {
        *self
    }
}
