//! Counted values in slots that are never used for anything else.
//!
//! ```text
//! number ──► chunk ──► leaf of 4 KiB ──► slot: count, number, value, slab
//! ```
//!
//! A thread that has nothing but a number may ask for the value: [`Slab::get`] counts it up unless its count is 0. The
//! memory of a slot holds a count as long as the slab lives, so a number that is out of date leads to another value or to
//! none, and never to foreign memory. That is why a table of numbers can be read without a lock. Jeff Bonwick: The slab
//! allocator, USENIX Summer 1994, has slots of one type; the idea that readers rely on it is Linux' `SLAB_TYPESAFE_BY_RCU`.
//!
//! # Memory
//!
//! Chunks are mapped when they are needed and stay mapped until the slab is dropped. A page is charged before a slot of it
//! is first used, and relieved after it was discarded. The bytes of live slots are on [`Account::Index`], the rest of
//! charged pages on [`Account::Slack`]. The lowest free slot is used first, so that the highest pages become free.
//!
//! # Who may touch a slot
//!
//! | count | the value | who |
//! |---|---|---|
//! | 0, slot free | is not there | the slab, under its lock |
//! | 0, slot taken | belongs to one [`Unique`] | its holder |
//! | 1 or more | is shared | whoever holds a [`Shared`] |
//!
//! Exercised by `tests/slab.rs`.
#![allow(
    unsafe_code,
    reason = "counted values in memory from the system, found by number without a lock; see above"
)]

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::{Deref, DerefMut, Range};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::bits::{Bits, grown};
use crate::ledger::Account;
use crate::map::{Map, page_bytes};
use crate::pool::{OutOfMemory, Pool};

/// Bytes of a leaf. Every page size is a multiple of this.
const LEAF_BYTES: usize = 4096;
/// Leaves of the first chunk. Each further chunk has twice as many as the one before.
const FIRST_LEAVES: usize = 16;
/// The most chunks: leaves for some hundred million slots.
const CHUNKS_MAX: usize = 20;
/// A number is a chunk, in the highest bits, and the offset of the slot in it, in units of [`UNIT_BYTES`].
const OFFSET_BITS: u32 = 27;
/// Slots start at multiples of this: the bytes of a cache line.
const UNIT_BYTES: usize = 64;
/// Idle pages that are kept, whatever the number of live values.
const IDLE_MIN: usize = 2;
/// Counts above this are never reached by handles that somebody uses.
const COUNT_MAX: u32 = i32::MAX as u32;

/// One slot. All zeros is a free one. No two lie on one cache line, as threads count in them.
#[repr(C, align(64))]
struct Slot<T> {
    count: AtomicU32,
    /// Written before the value is shared, and never while it is.
    number: AtomicU32,
    body: UnsafeCell<MaybeUninit<Body<T>>>,
}

/// What a slot holds while it is taken.
#[repr(C)]
struct Body<T> {
    /// Next to the count, so that a lookup finds the first fields of a value on the cache line of its count.
    value: T,
    slab: Arc<Slab<T>>,
}

/// Where a slot is, of a slab that is not dropped.
struct At<T>(NonNull<Slot<T>>);

impl<T> Clone for At<T> {
    fn clone(&self) -> At<T> {
        *self
    }
}

impl<T> Copy for At<T> {}

impl<T> At<T> {
    /// The slot, taken or free.
    #[inline]
    fn slot(&self) -> &Slot<T> {
        // SAFETY: chunks stay mapped until their slab is dropped: `Slab::get` borrows the slab, and every `Unique` and
        // `Shared` leads to a taken slot, whose body holds a count of the slab. All bytes are zero at first, which are a
        // valid slot, and what others write meanwhile are atomics, or is in the cell.
        unsafe { self.0.as_ref() }
    }

    /// The body. Nothing of it is read or written here.
    #[inline]
    fn body(&self) -> *mut Body<T> {
        self.slot().body.get().cast()
    }
}

/// Slots for values of one type.
pub struct Slab<T> {
    /// The first byte of each chunk; null until it is mapped. Written once, under the lock of `free`, which owns the maps.
    chunks: [AtomicPtr<u8>; CHUNKS_MAX],
    free: Mutex<Free>,
    pool: Arc<Pool>,
    /// The slab owns values of this type.
    _values: std::marker::PhantomData<T>,
}

