//! The kernels for x86-64: AVX2 and SSSE3.
//!
//! The `unsafe` is of two kinds. A load reads through a reference to exactly the bytes that it reads. A function that
//! needs an instruction set is called through a value ([`Avx2`], [`Ssse3`]) that exists only where the processor has it;
//! `memchr` proves it the same way. The kernels index with checks, one a block.
//!
//! The two instruction sets differ only in the width of their vectors. So the kernels are written once, in a macro that
//! is expanded for both.
//!
//! Exercised by the tests of `byte_table.rs` and `prefilter/teddy.rs`, which compare with plain code for every alignment, also under
//! AddressSanitizer.

#![expect(
    unsafe_code,
    reason = "vector instructions; each use is proven where it stands"
)]

use crate::simd::tables::{BITS, BLOCK_BYTES, Nibbles, Pattern, WINDOW};

/// Proof that the processor has AVX2 and SSSE3.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

/// Proof that the processor has SSSE3.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ssse3(());

impl Avx2 {
    /// Returns the proof, if the processor has the instructions.
    #[inline]
    pub(crate) fn new() -> Option<Avx2> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("ssse3")).then_some(Avx2(()))
    }

    /// Returns the proof of the narrower instructions, which a processor with AVX2 has.
    #[inline]
    pub(crate) fn narrow(self) -> Ssse3 {
        Ssse3(())
    }
}

impl Ssse3 {
    /// Returns the proof, if the processor has the instructions.
    #[inline]
    pub(crate) fn new() -> Option<Ssse3> {
        is_x86_feature_detected!("ssse3").then_some(Ssse3(()))
    }
}

/// The safe entries to one module of kernels.
macro_rules! entries {
    ($witness:ident, $kernels:ident) => {
        impl $witness {
            /// Bytes of the shortest haystack that the kernels take.
            pub(crate) const BYTES: usize = $kernels::BYTES;

            /// Returns the first place at `at` or behind that holds a member, or a byte outside of the set unless `wanted`.
            #[inline]
            pub(crate) fn find(
                self,
                set: &Nibbles,
                hay: &[u8],
                at: usize,
                wanted: bool,
            ) -> Option<usize> {
                // SAFETY: a value of this type proves the instruction set.
                unsafe { $kernels::find(set, hay, at, wanted) }
            }

            /// Marks the members among 64 bytes, one bit a byte.
            #[inline]
            pub(crate) fn members(self, set: &Nibbles, block: &[u8; BLOCK_BYTES]) -> u64 {
                // SAFETY: a value of this type proves the instruction set.
                unsafe { $kernels::members_of_block(set, block) }
            }

            /// Returns the start of the first run of `min` members, 2 to 32, at `at` or behind. `Err` names the first start
            /// that was not tested.
            #[inline]
            pub(crate) fn find_run(
                self,
                set: &Nibbles,
                hay: &[u8],
                at: usize,
                min: u32,
            ) -> Result<usize, usize> {
                // SAFETY: a value of this type proves the instruction set.
                unsafe { $kernels::find_run(set, hay, at, min) }
            }

            /// Returns the first place at `at` or behind where the pattern passes and `confirm` agrees. Zeros stand behind
            /// the haystack. It may leave out places that leave no room for the shortest match.
            #[inline]
            pub(crate) fn find_pattern<const N: usize>(
                self,
                pattern: &Pattern,
                hay: &[u8],
                at: usize,
                confirm: impl Fn(usize) -> bool,
            ) -> Option<usize> {
                // SAFETY: a value of this type proves the instruction set.
                unsafe { $kernels::find_pattern::<N>(pattern, hay, at, confirm) }
            }
        }
    };
}

