//! Compares what both find, line by line.

use serde::Serialize;

use crate::workload::{BATCH_LINES, Workload};

/// Largest number of disagreements that are shown.
const SHOWN_MAX: usize = 10;

/// The result of comparing all lines.
#[derive(Debug, Serialize)]
pub(super) struct Agreement {
    /// Lines that were compared.
    pub(super) lines: usize,
    /// Lines with a match.
    pub(super) matched: usize,
    /// Lines in which the spans differ.
    pub(super) differing: usize,
    /// The first of them.
    pub(super) disagreements: Vec<Disagreement>,
}

/// A line in which the two find different spans.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Disagreement {
    pub(super) pattern: String,
    pub(super) line: String,
    /// The spans that repool finds, of the whole matches.
    pub(super) repool: Vec<(usize, usize)>,
    /// The spans that `regex` finds.
    pub(super) regex: Vec<(usize, usize)>,
}

impl Agreement {
    /// Compares the digests of all lines of all lookups.
    pub(super) fn of(workload: &Workload, ours: &[u64], theirs: &[u64]) -> Agreement {
        let mut agreement = Agreement {
            lines: theirs.len(),
            matched: theirs.iter().filter(|&&digest| digest != 0).count(),
            differing: 0,
            disagreements: Vec::new(),
        };
        for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            if ours == theirs {
                continue;
            }
            agreement.differing += 1;
            let lookup = workload.lookups[at / BATCH_LINES];
            let pattern = &workload.patterns[lookup.pattern as usize];
            let line = &workload.batches[lookup.batch as usize][at % BATCH_LINES];
            let disagreement = Disagreement::new(pattern, line);
            let shown = &mut agreement.disagreements;
            if shown.len() < SHOWN_MAX && shown.iter().all(|one| one.pattern != *pattern) {
                shown.push(disagreement);
            }
        }
        agreement
    }
}

impl Disagreement {
    fn new(pattern: &str, line: &str) -> Disagreement {
        // The pattern is compiled again, without the cache. Both accepted it before.
        let ours = repool::Regex::new(pattern).map_or_else(
            |_| Vec::new(),
            |regex| {
                regex
                    .find_iter(line)
                    .map(|m| (m.start(), m.end()))
                    .collect()
            },
        );
        let theirs = regex::Regex::new(pattern).map_or_else(
            |_| Vec::new(),
            |regex| {
                regex
                    .find_iter(line)
                    .map(|m| (m.start(), m.end()))
                    .collect()
            },
        );
        Disagreement {
            pattern: pattern.to_owned(),
            line: line.to_owned(),
            repool: ours,
            regex: theirs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Catalogue, Shape};

    #[test]
    fn a_difference_is_found_and_named() {
        let workload = Workload::new(&Shape {
            pattern_len: Catalogue::embedded().patterns.len(),
            lookup_len: 10,
            one_shot_percent: 0,
            seed: 1,
        });
        let theirs = vec![1; 80];
        let mut ours = theirs.clone();
        let same = Agreement::of(&workload, &ours, &theirs);
        assert_eq!((same.lines, same.matched, same.differing), (80, 80, 0));

        ours[33] = 0;
        let other = Agreement::of(&workload, &ours, &theirs);
        assert_eq!(other.differing, 1);
        let [one] = other.disagreements.as_slice() else {
            panic!("{other:?}");
        };
        let lookup = workload.lookups[4];
        assert_eq!(one.pattern, workload.patterns[lookup.pattern as usize]);
        assert_eq!(one.line, workload.batches[lookup.batch as usize][1]);
        assert_eq!(one.repool, one.regex);
    }
}
