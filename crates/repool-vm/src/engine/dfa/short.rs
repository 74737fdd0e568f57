//! The search of a short haystack with a published table: plain loops over bytes that keep nothing but a cursor.
//!
//! To borrow a thread's cache costs as much as to search some hundred bytes. So what the table alone decides is decided
//! here, without acceleration and with at most one dead state. It does not decide where a character has no page beside the
//! table, or where a run would read more bytes than the caller allows.
//! Exercised by `tests/oracle.rs` and `tests/plans.rs`.

use crate::engine::dfa::dense::{self, Bare};
use crate::tuning::GAP_BYTES;

/// Bytes of one round of the inner loop.
const CHUNK_BYTES: usize = 4;

/// A published table over one haystack, searched up to `end`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShortTable<'a, 'h> {
    table: Bare<'a>,
    whole: &'h [u8],
    end: usize,
}

/// What a run found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ran {
    /// Where the match ends, if there is one.
    pub(crate) end: Option<usize>,
    /// No match starts before; the start of the run, if that was not asked for.
    pub(crate) from: usize,
    /// Where it was clear that there is no longer match, and none at all if `end` is `None`.
    pub(crate) stop: usize,
}

/// Where a run of one iteration died: a run in this row at this place finds no match end behind it.
///
/// The next runs, which start a little further, come the same way: so `.*[^A-Z]|[A-Z]`, which looks ahead to the end of
/// the line for each match, does so for one match in some. [`super::dead_states`] keeps many such places, this is one. A
/// table that was dropped and is built again has the same rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DeadState {
    at: usize,
    row: usize,
}

/// What was found by runs from a few neighbouring places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met {
    pub(crate) span: Option<(usize, usize)>,
    /// Bytes that a run read past its start, or past the match: the most of all runs.
    pub(crate) far: usize,
    /// Bytes that failed runs read.
    pub(crate) failed: usize,
}

impl<'a, 'h> ShortTable<'a, 'h> {
    /// Opens a published table over a haystack that is searched up to `end`; `None` if a search cannot end there.
    #[inline(always)]
    pub(crate) fn open(words: &'a [u64], whole: &'h [u8], end: usize) -> Option<Self> {
        let table = dense::bare(words)?;
        let can_end = end == whole.len() || table.can_end(whole, end);
        can_end.then_some(ShortTable { table, whole, end })
    }

    /// Runs from `at`, where a match starts or none does. With `ANY` it stops at the first end.
    ///
    /// This and the runs below end without an answer if they would read more than `bytes_max` bytes.
    #[inline(always)]
    pub(crate) fn run_at<const ANY: bool>(&self, at: usize, bytes_max: usize) -> Option<Ran> {
        let row = self.table.begin(self.whole, at, true)?;
        self.run::<ANY, false, false, false>(row, at, bytes_max)
    }

    /// Runs from any start at `at` or behind to the first end of any match; `from` is not told.
    #[inline(always)]
    pub(crate) fn run_any(&self, at: usize, bytes_max: usize) -> Option<Ran> {
        let row = self.table.begin(self.whole, at, false)?;
        self.run::<true, false, false, true>(row, at, bytes_max)
    }

    /// The same, and tells the last place before that end where no thread was alive. With `IDLE` it stops at the first
    /// such place.
    #[inline(always)]
    pub(crate) fn run_any_from<const IDLE: bool>(
        &self,
        at: usize,
        bytes_max: usize,
    ) -> Option<Ran> {
        let row = self.table.begin(self.whole, at, false)?;
        self.run::<true, true, IDLE, true>(row, at, bytes_max)
    }

    /// Runs from any start at `at` or behind to the end of the leftmost match, and with `FRESH` tells the last place
    /// before it where no thread was alive.
    #[inline(always)]
    pub(crate) fn run_leftmost<const FRESH: bool>(
        &self,
        at: usize,
        bytes_max: usize,
    ) -> Option<Ran> {
        let row = self.table.begin(self.whole, at, false)?;
        self.run::<false, FRESH, false, false>(row, at, bytes_max)
    }