/// The kernels over the vectors of the module that expands this macro.
macro_rules! kernels {
    ($feature:literal) => {
        /// Marks the members of the set, one bit for each byte of the block.
        ///
        /// The lower half of a byte picks a byte of the table. Bit `i` of that stands for the upper half `i`, in the second
        /// table for `i + 8`. A shuffle returns zero where the highest bit of the index is set, so each table ignores the
        /// bytes of the other.
        #[target_feature(enable = $feature)]
        #[inline]
        fn members(tables: (Vector, Vector), block: &[u8; BYTES]) -> u32 {
            let bytes = load(block);
            let low = shuffle(tables.0, bytes);
            let high = shuffle(tables.1, xor(bytes, splat(0x80)));
            let bit = shuffle(table(&BITS), upper_halves(bytes));
            ALL & !zeros(and(or(low, high), bit))
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn members_of_block(set: &Nibbles, block: &[u8; BLOCK_BYTES]) -> u64 {
            let tables = (table(&set.low), table(&set.high));
            let mut found = 0;
            let (parts, _) = block.as_chunks();
            for (i, part) in parts.iter().enumerate() {
                found |= u64::from(members(tables, part)) << (i * BYTES);
            }
            found
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn find(set: &Nibbles, hay: &[u8], at: usize, wanted: bool) -> Option<usize> {
            let tables = (table(&set.low), table(&set.high));
            let flip = if wanted { 0 } else { ALL };
            let mut rest = hay.get(at..)?;
            while let Some((block, behind)) = rest.split_first_chunk() {
                let found = members(tables, block) ^ flip;
                if found != 0 {
                    return Some(hay.len() - rest.len() + found.trailing_zeros() as usize);
                }
                rest = behind;
            }
            if rest.is_empty() {
                return None;
            }
            // The last block overlaps bytes that were tested before, or that stand before `at`.
            let block = hay.last_chunk::<BYTES>()?;
            let found = (members(tables, block) ^ flip) >> (BYTES - rest.len());
            (found != 0).then(|| hay.len() - rest.len() + found.trailing_zeros() as usize)
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn find_run(
            set: &Nibbles,
            hay: &[u8],
            mut at: usize,
            min: u32,
        ) -> Result<usize, usize> {
            let tables = (table(&set.low), table(&set.high));
            // Starts from which a whole run lies in the 64 bytes.
            let starts = 65 - min;
            while let Some(blocks) = hay.get(at..).and_then(|rest| rest.first_chunk::<64>()) {
                let (mut runs, mut i) = (0, 0);
                while i < 64 / BYTES {
                    let block = blocks[i * BYTES..].first_chunk().ok_or(at)?;
                    runs |= u64::from(members(tables, block)) << (i * BYTES);
                    i += 1;
                }
                // Bit `i` tells that `count` members stand from byte `i` on.
                let mut count = 1;
                while count < min {
                    let more = count.min(min - count);
                    runs &= runs >> more;
                    count += more;
                }
                if runs != 0 {
                    return Ok(at + runs.trailing_zeros() as usize);
                }
                at += starts as usize;
            }
            Err(at)
        }

        #[target_feature(enable = $feature)]
        pub(crate) fn find_pattern<const N: usize>(
            pattern: &Pattern,
            hay: &[u8],
            mut at: usize,
            confirm: impl Fn(usize) -> bool,
        ) -> Option<usize> {
            let mut low = [splat(0); N];
            let mut high = [splat(0); N];
            let mut offsets = [0; N];
            for (i, probe) in pattern.probes[..N].iter().enumerate() {
                low[i] = table(&probe.low);
                high[i] = table(&probe.high);
                offsets[i] = probe.offset;
            }
            // Bytes that the probes of `BYTES` places read.
            let span = BYTES + pattern.reach - 1;
            let look = |i: usize, block: &[u8]| {
                // Cannot fail: the place of a probe is below the reach.
                let Some(bytes) = block.get(offsets[i]..).and_then(<[u8]>::first_chunk) else {
                    return splat(0xFF);
                };
                let bytes = load(bytes);
                let lower = shuffle(low[i], and(bytes, splat(0x0F)));
                let upper = shuffle(high[i], and(shift(bytes), splat(0x0F)));
                and(lower, upper)
            };
            // Written out: the compiler keeps the tables of a loop in memory.
            let probe = |block: &[u8]| {
                let mut buckets = look(0, block);
                if N > 1 {
                    buckets = and(buckets, look(1, block));
                }
                if N > 2 {
                    buckets = and(buckets, look(2, block));
                }
                ALL & !zeros(buckets)
            };
            // Two blocks an iteration, while there are two.
            while let Some(blocks) = hay
                .get(at..)
                .and_then(|rest| rest.first_chunk::<{ 2 * BYTES + WINDOW }>())
            {
                let mut found =
                    u64::from(probe(blocks)) | u64::from(probe(&blocks[BYTES..])) << BYTES;
                while found != 0 {
                    let place = at + found.trailing_zeros() as usize;
                    if confirm(place) {
                        return Some(place);
                    }
                    found &= found - 1;
                }
                at += 2 * BYTES;
            }
            let len_min = pattern.len_min.max(1);
            while at < hay.len() && hay.len() - at >= len_min {
                let rest = &hay[at..];
                let (mut found, base) = if rest.len() >= span {
                    (probe(rest), at)
                } else if hay.len() >= span && len_min >= pattern.reach {
                    // The last block overlaps places that were tested before, or that stand before `at`.
                    let base = hay.len() - span;
                    (probe(&hay[base..]) & ALL << (at - base), base)
                } else {
                    let mut block = [0; BYTES + WINDOW];
                    let len = rest.len().min(BYTES + WINDOW);
                    block[..len].copy_from_slice(&rest[..len]);
                    let places = rest.len().min(BYTES);
                    (probe(&block) & ALL >> (BYTES - places), at)
                };
                while found != 0 {
                    let place = base + found.trailing_zeros() as usize;
                    if confirm(place) {
                        return Some(place);
                    }
                    found &= found - 1;
                }
                at = base + BYTES;
            }
            None
        }

        /// Returns the upper half of each byte, without its highest bit.
        #[target_feature(enable = $feature)]
        #[inline]
        fn upper_halves(bytes: Vector) -> Vector {
            and(shift(bytes), splat(0x07))
        }
    };
}

mod avx2 {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256,
        _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
        _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
        _mm256_xor_si256,
    };

    use super::{BITS, BLOCK_BYTES, Nibbles, Pattern, WINDOW};

    type Vector = __m256i;
    pub(crate) const BYTES: usize = 32;
    const ALL: u32 = u32::MAX;

    kernels!("avx2");

    #[target_feature(enable = "avx2")]
    #[inline]
    fn load(block: &[u8; BYTES]) -> Vector {
        // SAFETY: the reference covers the 32 bytes that the load reads; the load needs no alignment.
        unsafe { _mm256_loadu_si256(block.as_ptr().cast::<__m256i>()) }
    }

    /// Copies a table of 16 bytes to both lanes: [`shuffle`] works within its lane.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn table(bytes: &[u8; 16]) -> Vector {
        // SAFETY: the reference covers the 16 bytes that the load reads; the load needs no alignment.
        let half = unsafe { _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>()) };
        _mm256_broadcastsi128_si256(half)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn splat(byte: u8) -> Vector {
        _mm256_set1_epi8(byte as i8)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn shuffle(table: Vector, indices: Vector) -> Vector {
        _mm256_shuffle_epi8(table, indices)
    }

    /// Moves the upper half of each byte to its lower half. The upper half then holds bits of the next byte.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn shift(bytes: Vector) -> Vector {
        _mm256_srli_epi16::<4>(bytes)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn and(a: Vector, b: Vector) -> Vector {
        _mm256_and_si256(a, b)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn or(a: Vector, b: Vector) -> Vector {
        _mm256_or_si256(a, b)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn xor(a: Vector, b: Vector) -> Vector {
        _mm256_xor_si256(a, b)
    }

    /// Returns one bit for each byte that is zero.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn zeros(bytes: Vector) -> u32 {
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_setzero_si256())) as u32
    }
}

mod ssse3 {
    use std::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8, _mm_setzero_si128, _mm_shuffle_epi8, _mm_srli_epi16, _mm_xor_si128,
    };

    use super::{BITS, BLOCK_BYTES, Nibbles, Pattern, WINDOW};

    type Vector = __m128i;
    pub(crate) const BYTES: usize = 16;
    const ALL: u32 = 0xFFFF;

    kernels!("ssse3");

    #[target_feature(enable = "ssse3")]
    #[inline]
    fn load(block: &[u8; BYTES]) -> Vector {
        // SAFETY: the reference covers the 16 bytes that the load reads; the load needs no alignment.
        unsafe { _mm_loadu_si128(block.as_ptr().cast::<__m128i>()) }
    }

    #[target_feature(enable = "ssse3")]
    #[inline]
    fn table(bytes: &[u8; 16]) -> Vector {
        load(bytes)
    }

    #[target_feature(enable = "ssse3")]
    #[inline]
    fn splat(byte: u8) -> Vector {
        _mm_set1_epi8(byte as i8)
    }

    #[target_feature(enable = "ssse3")]
    #[inline]
    fn shuffle(table: Vector, indices: Vector) -> Vector {
        _mm_shuffle_epi8(table, indices)
    }

    /// Moves the upper half of each byte to its lower half. The upper half then holds bits of the next byte.
    #[target_feature(enable = "ssse3")]
    #[inline]
    fn shift(bytes: Vector) -> Vector {
        _mm_srli_epi16::<4>(bytes)
    }

    #[target_feature(enable = "ssse3")]
    #[inline]
    fn and(a: Vector, b: Vector) -> Vector {
        _mm_and_si128(a, b)
    }

    #[target_feature(enable = "ssse3")]
    #[inline]
    fn or(a: Vector, b: Vector) -> Vector {
        _mm_or_si128(a, b)
    }

    #[target_feature(enable = "ssse3")]
    #[inline]
    fn xor(a: Vector, b: Vector) -> Vector {
        _mm_xor_si128(a, b)
    }

    /// Returns one bit for each byte that is zero.
    #[target_feature(enable = "ssse3")]
    #[inline]
    fn zeros(bytes: Vector) -> u32 {
        _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())) as u32
    }
}

entries!(Avx2, avx2);
entries!(Ssse3, ssse3);
