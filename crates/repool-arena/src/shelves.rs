//! The spare arenas of a pool or of a stock: a shelf for each size class, and their bytes on one ledger.
//!
//! What is freed here is freed outside the locks, and off the ledger only then.
//! Exercised by `tests/ledger.rs` and `tests/stock.rs`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bumpalo::Bump;

use crate::class::Class;
use crate::ledger::{Account, Ledger};
use crate::shelf::Shelf;

/// Spare arenas by size class. Under these locks nothing allocates except the list of a shelf; there is no callback and no
/// other lock.
#[derive(Default)]
pub(crate) struct Shelves([Mutex<Shelf>; Class::COUNT]);

impl Shelves {
    /// Empty shelves, each for at most `max_bytes`.
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

    /// Takes a spare, if there is one. It still is on [`Account::Spare`].
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
            // If there was no memory for a list, there is now.
            self.shelf(class).prepare(ledger);
        }
        self.free(class, surplus, ledger);
    }

    /// Frees up to `count` spares and returns their bytes.
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

    /// Frees all spares and the lists of the shelves, and returns their bytes.
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
