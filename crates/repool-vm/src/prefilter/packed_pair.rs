//! Substring search by two bytes at once, where the processor has vectors for it.
//!
//! This is `memchr`'s packed pair: a block is a candidate if two bytes of the needle stand in it at their distance. Unlike
//! `memmem` it has next to no set-up and borrows no needle. So a thread keeps one for each program, without an allocation.
//!
//! Exercised by `tests/oracle.rs` and by the tests of `needle.rs`.

#[cfg(target_arch = "x86_64")]
use memchr::arch::x86_64::{avx2, sse2};

/// Two bytes of a needle.
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
    /// Chooses two bytes of the needle, if it has two and the processor has vectors.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn new(needle: &[u8]) -> Option<Pair> {
        match avx2::packedpair::Finder::new(needle) {
            Some(finder) => Some(Pair::Avx2(finder)),
            None => sse2::packedpair::Finder::new(needle).map(Pair::Sse2),
        }
    }

    /// Chooses two bytes of the needle, if it has two and the processor has vectors.
    #[cfg(target_arch = "aarch64")]
    pub(crate) fn new(needle: &[u8]) -> Option<Pair> {
        memchr::arch::aarch64::neon::packedpair::Finder::new(needle).map(Pair::Neon)
    }

    /// Chooses two bytes of the needle, if it has two and the processor has vectors.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub(crate) fn new(_needle: &[u8]) -> Option<Pair> {
        None
    }

    /// Returns the places of the two bytes in the needle.
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

    /// Returns the bytes of the shortest haystack that [`Pair::find`] takes.
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

    /// Returns the first occurrence of the needle.
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
