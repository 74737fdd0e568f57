//! All thread-locals of this crate: the thread's caches, its number, and what it is doing at the moment.
//!
//! They are one value without a destructor, so that a hit reads it with a plain load. `END` drops the thread caches when
//! the thread ends; it is initialised with the first of them.
//!
//! Exercised by `tests/thread_cache.rs` and `tests/owners.rs`.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::entry::parked::NO_THREAD;
use crate::entry::record::NOBODY;
use crate::sync::{DroppedByOther, thread_local};
use crate::thread_cache::table::ThreadCaches;

struct ThreadState {
    /// Not dropped with the thread, as a hit would have to test for that; [`END`] drops them.
    thread_caches: RefCell<DroppedByOther<ThreadCaches>>,
    /// The number of the thread, or 0 before it has one.
    number: Cell<u64>,
    /// The owner that the current request is for.
    asking: Cell<u32>,
    /// Compiles of the thread under way, nested in each other.
    compiles: Cell<usize>,
    /// Bytes of the last reservation that a store refused to the thread.
    refused: Cell<usize>,
    /// Whether the thread is inside a call of an observer.
    is_notifying: Cell<bool>,
}

thread_local! {
    static STATE: ThreadState = const {
        ThreadState {
            thread_caches: RefCell::new(DroppedByOther::new(None)),
            number: Cell::new(0),
            asking: Cell::new(NOBODY),
            compiles: Cell::new(0),
            refused: Cell::new(0),
            is_notifying: Cell::new(false),
        }
    };
    /// Initialised once the thread has a thread cache.
    static END: End = const { End };
}

#[cfg(test)]
thread_local! {
    /// Locks of shards that the thread took.
    pub(crate) static LOCKS: Cell<usize> = const { Cell::new(0) };
    /// Hits of the thread in the index that all threads share.
    pub(crate) static INDEX_HITS: Cell<usize> = const { Cell::new(0) };
}

/// Drops the thread caches of its thread.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        drop(with_thread_caches(Option::take));
    }
}

/// Makes sure that the thread caches are dropped when the thread ends. `None` while it does: nothing would drop them.
pub(crate) fn drop_thread_caches_at_end() -> Option<()> {
    END.try_with(|_| ()).ok()
}

/// Calls `f` with the thread caches. `None` if they are gone, or in use: then a drop further down the stack makes a request.
#[inline]
pub(crate) fn with_thread_caches<T>(f: impl FnOnce(&mut ThreadCaches) -> Option<T>) -> Option<T> {
    let result = STATE.try_with(|state| f(&mut *state.thread_caches.try_borrow_mut().ok()?));
    result.ok().flatten()
}

/// Returns the number of the thread, or 0 if it has none.
#[inline]
pub(crate) fn this_thread() -> u64 {
    STATE.try_with(|state| state.number.get()).unwrap_or(0)
}

/// Returns the number of the thread; gives it one if it has none.
#[inline]
pub(crate) fn number_of_thread() -> u64 {
    match this_thread() {
        0 => number_this_thread(),
        number => number,
    }
}

#[cold]
fn number_this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let numbered = STATE.try_with(|state| {
        state.number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        state.number.get()
    });
    numbered.unwrap_or(NO_THREAD)
}

/// While it lives, requests of this thread are for an owner.
#[derive(Debug)]
pub(crate) struct Asking(u32);

impl Asking {
    pub(crate) fn begin(number: u32) -> Asking {
        Asking(STATE.with(|state| state.asking.replace(number)))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        STATE.with(|state| state.asking.set(self.0));
    }
}

/// Returns the owner that requests of this thread are for.
pub(crate) fn asking() -> u32 {
    STATE.with(|state| state.asking.get())
}

/// While it lives, its thread is compiling.
#[derive(Debug)]
pub(crate) struct Compiling(());

impl Compiling {
    pub(crate) fn begin() -> Compiling {
        STATE.with(|state| state.compiles.set(state.compiles.get() + 1));
        Compiling(())
    }
}

impl Drop for Compiling {
    fn drop(&mut self) {
        STATE.with(|state| state.compiles.set(state.compiles.get() - 1));
    }
}

/// Tells whether this thread is compiling.
pub(crate) fn is_compiling() -> bool {
    STATE.with(|state| state.compiles.get() > 0)
}

/// Sets the number of refused bytes and returns the previous one.
pub(crate) fn replace_refused(bytes: usize) -> usize {
    STATE.with(|state| state.refused.replace(bytes))
}

/// While it lives, its thread calls an observer: its requests are for no owner, and it waits for no compile.
#[derive(Debug)]
pub(crate) struct Notifying {
    refused: usize,
    _asking: Asking,
    _compiling: Compiling,
}

impl Notifying {
    /// `None` if the thread is inside such a call already.
    pub(crate) fn begin() -> Option<Notifying> {
        if STATE.with(|state| state.is_notifying.replace(true)) {
            return None;
        }
        Some(Notifying {
            refused: replace_refused(0),
            _asking: Asking::begin(NOBODY),
            _compiling: Compiling::begin(),
        })
    }
}

impl Drop for Notifying {
    fn drop(&mut self) {
        replace_refused(self.refused);
        STATE.with(|state| state.is_notifying.set(false));
    }
}
