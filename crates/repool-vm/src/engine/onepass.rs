//! The one-pass engine: one thread, and its captures at once.
//!
//! It runs programs with [`Flags::ONE_PASS`], where at most one thread can go on at each position. All paths from the
//! thread's state are followed in the order of their priority. The one that takes the next unit is the thread from there
//! on; saves on the other paths are undone. A match that was passed is remembered with its slots, in case the thread
//! fails. RE2's one-pass matcher rests on the same fact.
//!
//! The start of the search has to be known. The flag is trusted for the answer but not for termination: a search that
//! takes more steps between two units than the program has states ends without an answer.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Flags, Op};

use crate::heap::SMALL_BYTES_MAX;
use crate::heap::vec_bytes;
use crate::input::Slot;
use crate::nfa::lookahead;
use crate::nfa::state::State;
use crate::nfa::unit::Unit;
use crate::search::Search;

/// The heap of this engine.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    jobs: Vec<Job>,
    /// The slots on the current path.
    slots: Vec<Slot>,
    /// The slots of the thread after the next unit.
    next: Vec<Slot>,
    /// The slots of the best match so far.
    best: Vec<Slot>,
}

impl Memory {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.jobs)
            + vec_bytes(&self.slots)
            + vec_bytes(&self.next)
            + vec_bytes(&self.best)
    }
}

/// A job that is left between two units.
#[derive(Clone, Copy, Debug)]
enum Job {
    /// Follow the path from this state.
    Go(State),
    /// The paths that saved this slot are done: restore it.
    Restore { slot: u32, old: Slot },
}

/// Tells whether the search has a known start and a one-pass program.
pub(crate) fn applies(search: &Search<'_, '_>) -> bool {
    search.anchored && search.program.flags().contains(Flags::ONE_PASS)
}

/// Searches, if the engine applies.
pub(crate) fn search<U: Unit>(
    search: &Search<'_, '_>,
    memory: &mut Memory,
    slots: &mut [Slot],
) -> Option<bool> {
    if !applies(search) {
        return None;
    }
    let groups = slots.len().saturating_sub(2);
    for rows in [&mut memory.slots, &mut memory.next, &mut memory.best] {
        rows.clear();
        rows.resize(groups, Slot::NONE);
    }
    let any = slots.is_empty() || search.earliest;
    let mut run = Run {
        search,
        memory: &mut *memory,
        best: None,
        any,
    };
    let answered = run.all::<U>();
    let best = run.best;
    if let (true, Some(end)) = (answered, best) {
        crate::input::write_span(slots, search.start, end);
        if groups > 0 {
            slots[2..].copy_from_slice(&memory.best);
        }
    }
    if memory.bytes() > SMALL_BYTES_MAX {
        *memory = Memory::default();
    }
    answered.then_some(best.is_some())
}

struct Run<'s, 'p, 'h> {
    search: &'s Search<'p, 'h>,
    memory: &'s mut Memory,
    /// The end of the best match so far.
    best: Option<usize>,
    /// Whether the first match found will do.
    any: bool,
}

/// The thread: its state and its position.
type Thread = (State, usize);

