//! Placeholder of the branch; replaced at the merge.
#![allow(unsafe_code, reason = "placeholder")]
use std::ops::Range;
use std::ptr::NonNull;
/// Map.
#[derive(Debug)]
pub struct Map(memmap2::MmapMut);
impl Map {
    /// New.
    #[must_use]
    pub fn new(bytes: usize) -> Option<Map> {
        let map = memmap2::MmapOptions::new().len(bytes).no_reserve_swap().map_anon().ok()?;
        let _ = map.advise(memmap2::Advice::NoHugePage);
        Some(Map(map))
    }
    /// Ptr.
    #[must_use]
    #[inline]
    pub fn ptr(&self) -> NonNull<u8> {
        NonNull::new(self.0.as_ptr().cast_mut()).expect("mapped")
    }
    /// Discard.
    #[must_use]
    pub fn discard(&self, range: Range<usize>) -> bool {
        // SAFETY: placeholder
        unsafe { self.0.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, range.len()) }.is_ok()
    }
}
/// Page bytes.
#[must_use]
pub fn page_bytes() -> usize { 4096 }
