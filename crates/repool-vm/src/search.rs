//! One search, narrowed by what is known before an engine runs.
//!
//! [`Search::prepare`] applies the facts that cost a comparison each: anchors, the shortest and the
//! longest match, the flag that no span splits a character. What is left is what every engine gets:
//! the haystack cut at the end of the search, where a match can start, and whether it must start there.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Flags, Program, UNBOUNDED};
use repool_text::is_boundary;

use crate::input::Input;
use crate::region::Region;

/// One search of one program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'p, 'h> {
    /// What is searched for.
    pub(crate) program: &'p Program<'p>,
    /// All of the haystack: what assertions see.
    pub(crate) whole: &'h [u8],
    /// The haystack up to the end of the search: what instructions consume.
    pub(crate) hay: &'h [u8],
    /// The first position at which a match can start. At most `hay.len()`.
    pub(crate) start: usize,
    /// A match starts exactly at `start` or not at all.
    pub(crate) anchored: bool,
    /// The first end found will do.
    pub(crate) earliest: bool,
    /// No span splits a code point.
    pub(crate) utf8: bool,
}

impl<'p, 'h> Search<'p, 'h> {
    /// The search, or `None` if the facts already say that there is no match.
    #[inline]
    pub(crate) fn prepare(program: &'p Program<'p>, input: &Input<'h>) -> Option<Search<'p, 'h>> {
        let whole = input.haystack;
        let end = input.end.min(whole.len());
        let mut start = input.start;
        if start > end || end - start < program.len_min() as usize {
            return None;
        }
        let flags = program.flags();
        let utf8 = flags.contains(Flags::UTF8);
        let mut anchored = input.anchored;
        if flags.contains(Flags::ANCHORED_START) {
            if start != 0 {
                return None;
            }
            anchored = true;
        }
        if flags.contains(Flags::ANCHORED_END) {
            if end != whole.len() {
                return None;
            }
            // A match ends at the end, so it starts at most its greatest length before.
            let len_max = program.len_max();
            if len_max != UNBOUNDED && end - start > len_max as usize {
                if anchored {
                    return None;
                }
                start = end - len_max as usize;
            }
        }
        if utf8 && !is_boundary(whole, start) {
            if anchored {
                return None;
            }
            while start < end && !is_boundary(whole, start) {
                start += 1;
            }
        }
        Some(Search {
            program,
            whole,
            hay: &whole[..end],
            start,
            anchored,
            earliest: input.earliest,
            utf8,
        })
    }

    /// The search of a whole haystack, without a look at what anchors say.
    #[inline(always)]
    pub(crate) fn of(program: &'p Program<'p>, hay: &'h [u8]) -> Search<'p, 'h> {
        let flags = program.flags();
        Search {
            program,
            whole: hay,
            hay,
            start: 0,
            anchored: flags.contains(Flags::ANCHORED_START),
            earliest: false,
            utf8: flags.contains(Flags::UTF8),
        }
    }

    /// The search of a region of an unanchored program, or of one whose anchors hold there.
    #[inline(always)]
    pub(crate) fn in_region(program: &'p Program<'p>, region: Region<'h>) -> Search<'p, 'h> {
        Search {
            hay: region.hay(),
            start: region.start,
            ..Search::of(program, region.whole)
        }
    }

    /// What it searches.
    #[inline(always)]
    pub(crate) fn region(&self) -> Region<'h> {
        Region {
            whole: self.whole,
            start: self.start,
            end: self.hay.len(),
        }
    }

    /// The search for the match that this one has found to have this span.
    pub(crate) fn within(&self, start: usize, end: usize) -> Search<'p, 'h> {
        Search {
            anchored: true,
            ..self.cut(start, end)
        }
    }

    /// The search for the match that this one has found to start at `start` or behind, and to end at `end`.
    ///
    /// What starts before the match or is preferred to it fails, also if the haystack goes no further.
    pub(crate) fn cut(&self, start: usize, end: usize) -> Search<'p, 'h> {
        Search {
            hay: &self.whole[..end],
            start,
            ..*self
        }
    }

    /// Where the search ends.
    #[inline(always)]
    pub(crate) fn end(&self) -> usize {
        self.hay.len()
    }

    /// Tells whether there is room for the shortest match.
    #[inline(always)]
    pub(crate) fn fits(&self) -> bool {
        self.end() >= self.start && self.end() - self.start >= self.program.len_min() as usize
    }

    /// Tells whether a span may start or end at `at`.
    ///
    /// Asked only for starts: an engine that starts between two code points and consumes whole ones
    /// ends between two.
    #[inline(always)]
    pub(crate) fn may_start(&self, at: usize) -> bool {
        !self.utf8 || is_boundary(self.whole, at)
    }
}
