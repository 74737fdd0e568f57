//! A set of code points as a bitmap in pages.
//!
//! ```text
//! c < 0x10000:   direct[c >> 8] ───────────────────────────┐
//!                                                          ├─> pages: 256 bits each, equal ones once
//! c above:       planes[c >> 12] ──> blocks[..][c >> 8] ───┘
//! ```
//!
//! A look-up takes two loads in the basic plane and three above, and no search. A property takes 1 to 5
//! KiB. Page 0 and block 0 are empty. ICU (`UCPTrie`) and `ucd-generate` use compact tries of this kind.
//!
//! Exercised by `tests/property.rs`, for every code point of many properties.

/// The number of code points of one page.
const PAGE: u32 = 256;
/// The last code point.
const LAST: u32 = 0x10_FFFF;

type Page = [u64; 4];
type Block = [u16; 16];

#[derive(PartialEq, Eq)]
pub(crate) struct Table {
    ascii: u128,
    /// The number of ranges above ASCII.
    wide_ranges_len: u32,
    /// The lowest and the highest member above ASCII.
    wide_bounds: Option<(u32, u32)>,
    /// The page of each 256 code points of the basic plane.
    direct: [u16; 256],
    /// The block of each 4,096 code points, by `c >> 12`. Unused for the basic plane.
    planes: [u8; 0x110],
    blocks: Box<[Block]>,
    pages: Box<[Page]>,
}

impl Table {
    /// Builds the table of some ranges, in any order.
    pub(crate) fn new(ranges: &[(u32, u32)]) -> Table {
        let ranges = ordered(ranges);
        let wide = &ranges[ranges.partition_point(|r| r.1 < 0x80)..];
        let mut table = Table {
            ascii: 0,
            wide_ranges_len: wide.len() as u32,
            wide_bounds: match wide {
                [first, .., last] | [first @ last] => Some((first.0.max(0x80), last.1)),
                [] => None,
            },
            direct: [0; 256],
            planes: [0; 0x110],
            blocks: Box::default(),
            pages: Box::default(),
        };
        let mut pages = vec![[0; 4]];
        let mut blocks = vec![[0; 16]];
        let mut rest = &*ranges;
        for plane in 0..0x110u32 {
            let first = plane << 12;
            skip_before(&mut rest, first);
            if rest.first().is_none_or(|r| r.0 > first | 0xFFF) {
                continue;
            }
            let mut block = [0; 16];
            for (i, slot) in block.iter_mut().enumerate() {
                let first = first + i as u32 * PAGE;
                skip_before(&mut rest, first);
                *slot = intern(&mut pages, page_of(rest, first)) as u16;
            }
            let direct = plane as usize * 16;
            match table.direct.get_mut(direct..direct + 16) {
                Some(direct) => direct.copy_from_slice(&block),
                None => table.planes[plane as usize] = intern(&mut blocks, block) as u8,
            }
        }
        let ascii = &pages[usize::from(table.direct[0])];
        table.ascii = u128::from(ascii[1]) << 64 | u128::from(ascii[0]);
        table.pages = pages.into();
        table.blocks = blocks.into();
        table
    }

    /// Tells whether `c` is a member.
    #[inline(always)]
    pub(crate) fn contains(&self, c: u32) -> bool {
        let page = match self.direct.get((c >> 8) as usize) {
            Some(&page) => page,
            None => self.page_above(c),
        };
        self.pages
            .get(usize::from(page))
            .is_some_and(|page| page[(c >> 6 & 3) as usize] >> (c & 63) & 1 != 0)
    }

    /// The members among 64 code points, one bit each. `first` is the first of them and must be a multiple
    /// of 64.
    #[inline]
    pub(crate) fn members(&self, first: u32) -> u64 {
        let page = match self.direct.get((first >> 8) as usize) {
            Some(&page) => page,
            None => self.page_above(first),
        };
        let page = self.pages.get(usize::from(page));
        page.map_or(0, |page| page[(first >> 6 & 3) as usize])
    }

    #[inline]
    fn page_above(&self, c: u32) -> u16 {
        match self.planes.get((c >> 12) as usize) {
            Some(&block) => self.blocks[usize::from(block)][(c >> 8 & 15) as usize],
            None => 0,
        }
    }

    pub(crate) fn ascii(&self) -> u128 {
        self.ascii
    }

    pub(crate) fn wide_ranges_len(&self) -> usize {
        self.wide_ranges_len as usize
    }

    pub(crate) fn wide_bounds(&self) -> Option<(u32, u32)> {
        self.wide_bounds
    }

    /// The members as sorted ranges; see [`ordered`].
    pub(crate) fn ranges(&self) -> Box<[(u32, u32)]> {
        let mut ranges: Vec<(u32, u32)> = Vec::with_capacity(self.wide_ranges_len() + 8);
        for first in (0..=LAST).step_by(PAGE as usize) {
            let page = match self.direct.get((first >> 8) as usize) {
                Some(&page) => page,
                None => self.page_above(first),
            };
            for (i, &word) in self.pages[usize::from(page)].iter().enumerate() {
                let mut at = 0;
                while at < 64 && word >> at != 0 {
                    at += (word >> at).trailing_zeros();
                    let len = (word >> at).trailing_ones();
                    let lo = first + i as u32 * 64 + at;
                    let hi = lo + len - 1;
                    match ranges.last_mut() {
                        Some(last) if last.1 + 1 == lo => last.1 = hi,
                        _ => ranges.push((lo, hi)),
                    }
                    at += len;
                }
            }
        }
        ranges.into()
    }

    /// The bytes that it holds besides itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.blocks) + size_of_val(&*self.pages)
    }
}

/// The ranges in rising order, none touching the next. The surrogates are in if both their neighbours are,
/// so that equal sets are equal lists.
fn ordered(ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut ranges = ranges.to_vec();
    ranges.sort_unstable();
    ranges.dedup_by(|next, last| {
        let touches = next.0 <= last.1 + 1 || (last.1, next.0) == (0xD7FF, 0xE000);
        if touches {
            last.1 = last.1.max(next.1);
        }
        touches
    });
    ranges
}

/// Drops the ranges that end before `first`.
fn skip_before(ranges: &mut &[(u32, u32)], first: u32) {
    while let [range, rest @ ..] = *ranges
        && range.1 < first
    {
        *ranges = rest;
    }
}

/// The bits of the page that starts at `first`. `ranges` must have no range before it.
fn page_of(ranges: &[(u32, u32)], first: u32) -> Page {
    let last = first + PAGE - 1;
    let mut page = [0; 4];
    for &(lo, hi) in ranges.iter().take_while(|r| r.0 <= last) {
        let (lo, hi) = (lo.max(first) - first, hi.min(last) - first);
        for (i, word) in page.iter_mut().enumerate() {
            let start = i as u32 * 64;
            if lo < start + 64 && hi >= start {
                let (lo, hi) = (lo.max(start) - start, hi.min(start + 63) - start);
                *word |= (u64::MAX >> (63 - (hi - lo))) << lo;
            }
        }
    }
    page
}

/// The index of `item`. Adds it if it is new.
fn intern<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    if list[0] == item {
        return 0;
    }
    // The latest items are the likeliest, as in long runs of full pages.
    list.iter()
        .rposition(|old| *old == item)
        .unwrap_or_else(|| {
            list.push(item);
            list.len() - 1
        })
}
