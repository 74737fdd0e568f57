//! Lowers the IR to instructions, from the end of the pattern to its start.
//!
//! What follows a node is emitted before the node, so every instruction knows its target when it is
//! written. There are no jumps. Only the `Split` of a loop is patched: it is reserved in front of the body
//! that leads to it. The walk over the tree keeps a stack of [`Task`]s instead of recurring, so a pattern
//! may nest to any depth. `next` is the entry of the code emitted last. A task that emits a node replaces
//! it by the entry of that node.
//!
//! The meaning, priorities included, is that of the Thompson compiler of `regex-automata`
//! (`nfa/thompson/compiler.rs`).
//!
//! Exercised by `tests/disassembly.rs` and `tests/limits.rs`.

mod literal;
mod repetition;
mod task;

use bumpalo::Bump;
use bumpalo::collections::Vec;
use repool_program::{Builder, Counter, CounterId, Needle, Op, Pc};
use repool_syntax::{Greed, Ir, Node, NodeId};

use crate::error::Error;
use crate::first_set::{FirstSet, is_deterministic};
use crate::needle::Needles;
use crate::tuning::STACK_ROOM;
use task::{Entry, Task};

/// What the lowering knows at its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emitted {
    /// The first instruction.
    pub(crate) start: Pc,
    /// Whether one thread is enough; see [`crate::first_set`].
    pub(crate) one_pass: bool,
    /// Whether nothing but assertions looks above ASCII.
    pub(crate) ascii: bool,
    /// The number of states.
    pub(crate) states: u32,
    /// The place of the prefix of [`Needles`] in the code.
    pub(crate) prefix: Option<Needle>,
    /// The place of the required literal in the code.
    pub(crate) required: Option<Needle>,
    /// The most bytes of a match in front of `required`.
    pub(crate) required_before_max: u32,
}

/// Emits the program of `ir` into `builder`, which must be empty. The stacks lie in `arena`.
pub(crate) fn emit<'a>(
    ir: &Ir,
    needles: &Needles,
    limit: usize,
    builder: &mut Builder<'a>,
    arena: &'a Bump,
) -> Result<Emitted, Error> {
    let start = Pc::START;
    // A pattern of one node needs no stacks.
    let room = if ir.node_len() > 1 { STACK_ROOM } else { 0 };
    let mut emitter = Emitter {
        ir,
        needles,
        limit,
        bytes_max: effective_limit(ir, limit) as u64,
        builder,
        tasks: Vec::with_capacity_in(room, arena),
        saved: Vec::with_capacity_in(room, arena),
        counters: Vec::new_in(arena),
        sets: arena.alloc_slice_fill_copy(ir.set_len(), NO_SET),
        next: Entry {
            pc: start,
            first: FirstSet::MATCH,
        },
        counter: None,
        iters: 1,
        copied_states: 0,
        out: Emitted {
            start,
            one_pass: true,
            ascii: true,
            states: 0,
            prefix: None,
            required: None,
            required_before_max: needles.required_before_max,
        },
    };
    emitter.run()?;
    emitter.finish()
}

/// The bytes that a short pattern without groups and assertions may take under any limit.
///
/// `regex` keeps such a pattern as a set of at most 250 literals of at most [`LITERAL_BYTES`] bytes, which
/// its limit does not count. They take up to 31 KiB here.
const LITERALS_BYTES: usize = 32 << 10;

/// The longest match, in bytes, of a pattern that `regex` keeps as literals.
const LITERAL_BYTES: u32 = 100;

/// The limit for this pattern, in bytes. It accepts every pattern that `regex` accepts under the same
/// limit.
fn effective_limit(ir: &Ir, limit: usize) -> usize {
    let facts = ir.facts(ir.root());
    if facts.len_max <= LITERAL_BYTES && !facts.captures && facts.looks.is_empty() {
        limit.max(LITERALS_BYTES)
    } else {
        limit
    }
}