/// Which slots are free, and which pages are charged.
#[derive(Default)]
struct Free {
    /// The chunks, in order. They stay mapped until the slab is dropped.
    maps: Vec<Map>,
    /// The free slots of each leaf.
    leaves: Vec<u64>,
    /// The leaves that have a free slot and lie in a charged page.
    open: Bits,
    /// The pages that are not charged, of those that were once.
    absent: Bits,
    /// The charged pages without a live slot.
    idle: usize,
    /// Live slots.
    len: usize,
}

impl<T> Slab<T> {
    /// The bytes of one slot.
    pub const SLOT_BYTES: usize = size_of::<Slot<T>>();
    /// The slots of one leaf.
    const SLOTS: usize = {
        assert!(
            Self::SLOT_BYTES * 2 <= LEAF_BYTES,
            "several slots to a leaf"
        );
        assert!(align_of::<Slot<T>>() == UNIT_BYTES);
        let slots = LEAF_BYTES / Self::SLOT_BYTES;
        if slots > 64 { 64 } else { slots }
    };
    /// A leaf whose slots are all free.
    const ALL: u64 = u64::MAX >> (64 - Self::SLOTS);
    /// The bytes of the slab itself behind an `Arc`.
    const OWN_BYTES: usize = size_of::<Slab<T>>() + 2 * size_of::<usize>();

