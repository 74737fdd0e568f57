//! Numbers at random, the same in every run.

use rand_core::RngCore;
use rand_pcg::Pcg64Mcg;

/// Numbers at random, the same for the same seed.
#[derive(Clone, Debug)]
pub struct Random(Pcg64Mcg);

impl Random {
    /// A stream of its own for each seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random(Pcg64Mcg::new(u128::from(seed) << 8 | 0x5EED))
    }

    /// A number from 0 to 1, which it never reaches.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.0.next_u64()) * limit as u128) >> 64) as usize
    }
}
