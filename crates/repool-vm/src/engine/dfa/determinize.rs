//! Determinisation: sets of threads, and the set that each class leads to.
//!
//! A set is a list of *items* in the order of their priority. An item is an instruction that consumes (inside a literal,
//! with an offset), the end of a match, or a state from which an undecided assertion is reached. Unless a match has cut
//! the list off, a further match may start at every position; a flag of the set says so.
//!
//! A set that has assertions to decide also holds the look context before it. The class that is consumed next gives
//! the context after it. Together they decide every assertion exactly, `\b` on any script included.
//!
//! So a match is seen one unit late: the set *after* a unit says that a match ended *before* the unit. In
//! return one table serves all assertions. `regex-automata` delays its matches alike.
//! Exercised by `tests/dfa.rs`.

use repool_program::{Consumed, Epsilon, Pc, Program, Transition};

use crate::engine::dfa::classes::Classes;
use crate::engine::dfa::interner::Interner;
use crate::heap::vec_bytes;
use crate::nfa::sparse::Seen;
use crate::nfa::state::State;

/// Set if a match ended before the unit that led here.
pub(crate) const MATCH: u32 = 1 << 8;
/// Set if a further match may start at each position.
pub(crate) const RESTART: u32 = 1 << 9;
/// Set if no thread is alive, so that all items are those of a start here. Two sets with the same items may differ in
/// this, since the items of one may come from an earlier start.
pub(crate) const FRESH: u32 = 1 << 10;
/// Set if an undecided assertion is reached from an item.
const LOOKS: u32 = 1 << 11;
/// Set if there are no items and no match starts any more.
pub(crate) const EMPTY: u32 = 1 << 12;
/// The bits of the look context before the set.
const CONTEXT: u32 = 0xFF;

/// Where a thread of a set stands.
#[derive(Clone, Copy, Debug)]
struct Item {
    state: State,
    /// Bytes of the literal at `state` that are consumed.
    offset: u32,
}

/// The sets of one program that were reached so far, by number.
#[derive(Debug, Default)]
pub(crate) struct Sets {
    /// One run a set: its flags, then the numbers of its items.
    sets: Interner,
    /// One run an item: the number of its state and its offset in one word.
    places: Interner,
    items: Vec<Item>,
    /// The items of a start.
    first: Vec<u32>,
    /// Whether a start always matches, so that no later start is ever needed.
    first_cuts: bool,
    /// For each word of code whether an assertion is reached from there; `None` until it is asked for.
    reaches: Vec<Option<bool>>,
    /// The stack of that walk.
    pcs: Vec<Pc>,
    walked: Seen,
    seen: Seen,
    jobs: Vec<State>,
    now: Vec<u32>,
    next: Vec<u32>,
}

impl Sets {
    /// Forgets all sets, and prepares for a program.
    pub(crate) fn reset(&mut self, program: &Program<'_>, classes: &Classes) {
        self.sets.clear();
        self.places.clear();
        self.items.clear();
        self.seen.reset(program.states());
        self.walked.reset(program.code().len());
        self.next.clear();
        self.reaches.clear();
        if !program.looks().is_empty() {
            self.reaches.resize(program.code().len(), None);
        }
        self.first_cuts = !self.add(program, classes, State::new(program.start()));
        self.first.clear();
        self.first.extend_from_slice(&self.next);
    }

    /// The number of sets.
    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    /// The bytes that the sets take, whatever the buffers hold. Buffers that double hold twice as many at most.
    pub(crate) fn used_bytes(&self) -> usize {
        self.sets.used_bytes() + self.places.used_bytes() + size_of_val(&*self.items)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.sets.bytes()
            + self.places.bytes()
            + vec_bytes(&self.items)
            + vec_bytes(&self.first)
            + self.seen.bytes()
            + self.walked.bytes()
            + vec_bytes(&self.reaches)
            + vec_bytes(&self.pcs)
            + vec_bytes(&self.jobs)
            + vec_bytes(&self.now)
            + vec_bytes(&self.next)
    }

