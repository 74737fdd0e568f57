//! The lazy table: an automaton that is built while it is used.
//!
//! One row of cells stands for a set of threads, and one cell for a class. A cell is filled when a search first reads it.
//! It holds the place of the next row and, above that, a tag.
//!
//! Memory is bounded. A full table may grow as long as the thread has room for it ([`CAPS_MAX`]). Then it is wiped
//! and begun again; a table that was searched with too few bytes for each set is given up, as RE2 does.
//! Exercised by `tests/dfa.rs` and the tests below.

use std::cell::Cell;

use repool_program::Program;

use crate::engine::dfa::classes::Classes;
use crate::engine::dfa::determinize::EMPTY;
use crate::engine::dfa::determinize::FRESH;
use crate::engine::dfa::determinize::MATCH;
use crate::engine::dfa::determinize::Sets;
use crate::engine::dfa::look_context::CONTEXT_BITS;
use crate::heap::vec_bytes;
use crate::tuning::{
    BYTES_PER_SET, BYTES_PER_SET_LARGE, LAZY_CAP_MAX, LAZY_CAP_MIN, PROGRAM_MAX, STATES_MAX,
};

/// The tag of a cell: what it says besides the next row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Nothing.
    Plain,
    /// The cell is not filled yet.
    Unknown,
    /// No thread is left.
    Dead,
    /// A table cannot tell; another engine has to.
    Quit,
    /// A match ended before this unit.
    Match,
    /// A match ended before this unit, and no thread is left.
    Final,
    /// No thread is alive but that of the next start.
    Fresh,
}

/// The bounds of the tags among cells, which are ordered by tag: one comparison tells the loop whether to do more than
/// take the next row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Cells below are plain.
    pub(crate) fresh: u32,
    /// Cells from `fresh` to here are fresh.
    pub(crate) matches: u32,
    /// Cells from `matches` to here say that a match ended. For those that follow, the tag tells.
    pub(crate) finals: u32,
}

/// A table, as the search loop sees it.
pub(crate) trait Rows {
    /// A number that no other table of the thread has, nor this one before its last wipe.
    fn id(&self) -> u64;
    /// The bounds of the tags among its cells.
    fn bounds(&self) -> Bounds;
    /// The cell at this place.
    fn cell(&self, place: usize) -> u32;
    /// The tag of a cell.
    fn tag(&self, cell: u32) -> Tag;
    /// The next row.
    fn row(cell: u32) -> usize;
    /// The cell of a start after this look context.
    fn start(&mut self, program: &Program<'_>, context: u8, anchored: bool) -> u32;
    /// Fills a cell that was [`Tag::Unknown`]. `bytes` were searched since the last cell was filled. `None` if the table
    /// is given up.
    fn fill(
        &mut self,
        program: &Program<'_>,
        row: usize,
        class: usize,
        bytes: usize,
    ) -> Option<u32>;
    /// Counts bytes that were searched since the last cell was filled.
    fn searched(&mut self, bytes: usize);
}

/// The tag stands in the bits above the row. The first tags are in the order of [`Bounds`].
const TAG_SHIFT: u32 = 28;
const ROW_MASK: u32 = (1 << TAG_SHIFT) - 1;

const fn tagged(tag: Tag, row: u32) -> u32 {
    let number = match tag {
        Tag::Plain => 0,
        Tag::Fresh => 1,
        Tag::Match => 2,
        Tag::Final => 3,
        Tag::Dead => 4,
        Tag::Quit => 5,
        Tag::Unknown => 6,
    };
    number << TAG_SHIFT | row
}

const UNKNOWN: u32 = tagged(Tag::Unknown, 0);

/// Bytes of rows, and of sets, that all tables of a thread may fill.
pub(crate) const CAPS_MAX: usize = LAZY_CAP_MAX + LAZY_CAP_MIN;

/// The most bytes of all tables of a thread. The buffers of sets may have just doubled.
pub(crate) const BYTES_MAX: usize = 3 * CAPS_MAX;

/// The number of the next table of this thread, 1 or more.
fn next_id() -> u64 {
    thread_local! {
        static LAST: Cell<u64> = const { Cell::new(0) };
    }
    LAST.with(|last| {
        last.set(last.get() + 1);
        last.get()
    })
}

/// The lazy table of one program.
#[derive(Debug)]
pub(crate) struct Lazy {
    pub(crate) id: u64,
    /// When it was last used, in searches of the thread.
    pub(crate) used: u64,
    classes: Classes,
    grown: Grown,
}

/// The part of a table that grows.
#[derive(Debug)]
struct Grown {
    /// See [`Rows::id`].
    id: u64,
    sets: Sets,
    rows: Vec<u32>,
    starts: [u32; 2 << CONTEXT_BITS],
    /// Bytes searched since the last wipe.
    searched: usize,
    /// Bytes of rows, and of sets, with which the table is full.
    cap: usize,
    /// The largest value that `cap` may grow to.
    cap_max: usize,
    given_up: bool,
}

/// A lazy table in use: the classes are borrowed while the rest grows.
#[derive(Debug)]
pub(crate) struct Growing<'a> {
    pub(crate) classes: &'a Classes,
    /// Cells of a row: one for each class, and one for the end.
    pub(crate) stride: usize,
    grown: &'a mut Grown,
}

