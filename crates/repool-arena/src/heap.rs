//! Finds places for runs: in blocks, in whole pages of an extent, or in a map of their own.
//!
//! ```text
//! a run of    up to 4 KiB          up to an eighth of an extent     more
//! goes into   a hole of a block    whole pages of an extent         a map of its own
//! place       extent block granule extent page                      slot
//! bits        16     6     10      15     8                         31, the highest is set
//! ```
//!
//! A run goes first into a hole of pages that are charged. The blocks stand in bins by the length of their largest hole, and
//! the smallest that suffices is taken, so that fuller blocks fill up and sparser ones empty. A bin may promise more than
//! its block has: a search that finds no hole there moves the block to the bin where it belongs. Then come pages that
//! are free and still resident, then a page that is charged now.
//!
//! Exercised by `heap/tests.rs` and `tests/ledger.rs`.

use std::ptr::NonNull;

use crate::block::{Block, GRANULES, Geometry, NO_BLOCK};
use crate::demand::Demand;
use crate::extent::{BLOCK_BYTES, BLOCKS_MIN, BYTES_MAX, Extent};
use crate::ledger::{Account, Ledger};
use crate::map::Map;
use crate::stock::Stock;

/// The longest run in a block, in bytes.
pub(crate) const BLOCK_RUN_BYTES_MAX: usize = 4096;
/// An extent takes runs of whole pages up to this part of it.
const EXTENT_PART: usize = 8;
/// An extent is at most this part of the budget, and of the extents before it. Doubled: twice as many extents.
const BUDGET_PART: usize = 16;
const HELD_PART: usize = 4;
/// So that a place fits into 32 bits.
const EXTENTS_MAX: usize = 1 << 15;
/// Marks a place of a run that has a map of its own.
const OWN: u32 = 1 << 31;

/// Bins: one for each length up to 32 granules, one for each 8 more up to 256, one for more.
const BINS: usize = 61;
const NO_BIN: u8 = u8::MAX;

/// Where a run is.
pub(crate) type Place = u32;

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The ledger has no room for these bytes.
    Ledger(usize),
    /// The system gave no pages, or the allocator no table.
    System,
}

/// Whether a charge may pass the ledger's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Kept,
    Passed,
}

impl Limit {
    fn charge(self, ledger: &Ledger, account: Account, bytes: usize) -> Result<(), Refusal> {
        match self {
            Limit::Kept => {
                let charged = ledger.try_add(account, bytes);
                charged.map_err(|_| Refusal::Ledger(bytes))
            }
            Limit::Passed => {
                ledger.add(account, bytes);
                Ok(())
            }
        }
    }
}

/// A map of one run, or a slot for one.
#[derive(Debug)]
pub(crate) enum Slot {
    Map(Map),
    /// The next vacant slot.
    Vacant(u32),
}

/// The pages of a pool and what lies in them. Behind the pool's lock; calls nothing back.
#[derive(Debug)]
pub(crate) struct Heap {
    pub(crate) geometry: Geometry,
    pub(crate) extents: Vec<Option<Extent>>,
    slots: Vec<Slot>,
    vacant: u32,
    /// The first block of each bin.
    bins: [u32; BINS],
    /// A bit for each bin with a block.
    filled: u64,
    /// Resident pages that nothing takes, on [`Account::Spare`].
    pub(crate) spare_pages: usize,
    /// Charged pages of blocks that no run is in, on [`Account::Slack`].
    pub(crate) empty_pages: usize,
    pub(crate) demand: Demand,
    /// No extent before these has: a block that is begun, a place for a block, such a place with resident pages.
    first_begun: usize,
    first_open: usize,
    first_spare: usize,
    /// Bytes of the entries of blocks that were closed, for whoever trims.
    pub(crate) closed_bytes: usize,
    /// Blocks are being emptied.
    pub(crate) is_compacting: bool,
}

fn bin_of(hole: usize) -> usize {
    match hole {
        0..32 => hole,
        32..256 => 32 + (hole - 32) / 8,
        _ => BINS - 1,
    }
}

