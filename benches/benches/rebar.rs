//! Benchmarks in rebar's format: repool beside `regex` and PCRE2 with its JIT, and repool out of its cache.
//!
//! `REPOOL_REBAR` names the folder; without it the small collection of the command's tests runs. `REPOOL_FILTER` is a
//! pattern for the names. Every count is checked against the definition. PCRE2 runs where a definition names
//! `pcre2/jit`. `repool bench --rebar` prints the same without PCRE2, which needs a C compiler.

use std::path::Path;
use std::time::Duration;

use repool_benches::measure::{geomean, interleave, is_test, keep};
use repool_benches::peers;
use repool_rebar::{Collection, Contender, Counted, Model, Searcher, Settings, Task, count_groups};

/// Enough for every pattern of a collection, in bytes, so that no pattern is evicted.
const CACHE_BYTES: usize = 1 << 30;

/// The engine of the definitions whose place PCRE2 takes.
const PCRE2: &str = "pcre2/jit";

fn main() {
    let folder = std::env::var("REPOOL_REBAR").unwrap_or_else(|_| {
        println!("REPOOL_REBAR is not set: only the command's own small collection is measured");
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../crates/repool-cli/tests/rebar"
        )
        .to_owned()
    });
    let filter = std::env::var("REPOOL_FILTER").unwrap_or_default();
    let filter = regex::Regex::new(&filter).expect("REPOOL_FILTER is a pattern");
    let collection = Collection::read(Path::new(&folder)).unwrap();
    let cache = repool::Cache::builder().max_bytes(CACHE_BYTES).build();
    println!("\nrebar's benchmarks, microseconds of repool and its time over that of the others");
    println!(
        "  {:<44} {:>10} {:>8} {:>10} {:>14}",
        "", "repool", "/regex", "/PCRE2-JIT", "cached/repool"
    );
    let mut means = Means::default();
    for name in collection.names().filter(|name| filter.is_match(name)) {
        match collection.task(name) {
            Ok(task) => means.add(&task, row(name, &task, &cache)),
            Err(skip) => println!("  {name:<44} not run: {}", skip.reason),
        }
    }
    means.print();
}

/// The ratios of all benchmarks: over `regex`, over PCRE2, and of the cache over repool alone.
#[derive(Default)]
struct Means {
    compile: [Vec<f64>; 3],
    search: [Vec<f64>; 3],
}

impl Means {
    fn add(&mut self, task: &Task, ratios: [Option<f64>; 3]) {
        let all = match task.model {
            Model::Compile => &mut self.compile,
            Model::Count
            | Model::CountSpans
            | Model::CountCaptures
            | Model::Grep
            | Model::GrepCaptures => &mut self.search,
        };
        for (all, ratio) in all.iter_mut().zip(ratios) {
            all.extend(ratio);
        }
    }

    fn print(&self) {
        for (name, columns) in [("compile", &self.compile), ("search", &self.search)] {
            let [regex, pcre2, cached] = columns;
            println!(
                "  geometric means of {name}: /regex {:.2} ({}), /PCRE2-JIT {:.2} ({}), cached/repool {:.2} ({})",
                geomean(regex.iter().copied()),
                regex.len(),
                geomean(pcre2.iter().copied()),
                pcre2.len(),
                geomean(cached.iter().copied()),
                cached.len(),
            );
        }
    }
}