    /// Makes an empty slab that books on the ledger of `pool`. It maps nothing yet.
    #[must_use]
    pub fn new(pool: &Arc<Pool>) -> Arc<Slab<T>> {
        pool.ledger().add(Account::Overhead, Slab::<T>::OWN_BYTES);
        Arc::new(Slab {
            chunks: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS_MAX],
            free: Mutex::default(),
            pool: Arc::clone(pool),
            _values: std::marker::PhantomData,
        })
    }

    /// The pool on whose ledger it books.
    #[must_use]
    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Puts a value into a slot. May evict to make room for a page.
    ///
    /// # Errors
    ///
    /// The value, if the ledger's limit leaves no room for a page or the system has none.
    pub fn insert(self: &Arc<Slab<T>>, value: T) -> Result<Unique<T>, T> {
        match self.take_slot(false) {
            Ok(number) => Ok(self.fill(number, value)),
            Err(OutOfMemory) => Err(value),
        }
    }

    /// Puts a value into a slot; charges a page whatever the limit.
    ///
    /// # Errors
    ///
    /// The value, if the system has no memory.
    pub fn insert_beyond_limit(self: &Arc<Slab<T>>, value: T) -> Result<Unique<T>, T> {
        match self.take_slot(true) {
            Ok(number) => Ok(self.fill(number, value)),
            Err(OutOfMemory) => Err(value),
        }
    }

    /// Returns the value with this number, counted up; `None` if there is none, or if it is [`Unique`].
    ///
    /// Takes no lock. The number may be out of date, or of no slot at all: what is returned then is some other value of
    /// this slab.
    #[inline]
    #[must_use]
    pub fn get(&self, number: u32) -> Option<Shared<T>> {
        let at = self.slot(number)?;
        // Zero in a page that was never written or that was discarded.
        let count = &at.slot().count;
        let mut seen = count.load(Ordering::Relaxed);
        while seen != 0 && seen < COUNT_MAX {
            // `Acquire` goes with the `Release` of whoever made the count 1: the value is seen as it was shared.
            match count.compare_exchange_weak(seen, seen + 1, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return Some(Shared { at }),
                Err(now) => seen = now,
            }
        }
        None
    }

    /// The live values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.free().len
    }

    /// Tells whether there is no live value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of charged pages without a live value, which [`Slab::trim`] gives back.
    #[must_use]
    pub fn free_bytes(&self) -> usize {
        self.free().idle * page_bytes()
    }

    /// The bytes of all charged pages: those of its ledger's total that are not in the allocator.
    #[must_use]
    pub fn paged_bytes(&self) -> usize {
        self.free().charged() * page_bytes()
    }

    /// Tells whether [`Shared::move_down`] would move a value now.
    #[must_use]
    pub fn is_high(&self, value: &Shared<T>) -> bool {
        let (leaf, _) = Self::leaf_of(Shared::number(value));
        self.free().open.first().is_some_and(|open| open < leaf)
    }

    /// Gives all pages without a live value back to the system, and the ends of lists to the allocator. Returns the bytes that
    /// are off the ledger.
    pub fn trim(&self) -> usize {
        let mut free = self.free();
        let pages = self.discard_idle(&mut free, 0);
        let before = free.side_bytes();
        free.shrink();
        let lists = before - free.side_bytes();
        self.pool.ledger().sub(Account::Overhead, lists);
        pages + lists
    }

    /// The address of a slot; `None` if there is no slot of this number, or its chunk was never mapped.
    #[inline]
    fn slot(&self, number: u32) -> Option<At<T>> {
        let (chunk, offset) = ((number >> OFFSET_BITS) as usize, offset_of(number));
        let in_leaf = offset % LEAF_BYTES;
        if !in_leaf.is_multiple_of(Self::SLOT_BYTES)
            || in_leaf >= Self::SLOTS * Self::SLOT_BYTES
            || offset >= (FIRST_LEAVES * LEAF_BYTES) << chunk
        {
            return None;
        }
        // `Acquire` goes with the `Release` of whoever mapped the chunk.
        let base = NonNull::new(self.chunks.get(chunk)?.load(Ordering::Acquire))?;
        // SAFETY: chunk `k` has `FIRST_LEAVES << k` leaves and the offset is one of a slot within them, so the slot lies
        // within the map, which stays where it is until the slab is dropped.
        let slot = unsafe { base.add(offset) };
        Some(At(slot.cast()))
    }

    /// The number of a slot of a leaf.
    fn number_of(leaf: usize, at: u32) -> u32 {
        let (chunk, in_chunk) = place_of(leaf);
        let offset = in_chunk * LEAF_BYTES + at as usize * Self::SLOT_BYTES;
        (chunk as u32) << OFFSET_BITS | (offset / UNIT_BYTES) as u32
    }

    /// The leaf of a slot, and which slot of it.
    fn leaf_of(number: u32) -> (usize, u32) {
        let (chunk, offset) = ((number >> OFFSET_BITS) as usize, offset_of(number));
        let before = FIRST_LEAVES * ((1 << chunk) - 1);
        let at = offset % LEAF_BYTES / Self::SLOT_BYTES;
        (before + offset / LEAF_BYTES, at as u32)
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        // Nothing under this lock panics half way.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a free slot off the list, with its page charged.
    fn take_slot(&self, beyond_limit: bool) -> Result<u32, OutOfMemory> {
        loop {
            if let Some(number) = self.take_open(&mut self.free()) {
                return Ok(number);
            }
            let lists = self.free().growth_bytes();
            let bytes = page_bytes() + lists;
            if beyond_limit {
                self.pool.ledger().add(Account::Slack, bytes);
            } else if !self.pool.make_room(Account::Slack, bytes)? {
                // Something was evicted, which may have freed a slot.
                continue;
            }
            let ledger = self.pool.ledger();
            let mut free = self.free();
            if free.growth_bytes() > lists {
                // Another thread took the page that this one saw.
                ledger.sub(Account::Slack, bytes);
                continue;
            }
            let before = free.side_bytes();
            let is_open = self.open_page(&mut free);
            let grown = free.side_bytes() - before;
            let page = if is_open { page_bytes() } else { 0 };
            ledger.transfer(Account::Slack, Account::Overhead, grown);
            ledger.sub(Account::Slack, bytes - page - grown);
            if is_open {
                // Under the same lock: another thread might give the page back, since it is idle.
                return self.take_open(&mut free).ok_or(OutOfMemory);
            }
            return Err(OutOfMemory);
        }
    }

    fn take_open(&self, free: &mut Free) -> Option<u32> {
        let leaf = free.open.first()?;
        let at = free.leaves[leaf].trailing_zeros();
        if free.leaves[leaf] == Self::ALL && is_idle::<T>(free, page_of(leaf)) {
            free.idle -= 1;
        }
        free.leaves[leaf] &= !(1 << at);
        if free.leaves[leaf] == 0 {
            free.open.clear(leaf);
        }
        free.len += 1;
        let ledger = self.pool.ledger();
        ledger.transfer(Account::Slack, Account::Index, Self::SLOT_BYTES);
        Some(Self::number_of(leaf, at))
    }

    /// Opens the slots of one more page, which is charged. Returns false if the system has no memory.
    fn open_page(&self, free: &mut Free) -> bool {
        let page = match free.absent.first() {
            Some(page) => page,
            None => match self.add_page(free) {
                Some(page) => page,
                None => return false,
            },
        };
        free.absent.clear(page);
        free.idle += 1;
        for leaf in leaves_of(page) {
            free.open.set(leaf);
        }
        true
    }

    /// Adds the leaves of a page behind the last, and maps a chunk if that takes one.
    fn add_page(&self, free: &mut Free) -> Option<usize> {
        let page = page_of(free.leaves.len());
        let leaves = leaves_of(page);
        let (chunk, _) = place_of(leaves.start);
        let base = self.chunks.get(chunk)?;
        let grown = free.maps.try_reserve(1).is_ok()
            && free.leaves.try_reserve(leaves.len()).is_ok()
            && free.open.reach(leaves.end)
            && free.absent.reach(page + 1);
        if !grown {
            return None;
        }
        if free.maps.len() == chunk {
            let map = Map::new((FIRST_LEAVES << chunk) * LEAF_BYTES)?;
            base.store(map.ptr().as_ptr(), Ordering::Release);
            free.maps.push(map);
        }
        free.leaves.resize(leaves.end, Self::ALL);
        Some(page)
    }

    fn fill(self: &Arc<Slab<T>>, number: u32, value: T) -> Unique<T> {
        let at = self.slot(number).expect("a slot that was taken is mapped");
        at.slot().number.store(number, Ordering::Relaxed);
        let slab = Arc::clone(self);
        // SAFETY: the slot was just taken off the list, so no `Unique` and no `Shared` leads to it, and its count is 0.
        // Readers use nothing of such a slot but the count. So nothing else reads or writes the body.
        unsafe { at.body().write(Body { value, slab }) };
        Unique { at }
    }

    /// Puts a slot whose value is gone back on the list.
    fn give_back(&self, number: u32) {
        let mut free = self.free();
        let (leaf, at) = Self::leaf_of(number);
        free.leaves[leaf] |= 1 << at;
        free.open.set(leaf);
        free.len -= 1;
        let ledger = self.pool.ledger();
        ledger.transfer(Account::Index, Account::Slack, Self::SLOT_BYTES);
        if free.leaves[leaf] == Self::ALL && is_idle::<T>(&free, page_of(leaf)) {
            free.idle += 1;
        }
        if free.idle > 2 * IDLE_MIN || free.idle > 0 && ledger.is_over_limit() {
            self.settle(&mut free);
        }
    }

    /// Gives pages without a live value back, except a few for the next values, so that a steady state calls the system
    /// seldom. All of them while the ledger is over its limit.
    #[cold]
    fn settle(&self, free: &mut Free) {
        let live = free.len / Self::SLOTS * LEAF_BYTES / page_bytes();
        let keep = IDLE_MIN + live / 16;
        if self.pool.ledger().is_over_limit() {
            self.discard_idle(free, 0);
        } else if free.idle > 2 * keep {
            self.discard_idle(free, keep);
        }
    }

    /// Gives pages without a live value back to the system, the highest first, until `keep` are left. Returns their bytes.
    fn discard_idle(&self, free: &mut Free, keep: usize) -> usize {
        let bytes = page_bytes();
        let mut freed = 0;
        for page in (0..page_of(free.leaves.len())).rev() {
            if free.idle <= keep {
                break;
            }
            if free.absent.has(page) || !is_idle::<T>(free, page) || !discard(free, page) {
                continue;
            }
            free.idle -= 1;
            free.absent.set(page);
            leaves_of(page).for_each(|leaf| free.open.clear(leaf));
            self.pool.ledger().sub(Account::Slack, bytes);
            freed += bytes;
        }
        freed
    }

    /// Checks the list of free slots against the ledger. For tests, while no other thread uses the slab.
    ///
    /// # Panics
    ///
    /// If they disagree.
    pub fn validate(&self) {
        let free = self.free();
        let taken: usize = free
            .leaves
            .iter()
            .map(|leaf| (Self::ALL & !leaf).count_ones() as usize)
            .sum();
        assert_eq!(taken, free.len, "live slots");
        let pages = page_of(free.leaves.len());
        let idle = (0..pages).filter(|&page| !free.absent.has(page) && is_idle::<T>(&free, page));
        assert_eq!(idle.count(), free.idle, "idle pages");
    }
}

