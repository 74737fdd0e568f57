//! A table that is built while it is used.
//!
//! Rows of cells, one row a set of threads, one cell a class, filled when a search first comes by. The
//! memory is bounded: a full table is wiped and begun again, and one that is wiped too soon is given up
//! (the rule of RE2: fewer than ten bytes searched for each set made cost more than other engines do).
//!
//! A cell is the place of the next row, or, with the highest bit set, that and something to do first.
//! Exercised by `tests/dfa.rs`.

use repool_program::Program;

use super::around::KINDS_MAX;
use super::classes::Classes;
use super::sets::{EMPTY, FRESH, MATCH, Sets};
use crate::scratch::vec_bytes;

/// What a cell says besides the next row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Nothing.
    Plain,
    /// Not looked up yet.
    Unknown,
    /// No thread is left.
    Dead,
    /// This engine cannot tell.
    Quit,
    /// A match ended before this unit.
    Match,
    /// The same, and no thread is left.
    Final,
    /// No thread is left but for the promise that a match may start anywhere.
    Fresh,
}

/// A table, as the search loop sees it.
pub(crate) trait Rows {
    /// A cell, not looked into.
    fn cell(&self, place: usize) -> u32;
    /// Tells whether the cell is the place of the next row and nothing else.
    fn is_plain(&self, cell: u32) -> bool;
    /// What a cell that is not plain says.
    fn tag(&self, cell: u32) -> Tag;
    /// The next row.
    fn row(cell: u32) -> usize;
    /// The cell of a start behind a character of these kinds.
    fn start(&mut self, program: &Program<'_>, around: u8, anchored: bool) -> u32;
    /// Fills a cell that was [`Tag::Unknown`]; None if the table is given up. `bytes` is how many were
    /// searched since the last call.
    fn fill(
        &mut self,
        program: &Program<'_>,
        row: usize,
        class: usize,
        bytes: usize,
    ) -> Option<u32>;
}

const SPECIAL: u32 = 1 << 31;
const TAG_SHIFT: u32 = 28;
const ROW_MASK: u32 = (1 << TAG_SHIFT) - 1;

const fn tagged(tag: Tag, row: u32) -> u32 {
    let number = match tag {
        Tag::Plain => return row,
        Tag::Unknown => 0,
        Tag::Dead => 1,
        Tag::Quit => 2,
        Tag::Match => 3,
        Tag::Final => 4,
        Tag::Fresh => 5,
    };
    SPECIAL | number << TAG_SHIFT | row
}

const UNKNOWN: u32 = tagged(Tag::Unknown, 0);

/// The bytes of rows, and those of sets, with which a table is full.
const PART_BYTES_MAX: usize = 128 << 10;

/// The most bytes of one table: buffers that are full have just doubled.
pub(crate) const BYTES_MAX: usize = 4 * PART_BYTES_MAX;

/// A table that is wiped with fewer bytes searched per set is given up.
const BYTES_PER_SET_MIN: usize = 10;

/// Programs with more states are not tried.
pub(crate) const STATES_MAX: usize = 1 << 14;

/// A table of one program, as far as it is known.
#[derive(Debug)]
pub(crate) struct Lazy {
    pub(crate) id: u64,
    /// When it was used last, in searches of the thread.
    pub(crate) used: u64,
    classes: Classes,
    grown: Grown,
}

/// What grows.
#[derive(Debug)]
struct Grown {
    sets: Sets,
    rows: Vec<u32>,
    starts: [u32; 2 << KINDS_MAX],
    /// Bytes searched since the last wipe.
    searched: usize,
    given_up: bool,
}

/// A lazy table in use: its classes are read while it grows.
#[derive(Debug)]
pub(crate) struct Growing<'a> {
    pub(crate) classes: &'a Classes,
    /// The cells of a row: one a class, and one for the end.
    pub(crate) stride: usize,
    grown: &'a mut Grown,
}

impl Lazy {
    /// An empty table, if the program has one.
    pub(crate) fn new(program: &Program<'_>) -> Option<Lazy> {
        if program.states() > STATES_MAX {
            return None;
        }
        let classes = Classes::new(program)?;
        let mut sets = Sets::default();
        sets.reset(program, &classes);
        Some(Lazy {
            id: program.id(),
            used: 0,
            classes,
            grown: Grown {
                sets,
                rows: Vec::new(),
                starts: [UNKNOWN; 2 << KINDS_MAX],
                searched: 0,
                given_up: false,
            },
        })
    }

