//! Searching: long haystacks, short ones, captures, beside `regex`, `regex-lite` and PCRE2 with JIT.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use repool_benches::corpus::{self, LINE};
use repool_benches::measure::{geomean, interleave, is_test, keep};
use repool_benches::peers;

criterion_group!(benches, long, short);
criterion_main!(summary, benches);

/// Patterns that are counted over a log. The counts must agree.
const LONG: &[(&str, &str)] = &[
    ("literal", "refused"),
    ("words", "Firefox|Safari|curl"),
    ("ip", r"\b\d{1,3}(?:\.\d{1,3}){3}\b"),
    ("email", r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    ("agent", r"(Firefox|Chrome|Safari)/(\d+)\.(\d+)"),
    ("cyrillic", r"[а-яё]+"),
    ("case", r"(?i)error"),
    ("none", r"[A-Z]{5}\d{9}"),
    ("word", r"\w+"),
    ("capital", r"[A-Z]"),
];

/// Patterns that search one line: its first 10 bytes, its first 32, and all of it.
const SHORT: &[(&str, &str)] = &[
    ("date", r"^\d{4}-\d{2}-\d{2}"),
    ("route", r"/api/v(\d+)/users/([^/]+)/orders/(\d+)"),
    ("agent", r"(Firefox|Chrome|Safari)/(\d+)\.(\d+)"),
    ("absent", r"refused|timeout"),
    ("literal", r"GET"),
    ("case", r"(?i)mozilla"),
    ("word", r"\w+"),
    ("unit", r"\b\d+ms\b"),
    ("level", r"ERROR|WARN|FATAL"),
    ("float", r"\d+\.\d+"),
    ("foreign", r"[^ -~]"),
    ("end", r"\d+$"),
    ("time", r"\d{4}-\d\d-\d\dT\d\d:\d\d"),
    ("pair", r"(\w+)=(\w+)"),
    (
        "line",
        r"^(\S+) (\S+) (\w+) (\S+) (\d+) (\S+) (\S+) (\d+)ms",
    ),
];
const SHORT_LENS: [usize; 3] = [10, 32, LINE.len()];

/// Calls between two readings of the clock. A reading takes longer than a short search.
const CALLS: usize = 200;

fn long(c: &mut Criterion) {
    let log = corpus::log(1 << 20);
    for (name, pattern) in LONG {
        let mut group = c.benchmark_group(format!("search/{name}"));
        group
            .throughput(Throughput::Bytes(log.len() as u64))
            .sample_size(10);
        let (ours, theirs) = (
            repool::Regex::new(pattern).unwrap(),
            regex::Regex::new(pattern).unwrap(),
        );
        group.bench_function("repool", |b| b.iter(|| ours.find_iter(&log).count()));
        group.bench_function("regex", |b| b.iter(|| theirs.find_iter(&log).count()));
        group.finish();
    }
}

fn short(c: &mut Criterion) {
    for (name, pattern) in SHORT {
        let (ours, theirs) = (
            repool::Regex::new(pattern).unwrap(),
            regex::Regex::new(pattern).unwrap(),
        );
        let mut group = c.benchmark_group(format!("search/line/{name}"));
        group.bench_function("repool is_match", |b| b.iter(|| ours.is_match(LINE)));
        group.bench_function("regex is_match", |b| b.iter(|| theirs.is_match(LINE)));
        group.bench_function("repool captures", |b| {
            b.iter(|| ours.captures(LINE).is_some());
        });
        group.bench_function("regex captures", |b| {
            b.iter(|| theirs.captures(LINE).is_some());
        });
        group.finish();
    }
}

/// All engines in turn; ratios over `regex`.
fn summary() {
    let log = corpus::log(if is_test() { 1 << 12 } else { 1 << 20 });
    let (rounds, least) = if is_test() {
        (1, Duration::ZERO)
    } else {
        (7, Duration::from_millis(20))
    };
    println!(
        "\nsearch over {} bytes of log, time over regex's (under 1 is faster)",
        log.len()
    );
    println!(
        "  {:<10} {:>8} {:>10} {:>8} {:>10} {:>10}",
        "", "count", "regex MB/s", "repool", "regex-lite", "PCRE2-JIT"
    );
    let mut ratios = vec![];
    for (name, pattern) in LONG {
        let (ours, theirs) = (
            repool::Regex::new(pattern).unwrap(),
            regex::Regex::new(pattern).unwrap(),
        );
        let (lite, pcre2) = (
            regex_lite::Regex::new(pattern).unwrap(),
            peers::pcre2_jit(pattern).unwrap(),
        );
        let count = theirs.find_iter(&log).count();
        assert_eq!(ours.find_iter(&log).count(), count, "{pattern}");
        assert_eq!(pcre2.find_iter(log.as_bytes()).count(), count, "{pattern}");
        let times = interleave(
            rounds,
            least,
            &mut [
                &mut || keep(theirs.find_iter(&log).count()),
                &mut || keep(ours.find_iter(&log).count()),
                &mut || keep(lite.find_iter(&log).count()),
                &mut || keep(pcre2.find_iter(log.as_bytes()).count()),
            ],
        );
        println!(
            "  {name:<10} {count:>8} {:>10.0} {:>8.2} {:>10.2} {:>10.2}",
            log.len() as f64 * 1e3 / times[0],
            times[1] / times[0],
            times[2] / times[0],
            times[3] / times[0],
        );
        ratios.push(times[1] / times[0]);
    }
    println!(
        "  geometric mean of repool over regex: {:.2}",
        geomean(ratios)
    );
    lines(rounds);
}

fn lines(rounds: usize) {
    println!("\nshort haystacks, nanoseconds of repool and ratio to regex");
    println!(
        "  {:<8} {:>5} {:>16} {:>16} {:>16}",
        "", "bytes", "is_match", "find", "captures_read"
    );
    let mut ratios = [vec![], vec![], vec![]];
    for len in SHORT_LENS {
        for (name, pattern) in SHORT {
            print!("  {name:<8} {len:>5}");
            for ((ours, theirs), ratios) in
                line(pattern, &LINE[..len], rounds).iter().zip(&mut ratios)
            {
                print!(" {ours:>8.1} ({:>5.2})", ours / theirs);
                ratios.push(ours / theirs);
            }
            println!();
        }
    }
    let [is_match, find, captures] = ratios.map(geomean);
    println!(
        "  geometric means: is_match {is_match:.2}, find {find:.2}, captures_read {captures:.2}"
    );
}

/// Times of `is_match`, `find` and `captures_read`, of repool and of regex.
fn line(pattern: &str, hay: &str, rounds: usize) -> [(f64, f64); 3] {
    let least = if is_test() {
        Duration::ZERO
    } else {
        Duration::from_millis(2)
    };
    let (ours, theirs) = (
        repool::Regex::new(pattern).unwrap(),
        regex::Regex::new(pattern).unwrap(),
    );
    let span = theirs.find(hay).map(|found| found.range());
    assert_eq!(ours.find(hay).map(|found| found.range()), span, "{pattern}");
    let (mut our_groups, mut their_groups) = (ours.capture_locations(), theirs.capture_locations());
    let times = interleave(
        rounds,
        least,
        &mut [
            &mut || often(|| ours.is_match(black_box(hay))),
            &mut || often(|| theirs.is_match(black_box(hay))),
            &mut || often(|| ours.find(black_box(hay)).is_some()),
            &mut || often(|| theirs.find(black_box(hay)).is_some()),
            &mut || often(|| is_found(&ours.captures_read(&mut our_groups, black_box(hay)))),
            &mut || often(|| is_found(&theirs.captures_read(&mut their_groups, black_box(hay)))),
        ],
    );
    let call = |i: usize| times[i] / CALLS as f64;
    [0, 2, 4].map(|i| (call(i), call(i + 1)))
}

fn is_found<T>(found: &Option<T>) -> bool {
    found.is_some()
}

fn often(mut search: impl FnMut() -> bool) {
    for _ in 0..if is_test() { 1 } else { CALLS } {
        keep(search());
    }
}
