//! The literals of a set, laid out in words.
//!
//! ```text
//! header     sizes of what follows
//! filter     a bit for each hash of three bytes × three bits of the fourth
//! pairs      a bit for each hash of two bytes; none if every literal has three
//! heads      the first literal of each bucket; a bucket is the upper part of a hash; two a word
//! literals   two words each: up to eight bytes, and how to compare them
//! places     a word each: a program, and the distance of the literal from the start of its match
//! needs      for each program, the literals of its second group; two a word
//! lists      programs without literals, and those that match everything; two a word
//! ```
//!
//! A literal of more than eight bytes is cut to eight of its rarer bytes, so that a comparison is one load. All hashes are
//! of bytes with bit 5 set, so that both cases of a letter have the same hash.
//!
//! Exercised by `tests/set.rs`.

use std::ops::Range;

use crate::literal_index::screen::Screen;

/// Words of the header.
pub(crate) const HEADER_WORDS: usize = 4;

/// Words of the filter of pairs: 4096 bits.
pub(crate) const PAIR_WORDS: usize = 64;

/// Buckets of literals of one or two bytes, one for each first byte.
pub(crate) const SHORT_BUCKETS: usize = 256;

/// Bytes in front of a literal from which on its distance is not kept.
pub(crate) const BEFORE_MAX: u32 = 0xFFFF;

/// The literals of a set of programs.
#[derive(Clone, Copy, Debug)]
pub struct Index<'a> {
    /// The number of programs.
    len: usize,
    /// The binary logarithm of the number of hashes.
    hash_bits: u32,
    /// The binary logarithm of the number of buckets.
    bucket_bits: u32,
    pub(crate) filter: &'a [u64],
    /// Empty, or [`PAIR_WORDS`].
    pub(crate) pairs: &'a [u64],
    heads: &'a [u64],
    literals: &'a [u64],
    places: &'a [u64],
    needs_at: &'a [u64],
    needs: &'a [u64],
    lists: &'a [u64],
    unconditional: usize,
    without_literals: usize,
    pub(crate) screen: Option<&'a Screen>,
}

/// One literal, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    /// Its bytes, the first one lowest.
    pub(crate) value: u64,
    /// The number of its bytes, 1 to 8.
    pub(crate) len: u8,
    /// Bytes in front of the hashed ones.
    pub(crate) hashed_at: u8,
    /// A bit for each byte that is a letter of either case.
    pub(crate) fold: u8,
    /// The index of its first place.
    pub(crate) places_at: u32,
}

impl Packed {
    pub(crate) fn encode(self) -> [u64; 2] {
        let meta = u64::from(self.places_at) << 32
            | u64::from(self.fold) << 16
            | u64::from(self.hashed_at) << 8
            | u64::from(self.len);
        [self.value, meta]
    }

    fn decode(value: u64, meta: u64) -> Packed {
        Packed {
            value,
            len: meta as u8,
            hashed_at: (meta >> 8) as u8,
            fold: (meta >> 16) as u8,
            places_at: (meta >> 32) as u32,
        }
    }

    /// Returns where the literal starts, if it stands in a haystack with its hashed bytes at `at`.
    #[inline]
    pub(crate) fn stands(&self, hay: &[u8], at: usize) -> Option<usize> {
        let start = at.checked_sub(usize::from(self.hashed_at))?;
        let rest = hay.get(start..)?;
        let len = usize::from(self.len);
        if rest.len() < len {
            return None;
        }
        let bytes = match rest.first_chunk() {
            Some(chunk) => u64::from_le_bytes(*chunk),
            None => {
                let mut chunk = [0; 8];
                chunk[..len].copy_from_slice(&rest[..len]);
                u64::from_le_bytes(chunk)
            }
        };
        let care = u64::MAX >> (64 - 8 * len);
        ((bytes | spread(self.fold)) & care == self.value).then_some(start)
    }
}

