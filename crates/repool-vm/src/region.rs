//! The part of a haystack that is searched.
//! Exercised by `tests/oracle.rs`.

/// The part of a haystack in which a match has to start and to end, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Region<'h> {
    /// All of the haystack: what assertions see.
    pub(crate) whole: &'h [u8],
    pub(crate) start: usize,
    /// At least `start`, at most the length of the haystack.
    pub(crate) end: usize,
}

impl<'h> Region<'h> {
    /// The haystack up to the end of the region.
    #[inline(always)]
    pub(crate) fn hay(self) -> &'h [u8] {
        &self.whole[..self.end]
    }

    /// Its length in bytes.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }

    /// The same from `start` on.
    #[inline(always)]
    pub(crate) fn from(self, start: usize) -> Region<'h> {
        Region { start, ..self }
    }
}
