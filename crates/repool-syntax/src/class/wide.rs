//! The members of a class above ASCII: a union of properties and ranges, or the complement of one.
//!
//! Intersection and difference are unions of complements: A ∩ B is the complement of Ā ∪ B̄. So one
//! function, [`Wide::union`], decides whether a class can stay a union of names. It cannot if a union of
//! several parts is complemented *and* joined with something else. Then [`Wide::spell_out`] turns it into
//! ranges.
//!
//! Exercised by `class/tests.rs`.

use repool_text::{Property, SET_PROPERTIES_MAX, Set, orbits_in, pack_range};

use super::ranges::{Ranges, WIDE_MAX, WIDE_MIN};

/// A property, and whether its complement is meant.
type Part = (Property, bool);

/// The most members of a class that the IR may express as a literal. A folding orbit has at most four.
const FEW: usize = 4;

/// Characters of many kinds. If more than [`FEW`] of them are members, the class has more than [`FEW`]
/// members.
const WITNESSES: [char; 16] = [
    '\u{A0}',
    '§',
    'é',
    'Ж',
    'ж',
    'ɐ',
    '\u{301}',
    '٣',
    'א',
    '\u{2003}',
    '“',
    '→',
    '☃',
    '中',
    '𝒜',
    '\u{10FFFF}',
];

/// The members of a class above ASCII, from code point 0x80 on; see the module.
#[derive(Debug, Default)]
pub(super) struct Wide {
    parts: [Option<Part>; SET_PROPERTIES_MAX],
    ranges: Ranges,
    /// Whether the complement of the union is meant. The complement of an empty union is everything.
    negated: bool,
}

impl Wide {
    pub(super) fn clear(&mut self) {
        self.parts = [None; SET_PROPERTIES_MAX];
        self.ranges.clear();
        self.negated = false;
    }

    /// Makes every code point a member.
    pub(super) fn set_all(&mut self) {
        self.clear();
        self.negated = true;
    }

    /// Tells whether nothing was added. If so the class is empty, but an empty class may also be a
    /// complement.
    pub(super) fn is_unset(&self) -> bool {
        !self.negated && self.is_union_unset()
    }

    /// The bytes that are kept for the next class.
    pub(super) fn scratch_bytes(&self) -> usize {
        self.ranges.scratch_bytes()
    }

    /// The number of ranges.
    pub(super) fn ranges_len(&self) -> usize {
        self.ranges.len()
    }

    pub(super) fn is_all(&self) -> bool {
        self.negated && self.is_union_unset()
    }

    fn is_union_unset(&self) -> bool {
        self.parts[0].is_none() && self.ranges.is_empty()
    }

    /// Tells whether there is no member. The answer is exact.
    pub(super) fn is_empty(&mut self) -> bool {
        self.settle();
        self.is_unset()
    }

    /// Turns a class with few members into a list of them, so that callers see what it is.
    ///
    /// A union of properties has many members, and so has the complement of one property. The complement of
    /// several parts may have few or none (`[^\w\W]`), but rarely does. [`WITNESSES`] usually prove that it
    /// has many without spelling it out.
    fn settle(&mut self) {
        if !self.negated {
            return;
        }
        let parts_len = self.parts.iter().flatten().count();
        if parts_len == 0 {
            if !self.ranges.is_empty() {
                self.make_positive();
            }
        } else if parts_len > 1 || !self.ranges.is_empty() {
            let mut members = WITNESSES.iter().filter(|&&c| self.contains(c.into()));
            if members.nth(FEW).is_none() {
                self.spell_out();
            }
        }
    }

    pub(super) fn contains(&self, c: u32) -> bool {
        let listed = self
            .parts
            .iter()
            .flatten()
            .any(|&(property, not)| property.contains(c) != not)
            || self.ranges.contains(c);
        listed != self.negated
    }

