//! Bounded backtracking.
//!
//! Tries the ways through the program in the order of their priority, one after the other, and marks
//! every state that it leaves without a match: no state is entered twice at one position, also not by
//! a match that starts later, as what failed once fails again. So a search costs
//! O(program × haystack), whatever the pattern (Go's `regexp` and RE2's BitState bound theirs alike).
//!
//! The marks ([`Marks`]) cover a window of the haystack, which moves with the starts. A way that leads past
//! the window ends the search without an answer, and another engine takes over where it stood.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Op, Pc, SetId};

use crate::engine::outcome::Ran;
use crate::engine::visited::Mark;
use crate::engine::visited::Marks;
use crate::heap::PART_BYTES_MAX;
use crate::heap::vec_bytes;
use crate::input::Slot;
use crate::nfa::lookahead;
use crate::nfa::state::State;
use crate::nfa::state::Ways;
use crate::nfa::unit::Unit;
use crate::prefilter::Starts;
use crate::search::Search;
use crate::tuning::MARK_BYTES;
pub(crate) use crate::tuning::STATES_MAX;

/// The heap of this engine.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) marks: Vec<u64>,
    jobs: Vec<Job>,
    slots: Vec<Slot>,
    /// The visits of the last search.
    pub(crate) visits: usize,
}

impl Memory {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.marks) + vec_bytes(&self.jobs) + vec_bytes(&self.slots)
    }
}

/// What is left to do.
#[derive(Clone, Copy, Debug)]
enum Job {
    /// Go this way.
    Go {
        state: State,
        /// The position, from the base of the window.
        at: u32,
    },
    /// The ways that saved this slot have failed.
    Restore { slot: u32, old: Slot },
}

/// Searches, as far as the window reaches.
pub(crate) fn search<U: Unit>(
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    memory: &mut Memory,
    slots: &mut [Slot],
) -> Ran {
    let groups = slots.len().saturating_sub(2);
    memory.slots.clear();
    memory.slots.resize(groups, Slot::NONE);
    let mut run = Run {
        search,
        visits: 0,
        marks: Marks::new(&mut memory.marks, search.program.states(), search.start),
        jobs: &mut memory.jobs,
        slots: &mut memory.slots,
    };
    let ran = run.all::<U>(starts);
    memory.visits = run.visits;
    let result = match ran {
        Found::Match { start, end } => {
            crate::input::write_span(slots, start, end);
            if groups > 0 {
                slots[2..].copy_from_slice(&memory.slots);
            }
            Ran::Match
        }
        Found::Nothing => Ran::NoMatch,
        Found::GaveUp { start } => Ran::GaveUp(start),
    };
    if memory.bytes() > PART_BYTES_MAX {
        *memory = Memory::default();
    }
    result
}

enum Found {
    Match { start: usize, end: usize },
    Nothing,
    GaveUp { start: usize },
}

/// How the ways from one start ended.
enum Try {
    Match(usize),
    Nothing,
    GaveUp,
}

struct Run<'s, 'p, 'h> {
    search: &'s Search<'p, 'h>,
    visits: usize,
    marks: Marks<'s>,
    jobs: &'s mut Vec<Job>,
    /// The slots of the groups, without those of the whole match.
    slots: &'s mut [Slot],
}