/// The set was not emitted yet.
const NO_SET: u32 = u32::MAX;

struct Emitter<'e, 'a> {
    ir: &'e Ir,
    needles: &'e Needles,
    /// The limit as the caller gave it, for the error.
    limit: usize,
    /// The most bytes that the program and a set of its states may take.
    bytes_max: u64,
    builder: &'e mut Builder<'a>,
    tasks: Vec<'a, Task>,
    saved: Vec<'a, Entry>,
    counters: Vec<'a, Counter>,
    /// The number in the program of each set of the IR.
    sets: &'a mut [u32],
    /// The entry of the code emitted last.
    next: Entry,
    /// The counter whose body is being emitted.
    counter: Option<CounterId>,
    /// The number of virtual copies of that body: the product over all enclosing counters.
    iters: u32,
    /// The states of all counters that were started. At most `limit`.
    copied_states: u64,
    out: Emitted,
}

impl Emitter<'_, '_> {
    fn run(&mut self) -> Result<(), Error> {
        self.push(Op::Match)?;
        self.node(self.ir.root())?;
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Node(node) => self.node(node)?,
                Task::Concat { at, len } => {
                    if len > 1 {
                        self.tasks.push(Task::Concat { at, len: len - 1 });
                    }
                    self.node(self.ir.children(at, len)[len as usize - 1])?;
                }
                Task::LastBranch { at, len } => self.last_branch(at, len),
                Task::Branch { at, len } => self.branch(at, len)?,
                Task::Save { slot } => self.save(slot)?,
                Task::Optional { greedy } => {
                    let end = self.unsave();
                    self.split(end, greedy)?;
                }
                Task::Loop {
                    split,
                    lowering,
                    greedy,
                } => self.end_loop(split, lowering, greedy)?,
                Task::Copies {
                    child,
                    optional,
                    required,
                    greedy,
                } => self.copies(child, optional, required, greedy),
                Task::OptionalCopy { greedy } => {
                    let end = *self.saved.last().expect("`copies` saved the end");
                    self.split(end, greedy)?;
                }
                Task::EndCounter {
                    counter,
                    outer_iters,
                } => self.end_counter(counter, outer_iters)?,
            }
        }
        Ok(())
    }

    /// Emits a node, or its last part and tasks for the rest.
    fn node(&mut self, node: NodeId) -> Result<(), Error> {
        match self.ir.node(node) {
            Node::Empty => Ok(()),
            Node::Fail => {
                let pc = self.push(Op::Fail)?;
                self.next = Entry {
                    pc,
                    first: FirstSet::NOTHING,
                };
                Ok(())
            }
            Node::Literal { at, len, fold } => self.literal(node, at, len, fold),
            Node::Set(index) => self.set(node, index),
            Node::Look(look) => {
                let next = self.next.pc;
                self.next.pc = self.push(Op::Look { look, next })?;
                Ok(())
            }
            Node::Concat { at, len } => {
                self.tasks.push(Task::Concat { at, len });
                Ok(())
            }
            Node::Alternation { at, len } => {
                self.saved.push(self.next);
                let last = self.ir.children(at, len)[len as usize - 1];
                self.tasks.push(Task::LastBranch { at, len: len - 1 });
                self.tasks.push(Task::Node(last));
                Ok(())
            }
            Node::Group { child, index } => {
                self.save(2 * index + 1)?;
                self.tasks.push(Task::Save { slot: 2 * index });
                self.tasks.push(Task::Node(child));
                Ok(())
            }
            Node::Repeat {
                child,
                min,
                max,
                greed,
            } => match greed {
                Greed::Greedy => self.repeat(child, min, max, true),
                Greed::Lazy => self.repeat(child, min, max, false),
                Greed::Possessive => Err(Error::unsupported("a possessive repetition")),
            },
            Node::Backreference { .. } => Err(Error::unsupported("a back-reference")),
            Node::LookAround { .. } => Err(Error::unsupported("a look-around")),
            Node::Atomic(_) => Err(Error::unsupported("an atomic group")),
            Node::Conditional { .. } => Err(Error::unsupported("a conditional")),
        }
    }

    fn save(&mut self, slot: u32) -> Result<(), Error> {
        let next = self.next.pc;
        self.next.pc = self.push(Op::Save { slot, next })?;
        Ok(())
    }

    fn last_branch(&mut self, at: u32, len: u32) {
        self.saved.push(self.next);
        self.next_branch(at, len);
    }

    fn branch(&mut self, at: u32, len: u32) -> Result<(), Error> {
        let others = self.unsave();
        self.split(others, true)?;
        if len == 0 {
            self.unsave();
            return Ok(());
        }
        self.saved.push(self.next);
        self.next_branch(at, len);
        Ok(())
    }

    /// Starts the last of `len` branches that are preferred to the emitted ones, and leaves a task for the
    /// rest.
    fn next_branch(&mut self, at: u32, len: u32) {
        let branch = self.ir.children(at, len)[len as usize - 1];
        self.next = self.saved[self.saved.len() - 2];
        self.tasks.push(Task::Branch { at, len: len - 1 });
        self.tasks.push(Task::Node(branch));
    }

    /// Emits the choice between `next` and `other`.
    fn split(&mut self, other: Entry, greedy: bool) -> Result<(), Error> {
        let preferred = self.next;
        self.note_choice(preferred.first, other.first);
        let pc = self.push(split_op(preferred.pc, other.pc, greedy))?;
        self.next = Entry {
            pc,
            first: preferred.first.or(other.first),
        };
        Ok(())
    }

    /// Records a choice. The program stays one-pass if the next character decides it.
    fn note_choice(&mut self, a: FirstSet, b: FirstSet) {
        self.out.one_pass =
            self.out.one_pass && is_deterministic(a, b, self.builder, self.ir.stepping());
    }

    fn unsave(&mut self) -> Entry {
        self.saved.pop().expect("a task finds what it saved")
    }

    fn push(&mut self, op: Op) -> Result<Pc, Error> {
        let pc = self
            .builder
            .push(op)
            .map_err(|e| Error::build(e, self.limit))?;
        // The whole is compared at each counter and at the end. This check bounds the code itself.
        if pc.index() as u64 > self.bytes_max / 8 {
            return Err(Error::too_big(self.limit));
        }
        Ok(pc)
    }

    /// Compares the bytes of the program and of one set of its states with the limit.
    fn check_limit(&self) -> Result<(), Error> {
        let states = self.builder.code_len() as u64 + self.copied_states;
        let bytes = self.builder.section_bytes() as u64
            + (self.counters.len() * Counter::WORDS * 8) as u64
            + self.copied_states * STATE_BYTES;
        // States are numbered in 32 bits under any limit.
        if bytes > self.bytes_max || states > u64::from(u32::MAX) {
            return Err(Error::too_big(self.limit));
        }
        Ok(())
    }

    /// Numbers the states and appends the counters.
    fn finish(mut self) -> Result<Emitted, Error> {
        self.check_limit()?;
        let mut base = self.builder.code_len() as u32;
        for id in 0..self.counters.len() {
            let counter = &mut self.counters[id];
            counter.base = base;
            let mut iters = counter.copies();
            let (len, mut parent) = (counter.len, counter.parent);
            self.builder.push_counter(counter);
            while let Some(CounterId(outer)) = parent {
                let outer = &self.counters[outer as usize];
                iters *= outer.copies();
                parent = outer.parent;
            }
            base += iters * len;
        }
        self.out.start = self.next.pc;
        self.out.states = base;
        Ok(self.out)
    }
}

/// The bytes of one state in a set of states.
const STATE_BYTES: u64 = 4;

fn split_op(body: Pc, other: Pc, greedy: bool) -> Op {
    let (first, second) = if greedy { (body, other) } else { (other, body) };
    Op::Split { first, second }
}
