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
//! A hit of thread A finds the `Way`, and through it a handle. Handles count in the `Local`, which no other
//! thread touches unless it is given a handle; and the one that a thread dropped last waits on the perch of the
//! way, see `entry/parked.rs`.
//!
//! Invariant: a way is anchored, so that its local lives without a handle, only while the record is cached. So the cycle of
//! record and locals is cut by whatever takes the record out of the cache, [`Record::detach`]; from then on
//! a local lives for as long as its handles do, and a way leads nowhere, or to a local that is no longer
//! current. That is how eviction reaches the fronts of threads that never run again: what they keep of an
//! evicted record is the empty shell of a way. `tests/fronts.rs` holds all of this to its word.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Weak};

use repool_arena::{Account, Ledger};

use crate::entry::parked::Perch;
use crate::entry::record::{Place, RecordOf};
use crate::key::Key;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard, rank};
use crate::thread_cache::inline_key::Echo;

/// The bytes of a way and its local behind their `Arc`s, on [`Account::Index`] for as long as the way lives: the memory
/// of the local is not given back before.
pub(crate) const WAY_BYTES: usize = size_of::<Way>() + size_of::<Local>() + 4 * size_of::<usize>();

// Allocators hand out multiples of 16 bytes. At 96 bytes from one way to the next, no line of 64 bytes
// holds the first 48 bytes of two of them: that is where all is that a hit writes.
const _: () = assert!(size_of::<Way>() + 16 > 80 || size_of::<usize>() < 8);

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
    ways: Mutex<Option<Arc<Way>>, { rank::REFERENCES }>,
}

impl Links {
    pub(crate) fn to(home: Weak<dyn Home>) -> Links {
        let mut links = Links::default();
        links.home = Some(home);
        links
    }

