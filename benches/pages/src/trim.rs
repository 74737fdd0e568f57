//! `trim()` beside a large foreign heap: its time, and what it does to another thread's allocations.
//!
//! The thread that owns the heap allocates all the time, and takes the time of each allocation. Another thread fills a cache,
//! and trims it when it is full and when it is purged. The allocations before a trim are compared with as many from its start
//! on. These meet the locks that the trim holds, and then the page faults of memory that it gave away.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use repool::Cache;

use crate::cell::{Cell, Run};
use crate::contest::median;
use crate::foreign::{Foreign, Step};
use crate::patterns::svc;
use crate::report::Row;
use crate::resident::faults;

/// Patterns in the full cache.
const PATTERNS: usize = 20_000;

/// The longest trim, in milliseconds.
const TRIM_MAX: f64 = 10.0;

/// What the mean allocation may take of the time before the trim. On a busy machine two equal runs differ by as much.
const MEAN_OF_BEFORE: f64 = 1.5;

/// The page faults that the allocations may cause of those before the trim.
const FAULTS_OF_BEFORE: f64 = 1.25;

/// The page faults that they may cause besides.
const FAULTS_BESIDES: f64 = 100.0;

/// What the longest allocation may take of the time before the trim.
const LONGEST_OF_BEFORE: f64 = 2.0;

/// What the longest allocation may take besides, in microseconds: a turn of another process on this core.
const LONGEST_BESIDES: f64 = 1_000.0;

/// The one cell.
#[must_use]
pub fn cells() -> Vec<Cell> {
    vec![Cell::of_times("trim".to_owned(), rows)]
}

/// The thread with the cache fills or purges it.
const FILLS: u8 = 0;
/// It waits, at work.
const BEFORE: u8 = 1;
/// It trims, and then waits, at work.
const FROM_TRIM: u8 = 2;
/// It has ended.
const DONE: u8 = 3;

/// Allocations of one round and one phase.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    count: u32,
    sum: Duration,
    longest: Duration,
    /// The page faults of the thread when the phase began, and from then until the last compared step.
    faults_at_start: u64,
    faults: u64,
}

impl Times {
    fn add(&mut self, time: Duration) {
        self.count += 1;
        self.sum += time;
        self.longest = self.longest.max(time);
    }

    fn mean_ns(&self) -> f64 {
        self.sum.as_nanos() as f64 / f64::from(self.count.max(1))
    }

    fn longest_us(&self) -> f64 {
        self.longest.as_nanos() as f64 / 1e3
    }
}

fn rows(run: &Run) -> Vec<Row> {
    let mut foreign = Foreign::new(run.pick(1 << 30, 1 << 29));
    let rounds = run.pick(5, 3);
    // Steps of the foreign thread that are compared, before a trim and from its start on.
    let compared = run.pick(200_000, 50_000);
    let (phase, steps) = (AtomicU8::new(FILLS), AtomicUsize::new(0));
    let (trims, measured) = std::thread::scope(|scope| {
        let trims = scope.spawn(|| fill_and_trim(rounds, compared, &phase, &steps));
        let measured = allocate(&mut foreign, compared, &phase, &steps);
        (trims.join().expect("no panic"), measured)
    });
    // Of the trims of full and of purged caches the median, so that an interruption by another process does not count.
    let of_kind = |kind: usize| {
        let times = trims.iter().skip(kind).step_by(2);
        median(times.map(|time| time.as_secs_f64() * 1e3).collect())
    };
    let trim = of_kind(0).max(of_kind(1));
    let of = |phase: u8, value: fn(&Times) -> f64| {
        let times = measured.iter().filter(|(of, _)| *of == phase);
        median(times.map(|(_, times)| value(times)).collect())
    };
    let (mean_before, mean) = (of(BEFORE, Times::mean_ns), of(FROM_TRIM, Times::mean_ns));
    let (longest_before, longest) = (
        of(BEFORE, Times::longest_us),
        of(FROM_TRIM, Times::longest_us),
    );
    // Of the first trim, which meets the heap as the service made it: the faults before later ones are those of this one.
    let first_faults = |phase: u8| {
        let first = measured.iter().find(|(of, _)| *of == phase);
        first.map_or(0.0, |(_, times)| times.faults as f64)
    };
    let (faults_before, faults) = (first_faults(BEFORE), first_faults(FROM_TRIM));
    vec![
        Row::new("trim, one call", "ms", trim)
            .at_most(TRIM_MAX)
            .note(format!(
                "each of {rounds} rounds: full, purged: {trims:.1?}"
            )),
        Row::new("trim, other thread's mean allocation", "ns", mean)
            .at_most(mean_before * MEAN_OF_BEFORE)
            .note(format!("{mean_before:.0} ns before")),
        Row::new("trim, other thread's page faults", "faults", faults)
            .at_most(faults_before * FAULTS_OF_BEFORE + FAULTS_BESIDES)
            .note(format!("{faults_before} before")),
        Row::new("trim, other thread's longest allocation", "us", longest)
            .at_most(longest_before * LONGEST_OF_BEFORE + LONGEST_BESIDES)
            .note(format!(
                "{longest_before:.0} us before; medians of the rounds' longest"
            )),
    ]
}

/// The thread that uses the cache. Returns the times of its trims.
fn fill_and_trim(
    rounds: usize,
    compared: usize,
    phase: &AtomicU8,
    steps: &AtomicUsize,
) -> Vec<Duration> {
    let cache = Cache::builder().max_bytes(256 << 20).build();
    let await_steps = || {
        while steps.load(Ordering::Acquire) < compared {
            std::hint::spin_loop();
        }
    };
    let begin = |next: u8| {
        steps.store(0, Ordering::Release);
        phase.store(next, Ordering::Release);
    };
    let mut trims = Vec::new();
    for _ in 0..rounds {
        for is_purged in [false, true] {
            begin(FILLS);
            if is_purged {
                cache.purge();
            } else {
                (0..PATTERNS).for_each(|n| drop(cache.compile(&svc(n))));
            }
            begin(BEFORE);
            await_steps();
            begin(FROM_TRIM);
            let start = Instant::now();
            cache.trim();
            trims.push(start.elapsed());
            await_steps();
        }
    }
    phase.store(DONE, Ordering::Release);
    trims
}

/// The thread that allocates, until the other one is done. Returns the times of each phase.
fn allocate(
    foreign: &mut Foreign,
    compared: usize,
    phase: &AtomicU8,
    steps: &AtomicUsize,
) -> Vec<(u8, Times)> {
    let mut measured: Vec<(u8, Times)> = Vec::new();
    let mut last = FILLS;
    loop {
        let now = phase.load(Ordering::Acquire);
        if now == DONE {
            return measured;
        }
        let start = Instant::now();
        let step = foreign.step();
        let time = start.elapsed();
        if now != last {
            let times = Times {
                faults_at_start: faults(),
                ..Times::default()
            };
            measured.push((now, times));
            last = now;
        }
        let done = steps.fetch_add(1, Ordering::AcqRel);
        let Some((_, times)) = measured.last_mut() else {
            continue;
        };
        if done < compared && step == Step::Allocated {
            times.add(time);
        }
        if done + 1 == compared {
            times.faults = faults() - times.faults_at_start;
        }
    }
}
