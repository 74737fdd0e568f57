//! Finds the first byte of a set.
//!
//! A cold program looks at the bytes one by one, without set-up. A hot one has a [`ByteTable`], which looks at many bytes
//! at a time.
//!
//! Exercised by the tests below.

use crate::simd::byte_set::ByteSet;
use crate::simd::byte_table::ByteTable;

/// Finds the bytes of a set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByteFinder {
    set: ByteSet,
    /// The tables for vectors, of a hot program.
    table: Option<ByteTable>,
}

impl ByteFinder {
    /// Creates a finder without set-up, for a few short searches.
    #[inline]
    pub(crate) const fn new(set: ByteSet) -> ByteFinder {
        ByteFinder { set, table: None }
    }

    /// Creates a finder with tables, for many or long searches.
    pub(crate) fn far(set: ByteSet) -> ByteFinder {
        let table = Some(ByteTable::new(set));
        ByteFinder { set, table }
    }

    /// Returns the set that it searches for.
    pub(crate) fn set(&self) -> ByteSet {
        self.set
    }

    /// Returns the place of the first member.
    #[inline]
    pub(crate) fn find(&self, hay: &[u8]) -> Option<usize> {
        match &self.table {
            Some(table) => table.find(hay, 0),
            None => hay.iter().position(|&byte| self.set.contains(byte)),
        }
    }

    /// Returns the length of `hay` up to and including its last member; 0 without one.
    #[inline]
    pub(crate) fn len_to_last(&self, hay: &[u8]) -> usize {
        hay.iter()
            .rposition(|&byte| self.set.contains(byte))
            .map_or(0, |at| at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(members: &[std::ops::RangeInclusive<u8>]) {
        let is_member = |b: u8| members.iter().any(|range| range.contains(&b));
        let mut set = ByteSet::EMPTY;
        for range in members {
            set.insert_range(*range.start(), *range.end());
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
                    assert_eq!(ByteFinder::new(set).find(&hay), expected);
                    assert_eq!(ByteFinder::far(set).find(&hay), expected);
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
