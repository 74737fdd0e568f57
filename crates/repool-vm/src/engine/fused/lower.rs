//! Lowering: from a program to fused code.
//!
//! Three shapes of instructions become a run of one class: copies one after the other, optional copies nested in each
//! other, and a loop over one set. Splits to which no other edge leads become one switch.
//! Exercised by `tests/oracle.rs`.

use repool_program::{Epsilon, Flags, Op, Pc, Program, SetId, Transition, UNBOUNDED};
use repool_text::Fold;

use crate::engine::fused::class_span::ClassSpan;
use crate::engine::fused::code::Class;
use crate::engine::fused::code::Code;
use crate::engine::fused::code::FirstSet;
use crate::engine::fused::code::NO_MARK;
use crate::engine::fused::code::NO_NODE;
use crate::engine::fused::code::Node;
use crate::engine::fused::code::NodeId;
use crate::engine::fused::code::Run;
use crate::engine::fused::code::Step;
use crate::engine::fused::code::Switch;
use crate::engine::fused::first_sets::FirstSets;
use crate::engine::fused::first_sets::set_bytes;
use crate::nfa::unit::steps_bytes;
use crate::simd::byte_set::ByteSet;
use crate::tuning::PROGRAM_MAX;

/// Bytes of a literal that one word compares.
const WORD_BYTES: usize = 8;

/// Fuses a program. `None` if it counts anything but classes, repeats what can be empty, or is too long.
pub(crate) fn fuse(program: &Program<'_>) -> Option<Code> {
    let slot_len = 2 * program.group_len();
    if program.code().len() > PROGRAM_MAX || slot_len >= usize::from(u16::MAX) {
        return None;
    }
    let mut lower = Lower {
        program,
        first_sets: FirstSets::new(program)?,
        code: Code {
            slot_len,
            ..Code::default()
        },
        node_of: vec![NO_NODE; program.code().len()],
        keys: Vec::new(),
        loops: Vec::new(),
        todo: Vec::new(),
    };
    lower.node(program.start());
    while let Some(pc) = lower.todo.pop() {
        let node = lower.fuse(pc)?;
        lower.code.nodes[lower.node_of[pc.index()] as usize] = node;
    }
    lower.number();
    lower.code.shrink();
    Some(lower.code)
}

/// The state of the program that a node stands for.
#[derive(Clone, Copy, Debug)]
struct Key {
    pc: Pc,
    is_marked: bool,
}

struct Lower<'p> {
    program: &'p Program<'p>,
    first_sets: FirstSets,
    code: Code,
    /// The node of each instruction.
    node_of: Vec<NodeId>,
    /// The key of each node.
    keys: Vec<Key>,
    /// The loop of each run, if it is one.
    loops: Vec<Option<Pc>>,
    /// Instructions whose nodes are still to be made.
    todo: Vec<Pc>,
}