    pub(super) fn push_range(&mut self, lo: u32, hi: u32) {
        if self.is_all() {
            return;
        }
        self.make_positive();
        self.ranges.push(lo, hi.min(WIDE_MAX));
    }

    pub(super) fn push_property(&mut self, property: Property, not: bool) {
        if self.is_all() {
            return;
        }
        self.make_positive();
        // A list shows whether a class has one member (`\p{Zl}`), none, or all (`\p{Any}`).
        match property.short_list() {
            Some(_) => self.spell_out_part((property, not)),
            None => self.push_part((property, not)),
        }
    }

    pub(super) fn negate(&mut self) {
        self.negated = !self.negated;
    }

    /// Adds every member of `other`. It leaves no meaningful members in `other`.
    pub(super) fn union(&mut self, other: &mut Wide) {
        if self.is_unset() || other.is_all() {
            // The ranges are copied and not swapped. So each buffer grows once, to what its own level
            // needs.
            self.parts = other.parts;
            self.ranges.copy_from(&other.ranges);
            self.negated = other.negated;
            return;
        }
        if other.is_unset() || self.is_all() {
            return;
        }
        self.make_positive();
        other.make_positive();
        for part in other.parts.into_iter().flatten() {
            if self.is_all() {
                return;
            }
            self.push_part(part);
        }
        if !self.is_all() {
            self.ranges.append(&other.ranges);
        }
    }

    /// Keeps what is also in `other`. It leaves no meaningful members in `other`.
    pub(super) fn intersect(&mut self, other: &mut Wide) {
        self.negate();
        other.negate();
        self.union(other);
        self.negate();
    }

    /// Keeps what is in exactly one of the two. It leaves no meaningful members in `other`.
    pub(super) fn symmetric_difference(&mut self, other: &mut Wide) {
        if other.is_unset() {
            return;
        }
        if other.is_all() {
            return self.negate();
        }
        self.spell_out();
        other.spell_out();
        self.ranges.symmetric_difference(&mut other.ranges);
    }

    /// Adds every code point above ASCII that equals a member under simple case folding. Returns the ASCII
    /// letters that equal a member.
    pub(super) fn fold(&mut self) -> u128 {
        if self.is_unset() || self.is_all() {
            return 0;
        }
        let closed = |part: &Option<Part>| part.is_none_or(|(p, _)| p.folded() == p);
        if !self.parts.iter().all(closed) {
            self.spell_out();
        } else if self.ranges.is_empty() {
            return 0;
        } else {
            self.make_positive();
        }
        let mut ascii = 0;
        let mut reached = Ranges::default();
        for &(lo, hi) in self.ranges.ordered() {
            for c in orbits_in(lo, hi).flatten().copied() {
                match u32::from(c) {
                    c @ 0..WIDE_MIN => ascii |= 1 << c,
                    c if lo <= c && c <= hi => {}
                    c => reached.push(c, c),
                }
            }
        }
        self.ranges.append(&reached);
        ascii
    }

    /// The set with these members. Appends its ranges to `out`.
    pub(super) fn finish(&mut self, ascii: u128, out: &mut Vec<u64>) -> Set {
        // With few ASCII members the class may have few members or none. With many it has many.
        if ascii.count_ones() <= 2 {
            self.settle();
        }
        let at = out.len();
        if self.is_union_unset() {
            return Set::code_points(ascii, &[], at, 0, self.negated);
        }
        if self.parts[0].is_none() {
            // The shorter of the list and its complement is stored, so that equal sets have equal ranges.
            if self.negated {
                self.make_positive();
            }
            let len = self.ranges.ordered().len();
            self.ranges.complement();
            if self.ranges.ordered().len() < len {
                self.negated = true;
            } else {
                self.ranges.complement();
            }
        } else if let (Some((property, not)), None, true) =
            (self.parts[0], self.parts[1], self.ranges.is_empty())
        {
            self.parts[0] = Some((property, not != self.negated));
            self.negated = false;
        } else {
            let parts = self.parts;
            self.ranges.retain(|lo, hi| {
                let covers = |&(p, not): &Part| p.contains(lo) != not;
                lo != hi || !parts.iter().flatten().any(covers)
            });
        }
        let ranges = self.ranges.ordered();
        out.extend(ranges.iter().map(|&(lo, hi)| pack_range(lo, hi)));
        let len = ranges.len();
        // The parts are filled from the front, so the first `None` ends them.
        let mut parts = [(Property::WORD, false); SET_PROPERTIES_MAX];
        let mut parts_len = 0;
        for part in self.parts.into_iter().flatten() {
            parts[parts_len] = part;
            parts_len += 1;
        }
        let parts = &mut parts[..parts_len];
        parts.sort_unstable_by_key(|&(p, not)| (p.index(), not));
        Set::code_points(ascii, parts, at, len, self.negated)
    }

