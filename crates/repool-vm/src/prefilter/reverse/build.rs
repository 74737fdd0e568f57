//! Builds the reverse table of a program.
//!
//! A *position* is a place at which the program consumes a character (Glushkov 1961), and the positions that follow each
//! are known. A row of the table is the set of positions that the program may consume next where the scan stands. Over a
//! byte the scan goes back to the positions that take this byte and are followed by one of the set.
//!
//! Exercised by the tests of `scan.rs` and by `tests/oracle.rs`.

use repool_arena::BoxedSlice;
use repool_program::{Consumed, Epsilon, Flags, Needle, Pc, Program, Transition};
use repool_text::{Fold, Look, LookSet, Set, decode};

use crate::analysis::utf8_shapes::first_bytes;
use crate::nfa::state::State;
use crate::nfa::unit::{byte_members, steps_bytes};
use crate::prefilter::needle::Finder;
use crate::prefilter::needle::has_wide_form;
use crate::prefilter::reverse::scan::DEAD;
use crate::prefilter::reverse::scan::Exact;
use crate::prefilter::reverse::scan::Inner;
use crate::prefilter::reverse::scan::ReverseTable;
use crate::prefilter::reverse::scan::STARTS;
use crate::simd::byte_set::ByteSet;
use crate::tuning::{PROGRAM_MAX, REVERSE_CELLS_MAX};

/// Positions of the largest program: one bit of a word is left for the end of a match.
const POSITIONS_MAX: usize = 127;

/// The bit for the end of a match.
const MATCH: u128 = 1 << POSITIONS_MAX;

/// The bytes from 0xC0 on: the characters above ASCII start with some of them.
const FIRST_WIDE: ByteSet = ByteSet::from_words([0, 0, 0, u64::MAX]);

/// A place at which the program consumes a character.
#[derive(Clone, Copy, Debug)]
struct Position {
    pc: Pc,
    /// Bytes of the literal at `pc` in front of it.
    offset: usize,
    /// The bytes that it takes. In a code-point program: the first bytes of the characters that it takes.
    takes: ByteSet,
    /// The positions that follow it.
    follow: u128,
}

/// The positions of a program.
struct Positions<'a> {
    program: &'a Program<'a>,
    all: Vec<Position>,
    /// Whether the program has counters.
    counts: bool,
    /// Instructions that a closure has visited.
    seen: Vec<bool>,
    jobs: Vec<Pc>,
}

/// Builds the table of a program. Returns `None` if no inner place is known, or if there are too many sets.
pub(crate) fn reverse_table(program: &Program<'_>) -> Option<ReverseTable> {
    if program.code().len() > PROGRAM_MAX {
        return None;
    }
    let mut positions = Positions {
        program,
        all: Vec::new(),
        counts: false,
        seen: vec![false; program.code().len()],
        jobs: Vec::new(),
    };
    let first = positions.fill()?;
    let inner = positions.inner()?;
    let all = &positions.all;
    let takes = |byte: u8| {
        let taken = |p: &Position| p.takes.contains(byte);
        (all.iter().rev()).fold(0, |set, position| set << 1 | u128::from(taken(position)))
    };
    let mut may_be_before = u128::MAX;
    let mut distance = 0;
    let (inside, at_end) = match &inner {
        Inner::End => (MATCH, MATCH),
        Inner::FinalLine => (takes(b'\n') | MATCH, MATCH),
        &Inner::Lines(a, b) => (takes(a) | takes(b) | MATCH, MATCH),
        Inner::Needle(finder) => {
            let needle = positions.cut(finder.needle())?;
            let before = positions.until(first, needle)?;
            may_be_before = before & !needle;
            let first_byte = program.needle(finder.needle())[0];
            let at = match finder.needle().fold {
                Fold::None => before & takes(first_byte),
                Fold::Ascii => before & (takes(first_byte) | takes(first_byte ^ 0x20)),
                Fold::Unicode => before,
            };
            let at = at | needle & before;
            distance = positions.distance(at);
            (at, DEAD.into())
        }
    };
    // If nothing goes on behind the inner place, the whole match stands in front of it.
    if inside == MATCH {
        distance = program.len_min() as usize;
    }
    // A continuation byte changes no set, but no match starts at it.
    let mut columns = vec![None];
    let mut map = [0; 256];
    for byte in 0..=255 {
        let is_inner = (0x80..0xC0).contains(&byte) && !steps_bytes(program);
        let column = (!is_inner).then(|| takes(byte));
        let class = columns.iter().position(|&known| known == column);
        let class = class.unwrap_or(columns.len());
        if class == columns.len() {
            columns.push(column);
        }
        map[usize::from(byte)] = u8::try_from(class).ok()?;
    }
    let mut rows = Rows {
        first,
        stride: columns.len(),
        sets: vec![(0, false)],
    };
    let (inside, at_end) = (rows.cell(inside, true)?, rows.cell(at_end, true)?);
    let mut cells = vec![DEAD; columns.len()];
    let mut done = 1;
    while let Some(&(set, _)) = rows.sets.get(done) {
        let before = |(i, p): (usize, &Position)| u128::from(p.follow & set != 0) << i;
        let before = all.iter().enumerate().map(before).sum::<u128>() & may_be_before;
        for column in &columns {
            cells.push(match column {
                None => rows.cell(set, false)?,
                Some(takes) => rows.cell(before & takes, true)?,
            });
        }
        done += 1;
    }
    Some(ReverseTable {
        run: positions.run(first),
        exact: match inner {
            Inner::End => positions.exact(),
            _ => Exact::Never,
        },
        inner,
        distance,
        inside,
        at_end,
        map,
        classes: columns.len(),
        cells: BoxedSlice::new(&cells),
    })
}

