//! Lock-step simulation (Thompson 1968; captures after Pike).
//!
//! All threads stand at one position, read the same unit and step together. Of two threads in one state the one of higher
//! priority is kept. So a search takes O(states × haystack) whatever the pattern, and memory for the states alone. It is
//! the slowest engine and the only one that always answers; the others fall back to it.
//!
//! A thread is a state and, inside a literal, an offset; each step of a literal takes one unit. `8 × state + offset`
//! numbers the places of threads. The numbers are unique, since a literal of n bytes owns the states of 1 + n/8 words. A
//! bitmap marks the places taken; only words that a step has touched are cleared.
//!
//! # Starts inside a code point
//!
//! If a program steps code points and its haystack need not be valid UTF-8, a match may start at any byte; inside a code
//! point only an empty one can. Threads step over these positions, so each step looks at them, with lower
//! priority than all threads alive, which started earlier.
//!
//! # Groups
//!
//! Each thread owns a row of slots. Many threads with many groups would take memory that no limit of a program foresees.
//! So groups are searched once the span is known. If the rows would exceed [`PIKE_ROWS_MAX`], each pass over the span
//! carries a part of the slots. All passes end with the same thread, so their parts belong together.
//!
//! ```text
//! slots   2 ─────────┬─────────┬────── end
//!          1st pass  │ 2nd     │ 3rd
//! ```
//! Exercised by the tests below, `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Op, Pc, Program};
use repool_text::Decoded;

use crate::heap::PART_BYTES_MAX;
use crate::heap::vec_bytes;
use crate::input::Slot;
use crate::nfa::sparse::Seen;
use crate::nfa::state::State;
use crate::nfa::unit::Unit;
use crate::prefilter::Candidates;
use crate::search::Search;
use crate::tuning::PIKE_ROWS_MAX;

/// The fewest slots a pass carries: those of one group.
const PART_MIN: usize = 2;

/// The heap of this engine.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    now: Threads,
    next: Threads,
    /// The threads of a start inside a code point.
    inner: Threads,
    seen: Seen,
    jobs: Vec<Job>,
    /// The slots of the thread whose closure is computed.
    slots: Vec<Slot>,
    /// The slots of the best match so far.
    best: Vec<Slot>,
}

impl Memory {
    pub(crate) fn bytes(&self) -> usize {
        self.now.bytes()
            + self.next.bytes()
            + self.inner.bytes()
            + self.seen.bytes()
            + vec_bytes(&self.jobs)
            + vec_bytes(&self.slots)
            + vec_bytes(&self.best)
    }
}

/// A thread: its state, and where its match started.
#[derive(Clone, Copy, Debug)]
struct Thread {
    state: State,
    /// Bytes of the literal at `state` that are consumed.
    offset: u32,
    start: usize,
}

/// Threads in the order of their priority, each with a row of slots.
#[derive(Debug, Default)]
struct Threads {
    list: Vec<Thread>,
    /// One row a thread: the slots that this pass carries.
    rows: Vec<Slot>,
}

impl Threads {
    fn clear(&mut self) {
        self.list.clear();
        self.rows.clear();
    }

    fn bytes(&self) -> usize {
        vec_bytes(&self.list) + vec_bytes(&self.rows)
    }

    fn push(&mut self, thread: Thread, row: &[Slot]) {
        self.list.push(thread);
        self.rows.extend_from_slice(row);
    }
}

/// The bytes of the threads of a search in which every state is alive, two lists of them, and of their slots.
pub(crate) fn bytes_max(states: usize, slot_len: usize) -> usize {
    let slots = states.saturating_mul(slot_len.saturating_sub(2));
    let thread_bytes = states.saturating_mul(size_of::<Thread>());
    2 * (thread_bytes + slots.min(PIKE_ROWS_MAX) * size_of::<Slot>())
}

