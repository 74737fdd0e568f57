//! Times of look-ups by several contestants, in turn, on one or more threads at once.

use std::sync::Barrier;
use std::time::Instant;

use crate::asks::{Asks, Law};
use crate::cell::Run;

/// What looks a pattern up by its text.
pub type LookUp<'a> = &'a (dyn Fn(&str) + Sync);

/// How long a contest is.
///
/// Samples are shorter than a turn of the scheduler, so that on a busy machine most of them are not interrupted. Those of
/// several threads are longer, because a thread takes 50 us to wake.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    threads: usize,
    /// Samples of each contestant. Their median is its time.
    rounds: usize,
    /// Look-ups in a sample.
    sample: usize,
}

impl Length {
    /// Samples of 4,096 look-ups, of 16,384 on more threads than one.
    #[must_use]
    pub fn of(run: &Run, threads: usize) -> Length {
        let sample = if threads == 1 { 1 << 12 } else { 1 << 14 };
        Length {
            threads,
            rounds: (run.pick(1 << 19, 1 << 17) / sample) | 1,
            sample,
        }
    }

    /// For each thread the numbers of the patterns that it asks for: enough that no sample repeats another one's.
    #[must_use]
    pub fn draw(self, patterns: usize, law: Law, contestants: usize) -> Vec<Vec<u32>> {
        let len = self.rounds * self.sample * contestants;
        let of_thread = |thread| {
            let mut asks = Asks::new(patterns, law, thread as u64);
            (0..len).map(|_| asks.draw() as u32).collect()
        };
        (0..self.threads).map(of_thread).collect()
    }
}

/// The time of a look-up of each contestant, in nanoseconds, when `asks.len()` threads look up at the same time.
///
/// Each thread first asks every contestant four times for each pattern, in the mean. That fills what a thread keeps for
/// itself.
pub fn times(
    length: Length,
    texts: &[String],
    asks: &[Vec<u32>],
    contestants: &[LookUp<'_>],
) -> Vec<f64> {
    let barrier = Barrier::new(asks.len());
    let run = |asks: &[u32]| {
        let warm_up = &asks[..asks.len().min(1_000 + 4 * texts.len())];
        for look_up in contestants {
            warm_up
                .iter()
                .for_each(|&number| look_up(&texts[number as usize]));
        }
        let mut times = vec![Vec::with_capacity(length.rounds); contestants.len()];
        for (turn, window) in asks.chunks_exact(length.sample).enumerate() {
            // Each round starts with another contestant, so that none always follows the same one.
            let (round, at) = (turn / contestants.len(), turn % contestants.len());
            let at = (round + at) % contestants.len();
            let look_up = contestants[at];
            barrier.wait();
            let start = Instant::now();
            window
                .iter()
                .for_each(|&number| look_up(&texts[number as usize]));
            times[at].push(start.elapsed().as_nanos() as f64 / window.len() as f64);
        }
        times
    };
    let run = &run;
    let of_threads: Vec<Vec<Vec<f64>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = asks
            .iter()
            .map(|asks| scope.spawn(move || run(asks)))
            .collect();
        let times = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        times.collect()
    });
    (0..contestants.len())
        .map(|at| {
            let means = (0..length.rounds).map(|round| {
                let sum: f64 = of_threads.iter().map(|times| times[at][round]).sum();
                sum / of_threads.len() as f64
            });
            median(means.collect())
        })
        .collect()
}

/// The middle value; the upper one of two.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn contestants_look_up_alike() {
        let length = Length {
            threads: 2,
            rounds: 3,
            sample: 10,
        };
        let texts: Vec<String> = (0..5).map(|n| n.to_string()).collect();
        let counts = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let count = |at: usize, text: &str| {
            assert!(texts.iter().any(|t| t == text));
            counts[at].fetch_add(1, Ordering::Relaxed);
        };
        let asks = length.draw(5, Law::Uniform, 2);
        let found = times(length, &texts, &asks, &[&|t| count(0, t), &|t| count(1, t)]);
        assert!(found.len() == 2 && found.iter().all(|&time| time > 0.0));
        // On each of two threads 60 warm-up look-ups, and three samples of ten.
        assert_eq!(counts.map(AtomicUsize::into_inner), [180, 180]);
    }
}
