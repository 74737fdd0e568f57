//! Pages straight from the system: the only file with system calls.
//!
//! | system | [`Map::new`] | [`Map::discard`] | a page is |
//! |---|---|---|---|
//! | Linux, Android | `mmap`, named `repool`, without huge pages | `MADV_DONTNEED`: the page is gone, the next read gives zeros | 4, 16 or 64 KiB |
//! | macOS, iOS | `mmap` | `MADV_FREE_REUSABLE`: off the process's footprint, taken when the system needs it | 4 or 16 KiB |
//! | other Unix | `mmap` | refused: pages stay until the map goes | what the system says |
//! | Windows | a view of the paging file | refused: pages stay until the map goes | 4 KiB |
//! | wasm, Miri | the allocator | refused: bytes stay until the map goes | 4 KiB |
//!
//! Locked pages (`mlockall`) refuse `MADV_DONTNEED`. Whatever is refused stays charged. Heap profilers, which watch the
//! allocator, see none of these pages; Linux lists them in `/proc/self/smaps` as `[anon:repool]` if the kernel can
//! name memory.
//!
//! Maps are private. A child of `fork` sees the contents as they were, and what either process writes or discards
//! later, the other does not see.
//!
//! Exercised by the tests below and `tests/faults.rs`.
#![allow(
    unsafe_code,
    reason = "system calls that name memory, give it back, and say how large a page is"
)]

use std::fmt;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Zeroed pages of the process, given back when this is dropped.
///
/// The memory is reached through [`Map::ptr`] only, and this type never forms a reference to it. Whoever does proves that no
/// [`Map::discard`] or drop comes while the reference lives.
///
/// ```
/// use repool_arena::{Map, page_bytes};
///
/// let map = Map::new(100).expect("a page");
/// assert_eq!(map.len(), page_bytes());
/// ```
pub struct Map(os::Pages);

impl Map {
    /// Maps `bytes`, rounded up to whole pages; `None` if the system refuses.
    #[must_use]
    pub fn new(bytes: usize) -> Option<Map> {
        let len = bytes.max(1).checked_next_multiple_of(page_bytes())?;
        let is_refused = len > isize::MAX as usize || faults::MAPS.strike();
        if is_refused {
            return None;
        }
        os::Pages::new(len).map(Map)
    }

    /// The first byte. Aligned to a page.
    #[inline]
    #[must_use]
    pub fn ptr(&self) -> NonNull<u8> {
        self.0.ptr()
    }

    /// The bytes: a multiple of [`page_bytes`].
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// False: a map has at least one page.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Gives pages back to the system. Returns false if it takes none; they keep their contents then. On Linux they
    /// read as zeros afterwards, elsewhere as zeros or as before.
    ///
    /// # Panics
    ///
    /// If the range is not one of whole pages of this map.
    #[must_use]
    pub fn discard(&self, range: Range<usize>) -> bool {
        let page = page_bytes();
        let is_whole = range.start.is_multiple_of(page) && range.end.is_multiple_of(page);
        assert!(
            is_whole && range.start <= range.end && range.end <= self.len(),
            "{range:?} are not pages of {} bytes",
            self.len()
        );
        range.is_empty() || !faults::DISCARDS.strike() && self.0.discard(range)
    }

    /// Says that discarded pages are about to be written. Only macOS needs it, to count them again.
    #[inline]
    pub fn reuse(&self, range: Range<usize>) {
        self.0.reuse(range);
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("len", &self.len()).finish()
    }
}

/// The bytes of a page of this system, which it is asked for once.
#[inline]
#[must_use]
pub fn page_bytes() -> usize {
    static BYTES: AtomicUsize = AtomicUsize::new(0);
    match BYTES.load(Ordering::Relaxed) {
        0 => {
            let bytes = os::page_bytes();
            BYTES.store(bytes, Ordering::Relaxed);
            bytes
        }
        bytes => bytes,
    }
}

#[cfg(all(any(unix, windows), not(miri)))]
mod os {
    use std::ops::Range;
    use std::ptr::NonNull;

    use memmap2::{MmapMut, MmapRaw};

    /// `MmapRaw` forms no reference to its memory.
    pub(super) struct Pages(MmapRaw);

    impl Pages {
        pub(super) fn new(len: usize) -> Option<Pages> {
            let raw = MmapRaw::from(MmapMut::map_anon(len).ok()?);
            #[cfg(any(target_os = "linux", target_os = "android"))]
            {
                // Both are refused by kernels built without them, and nothing depends on them: a huge page makes
                // 2 MiB resident for the first byte, and the name is for people.
                let _ = raw.advise(memmap2::Advice::NoHugePage);
                name(&raw);
            }
            Some(Pages(raw))
        }

