//! What a compiled pattern holds: bytes reserved and allocator calls, beside `regex`.
//!
//! The bytes of `regex` are those that the allocator handed out and did not get back. Repool's are `memory_usage()`,
//! which is more: the reserved bytes of arenas, also of arenas from the pool. PCRE2 is missing, because it allocates in
//! C, where the counting allocator does not see it.

use criterion::{Criterion, criterion_group, criterion_main};
use repool_benches::alloc::Counting;
use repool_benches::corpus::{self, Corpus, LINE};
use repool_benches::measure::{is_test, percentile};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

criterion_group!(benches, live);
criterion_main!(summary_all, benches);

fn summary_all() {
    for corpus in corpus::all() {
        summary(&corpus);
    }
}

/// Compiling and dropping, as a benchmark of the allocation path.
fn live(c: &mut Criterion) {
    c.bench_function("memory/compile and drop", |b| {
        b.iter(|| repool::Regex::new(r"(Firefox|Chrome|Safari)/(\d+)\.(\d+)"));
    });
}

/// The bytes that `make` leaves allocated, and the allocations it makes.
fn held<T>(make: impl FnOnce() -> T) -> (T, f64, f64) {
    let (bytes, calls) = (ALLOCATOR.live_bytes(), ALLOCATOR.calls());
    let value = make();
    let bytes = ALLOCATOR.live_bytes().saturating_sub(bytes);
    (value, bytes as f64, (ALLOCATOR.calls() - calls) as f64)
}

/// The bytes of one engine for all patterns of a corpus, all alive at the same time.
struct Holding {
    bytes: Vec<f64>,
    calls: Vec<f64>,
    total: f64,
    warm_total: f64,
}

fn hold<T>(
    patterns: &[String],
    compile: impl Fn(&str) -> T,
    search: impl Fn(&T) -> bool,
) -> (Vec<T>, Holding) {
    let mut all = Vec::with_capacity(patterns.len());
    let (mut bytes, mut calls) = (vec![0.0; patterns.len()], vec![0.0; patterns.len()]);
    let (_, total, _) = held(|| {
        for (i, pattern) in patterns.iter().enumerate() {
            let (compiled, bytes_held, calls_made) = held(|| compile(pattern));
            (bytes[i], calls[i]) = (bytes_held, calls_made);
            all.push(compiled);
        }
    });
    let (_, warm, _) = held(|| all.iter().filter(|re| search(re)).count());
    (
        all,
        Holding {
            bytes,
            calls,
            total,
            warm_total: total + warm,
        },
    )
}

fn summary(corpus: &Corpus) {
    let patterns = if is_test() {
        &corpus.patterns[..3.min(corpus.patterns.len())]
    } else {
        &corpus.patterns
    };
    // Builds the scratch memory of the thread and the shared Unicode tables, which belong to no pattern.
    for pattern in patterns {
        drop(repool::Regex::new(pattern).map(|re| re.is_match(LINE)));
    }
    let (all, ours) = hold(
        patterns,
        |p| repool::Regex::new(p).expect("checked"),
        |re| re.is_match(LINE),
    );
    let reported: Vec<f64> = all.iter().map(|re| re.memory_usage() as f64).collect();
    drop(all);
    let (all, theirs) = hold(
        patterns,
        |p| regex::Regex::new(p).expect("checked"),
        |re| re.is_match(LINE),
    );
    drop(all);
    println!(
        "\nbytes held by a compiled pattern, {} ({} patterns)",
        corpus.name,
        patterns.len()
    );
    row("repool, memory_usage()", &reported);
    row("repool, allocated", &ours.bytes);
    row("regex, allocated", &theirs.bytes);
    row("repool, allocations per compile", &ours.calls);
    row("regex, allocations per compile", &theirs.calls);
    let total: f64 = reported.iter().sum();
    let warm = total + ours.warm_total - ours.total;
    for (when, ours, theirs) in [
        ("all alive", total, theirs.total),
        ("after one search each", warm, theirs.warm_total),
    ] {
        println!(
            "  {when}: repool {ours:.0}, regex {theirs:.0} bytes ({:.1}x)",
            theirs / ours
        );
    }
}

fn row(name: &str, values: &[f64]) {
    println!(
        "  {name:<34} total {:>12.0}   p50 {:>8.0}   p90 {:>8.0}   max {:>10.0}",
        values.iter().sum::<f64>(),
        percentile(values, 0.5),
        percentile(values, 0.9),
        percentile(values, 1.0),
    );
}