impl Lazy {
    /// An empty table. `None` if the program is too large or has too many classes.
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
                id: next_id(),
                sets,
                rows: Vec::new(),
                starts: [UNKNOWN; 2 << CONTEXT_BITS],
                searched: 0,
                cap: LAZY_CAP_MIN,
                cap_max: LAZY_CAP_MIN,
                given_up: false,
            },
        })
    }

    /// Bytes of rows, and of sets, with which the table is full.
    pub(crate) fn cap(&self) -> usize {
        self.grown.cap
    }

    /// Lets it grow until it has `cap` bytes of rows or of sets.
    pub(crate) fn allow(&mut self, cap: usize) {
        self.grown.cap_max = cap.clamp(LAZY_CAP_MIN, LAZY_CAP_MAX);
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
        self.id = next_id();
        self.rows.clear();
        self.starts.fill(UNKNOWN);
        self.searched = 0;
    }

    fn is_full(&self) -> bool {
        self.rows.len() * size_of::<u32>() > self.cap || self.sets.used_bytes() > self.cap
    }

    /// Adds a row.
    fn push_row(&mut self, stride: usize) {
        let len = self.rows.len() + stride;
        if len > self.rows.capacity() {
            // At most one row past the cap.
            let room = (2 * len).min(self.cap / size_of::<u32>() + stride).max(len);
            self.rows.reserve_exact(room - self.rows.len());
        }
        self.rows.resize(len, UNKNOWN);
    }

    /// Tells whether at least `least` bytes were searched for each set.
    fn pays(&self, least: usize) -> bool {
        self.searched >= least * self.sets.len()
    }
}

