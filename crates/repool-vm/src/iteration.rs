//! Searches that belong together: those for all matches in one haystack.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use repool_program::Program;

use crate::plan::Plan;
use crate::scan::{Ahead, Block};

/// Names the searches of one program over one haystack, to find one match after the other.
///
/// What a search finds out about the haystack helps those that follow: without, some patterns take time
/// quadratic in its length to find all matches, such as `.*[^A-Z]|[A-Z]` on a run of capitals. Use one
/// value for one haystack only, which must not change meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Iteration {
    /// 0 for none.
    number: u64,
    /// What is known of the bytes behind the last match.
    block: Block,
}

/// Numbers that a thread takes at a time.
const BLOCK: u64 = 1 << 20;

impl Iteration {
    /// An iteration that has not begun.
    #[must_use]
    pub fn new() -> Iteration {
        Iteration::default()
    }

    /// What is known of the next match that starts at `from` or behind, before a search.
    #[inline]
    #[must_use]
    pub fn ahead(&self, from: usize) -> Ahead {
        self.block.next(from)
    }

    /// Looks ahead behind a match that ended at `at`, if that tells of the matches to come.
    #[inline]
    pub fn look_ahead(&mut self, program: &Program<'_>, haystack: &[u8], at: usize) {
        if let Some(plan) = program.attached::<Plan>()
            && let Some(run) = &plan.run
        {
            self.block = run.block(program, haystack, at).unwrap_or_default();
        }
    }

    /// Its number in the process, 1 or more.
    #[inline]
    pub(crate) fn number(&mut self, numbers: &mut Range<u64>) -> u64 {
        if self.number == 0 {
            self.number = numbers.next().unwrap_or_else(|| take_block(numbers));
        }
        self.number
    }
}

#[cold]
fn take_block(numbers: &mut Range<u64>) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let first = NEXT.fetch_add(BLOCK, Ordering::Relaxed);
    *numbers = first + 1..first + BLOCK;
    first
}
