//! A run of zeroed words in pages of its own, which any thread reads and writes.
//!
//! Exercised by the tests below and `tests/lookups.rs` of `repool-cache`.
#![allow(
    unsafe_code,
    reason = "pages from the system as a slice of atomic words; see below"
)]

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::AtomicU64;

use crate::map::{Map, page_bytes};

/// Words in pages of their own, zeros at first. Whoever uses them charges their bytes.
pub struct Words {
    map: Map,
    len: usize,
}

impl Words {
    /// Maps at least `len` words, in whole pages. `None` if the system has no memory.
    #[must_use]
    pub fn new(len: usize) -> Option<Words> {
        let bytes = len.checked_mul(size_of::<AtomicU64>())?;
        let bytes = bytes.max(1).checked_next_multiple_of(page_bytes())?;
        Some(Words {
            map: Map::new(bytes)?,
            len: bytes / size_of::<AtomicU64>(),
        })
    }

    /// The bytes of the pages.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.len * size_of::<AtomicU64>()
    }

    /// Gives the pages back to the system. The words are all zeros by then. Returns false if the system keeps the pages.
    #[must_use]
    pub fn discard(&self) -> bool {
        debug_assert!(
            self.iter()
                .all(|word| word.load(std::sync::atomic::Ordering::Relaxed) == 0)
        );
        self.map.discard(0..self.bytes())
    }
}

impl Deref for Words {
    type Target = [AtomicU64];

    #[inline]
    fn deref(&self) -> &[AtomicU64] {
        // SAFETY: the map has `len` words, starts at a page and so is aligned, and is zeroed, which is a valid word. It
        // stays mapped while `self` is borrowed, and nothing reads or writes it but through these atomics. A discarded
        // page reads as zeros, or as what it held, which is zeros too.
        unsafe { std::slice::from_raw_parts(self.map.ptr().as_ptr().cast(), self.len) }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    #[test]
    fn words_are_zeros_until_they_are_written_and_after_they_were_discarded() {
        let words = Words::new(1000).expect("a few pages");
        assert!(words.len() >= 1000 && words.bytes().is_multiple_of(page_bytes()));
        for round in 1..3 {
            for (at, word) in words.iter().enumerate() {
                assert_eq!(word.swap(round * at as u64, Ordering::Relaxed), 0);
            }
            words
                .iter()
                .for_each(|word| word.store(0, Ordering::Relaxed));
            assert!(words.discard() || cfg!(not(target_os = "linux")) || cfg!(miri));
        }
        assert!(Words::new(usize::MAX / 2).is_none());
    }
}
