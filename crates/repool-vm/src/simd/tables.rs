//! What the vector kernels look up and the sizes that they share.
//!
//! A vector shuffle looks up sixteen bytes at once in a table of sixteen bytes. So each table here is indexed by
//! half a byte, and two of them classify a whole one.

/// Bytes that one step of a scan classifies, a bit each in a word.
pub(crate) const BLOCK_BYTES: usize = 64;

/// The first bytes of a match that a [`Pattern`] may look at.
pub(crate) const WINDOW: usize = 8;

/// The places of a window that the kernels look at.
pub(crate) const PROBES_MAX: usize = 3;

/// A set of bytes: bit `i` of `low[j]` stands for the byte `i << 4 | j`, of `high[j]` for `(i + 8) << 4 | j`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nibbles {
    pub(crate) low: [u8; 16],
    pub(crate) high: [u8; 16],
}

/// The bit that stands for each upper half of a byte in [`Nibbles`].
#[cfg(target_arch = "x86_64")]
pub(crate) const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

/// The first bytes of a match, in up to eight buckets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pattern {
    pub(crate) probes: [Probe; PROBES_MAX],
    /// One more than the largest place of a probe: 1 to [`WINDOW`].
    pub(crate) reach: usize,
    /// The fewest bytes a match has, or fewer.
    pub(crate) len_min: usize,
}

/// One place: in which buckets the halves of a byte occur.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Probe {
    /// The place, below [`WINDOW`].
    pub(crate) offset: usize,
    pub(crate) low: [u8; 16],
    pub(crate) high: [u8; 16],
}
