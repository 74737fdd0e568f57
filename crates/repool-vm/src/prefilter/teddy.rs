//! Finds the places where a match may start, by the first bytes of matches (Teddy, from Hyperscan).
//!
//! The search takes two steps. A kernel tests up to three places of the window, those that exclude most. For each place
//! two tables of sixteen bytes name the buckets of a byte's lower and upper half, and one bucket must remain over all
//! places. The places need not be neighbours, since every other byte of Cyrillic text excludes little. A position that
//! passes is then tested at all places, in tables of the same kind.
//!
//! The tables take 400 bytes and are made once for each hot program. A [`Frequency`] of bytes tells which places exclude
//! most.
//!
//! Exercised by the tests below.

use crate::analysis::fingerprint::Fingerprint;
use crate::prefilter::byte_frequency::Frequency;
use crate::simd::byte_set::ByteSet;
use crate::simd::kernel::Kernel;
use crate::simd::short::Short;
use crate::simd::short::first_of;
use crate::simd::tables::{PROBES_MAX, Pattern, Probe, WINDOW};
#[cfg(target_arch = "x86_64")]
use crate::simd::x86::{Avx2, Ssse3};
use crate::tuning::{SHORT_BYTES_MAX, TEDDY_GAIN_MIN, TEDDY_RATE_MAX};

/// Bytes of the shortest haystack for vectors of 32 bytes. A shorter one would have to be copied to a block.
#[cfg(target_arch = "x86_64")]
const SHORT_BYTES: usize = Avx2::BYTES + WINDOW;

/// The tables of a fingerprint.
#[derive(Clone, Debug)]
pub(crate) struct Teddy {
    /// The buckets of each byte, at each place.
    places: [Probe; WINDOW],
    pattern: Pattern,
    probes_len: usize,
    /// The places, the one that excludes most first; the first `order_len` exclude anything.
    order: [u8; WINDOW],
    order_len: usize,
    kernel: Kernel,
    short: Option<Short>,
    /// The share of positions that is expected to pass.
    rate: f32,
}

impl Teddy {
    /// Builds the tables. Returns `None` if too many positions would pass in text of this kind. A match has `len_min`
    /// bytes or more.
    pub(crate) fn new(
        fingerprint: &Fingerprint,
        frequency: &Frequency,
        len_min: usize,
    ) -> Option<Teddy> {
        let buckets = fingerprint.buckets();
        // The share of text that each bucket allows at each place.
        let chances: Vec<[f32; WINDOW]> = buckets
            .iter()
            .map(|bucket| bucket.map(|bytes| frequency.share(&bytes)))
            .collect();
        let mut left = vec![1.0; buckets.len()];
        let (mut order, mut order_len, mut probes_len) = ([0; WINDOW], 0, 0);
        let mut rate = 1.0_f32;
        while order_len < WINDOW {
            let rate_with = |place: usize| -> f32 {
                chances.iter().zip(&left).map(|(c, l)| c[place] * l).sum()
            };
            let best = (0..WINDOW)
                .filter(|&place| !order[..order_len].contains(&(place as u8)))
                .map(|place| (place, rate_with(place)))
                .min_by(|a, b| a.1.total_cmp(&b.1));
            let Some((place, with)) = best.filter(|&(_, with)| with < rate) else {
                break;
            };
            if probes_len == order_len
                && probes_len < PROBES_MAX
                && (probes_len == 0 || rate - with > TEDDY_GAIN_MIN)
            {
                probes_len += 1;
            }
            order[order_len] = place as u8;
            order_len += 1;
            rate = with;
            for (left, chances) in left.iter_mut().zip(&chances) {
                *left *= chances[place];
            }
        }
        if rate > TEDDY_RATE_MAX || probes_len == 0 {
            return None;
        }
        let mut teddy = Teddy {
            places: [Probe::default(); WINDOW],
            pattern: Pattern {
                len_min,
                ..Pattern::default()
            },
            probes_len,
            order,
            order_len,
            kernel: Kernel::best(),
            short: Short::new(),
            rate,
        };
        teddy.fill(fingerprint);
        Some(teddy)
    }

