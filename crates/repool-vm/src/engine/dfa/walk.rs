//! One run of a published table over a short haystack, to its end.
//!
//! The smallest loop there is over a table: a haystack of some hundred bytes is not worth notes, leaps, or a look
//! back at what earlier runs have found. It ends without an answer at a character that has no page beside the
//! table, and where a table asks for another engine.
//! Exercised by `tests/oracle.rs`.

use crate::engine::dfa::dense;
use crate::engine::dfa::dense::Bare;
use crate::engine::dfa::short;
use crate::engine::dfa::short::Cursor;
use crate::engine::dfa::short::Halt;

/// A run of more bytes is left to the loop that can leap.
pub(crate) const BYTES_MAX: usize = 256;

/// A published table over one haystack, all of it.
#[derive(Debug)]
pub(crate) struct Walk<'a, 'h> {
    table: Bare<'a>,
    hay: &'h [u8],
    /// A run of more bytes ends without an answer.
    bytes_max: usize,
}

/// What was found in a few places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met {
    pub(crate) span: Option<(usize, usize)>,
    /// How far a run read past its start, or past the match.
    pub(crate) far: usize,
    /// The bytes that were read in vain.
    pub(crate) failed: usize,
}

/// What a run from a place found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ran {
    /// Where the match ends.
    pub(crate) end: Option<usize>,
    /// No match starts before.
    pub(crate) from: usize,
    /// Where it was clear that there is no longer one.
    pub(crate) stop: usize,
}

impl<'a, 'h> Walk<'a, 'h> {
    #[inline(always)]
    pub(crate) fn open(words: &'a [u64], hay: &'h [u8]) -> Option<Walk<'a, 'h>> {
        let table = dense::bare(words)?;
        let bytes_max = BYTES_MAX;
        Some(Walk {
            table,
            hay,
            bytes_max,
        })
    }

    /// The same, with shorter runs.
    #[inline(always)]
    pub(crate) fn within(self, bytes_max: usize) -> Walk<'a, 'h> {
        Walk { bytes_max, ..self }
    }

    /// The match that starts at `at`, with `ANY` any that does.
    #[inline(always)]
    pub(crate) fn at<const ANY: bool>(&self, at: usize) -> Option<Option<(usize, usize)>> {
        let row = self.table.begin(self.hay, at, true)?;
        let ran = self.run_any::<ANY, false>(row, at)?;
        Some(ran.end.map(|end| (at, end)))
    }

    /// The first match that starts at `start`, or behind it up to `last`; inside of a character none starts if
    /// `is_text`. Ends without an answer if more than `failed_max` bytes are read in vain.
    #[inline(always)]
    pub(crate) fn meet(
        &self,
        start: usize,
        last: usize,
        is_text: bool,
        failed_max: usize,
    ) -> Option<Met> {
        let table = &self.table;
        let row = match table.looks() {
            true => None,
            false => Some(table.begin(self.hay, start, true)?),
        };
        let (mut far, mut failed) = (0, 0);
        for at in start..=last.min(self.hay.len()) {
            let byte = self.hay.get(at).copied();
            if is_text && byte.is_some_and(|byte| byte & 0xC0 == 0x80) {
                continue;
            }
            // Most places are told by their first byte.
            if let (Some(row), Some(byte)) = (row, byte)
                && (byte < 0x80 || !table.decodes)
                && table.cell(row, table.map[usize::from(byte)].into()) == table.dead
            {
                continue;
            }
            let row = match row {
                Some(row) => row,
                None => table.begin(self.hay, at, true)?,
            };
            let ran = self.run_any::<false, false>(row, at)?;
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

    /// The end of the leftmost match that starts at `at` or behind, and with `FRESH` where no thread was alive last.
    #[inline(always)]
    pub(crate) fn end_behind<const FRESH: bool>(&self, at: usize) -> Option<Ran> {
        let row = self.table.begin(self.hay, at, false)?;
        self.run_any::<false, FRESH>(row, at)
    }

    /// Any match that starts at `at` or behind: its end twice.
    #[inline(always)]
    pub(crate) fn behind(&self, at: usize) -> Option<Option<(usize, usize)>> {
        let row = self.table.begin(self.hay, at, false)?;
        let ran = self.run_any::<true, false>(row, at)?;
        Some(ran.end.map(|end| (end, end)))
    }

    /// Runs from `at`. With `FRESH` it notes where no thread was alive.
    #[inline(always)]
    fn run_any<const ANY: bool, const FRESH: bool>(&self, row: usize, at: usize) -> Option<Ran> {
        let len = self.hay.len();
        let stop = at + len.checked_sub(at)?.min(self.bytes_max);
        let mut cursor = Cursor::new(at, row);
        let halt = short::run::<ANY, FRESH, false>(&self.table, self.hay, &mut cursor, stop);
        let halt = match halt {
            Some(halt) => halt,
            None if stop < len => Halt::Unknown,
            None => {
                cursor.at = len;
                short::finish(&self.table, self.hay, &cursor, len)
            }
        };
        let Cursor { at, from, end, .. } = cursor;
        let end = match halt {
            Halt::Match => Some(at),
            Halt::Dead => end,
            Halt::Idle | Halt::Unknown => return None,
        };
        Some(Ran {
            end,
            from,
            stop: at,
        })
    }
}
