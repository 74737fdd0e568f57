//! The time of single hits while another thread resizes and purges the cache.

use std::cell::Cell as Count;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use repool::{Cache, Compilation, Observer};

use crate::cell::{Cell, Run};
use crate::patterns::{of_45_bytes, svc};
use crate::report::Row;

/// Patterns that are asked for all the time.
const ASKED: usize = 64;

/// Patterns that fill the cache.
const FILL: usize = 10_000;

/// One hit in ten thousand may take longer, in microseconds.
const LATE_MAX: f64 = 12.0;

/// The one cell.
#[must_use]
pub fn cells() -> Vec<Cell> {
    vec![Cell::of_times("latency".to_owned(), |run| vec![row(run)])]
}

thread_local! {
    /// Patterns that this thread compiled.
    static COMPILED: Count<u64> = const { Count::new(0) };
}

/// Counts the compiles of each thread, to tell hits from misses.
struct Compiles;

impl Observer for Compiles {
    fn compiled(&self, _: &Compilation<'_>) {
        COMPILED.set(COMPILED.get() + 1);
    }
}

fn row(run: &Run) -> Row {
    let cache = Cache::builder()
        .max_bytes(64 << 20)
        .observer(Arc::new(Compiles))
        .build();
    let (is_emptied, is_done) = (AtomicBool::new(false), AtomicBool::new(false));
    let rounds = run.pick(40, 8);
    let mut times = std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..rounds {
                (0..FILL).for_each(|n| drop(cache.compile(&svc(n))));
                is_emptied.store(true, Ordering::Relaxed);
                if round % 2 == 0 {
                    cache.resize(64 << 10);
                    cache.resize(64 << 20);
                } else {
                    cache.purge();
                }
                is_emptied.store(false, Ordering::Relaxed);
            }
            is_done.store(true, Ordering::Relaxed);
        });
        hits(&cache, &is_emptied, &is_done)
    });
    times.sort_unstable();
    let late = times
        .get(times.len() - 1 - times.len() / 10_000)
        .copied()
        .unwrap_or(0);
    let most = times.last().copied().unwrap_or(0);
    Row::new(
        "latency, p99.99 of hits during resize and purge",
        "us",
        late as f64 / 1e3,
    )
    .at_most(LATE_MAX)
    .note(format!(
        "{} hits, the longest {:.0} us, each with 25 ns of the clock",
        times.len(),
        most as f64 / 1e3
    ))
}

/// Nanoseconds of each hit while the cache is emptied.
fn hits(cache: &Cache, is_emptied: &AtomicBool, is_done: &AtomicBool) -> Vec<u32> {
    let texts: Vec<String> = (0..ASKED).map(of_45_bytes).collect();
    let mut times = Vec::with_capacity(1 << 20);
    for text in texts.iter().cycle() {
        if is_done.load(Ordering::Relaxed) {
            break;
        }
        let compiled = COMPILED.get();
        let was_emptied = is_emptied.load(Ordering::Relaxed);
        let start = Instant::now();
        drop(black_box(cache.compile(text).expect("a valid pattern")));
        let time = start.elapsed();
        let is_hit = COMPILED.get() == compiled;
        if is_hit && (was_emptied || is_emptied.load(Ordering::Relaxed)) {
            times.push(time.as_nanos() as u32);
        }
    }
    times
}
