//! The members of a class among 64 bytes of a haystack, from which several matches are read.
//!
//! A pattern that is a run of one class often matches every few bytes. To start a search for each match would take longer
//! than the scan. So one scan classifies a block of 64 bytes, and the next matches are read from its bits.
//!
//! A block answers only what it knows. Where a run touches its end, or where the byte in front of a run counts and is not
//! known, it returns the place from which to search.
//!
//! Exercised by the tests below and by `tests/iteration.rs` of `repool`.

use crate::simd::tables::BLOCK_BYTES;

/// What a block knows of the next match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// Its span.
    Span(usize, usize),
    /// The match starts at this place or behind.
    From(usize),
}

/// What a match consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One member, of one byte.
    #[default]
    Single,
    /// One member, of several bytes.
    Char,
    /// All members that stand in a row, from the start of the search on.
    Run,
    /// A run between two word boundaries: the search does not start inside of it.
    Word,
}

/// 64 classified bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Block {
    /// Where it starts in the haystack.
    pub(crate) start: usize,
    /// The number of its bytes, at most 64.
    pub(crate) len: usize,
    /// Whether the haystack ends with the block.
    pub(crate) is_last: bool,
    /// One bit for each byte of a member; 0 behind the block.
    pub(crate) members: u64,
    /// One bit for the first byte of each character, if members may have several bytes.
    pub(crate) leads: u64,
    pub(crate) kind: Kind,
}

impl Block {
    /// Marks one byte in the 64 bytes from `at` on.
    #[inline]
    pub(crate) fn of_byte(hay: &[u8], at: usize, byte: u8) -> Block {
        let mut rest = hay.get(at..).unwrap_or_default();
        let is_last = rest.len() <= BLOCK_BYTES;
        rest = &rest[..rest.len().min(BLOCK_BYTES)];
        let mut block = [!byte; BLOCK_BYTES];
        block[..rest.len()].copy_from_slice(rest);
        let words = block.as_chunks().0.iter().enumerate();
        Block {
            start: at,
            len: rest.len(),
            is_last,
            members: words.fold(0, |members, (i, &word)| {
                members | equal(u64::from_le_bytes(word), byte) << (8 * i)
            }),
            leads: 0,
            kind: Kind::Single,
        }
    }

    /// Returns the next match that starts at `from` or behind.
    #[inline]
    pub(crate) fn next(&self, from: usize) -> Ahead {
        let first = from.wrapping_sub(self.start);
        if first >= self.len {
            return Ahead::From(from);
        }
        let mut left = self.members >> first;
        if self.kind == Kind::Char {
            left &= self.leads >> first;
        }
        if left == 0 {
            return Ahead::From(self.start + self.len);
        }
        let start = first + left.trailing_zeros() as usize;
        let run = (!(self.members >> start)).trailing_zeros() as usize;
        let (end, is_known) = match self.kind {
            Kind::Single => (start + 1, true),
            Kind::Char => {
                let behind = self.leads.checked_shr(start as u32 + 1).unwrap_or(0);
                let len = 1 + behind.trailing_zeros() as usize;
                (self.len.min(start + len), true)
            }
            Kind::Run => (start + run, self.ends(start + run)),
            Kind::Word => (start + run, self.ends(start + run) && self.begins(start)),
        };
        if is_known {
            Ahead::Span(self.start + start, self.start + end)
        } else {
            Ahead::From(self.start + start)
        }
    }

    /// Returns the number of known matches from `from` on, and the place from which to search for the next one.
    #[inline]
    pub(crate) fn count(&self, from: usize) -> Option<(usize, usize)> {
        let first = from.wrapping_sub(self.start);
        if first >= self.len {
            return None;
        }
        let left = self.members >> first << first;
        let starts = match self.kind {
            Kind::Single => left,
            Kind::Char => left & self.leads,
            Kind::Run | Kind::Word => left & !(left << 1),
        };
        let last = self.start + self.len;
        let is_one = matches!(self.kind, Kind::Single | Kind::Char);
        if is_one || self.ends(64 - left.leading_zeros() as usize) {
            return self
                .begins_all(starts)
                .then(|| (starts.count_ones() as usize, last));
        }
        // The last run may go on behind the block.
        let open = 63 - starts.leading_zeros();
        let known = starts & !(1 << open);
        self.begins_all(known)
            .then(|| (known.count_ones() as usize, self.start + open as usize))
    }

    /// Tells whether all of these places are known to be starts.
    #[inline]
    fn begins_all(&self, starts: u64) -> bool {
        self.kind != Kind::Word || starts == 0 || self.begins(starts.trailing_zeros() as usize)
    }

