//! Builds the index of a set's literals.
//!
//! Exercised by `tests/set.rs`.

use crate::literal_index::index::BEFORE_MAX;
use crate::literal_index::index::PAIR_WORDS;
use crate::literal_index::index::Packed;
use crate::literal_index::index::Place;
use crate::literal_index::index::Sizes;
use crate::literal_index::scan::fold_word;
use crate::literal_index::scan::hash;
use crate::literal_index::scan::pair_hash;
use crate::prefilter::needle::frequency;
use crate::tuning::SET_HASHES;
use repool_text::Fold;

/// A literal of a program. Each match contains this literal or another one of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal<'a> {
    /// The group, 0 or 1. Each match contains a literal of every group that the program has.
    pub group: usize,
    /// Its bytes, at least one; in lower case if `folded`.
    pub bytes: &'a [u8],
    /// Whether ASCII letters match either case.
    pub folded: bool,
    /// The fewest bytes of a match in front of it.
    pub before_min: u32,
    /// The most bytes of a match in front of it, or [`repool_program::UNBOUNDED`].
    pub before_max: u32,
}

/// Collects the literals of programs.
///
/// # Example
///
/// ```
/// use repool_vm::{Index, IndexBuilder, Literal};
///
/// let mut builder = IndexBuilder::default();
/// let word = |bytes| Literal { group: 0, bytes, folded: false, before_min: 0, before_max: 0 };
/// builder.push([word(b"error"), word(b"warning")].into_iter());
/// builder.push_without_literals();
/// let words = builder.build();
/// assert_eq!((Index::open(&words).len(), Index::open(&words).literal_len()), (2, 2));
/// ```
#[derive(Debug, Default)]
pub struct IndexBuilder {
    keys: Vec<Entry>,
    unconditional: Vec<u32>,
    without_literals: Vec<u32>,
    len: usize,
}

/// A literal of one to eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The index of its bucket.
    bucket: u32,
    value: u64,
    len: u8,
    fold: u8,
    hashed_at: u8,
}

/// A literal of a program.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    place: Place,
    group: usize,
}

/// The bucket of a literal of fewer than three bytes, until the number of the longer ones is known.
const SHORT: u32 = 1 << 31;

impl IndexBuilder {
    /// Adds a program and its literals: each of its matches contains one of every group.
    pub fn push<'l>(&mut self, literals: impl Iterator<Item = Literal<'l>>) {
        let pattern = self.len;
        self.len += 1;
        for literal in literals {
            let (from, len) = rarest(literal.bytes, 8, literal.folded);
            let bytes = &literal.bytes[from..from + len];
            let place = Place {
                pattern,
                before_min: literal.before_min.saturating_add(from as u32),
                before_max: literal
                    .before_max
                    .saturating_add(from as u32)
                    .min(BEFORE_MAX),
            };
            self.keys.push(Entry {
                key: Key::new(bytes, literal.folded),
                place,
                group: literal.group,
            });
        }
    }

    /// Adds a program without literals. Every search has to run it.
    pub fn push_without_literals(&mut self) {
        self.without_literals.push(self.len as u32);
        self.len += 1;
    }

    /// Adds a program that matches every haystack at every start.
    pub fn push_unconditional(&mut self) {
        self.unconditional.push(self.len as u32);
        self.len += 1;
    }

    /// Lays out the index.
    ///
    /// # Panics
    ///
    /// If there are 2^31 literals or more.
    #[must_use]
    pub fn build(mut self) -> Vec<u64> {
        assert!(
            self.keys.len() < SHORT as usize,
            "literals have a number each"
        );
        let long = self
            .keys
            .iter()
            .filter(|entry| entry.key.bucket < SHORT)
            .count();
        let hash_bits = (long * SET_HASHES)
            .next_power_of_two()
            .ilog2()
            .clamp(10, 18);
        let bucket_bits = (long * 2).next_power_of_two().ilog2().clamp(4, hash_bits);
        for entry in &mut self.keys {
            entry.key.bucket = match entry.key.bucket {
                short @ SHORT.. => (1 << bucket_bits) + (short & 0xFF),
                product => product.wrapping_mul(2) >> (32 - bucket_bits),
            };
        }
        self.keys.sort_unstable_by_key(|e| (e.key, e.place.pattern));
        let mut keys: Vec<Key> = self.keys.iter().map(|entry| entry.key).collect();
        keys.dedup();
        let needs = self.take_needs(&keys);
        let sizes = Sizes {
            len: self.len,
            hash_bits,
            bucket_bits,
            has_pairs: keys.iter().any(|key| key.len < 3),
            literals: keys.len(),
            places: self.keys.len(),
            needs: needs.len(),
            unconditional: self.unconditional.len(),
            without_literals: self.without_literals.len(),
        };
        let mut words = sizes.encode().to_vec();
        filters(&sizes, &keys, &mut words);
        heads(&sizes, &keys, &mut words);
        self.literals(&keys, &mut words);
        words.extend(self.keys.iter().map(|entry| entry.place.encode()));
        let ends = needs.iter().map(|&(pattern, _)| pattern as usize);
        halves(starts(ends, self.len).iter(), &mut words);
        halves(needs.iter().map(|(_, literal)| literal), &mut words);
        halves(
            self.unconditional.iter().chain(&self.without_literals),
            &mut words,
        );
        words
    }

    /// Removes the entries that are only conditions. Returns their patterns and literals, sorted.
    ///
    /// Of the two groups of a program, the scan searches for the one whose literals are in fewer programs. A literal that
    /// many programs share stands in most of the text that they are made for.
    fn take_needs(&mut self, keys: &[Key]) -> Vec<(u32, u32)> {
        let number = |key: &Key| keys.binary_search(key).unwrap_or_default();
        let mut shares = vec![0_u32; keys.len()];
        for entry in &self.keys {
            shares[number(&entry.key)] += 1;
        }
        // The largest number of programs that share a literal, in each group of each program.
        let mut largest = vec![[0_u32; 2]; self.len];
        for entry in &self.keys {
            let largest = &mut largest[entry.place.pattern][entry.group & 1];
            *largest = (*largest).max(shares[number(&entry.key)]);
        }
        let is_need = |entry: &Entry| match largest[entry.place.pattern] {
            [_, 0] => false,
            [first, second] => (entry.group == 0) == (second < first),
        };
        let needs = self.keys.iter().filter(|entry| is_need(entry));
        let mut needs: Vec<_> = needs
            .map(|entry| (entry.place.pattern as u32, number(&entry.key) as u32))
            .collect();
        needs.sort_unstable();
        self.keys.retain(|entry| !is_need(entry));
        needs
    }

    fn literals(&self, keys: &[Key], words: &mut Vec<u64>) {
        let mut at = 0;
        for key in keys {
            words.extend(key.packed(at as u32).encode());
            at += self.keys[at..]
                .iter()
                .take_while(|entry| entry.key == *key)
                .count();
        }
        let end = Packed {
            value: 0,
            len: 0,
            hashed_at: 0,
            fold: 0,
            places_at: at as u32,
        };
        words.extend(end.encode());
    }
}