    fn fill(&mut self, fingerprint: &Fingerprint) {
        for &place in &self.order[..self.order_len] {
            let probe = &mut self.places[usize::from(place)];
            probe.offset = usize::from(place);
            for (i, bucket) in fingerprint.buckets().iter().enumerate() {
                probe.add(1 << i, &bucket[probe.offset]);
            }
        }
        let order = &self.order[..self.probes_len];
        for (probe, &place) in self.pattern.probes.iter_mut().zip(order) {
            *probe = self.places[usize::from(place)];
            self.pattern.reach = self.pattern.reach.max(probe.offset + 1);
        }
    }

    /// Returns the share of positions that is expected to pass.
    pub(crate) fn rate(&self) -> f32 {
        self.rate
    }

    /// Returns the first place at `at` or behind where a match may start. It may leave out places that leave no room for
    /// the shortest match.
    ///
    /// A bucket allows any byte behind the end of its shortest path, also zeros. So zeros may stand behind the haystack.
    #[inline]
    pub(crate) fn find(&self, hay: &[u8], at: usize) -> Option<usize> {
        if let Some(short) = self.short
            && let Some(rest) = hay.get(at..)
            && rest.len() <= SHORT_BYTES_MAX
        {
            return self.find_at_once(short, rest).map(|place| at + place);
        }
        match self.kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(kernel) if hay.len() >= SHORT_BYTES => {
                let confirm = |place| self.may_start(hay, place);
                match self.probes_len {
                    1 => kernel.find_pattern::<1>(&self.pattern, hay, at, confirm),
                    2 => kernel.find_pattern::<2>(&self.pattern, hay, at, confirm),
                    _ => kernel.find_pattern::<3>(&self.pattern, hay, at, confirm),
                }
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(kernel) => self.find_narrow(kernel.narrow(), hay, at),
            #[cfg(target_arch = "x86_64")]
            Kernel::Ssse3(kernel) => self.find_narrow(kernel, hay, at),
            Kernel::Portable => self.find_slow(hay, at),
        }
    }

    #[inline(never)]
    fn find_slow(&self, hay: &[u8], at: usize) -> Option<usize> {
        let end = (hay.len() + 1).saturating_sub(self.pattern.len_min.max(1));
        (at..end).find(|&place| self.may_start(hay, place))
    }

    /// The same in a short haystack. Out of line, as the other kernels are: what picks one then saves no registers.
    #[inline(never)]
    fn find_at_once(&self, short: Short, hay: &[u8]) -> Option<usize> {
        let marks = |hay: &[u8]| match self.probes_len {
            1 => short.places::<1>(&self.pattern, hay),
            2 => short.places::<2>(&self.pattern, hay),
            _ => short.places::<3>(&self.pattern, hay),
        };
        // There is nothing left to test if the kernel tests all places that exclude anything.
        let is_told = self.probes_len == self.order_len;
        first_of(hay, marks, |place| is_told || self.may_start(hay, place))
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(never)]
    fn find_narrow(&self, kernel: Ssse3, hay: &[u8], at: usize) -> Option<usize> {
        let confirm = |place| self.may_start(hay, place);
        match self.probes_len {
            1 => kernel.find_pattern::<1>(&self.pattern, hay, at, confirm),
            2 => kernel.find_pattern::<2>(&self.pattern, hay, at, confirm),
            _ => kernel.find_pattern::<3>(&self.pattern, hay, at, confirm),
        }
    }

    /// Tells whether the bytes at `place` lie in the product of some bucket.
    #[inline]
    fn may_start(&self, hay: &[u8], place: usize) -> bool {
        let window = &hay[place..];
        let mut buckets = 0xFF;
        for &offset in &self.order[..self.order_len] {
            let offset = usize::from(offset) % WINDOW;
            let byte = window.get(offset).copied().unwrap_or(0);
            buckets &= self.places[offset].buckets(byte);
            if buckets == 0 {
                return false;
            }
        }
        true
    }
}

