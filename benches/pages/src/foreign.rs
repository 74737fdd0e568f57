//! A heap that is not ours: many small blocks with holes between them, and a thread that allocates among them.

use crate::random::Random;

/// Neighbours that are freed together.
const RUN: usize = 8;

/// Blocks of 16 to 2,031 bytes, half of them freed: at random, in runs of eight neighbours.
#[derive(Debug)]
pub struct Foreign {
    random: Random,
    slots: Vec<Option<Box<[u8]>>>,
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A block was freed.
    Freed,
    /// A block was allocated, and its first byte touched.
    Allocated,
}

impl Foreign {
    /// Allocates `bytes`, and frees every second run of blocks at random. Most holes hold whole pages.
    #[must_use]
    pub fn new(bytes: usize) -> Foreign {
        let mut random = Random::new(77);
        let mut slots = Vec::new();
        let mut allocated = 0;
        while allocated < bytes {
            let len = len(&mut random);
            allocated += len;
            slots.push(Some(vec![1; len].into_boxed_slice()));
        }
        for run in slots.chunks_mut(RUN) {
            if random.below(2) == 0 {
                run.fill_with(|| None);
            }
        }
        Foreign { random, slots }
    }

    /// Frees a block, or allocates one where there is none. In the long run as many are freed as allocated.
    pub fn step(&mut self) -> Step {
        let at = self.random.below(self.slots.len());
        let slot = &mut self.slots[at];
        if slot.take().is_some() {
            return Step::Freed;
        }
        let mut block = vec![0; len(&mut self.random)].into_boxed_slice();
        block[0] = 1;
        *slot = Some(block);
        Step::Allocated
    }
}

fn len(random: &mut Random) -> usize {
    16 + random.below(2_016)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_keep_half_of_the_blocks() {
        let mut foreign = Foreign::new(1 << 20);
        let mut allocated = 0;
        for _ in 0..20_000 {
            allocated += usize::from(foreign.step() == Step::Allocated);
        }
        assert!((9_000..11_000).contains(&allocated), "{allocated}");
        let full = foreign.slots.iter().flatten().count();
        assert!((foreign.slots.len() * 4 / 10..foreign.slots.len() * 6 / 10).contains(&full));
    }
}
