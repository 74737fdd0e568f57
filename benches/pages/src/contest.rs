//! Times of look-ups by several contestants, in turn, on one or more threads at once.

use std::sync::Barrier;
use std::time::Instant;

use crate::asks::Asks;
use crate::cell::Run;

/// What looks a pattern up by its text.
pub type LookUp<'a> = &'a (dyn Fn(&str) + Sync);

/// How long a contest is.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// Samples of each contestant. Their median is its time.
    rounds: usize,
    /// Look-ups in a sample.
    sample: usize,
}

impl Length {
    /// Samples of 65,536 look-ups, of 16,384 in the short form.
    #[must_use]
    pub fn of(run: &Run) -> Length {
        Length {
            rounds: run.pick(15, 5),
            sample: run.pick(1 << 16, 1 << 14),
        }
    }

    /// Numbers of patterns for one thread: enough that no sample repeats another one's.
    #[must_use]
    pub fn draw(self, mut asks: Asks, contestants: usize) -> Vec<u32> {
        let len = self.rounds * self.sample * contestants;
        (0..len).map(|_| asks.draw() as u32).collect()
    }
}

/// The time of a look-up of each contestant, in nanoseconds, when `asks.len()` threads look up at the same time.
///
/// Each thread first makes all its asks of every contestant, which fills what a thread keeps for itself.
pub fn times(
    length: Length,
    texts: &[String],
    asks: &[Vec<u32>],
    contestants: &[LookUp<'_>],
) -> Vec<f64> {
    let barrier = Barrier::new(asks.len());
    let run = |asks: &[u32]| {
        for look_up in contestants {
            asks.iter()
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
    use crate::asks::Law;

    #[test]
    fn contestants_look_up_alike() {
        let length = Length {
            rounds: 3,
            sample: 10,
        };
        let texts: Vec<String> = (0..5).map(|n| n.to_string()).collect();
        let counts = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let count = |at: usize, text: &str| {
            assert!(texts.iter().any(|t| t == text));
            counts[at].fetch_add(1, Ordering::Relaxed);
        };
        let asks: Vec<_> = (0..2)
            .map(|seed| length.draw(Asks::new(5, Law::Uniform, seed), 2))
            .collect();
        let found = times(length, &texts, &asks, &[&|t| count(0, t), &|t| count(1, t)]);
        assert!(found.len() == 2 && found.iter().all(|&time| time > 0.0));
        // On each of two threads 60 warm-up look-ups, and three samples of ten.
        assert_eq!(counts.map(AtomicUsize::into_inner), [180, 180]);
    }
}
