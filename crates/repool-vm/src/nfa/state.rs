//! Where a thread of execution stands: an instruction, and the copy of it inside counters.
//!
//! [`repool_program::Counter`] tells what the copies mean and numbers the states. A thread keeps the
//! difference between its state's number and its word's, so that a number costs one addition and
//! counters are looked at only when one is entered, repeated or left.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Counter, CounterId, Epsilon, Pc, Program};

/// A place in a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    /// The instruction.
    pub(crate) pc: Pc,
    /// What to add to `pc` for the number of the state; wraps.
    delta: u32,
    /// The copies of all enclosing counters, in mixed radix.
    iter: u32,
}

/// Where a thread may go from the end of an iteration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ways {
    /// The preferred way.
    pub(crate) first: State,
    /// The other way, if there are two.
    pub(crate) second: Option<State>,
}

impl State {
    /// Outside of every counter.
    #[inline(always)]
    pub(crate) const fn new(pc: Pc) -> State {
        State {
            pc,
            delta: 0,
            iter: 0,
        }
    }

    /// The same counters, at another instruction.
    #[inline(always)]
    pub(crate) const fn at(self, pc: Pc) -> State {
        State { pc, ..self }
    }

    /// The number of the state: below [`Program::states`].
    #[inline(always)]
    pub(crate) const fn number(self) -> usize {
        (self.pc.index() as u32).wrapping_add(self.delta) as usize
    }

    /// Inside of `id`, no iteration done, at `body`.
    #[inline]
    pub(crate) fn enter(self, program: &Program<'_>, id: CounterId, body: Pc) -> State {
        self.enter_copy(&program.counter(id), body, 0)
    }

    /// Inside of `counter`, in its copy `copy`, at `pc`.
    #[inline]
    pub(crate) fn enter_copy(self, counter: &Counter, pc: Pc, copy: u32) -> State {
        let iter = self.iter.wrapping_mul(counter.copies()).wrapping_add(copy);
        State::inside(counter, pc, iter)
    }

    /// An iteration of `id` is done; `next` is where its repetition leaves to.
    #[inline]
    pub(crate) fn repeat(self, program: &Program<'_>, id: CounterId, next: Pc) -> Ways {
        let counter = program.counter(id);
        let (again, leave) = counter.step(self.iter);
        let again = again.map(|iter| State::inside(&counter, counter.body, iter));
        let leave = leave.map(|iter| match counter.parent {
            Some(parent) => State::inside(&program.counter(parent), next, iter),
            None => State::new(next),
        });
        let (first, second) = if counter.greedy {
            (again, leave)
        } else {
            (leave, again)
        };
        match (first, second) {
            (Some(first), second) => Ways { first, second },
            (None, Some(first)) => Ways {
                first,
                second: None,
            },
            // A counter that may neither go on nor leave has no copies, and there is at least one.
            (None, None) => Ways {
                first: State::new(next),
                second: None,
            },
        }
    }

    /// Where an instruction leads that consumes nothing; assertions are taken to hold.
    #[inline(always)]
    pub(crate) fn step(self, program: &Program<'_>, epsilon: Epsilon) -> Ways {
        let one = |first| Ways {
            first,
            second: None,
        };
        match epsilon {
            Epsilon::Split { first, second } => Ways {
                first: self.at(first),
                second: Some(self.at(second)),
            },
            Epsilon::Save { next, .. } | Epsilon::Look { next, .. } => one(self.at(next)),
            Epsilon::Enter { counter, next } => one(self.enter(program, counter, next)),
            Epsilon::Repeat { counter, next } => self.repeat(program, counter, next),
        }
    }

    #[inline(always)]
    fn inside(counter: &Counter, pc: Pc, iter: u32) -> State {
        let delta = counter
            .base
            .wrapping_add(iter.wrapping_mul(counter.len))
            .wrapping_sub(counter.lo.index() as u32);
        State { pc, delta, iter }
    }
}
