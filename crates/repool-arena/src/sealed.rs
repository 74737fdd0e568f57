//! A run of words that never changes again, readable from any thread.
//!
//! The run lies in memory of a pool's heap, at an address that is kept here. Reading an image is on the path of every
//! search; the safe line this replaces is an index into a `Box<[u64]>`, which is an allocation of its own.
//!
//! With `--cfg repool_sanitize`, and under Miri, the words do not lie where the heap says but in an allocation of their own,
//! freed when the run is. Then a sanitizer finds a read after the run is freed or moved. The heap does the same work.
//!
//! `tests/sealed.rs` reads runs from several threads while others are freed and moved around them.
//!
//! Exercised by `tests/sealed.rs`.
#![allow(
    unsafe_code,
    reason = "words at an address that the heap gave; see above"
)]

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::heap::{BLOCK_RUN_BYTES_MAX, Heap, Place};
use crate::ledger::{Account, Ledger};
use crate::pool::{OutOfMemory, Pool};

/// Words in memory of a pool. Dropping it frees the memory.
///
/// The fields are in this order so that a lookup in a cache finds the first two on the cache line of its record.
#[repr(C)]
pub struct Sealed {
    /// The words: written before this was made, or by `relocate`, and never else.
    words: NonNull<u64>,
    words_len: u32,
    /// Where the heap has the run, which belongs to this value alone.
    place: Place,
    /// An [`Account`], by number.
    account: AtomicU8,
    pool: Arc<Pool>,
}

// SAFETY: `words` points into memory that belongs to this value until it frees its place, and that is not bound to a thread.
unsafe impl Send for Sealed {}

// SAFETY: through `&Sealed` only `words` are read, which nobody writes, and an atomic and plain fields are.
unsafe impl Sync for Sealed {}

impl Pool {
    /// Copies `words` into a run of their own, on [`Account::Programs`].
    ///
    /// Takes a hole of a page in use, else a free page, else charges the ledger and takes one more page of the system.
    ///
    /// # Errors
    ///
    /// If the system has no memory, or the ledger's limit leaves no room for it.
    pub fn seal(self: &Arc<Pool>, words: &[u64]) -> Result<Sealed, OutOfMemory> {
        self.seal_on(Account::Programs, words)
    }

    /// Copies `words` into a run of their own, on an account of the caller's choice.
    ///
    /// # Errors
    ///
    /// If the system has no memory, or the ledger's limit leaves no room for it.
    pub fn seal_on(
        self: &Arc<Pool>,
        account: Account,
        words: &[u64],
    ) -> Result<Sealed, OutOfMemory> {
        let words_len = u32::try_from(words.len()).map_err(|_| OutOfMemory)?;
        let (place, address) = self.take(size_of_val(words), account)?;
        Ok(Sealed {
            words: write(words, address),
            words_len,
            place,
            account: AtomicU8::new(account as u8),
            pool: Arc::clone(self),
        })
    }
}

/// Copies words to where the heap has room for them.
#[cfg(not(any(miri, repool_sanitize)))]
fn write(words: &[u64], address: NonNull<u8>) -> NonNull<u64> {
    let address = address.cast::<u64>();
    debug_assert!(address.is_aligned());
    // SAFETY: the heap has just given this run to the caller alone: as many bytes as the words take, inside of a live map, at
    // a multiple of 16 bytes. So nothing else reads or writes it, and `words` does not overlap with it.
    unsafe {
        address.copy_from_nonoverlapping(NonNull::from(words).cast(), words.len());
    }
    address
}

/// Copies words to an allocation of their own.
#[cfg(any(miri, repool_sanitize))]
fn write(words: &[u64], _: NonNull<u8>) -> NonNull<u64> {
    NonNull::from(Box::leak(Box::<[u64]>::from(words))).cast()
}

impl Sealed {
    /// The words.
    #[inline(always)]
    #[must_use]
    pub fn words(&self) -> &[u64] {
        // SAFETY: `write` put `words_len` words at this address. The run belongs to this value, so they stay there
        // unwritten until `drop` or `relocate` frees it, and both have `&mut self`, so no slice made here is alive then.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr(), self.words_len as usize) }
    }

    fn len(&self) -> usize {
        self.words_len as usize * size_of::<u64>()
    }

    /// Returns the bytes that it takes: whole granules of a block, or whole pages.
    #[must_use]
    pub fn reserved_bytes(&self) -> usize {
        self.pool.run_bytes(self.len())
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
        self.ledger()
            .transfer(before, account, self.reserved_bytes());
    }

    /// Tells whether a compaction wants it moved.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.len() <= BLOCK_RUN_BYTES_MAX && is_draining(&mut self.pool.heap(), self.place)
    }

    /// Moves the words into a hole of another block, if a compaction wants that and finds one. Returns whether it did.
    ///
    /// No page is charged for it, and no account changes.
    pub fn relocate(&mut self) -> bool {
        if self.len() > BLOCK_RUN_BYTES_MAX {
            return false;
        }
        let pool = Arc::clone(&self.pool);
        let granules = pool.geometry().granules(self.len());
        let mut heap = pool.heap();
        if !is_draining(&mut heap, self.place) {
            return false;
        }
        let Some(place) = heap.take_hole(granules) else {
            return false;
        };
        let words = write(self.words(), heap.address(place));
        free(std::mem::replace(&mut self.words, words), self.words_len);
        heap.release_hole(std::mem::replace(&mut self.place, place), granules);
        true
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

fn is_draining(heap: &mut Heap, place: Place) -> bool {
    heap.is_compacting && heap.block_mut(place >> 10).is_draining
}

/// Frees what [`write`] allocated.
#[cfg(not(any(miri, repool_sanitize)))]
fn free(_: NonNull<u64>, _: u32) {}

/// Frees what [`write`] allocated.
#[cfg(any(miri, repool_sanitize))]
fn free(words: NonNull<u64>, words_len: u32) {
    let words = NonNull::slice_from_raw_parts(words, words_len as usize);
    // SAFETY: `write` leaked a box of `words_len` words at this address, and the caller keeps no other copy of it.
    drop(unsafe { Box::from_raw(words.as_ptr()) });
}

impl Drop for Sealed {
    fn drop(&mut self) {
        free(self.words, self.words_len);
        self.pool.release(self.place, self.len(), self.account());
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("words_len", &self.words_len)
            .field("reserved_bytes", &self.reserved_bytes())
            .field("account", &self.account())
            .finish_non_exhaustive()
    }
}
