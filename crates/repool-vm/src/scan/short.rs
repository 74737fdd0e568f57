//! Scans of a short haystack, all of it at once, where the processor can.

#[cfg(target_arch = "x86_64")]
pub(crate) use super::avx512::Avx512 as Short;

/// The most bytes of a haystack that is scanned at once.
pub(crate) const SHORT_BYTES_MAX: usize = 64;

/// The places that are marked, from the first on.
pub(crate) fn places(mut marks: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (marks != 0).then(|| marks.trailing_zeros() as usize);
        marks &= marks.wrapping_sub(1);
        place
    })
}

/// Nothing that can: there is no value of it.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Short {}

#[cfg(not(target_arch = "x86_64"))]
impl Short {
    pub(crate) fn new() -> Option<Short> {
        None
    }

    pub(crate) fn one(self, _hay: &[u8], _byte: u8) -> u64 {
        match self {}
    }

    pub(crate) fn any(self, _hay: &[u8], _bytes: [u8; 3]) -> u64 {
        match self {}
    }

    pub(crate) fn pair(self, _hay: &[u8], _bytes: [u8; 2], _distances: [u8; 2]) -> u64 {
        match self {}
    }

    pub(super) fn members(self, _set: &super::bytes::Nibbles, _hay: &[u8]) -> u64 {
        match self {}
    }

    pub(super) fn places<const N: usize>(
        self,
        _pattern: &super::masks::Pattern,
        _hay: &[u8],
    ) -> u64 {
        match self {}
    }
}
