//! One thread's way to a record, so that threads share no count.
//!
//! ```text
//! shard ──► Record ──── first ────► Way of thread A ──── next ──► Way of thread B
//!             ▲                      │   ▲    ▲                    │   ▲
//!             │                 anchor   │   a slot in             │   │
//!             │                      ▼   │   the front of A        ▼   │
//!             ├──────── hold ─────── Local  ◄── handles of A        Local ◄── handles of B
//!             └──────── hold ───────────────────────────────────────┘
//! ```
//!
//! A hit of thread A finds the `ThreadRef`, and through it a handle. Handles count in the `ThreadHold`, which no other
//! thread touches unless it is given a handle; and the one that a thread dropped last waits on the perch of the
//! way, see `entry/parked.rs`.
//!
//! Invariant: a way is anchored, so that its local lives without a handle, only while the record is cached. So the cycle of
//! record and locals is cut by whatever takes the record out of the cache, [`Record::detach`]; from then on
//! a local lives for as long as its handles do, and a way leads nowhere, or to a local that is no longer
//! current. That is how eviction reaches the fronts of threads that never run again: what they keep of an
//! evicted record is the empty shell of a way. `tests/thread_cache.rs` holds all of this to its word.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Weak};

use repool_arena::{Account, Ledger};

use crate::entry::parked::Parked;
use crate::entry::record::{Place, RecordOf};
use crate::key::Key;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard, rank};
use crate::thread_cache::inline_key::InlineKey;

/// The bytes of a way and its local behind their `Arc`s, on [`Account::Index`] for as long as the way lives: the memory
/// of the local is not given back before.
pub(crate) const THREAD_REF_BYTES: usize =
    size_of::<ThreadRef>() + size_of::<ThreadHold>() + 4 * size_of::<usize>();

// Allocators hand out multiples of 16 bytes. At 96 bytes from one way to the next, no line of 64 bytes
// holds the first 48 bytes of two of them: that is where all is that a hit writes.
const _: () = assert!(size_of::<ThreadRef>() + 16 > 80 || size_of::<usize>() < 8);

/// A record as the cache has it.
pub(crate) type Record = RecordOf<Links>;

/// The bytes of one record behind its `Arc`, on [`Account::Index`] for as long as it lives.
pub(crate) const RECORD_BYTES: usize = Record::BYTES;

/// Where a record that handles hold goes when the last of them is dropped: the store that it is known to.
pub(crate) trait Home: Send + Sync {
    /// Takes back the reference of a handle; frees the record if it was the last.
    fn release(&self, record: Arc<Record>);
}

/// What a record is linked to.
#[derive(Default)]
pub(crate) struct Links {
    /// The store that the record is known to, if any.
    home: Option<Weak<dyn Home>>,
    /// The ways of fronts, and those that led to handles when the record left the cache: none unless it was cached.
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

    /// Visits the ways that are current.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&Arc<ThreadRef>)) {
        let first = self.first();
        let mut at = first.clone();
        while let Some(thread_ref) = at {
            if thread_ref.is_current() {
                visit(&thread_ref);
            }
            at = thread_ref.links().next.clone();
        }
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // They refer back to the record.
        f.write_str("Links(..)")
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        // A list without recursion.
        let mut rest = self.first().take();
        while let Some(thread_ref) = rest {
            rest = thread_ref.links().next.take();
        }
    }
}

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
            && let Some(home) = record.links.home.as_ref().and_then(Weak::upgrade)
        {
            home.release(record);
        }
    }
}

/// What one thread's handles to one record count in.
pub(crate) struct ThreadHold {
    hold: Hold,
    thread_ref: Arc<ThreadRef>,
}

impl ThreadHold {
    #[inline]
    pub(crate) fn record(&self) -> &Arc<Record> {
        &self.hold
    }