impl Free {
    /// The charged pages.
    fn charged(&self) -> usize {
        let pages = page_of(self.leaves.len());
        (0..pages).filter(|&page| !self.absent.has(page)).count()
    }

    /// The most bytes that the lists grow by when a page is opened.
    fn growth_bytes(&mut self) -> usize {
        if self.absent.first().is_some() {
            return 0;
        }
        let page = page_of(self.leaves.len());
        let (leaves, chunk) = (leaves_of(page), self.maps.len());
        let maps = grown(self.maps.capacity(), chunk + 1) * size_of::<Map>();
        let words = grown(self.leaves.capacity(), leaves.end) * size_of::<u64>();
        maps + words + self.open.growth_bytes(leaves.end) + self.absent.growth_bytes(page + 1)
    }

    /// Forgets the absent pages behind the last one that is charged.
    fn shrink(&mut self) {
        let mut pages = page_of(self.leaves.len());
        while pages > 0 && self.absent.has(pages - 1) {
            pages -= 1;
            self.absent.clear(pages);
        }
        let leaves = leaves_of(pages).start;
        self.leaves.truncate(leaves);
        self.leaves.shrink_to_fit();
        self.open.shrink(leaves);
        self.absent.shrink(pages);
    }

    fn side_bytes(&self) -> usize {
        let maps = self.maps.capacity() * size_of::<Map>();
        maps + self.leaves.capacity() * size_of::<u64>() + self.open.bytes() + self.absent.bytes()
    }
}

