//! The long search loop: a load for the class, a load for the row, and comparisons on which no load waits.
//!
//! It is compiled four times: with and without decoding, anchored and unanchored. Two things are recorded without a
//! branch, since no predictor foresees them: where a match ended, and where no thread was alive. Rare events are
//! handled outside the inner loop, which keeps its values in registers.
//!
//! Every [`STOP_BYTES`] bytes the loop stops. It ends there if an earlier run of the iteration found nothing from this
//! row ([`crate::engine::dfa::dead_states`]). It accelerates if it has been in one row since the last stop
//! ([`crate::engine::dfa::accel`]).
//! Exercised by `tests/dfa.rs`.

use crate::backoff::Backoff;
use crate::engine::dfa::accel::Acceleration;
use crate::engine::dfa::answer::Ask;
use crate::engine::dfa::class_reader::ClassReader;
use crate::engine::dfa::dead_states::Check;
use crate::engine::dfa::dead_states::DeadStates;
use crate::engine::dfa::dead_states::on_grid;
use crate::engine::dfa::lazy::Bounds;
use crate::engine::dfa::lazy::Rows;
use crate::engine::dfa::lazy::Tag;
use crate::prefilter::Candidates;
use crate::search::Search;
use crate::tuning::{NEAR_BYTES, STOP_BYTES, TEXT_BACKOFF};

/// One search of one table.
#[derive(Debug)]
pub(crate) struct Runner<'r, 'h, R> {
    pub(crate) rows: &'r mut R,
    pub(crate) reader: ClassReader<'r>,
    pub(crate) search: &'r Search<'r, 'h>,
    /// With [`Ask::Match`] the first end of any match ends the run.
    pub(crate) ask: Ask,
    /// The dead states of the iteration, if the search belongs to one.
    pub(crate) dead_states: Option<&'r mut DeadStates>,
    pub(crate) acceleration: &'r mut Acceleration,
    /// Back-off of scans for the next start.
    pub(crate) skips: &'r mut Backoff,
}

/// What a run found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ran {
    /// The end of the match.
    pub(crate) end: Option<usize>,
    /// No match starts before this position.
    pub(crate) from: usize,
    /// Where it stopped.
    pub(crate) at: usize,
    /// Whether it ended without an answer. Then nothing is known of the rest.
    pub(crate) quit: bool,
}

/// The state of a run.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    at: usize,
    row: usize,
    /// The end of the last match, or [`NONE`].
    end: usize,
    /// No match starts before this position.
    from: usize,
    /// Bytes before this position are counted as searched.
    counted: usize,
}

/// How a run goes on from a stop.
enum Stop {
    /// Up to this position at most.
    Until(usize),
    /// It ends: no further match is found.
    Dead,
}

/// Stands for no position. No haystack is this long.
const NONE: usize = usize::MAX;

impl<R: Rows> Runner<'_, '_, R> {
    /// The row of a start. `None` if the table cannot tell, or if no thread is alive there.
    #[inline(always)]
    fn begin(&mut self, at: usize, anchored: bool) -> Option<usize> {
        let context = self.reader.before(self.search.whole, at)?;
        let cell = self.rows.start(self.reader.program, context, anchored);
        match self.rows.tag(cell) {
            Tag::Plain | Tag::Fresh => Some(R::row(cell)),
            _ => None,
        }
    }

    /// The class and the length of the unit at `at`.
    #[inline(always)]
    fn read<const DECODE: bool>(&mut self, at: usize) -> (usize, usize) {
        let hay = self.search.hay;
        let byte = hay[at];
        if DECODE && byte >= 0x80 {
            let (class, len) = self.reader.wide(hay, at);
            (usize::from(class), len)
        } else {
            (usize::from(self.reader.map[usize::from(byte)]), 1)
        }
    }

    /// Runs for the match that starts at `at`.
    #[inline(always)]
    pub(crate) fn anchored<const DECODE: bool>(
        &mut self,
        at: usize,
        starts: &mut Candidates<'_>,
    ) -> Ran {
        self.run::<DECODE, true>(at, starts)
    }

    /// Runs for the leftmost match that starts at `at` or later. No thread is alive before.
    pub(crate) fn unanchored<const DECODE: bool>(
        &mut self,
        at: usize,
        starts: &mut Candidates<'_>,
    ) -> Ran {
        self.run::<DECODE, false>(at, starts)
    }

