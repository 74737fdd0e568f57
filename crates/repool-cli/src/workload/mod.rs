//! The work that the main report measures: what a service with tenants' rules does all day.
//!
//! ```text
//! patterns.txt ─► catalogue ─┐ Zipf order, one-shots mixed in
//!                            ├─► Lookup, Lookup, Lookup ...   each: one pattern, one batch of lines
//! seed ─► lines ─► batches ──┘
//! ```
//!
//! Everything is made before the clock starts. It is the same for the same seed and options.

mod catalogue;
mod lines;
mod random;
mod words;
mod zipf;

pub(crate) use catalogue::Catalogue;
pub(crate) use random::Random;
pub(crate) use zipf::Zipf;

use lines::Lines;

/// Exponent of Zipf's law for the requests. Measured shares of requests per rule fall a little slower than `1 / rank`.
pub(crate) const ZIPF_EXPONENT: f64 = 0.9;

/// Lines that one lookup's pattern is run over.
pub(crate) const BATCH_LINES: usize = 8;

/// Different batches. Their text together is larger than the processor's L1 cache.
const BATCHES: usize = 512;

/// What shapes a workload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Patterns that come again, at most as many as there are embedded.
    pub(crate) pattern_len: usize,
    /// Lookups in all.
    pub(crate) lookup_len: usize,
    /// Lookups of a hundred that ask for a pattern that never comes again.
    pub(crate) one_shot_percent: u64,
    /// The seed of everything random.
    pub(crate) seed: u64,
}

/// One pattern to look up and run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lookup {
    /// Which pattern: an index of [`Workload::patterns`].
    pub(crate) pattern: u32,
    /// Which lines: an index of [`Workload::batches`].
    pub(crate) batch: u32,
}

/// Patterns, lines and the order in which they meet.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    /// The patterns that come again, most frequent first, then the one-shots.
    pub(crate) patterns: Vec<String>,
    /// How many of them come again.
    pub(crate) recurring_len: usize,
    /// Batches of lines.
    pub(crate) batches: Vec<Vec<String>>,
    /// The lookups, in order.
    pub(crate) lookups: Vec<Lookup>,
}

impl Workload {
    /// Makes the workload of this shape.
    pub(crate) fn new(shape: &Shape) -> Workload {
        let catalogue = Catalogue::embedded();
        let mut random = Random::new(shape.seed);
        let mut patterns: Vec<String> = catalogue
            .patterns
            .iter()
            .map(|&pattern| pattern.to_owned())
            .collect();
        random.shuffle(&mut patterns);
        patterns.truncate(shape.pattern_len);
        let recurring_len = patterns.len();

        let mut lines = Lines::new(shape.seed);
        let batches: Vec<Vec<String>> = (0..BATCHES)
            .map(|_| (0..BATCH_LINES).map(|_| lines.next()).collect())
            .collect();

        let zipf = Zipf::new(recurring_len, ZIPF_EXPONENT);
        let mut lookups = Vec::with_capacity(shape.lookup_len);
        for _ in 0..shape.lookup_len {
            let pattern = if random.chance(shape.one_shot_percent) {
                patterns.push(catalogue.one_shot(&mut random));
                patterns.len() - 1
            } else {
                zipf.draw(&mut random)
            };
            lookups.push(Lookup {
                pattern: pattern as u32,
                batch: random.below(BATCHES as u64) as u32,
            });
        }
        Workload {
            patterns,
            recurring_len,
            batches,
            lookups,
        }
    }

    /// The bytes that all lookups together search.
    pub(crate) fn searched_bytes(&self) -> u64 {
        let bytes: Vec<u64> = self
            .batches
            .iter()
            .map(|batch| batch.iter().map(|line| line.len() as u64).sum())
            .collect();
        self.lookups
            .iter()
            .map(|lookup| bytes[lookup.batch as usize])
            .sum()
    }

    /// The lookups that ask for a pattern that never comes again.
    pub(crate) fn one_shot_len(&self) -> usize {
        self.patterns.len() - self.recurring_len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        pattern_len: 100,
        lookup_len: 2_000,
        one_shot_percent: 25,
        seed: 11,
    };

    #[test]
    fn same_shape_same_workload() {
        let (one, other) = (Workload::new(&SHAPE), Workload::new(&SHAPE));
        assert_eq!(one.patterns, other.patterns);
        assert_eq!(one.batches, other.batches);
        assert_eq!(one.lookups, other.lookups);
        let third = Workload::new(&Shape { seed: 12, ..SHAPE });
        assert_ne!(one.lookups, third.lookups);
    }

    #[test]
    fn one_shots_come_as_often_as_asked() {
        let workload = Workload::new(&SHAPE);
        assert_eq!(workload.recurring_len, 100);
        assert!(workload.one_shot_len().abs_diff(500) < 80);
        let none = Workload::new(&Shape {
            one_shot_percent: 0,
            ..SHAPE
        });
        assert_eq!(none.one_shot_len(), 0);
    }

    #[test]
    fn patterns_hit_now_and_then() {
        let workload = Workload::new(&SHAPE);
        let hits = workload
            .lookups
            .iter()
            .filter(|lookup| {
                let regex = regex::Regex::new(&workload.patterns[lookup.pattern as usize]).unwrap();
                workload.batches[lookup.batch as usize]
                    .iter()
                    .any(|line| regex.is_match(line))
            })
            .take(200)
            .count();
        assert_eq!(hits, 200);
    }
}
