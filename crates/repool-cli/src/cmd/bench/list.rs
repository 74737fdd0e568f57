//! A list of patterns over one haystack.

use std::fs;
use std::io::Write;
use std::path::Path;

use repool_rebar::{Compiled, Contender, Searcher, Settings};
use serde::Serialize;

use super::exceptions::{Skipped, Wrong, print_skipped, print_wrong};
use super::means::{Mean, Pair, mean, print_means};
use crate::alloc::measure;
use crate::args::Bench;
use crate::fault::{Fault, Outcome};
use crate::measure::interleaved;
use crate::report::{Style, Table, bytes, progress, ratio, seconds, shown, throughput};

/// The ratios that the report shows: repool's measure over that of `regex`. The counts are comparable only because both
/// read every pattern alike.
const PAIRS: [Pair; 1] = [Pair {
    head: "/regex",
    this: 0,
    other: 1,
}];

/// All results.
#[derive(Debug, Serialize)]
struct Report {
    contenders: Vec<&'static str>,
    haystack_bytes: usize,
    patterns: Vec<Measured>,
    means: Vec<Mean>,
    skipped: Vec<Skipped>,
    wrong: Vec<Wrong>,
}

/// One pattern's result; lists are by contender.
#[derive(Debug, Serialize)]
struct Measured {
    pattern: String,
    count: u64,
    /// The median time of one compile.
    compile_seconds: Vec<Option<f64>>,
    /// The median time of finding all matches.
    search_seconds: Vec<Option<f64>>,
    /// Bytes allocated for the compiled pattern.
    bytes: Vec<Option<f64>>,
    /// Bytes allocated after the first search, which may build tables.
    bytes_searched: Vec<Option<f64>>,
}

/// A pattern that both accept, compiled by each, with the bytes allocated for it.
struct Ready {
    pattern: String,
    compiled: Vec<Compiled>,
    bytes: Vec<usize>,
}

/// Measures every wanted pattern of a file.
pub(super) fn run(
    args: &Bench,
    patterns: &Path,
    haystack: &Path,
    wanted: impl Fn(&str) -> bool,
    out: &mut impl Write,
) -> Result<Outcome, Fault> {
    let list: Vec<String> = read_patterns(patterns)?
        .into_iter()
        .filter(|pattern| wanted(pattern))
        .collect();
    let haystack = fs::read(haystack).map_err(|error| Fault::at(haystack.display(), error))?;
    let settings = Settings::from(&args.syntax);
    let mut report = Report {
        contenders: Contender::ALL.map(Contender::name).to_vec(),
        haystack_bytes: haystack.len(),
        patterns: Vec::new(),
        means: Vec::new(),
        skipped: Vec::new(),
        wrong: Vec::new(),
    };
    let ready = report.compile_all(list, &settings);
    let bar = progress(ready.len() as u64, "patterns");
    for one in ready {
        report.measure(one, &settings, &haystack, args);
        bar.inc(1);
    }
    bar.finish_and_clear();
    report.means = report.means();
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        report.print(out, args.summary)?;
    }
    Ok(Outcome::when(report.wrong.is_empty()))
}

