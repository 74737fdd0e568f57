//! What tells one cached pattern from another.
//!
//! The hash is SipHash-1-3 under keys drawn at random for each cache (`std`'s `RandomState`): patterns come from
//! configuration and from users, and no choice of patterns may pile entries up in one place. foldhash is
//! 10 ns faster on 45 bytes, but does not claim to resist somebody who watches a long-running
//! program; a lookup under a lock costs more than that anyway.

use std::borrow::Borrow;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::Arc;

/// Everything that changes what a pattern compiles to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    /// The pattern.
    pub text: &'a str,
    /// Dialect, options, limits: whatever else the compiler is told.
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
        // One write of variable length and one of fixed length: no two keys write the same bytes.
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

/// Something with a key: what is asked for, and what is kept.
///
/// Neither method may panic or lock: `lru` calls them in the middle of its work.
pub(crate) trait Keyed {
    fn hash(&self) -> u64;
    fn probe(&self) -> Probe<'_>;
}

impl Keyed for Probe<'_> {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn probe(&self) -> Probe<'_> {
        *self
    }
}

impl Hash for dyn Keyed + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(Keyed::hash(self));
    }
}

impl PartialEq for dyn Keyed + '_ {
    fn eq(&self, other: &(dyn Keyed + '_)) -> bool {
        self.probe().matches(&other.probe())
    }
}

impl Eq for dyn Keyed + '_ {}

/// The key of a queue: what is kept, found by its key without a copy of that.
#[derive(Debug)]
pub(crate) struct Slot<T>(pub(crate) Arc<T>);

impl<'a, T: Keyed + 'a> Borrow<dyn Keyed + 'a> for Slot<T> {
    fn borrow(&self) -> &(dyn Keyed + 'a) {
        &*self.0
    }
}

impl<T: Keyed> Hash for Slot<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash());
    }
}

impl<T: Keyed> PartialEq for Slot<T> {
    fn eq(&self, other: &Slot<T>) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.probe().matches(&other.0.probe())
    }
}

impl<T: Keyed> Eq for Slot<T> {}

/// Passes on the hash that a key carries.
#[derive(Debug, Default)]
pub(crate) struct Carried(u64);

pub(crate) type BuildCarried = BuildHasherDefault<Carried>;

impl Hasher for Carried {
    fn write(&mut self, bytes: &[u8]) {
        // Not reached: the keys above write one number. Still a hash, should that change.
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
