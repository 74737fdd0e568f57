//! The time of a compile, alone and with the first search, beside `regex`, `regex-lite` and PCRE2.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use repool_benches::corpus::{self, Corpus, LINE};
use repool_benches::measure::{geomean, interleave, is_test, keep, percentile};
use repool_benches::peers;

criterion_group!(benches, single);
criterion_main!(summary_and, benches);

fn summary_and() {
    for corpus in corpus::all() {
        summary(&corpus);
    }
}

/// A few patterns, one by one.
fn single(c: &mut Criterion) {
    for (name, pattern) in [
        ("literal", "foo_bar"),
        ("words", "foo|bar"),
        ("date", r"\d{4}-\d{2}-\d{2}"),
        ("email", r"[\w.+-]+@[\w-]+\.[\w.-]+"),
        ("agent", r"(Firefox|Chrome|Safari)/(\d+)\.(\d+)"),
        ("count", r"\w{256}"),
    ] {
        let mut group = c.benchmark_group(format!("compile/{name}"));
        group.bench_function("repool", |b| b.iter(|| repool::Regex::new(pattern)));
        group.bench_function("regex", |b| b.iter(|| regex::Regex::new(pattern)));
        group.bench_function("regex-lite", |b| b.iter(|| regex_lite::Regex::new(pattern)));
        group.bench_function("pcre2", |b| b.iter(|| peers::pcre2(pattern)));
        group.finish();
    }
}

/// The times of one pattern, in nanoseconds; `None` for a peer that does not accept it.
struct Row {
    repool: f64,
    regex: f64,
    repool_find: f64,
    regex_find: f64,
    lite: Option<f64>,
    pcre2: Option<f64>,
}

/// Every pattern of a corpus, the engines in turn.
fn summary(corpus: &Corpus) {
    let patterns = if is_test() {
        &corpus.patterns[..3.min(corpus.patterns.len())]
    } else {
        &corpus.patterns
    };
    let rows: Vec<Row> = patterns.iter().map(|p| measure(p)).collect();
    let ours: Vec<f64> = rows.iter().map(|r| r.repool).collect();
    println!(
        "\ncompile, {} ({} patterns, Unicode on)",
        corpus.name,
        rows.len()
    );
    println!(
        "  repool: total {:.2} ms, p50 {:.2} us, p99 {:.2} us",
        ours.iter().sum::<f64>() / 1e6,
        percentile(&ours, 0.5) / 1e3,
        percentile(&ours, 0.99) / 1e3,
    );
    ratio("regex", rows.iter().map(|r| Some((r.regex, r.repool))));
    ratio(
        "regex, with the first find on 100 bytes",
        rows.iter().map(|r| Some((r.regex_find, r.repool_find))),
    );
    ratio("regex-lite", rows.iter().map(|r| Some((r.lite?, r.repool))));
    ratio(
        "PCRE2 without JIT",
        rows.iter().map(|r| Some((r.pcre2?, r.repool))),
    );
}

/// Prints how many times longer the peer takes.
fn ratio(peer: &str, pairs: impl Iterator<Item = Option<(f64, f64)>>) {
    let pairs: Vec<(f64, f64)> = pairs.flatten().collect();
    let (theirs, ours) = pairs
        .iter()
        .fold((0.0, 0.0), |(t, o), p| (t + p.0, o + p.1));
    println!(
        "  {peer}: {:.2}x our time (geometric mean of {}), {:.2}x in total",
        geomean(pairs.iter().map(|p| p.0 / p.1)),
        pairs.len(),
        theirs / ours,
    );
}

fn measure(pattern: &str) -> Row {
    assert_eq!(
        repool::Regex::new(pattern)
            .expect("checked")
            .find(LINE)
            .map(|m| m.range()),
        regex::Regex::new(pattern)
            .expect("checked")
            .find(LINE)
            .map(|m| m.range()),
        "{pattern}"
    );
    let has_lite = regex_lite::Regex::new(pattern).is_ok();
    let has_pcre2 = peers::pcre2(pattern).is_ok();
    let (rounds, least) = if is_test() {
        (1, Duration::ZERO)
    } else {
        (5, Duration::from_micros(200))
    };
    let times = interleave(
        rounds,
        least,
        &mut [
            &mut || keep(repool::Regex::new(pattern)),
            &mut || keep(regex::Regex::new(pattern)),
            &mut || keep(repool::Regex::new(pattern).is_ok_and(|r| r.find(LINE).is_some())),
            &mut || keep(regex::Regex::new(pattern).is_ok_and(|r| r.find(LINE).is_some())),
            &mut || keep(regex_lite::Regex::new(pattern)),
            &mut || keep(peers::pcre2(pattern)),
        ],
    );
    Row {
        repool: times[0],
        regex: times[1],
        repool_find: times[2],
        regex_find: times[3],
        lite: has_lite.then_some(times[4]),
        pcre2: has_pcre2.then_some(times[5]),
    }
}
