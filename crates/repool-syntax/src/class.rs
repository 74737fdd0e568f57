//! A character class under construction.
//!
//! ```text
//!                 ASCII            above ASCII
//! code points     ascii: u128      (properties ∪ ranges), complemented if `negated`
//! bytes           ascii: u128      high: u128
//! ```
//!
//! The ASCII members are a bitmap and always exact. Above ASCII, a union of up to four Unicode properties
//! stays a union of four names (`[\w\s.-]`, `[^\w\s]`, `[^\W\d]`). So the classes that people write cost
//! nothing. Only what names cannot express is spelled out as ranges. [`Class::reset`] keeps a class's
//! memory, so it allocates nothing once its buffers have grown.
//!
//! The parser uses a class in these steps, for example for `[a-z\d--[^5]]`:
//!
//! 1. `reset(units, fold)` at each `[`, with one `Class` per nesting level, and one more for each operand of
//!    `--`, `&&`, `~~`. A class outside of brackets (`\d`, `\p{L}`, `.`) starts the same way.
//! 2. `push*` for each item.
//! 3. `intersect`, `subtract`, `symmetric_difference` for an operator: both sides fold first.
//! 4. `close(negated)` at `]`: folds, then negates. `union` then adds it to the class around it.
//! 5. `code_point_set` or `byte_set` for the outermost. A class of few members becomes a list, so that
//!    the IR recognises nothing, one character, and one letter in both cases.
//!
//! The meaning and the order of folding and negation are those of `regex-syntax`.
//!
//! Exercised by `class/tests.rs`, which compares thousands of classes with `regex-syntax`.

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

/// A character class under construction; see the module.
#[derive(Debug)]
pub(crate) struct Class {
    units: Units,
    /// Which characters count as equal, for every item pushed.
    fold: Fold,
    /// Whether the members are closed under `fold`.
    folded: bool,
    ascii: u128,
    /// The bytes above ASCII. Always 0 in a class of code points.
    high: u128,
    /// The code points above ASCII. Always empty in a class of bytes.
    wide: Wide,
}

/// The member above ASCII of the folding orbit `{K, k, U+212A}`.
const KELVIN: u32 = 0x212A;
/// The member above ASCII of the folding orbit `{S, s, U+017F}`. No other orbit crosses ASCII's border.
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

/// How a class is built.
impl Class {
    /// Empties the class. `fold` applies to all that follows. A class of bytes only knows ASCII folding.
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

    /// Adds a range of code points or bytes, both ends included. `lo` must not exceed `hi`. What lies past
    /// the range of the units is left out.
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

    /// Adds the ASCII characters of a bitmap, as `[:alpha:]`. With `negated` it adds all others instead, as
    /// `[:^alpha:]`; they are folded before they are negated.
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

    /// Adds a property, or with `complemented` all characters without it; these are folded before they are
    /// complemented. A class of bytes takes the ASCII members only.
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
        // A line terminator that is a letter is not folded, since `.` is not a bracketed class.
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

    /// Adds every member of `other`. It leaves no meaningful members in `other`.
    pub(crate) fn union(&mut self, other: &mut Class) {
        self.folded = other.folded && (self.folded || self.is_unset());
        self.ascii |= other.ascii;
        self.high |= other.high;
        self.wide.union(&mut other.wide);
    }

    /// Keeps what is also in `other` (`&&`). Both fold first. It leaves no meaningful members in `other`.
    pub(crate) fn intersect(&mut self, other: &mut Class) {
        self.fold();
        other.fold();
        self.ascii &= other.ascii;
        self.high &= other.high;
        self.wide.intersect(&mut other.wide);
    }

    /// Keeps what is not in `other` (`--`). Both fold first. It leaves no meaningful members in `other`.
    pub(crate) fn subtract(&mut self, other: &mut Class) {
        self.fold();
        other.fold();
        self.ascii &= !other.ascii;
        self.high &= !other.high;
        other.wide.negate();
        self.wide.intersect(&mut other.wide);
    }

    /// Keeps what is in exactly one of the two (`~~`). Both fold first. It leaves no meaningful members in
    /// `other`.
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
                // Only two orbits have both ASCII letters and letters above ASCII.
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

    /// Tells cheaply whether nothing was added since [`Class::reset`]. It may miss a class that became
    /// empty.
    fn is_unset(&self) -> bool {
        self.ascii == 0 && self.high == 0 && self.wide.is_unset()
    }
}

/// What a class has become.
impl Class {
    /// The bytes of scratch memory that it holds besides itself.
    pub(crate) fn scratch_bytes(&self) -> usize {
        self.wide.scratch_bytes()
    }

    /// The number of ranges. An operator takes time in proportion to the ranges of its two sides, so the
    /// sum over all operators is the cost of a pattern's classes.
    pub(crate) fn ranges_len(&self) -> usize {
        self.wide.ranges_len()
    }

    /// Tells whether every member is ASCII. Such a class means the same in both units.
    pub(crate) fn is_ascii(&mut self) -> bool {
        self.high == 0 && self.wide.is_empty()
    }

    /// Tells whether the class has no member, so that it matches nothing.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.ascii == 0 && self.is_ascii()
    }

    /// The class as a set of code points. Appends its ranges to `ranges`. `None` if it has bytes above
    /// ASCII, which are no code points.
    ///
    /// The set's `ranges_at` is the place of the first range, also if there is none. Equal classes of
    /// ranges, and equal unions of properties, give equal sets. One class may append some hundred ranges
    /// (`[\p{L}~~a]`), so a caller that limits memory checks the length of `ranges` afterwards.
    pub(crate) fn code_point_set(&mut self, ranges: &mut Vec<u64>) -> Option<Set> {
        if self.high != 0 {
            return None;
        }
        Some(self.wide.finish(self.ascii, ranges))
    }

    /// The class as a set of bytes; `None` if it has code points above ASCII, which are no bytes.
    pub(crate) fn byte_set(&mut self) -> Option<Set> {
        if !self.wide.is_empty() {
            return None;
        }
        let halves = |map: u128| [map as u64, (map >> 64) as u64];
        let ([a, b], [c, d]) = (halves(self.ascii), halves(self.high));
        Some(Set::bytes([a, b, c, d]))
    }
}

/// The bits `lo..=hi`. Both must be below 128.
const fn bits(lo: u32, hi: u32) -> u128 {
    (u128::MAX >> (127 - (hi - lo))) << lo
}

/// Adds the other case of each letter.
const fn fold_ascii(map: u128) -> u128 {
    let letters = (map >> b'A' | map >> b'a') & ((1 << 26) - 1);
    map | letters << b'A' | letters << b'a'
}