    /// Tells whether it is of this text.
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

/// How one thread finds a record.
#[repr(C)]
pub(crate) struct ThreadRef {
    /// Open for as long as the record is cached and the front refers to this.
    parked: Parked<ThreadHold>,
    /// Hits of the thread. Only that thread writes it.
    pub(super) hits: AtomicU64,
    thread_hold: Weak<ThreadHold>,
    /// The record's, see `Tally::count_hit`.
    compile_nanos: u64,
    inline_key: InlineKey,
    /// The hits that the front told of, in its lowest bits; see `ThreadCache::tell`. Only its thread uses it.
    reported: AtomicU32,
    /// The hits that the policy knows of, in its lowest bits. Used under the lock of the record's list.
    pub(super) seen: AtomicU32,
    /// Written under the lock of the record's list; a lock of its own as safe code needs one.
    links: Mutex<Neighbours, { rank::NEIGHBOURS }>,
    ledger: Arc<Ledger>,
}

#[derive(Default)]
struct Neighbours {
    /// What keeps the local of a cached record alive.
    anchor: Option<Arc<ThreadHold>>,
    next: Option<Arc<ThreadRef>>,
}

impl ThreadRef {
    /// This thread's way to a record that is cached, and a handle. [`THREAD_REF_BYTES`] must be on the ledger already.
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
                links: Mutex::default(),
                ledger,
            }),
        });
        thread_hold.record().attach(&thread_hold);
        (Arc::clone(&thread_hold.thread_ref), thread_hold)
    }

    /// [`ThreadRef::take`] for most hits, with nothing that is called or dropped: the key is short, and a handle is parked.
    #[inline]
    pub(crate) fn take_parked(&self, key: &Key<'_>) -> Option<Arc<ThreadHold>> {
        // If it is evicted between two of these, this was asked for just before that.
        if !self.inline_key.is(key) || !self.is_current() || !self.parked.is_parked() {
            return None;
        }
        let thread_hold = self.parked.take()?;
        self.count_hit();
        Some(thread_hold)
    }

    /// A handle, if this is the way to what is asked for, and that is still cached. Counts a hit. For the thread whose
    /// front refers to this.
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
        // A plain load and store: nobody else writes.
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

    /// Takes it out of its record's list. For the thread whose front did refer to this, and does no more.
    pub(crate) fn close(self: &Arc<ThreadRef>) {
        self.parked.close();
        let parked = self.parked.take();
        if let Some(thread_hold) = self.thread_hold.upgrade() {
            thread_hold.record().detach_one(self);
        }
        drop(parked);
    }

    /// A handle, if there were hits since this was last asked. For the thread whose front refers to this.
    pub(crate) fn unreported(&self) -> Option<Arc<ThreadHold>> {
        let hits = self.hits.load(Ordering::Relaxed) as u32;
        let is_new = self.reported.load(Ordering::Relaxed) != hits && self.is_current();
        self.reported.store(hits, Ordering::Relaxed);
        is_new.then(|| self.thread_hold.upgrade()).flatten()
    }

    /// The hits since this was last asked. Under the lock of the record's list.
    pub(super) fn take_recent_hits(&self) -> u32 {
        let hits = self.hits.load(Ordering::Relaxed) as u32;
        hits.wrapping_sub(self.seen.swap(hits, Ordering::Relaxed))
    }

    fn links(&self) -> MutexGuard<'_, Neighbours> {
        self.links.lock()
    }

    /// Handles that somebody has, apart from `others` references to the local that are none.
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

