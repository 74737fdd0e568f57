//! Counters and bytes of a cache. Exercised by `tests/cache.rs`.

use std::fmt;
use std::time::Duration;

/// Counters of a [`Cache`](crate::Cache) since it was made, and the bytes that it holds now. Prints
/// as a table.
///
/// # Example
///
/// ```
/// let cache = repool::Cache::builder().max_bytes(1 << 20).build();
/// cache.compile(r"\d+")?;
/// cache.compile(r"\d+")?;
/// let stats = cache.stats();
/// assert_eq!(stats.hit_ratio(), Some(0.5));
/// assert!(stats.to_string().contains("of 1.0 MiB"));
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Stats {
    /// Requests that compiled nothing: the cache had the pattern or its error, or another thread
    /// was compiling it.
    pub hits: u64,
    /// Requests that compiled a pattern.
    pub misses: u64,
    /// Hits that returned a remembered error.
    pub error_hits: u64,
    /// Hits that waited for another thread's compile.
    pub coalesced: u64,
    /// Misses that failed to compile.
    pub errors: u64,
    /// Misses for which the budget had no room, under [`Mode::Strict`](crate::Mode::Strict).
    pub refused: u64,
    /// Patterns taken into the cache.
    pub insertions: u64,
    /// Patterns compiled and returned but not kept: they were too large, or handles used up the
    /// budget.
    pub bypassed: u64,
    /// Patterns that two threads compiled at the same time, so that the cache dropped the second
    /// copy.
    pub duplicates: u64,
    /// Misses on patterns that were evicted a short time ago. With a budget larger by about a half
    /// they would have been hits.
    pub ghost_hits: u64,
    /// Hits on evicted patterns that a handle still held.
    pub readoptions: u64,
    /// Patterns dropped to make room.
    pub evictions_capacity: u64,
    /// Patterns dropped by [`Cache::purge`](crate::Cache::purge).
    pub evictions_purge: u64,
    /// Patterns dropped because [`Cache::resize`](crate::Cache::resize) made the budget smaller.
    pub evictions_resize: u64,
    /// Patterns dropped by [`Owner::release`](crate::Owner::release).
    pub evictions_release: u64,
    /// Patterns dropped because their [`Owner`](crate::Owner) had reached its limit.
    pub evictions_quota: u64,
    /// Patterns dropped by [`Cache::purge_idle`](crate::Cache::purge_idle).
    pub evictions_idle: u64,
    /// Patterns dropped by [`Cache::shrink_to`](crate::Cache::shrink_to) and
    /// [`Cache::give_back`](crate::Cache::give_back).
    pub evictions_pressure: u64,
    /// Patterns that lost their tables, but not their programs, to make room.
    pub table_drops: u64,
    /// Patterns in the cache.
    pub entries: usize,
    /// Evicted patterns that handles still hold, and that a request can find.
    pub pinned_entries: usize,
    /// Remembered errors.
    pub error_entries: usize,
    /// Bytes of the cached programs.
    pub program_bytes: usize,
    /// Bytes of the tables of hot patterns.
    pub table_bytes: usize,
    /// Bytes of the index: records, queues, hash tables.
    pub index_bytes: usize,
    /// Bytes of remembered errors.
    pub error_bytes: usize,
    /// Bytes of evicted programs that handles still hold.
    pub pinned_bytes: usize,
    /// Bytes of memory kept for the next patterns.
    pub spare_bytes: usize,
    /// Bytes of pages in use that no pattern and no table takes.
    pub slack_bytes: usize,
    /// Bytes of the total that are pages straight from the system. The rest is in the allocator of
    /// the process. Heap profilers see none of these pages.
    pub paged_bytes: usize,
    /// Bytes of the cache when it is empty.
    pub overhead_bytes: usize,
    /// The maximum of [`Stats::total_bytes`] so far.
    pub peak_bytes: usize,
    /// The budget; [`usize::MAX`] under [`Mode::Weak`](crate::Mode::Weak).
    pub max_bytes: usize,
    /// Bytes of the memory that the threads of the process use to search and to compile, for all
    /// caches together. Not part of the total, nor of the budget.
    pub scratch_bytes: usize,
    /// Bytes of Unicode tables that all patterns of the process share. Not part of the total, nor
    /// of the budget.
    pub shared_table_bytes: usize,
    /// The time spent on compiling.
    pub compile_time_spent: Duration,
    /// The time that hits would have spent on compiling.
    pub compile_time_saved: Duration,
    /// The time that [`Stats::ghost_hits`] spent on compiling, which a larger budget would have
    /// saved.
    pub compile_time_ghosts: Duration,
    /// The time since the cache was made.
    pub uptime: Duration,
    /// Whether the cache is switched off: see [`Cache::set_enabled`](crate::Cache::set_enabled).
    pub is_off: bool,
    total_bytes: usize,
}

