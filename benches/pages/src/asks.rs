//! Streams of asks: which pattern comes next.

use crate::random::Random;

/// The exponent of Zipf's law in all streams.
pub const EXPONENT: f64 = 0.9;

/// How often each of the patterns is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// All alike.
    Uniform,
    /// The pattern of rank `r` in proportion to `1 / (r + 1)^0.9`.
    Zipf,
}

impl Law {
    /// Both laws.
    pub const ALL: [Law; 2] = [Law::Uniform, Law::Zipf];

    /// Its part of a cell's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Law::Uniform => "uniform",
            Law::Zipf => "zipf",
        }
    }
}

/// Draws patterns by a law. The patterns of the first ranks are scattered over all numbers.
#[derive(Clone, Debug)]
pub struct Asks {
    random: Random,
    /// The share of all ranks up to this one, rising to 1; empty for a uniform law.
    shares: Vec<f64>,
    /// The number of the pattern of each rank.
    numbers: Vec<u32>,
}

impl Asks {
    /// Asks for `len` patterns, which are at least one.
    #[must_use]
    pub fn new(len: usize, law: Law, seed: u64) -> Asks {
        let mut shares = Vec::new();
        if law == Law::Zipf {
            let mut total = 0.0;
            shares.extend((1..=len).map(|rank| {
                total += (rank as f64).powf(-EXPONENT);
                total
            }));
            shares.iter_mut().for_each(|share| *share /= total);
        }
        // The same scatter for every seed: threads share the frequent patterns.
        let mut scatter = Random::new(0);
        let mut numbers: Vec<u32> = (0..len as u32).collect();
        for at in (1..len).rev() {
            numbers.swap(at, scatter.below(at + 1));
        }
        Asks {
            random: Random::new(seed + 1),
            shares,
            numbers,
        }
    }

    /// The number of the pattern that is asked for next.
    pub fn draw(&mut self) -> usize {
        let last = self.numbers.len() - 1;
        let rank = if self.shares.is_empty() {
            self.random.below(self.numbers.len())
        } else {
            let at = self.random.unit();
            self.shares.partition_point(|&share| share <= at).min(last)
        };
        self.numbers[rank] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_come_as_often_as_the_law_says() {
        let mut asks = Asks::new(3, Law::Zipf, 1);
        let mut drawn = [0_u32; 3];
        for _ in 0..100_000 {
            drawn[asks.draw()] += 1;
        }
        drawn.sort_unstable();
        // 1 : 2^-0.9 : 3^-0.9 of 100,000.
        for (count, expected) in drawn.into_iter().zip([19_600_u32, 28_200, 52_200]) {
            assert!(count.abs_diff(expected) < 1_000, "{drawn:?}");
        }
    }

    #[test]
    fn uniform_asks_reach_every_pattern() {
        let mut asks = Asks::new(100, Law::Uniform, 1);
        let mut drawn = [0_u32; 100];
        (0..10_000).for_each(|_| drawn[asks.draw()] += 1);
        assert!(
            drawn.iter().all(|&count| (50..170).contains(&count)),
            "{drawn:?}"
        );
    }
}
