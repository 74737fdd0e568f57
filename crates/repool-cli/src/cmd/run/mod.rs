//! The report: one workload through repool's cache, and the same through `regex` behind an LRU.
//!
//! ```text
//! workload ─► cold: each pattern compiled without a cache, the two taking turns
//!          └► laps: a part of the lookups through repool's cache ──┐ digests of the spans,
//!                   the same part through regex + LRU, and so on ──┴─► checked line by line ─► report
//! ```
//!
//! The LRU holds as many entries as repool's budget holds in the end, so that both have the same chance to hit. A run
//! ahead measures that number. Exercised by `tests/run.rs`.

mod check;
mod cold;
mod drive;
mod outcome;
mod print;
mod store;

use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::Duration;

use indicatif::ProgressBar;

use crate::alloc;
use crate::args::Run;
use crate::fault::{Fault, Outcome};
use crate::measure::interleaved;
use crate::report::progress;
use crate::workload::{Catalogue, Shape, Workload};
use check::Agreement;
use drive::Laps;
use outcome::{Books, Report, Side, Through, Work};
use store::{RegexLru, Store};

/// Patterns of the loop that measures a hit. With more than one, no two in a row are the same; any cache holds 64.
const HIT_PATTERNS_MAX: usize = 64;

/// How long hits are measured.
const HIT_TIME: Duration = Duration::from_millis(50);

/// Laps that the lookups are cut into.
const LAPS: usize = 20;

/// Runs the workload and prints the report.
pub(crate) fn run(args: &Run, out: &mut impl Write) -> Result<Outcome, Fault> {
    let embedded = Catalogue::embedded().patterns.len();
    let pattern_len = args.patterns.unwrap_or(embedded);
    if !(1..=embedded).contains(&pattern_len) {
        return Err(Fault::new(format!(
            "--patterns {pattern_len}: from 1 to {embedded}, as many as are embedded"
        )));
    }
    let workload = Workload::new(&Shape {
        pattern_len,
        lookup_len: args.lookups as usize,
        one_shot_percent: u64::from(args.one_shot),
        seed: args.seed,
    });
    let report = measure(args, &workload).map_err(Fault::new)?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        print::print(out, &report)?;
    }
    Ok(Outcome::when(report.agreement.disagreements.is_empty()))
}

fn measure(args: &Run, workload: &Workload) -> Result<Report, String> {
    let recurring = &workload.patterns[..workload.recurring_len];
    let new_cache = || repool::Cache::builder().max_bytes(args.budget).build();
    // On a thread of its own, so that its thread-local memory is freed before the laps.
    let (cold, capacity) = std::thread::scope(|scope| {
        let ahead = scope.spawn(|| {
            let cold = cold::compare(recurring, &workload.batches[0][0])?;
            Ok::<_, String>((cold, scout(&new_cache(), args, workload)?))
        });
        ahead.join().expect("measuring does not panic")
    })?;
    let [our_cold, their_cold] = cold;

    let (mut ours, mut theirs) = (Laps::new(workload), Laps::new(workload));
    let (cache, our_fixed) = alloc::measure(new_cache);
    let (lru, their_fixed) = alloc::measure(|| RegexLru::new(capacity));
    let bar = progress(
        2 * workload.lookups.len() as u64,
        "repool and regex, in turns",
    );
    for lap in laps(workload) {
        let threads = usize::from(args.threads);
        ours.lap(&cache, workload, lap.clone(), threads, &bar)?;
        theirs.lap(&lru, workload, lap, threads, &bar)?;
    }
    bar.finish_and_clear();
    let stats = cache.stats();
    let lookup_len = workload.lookups.len() as u64;
    let mut repool = Through::of(&mut ours, workload);
    repool.bytes += our_fixed.bytes;
    repool.entries = stats.entries;
    repool.misses = stats.misses;
    repool.hits = lookup_len - stats.misses;
    let mut regex = Through::of(&mut theirs, workload);
    regex.bytes += their_fixed.bytes;
    regex.entries = lru.len();
    regex.misses = lru.misses();
    regex.hits = lookup_len - lru.misses();
    [repool.hit_ns, regex.hit_ns] = hits(&cache, &lru, recurring);
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        workload: Work::new(args, workload),
        budget_bytes: args.budget,
        lru_capacity: capacity.get(),
        repool: Side {
            cold: our_cold.into(),
            through: repool,
        },
        regex: Side {
            cold: their_cold.into(),
            through: regex,
        },
        books: Books::of(&stats),
        agreement: Agreement::of(workload, &ours.digests, &theirs.digests),
    };
    Ok(report)
}

/// The lookups of each lap. The contenders take turns, so that a drift of the machine's speed meets both.
fn laps(workload: &Workload) -> impl Iterator<Item = Range<usize>> {
    let len = workload.lookups.len();
    let lap = len.div_ceil(LAPS);
    (0..len)
        .step_by(lap)
        .map(move |start| start..(start + lap).min(len))
}

/// Runs the lookups once without `regex`. Returns the number of entries that the budget holds in the end.
fn scout(cache: &repool::Cache, args: &Run, workload: &Workload) -> Result<NonZeroUsize, String> {
    let all = 0..workload.lookups.len();
    let hidden = ProgressBar::hidden();
    Laps::new(workload).lap(cache, workload, all, usize::from(args.threads), &hidden)?;
    Ok(NonZeroUsize::new(cache.stats().entries).unwrap_or(NonZeroUsize::MIN))
}

/// The times of a hit of both, in nanoseconds: frequent patterns, asked for in turn.
///
/// In a loop, because the clock costs as much as a hit.
fn hits(cache: &repool::Cache, lru: &RegexLru, patterns: &[String]) -> [f64; 2] {
    let len = (lru.len() / 2)
        .clamp(1, HIT_PATTERNS_MAX)
        .min(patterns.len());
    let patterns = &patterns[..len];
    let times = interleaved(
        HIT_TIME,
        &mut [&mut || all_compile(cache, patterns), &mut || {
            all_compile(lru, patterns)
        }],
    );
    [times[0], times[1]].map(|seconds| seconds * 1e9 / len as f64)
}

fn all_compile<S: Store>(store: &S, patterns: &[String]) -> bool {
    patterns
        .iter()
        .all(|pattern| std::hint::black_box(store.get(pattern)).is_ok())
}
