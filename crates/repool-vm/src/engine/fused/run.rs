//! Backtracking over fused code.
//!
//! While there is nothing to come back to, a path is followed without marks, and its saves need not be undone: visiting
//! a state twice would take two paths. From the first choice that the next byte leaves open, states are marked as in
//! the backtracker ([`crate::engine::backtrack`]), but only those to which several edges lead; between two marks the
//! paths form a tree. So one start takes O(program × haystack).
//!
//! Different starts share no visits before their first choice. A search whose starts fail over too many bytes
//! ends here, and another engine goes on.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Consumed, UNBOUNDED};
use repool_text::Look;

use crate::engine::fused::code::Class;
use crate::engine::fused::code::Code;
use crate::engine::fused::code::NO_MARK;
use crate::engine::fused::code::NO_NODE;
use crate::engine::fused::code::NodeId;
use crate::engine::fused::code::Run;
use crate::engine::fused::code::Step;
use crate::engine::outcome::Ran;
use crate::engine::visited::Mark;
use crate::engine::visited::Marks;
use crate::heap::SMALL_BYTES_MAX;
use crate::heap::vec_bytes;
use crate::input::Slot;
use crate::nfa::unit::Unit;
use crate::prefilter::Candidates;
use crate::search::Search;
use crate::tuning::{FAILED_BYTES, MARK_BYTES, RUN_COST_BYTES};

/// The memory of a search, without that of the marks.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    jobs: Vec<Job>,
    slots: Vec<Slot>,
}

impl Stacks {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.jobs) + vec_bytes(&self.slots)
    }
}

/// A job that is left.
#[derive(Clone, Copy, Debug)]
enum Job {
    /// Go on at a node.
    Go { node: NodeId, at: usize },
    /// Go on with a list of paths.
    Ways { index: u32, at: usize },
    /// Leave a run with fewer units: at a position from `lo` to `hi`.
    Fewer {
        run: u16,
        next: NodeId,
        lo: usize,
        hi: usize,
    },
    /// Take more units of a lazy run.
    More {
        run: u16,
        next: NodeId,
        at: usize,
        count: u32,
    },
    /// The paths that saved this slot have failed: restore it.
    Restore { slot: u16, old: Slot },
}

/// How a path goes on, or ends.
enum Way {
    /// Here, with a job left to come back to.
    On(NodeId, usize),
    Match(usize),
    /// It failed, at this position at the farthest.
    Failed(usize),
    /// It left the window of marks.
    Full,
}

/// Where a run is left, or how its path ends.
type Left = Result<(NodeId, usize), Way>;

/// Searches. `words` is the bitmap of the marks.
pub(crate) fn search<U: Unit>(
    search: &Search<'_, '_>,
    code: &Code,
    starts: &mut Candidates<'_>,
    stacks: &mut Stacks,
    words: &mut Vec<u64>,
    slots: &mut [Slot],
) -> Ran {
    slots.fill(Slot::NONE);
    if slots.len() >= code.slot_len {
        let (jobs, places) = (&mut stacks.jobs, &mut *slots);
        let ran = Runner::new(search, code, jobs, words, places).all::<U>(starts);
        return finish(ran, stacks, slots);
    }
    // Slots of groups that were not asked for go to the thread's memory.
    stacks.slots.clear();
    stacks.slots.resize(code.slot_len, Slot::NONE);
    let (jobs, places) = (&mut stacks.jobs, &mut stacks.slots);
    let ran = Runner::new(search, code, jobs, words, places).all::<U>(starts);
    if ran.is_ok() {
        slots.copy_from_slice(&stacks.slots[..slots.len()]);
    }
    finish(ran, stacks, slots)
}

/// Searches for the match that starts where the search does. `slots` has all slots of the program, each
/// [`Slot::NONE`].
#[inline(always)]
pub(crate) fn search_at<U: Unit>(
    search: &Search<'_, '_>,
    code: &Code,
    stacks: &mut Stacks,
    words: &mut Vec<u64>,
    slots: &mut [Slot],
) -> Ran {
    let start = search.start;
    let mut run = Runner::new(search, code, &mut stacks.jobs, words, slots);
    let ran = match run.one::<U>(start) {
        Ok(Some(end)) => Ok((start, end)),
        Ok(None) => Err(None),
        Err(()) => Err(Some(start)),
    };
    finish(ran, stacks, slots)
}