    #[inline(always)]
    fn run<const DECODE: bool, const ANCHORED: bool>(
        &mut self,
        from: usize,
        starts: &mut Candidates<'_>,
    ) -> Ran {
        let Some(row) = self.begin(from, ANCHORED) else {
            return Ran {
                end: None,
                from,
                at: from,
                quit: true,
            };
        };
        let mut cursor = Cursor {
            at: from,
            row,
            end: NONE,
            from,
            counted: from,
        };
        let is_known = self.go::<DECODE, ANCHORED>(&mut cursor, starts);
        self.rows.searched(cursor.at - cursor.counted);
        Ran {
            end: (cursor.end != NONE).then_some(cursor.end),
            from: cursor.from,
            at: cursor.at,
            quit: !is_known,
        }
    }

    /// Runs until no better match can be found. False if the table cannot tell.
    #[inline(always)]
    fn go<const DECODE: bool, const ANCHORED: bool>(
        &mut self,
        cursor: &mut Cursor,
        starts: &mut Candidates<'_>,
    ) -> bool {
        let len = self.search.hay.len();
        let Bounds {
            fresh,
            matches,
            finals,
        } = self.rows.bounds();
        let is_any = self.ask == Ask::Match;
        let all = if is_any { matches } else { finals };
        let can_skip = !ANCHORED && starts.skips();
        // Cells below the limit need no branch.
        let mut limit = match can_skip && self.skips.may_try() {
            true => fresh,
            false => all,
        };
        let mut stop = self.first_stop::<ANCHORED>(cursor.at).min(len);
        let mut watched = usize::MAX;
        let Cursor {
            mut at,
            mut row,
            mut end,
            mut from,
            ..
        } = *cursor;
        let save = |cursor: &mut Cursor, at, end, from| {
            (cursor.at, cursor.end, cursor.from) = (at, end, from);
        };
        loop {
            while at < stop {
                let (class, step) = self.read::<DECODE>(at);
                let mut cell = self.rows.cell(row + class);
                if cell < limit {
                    end = if cell >= matches { at } else { end };
                    if !ANCHORED {
                        let is_fresh = cell >= fresh && cell < matches;
                        from = if is_fresh { at + step } else { from };
                    }
                    (row, at) = (R::row(cell), at + step);
                    continue;
                }
                let mut tag = self.rows.tag(cell);
                if tag == Tag::Unknown {
                    let bytes = at - cursor.counted;
                    let Some(filled) = self.fill(row, class, bytes) else {
                        save(cursor, at, end, from);
                        return false;
                    };
                    (cell, cursor.counted) = (filled, at);
                    tag = self.rows.tag(cell);
                }
                row = R::row(cell);
                match tag {
                    Tag::Dead | Tag::Final => {
                        if tag == Tag::Final {
                            end = at;
                        }
                        self.remember_dead(if end == NONE { from } else { end }, tag);
                        save(cursor, at, end, from);
                        return true;
                    }
                    Tag::Match => {
                        end = at;
                        if is_any {
                            save(cursor, at, end, from);
                            return true;
                        }
                        // After a match no thread starts, so there is no start to scan for.
                        limit = all;
                    }
                    Tag::Quit | Tag::Unknown => {
                        save(cursor, at, end, from);
                        return false;
                    }
                    Tag::Fresh => {
                        from = at + step;
                        if !ANCHORED && limit == fresh {
                            let Some(next) = self.skip(from, starts) else {
                                save(cursor, from, end, from);
                                return true;
                            };
                            if self.skips.is_paused() {
                                limit = all;
                            }
                            if next > from {
                                let Some(fresh) = self.begin(next, false) else {
                                    save(cursor, next, end, next);
                                    return false;
                                };
                                (row, at, from) = (fresh, next, next);
                                continue;
                            }
                        }
                    }
                    Tag::Plain => {}
                }
                at += step;
            }
            if at >= len {
                break;
            }
            let base = match (end, ANCHORED) {
                (NONE, false) => NONE,
                (NONE, true) => from,
                (end, _) => end,
            };
            let until = match self.check_dead_state(at, row, base) {
                Stop::Until(until) => until.min(len),
                Stop::Dead => {
                    save(cursor, at, end, from);
                    return true;
                }
            };
            // Not past the next dead state, or each search of an iteration would jump to the end.
            if row == watched && until - at >= STOP_BYTES {
                at = self.accelerate::<DECODE>(at, row, limit, until);
            }
            watched = row;
            // The text may have changed since scans were paused.
            if can_skip && limit == all && end == NONE && self.skips.may_try() {
                limit = fresh;
            }
            stop = until.min(on_grid(at + STOP_BYTES));
        }
        save(cursor, at, end, from);
        self.finish::<ANCHORED>(row, cursor)
    }