#[inline]
fn offset_of(number: u32) -> usize {
    (number & ((1 << OFFSET_BITS) - 1)) as usize * UNIT_BYTES
}

/// The chunk of a leaf, and its place in that.
#[inline]
fn place_of(leaf: usize) -> (usize, usize) {
    let from_one = leaf / FIRST_LEAVES + 1;
    let chunk = from_one.ilog2() as usize;
    (chunk, leaf - FIRST_LEAVES * ((1 << chunk) - 1))
}

fn page_of(leaf: usize) -> usize {
    leaf * LEAF_BYTES / page_bytes()
}

fn leaves_of(page: usize) -> Range<usize> {
    let leaves = page_bytes() / LEAF_BYTES;
    page * leaves..(page + 1) * leaves
}

fn discard(free: &Free, page: usize) -> bool {
    let (chunk, leaf) = place_of(leaves_of(page).start);
    let start = leaf * LEAF_BYTES;
    free.maps[chunk].discard(start..start + page_bytes())
}

/// Tells whether no slot of a page is taken.
fn is_idle<T>(free: &Free, page: usize) -> bool {
    leaves_of(page).all(|leaf| free.leaves[leaf] == Slab::<T>::ALL)
}

impl<T> Drop for Slab<T> {
    fn drop(&mut self) {
        // Each live value holds a count of the slab, so there is none.
        let free = self.free.get_mut().unwrap_or_else(PoisonError::into_inner);
        debug_assert_eq!(free.len, 0, "a slab is dropped after its values");
        let charged = free.charged();
        let side_bytes = free.side_bytes();
        *free = Free::default();
        let ledger = self.pool.ledger();
        ledger.sub(Account::Slack, charged * page_bytes());
        ledger.sub(Account::Overhead, side_bytes + Slab::<T>::OWN_BYTES);
    }
}

impl<T> fmt::Debug for Slab<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slab")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// A value that nothing else leads to: no [`Slab::get`] returns it.
pub struct Unique<T> {
    at: At<T>,
}

/// A counted reference to a value in a [`Slab`]. The last one drops the value and frees the slot.
pub struct Shared<T> {
    at: At<T>,
}

// SAFETY: the value moves to another thread with its holder, as `T: Send` allows; the slab's lists are behind a lock.
unsafe impl<T: Send> Send for Unique<T> {}
// SAFETY: `&Unique<T>` gives `&T` and nothing more.
unsafe impl<T: Sync> Sync for Unique<T> {}
// SAFETY: as for `Arc<T>`: any holder may drop the value, and all of them read it.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}
// SAFETY: a slab hands out `Shared<T>` on any thread, and keeps values that any thread may drop.
unsafe impl<T: Send + Sync> Send for Slab<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Slab<T> {}

impl<T> Unique<T> {
    /// Lets others see the value.
    #[inline]
    #[must_use]
    pub fn share(self) -> Shared<T> {
        let at = ManuallyDrop::new(self).at;
        // `Release` shows the value to whoever counts it up.
        at.slot().count.store(1, Ordering::Release);
        Shared { at }
    }

    /// The number of its slot.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.at.slot().number.load(Ordering::Relaxed)
    }

    /// Moves the value to the lowest free slot, if that lies in a lower leaf and in a charged page.
    #[must_use]
    pub fn moved_down(self) -> Unique<T> {
        let old = self.number();
        // SAFETY: `fill` wrote the body, and `self` is the only holder of the slot.
        let slab = Arc::clone(unsafe { &(*self.at.body()).slab });
        let mut free = slab.free();
        let (leaf, _) = Slab::<T>::leaf_of(old);
        let is_lower = free.open.first().is_some_and(|open| open < leaf);
        let number = if is_lower {
            slab.take_open(&mut free)
        } else {
            None
        };
        drop(free);
        let Some(number) = number else {
            return self;
        };
        let at = ManuallyDrop::new(self).at;
        // SAFETY: as above. The body is read out once and not used there again: the slot is given back below.
        let body = unsafe { at.body().read() };
        let moved = slab.fill(number, body.value);
        slab.give_back(old);
        moved
    }
}