    fn first(&self) -> MutexGuard<'_, Option<Arc<Way>>> {
        self.ways.lock()
    }

    /// Visits the ways that are current.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&Arc<Way>)) {
        let first = self.first();
        let mut at = first.clone();
        while let Some(way) = at {
            if way.is_current() {
                visit(&way);
            }
            at = way.links().next.clone();
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
        while let Some(way) = rest {
            rest = way.links().next.take();
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
pub(crate) struct Local {
    hold: Hold,
    way: Arc<Way>,
}

impl Local {
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
    pub(crate) fn perch(&self) -> &Perch<Local> {
        &self.way.perch
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").finish_non_exhaustive()
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.hold.add_hits(self.way.hits.load(Ordering::Relaxed));
    }
}

/// How one thread finds a record.
#[repr(C)]
pub(crate) struct Way {
    /// Open for as long as the record is cached and the front refers to this.
    perch: Perch<Local>,
    /// Hits of the thread. Only that thread writes it.
    pub(super) hits: AtomicU64,
    local: Weak<Local>,
    /// The record's, see `Tally::count_hit`.
    compile_nanos: u64,
    echo: Echo,
    /// The hits that the front told of, in its lowest bits; see `Front::tell`. Only its thread uses it.
    told: AtomicU32,
    /// The hits that the policy knows of, in its lowest bits. Used under the lock of the record's list.
    pub(super) seen: AtomicU32,
    /// Written under the lock of the record's list; a lock of its own as safe code needs one.
    links: Mutex<Neighbours, { rank::NEIGHBOURS }>,
    ledger: Arc<Ledger>,
}

#[derive(Default)]
struct Neighbours {
    /// What keeps the local of a cached record alive.
    anchor: Option<Arc<Local>>,
    next: Option<Arc<Way>>,
}

impl Way {
    /// This thread's way to a record that is cached, and a handle. [`WAY_BYTES`] must be on the ledger already.
    pub(crate) fn new(hold: Hold, thread: u64) -> (Arc<Way>, Arc<Local>) {
        let ledger = Arc::clone(hold.image().ledger());
        let echo = Echo::new(hold.image().text_bytes(), hold.options);
        let compile_nanos = hold.compile_nanos();
        let local = Arc::new_cyclic(|local| Local {
            hold,
            way: Arc::new(Way {
                perch: Perch::new(thread),
                hits: AtomicU64::new(0),
                local: Weak::clone(local),
                compile_nanos,
                echo,
                told: AtomicU32::new(0),
                seen: AtomicU32::new(0),
                links: Mutex::default(),
                ledger,
            }),
        });
        local.record().attach(&local);
        (Arc::clone(&local.way), local)
    }

    /// [`Way::lend`] for most hits, with nothing that is called or dropped: the key is short, and a handle is parked.
    #[inline]
    pub(crate) fn lend_parked(&self, key: &Key<'_>) -> Option<Arc<Local>> {
        // If it is evicted between two of these, this was asked for just before that.
        if !self.echo.is(key) || !self.is_current() || !self.perch.is_taken() {
            return None;
        }
        let local = self.perch.take()?;
        self.count_hit();
        Some(local)
    }

    /// A handle, if this is the way to what is asked for, and that is still cached. Counts a hit. For the thread whose
    /// front refers to this.
    pub(crate) fn lend(&self, key: &Key<'_>) -> Option<Arc<Local>> {
        let is_short = self.echo.is(key);
        if !is_short && !self.echo.may_be(key) {
            return None;
        }
        let local = match self.perch.take() {
            Some(local) => local,
            None => self.local.upgrade()?,
        };
        if self.is_current() && (is_short || local.is(key)) {
            self.count_hit();
            return Some(local);
        }
        if self.is_current() {
            Perch::park(local, Local::perch);
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
        self.perch.is_open()
    }

    /// Takes it out of its record's list. For the thread whose front did refer to this, and does no more.
    pub(crate) fn close(self: &Arc<Way>) {
        self.perch.close();
        let parked = self.perch.take();
        if let Some(local) = self.local.upgrade() {
            local.record().detach_one(self);
        }
        drop(parked);
    }

    /// A handle, if there were hits since this was last asked. For the thread whose front refers to this.
    pub(crate) fn untold(&self) -> Option<Arc<Local>> {
        let hits = self.hits.load(Ordering::Relaxed) as u32;
        let is_new = self.told.load(Ordering::Relaxed) != hits && self.is_current();
        self.told.store(hits, Ordering::Relaxed);
        is_new.then(|| self.local.upgrade()).flatten()
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
        let others = others + usize::from(self.perch.is_taken());
        self.local.strong_count().saturating_sub(others)
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.ledger.sub(Account::Index, WAY_BYTES);
    }
}

/// A record whose handles were held when it left the cache. To be dropped outside any lock: nobody may hold them by
/// then, nor the record.
#[derive(Debug)]
pub(crate) struct Detached(Option<Hold>);

impl Drop for Detached {
    fn drop(&mut self) {
        if let Some(record) = &self.0 {
            record.let_go_strays();
        }
    }
}

impl Record {
    /// Adds a way, unless the record is not cached any more.
    fn attach(&self, local: &Arc<Local>) {
        let mut first = self.links.first();
        if self.place() == Place::Cached {
            *local.way.links() = Neighbours {
                anchor: Some(Arc::clone(local)),
                next: first.take(),
            };
            *first = Some(Arc::clone(&local.way));
        } else {
            local.way.perch.close();
        }
    }

    /// Takes one way off, if it is there.
    fn detach_one(&self, gone: &Arc<Way>) {
        let mut first = self.links.first();
        let mut rest = first.take();
        while let Some(way) = rest {
            let mut links = way.links();
            rest = links.next.take();
            if Arc::ptr_eq(&way, gone) {
                // The caller holds another reference to the local, so that this is never the last.
                links.anchor = None;
                drop(links);
                self.warm_by(way.take_recent_hits());
            } else {
                links.next = first.take();
                drop(links);
                *first = Some(way);
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
        while let Some(way) = rest {
            let mut links = way.links();
            rest = links.next.take();
            way.perch.close();
            // The record is in no place, and the caller holds it, so to drop a local here takes no lock.
            drop(way.perch.take());
            // Nothing in between: either this was the last reference, and no front can make another,
            // or a handle has one.
            match links.anchor.take().map(Arc::try_unwrap) {
                Some(Err(local)) => links.anchor = Some(local),
                Some(Ok(local)) => drop(local),
                None => {}
            }
            if way.local.strong_count() > 0 {
                is_held = true;
                links.next = first.take();
                drop(links);
                *first = Some(way);
            }
        }
        Detached(is_held.then(|| Hold::new(Arc::clone(self))))
    }

    /// Tells whether a local lives without a handle although the record left the cache.
    pub(crate) fn has_strays(&self) -> bool {
        let first = self.links.first();
        let mut at = first.clone();
        while let Some(way) = at {
            let links = way.links();
            if !way.is_current() && (links.anchor.is_some() || way.perch.is_taken()) {
                return true;
            }
            at = links.next.clone();
        }
        false
    }

    /// Lets go of all that such locals live by. Outside any lock, by who holds the record.
    pub(crate) fn let_go_strays(&self) {
        loop {
            let first = self.links.first();
            let mut found = None;
            let mut at = first.clone();
            while let Some(way) = at {
                let mut links = way.links();
                if !way.is_current() {
                    found = links.anchor.take().or_else(|| way.perch.take());
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
        self.links.for_each(|way| {
            locals += 1;
            // Without the anchor.
            handles += way.handles(1);
        });
        Arc::strong_count(self).saturating_sub(others + locals) + handles
    }

    /// Checks the invariant, and gives the bytes of the ways that are current.
    pub(crate) fn validate_ways(self: &Arc<Record>) -> usize {
        let mut bytes = 0;
        self.links.for_each(|way| {
            let links = way.links();
            let anchor = links.anchor.as_ref().expect("a current way is anchored");
            assert!(Arc::ptr_eq(anchor.record(), self), "a way's own record");
            bytes += WAY_BYTES;
        });
        assert!(
            bytes == 0 || self.place() == Place::Cached,
            "only cached records have ways"
        );
        bytes
    }
}