/// Reads patterns: a JSON array of strings, or one pattern a line, empty lines left out.
fn read_patterns(path: &Path) -> Result<Vec<String>, Fault> {
    let text = fs::read_to_string(path).map_err(|error| Fault::at(path.display(), error))?;
    // A list of lines may start with a bracket too; only what is JSON as a whole is read as JSON.
    let patterns: Vec<String> = match serde_json::from_str(&text) {
        Ok(patterns) => patterns,
        Err(_) => text
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    if patterns.is_empty() {
        return Err(Fault::at(path.display(), "no patterns"));
    }
    Ok(patterns)
}

impl Report {
    /// Compiles all patterns and keeps them, so that each allocates memory that no other pattern freed.
    fn compile_all(&mut self, patterns: Vec<String>, settings: &Settings) -> Vec<Ready> {
        // An engine sets up its global tables once: their bytes belong to no pattern.
        for contender in Contender::ALL {
            drop(contender.compile(r"(?i)warm\s+up|\bw{2,5}", settings));
        }
        let mut ready = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            let mut one = Ready {
                pattern,
                compiled: Vec::with_capacity(Contender::ALL.len()),
                bytes: Vec::with_capacity(Contender::ALL.len()),
            };
            let mut refused = Vec::new();
            for contender in Contender::ALL {
                let (result, held) = measure(|| contender.compile(&one.pattern, settings));
                match result {
                    Ok(compiled) => {
                        one.compiled.push(compiled);
                        one.bytes.push(held.bytes);
                    }
                    Err(error) => {
                        let last = error.lines().last().unwrap_or_default();
                        refused.push(format!("{} refuses it: {last}", contender.name()));
                    }
                }
            }
            if refused.is_empty() {
                ready.push(one);
            } else {
                self.skipped.push(Skipped {
                    name: one.pattern,
                    reason: refused.join("; "),
                });
            }
        }
        ready
    }

    /// Checks that all count the same, then times them.
    fn measure(&mut self, one: Ready, settings: &Settings, haystack: &[u8], args: &Bench) {
        let mut counts = Vec::new();
        let mut bytes_searched = Vec::new();
        for (compiled, bytes) in one.compiled.iter().zip(&one.bytes) {
            let (count, held) = measure(|| search(compiled, haystack));
            counts.push(count);
            bytes_searched.push(Some((bytes + held.bytes) as f64));
        }
        // Contenders are checked against the last one, `regex`.
        let expected = counts[counts.len() - 1];
        let wrong = Contender::ALL
            .iter()
            .zip(&counts)
            .filter(|&(_, &count)| count != expected);
        let before = self.wrong.len();
        self.wrong.extend(wrong.map(|(contender, &count)| Wrong {
            name: one.pattern.clone(),
            contender: contender.name(),
            count,
            expected,
        }));
        if self.wrong.len() > before {
            return;
        }
        let compile_seconds = times(args, Contender::ALL.len(), |at| {
            let compiled = Contender::ALL[at].compile(&one.pattern, settings);
            u64::from(std::hint::black_box(compiled).is_ok())
        });
        let search_seconds = times(args, one.compiled.len(), |at| {
            search(&one.compiled[at], haystack)
        });
        self.patterns.push(Measured {
            pattern: one.pattern,
            count: expected,
            compile_seconds,
            search_seconds,
            bytes: one.bytes.iter().map(|&held| Some(held as f64)).collect(),
            bytes_searched,
        });
    }

    fn means(&self) -> Vec<Mean> {
        let of = |name: &str, row: fn(&Measured) -> &[Option<f64>]| {
            let rows = self
                .patterns
                .iter()
                .map(|one| (one.pattern.as_str(), row(one)));
            mean(name, &PAIRS, rows)
        };
        vec![
            of("compile time", |one| &one.compile_seconds),
            of("search time", |one| &one.search_seconds),
            of("bytes, compiled", |one| &one.bytes),
            of("bytes, after a search", |one| &one.bytes_searched),
        ]
    }

    fn print(&self, out: &mut impl Write, summary: bool) -> Result<(), Fault> {
        let style = Style::for_stdout();
        let mut heads = vec!["pattern"];
        for measure in ["compile", "search", "bytes"] {
            heads.push(measure);
            heads.extend(&self.contenders[1..]);
            heads.extend(PAIRS.map(|pair| pair.head));
        }
        let mut table = Table::new(&heads, 22);
        for one in &self.patterns {
            let ratios = |row: &[Option<f64>]| PAIRS.map(|pair| shown(pair.of(row), ratio));
            let search = |time: f64| throughput(self.haystack_bytes, time);
            let held = |held: f64| bytes(held as usize);
            let mut cells = vec![one.pattern.clone()];
            cells.extend(one.compile_seconds.iter().map(|&t| shown(t, seconds)));
            cells.extend(ratios(&one.compile_seconds));
            cells.extend(one.search_seconds.iter().map(|&t| shown(t, search)));
            cells.extend(ratios(&one.search_seconds));
            cells.extend(one.bytes.iter().map(|&b| shown(b, held)));
            cells.extend(ratios(&one.bytes));
            table.row(cells);
        }
        if !summary && !table.is_empty() {
            write!(out, "\n{}", table.render(style))?;
        }
        print_means(out, style, &PAIRS, &self.means)?;
        let note = "ratios are repool / regex; below 1, repool takes less";
        writeln!(out, "  {}", style.dim(note))?;
        print_skipped(out, style, &self.skipped)?;
        print_wrong(
            out,
            style,
            &self.wrong,
            "both find the same number of matches for every pattern",
        )
    }
}

/// Finds all matches, with an engine whose searches do not fail.
fn search(compiled: &Compiled, haystack: &[u8]) -> u64 {
    compiled.count(haystack).unwrap_or(u64::MAX)
}

/// The median time of each contender. `work` gets the index of the contender.
fn times(args: &Bench, len: usize, work: impl Fn(usize) -> u64) -> Vec<Option<f64>> {
    let work = &work;
    let mut works: Vec<_> = (0..len).map(|at| move || work(at)).collect();
    let mut works: Vec<&mut dyn FnMut() -> u64> = works
        .iter_mut()
        .map(|work| work as &mut dyn FnMut() -> u64)
        .collect();
    let times = interleaved(args.time, &mut works);
    times.into_iter().map(Some).collect()
}
