//! Lowering: from the end of the pattern to its start.
//!
//! What follows a node is emitted before the node is, so that every instruction knows its target when
//! it is written: there are no jumps and nothing to patch, but for the `Split` of a loop, which is
//! reserved in front of the body that leads to it. The tree is walked with a stack of [`Task`]s, not by
//! recursion: a pattern may nest as deep as it likes. While it runs, `next` is the entry of what has
//! been emitted last, and a task that emits a node replaces it by the entry of that node.
//!
//! The meaning, priorities included, is that of the Thompson compiler of `regex-automata`
//! (`nfa/thompson/compiler.rs`). `tests/disassembly.rs` shows what comes out.

use repool_program::{
    Builder, Counter, CounterId, LITERAL_BYTES_MAX, Needle, Op, Pc, SetId, UNBOUNDED,
};
use repool_syntax::{Greed, Ir, Node, NodeId, Stepping};
use repool_text::Fold;

use crate::ahead::{Ahead, Wide, is_one_way};
use crate::needle::Needles;
use crate::repeat::{Strategy, strategy};
use crate::{Error, Scratch};

/// Where a thread goes on, and what can come next there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pc: Pc,
    ahead: Ahead,
}

/// What is still to be emitted. Entries that a task needs later wait on a stack of their own, `saved`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// A node in front of `next`.
    Node(NodeId),
    /// The `len` children at `at`, last first.
    Concat { at: u32, len: u32 },
    /// `next` is the last way of an alternation; the `len` children at `at` are preferred to it. Saved:
    /// what follows the alternation.
    LastWay { at: u32, len: u32 },
    /// `next` is a way that is preferred to the others; the `len` children at `at` are preferred to it.
    /// Saved: what follows the alternation, and the other ways.
    Way { at: u32, len: u32 },
    /// A capture in front of `next`.
    Save { slot: u32 },
    /// `next` is the body; saved: the way around it.
    Optional { greedy: bool },
    /// `next` is the body; saved: the way out. `split` is reserved.
    Loop {
        split: Pc,
        strategy: Strategy,
        greedy: bool,
    },
    /// Copies in front of `next`. Saved: the end, for the optional ones.
    Copies {
        child: NodeId,
        optional: u32,
        required: u32,
        greedy: bool,
    },
    /// `next` is an optional copy; saved, and kept: the end.
    OptionalCopy { greedy: bool },
    /// `next` is the body of the innermost counter; saved: the way out.
    EndCounter {
        counter: CounterId,
        outer_iters: u32,
    },
}

/// What the lowering found out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emitted {
    /// The first instruction.
    pub(crate) start: Pc,
    /// One thread is enough; see [`crate::ahead`].
    pub(crate) one_pass: bool,
    /// Nothing looks above ASCII, assertions aside.
    pub(crate) ascii: bool,
    /// The number of states.
    pub(crate) states: u32,
    /// Where the literals of [`Needles`] stand.
    pub(crate) prefix: Option<Needle>,
    /// The same for the required one.
    pub(crate) required: Option<Needle>,
    /// The most bytes of a match in front of `required`.
    pub(crate) required_before_max: u32,
}

