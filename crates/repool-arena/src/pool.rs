//! Makes room for runs, and gives back what is free.
//!
//! Exercised by `tests/ledger.rs`, `tests/stock.rs` and `tests/faults.rs`.

use std::fmt;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use crate::block::Geometry;
use crate::extent::Extent;
use crate::heap::{Heap, Limit, Place, Refusal};
use crate::ledger::{Account, Charge, Ledger};
use crate::map::page_bytes;
use crate::stock::Stock;

/// Evictions for a request after which the system has refused a map. Doubled: twice as many records are lost before a
/// request fails that nothing can serve.
const REFUSED_TRIES_MAX: usize = 32;

/// Makes room when a ledger's limit is reached.
pub trait Reclaim: Send + Sync {
    /// Frees memory, or makes it spare, towards `bytes` more on `account`.
    ///
    /// Called without any lock of the pool. May drop sealed runs.
    fn reclaim(&self, account: Account, bytes: usize) -> Room;
}

/// What [`Reclaim::reclaim`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Something was freed. The request is tried again.
    Made,
    /// There is nothing to free. The request is met all the same, past the limit.
    Exceed,
    /// There is nothing to free. The request fails.
    Refuse,
}

/// Memory for runs of words, in pages that it maps itself.
///
/// ```
/// use std::sync::Arc;
/// use repool_arena::{Account, Ledger, Pool, page_bytes};
///
/// let pool = Pool::new(Arc::new(Ledger::default()));
/// let sealed = pool.seal(&[1, 2, 3])?;
/// assert_eq!(sealed.words(), [1, 2, 3]);
/// let [programs, slack] = [Account::Programs, Account::Slack].map(|a| pool.ledger().bytes(a));
/// assert_eq!((programs, slack), (sealed.reserved_bytes(), page_bytes() - programs));
///
/// drop(sealed);
/// assert_eq!(pool.ledger().bytes(Account::Slack), page_bytes());
/// pool.trim();
/// assert_eq!(pool.ledger().bytes(Account::Slack), 0);
/// # Ok::<(), repool_arena::OutOfMemory>(())
/// ```
pub struct Pool {
    ledger: Arc<Ledger>,
    heap: Mutex<Heap>,
    geometry: Geometry,
    reclaim: Option<Weak<dyn Reclaim>>,
    /// Where extents go that nothing is in, if they are shared.
    stock: Option<Arc<Stock>>,
}

/// There is no memory: the system has none, or the budget allows none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no memory for a run of words")
    }
}

impl std::error::Error for OutOfMemory {}

impl Pool {
    const OWN_BYTES: usize = size_of::<Pool>() + 2 * size_of::<usize>();

