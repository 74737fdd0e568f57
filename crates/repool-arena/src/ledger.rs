//! Every byte has an account.
//!
//! The total is one atomic of its own, so that a limit holds at every instant and a reader never sees
//! half of a move. The accounts beside it say what the bytes are for; while another thread books, their
//! sum may differ from the total for a moment.
//!
//! Exercised by the tests below and `tests/ledger.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// What bytes are held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Account {
    /// Compiled programs that a cache (or, without a cache, a handle) holds.
    Programs,
    /// Tables that hot patterns earned.
    Tables,
    /// The cache's index: entries, keys, queues.
    Index,
    /// Errors of patterns that did not compile, kept so that asking again costs nothing.
    Errors,
    /// Programs that no cache holds but a handle does: evicted while in use, or too large to cache.
    Pinned,
    /// Free pages that are still resident, kept for the next compile, and spare records.
    Spare,
    /// The part of pages in use that no run takes.
    Slack,
    /// The pool and the cache themselves, empty.
    Overhead,
}

impl Account {
    /// All accounts, in the order of their numbers.
    pub const ALL: [Account; 8] = [
        Account::Programs,
        Account::Tables,
        Account::Index,
        Account::Errors,
        Account::Pinned,
        Account::Spare,
        Account::Slack,
        Account::Overhead,
    ];
}

/// Bytes by account, their total, and the most the total may be.
#[derive(Debug)]
pub struct Ledger {
    /// The sum of the accounts. Changed first on the way up and last on the way down.
    total: AtomicUsize,
    /// The most `total` has been.
    peak: AtomicUsize,
    limit: AtomicUsize,
    /// Bytes of `total` that lie in tables of words.
    words: AtomicUsize,
    accounts: [AtomicUsize; Account::ALL.len()],
}

/// A charge would have passed the ledger's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverLimit;

impl Default for Ledger {
    fn default() -> Ledger {
        Ledger::with_limit(usize::MAX)
    }
}

impl Ledger {
    /// The bytes of the ledger itself behind an `Arc`, for the owner who books them.
    pub const OWN_BYTES: usize = size_of::<Ledger>() + 2 * size_of::<usize>();

    /// An empty ledger that [`Ledger::try_add`] keeps at or under `limit` bytes.
    #[must_use]
    pub fn with_limit(limit: usize) -> Ledger {
        Ledger {
            total: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            limit: AtomicUsize::new(limit),
            words: AtomicUsize::new(0),
            accounts: Default::default(),
        }
    }

    /// The bytes on one account.
    #[must_use]
    pub fn bytes(&self, account: Account) -> usize {
        self.accounts[account as usize].load(Ordering::Relaxed)
    }