/// The first bin whose every block has a hole of this length, unless it promises too much.
fn bin_for(len: usize) -> usize {
    match len {
        0..32 => len,
        _ => (32 + (len - 32).div_ceil(8)).min(BINS - 1),
    }
}

const _: () = assert!(32 + (255 - 32) / 8 < BINS - 1 && BINS <= 64);

fn id_of(extent: usize, block: usize) -> u32 {
    (extent << 6 | block) as u32
}

/// Searches from a hint, below which nothing is, and moves it.
fn first(
    extents: &[Option<Extent>],
    hint: &mut usize,
    is_wanted: impl Fn(&Extent) -> bool,
) -> Option<usize> {
    let rest = extents.get(*hint..).unwrap_or_default();
    let found = rest
        .iter()
        .position(|extent| extent.as_ref().is_some_and(&is_wanted));
    *hint += found.unwrap_or(rest.len());
    found.map(|_| *hint)
}

impl Heap {
    pub(crate) fn new(geometry: Geometry) -> Heap {
        Heap {
            geometry,
            extents: Vec::new(),
            slots: Vec::new(),
            vacant: u32::MAX,
            bins: [NO_BLOCK; BINS],
            filled: 0,
            spare_pages: 0,
            empty_pages: 0,
            demand: Demand::default(),
            first_begun: 0,
            first_open: 0,
            first_spare: 0,
            closed_bytes: 0,
            is_compacting: false,
        }
    }

    /// The bytes that a run of `len` bytes is charged.
    #[inline]
    pub(crate) fn reserved_bytes(geometry: Geometry, len: usize) -> usize {
        if len <= BLOCK_RUN_BYTES_MAX {
            geometry.granules(len) * geometry.granule_bytes()
        } else {
            geometry.pages(len) * geometry.page_bytes()
        }
    }

    /// Finds a place for a run of `len` bytes, whose bytes are on `account` then.
    #[inline]
    pub(crate) fn take(
        &mut self,
        len: usize,
        account: Account,
        ledger: &Ledger,
        limit: Limit,
        stock: Option<&Stock>,
    ) -> Result<(Place, NonNull<u8>), Refusal> {
        if len <= BLOCK_RUN_BYTES_MAX {
            let granules = self.geometry.granules(len);
            let place = match self.take_hole(granules) {
                Some(place) => place,
                None => self.take_fresh(granules, ledger, limit, stock)?,
            };
            ledger.transfer(
                Account::Slack,
                account,
                granules * self.geometry.granule_bytes(),
            );
            return Ok((place, self.address(place)));
        }
        let pages = self.geometry.pages(len);
        let extent_bytes = self.next_extent_bytes(ledger);
        if pages * self.geometry.page_bytes() > extent_bytes / EXTENT_PART {
            return self.take_own(pages, account, ledger, limit);
        }
        let (at, page) = self.take_pages(pages, ledger, limit, stock)?;
        ledger.transfer(Account::Spare, account, pages * self.geometry.page_bytes());
        let extent = self.extent(at);
        Ok((
            (at << 8 | page) as u32,
            extent.address(page * self.geometry.page_bytes()),
        ))
    }

    /// Frees a run of `len` bytes. A map of its own is returned, to be dropped outside the lock; its bytes are on `account`
    /// until then.
    #[inline]
    pub(crate) fn release(
        &mut self,
        place: Place,
        len: usize,
        account: Account,
        ledger: &Ledger,
    ) -> Option<Map> {
        if len <= BLOCK_RUN_BYTES_MAX {
            let granules = self.geometry.granules(len);
            self.release_hole(place, granules);
            ledger.transfer(
                account,
                Account::Slack,
                granules * self.geometry.granule_bytes(),
            );
            return None;
        }
        if place & OWN != 0 {
            let slot = place & !OWN;
            let freed =
                std::mem::replace(&mut self.slots[slot as usize], Slot::Vacant(self.vacant));
            self.vacant = slot;
            let Slot::Map(map) = freed else {
                unreachable!("a run is freed once");
            };
            return Some(map);
        }
        let (at, page) = ((place >> 8) as usize, (place & 255) as usize);
        let (geometry, pages) = (self.geometry, self.geometry.pages(len));
        self.extent_mut(at)
            .release_pages(page..page + pages, geometry);
        self.spare_pages += pages;
        self.demand.put(pages);
        self.note_open(at);
        ledger.transfer(account, Account::Spare, pages * geometry.page_bytes());
        None
    }

