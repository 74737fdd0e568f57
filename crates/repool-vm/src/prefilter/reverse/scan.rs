//! The reverse table of a program, and the scan with it.
//!
//! Exercised by the tests below and `tests/oracle.rs`.

use repool_arena::BoxedSlice;
use repool_program::Needle;

use crate::prefilter::byte_frequency::Frequency;
use crate::prefilter::needle::Finder;
use crate::region::Region;
use crate::search::Search;
use crate::simd::byte_set::ByteSet;
use crate::simd::memchr::find_one;
use crate::simd::memchr::find_two;
use crate::simd::tables::BLOCK_BYTES;
use crate::source::Source;
use crate::tuning::{REVERSE_COST, REVERSE_REST_RATE, REVERSE_RUN_COST};

/// The bit of a cell that tells that a match can start where the scan is.
pub(super) const STARTS: u16 = 1 << 15;

/// The cell of an empty set: the scan is over.
pub(super) const DEAD: u16 = 0;

/// Places in front of the inner place for which each start is kept, in the bits of a word.
const NEAR_BYTES: usize = u64::BITS as usize;

/// The inner place: what every match covers.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one a table, which is in a box")]
// A tag of its own: a niche in the needle takes six instructions to read.
#[repr(u8)]
pub(super) enum Inner {
    /// The end of the haystack.
    End,
    /// The end, or the place in front of a final `\n`.
    FinalLine,
    /// The ends of lines: in front of one of these bytes, or the end of the haystack.
    Lines(u8, u8),
    /// A needle that every match contains.
    Needle(Finder),
}

/// Whether a match starts at every start that a scan from the end finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exact {
    Always,
    /// Only if the scan met nothing but ASCII.
    Ascii,
    Never,
}

/// The table for reverse scans.
#[derive(Clone, Debug)]
pub(crate) struct ReverseTable {
    pub(super) inner: Inner,
    pub(super) exact: Exact,
    /// The first bytes of matches that start with a run of one class. Failed starts then come in runs.
    pub(super) run: Option<ByteSet>,
    /// Bytes in front of the inner place, at least, where a match starts that covers it.
    pub(super) distance: usize,
    /// The cell where a scan starts.
    pub(super) inside: u16,
    /// The cell where a scan starts if the inner place is the end.
    pub(super) at_end: u16,
    /// The class of each byte.
    pub(super) map: [u8; 256],
    pub(super) classes: usize,
    /// Rows with one cell for each class. A cell is the index of a row, or [`DEAD`], and may have the bit [`STARTS`].
    pub(in crate::prefilter) cells: BoxedSlice<u16>,
}

/// The starts that a scan found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReverseScan {
    /// Starts in front of this place are not known.
    from: usize,
    inner: usize,
    /// No start is behind this place.
    last: usize,
    /// The first start, if there is one.
    first: Option<usize>,
    /// The starts near the inner place: bit `i` stands for the place `i` bytes in front of it.
    near: u64,
}

impl ReverseScan {
    /// Tells whether the scan knows all starts from `at` to its inner place.
    #[inline]
    pub(crate) fn knows(&self, at: usize) -> bool {
        (self.from..=self.inner).contains(&at)
    }

    /// Returns the inner place.
    #[inline]
    pub(crate) fn inner(&self) -> usize {
        self.inner
    }

    /// Returns the first start at `at` or behind. Far from the inner place, each place behind the first start counts as one.
    #[inline]
    pub(crate) fn next(&self, at: usize) -> Option<usize> {
        let first = self.first?;
        if at <= first {
            return Some(first);
        }
        let before = self.inner - at;
        if at > self.last {
            return None;
        }
        if before >= NEAR_BYTES {
            return Some(at);
        }
        let near = self.near & (u64::MAX >> (NEAR_BYTES - 1 - before));
        let before = near.checked_ilog2()?;
        Some(self.inner - before as usize)
    }
}

impl ReverseTable {
    /// Tells whether the inner place is the end, or one that leads there.
    pub(crate) fn is_at_end(&self) -> bool {
        matches!(self.inner, Inner::End | Inner::FinalLine)
    }