impl Growing<'_> {
    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.grown.sets.len()
    }

    /// Tells whether rows or sets have reached the cap.
    pub(crate) fn is_full(&self) -> bool {
        self.grown.is_full()
    }

    /// Tells whether the table was given up during the search.
    pub(crate) fn is_given_up(&self) -> bool {
        self.grown.given_up
    }

    /// The flags of a set.
    pub(crate) fn flags(&self, set: u32) -> u32 {
        self.grown.sets.flags(set)
    }

    /// The cell that leads to a set.
    fn enter(&mut self, (set, is_new): (u32, bool)) -> u32 {
        if is_new {
            self.grown.push_row(self.stride);
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
    fn id(&self) -> u64 {
        self.grown.id
    }

    #[inline(always)]
    fn bounds(&self) -> Bounds {
        Bounds {
            fresh: tagged(Tag::Fresh, 0),
            matches: tagged(Tag::Match, 0),
            finals: tagged(Tag::Final, 0),
        }
    }

    #[inline(always)]
    fn searched(&mut self, bytes: usize) {
        self.grown.searched += bytes;
    }

    #[inline(always)]
    fn tag(&self, cell: u32) -> Tag {
        match cell >> TAG_SHIFT {
            0 => Tag::Plain,
            1 => Tag::Fresh,
            2 => Tag::Match,
            3 => Tag::Final,
            4 => Tag::Dead,
            6 => Tag::Unknown,
            _ => Tag::Quit,
        }
    }

    #[inline(always)]
    fn row(cell: u32) -> usize {
        (cell & ROW_MASK) as usize
    }

    fn start(&mut self, program: &Program<'_>, context: u8, anchored: bool) -> u32 {
        let place = usize::from(context) << 1 | usize::from(anchored);
        if self.grown.starts[place] == UNKNOWN {
            let set = self.grown.sets.start(program, context, anchored);
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
        if self.grown.cap < self.grown.cap_max && self.grown.pays(BYTES_PER_SET_LARGE) {
            self.grown.cap = (2 * self.grown.cap).min(self.grown.cap_max);
            return Some(self.explore(program, row, class));
        }
        let is_large = program.states() > PROGRAM_MAX;
        if !self.grown.pays(if is_large {
            BYTES_PER_SET_LARGE
        } else {
            BYTES_PER_SET
        }) {
            self.grown.given_up = true;
            return None;
        }
        let set = self.grown.sets.keep((row / self.stride) as u32);
        self.grown.wipe();
        let cell = self.enter((set, true));
        Some(self.explore(program, Growing::row(cell), class))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{image, random};

    /// Steps a table over a text from one match or dead end to the next, and checks its size after each cell. Gives the
    /// numbers that it had; `None` if it was given up.
    fn numbers(lazy: &mut Lazy, program: &Program<'_>, text: &[u8]) -> Option<Vec<u64>> {
        let mut numbers = vec![lazy.grown.id];
        let mut row = None;
        let mut searched = 0;
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            let mut growing = lazy.grow();
            let from = row.unwrap_or_else(|| Growing::row(growing.start(program, 0, true)));
            let class = usize::from(growing.classes.map[usize::from(byte)]);
            let mut cell = growing.cell(from + class);
            searched += 1;
            if growing.tag(cell) == Tag::Unknown {
                cell = growing.fill(program, from, class, searched)?;
                searched = 0;
            }
            // A match is seen one byte late, which is then the first of what follows.
            let tag = growing.tag(cell);
            at += usize::from(tag != Tag::Final);
            let is_over = matches!(tag, Tag::Dead | Tag::Final | Tag::Quit);
            row = (!is_over).then(|| Growing::row(cell));
            let stride = growing.stride;
            if lazy.grown.id != numbers[numbers.len() - 1] {
                numbers.push(lazy.grown.id);
            }
            // One row past the cap; the buffers of sets may have just doubled.
            let (rows_bytes, cap) = (vec_bytes(&lazy.grown.rows), lazy.cap());
            assert!(
                rows_bytes <= cap + stride * size_of::<u32>(),
                "{rows_bytes}"
            );
            assert!(
                lazy.grown.sets.bytes() <= 2 * cap,
                "{}",
                lazy.grown.sets.bytes()
            );
        }
        Some(numbers)
    }

    /// Words of six letters, and a text in which each stands eighty times in a row.
    fn words(letters: &[u8], len: usize) -> (Vec<String>, Vec<u8>) {
        let mut state = 7;
        let mut words = Vec::new();
        let mut text = Vec::new();
        for _ in 0..len {
            let letter = |_| char::from(letters[random(&mut state) as usize % letters.len()]);
            let word: String = (0..6).map(letter).collect();
            (0..80).for_each(|_| text.extend_from_slice(word.as_bytes()));
            words.push(word);
        }
        (words, text)
    }

    #[test]
    fn a_full_table_starts_again_under_another_number_within_its_cap() {
        let (many, text) = words(b"abcdefghijklmnopqrstuvwxyz", 500);
        // Many classes, whose rows fill up first; and large sets over few classes.
        for (text, of) in [
            (text, many.join("|")),
            (words(b"ab", 3_000).1, "[ab]*a[ab]{14}c".to_owned()),
        ] {
            let image = image(&of);
            let program = image.program();
            let mut lazy = Lazy::new(&program).expect("it has few classes");
            let before = Lazy::new(&program).expect("it has few classes");
            let mut numbers = numbers(&mut lazy, &program, &text).expect("it pays");
            assert!(numbers.len() > 1, "it was full and began again");
            assert_eq!(lazy.grow().id(), numbers[numbers.len() - 1]);
            numbers.push(before.grown.id);
            let len = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), len, "no number stands for two tables");
        }
    }

    #[test]
    fn a_table_grows_as_far_as_it_may() {
        let image = image("[ab]*a[ab]{14}c");
        let program = image.program();
        let mut lazy = Lazy::new(&program).expect("it has few classes");
        lazy.allow(4 * LAZY_CAP_MIN);
        let (_, text) = words(b"ab", 4_000);
        numbers(&mut lazy, &program, &text).expect("it pays");
        assert_eq!(lazy.cap(), 4 * LAZY_CAP_MIN);
    }
}
