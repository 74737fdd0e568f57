//! The handle to a compiled pattern.
//!
//! Exercised by `tests/cache.rs` and `tests/thread_cache.rs`.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use repool_arena::Pool;
use repool_arena::slab::{Shared, Slab, Unique};
use repool_program::Image;

use crate::entry::parked::Parked;
use crate::entry::record::Place;
use crate::entry::thread_ref::{
    Hold, Links, RECORD_BYTES, Record, RecordRef, THREAD_REF_BYTES, ThreadHold,
};
use crate::thread_state::this_thread;

/// A handle to a compiled pattern.
///
/// It is valid for as long as it lives: neither eviction nor a purge nor dropping the cache affects it. A clone is the same
/// pattern in the same memory. Two words wide.
#[derive(Clone)]
pub struct Handle(Count);

/// How a handle counts as a reference to its record.
#[derive(Clone)]
enum Count {
    /// In a count that all threads share: handles from a compile, from waiting for one, and without a place in a thread cache.
    Shared(Hold),
    /// In the count of the thread that found it.
    Thread(ParkOnDrop),
}

/// A handle's count of a [`ThreadHold`]. Parks it when dropped, if the slot is open and empty.
#[derive(Clone, Debug)]
pub(crate) struct ParkOnDrop(
    /// `None` only inside `drop`.
    Option<Arc<ThreadHold>>,
);

impl ParkOnDrop {
    #[inline]
    pub(crate) fn new(thread_hold: Arc<ThreadHold>) -> ParkOnDrop {
        ParkOnDrop(Some(thread_hold))
    }
}

impl Deref for ParkOnDrop {
    type Target = ThreadHold;

    #[inline]
    fn deref(&self) -> &ThreadHold {
        self.0.as_ref().expect("full until it is dropped")
    }
}

impl Drop for ParkOnDrop {
    #[inline]
    fn drop(&mut self) {
        if self
            .0
            .as_ref()
            .is_some_and(|hold| hold.parked().may_park(this_thread()))
            && let Some(thread_hold) = self.0.take()
        {
            Parked::park(thread_hold, ThreadHold::parked);
        }
    }
}

impl Handle {
    pub(crate) fn new(record: RecordRef) -> Handle {
        Handle::shared(Hold::new(record))
    }

    pub(crate) fn shared(hold: Hold) -> Handle {
        Handle(Count::Shared(hold))
    }

    #[inline]
    pub(crate) fn of_thread(thread_hold: Arc<ThreadHold>) -> Handle {
        Handle(Count::Thread(ParkOnDrop::new(thread_hold)))
    }

    /// Makes a handle to a pattern that no cache has. Its bytes stay on the ledger of the pool that it was compiled into:
    /// [`Pool::global`] is made for that. Its record is on the ledger of that pool in any case.
    ///
    /// # Panics
    ///
    /// If the system has no memory for a record, as for any box.
    #[must_use]
    pub fn uncached(image: Image) -> Handle {
        static RECORDS: OnceLock<Arc<Slab<Record>>> = OnceLock::new();
        let records = RECORDS.get_or_init(|| Slab::new(Pool::global()));
        let record = Record::new(image, 0, [0; 2], 0, Links::default());
        let record = records.insert(record).ok();
        Handle::new(record.map(Unique::share).expect("memory for a record"))
    }

    /// Returns what holds the record, unless that counts in the thread's hold.
    pub(crate) fn into_hold(self) -> Result<Hold, Handle> {
        match self.0 {
            Count::Shared(hold) => Ok(hold),
            Count::Thread(_) => Err(self),
        }
    }

    #[inline]
    pub(crate) fn record(&self) -> &RecordRef {
        match &self.0 {
            Count::Shared(hold) => hold,
            Count::Thread(thread_hold) => thread_hold.record(),
        }
    }

    /// Tells whether both are the same compiled pattern in the same memory.
    #[must_use]
    pub fn ptr_eq(&self, other: &Handle) -> bool {
        Shared::ptr_eq(self.record(), other.record())
    }

    /// Tells whether the cache has the pattern at this moment: not evicted, and not too large.
    #[must_use]
    pub fn is_cached(&self) -> bool {
        self.record().place() == Place::Cached
    }

    /// Returns how long the pattern took to compile; zero for [`Handle::uncached`].
    #[must_use]
    pub fn compile_time(&self) -> Duration {
        self.record().compile_time()
    }

    /// Returns the heap bytes of the handle, without those of its [`Image`]. All clones share them.
    #[must_use]
    pub fn overhead_bytes(&self) -> usize {
        match &self.0 {
            Count::Shared(_) => RECORD_BYTES,
            Count::Thread(_) => RECORD_BYTES + THREAD_REF_BYTES,
        }
    }
}

impl Deref for Handle {
    type Target = Image;

    #[inline]
    fn deref(&self) -> &Image {
        self.record().image()
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
