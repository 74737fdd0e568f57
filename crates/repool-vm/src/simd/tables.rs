//! The tables that the vector kernels look up, and the sizes that they share.
//!
//! A vector shuffle looks up sixteen bytes at once in a table of sixteen bytes. So a table is indexed by half a byte, and
//! two tables classify a byte.
//!
//! Exercised by the tests of `byte_table.rs` and `prefilter/teddy.rs`.

/// Bytes that one step of a scan classifies: one bit each in a word.
pub(crate) const BLOCK_BYTES: usize = 64;

/// Bytes at the start of a match that a [`Pattern`] may test.
pub(crate) const WINDOW: usize = 8;

/// Places of the window that the kernels test. Each number of probes is a kernel of its own.
pub(crate) const PROBES_MAX: usize = 3;

/// A set of bytes. Bit `i` of `low[j]` stands for the byte `i << 4 | j`, and bit `i` of `high[j]` for the byte
/// `(i + 8) << 4 | j`.
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
    /// A lower bound of the bytes of a match.
    pub(crate) len_min: usize,
}

/// The test of one place: the buckets in which the halves of a byte occur.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Probe {
    /// The place, below [`WINDOW`].
    pub(crate) offset: usize,
    pub(crate) low: [u8; 16],
    pub(crate) high: [u8; 16],
}