impl Key {
    fn new(bytes: &[u8], folded: bool) -> Key {
        let mut chunk = [0; 8];
        chunk[..bytes.len()].copy_from_slice(bytes);
        let fold = if folded {
            let letters = bytes.iter().enumerate();
            letters.fold(0, |bits, (i, b)| {
                bits | u8::from(b.is_ascii_alphabetic()) << i
            })
        } else {
            0
        };
        let (hashed_at, bucket) = if bytes.len() < 3 {
            (0, SHORT | u32::from(bytes[0] | 0x20))
        } else {
            let (hashed_at, _) = rarest(bytes, 4, folded);
            let mut window = [0; 4];
            window[..3].copy_from_slice(&bytes[hashed_at..hashed_at + 3]);
            // The lowest bit is dropped: the highest bit tells the bucket of a short literal.
            (
                hashed_at as u8,
                hash(fold_word(u32::from_le_bytes(window)), 0) >> 1,
            )
        };
        Key {
            bucket,
            value: u64::from_le_bytes(chunk),
            len: bytes.len() as u8,
            fold,
            hashed_at,
        }
    }

    fn packed(&self, places_at: u32) -> Packed {
        Packed {
            value: self.value,
            len: self.len,
            hashed_at: self.hashed_at,
            fold: self.fold,
            places_at,
        }
    }
}

/// Sets the bits of all literals in the filters.
fn filters(sizes: &Sizes, keys: &[Key], words: &mut Vec<u64>) {
    let mut filter = vec![0_u64; sizes.filter_words()];
    let mut pairs = vec![0_u64; sizes.pair_words()];
    for key in keys {
        let bytes = key.value.to_le_bytes();
        if key.len < 3 {
            let first = bytes[0];
            let seconds = if key.len == 1 {
                0..=u8::MAX
            } else {
                bytes[1]..=bytes[1]
            };
            for second in seconds {
                let pair = pair_hash(fold_word(u32::from_le_bytes([first, second, 0, 0])));
                pairs[pair as usize / 64 % PAIR_WORDS] |= 1 << (pair % 64);
            }
            continue;
        }
        let window = &bytes[usize::from(key.hashed_at)..usize::from(key.len)];
        let mut chunk = [0; 4];
        let len = window.len().min(4);
        chunk[..len].copy_from_slice(&window[..len]);
        let word = fold_word(u32::from_le_bytes(chunk));
        let hash = hash(word, 32 - sizes.hash_bits);
        let fourths = if len == 4 {
            1 << (word >> 24 & 7)
        } else {
            0xFF
        };
        filter[hash as usize / 8] |= fourths << (hash % 8 * 8);
    }
    words.extend(filter);
    words.extend(pairs);
}

fn heads(sizes: &Sizes, keys: &[Key], words: &mut Vec<u64>) {
    let buckets = keys.iter().map(|key| key.bucket as usize);
    halves(starts(buckets, sizes.heads() - 1).iter(), words);
}

/// Returns how many of the sorted numbers are below `i`, for each `i` from 0 to `len`.
fn starts(numbers: impl Iterator<Item = usize>, len: usize) -> Vec<u32> {
    let mut starts = Vec::with_capacity(len + 1);
    let mut count = 0;
    for number in numbers {
        while starts.len() <= number {
            starts.push(count);
        }
        count += 1;
    }
    starts.resize(len + 1, count);
    starts
}

/// Packs numbers of 32 bits, two a word.
fn halves<'n>(numbers: impl Iterator<Item = &'n u32>, words: &mut Vec<u64>) {
    let mut low = None;
    for &number in numbers {
        match low.take() {
            None => low = Some(u64::from(number)),
            Some(low) => words.push(low | u64::from(number) << 32),
        }
    }
    words.extend(low);
}

/// Returns the place and the length of the window of at most `len` bytes whose bytes are rarest.
fn rarest(bytes: &[u8], len: usize, folded: bool) -> (usize, usize) {
    let fold = if folded { Fold::Ascii } else { Fold::None };
    let len = len.min(bytes.len());
    let cost = |window: &[u8]| -> u32 { window.iter().map(|&b| frequency(b, fold)).sum() };
    let windows = bytes.windows(len).enumerate();
    let best = windows.min_by_key(|(_, window)| cost(window));
    (best.map_or(0, |(at, _)| at), len)
}