impl Lower<'_> {
    /// The node of an instruction, which is filled in later.
    fn node(&mut self, pc: Pc) -> NodeId {
        let node = &mut self.node_of[pc.index()];
        if *node == NO_NODE {
            *node = self.code.nodes.len() as NodeId;
            self.code.nodes.push(Node {
                op: Step::Fail,
                save: 0,
                mark: NO_MARK,
            });
            self.keys.push(Key {
                pc,
                is_marked: false,
            });
            self.todo.push(pc);
        }
        *node
    }

    fn fuse(&mut self, pc: Pc) -> Option<Node> {
        let mut save = 0;
        let mut joins = self.first_sets.ways(pc) > 1;
        let mut key = pc;
        let mut op = None;
        if let Transition::Epsilon(Epsilon::Save { slot, next }) = self.program.transition(pc) {
            save = u16::try_from(slot).ok().filter(|&slot| slot > 1)?;
            if self.program.op(next).behind_save().is_some() {
                let next = self.node(next);
                op = Some(Step::Go { next });
            } else {
                joins |= self.first_sets.ways(next) > 1;
                key = next;
            }
        }
        let op = match op {
            Some(op) => op,
            None => self.op(key)?,
        };
        self.keys[self.node_of[pc.index()] as usize] = Key {
            pc: key,
            is_marked: joins,
        };
        Some(Node {
            op,
            save,
            mark: NO_MARK,
        })
    }

    fn op(&mut self, pc: Pc) -> Option<Step> {
        Some(match self.program.op(pc) {
            Op::Fail => Step::Fail,
            Op::Match => Step::Match,
            Op::Char { c, next } => self.char(c, next)?,
            Op::Set { set, next } => self.units(pc, set, next),
            Op::Literal { len, fold, next } => self.literal(pc, len, fold, next),
            Op::Split { .. } => self.split(pc)?,
            Op::Look { look, next } => Step::Look {
                look,
                next: self.node(next),
            },
            Op::Enter { counter, next } => {
                let counted = self.program.counted_set(counter, next)?;
                let counter = self.program.counter(counter);
                let repeat = Repeat {
                    set: counted.set,
                    min: counter.min.max(1),
                    max: counter.max,
                    greedy: counter.greedy,
                    next: counted.next,
                    end: Some(counted.repeat),
                };
                self.run(&repeat)
            }
            Op::Save { .. } | Op::Repeat { .. } => return None,
        })
    }

    fn char(&mut self, c: u32, next: Pc) -> Option<Step> {
        if c < 0x80 || steps_bytes(self.program) {
            let byte = u8::try_from(c).ok()?;
            let next = self.node(next);
            return Some(Step::Byte { byte, next });
        }
        let mut bytes = [0; 4];
        let bytes = char::from_u32(c)?.encode_utf8(&mut bytes).as_bytes();
        Some(self.word(bytes, next))
    }

    fn literal(&mut self, pc: Pc, len: u32, fold: Fold, next: Pc) -> Step {
        let bytes = self.program.literal(pc, len);
        let is_exact = fold == Fold::None;
        match bytes {
            &[byte] if is_exact => Step::Byte {
                byte,
                next: self.node(next),
            },
            bytes if is_exact && bytes.len() <= WORD_BYTES => self.word(bytes, next),
            _ => Step::Literal {
                pc,
                next: self.node(next),
            },
        }
    }

    fn word(&mut self, bytes: &[u8], next: Pc) -> Step {
        let word = (bytes.iter().rev()).fold(0, |word, &b| word << 8 | u64::from(b));
        Step::Word {
            len: bytes.len() as u8,
            word: index_of(&mut self.code.words, word),
            next: self.node(next),
        }
    }

    /// The run that starts with the set at `pc`.
    fn units(&mut self, mut pc: Pc, set: SetId, mut next: Pc) -> Step {
        let mut repeat = Repeat {
            set,
            min: 1,
            max: 1,
            greedy: true,
            next,
            end: None,
        };
        loop {
            if let Some(found) = self.loop_at(next).filter(|l| l.body == pc) {
                repeat.max = UNBOUNDED;
                repeat.greedy = found.greedy;
                (repeat.next, repeat.end) = (found.out, Some(next));
                return self.run(&repeat);
            }
            match self.program.op(next).set() {
                Some((same, behind))
                    if same == set
                        && repeat.min < PROGRAM_MAX as u32
                        && self.is_copy(next, behind) =>
                {
                    repeat.min += 1;
                    (pc, next) = (next, behind);
                }
                _ => break,
            }
        }
        (repeat.max, repeat.next) = (repeat.min, next);
        if let Some((optional, out)) = self.optional(next, set) {
            (repeat.max, repeat.next) = (repeat.min + optional, out);
        }
        self.run(&repeat)
    }

    /// Tells whether only the copy in front, or its own loop, leads to the set at `pc`.
    fn is_copy(&self, pc: Pc, next: Pc) -> bool {
        let loops = self.loop_at(next).is_some_and(|l| l.body == pc);
        self.first_sets.ways(pc) <= 1 + u16::from(loops)
    }

    /// The two paths of the split at `pc`, if there is one.
    fn ways_at(&self, pc: Pc) -> Option<(Pc, Pc)> {
        match self.program.transition(pc) {
            Transition::Epsilon(epsilon) => match epsilon {
                Epsilon::Split { first, second } => Some((first, second)),
                Epsilon::Save { .. }
                | Epsilon::Look { .. }
                | Epsilon::Enter { .. }
                | Epsilon::Repeat { .. } => None,
            },
            Transition::Fail | Transition::Match | Transition::Consume { .. } => None,
        }
    }

    /// The loop over one set whose split stands at `pc`.
    fn loop_at(&self, pc: Pc) -> Option<Loop> {
        let (first, second) = self.ways_at(pc)?;
        let returns = |body| (self.program.op(body).set()).is_some_and(|(_, next)| next == pc);
        let (body, out, greedy) = match (returns(first), returns(second)) {
            (true, _) => (first, second, true),
            (false, true) => (second, first, false),
            (false, false) => return None,
        };
        Some(Loop { body, out, greedy })
    }

    /// The number of optional copies of a set, each nested in the one before, and the instruction after them.
    fn optional(&self, mut pc: Pc, set: SetId) -> Option<(u32, Pc)> {
        let (_, out) = self.ways_at(pc)?;
        let mut count = 0;
        loop {
            let (first, second) = self.ways_at(pc)?;
            let (same, next) = self.program.op(first).set()?;
            let is_inner = second == out && (count == 0 || self.first_sets.ways(pc) <= 1);
            if !is_inner
                || count == PROGRAM_MAX as u32
                || same != set
                || next == pc
                || self.first_sets.ways(first) > 1
            {
                return None;
            }
            count += 1;
            if next == out {
                return Some((count, out));
            }
            pc = next;
        }
    }

    fn split(&mut self, pc: Pc) -> Option<Step> {
        if let Some(Loop { body, out, greedy }) = self.loop_at(pc)
            && let Some((set, _)) = self.program.op(body).set()
        {
            return Some(self.run(&Repeat {
                set,
                min: 0,
                max: UNBOUNDED,
                greedy,
                next: out,
                end: Some(pc),
            }));
        }
        if let Some((first, _)) = self.ways_at(pc)
            && let Some((set, _)) = self.program.op(first).set()
            && let Some((max, next)) = self.optional(pc, set)
        {
            return Some(self.run(&Repeat {
                set,
                min: 0,
                max,
                greedy: true,
                next,
                end: None,
            }));
        }
        self.choice(pc)
    }

    /// All paths from the split at `pc`, in the order of their priority.
    fn choice(&mut self, pc: Pc) -> Option<Step> {
        let mut ways = Vec::new();
        let mut left = vec![pc];
        while let Some(way) = left.pop() {
            match self.ways_at(way) {
                Some((first, second)) if way == pc || self.is_plain(way, first) => {
                    left.extend([second, first]);
                }
                _ => ways.push(way),
            }
        }
        if let &[first, second] = ways.as_slice() {
            let choice = [
                *self.first_sets.first_set(first),
                *self.first_sets.first_set(second),
            ];
            return Some(Step::Split {
                choice: index_of(&mut self.code.choices, choice),
                first: self.node(first),
                second: self.node(second),
            });
        }
        self.switch(&ways)
    }

    /// Tells whether a split only continues the choice of another.
    fn is_plain(&self, pc: Pc, first: Pc) -> bool {
        let is_run =
            (self.program.op(first).set()).is_some_and(|(set, _)| self.optional(pc, set).is_some());
        self.first_sets.ways(pc) <= 1 && self.loop_at(pc).is_none() && !is_run
    }

    fn switch(&mut self, ways: &[Pc]) -> Option<Step> {
        let nodes: Vec<NodeId> = ways.iter().map(|&way| self.node(way)).collect();
        let first_sets: Vec<FirstSet> = ways
            .iter()
            .map(|&way| *self.first_sets.first_set(way))
            .collect();
        let list = |may: &dyn Fn(&FirstSet) -> bool| -> Vec<NodeId> {
            let viable = first_sets
                .iter()
                .zip(&nodes)
                .filter(|(first_set, _)| may(first_set));
            viable.map(|(_, &node)| node).chain([NO_NODE]).collect()
        };
        let mut lists: Vec<Vec<NodeId>> = Vec::new();
        let mut rows = [0; 256];
        for (byte, row) in (0..=255).zip(&mut rows) {
            let ways = list(&|first_set| first_set.bytes.contains(byte));
            let known = lists.iter().position(|list| *list == ways);
            // There are no more lists than bytes.
            *row = known.unwrap_or(lists.len()) as u8;
            if known.is_none() {
                lists.push(ways);
            }
        }
        lists.push(list(&|first_set| first_set.at_end));
        let mut starts = Vec::with_capacity(lists.len());
        for list in &lists {
            starts.push(self.code.ways.len() as u32);
            self.code.ways.extend(list);
        }
        let switch = u16::try_from(self.code.switches.len()).ok()?;
        self.code.switches.push(Switch {
            rows,
            at_end: starts.pop()?,
            lists: starts,
        });
        Some(Step::Switch { switch })
    }

    fn class(&mut self, set: SetId) -> u16 {
        let is_wide = !steps_bytes(self.program) && self.program.set(set).is_wide();
        let same = |class: &Class| class.set == set;
        if let Some(class) = self.code.classes.iter().position(same) {
            return class as u16;
        }
        self.code.classes.push(Class {
            span: ClassSpan::new(self.single_bytes(set)),
            set,
            is_wide,
        });
        (self.code.classes.len() - 1) as u16
    }

    /// The members of a set that are single bytes.
    fn single_bytes(&self, set: SetId) -> ByteSet {
        let bytes = ByteSet::from_words(self.program.set(set).0);
        if steps_bytes(self.program) {
            return bytes;
        }
        bytes.ascii()
    }

    fn run(&mut self, repeat: &Repeat) -> Step {
        let class = self.class(repeat.set);
        if repeat.min == repeat.max && repeat.max <= WORD_BYTES as u32 {
            let next = self.node(repeat.next);
            return match repeat.max {
                1 => Step::One { class, next },
                count => Step::Times {
                    class,
                    count: count as u8,
                    next,
                },
            };
        }
        let first_set = *self.first_sets.first_set(repeat.next);
        let is_disjoint = {
            let body = set_bytes(self.program, repeat.set);
            body.is_subset(&first_set.bytes.complement())
        };
        // This holds for greedy runs alone: a lazy run decides by the next byte, which is not exact above ASCII.
        let is_one_pass = self.program.flags().contains(Flags::ONE_PASS) && !first_set.accepts;
        let has_one_end = repeat.greedy && (is_one_pass || self.is_last(repeat.next));
        let is_one_way = is_disjoint || has_one_end;
        let mut span = self.single_bytes(repeat.set);
        span.remove_all(&first_set.bytes);
        let run = self.code.runs.len() as u16;
        self.code.runs.push(Run {
            class,
            mark: NO_MARK,
            is_one_way,
            min: repeat.min,
            max: repeat.max,
            first_set,
            span: ClassSpan::new(span),
        });
        let end = repeat.end.filter(|_| repeat.max == UNBOUNDED);
        self.loops.push(end);
        let next = self.node(repeat.next);
        if repeat.greedy && is_one_way && repeat.max == UNBOUNDED && repeat.min <= 1 {
            Step::All {
                run,
                class,
                min: repeat.min as u8,
                next,
            }
        } else if repeat.greedy {
            Step::Greedy { run, next }
        } else {
            Step::Lazy { run, next }
        }
    }

    /// Tells whether only saves stand before the match.
    fn is_last(&self, mut pc: Pc) -> bool {
        // No path returns without consuming, so this ends.
        while let Some(next) = self.program.op(pc).behind_save() {
            pc = next;
        }
        self.program.op(pc).is_match()
    }

    /// Numbers the marks: nodes to which several edges lead, nodes after runs of various lengths, and loops.
    fn number(&mut self) {
        let mut numbers = vec![NO_MARK; self.program.code().len()];
        let mut count = 0;
        let mut number = |pc: Pc| {
            let number = &mut numbers[pc.index()];
            if *number == NO_MARK {
                *number = count;
                count += 1;
            }
            *number
        };
        for node in &self.code.nodes {
            let (Step::All { run, next, .. }
            | Step::Greedy { run, next }
            | Step::Lazy { run, next }) = node.op
            else {
                continue;
            };
            let run = &self.code.runs[usize::from(run)];
            if run.min != run.max {
                self.keys[next as usize].is_marked = true;
            }
        }
        for (node, key) in self.code.nodes.iter_mut().zip(&self.keys) {
            if key.is_marked {
                node.mark = number(key.pc);
            }
        }
        for (run, end) in self.code.runs.iter_mut().zip(&self.loops) {
            if let Some(end) = end {
                run.mark = number(*end);
            }
        }
        self.code.marks = usize::from(count);
    }
}

/// A loop over one set.
#[derive(Clone, Copy, Debug)]
struct Loop {
    body: Pc,
    out: Pc,
    greedy: bool,
}

/// Repetitions of one set.
#[derive(Clone, Copy, Debug)]
struct Repeat {
    set: SetId,
    min: u32,
    max: u32,
    greedy: bool,
    /// What follows.
    next: Pc,
    /// The end of an iteration, where another one may start.
    end: Option<Pc>,
}

/// The index of an item, which is added if it is new. A program of [`PROGRAM_MAX`] words has no more items.
fn index_of<T: PartialEq>(items: &mut Vec<T>, item: T) -> u16 {
    let known = items.iter().position(|known| *known == item);
    known.unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    }) as u16
}