    /// Returns the share of positions, in text of this kind, that are inner places.
    pub(crate) fn rate(&self, frequency: &Frequency) -> f32 {
        match &self.inner {
            Inner::End | Inner::FinalLine => 0.0,
            Inner::Lines(a, b) => frequency.share(&ByteSet::of(&[*a, *b])),
            Inner::Needle(finder) => {
                let rate = finder.rate(frequency);
                if finder.needle().len > 1 {
                    rate * REVERSE_REST_RATE
                } else {
                    rate
                }
            }
        }
    }

    /// Tells whether the inner place is something that not every line has.
    pub(crate) fn is_rarer_than_lines(&self) -> bool {
        !matches!(self.inner, Inner::Lines(..))
    }

    /// Tells whether the inner place is a required needle.
    pub(crate) fn finds_required(&self) -> bool {
        matches!(self.inner, Inner::Needle(_))
    }

    /// Tells whether reverse scans, in text of this kind, cost less than trying each start. `starts` is the share of
    /// positions that are starts.
    pub(crate) fn pays(&self, starts: f32, frequency: &Frequency) -> bool {
        // A rate takes a byte for independent of its neighbours, which the bytes of a run are not.
        match &self.run {
            Some(run) => self.rate(frequency) * REVERSE_RUN_COST < frequency.share(run).max(starts),
            None => self.rate(frequency) * REVERSE_COST < starts,
        }
    }

    /// Tells whether a walk from the end finds the start of a match, at least in ASCII.
    pub(crate) fn tells_starts(&self) -> bool {
        self.exact != Exact::Never
    }

    /// The bytes that a walk starts at, if it starts at bytes that every match contains.
    pub(crate) fn needle(&self) -> Option<Needle> {
        match &self.inner {
            Inner::Needle(finder) => Some(finder.needle()),
            Inner::End | Inner::FinalLine | Inner::Lines(..) => None,
        }
    }

    /// The bytes of the run with its cells.
    pub(crate) fn cells_bytes(&self) -> usize {
        BoxedSlice::<u16>::run_bytes(self.cells.len())
    }

    /// Scans from the first inner place at `at` or behind, back to `at` at most. Returns `None` if no match starts there.
    #[inline(never)]
    pub(crate) fn scan(&self, search: &Search<'_, '_>, at: usize) -> Option<ReverseScan> {
        self.scan_in(search.program, (search.whole, search.hay), at)
    }

    /// The first start in a region.
    #[inline(always)]
    pub(crate) fn find(&self, source: &impl Source, region: Region<'_>) -> Option<usize> {
        let (hay, at) = (region.hay(), region.start);
        // Mostly there is no needle, and no scan.
        let first = match &self.inner {
            Inner::Needle(finder) => {
                self.scan_from(&hay[..finder.find(source, hay, at)?], at, self.inside)
            }
            _ => self.scan_in(source, (region.whole, hay), at)?,
        };
        match first.first {
            None => self.find_behind(source, region.whole, (first.inner + 1, region.end)),
            first => first,
        }
    }

    #[inline(never)]
    fn find_behind(
        &self,
        source: &impl Source,
        whole: &[u8],
        (start, end): (usize, usize),
    ) -> Option<usize> {
        let mut region = Region { whole, start, end };
        while region.start <= region.end {
            let scan = self.scan_in(source, (region.whole, region.hay()), region.start)?;
            if scan.first.is_some() {
                return scan.first;
            }
            region.start = scan.inner + 1;
        }
        None
    }

    #[inline(always)]
    fn scan_in(
        &self,
        source: &impl Source,
        (whole, hay): (&[u8], &[u8]),
        at: usize,
    ) -> Option<ReverseScan> {
        let inner = match &self.inner {
            Inner::End => hay.len(),
            Inner::FinalLine => {
                let end = whole.len() - usize::from(whole.last() == Some(&b'\n'));
                // Behind the place in front of a final newline, only the end is left.
                if at > end {
                    hay.len()
                } else {
                    end.min(hay.len())
                }
            }
            Inner::Lines(a, b) => {
                let found = if a == b {
                    find_one(*a, &hay[at..])
                } else {
                    find_two(*a, *b, &hay[at..])
                };
                found.map_or(hay.len(), |found| at + found)
            }
            Inner::Needle(finder) => finder.find(source, hay, at)?,
        };
        let cell = if inner == hay.len() {
            self.at_end
        } else {
            self.inside
        };
        Some(self.scan_from(&hay[..inner], at, cell))
    }