    /// Tells whether a run that ends at `place` is known to end there.
    #[inline]
    fn ends(&self, place: usize) -> bool {
        place < self.len || self.is_last
    }

    /// Tells whether the byte before a place is known and is not a member.
    #[inline]
    fn begins(&self, place: usize) -> bool {
        place > 0 && self.members >> (place - 1) & 1 == 0
    }
}

/// Returns one bit for each of the eight bytes of a word that equals `byte`.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    const ONES: u64 = u64::MAX / 0xFF;
    const HIGHS: u64 = ONES << 7;
    let others = word ^ (ONES * u64::from(byte));
    // The highest bit of each byte that is zero.
    let zeros = !(((others & !HIGHS) + !HIGHS) | others) & HIGHS;
    // The multiplication brings the bits together in the highest byte.
    (zeros >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random;

    /// Returns the next match, or the first place that is not known.
    fn slow(block: &Block, from: usize) -> Ahead {
        let is_member = |at: usize| block.members >> at & 1 != 0;
        if from < block.start || from >= block.start + block.len {
            return Ahead::From(from);
        }
        let Some(start) = (from - block.start..block.len).find(|&at| is_member(at)) else {
            return Ahead::From(block.start + block.len);
        };
        if block.kind == Kind::Char {
            let is_lead = |at: usize| block.leads >> at & 1 != 0;
            let mut places = from - block.start..block.len;
            let Some(start) = places.find(|&at| is_member(at) && is_lead(at)) else {
                return Ahead::From(block.start + block.len);
            };
            let end = places.find(|&at| is_lead(at)).unwrap_or(block.len);
            return Ahead::Span(block.start + start, block.start + end);
        }
        if block.kind == Kind::Single {
            return Ahead::Span(block.start + start, block.start + start + 1);
        }
        let begins = block.kind == Kind::Run || start > 0 && !is_member(start - 1);
        match (start..block.len).find(|&at| !is_member(at)) {
            Some(end) if begins => Ahead::Span(block.start + start, block.start + end),
            None if begins && block.is_last => {
                Ahead::Span(block.start + start, block.start + block.len)
            }
            _ => Ahead::From(block.start + start),
        }
    }

    /// Returns the number of matches read one after the other, and where to search for the next.
    fn slow_count(block: &Block, mut from: usize) -> (usize, usize) {
        let mut count = 0;
        loop {
            match slow(block, from) {
                Ahead::Span(_, end) => (count, from) = (count + 1, end),
                Ahead::From(place) => return (count, place),
            }
        }
    }

    #[test]
    fn a_byte_is_found_where_it_stands() {
        let mut state = 3;
        let mut byte = || [b'e', b'f', 0, 0x80, 0xFF, b'e' ^ 0x80][random(&mut state) as usize % 6];
        for len in 0..150 {
            let hay: Vec<u8> = (0..len).map(|_| byte()).collect();
            for at in [0, 1, len / 2, len] {
                let searched = byte();
                let block = Block::of_byte(&hay, at, searched);
                for from in at..at + block.len {
                    let places = from..at + block.len;
                    let found = places.clone().find(|&place| hay[place] == searched);
                    let expected = match found {
                        Some(place) => Ahead::Span(place, place + 1),
                        None => Ahead::From(places.end),
                    };
                    assert_eq!(block.next(from), expected, "{hay:?} {searched} {from}");
                }
                assert_eq!(block.len, BLOCK_BYTES.min(len.saturating_sub(at)));
            }
        }
    }

    #[test]
    fn tells_what_plain_code_tells() {
        let mut state = 11;
        for _ in 0..20_000 {
            let len = random(&mut state) as usize % (BLOCK_BYTES + 1);
            let known = u64::MAX.checked_shr(64 - len as u32).unwrap_or(0);
            let sparse = random(&mut state) & random(&mut state);
            let members = [sparse, !sparse, u64::MAX, 0][random(&mut state) as usize % 4] & known;
            let kinds = [Kind::Single, Kind::Char, Kind::Run, Kind::Word];
            let kind = kinds[random(&mut state) as usize % 4];
            let leads = random(&mut state) & known;
            let start = random(&mut state) as usize % 3;
            let block = Block {
                start,
                len,
                is_last: random(&mut state).is_multiple_of(2),
                members,
                leads,
                kind,
            };
            for from in 0..BLOCK_BYTES + 5 {
                assert_eq!(block.next(from), slow(&block, from), "{block:?} {from}");
                if let Some((count, behind)) = block.count(from) {
                    assert_eq!(
                        slow_count(&block, from),
                        (count, behind),
                        "{block:?} {from}"
                    );
                }
            }
        }
    }
}
