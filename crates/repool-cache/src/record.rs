//! What a cache keeps of one pattern, and the handle to it.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use repool_arena::Account;
use repool_program::Image;

use crate::key::{Keyed, Probe};
use crate::store::Store;

/// The bytes of one record behind its `Arc`, on [`Account::Index`] for as long as it lives.
pub(crate) const RECORD_BYTES: usize = size_of::<Record>() + 2 * size_of::<usize>();

/// The most requests that count for staying, as in S3-FIFO: more would let what was once popular
/// outstay its time.
pub(crate) const WARMTH_MAX: u8 = 3;

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Place {
    /// In no queue: only handles hold it.
    Loose,
    /// In the policy's queue.
    Cached,
    /// In the queue of records that were evicted, or never cached, but are held by handles.
    Pinned,
}

#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) image: Image,
    pub(crate) options: [u64; 2],
    hash: u64,
    compile_nanos: u64,
    /// The store that the record is known to, if any.
    home: Weak<Store>,
    hits: AtomicU32,
    /// The bytes of the image when it was compiled: what the policy weighs.
    weight: usize,
    /// How often it was asked for of late, 0 to [`WARMTH_MAX`]. Written under the shard's lock.
    warmth: AtomicU8,
    /// A [`Place`]. Written under the lock of the record's shard.
    place: AtomicU8,
}

impl Record {
    /// A record of an image. [`RECORD_BYTES`] must be on the image's ledger already.
    pub(crate) fn new(
        image: Image,
        hash: u64,
        options: [u64; 2],
        compile_nanos: u64,
        home: Weak<Store>,
    ) -> Arc<Record> {
        Arc::new(Record {
            weight: image.memory_bytes(),
            warmth: AtomicU8::new(0),
            image,
            options,
            hash,
            compile_nanos,
            home,
            hits: AtomicU32::new(0),
            place: AtomicU8::new(Place::Loose as u8),
        })
    }

    pub(crate) fn place(&self) -> Place {
        match self.place.load(Ordering::Acquire) {
            0 => Place::Loose,
            1 => Place::Cached,
            _ => Place::Pinned,
        }
    }

    /// Moves the record, and its image's bytes to the account that goes with the place.
    pub(crate) fn set_place(&self, place: Place) {
        self.place.store(place as u8, Ordering::Release);
        self.image.set_account(match place {
            Place::Cached => Account::Programs,
            Place::Loose | Place::Pinned => Account::Pinned,
        });
    }

    pub(crate) fn count_hit(&self) {
        // A plain load and store: hits are counted under the shard's lock. Stays at the maximum.
        let hits = self.hits.load(Ordering::Relaxed);
        self.hits.store(hits.saturating_add(1), Ordering::Relaxed);
    }

    /// What the policy weighs, in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// Notes for the policy that the record was asked for.
    pub(crate) fn warm(&self) {
        let warmth = self.warmth.load(Ordering::Relaxed);
        self.warmth
            .store((warmth + 1).min(WARMTH_MAX), Ordering::Relaxed);
    }

    /// Takes one request back. False if there was none of late.
    pub(crate) fn cool(&self) -> bool {
        let warmth = self.warmth.load(Ordering::Relaxed);
        self.warmth
            .store(warmth.saturating_sub(1), Ordering::Relaxed);
        warmth > 0
    }

    pub(crate) fn hits(&self) -> u64 {
        u64::from(self.hits.load(Ordering::Relaxed))
    }

    pub(crate) fn compile_nanos(&self) -> u64 {
        self.compile_nanos
    }

    pub(crate) fn compile_time(&self) -> Duration {
        Duration::from_nanos(self.compile_nanos)
    }
}

impl Keyed for Record {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn probe(&self) -> Probe<'_> {
        Probe {
            hash: self.hash,
            options: self.options,
            text: self.image.text_bytes(),
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.image.ledger().sub(Account::Index, RECORD_BYTES);
    }
}

/// A compiled pattern, held.
///
/// Valid for as long as it lives, whatever becomes of the cache: evicting, purging or dropping that takes
/// nothing from a handle. A clone is the same pattern in the same memory. One word wide.
pub struct Handle(
    /// None only inside `drop`.
    Option<Arc<Record>>,
);

const _: () = assert!(size_of::<Handle>() == size_of::<usize>());

impl Handle {
    pub(crate) fn new(record: Arc<Record>) -> Handle {
        Handle(Some(record))
    }

    /// A handle to a pattern that no cache knows of. Its bytes stay on the ledger of the pool that it was
    /// compiled into: [`repool_arena::Pool::global`] is there for that.
    #[must_use]
    pub fn uncached(image: Image) -> Handle {
        image.ledger().add(Account::Index, RECORD_BYTES);
        Handle::new(Record::new(image, 0, [0; 2], 0, Weak::new()))
    }

    pub(crate) fn record(&self) -> &Arc<Record> {
        self.0
            .as_ref()
            .expect("a handle is full until it is dropped")
    }

    /// Tells whether both are the same compiled pattern in the same memory.
    #[must_use]
    pub fn ptr_eq(&self, other: &Handle) -> bool {
        Arc::ptr_eq(self.record(), other.record())
    }

    /// Tells whether a cache holds the pattern at this moment: it was not evicted, nor too large.
    #[must_use]
    pub fn is_cached(&self) -> bool {
        self.record().place() == Place::Cached
    }

    /// The time it took to compile the pattern; zero for [`Handle::uncached`].
    #[must_use]
    pub fn compile_time(&self) -> Duration {
        self.record().compile_time()
    }
}

impl Deref for Handle {
    type Target = Image;

    #[inline]
    fn deref(&self) -> &Image {
        &self.record().image
    }
}

impl Clone for Handle {
    fn clone(&self) -> Handle {
        Handle(self.0.clone())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let Some(record) = self.0.take() else {
            return;
        };
        // A cached record outlives this handle, a loose one needs no farewell. If the record is evicted at this
        // very moment, it stays among the pinned ones until the next sweep of its shard.
        if record.place() == Place::Pinned
            && let Some(home) = record.home.upgrade()
        {
            home.release(record);
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("pattern", &self.program().text())
            .field("bytes", &self.memory_bytes())
            .field("is_cached", &self.is_cached())
            .finish()
    }
}