    /// Returns the first start of a match, or with `ANY` the last one, if a scan from the end over at most `bytes_max`
    /// bytes tells it for sure.
    #[inline]
    pub(crate) fn exact<const ANY: bool>(
        &self,
        hay: &[u8],
        start: usize,
        bytes_max: usize,
    ) -> Option<Option<usize>> {
        if self.exact == Exact::Never {
            return None;
        }
        let (mut at, mut cell) = (hay.len(), self.at_end);
        let mut first = if cell & STARTS != 0 { at } else { usize::MAX };
        let stop = start.max(at.saturating_sub(bytes_max));
        while at > stop && cell != DEAD && !(ANY && first != usize::MAX) {
            at -= 1;
            if hay[at] >= 0x80 && self.exact == Exact::Ascii {
                return None;
            }
            cell = self.step(cell, hay[at]);
            first = if cell & STARTS != 0 { at } else { first };
        }
        let is_known = at == start || cell == DEAD || ANY && first != usize::MAX;
        is_known.then_some((first != usize::MAX).then_some(first))
    }

    #[inline(always)]
    fn step(&self, cell: u16, byte: u8) -> u16 {
        let class = self.map[usize::from(byte)];
        self.cells[usize::from(cell & !STARTS) + usize::from(class)]
    }

    /// Returns the place from which on each byte up to the end of `hay` leaves the cell as it is.
    #[inline(never)]
    fn skip_loop(&self, hay: &[u8], cell: u16) -> usize {
        let row = &self.cells[usize::from(cell & !STARTS)..];
        let mut stays = [false; 256];
        for (stays, &to) in stays.iter_mut().zip(&row[..self.classes]) {
            *stays = to == cell;
        }
        let mut members = hay.iter().rev();
        let leaves = members.position(|&byte| !stays[usize::from(self.map[usize::from(byte)])]);
        leaves.map_or(0, |behind| hay.len() - behind)
    }

