//! The scratch memory of threads, counted for the whole process.
//!
//! Scratch belongs to a thread and serves every pattern and every cache, so no cache's ledger holds it.
//! Each owner of some keeps a [`ScratchAccount`] beside it and says how much it is now; when the thread
//! ends, the account is dropped with the memory.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

static TOTAL: AtomicUsize = AtomicUsize::new(0);

/// The bytes of scratch memory that all threads of the process keep now.
#[must_use]
pub fn scratch_bytes() -> usize {
    TOTAL.load(Ordering::Relaxed)
}

/// One owner's share of [`scratch_bytes`].
///
/// ```
/// use repool_arena::scratch::{ScratchAccount, scratch_bytes};
///
/// let before = scratch_bytes();
/// let account = ScratchAccount::new();
/// account.set(4096);
/// account.set(6000);
/// assert_eq!(scratch_bytes(), before + 6000);
/// account.set(1024);
/// drop(account);
/// assert_eq!(scratch_bytes(), before);
/// ```
#[derive(Debug, Default)]
pub struct ScratchAccount {
    bytes: Cell<usize>,
}

impl ScratchAccount {
    /// An account of 0 bytes.
    #[must_use]
    pub const fn new() -> ScratchAccount {
        ScratchAccount {
            bytes: Cell::new(0),
        }
    }

    /// Says how many bytes there are now. Free if there are as many as before.
    #[inline]
    pub fn set(&self, bytes: usize) {
        let before = self.bytes.replace(bytes);
        if bytes > before {
            TOTAL.fetch_add(bytes - before, Ordering::Relaxed);
        } else if bytes < before {
            TOTAL.fetch_sub(before - bytes, Ordering::Relaxed);
        }
    }

    /// The bytes last said.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.get()
    }
}

impl Drop for ScratchAccount {
    fn drop(&mut self) {
        self.set(0);
    }
}
