//! Services beside the cache: what a process allocates on its own account between two patterns.

use std::sync::Barrier;

use crate::random::Random;

/// Bytes of the small blocks that a service keeps until its end.
const KEPT_BYTES: usize = 13_000_000;

/// Blocks that are alive at the same time where blocks come and go: some 10 MB.
const SLOTS: usize = 20_000;

/// Blocks that are replaced for each pattern where blocks come and go.
const REPLACED: usize = 8;

/// What the process does besides asking for patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Nothing.
    Nothing,
    /// Keeps 13 MB of blocks of 16 to 255 bytes, allocated bit by bit between the patterns.
    Keeps,
    /// Holds 20,000 blocks of 16 to 1,023 bytes, and replaces eight of them at random after each pattern.
    ComeAndGo,
    /// The same on two threads, each with half of the blocks and of the patterns.
    TwoThreads,
}

impl Service {
    /// All services.
    pub const ALL: [Service; 4] = [
        Service::Nothing,
        Service::Keeps,
        Service::ComeAndGo,
        Service::TwoThreads,
    ];

    /// Its part of a cell's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Service::Nothing => "nothing",
            Service::Keeps => "keeps",
            Service::ComeAndGo => "come-and-go",
            Service::TwoThreads => "two-threads",
        }
    }

    fn threads(self) -> usize {
        match self {
            Service::Nothing | Service::Keeps | Service::ComeAndGo => 1,
            Service::TwoThreads => 2,
        }
    }

    /// Calls `ask` with each number below `steps`, with the service's work between two calls. Calls `sample` whenever
    /// `round` more steps are done, and once the last is. All threads wait meanwhile, with their blocks alive.
    pub fn run(
        self,
        steps: usize,
        round: usize,
        ask: &(dyn Fn(usize) + Sync),
        sample: &mut dyn FnMut(),
    ) {
        let threads = self.threads();
        let (steps, round) = (steps / threads, round / threads);
        let barrier = Barrier::new(threads);
        let work = |thread: usize, sample: &mut dyn FnMut()| {
            let mut blocks = Blocks::new(self, thread, steps);
            for step in 0..steps {
                ask(thread * steps + step);
                blocks.step(step);
                if (step + 1) % round == 0 {
                    barrier.wait();
                    sample();
                    barrier.wait();
                }
            }
        };
        let work = &work;
        std::thread::scope(|scope| {
            for thread in 1..threads {
                scope.spawn(move || work(thread, &mut || ()));
            }
            work(0, sample);
        });
    }
}

/// The blocks of one thread of a service.
struct Blocks {
    service: Service,
    random: Random,
    blocks: Vec<Box<[u8]>>,
    /// Bytes of all blocks allocated so far.
    allocated_bytes: usize,
    steps: usize,
}

impl Blocks {
    fn new(service: Service, thread: usize, steps: usize) -> Blocks {
        let slots = match service {
            Service::Nothing | Service::Keeps => 0,
            Service::ComeAndGo | Service::TwoThreads => SLOTS / service.threads(),
        };
        let mut blocks = Blocks {
            service,
            random: Random::new(thread as u64),
            blocks: Vec::with_capacity(slots),
            allocated_bytes: 0,
            steps,
        };
        for _ in 0..slots {
            let block = blocks.block(1_024);
            blocks.blocks.push(block);
        }
        blocks
    }

    /// A block of 16 bytes and more, below `limit`, every byte touched.
    fn block(&mut self, limit: usize) -> Box<[u8]> {
        let len = 16 + self.random.below(limit - 16);
        self.allocated_bytes += len;
        vec![1; len].into_boxed_slice()
    }

    /// The service's work after a pattern.
    fn step(&mut self, step: usize) {
        match self.service {
            Service::Nothing => {}
            Service::Keeps => {
                let due = (KEPT_BYTES as f64 * (step + 1) as f64 / self.steps as f64) as usize;
                while self.allocated_bytes < due {
                    let block = self.block(256);
                    self.blocks.push(block);
                }
            }
            Service::ComeAndGo | Service::TwoThreads => {
                for _ in 0..REPLACED {
                    let slot = self.random.below(self.blocks.len());
                    self.blocks[slot] = self.block(1_024);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_step_runs_and_every_round_is_sampled() {
        for service in Service::ALL {
            let (asked, mut samples) = (AtomicUsize::new(0), Vec::new());
            let ask = |step: usize| {
                asked.fetch_add(step + 1, Ordering::Relaxed);
            };
            service.run(40, 10, &ask, &mut || {
                samples.push(asked.load(Ordering::Relaxed));
            });
            assert_eq!(samples.len(), 4, "{service:?}");
            assert_eq!(samples.last(), Some(&(40 * 41 / 2)), "{service:?}");
        }
    }

    #[test]
    fn blocks_are_the_same_in_every_run() {
        let bytes = |service| {
            let mut blocks = Blocks::new(service, 0, 50);
            (0..50).for_each(|step| blocks.step(step));
            blocks.blocks.iter().map(|block| block.len()).sum::<usize>()
        };
        for service in Service::ALL {
            assert_eq!(bytes(service), bytes(service));
        }
        assert!((KEPT_BYTES..KEPT_BYTES + 256).contains(&bytes(Service::Keeps)));
    }
}
