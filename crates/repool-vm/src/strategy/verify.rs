//! What a strategy asks of whoever verifies its candidates.
//!
//! A strategy is written once. Two verifiers run it: [`Short`](crate::strategy::short::Short) with the table that is
//! published beside the image and no memory of the thread, which may end undecided, and
//! [`Core`](crate::core::Core) with the ladder of engines, which always decides.
//! Exercised by `tests/oracle.rs`.

use crate::prefilter::Prefilter;
use crate::prefilter::needle::Finder;
use crate::region::Region;
use crate::source::Source;
use crate::strategy::unanchored::Unanchored;

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// With a match. The span, in bytes, is that of the match only if it was asked for.
    Match(usize, usize),
    /// There is no match.
    NoMatch,
    /// No match starts before this place. Whoever verified cannot tell more.
    Undecided(usize),
}

impl Verdict {
    /// The verdict of a search that always decides.
    #[inline(always)]
    pub(crate) fn of(span: Option<(usize, usize)>) -> Verdict {
        match span {
            Some((start, end)) => Verdict::Match(start, end),
            None => Verdict::NoMatch,
        }
    }
}

/// What a search is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Whether there is a match.
    Existence,
    /// The span of the leftmost match.
    Span,
    /// The smallest end of any match.
    EarliestEnd,
    /// The groups of the leftmost match.
    Groups,
}

/// Verifies candidates.
pub(crate) trait Verifier {
    /// What the program is opened from, where it is needed.
    type Source: Source;

    fn ask(&self) -> Ask;

    fn source(&self) -> &Self::Source;

    /// The first occurrence of a needle in a region.
    #[inline(always)]
    fn occurrence(&self, finder: &Finder, region: Region<'_>) -> Option<usize> {
        finder.find(self.source(), region.hay(), region.start)
    }

    /// The first place in a region where a match may start.
    fn candidate(&mut self, prefilter: &Prefilter, region: Region<'_>) -> Option<usize>;

    /// The leftmost match in a region that starts at a candidate.
    fn verify(&mut self, prefilter: &Prefilter, region: Region<'_>) -> Verdict;

    /// The match that starts where the region does.
    fn verify_at(&mut self, region: Region<'_>) -> Verdict;

    /// Tells whether the prefilter pays in this text. True until the thread has learned otherwise.
    #[inline(always)]
    fn pays(&self, _prefilter: &Prefilter) -> bool {
        true
    }

    /// Searches for groups candidate by candidate, whatever else a match has to contain. `None` if that does not pay or
    /// ends undecided; the region then starts where it ended.
    #[inline(always)]
    fn groups_at_candidates(
        &mut self,
        _prefilter: &Prefilter,
        _region: &mut Region<'_>,
    ) -> Option<Verdict> {
        None
    }

    /// The verdict that no match starts before `from`, unless it can be decided without a table that the required bytes are
    /// not there.
    #[inline(always)]
    fn undecided(&self, from: usize, _required: Option<&Finder>, _region: Region<'_>) -> Verdict {
        Verdict::Undecided(from)
    }

    /// Searches behind `start`, where a window without a match ended: see [`Unanchored::search_behind`].
    fn behind(&mut self, unanchored: &Unanchored, start: usize, region: Region<'_>) -> Verdict;
}