impl Stats {
    pub(crate) fn of(stats: repool_cache::Stats) -> Stats {
        Stats {
            hits: stats.hits,
            misses: stats.misses,
            error_hits: stats.error_hits,
            coalesced: stats.coalesced,
            errors: stats.errors,
            refused: stats.refused,
            insertions: stats.insertions,
            bypassed: stats.bypassed,
            duplicates: stats.duplicates,
            ghost_hits: stats.ghost_hits,
            readoptions: stats.readoptions,
            evictions_capacity: stats.evictions_capacity,
            evictions_purge: stats.evictions_purge,
            evictions_resize: stats.evictions_resize,
            evictions_release: stats.evictions_release,
            evictions_quota: stats.evictions_quota,
            evictions_idle: stats.evictions_idle,
            evictions_pressure: stats.evictions_pressure,
            table_drops: stats.table_drops,
            entries: stats.entries,
            pinned_entries: stats.pinned_entries,
            error_entries: stats.error_entries,
            program_bytes: stats.program_bytes,
            table_bytes: stats.table_bytes,
            index_bytes: stats.index_bytes,
            error_bytes: stats.error_bytes,
            pinned_bytes: stats.pinned_bytes,
            spare_bytes: stats.spare_bytes,
            slack_bytes: stats.slack_bytes,
            paged_bytes: stats.paged_bytes,
            overhead_bytes: stats.overhead_bytes,
            peak_bytes: stats.peak_bytes,
            max_bytes: stats.max_bytes,
            scratch_bytes: stats.scratch_bytes,
            shared_table_bytes: repool_text::table_bytes(),
            compile_time_spent: stats.compile_time_spent,
            compile_time_saved: stats.compile_time_saved,
            compile_time_ghosts: stats.compile_time_ghosts,
            uptime: stats.uptime,
            is_off: stats.is_off,
            total_bytes: stats.total_bytes(),
        }
    }