/// A job that is left in a closure.
#[derive(Clone, Copy, Debug)]
enum Job {
    /// Follow the path from this state.
    Go(State),
    /// The paths that saved this slot are done: restore it.
    Restore { slot: u32, old: Slot },
}

/// Finds the span, and always answers. With `any`, the first match found will do.
pub(crate) fn span<U: Unit>(
    search: &Search<'_, '_>,
    starts: &mut Candidates<'_>,
    memory: &mut Memory,
    any: bool,
) -> Option<(usize, usize)> {
    let mut run = Run::new(search, memory, any);
    run.all::<U>(starts);
    let span = run.best;
    give_back(memory);
    span
}

/// Finds the groups of the match that spans the whole search. False if there is none.
pub(crate) fn groups<U: Unit>(
    search: &Search<'_, '_>,
    memory: &mut Memory,
    slots: &mut [Slot],
) -> bool {
    let found = groups_in_parts::<U>(search, memory, slots, PIKE_ROWS_MAX);
    give_back(memory);
    found
}

fn groups_in_parts<U: Unit>(
    search: &Search<'_, '_>,
    memory: &mut Memory,
    slots: &mut [Slot],
    rows_max: usize,
) -> bool {
    let mut len = slots.len().saturating_sub(2);
    let mut from = 0;
    let mut span = None;
    while span.is_none() || from + 2 < slots.len() {
        len = len.min(slots.len().saturating_sub(2 + from));
        let mut starts = Candidates::once(search);
        let mut run = Run::new(search, memory, search.earliest);
        run.carry(from, len, rows_max);
        run.all::<U>(&mut starts);
        if run.is_full {
            // Halving doubles the passes that are needed; the failed one adds little.
            len = len.div_ceil(2);
            continue;
        }
        span = run.best;
        if span.is_none() {
            return false;
        }
        if len > 0 {
            slots[2 + from..][..len].copy_from_slice(&memory.best);
        }
        from += len;
    }
    if let Some((start, end)) = span {
        let len = slots.len().min(2);
        crate::input::write_span(&mut slots[..len], start, end);
    }
    span.is_some()
}

fn give_back(memory: &mut Memory) {
    if memory.bytes() > PART_BYTES_MAX {
        *memory = Memory::default();
    }
}

struct Run<'s, 'p, 'h> {
    search: &'s Search<'p, 'h>,
    memory: &'s mut Memory,
    /// The span of the best match so far. Threads alive after it have higher priority.
    best: Option<(usize, usize)>,
    /// Whether the first match found will do.
    any: bool,
    /// The slot of the program that is the first of a row.
    first_slot: u32,
    /// The most slots in the rows of a list.
    rows_max: usize,
    /// Whether a list needed more, so that the pass ends without an answer.
    is_full: bool,
}

