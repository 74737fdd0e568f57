//! What is searched, and how.

/// A position in a haystack that a group captured, or none.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Slot(usize);

impl Slot {
    /// The group did not take part in the match. No haystack is this long.
    pub const NONE: Slot = Slot(usize::MAX);

    /// A position, in bytes.
    #[inline(always)]
    #[must_use]
    pub const fn at(position: usize) -> Slot {
        debug_assert!(position != usize::MAX);
        Slot(position)
    }

    /// The position, in bytes.
    #[inline(always)]
    #[must_use]
    pub const fn get(self) -> Option<usize> {
        if self.0 == usize::MAX {
            None
        } else {
            Some(self.0)
        }
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.get() {
            Some(at) => at.fmt(f),
            None => f.write_str("-"),
        }
    }
}

/// One search: a haystack, the part of it to search, and what to look for.
#[derive(Clone, Copy, Debug)]
pub struct Input<'h> {
    /// The whole haystack. Assertions see all of it.
    pub haystack: &'h [u8],
    /// Matches start here or later, in bytes. At most `haystack.len()`.
    pub start: usize,
    /// Matches end here or earlier, in bytes; assertions see what follows. At least `start`... or the
    /// search fails; at most `haystack.len()`.
    pub end: usize,
    /// Whether a match must start exactly at `start`.
    pub anchored: bool,
    /// Whether the first end found will do: the position at which a match is certain.
    pub earliest: bool,
}

impl<'h> Input<'h> {
    /// The leftmost match anywhere in the haystack.
    #[must_use]
    pub const fn new(haystack: &'h [u8]) -> Input<'h> {
        Input {
            haystack,
            start: 0,
            end: haystack.len(),
            anchored: false,
            earliest: false,
        }
    }
}

/// Writes the span of a match; no other group took part.
#[inline]
pub(crate) fn write_span(slots: &mut [Slot], start: usize, end: usize) {
    slots.fill(Slot::NONE);
    if let Some(slot) = slots.get_mut(0) {
        *slot = Slot::at(start);
    }
    if let Some(slot) = slots.get_mut(1) {
        *slot = Slot::at(end);
    }
}
