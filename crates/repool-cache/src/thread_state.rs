//! All that a thread keeps for itself: its fronts, its number, and what it is doing at the moment.
//!
//! One value without a destructor, so that a hit reads it with a plain load; [`END`] drops the fronts when the thread
//! ends, and is there only once the thread has one.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::entry::parked::NO_THREAD;
use crate::entry::record::NOBODY;
use crate::sync::{DroppedByOther, thread_local};
use crate::thread_cache::table::ThreadCaches;

struct ThreadState {
    /// Not dropped by itself, as a hit would have to ask whether that happened already; [`END`] drops it.
    thread_caches: RefCell<DroppedByOther<ThreadCaches>>,
    /// The number of this thread, or 0 before it has one.
    number: Cell<u64>,
    /// The owner for whom this thread asks.
    asking: Cell<u32>,
    /// Compiles of this thread that are under way, one inside the other.
    compiles: Cell<usize>,
    /// The bytes of the last request of this thread that a store refused.
    refused: Cell<usize>,
    /// Whether this thread is in the middle of telling an observer.
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
    /// There once the thread has a front.
    static END: End = const { End };
}

#[cfg(test)]
thread_local! {
    /// How often this thread locked a shard.
    pub(crate) static LOCKS: Cell<usize> = const { Cell::new(0) };
}

/// Drops the fronts of its thread.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        drop(with_thread_caches(Option::take));
    }
}

/// Lets the fronts of this thread be dropped when it ends. None while it does: nobody would drop them.
pub(crate) fn drop_thread_caches_at_end() -> Option<()> {
    END.try_with(|_| ()).ok()
}

/// Calls `f` with the fronts of this thread. None if they are in use, as a drop further down asks for a pattern, or
/// gone.
#[inline]
pub(crate) fn with_thread_caches<T>(f: impl FnOnce(&mut ThreadCaches) -> Option<T>) -> Option<T> {
    let result = STATE.try_with(|state| f(&mut *state.thread_caches.try_borrow_mut().ok()?));
    result.ok().flatten()
}

/// The number of this thread, or 0 if it has none.
#[inline]
pub(crate) fn this_thread() -> u64 {
    STATE.try_with(|state| state.number.get()).unwrap_or(0)
}

/// The number of this thread, which has one from now on.
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

/// While it lives, its thread asks for an owner.
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

/// The owner for whom this thread asks.
pub(crate) fn asking() -> u32 {
    STATE.with(|state| state.asking.get())
}

/// While it lives, its thread compiles.
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

/// Tells whether this thread compiles.
pub(crate) fn is_compiling() -> bool {
    STATE.with(|state| state.compiles.get() > 0)
}

/// Replaces the number of refused bytes and gives the one before.
pub(crate) fn replace_refused(bytes: usize) -> usize {
    STATE.with(|state| state.refused.replace(bytes))
}

/// While it lives, its thread tells an observer: what it asks for is for nobody, and it waits for no compile.
#[derive(Debug)]
pub(crate) struct Notifying {
    refused: usize,
    _nobody_asks: Asking,
    _waits_for_nobody: Compiling,
}

impl Notifying {
    /// None if it does already.
    pub(crate) fn begin() -> Option<Notifying> {
        if STATE.with(|state| state.is_notifying.replace(true)) {
            return None;
        }
        Some(Notifying {
            refused: replace_refused(0),
            _nobody_asks: Asking::begin(NOBODY),
            _waits_for_nobody: Compiling::begin(),
        })
    }
}

impl Drop for Notifying {
    fn drop(&mut self) {
        replace_refused(self.refused);
        STATE.with(|state| state.is_notifying.set(false));
    }
}
