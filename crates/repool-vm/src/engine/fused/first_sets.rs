//! FIRST sets: the bytes that can come next at each instruction.
//!
//! Assertions about the end of a line or of the haystack narrow them. The other assertions are taken to hold. A program in
//! which a path returns to an instruction without consuming is refused: fused code marks too few visits to notice
//! the second one.
//! Exercised by `tests/oracle.rs`.

use repool_program::{Consumed, Epsilon, Op, Pc, Program, SetId, Transition};
use repool_text::{Fold, Look};

use crate::engine::fused::code::FirstSet;
use crate::nfa::unit::steps_bytes;
use crate::simd::byte_set::ByteSet;

/// The FIRST sets of a program's instructions.
#[derive(Debug)]
pub(crate) struct FirstSets {
    first_sets: Vec<FirstSet>,
    /// How many edges lead to each instruction.
    ways: Vec<u16>,
}

/// The stages of an instruction in the walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    /// The walk is below it.
    Open,
    Done,
}

impl FirstSets {
    /// Computes the sets. `None` if the program cannot be fused.
    pub(crate) fn new(program: &Program<'_>) -> Option<FirstSets> {
        let len = program.code().len();
        let mut flow = FirstSets {
            first_sets: vec![FirstSet::NOTHING; len],
            ways: vec![0; len],
        };
        let mut stages = vec![Stage::New; len];
        // The walk starts anew after each instruction that consumes.
        let mut starts = vec![program.start()];
        let mut open = Vec::new();
        while let Some(start) = starts.pop() {
            open.push(start);
            while let Some(&pc) = open.last() {
                let op = program.op(pc);
                match stages[pc.index()] {
                    Stage::Done => {
                        open.pop();
                    }
                    Stage::New => {
                        stages[pc.index()] = Stage::Open;
                        let [first, second] = nexts(program, op)?;
                        for next in [first, second].into_iter().flatten() {
                            let ways = &mut flow.ways[next.index()];
                            *ways = ways.saturating_add(1);
                            match stages[next.index()] {
                                Stage::Done => {}
                                _ if consumes(op) => starts.push(next),
                                Stage::New => open.push(next),
                                // A path leads back here without consuming.
                                Stage::Open => return None,
                            }
                        }
                    }
                    Stage::Open => {
                        flow.first_sets[pc.index()] = flow.first_set_of(program, pc, op);
                        stages[pc.index()] = Stage::Done;
                        open.pop();
                    }
                }
            }
        }
        Some(flow)
    }

    /// The FIRST set of `pc`.
    pub(crate) fn first_set(&self, pc: Pc) -> &FirstSet {
        &self.first_sets[pc.index()]
    }

    /// How many edges lead to `pc`.
    pub(crate) fn ways(&self, pc: Pc) -> u16 {
        self.ways[pc.index()]
    }

    fn first_set_of(&self, program: &Program<'_>, pc: Pc, op: Op) -> FirstSet {
        match op.transition() {
            Transition::Fail => FirstSet::NOTHING,
            Transition::Match => FirstSet::MATCH,
            Transition::Consume { consumed, .. } => match consumed {
                Consumed::Char(c) => of_char(program, c),
                Consumed::Set(set) => of_bytes(set_bytes(program, set)),
                Consumed::Literal { len, fold } => of_literal(program, pc, len, fold),
            },
            Transition::Epsilon(epsilon) => match epsilon {
                Epsilon::Split { first, second } => {
                    self.first_set(first).or(self.first_set(second))
                }
                Epsilon::Save { next, .. } | Epsilon::Enter { next, .. } => *self.first_set(next),
                Epsilon::Look { look, next } => self.behind_look(program, look, next),
                Epsilon::Repeat { .. } => FirstSet::NOTHING,
            },
        }
    }

    fn behind_look(&self, program: &Program<'_>, look: Look, next: Pc) -> FirstSet {
        let first_set = *self.first_set(next);
        let only = |bytes: &[u8]| {
            let mut left = ByteSet::of(bytes);
            left.remove_all(&first_set.bytes.complement());
            FirstSet {
                bytes: left,
                ..first_set
            }
        };
        match look {
            Look::End => only(&[]),
            Look::EndOrFinalLine => only(b"\n"),
            Look::EndLine => only(&[program.line_terminator()]),
            Look::EndLineCrlf => only(b"\r\n"),
            _ => first_set,
        }
    }
}

/// Where an instruction leads. `None` if it is a counter whose body is not one set.
fn nexts(program: &Program<'_>, op: Op) -> Option<[Option<Pc>; 2]> {
    Some(match op.transition() {
        Transition::Fail | Transition::Match => [None, None],
        Transition::Consume { next, .. } => [Some(next), None],
        Transition::Epsilon(epsilon) => match epsilon {
            Epsilon::Split { first, second } => [Some(first), Some(second)],
            Epsilon::Save { next, .. }
            | Epsilon::Look { next, .. }
            | Epsilon::Repeat { next, .. } => [Some(next), None],
            Epsilon::Enter { counter, next } => {
                program.counted_set(counter, next)?;
                [Some(next), None]
            }
        },
    })
}

/// Tells whether an instruction consumes.
///
/// The end of an iteration counts as one that does: only a set leads to it, and its own FIRST set is never asked for.
fn consumes(op: Op) -> bool {
    match op.transition() {
        Transition::Consume { .. } => true,
        Transition::Fail | Transition::Match => false,
        Transition::Epsilon(epsilon) => match epsilon {
            Epsilon::Repeat { .. } => true,
            Epsilon::Split { .. }
            | Epsilon::Save { .. }
            | Epsilon::Look { .. }
            | Epsilon::Enter { .. } => false,
        },
    }
}

/// The bytes that start the encodings of code points above ASCII.
fn wide_starts() -> ByteSet {
    let mut bytes = ByteSet::EMPTY;
    bytes.insert_range(0xC2, 0xF4);
    bytes
}

/// The bytes that members of a set start with.
pub(crate) fn set_bytes(program: &Program<'_>, set: SetId) -> ByteSet {
    let set = program.set(set);
    let bytes = ByteSet::from_words(set.0);
    if steps_bytes(program) {
        return bytes;
    }
    let mut starts = bytes.ascii();
    if set.is_wide() {
        starts.insert_all(&wide_starts());
    }
    starts
}

fn of_bytes(bytes: ByteSet) -> FirstSet {
    FirstSet {
        bytes,
        ..FirstSet::NOTHING
    }
}

fn of_char(program: &Program<'_>, c: u32) -> FirstSet {
    of_bytes(if c < 0x80 || steps_bytes(program) {
        ByteSet::of(&[c as u8])
    } else {
        wide_starts()
    })
}

fn of_literal(program: &Program<'_>, pc: Pc, len: u32, fold: Fold) -> FirstSet {
    let mut bytes = ByteSet::EMPTY;
    if let Some(&byte) = program.literal(pc, len).first() {
        match fold {
            Fold::None => bytes.insert(byte),
            Fold::Ascii | Fold::Unicode => bytes.insert_both_cases(byte),
        }
    }
    if fold == Fold::Unicode {
        // Letters above ASCII fold to ASCII and to each other.
        bytes.insert_all(&wide_starts());
    }
    of_bytes(bytes)
}