/// Emits the program of `ir` into `builder`, which is empty.
pub(crate) fn emit(
    ir: &Ir,
    needles: &Needles,
    limit: usize,
    builder: &mut Builder,
    scratch: &mut Scratch,
) -> Result<Emitted, Error> {
    scratch.tasks.clear();
    scratch.saved.clear();
    scratch.counters.clear();
    scratch.sets.clear();
    scratch.sets.resize(ir.set_len(), NO_SET);
    let start = Pc::START;
    let mut emitter = Emitter {
        ir,
        needles,
        limit,
        bytes_max: effective_limit(ir, limit) as u64,
        builder,
        scratch,
        next: Entry {
            pc: start,
            ahead: Ahead::MATCH,
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

/// What a short pattern without groups and assertions may take under any limit.
///
/// `regex` keeps such a pattern as a set of literals, at most 250 of at most [`LITERAL_BYTES`], and its
/// limit does not see them. They take up to 31 KiB here.
const LITERALS_BYTES: usize = 32 << 10;

/// The longest match, in bytes, of a pattern that is kept so.
const LITERAL_BYTES: u32 = 100;

/// The limit that holds for this pattern, so that none is refused that `regex` takes under the same.
fn effective_limit(ir: &Ir, limit: usize) -> usize {
    let facts = ir.facts(ir.root());
    if facts.len_max <= LITERAL_BYTES && !facts.captures && facts.looks.is_empty() {
        limit.max(LITERALS_BYTES)
    } else {
        limit
    }
}

/// The set has not been emitted yet.
const NO_SET: u32 = u32::MAX;

struct Emitter<'a> {
    ir: &'a Ir,
    needles: &'a Needles,
    /// The limit as it was given, for the error.
    limit: usize,
    /// The most bytes that the program and a set of its states may take.
    bytes_max: u64,
    builder: &'a mut Builder,
    scratch: &'a mut Scratch,
    /// What has been emitted last.
    next: Entry,
    /// The counter whose body is being emitted.
    counter: Option<CounterId>,
    /// The number of virtual copies of that body: the product over all enclosing counters.
    iters: u32,
    /// The states of all counters so far. At most `limit`.
    copied_states: u64,
    out: Emitted,
}

impl Emitter<'_> {
    fn run(&mut self) -> Result<(), Error> {
        self.push(Op::Match)?;
        self.scratch.tasks.push(Task::Node(self.ir.root()));
        while let Some(task) = self.scratch.tasks.pop() {
            match task {
                Task::Node(node) => self.node(node)?,
                Task::Concat { at, len } => {
                    if len > 1 {
                        self.scratch.tasks.push(Task::Concat { at, len: len - 1 });
                    }
                    self.node(self.ir.children(at, len)[len as usize - 1])?;
                }
                Task::LastWay { at, len } => self.last_way(at, len),
                Task::Way { at, len } => self.way(at, len)?,
                Task::Save { slot } => self.save(slot)?,
                Task::Optional { greedy } => {
                    let end = self.unsave();
                    self.split(end, greedy)?;
                }
                Task::Loop {
                    split,
                    strategy,
                    greedy,
                } => self.end_loop(split, strategy, greedy)?,
                Task::Copies {
                    child,
                    optional,
                    required,
                    greedy,
                } => self.copies(child, optional, required, greedy),
                Task::OptionalCopy { greedy } => {
                    let end = *self.scratch.saved.last().expect("`copies` saved the end");
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

    /// Emits a node, or the part of it that comes last and tasks for the rest.
    fn node(&mut self, node: NodeId) -> Result<(), Error> {
        match self.ir.node(node) {
            Node::Empty => Ok(()),
            Node::Fail => {
                let pc = self.push(Op::Fail)?;
                self.next = Entry {
                    pc,
                    ahead: Ahead::NOTHING,
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
                self.scratch.tasks.push(Task::Concat { at, len });
                Ok(())
            }
            Node::Alternation { at, len } => {
                self.scratch.saved.push(self.next);
                let last = self.ir.children(at, len)[len as usize - 1];
                self.scratch.tasks.push(Task::LastWay { at, len: len - 1 });
                self.scratch.tasks.push(Task::Node(last));
                Ok(())
            }
            Node::Group { child, index } => {
                self.save(2 * index + 1)?;
                self.scratch.tasks.push(Task::Save { slot: 2 * index });
                self.scratch.tasks.push(Task::Node(child));
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

    fn set(&mut self, node: NodeId, index: u32) -> Result<(), Error> {
        let set = self.set_id(index);
        let next = self.next.pc;
        let pc = self.push(Op::Set { set, next })?;
        let mut ahead = Ahead::consuming(self.ir.facts(node).first);
        if ahead.wide != Wide::None {
            ahead.wide = Wide::Set(set);
        }
        self.next = Entry { pc, ahead };
        Ok(())
    }

    /// The number of a set in the program; it is copied there the first time.
    fn set_id(&mut self, index: u32) -> SetId {
        let known = self.scratch.sets[index as usize];
        if known != NO_SET {
            return SetId(known);
        }
        let mut set = self.ir.set(index);
        if self.ir.stepping() == Stepping::Bytes {
            self.out.ascii &= set.0[2] | set.0[3] == 0;
        } else {
            self.out.ascii &= !set.is_wide();
            let ranges = set.ranges_at()..set.ranges_at() + set.ranges_len();
            let at = match ranges.is_empty() {
                true => 0,
                false => self.builder.push_ranges(&self.ir.ranges()[ranges]),
            };
            set = set.with_ranges_at(at);
        }
        let id = self.builder.push_set(set);
        self.scratch.sets[index as usize] = id.0;
        id
    }

    fn literal(&mut self, node: NodeId, at: u32, len: u32, fold: Fold) -> Result<(), Error> {
        let bytes = self.ir.literal(at, len);
        let fold = narrowed(fold, bytes);
        self.out.ascii &= bytes.is_ascii() && fold != Fold::Unicode;
        let is_needle = self.needles.prefix == Some(node) || self.needles.required == Some(node);
        let (pc, word, head) = match self.as_char(bytes, fold, is_needle) {
            Some(c) => {
                let next = self.next.pc;
                let pc = self.push(Op::Char { c, next })?;
                (pc, pc.index(), 1)
            }
            None => {
                let (pc, head) = self.literal_parts(bytes, fold)?;
                (pc, pc.index() + 1, head)
            }
        };
        if is_needle {
            let needle = Some(Needle {
                word: word as u32,
                len: head as u32,
                fold,
            });
            if self.needles.prefix == Some(node) {
                self.out.prefix = needle;
            } else {
                self.out.required = needle;
            }
        }
        self.next = Entry {
            pc,
            ahead: Ahead::consuming(self.ir.facts(node).first),
        };
        Ok(())
    }

    /// The literal as one character, if that is smaller.
    fn as_char(&self, bytes: &[u8], fold: Fold, is_needle: bool) -> Option<u32> {
        // The argument is the low half of a word, so it is the word's first byte that holds the
        // character on a little-endian machine only.
        let is_legible = cfg!(target_endian = "little") && bytes.len() == 1;
        if fold != Fold::None || is_needle && !is_legible {
            return None;
        }
        if let &[byte] = bytes {
            return Some(u32::from(byte));
        }
        if self.ir.stepping() == Stepping::Bytes {
            return None;
        }
        repool_text::decode(bytes, 0)
            .filter(|d| d.is_valid() && d.len == bytes.len())
            .map(|d| d.c)
    }

    /// Emits a literal in parts that an instruction can hold. Returns the entry and the length of the
    /// first part.
    fn literal_parts(&mut self, bytes: &[u8], fold: Fold) -> Result<(Pc, usize), Error> {
        let mut next = self.next.pc;
        let mut end = bytes.len();
        loop {
            let mut start = end.saturating_sub(LITERAL_BYTES_MAX);
            if self.ir.stepping() == Stepping::CodePoints {
                while !repool_text::is_boundary(bytes, start) {
                    start += 1;
                }
            }
            next = self
                .builder
                .push_literal(&bytes[start..end], fold, next)
                .map_err(|e| Error::build(e, self.limit))?;
            if start == 0 {
                return Ok((next, end));
            }
            end = start;
        }
    }

    fn last_way(&mut self, at: u32, len: u32) {
        self.scratch.saved.push(self.next);
        self.next_way(at, len);
    }

    fn way(&mut self, at: u32, len: u32) -> Result<(), Error> {
        let others = self.unsave();
        self.split(others, true)?;
        if len == 0 {
            self.unsave();
            return Ok(());
        }
        self.scratch.saved.push(self.next);
        self.next_way(at, len);
        Ok(())
    }

    /// Sets out for the last of `len` ways that are preferred to those emitted, and then for the rest.
    fn next_way(&mut self, at: u32, len: u32) {
        let way = self.ir.children(at, len)[len as usize - 1];
        self.next = self.scratch.saved[self.scratch.saved.len() - 2];
        self.scratch.tasks.push(Task::Way { at, len: len - 1 });
        self.scratch.tasks.push(Task::Node(way));
    }

    fn repeat(&mut self, child: NodeId, min: u32, max: u32, greedy: bool) -> Result<(), Error> {
        let strategy = strategy(self.ir, child, min, max);
        match strategy {
            Strategy::Nothing => Ok(()),
            Strategy::Once => self.node(child),
            Strategy::Optional => {
                self.scratch.saved.push(self.next);
                self.scratch.tasks.push(Task::Optional { greedy });
                self.scratch.tasks.push(Task::Node(child));
                Ok(())
            }
            Strategy::Star | Strategy::Plus | Strategy::OptionalPlus => {
                self.start_loop(child, strategy, greedy)
            }
            Strategy::Unrolled { .. } => {
                let (optional, required) = if max == UNBOUNDED {
                    (0, min - 1)
                } else {
                    (max - min, min)
                };
                self.scratch.saved.push(self.next);
                self.scratch.tasks.push(Task::Copies {
                    child,
                    optional,
                    required,
                    greedy,
                });
                if max == UNBOUNDED {
                    self.start_loop(child, Strategy::Plus, greedy)?;
                }
                Ok(())
            }
            Strategy::Counted => self.start_counter(child, min, max, greedy),
        }
    }

    fn start_loop(&mut self, child: NodeId, strategy: Strategy, greedy: bool) -> Result<(), Error> {
        let end = self.next;
        self.scratch.saved.push(end);
        let split = self.push(Op::Fail)?;
        self.enter_body(child, split, end.ahead);
        self.scratch.tasks.push(Task::Loop {
            split,
            strategy,
            greedy,
        });
        self.scratch.tasks.push(Task::Node(child));
        Ok(())
    }

    /// Makes `again`, from where the body of a repetition is started again or left for `end`, what
    /// follows the body.
    fn enter_body(&mut self, child: NodeId, again: Pc, end: Ahead) {
        let facts = self.ir.facts(child);
        self.out.one_pass &= facts.len_min > 0;
        self.next = Entry {
            pc: again,
            ahead: Ahead::consuming(facts.first).or(end),
        };
    }

    fn end_loop(&mut self, split: Pc, strategy: Strategy, greedy: bool) -> Result<(), Error> {
        let end = self.unsave();
        let body = self.next;
        self.one_way(body.ahead, end.ahead);
        self.builder.patch(split, split_op(body.pc, end.pc, greedy));
        match strategy {
            Strategy::OptionalPlus => self.split(end, greedy),
            Strategy::Star => {
                self.next = Entry {
                    pc: split,
                    ahead: body.ahead.or(end.ahead),
                };
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn copies(&mut self, child: NodeId, optional: u32, required: u32, greedy: bool) {
        let tasks = &mut self.scratch.tasks;
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
            self.scratch.saved.pop();
            // The strategy allows no more than a handful.
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
        self.scratch.saved.push(end);
        if min == 0 {
            // The way around, for the `Split` before the `Enter`.
            self.scratch.saved.push(end);
            self.scratch.tasks.push(Task::Optional { greedy });
        }
        let counter = CounterId(self.scratch.counters.len() as u32);
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
        self.scratch.counters.push(unfinished);
        self.enter_body(child, lo, end.ahead);
        self.scratch.tasks.push(Task::EndCounter {
            counter,
            outer_iters: self.iters,
        });
        self.scratch.tasks.push(Task::Node(child));
        let limit = self.limit;
        self.iters = self
            .iters
            .checked_mul(unfinished.copies())
            .ok_or_else(|| Error::too_big(limit))?;
        self.counter = Some(counter);
        self.count_states(1)
    }

    fn end_counter(&mut self, counter: CounterId, outer_iters: u32) -> Result<(), Error> {
        let end = self.unsave();
        let body = self.next;
        let code_len = self.builder.code_len();
        let finished = &mut self.scratch.counters[counter.0 as usize];
        finished.body = body.pc;
        finished.len = (code_len - finished.lo.index()) as u32;
        let (parent, len, has_choice) =
            (finished.parent, finished.len, finished.min != finished.max);
        if has_choice {
            self.one_way(body.ahead, end.ahead);
        }
        // The reserved word was counted when the counter was started.
        self.count_states(len - 1)?;
        self.counter = parent;
        self.iters = outer_iters;
        let pc = self.push(Op::Enter {
            counter,
            next: body.pc,
        })?;
        self.next = Entry {
            pc,
            ahead: body.ahead,
        };
        Ok(())
    }

    /// Counts the states of `words` more words in the innermost counter.
    fn count_states(&mut self, words: u32) -> Result<(), Error> {
        self.copied_states += u64::from(self.iters) * u64::from(words);
        self.check_limit()
    }

    /// Emits the choice between `next` and `other`.
    fn split(&mut self, other: Entry, greedy: bool) -> Result<(), Error> {
        let preferred = self.next;
        self.one_way(preferred.ahead, other.ahead);
        let pc = self.push(split_op(preferred.pc, other.pc, greedy))?;
        self.next = Entry {
            pc,
            ahead: preferred.ahead.or(other.ahead),
        };
        Ok(())
    }

    /// Notes a choice between two ways: is there ever more than one?
    fn one_way(&mut self, a: Ahead, b: Ahead) {
        self.out.one_pass = self.out.one_pass && is_one_way(a, b, self.builder, self.ir.stepping());
    }

    fn unsave(&mut self) -> Entry {
        self.scratch
            .saved
            .pop()
            .expect("a task finds what it saved")
    }

    fn push(&mut self, op: Op) -> Result<Pc, Error> {
        let pc = self
            .builder
            .push(op)
            .map_err(|e| Error::build(e, self.limit))?;
        // The whole is compared at each counter and at the end; this keeps the code itself in bounds.
        if pc.index() as u64 > self.bytes_max / 8 {
            return Err(Error::too_big(self.limit));
        }
        Ok(pc)
    }

    /// Compares what the program takes, and one set of its states, with the limit.
    fn check_limit(&self) -> Result<(), Error> {
        let states = self.builder.code_len() as u64 + self.copied_states;
        let bytes = self.builder.section_bytes() as u64
            + (self.scratch.counters.len() * Counter::WORDS * 8) as u64
            + self.copied_states * STATE_BYTES;
        // States are numbered in 32 bits, whatever the limit says.
        if bytes > self.bytes_max || states > u64::from(u32::MAX) {
            return Err(Error::too_big(self.limit));
        }
        Ok(())
    }

    /// Numbers the states and appends the counters.
    fn finish(mut self) -> Result<Emitted, Error> {
        self.check_limit()?;
        let mut base = self.builder.code_len() as u32;
        for id in 0..self.scratch.counters.len() {
            let counter = &mut self.scratch.counters[id];
            counter.base = base;
            let mut iters = counter.copies();
            let (len, mut parent) = (counter.len, counter.parent);
            self.builder.push_counter(counter);
            while let Some(CounterId(outer)) = parent {
                let outer = &self.scratch.counters[outer as usize];
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

/// A Unicode fold as an ASCII fold, where that is the same: all letters but K (with the Kelvin sign)
/// and S (with the long s) fold to their other case only.
fn narrowed(fold: Fold, bytes: &[u8]) -> Fold {
    let has_wide_case = |b: &u8| matches!(b | 0x20, b'k' | b's') || !b.is_ascii();
    if fold == Fold::Unicode && !bytes.iter().any(has_wide_case) {
        Fold::Ascii
    } else {
        fold
    }
}