impl Run<'_, '_, '_> {
    fn all<U: Unit>(&mut self, starts: &mut Starts<'_>) -> Found {
        let mut at = self.search.start;
        while let Some(start) = starts.next(self.search, at) {
            self.marks.come_to(start);
            match self.one::<U>(start) {
                Try::Match(end) => return Found::Match { start, end },
                Try::Nothing => at = start + 1,
                Try::GaveUp => return Found::GaveUp { start },
            }
        }
        Found::Nothing
    }

    /// Tries all ways from `start`.
    fn one<U: Unit>(&mut self, start: usize) -> Try {
        self.jobs.clear();
        let mut state = State::new(self.search.program.start());
        let mut at = start;
        loop {
            match self.way::<U>(state, at) {
                Try::Nothing => {}
                ended => return ended,
            }
            (state, at) = loop {
                match self.jobs.pop() {
                    Some(Job::Go { state, at }) => break (state, self.marks.base() + at as usize),
                    Some(Job::Restore { slot, old }) => self.slots[slot as usize] = old,
                    None => return Try::Nothing,
                }
            };
        }
    }

    /// Goes one way to its end, and leaves the others behind as jobs.
    #[inline(always)]
    fn way<U: Unit>(&mut self, mut state: State, mut at: usize) -> Try {
        let (program, hay) = (self.search.program, self.search.hay);
        loop {
            match self.mark(state, at) {
                Mark::Fresh => {}
                Mark::Seen => return Try::Nothing,
                Mark::Full => return Try::GaveUp,
            }
            let taken = match program.op(state.pc) {
                Op::Set { set, next } => {
                    state.pc = next;
                    U::take_set(program, set, hay, at)
                }
                Op::Char { c, next } => {
                    state.pc = next;
                    U::take_char(c, hay, at)
                }
                Op::Literal { len, fold, next } => {
                    let literal = program.literal(state.pc, len);
                    state.pc = next;
                    U::take_literal(literal, fold, hay, at)
                }
                Op::Split { first, second } => match self.split::<U>(state, first, second, at) {
                    Ok((pc, to)) => {
                        state.pc = pc;
                        Some(to)
                    }
                    Err(ended) => return ended,
                },
                Op::Save { slot, next } => {
                    self.save(slot, at);
                    state.pc = next;
                    Some(at)
                }
                Op::Look { look, next } => {
                    state.pc = next;
                    look.holds(self.search.whole, at, program.line_terminator())
                        .then_some(at)
                }
                Op::Enter { counter, next } => {
                    match lookahead::enter::<U>(program, state, counter, next, hay, at) {
                        Some((inside, to)) => {
                            state = inside;
                            Some(to)
                        }
                        None => None,
                    }
                }
                Op::Repeat { counter, next } => {
                    let ways = state.repeat(program, counter, next);
                    state = self.repeat::<U>(ways, at);
                    Some(at)
                }
                Op::Match => return Try::Match(at),
                Op::Fail => None,
            };
            match taken {
                Some(to) => at = to,
                None => return Try::Nothing,
            }
        }
    }

    /// Runs over the units of a greedy loop over a set; its split is `state`, visited at `at`. Gives the
    /// position at which the loop is left.
    ///
    /// Only the first split in each block of eight bytes is marked: another way that comes to one in
    /// between takes eight steps at most before it meets a mark. That a split is visited while it is still under way
    /// can only happen where nothing is consumed in between, which is at the ends; and both are marked.
    #[inline(always)]
    fn run<U: Unit>(
        &mut self,
        state: State,
        set: SetId,
        out: Pc,
        start: usize,
    ) -> Result<usize, Try> {
        let (program, hay) = (self.search.program, self.search.hay);
        let behind = lookahead::behind_save(program, out);
        let op = program.op(behind);
        let (mut at, mut marked) = (start, start);
        while let Some(to) = U::take_set(program, set, hay, at) {
            if lookahead::may_take_op::<U>(program, behind, op, hay, at) {
                self.later(state.at(out), at);
            }
            if to / MARK_BYTES != at / MARK_BYTES {
                self.must_mark(state, to)?;
                marked = to;
            }
            at = to;
        }
        if at != marked {
            self.must_mark(state, at)?;
        }
        Ok(at)
    }

    /// The same for a lazy loop, up to where it can be left.
    #[inline(always)]
    fn run_lazy<U: Unit>(
        &mut self,
        state: State,
        set: SetId,
        out: Pc,
        start: usize,
    ) -> Result<usize, Try> {
        let (program, hay) = (self.search.program, self.search.hay);
        let behind = lookahead::behind_save(program, out);
        let op = program.op(behind);
        let (mut at, mut marked) = (start, start);
        while !lookahead::may_take_op::<U>(program, behind, op, hay, at) {
            let to = U::take_set(program, set, hay, at).ok_or(Try::Nothing)?;
            if to / MARK_BYTES != at / MARK_BYTES {
                self.must_mark(state, to)?;
                marked = to;
            }
            at = to;
        }
        if at != marked {
            self.must_mark(state, at)?;
        }
        Ok(at)
    }

    /// Marks a state, or tells how the way ends.
    #[inline(always)]
    fn must_mark(&mut self, state: State, at: usize) -> Result<(), Try> {
        match self.mark(state, at) {
            Mark::Fresh => Ok(()),
            Mark::Seen => Err(Try::Nothing),
            Mark::Full => Err(Try::GaveUp),
        }
    }

    /// Goes on from a split: a way that cannot take the next unit is no job and no visit, which spares
    /// most loops theirs. Gives the way to go on with, and from where.
    #[inline(always)]
    fn split<U: Unit>(
        &mut self,
        state: State,
        first: Pc,
        second: Pc,
        mut at: usize,
    ) -> Result<(Pc, usize), Try> {
        let (program, hay) = (self.search.program, self.search.hay);
        let op = program.op(first);
        if let Some((set, next)) = op.set()
            && next == state.pc
        {
            return Ok((second, self.run::<U>(state, set, second, at)?));
        }
        if let Some((set, next)) = program.op(second).set()
            && next == state.pc
        {
            at = self.run_lazy::<U>(state, set, first, at)?;
        }
        let way = match lookahead::take::<U>(program, state.at(first), op, hay, at) {
            None => (first, at),
            Some(Some((state, to))) => (state.pc, to),
            Some(None) => return Ok((second, at)),
        };
        if lookahead::may_take::<U>(program, second, hay, at) {
            self.later(state.at(second), at);
        }
        Ok(way)
    }

    /// Goes on from the end of an iteration, as from a split.
    #[inline(always)]
    fn repeat<U: Unit>(&mut self, ways: Ways, at: usize) -> State {
        let (program, hay) = (self.search.program, self.search.hay);
        let Some(second) = ways.second else {
            return ways.first;
        };
        if !lookahead::may_take::<U>(program, ways.first.pc, hay, at) {
            return second;
        }
        if lookahead::may_take::<U>(program, second.pc, hay, at) {
            self.later(second, at);
        }
        ways.first
    }

    #[inline(always)]
    fn later(&mut self, state: State, at: usize) {
        let at = (at - self.marks.base()) as u32;
        self.jobs.push(Job::Go { state, at });
    }

    #[inline(always)]
    fn save(&mut self, slot: u32, at: usize) {
        // The slots of the whole match are not saved by the program and not kept here.
        let Some(slot) = slot.checked_sub(2) else {
            return;
        };
        if let Some(place) = self.slots.get_mut(slot as usize) {
            let old = std::mem::replace(place, Slot::at(at));
            self.jobs.push(Job::Restore { slot, old });
        }
    }

    /// Marks a state at a position.
    #[inline(always)]
    fn mark(&mut self, state: State, at: usize) -> Mark {
        self.visits += 1;
        self.marks.mark(state.number(), at)
    }
}
