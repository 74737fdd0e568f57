//! Hands out arenas and takes them back.
//!
//! Exercised by `tests/ledger.rs` and `tests/stock.rs`.

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use bumpalo::Bump;

use crate::class::{self, Class};
use crate::ledger::{Account, Charge, Ledger};
use crate::shelves::Shelves;
use crate::stock::Stock;

/// Spares may take this part of a full budget. The arena that an eviction frees often has another size than the next
/// request, but a later one will have it.
const SPARE_PART: usize = 32;

/// Makes room when a ledger's limit is reached.
pub trait Reclaim: Send + Sync {
    /// Frees memory, or makes it spare, towards `bytes` more on `account`.
    ///
    /// Called without any lock of the pool. May drop sealed arenas.
    fn reclaim(&self, account: Account, bytes: usize) -> Room;
}

/// What [`Reclaim::reclaim`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Something was freed or is spare now. The request is tried again.
    Made,
    /// There is nothing to free. The request is met all the same, past the limit.
    Exceed,
    /// There is nothing to free. The request fails.
    Refuse,
}

/// Hands out arenas and takes them back.
///
/// ```
/// use std::sync::Arc;
/// use repool_arena::{Account, Ledger, Pool};
///
/// let pool = Pool::new(Arc::new(Ledger::default()));
/// let sealed = pool.seal(&[1, 2, 3])?;
/// assert_eq!(sealed.words(), [1, 2, 3]);
/// assert_eq!(pool.ledger().bytes(Account::Programs), sealed.reserved_bytes());
///
/// drop(sealed);
/// assert_eq!(pool.ledger().bytes(Account::Programs), 0);
/// assert!(pool.ledger().bytes(Account::Spare) > 0);
/// pool.trim();
/// assert_eq!(pool.ledger().bytes(Account::Spare), 0);
/// # Ok::<(), repool_arena::OutOfMemory>(())
/// ```
pub struct Pool {
    ledger: Arc<Ledger>,
    shelves: Shelves,
    reclaim: Option<Weak<dyn Reclaim>>,
    /// A stock that keeps the spares instead, if it is shared. The shelves stay empty then.
    stock: Option<Arc<Stock>>,
}

/// There is no memory for an arena: the allocator has none, or the budget allows none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no memory for an arena")
    }
}

impl std::error::Error for OutOfMemory {}

impl Pool {
    const OWN_BYTES: usize = size_of::<Pool>() + 2 * size_of::<usize>();