    pub(crate) fn extent(&self, at: usize) -> &Extent {
        self.extents[at]
            .as_ref()
            .expect("a place names an extent that is there")
    }

    pub(crate) fn extent_mut(&mut self, at: usize) -> &mut Extent {
        self.extents[at]
            .as_mut()
            .expect("a place names an extent that is there")
    }

    #[inline]
    pub(crate) fn block_mut(&mut self, id: u32) -> &mut Block {
        let extent = self.extent_mut((id >> 6) as usize);
        extent.block_mut((id & 63) as usize)
    }

    /// The address of a run in a block.
    #[inline]
    pub(crate) fn address(&self, place: Place) -> NonNull<u8> {
        let granule = (place & 0xFFFF) as usize;
        self.extent((place >> 16) as usize)
            .address(granule * self.geometry.granule_bytes())
    }

    // Runs in blocks

    /// Takes a hole of a charged page, if there is one.
    #[inline]
    pub(crate) fn take_hole(&mut self, len: usize) -> Option<Place> {
        loop {
            let bins = self.filled & u64::MAX << bin_for(len);
            let id = if bins != 0 {
                self.bins[bins.trailing_zeros() as usize]
            } else {
                // The bin below has blocks that may suffice. Looking at one of them is cheap.
                let id = self.bins[bin_of(len)];
                if id == NO_BLOCK || self.block_mut(id).largest() < len {
                    return None;
                }
                id
            };
            if let Some(start) = self.block_mut(id).find(len) {
                return Some(self.take_in(id, start, len));
            }
            self.link(id);
        }
    }

    fn take_in(&mut self, id: u32, start: usize, len: usize) -> Place {
        let geometry = self.geometry;
        let changes = self.block_mut(id).take(start, len, geometry);
        if changes > 0 {
            self.empty_pages -= changes;
            self.demand.take(changes);
        }
        id << 10 | start as u32
    }

    pub(crate) fn release_hole(&mut self, place: Place, len: usize) {
        let geometry = self.geometry;
        let (id, start) = (place >> 10, (place & 1023) as usize);
        let block = self.block_mut(id);
        let changes = block.release(start, len, geometry);
        let moves = !block.is_draining && usize::from(block.bin) != bin_of(block.largest());
        if changes > 0 {
            self.empty_pages += changes;
            self.demand.put(changes);
            self.extent_mut((id >> 6) as usize).empty |= 1 << (id & 63);
        }
        if moves {
            self.link(id);
        }
    }

    /// Puts a block into the bin of its largest hole.
    pub(crate) fn link(&mut self, id: u32) {
        self.unlink(id);
        let block = self.block_mut(id);
        let bin = bin_of(block.largest());
        block.bin = bin as u8;
        block.prev = NO_BLOCK;
        let next = std::mem::replace(&mut self.bins[bin], id);
        self.block_mut(id).next = next;
        if next != NO_BLOCK {
            self.block_mut(next).prev = id;
        }
        // A block without a hole stands in bin 0, where nothing looks.
        self.filled |= 1 << bin;
    }

    pub(crate) fn unlink(&mut self, id: u32) {
        let block = self.block_mut(id);
        let bin = std::mem::replace(&mut block.bin, NO_BIN);
        if bin == NO_BIN {
            return;
        }
        let (prev, next) = (block.prev, block.next);
        if next != NO_BLOCK {
            self.block_mut(next).prev = prev;
        }
        if prev != NO_BLOCK {
            self.block_mut(prev).next = next;
        } else {
            self.bins[usize::from(bin)] = next;
            if next == NO_BLOCK {
                self.filled &= !(1 << bin);
            }
        }
    }