    /// Fills a cell. `None` if the table is given up.
    #[cold]
    #[inline(never)]
    fn fill(&mut self, row: usize, class: usize, bytes: usize) -> Option<u32> {
        let before = self.rows.id();
        let cell = self.rows.fill(self.reader.program, row, class, bytes)?;
        if self.rows.id() != before
            && let Some(dead_states) = &mut self.dead_states
        {
            // The table was wiped, and its rows have new numbers.
            dead_states.move_to(self.rows.id());
        }
        Some(cell)
    }

    /// The next start at `at` or later.
    #[inline]
    fn skip(&mut self, at: usize, starts: &mut Candidates<'_>) -> Option<usize> {
        let next = starts.next(self.search, at)?;
        if next < at + NEAR_BYTES {
            self.skips.fail(&TEXT_BACKOFF);
        } else {
            self.skips.succeed();
        }
        Some(next)
    }

    /// The position of the first stop.
    #[inline(always)]
    fn first_stop<const ANCHORED: bool>(&mut self, at: usize) -> usize {
        match &mut self.dead_states {
            Some(dead_states) => {
                let first = dead_states.begin(at);
                if ANCHORED || !dead_states.is_empty() {
                    first
                } else {
                    on_grid(at + STOP_BYTES)
                }
            }
            None => at + STOP_BYTES,
        }
    }

    /// Looks the row up among the dead states. `base` is where the last match ended, or where an anchored run started;
    /// [`NONE`] if matches may still start anywhere, which no dead state covers.
    #[cold]
    #[inline(never)]
    fn check_dead_state(&mut self, at: usize, row: usize, base: usize) -> Stop {
        match &mut self.dead_states {
            Some(dead_states) if base != NONE => match dead_states.check(at, row as u32, base) {
                Check::Dead => Stop::Dead,
                Check::Until(until) => Stop::Until(until),
            },
            _ => Stop::Until(usize::MAX),
        }
    }

    /// Jumps to the last byte before the first one that leaves the row, not past `until`.
    #[cold]
    #[inline(never)]
    fn accelerate<const DECODE: bool>(
        &mut self,
        at: usize,
        row: usize,
        limit: u32,
        until: usize,
    ) -> usize {
        let units = if DECODE { 0x80 } else { 0x100 };
        let (rows, map) = (&*self.rows, self.reader.map);
        let stays = |byte: u8| {
            let cell = rows.cell(row + usize::from(map[usize::from(byte)]));
            cell < limit && R::row(cell) == row
        };
        let key = (rows.id(), row, limit);
        self.acceleration
            .accelerate(key, units, stays, &self.search.hay[..until], at)
    }

    #[inline(always)]
    fn remember_dead(&mut self, base: usize, tag: Tag) {
        if tag == Tag::Dead
            && let Some(dead_states) = &mut self.dead_states
        {
            dead_states.end(base);
        }
    }

    /// Reads the class at the end of the search, which decides a match that ends there. False if the table cannot tell.
    #[inline(always)]
    fn finish<const ANCHORED: bool>(&mut self, row: usize, cursor: &mut Cursor) -> bool {
        let class = self.reader.class(self.search.whole, self.search.end());
        let mut cell = self.rows.cell(row + class);
        if self.rows.tag(cell) == Tag::Unknown {
            match self.fill(row, class, 0) {
                Some(filled) => cell = filled,
                None => return false,
            }
        }
        match self.rows.tag(cell) {
            Tag::Match | Tag::Final => cursor.end = cursor.at,
            Tag::Quit => return false,
            Tag::Plain | Tag::Unknown | Tag::Dead | Tag::Fresh => {
                if ANCHORED || cursor.end != NONE {
                    let base = if cursor.end == NONE {
                        cursor.from
                    } else {
                        cursor.end
                    };
                    self.remember_dead(base, Tag::Dead);
                }
            }
        }
        true
    }
}
