//! An extent: a map of up to 256 pages, which blocks and runs of whole pages share.
//!
//! Exercised by `heap/tests.rs` and by `tests/stock.rs`.

use std::ops::Range;
use std::ptr::NonNull;

use crate::block::{Block, Geometry};
use crate::holes;
use crate::map::Map;

/// The most bytes of an extent. With 64 blocks of 16 KiB, a word has a bit for each.
pub(crate) const BYTES_MAX: usize = 1 << 20;
/// The fewest blocks of an extent, for small budgets.
pub(crate) const BLOCKS_MIN: usize = 4;

const PAGE_WORDS: usize = 4;

/// A block's entry, allocated while the block is made. An array can be had from a `Vec`, whose allocation may fail.
type BoxedBlock = Box<[Block; 1]>;
/// Bytes of a block's entry.
pub(crate) const BLOCK_BYTES: usize = size_of::<Block>();

#[derive(Debug)]
pub(crate) struct Extent {
    map: Map,
    /// A bit for each page that no block and no run takes.
    free: [u64; PAGE_WORDS],
    /// A bit for each page that is charged, as it may be resident.
    resident: [u64; PAGE_WORDS],
    /// A bit for each block's place that is all free pages.
    pub(crate) open: u64,
    /// A bit for each block.
    pub(crate) made: u64,
    /// A bit for each block with a page that is not charged.
    pub(crate) begun: u64,
    /// A bit for each block that may have an empty page.
    pub(crate) empty: u64,
    /// At most this many free pages are in a row.
    pub(crate) longest_free: usize,
    blocks: Box<[Option<BoxedBlock>]>,
}

impl Extent {
    /// Bytes of the table of an extent without blocks.
    pub(crate) fn table_bytes(bytes: usize, geometry: Geometry) -> usize {
        bytes / geometry.block_bytes() * size_of::<Option<BoxedBlock>>()
    }

    /// Maps an extent; `None` if the system refuses, or the allocator has no memory for the table.
    pub(crate) fn new(bytes: usize, geometry: Geometry) -> Option<Extent> {
        let len = bytes / geometry.block_bytes();
        debug_assert!((1..=64).contains(&len));
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(len).ok()?;
        blocks.resize_with(len, || None);
        let map = Map::new(bytes)?;
        let pages = geometry.pages(bytes);
        let mut free = [0; PAGE_WORDS];
        holes::set(&mut free, 0..pages);
        Some(Extent {
            map,
            free,
            resident: [0; PAGE_WORDS],
            open: u64::MAX >> (64 - len),
            made: 0,
            begun: 0,
            empty: 0,
            longest_free: pages,
            blocks: blocks.into_boxed_slice(),
        })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.map.len()
    }

    pub(crate) fn own_table_bytes(&self) -> usize {
        size_of_val::<[Option<BoxedBlock>]>(&self.blocks)
    }

    #[inline]
    pub(crate) fn block(&self, number: usize) -> &Block {
        let block = self.blocks[number].as_ref();
        &block.expect("a block that is made")[0]
    }

    #[inline]
    pub(crate) fn block_mut(&mut self, number: usize) -> &mut Block {
        let block = self.blocks[number].as_mut();
        &mut block.expect("a block that is made")[0]
    }

    pub(crate) fn made_blocks(&self) -> impl Iterator<Item = usize> + use<> {
        let made = self.made;
        (0..64).filter(move |number| made >> number & 1 == 1)
    }

    /// Makes a block of free pages, without a charged one yet; false if the allocator has no memory for its entry.
    pub(crate) fn open_block(&mut self, number: usize, geometry: Geometry) -> bool {
        let mut entry = Vec::new();
        if entry.try_reserve_exact(1).is_err() {
            return false;
        }
        entry.push(Block::new());
        self.blocks[number] = BoxedBlock::try_from(entry).ok();
        self.take_pages(Extent::pages_of(number, geometry), geometry);
        self.made |= 1 << number;
        true
    }

    /// Makes a block without runs free pages, which stay resident.
    pub(crate) fn close_block(&mut self, number: usize, geometry: Geometry) {
        self.blocks[number] = None;
        self.made &= !(1 << number);
        self.begun &= !(1 << number);
        self.empty &= !(1 << number);
        self.release_pages(Extent::pages_of(number, geometry), geometry);
    }

    /// Nothing is in it.
    pub(crate) fn is_free(&self) -> bool {
        self.open.count_ones() as usize == self.blocks.len()
    }

