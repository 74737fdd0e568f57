//! Gives pages back to the system, and empties sparse blocks so that there are some.
//!
//! Exercised by `heap/tests.rs` and by `tests/resident.rs`.

use crate::block::GRANULES;
use crate::extent::{BLOCK_BYTES, Extent};
use crate::heap::Heap;
use crate::ledger::{Account, Ledger};

/// Of the free granules of fuller blocks, the part that is left out when the blocks to be emptied are counted: holes are
/// shorter than the runs that come.
const HOLES_UNFIT_PART: usize = 8;

impl Heap {
    /// Makes whole blocks that are empty free pages.
    fn close_blocks(&mut self, at: usize, ledger: &Ledger) {
        let geometry = self.geometry;
        let mut blocks = self.extent(at).empty & self.extent(at).made;
        while blocks != 0 {
            let block = blocks.trailing_zeros() as usize;
            blocks &= blocks - 1;
            let id = (at << 6 | block) as u32;
            if self.block_mut(id).live() > 0 || self.block_mut(id).is_draining {
                continue;
            }
            self.unlink(id);
            let pages = self.block_mut(id).charged_pages();
            self.extent_mut(at).close_block(block, geometry);
            ledger.sub(Account::Overhead, BLOCK_BYTES);
            self.closed_bytes += BLOCK_BYTES;
            self.empty_pages -= pages;
            self.spare_pages += pages;
            self.note_open(at);
            let bytes = pages * geometry.page_bytes();
            ledger.transfer(Account::Slack, Account::Spare, bytes);
        }
    }

    /// Gives up to `wanted` free pages back. Returns how many the system took.
    pub(crate) fn give_back(&mut self, wanted: usize, ledger: &Ledger) -> usize {
        let page_bytes = self.geometry.page_bytes();
        let mut given = 0;
        // From the last extent, so that the first ones stay full.
        for at in (0..self.extents.len()).rev() {
            if given >= wanted || self.spare_pages + self.empty_pages == 0 {
                break;
            }
            if self.extents[at].is_none() {
                continue;
            }
            self.close_blocks(at, ledger);
            let mut from = 0;
            while given < wanted
                && let Some(mut run) = self.extent(at).spare_run(from)
            {
                run.end = run.start + run.len().min(wanted - given);
                let len = run.len();
                from = run.end;
                let geometry = self.geometry;
                if !self.extent_mut(at).discard(run, geometry) {
                    return given;
                }
                self.spare_pages -= len;
                ledger.sub(Account::Spare, len * page_bytes);
                given += len;
            }
            match self.give_back_of_blocks(at, wanted - given, ledger) {
                Ok(pages) => given += pages,
                Err(pages) => return given + pages,
            }
        }
        given
    }

    /// The same for empty pages of blocks that have runs. The error says that the system refused one.
    fn give_back_of_blocks(
        &mut self,
        at: usize,
        wanted: usize,
        ledger: &Ledger,
    ) -> Result<usize, usize> {
        let geometry = self.geometry;
        let mut given = 0;
        let mut blocks = self.extent(at).empty;
        while blocks != 0 {
            let block = blocks.trailing_zeros() as usize;
            blocks &= blocks - 1;
            let pages = Extent::pages_of(block, geometry);
            for (page, of_extent) in pages.enumerate() {
                let extent = self.extent_mut(at);
                if !extent.block(block).is_page_empty(page) {
                    continue;
                }
                if given == wanted {
                    return Ok(given);
                }
                if !extent.discard(of_extent..of_extent + 1, geometry) {
                    return Err(given);
                }
                extent.block_mut(block).remove_page(page, geometry);
                let is_begun = !extent.block(block).is_draining;
                extent.begun |= u64::from(is_begun) << block;
                self.note_begun(at);
                self.empty_pages -= 1;
                ledger.sub(Account::Slack, geometry.page_bytes());
                given += 1;
            }
            self.extent_mut(at).empty &= !(1 << block);
        }
        Ok(given)
    }

