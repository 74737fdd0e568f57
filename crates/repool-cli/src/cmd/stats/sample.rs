//! The statistics at one moment, and the report made of them.

use std::cmp::Reverse;
use std::time::Instant;

use serde::Serialize;

use super::service::Service;
use crate::args::Stats;

/// The cache's statistics at one moment.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Seconds since the start.
    seconds: f64,
    stats: repool::Stats,
}

impl Sample {
    /// The statistics now.
    pub(super) fn of(cache: &repool::Cache, start: Instant) -> Sample {
        Sample {
            stats: cache.stats(),
            seconds: start.elapsed().as_secs_f64(),
        }
    }

    /// Lookups a second since an earlier sample.
    pub(super) fn rate_since(&self, earlier: &Sample) -> f64 {
        let lookups = self.stats.lookups() - earlier.stats.lookups();
        lookups as f64 / (self.seconds - earlier.seconds).max(1e-9)
    }
}

/// All that is shown.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Seconds since the start.
    pub(super) seconds: f64,
    pub(super) threads: u16,
    /// Patterns that come again.
    pub(super) patterns: usize,
    /// Lookups of a hundred that ask for a pattern that never comes again.
    pub(super) one_shot_percent: u8,
    pub(super) lookups_per_second: f64,
    pub(super) hit_ratio: Option<f64>,
    pub(super) stats: repool::Stats,
    pub(super) advice: String,
    /// The entries found most often.
    pub(super) top_by_hits: Vec<Entry>,
    /// The entries that take most bytes.
    pub(super) top_by_bytes: Vec<Entry>,
    /// Lookups a second of each step, the latest last.
    #[serde(skip)]
    pub(super) rates: Vec<f64>,
}

/// A cached pattern.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Entry {
    pub(super) pattern: String,
    pub(super) hits: u64,
    pub(super) bytes: usize,
    pub(super) compile_seconds: f64,
}

/// The latest rates that a report keeps, one for each character of its course.
const RATES_MAX: usize = 24;

impl Report {
    pub(super) fn new(
        args: &Stats,
        service: &Service,
        cache: &repool::Cache,
        sample: &Sample,
        rates: &[f64],
    ) -> Report {
        let stats = sample.stats.clone();
        let mut entries: Vec<Entry> = cache.entries().map(Entry::from).collect();
        let top = usize::from(args.top);
        entries.sort_unstable_by_key(|entry| Reverse(entry.hits));
        let top_by_hits = entries.iter().take(top).cloned().collect();
        entries.sort_unstable_by_key(|entry| Reverse(entry.bytes));
        entries.truncate(top);
        Report {
            seconds: sample.seconds,
            threads: args.threads,
            patterns: service.pattern_len(),
            one_shot_percent: args.one_shot,
            lookups_per_second: stats.lookups() as f64 / sample.seconds.max(1e-9),
            hit_ratio: stats.hit_ratio(),
            advice: advice(&stats),
            stats,
            top_by_hits,
            top_by_bytes: entries,
            rates: rates[rates.len().saturating_sub(RATES_MAX)..].to_vec(),
        }
    }
}

impl From<repool::Entry> for Entry {
    fn from(entry: repool::Entry) -> Entry {
        Entry {
            pattern: entry.pattern,
            hits: entry.hits,
            bytes: entry.bytes,
            compile_seconds: entry.compile_time.as_secs_f64(),
        }
    }
}

/// What the statistics say about the size of the budget.
fn advice(stats: &repool::Stats) -> String {
    use crate::report::{bytes, count, percent, seconds};
    let spent = stats.compile_time_spent.as_secs_f64();
    let saved = stats.compile_time_ghosts.as_secs_f64();
    if stats.lookups() == 0 {
        return "nothing asked for yet".to_owned();
    }
    if stats.evictions_capacity == 0 {
        return format!(
            "all fits: {} of {} were ever in use",
            bytes(stats.peak_bytes),
            bytes(stats.max_bytes)
        );
    }
    // Less than one lookup of a thousand does not justify a larger budget.
    if stats.ghost_hits * 1000 < stats.lookups() {
        return "large enough: hardly a pattern comes back after it was evicted".to_owned();
    }
    format!(
        "about {} would save {} of compiling ({}), {} misses",
        bytes(stats.max_bytes + stats.max_bytes / 2),
        seconds(saved),
        percent(saved / spent.max(1e-12)),
        count(stats.ghost_hits)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_follows_the_statistics() {
        let cache = repool::Cache::builder().max_bytes(64 << 10).build();
        assert!(advice(&cache.stats()).starts_with("nothing"));
        cache.compile("a").unwrap();
        assert!(advice(&cache.stats()).starts_with("all fits"));
        // A loop a little longer than the cache makes ghost hits. That length depends on the bytes of a pattern.
        for len in (20..400).step_by(20) {
            for at in 0..10 * len {
                cache.compile(&format!("pattern {}", at % len)).unwrap();
            }
            let stats = cache.stats();
            if stats.ghost_hits * 100 > stats.lookups() {
                break;
            }
        }
        assert!(cache.stats().ghost_hits > 0);
        let ghosts = advice(&cache.stats());
        assert!(ghosts.starts_with("about "), "{ghosts}");
        assert!(ghosts.contains(" KiB would save"), "{ghosts}");
        let cache = repool::Cache::builder().max_bytes(64 << 10).build();
        for at in 0..3000 {
            cache.compile(&format!("pattern {at}")).unwrap();
        }
        assert!(advice(&cache.stats()).starts_with("large enough"));
    }

    #[test]
    fn rates_are_of_the_time_between() {
        let cache = repool::Cache::builder().max_bytes(64 << 10).build();
        let start = Instant::now();
        let mut first = Sample::of(&cache, start);
        first.seconds = 1.0;
        for _ in 0..10 {
            cache.compile("a").unwrap();
        }
        let mut second = Sample::of(&cache, start);
        second.seconds = 1.5;
        assert!((second.rate_since(&first) - 20.0).abs() < 1e-9);
    }
}
