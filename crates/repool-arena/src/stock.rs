//! Spare arenas that several pools share.
//!
//! ```text
//! pool of cache A ── arena dropped: off A's ledger ──▶ Stock ── taken: on B's ledger ──▶ pool of cache B
//!                                                  on the stock's own
//! ```
//!
//! A shared spare counts on the stock's ledger and on no other. Each cache's budget bounds what that cache holds; the
//! stock's limit bounds what all of them keep for later. The sum of all ledgers is what the allocator was asked for, which
//! `tests/stock.rs` checks.
//!
//! Exercised by `tests/stock.rs`.

use std::fmt;
use std::sync::Arc;

use bumpalo::Bump;

use crate::class::Class;
use crate::ledger::{Account, Ledger};
use crate::shelves::Shelves;

/// Spare arenas that several pools share, under one ceiling.
///
/// Kept is what was needed of late by all of them together, and never more than the ceiling.
///
/// ```
/// use std::sync::Arc;
/// use repool_arena::{Ledger, Pool, Stock};
///
/// let stock = Stock::new(64 << 10);
/// let [a, b] = [(); 2].map(|()| Pool::with_stock(Arc::new(Ledger::default()), &stock));
/// let empty = b.ledger().total_bytes();
///
/// drop(a.seal(&[1, 2, 3])?);
/// assert_eq!((stock.spare_len(), a.ledger().total_bytes()), (1, empty));
/// let sealed = b.seal(&[4, 5, 6])?; // in the arena that was just given back
/// assert_eq!((stock.spare_len(), b.ledger().total_bytes()), (0, empty + sealed.reserved_bytes()));
/// # Ok::<(), repool_arena::OutOfMemory>(())
/// ```
pub struct Stock {
    ledger: Ledger,
    shelves: Shelves,
}

impl Stock {
    const OWN_BYTES: usize = size_of::<Stock>() + 2 * size_of::<usize>();

    /// Makes an empty stock of at most `max_bytes`, itself included: below a kilobyte it keeps nothing.
    #[must_use]
    pub fn new(max_bytes: usize) -> Arc<Stock> {
        let ledger = Ledger::with_limit(max_bytes);
        ledger.add(Account::Overhead, Stock::OWN_BYTES);
        Arc::new(Stock {
            ledger,
            shelves: Shelves::with_max(max_bytes),
        })
    }

    /// What the spares count to, and the stock itself. Its limit is the ceiling.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The number of spare arenas.
    #[must_use]
    pub fn spare_len(&self) -> usize {
        self.shelves.len()
    }

    /// Frees all spare arenas and says how many bytes that were.
    pub fn trim(&self) -> usize {
        self.shelves.trim(&self.ledger)
    }

    /// A spare, if there is one. It is on no ledger of the stock from now on.
    pub(crate) fn take(&self, class: Class) -> Option<Bump> {
        let spare = self.shelves.take(class, &self.ledger)?;
        self.ledger.sub(Account::Spare, class.reserved_bytes());
        Some(spare)
    }

    /// Keeps an empty arena, or frees it if there are enough.
    pub(crate) fn put(&self, class: Class, arena: Bump) {
        let bytes = class.reserved_bytes();
        if self.ledger.try_add(Account::Spare, bytes).is_err() {
            return;
        }
        self.shelves.put(class, arena, &self.ledger);
    }
}

impl fmt::Debug for Stock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stock")
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}
