//! A character class while it is being read.
//!
//! ```text
//!                 ASCII            above ASCII
//! code points     ascii: u128      (properties ∪ ranges), complemented if `negated`
//! bytes           ascii: u128      high: u128
//! ```
//!
//! ASCII is a bitmap and always exact. Above it a union of up to four Unicode properties stays a union
//! of four names (`[\w\s.-]`, `[^\w\s]`, `[^\W\d]`), so that the classes people write cost nothing;
//! only what cannot be said so is spelled out as ranges. A `Class` is used again after
//! [`Class::reset`] and allocates nothing once its buffers have grown.
//!
//! How the parser uses one, for `[a-z\d--[^5]]`:
//!
//! 1. `reset(units, fold)` at each `[`, one `Class` per nesting level (and one for each operand of `--`,
//!    `&&`, `~~`); the same for a class outside of brackets (`\d`, `\p{L}`, `.`).
//! 2. `push*` for each item.
//! 3. `intersect`, `subtract`, `symmetric_difference` for an operator: both sides fold first.
//! 4. `close(negated)` at `]`: folds, then negates. `union` then adds it to the class around it.
//! 5. `code_point_set` or `byte_set` for the outermost. A class of few members becomes a list, so that
//!    the IR sees what it is: nothing, one character, one letter in both cases.
//!
//! The meaning and the order of folding and negation are those of `regex-syntax`;
//! `class/tests.rs` holds thousands of classes against it.

mod ranges;
#[cfg(test)]
mod tests;
mod wide;

use repool_text::{Fold, Property, Set};

use self::wide::Wide;

/// What a class is a set of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Units {
    /// Code points.
    #[default]
    CodePoints,
    /// Bytes, as under `(?-u)`.
    Bytes,
}

/// What `.` leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dot {
    /// Nothing: `(?s)`.
    Any,
    /// This line terminator. In a class of code points it must be ASCII.
    NotLine(u8),
    /// `\r` and `\n`: `(?R)`.
    NotCrlf,
}

/// A character class while it is being read; see the module.
#[derive(Debug)]
pub(crate) struct Class {
    units: Units,
    /// Which characters count as equal, for everything pushed.
    fold: Fold,
    /// Closed under `fold` already.
    folded: bool,
    ascii: u128,
    /// The bytes above ASCII. Always 0 in a class of code points.
    high: u128,
    /// The code points above ASCII. Always empty in a class of bytes.
    wide: Wide,
}

/// The letter K with its own folding orbit: `{K, k, U+212A}`.
const KELVIN: u32 = 0x212A;
/// The other letter above ASCII that folds into it: `{S, s, U+017F}`.
const LONG_S: u32 = 0x017F;

impl Default for Class {
    fn default() -> Class {
        Class {
            units: Units::CodePoints,
            fold: Fold::None,
            folded: false,
            ascii: 0,
            high: 0,
            wide: Wide::default(),
        }
    }
}

/// Building.
impl Class {
    /// Makes the class empty, whatever it held. `fold` is applied to all that follows; a class of bytes
    /// only knows ASCII folding.
    pub(crate) fn reset(&mut self, units: Units, fold: Fold) {
        self.units = units;
        self.fold = match (units, fold) {
            (Units::Bytes, Fold::Unicode) => Fold::Ascii,
            _ => fold,
        };
        self.folded = false;
        self.ascii = 0;
        self.high = 0;
        self.wide.clear();
    }

    /// What the class is a set of.
    pub(crate) fn units(&self) -> Units {
        self.units
    }

    /// Adds a range of code points, or bytes, both ends included. `lo <= hi`, and both are in the range
    /// of the units; what lies past it is left out.
    #[inline]
    pub(crate) fn push_range(&mut self, lo: u32, hi: u32) {
        self.folded = false;
        if lo < 0x80 {
            self.ascii |= bits(lo, hi.min(0x7F));
        }
        if hi >= 0x80 {
            match self.units {
                Units::CodePoints => self.wide.push_range(lo.max(0x80), hi),
                Units::Bytes => {
                    self.high |= bits(lo.max(0x80) - 0x80, hi.min(0xFF) - 0x80);
                }
            }
        }
    }

