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

use crate::region::Region;
use crate::strategy::unanchored::Unanchored;
use crate::strategy::verify::{Verdict, Verifier};

impl Unanchored {
    #[inline(always)]
    pub(crate) fn search<V: Verifier>(&self, verifier: &mut V, region: Region<'_>) -> Verdict {
        let (mut start, mut end) = (region.start, region.end);
        let is_required_first = self.is_required_first || !verifier.pays(&self.prefilter);
        if is_required_first && let Some(required) = &self.required {
            let mut region = region;
            if let Some(verdict) = verifier.groups_at_candidates(&self.prefilter, &mut region) {
                return verdict;
            }
            let Some(found) = verifier.occurrence(&required.finder, region) else {
                return Verdict::NoMatch;
            };
            (start, end) = required.window(region, found);
        }
        let whole = region.whole;
        match verifier.verify(&self.prefilter, Region { whole, start, end }) {
            Verdict::NoMatch if end < region.end => verifier.behind(self, end, region),
            Verdict::Undecided(from) => {
                let required = self.required.as_ref().map(|required| &required.finder);
                verifier.undecided(from, required, region)
            }
            verdict => verdict,
        }
    }

    /// Searches a region that starts behind a window without a match.
    pub(crate) fn search_behind<V: Verifier>(
        &self,
        verifier: &mut V,
        mut region: Region<'_>,
    ) -> Verdict {
        let Some(required) = &self.required else {
            return Verdict::NoMatch;
        };
        let whole = region.whole;
        // What is required may be everywhere and candidates nowhere: each is looked for from where the other is.
        while let Some(start) = verifier.candidate(&self.prefilter, region) {
            region.start = start;
            let Some(found) = verifier.occurrence(&required.finder, region) else {
                break;
            };
            let (start, end) = required.window(region, found);
            match verifier.verify(&self.prefilter, Region { whole, start, end }) {
                Verdict::NoMatch if end < region.end => region.start = end,
                verdict => return verdict,
            }
        }
        Verdict::NoMatch
    }
}