    /// Every byte that the cache holds, read at one moment. The budget bounds this number.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// let empty = cache.stats().total_bytes();
    /// cache.compile("a")?;
    /// assert!(cache.stats().total_bytes() > empty);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        self.total_bytes
    }

    /// The number of requests: hits and misses.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// cache.compile("a")?;
    /// assert_eq!(cache.stats().lookups(), 1);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn lookups(&self) -> u64 {
        self.hits + self.misses
    }

    /// The number of patterns dropped, for any reason.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// cache.compile("a")?;
    /// cache.purge();
    /// assert_eq!(cache.stats().evictions(), 1);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn evictions(&self) -> u64 {
        self.reasons().iter().map(|(_, count)| count).sum()
    }

    /// The share of requests that were hits, from 0 to 1; `None` if there were no requests.
    ///
    /// # Example
    ///
    /// ```
    /// assert_eq!(repool::Stats::default().hit_ratio(), None);
    /// ```
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        (self.lookups() > 0).then(|| self.hits as f64 / self.lookups() as f64)
    }

    /// The statistics in the text format of Prometheus, every name starting with `repool_`.
    ///
    /// # Example
    ///
    /// ```
    /// let cache = repool::Cache::builder().build();
    /// cache.compile("a")?;
    /// let text = cache.stats().prometheus();
    /// assert!(text.contains("# TYPE repool_hits_total counter\nrepool_hits_total 0\n"));
    /// assert!(text.contains("repool_entries 1\n"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn prometheus(&self) -> String {
        let counters = [
            ("hits", self.hits),
            ("misses", self.misses),
            ("error_hits", self.error_hits),
            ("coalesced", self.coalesced),
            ("errors", self.errors),
            ("refused", self.refused),
            ("insertions", self.insertions),
            ("bypassed", self.bypassed),
            ("duplicates", self.duplicates),
            ("readoptions", self.readoptions),
            ("ghost_hits", self.ghost_hits),
            ("table_drops", self.table_drops),
        ];
        let times = [
            ("compile_seconds", self.compile_time_spent),
            ("compile_saved_seconds", self.compile_time_saved),
            ("compile_ghosts_seconds", self.compile_time_ghosts),
        ];
        let gauges = [
            ("entries", self.entries),
            ("pinned_entries", self.pinned_entries),
            ("error_entries", self.error_entries),
            ("total_bytes", self.total_bytes),
            ("peak_bytes", self.peak_bytes),
            ("max_bytes", self.max_bytes),
            ("is_off", usize::from(self.is_off)),
            ("scratch_bytes", self.scratch_bytes),
            ("shared_table_bytes", self.shared_table_bytes),
        ];
        let mut out = String::new();
        for (name, value) in counters {
            out += &format!("# TYPE repool_{name}_total counter\nrepool_{name}_total {value}\n");
        }
        out += "# TYPE repool_evictions_total counter\n";
        for (reason, value) in self.reasons() {
            out += &format!("repool_evictions_total{{reason=\"{reason}\"}} {value}\n");
        }
        for (name, time) in times {
            let seconds = time.as_secs_f64();
            out += &format!("# TYPE repool_{name}_total counter\nrepool_{name}_total {seconds}\n");
        }
        out += "# TYPE repool_bytes gauge\n";
        for (account, value) in self.accounts() {
            out += &format!("repool_bytes{{account=\"{account}\"}} {value}\n");
        }
        for (name, value) in gauges {
            out += &format!("# TYPE repool_{name} gauge\nrepool_{name} {value}\n");
        }
        out
    }

    /// The bytes that recently evicted patterns would need, in addition to the budget. The cache
    /// remembers 0.6 evicted patterns (ghosts) for each cached one.
    fn ghost_bytes(&self) -> usize {
        (self.program_bytes + self.table_bytes + self.index_bytes) / 10 * 6
    }

    /// The budget as a part of a sentence, if there is one.
    fn of_budget(&self) -> String {
        match self.max_bytes {
            usize::MAX => String::new(),
            bytes => format!(" of {}", Bytes(bytes)),
        }
    }

    /// The evictions by reason: the parts of [`Stats::evictions`].
    fn reasons(&self) -> [(&'static str, u64); 7] {
        [
            ("capacity", self.evictions_capacity),
            ("purge", self.evictions_purge),
            ("resize", self.evictions_resize),
            ("release", self.evictions_release),
            ("quota", self.evictions_quota),
            ("idle", self.evictions_idle),
            ("pressure", self.evictions_pressure),
        ]
    }

    /// The bytes by account: the parts of [`Stats::total_bytes`].
    fn accounts(&self) -> [(&'static str, usize); 8] {
        [
            ("programs", self.program_bytes),
            ("tables", self.table_bytes),
            ("index", self.index_bytes),
            ("errors", self.error_bytes),
            ("pinned", self.pinned_bytes),
            ("spare", self.spare_bytes),
            ("slack", self.slack_bytes),
            ("overhead", self.overhead_bytes),
        ]
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hits = match self.hit_ratio() {
            Some(ratio) => format!(" ({:.1} %)", ratio * 100.0),
            None => String::new(),
        };
        writeln!(
            f,
            "lookups    {}: {} hits{hits}, {} misses",
            self.lookups(),
            self.hits,
            self.misses
        )?;
        if self.is_off {
            writeln!(f, "switched   off")?;
        }
        writeln!(
            f,
            "patterns   {} cached, {} held elsewhere, {} errors",
            self.entries, self.pinned_entries, self.error_entries
        )?;
        let reasons: Vec<String> = (self.reasons().iter())
            .filter(|(_, count)| *count > 0)
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        let colon = if reasons.is_empty() { "" } else { ": " };
        writeln!(
            f,
            "evictions  {}{colon}{}",
            self.evictions(),
            reasons.join(", ")
        )?;
        writeln!(
            f,
            "memory     {}{}, at most {}",
            Bytes(self.total_bytes),
            self.of_budget(),
            Bytes(self.peak_bytes)
        )?;
        for (name, bytes) in (self.accounts().iter()).filter(|(_, bytes)| *bytes > 0) {
            writeln!(f, "  {name:<9}{}", Bytes(*bytes))?;
        }
        writeln!(
            f,
            "process    {} scratch, {} shared tables",
            Bytes(self.scratch_bytes),
            Bytes(self.shared_table_bytes)
        )?;
        write!(
            f,
            "compiling  {:.1?} spent, {:.1?} saved",
            self.compile_time_spent, self.compile_time_saved
        )?;
        if self.ghost_hits == 0 {
            return Ok(());
        }
        write!(
            f,
            "\nadvice     {} more would have saved at least {:.1?} of compiling per second: {} of {} misses",
            Bytes(self.ghost_bytes()),
            self.compile_time_ghosts
                .div_f64(self.uptime.as_secs_f64().max(1e-9)),
            self.ghost_hits,
            self.misses
        )
    }
}

/// A number of bytes, printed with a unit.
struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0 as f64;
        let mut units = ["KiB", "MiB", "GiB"].into_iter();
        let mut unit = "B";
        while value >= 1024.0
            && let Some(next) = units.next()
        {
            value /= 1024.0;
            unit = next;
        }
        let digits = if unit == "B" { 0 } else { 1 };
        write!(f, "{value:.digits$} {unit}")
    }
}
