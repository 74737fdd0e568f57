//! Tables that a hot pattern earns: built by an engine, published once, beside the image.
//!
//! The image stays as it was sealed. What an engine publishes is a second run of words in an arena of
//! its own, on [`Account::Tables`] as long as a cache holds the image, and goes with the image. To
//! publish is allowed to fail: if the ledger's limit leaves no room and a table is large, nothing is evicted
//! for it, and the engine goes on without.
//! Exercised by `tests/dfa.rs` of `repool-vm`.

use std::sync::OnceLock;

use repool_arena::{Account, Charge, Ledger, Sealed};

/// Something is evicted only for tables of one part in so many of the budget.
const TABLE_PART: usize = 64;

/// What hot patterns earn takes at most one part in so many of the budget: the rest is for programs.
const TABLES_PART: usize = 8;

/// Tells whether so many bytes more leave programs their part of the budget.
pub(crate) fn has_room(ledger: &Ledger, bytes: usize) -> bool {
    ledger.bytes(Account::Tables).saturating_add(bytes) <= ledger.limit() / TABLES_PART
}

/// Memory is short if less than one part in so many of the budget is left.
const LEFT_PART: usize = 16;

/// Tells whether the budget is all but used.
pub(crate) fn is_short(ledger: &Ledger) -> bool {
    let limit = ledger.limit();
    ledger.total_bytes() > limit - limit / LEFT_PART
}

/// The place of one image's tables.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// Behind a pointer, so that patterns that never get hot pay for no more than that.
    published: OnceLock<Box<Published>>,
}

#[derive(Debug)]
pub(crate) struct Published {
    arena: Sealed,
    /// The box itself.
    charge: Charge,
}

impl Tables {
    #[inline(always)]
    pub(crate) fn words(&self) -> Option<&[u64]> {
        self.published.get().map(|p| p.arena.words())
    }

    /// Publishes words beside the image in `image`, unless somebody did before.
    #[cold]
    pub(crate) fn publish(&self, image: &Sealed, words: &[u64]) -> Option<&[u64]> {
        if self.published.get().is_none() {
            let (pool, ledger) = (image.pool(), image.ledger());
            let bytes = size_of_val(words) + size_of::<Published>();
            let limit = ledger.limit();
            if !has_room(ledger, bytes) {
                return None;
            }
            if limit.saturating_sub(ledger.total_bytes()) < 2 * bytes {
                // Cold patterns make room for the table of a hot one, but not many of them.
                if bytes > limit / TABLE_PART {
                    return None;
                }
                drop(pool.reserve(Account::Tables, 2 * bytes).ok()?);
            }
            let charge = Charge::try_new(ledger, Account::Tables, size_of::<Published>()).ok()?;
            let arena = pool.seal(words).ok()?;
            arena.set_account(Account::Tables);
            // Another thread may have been faster; its tables are as good.
            let _ = self.published.set(Box::new(Published { arena, charge }));
        }
        // The image may have moved to another account meanwhile, and may again.
        loop {
            let account = image.account();
            self.set_account(account);
            if image.account() == account {
                break;
            }
        }
        self.words()
    }

    /// Takes out what was published: dropping it frees the memory.
    pub(crate) fn take(&mut self) -> Option<Box<Published>> {
        self.published.take()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.published
            .get()
            .map_or(0, |p| p.arena.reserved_bytes() + size_of::<Published>())
    }

    /// Follows the image to an account.
    pub(crate) fn set_account(&self, image: Account) {
        let Some(published) = self.published.get() else {
            return;
        };
        let account = match image {
            Account::Programs => Account::Tables,
            other => other,
        };
        published.arena.set_account(account);
        published.charge.move_to(account);
    }
}