/// Returns bit 5 of each byte whose bit is set.
#[inline]
pub(crate) fn spread(bits: u8) -> u64 {
    // Each byte gets all bits and keeps its own. Any byte but zero then becomes the wanted bit.
    let own = (u64::from(bits) * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
    let full = ((own + 0x7F7F_7F7F_7F7F_7F7F) | own) & 0x8080_8080_8080_8080;
    full >> 2
}

/// The distance of a literal from the start of a program's match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) pattern: usize,
    pub(crate) before_min: u32,
    /// At most this, or [`BEFORE_MAX`] for any distance.
    pub(crate) before_max: u32,
}

impl Place {
    pub(crate) fn encode(self) -> u64 {
        u64::from(self.before_min.min(BEFORE_MAX)) << 48
            | u64::from(self.before_max.min(BEFORE_MAX)) << 32
            | self.pattern as u64
    }

    fn decode(word: u64) -> Place {
        Place {
            pattern: word as u32 as usize,
            before_min: (word >> 48) as u32,
            before_max: (word >> 32 & 0xFFFF) as u32,
        }
    }

    /// Returns where a match can start that has the literal at `first`, at `last` or in between.
    #[inline]
    pub(crate) fn starts(&self, first: usize, last: usize) -> Range<usize> {
        let start = match self.before_max {
            BEFORE_MAX => 0,
            before_max => first.saturating_sub(before_max as usize),
        };
        match last.checked_sub(self.before_min as usize) {
            Some(end) => start..end + 1,
            None => 0..0,
        }
    }
}

/// The sizes of the sections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) len: usize,
    pub(crate) hash_bits: u32,
    pub(crate) bucket_bits: u32,
    pub(crate) has_pairs: bool,
    pub(crate) literals: usize,
    pub(crate) places: usize,
    pub(crate) needs: usize,
    pub(crate) unconditional: usize,
    pub(crate) without_literals: usize,
}

impl Sizes {
    pub(crate) fn encode(self) -> [u64; HEADER_WORDS] {
        let sizes = u64::from(self.hash_bits) << 16
            | u64::from(self.bucket_bits) << 8
            | u64::from(self.has_pairs);
        [
            sizes,
            (self.len as u64) << 32 | self.literals as u64,
            (self.places as u64) << 32 | self.unconditional as u64,
            (self.needs as u64) << 32 | self.without_literals as u64,
        ]
    }

    fn decode(words: &[u64; HEADER_WORDS]) -> Sizes {
        Sizes {
            hash_bits: (words[0] >> 16 & 0xFF) as u32,
            bucket_bits: (words[0] >> 8 & 0xFF) as u32,
            has_pairs: words[0] & 1 != 0,
            len: (words[1] >> 32) as usize,
            literals: words[1] as u32 as usize,
            places: (words[2] >> 32) as usize,
            unconditional: words[2] as u32 as usize,
            needs: (words[3] >> 32) as usize,
            without_literals: words[3] as u32 as usize,
        }
    }

    /// Returns the number of heads: one for each bucket, and the end of the last bucket.
    pub(crate) fn heads(&self) -> usize {
        let short = if self.has_pairs { SHORT_BUCKETS } else { 0 };
        (1 << self.bucket_bits) + short + 1
    }

    pub(crate) fn filter_words(&self) -> usize {
        (1_usize << self.hash_bits).div_ceil(8)
    }

    pub(crate) fn pair_words(&self) -> usize {
        if self.has_pairs { PAIR_WORDS } else { 0 }
    }
}

