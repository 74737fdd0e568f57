//! `repool stats`: a workload through a cache, and what the cache says about it while it runs.
//!
//! ```text
//! service: patterns asked for on N threads ─► Cache ─► sample, four times a second ─► view ─► screen
//! ```
//!
//! On a terminal the view is drawn in place; elsewhere the last one is printed. The statistics come from the public API:
//! `Cache::stats` and `Cache::entries`. Exercised by `tests/stats.rs`.

mod sample;
mod screen;
mod service;
mod view;

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::args::Stats;
use crate::fault::{Fault, Outcome};
use crate::workload::{Catalogue, Shape};
use sample::{Report, Sample};
use screen::Screen;
use service::Service;

/// Time between two samples: a reader sees the numbers move and can still read them.
const STEP: Duration = Duration::from_millis(250);

/// Set by the first Ctrl-C, which ends the work early and lets the last view be printed.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Runs the workload and shows the cache's statistics.
pub(crate) fn run(args: &Stats, out: &mut impl Write) -> Result<Outcome, Fault> {
    let embedded = Catalogue::embedded().patterns.len();
    let pattern_len = args.patterns.unwrap_or(embedded);
    if !(1..=embedded).contains(&pattern_len) {
        return Err(Fault::new(format!(
            "--patterns {pattern_len}: from 1 to {embedded}, as many as are embedded"
        )));
    }
    let heard = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Relaxed) {
            // The second Ctrl-C ends at once: nothing on the screen has to be restored.
            std::process::exit(130);
        }
    });
    heard.map_err(|error| Fault::at("Ctrl-C", error))?;
    let service = Service::new(&Shape {
        pattern_len,
        lookup_len: 0,
        one_shot_percent: u64::from(args.one_shot),
        seed: args.seed,
    });
    let cache = repool::Cache::builder().max_bytes(args.max_bytes).build();
    let report = watch(args, &service, &cache, out)?;
    if args.prometheus {
        write!(out, "{}", report.stats.prometheus())?;
    } else if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    }
    Ok(Outcome::Good)
}

/// Runs the workload to its end and returns the last report. Shows the views unless the output is data.
fn watch(
    args: &Stats,
    service: &Service,
    cache: &repool::Cache,
    out: &mut impl Write,
) -> Result<Report, Fault> {
    let mut screen = (!args.json && !args.prometheus).then(Screen::new);
    let start = Instant::now();
    let end = (args.seconds > 0.0).then(|| start + Duration::from_secs_f64(args.seconds));
    let done = AtomicBool::new(false);
    let mut last = Sample::of(cache, start);
    let mut rates: Vec<f64> = Vec::new();
    std::thread::scope(|scope| {
        for thread in 0..args.threads {
            let done = &done;
            scope.spawn(move || service.run(cache, thread, done));
        }
        let result = loop {
            let now = Instant::now();
            let left = end.map_or(STEP, |end| end.saturating_duration_since(now));
            std::thread::sleep(left.min(STEP));
            let sample = Sample::of(cache, start);
            rates.push(sample.rate_since(&last));
            let is_last = INTERRUPTED.load(Relaxed) || end.is_some_and(|end| Instant::now() >= end);
            let report = Report::new(args, service, cache, &sample, &rates);
            last = sample;
            if let Some(screen) = &mut screen
                && let Err(error) = screen.show(out, &report, is_last)
            {
                // The threads are stopped before the fault is reported.
                break Err(error);
            }
            if is_last {
                break Ok(report);
            }
        };
        done.store(true, Relaxed);
        result
    })
}
