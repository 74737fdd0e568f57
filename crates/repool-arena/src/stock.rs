//! Free extents that several pools share.
//!
//! ```text
//! pool of cache A ── extent that nothing is in: off A's ledger ──▶ Stock ── taken: on B's ledger ──▶ pool of cache B
//!                                                              on the stock's own
//! ```
//!
//! A page in use belongs to one cache. A free extent in the stock counts on the stock's ledger and on no other: its pages that
//! are resident, and its table. Each cache's budget bounds what that cache holds; the stock's limit bounds what all of
//! them keep for later.
//!
//! Exercised by `tests/stock.rs`.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::block::Geometry;
use crate::extent::Extent;
use crate::ledger::{Account, Ledger};
use crate::map::page_bytes;

/// Free extents that several pools share, under one ceiling.
///
/// ```
/// use std::sync::Arc;
/// use repool_arena::{Account, Ledger, Pool, Stock};
///
/// let stock = Stock::new(1 << 20);
/// let [a, b] = [(); 2].map(|()| Pool::with_stock(Arc::new(Ledger::default()), &stock));
///
/// drop(a.seal(&[1, 2, 3])?);
/// a.trim();
/// assert!(stock.ledger().bytes(Account::Spare) > 0);
/// let sealed = b.seal(&[4, 5, 6])?; // in the page that was just given back
/// assert_eq!(stock.ledger().bytes(Account::Spare), 0);
/// # Ok::<(), repool_arena::OutOfMemory>(())
/// ```
pub struct Stock {
    ledger: Ledger,
    extents: Mutex<Vec<Extent>>,
}

impl Stock {
    const OWN_BYTES: usize = size_of::<Stock>() + 2 * size_of::<usize>();

    /// Makes an empty stock of at most `max_bytes`, itself included: below two pages it keeps nothing.
    #[must_use]
    pub fn new(max_bytes: usize) -> Arc<Stock> {
        let ledger = Ledger::with_limit(max_bytes);
        ledger.add(Account::Overhead, Stock::OWN_BYTES);
        Arc::new(Stock {
            ledger,
            extents: Mutex::new(Vec::new()),
        })
    }

    /// What the extents count to, and the stock itself. Its limit is the ceiling.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Gives all extents back to the system and says how many bytes that were.
    pub fn trim(&self) -> usize {
        let extents = std::mem::take(&mut *self.lock());
        let list = extents.capacity() * size_of::<Extent>();
        let mut freed = list;
        for extent in extents {
            freed += self.forget(&extent);
        }
        self.ledger.sub(Account::Overhead, list);
        freed
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Extent>> {
        // No code that can panic runs under this lock.
        self.extents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the bytes of an extent off the ledger and returns them.
    fn forget(&self, extent: &Extent) -> usize {
        let spare = extent.resident_pages() * page_bytes();
        self.ledger.sub(Account::Spare, spare);
        self.ledger.sub(Account::Overhead, extent.own_table_bytes());
        spare + extent.own_table_bytes()
    }

    /// An extent of one of these sizes, if there is one. It is on no ledger then.
    pub(crate) fn take(&self, bytes: RangeInclusive<usize>) -> Option<Extent> {
        let mut extents = self.lock();
        let at = extents
            .iter()
            .rposition(|extent| bytes.contains(&extent.bytes()))?;
        let extent = extents.swap_remove(at);
        drop(extents);
        self.forget(&extent);
        Some(extent)
    }

    /// Keeps an extent that nothing is in, with as many resident pages as the ceiling has room for; or gives it back to the
    /// system.
    pub(crate) fn put(&self, mut extent: Extent, geometry: Geometry) {
        let table = extent.own_table_bytes();
        if self.ledger.try_add(Account::Overhead, table).is_err() {
            return;
        }
        while self.charge_resident(&extent, geometry).is_err() {
            let pages = extent.resident_pages();
            let room = self
                .ledger
                .limit()
                .saturating_sub(self.ledger.total_bytes());
            if !extent.keep_resident((room / geometry.page_bytes()).min(pages - 1), geometry) {
                self.ledger.sub(Account::Overhead, table);
                return;
            }
        }
        let spare = extent.resident_pages() * geometry.page_bytes();
        let mut extents = self.lock();
        if self.grow(&mut extents) {
            extents.push(extent);
            return;
        }
        drop(extents);
        drop(extent);
        self.ledger.sub(Account::Spare, spare);
        self.ledger.sub(Account::Overhead, table);
    }

    fn charge_resident(&self, extent: &Extent, geometry: Geometry) -> Result<(), crate::OverLimit> {
        let bytes = extent.resident_pages() * geometry.page_bytes();
        self.ledger.try_add(Account::Spare, bytes)
    }

    /// Makes room for one more in the list, if the ceiling has room for that.
    fn grow(&self, extents: &mut Vec<Extent>) -> bool {
        if extents.len() < extents.capacity() {
            return true;
        }
        let more = extents.len().max(4);
        let bytes = more * size_of::<Extent>();
        if self.ledger.try_add(Account::Overhead, bytes).is_err() {
            return false;
        }
        let is_grown = extents.try_reserve_exact(more).is_ok();
        if !is_grown {
            self.ledger.sub(Account::Overhead, bytes);
        }
        is_grown
    }
}

impl fmt::Debug for Stock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stock")
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}