impl Run<'_, '_, '_> {
    /// Runs the thread to its end. False if the program turns out not to be one-pass.
    fn all<U: Unit>(&mut self) -> bool {
        let start = State::new(self.search.program.start());
        let mut thread = Some((start, self.search.start));
        while let Some(now) = thread {
            let Some((state, at)) = self.straight::<U>(now) else {
                return true;
            };
            match self.step::<U>(state, at) {
                Some(next) => thread = next,
                None => return false,
            }
            if self.any && self.best.is_some() {
                return true;
            }
        }
        true
    }

    /// Follows the thread while there is one path, or the next unit decides between two. `None` if the thread ends.
    fn straight<U: Unit>(&mut self, (mut state, mut at): Thread) -> Option<Thread> {
        let (program, hay) = (self.search.program, self.search.hay);
        // A loop that consumes nothing ends in `step`, which counts.
        let mut idle = 0;
        let idle_max = program.states();
        loop {
            idle += 1;
            if idle > idle_max {
                return Some((state, at));
            }
            match program.op(state.pc) {
                Op::Set { set, next } => {
                    at = U::take_set(program, set, hay, at)?;
                    (state.pc, idle) = (next, 0);
                }
                Op::Char { c, next } => {
                    at = U::take_char(c, hay, at)?;
                    (state.pc, idle) = (next, 0);
                }
                Op::Literal { len, fold, next } => {
                    let literal = program.literal(state.pc, len);
                    at = U::take_literal(literal, fold, hay, at)?;
                    (state.pc, idle) = (next, 0);
                }
                Op::Split { first, second } => {
                    match self.one_of::<U>(state.at(first), state.at(second), at) {
                        Some(way) => state = way,
                        None => return Some((state, at)),
                    }
                }
                Op::Repeat { counter, next } => {
                    let ways = state.repeat(program, counter, next);
                    let way = match ways.second {
                        None => Some(ways.first),
                        Some(second) => self.one_of::<U>(ways.first, second, at),
                    };
                    match way {
                        Some(way) => state = way,
                        None => return Some((state, at)),
                    }
                }
                Op::Save { slot, next } => {
                    // No other path is left, so nothing will have to undo it.
                    if let Some(place) = slot
                        .checked_sub(2)
                        .and_then(|slot| self.memory.slots.get_mut(slot as usize))
                    {
                        *place = Slot::at(at);
                    }
                    state.pc = next;
                }
                Op::Look { look, next } => {
                    if !look.holds(self.search.whole, at, program.line_terminator()) {
                        return None;
                    }
                    state.pc = next;
                }
                Op::Enter { counter, next } => {
                    (state, at) = lookahead::enter::<U>(program, state, counter, next, hay, at)?;
                }
                Op::Fail => return None,
                Op::Match => {
                    self.best = Some(at);
                    self.memory.best.copy_from_slice(&self.memory.slots);
                    return None;
                }
            }
        }
    }

    /// The path that can take the next unit. `None` if both may.
    #[inline(always)]
    fn one_of<U: Unit>(&self, first: State, second: State, at: usize) -> Option<State> {
        let (program, hay) = (self.search.program, self.search.hay);
        if !lookahead::may_take::<U>(program, first.pc, hay, at) {
            Some(second)
        } else if !lookahead::may_take::<U>(program, second.pc, hay, at) {
            Some(first)
        } else {
            None
        }
    }

    /// Follows all paths from `state` up to the next unit. `None` if there are too many steps.
    fn step<U: Unit>(&mut self, state: State, at: usize) -> Option<Option<Thread>> {
        let mut next = None;
        let mut left = 2 * self.search.program.states();
        let mut way = Some(state);
        self.memory.jobs.clear();
        loop {
            let Some(state) = way else {
                match self.memory.jobs.pop() {
                    Some(Job::Go(state)) => way = Some(state),
                    Some(Job::Restore { slot, old }) => self.memory.slots[slot as usize] = old,
                    None => break,
                }
                continue;
            };
            left = left.checked_sub(1)?;
            match self.follow::<U>(state, at) {
                Way::On(state) => way = Some(state),
                Way::Dead => way = None,
                Way::Matched => {
                    self.best = Some(at);
                    self.memory.best.copy_from_slice(&self.memory.slots);
                    // All other paths have lower priority.
                    break;
                }
                Way::Consumed(to) => {
                    self.memory.next.copy_from_slice(&self.memory.slots);
                    next = Some(to);
                    way = None;
                }
            }
        }
        if next.is_some() {
            let Memory { slots, next, .. } = &mut *self.memory;
            slots.copy_from_slice(next);
        }
        Some(next)
    }

    #[inline(always)]
    fn follow<U: Unit>(&mut self, state: State, at: usize) -> Way {
        let (program, hay) = (self.search.program, self.search.hay);
        let op = program.op(state.pc);
        if let Some(taken) = lookahead::take::<U>(program, state, op, hay, at) {
            return taken.map_or(Way::Dead, Way::Consumed);
        }
        match op {
            Op::Split { first, second } => {
                self.memory.jobs.push(Job::Go(state.at(second)));
                Way::On(state.at(first))
            }
            Op::Save { slot, next } => {
                self.save(slot, at);
                Way::On(state.at(next))
            }
            Op::Look { look, next } => {
                if look.holds(self.search.whole, at, program.line_terminator()) {
                    Way::On(state.at(next))
                } else {
                    Way::Dead
                }
            }
            Op::Enter { counter, next } => Way::On(state.enter(program, counter, next)),
            Op::Repeat { counter, next } => {
                let ways = state.repeat(program, counter, next);
                if let Some(second) = ways.second {
                    self.memory.jobs.push(Job::Go(second));
                }
                Way::On(ways.first)
            }
            Op::Match => Way::Matched,
            // Instructions that consume were handled above.
            Op::Fail | Op::Char { .. } | Op::Set { .. } | Op::Literal { .. } => Way::Dead,
        }
    }

    #[inline(always)]
    fn save(&mut self, slot: u32, at: usize) {
        // No instruction saves the two slots of the whole match.
        let Some(slot) = slot.checked_sub(2) else {
            return;
        };
        if let Some(place) = self.memory.slots.get_mut(slot as usize) {
            let old = std::mem::replace(place, Slot::at(at));
            self.memory.jobs.push(Job::Restore { slot, old });
        }
    }
}

/// Where an operation leads.
enum Way {
    /// To another state at the same position.
    On(State),
    /// To a state after the unit.
    Consumed(Thread),
    /// To a match.
    Matched,
    /// Nowhere.
    Dead,
}