    #[inline]
    pub(crate) fn grow(&mut self) -> Growing<'_> {
        Growing {
            stride: self.classes.len + 1,
            classes: &self.classes,
            grown: &mut self.grown,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of::<Lazy>() - size_of::<Classes>()
            + self.classes.bytes()
            + self.grown.sets.bytes()
            + vec_bytes(&self.grown.rows)
    }
}

impl Grown {
    fn wipe(&mut self) {
        self.rows.clear();
        self.starts.fill(UNKNOWN);
        self.searched = 0;
    }

    fn is_full(&self) -> bool {
        self.rows.len() * size_of::<u32>() > PART_BYTES_MAX || self.sets.bytes() > PART_BYTES_MAX
    }
}

impl Growing<'_> {
    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.grown.sets.len()
    }

    /// Tells whether there is no room for more.
    pub(crate) fn is_full(&self) -> bool {
        self.grown.is_full()
    }

    /// Tells whether a search ended because the table did not pay.
    pub(crate) fn is_given_up(&self) -> bool {
        self.grown.given_up
    }

    /// What is known of the set of a row.
    pub(crate) fn flags(&self, set: u32) -> u32 {
        self.grown.sets.flags(set)
    }

    /// The cell that leads to a set.
    fn enter(&mut self, (set, is_new): (u32, bool)) -> u32 {
        if is_new {
            let rows = &mut self.grown.rows;
            rows.resize(rows.len() + self.stride, UNKNOWN);
        }
        let flags = self.flags(set);
        let tag = match (flags & EMPTY != 0, flags & MATCH != 0) {
            (true, false) => Tag::Dead,
            (true, true) => Tag::Final,
            (false, true) => Tag::Match,
            (false, false) if flags & FRESH != 0 => Tag::Fresh,
            (false, false) => Tag::Plain,
        };
        tagged(tag, set * self.stride as u32)
    }

    /// Fills a cell, however full the table is.
    pub(crate) fn explore(&mut self, program: &Program<'_>, row: usize, class: usize) -> u32 {
        let cell = if class < self.classes.len && self.classes.is_quit(class) {
            tagged(Tag::Quit, 0)
        } else {
            let set = (row / self.stride) as u32;
            let next = self.grown.sets.step(program, self.classes, set, class);
            self.enter(next)
        };
        self.grown.rows[row + class] = cell;
        cell
    }
}

impl Rows for Growing<'_> {
    #[inline(always)]
    fn cell(&self, place: usize) -> u32 {
        self.grown.rows[place]
    }

    #[inline(always)]
    fn is_plain(&self, cell: u32) -> bool {
        cell < SPECIAL
    }

    #[inline(always)]
    fn tag(&self, cell: u32) -> Tag {
        match cell >> TAG_SHIFT {
            0..8 => Tag::Plain,
            8 => Tag::Unknown,
            9 => Tag::Dead,
            11 => Tag::Match,
            12 => Tag::Final,
            13 => Tag::Fresh,
            _ => Tag::Quit,
        }
    }

    #[inline(always)]
    fn row(cell: u32) -> usize {
        (cell & ROW_MASK) as usize
    }

    fn start(&mut self, program: &Program<'_>, around: u8, anchored: bool) -> u32 {
        let place = usize::from(around) << 1 | usize::from(anchored);
        if self.grown.starts[place] == UNKNOWN {
            let set = self.grown.sets.start(program, around, anchored);
            self.grown.starts[place] = self.enter(set);
        }
        self.grown.starts[place]
    }

    #[cold]
    #[inline(never)]
    fn fill(
        &mut self,
        program: &Program<'_>,
        row: usize,
        class: usize,
        bytes: usize,
    ) -> Option<u32> {
        self.grown.searched += bytes;
        if !self.grown.is_full() {
            return Some(self.explore(program, row, class));
        }
        if self.grown.searched < BYTES_PER_SET_MIN * self.len() {
            self.grown.given_up = true;
            return None;
        }
        let set = self.grown.sets.keep((row / self.stride) as u32);
        self.grown.wipe();
        let cell = self.enter((set, true));
        Some(self.explore(program, Growing::row(cell), class))
    }
}
