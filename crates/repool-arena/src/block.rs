//! A block: 1,024 granules, with a bit for each that is free.
//!
//! ```text
//! page          0               1               2          3
//! charged       yes             yes             yes        no
//! granules  ██████··███·····████·········████████████··········
//!                 free: 1                 taken: 0     0: not charged, so no hole is found there
//! ```
//!
//! A block is 16 KiB of granules of 16 bytes. Where a page is larger than that, a block is one page.
//!
//! Exercised by `heap/tests.rs`.

use std::ops::Range;

use crate::holes;

/// Granules of a block, free or not.
pub(crate) const GRANULES: usize = 1024;
/// The most pages of a block.
const PAGES_MAX: usize = 4;
/// No block, where a link to one is expected.
pub(crate) const NO_BLOCK: u32 = u32::MAX;

/// How bytes divide into granules, pages and blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    page_shift: u32,
    granule_shift: u32,
}

impl Geometry {
    /// The geometry for a size of pages: a power of two, 4 KiB or more.
    pub(crate) fn of(page_bytes: usize) -> Geometry {
        assert!(page_bytes.is_power_of_two() && page_bytes >= GRANULES * 16 / PAGES_MAX);
        let block_bytes = page_bytes.max(GRANULES * 16);
        Geometry {
            page_shift: page_bytes.trailing_zeros(),
            granule_shift: (block_bytes / GRANULES).trailing_zeros(),
        }
    }

    pub(crate) fn page_bytes(self) -> usize {
        1 << self.page_shift
    }

    pub(crate) fn granule_bytes(self) -> usize {
        1 << self.granule_shift
    }

    pub(crate) fn block_bytes(self) -> usize {
        GRANULES << self.granule_shift
    }

    pub(crate) fn pages_per_block(self) -> usize {
        self.block_bytes() >> self.page_shift
    }

    /// The granules that bytes take: at least one.
    #[inline]
    pub(crate) fn granules(self, bytes: usize) -> usize {
        bytes.max(1).div_ceil(self.granule_bytes())
    }

    /// The pages that bytes take.
    pub(crate) fn pages(self, bytes: usize) -> usize {
        bytes.div_ceil(self.page_bytes())
    }

    /// The base-two logarithm of the granules of a page.
    fn page_granules_shift(self) -> u32 {
        self.page_shift - self.granule_shift
    }

    pub(crate) fn page_granules(self) -> usize {
        1 << self.page_granules_shift()
    }
}

#[derive(Debug)]
pub(crate) struct Block {
    /// A bit for each granule of a charged page that no run takes.
    free: [u64; GRANULES / 64],
    /// Granules that runs take, page by page.
    used: [u16; PAGES_MAX],
    /// Their sum.
    live: u16,
    /// No hole is longer. Exact after [`Block::find`] found none.
    largest: u16,
    /// A hole, all of it: the largest when it was noted.
    hole_start: u16,
    hole_len: u16,
    /// A bit for each charged page.
    charged: u8,
    /// The bin that the block is in, if it is in one.
    pub(crate) bin: u8,
    /// Its runs are to be moved out, so that it takes no more.
    pub(crate) is_draining: bool,
    pub(crate) prev: u32,
    pub(crate) next: u32,
}

/// How often the pages of a block changed from free of runs to in use, or back.
pub(crate) type Changes = usize;

impl Block {
    /// A block without a charged page.
    pub(crate) const fn new() -> Block {
        Block {
            free: [0; GRANULES / 64],
            used: [0; PAGES_MAX],
            live: 0,
            largest: 0,
            hole_start: 0,
            hole_len: 0,
            charged: 0,
            bin: u8::MAX,
            is_draining: false,
            prev: NO_BLOCK,
            next: NO_BLOCK,
        }
    }

    pub(crate) fn live(&self) -> usize {
        self.live.into()
    }

    pub(crate) fn largest(&self) -> usize {
        self.largest.into()
    }

    pub(crate) fn charged_pages(&self) -> usize {
        self.charged.count_ones() as usize
    }

    pub(crate) fn is_charged(&self, page: usize) -> bool {
        self.charged >> page & 1 == 1
    }

    /// Charged, and no run is in it.
    pub(crate) fn is_page_empty(&self, page: usize) -> bool {
        self.is_charged(page) && self.used[page] == 0
    }

