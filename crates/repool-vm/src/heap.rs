//! What buffers take on the heap, and how much of them a thread keeps between searches.

/// The most bytes one engine keeps between searches. Nothing magical: the backtracker's bitmap takes
/// 32 KiB at most, so this leaves as much again for its stack. The plans take 70 KiB by their number.
pub(crate) const PART_BYTES_MAX: usize = 64 << 10;

/// The same for the engines that keep slots and little more.
pub(crate) const SMALL_BYTES_MAX: usize = 16 << 10;

/// The bytes of a vector's buffer.
pub(crate) fn vec_bytes<T>(vec: &Vec<T>) -> usize {
    vec.capacity() * size_of::<T>()
}
