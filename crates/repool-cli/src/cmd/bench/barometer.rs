//! Benchmarks in rebar's format: repool and `regex` in the place of `rust/regex`.
//!
//! repool is measured twice: with a pattern compiled before, as `regex` is, and with a cache that every run asks for the
//! pattern again.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use repool_rebar::{Collection, Compiled, Contender, Model, Skip, Task};
use serde::Serialize;

use super::exceptions::{Skipped, Wrong, print_wrong};
use super::means::{Mean, Pair, mean, print_means};
use crate::args::Bench;
use crate::fault::{Fault, Outcome};
use crate::measure::interleaved;
use crate::report::{Style, Table, cut_start, progress, ratio, seconds, shown, throughput};

/// The columns: the contenders, then repool with its cache.
const COLUMNS: [&str; 3] = ["repool", "regex", "cached"];

/// The ratios of columns that the report shows.
const PAIRS: [Pair; 2] = [pair("/regex", 0, 1), pair("cached/repool", 2, 0)];

const fn pair(head: &'static str, this: usize, other: usize) -> Pair {
    Pair { head, this, other }
}

/// Budget of the cache in bytes: enough for every pattern of a collection, so that none is evicted.
const CACHE_BYTES: usize = 1 << 30;

/// The widest name of a benchmark in the table.
const NAME: usize = 36;

