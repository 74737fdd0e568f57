//! The search loop: one load for the class, one for the row, one comparison.
//! Exercised by `tests/dfa.rs`.

use super::lazy::{Rows, Tag};
use super::units::Units;
use crate::prefilter::Starts;
use crate::search::Search;

/// What a run is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Go {
    /// Where it starts.
    pub(crate) at: usize,
    /// A match starts there or not at all.
    pub(crate) anchored: bool,
    /// The first match will do.
    pub(crate) any: bool,
    /// Whether to look for the next start where no thread is alive.
    pub(crate) skips: bool,
}

/// What a run found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ran {
    /// The end of the match.
    pub(crate) end: Option<usize>,
    /// No match starts before.
    pub(crate) from: usize,
    /// Where it stopped.
    pub(crate) at: usize,
    /// Whether it could not go on: then the rest is not known.
    pub(crate) quit: bool,
}

/// A start so near is found as fast by the loop itself.
const NEAR_BYTES: usize = 8;

/// So many near starts more than far ones, and the loop looks for no start any more.
const NEAR_MAX: u32 = 16;

/// Runs a table over the haystack.
pub(crate) fn run<R: Rows>(
    rows: &mut R,
    units: &mut Units<'_>,
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    go: Go,
) -> Ran {
    if units.view.decodes {
        run_as::<R, true>(rows, units, search, starts, go)
    } else {
        run_as::<R, false>(rows, units, search, starts, go)
    }
}

#[inline(always)]
fn run_as<R: Rows, const DECODE: bool>(
    rows: &mut R,
    units: &mut Units<'_>,
    search: &Search<'_, '_>,
    starts: &mut Starts<'_>,
    go: Go,
) -> Ran {
    let hay = search.hay;
    let map = units.view.map;
    let mut ran = Ran {
        end: None,
        from: go.at,
        at: go.at,
        quit: false,
    };
    let Some(row) = begin(rows, units, search, go.at, go.anchored) else {
        return Ran { quit: true, ..ran };
    };
    let (mut row, mut at) = (row, go.at);
    let (mut skips, mut near, mut counted) = (go.skips, 0, go.at);
    while at < hay.len() {
        let byte = hay[at];
        let (class, len) = if DECODE && byte >= 0x80 {
            units.wide(hay, at)
        } else {
            (map[usize::from(byte)], 1)
        };
        let mut cell = rows.cell(row + usize::from(class));
        if rows.is_plain(cell) {
            row = R::row(cell);
            at += len;
            continue;
        }
        if rows.tag(cell) == Tag::Unknown {
            match rows.fill(units.program, row, class.into(), at - counted) {
                Some(filled) => (cell, counted) = (filled, at),
                None => return Ran { at, quit: true, ..ran },
            }
        }
        match rows.tag(cell) {
            Tag::Plain | Tag::Unknown => {}
            Tag::Dead => return Ran { at, ..ran },
            Tag::Quit => return Ran { at, quit: true, ..ran },
            Tag::Final => {
                ran.end = Some(at);
                return Ran { at, ..ran };
            }
            Tag::Match => {
                ran.end = Some(at);
                if go.any {
                    return Ran { at, ..ran };
                }
            }
            Tag::Fresh => {
                ran.from = at + len;
                if skips {
                    let Some(next) = starts.next(search, ran.from) else {
                        return Ran { at: ran.from, ..ran };
                    };
                    if next < ran.from + NEAR_BYTES {
                        near += 1;
                        skips = near < NEAR_MAX;
                    } else {
                        near = near.saturating_sub(2);
                    }
                    if next > ran.from {
                        let Some(fresh) = begin(rows, units, search, next, false) else {
                            return Ran { at: next, quit: true, ..ran };
                        };
                        (row, at, ran.from) = (fresh, next, next);
                        continue;
                    }
                }
            }
        }
        row = R::row(cell);
        at += len;
    }
    ran.at = at;
    finish(rows, units, search, row, ran)
}

/// The row of a start; None if the engine cannot tell, which is always so before an anchored search
/// that is dead at once.
#[inline]
fn begin<R: Rows>(
    rows: &mut R,
    units: &mut Units<'_>,
    search: &Search<'_, '_>,
    at: usize,
    anchored: bool,
) -> Option<usize> {
    let around = units.before(search.whole, at)?;
    let cell = rows.start(units.program, around, anchored);
    match rows.tag(cell) {
        Tag::Plain | Tag::Fresh => Some(R::row(cell)),
        _ => None,
    }
}

/// Decides what the end of the haystack, or what follows the search, decides.
#[inline]
fn finish<R: Rows>(
    rows: &mut R,
    units: &mut Units<'_>,
    search: &Search<'_, '_>,
    row: usize,
    ran: Ran,
) -> Ran {
    let class = units.class(search.whole, search.end());
    let mut cell = rows.cell(row + class);
    if !rows.is_plain(cell) && rows.tag(cell) == Tag::Unknown {
        match rows.fill(units.program, row, class, 0) {
            Some(filled) => cell = filled,
            None => return Ran { quit: true, ..ran },
        }
    }
    match rows.tag(cell) {
        Tag::Match | Tag::Final => Ran { end: Some(ran.at), ..ran },
        Tag::Quit => Ran { quit: true, ..ran },
        Tag::Plain | Tag::Unknown | Tag::Dead | Tag::Fresh => ran,
    }
}
