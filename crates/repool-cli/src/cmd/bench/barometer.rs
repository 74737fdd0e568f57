//! Benchmarks in rebar's format, each engine in the place of `rust/regex`.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::{Mean, Skipped, Wrong, mean, print_means, print_skipped, print_wrong, ratio_heads};
use crate::args::Bench;
use crate::contender::{Compiled, Contender};
use crate::fault::{Fault, Outcome};
use crate::measure::interleaved;
use crate::rebar::{Collection, Model, Task};
use crate::report::{Style, Table, progress, ratio, seconds, throughput};

/// All results.
#[derive(Debug, Serialize)]
struct Report {
    contenders: Vec<&'static str>,
    benchmarks: Vec<Measured>,
    means: Vec<Mean>,
    skipped: Vec<Skipped>,
    wrong: Vec<Wrong>,
}

/// One benchmark's result.
#[derive(Debug, Serialize)]
struct Measured {
    name: String,
    #[serde(serialize_with = "model_name")]
    model: Model,
    haystack_bytes: usize,
    count: u64,
    /// The median time of one run, by contender.
    seconds: Vec<f64>,
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
    let collection = Collection::read(folder)?;
    let names: Vec<&str> = collection.names().filter(|name| wanted(name)).collect();
    let mut report = Report {
        contenders: Contender::ALL.map(Contender::name).to_vec(),
        benchmarks: Vec::new(),
        means: Vec::new(),
        skipped: Vec::new(),
        wrong: Vec::new(),
    };
    let bar = progress(names.len() as u64, "benchmarks");
    for name in names {
        bar.set_message(name.to_owned());
        match collection.task(name) {
            Ok(task) => report.measure(name, &task, args),
            Err(reason) => report.skip(name, reason),
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

impl Report {
    fn skip(&mut self, name: &str, reason: String) {
        self.skipped.push(Skipped {
            name: name.to_owned(),
            reason,
        });
    }

    /// Checks the counts of one benchmark and takes its times if they are right.
    fn measure(&mut self, name: &str, task: &Task, args: &Bench) {
        let mut compiled: Vec<Compiled> = Vec::new();
        for contender in Contender::ALL {
            match contender.compile(&task.pattern, &task.settings) {
                Ok(one) => compiled.push(one),
                Err(error) => {
                    let last = error.lines().last().unwrap_or_default();
                    return self.skip(name, format!("{} refuses it: {last}", contender.name()));
                }
            }
        }
        let mut right = true;
        for (contender, one) in Contender::ALL.iter().zip(&compiled) {
            let count = task.model.count(one, &task.haystack);
            if count != task.count {
                right = false;
                self.wrong.push(Wrong {
                    name: name.to_owned(),
                    contender: contender.name(),
                    count,
                    expected: task.count,
                });
            }
        }
        if !right {
            return;
        }
        let mut works: Vec<Box<dyn FnMut() -> u64 + '_>> = Contender::ALL
            .into_iter()
            .zip(&compiled)
            .map(|(contender, one)| {
                let (pattern, settings) = (&task.pattern, &task.settings);
                let work = move || {
                    task.model
                        .work(contender, settings, pattern, one, &task.haystack)
                };
                Box::new(work) as Box<dyn FnMut() -> u64>
            })
            .collect();
        let mut works: Vec<&mut dyn FnMut() -> u64> =
            works.iter_mut().map(|work| &mut **work as _).collect();
        self.benchmarks.push(Measured {
            name: name.to_owned(),
            model: task.model,
            haystack_bytes: task.haystack.len(),
            count: task.count,
            seconds: interleaved(args.time, &mut works),
        });
    }

    /// The mean of each model, and of all that search.
    fn means(&self) -> Vec<Mean> {
        let of = |name: &str, wanted: &dyn Fn(Model) -> bool| {
            let rows = self.benchmarks.iter().filter(|one| wanted(one.model));
            mean(
                name,
                rows.map(|one| (one.name.as_str(), one.seconds.as_slice())),
            )
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
        let heads = ratio_heads();
        let mut all = vec!["benchmark", "model"];
        all.extend(&self.contenders);
        all.extend(heads.iter().map(String::as_str));
        let mut table = Table::new(&all, 52);
        for one in &self.benchmarks {
            let speed = |&time: &f64| match one.model {
                Model::Compile => seconds(time),
                _ => throughput(one.haystack_bytes, time),
            };
            let ratios = super::ratios(&one.seconds);
            table.row(
                [one.name.clone(), one.model.name().to_owned()]
                    .into_iter()
                    .chain(one.seconds.iter().map(speed))
                    .chain(ratios.into_iter().map(ratio)),
            );
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
            "every count is what the definitions say",
        )
    }
}
