//! The process's allocator, with a count of the bytes that are allocated.
//!
//! Both contenders are measured by the same count: bytes requested from the allocator and not yet freed, without the
//! allocator's own overhead. A cache's ledger is not used for this, because only one of them has one.
//!
//! Each thread counts in a cache line of its own, with plain loads and stores; reading adds the lines up. Otherwise
//! counting would slow down the contender that allocates more.

#![allow(
    unsafe_code,
    reason = "an allocator is an unsafe trait; every call is handed to the system's as it is"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Counters of one thread, on a cache line that no other thread writes.
#[repr(align(128))]
struct Counter {
    /// Bytes allocated minus bytes freed. Negative for a thread that frees what other threads allocate.
    bytes: AtomicIsize,
    /// Calls that asked for memory.
    calls: AtomicUsize,
}

/// The first counter is shared by all threads that start after the others are taken.
static COUNTERS: [Counter; 64] = [const {
    Counter {
        bytes: AtomicIsize::new(0),
        calls: AtomicUsize::new(0),
    }
}; 64];

static THREADS: AtomicUsize = AtomicUsize::new(1);

thread_local! {
    /// The index of the thread's counter; `usize::MAX` before its first allocation.
    static COUNTER: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// What the process has allocated and not freed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allocated {
    /// Bytes that are allocated now.
    pub(crate) bytes: isize,
    /// Calls that asked for memory, since the start.
    pub(crate) calls: usize,
}

impl Allocated {
    /// The state now.
    pub(crate) fn now() -> Allocated {
        Allocated {
            bytes: COUNTERS.iter().map(|c| c.bytes.load(Relaxed)).sum(),
            calls: COUNTERS.iter().map(|c| c.calls.load(Relaxed)).sum(),
        }
    }

    /// The difference from an earlier state; at least 0 bytes.
    pub(crate) fn since(self, earlier: Allocated) -> Held {
        Held {
            bytes: self.bytes.saturating_sub(earlier.bytes).max(0) as usize,
            calls: self.calls - earlier.calls,
        }
    }
}

/// What was allocated between two moments.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    /// Bytes allocated between them and still held at the second.
    pub(crate) bytes: usize,
    /// Calls between them that asked for memory.
    pub(crate) calls: usize,
}

/// Runs `make`. Returns its result with the heap bytes that it holds and the number of allocations.
pub(crate) fn measure<T>(make: impl FnOnce() -> T) -> (T, Held) {
    let before = Allocated::now();
    let made = make();
    (made, Allocated::now().since(before))
}

/// The system's allocator, counted.
struct Counting;

impl Counting {
    fn count(bytes: isize, calls: usize) {
        // A thread that ends may free after its thread-locals are destroyed: the shared counter counts that.
        let index = COUNTER
            .try_with(|counter| {
                if counter.get() == usize::MAX {
                    let index = THREADS.fetch_add(1, Relaxed);
                    counter.set(if index < COUNTERS.len() { index } else { 0 });
                }
                counter.get()
            })
            .unwrap_or(0);
        let counter = &COUNTERS[index];
        if index == 0 {
            counter.bytes.fetch_add(bytes, Relaxed);
            counter.calls.fetch_add(calls, Relaxed);
        } else {
            // Only this thread ever writes this counter, so nothing is lost between load and store.
            counter
                .bytes
                .store(counter.bytes.load(Relaxed) + bytes, Relaxed);
            counter
                .calls
                .store(counter.calls.load(Relaxed) + calls, Relaxed);
        }
    }
}

// SAFETY: every method hands its arguments to `System` as they came and returns what it returned, so
// the contract holds because `System` keeps it. Counting touches no memory of the caller, never
// allocates (the thread-local is a constant without a destructor) and cannot unwind.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which is the same for both.
        let pointer = unsafe { System.alloc(layout) };
        if !pointer.is_null() {
            Counting::count(layout.size() as isize, 1);
        }
        pointer
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which is the same for both.
        let pointer = unsafe { System.alloc_zeroed(layout) };
        if !pointer.is_null() {
            Counting::count(layout.size() as isize, 1);
        }
        pointer
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the block came from `System`, by way of this allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) };
        Counting::count(-(layout.size() as isize), 0);
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the block came from `System`, by way of this allocator, with this layout.
        let moved = unsafe { System.realloc(pointer, layout, new_size) };
        if !moved.is_null() {
            Counting::count(new_size as isize - layout.size() as isize, 1);
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_held_and_what_was_asked() {
        // Other tests allocate at the same time, so the block is far larger than all that they allocate.
        let (block, held) = measure(|| vec![1u8; 1 << 28]);
        assert!(held.bytes > 1 << 27, "{held:?}");
        assert!(held.calls >= 1);
        let before = Allocated::now();
        drop(block);
        assert!(Allocated::now().bytes < before.bytes - (1 << 27));
    }
}
