//! One thread's reference to a record, so that threads share no reference count.
//!
//! ```text
//! shard ──► Record ──── first ────► ThreadRef of A ───── next ──► ThreadRef of B
//!             ▲                      │   ▲    ▲                    │   ▲
//!             │                 anchor   │   a slot of A's         │   │
//!             │                      ▼   │   thread cache          ▼   │
//!             ├──────── hold ───── ThreadHold  ◄── handles of A   ThreadHold ◄── handles of B
//!             └──────── hold ────────────────────────────────────────┘
//! ```
//!
//! A hit of thread A finds the [`ThreadRef`] and takes a handle from it. Handles of A count in the [`ThreadHold`], which
//! other threads touch only if they are given a handle. The handle that A dropped last is parked in the reference
//! (`entry/parked.rs`).
//!
//! # Invariant
//!
//! A reference has an anchor, which keeps its hold alive without handles, only while the record is cached. Whatever takes
//! the record out of the cache calls [`Record::detach`], which cuts that cycle. From then on a hold lives as long as its
//! handles, and a reference leads to a hold that is no longer current, or to none.
//!
//! So eviction reaches the caches of threads that never run again: all that they keep of an evicted record is an empty
//! reference. `tests/thread_cache.rs` tests this.
//!
//! Exercised by `tests/thread_cache.rs` and, in every order of threads, `tests/model.rs`.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Weak};

use repool_arena::slab::Shared;
use repool_arena::{Account, Ledger};

use crate::entry::parked::Parked;
use crate::entry::record::{Place, RecordOf};
use crate::key::Key;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard, rank};
use crate::thread_cache::inline_key::InlineKey;

/// Bytes of a reference and its hold behind their `Arc`s. On [`Account::Index`] while the reference lives, as the `Weak` in
/// it keeps the memory of the hold.
pub(crate) const THREAD_REF_BYTES: usize =
    size_of::<ThreadRef>() + size_of::<ThreadHold>() + 4 * size_of::<usize>();

// Allocators hand out multiples of 16 bytes. With references 96 bytes apart, no cache line of 64 bytes holds the first
// 48 bytes of two of them. A hit writes only to those.
const _: () = assert!(size_of::<ThreadRef>() + 16 > 80 || size_of::<usize>() < 8);

/// A record with the links that the cache uses.
pub(crate) type Record = RecordOf<Links>;

/// A counted reference to a record.
pub(crate) type RecordRef = Shared<Record>;

/// Bytes of one record in its slab. On [`Account::Index`] while it lives.
pub(crate) const RECORD_BYTES: usize = Record::BYTES;

/// The store of a record, to which the handle of a pinned record returns it.
pub(crate) trait Home: Send + Sync {
    /// Takes back the reference of a handle. Frees the record if it was the last.
    fn release(&self, record: RecordRef);
}

/// What a record is linked to.
#[derive(Default)]
pub(crate) struct Links {
    /// The store of the record, if it has one.
    home: Option<Weak<dyn Home>>,
    /// The references of thread caches, and those that led to handles when the record left the cache. Empty if the record was
    /// never cached.
    thread_refs: Mutex<Option<Arc<ThreadRef>>, { rank::REFERENCES }>,
}

impl Links {
    pub(crate) fn to(home: Weak<dyn Home>) -> Links {
        let mut links = Links::default();
        links.home = Some(home);
        links
    }

    fn first(&self) -> MutexGuard<'_, Option<Arc<ThreadRef>>> {
        self.thread_refs.lock()
    }

    /// Calls `visit` with each reference that is current.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&Arc<ThreadRef>)) {
        let first = self.first();
        let mut at = first.clone();
        while let Some(thread_ref) = at {
            if thread_ref.is_current() {
                visit(&thread_ref);
            }
            at = thread_ref.neighbours().next.clone();
        }
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The references lead back to the record.
        f.write_str("Links(..)")
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        // In a loop: dropping the list would recurse.
        let mut rest = self.first().take();
        while let Some(thread_ref) = rest {
            rest = thread_ref.neighbours().next.take();
        }
    }
}

