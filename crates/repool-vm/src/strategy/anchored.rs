//! Every match starts where the haystack does: one candidate.
//! Exercised by `tests/oracle.rs` and `tests/plans.rs`.

use repool_program::{Flags, Program, UNBOUNDED};

use crate::analysis::last_bytes::endings;
use crate::analysis::outside::{is_outside, openings};
use crate::region::Region;
use crate::simd::byte_set::ByteSet;
use crate::strategy::verify::{Verdict, Verifier};

/// What is known of both ends of a match.
#[derive(Clone, Debug, Default)]
pub(crate) struct Anchored {
    /// The bytes that a match starts with, if the program is hot.
    first: Option<ByteSet>,
    /// The bytes that a match ends with, if the program is hot and a match ends where the haystack does.
    last: Option<ByteSet>,
    /// The most bytes of a haystack with a match, if a match ends where it does.
    len_max: Option<u32>,
}

impl Anchored {
    pub(crate) fn new(program: &Program<'_>, is_hot: bool) -> Anchored {
        let len_max = Some(program.len_max()).filter(|&len| len != UNBOUNDED);
        Anchored {
            first: is_hot.then(|| openings(program)).flatten(),
            last: is_hot.then(|| endings(program)).flatten(),
            len_max: len_max.filter(|_| program.flags().contains(Flags::ANCHORED_END)),
        }
    }

    #[inline(always)]
    pub(crate) fn search<V: Verifier>(&self, verifier: &mut V, region: Region<'_>) -> Verdict {
        let hay = region.hay();
        let is_too_long = self.len_max.is_some_and(|len| hay.len() > len as usize);
        if region.start > 0
            || is_outside(&self.first, hay.first())
            || is_outside(&self.last, hay.last())
            || is_too_long
        {
            return Verdict::NoMatch;
        }
        verifier.verify_at(region)
    }
}