    /// Forgets all sets but this one. Returns its new number, which is the first.
    pub(crate) fn keep(&mut self, set: u32) -> u32 {
        self.next.clear();
        self.next.extend_from_slice(self.sets.get(set));
        self.sets.clear();
        self.sets.intern(&self.next).0
    }

    /// The flags of a set.
    pub(crate) fn flags(&self, set: u32) -> u32 {
        self.sets.get(set)[0]
    }

    /// The set of a start after this look context, and whether it is new.
    pub(crate) fn start(
        &mut self,
        program: &Program<'_>,
        context: u8,
        anchored: bool,
    ) -> (u32, bool) {
        self.next.clear();
        self.next.push(0);
        self.next.extend_from_slice(&self.first);
        let restart = if anchored || self.first_cuts {
            0
        } else {
            RESTART
        };
        self.intern(program, context, restart)
    }

    /// The set after a unit of `class`, or at the end of the haystack, and whether it is new.
    pub(crate) fn step(
        &mut self,
        program: &Program<'_>,
        classes: &Classes,
        set: u32,
        class: usize,
    ) -> (u32, bool) {
        self.now.clear();
        self.now.extend_from_slice(self.sets.get(set));
        let flags = self.now[0];
        if class < classes.len && classes.is_inner(class) {
            self.next.clear();
            self.next.extend_from_slice(&self.now);
            return self.intern(program, flags as u8, flags & (RESTART | FRESH));
        }
        let at_end = class == classes.len;
        let context = if at_end {
            classes.context_bits.edge
        } else {
            classes.contexts[class]
        };
        if flags & LOOKS != 0 {
            self.decide(program, classes, (flags & CONTEXT) as u8, context);
        }
        self.next.clear();
        self.next.push(0);
        self.seen.clear();
        let (matched, mut restart) = self.consume(program, classes, class, flags & RESTART != 0);
        let mut flags = if matched { MATCH } else { 0 };
        restart &= !at_end;
        if restart {
            let is_dead = self.next.len() == 1;
            self.push_first();
            if !self.first_cuts {
                flags |= if is_dead { RESTART | FRESH } else { RESTART };
            }
        }
        self.intern(program, context, flags)
    }

    /// Steps the items of `now` over the class, into `next`. Returns whether a match is among them, and whether further
    /// matches may start.
    fn consume(
        &mut self,
        program: &Program<'_>,
        classes: &Classes,
        class: usize,
        restart: bool,
    ) -> (bool, bool) {
        let at_end = class == classes.len;
        for i in 1..self.now.len() {
            let number = self.now[i];
            let Item { state, offset } = self.items[number as usize];
            let (consumed, next) = match program.transition(state.pc) {
                Transition::Match => return (true, false),
                Transition::Consume { consumed, next } => (consumed, next),
                Transition::Fail | Transition::Epsilon(_) => continue,
            };
            if at_end {
                continue;
            }
            let is_taken = match consumed {
                Consumed::Set(set) => classes.in_set(program, set, class),
                Consumed::Char(c) => classes.is_char(c, class),
                Consumed::Literal { len, fold } => {
                    let literal = &program.literal(state.pc, len)[offset as usize..];
                    match classes.in_literal(program, literal, fold, class) {
                        Some(taken) if taken < literal.len() => {
                            self.push(state, offset + taken as u32);
                            continue;
                        }
                        taken => taken.is_some(),
                    }
                }
            };
            if !is_taken {
                continue;
            }
            if !self.add(program, classes, state.at(next)) {
                // The match after this unit has priority over one that ends here. But the search may end before the
                // unit, which is then only looked at.
                let rest = &self.now[i + 1..];
                return (rest.iter().any(|&n| self.is_match(program, n)), false);
            }
        }
        (false, restart)
    }

    fn is_match(&self, program: &Program<'_>, item: u32) -> bool {
        program.op(self.items[item as usize].state.pc).is_match()
    }

