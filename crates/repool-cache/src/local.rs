//! One thread's way to a record, so that threads share no count.
//!
//! ```text
//! shard ──► Record ──── first ────► Local of thread A ── next ──► Local of thread B
//!             ▲                      │   ▲       ▲                  │  ▲
//!             └───────── hold ───────┘   │       └ handles of A     │  └ handles of B
//!             └───────── hold ───────────┼──────────────────────────┘
//!                                 weak: a slot in the front of A
//! ```
//!
//! A hit of thread A turns its weak reference into a handle, and a handle that is cloned or dropped counts in the
//! `Local`, which no other thread touches unless it is given a handle.
//!
//! Invariant: a record has locals only while it is cached. So the cycle of record and locals is cut by whatever
//! takes the record out of the cache, [`Record::detach`]; from then on a local lives for as long as
//! its handles do, and a weak reference to it leads nowhere, or to a local that says that it is no longer
//! current. That is how eviction reaches the fronts of threads that never run again: what they keep of an
//! evicted record is the empty shell of a local. `tests/fronts.rs` holds all of this to its word.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, PoisonError};

use repool_arena::Account;

use crate::record::{Place, Record};
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// The bytes of one local behind its `Arc`, on [`Account::Index`] for as long as they are allocated.
pub(crate) const LOCAL_BYTES: usize = size_of::<Local>() + 2 * size_of::<usize>();

// Allocators hand out multiples of 16 bytes. At 96 bytes from one local to the next, no line of 64 bytes
// holds the first 48 bytes of two of them: that is where the count and all that a hit reads are.
const _: () = assert!(LOCAL_BYTES > 80 || size_of::<usize>() < 8);

/// Keeps a record alive, and says goodbye to its store if it was pinned.
#[derive(Clone, Debug)]
pub(crate) struct Hold(
    /// None only inside `drop`.
    Option<Arc<Record>>,
);

impl Hold {
    pub(crate) fn new(record: Arc<Record>) -> Hold {
        Hold(Some(record))
    }
}

impl Deref for Hold {
    type Target = Arc<Record>;

    #[inline]
    fn deref(&self) -> &Arc<Record> {
        self.0.as_ref().expect("a hold is full until it is dropped")
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // A cached record outlives this, a loose one needs no farewell. If the record is evicted at this very
        // moment, it stays among the pinned ones until the next sweep of its shard.
        if let Some(record) = self.0.take()
            && record.place() == Place::Pinned
        {
            Record::release(record);
        }
    }
}

/// What one thread's handles to one record share.
#[repr(C)]
pub(crate) struct Local {
    hold: Hold,
    /// Hits of the thread. Only that thread writes it.
    hits: AtomicU32,
    /// Whether the record is cached still.
    is_current: AtomicBool,
    /// Whether a front's slot refers to this. Then the front takes [`LOCAL_BYTES`] off the ledger, as the
    /// memory stays until that slot is cleared. Only the thread writes it, with a handle in its hands.
    is_slotted: AtomicBool,
    /// The hits that the policy knows of. Used under the lock of the record's list.
    seen: AtomicU32,
    /// Written under the lock of the record's list; a lock of its own as safe code needs one.
    next: Mutex<Option<Arc<Local>>>,
    apart: [usize; 4],
}

impl Local {
    /// A local that a front's slot is going to refer to. [`LOCAL_BYTES`] must be on the ledger already.
    pub(crate) fn new(hold: Hold) -> Arc<Local> {
        Arc::new(Local {
            hold,
            hits: AtomicU32::new(0),
            is_current: AtomicBool::new(true),
            is_slotted: AtomicBool::new(true),
            seen: AtomicU32::new(0),
            next: Mutex::new(None),
            apart: [0; 4],
        })
    }

    #[inline]
    pub(crate) fn record(&self) -> &Arc<Record> {
        &self.hold
    }

    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        self.is_current.load(Ordering::Acquire)
    }

    /// Counts a hit. For the thread whose front refers to this.
    #[inline]
    pub(crate) fn count_hit(&self) {
        // A plain load and store: nobody else writes. Stays at the maximum.
        let hits = self.hits.load(Ordering::Relaxed);
        self.hits.store(hits.saturating_add(1), Ordering::Relaxed);
    }

    /// Notes that no slot refers to it any more. For the thread whose front did.
    pub(crate) fn unslot(&self) {
        self.is_slotted.store(false, Ordering::Relaxed);
    }

    fn next(&self) -> MutexGuard<'_, Option<Arc<Local>>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Local { hits, apart: _, .. } = self;
        f.debug_struct("Local")
            .field("hits", hits)
            .finish_non_exhaustive()
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.hold.add_hits(*self.hits.get_mut());
        if !*self.is_slotted.get_mut() {
            self.hold.image().ledger().sub(Account::Index, LOCAL_BYTES);
        }
    }
}