    /// Takes a hole in a page that no block has yet.
    #[cold]
    fn take_fresh(
        &mut self,
        len: usize,
        ledger: &Ledger,
        limit: Limit,
        stock: Option<&Stock>,
    ) -> Result<Place, Refusal> {
        let geometry = self.geometry;
        let id = if let Some(id) = self.spare_place() {
            self.open_block(id, ledger, limit)?;
            id
        } else {
            limit.charge(ledger, Account::Slack, geometry.page_bytes())?;
            let begun = self.begun_block(ledger, limit, stock);
            let id = begun.inspect_err(|_| ledger.sub(Account::Slack, geometry.page_bytes()))?;
            if self.block_mut(id).has_empty_page() {
                // The extent came from the stock with pages that are resident.
                ledger.sub(Account::Slack, geometry.page_bytes());
            } else {
                self.add_page(id);
            }
            id
        };
        // A page holds the longest run.
        let start = self.block_mut(id).find(len);
        Ok(self.take_in(id, start.expect("a page that is empty"), len))
    }

    /// A place for a block with pages that are resident.
    fn spare_place(&mut self) -> Option<u32> {
        if self.spare_pages == 0 {
            return None;
        }
        let geometry = self.geometry;
        let has_place = |extent: &Extent| extent.spare_place(geometry).is_some();
        let at = first(&self.extents, &mut self.first_spare, has_place)?;
        let block = self.extent(at).spare_place(geometry)?;
        Some(id_of(at, block))
    }

    /// A block with a page that is not charged.
    fn begun_block(
        &mut self,
        ledger: &Ledger,
        limit: Limit,
        stock: Option<&Stock>,
    ) -> Result<u32, Refusal> {
        if let Some(at) = first(&self.extents, &mut self.first_begun, |e| e.begun != 0) {
            let block = self.extent(at).begun.trailing_zeros();
            return Ok(id_of(at, block as usize));
        }
        let at = match first(&self.extents, &mut self.first_open, |e| e.open != 0) {
            Some(at) => at,
            None => self.add_extent(1, ledger, limit, stock)?,
        };
        let id = id_of(at, self.extent(at).open.trailing_zeros() as usize);
        self.open_block(id, ledger, limit)?;
        Ok(id)
    }

    /// Makes a block of free pages. Those that are resident are its first.
    fn open_block(&mut self, id: u32, ledger: &Ledger, limit: Limit) -> Result<(), Refusal> {
        let geometry = self.geometry;
        let (at, block) = ((id >> 6) as usize, (id & 63) as usize);
        let pages = Extent::pages_of(block, geometry);
        limit.charge(ledger, Account::Overhead, BLOCK_BYTES)?;
        let extent = self.extent_mut(at);
        if !extent.open_block(block, geometry) {
            ledger.sub(Account::Overhead, BLOCK_BYTES);
            return Err(Refusal::System);
        }
        let mut resident = 0;
        for (page, of_extent) in pages.clone().enumerate() {
            if extent.is_resident(of_extent) {
                extent.block_mut(block).add_page(page, geometry);
                resident += 1;
            }
        }
        if resident > 0 {
            extent.empty |= 1 << block;
        }
        if resident < pages.len() {
            extent.begun |= 1 << block;
            self.first_begun = self.first_begun.min(at);
        }
        self.spare_pages -= resident;
        self.empty_pages += resident;
        ledger.transfer(
            Account::Spare,
            Account::Slack,
            resident * geometry.page_bytes(),
        );
        self.link(id);
        Ok(())
    }

