//! Every match ends where the haystack does.
//!
//! So it starts at most its greatest length before, it ends with certain bytes, and often a walk backwards from the end
//! tells where it starts.
//! Exercised by `tests/oracle.rs` and `tests/plans.rs`.

use repool_program::{Flags, Program, UNBOUNDED};
use repool_text::is_boundary;

use crate::analysis::last_bytes::endings;
use crate::analysis::outside::is_outside;
use crate::region::Region;
use crate::simd::byte_set::ByteSet;
use crate::strategy::unanchored::Unanchored;
use crate::strategy::verify::{Ask, Verdict, Verifier};
use crate::tuning::SHORT_BYTES_MAX;

/// What is known of the end of a match, and how its start is looked for where that does not tell it.
#[derive(Clone, Debug)]
pub(crate) struct ReverseAnchored {
    /// The bytes that a match ends with, if the program is hot.
    last: Option<ByteSet>,
    /// The most bytes of a match.
    len_max: Option<u32>,
    /// No match starts inside of a character.
    is_text: bool,
    /// The most bytes that are walked before required bytes are looked for.
    walk_max: usize,
    pub(crate) starts: Unanchored,
}

impl ReverseAnchored {
    pub(crate) fn new(program: &Program<'_>, is_hot: bool, starts: Unanchored) -> ReverseAnchored {
        ReverseAnchored {
            last: is_hot.then(|| endings(program)).flatten(),
            len_max: Some(program.len_max()).filter(|&len| len != UNBOUNDED),
            is_text: program.flags().contains(Flags::UTF8),
            walk_max: match starts.required {
                Some(_) => SHORT_BYTES_MAX,
                None => usize::MAX,
            },
            starts,
        }
    }

    /// The part of a region in which a match may start, or the verdict.
    #[inline(always)]
    pub(crate) fn narrow<'h, V: Verifier>(
        &self,
        verifier: &V,
        region: Region<'h>,
    ) -> Result<Region<'h>, Verdict> {
        let hay = region.hay();
        if is_outside(&self.last, hay.last()) {
            return Err(Verdict::NoMatch);
        }
        let mut region = region;
        if let Some(len_max) = self.len_max {
            let mut start = hay.len().saturating_sub(len_max as usize).max(region.start);
            while self.is_text && !is_boundary(region.whole, start) {
                start += 1;
            }
            region.start = start;
        }
        let prefilter = &self.starts.prefilter;
        if prefilter.is_at_end() {
            let walked = match verifier.ask() {
                Ask::Existence => prefilter.exact::<true>(hay, region.start, self.walk_max),
                Ask::Span | Ask::EarliestEnd => {
                    prefilter.exact::<false>(hay, region.start, self.walk_max)
                }
                Ask::Groups => None,
            };
            if let Some(start) = walked {
                return Err(Verdict::of(start.map(|start| (start, hay.len()))));
            }
            if let Some(required) = &self.starts.required
                && verifier.occurrence(&required.finder, region).is_none()
            {
                return Err(Verdict::NoMatch);
            }
        }
        Ok(region)
    }
}
