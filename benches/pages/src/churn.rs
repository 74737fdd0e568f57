//! Churn: a full cache under Zipf and one-shots, with patterns of 200 bytes to 200 KB. Handles hold a tenth of the asks for
//! random times.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use repool::{Cache, Regex, Stats};

use crate::asks::{Asks, Law};
use crate::cell::Cell;
use crate::patterns::sized;
use crate::random::Random;
use crate::report::{Row, kib};

/// Bytes of a compiled pattern in the mean, by the sizes below.
const MEAN_BYTES: usize = 2_800;

/// Patterns that are asked for again and again, at least; more where the budget holds more.
const NAMES_MIN: usize = 5_000;

/// Of a hundred asks, those for a pattern that nobody asks for again.
const ONE_SHOTS: usize = 30;

/// Asks for each one whose handle is held for a while.
const HELD: usize = 10;

/// Asks between two samples.
const SAMPLED: usize = 64;

/// Of the budget, what may be slack in the mean.
const SLACK_MAX: f64 = 15.0;

/// Asks whose misses are counted, from the same place of the stream in every run.
const COUNTED: u64 = 10_000;

/// Budgets in KiB, and the misses among the counted asks in percent on 2026-11-28.
const BUDGETS: [(usize, f64); 4] = [(64, 84.9), (256, 74.6), (8 << 10, 55.2), (64 << 10, 55.1)];

/// What misses may be above those, in percent: the policy samples, so that two runs differ.
const MISSES_MORE: f64 = 0.5;

/// A cell for each budget.
#[must_use]
pub fn cells() -> Vec<Cell> {
    let cells = BUDGETS.map(|(kib, misses)| {
        let name = format!("churn/{kib} KiB");
        let of_cell = name.clone();
        Cell::of_bytes(name, move |run| {
            let time = Duration::from_millis(run.pick(60_000, 750));
            Ok(rows(&of_cell, kib << 10, time, misses + MISSES_MORE))
        })
    });
    cells.into()
}

/// Bytes of the total that no named account holds: the unused parts of pages. 0 while no cache has pages of its own. Once
/// [`Stats`] has a field for them, this function is that field.
fn slack(stats: &Stats) -> usize {
    stats.total_bytes()
        - stats.program_bytes
        - stats.table_bytes
        - stats.index_bytes
        - stats.error_bytes
        - stats.pinned_bytes
        - stats.spare_bytes
        - stats.overhead_bytes
}

/// The size of a pattern: the same for the same number. Nine tenths hold up to 4,000 bytes, one in a hundred more than
/// 32,000.
fn bytes_of(number: usize) -> usize {
    let mut random = Random::new(number as u64);
    let (least, most) = match random.below(100) {
        0..90 => (200.0_f64, 4_000.0_f64),
        90..99 => (4_000.0, 32_000.0),
        _ => (32_000.0, 200_000.0),
    };
    (least * (most / least).powf(random.unit())) as usize
}

/// What the churn has seen.
#[derive(Default)]
struct Seen {
    samples: usize,
    slack: f64,
    spare: f64,
    held: f64,
    over: usize,
    /// The misses among the first asks, in percent.
    counted: Option<f64>,
}

fn rows(name: &str, budget: usize, time: Duration, misses_max: f64) -> Vec<Row> {
    let cache = Cache::builder().max_bytes(budget).build();
    let entries = budget / MEAN_BYTES;
    let mut stream = Stream::new(NAMES_MIN.max(3 * entries));
    let mut handles = Handles::new(2 * entries);
    let mut ask = || handles.pass(cache.compile(&stream.next()).expect("a valid pattern"));
    // After these the cache is full: more than half of them are misses.
    (0..3 * entries + 1_000).for_each(|_| ask());
    let before = cache.stats();
    assert!(before.evictions() > 0, "the cache is full");
    let mut seen = Seen::default();
    let start = Instant::now();
    while start.elapsed() < time || seen.counted.is_none() {
        (0..SAMPLED).for_each(|_| ask());
        let stats = cache.stats();
        seen.samples += 1;
        seen.slack += slack(&stats) as f64;
        seen.spare += stats.spare_bytes as f64;
        seen.held += stats.pinned_bytes as f64;
        seen.over += usize::from(stats.total_bytes() > budget);
        let (asks, misses) = (
            stats.lookups() - before.lookups(),
            stats.misses - before.misses,
        );
        if asks >= COUNTED && seen.counted.is_none() {
            seen.counted = Some(misses as f64 / asks as f64 * 100.0);
        }
    }
    let stats = cache.stats();
    let share = |sum: f64| sum / seen.samples as f64 / budget as f64 * 100.0;
    let misses = seen.counted.expect("the loop goes on until it is there");
    let note = format!(
        "{} asks, {} entries at the end, peak {:.0} KiB; in the mean {:.1} % spare, {:.1} % evicted and held; \
         {} of {} samples over the budget",
        stats.lookups() - before.lookups(),
        stats.entries,
        kib(stats.peak_bytes),
        share(seen.spare),
        share(seen.held),
        seen.over,
        seen.samples,
    );
    vec![
        Row::new(
            &format!("{name}, slack in the mean"),
            "% of budget",
            share(seen.slack),
        )
        .at_most(SLACK_MAX)
        .note(note),
        Row::new(&format!("{name}, misses"), "%", misses)
            .at_most(misses_max)
            .note(format!("a hit ratio of {:.2} %", 100.0 - misses)),
    ]
}

/// Zipf with one-shots.
struct Stream {
    asks: Asks,
    random: Random,
    /// The number of the next one-shot.
    one_shot: usize,
}

impl Stream {
    fn new(names: usize) -> Stream {
        Stream {
            asks: Asks::new(names, Law::Zipf, 0),
            random: Random::new(5),
            one_shot: 1 << 32,
        }
    }

    fn next(&mut self) -> String {
        let number = if self.random.below(100) < ONE_SHOTS {
            self.one_shot += 1;
            self.one_shot
        } else {
            self.asks.draw()
        };
        sized(number, bytes_of(number))
    }
}

/// Handles that are held: a tenth of those that pass, each for a random number of asks.
struct Handles {
    random: Random,
    /// By the number of asks from now on after which they are dropped.
    held: VecDeque<Vec<Regex>>,
}

impl Handles {
    /// Holds each for less than `asks` asks.
    fn new(asks: usize) -> Handles {
        Handles {
            random: Random::new(6),
            held: std::iter::repeat_with(Vec::new).take(asks.max(2)).collect(),
        }
    }

    fn pass(&mut self, re: Regex) {
        let mut dropped = self.held.pop_front().expect("it has two places at least");
        dropped.clear();
        self.held.push_back(dropped);
        if self.random.below(HELD) == 0 {
            let place = self.random.below(self.held.len());
            self.held[place].push(re);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_stated_mean() {
        let mean = (0..20_000).map(bytes_of).sum::<usize>() / 20_000;
        assert!(mean.abs_diff(MEAN_BYTES) < 300, "{mean}");
        assert!((0..20_000).all(|number| (200..=200_000).contains(&bytes_of(number))));
    }

    #[test]
    fn handles_are_dropped_in_time() {
        let mut handles = Handles::new(20);
        let re = Regex::new("a").expect("a valid pattern");
        (0..10_000).for_each(|_| handles.pass(re.clone()));
        let held: usize = handles.held.iter().map(Vec::len).sum();
        // A tenth of the asks, for ten asks in the mean.
        assert!(held < 10, "{held}");
    }
}