impl Probe {
    /// Adds the bytes of a set to buckets.
    fn add(&mut self, buckets: u8, bytes: &ByteSet) {
        for (i, &word) in bytes.words().iter().enumerate() {
            // A word holds all lower halves of four upper halves.
            for j in 0..4 {
                let row = (word >> (16 * j)) as u16;
                if row != 0 {
                    self.high[4 * i + j] |= buckets;
                }
                for (k, low) in self.low.iter_mut().enumerate() {
                    if row >> k & 1 != 0 {
                        *low |= buckets;
                    }
                }
            }
        }
    }

    /// Returns the buckets that may hold a byte.
    #[inline(always)]
    fn buckets(&self, byte: u8) -> u8 {
        self.low[usize::from(byte & 15)] & self.high[usize::from(byte >> 4)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fingerprint::tests::fingerprint;
    use crate::testing::random;

    fn with_kernel(
        pattern: &str,
        (kernel, short): (Kernel, Option<Short>),
        len_min: usize,
    ) -> Option<Teddy> {
        let mut teddy = Teddy::new(&fingerprint(pattern)?, &Frequency::new(b""), len_min)?;
        (teddy.kernel, teddy.short) = (kernel, short);
        Some(teddy)
    }

    const PATTERNS: &[&str] = &[
        "Sherlock|Watson|Adler",
        "(?i)Sherlock Holmes",
        "Шерлок|Уотсон|Адлер",
        "(?i)шерлок",
        "夏洛克|约翰华生",
        "[A-Z][a-z]+",
        r"\d{4}-\d\d",
        "a1|b2|c3|d4|e5|f6|g7|h8|i9|j0",
        // The kernels see zeros behind the haystack.
        r"[\x00-\x08]",
        "Z",
    ];

    #[test]
    fn kernels_agree_for_every_length_and_start() {
        let mut state = 5;
        for pattern in PATTERNS {
            for kernel in Kernel::all_and_short() {
                let teddy = with_kernel(pattern, kernel, 0).expect("it tells enough");
                let longer =
                    super::tests::with_kernel(pattern, kernel, WINDOW).expect("it tells enough");
                let pieces = [
                    "Sherlock",
                    "sheRLoc",
                    "Watsom",
                    "Шерлок",
                    "夏洛",
                    "2024-1",
                    "g7",
                    "Z",
                    " ",
                    "шер",
                ];
                for len in 0..180 {
                    let mut hay = Vec::new();
                    while hay.len() < len {
                        hay.extend(pieces[random(&mut state) as usize % pieces.len()].as_bytes());
                        hay.extend([b'.'; 40].iter().take(random(&mut state) as usize % 40));
                    }
                    hay.truncate(len);
                    // A buffer of its own lets AddressSanitizer see a read past the end.
                    let hay: Box<[u8]> = hay.into();
                    let all: Vec<_> = (0..len).filter(|&at| teddy.may_start(&hay, at)).collect();
                    for at in [0, 1, 7, len / 2, len.saturating_sub(9), len] {
                        let expected = all.iter().copied().find(|&place| place >= at);
                        assert_eq!(teddy.find(&hay, at), expected, "{pattern} {at} {hay:?}");
                        let fits = |place: &usize| place + WINDOW <= len;
                        assert_eq!(
                            longer.find(&hay, at).filter(fits),
                            expected.filter(fits),
                            "{pattern} {at} {hay:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_tells_too_little_is_not_looked_for() {
        for pattern in [r"\w+", "e|t|a", "a*b*", "[^a][^b]"] {
            assert!(
                with_kernel(pattern, (Kernel::Portable, None), 0).is_none(),
                "{pattern}"
            );
        }
    }
}