/// The rows of a table under construction.
struct Rows {
    /// The positions that a match starts with.
    first: u128,
    stride: usize,
    /// The set of each row, and whether a match may start there.
    sets: Vec<(u128, bool)>,
}

impl Rows {
    /// Returns the cell that leads to a set; `None` if there is no room.
    fn cell(&mut self, set: u128, may_start: bool) -> Option<u16> {
        let starts = may_start && set & self.first != 0;
        let row = (self.sets.iter()).position(|&known| known == (set, starts));
        let row = row.unwrap_or(self.sets.len());
        if row == self.sets.len() {
            self.sets.push((set, starts));
        }
        if self.sets.len() * self.stride > REVERSE_CELLS_MAX {
            return None;
        }
        let flag = if starts { STARTS } else { 0 };
        Some((row * self.stride) as u16 | flag)
    }
}

impl Positions<'_> {
    /// Finds all positions and what follows them. Returns the first ones.
    fn fill(&mut self) -> Option<u128> {
        let first = self.close(self.program.start())?;
        let mut done = 0;
        while let Some(&Position { pc, offset, .. }) = self.all.get(done) {
            let follow = match self.program.op(pc).consumed() {
                Some((Consumed::Literal { len, .. }, next)) => {
                    let literal = self.program.literal(pc, len);
                    let len = match steps_bytes(self.program) {
                        true => 1,
                        false => decode(literal, offset)?.len,
                    };
                    match offset + len < literal.len() {
                        true => self.add(pc, offset + len)?,
                        false => self.close(next)?,
                    }
                }
                Some((Consumed::Set(_) | Consumed::Char(_), next)) => self.close(next)?,
                None => 0,
            };
            self.all[done].follow = follow;
            done += 1;
        }
        Some(first)
    }

    /// Returns the positions that `pc` leads to without consuming. Assertions count as true, and counters are not counted.
    fn close(&mut self, pc: Pc) -> Option<u128> {
        let is_match = |&pc: &Pc| self.program.op(pc).is_match();
        let ends = self.reach(pc, LookSet(0)).iter().any(is_match);
        let mut found = if ends { MATCH } else { 0 };
        // Behind the end nothing is consumed.
        for pc in self.reach(pc, LookSet(0).with(Look::End)) {
            if !self.program.op(pc).is_match() {
                found |= self.add(pc, 0)?;
            }
        }
        Some(found)
    }

    /// Returns the instructions that consume or match, and that `pc` leads to without consuming and without passing one of
    /// these assertions.
    fn reach(&mut self, pc: Pc, without: LookSet) -> Vec<Pc> {
        let mut found = Vec::new();
        self.seen.fill(false);
        self.jobs.push(pc);
        while let Some(pc) = self.jobs.pop() {
            if std::mem::replace(&mut self.seen[pc.index()], true) {
                continue;
            }
            let epsilon = match self.program.transition(pc) {
                Transition::Epsilon(epsilon) => epsilon,
                Transition::Match | Transition::Consume { .. } => {
                    found.push(pc);
                    continue;
                }
                Transition::Fail => continue,
            };
            match epsilon {
                Epsilon::Look { look, .. } if without.contains(look) => continue,
                Epsilon::Enter { .. } => self.counts = true,
                Epsilon::Look { .. }
                | Epsilon::Split { .. }
                | Epsilon::Save { .. }
                | Epsilon::Repeat { .. } => {}
            }
            self.jobs.extend(self.program.epsilon_targets(epsilon));
        }
        found
    }

    /// Returns the bit of a position; `None` if there are too many.
    fn add(&mut self, pc: Pc, offset: usize) -> Option<u128> {
        let known = (self.all.iter()).position(|p| p.pc == pc && p.offset == offset);
        let index = known.unwrap_or(self.all.len());
        if index == POSITIONS_MAX {
            return None;
        }
        if known.is_none() {
            self.all.push(Position {
                pc,
                offset,
                takes: self.takes(pc, offset)?,
                follow: 0,
            });
        }
        Some(1 << index)
    }

    /// Returns the positions at which this needle begins.
    fn cut(&self, needle: Needle) -> Option<u128> {
        let program = self.program;
        let text = program.needle(needle);
        let mut found = 0;
        for (i, position) in self.all.iter().enumerate() {
            let is_there = match program.op(position.pc).consumed() {
                Some((Consumed::Literal { len, fold }, _)) => {
                    let literal = program.literal(position.pc, len);
                    fold == needle.fold && literal[position.offset..].starts_with(text)
                }
                Some((Consumed::Char(c), _)) => {
                    text.len() == 1 && c == u32::from(text[0]) && c < 0x80
                }
                Some((Consumed::Set(_), _)) | None => false,
            };
            found |= u128::from(is_there) << i;
        }
        (found != 0).then_some(found)
    }

    /// Returns the fewest characters of a match in front of one of these positions, with counters counted. Returns 0 for a
    /// program too large to tell.
    fn distance(&self, positions: u128) -> usize {
        let program = self.program;
        if program.states() > PROGRAM_MAX {
            return 0;
        }
        let is_here = |pc: Pc| {
            let mut here = self.all.iter().enumerate().filter(|(_, p)| p.pc == pc);
            here.any(|(i, _)| positions >> i & 1 != 0)
        };
        let mut known = vec![false; program.states()];
        // Layer `n` holds the states behind `n` characters.
        let mut layers = vec![vec![State::new(program.start())]];
        let mut at = 0;
        while let Some(layer) = layers.get_mut(at) {
            let Some(state) = layer.pop() else {
                at += 1;
                continue;
            };
            if std::mem::replace(&mut known[state.number()], true) {
                continue;
            }
            match program.transition(state.pc) {
                Transition::Consume { consumed, next } => {
                    if is_here(state.pc) {
                        return at;
                    }
                    let then = at + self.units(state.pc, consumed);
                    layers.resize(layers.len().max(then + 1), Vec::new());
                    layers[then].push(state.at(next));
                }
                Transition::Epsilon(epsilon) => {
                    let ways = state.step(program, epsilon);
                    layer.push(ways.first);
                    layer.extend(ways.second);
                }
                Transition::Fail | Transition::Match => {}
            }
        }
        0
    }

    /// Returns the characters that the instruction at `pc` consumes.
    fn units(&self, pc: Pc, consumed: Consumed) -> usize {
        match consumed {
            Consumed::Literal { len, .. } if steps_bytes(self.program) => len as usize,
            Consumed::Literal { len, .. } => {
                let literal = self.program.literal(pc, len);
                literal.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
            }
            Consumed::Set(_) | Consumed::Char(_) => 1,
        }
    }

    /// Returns the positions that the first ones lead to without passing one of `cut`. Returns `None` if a match can avoid
    /// `cut`.
    fn until(&self, first: u128, cut: u128) -> Option<u128> {
        let (mut known, mut new) = (0, first);
        while new != 0 {
            known |= new;
            let mut next = 0;
            for (i, position) in self.all.iter().enumerate() {
                if (new & !cut) >> i & 1 != 0 {
                    next |= position.follow;
                }
            }
            new = next & !known;
        }
        (known & MATCH == 0).then_some(known)
    }

    /// Returns the bytes that a position takes.
    fn takes(&self, pc: Pc, offset: usize) -> Option<ByteSet> {
        let (program, bytes) = (self.program, steps_bytes(self.program));
        let (c, fold) = match program.op(pc).consumed()?.0 {
            Consumed::Set(set) => {
                return Some(if bytes {
                    byte_members(program, set)
                } else {
                    first_bytes(program, &program.set(set))
                });
            }
            Consumed::Literal { len, fold } => {
                let literal = program.literal(pc, len);
                match bytes {
                    true => (literal[offset].into(), fold),
                    false => (decode(literal, offset)?.c, fold),
                }
            }
            Consumed::Char(c) => (c, Fold::None),
        };
        let mut takes = ByteSet::EMPTY;
        match u8::try_from(c).ok().filter(|&byte| bytes || byte < 0x80) {
            Some(byte) if fold == Fold::None => takes.insert(byte),
            Some(byte) => takes.insert_both_cases(byte),
            None => takes.insert_all(&FIRST_WIDE),
        }
        let has_wide_forms = u8::try_from(c).is_ok_and(has_wide_form);
        if fold == Fold::Unicode && !bytes && has_wide_forms {
            takes.insert_all(&FIRST_WIDE);
        }
        Some(takes)
    }

    /// Returns the bytes of the first positions, if one of them is followed by a position that takes the same bytes.
    fn run(&self, first: u128) -> Option<ByteSet> {
        let of = |set: u128| {
            self.all
                .iter()
                .enumerate()
                .filter(move |(i, _)| set >> i & 1 != 0)
        };
        let is_like = |a: &Position| of(a.follow).any(|(_, b)| a.takes == b.takes);
        let mut bytes = ByteSet::EMPTY;
        for (_, position) in of(first) {
            bytes.insert_all(&position.takes);
        }
        of(first)
            .any(|(_, position)| is_like(position))
            .then_some(bytes)
    }

    /// Tells whether these positions and what follows them are the whole program.
    fn exact(&self) -> Exact {
        let program = self.program;
        let looks = LookSet(0).with(Look::End);
        if program.looks().union(looks) != looks || self.counts {
            return Exact::Never;
        }
        let takes_all = |set: &Set| {
            let has_parts = set.ranges_len() > 0 || set.properties().next().is_some();
            !set.is_wide() || set.is_negated() && !has_parts
        };
        let is_exact = |position: &Position| match program.op(position.pc).set() {
            Some((set, _)) => takes_all(&program.set(set)),
            None => position.takes.words()[3] == 0,
        };
        let is_utf8 = program.flags().contains(Flags::UTF8);
        if steps_bytes(program) || is_utf8 && self.all.iter().all(is_exact) {
            Exact::Always
        } else {
            Exact::Ascii
        }
    }

    /// Returns the inner place that every match covers, the rarest one that is known.
    fn inner(&mut self) -> Option<Inner> {
        let program = self.program;
        if program.flags().contains(Flags::ANCHORED_END) {
            return Some(Inner::End);
        }
        if self.ends_with(Look::EndOrFinalLine) {
            return Some(Inner::FinalLine);
        }
        if let Some(needle) = program.required()
            && let Some(finder) = Finder::new(program, needle)
        {
            return Some(Inner::Needle(finder));
        }
        let line = program.line_terminator();
        if (line < 0x80 || steps_bytes(program)) && self.ends_with(Look::EndLine) {
            return Some(Inner::Lines(line, line));
        }
        if self.ends_with(Look::EndLineCrlf) {
            return Some(Inner::Lines(b'\r', b'\n'));
        }
        None
    }

    /// Tells whether this assertion holds at the end of every match.
    fn ends_with(&mut self, look: Look) -> bool {
        if !self.program.looks().contains(look) {
            return false;
        }
        let without = LookSet(0).with(look).with(Look::End);
        let mut ends = vec![self.program.start()];
        for position in &self.all {
            ends.extend(
                self.program
                    .op(position.pc)
                    .consumed()
                    .map(|(_, next)| next),
            );
        }
        !ends.into_iter().any(|pc| {
            let reached = self.reach(pc, without);
            reached.iter().any(|&pc| self.program.op(pc).is_match())
        })
    }
}