/// A record whose handles were held when it left the cache. To be dropped outside any lock: nobody may hold them by
/// then, nor the record.
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
    /// Adds a way, unless the record is not cached any more.
    fn attach(&self, thread_hold: &Arc<ThreadHold>) {
        let mut first = self.links.first();
        if self.place() == Place::Cached {
            *thread_hold.thread_ref.links() = Neighbours {
                anchor: Some(Arc::clone(thread_hold)),
                next: first.take(),
            };
            *first = Some(Arc::clone(&thread_hold.thread_ref));
        } else {
            thread_hold.thread_ref.parked.close();
        }
    }

    /// Takes one way off, if it is there.
    fn detach_one(&self, gone: &Arc<ThreadRef>) {
        let mut first = self.links.first();
        let mut rest = first.take();
        while let Some(thread_ref) = rest {
            let mut links = thread_ref.links();
            rest = links.next.take();
            if Arc::ptr_eq(&thread_ref, gone) {
                // The caller holds another reference to the local, so that this is never the last.
                links.anchor = None;
                drop(links);
                self.warm_by(thread_ref.take_recent_hits());
            } else {
                links.next = first.take();
                drop(links);
                *first = Some(thread_ref);
            }
        }
    }

    /// Cuts the record off all fronts. It is in no place afterwards, until it is given another.
    ///
    /// Under the lock of the record's shard.
    pub(crate) fn detach(self: &Arc<Record>) -> Detached {
        let mut first = self.links.first();
        self.leave();
        let mut rest = first.take();
        let mut is_held = false;
        while let Some(thread_ref) = rest {
            let mut links = thread_ref.links();
            rest = links.next.take();
            thread_ref.parked.close();
            // The record is in no place, and the caller holds it, so to drop a local here takes no lock.
            drop(thread_ref.parked.take());
            // Nothing in between: either this was the last reference, and no front can make another,
            // or a handle has one.
            match links.anchor.take().map(Arc::try_unwrap) {
                Some(Err(thread_hold)) => links.anchor = Some(thread_hold),
                Some(Ok(thread_hold)) => drop(thread_hold),
                None => {}
            }
            if thread_ref.thread_hold.strong_count() > 0 {
                is_held = true;
                links.next = first.take();
                drop(links);
                *first = Some(thread_ref);
            }
        }
        Detached(is_held.then(|| Hold::new(Arc::clone(self))))
    }

    /// Tells whether a local lives without a handle although the record left the cache.
    pub(crate) fn has_strays(&self) -> bool {
        let first = self.links.first();
        let mut at = first.clone();
        while let Some(thread_ref) = at {
            let links = thread_ref.links();
            if !thread_ref.is_current() && (links.anchor.is_some() || thread_ref.parked.is_parked())
            {
                return true;
            }
            at = links.next.clone();
        }
        false
    }

    /// Lets go of all that such locals live by. Outside any lock, by who holds the record.
    pub(crate) fn release_strays(&self) {
        loop {
            let first = self.links.first();
            let mut found = None;
            let mut at = first.clone();
            while let Some(thread_ref) = at {
                let mut links = thread_ref.links();
                if !thread_ref.is_current() {
                    found = links.anchor.take().or_else(|| thread_ref.parked.take());
                }
                if found.is_some() {
                    break;
                }
                at = links.next.clone();
            }
            drop(first);
            if found.is_none() {
                return;
            }
        }
    }

    /// The handles to a cached record, apart from `others` references to it that are none.
    pub(crate) fn pins(self: &Arc<Record>, others: usize) -> usize {
        let (mut locals, mut handles) = (0, 0);
        self.links.for_each(|thread_ref| {
            locals += 1;
            // Without the anchor.
            handles += thread_ref.handles(1);
        });
        Arc::strong_count(self).saturating_sub(others + locals) + handles
    }

    /// Checks the invariant, and gives the bytes of the ways that are current.
    pub(crate) fn validate_ways(self: &Arc<Record>) -> usize {
        let mut bytes = 0;
        self.links.for_each(|thread_ref| {
            let links = thread_ref.links();
            let anchor = links
                .anchor
                .as_ref()
                .expect("a current thread_ref is anchored");
            assert!(
                Arc::ptr_eq(anchor.record(), self),
                "a thread_ref's own record"
            );
            bytes += THREAD_REF_BYTES;
        });
        assert!(
            bytes == 0 || self.place() == Place::Cached,
            "only cached records have thread_refs"
        );
        bytes
    }
}
