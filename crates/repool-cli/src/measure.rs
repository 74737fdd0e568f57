//! Comparable times: samples in turn, and their medians.
//!
//! A machine's speed drifts during a measurement. So the contenders take turns, one short sample each, and the result is
//! the median of a contender's samples.

use std::time::{Duration, Instant};

/// Samples that `time` is cut into. Many short ones, so that the system interrupts few of them.
const ROUNDS: u32 = 100;

/// Shortest sample. In a shorter one the clock itself would count.
const SAMPLE_MIN: Duration = Duration::from_micros(200);

/// Least number of samples of each contender.
const ROUNDS_MIN: usize = 3;

/// Runs the works in turn and returns the median time of one run of each, in seconds.
///
/// Every work gets about `time`, or three runs if they take longer. [`std::hint::black_box`] takes the results, so that
/// no run is optimised away.
pub(crate) fn interleaved<T>(time: Duration, works: &mut [&mut dyn FnMut() -> T]) -> Vec<f64> {
    let enough = (time / ROUNDS).max(SAMPLE_MIN);
    let runs: Vec<u32> = works
        .iter_mut()
        .map(|work| runs_per_sample(*work, enough))
        .collect();
    let mut samples: Vec<Vec<f64>> = works.iter().map(|_| Vec::new()).collect();
    let mut shortest = Duration::ZERO;
    for round in 0.. {
        if round >= ROUNDS_MIN && shortest >= time {
            break;
        }
        let mut took_min = Duration::MAX;
        for ((work, &runs), samples) in works.iter_mut().zip(&runs).zip(&mut samples) {
            let took = sample(*work, runs);
            took_min = took_min.min(took);
            samples.push(took.as_secs_f64() / f64::from(runs));
        }
        // A sample shorter than planned counts as planned, so that the loop ends.
        shortest += took_min.max(enough);
    }
    samples.iter_mut().map(|samples| median(samples)).collect()
}

/// Returns the time of `runs` runs together.
fn sample<T>(work: &mut (dyn FnMut() -> T + '_), runs: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..runs {
        std::hint::black_box(work());
    }
    start.elapsed()
}

/// The number of runs that fill a sample. The runs that find it also warm up the work.
fn runs_per_sample<T>(work: &mut (dyn FnMut() -> T + '_), enough: Duration) -> u32 {
    let mut runs: u32 = 1;
    loop {
        let took = sample(work, runs);
        if took >= enough || runs >= 1 << 24 {
            return runs;
        }
        let missing = enough.as_secs_f64() / took.as_secs_f64().max(1e-9);
        runs = (f64::from(runs) * missing.clamp(1.2, 8.0)).ceil() as u32;
    }
}

/// The median; sorts the samples, which are not empty.
pub(crate) fn median(samples: &mut [f64]) -> f64 {
    quantile(samples, 0.5)
}

/// The smallest sample that is no smaller than this share of all of them; sorts the samples. Not a
/// number if there are none.
pub(crate) fn quantile(samples: &mut [f64], share: f64) -> f64 {
    if samples.is_empty() {
        return f64::NAN;
    }
    samples.sort_unstable_by(f64::total_cmp);
    let at = (samples.len() as f64 * share).ceil() as usize;
    samples[at.clamp(1, samples.len()) - 1]
}

/// The geometric mean. Not a number if there are none.
pub(crate) fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples() {
        let mut samples = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&mut samples), 2.0);
        assert_eq!(quantile(&mut samples, 0.99), 4.0);
        assert_eq!(quantile(&mut samples, 0.0), 1.0);
        assert!(quantile(&mut [], 0.5).is_nan());
    }

    #[test]
    fn means_are_geometric() {
        assert!((geometric_mean(&[0.5, 2.0]) - 1.0).abs() < 1e-12);
        assert!(geometric_mean(&[]).is_nan());
    }

    #[test]
    fn every_work_runs() {
        let (mut one, mut two) = (0u64, 0u64);
        let times = interleaved(
            Duration::from_micros(100),
            &mut [&mut || one += 1, &mut || two += 1],
        );
        assert_eq!(times.len(), 2);
        assert!(times.iter().all(|&time| time > 0.0));
        assert!(one > 0 && two > 0);
    }
}
