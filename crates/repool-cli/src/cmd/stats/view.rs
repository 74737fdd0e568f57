//! A report as lines.

use super::sample::{Entry, Report};
use crate::report::{Style, bar, bytes, count, cut, fill, percent, seconds, sparkline};

/// Largest width of a line, in columns.
const WIDTH_MAX: usize = 100;

/// The columns of a line before its bar and behind it.
const BEFORE_BAR: usize = 14;
const BEHIND_BAR: usize = 20;

/// The columns of an entry's numbers.
const NUMBERS: usize = 38;

/// The report in lines no wider than `width`, the most important first.
pub(super) fn lines(report: &Report, style: Style, width: usize) -> Vec<String> {
    let width = width.min(WIDTH_MAX).saturating_sub(1);
    let view = View {
        report,
        style,
        width,
    };
    let mut lines = view.head();
    lines.extend(view.counters());
    lines.extend(view.memory());
    let space = width.saturating_sub(2 + NUMBERS);
    lines.extend(view.entries("found most often", &report.top_by_hits, space));
    lines.extend(view.entries("largest", &report.top_by_bytes, space));
    lines
}

struct View<'a> {
    report: &'a Report,
    style: Style,
    width: usize,
}

impl View<'_> {
    fn head(&self) -> Vec<String> {
        let report = self.report;
        let threads = match report.threads {
            1 => "1 thread".to_owned(),
            threads => format!("{threads} threads"),
        };
        let title = "repool stats";
        let about = format!(
            "{} patterns by Zipf’s law, {} % asked for once, {threads}, {:.1} s",
            count(report.patterns as u64),
            report.one_shot_percent,
            report.seconds
        );
        let about = cut(&about, self.width.saturating_sub(title.len() + 4));
        vec![
            String::new(),
            format!("  {}  {}", self.style.bold(title), self.style.dim(&about)),
            String::new(),
        ]
    }

    /// A name, a number at a fixed place and what there is to say about it.
    fn counter(&self, name: &str, number: &str, about: &str) -> String {
        let about = cut(about, self.width.saturating_sub(29));
        let line = format!("  {name:<11}{number:>14}  {}", self.style.dim(&about));
        line.trim_end().to_owned()
    }

    fn counters(&self) -> Vec<String> {
        let (report, stats) = (self.report, &self.report.stats);
        let now = report.rates.last().copied().unwrap_or(0.0);
        let rates = sparkline(&report.rates);
        let hit_ratio = report.hit_ratio.map_or_else(|| "-".to_owned(), percent);
        let whole = |number: u64| count(number);
        let spent = stats.compile_time_spent.as_secs_f64();
        let saved = stats.compile_time_saved.as_secs_f64();
        vec![
            self.counter(
                "lookups/s",
                &whole(now as u64),
                &format!(
                    "{rates}  {} on average",
                    whole(report.lookups_per_second as u64)
                ),
            ),
            self.counter("lookups", &whole(stats.lookups()), ""),
            self.counter(
                "hits",
                &whole(stats.hits),
                &format!(
                    "{hit_ratio}; {} waited for another thread’s compile",
                    whole(stats.coalesced)
                ),
            ),
            self.counter(
                "misses",
                &whole(stats.misses),
                &format!(
                    "{} compiled twice, {} not kept, {} errors",
                    whole(stats.duplicates),
                    whole(stats.bypassed),
                    whole(stats.errors)
                ),
            ),
            self.counter(
                "ghost hits",
                &whole(stats.ghost_hits),
                "misses on what was evicted not long ago",
            ),
            self.counter(
                "evictions",
                &whole(stats.evictions()),
                &format!(
                    "{} for room, {} by purge, {} by resize",
                    whole(stats.evictions_capacity),
                    whole(stats.evictions_purge),
                    whole(stats.evictions_resize)
                ),
            ),
            self.counter(
                "entries",
                &whole(stats.entries as u64),
                &format!(
                    "{} evicted and still held, {} errors",
                    whole(stats.pinned_entries as u64),
                    whole(stats.error_entries as u64)
                ),
            ),
            self.counter(
                "compiling",
                &seconds(spent),
                &format!("{} saved by hits, on all threads", seconds(saved)),
            ),
            format!(
                "  {:<11}{}",
                "sizing",
                cut(&report.advice, self.width.saturating_sub(13))
            ),
            String::new(),
        ]
    }

    /// Bytes by account, a bar each.
    fn memory(&self) -> Vec<String> {
        let stats = &self.report.stats;
        let title = format!("the budget of {}", bytes(stats.max_bytes));
        let mut lines = vec![format!("  {}", self.style.bold(&title))];
        let width = self.width.saturating_sub(BEFORE_BAR + BEHIND_BAR);
        let mut line = |name: &str, held: usize| {
            let share = held as f64 / stats.max_bytes.max(1) as f64;
            lines.push(format!(
                "  {name:<10}  {}  {:>8}  {:>8}",
                self.style.cyan(&bar(share, width)),
                bytes(held),
                percent(share)
            ));
        };
        line("programs", stats.program_bytes);
        line("tables", stats.table_bytes);
        line("index", stats.index_bytes);
        line("errors", stats.error_bytes);
        line("pinned", stats.pinned_bytes);
        line("spare", stats.spare_bytes);
        line("slack", stats.slack_bytes);
        line("overhead", stats.overhead_bytes);
        line("total", stats.total_bytes());
        line("peak", stats.peak_bytes);
        let outside = format!(
            "outside of it: {} scratch of all threads, {} Unicode tables",
            bytes(stats.scratch_bytes),
            bytes(stats.shared_table_bytes)
        );
        let outside = cut(&outside, self.width.saturating_sub(2));
        lines.push(format!("  {}", self.style.dim(&outside)));
        lines
    }

    /// Cached patterns with their numbers.
    fn entries(&self, title: &str, entries: &[Entry], space: usize) -> Vec<String> {
        if entries.is_empty() {
            return Vec::new();
        }
        let heads = format!("{:>12}  {:>10}  {:>10}", "hits", "bytes", "compiled in");
        let title = fill(title, space.saturating_sub(1));
        let mut lines = vec![
            String::new(),
            format!("  {}", self.style.bold(&format!("{title}{heads}"))),
        ];
        for entry in entries {
            let pattern = fill(&entry.pattern, space);
            lines.push(format!(
                "  {pattern}{:>12}  {:>10}  {:>10}",
                count(entry.hits),
                bytes(entry.bytes),
                seconds(entry.compile_seconds)
            ));
        }
        lines
    }
}
