//! The dense table: the whole automaton of a small program, built once, published, and read by every thread.
//!
//! `layout.rs` shows its words. A cell is the place of the next row. Rows are ordered by tag, so that one comparison tells
//! whether there is more to do: first plain rows, then the fresh one, then those after a match, then those after a
//! match with no thread left. Two places behind the last row stand for "no thread is left" and "ask another
//! engine".
//! Exercised by `tests/dfa.rs` and by the tests below.

use repool_program::Program;
use repool_text::{decode_last, is_boundary};

use crate::engine::dfa::class_pages::ClassPages;
use crate::engine::dfa::class_pages::push_pages;
use crate::engine::dfa::class_reader::ClassMemo;
use crate::engine::dfa::class_reader::ClassReader;
use crate::engine::dfa::class_source::ClassSource;
use crate::engine::dfa::determinize::EMPTY;
use crate::engine::dfa::determinize::FRESH;
use crate::engine::dfa::determinize::MATCH;
use crate::engine::dfa::layout::{
    DECODES, HEADER_WORDS, LOOKS, MAP_WORDS, NEEDS_BOUNDARY, context_bits, contexts, contexts_at,
    map_at, pages_at, part, push,
};
use crate::engine::dfa::lazy::Bounds;
use crate::engine::dfa::lazy::Growing;
use crate::engine::dfa::lazy::Rows;
use crate::engine::dfa::lazy::Tag;
use crate::engine::dfa::look_context::ContextBits;
use crate::tuning::{DENSE_CELLS_MAX, DENSE_FRONT_MAX, DENSE_SETS_MAX, PROGRAM_MAX};

/// A published table, with the class reader of a thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    starts: &'a [u16],
    rows: &'a [u16],
    /// The first cell of the fresh row, of rows after a match, of those with no thread left, and of none.
    fresh: u32,
    matches: u32,
    finals: u32,
    dead: u32,
}

/// Opens a table that [`build`] laid out: its rows, and a reader of the haystack.
#[inline(always)]
pub(crate) fn open<'a>(
    words: &'a [u64],
    program: &'a Program<'a>,
    memo: &'a mut ClassMemo,
) -> Option<(Table<'a>, ClassReader<'a>)> {
    let (header, _) = words.split_first_chunk::<HEADER_WORDS>()?;
    let [lens, order, ..] = *header;
    let map = words.get(map_at(header)..)?.first_chunk::<MAP_WORDS>()?;
    let table = Table {
        starts: bytemuck::cast_slice(words.get(part(lens, 2)..)?),
        rows: bytemuck::cast_slice(words.get(HEADER_WORDS..map_at(header))?),
        fresh: part(order, 0) as u32,
        matches: part(order, 1) as u32,
        finals: part(order, 2) as u32,
        dead: part(order, 3) as u32,
    };
    let reader = ClassReader {
        program,
        map: bytemuck::cast_ref(map),
        len: part(lens, 0) & 0xFF,
        looks: lens >> 16 & LOOKS != 0,
        decodes: lens >> 16 & DECODES != 0,
        needs_boundary: lens >> 16 & NEEDS_BOUNDARY != 0,
        source: ClassSource::Words(words),
        memo,
    };
    Some((table, reader))
}

/// The states and the classes of a published table.
pub(crate) fn shape(words: &[u64]) -> (usize, usize) {
    let [lens, order, ..] = *words else {
        return (0, 0);
    };
    let classes = part(lens, 0) & 0xFF;
    // A row has a cell for the end too.
    (part(order, 3) / (classes + 1), classes)
}

/// A published table alone. It reads haystacks of bytes, ASCII, and characters in its class pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bare<'a> {
    pub(crate) words: &'a [u64],
    header: &'a [u64; HEADER_WORDS],
    pub(crate) map: &'a [u8; 256],
}

/// Cells behind the rows, at least: what a class may be.
const CELLS_BEHIND: usize = u8::MAX as usize;

/// Opens the parts of a table that need no memory of a thread.
#[inline(always)]
pub(crate) fn bare(words: &[u64]) -> Option<Bare<'_>> {
    let (header, _) = words.split_first_chunk::<HEADER_WORDS>()?;
    let map = words.get(map_at(header)..map_at(header) + MAP_WORDS)?;
    let map = map.first_chunk::<MAP_WORDS>()?;
    let map = bytemuck::cast_ref(map);
    Some(Bare { words, header, map })
}

