//! The one loop over a published table that keeps nothing but a cursor.
//!
//! Short haystacks are searched with it, with or without the thread's memory ([`crate::engine::dfa::walk`], [`crate::engine::dfa::glance`]).

use crate::engine::dfa::class_pages::ClassPages;
use crate::engine::dfa::dense::{self, Bare};
use crate::tuning::GAP_BYTES;

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
        self.run::<ANY, false, false>(row, at, bytes_max)
    }

    /// Runs from any start at `at` or behind to the first end of any match; `from` is not told.
    #[inline(always)]
    pub(crate) fn run_any(&self, at: usize, bytes_max: usize) -> Option<Ran> {
        let row = self.table.begin(self.whole, at, false)?;
        self.run_far::<true, false, false>(row, at, bytes_max)
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
        self.run_far::<true, true, IDLE>(row, at, bytes_max)
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
        self.run::<false, FRESH, false>(row, at, bytes_max)
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
                && (byte < 0x80 || !table.decodes)
                && table.cell(row, table.map[usize::from(byte)].into()) == table.dead
            {
                continue;
            }
            let row = match row {
                Some(row) => row,
                None => table.begin(self.whole, at, true)?,
            };
            let ran = self.run::<false, false, false>(row, at, bytes_max)?;
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

    /// The same in a function of its own, where the loop has all registers: for runs that mostly go far.
    #[inline(never)]
    fn run_far<const ANY: bool, const FRESH: bool, const IDLE: bool>(
        &self,
        row: usize,
        at: usize,
        bytes_max: usize,
    ) -> Option<Ran> {
        self.run::<ANY, FRESH, IDLE>(row, at, bytes_max)
    }

    #[inline(always)]
    fn run<const ANY: bool, const FRESH: bool, const IDLE: bool>(
        &self,
        row: usize,
        at: usize,
        bytes_max: usize,
    ) -> Option<Ran> {
        let stop = self.stop(at, bytes_max)?;
        let mut cursor = Cursor::new(at, row);
        let halt = run::<ANY, FRESH, IDLE>(&self.table, self.hay(), &mut cursor, stop);
        self.ran(halt, cursor, stop)
    }

    #[inline(always)]
    fn go<const ANCHORED: bool>(&self, cursor: &mut Cursor, stop: usize) -> Option<Halt> {
        match ANCHORED {
            true => run::<false, false, false>(&self.table, self.hay(), cursor, stop),
            false => run::<false, true, false>(&self.table, self.hay(), cursor, stop),
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
/// thread was alive, and `IDLE` stops there.
#[inline(always)]
fn run<const ANY: bool, const FRESH: bool, const IDLE: bool>(
    table: &Bare<'_>,
    hay: &[u8],
    cursor: &mut Cursor,
    stop: usize,
) -> Option<Halt> {
    match table.decodes {
        true => step::<ANY, FRESH, IDLE, true, false>(table, hay, cursor, stop),
        false => step::<ANY, FRESH, IDLE, false, false>(table, hay, cursor, stop),
    }
}

/// Goes on behind a character above ASCII: a loop of its own, so that the other keeps all it needs in registers.
#[inline(never)]
fn run_wide<const ANY: bool, const FRESH: bool, const IDLE: bool>(
    table: &Bare<'_>,
    hay: &[u8],
    cursor: &mut Cursor,
    stop: usize,
) -> Option<Halt> {
    step::<ANY, FRESH, IDLE, true, true>(table, hay, cursor, stop)
}

#[inline(always)]
fn step<
    const ANY: bool,
    const FRESH: bool,
    const IDLE: bool,
    const DECODE: bool,
    const WIDE: bool,
>(
    table: &Bare<'_>,
    hay: &[u8],
    cursor: &mut Cursor,
    stop: usize,
) -> Option<Halt> {
    let start = cursor.at;
    let near = hay.get(start..stop)?;
    let rest = &hay[start..];
    let pages = if WIDE {
        table.pages()
    } else {
        ClassPages::NONE
    };
    let limit = if ANY { table.matches } else { table.finals };
    let mut row = cursor.row;
    let mut i = 0;
    while let Some(&byte) = near.get(i) {
        let (class, len) = if !DECODE || byte < 0x80 {
            (table.map[usize::from(byte)].into(), 1)
        } else if WIDE {
            match pages.class(rest, i) {
                Some(read) => read,
                None => {
                    cursor.at = start + i;
                    return Some(Halt::Unknown);
                }
            }
        } else {
            (cursor.at, cursor.row) = (start + i, row);
            return run_wide::<ANY, FRESH, IDLE>(table, hay, cursor, stop);
        };
        let cell = table.cell(row, class);
        if cell >= limit {
            cursor.at = start + i;
            return Some(match cell {
                _ if cell < table.dead => Halt::Match,
                _ if cell == table.dead => Halt::Dead,
                _ => Halt::Unknown,
            });
        }
        if !ANY && cell >= table.matches {
            cursor.end = Some(start + i);
        }
        if FRESH && cell >= table.fresh && (ANY || cell < table.matches) {
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

/// What there is at the end of a haystack.
#[inline(always)]
fn finish(table: &Bare<'_>, whole: &[u8], cursor: &Cursor, end: usize) -> Halt {
    // A character may stand on both sides of the end.
    let is_there = cursor.at >= end;
    let Some(class) = is_there.then(|| table.class_at_end(whole, end)).flatten() else {
        return Halt::Unknown;
    };
    match table.cell(cursor.row, class) {
        cell if cell > table.dead => Halt::Unknown,
        cell if cell < table.dead && cell >= table.matches => Halt::Match,
        _ => Halt::Dead,
    }
}
