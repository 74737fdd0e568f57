//! The cost of compiling the patterns without any cache.

use std::time::Instant;

use crate::alloc::{Held, measure};
use crate::measure::{median, quantile};

/// Times that each pattern is compiled, the contenders taking turns.
const ROUNDS: usize = 3;

/// The cost of compiling all patterns, once each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cold {
    /// The median pattern's time.
    pub(super) p50_ns: f64,
    /// The time that one pattern of a hundred exceeds.
    pub(super) p99_ns: f64,
    /// All patterns' time.
    pub(super) total_ns: f64,
    /// All patterns' time with one search of a line each.
    pub(super) searched_ns: f64,
    /// Bytes that the allocator holds for all patterns, and the number of allocations.
    pub(super) held: Held,
}

/// Measures both contenders on these patterns: repool, then `regex`.
pub(super) fn compare(patterns: &[String], line: &str) -> Result<[Cold; 2], String> {
    let ours = |pattern: &str| repool::Regex::new(pattern).map_err(|error| error.to_string());
    let theirs = |pattern: &str| regex::Regex::new(pattern).map_err(|error| error.to_string());
    // Nothing else is compiled before, so that each is charged for its global tables.
    let (kept, our_held) = measure(|| all(patterns, ours));
    drop(kept?);
    let (kept, their_held) = measure(|| all(patterns, theirs));
    drop(kept?);

    let mut times: [Times; 4] = Default::default();
    let mut compile = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for pattern in patterns {
        for _ in 0..ROUNDS {
            compile[0].push(timed(|| ours(pattern))?);
            compile[1].push(timed(|| theirs(pattern))?);
            compile[2].push(timed(|| {
                ours(pattern).map(|regex| (regex.is_match(line), regex))
            })?);
            compile[3].push(timed(|| {
                theirs(pattern).map(|regex| (regex.is_match(line), regex))
            })?);
        }
        for (times, samples) in times.iter_mut().zip(&mut compile) {
            times.0.push(median(samples));
            samples.clear();
        }
    }
    let [ours, theirs, ours_searched, theirs_searched] = times;
    Ok([
        ours.cold(&ours_searched, our_held),
        theirs.cold(&theirs_searched, their_held),
    ])
}

/// The median times of each pattern, in nanoseconds.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn cold(mut self, searched: &Times, held: Held) -> Cold {
        Cold {
            p50_ns: quantile(&mut self.0, 0.5),
            p99_ns: quantile(&mut self.0, 0.99),
            total_ns: self.0.iter().sum(),
            searched_ns: searched.0.iter().sum(),
            held,
        }
    }
}

fn all<R>(
    patterns: &[String],
    compile: impl Fn(&str) -> Result<R, String>,
) -> Result<Vec<R>, String> {
    patterns.iter().map(|pattern| compile(pattern)).collect()
}

/// The time of the work, in nanoseconds. Its result is dropped after the clock has stopped.
fn timed<T>(work: impl FnOnce() -> Result<T, String>) -> Result<f64, String> {
    let start = Instant::now();
    let made = work()?;
    let took = start.elapsed();
    drop(made);
    Ok(took.as_nanos() as f64)
}