impl<'s, 'p, 'h> Run<'s, 'p, 'h> {
    /// A search without slots.
    fn new(search: &'s Search<'p, 'h>, memory: &'s mut Memory, any: bool) -> Run<'s, 'p, 'h> {
        memory.now.clear();
        memory.next.clear();
        memory.seen.reset(search.program.states());
        memory.slots.clear();
        Run {
            search,
            memory,
            best: None,
            any,
            first_slot: 0,
            rows_max: 0,
            is_full: false,
        }
    }

    /// Has threads carry `len` slots of groups, from the `from`-th on.
    fn carry(&mut self, from: usize, len: usize, rows_max: usize) {
        self.memory.slots.resize(len, Slot::NONE);
        // No instruction saves the two slots of the whole match.
        self.first_slot = 2 + from as u32;
        self.rows_max = if len <= PART_MIN {
            usize::MAX
        } else {
            rows_max
        };
    }

    fn all<U: Unit>(&mut self, starts: &mut Candidates<'_>) {
        let search = self.search;
        let mut at = search.start;
        let mut start = starts.next(search, at);
        loop {
            if self.memory.now.list.is_empty() {
                // No thread is alive: go to the next start.
                match start {
                    Some(next) if self.best.is_none() => at = next,
                    _ => return,
                }
                self.memory.seen.clear();
            }
            if self.best.is_none() && start == Some(at) {
                self.start(at);
                start = starts.next(search, at + 1);
            }
            self.memory.seen.clear();
            let read = U::read(search.hay, at);
            self.step::<U>(at, read);
            if self.best.is_some() && self.any {
                return;
            }
            let Some(Decoded { len, .. }) = read else {
                return;
            };
            start = self.pass(starts, start, at + len);
            if self.best.is_some() && self.any || self.is_full {
                return;
            }
            std::mem::swap(&mut self.memory.now, &mut self.memory.next);
            self.memory.next.clear();
            at += len;
        }
    }

    /// Passes the starts inside the code point that ends at `end`. Returns the first start at `end` or later.
    #[inline]
    fn pass(
        &mut self,
        starts: &mut Candidates<'_>,
        mut start: Option<usize>,
        end: usize,
    ) -> Option<usize> {
        let can_be_empty = self.search.program.len_min() == 0;
        while let Some(inner) = start.filter(|&s| s < end) {
            if can_be_empty && self.best.is_none() {
                self.empty(inner);
                start = starts.next(self.search, inner + 1);
            } else {
                start = starts.next(self.search, end);
            }
        }
        start
    }

    /// Adds the threads of a match that starts at `at`, with lower priority than those alive.
    fn start(&mut self, at: usize) {
        self.memory.slots.fill(Slot::NONE);
        let first = State::new(self.search.program.start());
        let mut list = std::mem::take(&mut self.memory.now);
        self.close(first, at, at, &mut list);
        self.memory.now = list;
    }

    /// Looks for an empty match at `at`, inside a code point.
    #[cold]
    fn empty(&mut self, at: usize) {
        let mut list = std::mem::take(&mut self.memory.inner);
        list.clear();
        self.memory.seen.clear();
        self.memory.slots.fill(Slot::NONE);
        let first = State::new(self.search.program.start());
        self.close(first, at, at, &mut list);
        self.memory.seen.clear();
        let matched = list
            .list
            .iter()
            .position(|t| self.search.program.op(t.state.pc).is_match());
        if let Some(i) = matched {
            self.record(&list, i, at);
        }
        self.memory.inner = list;
    }

    /// Steps the threads over the unit at `at`.
    fn step<U: Unit>(&mut self, at: usize, read: Option<Decoded>) {
        let program = self.search.program;
        let now = std::mem::take(&mut self.memory.now);
        let mut next = std::mem::take(&mut self.memory.next);
        for (i, &thread) in now.list.iter().enumerate() {
            match self.consume::<U>(program.op(thread.state.pc), thread, at, read) {
                Step::Matched => {
                    self.record(&now, i, at);
                    break;
                }
                Step::To(pc) => {
                    self.load_row(&now, i);
                    let to = at + read.map_or(0, |read| read.len);
                    self.close(thread.state.at(pc), thread.start, to, &mut next);
                }
                Step::Within(offset) => {
                    if self.memory.seen.take(thread.state, offset) {
                        self.load_row(&now, i);
                        self.push(Thread { offset, ..thread }, &mut next);
                    }
                }
                Step::Dead => {}
            }
        }
        self.memory.now = now;
        self.memory.next = next;
    }

    #[inline(always)]
    fn consume<U: Unit>(&self, op: Op, thread: Thread, at: usize, read: Option<Decoded>) -> Step {
        let program: &Program<'_> = self.search.program;
        let to = |taken: bool, next: Pc| if taken { Step::To(next) } else { Step::Dead };
        match op {
            Op::Match => Step::Matched,
            Op::Set { set, next } => to(
                read.is_some_and(|read| U::contains(program, set, read.c)),
                next,
            ),
            Op::Char { c, next } => to(read.is_some_and(|read| read.c == c), next),
            Op::Literal { len, fold, next } => {
                let Some(read) = read else {
                    return Step::Dead;
                };
                let literal = &program.literal(thread.state.pc, len)[thread.offset as usize..];
                match U::step_literal(literal, fold, self.search.hay, at, read) {
                    None => Step::Dead,
                    Some(taken) if taken == literal.len() => Step::To(next),
                    Some(taken) => Step::Within(thread.offset + taken as u32),
                }
            }
            // No list holds a thread at one of these: `close` follows them.
            Op::Fail
            | Op::Split { .. }
            | Op::Save { .. }
            | Op::Look { .. }
            | Op::Enter { .. }
            | Op::Repeat { .. } => Step::Dead,
        }
    }

    /// Copies the slots of a thread to the row that a closure changes.
    #[inline(always)]
    fn load_row(&mut self, threads: &Threads, i: usize) {
        let groups = self.memory.slots.len();
        if groups > 0 {
            let row = &threads.rows[i * groups..(i + 1) * groups];
            self.memory.slots.copy_from_slice(row);
        }
    }

    fn record(&mut self, threads: &Threads, i: usize, end: usize) {
        let groups = self.memory.slots.len();
        self.best = Some((threads.list[i].start, end));
        self.memory.best.clear();
        let row = &threads.rows[i * groups..(i + 1) * groups];
        self.memory.best.extend_from_slice(row);
    }

    /// Adds all threads that `state` leads to at `at` without consuming, in the order of their priority.
    fn close(&mut self, state: State, start: usize, at: usize, list: &mut Threads) {
        self.memory.jobs.clear();
        let mut way = Some(state);
        loop {
            match way {
                Some(state) => way = self.follow(state, start, at, list),
                None => match self.memory.jobs.pop() {
                    Some(Job::Go(state)) => way = Some(state),
                    Some(Job::Restore { slot, old }) => self.memory.slots[slot as usize] = old,
                    None => return,
                },
            }
        }
    }

    /// Follows one instruction, or adds a thread to the list if it consumes or matches.
    #[inline(always)]
    fn follow(
        &mut self,
        state: State,
        start: usize,
        at: usize,
        list: &mut Threads,
    ) -> Option<State> {
        if !self.memory.seen.take(state, 0) {
            return None;
        }
        let search = self.search;
        match search.program.op(state.pc) {
            Op::Split { first, second } => {
                self.memory.jobs.push(Job::Go(state.at(second)));
                Some(state.at(first))
            }
            Op::Save { slot, next } => {
                self.save(slot, at);
                Some(state.at(next))
            }
            Op::Look { look, next } => look
                .holds(search.whole, at, search.program.line_terminator())
                .then_some(state.at(next)),
            Op::Enter { counter, next } => Some(state.enter(search.program, counter, next)),
            Op::Repeat { counter, next } => {
                let ways = state.repeat(search.program, counter, next);
                if let Some(second) = ways.second {
                    self.memory.jobs.push(Job::Go(second));
                }
                Some(ways.first)
            }
            Op::Set { .. } | Op::Char { .. } | Op::Literal { .. } | Op::Match => {
                let thread = Thread {
                    state,
                    offset: 0,
                    start,
                };
                self.push(thread, list);
                None
            }
            Op::Fail => None,
        }
    }

    /// Adds a thread with the slots of the current path.
    #[inline(always)]
    fn push(&mut self, thread: Thread, list: &mut Threads) {
        let row = &self.memory.slots;
        if !row.is_empty() && list.rows.len() + row.len() > self.rows_max {
            self.is_full = true;
            return;
        }
        list.push(thread, row);
    }

    #[inline(always)]
    fn save(&mut self, slot: u32, at: usize) {
        let Some(slot) = slot.checked_sub(self.first_slot) else {
            return;
        };
        if let Some(place) = self.memory.slots.get_mut(slot as usize) {
            let old = std::mem::replace(place, Slot::at(at));
            self.memory.jobs.push(Job::Restore { slot, old });
        }
    }
}

