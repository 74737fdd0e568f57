//! A match can start in many places: candidates, and around what every match contains.
//!
//! If the required bytes do not occur, there is no match: sound for any program. If they do, a match that contains their
//! first occurrence starts at most a known number of bytes before it, if the compiler found a limit; and it lies between
//! two bytes that no match contains, if there are such:
//!
//! ```text
//! [^\n]*Sherlock[^\n]*
//! ...no match here...\n...Mr. Sherlock Holmes, who was usually...\n...
//!                      └──────────── searched ─────────────────┘
//! ```
//!
//! What lies before the window holds no match, as it holds no required bytes; what is found in the window is the leftmost
//! match; and if nothing is found there, the search goes on behind it.
//! Exercised by `tests/oracle.rs`.

use repool_program::{Program, UNBOUNDED};

use crate::analysis::outside::outside;
use crate::prefilter::Skip;
use crate::prefilter::byte_frequency::Frequency;
use crate::prefilter::needle::Finder;
use crate::region::Region;
use crate::simd::byte_finder::ByteFinder;
use crate::strategy::verify::{Verdict, Verifier};

/// How a match is looked for that can start in many places.
#[derive(Clone, Debug)]
pub(crate) struct Unanchored {
    /// Names the candidates.
    pub(crate) prefilter: Skip,
    /// What every match contains, unless the prefilter is as good.
    pub(crate) required: Option<Required>,
    /// Whether candidates are found in fewer places than the required bytes.
    are_candidates_rarer: bool,
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

/// Candidates have to be rarer than required bytes by this factor. The rates take bytes for independent of their
/// neighbours, and digits are not.
const RARER: f32 = 1024.0;

/// Up to this many bytes behind the required ones the end of the window is not looked for: a search runs over them as
/// fast.
const WINDOW_END_BYTES: usize = 256;

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
            required,
            are_candidates_rarer,
        }
    }

    /// Tells whether the required bytes are rarer than the candidates.
    pub(crate) fn looks_for_required_first(&self) -> bool {
        self.required.is_some() && !self.are_candidates_rarer
    }

    /// Tells whether the prefilter leaves out any place.
    pub(crate) fn skips(&self) -> bool {
        !matches!(self.prefilter, Skip::Nothing)
    }

    #[inline(always)]
    pub(crate) fn search<V: Verifier>(&self, verifier: &mut V, region: Region<'_>) -> Verdict {
        let Some(required) = &self.required else {
            return verifier.verify(&self.prefilter, region);
        };
        if self.are_candidates_rarer && verifier.pays(&self.prefilter) {
            return match verifier.verify(&self.prefilter, region) {
                // Without a table nothing is verified, and a program that is decided here never earns one.
                Verdict::Undecided(from)
                    if verifier
                        .occurrence(&required.finder, region.from(from))
                        .is_none() =>
                {
                    Verdict::NoMatch
                }
                verdict => verdict,
            };
        }
        required.search(&self.prefilter, verifier, region)
    }
}

/// Tells whether the prefilter finds fewer places than the required bytes have, or looks for these itself.
fn is_rarer(prefilter: &Skip, required: &Finder, frequency: &Frequency) -> bool {
    let is_rarer = prefilter.rate(frequency) * RARER < required.rate(frequency);
    // A line may be long, and what is required may be in none.
    prefilter.finds_required() || is_rarer && !matches!(prefilter, Skip::Back { .. })
}

impl Required {
    #[inline(always)]
    fn search<V: Verifier>(
        &self,
        prefilter: &Skip,
        verifier: &mut V,
        mut region: Region<'_>,
    ) -> Verdict {
        if let Some(verdict) = verifier.groups_at_candidates(prefilter, &mut region) {
            return verdict;
        }
        let Some(found) = verifier.occurrence(&self.finder, region) else {
            return Verdict::NoMatch;
        };
        let window = self.window(region, found);
        match verifier.verify(prefilter, window) {
            Verdict::NoMatch if window.end < region.end => {
                self.search_behind(prefilter, verifier, region.from(window.end))
            }
            verdict => verdict,
        }
    }

    /// Searches behind a window without a match.
    #[inline(never)]
    fn search_behind<V: Verifier>(
        &self,
        prefilter: &Skip,
        verifier: &mut V,
        mut region: Region<'_>,
    ) -> Verdict {
        // What is required may be everywhere and candidates nowhere: each is looked for from where the other is.
        while let Some(start) = verifier.candidate(prefilter, region) {
            region.start = start;
            let Some(found) = verifier.occurrence(&self.finder, region) else {
                break;
            };
            let window = self.window(region, found);
            match verifier.verify(prefilter, window) {
                Verdict::NoMatch if window.end < region.end => region.start = window.end,
                verdict => return verdict,
            }
        }
        Verdict::NoMatch
    }

    /// The window around required bytes, the first in the region.
    #[inline(always)]
    fn window<'h>(&self, region: Region<'h>, found: usize) -> Region<'h> {
        let mut window = region;
        if let Some(max) = self.before_max {
            window.start = window.start.max(found.saturating_sub(max as usize));
        }
        if let Some(outside) = &self.outside {
            let hay = region.hay();
            window.start += outside.len_to_last(&hay[window.start..found]);
            if region.end - found > WINDOW_END_BYTES {
                let end = outside.find(&hay[found..]);
                window.end = end.map_or(region.end, |len| found + len);
            }
        }
        window
    }
}
