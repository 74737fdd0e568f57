//! FIRST sets: the bytes that can come next at each instruction.
//!
//! Assertions about the end of a line or of the haystack narrow them. The other assertions are taken to hold. A program in
//! which a path returns to an instruction without consuming is refused: fused code marks too few visits to notice
//! the second one.

use repool_program::{Consumed, Epsilon, Op, Pc, Program, SetId, Transition};
use repool_text::{Fold, Look};

use crate::engine::fused::class_span::Map;
use crate::engine::fused::code::FirstSet;
use crate::nfa::unit::steps_bytes;

/// The bytes 0xC2 to 0xF4, which start the encodings of code points above ASCII. The upper half of a map.
const LEADS: [u64; 2] = [0, ((1 << (0xF4 - 0xC0 + 1)) - 1) & !0b11];

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
                Consumed::Set(set) => of_map(set_map(program, set)),
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
            let mut map = [0; 4];
            for &byte in bytes {
                add(&mut map, byte);
            }
            for (word, next) in map.iter_mut().zip(first_set.map) {
                *word &= next;
            }
            FirstSet { map, ..first_set }
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

fn add(map: &mut Map, byte: u8) {
    map[usize::from(byte >> 6)] |= 1 << (byte & 63);
}

/// The bytes that members of a set start with.
pub(crate) fn set_map(program: &Program<'_>, set: SetId) -> Map {
    let set = program.set(set);
    if steps_bytes(program) {
        return set.0;
    }
    let [upper, uppest] = if set.is_wide() { LEADS } else { [0, 0] };
    [set.0[0], set.0[1], upper, uppest]
}

fn of_map(map: Map) -> FirstSet {
    FirstSet {
        map,
        ..FirstSet::NOTHING
    }
}

fn of_char(program: &Program<'_>, c: u32) -> FirstSet {
    let mut map = [0; 4];
    match (c, steps_bytes(program)) {
        (0..0x80, _) | (_, true) => add(&mut map, c as u8),
        (_, false) => (map[2], map[3]) = (LEADS[0], LEADS[1]),
    }
    of_map(map)
}

fn of_literal(program: &Program<'_>, pc: Pc, len: u32, fold: Fold) -> FirstSet {
    let mut map = [0; 4];
    if let Some(&byte) = program.literal(pc, len).first() {
        add(&mut map, byte);
        if fold != Fold::None && byte.is_ascii_alphabetic() {
            add(&mut map, byte ^ 0x20);
        }
    }
    if fold == Fold::Unicode {
        // Letters above ASCII fold to ASCII and to each other.
        map[2] |= LEADS[0];
        map[3] |= LEADS[1];
    }
    of_map(map)
}