    /// Runs as [`ShortTable::run_at`] does, or unanchored as [`ShortTable::run_leftmost`], as one of an iteration: it ends
    /// where an earlier one died, or leaves a place where it did.
    #[inline(never)]
    pub(crate) fn run_again<const ANCHORED: bool>(
        &self,
        at: usize,
        bytes_max: usize,
        dead: &mut DeadState,
    ) -> Option<Ran> {
        let row = self.table.begin(self.whole, at, ANCHORED)?;
        let stop = self.stop(at, bytes_max)?;
        let mut cursor = Cursor::new(at, row);
        let old = Some(*dead).filter(|dead| dead.at > at);
        let mark = old.map_or(at + GAP_BYTES, |dead| dead.at);
        let mut new = None;
        if mark < stop {
            if let Some(halt) = self.go::<ANCHORED>(&mut cursor, mark) {
                return self.ran(Some(halt), cursor, stop);
            }
            if old.is_some_and(|dead| dead.row == cursor.row) {
                return self.ran(Some(Halt::Dead), Cursor { at: mark, ..cursor }, stop);
            }
            let row = cursor.row;
            new = Some(DeadState { at: mark, row });
        }
        let halt = self.go::<ANCHORED>(&mut cursor, stop);
        let ran = self.ran(halt, cursor, stop)?;
        if let Some(new) = new.filter(|_| ran.end.is_none_or(|end| end < mark)) {
            *dead = new;
        }
        Some(ran)
    }

    /// The first match that starts at `start`, or behind it up to `last`; inside of a character none starts if
    /// `is_text`. Ends without an answer if failed runs read more than `failed_max` bytes.
    #[inline(always)]
    pub(crate) fn meet(
        &self,
        (start, last): (usize, usize),
        is_text: bool,
        bytes_max: usize,
        failed_max: usize,
    ) -> Option<Met> {
        let table = &self.table;
        let row = match table.looks() {
            true => None,
            false => Some(table.begin(self.whole, start, true)?),
        };
        let (mut far, mut failed) = (0, 0);
        for at in start..=last.min(self.end) {
            let byte = self.whole.get(at).copied();
            if is_text && byte.is_some_and(|byte| byte & 0xC0 == 0x80) {
                continue;
            }
            // Most places are excluded by their first byte.
            if let (Some(row), Some(byte)) = (row, byte)
                && (byte < 0x80 || !table.decodes())
                && table.cell(row, table.map[usize::from(byte)].into()) == table.dead()
            {
                continue;
            }
            let row = match row {
                Some(row) => row,
                None => table.begin(self.whole, at, true)?,
            };
            let ran = self.run::<false, false, false, false>(row, at, bytes_max)?;
            far = far.max(ran.stop - ran.end.unwrap_or(at));
            if let Some(end) = ran.end {
                let span = Some((at, end));
                return Some(Met { span, far, failed });
            }
            failed += ran.stop + 1 - at;
            if failed > failed_max {
                return None;
            }
        }
        let span = None;
        Some(Met { span, far, failed })
    }

    #[inline(always)]
    fn run<const ANY: bool, const FRESH: bool, const IDLE: bool, const FAR: bool>(
        &self,
        row: usize,
        at: usize,
        bytes_max: usize,
    ) -> Option<Ran> {
        let stop = self.stop(at, bytes_max)?;
        let mut cursor = Cursor::new(at, row);
        let halt = run::<ANY, FRESH, IDLE, FAR>(&self.table, self.hay(), &mut cursor, stop);
        self.ran(halt, cursor, stop)
    }

    #[inline(always)]
    fn go<const ANCHORED: bool>(&self, cursor: &mut Cursor, stop: usize) -> Option<Halt> {
        match ANCHORED {
            true => run::<false, false, false, false>(&self.table, self.hay(), cursor, stop),
            false => run::<false, true, false, false>(&self.table, self.hay(), cursor, stop),
        }
    }

    #[inline(always)]
    fn hay(&self) -> &'h [u8] {
        &self.whole[..self.end]
    }

    /// Where a run from `at` ends at the latest.
    #[inline(always)]
    fn stop(&self, at: usize, bytes_max: usize) -> Option<usize> {
        Some(at + self.end.checked_sub(at)?.min(bytes_max))
    }

    #[inline(always)]
    fn ran(&self, halt: Option<Halt>, cursor: Cursor, stop: usize) -> Option<Ran> {
        let (halt, stop) = match halt {
            Some(halt) => (halt, cursor.at),
            None if stop < self.end => return None,
            None => (finish(&self.table, self.whole, &cursor, self.end), self.end),
        };
        let end = match halt {
            Halt::Match => Some(stop),
            Halt::Dead => cursor.end,
            Halt::Idle => None,
            Halt::Unknown => return None,
        };
        let from = cursor.from;
        Some(Ran { end, from, stop })
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    /// The byte that comes next.
    at: usize,
    row: usize,
    /// No match starts before.
    from: usize,
    /// The end of the last match.
    end: Option<usize>,
}

