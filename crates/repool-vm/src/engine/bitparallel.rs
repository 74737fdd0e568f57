//! The bit-parallel scan: all states in one word. It tells where a match may be.
//!
//! A *position* is a place at which the program consumes a unit: an instruction, a unit of a literal, or a copy of either in
//! a counter. Up to 63 positions are the bits of a word (Glushkov 1961; kept in a word by Baeza-Yates and Gonnet, Navarro and
//! Raffinot). A step computes the positions that may follow, and keeps those that take the unit:
//!
//! ```text
//! next = first | (now & shift) << 1 | (now & loops) | follow of each exception in `now`
//! now  = next & class[unit]
//! ```
//!
//! Most positions are followed by their neighbour, by themselves, or by both. The others are exceptions, looked up one
//! by one.
//!
//! A set of positions has no priorities and no starts, and assertions are taken to hold. So the scan answers that there
//! is no match, or gives the first position where a match may end and a position before which none starts. The
//! precise engines search from there, mostly a few bytes.
//!
//! Each thread builds the tables ([`Table`]) of the programs that it scans with most.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Consumed, Program, SetId, Transition};
use repool_text::{Fold, canonical, decode};

use crate::backoff::Backoff;
use crate::heap::vec_bytes;
use crate::nfa::sparse::Seen;
use crate::nfa::state::State;
use crate::nfa::unit::steps_bytes;
use crate::prefilter::Candidates;
use crate::search::Search;
use crate::simd::byte_set::ByteSet;
use crate::tuning::{NEAR_BYTES, PROGRAM_MAX, TEXT_BACKOFF, WIDE_CACHE};

/// Positions of the largest program. One bit of the word stays free, so that a shift loses none.
const POSITIONS_MAX: usize = 63;

/// What a position consumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Set(SetId),
    Unit(u32, Fold),
}

impl Class {
    /// Its ASCII members; in a byte program all of its bytes.
    fn bytes(self, program: &Program<'_>, bytes: bool) -> ByteSet {
        match self {
            Class::Set(set) => {
                let set = ByteSet::from_words(program.set(set).0);
                if bytes { set } else { set.ascii() }
            }
            Class::Unit(c, fold) => {
                let mut set = ByteSet::EMPTY;
                if c < 0x80 || bytes && c < 0x100 {
                    match fold {
                        Fold::None => set.insert(c as u8),
                        Fold::Ascii | Fold::Unicode => set.insert_both_cases(c as u8),
                    }
                }
                set
            }
        }
    }

    /// Tells whether it has members above ASCII.
    fn is_wide(self, program: &Program<'_>) -> bool {
        match self {
            Class::Set(set) => program.set(set).is_wide(),
            Class::Unit(c, fold) => c >= 0x80 || fold == Fold::Unicode,
        }
    }

    /// Tells whether `c`, which is above ASCII, is a member.
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
    /// The program's number.
    id: u64,
    /// Whether the positions fit.
    usable: bool,
    /// Whether some class has members above ASCII.
    wide: bool,
    /// Whether a scan is exact, which it is without assertions.
    exact: bool,
    /// Positions that a match starts with.
    first: u64,
    /// Positions that a match may end with.
    last: u64,
    /// Positions followed by their neighbour.
    shift: u64,
    /// Positions followed by themselves.
    loops: u64,
    /// Positions followed by others: the exceptions.
    exceptions: u64,
    /// The positions that follow each exception.
    follow: [u64; 64],
    /// The positions that take each byte; above ASCII only in a byte program.
    bytes: [u64; 256],
    /// The different classes and the positions that have them.
    classes: Vec<(Class, u64)>,
    /// Characters above ASCII and the positions that take them.
    cache: [(u32, u64); WIDE_CACHE],
    /// Back-off of scans for the next start.
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
        /// The last position before `end` where no position was alive.
        from: usize,
        /// The first position where a match may end.
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

    /// Tells whether the end in [`Scan::Maybe`] is that of a match, and no match ends before.
    pub(crate) fn is_exact(&self) -> bool {
        self.exact
    }

    /// Scans from the start of the search.
    #[inline]
    pub(crate) fn scan(&mut self, search: &Search<'_, '_>, starts: &mut Candidates<'_>) -> Scan {
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
        starts: &mut Candidates<'_>,
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

    /// The positions that take the unit at `at`, and its length.
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

/// The memory of a build, kept for the next one.
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
    /// The offset in a literal, in bytes.
    offset: usize,
    class: Class,
    /// The positions that follow, numbered in the order of discovery.
    follow: u64,
    is_last: bool,
}

impl Position {
    /// Its rank among all positions: neighbours in the program have neighbouring ranks.
    fn place(&self) -> usize {
        8 * self.state.number() + self.offset
    }
}

/// What follows a position.
#[derive(Clone, Copy, Debug, Default)]
struct Follow {
    positions: u64,
    /// Whether a match may end.
    matches: bool,
}

impl Build {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.positions) + self.seen.bytes() + vec_bytes(&self.jobs)
    }

    /// Builds the table of `program`.
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

    /// Finds all positions and those that follow each. Returns the first ones. `None` if there are too many, or if the
    /// empty string matches.
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

    /// The positions that `state` leads to without consuming. Assertions are taken to hold.
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

    /// The bit of the position, which is added if it is new. `None` if there is no room.
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

    /// Fills the table with the positions, numbered by rank.
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
            for byte in class.bytes(program, bytes).iter() {
                table.bytes[usize::from(byte)] |= mask;
            }
            table.wide |= !bytes && class.is_wide(program);
        }
    }
}

/// Bytes of the literal's unit at `offset`.
fn unit_len(program: &Program<'_>, literal: &[u8], offset: usize) -> usize {
    if steps_bytes(program) {
        1
    } else {
        decode(literal, offset).map_or(1, |d| d.len)
    }
}
