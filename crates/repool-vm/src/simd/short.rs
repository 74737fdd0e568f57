//! Scans of a short haystack, 64 bytes at once, on processors with masked loads.
//!
//! Exercised by the tests of `byte_table.rs`, `memchr.rs`, `prefilter/teddy.rs` and `prefilter/needle.rs`.

#[cfg(target_arch = "x86_64")]
pub(crate) use crate::simd::avx512::Avx512 as Short;
use crate::simd::tables::BLOCK_BYTES;
#[cfg(not(target_arch = "x86_64"))]
use crate::simd::tables::{Nibbles, Pattern};

/// Returns the first place that is marked and passes. `marks` returns one bit for each of the first [`BLOCK_BYTES`].
#[inline(always)]
pub(crate) fn first_of(
    hay: &[u8],
    marks: impl Fn(&[u8]) -> u64,
    passes: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut at = 0;
    loop {
        let mut left = marks(&hay[at..]);
        while left != 0 {
            let place = at + left.trailing_zeros() as usize;
            if passes(place) {
                return Some(place);
            }
            left &= left - 1;
        }
        at += BLOCK_BYTES;
        if at >= hay.len() {
            return None;
        }
    }
}

/// No kernel: this type has no value.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Short {}

#[cfg(not(target_arch = "x86_64"))]
impl Short {
    pub(crate) fn new() -> Option<Short> {
        None
    }

    pub(crate) fn one(self, _hay: &[u8], _byte: u8) -> u64 {
        match self {}
    }

    pub(crate) fn any(self, _hay: &[u8], _bytes: [u8; 3]) -> u64 {
        match self {}
    }

    pub(crate) fn pair(self, _hay: &[u8], _bytes: [u8; 2], _distances: [u8; 2]) -> u64 {
        match self {}
    }

    pub(crate) fn members(self, _set: &Nibbles, _hay: &[u8]) -> u64 {
        match self {}
    }

    pub(crate) fn places<const N: usize>(self, _pattern: &Pattern, _hay: &[u8]) -> u64 {
        match self {}
    }
}
