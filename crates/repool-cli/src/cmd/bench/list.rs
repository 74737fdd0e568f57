//! A list of patterns over one haystack.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::{Mean, Skipped, Wrong, mean, print_means, print_skipped, print_wrong, ratio_heads};
use crate::alloc::measure;
use crate::args::Bench;
use crate::contender::{Compiled, Contender, Settings};
use crate::fault::{Fault, Outcome};
use crate::measure::interleaved;
use crate::report::{Style, Table, bytes, progress, ratio, seconds, throughput};

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
    compile_seconds: Vec<f64>,
    /// The median time of finding all matches.
    search_seconds: Vec<f64>,
    /// Bytes allocated for the compiled pattern.
    bytes: Vec<f64>,
    /// The same after the first search, which may set up tables.
    bytes_searched: Vec<f64>,
}

/// A pattern that both accept, compiled by each, and the bytes that took.
struct Ready {
    pattern: String,
    compiled: Vec<Compiled>,
    bytes: Vec<f64>,
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
    /// Compiles all patterns and keeps them, so that what each takes is newly allocated and not what
    /// another left behind.
    fn compile_all(&mut self, patterns: Vec<String>, settings: &Settings) -> Vec<Ready> {
        // What an engine sets up once and for all belongs to no pattern.
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
                        one.bytes.push(held.bytes as f64);
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

    /// Checks that all count the same and takes the times.
    fn measure(&mut self, one: Ready, settings: &Settings, haystack: &[u8], args: &Bench) {
        let mut counts = Vec::new();
        let mut bytes_searched = Vec::new();
        for (compiled, bytes) in one.compiled.iter().zip(&one.bytes) {
            let (count, held) = measure(|| compiled.count(haystack));
            counts.push(count);
            bytes_searched.push(bytes + held.bytes as f64);
        }
        // Contenders are checked against the last one, the oldest judge there is.
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
            one.compiled[at].count(haystack)
        });
        self.patterns.push(Measured {
            pattern: one.pattern,
            count: expected,
            compile_seconds,
            search_seconds,
            bytes: one.bytes,
            bytes_searched,
        });
    }

    fn means(&self) -> Vec<Mean> {
        let of = |name: &str, row: fn(&Measured) -> &[f64]| {
            let rows = self
                .patterns
                .iter()
                .map(|one| (one.pattern.as_str(), row(one)));
            // A ratio to nothing is none.
            mean(name, rows.filter(|(_, row)| row.iter().all(|&n| n > 0.0)))
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
        let ratio_heads = ratio_heads();
        let ratio_heads = || ratio_heads.iter().map(String::as_str);
        let mut heads = vec!["pattern"];
        heads.push("compile");
        heads.extend(&self.contenders[1..]);
        heads.extend(ratio_heads());
        heads.push("search");
        heads.extend(&self.contenders[1..]);
        heads.extend(ratio_heads());
        heads.push("bytes");
        heads.extend(&self.contenders[1..]);
        let mut table = Table::new(&heads, 22);
        for one in &self.patterns {
            let ratios = |row: &[f64]| super::ratios(row).into_iter().map(ratio);
            let mut cells = vec![one.pattern.clone()];
            cells.extend(one.compile_seconds.iter().map(|&time| seconds(time)));
            cells.extend(ratios(&one.compile_seconds));
            cells.extend(
                one.search_seconds
                    .iter()
                    .map(|&time| throughput(self.haystack_bytes, time)),
            );
            cells.extend(ratios(&one.search_seconds));
            cells.extend(one.bytes.iter().map(|&held| bytes(held as usize)));
            table.row(cells);
        }
        if !summary && !table.is_empty() {
            write!(out, "\n{}", table.render(style))?;
        }
        print_means(out, style, &self.means)?;
        print_skipped(out, style, &self.skipped)?;
        print_wrong(
            out,
            style,
            &self.wrong,
            "both find the same number of matches for every pattern",
        )
    }
}

/// The median times of a work that is the same for all contenders but for their index.
fn times(args: &Bench, len: usize, work: impl Fn(usize) -> u64) -> Vec<f64> {
    let work = &work;
    let mut works: Vec<_> = (0..len).map(|at| move || work(at)).collect();
    let mut works: Vec<&mut dyn FnMut() -> u64> = works
        .iter_mut()
        .map(|work| work as &mut dyn FnMut() -> u64)
        .collect();
    interleaved(args.time, &mut works)
}
