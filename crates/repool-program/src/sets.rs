//! How sets are stored: rows of two words, most sets one row.
//!
//! The first two words of a [`Set`], its ASCII members, fill a row. The last two are nearly always one of
//! a dozen pairs: nothing above ASCII, everything, one of the properties `\w`, `\d` and `\s`. A
//! [`SetId`] names the row and the kind of pair:
//!
//! ```text
//!  31   28 27                          0
//! ┌───────┬─────────────────────────────┐
//! │ kind  │ row                         │
//! └───────┴─────────────────────────────┘
//! ```
//!
//! Only a set with another pair takes a second row, for that pair. This saves half of the sets' memory. A
//! set and the set of first bytes made from it share a row. Testing an ASCII member costs no more than
//! without rows.
//!
//! Exercised by the tests below and `tests/verify.rs`.

use repool_text::{Property, Set};

/// The name of a set in a program's set section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub u32);

/// Words of a row.
pub(crate) const ROW_WORDS: usize = 2;

const KIND_SHIFT: u32 = 28;
const ROW_MAX: u32 = (1 << KIND_SHIFT) - 1;

/// The kind of a set whose pair stands in the row behind its own row.
const OWN: u32 = 0;

/// The second half of [`Set::EMPTY`] for a set without properties: all four slots are free.
const NO_PROPERTIES: u64 = u64::MAX;

/// The pair of a set that is one property above ASCII, or its complement.
const fn property(property: Property, complemented: bool) -> [u64; 2] {
    let id = property.index() | if complemented { 1 << 15 } else { 0 };
    [NO_PROPERTIES << 16 | id as u64, 0]
}

/// The bytes 0xC2 to 0xF4, which start the encodings of all code points above ASCII.
const LEADS: [u64; 2] = [0, ((1 << (0xF4 - 0xC0 + 1)) - 1) & !0b11];

/// The pair of each kind.
const PAIRS: [[u64; 2]; 12] = [
    [NO_PROPERTIES, 0],
    [NO_PROPERTIES, 0],
    [0, 0],
    // Everything is the complement of nothing.
    [NO_PROPERTIES, 1],
    [u64::MAX, u64::MAX],
    LEADS,
    property(Property::WORD, false),
    property(Property::DIGIT, false),
    property(Property::SPACE, false),
    property(Property::WORD, true),
    property(Property::DIGIT, true),
    property(Property::SPACE, true),
];

impl SetId {
    /// A set without a row. The header stores it where there is no set.
    pub(crate) const NONE: SetId = SetId(15 << KIND_SHIFT);

    /// Names the set `[_, _, pair]` in `row`. If the name says so, the row behind it must hold the pair.
    ///
    /// A row past the last one that the name can hold gives a wrong name. The header counts fewer rows, so
    /// no such section is ever sealed.
    pub(crate) fn new(row: usize, pair: [u64; 2]) -> SetId {
        let mut kinds = PAIRS.iter().zip(0..).skip(1);
        let kind = kinds.find(|&(p, _)| *p == pair);
        SetId(kind.map_or(OWN, |(_, kind)| kind) << KIND_SHIFT | row as u32 & ROW_MAX)
    }

    const fn kind(self) -> u32 {
        self.0 >> KIND_SHIFT
    }

    #[inline(always)]
    pub(crate) const fn row(self) -> usize {
        (self.0 & ROW_MAX) as usize
    }

    /// Tells whether the row behind the set's row belongs to the set.
    pub(crate) const fn has_own_pair(self) -> bool {
        self.kind() == OWN
    }

    /// Tells whether the kind exists and a section of `rows` rows has the set's rows.
    pub(crate) const fn is_in(self, rows: usize) -> bool {
        let rows_of_set = if self.has_own_pair() { 2 } else { 1 };
        (self.kind() as usize) < PAIRS.len() && self.row() + rows_of_set <= rows
    }
}

/// The index of the word that holds the bit of an ASCII character.
#[inline(always)]
pub(crate) const fn ascii_word(set: SetId, c: u32) -> usize {
    set.row() * ROW_WORDS + (c >> 6) as usize
}

/// A set of a section.
///
/// # Panics
///
/// If it is not in the section.
#[inline]
pub(crate) fn set_of(words: &[u64], set: SetId) -> Set {
    let row = &words[set.row() * ROW_WORDS..];
    let pair = if set.has_own_pair() {
        [row[2], row[3]]
    } else {
        PAIRS[set.kind() as usize]
    };
    Set([row[0], row[1], pair[0], pair[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_those_of_sets() {
        let set = |properties: &[(Property, bool)], negated| {
            let Set([_, _, a, b]) = Set::code_points(0, properties, 0, 0, negated);
            [a, b]
        };
        let mut pairs = vec![
            set(&[], false),
            set(&[], false),
            [0; 2],
            set(&[], true),
            [u64::MAX; 2],
        ];
        let mut leads = Set::bytes([0; 4]);
        for lead in 0xC2..=0xF4_u8 {
            leads.0[usize::from(lead >> 6)] |= 1 << (lead & 63);
        }
        pairs.push([leads.0[2], leads.0[3]]);
        for complemented in [false, true] {
            for p in [Property::WORD, Property::DIGIT, Property::SPACE] {
                pairs.push(set(&[(p, complemented)], false));
            }
        }
        assert_eq!(pairs, PAIRS);
    }

    #[test]
    fn names_say_where_the_pair_is() {
        for pair in PAIRS {
            let set = SetId::new(3, pair);
            assert!(!set.has_own_pair() && set.is_in(4) && !set.is_in(3));
            let words = [0, 0, 0, 0, 0, 0, 5, 6];
            assert_eq!(set_of(&words, set), Set([5, 6, pair[0], pair[1]]));
        }
        let own = SetId::new(1, [7, 8]);
        assert!(own.has_own_pair() && own.is_in(3) && !own.is_in(2));
        assert_eq!(set_of(&[0, 0, 5, 6, 7, 8], own), Set([5, 6, 7, 8]));
        assert!(!SetId::NONE.is_in(ROW_MAX as usize));
    }

    #[test]
    fn there_is_no_kind_behind_the_last() {
        let of_kind = |kind: u32| SetId(kind << KIND_SHIFT | 3);
        let last = PAIRS.len() as u32 - 1;
        assert!(of_kind(last).is_in(4));
        for kind in last + 1..16 {
            assert!(!of_kind(kind).is_in(4), "kind {kind}");
        }
    }
}
