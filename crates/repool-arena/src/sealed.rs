//! An arena whose contents never change again, readable from any thread.
//!
//! `bumpalo::Bump` is not `Sync`, because allocating goes through `&Bump`; and a slice in it borrows it,
//! so that the two cannot stand in one struct. Neither matters once nothing is ever allocated again: this
//! file, the only one of the crate with unsafe memory access, keeps the slice's address beside the arena and never
//! touches the arena again until it owns it alone. Reading an image is on the path of every search;
//! the safe line this replaces is an index into a `Box<[u64]>`, without any of an arena's use.
//!
//! `tests/sealed.rs` reads images from several threads while others are recycled; under AddressSanitizer or Miri
//! it fails if an arena is ever recycled too early.
//!
//! Exercised by `tests/sealed.rs`.
#![allow(
    unsafe_code,
    reason = "an arena and the slice inside it, in one value; see above"
)]

use std::fmt;
use std::mem;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bumpalo::Bump;

use crate::class::{self, Class};
use crate::ledger::{Account, Ledger};
use crate::pool::{OutOfMemory, Pool};

/// One image in one arena. Dropping it gives the arena back to its pool.
pub struct Sealed {
    /// The image: the only live allocation in `arena`, written before it was put here and never after.
    words: NonNull<u64>,
    words_len: u32,
    /// None for an arena that is too large to be kept as a spare.
    class: Option<Class>,
    /// An [`Account`], by number.
    account: AtomicU8,
    /// Not used in any way while `self` lives, only moved out with `&mut self`.
    arena: Bump,
    /// Larger than the words: the chunk and its footer.
    reserved_bytes: usize,
    pool: Arc<Pool>,
}

// SAFETY: `Bump` and `Arc<Pool>` are `Send`, and `words` points into memory that `arena` owns and that
// moves with it.
unsafe impl Send for Sealed {}

// SAFETY: through `&Sealed` only `words` are read, which nobody writes, and atomics and plain fields are.
// No method taking `&self` uses `arena`, the one field that is not `Sync`: not even `Debug` does.
unsafe impl Sync for Sealed {}

impl Pool {
    /// Copies `words` into an arena of the right size class, sealed, on [`Account::Programs`].
    ///
    /// Takes a spare arena if there is one; else charges the ledger, then asks the allocator.
    ///
    /// # Errors
    ///
    /// If the allocator has no memory, or the ledger's limit leaves no room for it.
    pub fn seal(self: &Arc<Pool>, words: &[u64]) -> Result<Sealed, OutOfMemory> {
        let len = size_of_val(words);
        let class = Class::of(len);
        let reserved = class.map_or(class::large_bytes(len), Class::reserved_bytes);
        let (arena, reserved) = match self.acquire(class, reserved)? {
            Some(spare) => (spare, reserved),
            None => self.open(class, len, reserved)?,
        };
        Sealed::new(arena, class, words, reserved, self).map_err(|arena| {
            drop(arena);
            self.ledger().sub(Account::Programs, reserved);
            OutOfMemory
        })
    }
}

impl Sealed {
    /// Copies `words` into an empty arena and closes it.
    ///
    /// `reserved_bytes` are on [`Account::Programs`] already. On failure the arena is returned as the error.
    pub(crate) fn new(
        arena: Bump,
        class: Option<Class>,
        words: &[u64],
        reserved_bytes: usize,
        pool: &Arc<Pool>,
    ) -> Result<Sealed, Bump> {
        let Ok(words_len) = u32::try_from(words.len()) else {
            return Err(arena);
        };
        let Ok(copy) = arena.try_alloc_slice_copy(words) else {
            return Err(arena);
        };
        Ok(Sealed {
            words: NonNull::from(copy).cast(),
            words_len,
            class,
            account: AtomicU8::new(Account::Programs as u8),
            arena,
            reserved_bytes,
            pool: Arc::clone(pool),
        })
    }

    /// The image.
    #[inline(always)]
    #[must_use]
    pub fn words(&self) -> &[u64] {
        // SAFETY: `new`, or `relocate` later, got `words_len` initialised words at this address from `arena`, whose
        // chunks do not move. They stay allocated and unwritten until `drop` or `relocate` moves the arena out, and
        // both have `&mut self`, so no slice made here is alive then.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr(), self.words_len as usize) }
    }

    /// Returns the bytes that the allocator was asked for: those in use and those that are not.
    #[must_use]
    pub fn reserved_bytes(&self) -> usize {
        self.reserved_bytes
    }

    /// The account its bytes are on.
    #[must_use]
    pub fn account(&self) -> Account {
        Account::ALL[self.account.load(Ordering::Relaxed) as usize]
    }

    /// Moves its bytes to another account.
    pub fn set_account(&self, account: Account) {
        let before = self.account.swap(account as u8, Ordering::Relaxed);
        let before = Account::ALL[before as usize];
        self.ledger().transfer(before, account, self.reserved_bytes);
    }

    /// Copies the image into another arena of the same size, which takes the place of this one in the ledger, and returns the
    /// memory that it was in. `None` if the size is not one that is kept as a spare, or the allocator has no memory.
    pub fn relocate(&mut self) -> Option<Vacated> {
        let arena = class::open(self.class?)?;
        let copy = arena.try_alloc_slice_copy(self.words()).ok()?;
        let words = NonNull::from(copy).cast();
        if arena.allocated_bytes_including_metadata() != self.reserved_bytes {
            return None;
        }
        self.words = words;
        Some(Vacated {
            _arena: mem::replace(&mut self.arena, arena),
        })
    }

    /// The pool it came from.
    #[must_use]
    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// The ledger its bytes are on.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        self.pool.ledger()
    }
}

/// The memory that an image was moved out of, on no account of a ledger.
///
/// Dropping it gives it back to the allocator and not to a pool: a spare there would be no better than what it was.
pub struct Vacated {
    _arena: Bump,
}

impl fmt::Debug for Vacated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vacated(..)")
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        // An empty `Bump` allocates nothing.
        let arena = mem::replace(&mut self.arena, Bump::new());
        self.pool
            .give_back(arena, self.class, self.account(), self.reserved_bytes);
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("words_len", &self.words_len)
            .field("reserved_bytes", &self.reserved_bytes)
            .field("account", &self.account())
            .finish_non_exhaustive()
    }
}