    /// Makes a pool that counts on `ledger`. Requests beyond its limit fail. It maps nothing until something is sealed.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>) -> Arc<Pool> {
        Pool::build(ledger, None, None)
    }

    /// Makes a pool that counts on `ledger` and shares free extents with other pools. Those in the stock count on the stock's
    /// ledger, not on this one.
    #[must_use]
    pub fn with_stock(ledger: Arc<Ledger>, stock: &Arc<Stock>) -> Arc<Pool> {
        Pool::build(ledger, None, Some(Arc::clone(stock)))
    }

    /// Makes a pool that counts on `ledger` and calls `reclaim` when the ledger's limit is reached. With a stock, it shares
    /// free extents, as [`Pool::with_stock`] does.
    #[must_use]
    pub fn with_reclaim(
        ledger: Arc<Ledger>,
        reclaim: Weak<dyn Reclaim>,
        stock: Option<Arc<Stock>>,
    ) -> Arc<Pool> {
        Pool::build(ledger, Some(reclaim), stock)
    }

    fn build(
        ledger: Arc<Ledger>,
        reclaim: Option<Weak<dyn Reclaim>>,
        stock: Option<Arc<Stock>>,
    ) -> Arc<Pool> {
        ledger.add(Account::Overhead, Pool::OWN_BYTES + Ledger::OWN_BYTES);
        let geometry = Geometry::of(page_bytes());
        Arc::new(Pool {
            ledger,
            heap: Mutex::new(Heap::new(geometry)),
            geometry,
            reclaim,
            stock,
        })
    }

    /// The process's own pool, without a limit, for patterns that no cache holds.
    #[must_use]
    pub fn global() -> &'static Arc<Pool> {
        static GLOBAL: OnceLock<Arc<Pool>> = OnceLock::new();
        GLOBAL.get_or_init(|| Pool::new(Arc::new(Ledger::default())))
    }

    /// The ledger it books on.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.geometry
    }

    pub(crate) fn heap(&self) -> MutexGuard<'_, Heap> {
        // A panic under this lock is a fault of the heap itself; what other runs hold is as it was.
        self.heap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes that a run of `len` bytes takes: whole granules up to 4 KiB, whole pages above.
    #[inline]
    #[must_use]
    pub fn run_bytes(&self, len: usize) -> usize {
        Heap::reserved_bytes(self.geometry, len)
    }

    /// A place for `len` bytes, which are on `account` then.
    #[inline]
    pub(crate) fn take(
        &self,
        len: usize,
        account: Account,
    ) -> Result<(Place, NonNull<u8>), OutOfMemory> {
        let mut limit = Limit::Kept;
        let mut tries = 0;
        loop {
            let stock = self.stock.as_deref();
            let taken = self.heap().take(len, account, &self.ledger, limit, stock);
            match taken {
                Ok(taken) => return Ok(taken),
                Err(refusal) => self.make_place(refusal, len, account, &mut limit, &mut tries)?,
            }
        }
    }

    /// Makes room after a refusal, so that the caller tries again.
    #[cold]
    fn make_place(
        &self,
        refusal: Refusal,
        len: usize,
        account: Account,
        limit: &mut Limit,
        tries: &mut usize,
    ) -> Result<(), OutOfMemory> {
        let run_bytes = self.run_bytes(len);
        match refusal {
            Refusal::Ledger(bytes) => {
                if self.give_back(bytes) > 0 {
                    return Ok(());
                }
                match self.reclaim(account, run_bytes) {
                    Room::Made => Ok(()),
                    Room::Exceed => {
                        *limit = Limit::Passed;
                        Ok(())
                    }
                    Room::Refuse => Err(OutOfMemory),
                }
            }
            Refusal::System => {
                // What is free may be what the system lacks. Then a hole of something evicted may do.
                *tries += 1;
                if *tries == 1 && self.trim() > 0 {
                    return Ok(());
                }
                if *tries <= REFUSED_TRIES_MAX && self.reclaim(account, run_bytes) == Room::Made {
                    return Ok(());
                }
                Err(OutOfMemory)
            }
        }
    }

    fn reclaim(&self, account: Account, bytes: usize) -> Room {
        let reclaim = self.reclaim.as_ref().and_then(Weak::upgrade);
        reclaim.map_or(Room::Refuse, |reclaim| reclaim.reclaim(account, bytes))
    }

    /// Charges `bytes` that are not a run of the pool, making room for them as [`Pool::seal`] does.
    ///
    /// # Errors
    ///
    /// If the ledger's limit leaves no room.
    pub fn reserve(&self, account: Account, bytes: usize) -> Result<Charge, OutOfMemory> {
        while !self.make_room(account, bytes)? {}
        Ok(Charge::adopt(&self.ledger, account, bytes))
    }

    /// Charges `bytes` and returns true; or frees something and returns false, so that the caller tries again.
    pub(crate) fn make_room(&self, account: Account, bytes: usize) -> Result<bool, OutOfMemory> {
        if self.ledger.try_add(account, bytes).is_ok() {
            return Ok(true);
        }
        if self.give_back(bytes) > 0 {
            return Ok(false);
        }
        match self.reclaim(account, bytes) {
            Room::Made => Ok(false),
            Room::Exceed => {
                self.ledger.add(account, bytes);
                Ok(true)
            }
            Room::Refuse => Err(OutOfMemory),
        }
    }

    /// Frees a run of `len` bytes that are on `account`.
    pub(crate) fn release(&self, place: Place, len: usize, account: Account) {
        let mut heap = self.heap();
        if let Some(map) = heap.release(place, len, account, &self.ledger) {
            drop(heap);
            let bytes = map.len();
            drop(map);
            self.ledger.sub(account, bytes);
            return;
        }
        let free = heap.spare_pages + heap.empty_pages;
        let surplus = heap.demand.surplus(free);
        if surplus > 0 || free > 0 && self.ledger.is_over_limit() {
            self.give_back_surplus(heap, surplus);
        }
    }

    #[cold]
    fn give_back_surplus(&self, mut heap: MutexGuard<'_, Heap>, surplus: usize) {
        let limit = self.ledger.limit();
        let over = self.ledger.total_bytes().saturating_sub(limit);
        heap.give_back(surplus.max(self.geometry.pages(over)), &self.ledger);
    }

    /// Gives free pages back until `bytes` are off the ledger or none are left. Returns the bytes that are.
    fn give_back(&self, bytes: usize) -> usize {
        let mut heap = self.heap();
        let pages = heap.give_back(self.geometry.pages(bytes), &self.ledger);
        if pages > 0 || heap.spare_pages + heap.empty_pages == 0 {
            return pages * self.geometry.page_bytes();
        }
        // The system takes no pages back, but maps.
        let extent = heap.take_free_extent(&self.ledger);
        drop(heap);
        extent.map_or(0, |extent| self.retire(extent))
    }

    /// Gives an extent to the stock, or back to the system. Returns its bytes, which are off the ledger then.
    fn retire(&self, extent: Extent) -> usize {
        let spare = extent.resident_pages() * self.geometry.page_bytes();
        let table = extent.own_table_bytes();
        match &self.stock {
            Some(stock) => stock.put(extent, self.geometry),
            None => drop(extent),
        }
        self.ledger.sub(Account::Spare, spare);
        self.ledger.sub(Account::Overhead, table);
        spare + table
    }

    /// Gives all free pages back to the system, and extents that nothing is in to the stock, if there is one. Returns the bytes
    /// that are off the ledger.
    ///
    /// Asks nothing of the process's allocator.
    pub fn trim(&self) -> usize {
        let mut freed = 0;
        self.heap().closed_bytes = 0;
        loop {
            let extent = self.heap().take_free_extent(&self.ledger);
            let Some(extent) = extent else { break };
            freed += self.retire(extent);
        }
        let mut heap = self.heap();
        freed += heap.give_back(usize::MAX, &self.ledger) * self.geometry.page_bytes();
        freed += heap.free_lists(&self.ledger);
        freed + heap.closed_bytes
    }

    /// The bytes of all its pages, free or not: those of its ledger's total that are not in the allocator.
    #[must_use]
    pub fn paged_bytes(&self) -> usize {
        self.heap().paged_bytes()
    }

    /// The bytes of free pages, which [`Pool::trim`] gives back, without those of a stock.
    #[must_use]
    pub fn free_bytes(&self) -> usize {
        self.heap().free_bytes()
    }

    /// Marks the sparsest blocks, from which [`Sealed::relocate`](crate::Sealed::relocate) then moves runs into the holes of
    /// fuller ones. `None` if that would free no page, or while another compaction is going on.
    #[must_use]
    pub fn begin_compaction(&self) -> Option<Compaction<'_>> {
        let is_begun = self.heap().begin_compaction();
        // Not made before it is known: dropping one ends the compaction of another.
        is_begun.then(|| Compaction(self))
    }

    /// Checks the pages against the ledger. For tests, while no other thread uses the pool.
    ///
    /// # Panics
    ///
    /// If a check fails.
    #[doc(hidden)]
    pub fn validate(&self) {
        self.heap().validate(&self.ledger);
    }
}

/// While it lives, some blocks take no runs. Dropping it gives the pages back that are empty by then.
#[derive(Debug)]
pub struct Compaction<'a>(&'a Pool);

impl Drop for Compaction<'_> {
    fn drop(&mut self) {
        self.0.heap().end_compaction();
        self.0.trim();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.trim();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}
