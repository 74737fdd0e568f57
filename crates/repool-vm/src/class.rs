//! Finds the first byte of a set.
//!
//! A set of up to four bytes' ranges is looked for 32 bytes at a time with comparisons that the
//! compiler turns into vector instructions; any other byte by byte in a bit table. Sets that are found
//! at once never pay for the ranges: they are made when the first few bytes hold no member.
//! Exercised by the tests below.

/// A set of bytes to look for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByteSet {
    map: [u64; 4],
    ranges: Ranges,
}

/// The members as ranges: the first, and how many more.
#[derive(Clone, Copy, Debug)]
enum Ranges {
    /// Not looked for.
    Unknown,
    /// More than there is room for.
    Many,
    One([(u8, u8); 1]),
    Two([(u8, u8); 2]),
    Four([(u8, u8); 4]),
}

/// Bytes looked at together: one or two vector registers.
const BLOCK_BYTES: usize = 32;

impl ByteSet {
    /// The set with this 256-bit map.
    #[inline]
    pub(crate) const fn new(map: [u64; 4]) -> ByteSet {
        ByteSet {
            map,
            ranges: Ranges::Unknown,
        }
    }

    /// The place of the first member.
    #[inline]
    pub(crate) fn find(&mut self, hay: &[u8]) -> Option<usize> {
        let head = &hay[..hay.len().min(BLOCK_BYTES)];
        match self.find_slow(head) {
            None if hay.len() > BLOCK_BYTES => {
                let found = self.find_far(&hay[BLOCK_BYTES..])?;
                Some(BLOCK_BYTES + found)
            }
            found => found,
        }
    }

    /// The length of `hay` up to and with its last member; 0 without one.
    #[inline]
    pub(crate) fn len_to_last(&self, hay: &[u8]) -> usize {
        let map = &self.map;
        hay.iter()
            .rposition(|&b| map[(b >> 6) as usize] >> (b & 63) & 1 != 0)
            .map_or(0, |at| at + 1)
    }

    #[inline(always)]
    fn find_slow(&self, hay: &[u8]) -> Option<usize> {
        let map = &self.map;
        hay.iter()
            .position(|&b| map[(b >> 6) as usize] >> (b & 63) & 1 != 0)
    }

    #[inline(never)]
    fn find_far(&mut self, hay: &[u8]) -> Option<usize> {
        if matches!(self.ranges, Ranges::Unknown) {
            self.ranges = Ranges::of(self.map);
        }
        let skipped = match &self.ranges {
            Ranges::Unknown | Ranges::Many => 0,
            Ranges::One(ranges) => blocks_without(ranges, hay),
            Ranges::Two(ranges) => blocks_without(ranges, hay),
            Ranges::Four(ranges) => blocks_without(ranges, hay),
        };
        Some(skipped + self.find_slow(&hay[skipped..])?)
    }
}

/// The length of the blocks at the front that hold no byte of the ranges.
#[inline(always)]
fn blocks_without<const N: usize>(ranges: &[(u8, u8); N], hay: &[u8]) -> usize {
    let mut skipped = 0;
    for block in hay.chunks_exact(BLOCK_BYTES) {
        let mut any = 0;
        for &byte in block {
            for &(low, more) in ranges {
                any |= u8::from(byte.wrapping_sub(low) <= more);
            }
        }
        if any != 0 {
            break;
        }
        skipped += BLOCK_BYTES;
    }
    skipped
}

impl Ranges {
    fn of(map: [u64; 4]) -> Ranges {
        let member = |b: usize| b < 256 && map[b >> 6] >> (b & 63) & 1 != 0;
        let mut ranges = [(0, 0); 4];
        let (mut count, mut byte) = (0, 0);
        while byte < 256 {
            if !member(byte) {
                byte += 1;
                continue;
            }
            let low = byte;
            while member(byte) {
                byte += 1;
            }
            if count == ranges.len() {
                return Ranges::Many;
            }
            ranges[count] = (low as u8, (byte - low - 1) as u8);
            count += 1;
        }
        // Ranges that are left over repeat the first.
        let [a, b, c, d] = ranges;
        match count {
            0 => Ranges::Many,
            1 => Ranges::One([a]),
            2 => Ranges::Two([a, b]),
            3 => Ranges::Four([a, b, c, a]),
            _ => Ranges::Four([a, b, c, d]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(members: &[std::ops::RangeInclusive<u8>]) {
        let is_member = |b: u8| members.iter().any(|range| range.contains(&b));
        let mut map = [0; 4];
        for b in (0..=255).filter(|&b| is_member(b)) {
            map[(b >> 6) as usize] |= 1 << (b & 63);
        }
        for len in [0, 1, 31, 32, 33, 64, 200] {
            for at in 0..=len {
                for byte in 0..=255u8 {
                    let filler = (0..=255).find(|&b| !is_member(b)).unwrap();
                    let mut hay = vec![filler; len];
                    if let Some(place) = hay.get_mut(at) {
                        *place = byte;
                    }
                    let expected = hay.iter().position(|&b| is_member(b));
                    assert_eq!(ByteSet::new(map).find(&hay), expected);
                }
            }
        }
    }

    #[test]
    fn sets_of_few_and_many_ranges() {
        check(&[b'0'..=b'9']);
        check(&[b'0'..=b'9', 0x80..=0xFF]);
        check(&[0..=0, b'A'..=b'Z', 0xFF..=0xFF]);
        check(&[b'a'..=b'a', b'c'..=b'c', b'e'..=b'e', b'g'..=b'g']);
        check(&[1..=1, 3..=3, 5..=5, 7..=7, 9..=9, 0x80..=0xC0]);
        check(&[]);
    }
}
