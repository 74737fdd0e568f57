//! The slot in which a thread leaves a handle that it dropped, for its next hit.
//!
//! Counting an `Arc` up or down is a locked operation of 6 to 8 ns, even without contention. Dropping a thread's last
//! handle therefore stores the pointer here instead of decrementing the count, and the next hit swaps it out. That swap is
//! the only locked operation of a hit.
//!
//! A parked handle belongs to whoever takes it out: the thread, for a hit, or any thread that evicts the record. Only the
//! thread that owns the slot stores into it, so nothing parked is overwritten.
//!
//! A thread may park while another evicts the record, and not see that. A sweep takes such a handle out, or the thread
//! itself at its next look, or when it clears its slot: `Record::release_strays`.
//!
//! Exercised by `tests/thread_cache.rs` and, in every order of threads, by `tests/model.rs`.
#![allow(
    unsafe_code,
    reason = "a reference count that moves through an atomic pointer; see above"
)]

use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Arc;

use crate::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// The number of no thread.
pub(crate) const NO_THREAD: u64 = u64::MAX;

/// A slot for one parked handle.
pub(crate) struct Parked<T> {
    /// Null, or the pointer of an `Arc` whose count is parked here and nowhere else.
    parked: AtomicPtr<T>,
    /// The number of the thread that parks here, or [`NO_THREAD`] once the slot is closed. One word, as a hit tests for both.
    thread: AtomicU64,
}

impl<T: Send + Sync> Parked<T> {
    /// An open slot of the thread with this number.
    pub(crate) fn new(thread: u64) -> Parked<T> {
        Parked {
            parked: AtomicPtr::new(ptr::null_mut()),
            thread: AtomicU64::new(thread),
        }
    }

    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.thread.load(Ordering::Acquire) != NO_THREAD
    }

    /// Closes the slot for good. A handle that its thread is parking right now may still arrive.
    pub(crate) fn close(&self) {
        self.thread.store(NO_THREAD, Ordering::Release);
    }

    /// Tells whether the slot is open and empty, and belongs to the thread with this number.
    #[inline]
    pub(crate) fn may_park(&self, thread: u64) -> bool {
        // Only this thread parks here, so the slot stays empty.
        self.thread.load(Ordering::Acquire) == thread
            && self.parked.load(Ordering::Relaxed).is_null()
    }

    #[inline]
    pub(crate) fn is_parked(&self) -> bool {
        !self.parked.load(Ordering::Relaxed).is_null()
    }

    /// Parks a handle in the slot that it leads to. Called if [`Parked::may_park`].
    #[inline]
    pub(crate) fn park(handle: Arc<T>, parked: impl FnOnce(&T) -> &Parked<T>) {
        // Not dropped from here on: another thread may take it out, and drop it, right after the store.
        let handle = ManuallyDrop::new(handle);
        let raw = Arc::as_ptr(&handle).cast_mut();
        parked(&handle).parked.store(raw, Ordering::Release);
    }

    /// Takes out the parked handle, if there is one.
    #[inline]
    pub(crate) fn take(&self) -> Option<Arc<T>> {
        let raw = self.parked.swap(ptr::null_mut(), Ordering::AcqRel);
        if raw.is_null() {
            return None;
        }
        // SAFETY: only `park` stores a pointer that is not null. It takes that from an `Arc` which it does not drop, so
        // the pointer is what `into_raw` returns, and its count is left to whoever takes the pointer out. Only this swap
        // takes it out, and it returns each stored pointer once. `Release` in `park` and `AcqRel` here order all uses of
        // the `Arc` before parking ahead of this. `T` is `Send` and `Sync`, so the `Arc` may move to another thread.
        // (The safe line that this replaces is `Weak::upgrade`, and for `park` the drop of an `Arc`.)
        Some(unsafe { Arc::from_raw(raw) })
    }
}