/// The effect of a unit on a thread.
enum Step {
    /// The instruction is done.
    To(Pc),
    /// This many bytes of the literal are done.
    Within(u32),
    /// The thread has matched.
    Matched,
    /// The thread ends.
    Dead,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use repool_arena::{Ledger, Pool};
    use repool_compiler::Compiler;
    use repool_program::Image;
    use repool_syntax::{Ir, Syntax, parse};

    use super::*;
    use crate::input::Input;
    use crate::nfa::unit::Bytes;
    use crate::nfa::unit::CodePoints;
    use crate::nfa::unit::steps_bytes;

    fn compile(text: &str) -> Image {
        let syntax = Syntax::default();
        let mut ir = Ir::new();
        parse(text, &syntax, &mut ir).expect("a pattern");
        let pool = Pool::new(Arc::new(Ledger::default()));
        Compiler::default()
            .compile(&ir, text, &syntax, 0, &pool)
            .expect("compiles")
    }

    /// The slots of the match that is all of `hay`, with at most `rows_max` slots in the rows of a list, and the bytes of
    /// memory that it took.
    fn slots(image: &Image, hay: &str, rows_max: usize) -> (Option<Vec<Slot>>, usize) {
        let program = image.program();
        let input = Input {
            anchored: true,
            ..Input::new(hay.as_bytes())
        };
        let search = Search::prepare(&program, &input).expect("may match");
        let mut memory = Memory::default();
        let mut slots = vec![Slot::at(777); 2 * program.group_len()];
        let run = if steps_bytes(&program) {
            groups_in_parts::<Bytes>
        } else {
            groups_in_parts::<CodePoints>
        };
        let found = run(&search, &mut memory, &mut slots, rows_max);
        (found.then_some(slots), memory.bytes())
    }

