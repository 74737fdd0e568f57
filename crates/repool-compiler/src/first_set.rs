//! FIRST sets, and whether one thread is enough.
//!
//! Code is emitted from its end to its start. So when an instruction is emitted, what follows it is known.
//! [`FirstSet`] holds what tells two branches apart: the characters that a branch can consume next, and
//! whether it can reach the match without consuming.
//!
//! A choice is deterministic if its two branches have no next character in common and at most one of them
//! reaches the match. Choices stand at a `Split`, and at a `Repeat` that may go on or leave. A program is
//! *one-pass* ([`repool_program::Flags::ONE_PASS`]) if every choice is deterministic and no repetition has
//! a body that can be empty.
//!
//! At any position of such a program, and for any next character, at most one reachable instruction takes
//! the character and at most one is a match. Each is reached along one path. So an anchored search runs
//! with one thread. It only has to remember the last match that it passed, and whether that match has
//! priority over going on.
//!
//! Every assertion counts as true. That makes the sets larger, so it never makes a program one-pass that is
//! not. The term and the idea are from RE2 (`onepass.cc`), and before it from the theory of one-unambiguous
//! expressions (Brüggemann-Klein and Wood, 1998).
//!
//! Exercised by `tests/facts.rs` and `tests/disassembly.rs`.

use repool_program::{Builder, SetId};
use repool_syntax::{First, Stepping};
use repool_text::{Property, Set, unpack_range};

use crate::tuning::RANGE_LOOK_UPS_MAX;

/// The characters above ASCII (bytes above 0x7F, in a byte program) that a branch can consume next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wide {
    /// None.
    None,
    /// The members of one set.
    Set(SetId),
    /// Possibly any of them.
    Any,
}

/// What a branch can consume next, and whether it can reach the match before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstSet {
    /// The ASCII characters.
    pub(crate) ascii: u128,
    /// The characters above ASCII.
    pub(crate) wide: Wide,
    /// Whether the branch can reach the match without consuming.
    pub(crate) accepts: bool,
}

impl FirstSet {
    /// The branch ends without a match.
    pub(crate) const NOTHING: FirstSet = FirstSet {
        ascii: 0,
        wide: Wide::None,
        accepts: false,
    };

    /// The branch is at the match.
    pub(crate) const MATCH: FirstSet = FirstSet {
        accepts: true,
        ..FirstSet::NOTHING
    };

    /// The branch consumes a character of `first`.
    pub(crate) fn consuming(first: First) -> FirstSet {
        FirstSet {
            ascii: first.ascii,
            wide: if first.wide { Wide::Any } else { Wide::None },
            accepts: false,
        }
    }

    /// The union of both.
    pub(crate) fn or(self, other: FirstSet) -> FirstSet {
        let wide = match (self.wide, other.wide) {
            (a, b) if a == b => a,
            (Wide::None, wide) | (wide, Wide::None) => wide,
            _ => Wide::Any,
        };
        FirstSet {
            ascii: self.ascii | other.ascii,
            wide,
            accepts: self.accepts || other.accepts,
        }
    }
}

/// Tells whether the next character decides between two branches, and at most one of them reaches the
/// match.
pub(crate) fn is_deterministic(
    a: FirstSet,
    b: FirstSet,
    builder: &Builder<'_>,
    stepping: Stepping,
) -> bool {
    a.ascii & b.ascii == 0
        && !(a.accepts && b.accepts)
        && match (a.wide, b.wide) {
            (Wide::None, _) | (_, Wide::None) => true,
            (Wide::Set(a), Wide::Set(b)) => are_disjoint_above_ascii(a, b, builder, stepping),
            _ => false,
        }
}

/// Tells whether two sets are known to share nothing above ASCII.
///
/// It knows the pairs that patterns put side by side: white space and words, a set and its complement,
/// short lists of ranges. Comparing the tables of any two properties would cost more than the rest of a
/// compile.
fn are_disjoint_above_ascii(a: SetId, b: SetId, builder: &Builder<'_>, stepping: Stepping) -> bool {
    let (a, b) = (builder.set(a), builder.set(b));
    if stepping == Stepping::Bytes {
        return a.0[2] & b.0[2] == 0 && a.0[3] & b.0[3] == 0;
    }
    let (a_ranges, b_ranges) = (ranges_of(&a, builder), ranges_of(&b, builder));
    if a.is_negated() || b.is_negated() {
        return a.is_negated() != b.is_negated() && a.0[2] == b.0[2] && a_ranges == b_ranges;
    }
    a.properties()
        .all(|a| b.properties().all(|b| are_disjoint_properties(a, b)))
        && b_ranges.iter().all(|&r| are_outside(r, &a))
        && a_ranges.iter().all(|&r| are_outside(r, &b))
        && a_ranges.iter().all(|&a| {
            let (lo, hi) = unpack_range(a);
            // The ranges are sorted by their ends. Only the first one that ends at or behind `lo` can
            // overlap.
            let i = b_ranges.partition_point(|&b| unpack_range(b).1 < lo);
            b_ranges.get(i).is_none_or(|&b| unpack_range(b).0 > hi)
        })
}

fn ranges_of<'a>(set: &Set, builder: &'a Builder<'_>) -> &'a [u64] {
    let at = set.ranges_at();
    &builder.ranges()[at..at + set.ranges_len()]
}

fn are_disjoint_properties(a: (Property, bool), b: (Property, bool)) -> bool {
    match (a, b) {
        // Digits are word characters, so the complement of the word characters has none of them.
        ((inside, false), (outside, true)) | ((outside, true), (inside, false)) => {
            inside == outside || inside == Property::DIGIT && outside == Property::WORD
        }
        ((a, false), (b, false)) => {
            let is_word = |p| p == Property::WORD || p == Property::DIGIT;
            a == Property::SPACE && is_word(b) || b == Property::SPACE && is_word(a)
        }
        ((_, true), (_, true)) => false,
    }
}

/// Tells whether no character of a range has one of the set's properties.
fn are_outside(range: u64, set: &Set) -> bool {
    let (lo, hi) = unpack_range(range);
    set.properties().all(|(property, complemented)| {
        hi - lo < RANGE_LOOK_UPS_MAX && (lo..=hi).all(|c| property.contains(c) == complemented)
    })
}