/// Measures one benchmark, prints its row and returns its ratios.
fn row(name: &str, task: &Task, cache: &repool::Cache) -> [Option<f64>; 3] {
    let [ours, theirs] = Contender::ALL.map(|contender| {
        let compiled = contender.compile(&task.pattern, &task.settings);
        check(name, contender.name(), compiled, task, Ok(task.count))
    });
    let jit = pcre2(&task.pattern, &task.settings);
    let jit = check(name, PCRE2, jit, task, task.count_for(PCRE2));
    let Some(ours) = ours else {
        return [None; 3];
    };
    let options = task.settings.options();
    let mut works: Vec<(usize, Box<dyn FnMut() + '_>)> = Vec::new();
    works.push((
        0,
        work(task, &ours, || {
            Contender::Repool.compile(&task.pattern, &task.settings)
        }),
    ));
    if let Some(theirs) = &theirs {
        works.push((
            1,
            work(task, theirs, || {
                Contender::Regex.compile(&task.pattern, &task.settings)
            }),
        ));
    }
    if let Some(jit) = &jit {
        works.push((2, work(task, jit, || pcre2(&task.pattern, &task.settings))));
    }
    works.push((
        3,
        Box::new(|| {
            let regex = cache.compile_bytes_with(&task.pattern, &options);
            let regex = regex.expect("a pattern that was compiled before");
            if task.model == Model::Compile {
                keep(regex);
            } else {
                let compiled = repool_rebar::Compiled::Repool(regex);
                keep(task.model.count(&compiled, &task.haystack));
            }
        }),
    ));
    let (rounds, least) = if is_test() {
        (1, Duration::ZERO)
    } else {
        (7, Duration::from_millis(10))
    };
    let mut calls: Vec<&mut dyn FnMut()> =
        works.iter_mut().map(|(_, work)| &mut **work as _).collect();
    let measured = interleave(rounds, least, &mut calls);
    let mut times = [None; 4];
    for ((column, _), time) in works.iter().zip(measured) {
        times[*column] = Some(time);
    }
    let ratio = |this: usize, other: usize| Some(times[this]? / times[other]?);
    let ratios = [ratio(0, 1), ratio(0, 2), ratio(3, 0)];
    let [regex, pcre2, cached] =
        ratios.map(|ratio| ratio.map_or("-".to_owned(), |r| format!("{r:.2}")));
    let micros = times[0].unwrap_or(f64::NAN) / 1e3;
    println!("  {name:<44} {micros:>10.1} {regex:>8} {pcre2:>10} {cached:>14}");
    ratios
}

/// The compiled pattern, if the engine takes part and counts what it must.
fn check<S: Searcher>(
    name: &str,
    engine: &str,
    compiled: Result<S, String>,
    task: &Task,
    expected: Counted,
) -> Option<S> {
    let expected = expected.ok()?;
    let counted = compiled.and_then(|compiled| {
        let count = task.model.count(&compiled, &task.haystack)?;
        Ok((compiled, count))
    });
    match counted {
        Ok((compiled, count)) => {
            assert_eq!(count, expected, "{name}: {engine}");
            Some(compiled)
        }
        Err(reason) => {
            println!("  {name}: without {engine}: {reason}");
            None
        }
    }
}

/// One run of a benchmark: a compile, or a search with what was compiled before.
fn work<'a, S: Searcher, T>(
    task: &'a Task,
    compiled: &'a S,
    compile: impl Fn() -> T + 'a,
) -> Box<dyn FnMut() + 'a> {
    match task.model {
        Model::Compile => Box::new(move || keep(compile())),
        Model::Count
        | Model::CountSpans
        | Model::CountCaptures
        | Model::Grep
        | Model::GrepCaptures => Box::new(move || keep(task.model.count(compiled, &task.haystack))),
    }
}

/// A pattern compiled by PCRE2.
struct Jit(pcre2::bytes::Regex);

/// Compiles with PCRE2 as rebar does. Without a JIT it is an error, so that nothing else is measured under its name.
fn pcre2(pattern: &str, settings: &Settings) -> Result<Jit, String> {
    let mut builder = peers::pcre2_builder(settings.unicode);
    builder.caseless(settings.ignore_case).jit(true);
    builder.build(pattern).map(Jit).map_err(said)
}

fn said(error: pcre2::Error) -> String {
    error.to_string()
}

impl Searcher for Jit {
    fn is_match(&self, haystack: &[u8]) -> Result<bool, String> {
        self.0.is_match(haystack).map_err(said)
    }

    fn count(&self, haystack: &[u8]) -> Counted {
        let mut matches = self.0.find_iter(haystack);
        matches.try_fold(0, |count, found| found.map(|_| count + 1).map_err(said))
    }

    fn count_spans(&self, haystack: &[u8]) -> Counted {
        let mut matches = self.0.find_iter(haystack);
        matches.try_fold(0, |sum, found| {
            found
                .map(|m| sum + (m.end() - m.start()) as u64)
                .map_err(said)
        })
    }

    fn count_captures<'h>(&self, haystacks: impl Iterator<Item = &'h [u8]>) -> Counted {
        let mut locations = self.0.capture_locations();
        count_groups(haystacks, |haystack, at| {
            let found = self.0.captures_read_at(&mut locations, haystack, at);
            let span = found.map_err(said)?.map(|m| (m.start(), m.end()));
            let groups = (0..locations.len()).filter(|&g| locations.get(g).is_some());
            Ok(span.map(|(start, end)| (start, end, groups.count())))
        })
    }
}