impl Bare<'_> {
    #[inline(always)]
    fn has(&self, flag: u64) -> bool {
        self.header[0] >> 16 & flag != 0
    }

    /// Tells whether a start depends on the look context before it.
    #[inline(always)]
    pub(crate) fn looks(&self) -> bool {
        self.has(LOOKS)
    }

    /// Tells whether bytes above ASCII have to be decoded.
    #[inline(always)]
    pub(crate) fn decodes(&self) -> bool {
        self.has(DECODES)
    }

    /// The first cell of the fresh row; see [`Order`].
    #[inline(always)]
    pub(crate) fn fresh(&self) -> usize {
        part(self.header[1], 0)
    }

    /// The first cell of the rows after a match.
    #[inline(always)]
    pub(crate) fn matches(&self) -> usize {
        part(self.header[1], 1)
    }

    /// The first cell of the rows after a match with no thread left.
    #[inline(always)]
    pub(crate) fn finals(&self) -> usize {
        part(self.header[1], 2)
    }

    /// The cell that stands for no thread.
    #[inline(always)]
    pub(crate) fn dead(&self) -> usize {
        part(self.header[1], 3)
    }

    /// The cells of the rows up to `limit`, and [`CELLS_BEHIND`] more.
    #[inline(always)]
    pub(crate) fn cells(&self, limit: usize) -> Option<&[u16]> {
        let cells: &[u16] = bytemuck::cast_slice(self.words.get(HEADER_WORDS..)?);
        cells.get(..limit + CELLS_BEHIND)
    }

    /// The cell of a row that exists.
    #[inline(always)]
    pub(crate) fn cell(&self, row: usize, class: usize) -> usize {
        let cells = self.words.get(HEADER_WORDS..).unwrap_or_default();
        let cells: &[u16] = bytemuck::cast_slice(cells);
        cells
            .get(row + class)
            .map_or(usize::MAX, |&cell| cell.into())
    }

    /// The row of a start. `None` if the table alone cannot tell, or if no thread is alive there.
    #[inline(always)]
    pub(crate) fn begin(&self, whole: &[u8], at: usize, anchored: bool) -> Option<usize> {
        let before = if self.looks() {
            self.before(whole, at)?
        } else {
            0
        };
        let starts: &[u16] = bytemuck::cast_slice(self.words.get(part(self.header[0], 2)..)?);
        let cell = *starts.get(usize::from(before) << 1 | usize::from(anchored))?;
        Some(usize::from(cell)).filter(|&cell| cell < self.matches())
    }

    /// The look context before `at`. `None` if the character there has no page.
    #[inline]
    fn before(&self, whole: &[u8], at: usize) -> Option<u8> {
        let Some(&byte) = at.checked_sub(1).and_then(|i| whole.get(i)) else {
            return Some(self.header[2] as u8);
        };
        let contexts = contexts(self.words);
        if self.decodes() && byte >= 0x80 {
            if context_bits(self.words).unicode == 0 {
                return Some(0);
            }
            let d = decode_last(whole, at).filter(|d| d.is_valid())?;
            let (class, _) = self.pages().class(whole, at - d.len)?;
            return contexts.get(class).copied();
        }
        contexts
            .get(usize::from(self.map[usize::from(byte)]))
            .copied()
    }

    /// The class pages, if characters are decoded.
    #[inline(always)]
    pub(crate) fn pages(&self) -> ClassPages<'_> {
        if !self.decodes() {
            return ClassPages::NONE;
        }
        let words = self
            .words
            .get(pages_at(self.header)..contexts_at(self.words));
        words.and_then(ClassPages::open).unwrap_or(ClassPages::NONE)
    }

    /// The class at the end of a search. `None` if the character there has no page.
    #[inline(always)]
    pub(crate) fn class_at_end(&self, whole: &[u8], end: usize) -> Option<usize> {
        match whole.get(end) {
            None => Some(part(self.header[0], 0) & 0xFF),
            Some(&byte) if self.decodes() && byte >= 0x80 => {
                self.pages().class(whole, end).map(|(class, _)| class)
            }
            Some(&byte) => Some(self.map[usize::from(byte)].into()),
        }
    }

    /// Tells whether a search may end at `end`.
    #[inline(always)]
    pub(crate) fn can_end(&self, whole: &[u8], end: usize) -> bool {
        !self.has(NEEDS_BOUNDARY) || is_boundary(whole, end)
    }
}

