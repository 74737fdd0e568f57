//! Times of several contestants, measured in turn.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Tells whether the benchmark was asked to run everything once (`--test`).
#[must_use]
pub fn is_test() -> bool {
    std::env::args().any(|a| a == "--test")
}

/// The time of one call of each contestant, in nanoseconds: the median of `rounds` samples. A sample repeats the call
/// until it has run for `least`.
///
/// The contestants take turns, and each round starts with another one, so that none always follows the same other.
pub fn interleave(
    rounds: usize,
    least: Duration,
    contestants: &mut [&mut dyn FnMut()],
) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    for round in 0..rounds {
        for i in 0..contestants.len() {
            let i = (i + round) % contestants.len();
            times[i].push(time(least, contestants[i]));
        }
    }
    times.into_iter().map(median).collect()
}

fn time(least: Duration, call: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    let mut calls = 0_u32;
    loop {
        call();
        calls += 1;
        let elapsed = start.elapsed();
        if elapsed >= least {
            return elapsed.as_nanos() as f64 / f64::from(calls);
        }
    }
}

/// The middle value, or the mean of the two.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let mid = values.len() / 2;
    if values.len() % 2 == 1 {
        values[mid]
    } else {
        f64::midpoint(values[mid - 1], values[mid])
    }
}

/// The geometric mean.
#[must_use]
pub fn geomean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, len) = values
        .into_iter()
        .fold((0.0, 0_u32), |(s, n), v| (s + v.ln(), n + 1));
    (sum / f64::from(len.max(1))).exp()
}

/// The smallest value with at least the share `part` (0 to 1) of the others below it.
#[must_use]
pub fn percentile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get(((sorted.len() as f64 - 1.0) * part).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

/// Keeps the optimiser from removing a value.
pub fn keep<T>(value: T) {
    drop(black_box(value));
}