/// Why a run ended before its bound; the cursor is where it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Halt {
    /// A match ends here, and none is better.
    Match,
    /// No thread is alive.
    Dead,
    /// With `IDLE`: no thread is alive but that of the next start.
    Idle,
    /// The table alone cannot tell.
    Unknown,
}

impl Cursor {
    #[inline(always)]
    fn new(at: usize, row: usize) -> Cursor {
        let (from, end) = (at, None);
        Cursor { at, row, from, end }
    }
}

/// Runs on, up to `stop`; `None` if the run is not over there. `ANY` stops at the first end of a match, `FRESH` notes where no
/// thread was alive, and `IDLE` stops there. With `FAR` the run mostly goes far.
#[inline(always)]
fn run<const ANY: bool, const FRESH: bool, const IDLE: bool, const FAR: bool>(
    table: &Bare<'_>,
    hay: &[u8],
    cursor: &mut Cursor,
    stop: usize,
) -> Option<Halt> {
    let start = cursor.at;
    // In two steps: a run that begins at `start` needs one check.
    let near = hay.get(start..)?.get(..stop.checked_sub(start)?)?;
    let walk = match FAR {
        true => walk_far::<ANY, FRESH, IDLE>(table.words, near, cursor.row)?,
        false => walk::<ANY, FRESH, IDLE, false>(table, near, cursor.row)?,
    };
    if FRESH && walk.from > 0 {
        cursor.from = start + walk.from;
    }
    if !ANY && walk.last > 0 {
        cursor.end = Some(start + walk.last - 1);
    }
    cursor.at = start + walk.len;
    cursor.row = walk.row;
    if !walk.is_over {
        return None;
    }
    if IDLE && walk.row < table.matches() && walk.row >= table.fresh() {
        cursor.from = cursor.at;
        return Some(Halt::Idle);
    }
    cursor.at -= 1;
    if table.decodes() && hay.get(cursor.at).is_some_and(|byte| !byte.is_ascii()) {
        cursor.row = walk.before;
        let halt;
        (halt, *cursor) = run_wide::<ANY, FRESH, IDLE>(table.words, hay, *cursor, stop);
        return halt;
    }
    Some(table.halt(walk.row))
}

/// What the inner loop found.
#[derive(Clone, Copy, Debug)]
struct Walk {
    /// Bytes that it read.
    len: usize,
    row: usize,
    /// The row in front of the last byte.
    before: usize,
    /// A place, at most a round before the last where no thread was alive, or 0.
    from: usize,
    /// A match ended before the byte in front of this place. There is none at 0.
    last: usize,
    /// Whether the run ended in this row, or at a byte that has to be decoded.
    is_over: bool,
}

/// The inner loop. A row that ends the run is found at the byte behind, by the check that its cells are in bounds. The map
/// sends a byte that has to be decoded to the column of the end, where all rows end a run.
#[inline(always)]
fn walk<const ANY: bool, const FRESH: bool, const IDLE: bool, const FAR: bool>(
    table: &Bare<'_>,
    near: &[u8],
    row: usize,
) -> Option<Walk> {
    let limit = limit::<ANY, IDLE>(table);
    let cells = table.cells(limit)?;
    // The column first: then the load of the next cell depends on the row alone.
    let next = |row: usize, byte: u8| {
        let class = usize::from(table.map[usize::from(byte)]);
        let column = cells.get(class..class + limit)?;
        column.get(row).copied().map(usize::from)
    };
    let mut walk = Walk {
        len: 0,
        row,
        before: row,
        from: 0,
        last: 0,
        is_over: true,
    };
    let mut rest = near;
    if IDLE && let Some((&byte, behind)) = near.split_first() {
        // The row of a start is idle, and does not end the run.
        walk.row = table.cell(row, table.map[usize::from(byte)].into());
        walk.len = 1;
        rest = behind;
    }
    if FAR {
        let (chunks, behind) = rest.as_chunks::<CHUNK_BYTES>();
        for chunk in chunks {
            for (i, &byte) in chunk.iter().enumerate() {
                let Some(cell) = next(walk.row, byte) else {
                    walk.len += i;
                    return Some(walk);
                };
                walk.note::<ANY, FRESH, IDLE>(table, i);
                (walk.before, walk.row) = (walk.row, cell);
            }
            walk.len += CHUNK_BYTES;
        }
        rest = behind;
    }
    for &byte in rest {
        let Some(cell) = next(walk.row, byte) else {
            return Some(walk);
        };
        walk.note::<ANY, FRESH, IDLE>(table, 0);
        (walk.before, walk.row) = (walk.row, cell);
        walk.len += 1;
    }
    walk.is_over = walk.row >= limit && walk.len > 0;
    if !walk.is_over {
        walk.note::<ANY, FRESH, IDLE>(table, 0);
    }
    Some(walk)
}

