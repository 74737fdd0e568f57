//! Finds the next member of a set of bytes, the next byte outside of it, or a run of members.
//!
//! Every set is looked up exactly: the lower half of a byte picks a row of bits, and its upper half a bit of the row
//! (Hyperscan's *truffle*). The rows fill two vectors, whatever the set.
//!
//! Exercised by the tests below.

use crate::simd::byte_set::ByteSet;
use crate::simd::kernel::Kernel;
use crate::simd::short::Short;
use crate::simd::short::first_of;
use crate::simd::tables::{BLOCK_BYTES, Nibbles};
use crate::tuning::{NEAR_MEMBER_BYTES, SHORT_BYTES_MAX};

/// A set of bytes and the tables to find its members.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByteTable {
    set: ByteSet,
    nibbles: Nibbles,
    kernel: Kernel,
    short: Option<Short>,
}

/// Members of the longest run that [`ByteTable::find_run`] finds: a run of this length fits a block of 64 bytes in 33
/// places.
pub(crate) const RUN_MAX: u32 = 32;

impl ByteTable {
    /// Builds the tables of a set.
    #[must_use]
    pub(crate) fn new(set: ByteSet) -> ByteTable {
        ByteTable::with(set, Kernel::best(), Short::new())
    }

    fn with(set: ByteSet, kernel: Kernel, short: Option<Short>) -> ByteTable {
        let mut nibbles = Nibbles {
            low: [0; 16],
            high: [0; 16],
        };
        // A word has four rows of sixteen bits: bit `j` of row `i` becomes bit `i` of column `j`.
        for (i, &word) in set.words().iter().enumerate() {
            let half = if i < 2 {
                &mut nibbles.low
            } else {
                &mut nibbles.high
            };
            for (j, column) in half.iter_mut().enumerate() {
                // The shifts bring bits 0, 16, 32 and 48 together in four neighbours.
                let rows = word >> j & 0x0001_0001_0001_0001;
                let rows = (rows | rows >> 15 | rows >> 30 | rows >> 45) as u8 & 0x0F;
                *column |= rows << (4 * (i % 2));
            }
        }
        ByteTable {
            set,
            nibbles,
            kernel,
            short,
        }
    }

