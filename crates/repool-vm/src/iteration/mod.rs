//! Searches that belong together: those for all matches in one haystack.
//! Exercised by `tests/oracle.rs`, and by `tests/iteration.rs` of `repool`.

pub(crate) mod adjacent;
mod queue;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::backoff::Backoff;
use crate::engine::dfa::short::DeadState;
use crate::iteration::queue::Queue;
use crate::strategy::class_block::Ahead;
use crate::strategy::class_block::Block;
use crate::tuning::{FEW_BYTES, ITERATION_BACKOFF, NEAR_MEMBER_BYTES};

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
    /// Matches that were found ahead.
    queue: Queue,
    /// Whether short searches decide.
    short: Backoff,
    /// Whether the last match was right behind the one before it.
    is_close: bool,
    /// Whether runs from close starts read far past the end of a match.
    reads_far: bool,
    /// Whether runs from close places decide.
    close: Backoff,
    /// Where a run of the short search died.
    dead_state: DeadState,
    /// Whether only the ends of matches are asked for.
    wants_ends: bool,
    /// Whether runs from close places go to the end of the next match, wherever it starts.
    runs_to_ends: bool,
}

/// Numbers that a thread takes at a time.
const BLOCK: u64 = 1 << 20;

impl Iteration {
    /// An iteration that has not begun.
    #[must_use]
    pub fn new() -> Iteration {
        Iteration::default()
    }

    /// Asks only for the ends of matches, which is all that counting needs. The start of a match may then be any place at
    /// or before its real start, and equals the end only if the match is empty.
    pub fn want_ends(&mut self) {
        (self.wants_ends, self.runs_to_ends) = (true, true);
    }

    /// Whether only the ends of matches are asked for.
    #[inline]
    pub(crate) fn wants_ends(&self) -> bool {
        self.wants_ends
    }

    /// What is known of the next match that starts at `from` or behind, before a search.
    #[inline]
    #[must_use]
    pub fn ahead(&mut self, from: usize) -> Ahead {
        match self.queue.pop(from) {
            Some((start, end)) => Ahead::Span(start, end),
            None => self.block.next(from),
        }
    }

    /// How many of the next matches that start at `from` or behind are known, and the place from which to search for
    /// the one after them. None of them is empty.
    #[inline]
    #[must_use]
    pub fn count_ahead(&self, from: usize) -> Option<(usize, usize)> {
        self.block.count(from)
    }

    /// Notes what is known of the bytes behind the last match.
    #[inline]
    pub(crate) fn know(&mut self, block: Option<Block>) {
        self.block = block.unwrap_or_default();
    }

    /// Notes the places of one byte behind a match that ended at `at`. Each of them is a match.
    #[inline]
    pub(crate) fn look_for_byte(&mut self, haystack: &[u8], at: usize, byte: u8) {
        self.block = Block::of_byte(haystack, at, byte);
    }

    /// Tells whether to try the short search now.
    #[inline]
    pub(crate) fn tries_short(&mut self) -> bool {
        self.short.may_try()
    }

    /// Tells whether runs from the places right behind the last match may pay.
    #[inline]
    pub(crate) fn may_be_close(&self) -> bool {
        self.is_close && !self.reads_far
    }

    /// Tells whether to try such runs now.
    #[inline]
    pub(crate) fn begins_close(&mut self) -> bool {
        self.may_be_close() && self.close.may_try()
    }

    /// Tells whether runs from close places go to the end of the next match, wherever it starts.
    #[inline]
    pub(crate) fn runs_to_ends(&self) -> bool {
        self.runs_to_ends
    }

    /// Notes the bytes that failed runs from close places read.
    #[inline]
    pub(crate) fn places_failed(&mut self, bytes: usize) {
        // Where only ends are asked for, a run to the next end needs no start.
        let bytes_max = if self.wants_ends { 0 } else { FEW_BYTES };
        self.runs_to_ends |= bytes > bytes_max;
    }

    /// Notes that a run from a close place ended undecided.
    #[inline]
    pub(crate) fn close_was_undecided(&mut self) {
        self.runs_to_ends = false;
        self.close.fail(&ITERATION_BACKOFF);
    }

    /// Notes that a run from a close place found a match.
    #[inline]
    pub(crate) fn was_close(&mut self) {
        self.close.succeed();
    }

    /// Notes the bytes that a run from a close place read past its match.
    #[inline]
    pub(crate) fn read_past(&mut self, past: usize) {
        self.reads_far |= past > FEW_BYTES;
    }

    /// What was found ahead.
    #[inline]
    pub(crate) fn queue(&mut self) -> &mut Queue {
        &mut self.queue
    }

    /// Notes that there is no close match.
    #[inline]
    pub(crate) fn none_close(&mut self) {
        self.is_close = false;
    }

    /// Notes that the short search decided: the bytes up to the match, if there is one.
    #[inline]
    pub(crate) fn was_short(&mut self, gap: Option<usize>) {
        self.is_close = gap.is_some_and(|gap| gap <= NEAR_MEMBER_BYTES);
        self.short.succeed();
    }

    /// Notes that the short search ended undecided.
    #[inline]
    pub(crate) fn was_undecided(&mut self) {
        self.short.fail(&ITERATION_BACKOFF);
    }

    #[inline]
    pub(crate) fn dead_state(&mut self) -> &mut DeadState {
        &mut self.dead_state
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
