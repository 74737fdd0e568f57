//! State acceleration: a run that stays in one row jumps to the first byte that leaves it.
//!
//! Inside a quoted string, or in `.*`, most bytes lead back to the same row. A run that is in one row at two stops
//! in a row asks here. The bytes that leave the row are computed once and kept for the last few rows; a vector scan
//! finds the next of them. Jumps that turn out short are backed off from.
//! Exercised by `tests/dfa.rs`.

use crate::backoff::Backoff;
use crate::simd::byte_finder::ByteFinder;
use crate::simd::byte_set::ByteSet;
use crate::tuning::{ACCEL_ROWS, STOP_BYTES, TEXT_BACKOFF};

/// The table's number, the row, and the limit below which a cell only names the next row.
pub(crate) type Key = (u64, usize, u32);

/// The rows whose leaving bytes are known.
#[derive(Debug, Default)]
pub(crate) struct Acceleration {
    known: [Option<(Key, ByteFinder)>; ACCEL_ROWS],
    /// The entry that was written last; the next is overwritten next.
    next: usize,
    backoff: Backoff,
}

impl Acceleration {
    /// Returns the position of the last byte before the first one that leaves the row, or `at` if a jump does not pay.
    ///
    /// `units` is the number of byte values that are units by themselves; `stays` tells which of them lead back to the row.
    pub(crate) fn accelerate(
        &mut self,
        key: Key,
        units: usize,
        stays: impl Fn(u8) -> bool,
        hay: &[u8],
        at: usize,
    ) -> usize {
        if !self.backoff.may_try() {
            return at;
        }
        let known = self
            .known
            .iter()
            .position(|k| matches!(k, Some((k, _)) if *k == key));
        let place = known.unwrap_or_else(|| {
            self.next = (self.next + 1) % ACCEL_ROWS;
            self.known[self.next] = Some((key, leaving(units, stays)));
            self.next
        });
        let Some((_, leaving)) = &mut self.known[place] else {
            return at;
        };
        let end = leaving.find(&hay[at..]).map_or(hay.len(), |len| at + len);
        if end < at + STOP_BYTES {
            // The row may have unknown cells that stay as well: compute the bytes anew next time.
            self.known[place] = None;
            self.backoff.fail(&TEXT_BACKOFF);
        } else {
            self.backoff.succeed();
        }
        // The loop reads the last byte itself, since it records ends of matches.
        end.saturating_sub(1).max(at)
    }
}

/// The bytes that do not lead back to the row.
fn leaving(units: usize, stays: impl Fn(u8) -> bool) -> ByteFinder {
    let mut leaving = ByteSet::EMPTY;
    for byte in 0..=255_u8 {
        if usize::from(byte) >= units || !stays(byte) {
            leaving.insert(byte);
        }
    }
    ByteFinder::new(leaving)
}