    /// Adds the ASCII characters of a bitmap, as `[:alpha:]`; `negated` adds all others instead, as
    /// `[:^alpha:]`, folded before they are negated.
    pub(crate) fn push_ascii(&mut self, map: u128, negated: bool) {
        if !negated {
            self.folded &= map == 0;
            self.ascii |= map;
            return;
        }
        let map = match self.fold {
            Fold::None => map,
            Fold::Ascii | Fold::Unicode => fold_ascii(map),
        };
        self.ascii |= !map;
        match self.units {
            Units::Bytes => self.high = u128::MAX,
            Units::CodePoints => {
                let kept = |letter: u8, c: u32| {
                    self.fold == Fold::Unicode && map >> letter & 1 != 0 && !self.wide.contains(c)
                };
                let (kelvin, long_s) = (kept(b'k', KELVIN), kept(b's', LONG_S));
                match (kelvin, long_s) {
                    (false, false) => self.wide.set_all(),
                    _ => {
                        let mut lo = 0x80;
                        for (out, c) in [(long_s, LONG_S), (kelvin, KELVIN)] {
                            if out {
                                self.wide.push_range(lo, c - 1);
                                lo = c + 1;
                            }
                        }
                        self.wide.push_range(lo, 0x10_FFFF);
                    }
                }
            }
        }
    }

    /// Adds a property, or all characters it does not have, folded before it is complemented. Only in a
    /// class of code points; a class of bytes takes its ASCII members.
    pub(crate) fn push_property(&mut self, property: Property, complemented: bool) {
        let property = match self.fold {
            Fold::Unicode => property.folded(),
            Fold::None | Fold::Ascii => property,
        };
        let ascii = match self.fold {
            Fold::Ascii => fold_ascii(property.ascii()),
            Fold::None | Fold::Unicode => property.ascii(),
        };
        self.ascii |= if complemented { !ascii } else { ascii };
        match self.units {
            Units::CodePoints => self.wide.push_property(property, complemented),
            Units::Bytes if complemented => self.high = u128::MAX,
            Units::Bytes => {}
        }
    }

    /// Adds what `.` matches.
    pub(crate) fn push_dot(&mut self, dot: Dot) {
        // A line terminator that is a letter is not folded: `.` is not a bracketed class.
        self.ascii |= match dot {
            Dot::Any => u128::MAX,
            Dot::NotLine(line) if line < 0x80 => !bits(line.into(), line.into()),
            Dot::NotLine(_) => u128::MAX,
            Dot::NotCrlf => !(bits(0x0A, 0x0A) | bits(0x0D, 0x0D)),
        };
        match (self.units, dot) {
            (Units::CodePoints, _) => self.wide.set_all(),
            (Units::Bytes, Dot::NotLine(line @ 0x80..)) => {
                self.high |= !bits(u32::from(line) - 0x80, u32::from(line) - 0x80);
            }
            (Units::Bytes, _) => self.high = u128::MAX,
        }
    }

    /// Adds every member of `other`. Afterwards `other` holds nothing of use.
    pub(crate) fn union(&mut self, other: &mut Class) {
        self.folded = other.folded && (self.folded || self.is_unset());
        self.ascii |= other.ascii;
        self.high |= other.high;
        self.wide.union(&mut other.wide);
    }

    /// Keeps what is also in `other` (`&&`), both folded first. Afterwards `other` holds nothing of use.
    pub(crate) fn intersect(&mut self, other: &mut Class) {
        self.fold();
        other.fold();
        self.ascii &= other.ascii;
        self.high &= other.high;
        self.wide.intersect(&mut other.wide);
    }

    /// Keeps what is not in `other` (`--`), both folded first. Afterwards `other` holds nothing of use.
    pub(crate) fn subtract(&mut self, other: &mut Class) {
        self.fold();
        other.fold();
        self.ascii &= !other.ascii;
        self.high &= !other.high;
        other.wide.negate();
        self.wide.intersect(&mut other.wide);
    }

