//! `repool bench cache`: which patterns a cache keeps, in hits and in bytes.
//!
//! ```text
//! streams ─► policy: plain LRU, CPython's two dictionaries, repool's cache, the optimum ─► Course
//!                                   table on standard output, --json, --plot FILE ◄────────┘
//! ```
//!
//! The simulated policies hold a number of entries. repool's budget is the bytes that as many patterns of the first
//! stream take in its cache, so that all hold about as much. Exercised by `tests/policies.rs`.

mod course;
mod plot;
mod policy;
mod streams;

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;

use crate::args::BenchCache;
use crate::fault::{Fault, Outcome};
use crate::report::{Style, Table, bytes, count, percent, progress};
use course::{Course, Measured, POLICIES, Report};
use policy::{Cpython, Lru, Optimal, Policy, Repool};
use streams::Stream;

/// Runs every policy over every stream.
pub(super) fn run(args: &BenchCache, out: &mut impl Write) -> Result<Outcome, Fault> {
    let streams = match &args.trace {
        Some(path) => vec![Stream::read(path)?],
        None => streams::generated(args.requests as usize, args.entries.get(), args.seed),
    };
    let max_bytes = match args.max_bytes {
        Some(bytes) => bytes,
        None => budget(&streams[0], args.entries.get()),
    };
    let mut report = Report {
        entries: args.entries.get(),
        max_bytes,
        policies: POLICIES,
        streams: Vec::new(),
    };
    let bar = progress(streams.len() as u64, "streams");
    for stream in &streams {
        bar.set_message(stream.name.clone());
        report
            .streams
            .push(Measured::of(stream, args.entries, max_bytes));
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Some(path) = &args.plot {
        fs::write(path, plot::svg(&report)).map_err(|error| Fault::at(path.display(), error))?;
    }
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        report.print(out, args)?;
    }
    Ok(Outcome::Good)
}

/// The budget in bytes with which a full cache of repool holds about `entries` patterns of the stream.
fn budget(stream: &Stream, entries: usize) -> usize {
    let wanted = entries.min(stream.patterns.len());
    let mean = stream.sizes.iter().sum::<usize>() / stream.sizes.len();
    let empty = repool::Cache::builder().build().stats().total_bytes();
    let mut max_bytes = empty + entries * mean;
    // The cache's own bytes depend on the number of entries, so a few rounds approach the budget.
    for _ in 0..5 {
        let mut probe = Repool::new(stream, max_bytes);
        probe.run(&stream.keys);
        let held = probe.stats().entries;
        if held == stream.patterns.len() {
            // All patterns fit: a larger budget would hold no more of them.
            return max_bytes;
        }
        // At most twice the budget a round: a cache with few entries predicts the need badly.
        max_bytes = (max_bytes * wanted / held.max(1)).min(max_bytes * 2);
    }
    max_bytes
}

impl Measured {
    fn of(stream: &Stream, entries: NonZeroUsize, max_bytes: usize) -> Measured {
        let mut repool = Repool::new(stream, max_bytes);
        let courses = vec![
            Course::of(&mut Lru::new(stream, entries), stream),
            Course::of(&mut Cpython::new(stream, entries), stream),
            Course::of(&mut repool, stream),
            Course::of(&mut Optimal::new(stream, entries), stream),
        ];
        Measured {
            name: stream.name.clone(),
            requests: stream.keys.len(),
            patterns: stream.patterns.len(),
            repool_entries: repool.stats().entries,
            courses,
        }
    }
}

impl Report {
    fn print(&self, out: &mut impl Write, args: &BenchCache) -> Result<(), Fault> {
        let style = Style::for_stdout();
        let mut table = Table::new(&[&["requests that hit"], &POLICIES[..]].concat(), 44);
        for stream in &self.streams {
            let ratios = stream.courses.iter().map(|one| percent(one.hit_ratio));
            table.row([stream.name.clone()].into_iter().chain(ratios));
        }
        write!(out, "\n{}", table.render(style))?;
        let mut table = Table::new(&[&["bytes at most"], &POLICIES[..]].concat(), 44);
        for stream in &self.streams {
            let peaks = stream.courses.iter().map(|one| bytes(one.peak_bytes));
            table.row([stream.name.clone()].into_iter().chain(peaks));
        }
        write!(out, "\n{}", table.render(style))?;
        let mut note = |text: String| writeln!(out, "  {}", style.dim(&text));
        note(format!(
            "{} requests each; LRU, CPython and the optimum hold {} entries, repool {}",
            count(self.streams[0].requests as u64),
            count(self.entries as u64),
            bytes(self.max_bytes),
        ))?;
        note(
            "bytes: all that repool's cache has on its books; of the others the programs only"
                .into(),
        )?;
        note(
            "optimal: knows the future, so that no policy with as many entries hits more often"
                .into(),
        )?;
        if let Some(path) = &args.plot {
            note(format!("drawn in {}", path.display()))?;
        }
        Ok(())
    }
}