    /// Turns a complement into a union that is the same set.
    fn make_positive(&mut self) {
        if !self.negated {
            return;
        }
        match (self.parts[0], self.parts[1]) {
            (None, _) => self.ranges.complement(),
            (Some((property, not)), None) if self.ranges.is_empty() => {
                self.parts[0] = Some((property, !not));
            }
            _ => return self.spell_out(),
        }
        self.negated = false;
    }

    /// Adds a property to a union.
    fn push_part(&mut self, part: Part) {
        debug_assert!(!self.negated, "a union");
        let complement = |(property, not): Part| (property, !not);
        if self.parts.iter().flatten().any(|&old| is_subset(part, old)) {
            return;
        }
        if self
            .parts
            .iter()
            .flatten()
            .any(|&old| is_subset(complement(part), old))
        {
            return self.set_all();
        }
        // Parts that the new one contains are dropped, and the others close the gaps.
        let mut kept = [None; SET_PROPERTIES_MAX];
        let mut kept_len = 0;
        for old in self.parts.into_iter().flatten() {
            if !is_subset(old, part) {
                kept[kept_len] = Some(old);
                kept_len += 1;
            }
        }
        self.parts = kept;
        if kept_len < SET_PROPERTIES_MAX {
            self.parts[kept_len] = Some(part);
        } else {
            self.spell_out_part(part);
        }
    }

    /// Turns the whole into ranges.
    fn spell_out(&mut self) {
        for part in std::mem::take(&mut self.parts).into_iter().flatten() {
            self.spell_out_part(part);
        }
        if self.negated {
            self.ranges.complement();
            self.negated = false;
        }
    }

    /// Adds a property to the ranges.
    fn spell_out_part(&mut self, (property, not): Part) {
        let mut lo = WIDE_MIN;
        for &(first, last) in property.ranges() {
            if last < WIDE_MIN {
                continue;
            }
            if not {
                if first > lo {
                    self.ranges.push(lo, first - 1);
                }
                lo = last + 1;
            } else {
                self.ranges.push(first.max(WIDE_MIN), last);
            }
        }
        if not && lo <= WIDE_MAX {
            self.ranges.push(lo, WIDE_MAX);
        }
    }
}

/// Tells whether one property is known to contain the other. It only knows the classes that patterns often
/// combine, so it returns false for most pairs that would be true.
fn is_subset((a, a_not): Part, (b, b_not): Part) -> bool {
    if a == b {
        return a_not == b_not;
    }
    const DIGIT: Property = Property::DIGIT;
    const SPACE: Property = Property::SPACE;
    const WORD: Property = Property::WORD;
    match (a_not, b_not) {
        (false, false) => (a, b) == (DIGIT, WORD),
        (true, true) => (a, b) == (WORD, DIGIT),
        // These are disjoint.
        (false, true) => matches!(
            (a, b),
            (DIGIT, SPACE) | (WORD, SPACE) | (SPACE, DIGIT) | (SPACE, WORD)
        ),
        (true, false) => false,
    }
}