/// All results.
#[derive(Debug, Serialize)]
struct Report {
    /// What [`Measured::seconds`] are the times of.
    columns: [&'static str; COLUMNS.len()],
    benchmarks: Vec<Measured>,
    means: Vec<Mean>,
    /// Benchmarks that were not run.
    skipped: Vec<Skipped>,
    /// Contenders that did not run a benchmark.
    absent: Vec<Absent>,
    wrong: Vec<Wrong>,
    /// The kinds of reasons in `skipped`, each with its number of benchmarks.
    #[serde(skip)]
    kinds: BTreeMap<String, usize>,
}

/// One benchmark's result.
#[derive(Debug, Serialize)]
struct Measured {
    name: String,
    #[serde(serialize_with = "model_name")]
    model: Model,
    haystack_bytes: usize,
    count: u64,
    /// The median time of one run, by column.
    seconds: Vec<Option<f64>>,
}

/// A contender that did not take part in a benchmark.
#[derive(Debug, Serialize)]
struct Absent {
    name: String,
    contender: &'static str,
    reason: String,
}

fn model_name<S: serde::Serializer>(model: &Model, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(model.name())
}

/// Runs every wanted benchmark of a folder.
pub(super) fn run(
    args: &Bench,
    folder: &Path,
    wanted: impl Fn(&str) -> bool,
    out: &mut impl Write,
) -> Result<Outcome, Fault> {
    let collection = Collection::read(folder).map_err(Fault::new)?;
    let names: Vec<&str> = collection.names().filter(|name| wanted(name)).collect();
    if names.is_empty() {
        return Err(Fault::new("--filter: no benchmark has such a name"));
    }
    let cache = repool::Cache::builder().max_bytes(CACHE_BYTES).build();
    let mut report = Report {
        columns: COLUMNS,
        benchmarks: Vec::new(),
        means: Vec::new(),
        skipped: Vec::new(),
        absent: Vec::new(),
        wrong: Vec::new(),
        kinds: BTreeMap::new(),
    };
    let bar = progress(names.len() as u64, "benchmarks");
    for name in names {
        bar.set_message(name.to_owned());
        match collection.task(name) {
            Ok(task) => report.measure(name, &task, &cache, args),
            Err(skip) => report.skip(name, skip),
        }
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

/// Compiles the pattern and checks the contender's count. The inner error is a wrong count, with the right one.
fn prepare(contender: Contender, task: &Task) -> Result<Result<Compiled, (u64, u64)>, String> {
    let compiled = contender.compile(&task.pattern, &task.settings);
    let compiled = compiled.map_err(|error| {
        let last = error.lines().last().unwrap_or_default().trim().to_owned();
        format!("{} refuses it: {last}", contender.name())
    })?;
    let count = task.model.count(&compiled, &task.haystack)?;
    Ok(if count == task.count {
        Ok(compiled)
    } else {
        Err((count, task.count))
    })
}

impl Report {
    fn skip(&mut self, name: &str, skip: Skip) {
        *self.kinds.entry(skip.kind).or_default() += 1;
        self.skipped.push(Skipped {
            name: name.to_owned(),
            reason: skip.reason,
        });
    }

    /// Checks the counts of one benchmark and times the contenders whose count is right.
    fn measure(&mut self, name: &str, task: &Task, cache: &repool::Cache, args: &Bench) {
        let mut compiled: Vec<Option<Compiled>> = Vec::new();
        for contender in Contender::ALL {
            let ready = match prepare(contender, task) {
                Ok(Ok(ready)) => Some(ready),
                Ok(Err((count, expected))) => {
                    self.wrong.push(Wrong {
                        name: name.to_owned(),
                        contender: contender.name(),
                        count,
                        expected,
                    });
                    None
                }
                Err(reason) => {
                    self.absent.push(Absent {
                        name: name.to_owned(),
                        contender: contender.name(),
                        reason,
                    });
                    None
                }
            };
            compiled.push(ready);
        }
        if compiled[0].is_none() {
            return;
        }
        let mut works: Vec<(usize, Work<'_>)> = Vec::new();
        for (contender, compiled) in Contender::ALL.into_iter().zip(&compiled) {
            if let Some(compiled) = compiled {
                works.push((contender as usize, work(contender, task, compiled)));
            }
        }
        works.push((COLUMNS.len() - 1, cached(cache, task)));
        let mut runs: Vec<&mut dyn FnMut() -> u64> =
            works.iter_mut().map(|(_, work)| &mut **work as _).collect();
        let times = interleaved(args.time, &mut runs);
        let mut seconds = vec![None; COLUMNS.len()];
        for ((column, _), time) in works.iter().zip(times) {
            seconds[*column] = Some(time);
        }
        self.benchmarks.push(Measured {
            name: name.to_owned(),
            model: task.model,
            haystack_bytes: task.haystack.len(),
            count: task.count,
            seconds,
        });
    }

    /// The mean of each model, and of all models that search.
    fn means(&self) -> Vec<Mean> {
        let of = |name: &str, wanted: &dyn Fn(Model) -> bool| {
            let rows = self.benchmarks.iter().filter(|one| wanted(one.model));
            let rows = rows.map(|one| (one.name.as_str(), one.seconds.as_slice()));
            mean(name, &PAIRS, rows)
        };
        let mut means: Vec<Mean> = Model::ALL
            .into_iter()
            .map(|model| of(model.name(), &|other| other == model))
            .collect();
        means.push(of("all that search", &|model| model != Model::Compile));
        means
    }

    fn print(&self, out: &mut impl Write, summary: bool) -> Result<(), Fault> {
        let style = Style::for_stdout();
        if !summary && !self.benchmarks.is_empty() {
            write!(out, "\n{}", self.table().render(style))?;
        }
        print_means(out, style, &PAIRS, &self.means)?;
        self.notes(out, style)?;
        print_wrong(
            out,
            style,
            &self.wrong,
            "every count is what the definitions say",
        )
    }

    /// All benchmarks, a section for each model.
    fn table(&self) -> Table {
        let mut heads = vec!["benchmark"];
        heads.extend(COLUMNS);
        heads.extend(PAIRS[..1].iter().map(|pair| pair.head));
        let mut table = Table::new(&heads, NAME);
        let folder = shared_folder(self.benchmarks.iter().map(|one| one.name.as_str()));
        for model in Model::ALL {
            let of_model = self.benchmarks.iter().filter(|one| one.model == model);
            for (at, one) in of_model.enumerate() {
                if at == 0 {
                    table.section(model.name());
                }
                let speed = |time: f64| match model {
                    Model::Compile => seconds(time),
                    _ => throughput(one.haystack_bytes, time),
                };
                let mut cells = vec![cut_start(&one.name[folder..], NAME)];
                cells.extend(one.seconds.iter().map(|&time| shown(time, speed)));
                cells.extend(PAIRS[..1].iter().map(|p| shown(p.of(&one.seconds), ratio)));
                table.row(cells);
            }
        }
        table
    }

    /// Explains the figures and lists what has none.
    fn notes(&self, out: &mut impl Write, style: Style) -> Result<(), Fault> {
        let mut note = |text: &str| writeln!(out, "  {}", style.dim(text));
        note("ratios are of times: repool / the other, and cached / repool; below 1, less time")?;
        note("cached: each run asks the cache for the pattern again, then does the same")?;
        if !self.skipped.is_empty() {
            let kinds: Vec<String> = self
                .kinds
                .iter()
                .map(|(kind, len)| format!("{len} {kind}"))
                .collect();
            note(&format!(
                "{} not run (--json has the names): {}",
                self.skipped.len(),
                kinds.join("; ")
            ))?;
        }
        let mut without: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for one in &self.absent {
            let names = without.entry((one.contender, &one.reason)).or_default();
            names.push(&one.name);
        }
        for ((contender, reason), names) in without {
            let first = names[0];
            let others = match names.len() {
                1 => String::new(),
                len => format!(" and {} more", len - 1),
            };
            note(&format!("without {contender}: {first}{others}: {reason}"))?;
        }
        Ok(())
    }
}

/// The length of the folder that all names start with.
fn shared_folder<'a>(mut names: impl Iterator<Item = &'a str>) -> usize {
    let Some(first) = names.next() else {
        return 0;
    };
    let mut shared = first.rfind('/').map_or(0, |at| at + 1);
    for name in names {
        while !name.starts_with(&first[..shared]) {
            shared = first[..shared - 1].rfind('/').map_or(0, |at| at + 1);
        }
    }
    shared
}

/// One run to be timed; returns a count.
type Work<'a> = Box<dyn FnMut() -> u64 + 'a>;

/// A run of a contender with a pattern that was compiled before, or a compile.
fn work<'a>(contender: Contender, task: &'a Task, compiled: &'a Compiled) -> Work<'a> {
    if task.model == Model::Compile {
        Box::new(move || {
            let compiled = contender.compile(&task.pattern, &task.settings);
            u64::from(std::hint::black_box(compiled).is_ok())
        })
    } else {
        Box::new(move || task.model.count(compiled, &task.haystack).unwrap_or(0))
    }
}

/// A run of repool that takes the pattern from the cache. For [`Model::Compile`] the run is only that.
fn cached<'a>(cache: &'a repool::Cache, task: &'a Task) -> Work<'a> {
    let options = task.settings.options();
    Box::new(move || {
        let Ok(regex) = cache.compile_bytes_with(&task.pattern, &options) else {
            return 0;
        };
        if task.model == Model::Compile {
            std::hint::black_box(regex);
            return 1;
        }
        let compiled = Compiled::Repool(regex);
        task.model.count(&compiled, &task.haystack).unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_share_whole_folders() {
        let shared = |names: &[&str]| shared_folder(names.iter().copied());
        assert_eq!(shared(&[]), 0);
        assert_eq!(shared(&["a/b/c", "a/b/d"]), 4);
        assert_eq!(shared(&["a/b/c", "a/bb/c"]), 2);
        assert_eq!(shared(&["a/b", "b/b"]), 0);
        assert_eq!(shared(&["c"]), 0);
    }

    #[test]
    fn columns_are_contenders() {
        let names = Contender::ALL.map(Contender::name);
        assert_eq!(names, COLUMNS[..names.len()]);
        for (at, contender) in Contender::ALL.into_iter().enumerate() {
            assert_eq!(contender as usize, at);
        }
    }
}
