//! Searches that belong together: those for all matches in one haystack.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Names the searches of one program over one haystack, to find one match after the other.
///
/// What a search finds out about the haystack helps those that follow: without, some patterns take time
/// quadratic in its length to find all matches, such as `.*[^A-Z]|[A-Z]` on a run of capitals. Use one
/// value for one haystack only, which must not change meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Iteration(u64);

/// Numbers that a thread takes at a time.
const BLOCK: u64 = 1 << 20;

impl Iteration {
    /// An iteration that has not begun.
    #[must_use]
    pub const fn new() -> Iteration {
        Iteration(0)
    }

    /// Its number in the process, 1 or more.
    #[inline]
    pub(crate) fn number(&mut self, numbers: &mut Range<u64>) -> u64 {
        if self.0 == 0 {
            self.0 = numbers.next().unwrap_or_else(|| take_block(numbers));
        }
        self.0
    }
}

#[cold]
fn take_block(numbers: &mut Range<u64>) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let first = NEXT.fetch_add(BLOCK, Ordering::Relaxed);
    *numbers = first + 1..first + BLOCK;
    first
}