        #[inline]
        pub(super) fn ptr(&self) -> NonNull<u8> {
            NonNull::new(self.0.as_mut_ptr()).expect("the system maps nothing at 0")
        }

        #[inline]
        pub(super) fn len(&self) -> usize {
            self.0.len()
        }

        #[cfg(any(target_os = "linux", target_os = "android"))]
        pub(super) fn discard(&self, range: Range<usize>) -> bool {
            let advice = memmap2::UncheckedAdvice::DontNeed;
            // SAFETY: the range is whole pages inside the map, which `Map::discard` has asserted. The map is private
            // and has no file, so they read as zeros afterwards, which is a write like any other: references to
            // them are excluded by the contract of `Map`.
            let done = unsafe {
                self.0
                    .unchecked_advise_range(advice, range.start, range.len())
            };
            done.is_ok()
        }

        #[cfg(target_vendor = "apple")]
        pub(super) fn discard(&self, range: Range<usize>) -> bool {
            let advice = memmap2::UncheckedAdvice::FreeReusable;
            // SAFETY: as on Linux. The pages read as zeros or as before.
            let done = unsafe {
                self.0
                    .unchecked_advise_range(advice, range.start, range.len())
            };
            done.is_ok()
        }

        #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
        pub(super) fn discard(&self, _: Range<usize>) -> bool {
            false
        }

        #[inline]
        pub(super) fn reuse(&self, range: Range<usize>) {
            #[cfg(target_vendor = "apple")]
            {
                let advice = memmap2::UncheckedAdvice::FreeReuse;
                // SAFETY: this changes how the pages are counted and nothing that is read from them. `advise` checks
                // the range.
                let _ = unsafe {
                    self.0
                        .unchecked_advise_range(advice, range.start, range.len())
                };
            }
            let _ = range;
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn name(raw: &MmapRaw) {
        const NAME: &std::ffi::CStr = c"repool";
        // SAFETY: names the range of a live map; no memory is read but the name, which is static.
        unsafe {
            libc::prctl(
                libc::PR_SET_VMA,
                libc::PR_SET_VMA_ANON_NAME as libc::c_ulong,
                raw.as_ptr(),
                raw.len(),
                NAME.as_ptr(),
            );
        }
    }

    #[cfg(unix)]
    pub(super) fn page_bytes() -> usize {
        // SAFETY: `sysconf` reads a number of the system.
        let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        usize::try_from(bytes)
            .ok()
            .filter(|bytes| bytes.is_power_of_two())
            .unwrap_or(4096)
    }

    #[cfg(windows)]
    pub(super) fn page_bytes() -> usize {
        4096
    }
}

#[cfg(not(all(any(unix, windows), not(miri))))]
mod os {
    use std::alloc::{Layout, alloc_zeroed, dealloc};
    use std::ops::Range;
    use std::ptr::NonNull;

    pub(super) struct Pages {
        ptr: NonNull<u8>,
        layout: Layout,
    }

    // SAFETY: the allocation belongs to this value alone, which never reads or writes it.
    unsafe impl Send for Pages {}
    // SAFETY: as above.
    unsafe impl Sync for Pages {}

    impl Pages {
        pub(super) fn new(len: usize) -> Option<Pages> {
            let layout = Layout::from_size_align(len, page_bytes()).ok()?;
            // SAFETY: `Map::new` asks for one page at least.
            let ptr = NonNull::new(unsafe { alloc_zeroed(layout) })?;
            Some(Pages { ptr, layout })
        }

        pub(super) fn ptr(&self) -> NonNull<u8> {
            self.ptr
        }

        pub(super) fn len(&self) -> usize {
            self.layout.size()
        }

        pub(super) fn discard(&self, _: Range<usize>) -> bool {
            false
        }

        pub(super) fn reuse(&self, _: Range<usize>) {}
    }

    impl Drop for Pages {
        fn drop(&mut self) {
            // SAFETY: from `alloc_zeroed` with this layout, and freed once.
            unsafe { dealloc(self.ptr.as_ptr(), self.layout) }
        }
    }

    pub(super) fn page_bytes() -> usize {
        4096
    }
}

/// Failures of the system on request, for tests: they count calls of the whole process.
#[doc(hidden)]
pub mod faults {
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Calls of one kind, and which of them fail.
    #[derive(Debug)]
    pub struct Fault {
        calls: AtomicUsize,
        /// The first call that fails, and the first after it that does not.
        first: AtomicUsize,
        end: AtomicUsize,
    }