impl Rows for Table<'_> {
    #[inline(always)]
    fn cell(&self, place: usize) -> u32 {
        self.rows[place].into()
    }

    /// A program has one such table.
    #[inline(always)]
    fn id(&self) -> u64 {
        0
    }

    #[inline(always)]
    fn bounds(&self) -> Bounds {
        Bounds {
            fresh: self.fresh,
            matches: self.matches,
            finals: self.finals,
        }
    }

    #[inline(always)]
    fn searched(&mut self, _bytes: usize) {}

    #[inline(always)]
    fn tag(&self, cell: u32) -> Tag {
        if cell < self.fresh {
            Tag::Plain
        } else if cell < self.matches {
            Tag::Fresh
        } else if cell < self.finals {
            Tag::Match
        } else if cell < self.dead {
            Tag::Final
        } else if cell == self.dead {
            Tag::Dead
        } else {
            Tag::Quit
        }
    }

    #[inline(always)]
    fn row(cell: u32) -> usize {
        cell as usize
    }

    #[inline(always)]
    fn start(&mut self, _program: &Program<'_>, context: u8, anchored: bool) -> u32 {
        let place = usize::from(context) << 1 | usize::from(anchored);
        self.starts.get(place).map_or(self.dead + 1, |&s| s.into())
    }

    /// Never called: all cells of a whole table are filled.
    fn fill(&mut self, _: &Program<'_>, _: usize, _: usize, _: usize) -> Option<u32> {
        None
    }
}

/// Fills all cells of a lazy table. False if it has too many sets for a dense one.
pub(crate) fn explore(lazy: &mut Growing<'_>, program: &Program<'_>) -> bool {
    if program.states() > PROGRAM_MAX {
        return false;
    }
    for context in contexts_before(lazy) {
        lazy.start(program, context, true);
        lazy.start(program, context, false);
    }
    let mut done = 0;
    while done < lazy.len() {
        let (len, stride) = (lazy.len(), lazy.stride);
        if lazy.is_full()
            || len > DENSE_SETS_MAX
            || len > done + DENSE_FRONT_MAX
            || (len + 2) * stride > DENSE_CELLS_MAX
        {
            return false;
        }
        for class in 0..stride {
            lazy.explore(program, done * stride, class);
        }
        done += 1;
    }
    true
}

/// The look contexts that may stand before a start.
fn contexts_before(lazy: &Growing<'_>) -> Vec<u8> {
    let classes = lazy.classes;
    let mut contexts = classes.contexts.clone();
    contexts.extend([classes.context_bits.edge, 0]);
    contexts.sort_unstable();
    contexts.dedup();
    contexts
}

/// Lays out a table. All its cells are filled.
pub(crate) fn build(lazy: &mut Growing<'_>, program: &Program<'_>, words: &mut Vec<u64>) {
    let order = Order::of(lazy);
    let stride = lazy.stride;
    let classes = lazy.classes;
    let bits = classes.context_bits;
    let when = |condition: bool, flag: u64| if condition { flag } else { 0 };
    let places = order.bounds.map(|bound| (bound * stride) as u64);
    let [fresh, matches, finals, dead] = places;
    let starts = starts(lazy, program, &order, dead as u16);
    let flags = when(classes.decodes, DECODES)
        | when(classes.needs_boundary, NEEDS_BOUNDARY)
        | when(starts.len() > 2, LOOKS);
    words.clear();
    words.push(classes.len as u64 | u64::from(classes.invalid) << 8 | flags << 16);
    words.push(fresh | matches << 16 | finals << 32 | dead << 48);
    let ContextBits {
        edge,
        line,
        lf,
        cr,
        ascii,
        unicode,
    } = bits;
    words.push(u64::from_le_bytes([
        edge, line, lf, cr, ascii, unicode, 0, 0,
    ]));
    words.push(0);
    let mut rows = Vec::with_capacity(lazy.len() * stride);
    for &set in &order.sets {
        let cells = (0..stride).map(|class| lazy.cell(set as usize * stride + class));
        rows.extend(cells.map(|cell| order.cell(lazy, cell, dead as u16)));
    }
    push(words, &rows);
    words[0] |= (words.len() as u64) << 48;
    let mut map = classes.map;
    if classes.decodes {
        // A run over the table alone then needs no test for bytes that are decoded: see `short`.
        map[0x80..].fill(classes.len as u8);
    }
    push(words, &map);
    if classes.decodes {
        let pages = push_pages(program, ClassSource::Classes(classes), words);
        words[0] |= (pages as u64) << 24;
    }
    let lens = [
        push(words, &classes.contexts),
        push(words, &classes.predicates),
        push(words, &classes.signatures),
        push(words, &classes.singles),
    ];
    words[3] = lens
        .iter()
        .rev()
        .fold(0, |word, &len| word << 16 | len as u64);
    words[0] |= (words.len() as u64) << 32;
    push(words, &starts);
    // Pages are longer than that.
    let len_min = HEADER_WORDS + (dead as usize + CELLS_BEHIND).div_ceil(4);
    words.resize(words.len().max(len_min), 0);
}

