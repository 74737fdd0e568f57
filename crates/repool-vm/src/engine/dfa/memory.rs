//! A thread's memory for tables: its lazy tables, class memos, and the dead states of the current iteration.
//!
//! Exercised by `tests/dfa.rs` and `tests/scratch.rs`.

use repool_program::Program;

use crate::engine::dfa::class_reader::ClassMemo;
use crate::engine::dfa::dead_states::DeadStates;
use crate::engine::dfa::lazy::{CAPS_MAX, Lazy};
use crate::heap::vec_bytes;
use crate::tuning::{CLASS_MEMOS, LAZY_IDLE_SEARCHES, LAZY_TABLES};

/// The memory of a thread for tables.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    lazies: Vec<Lazy>,
    /// The clock by which tables age: searches with a lazy table, or with a program that is not hot yet.
    pub(crate) clock: u64,
    /// Class memos, by the number of the program.
    pub(crate) memos: Vec<ClassMemo>,
    /// The number of the iteration that the current search belongs to; 0 if to none.
    pub(crate) iteration: u64,
    /// Whether the iteration asks only for the ends of matches.
    pub(crate) wants_ends: bool,
    pub(crate) dead_states: DeadStates,
}

impl Memory {
    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let spare = self.lazies.capacity() - self.lazies.len();
        let memos: usize = self.memos.iter().map(ClassMemo::bytes).sum();
        let lazies: usize = self.lazies.iter().map(Lazy::bytes).sum();
        spare * size_of::<Lazy>()
            + lazies
            + vec_bytes(&self.memos)
            + memos
            + self.dead_states.bytes()
    }

    pub(crate) fn find(&mut self, id: u64) -> Option<usize> {
        self.lazies.iter().position(|lazy| lazy.id == id)
    }

    /// Keeps a table, and drops those unused for longest to make room.
    pub(crate) fn keep(&mut self, mut lazy: Lazy) -> usize {
        lazy.used = self.clock;
        let caps = |lazies: &[Lazy]| lazies.iter().map(Lazy::cap).sum::<usize>();
        while self.lazies.len() == LAZY_TABLES || caps(&self.lazies) + lazy.cap() > CAPS_MAX {
            let oldest = (0..self.lazies.len()).min_by_key(|&i| self.lazies[i].used);
            let Some(oldest) = oldest else {
                break;
            };
            self.lazies.swap_remove(oldest);
        }
        self.lazies.push(lazy);
        self.lazies.len() - 1
    }

    /// The table at `index` for the next search, with what else the search needs.
    pub(crate) fn take(
        &mut self,
        index: usize,
        memo: usize,
    ) -> (&mut Lazy, &mut DeadStates, &mut ClassMemo) {
        self.clock += 1;
        let others: usize =
            self.lazies.iter().map(Lazy::cap).sum::<usize>() - self.lazies[index].cap();
        let lazy = &mut self.lazies[index];
        lazy.used = self.clock;
        lazy.allow(CAPS_MAX.saturating_sub(others));
        (lazy, &mut self.dead_states, &mut self.memos[memo])
    }

    /// The index of a program's class memo.
    pub(crate) fn memo(&mut self, program: &Program<'_>) -> usize {
        if self.memos.is_empty() {
            self.memos.resize_with(CLASS_MEMOS, ClassMemo::default);
        }
        let place = program.id() as usize % CLASS_MEMOS;
        self.memos[place].belong_to(program);
        place
    }

    /// Drops tables that were idle for [`LAZY_IDLE_SEARCHES`].
    pub(crate) fn age(&mut self) {
        let clock = self.clock;
        self.lazies
            .retain(|lazy| lazy.used + LAZY_IDLE_SEARCHES > clock);
    }

    pub(crate) fn forget(&mut self, id: u64) {
        self.lazies.retain(|lazy| lazy.id != id);
    }
}