/// A counted reference to a record. Returns a pinned record to its store when dropped.
#[derive(Clone, Debug)]
pub(crate) struct Hold(
    /// `None` only inside `drop`.
    Option<RecordRef>,
);

impl Hold {
    pub(crate) fn new(record: RecordRef) -> Hold {
        Hold(Some(record))
    }
}

impl Deref for Hold {
    type Target = RecordRef;

    #[inline]
    fn deref(&self) -> &RecordRef {
        self.0.as_ref().expect("a hold is full until it is dropped")
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // The store holds a cached record, and nothing waits for a loose one. A record that is evicted at this very moment
        // stays in the pinned queue until the next sweep of its shard.
        if let Some(record) = self.0.take()
            && record.place() == Place::Pinned
            && let Some(home) = record.links.home.as_ref().and_then(Weak::upgrade)
        {
            home.release(record);
        }
    }
}

/// A hold on a record that all handles of one thread share, and count in.
pub(crate) struct ThreadHold {
    hold: Hold,
    thread_ref: Arc<ThreadRef>,
}

impl ThreadHold {
    #[inline]
    pub(crate) fn record(&self) -> &RecordRef {
        &self.hold
    }

    /// Tells whether the record has this text.
    #[inline(never)]
    fn is(&self, key: &Key<'_>) -> bool {
        self.hold.image().text_bytes() == key.text.as_bytes()
    }

    #[inline]
    pub(crate) fn parked(&self) -> &Parked<ThreadHold> {
        &self.thread_ref.parked
    }
}

impl fmt::Debug for ThreadHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadHold").finish_non_exhaustive()
    }
}

impl Drop for ThreadHold {
    fn drop(&mut self) {
        self.hold
            .add_hits(self.thread_ref.hits.load(Ordering::Relaxed));
    }
}

/// One thread's reference to a record.
#[repr(C)]
pub(crate) struct ThreadRef {
    /// Open while the record is cached and the thread cache has this reference.
    parked: Parked<ThreadHold>,
    /// Hits of the thread, which alone writes it.
    pub(super) hits: AtomicU64,
    thread_hold: Weak<ThreadHold>,
    /// The record's compile time, for `Tally::count_hit`.
    compile_nanos: u64,
    inline_key: InlineKey,
    /// The lowest bits of `hits` at the last `ThreadCache::report`. Only the thread uses it.
    reported: AtomicU32,
    /// The lowest bits of `hits` that the policy has counted. Used under the lock of the record's list.
    pub(super) seen: AtomicU32,
    /// Written under the lock of the record's list; safe code needs a lock of its own.
    neighbours: Mutex<Neighbours, { rank::NEIGHBOURS }>,
    ledger: Arc<Ledger>,
}

#[derive(Default)]
struct Neighbours {
    /// Keeps the hold of a cached record alive.
    anchor: Option<Arc<ThreadHold>>,
    next: Option<Arc<ThreadRef>>,
}

impl ThreadRef {
    /// Makes this thread's reference to a cached record, and a first handle. The caller has charged [`THREAD_REF_BYTES`].
    pub(crate) fn new(hold: Hold, thread: u64) -> (Arc<ThreadRef>, Arc<ThreadHold>) {
        let ledger = Arc::clone(hold.image().ledger());
        let inline_key = InlineKey::new(hold.image().text_bytes(), hold.options);
        let compile_nanos = hold.compile_nanos();
        let thread_hold = Arc::new_cyclic(|thread_hold| ThreadHold {
            hold,
            thread_ref: Arc::new(ThreadRef {
                parked: Parked::new(thread),
                hits: AtomicU64::new(0),
                thread_hold: Weak::clone(thread_hold),
                compile_nanos,
                inline_key,
                reported: AtomicU32::new(0),
                seen: AtomicU32::new(0),
                neighbours: Mutex::default(),
                ledger,
            }),
        });
        thread_hold.record().attach(&thread_hold);
        (Arc::clone(&thread_hold.thread_ref), thread_hold)
    }

