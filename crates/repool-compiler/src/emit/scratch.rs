//! The stacks and tables of a lowering, kept for the next pattern.
//!
//! Exercised by `tests/limits.rs`.

use repool_program::Counter;

use super::task::{Entry, Task};

/// The memory that a lowering works in.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(super) tasks: Vec<Task>,
    pub(super) saved: Vec<Entry>,
    pub(super) counters: Vec<Counter>,
    /// The number in the program of each set of the IR.
    pub(super) sets: Vec<u32>,
}

impl Scratch {
    /// The bytes that it holds, used or not.
    pub(crate) fn bytes(&self) -> usize {
        fn bytes<T>(memory: &Vec<T>) -> usize {
            memory.capacity() * size_of::<T>()
        }
        bytes(&self.tasks) + bytes(&self.saved) + bytes(&self.counters) + bytes(&self.sets)
    }
}
