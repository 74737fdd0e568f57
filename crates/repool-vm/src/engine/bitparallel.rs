//! All states in one word: a scan that tells where to look.
//!
//! Each place at which a program consumes a unit (an instruction, a unit of a literal, a copy of it in
//! a counter) is a *position*, and up to 63 of them are the bits of one word (Glushkov 1961; kept in a
//! word by Baeza-Yates and Gonnet, Navarro and Raffinot). A step takes the word to the positions that
//! may come next and keeps those that the unit belongs to:
//!
//! ```text
//! next = first | (now & shift) << 1 | (now & loops) | follow of each exception in `now`
//! now  = next & class[unit]
//! ```
//!
//! Most positions are followed by their neighbour, by themselves, or both; only the others are looked
//! up one by one. A set of positions knows no priority and no start, and assertions are taken to hold.
//! So the scan answers two things: that there is no match; or the first position where one may end,
//! and a position before which none starts (there, nothing was alive). The precise engines do the rest
//! from there, on what is mostly a few bytes.
//!
//! The tables ([`Table`]) are built by each thread for the programs it scans much with
//! ([`crate::strategy::plan`]).
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Consumed, Program, SetId, Transition};
use repool_text::{Fold, canonical, decode};

use crate::backoff::Backoff;
use crate::heap::vec_bytes;
use crate::nfa::sparse::Seen;
use crate::nfa::state::State;
use crate::nfa::unit::steps_bytes;
use crate::prefilter::Starts;
use crate::search::Search;
use crate::tuning::{NEAR_BYTES, PROGRAM_MAX, TEXT_BACKOFF, WIDE_CACHE};

/// The positions one table holds. One bit of the word is left over, so that a shift loses none.
const POSITIONS_MAX: usize = 63;

/// What a position consumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Set(SetId),
    Unit(u32, Fold),
}

impl Class {
    /// The ASCII characters; in a byte program the bytes.
    fn map(self, program: &Program<'_>, bytes: bool) -> [u64; 4] {
        let mut map = [0; 4];
        match self {
            Class::Set(set) => {
                map = program.set(set).0;
                if !bytes {
                    (map[2], map[3]) = (0, 0);
                }
            }
            Class::Unit(c, fold) => {
                let mut add = |c: u32| map[(c >> 6) as usize & 3] |= 1 << (c & 63);
                if c < 0x80 || bytes && c < 0x100 {
                    add(c);
                    if fold != Fold::None && (c as u8).is_ascii_alphabetic() {
                        add(c ^ 0x20);
                    }
                }
            }
        }
        map
    }

    /// Tells whether anything above ASCII belongs to it.
    fn is_wide(self, program: &Program<'_>) -> bool {
        match self {
            Class::Set(set) => program.set(set).is_wide(),
            Class::Unit(c, fold) => c >= 0x80 || fold == Fold::Unicode,
        }
    }

    /// Tells whether `c`, above ASCII, belongs to it.
    fn contains_wide(self, program: &Program<'_>, c: u32) -> bool {
        match self {
            Class::Set(set) => program.set_contains(set, c),
            Class::Unit(own, Fold::Unicode) => {
                char::from_u32(c).is_some_and(|c| canonical(c) as u32 == own)
            }
            Class::Unit(own, _) => own == c,
        }
    }
}

/// The positions of one program.
#[derive(Debug)]
pub(crate) struct Table {
    /// The program.
    id: u64,
    /// Whether the positions fit.
    usable: bool,
    /// Whether some class has members above ASCII.
    wide: bool,
    /// Whether the scan is exact: there are no assertions.
    exact: bool,
    /// The positions a match starts with.
    first: u64,
    /// The positions a match may end with.
    last: u64,
    /// Those followed by their neighbour.
    shift: u64,
    /// Those followed by themselves.
    loops: u64,
    /// Those followed by others.
    exceptions: u64,
    /// What follows each position.
    follow: [u64; 64],
    /// The positions that take each byte; above ASCII only in a byte program.
    bytes: [u64; 256],
    /// The different classes and the positions that have them.
    classes: Vec<(Class, u64)>,
    /// Characters above ASCII and the positions that take them.
    cache: [(u32, u64); WIDE_CACHE],
    /// Scans for the next start.
    skips: Backoff,
}

impl Default for Table {
    fn default() -> Table {
        Table {
            id: 0,
            usable: false,
            wide: false,
            exact: false,
            first: 0,
            last: 0,
            shift: 0,
            loops: 0,
            exceptions: 0,
            follow: [0; 64],
            bytes: [0; 256],
            classes: Vec::new(),
            cache: [(0, 0); WIDE_CACHE],
            skips: Backoff::default(),
        }
    }
}

/// What a scan found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scan {
    /// There is no match.
    NoMatch,
    /// No match starts before `from`, and none ends before `end`.
    Maybe {
        /// Where nothing was alive.
        from: usize,
        /// Where something may match.
        end: usize,
    },
}