    #[test]
    fn parts_are_the_whole() {
        for (text, hay) in [
            ("(a|ab)(c|bcd)(d*)", "abcd"),
            ("((a)|(b)|(é))+?$", "aéba"),
            ("(?:(a)?(b)?(c)?)*", "abcab"),
            ("(?i)(x?)(é*)(xÉ(y)?|(z))*", "éxéyxéxéz"),
            ("(x)|(y)|()", "z"),
        ] {
            let image = compile(text);
            let (whole, _) = slots(&image, hay, PIKE_ROWS_MAX);
            for rows_max in 0..40 {
                assert_eq!(slots(&image, hay, rows_max).0, whole, "{text} {rows_max}");
            }
        }
    }

    #[test]
    fn memory_of_many_groups_is_bounded() {
        let text: String = (0..2_000).map(|i| format!("(?P<n{i}>a)?")).collect();
        let image = compile(&text);
        let regex = regex_automata::meta::Regex::new(&text).expect("a pattern");
        let hay = "a".repeat(30);
        let mut captures = regex.create_captures();
        regex.captures(&hay, &mut captures);
        let expected: Vec<Slot> = (0..=2_000)
            .flat_map(|i| match captures.get_group(i) {
                Some(span) => [Slot::at(span.start), Slot::at(span.end)],
                None => [Slot::NONE; 2],
            })
            .collect();
        for rows_max in [PIKE_ROWS_MAX / 4, PIKE_ROWS_MAX] {
            let (found, bytes) = slots(&image, &hay, rows_max);
            assert_eq!(found.as_deref(), Some(&expected[..]));
            // The buffers of two lists may have doubled; beside them, 2,000 threads take little.
            let rows_bytes = 2 * 2 * rows_max * size_of::<Slot>();
            assert!(bytes < rows_bytes + (1 << 20), "{bytes}");
            // All rows at once would not have fitted.
            assert!(2_000 * 4_000 > rows_max);
        }
    }
}