    /// Does what [`ThreadRef::take`] does for most hits, with no call and no drop: the key is short and a handle is parked.
    #[inline]
    pub(crate) fn take_parked(&self, key: &Key<'_>) -> Option<Arc<ThreadHold>> {
        // If the record is evicted between two of these tests, the request counts as one just before that.
        if !self.inline_key.is(key) || !self.is_current() || !self.parked.is_parked() {
            return None;
        }
        let thread_hold = self.parked.take()?;
        self.count_hit();
        Some(thread_hold)
    }

    /// Returns a handle and counts a hit, if this leads to the requested record and that is still cached. Called by the thread
    /// whose cache has this reference.
    pub(crate) fn take(&self, key: &Key<'_>) -> Option<Arc<ThreadHold>> {
        let is_short = self.inline_key.is(key);
        if !is_short && !self.inline_key.may_be(key) {
            return None;
        }
        let thread_hold = match self.parked.take() {
            Some(thread_hold) => thread_hold,
            None => self.thread_hold.upgrade()?,
        };
        if self.is_current() && (is_short || thread_hold.is(key)) {
            self.count_hit();
            return Some(thread_hold);
        }
        if self.is_current() {
            Parked::park(thread_hold, ThreadHold::parked);
        }
        None
    }

    #[inline]
    fn count_hit(&self) {
        // A plain load and store, as no other thread writes.
        let hits = self.hits.load(Ordering::Relaxed);
        self.hits.store(hits + 1, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn compile_nanos(&self) -> u64 {
        self.compile_nanos
    }

    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        self.parked.is_open()
    }

    /// Takes the reference out of its record's list. Called by the thread whose cache had it.
    pub(crate) fn close(self: &Arc<ThreadRef>) {
        self.parked.close();
        let parked = self.parked.take();
        if let Some(thread_hold) = self.thread_hold.upgrade() {
            thread_hold.record().detach_one(self);
        }
        drop(parked);
    }

    /// Returns a handle if there were hits since the previous call. Called by the thread whose cache has this.
    pub(crate) fn unreported(&self) -> Option<Arc<ThreadHold>> {
        let hits = self.hits.load(Ordering::Relaxed) as u32;
        let is_new = self.reported.load(Ordering::Relaxed) != hits && self.is_current();
        self.reported.store(hits, Ordering::Relaxed);
        is_new.then(|| self.thread_hold.upgrade()).flatten()
    }

    /// Returns the hits since the previous call. Called under the lock of the record's list.
    pub(super) fn take_recent_hits(&self) -> u32 {
        let hits = self.hits.load(Ordering::Relaxed) as u32;
        hits.wrapping_sub(self.seen.swap(hits, Ordering::Relaxed))
    }

    fn neighbours(&self) -> MutexGuard<'_, Neighbours> {
        self.neighbours.lock()
    }

    /// The handles that users hold: all counts of the hold but `others` and the parked one.
    fn handles(&self, others: usize) -> usize {
        let others = others + usize::from(self.parked.is_parked());
        self.thread_hold.strong_count().saturating_sub(others)
    }
}

impl Drop for ThreadRef {
    fn drop(&mut self) {
        self.ledger.sub(Account::Index, THREAD_REF_BYTES);
    }
}

/// A record that left the cache while handles held it. Dropped outside every lock, as it may then free the record.
#[derive(Debug)]
pub(crate) struct Detached(Option<Hold>);

impl Drop for Detached {
    fn drop(&mut self) {
        if let Some(record) = &self.0 {
            record.release_strays();
        }
    }
}

impl Record {
    /// Adds a reference, unless the record is no longer cached.
    fn attach(&self, thread_hold: &Arc<ThreadHold>) {
        let mut first = self.links.first();
        if self.place() == Place::Cached {
            *thread_hold.thread_ref.neighbours() = Neighbours {
                anchor: Some(Arc::clone(thread_hold)),
                next: first.take(),
            };
            *first = Some(Arc::clone(&thread_hold.thread_ref));
        } else {
            thread_hold.thread_ref.parked.close();
        }
    }