/// The locals of a record.
#[derive(Default)]
pub(crate) struct Locals(Mutex<Option<Arc<Local>>>);

impl Locals {
    fn first(&self) -> MutexGuard<'_, Option<Arc<Local>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn for_each(&self, mut visit: impl FnMut(&Arc<Local>)) {
        let first = self.first();
        let mut at = first.clone();
        while let Some(local) = at {
            visit(&local);
            at = local.next().clone();
        }
    }
}

impl fmt::Debug for Locals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // They refer back to the record.
        f.write_str("Locals(..)")
    }
}

/// Locals that handles held when their record left the cache. To be dropped outside any lock: this may
/// be the last of them by then, and of the record.
#[derive(Debug)]
pub(crate) struct Detached(Option<Arc<Local>>);

impl Drop for Detached {
    fn drop(&mut self) {
        while let Some(local) = self.0.take() {
            self.0 = local.next().take();
        }
    }
}

impl Record {
    /// Adds a local, unless the record is not cached any more.
    pub(crate) fn attach(&self, local: &Arc<Local>) {
        let mut first = self.locals().first();
        if self.place() == Place::Cached {
            *local.next() = first.take();
            *first = Some(Arc::clone(local));
        } else {
            local.is_current.store(false, Ordering::Release);
        }
    }

    /// Takes one local off, if it is there.
    pub(crate) fn detach_one(&self, gone: &Arc<Local>) {
        let mut first = self.locals().first();
        let mut rest = first.take();
        while let Some(local) = rest {
            rest = local.next().take();
            // The caller holds another reference, so that this one is never the last.
            if !Arc::ptr_eq(&local, gone) {
                *local.next() = first.take();
                *first = Some(local);
            }
        }
    }

    /// Cuts the record off all fronts. It is in no place afterwards, until it is given another.
    ///
    /// Under the lock of the record's shard.
    pub(crate) fn detach(&self) -> Detached {
        let mut rest = {
            let mut first = self.locals().first();
            self.leave();
            first.take()
        };
        let mut held = None;
        while let Some(local) = rest {
            rest = local.next().take();
            local.is_current.store(false, Ordering::Release);
            // Nothing in between: either this was the last reference, and no front can make another,
            // or a handle has one.
            if let Err(local) = Arc::try_unwrap(local) {
                *local.next() = held.take();
                held = Some(local);
            }
        }
        Detached(held)
    }

    /// The hits on fronts since this was last asked: what the policy could not see.
    pub(crate) fn take_recent_hits(&self) -> u32 {
        let mut recent = 0_u32;
        self.locals().for_each(|local| {
            let hits = local.hits.load(Ordering::Relaxed);
            let seen = local.seen.swap(hits, Ordering::Relaxed);
            recent = recent.saturating_add(hits.saturating_sub(seen));
        });
        recent
    }

    /// Tells whether there were hits on fronts that [`Record::take_recent_hits`] did not give yet.
    pub(crate) fn has_recent_hits(&self) -> bool {
        let mut has = false;
        self.locals().for_each(|local| {
            let seen = local.seen.load(Ordering::Relaxed);
            has |= local.hits.load(Ordering::Relaxed) != seen;
        });
        has
    }

    /// The hits on fronts that are not in the record's own count yet.
    pub(crate) fn front_hits(&self) -> u64 {
        let mut hits = 0;
        self.locals()
            .for_each(|local| hits += u64::from(local.hits.load(Ordering::Relaxed)));
        hits
    }

    /// The handles to a cached record, apart from `others` references to it that are none.
    pub(crate) fn pins(self: &Arc<Record>, others: usize) -> usize {
        let (mut locals, mut handles) = (0, 0);
        self.locals().for_each(|local| {
            locals += 1;
            // Without the list's reference and the visitor's.
            handles += Arc::strong_count(local).saturating_sub(2);
        });
        Arc::strong_count(self).saturating_sub(others + locals) + handles
    }

    /// Checks the invariant, and gives the bytes of the locals.
    pub(crate) fn validate_locals(self: &Arc<Record>) -> usize {
        let mut bytes = 0;
        self.locals().for_each(|local| {
            assert!(local.is_current(), "a listed local is current");
            assert!(Arc::ptr_eq(local.record(), self), "a local's own record");
            bytes += LOCAL_BYTES;
        });
        assert!(
            bytes == 0 || self.place() == Place::Cached,
            "only cached records have locals"
        );
        bytes
    }
}
