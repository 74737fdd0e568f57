//! Drives lookups through a cache, lap by lap, and takes the times.

use std::ops::Range;
use std::time::Instant;

use indicatif::ProgressBar;

use super::store::{Search, Store};
use crate::alloc::Allocated;
use crate::workload::{BATCH_LINES, Lookup, Workload};

/// Lookups between two steps of the progress bar: enough that the bar does not show in the times.
const STEP: usize = 256;

/// The results of the laps of one contender.
#[derive(Debug)]
pub(super) struct Laps {
    /// The time they took, by the clock.
    pub(super) seconds: f64,
    /// Bytes allocated in them and not freed in them.
    pub(super) bytes: isize,
    /// The time of asking the cache, by lookup.
    pub(super) get_ns: Vec<f64>,
    /// A digest of the spans of each line that was searched, [`BATCH_LINES`] a lookup.
    pub(super) digests: Vec<u64>,
}

impl Laps {
    /// No laps yet, but places for the results of all.
    pub(super) fn new(workload: &Workload) -> Laps {
        let len = workload.lookups.len();
        Laps {
            seconds: 0.0,
            bytes: 0,
            get_ns: vec![0.0; len],
            digests: vec![0; len * BATCH_LINES],
        }
    }

    /// Runs some of the lookups on `threads` threads, the calling thread among them.
    pub(super) fn lap<S: Store>(
        &mut self,
        store: &S,
        workload: &Workload,
        lookups: Range<usize>,
        threads: usize,
        progress: &ProgressBar,
    ) -> Result<(), String> {
        let share = lookups.len().div_ceil(threads).max(1);
        let lines = lookups.start * BATCH_LINES..lookups.end * BATCH_LINES;
        let before = Allocated::now();
        let start = Instant::now();
        let mut parts = workload.lookups[lookups.clone()]
            .chunks(share)
            .zip(self.digests[lines].chunks_mut(share * BATCH_LINES))
            .zip(self.get_ns[lookups].chunks_mut(share))
            .map(|((lookups, digests), get_ns)| Part {
                lookups,
                digests,
                get_ns,
            });
        std::thread::scope(|scope| {
            let first = parts.next();
            let others: Vec<_> = parts
                .map(|part| scope.spawn(move || part.run(store, workload, progress)))
                .collect();
            let mut outcome = first.map_or(Ok(()), |part| part.run(store, workload, progress));
            for other in others {
                outcome = outcome.and(other.join().expect("a driving thread does not panic"));
            }
            outcome
        })?;
        self.seconds += start.elapsed().as_secs_f64();
        self.bytes += Allocated::now().bytes - before.bytes;
        Ok(())
    }
}

/// The lookups of one thread and the places of their results.
struct Part<'a> {
    lookups: &'a [Lookup],
    digests: &'a mut [u64],
    get_ns: &'a mut [f64],
}

impl Part<'_> {
    fn run<S: Store>(
        self,
        store: &S,
        workload: &Workload,
        progress: &ProgressBar,
    ) -> Result<(), String> {
        let lines = self.digests.chunks_mut(BATCH_LINES);
        let places = lines.zip(self.get_ns);
        for (at, (lookup, (digests, get_ns))) in self.lookups.iter().zip(places).enumerate() {
            let pattern = &workload.patterns[lookup.pattern as usize];
            let start = Instant::now();
            let regex = store.get(pattern)?;
            *get_ns = start.elapsed().as_nanos() as f64;
            let batch = &workload.batches[lookup.batch as usize];
            for (digest, line) in digests.iter_mut().zip(batch) {
                *digest = regex.digest(line);
            }
            if at % STEP == STEP - 1 {
                progress.inc(STEP as u64);
            }
        }
        progress.inc((self.lookups.len() % STEP) as u64);
        Ok(())
    }
}