    /// Makes a pool that counts on `ledger`. Requests beyond its limit fail.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>) -> Arc<Pool> {
        Pool::build(ledger, None, None)
    }

    /// Makes a pool that counts on `ledger` and keeps its spares in a stock that it shares with other pools. A spare there counts
    /// on the stock's ledger, not on this one.
    #[must_use]
    pub fn with_stock(ledger: Arc<Ledger>, stock: &Arc<Stock>) -> Arc<Pool> {
        Pool::build(ledger, None, Some(Arc::clone(stock)))
    }

    /// Makes a pool that counts on `ledger` and calls `reclaim` when the ledger's limit is reached. With a stock, it keeps spares
    /// there, as [`Pool::with_stock`] does.
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
        Arc::new(Pool {
            ledger,
            shelves: Shelves::default(),
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

    /// A spare of the class, or None: either way with `bytes` charged.
    pub(crate) fn acquire(
        &self,
        class: Option<Class>,
        bytes: usize,
    ) -> Result<Option<Bump>, OutOfMemory> {
        loop {
            if let Some(spare) = class.and_then(|class| self.take_spare(class)) {
                return Ok(Some(spare));
            }
            match self.make_room(Account::Programs, bytes) {
                Ok(true) => return Ok(self.take_shared(class)),
                Ok(false) => {}
                Err(refused) => return Err(refused),
            }
        }
    }

    /// A spare of the class from the stock, if there is one. It is charged here before it is off the ledger there.
    fn take_shared(&self, class: Option<Class>) -> Option<Bump> {
        self.stock.as_ref()?.take(class?)
    }

    /// Charges `bytes` and returns true; or frees something and returns false, so that the caller tries again.
    pub(crate) fn make_room(&self, account: Account, bytes: usize) -> Result<bool, OutOfMemory> {
        if self.ledger.try_add(account, bytes).is_ok() {
            return Ok(true);
        }
        if self.free_spares(bytes, self.ledger.limit() / SPARE_PART) > 0 {
            return Ok(false);
        }
        let reclaim = self.reclaim.as_ref().and_then(Weak::upgrade);
        match reclaim.map_or(Room::Refuse, |r| r.reclaim(account, bytes)) {
            Room::Made => Ok(false),
            _ if self.free_spares(bytes, 0) > 0 => Ok(false),
            Room::Exceed => {
                self.ledger.add(account, bytes);
                Ok(true)
            }
            Room::Refuse => Err(OutOfMemory),
        }
    }

    /// Charges `bytes` that are not an arena, making room for them as [`Pool::seal`] does.
    ///
    /// # Errors
    ///
    /// If the ledger's limit leaves no room.
    pub fn reserve(&self, account: Account, bytes: usize) -> Result<Charge, OutOfMemory> {
        while !self.make_room(account, bytes)? {}
        Ok(Charge::adopt(&self.ledger, account, bytes))
    }

    fn take_spare(&self, class: Class) -> Option<Bump> {
        let spare = self.shelves.take(class, &self.ledger)?;
        self.ledger
            .transfer(Account::Spare, Account::Programs, class.reserved_bytes());
        Some(spare)
    }

    /// Opens an arena for `len` bytes, for which `charged` bytes are charged. Returns it and the bytes that it took.
    pub(crate) fn open(
        &self,
        class: Option<Class>,
        len: usize,
        charged: usize,
    ) -> Result<(Bump, usize), OutOfMemory> {
        let arena = match class {
            Some(class) => class::open(class),
            None => class::open_large(len),
        };
        let Some(arena) = arena else {
            self.ledger.sub(Account::Programs, charged);
            return Err(OutOfMemory);
        };
        // Another version of bumpalo may round otherwise; the ledger tells the truth all the same.
        let reserved = arena.allocated_bytes_including_metadata();
        debug_assert_eq!(reserved, charged, "bumpalo's rounding");
        if reserved > charged {
            self.ledger.add(Account::Programs, reserved - charged);
        } else {
            self.ledger.sub(Account::Programs, charged - reserved);
        }
        Ok((arena, reserved))
    }

    /// Takes back an arena whose `bytes` are on `account`.
    pub(crate) fn give_back(
        &self,
        mut arena: Bump,
        class: Option<Class>,
        account: Account,
        bytes: usize,
    ) {
        let class = class.filter(|c| bytes == c.reserved_bytes());
        if let (Some(stock), Some(class)) = (&self.stock, class) {
            arena.reset();
            stock.put(class, arena);
            self.ledger.sub(account, bytes);
            return;
        }
        let class = class.filter(|_| !self.ledger.is_over_limit());
        let Some(class) = class else {
            drop(arena);
            self.ledger.sub(account, bytes);
            return;
        };
        arena.reset();
        // On the account of spares before it can be taken from the shelf.
        self.ledger.transfer(account, Account::Spare, bytes);
        self.shelves.put(class, arena, &self.ledger);
    }

    /// Frees spare arenas until `bytes` are free or only `keep` bytes are left. Returns the bytes freed.
    fn free_spares(&self, bytes: usize, keep: usize) -> usize {
        let mut freed = 0;
        for class in Class::all().rev() {
            let beyond = self.ledger.bytes(Account::Spare).saturating_sub(keep);
            let wanted = bytes.saturating_sub(freed).min(beyond);
            let count = wanted.div_ceil(class.reserved_bytes());
            freed += self.shelves.free(class, count, &self.ledger);
        }
        freed
    }

    /// Frees all spare arenas, except those of a stock, and returns their bytes. They go back to the allocator;
    /// [`crate::release_free_memory`] asks that to return them to the system.
    pub fn trim(&self) -> usize {
        self.shelves.trim(&self.ledger)
    }

    /// The number of spare arenas, without those of a stock.
    #[must_use]
    pub fn spare_len(&self) -> usize {
        self.shelves.len()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}
