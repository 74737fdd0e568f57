//! Free memory back to the operating system.
//!
//! glibc keeps small freed chunks for itself: of 267 MB freed in small pieces, 267 MB stayed resident until
//! `malloc_trim` was called. Other allocators give memory back on their own, by time.

/// Asks the C library to return the free pages of its heap to the system, where it can (glibc).
///
/// Takes milliseconds on a large heap and holds the allocator's locks meanwhile: for quiet moments.
/// Does nothing elsewhere. With another global allocator it is harmless and frees nothing of that.
///
/// ```
/// # #[cfg(all(target_os = "linux", target_env = "gnu"))] {
/// let resident_pages = || -> usize {
///     let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
///     statm.split(' ').nth(1).expect("the second field").parse().expect("a number")
/// };
/// let mut pieces: Vec<Vec<u8>> = (0..64 << 10).map(|_| vec![1; 1000]).collect();
/// let last = pieces.pop(); // The allocator gives back the end of its heap by itself: this is it.
/// drop(pieces);
/// let before = resident_pages();
/// repool_arena::release_free_memory();
/// assert!(before - resident_pages() > 10_000, "of some 16,000 pages of 4 KiB");
/// # drop(last);
/// # }
/// ```
pub fn release_free_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
    trim_heap();
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
#[allow(
    unsafe_code,
    reason = "malloc_trim is a C function; there is no safe way to it"
)]
fn trim_heap() {
    // SAFETY: `malloc_trim` takes no pointer, may be called from any thread at any time, and touches only
    // pages that the C library's own allocator holds as free.
    unsafe {
        libc::malloc_trim(0);
    }
}