    /// Takes out an extent that nothing is in, to be unmapped outside the lock. Its pages are on [`Account::Spare`] and its
    /// table is on [`Account::Overhead`] until then.
    pub(crate) fn take_free_extent(&mut self, ledger: &Ledger) -> Option<Extent> {
        for at in (0..self.extents.len()).rev() {
            if self.extents[at].is_some() {
                self.close_blocks(at, ledger);
                if self.extent(at).is_free() {
                    let extent = self.extents[at].take()?;
                    self.spare_pages -= extent.resident_pages();
                    return Some(extent);
                }
            }
        }
        None
    }

    /// Marks the sparsest blocks as draining: as many as their runs find holes in the fuller ones. Returns whether there
    /// are any.
    pub(crate) fn begin_compaction(&mut self) -> bool {
        if self.is_compacting {
            return false;
        }
        let page_granules = self.geometry.page_granules();
        let mut blocks: Vec<(u16, u32)> = Vec::new();
        let made = |extent: &Extent| extent.made.count_ones() as usize;
        let len = self.extents.iter().flatten().map(made).sum();
        if blocks.try_reserve_exact(len).is_err() {
            return false;
        }
        let mut holes = 0;
        for (at, extent) in self.extents.iter().enumerate() {
            let Some(extent) = extent else { continue };
            for number in extent.made_blocks() {
                let block = extent.block(number);
                if block.live() > 0 {
                    let pages = block.charged_pages();
                    holes += pages * page_granules - block.live();
                    let density = block.live() / pages;
                    blocks.push((density as u16, (at << 6 | number) as u32));
                }
            }
        }
        blocks.sort_unstable();
        let mut moved = 0;
        for (_, id) in blocks {
            let block = self.block_mut(id);
            let own = block.charged_pages() * page_granules - block.live();
            holes -= own;
            moved += block.live();
            if moved > holes - holes / HOLES_UNFIT_PART {
                break;
            }
            block.is_draining = true;
            self.unlink(id);
            let begun = !(1 << (id & 63));
            self.extent_mut((id >> 6) as usize).begun &= begun;
            self.is_compacting = true;
        }
        self.is_compacting
    }

    /// Ends it: what was emptied are free pages, what was not takes runs again.
    pub(crate) fn end_compaction(&mut self) {
        self.is_compacting = false;
        let geometry = self.geometry;
        for at in 0..self.extents.len() {
            let Some(extent) = &self.extents[at] else {
                continue;
            };
            for number in extent.made_blocks() {
                let id = (at << 6 | number) as u32;
                let block = self.block_mut(id);
                if std::mem::take(&mut block.is_draining) {
                    let is_begun = block.charged_pages() < geometry.pages_per_block();
                    self.extent_mut(at).begun |= u64::from(is_begun) << number;
                    self.note_begun(at);
                    self.link(id);
                }
            }
        }
    }

    /// Checks every counter against the blocks and the ledger, which nothing else charges for pages.
    ///
    /// # Panics
    ///
    /// If a check fails.
    pub(crate) fn validate(&mut self, ledger: &Ledger) {
        let geometry = self.geometry;
        let (mut spare, mut empty, mut slack) = (0, 0, 0);
        for at in 0..self.extents.len() {
            let Some(extent) = &self.extents[at] else {
                continue;
            };
            let mut from = 0;
            while let Some(run) = extent.spare_run(from) {
                from = run.end;
                spare += run.len();
            }
            for number in extent.made_blocks() {
                let block = extent.block(number);
                block.validate(geometry);
                let pages = Extent::pages_of(number, geometry);
                assert_eq!(extent.resident_len(pages.clone()), block.charged_pages());
                assert_eq!(extent.open >> number & 1, 0, "open, and a block");
                let lacks = block.charged_pages() < pages.len() && !block.is_draining;
                assert_eq!(extent.begun >> number & 1, u64::from(lacks), "begun");
                let empties = (0..pages.len())
                    .filter(|&page| block.is_page_empty(page))
                    .count();
                assert!(empties == 0 || extent.empty >> number & 1 == 1, "empty");
                empty += empties;
                slack += block.charged_pages() * geometry.page_granules() - block.live();
                assert!(block.live() <= GRANULES);
            }
        }
        assert_eq!((self.spare_pages, self.empty_pages), (spare, empty));
        assert!(ledger.bytes(Account::Slack) >= slack * geometry.granule_bytes());
        assert!(ledger.bytes(Account::Spare) >= spare * geometry.page_bytes());
    }
}
