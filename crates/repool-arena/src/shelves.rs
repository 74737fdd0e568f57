//! The spare arenas of a pool or of a stock: a shelf for each size class, and their bytes on one ledger.
//!
//! What is freed here is freed outside the locks, and off the ledger only then.
//! Exercised by `tests/ledger.rs` and `tests/stock.rs`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bumpalo::Bump;

use crate::class::Class;
use crate::ledger::{Account, Ledger};
use crate::shelf::Shelf;

/// Spare arenas by size class. No allocation, no callback and no other lock under these locks, but for the
/// growth of a shelf's own list.
#[derive(Default)]
pub(crate) struct Shelves([Mutex<Shelf>; Class::COUNT]);

impl Shelves {
    /// Empty ones, each for at most so many bytes.
    pub(crate) fn with_max(max_bytes: usize) -> Shelves {
        Shelves(std::array::from_fn(|_| {
            Mutex::new(Shelf::with_max(max_bytes))
        }))
    }

    fn shelf(&self, class: Class) -> MutexGuard<'_, Shelf> {
        // No code that can panic runs under this lock.
        self.0[class.index()]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A spare, if there is one. It is still on [`Account::Spare`].
    pub(crate) fn take(&self, class: Class, ledger: &Ledger) -> Option<Bump> {
        let (spare, surplus) = {
            let mut shelf = self.shelf(class);
            (shelf.take(), shelf.surplus(class))
        };
        self.free(class, surplus, ledger);
        spare
    }

    /// Keeps an empty arena that is on [`Account::Spare`], or frees it if there are enough.
    pub(crate) fn put(&self, class: Class, arena: Bump, ledger: &Ledger) {
        let (put, surplus) = {
            let mut shelf = self.shelf(class);
            (shelf.put(class, arena, ledger), shelf.surplus(class))
        };
        if let Err(arena) = put {
            drop(arena);
            ledger.sub(Account::Spare, class.reserved_bytes());
            // If it was for want of a list, there is memory for one now.
            self.shelf(class).prepare(ledger);
        }
        self.free(class, surplus, ledger);
    }

    /// Frees that many spares, if there are as many, and says how many bytes that was.
    pub(crate) fn free(&self, class: Class, count: usize, ledger: &Ledger) -> usize {
        let mut freed = 0;
        for _ in 0..count {
            let Some(spare) = self.shelf(class).pop() else {
                break;
            };
            drop(spare);
            ledger.sub(Account::Spare, class.reserved_bytes());
            freed += class.reserved_bytes();
        }
        freed
    }

    /// Frees all spares and the shelves' lists, and says how many bytes that were.
    pub(crate) fn trim(&self, ledger: &Ledger) -> usize {
        let mut freed = 0;
        for class in Class::all() {
            let (spares, list_bytes) = {
                let mut shelf = self.shelf(class);
                let list_bytes = shelf.list_bytes();
                (shelf.clear(), list_bytes)
            };
            let bytes = spares.len() * class.reserved_bytes();
            drop(spares);
            ledger.sub(Account::Spare, bytes);
            ledger.sub(Account::Overhead, list_bytes);
            freed += bytes + list_bytes;
        }
        freed
    }

    /// The number of spares.
    pub(crate) fn len(&self) -> usize {
        Class::all().map(|class| self.shelf(class).len()).sum()
    }
}
