//! A global allocator that counts.
#![allow(
    unsafe_code,
    reason = "a global allocator is unsafe to implement; it only counts and forwards"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what the system allocator hands out. One per process, as its `#[global_allocator]`.
#[derive(Debug)]
pub struct Counting {
    live: AtomicUsize,
    calls: AtomicUsize,
}

impl Counting {
    /// An allocator that has handed out nothing.
    #[must_use]
    pub const fn new() -> Counting {
        Counting {
            live: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
        }
    }

    /// The bytes handed out and not given back.
    #[must_use]
    pub fn live_bytes(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// The number of allocations so far, reallocations among them.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Default for Counting {
    fn default() -> Counting {
        Counting::new()
    }
}

// SAFETY: every method forwards to the system allocator with the caller's own arguments and returns
// what it returns. The counters touch no memory of the caller.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.live.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps `alloc`'s contract, which is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        self.live.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: `ptr` came from `alloc` or `realloc` above with this layout, so from `System`.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.live.fetch_add(new_size, Ordering::Relaxed);
        self.live.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as for `dealloc`; the new size is the caller's promise.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}