    /// Scans from the end of `hay`, an inner place.
    #[inline(never)]
    fn scan_from(&self, hay: &[u8], from: usize, mut cell: u16) -> ReverseScan {
        let inner = hay.len();
        let bit = |cell: u16| u64::from(cell >> 15);
        let (mut first, mut near) = (usize::MAX, bit(cell));
        if cell & STARTS != 0 {
            first = inner;
        }
        let mut at = inner;
        let stop = from.max(inner.saturating_sub(NEAR_BYTES - 1));
        while at > stop && cell != DEAD {
            at -= 1;
            cell = self.step(cell, hay[at]);
            near |= bit(cell) << (inner - at);
            first = if cell & STARTS != 0 { at } else { first };
        }
        while at > from && cell != DEAD {
            let before = cell;
            let stop = from.max(at.saturating_sub(BLOCK_BYTES));
            while at > stop && cell != DEAD {
                at -= 1;
                cell = self.step(cell, hay[at]);
                first = if cell & STARTS != 0 { at } else { first };
            }
            if cell == before {
                at = from + self.skip_loop(&hay[from..at], cell);
                first = if cell & STARTS != 0 { at } else { first };
            }
        }
        // There may be no room for the shortest path from a start to the inner place.
        let last = inner
            .checked_sub(self.distance)
            .filter(|&last| first <= last);
        let shift = u32::try_from(self.distance).unwrap_or(u32::MAX);
        near &= u64::MAX.checked_shl(shift).unwrap_or(0);
        ReverseScan {
            from,
            inner,
            last: last.unwrap_or(0),
            first: last.map(|_| first),
            near,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;
    use crate::prefilter::reverse::build::reverse_table;
    use crate::testing::image;
    use crate::testing::random;

    /// Returns the starts that scans find in a haystack, one after the other.
    fn starts(pattern: &str, hay: &str) -> Vec<usize> {
        let image = image(pattern);
        let program = image.program();
        let reverse = reverse_table(&program).expect("the pattern has an inner place");
        let search = Search::prepare(&program, &Input::new(hay.as_bytes())).expect("it fits");
        let (mut at, mut found) = (0, Vec::new());
        while at <= hay.len() {
            let Some(scan) = reverse.scan(&search, at) else {
                break;
            };
            while let Some(start) = (at <= scan.inner()).then(|| scan.next(at)).flatten() {
                found.push(start);
                at = start + 1;
            }
            at = at.max(scan.inner() + 1);
        }
        found
    }

    #[test]
    fn starts_are_those_from_which_a_inner_place_is_reached() {
        assert_eq!(
            starts(r"\w+\s+Holmes", "Mr Sherlock Holmes"),
            [3, 4, 5, 6, 7, 8, 9, 10, 12]
        );
        assert_eq!(starts(r"\d+$", "12 345"), [3, 4, 5]);
        assert_eq!(starts(r"\d+[a-z]?$", "1 2a"), [2]);
        assert_eq!(starts(r"(?m)\d+$", "1 2\na\n3"), [2, 6]);
        assert_eq!(starts(r"(\w+)=(\w+)", "= a=b"), [2]);
        assert_eq!(starts(r"(\w+)=(\w+)", "a b"), []);
    }

    #[test]
    fn a_needle_may_stand_in_front_of_the_one_that_is_meant() {
        assert_eq!(starts(r"[a-x]*x", "axax"), [0, 1, 2, 3]);
        assert_eq!(starts(r"[a-x]{3}x", "xaax"), [0, 1, 2, 3]);
        assert_eq!(starts(r"(?:a=|b)*=c", "a=b=c"), [0, 2, 3]);
    }

    #[test]
    fn a_needle_that_is_too_near_is_no_inner_place_of_a_start() {
        assert_eq!(starts(r"[a-z]{3}:", "ab: abcd:"), [5]);
        assert_eq!(
            starts(r"[a-z]{20,}:", "ab: abcdefghijklmnopqrstuv:"),
            [4, 5, 6]
        );
        assert_eq!(starts(r"(?:[0-9]{2}){2}-x", "123-x 12345-x"), [7]);
    }

    #[test]
    fn a_line_may_end_within_a_match() {
        assert_eq!(starts(r"(?m)[^a]$", "\n"), [0]);
        assert_eq!(starts(r"(?m)[^a][bc]$", "\nb"), [0]);
    }

    #[test]
    fn far_starts_are_those_of_steps() {
        let mut state = 9;
        let pieces = ["ab", "é", " ", ",", "=", "\n", "日", "x"];
        for pattern in [
            r"\w+=",
            r"(?m)\S+\s*$",
            "[a-x]*x=",
            "[é日]+=",
            "[^,]+=",
            r"\pL\w*\s=",
        ] {
            let image = image(pattern);
            let program = image.program();
            let reverse = reverse_table(&program).expect(pattern);
            for _ in 0..300 {
                let mut hay = String::new();
                while hay.len() < 700 {
                    let piece = pieces[random(&mut state) as usize % pieces.len()];
                    // Long runs, so that the scan stays in one cell.
                    let times = [1, 2, 90][random(&mut state) as usize % 3];
                    hay.push_str(&piece.repeat(times));
                }
                let hay = hay.as_bytes();
                for cell in [reverse.inside, reverse.at_end] {
                    let (mut at, mut now) = (hay.len(), cell);
                    let mut first = (now & STARTS != 0).then_some(at);
                    while at > 0 && now != DEAD {
                        at -= 1;
                        now = reverse.step(now, hay[at]);
                        first = if now & STARTS != 0 { Some(at) } else { first };
                    }
                    let scan = reverse.scan_from(hay, 0, cell);
                    let last = hay.len() - reverse.distance;
                    let expected = first.filter(|&first| first <= last);
                    assert_eq!(scan.first, expected, "{pattern} on {hay:?}");
                }
            }
        }
    }

    #[test]
    fn a_start_is_told_from_the_end_alone_only_if_it_is_sure() {
        let exact = |pattern: &str, hay: &str| {
            let image = image(pattern);
            let reverse = reverse_table(&image.program()).expect("every match ends at the end");
            reverse.exact::<false>(hay.as_bytes(), 0, 100)
        };
        // The table takes every character above ASCII for a member, and é is none.
        assert_eq!(exact("[^é]+$", "aéb"), None);
        assert_eq!(exact("[^é]+$", "ab"), Some(Some(0)));
        // Here all of them are members.
        assert_eq!(exact("[^x]+$", "xéb"), Some(Some(1)));
    }

    #[test]
    fn starts_far_from_a_inner_place_are_not_told_apart() {
        let hay = format!("{}, {}=", "ab ".repeat(10), "x".repeat(100));
        let found = starts(r"\w+=", &hay);
        assert_eq!((found[0], found.len()), (32, 100));
    }
}