impl<'a> Index<'a> {
    /// Opens what [`IndexBuilder`](crate::IndexBuilder) laid out.
    ///
    /// # Panics
    ///
    /// If the words are not an index.
    #[must_use]
    pub fn open(words: &'a [u64]) -> Index<'a> {
        let (header, rest) = words
            .split_first_chunk()
            .expect("an index starts with its header");
        let sizes = Sizes::decode(header);
        let (filter, rest) = rest.split_at(sizes.filter_words());
        let (pairs, rest) = rest.split_at(sizes.pair_words());
        let (heads, rest) = rest.split_at(sizes.heads().div_ceil(2));
        let (literals, rest) = rest.split_at(2 * (sizes.literals + 1));
        let (places, rest) = rest.split_at(sizes.places);
        let (needs_at, rest) = rest.split_at((sizes.len + 1).div_ceil(2));
        let (needs, lists) = rest.split_at(sizes.needs.div_ceil(2));
        Index {
            len: sizes.len,
            hash_bits: sizes.hash_bits,
            bucket_bits: sizes.bucket_bits,
            filter,
            pairs,
            heads,
            literals,
            places,
            needs_at,
            needs,
            lists,
            unconditional: sizes.unconditional,
            without_literals: sizes.without_literals,
            screen: None,
        }
    }

    /// Returns the same index, which a scan searches with this screen.
    #[inline]
    #[must_use]
    pub fn screened(self, screen: Option<&'a Screen>) -> Index<'a> {
        Index { screen, ..self }
    }

    /// Returns the number of programs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there are no programs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the number of different literals.
    #[must_use]
    pub fn literal_len(&self) -> usize {
        // One more literal stands behind the last and tells where its places end.
        self.literals.len() / 2 - 1
    }

    /// Iterates over the programs that match every haystack.
    pub(crate) fn unconditional(&self) -> impl Iterator<Item = usize> + use<'a> {
        let lists = self.lists;
        (0..self.unconditional).map(move |i| half(lists, i))
    }

    /// Iterates over the programs that every search has to run.
    pub fn without_literals(&self) -> impl Iterator<Item = usize> + use<'a> {
        let lists = self.lists;
        (self.unconditional..self.unconditional + self.without_literals)
            .map(move |i| half(lists, i))
    }

    /// Returns the shift that leaves the hash in the product.
    #[inline]
    pub(crate) fn hash_shift(&self) -> u32 {
        32 - self.hash_bits
    }

    /// Returns the literals in the bucket of a hash.
    #[inline]
    pub(crate) fn bucket(&self, hash: u32) -> Range<usize> {
        self.heads_at((hash >> (self.hash_bits - self.bucket_bits)) as usize)
    }

    /// Returns the literals of one or two bytes that start with a byte, its bit 5 set.
    #[inline]
    pub(crate) fn short_bucket(&self, byte: u8) -> Range<usize> {
        self.heads_at((1 << self.bucket_bits) + usize::from(byte))
    }

    #[inline]
    fn heads_at(&self, bucket: usize) -> Range<usize> {
        half(self.heads, bucket)..half(self.heads, bucket + 1)
    }

    #[inline]
    pub(crate) fn literal(&self, literal: usize) -> Packed {
        Packed::decode(self.literals[2 * literal], self.literals[2 * literal + 1])
    }

    /// Iterates over the literals of a program's second group: each match contains one of them. There are none if the
    /// program has one group.
    #[inline]
    pub(crate) fn needs(&self, pattern: usize) -> impl ExactSizeIterator<Item = usize> + use<'a> {
        let needs = self.needs;
        (half(self.needs_at, pattern)..half(self.needs_at, pattern + 1)).map(|i| half(needs, i))
    }

    /// Iterates over the places of a literal.
    #[inline]
    pub(crate) fn places(&self, literal: usize) -> impl Iterator<Item = Place> + use<'a> {
        let from = self.literal(literal).places_at as usize;
        let to = self.literal(literal + 1).places_at as usize;
        self.places[from..to]
            .iter()
            .map(|&word| Place::decode(word))
    }
}

/// Returns number `i` of a list of two a word.
#[inline]
fn half(words: &[u64], i: usize) -> usize {
    (words[i / 2] >> (32 * (i % 2))) as u32 as usize
}