    /// Adds the first page that a begun block lacks. It is charged already.
    fn add_page(&mut self, id: u32) {
        let geometry = self.geometry;
        let (at, block) = ((id >> 6) as usize, (id & 63) as usize);
        let extent = self.extent_mut(at);
        let len = geometry.pages_per_block();
        let page = (0..len).find(|&page| !extent.block(block).is_charged(page));
        let page = page.expect("a begun block lacks a page");
        let of_extent = block * len + page;
        extent.make_resident(of_extent..of_extent + 1, geometry);
        extent.block_mut(block).add_page(page, geometry);
        extent.empty |= 1 << block;
        if extent.block(block).charged_pages() == len {
            extent.begun &= !(1 << block);
        }
        self.empty_pages += 1;
        self.link(id);
    }

    /// Notes that a place of an extent may be open, or spare.
    pub(crate) fn note_open(&mut self, at: usize) {
        self.first_open = self.first_open.min(at);
        self.first_spare = self.first_spare.min(at);
    }

    /// Notes that an extent has a begun block.
    pub(crate) fn note_begun(&mut self, at: usize) {
        self.first_begun = self.first_begun.min(at);
    }

    // Extents

    /// The bytes of the next extent.
    fn next_extent_bytes(&self, ledger: &Ledger) -> usize {
        let least = BLOCKS_MIN * self.geometry.block_bytes();
        let held = self
            .extents
            .iter()
            .flatten()
            .map(Extent::bytes)
            .sum::<usize>();
        let bytes = (ledger.limit() / BUDGET_PART).min(held / HELD_PART);
        let bytes = bytes.clamp(least, BYTES_MAX.max(least));
        // The power of two that is not above it.
        1 << bytes.ilog2()
    }

    /// Adds an extent with `pages` free pages in a row or more: one of the stock, or a new one.
    fn add_extent(
        &mut self,
        pages: usize,
        ledger: &Ledger,
        limit: Limit,
        stock: Option<&Stock>,
    ) -> Result<usize, Refusal> {
        let at = self.vacant_extent(ledger, limit)?;
        let bytes = self.next_extent_bytes(ledger);
        let charge = |bytes| limit.charge(ledger, Account::Overhead, bytes);
        let extent = if let Some(extent) =
            stock.and_then(|stock| stock.take(pages * self.geometry.page_bytes()..=bytes))
        {
            let spare = extent.resident_pages() * self.geometry.page_bytes();
            let charged = charge(extent.own_table_bytes()).and_then(|()| {
                let charged = limit.charge(ledger, Account::Spare, spare);
                charged.inspect_err(|_| ledger.sub(Account::Overhead, extent.own_table_bytes()))
            });
            if let Err(refusal) = charged {
                stock
                    .expect("it came from there")
                    .put(extent, self.geometry);
                return Err(refusal);
            }
            self.spare_pages += extent.resident_pages();
            extent
        } else {
            let table = Extent::table_bytes(bytes, self.geometry);
            charge(table)?;
            let Some(extent) = Extent::new(bytes, self.geometry) else {
                ledger.sub(Account::Overhead, table);
                return Err(Refusal::System);
            };
            extent
        };
        self.extents[at] = Some(extent);
        self.note_open(at);
        Ok(at)
    }

    /// A vacant number of an extent.
    fn vacant_extent(&mut self, ledger: &Ledger, limit: Limit) -> Result<usize, Refusal> {
        if let Some(at) = self.extents.iter().position(Option::is_none) {
            return Ok(at);
        }
        let at = self.extents.len();
        if at == EXTENTS_MAX {
            return Err(Refusal::System);
        }
        grow(&mut self.extents, ledger, limit)?;
        self.extents.push(None);
        Ok(at)
    }

    // Runs of whole pages

