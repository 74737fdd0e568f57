//! `repool bench cache`: which patterns a cache keeps, and what that saves and costs.
//!
//! ```text
//! streams ─► policy: plain LRU, CPython's two dictionaries, repool's cache, the optimum ─► Course
//!                                   table on standard output, --json, --plot FILE ◄────────┘
//! ```
//!
//! The others hold a number of entries. repool gets the bytes that as many patterns of the first stream
//! take in it, so that all hold about as much. Exercised by `tests/policies.rs`.

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

/// The bytes in which repool's cache holds about so many patterns of the stream when it is full.
fn budget(stream: &Stream, entries: usize) -> usize {
    let wanted = entries.min(stream.patterns.len());
    let mean = stream.sizes.iter().sum::<usize>() / stream.sizes.len();
    let empty = repool::Cache::builder().build().stats().total_bytes();
    let mut max_bytes = empty + entries * mean;
    // What the cache adds to the programs depends on how many there are, so it is asked, and again.
    for _ in 0..5 {
        let mut probe = Repool::new(stream, max_bytes);
        probe.run(&stream.keys);
        let held = probe.stats().entries;
        if held == stream.patterns.len() {
            // All of them fit, so there is nothing to learn from how many they are.
            return max_bytes;
        }
        // A budget that holds next to nothing tells little about how much more is needed.
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
        note("optimal: knows what comes, and does the best that so many entries can".into())?;
        if let Some(path) = &args.plot {
            note(format!("drawn in {}", path.display()))?;
        }
        Ok(())
    }
}