    pub(crate) fn has_empty_page(&self) -> bool {
        (0..PAGES_MAX).any(|page| self.is_page_empty(page))
    }

    /// Adds a page that is charged now.
    pub(crate) fn add_page(&mut self, page: usize, geometry: Geometry) {
        let start = page << geometry.page_granules_shift();
        let range = start..start + geometry.page_granules();
        holes::set(&mut self.free, range.clone());
        self.charged |= 1 << page;
        self.note_hole(holes::run_around(&self.free, range));
    }

    /// Notes a hole that has just got longer, or was found.
    #[inline]
    fn note_hole(&mut self, hole: Range<usize>) {
        let len = hole.len() as u16;
        if len > self.hole_len {
            self.hole_start = hole.start as u16;
            self.hole_len = len;
            self.largest = self.largest.max(len);
        }
    }

    /// Takes away a page that is empty.
    pub(crate) fn remove_page(&mut self, page: usize, geometry: Geometry) {
        debug_assert!(self.is_page_empty(page));
        let start = page << geometry.page_granules_shift();
        holes::clear(&mut self.free, start..start + geometry.page_granules());
        self.charged &= !(1 << page);
        self.hole_len = 0;
    }

    /// Returns the start of a hole of `len` granules: of the noted one if it suffices, else of the first. Notes the largest
    /// hole if none does.
    #[inline]
    pub(crate) fn find(&mut self, len: usize) -> Option<usize> {
        if usize::from(self.hole_len) >= len {
            return Some(self.hole_start.into());
        }
        match holes::find(&self.free, len) {
            Ok(start) => Some(start),
            Err(hole) => {
                self.largest = hole.len() as u16;
                self.hole_start = hole.start as u16;
                self.hole_len = hole.len() as u16;
                None
            }
        }
    }

    /// Takes a hole. Returns how many pages were empty before.
    #[inline]
    pub(crate) fn take(&mut self, start: usize, len: usize, geometry: Geometry) -> Changes {
        holes::clear(&mut self.free, start..start + len);
        if start == usize::from(self.hole_start) && self.hole_len > 0 {
            self.hole_start += len as u16;
            self.hole_len -= len as u16;
        }
        self.live += len as u16;
        let mut changes = 0;
        self.each_page(start, len, geometry, |used, part| {
            changes += usize::from(*used == 0);
            *used += part;
        });
        changes
    }

    /// Frees a run. Returns how many pages are empty now.
    #[inline]
    pub(crate) fn release(&mut self, start: usize, len: usize, geometry: Geometry) -> Changes {
        holes::set(&mut self.free, start..start + len);
        self.note_hole(holes::run_around(&self.free, start..start + len));
        self.live -= len as u16;
        let mut changes = 0;
        self.each_page(start, len, geometry, |used, part| {
            *used -= part;
            changes += usize::from(*used == 0);
        });
        changes
    }

    /// Calls back with the counter of each page that a run lies in, and its granules there.
    #[inline(always)]
    fn each_page(
        &mut self,
        start: usize,
        len: usize,
        geometry: Geometry,
        mut change: impl FnMut(&mut u16, u16),
    ) {
        let shift = geometry.page_granules_shift();
        let (mut at, end) = (start, start + len);
        while at < end {
            let page = at >> shift;
            let next = ((page + 1) << shift).min(end);
            change(&mut self.used[page], (next - at) as u16);
            at = next;
        }
    }

    /// Checks the counters against the bits.
    ///
    /// # Panics
    ///
    /// If they differ.
    pub(crate) fn validate(&self, geometry: Geometry) {
        let granules = geometry.page_granules();
        let mut live = 0;
        for page in 0..geometry.pages_per_block() {
            let free = holes::count(&self.free, page * granules..(page + 1) * granules);
            let used = usize::from(self.used[page]);
            let expected = if self.is_charged(page) { granules } else { 0 };
            assert_eq!(free + used, expected, "granules of page {page}");
            live += used;
        }
        assert_eq!(live, self.live(), "granules that runs take");
        let longest = holes::find(&self.free, GRANULES + 1);
        assert!(longest.is_err_and(|hole| hole.len() <= self.largest()));
        let noted = usize::from(self.hole_start)..usize::from(self.hole_start + self.hole_len);
        if !noted.is_empty() {
            assert_eq!(holes::run_around(&self.free, noted.clone()), noted);
            assert_eq!(holes::count(&self.free, noted.clone()), noted.len());
        }
    }
}
