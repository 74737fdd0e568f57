//! What is known of a pattern that can start in many places: its prefilter, and what every match contains.
//! Exercised by `tests/oracle.rs`.

use repool_program::{Program, UNBOUNDED};

use crate::analysis::outside::outside;
use crate::prefilter::Skip;
use crate::prefilter::byte_frequency::Frequency;
use crate::prefilter::needle::Finder;
use crate::region::Region;
use crate::simd::byte_finder::ByteFinder;
use crate::tuning::{RARER_FACTOR, SHORT_BYTES_MAX};

/// How a match is looked for that can start in many places.
#[derive(Clone, Debug)]
pub(crate) struct Unanchored {
    /// Names the candidates.
    pub(crate) prefilter: Skip,
    /// What every match contains, unless the prefilter is as good.
    pub(crate) required: Option<Required>,
    /// Whether there are required bytes, and candidates are not found in fewer places.
    pub(crate) is_required_first: bool,
}

/// The bytes that every match contains.
#[derive(Clone, Debug)]
pub(crate) struct Required {
    pub(crate) finder: Finder,
    /// The most bytes of a match in front of them.
    before_max: Option<u32>,
    /// The bytes that no match contains, if there are any and the program is hot.
    outside: Option<ByteFinder>,
}

impl Unanchored {
    /// `sample` is text of the kind that is searched, if the program is hot.
    pub(crate) fn new(program: &Program<'_>, prefilter: Skip, sample: Option<&[u8]>) -> Unanchored {
        let needle = program.required().filter(|needle| match &prefilter {
            Skip::Needle(prefix) => prefix.needle() != *needle,
            _ => true,
        });
        let finder = needle.and_then(|needle| Finder::new(program, needle));
        let are_candidates_rarer = match (&finder, sample) {
            (Some(finder), Some(sample)) => is_rarer(&prefilter, finder, &Frequency::new(sample)),
            _ => false,
        };
        let before_max = Some(program.required_before_max()).filter(|&max| max != UNBOUNDED);
        let required = finder.map(|finder| Required {
            finder,
            before_max,
            outside: sample.and_then(|_| outside(program)).map(ByteFinder::far),
        });
        Unanchored {
            prefilter,
            is_required_first: required.is_some() && !are_candidates_rarer,
            required,
        }
    }

    /// The same, to look for the required bytes first, if there are any.
    pub(crate) fn looking_first(mut self) -> Option<Unanchored> {
        self.is_required_first = self.required.is_some();
        self.is_required_first.then_some(self)
    }

    /// An automaton over all bytes.
    pub(crate) const CORE: Unanchored = Unanchored {
        prefilter: Skip::Nothing,
        required: None,
        is_required_first: false,
    };

    /// Tells whether the prefilter leaves out any place.
    pub(crate) fn skips(&self) -> bool {
        !matches!(self.prefilter, Skip::Nothing)
    }
}

/// Tells whether the prefilter finds fewer places than the required bytes have, or looks for these itself.
fn is_rarer(prefilter: &Skip, required: &Finder, frequency: &Frequency) -> bool {
    let is_rarer = prefilter.rate(frequency) * RARER_FACTOR < required.rate(frequency);
    // A line may be long, and what is required may be in none.
    prefilter.finds_required() || is_rarer && !matches!(prefilter, Skip::Back { .. })
}

impl Required {
    /// The window around required bytes, the first in the region.
    #[inline(always)]
    pub(crate) fn window(&self, region: Region<'_>, found: usize) -> (usize, usize) {
        let (mut start, mut end) = (region.start, region.end);
        if let Some(max) = self.before_max {
            start = start.max(found.saturating_sub(max as usize));
        }
        if let Some(outside) = &self.outside {
            let hay = region.hay();
            start += outside.len_to_last(&hay[start..found]);
            if region.end - found > SHORT_BYTES_MAX {
                end = (outside.find(&hay[found..])).map_or(end, |len| found + len);
            }
        }
        (start, end)
    }
}
