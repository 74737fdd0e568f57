//! The one loop over a published table that keeps nothing but a cursor.
//!
//! Short haystacks are searched with it, with or without the thread's memory ([`crate::engine::dfa::walk`], [`crate::engine::dfa::glance`]).

use crate::engine::dfa::class_pages::Pages;
use crate::engine::dfa::dense::Bare;

/// Where a run stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    /// The byte that comes next.
    pub(super) at: usize,
    pub(super) row: usize,
    /// No match starts before.
    pub(super) from: usize,
    /// The end of the last match.
    pub(super) end: Option<usize>,
}

/// Why a run ended before its bound; the cursor is where it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
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
    pub(super) fn new(at: usize, row: usize) -> Cursor {
        let (from, end) = (at, None);
        Cursor { at, row, from, end }
    }
}

/// Runs on, up to `stop`; `None` if the run is not over there. `ANY` stops at the first end of a match, `FRESH` notes where no
/// thread was alive, and `IDLE` stops there.
#[inline(always)]
pub(super) fn run<const ANY: bool, const FRESH: bool, const IDLE: bool>(
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
    let pages = if WIDE { table.pages() } else { Pages::NONE };
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
pub(super) fn finish(table: &Bare<'_>, whole: &[u8], cursor: &Cursor, end: usize) -> Halt {
    let Some(class) = (cursor.at >= end)
        .then(|| table.class_at_end(whole, end))
        .flatten()
    else {
        return Halt::Unknown;
    };
    match table.cell(cursor.row, class) {
        cell if cell > table.dead => Halt::Unknown,
        cell if cell < table.dead && cell >= table.matches => Halt::Match,
        _ => Halt::Dead,
    }
}
