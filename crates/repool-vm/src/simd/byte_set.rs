//! A set of bytes: 256 bits, one a byte.
//!
//! The analyses compute values of this type, and the scans build their tables from them. The search itself is in
//! [`ByteFinder`](crate::simd::byte_finder::ByteFinder) and [`ByteTable`](crate::simd::byte_table::ByteTable).
//!
//! Exercised by the tests below.

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    /// The set without members.
    pub(crate) const EMPTY: ByteSet = ByteSet([0; 4]);

    /// The set of all bytes.
    pub(crate) const ALL: ByteSet = ByteSet([u64::MAX; 4]);

    /// The bytes 0x80 to 0xFF.
    pub(crate) const NOT_ASCII: ByteSet = ByteSet([0, 0, u64::MAX, u64::MAX]);

    /// Returns the set with these words: bit `j` of word `i` stands for the byte `64 * i + j`.
    #[inline]
    pub(crate) const fn from_words(words: [u64; 4]) -> ByteSet {
        ByteSet(words)
    }

    /// Returns the set of these bytes.
    #[inline]
    pub(crate) fn of(bytes: &[u8]) -> ByteSet {
        let mut set = ByteSet::EMPTY;
        for &byte in bytes {
            set.insert(byte);
        }
        set
    }

    /// Returns the words, as [`ByteSet::from_words`] takes them.
    #[inline]
    pub(crate) const fn words(&self) -> [u64; 4] {
        self.0
    }

    /// Returns the members below 0x80.
    #[inline]
    pub(crate) const fn ascii(&self) -> ByteSet {
        ByteSet([self.0[0], self.0[1], 0, 0])
    }

    /// Tells whether a byte is a member.
    #[inline(always)]
    pub(crate) const fn contains(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 != 0
    }

    /// Adds a byte.
    #[inline(always)]
    pub(crate) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Adds the bytes from `lo` to `hi`, both included.
    #[inline]
    pub(crate) fn insert_range(&mut self, lo: u8, hi: u8) {
        for (i, word) in (0_u32..).zip(&mut self.0) {
            let (first, lo, hi) = (64 * i, u32::from(lo), u32::from(hi));
            if lo < first + 64 && hi >= first {
                let (lo, hi) = (lo.max(first) - first, hi.min(first + 63) - first);
                *word |= (u64::MAX >> (63 - (hi - lo))) << lo;
            }
        }
    }

    /// Adds an ASCII letter in both cases, and any other byte as it is.
    #[inline]
    pub(crate) fn insert_both_cases(&mut self, byte: u8) {
        self.insert(byte);
        if byte.is_ascii_alphabetic() {
            self.insert(byte ^ 0x20);
        }
    }

    /// Adds the members of another set.
    #[inline]
    pub(crate) fn insert_all(&mut self, other: &ByteSet) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
    }

    /// Drops the members of another set.
    #[inline]
    pub(crate) fn remove_all(&mut self, other: &ByteSet) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= !other;
        }
    }

    /// Returns the bytes that are not members.
    #[inline]
    pub(crate) fn complement(&self) -> ByteSet {
        ByteSet(self.0.map(|word| !word))
    }

    /// Tells whether all members are members of `other`.
    #[inline]
    pub(crate) fn is_subset(&self, other: &ByteSet) -> bool {
        self.0
            .iter()
            .zip(other.0)
            .all(|(&word, other)| word & !other == 0)
    }

    /// Tells whether there is no member.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        *self == ByteSet::EMPTY
    }

    /// Returns the number of members, 0 to 256.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Iterates over the members in rising order.
    #[inline]
    pub(crate) fn iter(&self) -> impl Iterator<Item = u8> + use<> {
        let words = self.0;
        (0_u8..4).flat_map(move |i| {
            let mut left = words[usize::from(i)];
            std::iter::from_fn(move || {
                let bit = left.checked_ilog2().map(|_| left.trailing_zeros() as u8)?;
                left &= left - 1;
                Some(64 * i + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_those_that_were_inserted() {
        let mut set = ByteSet::of(b"a\x00\xFF\x7F\x80");
        assert_eq!(set.iter().collect::<Vec<_>>(), b"\x00a\x7F\x80\xFF");
        assert_eq!((set.len(), set.is_empty()), (5, false));
        assert!(set.is_subset(&ByteSet::ALL) && !ByteSet::ALL.is_subset(&set));
        set.insert_both_cases(b'z');
        set.insert_both_cases(b'1');
        assert_eq!(set.ascii().iter().collect::<Vec<_>>(), b"\x001Zaz\x7F");
        assert_eq!(set.complement().len(), 256 - 8);
        set.remove_all(&ByteSet::of(b"zZ!"));
        assert_eq!(set.ascii().iter().collect::<Vec<_>>(), b"\x001a\x7F");
        assert!((0..=255).all(|byte| set.contains(byte) != set.complement().contains(byte)));
    }

    #[test]
    fn ranges_hold_all_from_end_to_end() {
        for (lo, hi) in [
            (0, 0),
            (0, 255),
            (63, 64),
            (0x80, 0xBF),
            (b'a', b'z'),
            (255, 255),
        ] {
            let mut set = ByteSet::EMPTY;
            set.insert_range(lo, hi);
            assert_eq!(
                set.iter().collect::<Vec<_>>(),
                (lo..=hi).collect::<Vec<_>>()
            );
        }
    }
}
