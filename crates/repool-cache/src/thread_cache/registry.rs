//! What a store knows of its thread caches: their number, their counters, and when they are outdated.
//!
//! Exercised by `tests/thread_cache.rs`.

use std::fmt;
use std::sync::Arc;

use repool_arena::{Account, Ledger};

use crate::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, rank};
use crate::tuning::THREAD_CACHES_PART;

/// The counters of one thread cache, readable from any thread.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Only the thread of the cache writes these two.
    hits: AtomicU64,
    saved_nanos: AtomicU64,
    /// Keeps the counters of two threads on different cache lines.
    _apart: [u64; 7],
}

impl Tally {
    pub(crate) const BYTES: usize = size_of::<Tally>() + 2 * size_of::<usize>();

    #[inline]
    pub(crate) fn count_hit(&self, saved_nanos: u64) {
        // Plain loads and stores, as no other thread writes.
        let hits = self.hits.load(Ordering::Relaxed);
        self.hits.store(hits.wrapping_add(1), Ordering::Relaxed);
        let saved = self.saved_nanos.load(Ordering::Relaxed);
        self.saved_nanos
            .store(saved.wrapping_add(saved_nanos), Ordering::Relaxed);
    }

    fn read(&self) -> Totals {
        Totals {
            hits: self.hits.load(Ordering::Relaxed),
            saved_nanos: self.saved_nanos.load(Ordering::Relaxed),
        }
    }
}

/// The counters of all thread caches together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) hits: u64,
    pub(crate) saved_nanos: u64,
}

impl Totals {
    fn add(&mut self, other: Totals) {
        self.hits += other.hits;
        self.saved_nanos = self.saved_nanos.saturating_add(other.saved_nanos);
    }
}

/// The thread caches of one store.
pub(crate) struct Registry {
    /// A number that no other store of the process has.
    id: u64,
    /// `id`; while the store is off, the id of no store.
    id_in_use: AtomicU64,
    /// A thread cache made before the last change of this is dropped at its next miss, as its slots may hold nothing but empty
    /// references.
    epoch: AtomicU32,
    /// Changes after each `REPORT_PART`th of the records was evicted. Thread caches then report their hits.
    round: AtomicU32,
    len: AtomicUsize,
    tallies: Mutex<Tallies, { rank::REGISTRY }>,
    ledger: Arc<Ledger>,
}

#[derive(Default)]
struct Tallies {
    /// The thread caches there are. The vector's capacity is on [`Account::Index`].
    live: Vec<Arc<Tally>>,
    /// The counters of those that are gone.
    past: Totals,
}

impl Registry {
    /// Bytes of the registry with the counts of its `Arc`.
    pub(crate) const BYTES: usize = size_of::<Registry>() + 2 * size_of::<usize>();

    pub(crate) fn new(ledger: &Arc<Ledger>) -> Registry {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Registry {
            id,
            id_in_use: AtomicU64::new(id),
            epoch: AtomicU32::new(0),
            round: AtomicU32::new(0),
            len: AtomicUsize::new(0),
            tallies: Mutex::default(),
            ledger: Arc::clone(ledger),
        }
    }

    fn tallies(&self) -> MutexGuard<'_, Tallies> {
        self.tallies.lock()
    }

    pub(crate) fn totals(&self) -> Totals {
        let tallies = self.tallies();
        let mut totals = tallies.past;
        tallies.live.iter().for_each(|t| totals.add(t.read()));
        totals
    }

    #[inline]
    pub(crate) fn own_id(&self) -> u64 {
        self.id
    }

    /// The id to find thread caches by. A store that is off has none, so that a hit need not test whether it is.
    #[inline]
    pub(crate) fn id(&self) -> u64 {
        self.id_in_use.load(Ordering::Relaxed)
    }

    /// Hides all thread caches, or shows them again.
    pub(crate) fn switch(&self, on: bool) {
        let id = if on { self.id } else { u64::MAX };
        self.id_in_use.store(id, Ordering::Relaxed);
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch.load(Ordering::Relaxed)
    }

    pub(crate) fn round(&self) -> u32 {
        self.round.load(Ordering::Relaxed)
    }

    pub(crate) fn begin_round(&self) {
        self.round.fetch_add(1, Ordering::Relaxed);
    }

    /// The bytes that one thread cache may take once there are `more` of them.
    pub(crate) fn share(&self, more: usize) -> usize {
        let len = self.len.load(Ordering::Relaxed) + more;
        self.ledger.limit() / THREAD_CACHES_PART / len.max(1)
    }

    /// Makes every thread drop its thread cache at its next miss.
    pub(crate) fn renew(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes on [`Account::Index`] for the list of thread caches.
    pub(crate) fn own_bytes(&self) -> usize {
        self.tallies().live.capacity() * size_of::<Arc<Tally>>()
    }

    /// Adds a thread cache. Returns false if there is no memory for that.
    pub(crate) fn enter(&self, tally: &Arc<Tally>) -> bool {
        let mut tallies = self.tallies();
        let live = &mut tallies.live;
        if live.len() == live.capacity() {
            let more = live.len().max(4);
            let bytes = more * size_of::<Arc<Tally>>();
            if self.ledger.try_add(Account::Index, bytes).is_err() {
                return false;
            }
            live.reserve_exact(more);
        }
        live.push(Arc::clone(tally));
        self.len.store(live.len(), Ordering::Relaxed);
        true
    }

    /// Removes a thread cache and keeps its counts.
    pub(crate) fn leave(&self, tally: &Arc<Tally>) {
        let mut tallies = self.tallies();
        let live = &mut tallies.live;
        if let Some(at) = live.iter().position(|t| Arc::ptr_eq(t, tally)) {
            live.swap_remove(at);
        }
        self.len.store(live.len(), Ordering::Relaxed);
        if live.is_empty() {
            let bytes = live.capacity() * size_of::<Arc<Tally>>();
            *live = Vec::new();
            self.ledger.sub(Account::Index, bytes);
        }
        tallies.past.add(tally.read());
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // Threads may still have thread caches; they find the registry gone.
        let bytes = self.own_bytes();
        self.ledger.sub(Account::Index, bytes);
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Registry { id, len, .. } = self;
        f.debug_struct("Registry")
            .field("id", id)
            .field("len", len)
            .finish_non_exhaustive()
    }
}
