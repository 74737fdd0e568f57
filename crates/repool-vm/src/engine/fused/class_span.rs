//! The span of a class: where a run of its members ends, eight bytes at a time.
//!
//! A class whose ASCII members, or all other ASCII bytes, form at most four ranges is compared with the eight bytes of a word at once. Counting
//! zeros gives the number of members, without a branch on the length of the run, which no predictor foresees. Other
//! classes are looked up byte by byte.
//! Exercised by the tests below.

use crate::simd::byte_set::ByteSet;

/// The most ranges that are compared in a word.
const RANGES_MAX: usize = 4;

const ONES: u64 = u64::MAX / 0xFF;
const HIGHS: u64 = ONES << 7;

/// A class of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClassSpan {
    members: ByteSet,
    ranges: Ranges,
    /// What a byte above ASCII gives in place of the ranges: all ones if it is a member, or if it is none and the ranges
    /// are inverse; else 0.
    high: u64,
    /// The upper bits of bytes without a range: [`HIGHS`] if the ranges are those of members, 0 if they are inverse, those
    /// of all others. `\S` leaves out two ranges and has three.
    others: u64,
    kind: Kind,
}

/// Two addends for each range. The first takes bytes of seven bits to 0x80 or more from the range's first member on, the
/// second from past its last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ranges {
    from: [u64; RANGES_MAX],
    past: [u64; RANGES_MAX],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Two ranges at most.
    Two,
    /// Four ranges at most.
    Four,
    /// Any other class.
    Any,
}

impl ClassSpan {
    pub(crate) fn new(members: ByteSet) -> ClassSpan {
        let map = members.words();
        let high = match (map[2], map[3]) {
            (0, 0) => Some(0),
            (u64::MAX, u64::MAX) => Some(u64::MAX),
            _ => None,
        };
        let ascii = u128::from(map[0]) | u128::from(map[1]) << 64;
        let (inside, outside) = (ranges_of(ascii), ranges_of(!ascii));
        let is_inverse = inside.1 > 2 && outside.1 < inside.1;
        let (ranges, len) = if is_inverse { outside } else { inside };
        let mut span = ClassSpan {
            members,
            ranges,
            high: high.unwrap_or(0) ^ if is_inverse { u64::MAX } else { 0 },
            others: if is_inverse { 0 } else { HIGHS },
            kind: Kind::Any,
        };
        span.kind = match len {
            _ if high.is_none() => Kind::Any,
            0..=2 => Kind::Two,
            3..=RANGES_MAX => Kind::Four,
            _ => Kind::Any,
        };
        span
    }

    /// Tells whether a byte is a member.
    #[inline(always)]
    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.members.contains(byte)
    }

    /// The first position at `at` or later whose byte is no member, or the end of the haystack.
    #[inline(always)]
    pub(crate) fn end(&self, hay: &[u8], at: usize) -> usize {
        match self.kind {
            Kind::Two => self.end_by::<2>(hay, at),
            Kind::Four => self.end_by::<RANGES_MAX>(hay, at),
            Kind::Any => {
                let members = hay[at..].iter().take_while(|&&b| self.contains(b));
                at + members.count()
            }
        }
    }

    #[inline(always)]
    fn end_by<const N: usize>(&self, hay: &[u8], mut at: usize) -> usize {
        while let Some(&word) = hay.get(at..).and_then(|hay| hay.first_chunk()) {
            let others = self.others::<N>(u64::from_le_bytes(word));
            if others != 0 {
                return at + others.trailing_zeros() as usize / 8;
            }
            at += 8;
        }
        let members = self.others::<N>(last_word(hay, at)).trailing_zeros() as usize / 8;
        hay.len().min(at + members)
    }

    /// Tells whether the next `count` bytes are members. `count` is at most eight.
    #[inline(always)]
    pub(crate) fn has(&self, hay: &[u8], at: usize, count: usize) -> bool {
        let word = match hay.get(at..).and_then(|hay| hay.first_chunk()) {
            Some(&word) => u64::from_le_bytes(word),
            None if hay.len() - at < count => return false,
            None => last_word(hay, at),
        };
        let others = match self.kind {
            Kind::Two => self.others::<2>(word),
            Kind::Four => self.others::<RANGES_MAX>(word),
            Kind::Any => {
                let bytes = word.to_le_bytes();
                return bytes[..count].iter().all(|&b| self.contains(b));
            }
        };
        others << (64 - 8 * count) == 0
    }

    /// The upper bit of each byte that is no member.
    #[inline(always)]
    fn others<const N: usize>(&self, word: u64) -> u64 {
        let low = word & !HIGHS;
        let Ranges { from, past } = &self.ranges;
        let mut inside = 0;
        for (from, past) in from.iter().zip(past).take(N) {
            // A byte past the last member has both bits set, and they cancel.
            inside |= low.wrapping_add(*from) ^ low.wrapping_add(*past);
        }
        // Bytes above ASCII take the bit of `high`.
        (inside ^ (inside ^ self.high) & word) & HIGHS ^ self.others
    }
}