/// The cells of starts, by look context and whether they are anchored. Two cells, if no context makes a difference.
fn starts(lazy: &mut Growing<'_>, program: &Program<'_>, order: &Order, dead: u16) -> Vec<u16> {
    let mask = usize::from(lazy.classes.context_bits.mask());
    let mut starts = vec![dead + 1; 2 * (mask + 1)];
    let contexts_before = contexts_before(lazy);
    for &context in &contexts_before {
        for anchored in [false, true] {
            let cell = lazy.start(program, context, anchored);
            let place = usize::from(context) << 1 | usize::from(anchored);
            starts[place] = order.cell(lazy, cell, dead);
        }
    }
    let pair = |context: u8| {
        let place = usize::from(context) << 1;
        [starts[place], starts[place + 1]]
    };
    if contexts_before
        .iter()
        .all(|&context| pair(context) == pair(0))
    {
        starts.truncate(2);
    }
    starts
}

/// The order of the rows of a whole table.
struct Order {
    /// The set of each row.
    sets: Vec<u32>,
    /// The row of each set.
    rows: Vec<u16>,
    /// The first row that is fresh, after a match, after a match with no thread left, and none.
    bounds: [usize; 4],
}

impl Order {
    fn of(lazy: &Growing<'_>) -> Order {
        let rank = |set: u32| {
            let flags = lazy.flags(set);
            match (flags & EMPTY != 0, flags & MATCH != 0) {
                (true, false) => 4,
                (true, true) => 3,
                (false, true) => 2,
                (false, false) => u8::from(flags & FRESH != 0),
            }
        };
        let mut sets: Vec<u32> = (0..lazy.len() as u32)
            .filter(|&set| rank(set) < 4)
            .collect();
        sets.sort_by_key(|&set| rank(set));
        let bounds = [1, 2, 3, 4].map(|bound| sets.partition_point(|&set| rank(set) < bound));
        let mut rows = vec![0; lazy.len()];
        for (row, &set) in sets.iter().enumerate() {
            rows[set as usize] = row as u16;
        }
        Order { sets, rows, bounds }
    }

    fn cell(&self, lazy: &Growing<'_>, cell: u32, dead: u16) -> u16 {
        match lazy.tag(cell) {
            Tag::Dead => dead,
            // All cells are filled. If one were not, another engine would still give the right answer.
            Tag::Quit | Tag::Unknown => dead + 1,
            Tag::Plain | Tag::Match | Tag::Final | Tag::Fresh => {
                self.rows[Growing::row(cell) / lazy.stride] * lazy.stride as u16
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::dfa::lazy::Lazy;
    use crate::testing::image;

    /// What the short loop relies on: without the cells it would leave every search undecided, and it tells a byte that
    /// has to be decoded by the end of its run.
    #[test]
    fn cells_stand_behind_the_rows_and_the_column_of_the_end_ends_every_run() {
        for text in [
            "ab|cd",
            "[a-c]{2,5}x",
            r"\w+\d",
            r"\bé?\d+$",
            r"(?-u:[a-z]+)9",
            "[а-яё]+ь",
        ] {
            let image = image(text);
            let program = image.program();
            let mut lazy = Lazy::new(&program).expect("it has a table");
            assert!(explore(&mut lazy.grow(), &program), "{text} is small");
            let mut words = Vec::new();
            build(&mut lazy.grow(), &program, &mut words);
            let table = bare(&words).expect("the table is whole");
            assert!(table.cells(table.dead()).is_some(), "{text}");
            let end = part(words[0], 0) & 0xFF;
            for row in (0..table.dead()).step_by(end + 1) {
                assert!(table.cell(row, end) >= table.finals(), "{text} {row}");
            }
            for byte in 0x80..=0xFF_usize {
                assert_eq!(
                    usize::from(table.map[byte]) == end,
                    table.decodes(),
                    "{text}"
                );
            }
        }
    }
}
