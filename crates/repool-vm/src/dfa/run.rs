//! The search loops: one load for the class, one for the row, one comparison.
//!
//! Two of them, both compiled for haystacks that are decoded and for those that need not be: from a known
//! start, and from any. What happens seldom stands outside of the loops, so that all they need stays in
//! registers.
//! Exercised by `tests/dfa.rs`.

use super::lazy::{Rows, Tag};
use super::units::Units;
use crate::prefilter::Starts;
use crate::search::Search;

/// A table over one haystack.
#[derive(Debug)]
pub(crate) struct Runner<'r, 'h, R> {
    pub(crate) rows: &'r mut R,
    pub(crate) units: Units<'r>,
    pub(crate) search: &'r Search<'r, 'h>,
    /// The first match will do.
    pub(crate) any: bool,
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

impl<R: Rows> Runner<'_, '_, R> {
    /// The row of a start; None if the table cannot tell, or is dead at once.
    #[inline(always)]
    fn begin(&mut self, at: usize, anchored: bool) -> Option<usize> {
        let around = self.units.before(self.search.whole, at)?;
        let cell = self.rows.start(self.units.program, around, anchored);
        match self.rows.tag(cell) {
            Tag::Plain | Tag::Fresh => Some(R::row(cell)),
            _ => None,
        }
    }

    /// Reads the class of the unit at `at`, and its length.
    #[inline(always)]
    fn read<const DECODE: bool>(&mut self, at: usize) -> (usize, usize) {
        let hay = self.search.hay;
        let byte = hay[at];
        if DECODE && byte >= 0x80 {
            let (class, len) = self.units.wide(hay, at);
            (usize::from(class), len)
        } else {
            (usize::from(self.units.map[usize::from(byte)]), 1)
        }
    }

    /// Runs from `at`, where a match starts or nowhere.
    #[inline(always)]
    pub(crate) fn anchored<const DECODE: bool>(&mut self, from: usize) -> Ran {
        let mut ran = Ran {
            end: None,
            from,
            at: from,
            quit: false,
        };
        let Some(mut row) = self.begin(from, true) else {
            ran.quit = true;
            return ran;
        };
        let len = self.search.hay.len();
        let (mut at, mut counted) = (from, from);
        while at < len {
            let (class, step) = self.read::<DECODE>(at);
            let mut cell = self.rows.cell(row + class);
            if self.rows.is_plain(cell) {
                (row, at) = (R::row(cell), at + step);
                continue;
            }
            let mut tag = self.rows.tag(cell);
            if tag == Tag::Unknown {
                let Some(filled) = self.rows.fill(self.units.program, row, class, at - counted)
                else {
                    return Ran {
                        at,
                        quit: true,
                        ..ran
                    };
                };
                (cell, counted) = (filled, at);
                tag = self.rows.tag(cell);
            }
            match tag {
                Tag::Final => {
                    return Ran {
                        at,
                        end: Some(at),
                        ..ran
                    };
                }
                Tag::Dead => return Ran { at, ..ran },
                Tag::Match => {
                    ran.end = Some(at);
                    if self.any {
                        return Ran { at, ..ran };
                    }
                }
                Tag::Quit => {
                    return Ran {
                        at,
                        quit: true,
                        ..ran
                    };
                }
                Tag::Plain | Tag::Fresh | Tag::Unknown => {}
            }
            (row, at) = (R::row(cell), at + step);
        }
        ran.at = at;
        self.finish(row, ran)
    }

    /// Runs from `from`, where no thread is alive, until a match ends that starts there or later.
    pub(crate) fn unanchored<const DECODE: bool>(
        &mut self,
        from: usize,
        starts: &mut Starts<'_>,
    ) -> Ran {
        let mut ran = Ran {
            end: None,
            from,
            at: from,
            quit: false,
        };
        let Some(mut row) = self.begin(from, false) else {
            ran.quit = true;
            return ran;
        };
        let len = self.search.hay.len();
        let (mut at, mut counted) = (from, from);
        let (mut skips, mut near) = (starts.skips(), 0);
        while at < len {
            let (class, step) = self.read::<DECODE>(at);
            let mut cell = self.rows.cell(row + class);
            if self.rows.is_plain(cell) {
                (row, at) = (R::row(cell), at + step);
                continue;
            }
            let mut tag = self.rows.tag(cell);
            if tag == Tag::Unknown {
                let Some(filled) = self.rows.fill(self.units.program, row, class, at - counted)
                else {
                    return Ran {
                        at,
                        quit: true,
                        ..ran
                    };
                };
                (cell, counted) = (filled, at);
                tag = self.rows.tag(cell);
            }
            match tag {
                Tag::Final => {
                    return Ran {
                        at,
                        end: Some(at),
                        ..ran
                    };
                }
                Tag::Dead => return Ran { at, ..ran },
                Tag::Match => {
                    ran.end = Some(at);
                    if self.any {
                        return Ran { at, ..ran };
                    }
                }
                Tag::Quit => {
                    return Ran {
                        at,
                        quit: true,
                        ..ran
                    };
                }
                Tag::Fresh => {
                    at += step;
                    (ran.from, row) = (at, R::row(cell));
                    if skips {
                        let Some(next) = starts.next(self.search, at) else {
                            return Ran { at, ..ran };
                        };
                        if next < at + NEAR_BYTES {
                            near += 1;
                            skips = near < NEAR_MAX;
                        } else {
                            near = near.saturating_sub(2);
                        }
                        if next > at {
                            let Some(fresh) = self.begin(next, false) else {
                                return Ran {
                                    at,
                                    quit: true,
                                    ..ran
                                };
                            };
                            (row, at, ran.from) = (fresh, next, next);
                        }
                    }
                    continue;
                }
                Tag::Plain | Tag::Unknown => {}
            }
            (row, at) = (R::row(cell), at + step);
        }
        ran.at = at;
        self.finish(row, ran)
    }

    /// Decides what the end of the haystack, or what follows the search, decides.
    #[inline(always)]
    fn finish(&mut self, row: usize, ran: Ran) -> Ran {
        let class = self.units.class(self.search.whole, self.search.end());
        let mut cell = self.rows.cell(row + class);
        if self.rows.is_plain(cell) {
            return ran;
        }
        if self.rows.tag(cell) == Tag::Unknown {
            match self.rows.fill(self.units.program, row, class, 0) {
                Some(filled) => cell = filled,
                None => return Ran { quit: true, ..ran },
            }
        }
        match self.rows.tag(cell) {
            Tag::Match | Tag::Final => Ran {
                end: Some(ran.at),
                ..ran
            },
            Tag::Quit => Ran { quit: true, ..ran },
            Tag::Plain | Tag::Unknown | Tag::Dead | Tag::Fresh => ran,
        }
    }
}