    /// Tells whether a byte is a member.
    #[inline(always)]
    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.set.contains(byte)
    }

    /// Returns the place of the first member at `at` or behind.
    #[inline]
    pub(crate) fn find(&self, hay: &[u8], at: usize) -> Option<usize> {
        self.find_as(hay, at, true)
    }

    /// Returns the place of the first byte at `at` or behind that is not a member, or the end of the haystack.
    #[inline]
    pub(crate) fn run_end(&self, hay: &[u8], at: usize) -> usize {
        self.find_as(hay, at, false).unwrap_or(hay.len())
    }

    #[inline]
    fn find_as(&self, hay: &[u8], at: usize, wanted: bool) -> Option<usize> {
        let rest = hay.get(at..)?;
        let near = &rest[..rest.len().min(NEAR_MEMBER_BYTES)];
        match near.iter().position(|&b| self.contains(b) == wanted) {
            Some(place) => Some(at + place),
            None => self.find_far(hay, at + near.len(), wanted),
        }
    }

    fn find_far(&self, hay: &[u8], at: usize, wanted: bool) -> Option<usize> {
        if let Some(short) = self.short
            && let Some(rest) = hay.get(at..)
            && rest.len() <= SHORT_BYTES_MAX
        {
            return self
                .find_at_once(short, rest, wanted)
                .map(|place| at + place);
        }
        match self.kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(avx2) if hay.len() >= crate::simd::x86::Avx2::BYTES => {
                avx2.find(&self.nibbles, hay, at, wanted)
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(avx2) if hay.len() >= crate::simd::x86::Ssse3::BYTES => {
                avx2.narrow().find(&self.nibbles, hay, at, wanted)
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Ssse3(ssse3) if hay.len() >= crate::simd::x86::Ssse3::BYTES => {
                ssse3.find(&self.nibbles, hay, at, wanted)
            }
            _ => self.find_slow(hay, at, wanted),
        }
    }

    /// Out of line, as the other kernels are: what picks one then saves no registers.
    #[inline(never)]
    fn find_at_once(&self, short: Short, hay: &[u8], wanted: bool) -> Option<usize> {
        let flip = if wanted { 0 } else { u64::MAX };
        let marks = |hay: &[u8]| short.members(&self.nibbles, hay) ^ flip;
        let place = first_of(hay, marks, |_| true)?;
        // The kernel marks no byte behind the haystack, so flipped marks may name a place there.
        (place < hay.len()).then_some(place)
    }

    #[inline(never)]
    fn find_slow(&self, hay: &[u8], at: usize, wanted: bool) -> Option<usize> {
        let rest = hay.get(at..)?;
        let place = rest.iter().position(|&b| self.contains(b) == wanted)?;
        Some(at + place)
    }

    /// Marks the members among 64 bytes, one bit a byte.
    pub(crate) fn members(&self, block: &[u8; BLOCK_BYTES]) -> u64 {
        match self.kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(avx2) => avx2.members(&self.nibbles, block),
            #[cfg(target_arch = "x86_64")]
            Kernel::Ssse3(ssse3) => ssse3.members(&self.nibbles, block),
            Kernel::Portable => self.members_slow(block),
        }
    }

    fn members_slow(&self, block: &[u8; BLOCK_BYTES]) -> u64 {
        let bit = |(place, &byte)| u64::from(self.contains(byte)) << place;
        block.iter().enumerate().map(bit).sum()
    }

    /// Returns the first place at `at` or behind where `min` members stand in a row; `min` is 1 to [`RUN_MAX`].
    pub(crate) fn find_run(&self, hay: &[u8], at: usize, min: u32) -> Option<usize> {
        debug_assert!((1..=RUN_MAX).contains(&min), "a run of 1 to 32");
        if min == 1 {
            return self.find(hay, at);
        }
        let found = match self.kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(avx2) => avx2.find_run(&self.nibbles, hay, at, min),
            #[cfg(target_arch = "x86_64")]
            Kernel::Ssse3(ssse3) => ssse3.find_run(&self.nibbles, hay, at, min),
            Kernel::Portable => Err(at),
        };
        match found {
            Ok(found) => Some(found),
            Err(at) => self.find_run_slow(hay, at, min as usize),
        }
    }

    fn find_run_slow(&self, hay: &[u8], at: usize, min: usize) -> Option<usize> {
        let mut start = at;
        for (place, &byte) in hay.iter().enumerate().skip(at) {
            if !self.contains(byte) {
                start = place + 1;
            } else if place + 1 - start == min {
                return Some(start);
            }
        }
        None
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::random;

    fn sets() -> Vec<ByteSet> {
        let mut sets = vec![
            [0; 4],
            [u64::MAX; 4],
            [0x3FF << 48, 0, 0, 0],
            [0, 0x07FF_FFFE_07FF_FFFE, 0, 0],
            [1, 0, 0, 1 << 63],
            [0, 0, u64::MAX, u64::MAX],
        ];
        let mut state = 7;
        for _ in 0..20 {
            let dense = [0; 4].map(|_: u64| random(&mut state));
            sets.push(dense);
            sets.push(dense.map(|word| word & random(&mut state) & random(&mut state)));
        }
        sets.into_iter().map(ByteSet::from_words).collect()
    }

    #[test]
    fn nibbles_hold_the_set() {
        for set in sets() {
            let table = ByteTable::with(set, Kernel::Portable, None);
            for byte in 0..=255_u8 {
                let half = if byte < 0x80 {
                    table.nibbles.low
                } else {
                    table.nibbles.high
                };
                let bit = half[usize::from(byte & 15)] >> (byte >> 4 & 7) & 1;
                assert_eq!(bit != 0, table.contains(byte));
            }
        }
    }

    #[test]
    fn kernels_agree_for_every_byte_and_place() {
        for (kernel, short) in Kernel::all_and_short() {
            for set in sets() {
                let table = ByteTable::with(set, kernel, short);
                let filler = (0..=255).find(|&b| !table.contains(b)).unwrap_or(0);
                for byte in 0..=255_u8 {
                    for len in [15, 16, 33, 70] {
                        let mut hay = vec![filler; len];
                        let place = usize::from(byte) % len;
                        hay[place] = byte;
                        for wanted in [true, false] {
                            let expected = table.find_slow(&hay, 0, wanted);
                            assert_eq!(table.find_as(&hay, 0, wanted), expected);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn kernels_agree_for_every_length_and_start() {
        let mut state = 1;
        let bytes: Vec<u8> = (0..200).map(|_| random(&mut state) as u8).collect();
        for (kernel, short) in Kernel::all_and_short() {
            for set in sets() {
                let table = ByteTable::with(set, kernel, short);
                for skip in [0, 1, 7, 16, 31] {
                    for len in 0..=140 {
                        // A buffer of its own lets AddressSanitizer see a read past the end.
                        let hay: Box<[u8]> = bytes[skip..skip + len].into();
                        for at in [0, 1, len / 2, len.saturating_sub(1), len, len + 1] {
                            for wanted in [true, false] {
                                let expected = table.find_slow(&hay, at, wanted);
                                assert_eq!(table.find_as(&hay, at, wanted), expected);
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn kernels_agree_on_blocks() {
        let mut state = 3;
        for set in sets() {
            for kernel in Kernel::all() {
                let table = ByteTable::with(set, kernel, None);
                for _ in 0..20 {
                    let block = std::array::from_fn(|_| random(&mut state) as u8);
                    assert_eq!(table.members(&block), table.members_slow(&block));
                }
            }
        }
    }

    #[test]
    fn kernels_agree_on_runs() {
        let mut state = 3;
        for kernel in Kernel::all() {
            for percent in [30, 60, 80, 95] {
                let table = ByteTable::with(ByteSet::of(b"a"), kernel, Short::new());
                for len in [0, 1, 20, 63, 64, 65, 127, 128, 129, 300] {
                    let hay: Box<[u8]> = (0..len)
                        .map(|_| {
                            if random(&mut state) % 100 < percent {
                                b'a'
                            } else {
                                b'.'
                            }
                        })
                        .collect();
                    for min in 1..=RUN_MAX {
                        for at in [0, 1, 5, len / 2, len] {
                            let expected = hay
                                .get(at..)
                                .and_then(|rest| {
                                    rest.windows(min as usize)
                                        .position(|w| w.iter().all(|&b| b == b'a'))
                                })
                                .map(|place| at + place);
                            assert_eq!(table.find_run(&hay, at, min), expected, "{min} {at}");
                        }
                    }
                }
            }
        }
    }
}