impl Walk {
    /// Notes what the row tells, which stands `i` bytes behind.
    #[inline(always)]
    fn note<const ANY: bool, const FRESH: bool, const IDLE: bool>(
        &mut self,
        table: &Bare<'_>,
        i: usize,
    ) {
        if FRESH && !IDLE && table.is_fresh::<ANY>(self.row) {
            // The place of the round will do, and costs an instruction less.
            self.from = self.len;
        }
        if !ANY && self.row >= table.matches() {
            self.last = self.len + i;
        }
    }
}

/// The inner loop in a function of its own, where it has all registers.
#[inline(never)]
fn walk_far<const ANY: bool, const FRESH: bool, const IDLE: bool>(
    words: &[u64],
    near: &[u8],
    row: usize,
) -> Option<Walk> {
    walk::<ANY, FRESH, IDLE, true>(&dense::bare(words)?, near, row)
}

/// The first row that ends a run.
#[inline(always)]
fn limit<const ANY: bool, const IDLE: bool>(table: &Bare<'_>) -> usize {
    match (ANY, IDLE) {
        (_, true) => table.fresh(),
        (true, false) => table.matches(),
        (false, false) => table.finals(),
    }
}

/// Goes on from a character above ASCII: a loop of its own, so that the other keeps all it needs in registers.
#[inline(never)]
fn run_wide<const ANY: bool, const FRESH: bool, const IDLE: bool>(
    words: &[u64],
    hay: &[u8],
    mut cursor: Cursor,
    stop: usize,
) -> (Option<Halt>, Cursor) {
    let halt = dense::bare(words)
        .map(|table| step_wide::<ANY, FRESH, IDLE>(&table, hay, &mut cursor, stop));
    (halt.unwrap_or(Some(Halt::Unknown)), cursor)
}

#[inline(always)]
fn step_wide<const ANY: bool, const FRESH: bool, const IDLE: bool>(
    table: &Bare<'_>,
    hay: &[u8],
    cursor: &mut Cursor,
    stop: usize,
) -> Option<Halt> {
    let start = cursor.at;
    let near = hay.get(start..stop)?;
    let rest = &hay[start..];
    let pages = table.pages();
    let limit = limit::<ANY, false>(table);
    let mut row = cursor.row;
    let mut i = 0;
    while let Some(&byte) = near.get(i) {
        let (class, len) = if byte < 0x80 {
            (table.map[usize::from(byte)].into(), 1)
        } else {
            match pages.class(rest, i) {
                Some(read) => read,
                None => {
                    cursor.at = start + i;
                    return Some(Halt::Unknown);
                }
            }
        };
        let cell = table.cell(row, class);
        if cell >= limit {
            cursor.at = start + i;
            return Some(table.halt(cell));
        }
        if !ANY && cell >= table.matches() {
            cursor.end = Some(start + i);
        }
        if FRESH && table.is_fresh::<ANY>(cell) {
            cursor.from = start + i + len;
            if IDLE {
                cursor.at = start + i + len;
                return Some(Halt::Idle);
            }
        }
        row = cell;
        i += len;
    }
    (cursor.at, cursor.row) = (start + i, row);
    None
}

impl Bare<'_> {
    /// Tells whether no thread is alive in a row. With `ANY` the row is one that does not end a run.
    #[inline(always)]
    fn is_fresh<const ANY: bool>(&self, row: usize) -> bool {
        row >= self.fresh() && (ANY || row < self.matches())
    }

    /// Why a run ended in a row.
    #[inline(always)]
    fn halt(&self, row: usize) -> Halt {
        match row {
            _ if row < self.dead() => Halt::Match,
            _ if row == self.dead() => Halt::Dead,
            _ => Halt::Unknown,
        }
    }
}

/// What there is at the end of a haystack.
#[inline(always)]
fn finish(table: &Bare<'_>, whole: &[u8], cursor: &Cursor, end: usize) -> Halt {
    // A character may stand on both sides of the end.
    let is_there = cursor.at >= end;
    let Some(class) = is_there.then(|| table.class_at_end(whole, end)).flatten() else {
        return Halt::Unknown;
    };
    match table.cell(cursor.row, class) {
        cell if cell > table.dead() => Halt::Unknown,
        cell if cell < table.dead() && cell >= table.matches() => Halt::Match,
        _ => Halt::Dead,
    }
}
