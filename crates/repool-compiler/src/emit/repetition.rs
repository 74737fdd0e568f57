//! Emits repetitions: loops, copies and counters, as [`lowering`] chooses.
//!
//! The order of the targets at each choice, and where each copy leads, are those of the unrolled pattern;
//! see [`crate::repeat`] and [`Counter`].
//!
//! Exercised by `tests/disassembly.rs` and `tests/limits.rs`.

use repool_program::{Counter, CounterId, Op, Pc, UNBOUNDED};
use repool_syntax::NodeId;

use super::task::{Entry, Task};
use super::{Emitter, split_op};
use crate::Error;
use crate::first_set::FirstSet;
use crate::repeat::{Lowering, lowering};

impl Emitter<'_, '_> {
    pub(super) fn repeat(
        &mut self,
        child: NodeId,
        min: u32,
        max: u32,
        greedy: bool,
    ) -> Result<(), Error> {
        let lowering = lowering(self.ir, child, min, max);
        match lowering {
            Lowering::Nothing => Ok(()),
            Lowering::Once => self.node(child),
            Lowering::Optional => {
                self.saved.push(self.next);
                self.tasks.push(Task::Optional { greedy });
                self.tasks.push(Task::Node(child));
                Ok(())
            }
            Lowering::Star | Lowering::Plus | Lowering::OptionalPlus => {
                self.start_loop(child, lowering, greedy)
            }
            Lowering::Unrolled { .. } => {
                let (optional, required) = if max == UNBOUNDED {
                    (0, min - 1)
                } else {
                    (max - min, min)
                };
                self.saved.push(self.next);
                self.tasks.push(Task::Copies {
                    child,
                    optional,
                    required,
                    greedy,
                });
                if max == UNBOUNDED {
                    self.start_loop(child, Lowering::Plus, greedy)?;
                }
                Ok(())
            }
            Lowering::Counted => self.start_counter(child, min, max, greedy),
        }
    }

    fn start_loop(&mut self, child: NodeId, lowering: Lowering, greedy: bool) -> Result<(), Error> {
        let end = self.next;
        self.saved.push(end);
        let split = self.push(Op::Fail)?;
        self.enter_body(child, split, end.first);
        self.tasks.push(Task::Loop {
            split,
            lowering,
            greedy,
        });
        self.tasks.push(Task::Node(child));
        Ok(())
    }

    /// Makes `again` the entry of what follows the body. At `again` a thread starts the body again or
    /// leaves to `end`.
    fn enter_body(&mut self, child: NodeId, again: Pc, end: FirstSet) {
        let facts = self.ir.facts(child);
        self.out.one_pass &= facts.len_min > 0;
        self.next = Entry {
            pc: again,
            first: FirstSet::consuming(facts.first).or(end),
        };
    }

    pub(super) fn end_loop(
        &mut self,
        split: Pc,
        lowering: Lowering,
        greedy: bool,
    ) -> Result<(), Error> {
        let end = self.unsave();
        let body = self.next;
        self.note_choice(body.first, end.first);
        self.builder.patch(split, split_op(body.pc, end.pc, greedy));
        match lowering {
            Lowering::OptionalPlus => self.split(end, greedy),
            Lowering::Star => {
                self.next = Entry {
                    pc: split,
                    first: body.first.or(end.first),
                };
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn copies(&mut self, child: NodeId, optional: u32, required: u32, greedy: bool) {
        let tasks = &mut self.tasks;
        if optional > 0 {
            tasks.push(Task::Copies {
                child,
                optional: optional - 1,
                required,
                greedy,
            });
            tasks.push(Task::OptionalCopy { greedy });
            tasks.push(Task::Node(child));
        } else {
            self.saved.pop();
            // [`Lowering::Unrolled`] stands for a few words, so there are few copies.
            for _ in 0..required {
                tasks.push(Task::Node(child));
            }
        }
    }

    fn start_counter(
        &mut self,
        child: NodeId,
        min: u32,
        max: u32,
        greedy: bool,
    ) -> Result<(), Error> {
        let end = self.next;
        self.saved.push(end);
        if min == 0 {
            // The target of the `Split` before the `Enter` that skips the repetition.
            self.saved.push(end);
            self.tasks.push(Task::Optional { greedy });
        }
        let counter = CounterId(self.counters.len() as u32);
        let lo = self.push(Op::Repeat {
            counter,
            next: end.pc,
        })?;
        let unfinished = Counter {
            min,
            max,
            body: lo,
            greedy,
            parent: self.counter,
            lo,
            len: 0,
            base: 0,
        };
        self.counters.push(unfinished);
        self.enter_body(child, lo, end.first);
        self.tasks.push(Task::EndCounter {
            counter,
            outer_iters: self.iters,
        });
        self.tasks.push(Task::Node(child));
        let limit = self.limit;
        self.iters = self
            .iters
            .checked_mul(unfinished.copies())
            .ok_or_else(|| Error::too_big(limit))?;
        self.counter = Some(counter);
        self.count_states(1)
    }

    pub(super) fn end_counter(
        &mut self,
        counter: CounterId,
        outer_iters: u32,
    ) -> Result<(), Error> {
        let end = self.unsave();
        let body = self.next;
        let code_len = self.builder.code_len();
        let finished = &mut self.counters[counter.0 as usize];
        finished.body = body.pc;
        finished.len = (code_len - finished.lo.index()) as u32;
        let (parent, len, has_choice) =
            (finished.parent, finished.len, finished.min != finished.max);
        if has_choice {
            self.note_choice(body.first, end.first);
        }
        // The start of the counter counted the reserved word.
        self.count_states(len - 1)?;
        self.counter = parent;
        self.iters = outer_iters;
        let pc = self.push(Op::Enter {
            counter,
            next: body.pc,
        })?;
        self.next = Entry {
            pc,
            first: body.first,
        };
        Ok(())
    }

    /// Counts the states of `words` more words in the innermost counter.
    fn count_states(&mut self, words: u32) -> Result<(), Error> {
        self.copied_states += u64::from(self.iters) * u64::from(words);
        self.check_limit()
    }
}
