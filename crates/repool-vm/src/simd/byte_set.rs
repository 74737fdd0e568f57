//! Finds the first byte of a set.
//!
//! The first few bytes are looked up one by one in a bit table; behind them, for a hot program,
//! [`ByteTable`] takes over, many bytes at a time.
//! Exercised by the tests below.

use crate::simd::byte_table::ByteTable;

/// A set of bytes to look for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByteSet {
    map: [u64; 4],
    /// The same set, to look for it far.
    table: Option<ByteTable>,
}

/// Bytes looked at one by one.
const NEAR_BYTES: usize = 8;

impl ByteSet {
    /// The set with this 256-bit map, for a few short looks.
    #[inline]
    pub(crate) const fn new(map: [u64; 4]) -> ByteSet {
        ByteSet { map, table: None }
    }

    /// The set with this 256-bit map, for many looks and far ones.
    pub(crate) fn far(map: [u64; 4]) -> ByteSet {
        let table = Some(ByteTable::new(map));
        ByteSet { map, table }
    }

    /// The set as a 256-bit map.
    pub(crate) fn map(&self) -> [u64; 4] {
        self.map
    }

    /// The place of the first member.
    #[inline]
    pub(crate) fn find(&self, hay: &[u8]) -> Option<usize> {
        let head = &hay[..hay.len().min(NEAR_BYTES)];
        match self.find_slow(head) {
            None if hay.len() > NEAR_BYTES => {
                let found = self.find_far(&hay[NEAR_BYTES..])?;
                Some(NEAR_BYTES + found)
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

    #[inline]
    fn find_far(&self, hay: &[u8]) -> Option<usize> {
        match &self.table {
            Some(table) => table.find(hay, 0),
            None => self.find_slow(hay),
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
                    assert_eq!(ByteSet::far(map).find(&hay), expected);
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