/// Writes the span of a match; without one resets the slots.
#[inline(always)]
fn finish(
    ran: Result<(usize, usize), Option<usize>>,
    stacks: &mut Stacks,
    slots: &mut [Slot],
) -> Ran {
    if stacks.bytes() > SMALL_BYTES_MAX {
        *stacks = Stacks::default();
    }
    match ran {
        Ok((start, end)) => {
            if let [first, second, ..] = slots {
                (*first, *second) = (Slot::at(start), Slot::at(end));
            }
            Ran::Match
        }
        Err(rest) => {
            slots.fill(Slot::NONE);
            rest.map_or(Ran::NoMatch, Ran::GaveUp)
        }
    }
}

struct Runner<'s, 'p, 'h> {
    search: &'s Search<'p, 'h>,
    code: &'s Code,
    jobs: &'s mut Vec<Job>,
    /// The slots of the program.
    slots: &'s mut [Slot],
    marks: Marks<'s>,
    /// Bytes that the paths from this start have read, about.
    spent: usize,
}

impl<'s, 'p, 'h> Runner<'s, 'p, 'h> {
    #[inline(always)]
    fn new(
        search: &'s Search<'p, 'h>,
        code: &'s Code,
        jobs: &'s mut Vec<Job>,
        words: &'s mut Vec<u64>,
        slots: &'s mut [Slot],
    ) -> Runner<'s, 'p, 'h> {
        Runner {
            search,
            code,
            jobs,
            slots: &mut slots[..code.slot_len],
            marks: Marks::new(words, code.marks, search.start),
            spent: 0,
        }
    }

    /// The span of the match. The error is the start from which another engine has to search, or `None` if there is no
    /// match.
    fn all<U: Unit>(
        &mut self,
        starts: &mut Candidates<'_>,
    ) -> Result<(usize, usize), Option<usize>> {
        let first = self.search.start;
        let mut at = first;
        let mut failed = 0;
        while let Some(start) = starts.next(self.search, at) {
            if failed > start - first + FAILED_BYTES {
                return Err(Some(start));
            }
            self.marks.come_to(start);
            match self.one::<U>(start) {
                Ok(Some(end)) => return Ok((start, end)),
                Ok(None) => {}
                Err(()) => return Err(Some(start)),
            }
            if self.search.anchored {
                break;
            }
            failed += self.spent;
            at = start + 1;
            self.slots.fill(Slot::NONE);
        }
        Err(None)
    }

    /// The end of the match from `start`, if there is one. An error if the window is too small.
    fn one<U: Unit>(&mut self, start: usize) -> Result<Option<usize>, ()> {
        self.jobs.clear();
        self.spent = 0;
        let mut reach = start;
        let (mut node, mut at) = (0, start);
        loop {
            let way = if self.jobs.is_empty() {
                self.way::<U, true>(node, at)
            } else {
                self.way::<U, false>(node, at)
            };
            match way {
                Way::On(on, to) => (node, at) = (on, to),
                Way::Match(end) => return Ok(Some(end)),
                Way::Full => return Err(()),
                Way::Failed(to) => {
                    reach = reach.max(to);
                    self.spent += RUN_COST_BYTES;
                    match self.come_back::<U>() {
                        Ok(Some(on)) => (node, at) = on,
                        Ok(None) => {
                            self.spent += reach - start;
                            return Ok(None);
                        }
                        Err(()) => return Err(()),
                    }
                }
            }
        }
    }

    /// The next path that is left.
    fn come_back<U: Unit>(&mut self) -> Result<Option<(NodeId, usize)>, ()> {
        while let Some(job) = self.jobs.pop() {
            match job {
                Job::Go { node, at } => return Ok(Some((node, at))),
                Job::Ways { index, at } => return Ok(Some((self.next_way(index, at), at))),
                Job::Fewer { run, next, lo, hi } => {
                    if let Some(left) = self.fewer::<U>(run, next, lo, hi) {
                        return Ok(Some(left));
                    }
                }
                Job::More {
                    run,
                    next,
                    at,
                    count,
                } => match self.more::<U>(run, next, at, count, true) {
                    Ok(left) => return Ok(Some(left)),
                    Err(Way::Full) => return Err(()),
                    Err(_) => {}
                },
                Job::Restore { slot, old } => self.slots[usize::from(slot)] = old,
            }
        }
        Ok(None)
    }

    /// Follows one path. It is `ALONE` while there is nothing to come back to.
    #[inline(always)]
    fn way<U: Unit, const ALONE: bool>(&mut self, mut id: NodeId, mut at: usize) -> Way {
        let (code, hay) = (self.code, self.search.hay);
        loop {
            let node = code.nodes[id as usize];
            if ALONE {
                self.slots[usize::from(node.save)] = Slot::at(at);
            } else {
                if node.mark != NO_MARK {
                    match self.marks.mark(usize::from(node.mark), at) {
                        Mark::Fresh => {}
                        Mark::Seen => return Way::Failed(at),
                        Mark::Full => return Way::Full,
                    }
                }
                self.save(node.save, at);
            }
            match node.op {
                Step::Byte { byte, next } => {
                    if hay.get(at) != Some(&byte) {
                        return Way::Failed(at);
                    }
                    (id, at) = (next, at + 1);
                }
                Step::Word { len, word, next } => {
                    let len = usize::from(len);
                    if !starts_with(hay, at, code.words[usize::from(word)], len) {
                        return Way::Failed(at);
                    }
                    (id, at) = (next, at + len);
                }
                Step::One { class, next } => {
                    let class = &code.classes[usize::from(class)];
                    let Some(to) = self.unit::<U>(class, at) else {
                        return Way::Failed(at);
                    };
                    (id, at) = (next, to);
                }
                Step::Times { class, count, next } => {
                    let class = &code.classes[usize::from(class)];
                    let Some(to) = self.times::<U>(class, at, usize::from(count)) else {
                        return Way::Failed(at);
                    };
                    (id, at) = (next, to);
                }
                Step::All {
                    run,
                    class,
                    min,
                    next,
                } => {
                    let class = &code.classes[usize::from(class)];
                    let end = self.all_units::<U>(class, at);
                    if end - at < usize::from(min) {
                        return Way::Failed(at);
                    }
                    if !ALONE {
                        let run = &code.runs[usize::from(run)];
                        match self.cross::<U>(run, at, end) {
                            Ok(None) => {}
                            Ok(Some(seen)) => return Way::Failed(seen),
                            Err(way) => return way,
                        }
                    }
                    (id, at) = (next, end);
                }
                Step::Greedy { run, next } => {
                    match self.greedy::<U, ALONE>(run, next, at) {
                        Ok(left) => (id, at) = left,
                        Err(way) => return way,
                    }
                    if ALONE && !self.jobs.is_empty() {
                        return Way::On(id, at);
                    }
                }
                Step::Lazy { run, next } => {
                    match self.lazy::<U>(run, next, at) {
                        Ok(left) => (id, at) = left,
                        Err(way) => return way,
                    }
                    if ALONE && !self.jobs.is_empty() {
                        return Way::On(id, at);
                    }
                }
                Step::Split {
                    choice,
                    first,
                    second,
                } => {
                    let [ahead_first, ahead_second] = &code.choices[usize::from(choice)];
                    match (ahead_first.may(hay, at), ahead_second.may(hay, at)) {
                        (true, false) => id = first,
                        (false, true) => id = second,
                        (false, false) => return Way::Failed(at),
                        (true, true) => {
                            self.jobs.push(Job::Go { node: second, at });
                            if ALONE {
                                return Way::On(first, at);
                            }
                            id = first;
                        }
                    }
                }
                Step::Switch { switch } => {
                    let switch = &code.switches[usize::from(switch)];
                    let list = match hay.get(at) {
                        Some(&byte) => switch.lists[usize::from(switch.rows[usize::from(byte)])],
                        None => switch.at_end,
                    };
                    if code.ways[list as usize] == NO_NODE {
                        return Way::Failed(at);
                    }
                    id = self.next_way(list, at);
                    if ALONE && !self.jobs.is_empty() {
                        return Way::On(id, at);
                    }
                }
                Step::Look { look, next } => {
                    let whole = self.search.whole;
                    let holds = match look {
                        Look::Start => at == 0,
                        Look::End => at == whole.len(),
                        _ => look.holds(whole, at, self.search.program.line_terminator()),
                    };
                    if !holds {
                        return Way::Failed(at);
                    }
                    id = next;
                }
                Step::Literal { pc, next } => {
                    let program = self.search.program;
                    let consumed = program.op(pc).consumed();
                    let Some((Consumed::Literal { len, fold }, _)) = consumed else {
                        return Way::Failed(at);
                    };
                    match U::take_literal(program.literal(pc, len), fold, hay, at) {
                        Some(to) => (id, at) = (next, to),
                        None => return Way::Failed(at),
                    }
                }
                Step::Go { next } => id = next,
                Step::Match => return Way::Match(at),
                Step::Fail => return Way::Failed(at),
            }
        }
    }

    /// Saves a position, to be undone for the other paths.
    #[inline(always)]
    fn save(&mut self, slot: u16, at: usize) {
        if slot != 0 {
            let place = &mut self.slots[usize::from(slot)];
            let old = std::mem::replace(place, Slot::at(at));
            self.jobs.push(Job::Restore { slot, old });
        }
    }

    /// The first of a list of paths. The others are left as a job.
    #[inline(always)]
    fn next_way(&mut self, list: u32, at: usize) -> NodeId {
        let index = list + 1;
        if self.code.ways[index as usize] != NO_NODE {
            self.jobs.push(Job::Ways { index, at });
        }
        self.code.ways[list as usize]
    }

    /// The end of the unit at `at`, if it is a member of the class.
    #[inline(always)]
    fn unit<U: Unit>(&self, class: &Class, at: usize) -> Option<usize> {
        let &byte = self.search.hay.get(at)?;
        if class.span.contains(byte) {
            return Some(at + 1);
        }
        if byte < 0x80 || !class.is_wide {
            return None;
        }
        U::take_set(self.search.program, class.set, self.search.hay, at)
    }

    #[inline(always)]
    fn greedy<U: Unit, const ALONE: bool>(&mut self, index: u16, next: NodeId, at: usize) -> Left {
        let code = self.code;
        let run = &code.runs[usize::from(index)];
        let class = &code.classes[usize::from(run.class)];
        let end = if run.max == UNBOUNDED {
            self.all_units::<U>(class, at)
        } else {
            self.units::<U>(class, at, run.max)
        };
        let lo = match run.min {
            0 => at,
            min => self.behind(class, at, min, end).ok_or(Way::Failed(end))?,
        };
        let mut hi = end;
        if !ALONE
            && run.max == UNBOUNDED
            && let Some(seen) = self.cross::<U>(run, lo, end)?
        {
            // All from there on has failed before.
            if run.is_one_way {
                return Err(Way::Failed(seen));
            }
            hi = self.back::<U>(seen);
        }
        if run.is_one_way || lo == end {
            return Ok((next, end));
        }
        self.fewer::<U>(index, next, lo, hi).ok_or(Way::Failed(end))
    }

    /// Leaves a run at the last position that its FIRST set allows. The earlier ones are left as a job.
    #[inline(always)]
    fn fewer<U: Unit>(
        &mut self,
        index: u16,
        next: NodeId,
        lo: usize,
        mut hi: usize,
    ) -> Option<(NodeId, usize)> {
        let run = &self.code.runs[usize::from(index)];
        while !run.first_set.may(self.search.hay, hi) {
            if hi <= lo {
                return None;
            }
            hi = self.back::<U>(hi);
        }
        if hi > lo {
            self.jobs.push(Job::Fewer {
                run: index,
                next,
                lo,
                hi: self.back::<U>(hi),
            });
        }
        Some((next, hi))
    }

    #[inline(always)]
    fn lazy<U: Unit>(&mut self, index: u16, next: NodeId, at: usize) -> Left {
        let code = self.code;
        let run = &code.runs[usize::from(index)];
        if run.min == 0 {
            return self.more::<U>(index, next, at, 0, false);
        }
        let class = &code.classes[usize::from(run.class)];
        let end = self.units::<U>(class, at, run.min);
        let lo = self.behind(class, at, run.min, end);
        let lo = lo.ok_or(Way::Failed(end))?;
        self.more::<U>(index, next, lo, run.min, false)
    }

    /// Continues a lazy run that has taken `count` units, up to where it can be left. With `must` it takes one more
    /// first.
    fn more<U: Unit>(
        &mut self,
        index: u16,
        next: NodeId,
        mut at: usize,
        mut count: u32,
        mut must: bool,
    ) -> Left {
        let (code, hay) = (self.code, self.search.hay);
        let run = &code.runs[usize::from(index)];
        let class = &code.classes[usize::from(run.class)];
        loop {
            let from = at;
            if !must {
                if run.first_set.may(hay, at) {
                    if !run.is_one_way && count < run.max {
                        self.jobs.push(Job::More {
                            run: index,
                            next,
                            at,
                            count,
                        });
                    }
                    return Ok((next, at));
                }
                if run.max == UNBOUNDED {
                    at = run.span.end(hay, at);
                }
            }
            if at == from {
                if count >= run.max {
                    return Err(Way::Failed(at));
                }
                at = self.unit::<U>(class, at).ok_or(Way::Failed(at))?;
                count = count.saturating_add(1);
                must = false;
            }
            if run.max == UNBOUNDED
                && !self.jobs.is_empty()
                && let Some(seen) = self.cross::<U>(run, from, at)?
            {
                return Err(Way::Failed(seen));
            }
        }
    }

    /// Marks a loop in the blocks that start after `from`, up to `to`. Returns the first position that was marked before.
    #[inline(always)]
    fn cross<U: Unit>(&mut self, run: &Run, from: usize, to: usize) -> Result<Option<usize>, Way> {
        let mut block = (from / MARK_BYTES + 1) * MARK_BYTES;
        while block <= to {
            let mut at = block;
            while U::DECODES && at < to && is_inside(self.search.hay, at) {
                at += 1;
            }
            match self.marks.mark(usize::from(run.mark), at) {
                Mark::Fresh => {}
                Mark::Seen => return Ok(Some(at)),
                Mark::Full => return Err(Way::Full),
            }
            block += MARK_BYTES;
        }
        Ok(None)
    }

    /// The end of all units of a class.
    #[inline(always)]
    fn all_units<U: Unit>(&self, class: &Class, at: usize) -> usize {
        let hay = self.search.hay;
        let end = class.span.end(hay, at);
        if !U::DECODES || !class.is_wide || hay.get(end).is_none_or(u8::is_ascii) {
            return end;
        }
        self.all_wide::<U>(class, end)
    }

    #[inline(never)]
    fn all_wide<U: Unit>(&self, class: &Class, mut at: usize) -> usize {
        let hay = self.search.hay;
        while let Some(&byte) = hay.get(at) {
            if byte < 0x80 {
                let end = class.span.end(hay, at);
                if end == at {
                    break;
                }
                at = end;
            } else {
                match U::take_set(self.search.program, class.set, hay, at) {
                    Some(to) => at = to,
                    None => break,
                }
            }
        }
        at
    }

    /// The end of `count` units of a class, at most eight.
    #[inline(always)]
    fn times<U: Unit>(&self, class: &Class, at: usize, count: usize) -> Option<usize> {
        if class.span.has(self.search.hay, at, count) {
            return Some(at + count);
        }
        if !U::DECODES || !class.is_wide {
            return None;
        }
        let end = self.wide_units::<U>(class, at, count);
        self.behind(class, at, count as u32, end)
    }

    /// The end of at most `max` units of a class.
    #[inline(always)]
    fn units<U: Unit>(&self, class: &Class, at: usize, max: u32) -> usize {
        let hay = self.search.hay;
        let hay = &hay[..hay.len().min(at.saturating_add(max as usize))];
        let end = class.span.end(hay, at);
        if !U::DECODES || !class.is_wide || hay.get(end).is_none_or(u8::is_ascii) {
            return end;
        }
        self.wide_units::<U>(class, end, max as usize - (end - at))
    }

    #[inline(never)]
    fn wide_units<U: Unit>(&self, class: &Class, mut at: usize, max: usize) -> usize {
        for _ in 0..max {
            match self.unit::<U>(class, at) {
                Some(to) => at = to,
                None => break,
            }
        }
        at
    }

    /// The end of the first `count` units from `at` to `end`, if there are as many.
    #[inline(always)]
    fn behind(&self, class: &Class, mut at: usize, count: u32, end: usize) -> Option<usize> {
        if !class.is_wide {
            return (end - at >= count as usize).then(|| at + count as usize);
        }
        for _ in 0..count {
            if at >= end {
                return None;
            }
            at += len_of(self.search.hay[at]);
        }
        Some(at)
    }

    /// The start of the unit that ends at `at`.
    #[inline(always)]
    fn back<U: Unit>(&self, mut at: usize) -> usize {
        at -= 1;
        while U::DECODES && is_inside(self.search.hay, at) {
            at -= 1;
        }
        at
    }
}

/// The length of the encoding that starts with this byte.
#[inline(always)]
fn len_of(first: u8) -> usize {
    match first {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}

/// Tells whether the byte at `at` continues a character.
#[inline(always)]
fn is_inside(hay: &[u8], at: usize) -> bool {
    hay[at] & 0xC0 == 0x80
}

/// Tells whether the haystack continues with the `len` lower bytes of `word`.
#[inline(always)]
fn starts_with(hay: &[u8], at: usize, word: u64, len: usize) -> bool {
    if let Some(&bytes) = hay.get(at..).and_then(|hay| hay.first_chunk()) {
        return (u64::from_le_bytes(bytes) ^ word) << (64 - 8 * len) == 0;
    }
    let bytes = word.to_le_bytes();
    hay.get(at..at + len) == Some(&bytes[..len])
}
