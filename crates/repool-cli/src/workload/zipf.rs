//! Zipf's law: the item of rank `r` is asked for in proportion to `1 / (r + 1)^exponent`.
//!
//! That is how services ask for patterns: a few all the time, most of them seldom.

use super::random::Random;

/// Ranks, drawn by Zipf's law.
#[derive(Clone, Debug)]
pub(crate) struct Zipf {
    /// The share of all ranks up to and including this one; rises to 1.
    shares: Vec<f64>,
}

impl Zipf {
    /// A law over `len` ranks, which is not 0.
    pub(crate) fn new(len: usize, exponent: f64) -> Zipf {
        let mut total = 0.0;
        let mut shares: Vec<f64> = (1..=len)
            .map(|rank| {
                total += (rank as f64).powf(-exponent);
                total
            })
            .collect();
        for share in &mut shares {
            *share /= total;
        }
        Zipf { shares }
    }

    /// Draws a rank.
    pub(crate) fn draw(&self, random: &mut Random) -> usize {
        let at = random.unit();
        // The last share is 1 up to rounding, so a draw may land one past it.
        (self.shares.partition_point(|&share| share <= at)).min(self.shares.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_rise_to_one() {
        let zipf = Zipf::new(400, 0.9);
        assert!(zipf.shares.is_sorted());
        assert!((zipf.shares[399] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn first_ranks_are_drawn_as_often_as_the_law_says() {
        let zipf = Zipf::new(3, 1.0);
        let mut random = Random::new(5);
        let mut drawn = [0u32; 3];
        for _ in 0..110_000 {
            drawn[zipf.draw(&mut random)] += 1;
        }
        // 1 : 1/2 : 1/3 of 110,000 is 60,000 : 30,000 : 20,000.
        for (count, expected) in drawn.into_iter().zip([60_000u32, 30_000, 20_000]) {
            assert!(count.abs_diff(expected) < 1_000, "{drawn:?}");
        }
    }

    #[test]
    fn one_rank_is_always_drawn() {
        assert_eq!(Zipf::new(1, 0.9).draw(&mut Random::new(1)), 0);
    }
}