    /// Calls of [`super::Map::new`].
    pub static MAPS: Fault = Fault::new();
    /// Calls of [`super::Map::discard`].
    pub static DISCARDS: Fault = Fault::new();

    impl Fault {
        const fn new() -> Fault {
            Fault {
                calls: AtomicUsize::new(0),
                first: AtomicUsize::new(0),
                end: AtomicUsize::new(0),
            }
        }

        /// Makes `count` calls fail, after `skip` more that do not.
        pub fn arm(&self, skip: usize, count: usize) {
            let first = self.calls().saturating_add(skip);
            self.end.store(0, Ordering::SeqCst);
            self.first.store(first, Ordering::SeqCst);
            self.end
                .store(first.saturating_add(count), Ordering::SeqCst);
        }

        /// Lets all calls through.
        pub fn disarm(&self) {
            self.end.store(0, Ordering::SeqCst);
        }

        /// Calls so far.
        pub fn calls(&self) -> usize {
            self.calls.load(Ordering::SeqCst)
        }

        /// Counts a call. Tells whether it is to fail.
        pub(super) fn strike(&self) -> bool {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            let end = self.end.load(Ordering::Relaxed);
            call < end && call >= self.first.load(Ordering::Relaxed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn byte(map: &Map, at: usize) -> *mut u8 {
        assert!(at < map.len());
        map.ptr().as_ptr().wrapping_add(at)
    }

    fn read(map: &Map, at: usize) -> u8 {
        // SAFETY: inside the map, which nothing else uses.
        unsafe { byte(map, at).read() }
    }

    fn write(map: &Map, at: usize, value: u8) {
        // SAFETY: inside the map, which nothing else uses.
        unsafe { byte(map, at).write(value) }
    }

    #[test]
    fn pages_are_zeros_and_hold_what_is_written() {
        let page = page_bytes();
        let map = Map::new(3 * page - 1).unwrap();
        assert_eq!((map.len(), map.ptr().addr().get() % page), (3 * page, 0));
        for at in [0, page, 3 * page - 1] {
            assert_eq!(read(&map, at), 0);
            write(&map, at, 7);
            assert_eq!(read(&map, at), 7);
        }
    }

    #[test]
    fn discarded_pages_are_gone_and_their_neighbours_are_not() {
        let page = page_bytes();
        let map = Map::new(3 * page).unwrap();
        (0..3).for_each(|at| write(&map, at * page, 7));
        let done = map.discard(page..2 * page);
        assert_eq!(done, cfg!(all(target_os = "linux", not(miri))));
        map.reuse(page..2 * page);
        let left = [0, 1, 2].map(|at| read(&map, at * page));
        assert_eq!(left, if done { [7, 0, 7] } else { [7; 3] });
        write(&map, page, 9);
        assert_eq!(read(&map, page), 9);
        assert!(map.discard(page..page), "nothing is easy to give back");
    }

    #[test]
    #[should_panic(expected = "are not pages")]
    fn parts_of_pages_are_not_given_back() {
        let map = Map::new(2 * page_bytes()).unwrap();
        let _ = map.discard(8..page_bytes());
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(Map::new(usize::MAX).is_none());
        assert!(Map::new(isize::MAX as usize).is_none());
        assert!(Map::new(0).is_some_and(|map| map.len() == page_bytes()));
    }

    #[test]
    #[cfg(all(target_os = "linux", not(miri)))]
    fn the_system_has_small_pages_for_it_and_knows_its_name() {
        let map = Map::new(4 << 20).unwrap();
        let flags_of = |smaps: &str| -> Option<(String, String)> {
            let start = map.ptr().addr().get();
            let mut name = None;
            for line in smaps.lines() {
                let range = line
                    .split(' ')
                    .next()
                    .and_then(|range| range.split_once('-'));
                let range = range.and_then(|(from, to)| {
                    let from = usize::from_str_radix(from, 16).ok()?;
                    Some((from, usize::from_str_radix(to, 16).ok()?))
                });
                if let Some((from, to)) = range {
                    name = (from <= start && start < to).then(|| line.to_owned());
                } else if let (Some(name), Some(flags)) = (&name, line.strip_prefix("VmFlags:")) {
                    return Some((name.clone(), flags.to_owned()));
                }
            }
            None
        };
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let (name, flags) = flags_of(&smaps).unwrap();
        // A kernel without huge pages has no such flag to set, one without names no name.
        let has_huge = std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists();
        assert_eq!(
            flags.split(' ').any(|flag| flag == "nh"),
            has_huge,
            "{flags}"
        );
        let is_named = name.ends_with("[anon:repool]");
        assert!(is_named || !smaps.contains("[anon:"), "{name}");
    }
}