    /// The bytes on all accounts, at one instant.
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        self.total.load(Ordering::Acquire)
    }

    /// The most bytes there ever were on all accounts at one instant.
    #[must_use]
    pub fn peak_bytes(&self) -> usize {
        self.peak.load(Ordering::Acquire)
    }

    /// The charged bytes that lie in [`Words`](crate::Words), and so in pages of the system and not in the allocator. The
    /// accounts have them, too.
    #[must_use]
    pub fn word_bytes(&self) -> usize {
        self.words.load(Ordering::Relaxed)
    }

    /// Notes that charged bytes lie in [`Words`](crate::Words).
    pub fn add_words(&self, bytes: usize) {
        self.words.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Notes that such bytes were given back.
    pub fn sub_words(&self, bytes: usize) {
        let before = self.words.fetch_sub(bytes, Ordering::Relaxed);
        debug_assert!(before >= bytes, "words give back more than they hold");
    }

    /// The limit in bytes.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.load(Ordering::Acquire)
    }

    /// Sets another limit. Bytes already charged stay charged.
    pub fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Release);
    }

    /// Tells whether more is charged than the limit allows.
    #[must_use]
    pub fn is_over_limit(&self) -> bool {
        self.total_bytes() > self.limit()
    }

    /// Charges bytes, whatever the limit. Whoever adds takes them off again: see [`Charge`] for a
    /// value that does so when it is dropped.
    pub fn add(&self, account: Account, bytes: usize) {
        let total = self.total.fetch_add(bytes, Ordering::AcqRel) + bytes;
        self.note(account, bytes, total);
    }

    /// Charges bytes if the total stays within the limit.
    ///
    /// # Errors
    ///
    /// If it would not; nothing is charged then.
    pub fn try_add(&self, account: Account, bytes: usize) -> Result<(), OverLimit> {
        let limit = self.limit();
        let add = |total: usize| total.checked_add(bytes).filter(|&sum| sum <= limit);
        let before = self
            .total
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, add)
            .map_err(|_| OverLimit)?;
        self.note(account, bytes, before + bytes);
        Ok(())
    }

    fn note(&self, account: Account, bytes: usize, total: usize) {
        self.accounts[account as usize].fetch_add(bytes, Ordering::Relaxed);
        self.peak.fetch_max(total, Ordering::AcqRel);
    }

    /// Takes bytes off an account, after they were given back to the system or the allocator.
    pub fn sub(&self, account: Account, bytes: usize) {
        let before = self.accounts[account as usize].fetch_sub(bytes, Ordering::Relaxed);
        debug_assert!(before >= bytes, "{account:?} gives back more than it holds");
        self.total.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Moves bytes between accounts. The total stays as it is.
    pub fn transfer(&self, from: Account, to: Account, bytes: usize) {
        if from != to {
            let before = self.accounts[from as usize].fetch_sub(bytes, Ordering::Relaxed);
            debug_assert!(before >= bytes, "{from:?} gives away more than it holds");
            self.accounts[to as usize].fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

/// Bytes on an account, taken off when it is dropped.
///
/// For whatever is not a run of a pool: the heap of a delegated engine, a table that is about to grow.
#[derive(Debug)]
pub struct Charge {
    ledger: Arc<Ledger>,
    /// An [`Account`], by number.
    account: AtomicU8,
    bytes: usize,
}

impl Charge {
    /// Charges bytes, whatever the limit.
    #[must_use]
    pub fn new(ledger: &Arc<Ledger>, account: Account, bytes: usize) -> Charge {
        ledger.add(account, bytes);
        Charge::adopt(ledger, account, bytes)
    }

    /// Charges bytes if the ledger's total stays within its limit.
    ///
    /// # Errors
    ///
    /// If it would not; nothing is charged then.
    pub fn try_new(
        ledger: &Arc<Ledger>,
        account: Account,
        bytes: usize,
    ) -> Result<Charge, OverLimit> {
        ledger.try_add(account, bytes)?;
        Ok(Charge::adopt(ledger, account, bytes))
    }

    /// Takes over bytes that were added before.
    pub(crate) fn adopt(ledger: &Arc<Ledger>, account: Account, bytes: usize) -> Charge {
        Charge {
            ledger: Arc::clone(ledger),
            account: AtomicU8::new(account as u8),
            bytes,
        }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The ledger they are on.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// The account they are on.
    #[must_use]
    pub fn account(&self) -> Account {
        Account::ALL[self.account.load(Ordering::Relaxed) as usize]
    }

    /// Moves the bytes to another account.
    pub fn move_to(&self, account: Account) {
        let before = self.account.swap(account as u8, Ordering::Relaxed);
        let before = Account::ALL[before as usize];
        self.ledger.transfer(before, account, self.bytes);
    }

    /// Leaves the bytes charged: somebody else takes them off.
    pub fn keep(mut self) -> usize {
        std::mem::take(&mut self.bytes)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.ledger.sub(self.account(), self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_whoever_races() {
        let ledger = Arc::new(Ledger::with_limit(1000));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for i in 0..2000 {
                        let charge = Charge::try_new(&ledger, Account::Index, i % 400);
                        if let Ok(charge) = charge {
                            charge.move_to(Account::Pinned);
                        }
                    }
                });
            }
        });
        assert!(ledger.peak_bytes() <= 1000, "{ledger:?}");
        assert_eq!(ledger.total_bytes(), 0);
        assert!(Account::ALL.iter().all(|&a| ledger.bytes(a) == 0));
    }

    #[test]
    fn accounts_are_numbered_in_order() {
        for (at, account) in Account::ALL.into_iter().enumerate() {
            assert_eq!(account as usize, at);
        }
    }

    #[test]
    fn no_sum_overflows() {
        let ledger = Arc::new(Ledger::default());
        ledger.add(Account::Index, 1);
        assert_eq!(
            Charge::try_new(&ledger, Account::Index, usize::MAX).unwrap_err(),
            OverLimit
        );
        assert_eq!(ledger.total_bytes(), 1);
    }

    #[test]
    fn exactly_full_is_not_over() {
        let ledger = Ledger::with_limit(10);
        ledger.try_add(Account::Index, 10).unwrap();
        assert!(!ledger.is_over_limit());
        assert_eq!(ledger.try_add(Account::Index, 1), Err(OverLimit));
        ledger.add(Account::Index, 1);
        assert!(ledger.is_over_limit());
    }

    #[test]
    fn a_kept_charge_stays() {
        let ledger = Arc::new(Ledger::default());
        assert_eq!(Charge::new(&ledger, Account::Index, 7).keep(), 7);
        assert_eq!(ledger.bytes(Account::Index), 7);
    }
}
