//! The kernels for short haystacks on x86-64 with AVX-512: 64 bytes at once.
//!
//! A masked load reads only the bytes that the haystack still has. So the last bytes take one step like all others,
//! without a copy. A kernel returns a word with one bit for each of the first 64 bytes; bits behind the end of the
//! haystack are 0.
//!
//! The `unsafe` is of the two kinds of [`crate::simd::x86`]. A function that needs an instruction set is called through a
//! value that exists only where the processor has it. A load reads through a reference to the bytes that it reads.
//!
//! Exercised by the tests of `byte_table.rs`, `memchr.rs`, `prefilter/teddy.rs` and `prefilter/needle.rs`, which compare with plain code for
//! every length, also under AddressSanitizer.

#![expect(
    unsafe_code,
    reason = "vector instructions; each use is proven where it stands"
)]

use std::arch::x86_64::{
    __m128i, __m512i, _mm_loadu_si128, _mm512_and_si512, _mm512_broadcast_i32x4,
    _mm512_cmpeq_epi8_mask, _mm512_maskz_loadu_epi8, _mm512_or_si512, _mm512_set1_epi8,
    _mm512_shuffle_epi8, _mm512_srli_epi16, _mm512_test_epi8_mask, _mm512_xor_si512,
};

use crate::simd::tables::{BITS, BLOCK_BYTES, Nibbles, Pattern};

/// Proof that the processor has AVX-512 with byte instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// Returns the proof, if the processor has the instructions.
    #[inline]
    pub(crate) fn new() -> Option<Avx512> {
        (!cfg!(repool_no_avx512) && is_x86_feature_detected!("avx512bw")).then_some(Avx512(()))
    }

    /// Marks the bytes that equal `a`, `b` or `c`.
    #[inline]
    pub(crate) fn any(self, hay: &[u8], [a, b, c]: [u8; 3]) -> u64 {
        // SAFETY: a value of this type proves the instruction set.
        unsafe { any(hay, a, b, c) }
    }

    /// Marks the bytes that equal `byte`.
    #[inline]
    pub(crate) fn one(self, hay: &[u8], byte: u8) -> u64 {
        // SAFETY: a value of this type proves the instruction set.
        unsafe { one(hay, byte) }
    }

    /// Marks each place `p` where `bytes[i]` stands at `p + distances[i]`, for both `i`.
    #[inline]
    pub(crate) fn pair(self, hay: &[u8], bytes: [u8; 2], distances: [u8; 2]) -> u64 {
        // SAFETY: a value of this type proves the instruction set.
        unsafe { pair(hay, bytes, distances) }
    }

    /// Marks the members of the set.
    #[inline]
    pub(crate) fn members(self, set: &Nibbles, hay: &[u8]) -> u64 {
        // SAFETY: a value of this type proves the instruction set.
        unsafe { members(set, hay) }
    }

    /// Marks the places where the first `N` probes of the pattern pass. Zeros stand behind the haystack.
    #[inline]
    pub(crate) fn places<const N: usize>(self, pattern: &Pattern, hay: &[u8]) -> u64 {
        // SAFETY: a value of this type proves the instruction set.
        unsafe { places::<N>(pattern, hay) }
    }
}

#[target_feature(enable = "avx512bw")]
fn one(hay: &[u8], byte: u8) -> u64 {
    _mm512_cmpeq_epi8_mask(load(hay, 0), splat(byte)) & bytes_of(hay.len())
}

#[target_feature(enable = "avx512bw")]
fn any(hay: &[u8], a: u8, b: u8, c: u8) -> u64 {
    let bytes = load(hay, 0);
    let is = |byte| _mm512_cmpeq_epi8_mask(bytes, splat(byte));
    (is(a) | is(b) | is(c)) & bytes_of(hay.len())
}

#[target_feature(enable = "avx512bw")]
fn pair(hay: &[u8], bytes: [u8; 2], distances: [u8; 2]) -> u64 {
    let at = |i: usize| {
        let distance = usize::from(distances[i]);
        let is = _mm512_cmpeq_epi8_mask(load(hay, distance), splat(bytes[i]));
        is & bytes_of(hay.len().saturating_sub(distance))
    };
    at(0) & at(1)
}

/// See `members` of [`crate::simd::x86`].
#[target_feature(enable = "avx512bw")]
fn members(set: &Nibbles, hay: &[u8]) -> u64 {
    let bytes = load(hay, 0);
    let low = _mm512_shuffle_epi8(table(&set.low), bytes);
    let high = _mm512_shuffle_epi8(table(&set.high), _mm512_xor_si512(bytes, splat(0x80)));
    let upper = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), splat(0x07));
    let bit = _mm512_shuffle_epi8(table(&BITS), upper);
    _mm512_test_epi8_mask(_mm512_or_si512(low, high), bit) & bytes_of(hay.len())
}

#[target_feature(enable = "avx512bw")]
fn places<const N: usize>(pattern: &Pattern, hay: &[u8]) -> u64 {
    let half = splat(0x0F);
    let mut buckets = splat(0xFF);
    for probe in &pattern.probes[..N] {
        let bytes = load(hay, probe.offset);
        let lower = _mm512_shuffle_epi8(table(&probe.low), _mm512_and_si512(bytes, half));
        let upper = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), half);
        let upper = _mm512_shuffle_epi8(table(&probe.high), upper);
        buckets = _mm512_and_si512(buckets, _mm512_and_si512(lower, upper));
    }
    _mm512_test_epi8_mask(buckets, buckets) & bytes_of(hay.len())
}

/// Returns a word with the lowest `len` bits set, at most 64.
#[inline(always)]
fn bytes_of(len: usize) -> u64 {
    match len {
        0 => 0,
        _ => u64::MAX >> (BLOCK_BYTES - len.min(BLOCK_BYTES)),
    }
}

/// Loads up to 64 bytes of the haystack from `from` on, and zeros behind its end.
#[target_feature(enable = "avx512bw")]
#[inline]
fn load(hay: &[u8], from: usize) -> __m512i {
    let rest = hay.get(from..).unwrap_or_default();
    let bytes = bytes_of(rest.len());
    // SAFETY: the mask has one bit for each byte that the reference covers. The load reads no other byte and needs no
    // alignment.
    unsafe { _mm512_maskz_loadu_epi8(bytes, rest.as_ptr().cast::<i8>()) }
}

/// Copies a table of 16 bytes to all four lanes: a shuffle works within its lane.
#[target_feature(enable = "avx512bw")]
#[inline]
fn table(bytes: &[u8; 16]) -> __m512i {
    // SAFETY: the reference covers the 16 bytes that the load reads; the load needs no alignment.
    let part = unsafe { _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>()) };
    _mm512_broadcast_i32x4(part)
}

#[target_feature(enable = "avx512bw")]
#[inline]
fn splat(byte: u8) -> __m512i {
    _mm512_set1_epi8(byte as i8)
}