    /// Keeps what is in exactly one of the two (`~~`), both folded first. Afterwards `other` holds
    /// nothing of use.
    pub(crate) fn symmetric_difference(&mut self, other: &mut Class) {
        self.fold();
        other.fold();
        self.ascii ^= other.ascii;
        self.high ^= other.high;
        self.wide.symmetric_difference(&mut other.wide);
    }

    /// Ends the class: folds it, then complements it if `negated`.
    pub(crate) fn close(&mut self, negated: bool) {
        self.fold();
        if negated {
            self.negate();
        }
    }

    /// Complements the class, without folding it.
    pub(crate) fn negate(&mut self) {
        self.ascii = !self.ascii;
        match self.units {
            Units::CodePoints => self.wide.negate(),
            Units::Bytes => self.high = !self.high,
        }
    }

    /// Adds every character that is equal to a member under the fold given to [`Class::reset`].
    pub(crate) fn fold(&mut self) {
        if self.folded {
            return;
        }
        self.folded = true;
        match self.fold {
            Fold::None => {}
            Fold::Ascii => self.ascii = fold_ascii(self.ascii),
            Fold::Unicode => {
                // ASCII letters and letters above ASCII meet in two orbits only.
                let mut reached = self.wide.fold();
                for (letter, c) in [(b'k', KELVIN), (b's', LONG_S)] {
                    let letter = bits(letter.into(), letter.into());
                    if self.wide.contains(c) {
                        reached |= letter;
                    } else if fold_ascii(self.ascii) & letter != 0 {
                        self.wide.push_range(c, c);
                    }
                }
                self.ascii = fold_ascii(self.ascii | reached);
            }
        }
    }

    /// Nothing was added since [`Class::reset`], as far as can be told at once.
    fn is_unset(&self) -> bool {
        self.ascii == 0 && self.high == 0 && self.wide.is_unset()
    }
}

/// Asking.
impl Class {
    /// The bytes of scratch memory it keeps besides itself.
    pub(crate) fn scratch_bytes(&self) -> usize {
        self.wide.scratch_bytes()
    }

    /// The number of ranges held. An operator takes time in proportion to those of its two sides, so
    /// the sum over all operators is what a pattern's classes cost.
    pub(crate) fn ranges_len(&self) -> usize {
        self.wide.ranges_len()
    }

    /// Tells whether every member is ASCII: such a class means the same in both units.
    pub(crate) fn is_ascii(&mut self) -> bool {
        self.high == 0 && self.wide.is_empty()
    }

    /// Tells whether the class has no member and so matches nothing.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.ascii == 0 && self.is_ascii()
    }

    /// The class as a set of code points, its ranges appended to `ranges`. `None` if it has bytes above
    /// ASCII, which are no code points.
    ///
    /// The set's `ranges_at` is where they start, also if there are none. Equal classes of ranges, and equal unions of properties, give equal sets. One class may add some
    /// hundred ranges (`[\p{L}~~a]`): a caller with a limit on memory looks at `ranges` after it.
    pub(crate) fn code_point_set(&mut self, ranges: &mut Vec<u64>) -> Option<Set> {
        if self.high != 0 {
            return None;
        }
        Some(self.wide.finish(self.ascii, ranges))
    }

    /// The class as a set of bytes. `None` if it has code points above ASCII, which are no bytes.
    pub(crate) fn byte_set(&mut self) -> Option<Set> {
        if !self.wide.is_empty() {
            return None;
        }
        let halves = |map: u128| [map as u64, (map >> 64) as u64];
        let ([a, b], [c, d]) = (halves(self.ascii), halves(self.high));
        Some(Set::bytes([a, b, c, d]))
    }
}

/// The bits `lo..=hi`; both below 128.
const fn bits(lo: u32, hi: u32) -> u128 {
    (u128::MAX >> (127 - (hi - lo))) << lo
}

/// Adds the other case of each letter.
const fn fold_ascii(map: u128) -> u128 {
    let letters = (map >> b'A' | map >> b'a') & ((1 << 26) - 1);
    map | letters << b'A' | letters << b'a'
}
