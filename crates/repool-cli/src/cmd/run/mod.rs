//! The report: one workload through repool's cache, and the same through `regex` behind an LRU.
//!
//! ```text
//! workload ─► cold: each pattern compiled without a cache, the two taking turns
//!          └► drive: all lookups through repool's cache ──┐ digests of the spans
//!             drive: all lookups through regex + LRU ─────┴─► checked line by line ─► report
//! ```
//!
//! The LRU may hold as many entries as repool's budget held in the end, so that both have the same
//! chance to hit. Exercised by `tests/run.rs`.

mod check;
mod cold;
mod drive;
mod outcome;
mod print;
mod store;

use std::io::Write;
use std::num::NonZeroUsize;

use crate::alloc::Allocated;
use crate::args::Run;
use crate::fault::{Fault, Outcome};
use crate::report::progress;
use crate::workload::{BATCH_LINES, Catalogue, Shape, Workload};
use check::Agreement;
use drive::{drive, hit_ns};
use outcome::{Report, Side, Through};
use store::RegexLru;

/// Patterns of the loop that measures a hit: enough that no two in a row are the same, few enough
/// that any cache holds them.
const HIT_PATTERNS_MAX: usize = 64;

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
    let threads = usize::from(args.threads);
    let recurring = &workload.patterns[..workload.recurring_len];
    let line = &workload.batches[0][0];
    // On a thread of its own, so that what compiling leaves to a thread ends with it.
    let [our_cold, their_cold] = std::thread::scope(|scope| {
        let compare = scope.spawn(|| cold::compare(recurring, line));
        compare.join().expect("measuring does not panic")
    })?;

    let mut our_digests = vec![0; workload.lookups.len() * BATCH_LINES];
    let mut their_digests = our_digests.clone();

    let bar = progress(workload.lookups.len() as u64, "repool");
    let before = Allocated::now();
    let cache = repool::Cache::builder().max_bytes(args.budget).build();
    let driven = drive(&cache, workload, threads, &mut our_digests, &bar)?;
    let stats = cache.stats();
    let held = Allocated::now().since(before);
    let entries = stats.entries;
    let hit_patterns = (entries / 2)
        .clamp(1, HIT_PATTERNS_MAX)
        .min(recurring.len());
    let repool = Side {
        cold: our_cold.into(),
        through: Through {
            hits: stats.hits,
            misses: workload.lookups.len() as u64 - stats.hits,
            entries,
            bytes: held.bytes,
            hit_ns: hit_ns(&cache, &recurring[..hit_patterns])?,
            ..Through::of(&driven, workload)
        },
    };
    drop(cache);
    bar.finish_and_clear();

    let bar = progress(workload.lookups.len() as u64, "regex behind an LRU");
    let before = Allocated::now();
    let lru = RegexLru::new(NonZeroUsize::new(entries).unwrap_or(NonZeroUsize::MIN));
    let driven = drive(&lru, workload, threads, &mut their_digests, &bar)?;
    let held = Allocated::now().since(before);
    let misses = lru.misses();
    let regex = Side {
        cold: their_cold.into(),
        through: Through {
            hits: workload.lookups.len() as u64 - misses,
            misses,
            entries: lru.len(),
            bytes: held.bytes,
            hit_ns: hit_ns(&lru, &recurring[..hit_patterns])?,
            ..Through::of(&driven, workload)
        },
    };
    drop(lru);
    bar.finish_and_clear();

    Ok(Report {
        version: env!("CARGO_PKG_VERSION"),
        workload: outcome::Work::new(args, workload),
        budget_bytes: args.budget,
        repool,
        regex,
        accounts: outcome::accounts(&stats),
        total_bytes: stats.total_bytes(),
        peak_bytes: stats.peak_bytes,
        scratch_bytes: stats.scratch_bytes,
        evictions: stats.evictions(),
        agreement: Agreement::of(workload, &our_digests, &their_digests),
    })
}