    /// Removes one reference from the list, if it is there.
    fn detach_one(&self, gone: &Arc<ThreadRef>) {
        let mut first = self.links.first();
        let mut rest = first.take();
        while let Some(thread_ref) = rest {
            let mut neighbours = thread_ref.neighbours();
            rest = neighbours.next.take();
            if Arc::ptr_eq(&thread_ref, gone) {
                // The caller has a count of the hold too, so this is never the last.
                neighbours.anchor = None;
                drop(neighbours);
                self.warm_by(thread_ref.take_recent_hits());
            } else {
                neighbours.next = first.take();
                drop(neighbours);
                *first = Some(thread_ref);
            }
        }
    }

    /// Cuts the record off all thread caches. It is in no place until it is given another.
    ///
    /// Called under the lock of the record's shard.
    pub(crate) fn detach(this: &RecordRef) -> Detached {
        let mut first = this.links.first();
        this.leave();
        let mut rest = first.take();
        let mut is_held = false;
        while let Some(thread_ref) = rest {
            let mut neighbours = thread_ref.neighbours();
            rest = neighbours.next.take();
            thread_ref.parked.close();
            // The record is in no place and the caller holds it, so dropping a hold here takes no lock.
            drop(thread_ref.parked.take());
            // Either this was the last count of the hold, and no thread cache can make another, or a handle has one.
            match neighbours.anchor.take().map(Arc::try_unwrap) {
                Some(Err(thread_hold)) => neighbours.anchor = Some(thread_hold),
                Some(Ok(thread_hold)) => drop(thread_hold),
                None => {}
            }
            if thread_ref.thread_hold.strong_count() > 0 {
                is_held = true;
                neighbours.next = first.take();
                drop(neighbours);
                *first = Some(thread_ref);
            }
        }
        Detached(is_held.then(|| Hold::new(this.clone())))
    }

    /// Tells whether a hold lives without a handle although the record left the cache.
    pub(crate) fn has_strays(&self) -> bool {
        let first = self.links.first();
        let mut at = first.clone();
        while let Some(thread_ref) = at {
            let neighbours = thread_ref.neighbours();
            if !thread_ref.is_current()
                && (neighbours.anchor.is_some() || thread_ref.parked.is_parked())
            {
                return true;
            }
            at = neighbours.next.clone();
        }
        false
    }

    /// Drops the anchors and parked handles of such holds. Called outside every lock by a thread that holds the record.
    pub(crate) fn release_strays(&self) {
        loop {
            let first = self.links.first();
            let mut found = None;
            let mut at = first.clone();
            while let Some(thread_ref) = at {
                let mut neighbours = thread_ref.neighbours();
                if !thread_ref.is_current() {
                    found = neighbours
                        .anchor
                        .take()
                        .or_else(|| thread_ref.parked.take());
                }
                if found.is_some() {
                    break;
                }
                at = neighbours.next.clone();
            }
            drop(first);
            if found.is_none() {
                return;
            }
        }
    }

    /// The handles to a cached record: all counts of it but `others` and those of holds.
    pub(crate) fn pins(this: &RecordRef, others: usize) -> usize {
        let (mut holds, mut handles) = (0, 0);
        this.links.for_each(|thread_ref| {
            holds += 1;
            // The anchor is no handle.
            handles += thread_ref.handles(1);
        });
        Shared::strong_count(this).saturating_sub(others + holds) + handles
    }

    /// Checks the invariant, and returns the bytes of the current references.
    pub(crate) fn validate_thread_refs(this: &RecordRef) -> usize {
        let mut bytes = 0;
        this.links.for_each(|thread_ref| {
            let neighbours = thread_ref.neighbours();
            let anchor = neighbours
                .anchor
                .as_ref()
                .expect("a current reference has an anchor");
            assert!(
                Shared::ptr_eq(anchor.record(), this),
                "a reference's own record"
            );
            bytes += THREAD_REF_BYTES;
        });
        assert!(
            bytes == 0 || this.place() == Place::Cached,
            "only cached records have references"
        );
        bytes
    }
}