    /// The address of a byte.
    #[inline]
    pub(crate) fn address(&self, offset: usize) -> NonNull<u8> {
        debug_assert!(offset < self.map.len());
        let at = self.map.ptr().as_ptr().wrapping_add(offset);
        NonNull::new(at).expect("inside of a map")
    }

    /// The pages of a block's place.
    pub(crate) fn pages_of(block: usize, geometry: Geometry) -> Range<usize> {
        let len = geometry.pages_per_block();
        block * len..(block + 1) * len
    }

    pub(crate) fn is_resident(&self, page: usize) -> bool {
        holes::count(&self.resident, page..page + 1) == 1
    }

    /// The pages of a range that are resident.
    pub(crate) fn resident_len(&self, pages: Range<usize>) -> usize {
        holes::count(&self.resident, pages)
    }

    pub(crate) fn resident_pages(&self) -> usize {
        self.resident_len(0..PAGE_WORDS * 64)
    }

    /// Finds free pages in a row, if asked only among those that are resident.
    pub(crate) fn find_pages(&mut self, len: usize, is_resident: bool) -> Option<usize> {
        if is_resident {
            return holes::find(&self.spare(), len).ok();
        }
        if self.longest_free < len {
            return None;
        }
        match holes::find(&self.free, len) {
            Ok(page) => Some(page),
            Err(longest) => {
                self.longest_free = longest.len();
                None
            }
        }
    }

    /// Takes free pages.
    pub(crate) fn take_pages(&mut self, pages: Range<usize>, geometry: Geometry) {
        holes::clear(&mut self.free, pages.clone());
        let per_block = geometry.pages_per_block();
        for block in pages.start / per_block..pages.end.div_ceil(per_block) {
            self.open &= !(1 << block);
        }
    }

    /// Frees pages. They stay resident.
    pub(crate) fn release_pages(&mut self, pages: Range<usize>, geometry: Geometry) {
        holes::set(&mut self.free, pages.clone());
        let free = holes::run_around(&self.free, pages.clone());
        self.longest_free = self.longest_free.max(free.len());
        let per_block = geometry.pages_per_block();
        for block in pages.start / per_block..pages.end.div_ceil(per_block) {
            let is_open = holes::count(&self.free, Extent::pages_of(block, geometry)) == per_block;
            self.open |= u64::from(is_open) << block;
        }
    }

    /// Notes that pages are charged and about to be written. Some may be resident already.
    pub(crate) fn make_resident(&mut self, pages: Range<usize>, geometry: Geometry) {
        for page in pages {
            if !self.is_resident(page) {
                holes::set(&mut self.resident, page..page + 1);
                let start = page * geometry.page_bytes();
                self.map.reuse(start..start + geometry.page_bytes());
            }
        }
    }

    /// The pages that are free and resident.
    fn spare(&self) -> [u64; PAGE_WORDS] {
        std::array::from_fn(|at| self.free[at] & self.resident[at])
    }

    /// The first free and resident pages in a row at or after `from`.
    pub(crate) fn spare_run(&self, from: usize) -> Option<Range<usize>> {
        holes::run_from(&self.spare(), from)
    }

    /// A place for a block whose pages are all free, and some of them resident.
    pub(crate) fn spare_place(&self, geometry: Geometry) -> Option<usize> {
        let mut open = self.open;
        while open != 0 {
            let block = open.trailing_zeros() as usize;
            if self.resident_len(Extent::pages_of(block, geometry)) > 0 {
                return Some(block);
            }
            open &= open - 1;
        }
        None
    }

    /// Gives resident pages back to the system. Returns whether it took them.
    pub(crate) fn discard(&mut self, pages: Range<usize>, geometry: Geometry) -> bool {
        let page = geometry.page_bytes();
        let done = self.map.discard(pages.start * page..pages.end * page);
        if done {
            holes::clear(&mut self.resident, pages);
        }
        done
    }

    /// Gives resident pages of a free extent back until `len` are left. Returns whether the system took them.
    pub(crate) fn keep_resident(&mut self, len: usize, geometry: Geometry) -> bool {
        let (mut from, mut kept) = (0, 0);
        while let Some(mut run) = self.spare_run(from) {
            from = run.end;
            let keeps = run.len().min(len - kept);
            kept += keeps;
            run.start += keeps;
            if !run.is_empty() && !self.discard(run, geometry) {
                return false;
            }
        }
        true
    }
}
