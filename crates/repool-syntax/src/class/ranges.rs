//! Sorted ranges of code points above ASCII.
//!
//! Callers add ranges in any order. An operation that needs order puts them in order first. In order means:
//! rising, disjoint, not touching each other, and without an end inside the surrogates. No surrogate is a
//! character, so U+D7FF and U+E000 are neighbours here. A range over both contains the surrogates, which
//! has no effect. So equal sets have equal lists.
//!
//! Exercised by `class/tests.rs`.

use crate::tuning::RANGES_MIXED_MAX;

/// The first code point above ASCII.
pub(super) const WIDE_MIN: u32 = 0x80;
/// The last code point.
pub(super) const WIDE_MAX: u32 = 0x10_FFFF;
const BEFORE_SURROGATES: u32 = 0xD7FF;
const BEHIND_SURROGATES: u32 = 0xE000;

/// A list of ranges, both ends included.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    list: Vec<(u32, u32)>,
    /// The left side of an operator, while the result is written to `list`.
    spare: Vec<(u32, u32)>,
    /// Whether the list may be out of order.
    mixed: bool,
    /// The length of the list when it was last put in order.
    ordered_len: usize,
}

impl Ranges {
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.mixed = false;
        self.ordered_len = 0;
    }

    pub(super) fn scratch_bytes(&self) -> usize {
        (self.list.capacity() + self.spare.capacity()) * size_of::<(u32, u32)>()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds a range above ASCII. Adds nothing if `hi < lo`.
    #[inline]
    pub(super) fn push(&mut self, lo: u32, hi: u32) {
        debug_assert!(lo >= WIDE_MIN && hi <= WIDE_MAX, "above ASCII");
        let (lo, hi) = (skip_up(lo), skip_down(hi));
        if hi < lo {
            return;
        }
        if let Some(last) = self.list.last_mut() {
            if lo >= last.0 && lo <= after(last.1) {
                last.1 = last.1.max(hi);
                return;
            }
            self.mixed |= lo < last.0;
        }
        self.list.push((lo, hi));
        if self.mixed && self.list.len() > 2 * self.ordered_len + RANGES_MIXED_MAX {
            self.order();
        }
    }

    /// Becomes equal to `other` and keeps its own memory.
    pub(super) fn copy_from(&mut self, other: &Ranges) {
        self.list.clone_from(&other.list);
        self.mixed = other.mixed;
        self.ordered_len = other.ordered_len;
    }

    /// Adds all ranges of `other`.
    pub(super) fn append(&mut self, other: &Ranges) {
        for &(lo, hi) in &other.list {
            self.push(lo, hi);
        }
    }

    /// Puts the ranges in order and returns them.
    pub(super) fn ordered(&mut self) -> &[(u32, u32)] {
        self.order();
        &self.list
    }

    /// Tells whether a range contains `c`, in time linear in the number of ranges.
    pub(super) fn contains(&self, c: u32) -> bool {
        self.list.iter().any(|&(lo, hi)| lo <= c && c <= hi)
    }

    /// Keeps the ranges for which `keep` returns true.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(u32, u32) -> bool) {
        self.list.retain(|&(lo, hi)| keep(lo, hi));
    }

    /// Replaces the ranges by their complement above ASCII.
    pub(super) fn complement(&mut self) {
        self.order();
        // The gap in front of each range takes the range's place. One more gap may follow the last range.
        let mut lo = WIDE_MIN;
        let mut kept = 0;
        for i in 0..self.list.len() {
            let range = self.list[i];
            if lo < range.0 {
                self.list[kept] = (lo, before(range.0));
                kept += 1;
            }
            lo = after(range.1);
        }
        self.list.truncate(kept);
        if lo <= WIDE_MAX {
            self.list.push((lo, WIDE_MAX));
        }
    }

    /// Keeps what is in exactly one of the two.
    pub(super) fn symmetric_difference(&mut self, other: &mut Ranges) {
        self.order();
        other.order();
        std::mem::swap(&mut self.list, &mut self.spare);
        self.clear();
        // Membership flips at each `lo` and behind each `hi`. Where both lists flip, the result does not
        // change.
        let (mut mine, mut theirs) = (0, 0);
        let mut open = None;
        loop {
            let (a, b) = (flip(&self.spare, mine), flip(&other.list, theirs));
            mine += usize::from(a.is_some() && (b.is_none() || a <= b));
            theirs += usize::from(b.is_some() && (a.is_none() || b <= a));
            let point = match (a, b) {
                (None, None) => break,
                (Some(a), Some(b)) if a == b => continue,
                (Some(a), Some(b)) => a.min(b),
                (Some(point), None) | (None, Some(point)) => point,
            };
            match open.take() {
                None => open = Some(point),
                Some(lo) => self.push(lo, before(point)),
            }
        }
        self.spare.clear();
    }

    fn order(&mut self) {
        if !self.mixed {
            return;
        }
        self.mixed = false;
        self.list.sort_unstable();
        let mut last = 0;
        for i in 1..self.list.len() {
            let (lo, hi) = self.list[i];
            if lo <= after(self.list[last].1) {
                self.list[last].1 = self.list[last].1.max(hi);
            } else {
                last += 1;
                self.list[last] = (lo, hi);
            }
        }
        self.list.truncate(last + 1);
        self.ordered_len = self.list.len();
    }
}

/// The code point at which membership flips for the `i`th time.
fn flip(list: &[(u32, u32)], i: usize) -> Option<u32> {
    let &(lo, hi) = list.get(i / 2)?;
    Some(if i.is_multiple_of(2) { lo } else { after(hi) })
}

/// The code point after `c`, skipping surrogates; one past the last if there is none.
fn after(c: u32) -> u32 {
    skip_up(c + 1)
}

/// The code point before `c`, skipping surrogates.
fn before(c: u32) -> u32 {
    skip_down(c - 1)
}

fn skip_up(c: u32) -> u32 {
    if (BEFORE_SURROGATES + 1..BEHIND_SURROGATES).contains(&c) {
        BEHIND_SURROGATES
    } else {
        c
    }
}

fn skip_down(c: u32) -> u32 {
    if (BEFORE_SURROGATES + 1..BEHIND_SURROGATES).contains(&c) {
        BEFORE_SURROGATES
    } else {
        c
    }
}