impl<T> Deref for Unique<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the body was written by `fill` and is dropped with the last holder.
        unsafe { &(*self.at.body()).value }
    }
}

impl<T> DerefMut for Unique<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above. The count is 0, so no `Shared` exists and none can be made while this does.
        unsafe { &mut (*self.at.body()).value }
    }
}

impl<T> Drop for Unique<T> {
    fn drop(&mut self) {
        let number = self.number();
        // SAFETY: this is the only holder of the slot, and it is gone after this. So the body, which `fill` wrote, is read
        // out once.
        let Body { value, slab } = unsafe { self.at.body().read() };
        drop(value);
        // The slab lives at least until then.
        slab.give_back(number);
    }
}

impl<T> Shared<T> {
    #[inline]
    fn count(&self) -> &AtomicU32 {
        &self.at.slot().count
    }

    /// How many references there are now.
    #[inline]
    #[must_use]
    pub fn strong_count(this: &Shared<T>) -> usize {
        this.count().load(Ordering::Acquire) as usize
    }

    /// Tells whether both lead to one value.
    #[inline]
    #[must_use]
    pub fn ptr_eq(this: &Shared<T>, other: &Shared<T>) -> bool {
        this.at.0 == other.at.0
    }

    /// The number by which [`Slab::get`] finds it.
    #[inline]
    #[must_use]
    pub fn number(this: &Shared<T>) -> u32 {
        this.at.slot().number.load(Ordering::Relaxed)
    }

    /// Moves the value to the lowest free slot, if that lies in a lower leaf and there is no other reference. Returns whether
    /// it has another number now.
    pub fn move_down(this: &mut Shared<T>) -> bool {
        let count = this.count();
        if count
            .compare_exchange(1, 0, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            return false;
        }
        let moved = Unique { at: this.at }.moved_down().share();
        let is_moved = moved.at.0 != this.at.0;
        // The reference before has no count any more: the value and its slot belong to the new one.
        std::mem::forget(std::mem::replace(this, moved));
        is_moved
    }

    /// Makes this the only way to the value.
    ///
    /// # Errors
    ///
    /// The reference itself, if there are others at this moment.
    pub fn try_unique(this: Shared<T>) -> Result<Unique<T>, Shared<T>> {
        // `Acquire` goes with the `Release` of each reference that was dropped before.
        let count = this.count();
        if count
            .compare_exchange(1, 0, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            return Err(this);
        }
        Ok(Unique {
            at: ManuallyDrop::new(this).at,
        })
    }

    /// Calls `f` with the value to change, if there is no other reference. None is made meanwhile.
    pub fn with_unique<R>(this: &mut Shared<T>, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let count = this.count();
        count
            .compare_exchange(1, 0, Ordering::Acquire, Ordering::Relaxed)
            .ok()?;
        /// Shares the value again, also if `f` panics.
        struct Again<'a>(&'a AtomicU32);
        impl Drop for Again<'_> {
            fn drop(&mut self) {
                self.0.store(1, Ordering::Release);
            }
        }
        let again = Again(count);
        // SAFETY: the count is 0, so this is the only reference, and `Slab::get` makes none until it is 1 again.
        let result = f(unsafe { &mut (*this.at.body()).value });
        drop(again);
        Some(result)
    }
}

impl<T> Clone for Shared<T> {
    #[inline]
    fn clone(&self) -> Shared<T> {
        let before = self.count().fetch_add(1, Ordering::Relaxed);
        if before >= COUNT_MAX {
            // As `Arc` does: two billion references that somebody forgot.
            std::process::abort();
        }
        Shared { at: self.at }
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the count is above 0 while this lives, so the value is there and nobody changes it.
        unsafe { &(*self.at.body()).value }
    }
}

impl<T> Drop for Shared<T> {
    #[inline]
    fn drop(&mut self) {
        if self.count().fetch_sub(1, Ordering::Release) == 1 {
            // All uses of the value by others come before their `Release`. A load and not a fence, since the thread sanitizer
            // does not see fences.
            self.count().load(Ordering::Acquire);
            drop(Unique { at: self.at });
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Unique<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
