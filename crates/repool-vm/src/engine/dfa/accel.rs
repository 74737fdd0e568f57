//! Acceleration: a run that goes around in one row is carried on by a scan for the first byte that leaves it.
//!
//! Inside of a quoted string, or of `.*`, most bytes change nothing. Which bytes those are is found out
//! when a run was in one row twice in a row where it stopped, and remembered for the last few rows.
//! Exercised by `tests/dfa.rs`.

use crate::backoff::Backoff;
use crate::simd::byte_finder::ByteFinder;
use crate::simd::byte_set::ByteSet;
use crate::tuning::{ACCEL_ROWS, STOP_BYTES, TEXT_BACKOFF};

/// The table, the row, and the limit of cells that mean nothing but the next row.
pub(crate) type Key = (u64, usize, u32);

/// The rows that are left seldom.
#[derive(Debug, Default)]
pub(crate) struct Acceleration {
    known: [Option<(Key, ByteFinder)>; ACCEL_ROWS],
    /// The place to overwrite next.
    next: usize,
    backoff: Backoff,
}

impl Acceleration {
    /// The last byte from `at` on before one that leaves the row; `at` if that is not worth to be known.
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
            // Bytes may be unknown yet that stay, too.
            self.known[place] = None;
            self.backoff.fail(&TEXT_BACKOFF);
        } else {
            self.backoff.succeed();
        }
        // The last byte that stays is left to the loop, which notes what there is to note.
        end.saturating_sub(1).max(at)
    }
}

/// The bytes that leave the row.
fn leaving(units: usize, stays: impl Fn(u8) -> bool) -> ByteFinder {
    let mut leaving = ByteSet::EMPTY;
    for byte in 0..=255_u8 {
        if usize::from(byte) >= units || !stays(byte) {
            leaving.insert(byte);
        }
    }
    ByteFinder::new(leaving)
}