impl Table {
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Table>() + vec_bytes(&self.classes)
    }

    /// Tells whether it is the table of this program.
    #[inline]
    pub(crate) fn is_for(&self, id: u64) -> bool {
        self.id == id
    }

    /// Tells whether all positions fit.
    #[inline]
    pub(crate) fn is_usable(&self) -> bool {
        self.usable
    }

    /// Whether the end of a [`Scan::Maybe`] is one of a match, and the first.
    pub(crate) fn is_exact(&self) -> bool {
        self.exact
    }

    /// Scans from the start of the search.
    #[inline]
    pub(crate) fn scan(&mut self, search: &Search<'_, '_>, starts: &mut Starts<'_>) -> Scan {
        if search.anchored {
            self.scan_as::<true>(search, starts)
        } else {
            self.scan_as::<false>(search, starts)
        }
    }

    #[inline(always)]
    fn scan_as<const ANCHORED: bool>(
        &mut self,
        search: &Search<'_, '_>,
        starts: &mut Starts<'_>,
    ) -> Scan {
        let hay = search.hay;
        let mut skips = !ANCHORED && starts.skips() && self.skips.may_try();
        let (shift, loops, exceptions) = (self.shift, self.loops, self.exceptions);
        let (mut first, last) = (self.first, self.last);
        let (mut at, mut from, mut now) = (search.start, search.start, 0u64);
        while at < hay.len() {
            if now == 0 {
                if ANCHORED && at > search.start {
                    return Scan::NoMatch;
                }
                if skips {
                    let Some(next) = starts.next(search, at) else {
                        return Scan::NoMatch;
                    };
                    if next < at + NEAR_BYTES {
                        self.skips.fail(&TEXT_BACKOFF);
                        skips = !self.skips.is_paused();
                    } else {
                        self.skips.succeed();
                    }
                    at = next;
                }
                from = at;
            }
            let byte = hay[at];
            let (class, len) = if byte >= 0x80 && self.wide {
                self.wide_class(search, at)
            } else {
                (self.bytes[byte as usize], 1)
            };
            let mut next = first | (now & shift) << 1 | now & loops;
            let mut others = now & exceptions;
            while others != 0 {
                next |= self.follow[others.trailing_zeros() as usize & 63];
                others &= others - 1;
            }
            now = next & class;
            at += len;
            if now & last != 0 {
                return Scan::Maybe { from, end: at };
            }
            if ANCHORED {
                first = 0;
            }
        }
        Scan::NoMatch
    }

    /// The positions that take what stands at `at`, and its length.
    #[inline]
    fn wide_class(&mut self, search: &Search<'_, '_>, at: usize) -> (u64, usize) {
        let Some(d) = decode(search.hay, at).filter(|d| d.is_valid()) else {
            return (0, 1);
        };
        let place = d.c as usize % WIDE_CACHE;
        if self.cache[place].0 != d.c {
            let program = search.program;
            let members = self
                .classes
                .iter()
                .filter(|(class, _)| class.contains_wide(program, d.c));
            self.cache[place] = (d.c, members.fold(0, |all, (_, mask)| all | mask));
        }
        (self.cache[place].1, d.len)
    }
}

/// What a build writes; kept for the next.
#[derive(Debug, Default)]
pub(crate) struct Build {
    positions: Vec<Position>,
    seen: Seen,
    jobs: Vec<State>,
}

/// A place at which the program consumes a unit.
#[derive(Clone, Copy, Debug)]
struct Position {
    state: State,
    /// Inside a literal, in bytes.
    offset: usize,
    class: Class,
    /// The positions that follow, by the order in which they were found.
    follow: u64,
    is_last: bool,
}

impl Position {
    /// Neighbours in the program are neighbours in this order.
    fn place(&self) -> usize {
        8 * self.state.number() + self.offset
    }
}

/// What follows a position.
#[derive(Clone, Copy, Debug, Default)]
struct Follow {
    positions: u64,
    /// The end of a match.
    matches: bool,
}

