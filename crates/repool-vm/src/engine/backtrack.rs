//! Bounded backtracking.
//!
//! The engine tries the paths through the program one after the other, in the order of their priority. It marks each
//! state that it visits at a position, and visits none twice: what failed once fails again, also for a match
//! that starts later. So a search takes O(program × haystack), whatever the pattern. Go's `regexp` and RE2's
//! BitState are bounded alike.
//!
//! The marks ([`Marks`]) cover a window of the haystack that moves with the starts. A path that leaves the window ends the
//! search without an answer, and another engine goes on from there.
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
use crate::prefilter::Candidates;
use crate::search::Search;
use crate::tuning::MARK_BYTES;
pub(crate) use crate::tuning::STATES_MAX;

/// The heap of this engine.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) marks: Vec<u64>,
    jobs: Vec<Job>,
    slots: Vec<Slot>,
    /// The number of visits of the last search.
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
    /// Go on from this state.
    Go {
        state: State,
        /// The position, in bytes from the base of the window.
        at: u32,
    },
    /// The paths that saved this slot have failed: restore it.
    Restore { slot: u32, old: Slot },
}

/// Searches. Gives up where a path leaves the window.
pub(crate) fn search<U: Unit>(
    search: &Search<'_, '_>,
    starts: &mut Candidates<'_>,
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

/// How the paths from one start ended.
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
    /// The slots of groups, without the two of the whole match.
    slots: &'s mut [Slot],
}

impl Run<'_, '_, '_> {
    fn all<U: Unit>(&mut self, starts: &mut Candidates<'_>) -> Found {
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

    /// Tries all paths from `start`.
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

    /// Follows one path to its end, and leaves the others as jobs.
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

    /// Takes all units of a greedy loop over a set. `state` is its split, visited at `start`. Returns the position where
    /// the loop is left.
    ///
    /// Only the first split in each block of [`MARK_BYTES`] is marked: a later path that enters in between takes that many
    /// steps at most before it meets a mark. A split can be visited again during its own visit only where nothing is
    /// consumed in between, which is at both ends, and these are marked.
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

    /// Takes the units of a lazy loop over a set, up to the first position where it can be left.
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

    /// Marks a state. An error tells how the path ends.
    #[inline(always)]
    fn must_mark(&mut self, state: State, at: usize) -> Result<(), Try> {
        match self.mark(state, at) {
            Mark::Fresh => Ok(()),
            Mark::Seen => Err(Try::Nothing),
            Mark::Full => Err(Try::GaveUp),
        }
    }

    /// Chooses between the two paths of a split. One that cannot take the next unit becomes no job and is not
    /// visited. Returns the path to follow, and its position.
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

    /// Chooses between the two paths at the end of an iteration.
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
        // No instruction saves the two slots of the whole match.
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