/// The addends of the first ranges of ASCII bytes, and how many ranges there are.
fn ranges_of(mut left: u128) -> (Ranges, usize) {
    let (mut ranges, mut len) = (Ranges::default(), 0);
    while left != 0 {
        let lo = left.trailing_zeros();
        let count = (left >> lo).trailing_ones();
        left &= !(u128::MAX >> (128 - count) << lo);
        if len < RANGES_MAX {
            ranges.from[len] = ONES * (0x80 - u64::from(lo));
            ranges.past[len] = ONES * (0x80 - u64::from(lo + count));
        }
        len += 1;
    }
    (ranges, len)
}

/// The bytes from `at` on, fewer than eight, filled up with zeros.
#[inline(always)]
fn last_word(hay: &[u8], at: usize) -> u64 {
    let left = hay.len() - at;
    match hay.last_chunk() {
        // Load the last eight bytes of the haystack, and shift out those before `at`.
        Some(&word) if left > 0 => u64::from_le_bytes(word) >> (64 - 8 * left),
        _ => (hay[at..].iter().rev()).fold(0, |word, &b| word << 8 | u64::from(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(is_member: impl Fn(u8) -> bool) {
        let members: Vec<u8> = (0..=255).filter(|&b| is_member(b)).collect();
        let span = ClassSpan::new(ByteSet::of(&members));
        for stop in 0..=255u8 {
            assert_eq!(span.contains(stop), is_member(stop));
            for len in 0..40 {
                let member = |i: usize| members.get(i % members.len().max(1)).copied();
                let mut hay: Vec<u8> = (0..len)
                    .map(|i| member(i + usize::from(stop)).unwrap_or(stop))
                    .collect();
                if let Some(byte) = hay.get_mut(len * 2 / 3) {
                    *byte = stop;
                }
                for at in 0..=len {
                    let members = hay[at..].iter().take_while(|&&b| is_member(b));
                    let expected = at + members.count();
                    assert_eq!(span.end(&hay, at), expected, "{hay:?} from {at}");
                    for count in 1..=8 {
                        assert_eq!(span.has(&hay, at, count), expected - at >= count);
                    }
                }
            }
        }
    }

    #[test]
    fn finds_the_end_of_every_run() {
        check(|_| false);
        check(|_| true);
        check(|b| b.is_ascii());
        check(|b| b.is_ascii_digit());
        check(|b| b != b';' && b < 0x80);
        check(|b| b != b'\n');
        check(|b| b.is_ascii_alphanumeric() || b == b'_');
        check(|b| b.is_ascii_hexdigit());
        check(|b| !b.is_ascii_whitespace());
        check(|b| !b.is_ascii_whitespace() && b < 0x80);
        check(|b| b != 0 && b != b'/' && b != b'?' && b != 0x7F);
        check(|b| b == 0 || b == 0x7F);
        check(|b| b % 2 == 0);
        check(|b| b == b'a' || b == 0xFF);
        check(|b| b >= 0x80);
    }
}