    fn take_pages(
        &mut self,
        len: usize,
        ledger: &Ledger,
        limit: Limit,
        stock: Option<&Stock>,
    ) -> Result<(usize, usize), Refusal> {
        let geometry = self.geometry;
        let find = |heap: &mut Heap, is_resident| {
            // From the last extent, as blocks fill from the first.
            let mut extents = heap.extents.iter_mut().enumerate().rev();
            extents.find_map(|(at, extent)| {
                let page = extent.as_mut()?.find_pages(len, is_resident)?;
                Some((at, page))
            })
        };
        let mut found = None;
        if self.spare_pages >= len {
            found = find(self, true);
        }
        let (at, page) = match found.or_else(|| find(self, false)) {
            Some(found) => found,
            None => {
                let at = self.add_extent(len, ledger, limit, stock)?;
                let page = self.extent_mut(at).find_pages(len, false);
                (at, page.expect("an eighth of an extent that is free"))
            }
        };
        let pages = page..page + len;
        let resident = self.extent(at).resident_len(pages.clone());
        limit.charge(
            ledger,
            Account::Spare,
            (len - resident) * geometry.page_bytes(),
        )?;
        let extent = self.extent_mut(at);
        extent.take_pages(pages.clone(), geometry);
        extent.make_resident(pages, geometry);
        self.spare_pages -= resident;
        self.demand.take(len);
        Ok((at, page))
    }

    fn take_own(
        &mut self,
        pages: usize,
        account: Account,
        ledger: &Ledger,
        limit: Limit,
    ) -> Result<(Place, NonNull<u8>), Refusal> {
        let bytes = pages * self.geometry.page_bytes();
        limit.charge(ledger, account, bytes)?;
        let map = self.vacant_slot(ledger, limit).and_then(|()| {
            let map = Map::new(bytes);
            map.ok_or(Refusal::System)
        });
        let map = map.inspect_err(|_| ledger.sub(account, bytes))?;
        let (slot, ptr) = (self.vacant, map.ptr());
        let Slot::Vacant(next) = std::mem::replace(&mut self.slots[slot as usize], Slot::Map(map))
        else {
            unreachable!("the list has vacant slots");
        };
        self.vacant = next;
        Ok((OWN | slot, ptr))
    }

    fn vacant_slot(&mut self, ledger: &Ledger, limit: Limit) -> Result<(), Refusal> {
        if self.vacant == u32::MAX {
            grow(&mut self.slots, ledger, limit)?;
            self.vacant = self.slots.len() as u32;
            self.slots.push(Slot::Vacant(u32::MAX));
        }
        Ok(())
    }

    /// Bytes of pages that are charged.
    pub(crate) fn paged_bytes(&self) -> usize {
        let pages = self.extents.iter().flatten().map(Extent::resident_pages);
        let own = self.slots.iter().map(|slot| match slot {
            Slot::Map(map) => map.len(),
            Slot::Vacant(_) => 0,
        });
        pages.sum::<usize>() * self.geometry.page_bytes() + own.sum::<usize>()
    }

    /// Bytes that giving back would take off the ledger.
    pub(crate) fn free_bytes(&self) -> usize {
        (self.spare_pages + self.empty_pages) * self.geometry.page_bytes()
    }

    /// Frees the lists, once there is nothing in them. Returns their bytes.
    pub(crate) fn free_lists(&mut self, ledger: &Ledger) -> usize {
        let mut bytes = 0;
        if self.extents.iter().all(Option::is_none) {
            bytes += self.extents.capacity() * size_of::<Option<Extent>>();
            self.extents = Vec::new();
        }
        if self
            .slots
            .iter()
            .all(|slot| matches!(slot, Slot::Vacant(_)))
        {
            bytes += self.slots.capacity() * size_of::<Slot>();
            self.slots = Vec::new();
            self.vacant = u32::MAX;
        }
        ledger.sub(Account::Overhead, bytes);
        bytes
    }
}

/// Charges and grows a list that is full.
fn grow<T>(list: &mut Vec<T>, ledger: &Ledger, limit: Limit) -> Result<(), Refusal> {
    if list.len() < list.capacity() {
        return Ok(());
    }
    let more = list.len().max(1);
    let bytes = more * size_of::<T>();
    limit.charge(ledger, Account::Overhead, bytes)?;
    if list.try_reserve_exact(more).is_err() {
        ledger.sub(Account::Overhead, bytes);
        return Err(Refusal::System);
    }
    Ok(())
}

const _: () = assert!(GRANULES == 1 << 10);

#[cfg(test)]
mod tests;
