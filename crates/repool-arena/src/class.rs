//! Size classes: the sizes that `bumpalo` gives its chunks anyway.
//!
//! A chunk is one allocation: what fits in, then bumpalo's footer. Below a page the whole, with 16 bytes
//! for the allocator's own header, is a power of two; above, it is whole pages:
//!
//! ```text
//! fits (64-bit)    192   448   960   1984   4032   8128   12224 ...
//! allocation       240   496  1008   2032   4080   8176   12272 ...
//!                 └───────── classes: kept ─────┘  └─ given straight back
//! ```
//!
//! bumpalo makes the smallest only on request, as its default is 448: see [`open`].
//! `the_allocator_is_asked_for_what_was_foretold` in `tests/ledger.rs` compares the table with the allocator.
//!
//! Exercised by the tests below and `tests/ledger.rs`.

use std::alloc::Layout;

use bumpalo::Bump;

/// What bumpalo puts behind the contents of a chunk: five words, rounded to its alignment.
const FOOTER_BYTES: usize = (6 * size_of::<usize>()).next_multiple_of(16);
/// What bumpalo leaves to the allocator for a header of its own.
const MALLOC_BYTES: usize = 16;
const PAGE_BYTES: usize = 4096;

const fn fits(power: usize) -> usize {
    power - FOOTER_BYTES - MALLOC_BYTES
}

/// A size that spare arenas are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    pub(crate) const COUNT: usize = 5;
    const FITS: [usize; Class::COUNT] = [fits(256), fits(512), fits(1024), fits(2048), fits(4096)];

    /// Returns the class that holds `len` bytes with the least waste, if any does.
    pub(crate) fn of(len: usize) -> Option<Class> {
        let at = Class::FITS.iter().position(|&fits| len <= fits)?;
        Some(Class(at as u8))
    }

    /// All classes, smallest first.
    pub(crate) fn all() -> impl DoubleEndedIterator<Item = Class> {
        (0..Class::COUNT as u8).map(Class)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// The bytes of one allocation of the class.
    pub(crate) const fn reserved_bytes(self) -> usize {
        Class::FITS[self.index()] + FOOTER_BYTES
    }
}

/// The bytes of one allocation of each class, smallest first.
pub fn class_sizes() -> impl Iterator<Item = usize> {
    Class::all().map(Class::reserved_bytes)
}

/// The bytes that an arena for `len` bytes asks the allocator for.
pub(crate) const fn large_bytes(len: usize) -> usize {
    let len = len.saturating_add(FOOTER_BYTES + MALLOC_BYTES);
    match len.checked_next_multiple_of(PAGE_BYTES) {
        Some(pages) => pages - MALLOC_BYTES,
        None => usize::MAX,
    }
}

/// An empty arena of a class: one chunk.
pub(crate) fn open(class: Class) -> Option<Bump> {
    let fits = Class::FITS[class.index()];
    if class.index() > 0 {
        return Bump::try_with_capacity(fits).ok();
    }
    // bumpalo goes below its default size only to keep a limit, halving until the chunk fits; a first
    // allocation of one word lets it halve as often as it must.
    let mut bump = Bump::new();
    bump.set_allocation_limit(Some(fits));
    bump.try_alloc_layout(Layout::new::<u64>()).ok()?;
    bump.set_allocation_limit(None);
    bump.reset();
    // It halves too if the allocator has no memory; then what is sealed would not fit into the one chunk.
    (bump.chunk_capacity() >= fits).then_some(bump)
}

/// An empty arena for `len` bytes, more than the classes hold.
pub(crate) fn open_large(len: usize) -> Option<Bump> {
    // Far above what a `Layout` allows, bumpalo's rounding would overflow and panic.
    if len > isize::MAX as usize / 2 {
        return None;
    }
    Bump::try_with_capacity(len).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_one_chunk_of_the_foretold_size() {
        for len in (0..=Class::FITS[4]).step_by(8) {
            let class = Class::of(len).unwrap();
            let bump = open(class).unwrap();
            assert_eq!(bump.chunk_capacity(), Class::FITS[class.index()]);
            let words = vec![7_u64; len / 8];
            bump.try_alloc_slice_copy(&words).unwrap();
            assert_eq!(
                bump.allocated_bytes_including_metadata(),
                class.reserved_bytes(),
                "{len}"
            );
        }
    }

    #[test]
    fn every_large_arena_is_one_chunk_of_the_foretold_size() {
        for len in (Class::FITS[4] + 8..60_000).step_by(8) {
            assert_eq!(Class::of(len), None);
            let bump = open_large(len).unwrap();
            bump.try_alloc_layout(Layout::from_size_align(len, 8).unwrap())
                .unwrap();
            assert_eq!(
                bump.allocated_bytes_including_metadata(),
                large_bytes(len),
                "{len}"
            );
        }
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(open_large(usize::MAX).is_none());
        assert!(open_large(isize::MAX as usize).is_none());
        assert_eq!(large_bytes(usize::MAX), usize::MAX);
    }
}
