//! Makes an allocator place the next allocations together.
//!
//! An allocator first hands out what the thread freed last, then what fits exactly, then the smallest gap that is large
//! enough (glibc; others are alike in this). So after most of a heap was freed, copies of the rest would fill the small gaps
//! between the rest. A [`Runway`] allocates such gaps and holds them, until the allocator returns one piece behind the other.
//! Then it frees those, and the next allocations lie there.
//!
//! Exercised by the tests below.

use crate::scratch::ScratchAccount;

/// The most pieces that are held, and the most bytes. Counted by [`crate::scratch::scratch_bytes`], with the list of them.
const PIECES_MAX: usize = 8192;
const BYTES_MAX: usize = 256 << 10;

/// The most bytes between two pieces that lie one behind the other: the allocator's header, rounded up.
const HEADER_MAX: usize = 32;

/// One more than the pieces of one size that an allocator keeps for a thread (glibc: 7).
const THREAD_PIECES: usize = 8;

/// Gaps in memory, held, so that what is allocated goes elsewhere.
///
/// ```
/// use repool_arena::Runway;
///
/// let mut runway = Runway::default();
/// runway.clear(100, 4096);
/// let near: Vec<Vec<u8>> = (0..40).map(|_| Vec::with_capacity(100)).collect();
/// runway.end([100]);
/// # drop(near);
/// ```
#[derive(Debug, Default)]
pub struct Runway {
    held: Vec<Vec<u8>>,
    bytes: usize,
    account: ScratchAccount,
}

impl Runway {
    /// Allocates gaps until the allocator has `bytes` in a row for pieces of `size` bytes, or the maximum is held.
    pub fn clear(&mut self, size: usize, bytes: usize) {
        let (mut run, mut last) = (0, 0);
        while run * size < bytes {
            let Some(address) = self.take(size) else {
                break;
            };
            let is_next = address.wrapping_sub(last) <= size + HEADER_MAX;
            run = if is_next { run + 1 } else { 1 };
            last = address;
        }
        self.held.truncate(self.held.len() - run);
        self.count(self.bytes - run * size);
    }

    /// Allocates what the allocator keeps for this thread of one size, as that may lie anywhere.
    pub fn drain(&mut self, size: usize) {
        for _ in 0..THREAD_PIECES {
            self.take(size);
        }
    }

    /// Fills what the allocator keeps for this thread of these sizes with pieces that lie where it allocates now. So pieces freed
    /// next are not kept for the thread.
    pub fn end(&self, sizes: impl IntoIterator<Item = usize>) {
        for size in sizes {
            let pieces: [_; THREAD_PIECES] = std::array::from_fn(|_| piece(size));
            drop(pieces);
        }
    }

    /// Allocates one piece and returns its address.
    fn take(&mut self, size: usize) -> Option<usize> {
        if self.held.capacity() == 0 {
            self.held.try_reserve_exact(PIECES_MAX).ok()?;
        }
        if self.held.len() == PIECES_MAX || self.bytes + size > BYTES_MAX {
            return None;
        }
        let piece = piece(size)?;
        let address = piece.as_ptr().addr();
        self.held.push(piece);
        self.count(self.bytes + size);
        Some(address)
    }

    fn count(&mut self, bytes: usize) {
        self.bytes = bytes;
        let list = self.held.capacity() * size_of::<Vec<u8>>();
        self.account.set(bytes + list);
    }
}

fn piece(size: usize) -> Option<Vec<u8>> {
    let mut piece = Vec::new();
    piece.try_reserve_exact(size).ok()?;
    Some(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_has_a_bound_and_is_counted() {
        let mut runway = Runway::default();
        for size in [24, 100, 1000, 5000] {
            runway.clear(size, usize::MAX);
            runway.drain(size);
            runway.end([size]);
            let pieces: usize = runway.held.iter().map(Vec::capacity).sum();
            let list = runway.held.capacity() * size_of::<Vec<u8>>();
            assert_eq!(runway.account.bytes(), pieces + list);
            assert!(pieces <= BYTES_MAX && runway.held.len() <= PIECES_MAX);
        }
    }
}