impl Build {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.positions) + self.seen.bytes() + vec_bytes(&self.jobs)
    }

    /// Makes `table` that of `program`.
    pub(crate) fn table(&mut self, program: &Program<'_>, table: &mut Table) {
        *table = Table {
            id: program.id(),
            exact: program.looks().is_empty(),
            classes: std::mem::take(&mut table.classes),
            ..Table::default()
        };
        table.classes.clear();
        self.positions.clear();
        if program.states() > PROGRAM_MAX {
            return;
        }
        self.seen.reset(program.states());
        if let Some(first) = self.find_positions(program) {
            self.fill(program, table, first);
            table.usable = true;
        }
    }

    /// Finds all positions and what follows each; gives the first ones, or `None` if the positions do
    /// not fit or the empty string matches.
    fn find_positions(&mut self, program: &Program<'_>) -> Option<u64> {
        let first = self.close(program, State::new(program.start()))?;
        if first.matches {
            return None;
        }
        let mut done = 0;
        while let Some(&position) = self.positions.get(done) {
            let follow = self.follow(program, position)?;
            self.positions[done].follow = follow.positions;
            self.positions[done].is_last = follow.matches;
            done += 1;
        }
        Some(first.positions)
    }

    fn follow(&mut self, program: &Program<'_>, position: Position) -> Option<Follow> {
        let state = position.state;
        let Some((consumed, next)) = program.op(state.pc).consumed() else {
            return Some(Follow::default());
        };
        match consumed {
            Consumed::Literal { len, fold } => {
                let literal = program.literal(state.pc, len);
                let offset = position.offset + unit_len(program, literal, position.offset);
                if offset < literal.len() {
                    let positions = self.position(program, state, offset, literal, fold)?;
                    return Some(Follow {
                        positions,
                        matches: false,
                    });
                }
                self.close(program, state.at(next))
            }
            Consumed::Set(_) | Consumed::Char(_) => self.close(program, state.at(next)),
        }
    }

    /// The positions that `state` leads to without consuming; assertions hold.
    fn close(&mut self, program: &Program<'_>, state: State) -> Option<Follow> {
        let mut found = Follow::default();
        self.seen.clear();
        self.jobs.clear();
        self.jobs.push(state);
        while let Some(state) = self.jobs.pop() {
            if !self.seen.take(state, 0) {
                continue;
            }
            match program.transition(state.pc) {
                Transition::Epsilon(epsilon) => {
                    let ways = state.step(program, epsilon);
                    self.jobs.extend(ways.second);
                    self.jobs.push(ways.first);
                }
                Transition::Consume { consumed, .. } => {
                    found.positions |= match consumed {
                        Consumed::Literal { len, fold } => {
                            let literal = program.literal(state.pc, len);
                            self.position(program, state, 0, literal, fold)?
                        }
                        Consumed::Set(set) => self.add(state, 0, Class::Set(set))?,
                        Consumed::Char(c) => self.add(state, 0, Class::Unit(c, Fold::None))?,
                    };
                }
                Transition::Match => found.matches = true,
                Transition::Fail => {}
            }
        }
        Some(found)
    }

    /// The position of a unit of a literal.
    fn position(
        &mut self,
        program: &Program<'_>,
        state: State,
        offset: usize,
        literal: &[u8],
        fold: Fold,
    ) -> Option<u64> {
        let c = if steps_bytes(program) {
            u32::from(literal[offset])
        } else {
            decode(literal, offset)?.c
        };
        self.add(state, offset, Class::Unit(c, fold))
    }

    /// The position's bit, if there is room for it.
    fn add(&mut self, state: State, offset: usize, class: Class) -> Option<u64> {
        let new = Position {
            state,
            offset,
            class,
            follow: 0,
            is_last: false,
        };
        let place = new.place();
        let known = self.positions.iter().position(|p| p.place() == place);
        let index = known.unwrap_or(self.positions.len());
        if index == POSITIONS_MAX {
            return None;
        }
        if known.is_none() {
            self.positions.push(new);
        }
        Some(1 << index)
    }

    /// Fills the table with the positions, numbered in the order of their places.
    fn fill(&mut self, program: &Program<'_>, table: &mut Table, first: u64) {
        let mut order = [0u8; 64];
        for (i, position) in self.positions.iter().enumerate() {
            let place = position.place();
            order[i] = self.positions.iter().filter(|p| p.place() < place).count() as u8;
        }
        let renumber = |mut found: u64| {
            let mut positions = 0;
            while found != 0 {
                positions |= 1 << order[found.trailing_zeros() as usize];
                found &= found - 1;
            }
            positions
        };
        table.first = renumber(first);
        for (i, position) in self.positions.iter().enumerate() {
            let number = order[i] as usize;
            let bit = 1u64 << number;
            let follow = renumber(position.follow);
            let beside = follow & !(bit | bit << 1);
            table.follow[number] = beside;
            table.loops |= follow & bit;
            table.shift |= if follow & bit << 1 != 0 { bit } else { 0 };
            table.exceptions |= if beside != 0 { bit } else { 0 };
            table.last |= if position.is_last { bit } else { 0 };
            match table.classes.iter_mut().find(|(c, _)| *c == position.class) {
                Some((_, mask)) => *mask |= bit,
                None => table.classes.push((position.class, bit)),
            }
        }
        let bytes = steps_bytes(program);
        for &(class, mask) in &table.classes {
            for (high, mut word) in class.map(program, bytes).into_iter().enumerate() {
                while word != 0 {
                    table.bytes[high << 6 | word.trailing_zeros() as usize] |= mask;
                    word &= word - 1;
                }
            }
            table.wide |= !bytes && class.is_wide(program);
        }
    }
}

/// The bytes of the literal's unit at `offset`.
fn unit_len(program: &Program<'_>, literal: &[u8], offset: usize) -> usize {
    if steps_bytes(program) {
        1
    } else {
        decode(literal, offset).map_or(1, |d| d.len)
    }
}
