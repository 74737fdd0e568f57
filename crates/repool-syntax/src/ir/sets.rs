//! The sets of a pattern, each stored once.
//!
//! Equal sets get equal numbers, so the compiler and its tables see each kind of character once. A few sets
//! are compared one by one. For more sets, an open-addressing table of numbers finds the candidate. The
//! hash has a key per process, so a pattern of 100,000 chosen classes still takes linear time.
//!
//! Exercised by `tests/depth.rs`, `tests/snapshots.rs` and `tests/meaning.rs`.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

use repool_text::{Set, unpack_range};

use super::facts::{First, NodeFacts};
use crate::tuning::SET_SCAN_MAX;

/// A free place of the table.
const FREE: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(super) struct Sets {
    entries: Vec<Entry>,
    ranges: Vec<u64>,
    /// The numbers of entries by hash; empty while there are at most [`SET_SCAN_MAX`] entries. The length
    /// is a power of two and at least twice the number of entries.
    table: Vec<u32>,
    /// Whether one of the sets is a set of bytes with bytes from 0x80 up.
    raw: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    set: Set,
    /// Whether it is a set of bytes, not of code points.
    raw: bool,
    facts: NodeFacts,
}

impl Sets {
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.ranges.clear();
        self.table.clear();
        self.raw = false;
    }

    pub(super) fn scratch_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
            + self.ranges.capacity() * size_of::<u64>()
            + self.table.capacity() * size_of::<u32>()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, index: u32) -> Set {
        self.entries[index as usize].set
    }

    pub(super) fn facts(&self, index: u32) -> &NodeFacts {
        &self.entries[index as usize].facts
    }

    pub(super) fn is_raw(&self, index: u32) -> bool {
        self.entries[index as usize].raw
    }

    /// Whether a set of bytes has a member above ASCII.
    pub(super) fn any_raw(&self) -> bool {
        self.raw
    }

    pub(super) fn ranges(&self) -> &[u64] {
        &self.ranges
    }

    /// The buffer of ranges. A caller that builds a set writes its ranges here before it interns the set.
    pub(super) fn ranges_mut(&mut self) -> &mut Vec<u64> {
        &mut self.ranges
    }

    /// Interns a set and returns its number. Its ranges must be the last ones. They are dropped if the set
    /// was known.
    ///
    /// A set of bytes must have a member above ASCII. Any other is interned as a set of code points.
    pub(super) fn intern(&mut self, set: Set, raw: bool) -> u32 {
        let place = if self.table.is_empty() {
            (0..self.entries.len()).find(|&i| self.is_equal(i, set, raw))
        } else {
            self.lookup(set, raw)
        };
        if let Some(index) = place {
            if !raw && set.ranges_len() > 0 {
                self.ranges.truncate(set.ranges_at());
            }
            return index as u32;
        }
        self.raw |= raw;
        self.entries.push(Entry {
            set,
            raw,
            facts: self.facts_of(set, raw),
        });
        if self.table.is_empty() && self.entries.len() > SET_SCAN_MAX
            || !self.table.is_empty() && self.entries.len() * 2 > self.table.len()
        {
            self.grow();
        } else if !self.table.is_empty() {
            self.insert(self.entries.len() - 1);
        }
        (self.entries.len() - 1) as u32
    }

    /// Converts every set of code points into a set of bytes, if all of them are ASCII. Returns whether it
    /// did.
    pub(super) fn turn_into_bytes(&mut self) -> bool {
        if self.entries.iter().any(|e| !e.raw && e.set.is_wide()) {
            return false;
        }
        for entry in &mut self.entries {
            if !entry.raw {
                let ascii = entry.set.ascii();
                entry.set = Set::bytes([ascii as u64, (ascii >> 64) as u64, 0, 0]);
                entry.raw = true;
            }
        }
        true
    }

    /// The ranges of a set of code points.
    pub(super) fn slice(&self, set: Set) -> &[u64] {
        &self.ranges[set.ranges_at()..set.ranges_at() + set.ranges_len()]
    }

    fn is_equal(&self, index: usize, set: Set, raw: bool) -> bool {
        let known = &self.entries[index];
        if known.raw != raw || known.set.0[..3] != set.0[..3] {
            return false;
        }
        if raw {
            return known.set == set;
        }
        // The upper half of the last word is the place of the ranges, which is no part of the meaning.
        known.set.0[3] as u32 == set.0[3] as u32 && self.slice(known.set) == self.slice(set)
    }

    fn hash(&self, set: Set, raw: bool) -> usize {
        static KEYS: OnceLock<RandomState> = OnceLock::new();
        let mut hasher = KEYS.get_or_init(RandomState::new).build_hasher();
        for word in &set.0[..3] {
            hasher.write_u64(*word);
        }
        if raw {
            hasher.write_u64(set.0[3]);
        } else {
            hasher.write_u32(set.0[3] as u32);
            for range in self.slice(set) {
                hasher.write_u64(*range);
            }
        }
        hasher.finish() as usize
    }

    fn lookup(&self, set: Set, raw: bool) -> Option<usize> {
        let mask = self.table.len() - 1;
        let mut at = self.hash(set, raw) & mask;
        while self.table[at] != FREE {
            let index = self.table[at] as usize;
            if self.is_equal(index, set, raw) {
                return Some(index);
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn insert(&mut self, index: usize) {
        let mask = self.table.len() - 1;
        let Entry { set, raw, .. } = self.entries[index];
        let mut at = self.hash(set, raw) & mask;
        while self.table[at] != FREE {
            at = (at + 1) & mask;
        }
        self.table[at] = index as u32;
    }

    fn grow(&mut self) {
        let len = (self.entries.len() * 4).next_power_of_two();
        self.table.clear();
        self.table.resize(len, FREE);
        for index in 0..self.entries.len() {
            self.insert(index);
        }
    }

    fn facts_of(&self, set: Set, raw: bool) -> NodeFacts {
        let first = First {
            ascii: set.ascii(),
            wide: raw || set.is_wide(),
        };
        let (min, max) = if raw || !set.is_wide() {
            (1, 1)
        } else {
            let (lowest, highest) = self.wide_bounds(set);
            let min = if first.ascii != 0 {
                1
            } else {
                len_utf8(lowest)
            };
            (min, len_utf8(highest))
        };
        NodeFacts::consuming(min, max, first, 1)
    }

    /// Code points above ASCII between which all members above ASCII lie.
    ///
    /// The bounds are exact for ranges, those of [`repool_text::Property::wide_bounds`] for properties, and
    /// the widest possible if something is complemented.
    fn wide_bounds(&self, set: Set) -> (u32, u32) {
        const ALL: (u32, u32) = (0x80, 0x10_FFFF);
        if set.is_negated() {
            return ALL;
        }
        let mut bounds: Option<(u32, u32)> = None;
        let mut add = |lo: u32, hi: u32| {
            let (old_lo, old_hi) = bounds.unwrap_or((lo, hi));
            bounds = Some((old_lo.min(lo), old_hi.max(hi)));
        };
        if let [first, .., last] | [first @ last] = self.slice(set) {
            add(unpack_range(*first).0, unpack_range(*last).1);
        }
        for (property, complemented) in set.properties() {
            if complemented {
                return ALL;
            }
            if let Some((lo, hi)) = property.wide_bounds() {
                add(lo, hi);
            }
        }
        bounds.unwrap_or(ALL)
    }
}

fn len_utf8(c: u32) -> u32 {
    match c {
        0..0x80 => 1,
        0x80..0x800 => 2,
        0x800..0x1_0000 => 3,
        _ => 4,
    }
}
