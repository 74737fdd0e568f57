//! Where a thread leaves a handle that it dropped, for its next hit.
//!
//! To count a handle takes an operation that locks a line of memory, and to drop it takes another: 6 to 8 ns each, even
//! if no other thread comes near. So who drops the last handle of a thread does not give its count back, but parks it in the
//! slot's perch, with a plain store; and the next hit takes it from there, which is the one locked operation that is
//! left.
//!
//! What is parked belongs to whoever takes it: the thread for a hit, or who evicts the record, from any thread. Only the
//! thread whose slot it is ever parks, so that nothing is parked over something else.
//!
//! A thread that parks while its record is evicted may not have seen that. What it parked is found by a sweep, by
//! itself at the next look, or when the slot is cleared: see `Record::release_strays`.
//!
//! Exercised by `tests/thread_cache.rs` and, in every order, by `tests/model.rs`.
#![allow(
    unsafe_code,
    reason = "a count that moves through an atomic pointer; see above"
)]

use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Arc;

use crate::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// No thread has this number.
pub(crate) const NO_THREAD: u64 = u64::MAX;

/// Room for one handle of one local.
pub(crate) struct Parked<T> {
    /// Null, or what [`Arc::into_raw`] gave: then a count of that `Arc` is parked here, and only here.
    parked: AtomicPtr<T>,
    /// The thread that parks here, or [`NO_THREAD`] once it is closed: one word, as a hit asks for both.
    thread: AtomicU64,
}

impl<T: Send + Sync> Parked<T> {
    /// An open perch of the thread with this number.
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

    /// Closes it for good. What its thread is parking at this moment may still come.
    pub(crate) fn close(&self) {
        self.thread.store(NO_THREAD, Ordering::Release);
    }

    /// Tells whether it is open, the thread with this number may park here, and nothing is.
    #[inline]
    pub(crate) fn may_park(&self, thread: u64) -> bool {
        // Nobody else parks here, so it stays free.
        self.thread.load(Ordering::Acquire) == thread
            && self.parked.load(Ordering::Relaxed).is_null()
    }

    #[inline]
    pub(crate) fn is_parked(&self) -> bool {
        !self.parked.load(Ordering::Relaxed).is_null()
    }

    /// Parks a handle in the perch that it leads to. To be called if that is free.
    #[inline]
    pub(crate) fn park(handle: Arc<T>, parked: impl FnOnce(&T) -> &Parked<T>) {
        // Forgotten before it is parked, as it may be taken, and gone, as soon as it is.
        let handle = ManuallyDrop::new(handle);
        let raw = Arc::as_ptr(&handle).cast_mut();
        parked(&handle).parked.store(raw, Ordering::Release);
    }

    /// Takes out what is parked.
    #[inline]
    pub(crate) fn take(&self) -> Option<Arc<T>> {
        let raw = self.parked.swap(ptr::null_mut(), Ordering::AcqRel);
        if raw.is_null() {
            return None;
        }
        // SAFETY: only `park` stores a pointer that is not null, and it forgets an `Arc` for that: the pointer is
        // what `into_raw` gives, and the count is up to whoever takes the pointer out. That is done here alone, and a swap
        // gives what was stored once to one taker. `Release` and `AcqRel` make all that was done with the `Arc` before
        // it was parked happen before this. (The safe line that this replaces is `Weak::upgrade`, and the drop of an
        // `Arc` for `park`; see above for what they cost.)
        Some(unsafe { Arc::from_raw(raw) })
    }
}
