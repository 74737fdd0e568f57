//! Drives the workload through a cache and takes the times.

use std::time::Instant;

use indicatif::ProgressBar;

use super::store::{Search, Store};
use crate::measure::quantile;
use crate::workload::{BATCH_LINES, Lookup, Workload};

/// Lookups between two steps of the progress bar: seldom enough to cost nothing.
const STEP: usize = 256;

/// What came of it.
#[derive(Debug)]
pub(super) struct Driven {
    /// The time it took, by the clock.
    pub(super) seconds: f64,
    /// Time spent in asking the cache, all threads together.
    pub(super) get_seconds: f64,
    /// Median time of asking the cache.
    pub(super) get_p50_ns: f64,
    /// The time that one lookup of a hundred exceeds.
    pub(super) get_p99_ns: f64,
}

/// Runs all lookups on so many threads, the calling one among them, and writes a digest of the spans
/// of each line that was searched, [`BATCH_LINES`] a lookup.
pub(super) fn drive<S: Store>(
    store: &S,
    workload: &Workload,
    threads: usize,
    digests: &mut [u64],
    progress: &ProgressBar,
) -> Result<Driven, String> {
    let len = workload.lookups.len();
    let chunk = len.div_ceil(threads).max(1);
    let mut get_ns = vec![0.0; len];
    let mut parts = workload
        .lookups
        .chunks(chunk)
        .zip(digests.chunks_mut(chunk * BATCH_LINES))
        .zip(get_ns.chunks_mut(chunk))
        .map(|((lookups, digests), get_ns)| Part {
            lookups,
            digests,
            get_ns,
        });
    let start = Instant::now();
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
    let seconds = start.elapsed().as_secs_f64();
    Ok(Driven {
        seconds,
        get_seconds: get_ns.iter().sum::<f64>() * 1e-9,
        get_p50_ns: quantile(&mut get_ns, 0.5),
        get_p99_ns: quantile(&mut get_ns, 0.99),
    })
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
        for (at, ((lookup, digests), get_ns)) in
            self.lookups.iter().zip(lines).zip(self.get_ns).enumerate()
        {
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
        Ok(())
    }
}

/// The time of one hit, in nanoseconds: patterns that the cache holds, asked for in turn.
///
/// Asked for in a loop, because a clock costs as much as a hit.
pub(super) fn hit_ns<S: Store>(store: &S, patterns: &[String]) -> Result<f64, String> {
    const ROUNDS: usize = 2_000;
    for pattern in patterns {
        store.get(pattern)?;
    }
    let mut samples = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for pattern in patterns {
            std::hint::black_box(store.get(pattern)?);
        }
        samples.push(start.elapsed().as_nanos() as f64 / patterns.len() as f64);
    }
    Ok(quantile(&mut samples, 0.5))
}
