//! Substring search by two bytes at once, where the processor has vectors for it.
//!
//! `memchr`'s packed pair: blocks in which two bytes of the needle stand at their distance hold a
//! candidate. Unlike its `memmem` it needs no set-up worth the name and borrows no needle, so a thread
//! can keep one per program without an allocation.
//! Exercised by `tests/oracle.rs`, and by the tests of [`crate::prefilter::needle`]'s callers.

#[cfg(target_arch = "x86_64")]
use memchr::arch::x86_64::{avx2, sse2};

/// A pair of bytes of a needle.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pair {
    /// 32 bytes at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::packedpair::Finder),
    /// 16 bytes at a time.
    #[cfg(target_arch = "x86_64")]
    Sse2(sse2::packedpair::Finder),
    /// 16 bytes at a time.
    #[cfg(target_arch = "aarch64")]
    Neon(memchr::arch::aarch64::neon::packedpair::Finder),
}

impl Pair {
    /// A pair of the needle's bytes, if it has two and the processor has vectors.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn new(needle: &[u8]) -> Option<Pair> {
        match avx2::packedpair::Finder::new(needle) {
            Some(finder) => Some(Pair::Avx2(finder)),
            None => sse2::packedpair::Finder::new(needle).map(Pair::Sse2),
        }
    }

    /// A pair of the needle's bytes, if it has two and the processor has vectors.
    #[cfg(target_arch = "aarch64")]
    pub(crate) fn new(needle: &[u8]) -> Option<Pair> {
        memchr::arch::aarch64::neon::packedpair::Finder::new(needle).map(Pair::Neon)
    }

    /// A pair of the needle's bytes, if it has two and the processor has vectors.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub(crate) fn new(_needle: &[u8]) -> Option<Pair> {
        None
    }

    /// Where its two bytes stand in the needle.
    pub(crate) fn distances(&self) -> [u8; 2] {
        let of = |pair: &memchr::arch::all::packedpair::Pair| [pair.index1(), pair.index2()];
        match *self {
            #[cfg(target_arch = "x86_64")]
            Pair::Avx2(ref finder) => of(finder.pair()),
            #[cfg(target_arch = "x86_64")]
            Pair::Sse2(ref finder) => of(finder.pair()),
            #[cfg(target_arch = "aarch64")]
            Pair::Neon(ref finder) => of(finder.pair()),
        }
    }

    /// The shortest haystack that [`Pair::find`] takes, in bytes.
    #[inline]
    pub(crate) fn haystack_len_min(&self) -> usize {
        match *self {
            #[cfg(target_arch = "x86_64")]
            Pair::Avx2(ref finder) => finder.min_haystack_len(),
            #[cfg(target_arch = "x86_64")]
            Pair::Sse2(ref finder) => finder.min_haystack_len(),
            #[cfg(target_arch = "aarch64")]
            Pair::Neon(ref finder) => finder.min_haystack_len(),
        }
    }

    /// The first occurrence of the needle that the pair is of.
    ///
    /// # Panics
    ///
    /// If the haystack is too short.
    #[inline]
    pub(crate) fn find(&self, hay: &[u8], needle: &[u8]) -> Option<usize> {
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let _ = (hay, needle);
        match *self {
            #[cfg(target_arch = "x86_64")]
            Pair::Avx2(ref finder) => finder.find(hay, needle),
            #[cfg(target_arch = "x86_64")]
            Pair::Sse2(ref finder) => finder.find(hay, needle),
            #[cfg(target_arch = "aarch64")]
            Pair::Neon(ref finder) => finder.find(hay, needle),
        }
    }
}