    /// Replaces the items of `now` from which assertions are reached by those they lead to between these neighbours.
    fn decide(&mut self, program: &Program<'_>, classes: &Classes, before: u8, after: u8) {
        self.next.clear();
        self.next.push(0);
        self.seen.clear();
        for i in 1..self.now.len() {
            let Item { state, offset } = self.items[self.now[i] as usize];
            if offset > 0 {
                self.push(state, offset);
                continue;
            }
            if !self.close(program, classes, state, (before, after)) {
                break;
            }
        }
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// Adds the items that `state` leads to, or `state` itself if that depends on an assertion. False after a match.
    ///
    /// Adding the assertion's own state would not do: the states on the way to it have to count as visited when it is
    /// decided.
    fn add(&mut self, program: &Program<'_>, classes: &Classes, state: State) -> bool {
        if self.reaches_look(program, state.pc) {
            self.push(state, 0);
            return true;
        }
        self.close(program, classes, state, (0, 0))
    }

    /// Tells whether an assertion may be reached without consuming. Iterations are not counted.
    fn reaches_look(&mut self, program: &Program<'_>, pc: Pc) -> bool {
        match self.reaches.get(pc.index()) {
            None => return false,
            Some(Some(known)) => return *known,
            Some(None) => {}
        }
        self.walked.clear();
        self.pcs.clear();
        self.pcs.push(pc);
        let mut found = false;
        while let Some(pc) = self.pcs.pop() {
            if !self.walked.take(State::new(pc), 0) {
                continue;
            }
            if program.op(pc).look().is_some() {
                found = true;
                break;
            }
            match program.transition(pc) {
                Transition::Epsilon(epsilon) => self.pcs.extend(program.epsilon_targets(epsilon)),
                Transition::Fail | Transition::Match | Transition::Consume { .. } => {}
            }
        }
        self.walked.clear();
        self.reaches[pc.index()] = Some(found);
        found
    }

    /// Adds the items that `state` leads to without consuming, in the order of their priority. False after a match,
    /// which cuts off all that has lower priority.
    fn close(
        &mut self,
        program: &Program<'_>,
        classes: &Classes,
        state: State,
        (before, after): (u8, u8),
    ) -> bool {
        self.jobs.clear();
        self.jobs.push(state);
        while let Some(state) = self.jobs.pop() {
            let epsilon = match program.transition(state.pc) {
                Transition::Fail => continue,
                Transition::Consume { .. } => {
                    self.push(state, 0);
                    continue;
                }
                Transition::Match => {
                    self.push(state, 0);
                    return false;
                }
                Transition::Epsilon(epsilon) => epsilon,
            };
            if !self.seen.take(state, 0) {
                continue;
            }
            let holds = match epsilon {
                Epsilon::Look { look, .. } => classes.context_bits.holds(look, before, after),
                Epsilon::Split { .. }
                | Epsilon::Save { .. }
                | Epsilon::Enter { .. }
                | Epsilon::Repeat { .. } => true,
            };
            if holds {
                let ways = state.step(program, epsilon);
                self.jobs.extend(ways.second);
                self.jobs.push(ways.first);
            }
        }
        true
    }

    /// Adds an item, unless it is there.
    fn push(&mut self, state: State, offset: u32) {
        if !self.seen.take(state, offset) {
            return;
        }
        let place = 8 * state.number() as u32 + offset;
        let (number, is_new) = self.places.intern(&[place]);
        if is_new {
            self.items.push(Item { state, offset });
        }
        self.next.push(number);
    }

    /// Adds the items of a start that are not there yet. Closing over the start would add the same ones, since those
    /// that are there were closed over with the same neighbours.
    fn push_first(&mut self) {
        for &number in &self.first {
            let Item { state, offset } = self.items[number as usize];
            if self.seen.take(state, offset) {
                self.next.push(number);
            }
        }
    }

    /// The number of the set in `next`.
    fn intern(&mut self, program: &Program<'_>, context: u8, mut flags: u32) -> (u32, bool) {
        let is_open = |&number: &u32| match program.transition(self.items[number as usize].state.pc)
        {
            Transition::Consume { .. } | Transition::Match => false,
            Transition::Fail | Transition::Epsilon(_) => true,
        };
        let items = &self.next[1..];
        if !self.reaches.is_empty() && items.iter().any(is_open) {
            flags |= LOOKS | u32::from(context);
        }
        if items.is_empty() && flags & RESTART == 0 {
            flags |= EMPTY;
        }
        self.next[0] = flags;
        self.sets.intern(&self.next)
    }
}
