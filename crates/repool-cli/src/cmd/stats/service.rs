//! The workload: threads that ask a cache for patterns and search with them, until they are stopped.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::workload::{Catalogue, Random, Shape, Workload, ZIPF_EXPONENT, Zipf};

/// Lookups between two checks of the flag that stops the thread.
const STEP: usize = 32;

/// What all threads share.
pub(super) struct Service {
    /// Patterns that come again, most frequent first, and the lines they search.
    workload: Workload,
    catalogue: Catalogue,
    zipf: Zipf,
    shape: Shape,
}

impl Service {
    /// A service of this shape. Ignores the number of lookups: the threads run until they are stopped.
    pub(super) fn new(shape: &Shape) -> Service {
        Service {
            workload: Workload::new(shape),
            catalogue: Catalogue::embedded(),
            zipf: Zipf::new(shape.pattern_len, ZIPF_EXPONENT),
            shape: *shape,
        }
    }

    /// The number of patterns that come again.
    pub(super) fn pattern_len(&self) -> usize {
        self.workload.recurring_len
    }

    /// The lookups of one thread: each asks for a pattern and runs it over a batch of lines.
    pub(super) fn run(&self, cache: &repool::Cache, thread: u16, done: &AtomicBool) {
        // Each thread starts far from the others, so that no two ask in the same order.
        let seed = Random::new(self.shape.seed.wrapping_add(u64::from(thread) << 32)).next();
        let mut random = Random::new(seed);
        let batches = &self.workload.batches;
        while !done.load(Relaxed) {
            for _ in 0..STEP {
                let one_shot;
                let pattern = if random.chance(self.shape.one_shot_percent) {
                    one_shot = self.catalogue.one_shot(&mut random);
                    &one_shot
                } else {
                    &self.workload.patterns[self.zipf.draw(&mut random)]
                };
                let regex = cache.compile(pattern).expect("embedded patterns compile");
                let batch = &batches[random.below(batches.len() as u64) as usize];
                for line in batch {
                    std::hint::black_box(regex.find_iter(line).count());
                }
            }
        }
    }
}
