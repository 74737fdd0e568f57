//! What a compiled pattern holds: bytes reserved and allocator calls, beside `regex`.
//!
//! Bytes are what the allocator handed out and did not get back, so nobody's own account is trusted.
//! (PCRE2 allocates in C, past the counting allocator.)

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
fn held<T>(make: impl FnOnce() -> T) -> (T, usize, usize) {
    let (bytes, calls) = (ALLOCATOR.live_bytes(), ALLOCATOR.calls());
    let value = make();
    (value, ALLOCATOR.live_bytes().saturating_sub(bytes), ALLOCATOR.calls() - calls)
}

fn summary(corpus: &Corpus) {
    let patterns =
        if is_test() { &corpus.patterns[..3.min(corpus.patterns.len())] } else { &corpus.patterns };
    // Grows the per-thread scratch memory and the shared Unicode tables, which are not a pattern's.
    for pattern in patterns {
        drop(repool::Regex::new(pattern).map(|r| r.is_match(LINE)));
    }
    let (mut ours, mut reported, mut theirs) = (vec![], vec![], vec![]);
    let (mut warm_ours, mut warm_theirs) = (vec![], vec![]);
    let (mut calls_ours, mut calls_theirs) = (vec![], vec![]);
    for pattern in patterns {
        let (re, bytes, calls) = held(|| repool::Regex::new(pattern).expect("checked"));
        reported.push(re.memory_usage() as f64);
        let (_, warm, _) = held(|| re.is_match(LINE));
        ours.push(bytes as f64);
        warm_ours.push((bytes + warm) as f64);
        calls_ours.push(calls as f64);
        let (re, bytes, calls) = held(|| regex::Regex::new(pattern).expect("checked"));
        let (_, warm, _) = held(|| re.find(LINE).is_some());
        theirs.push(bytes as f64);
        warm_theirs.push((bytes + warm) as f64);
        calls_theirs.push(calls as f64);
    }
    println!("\nbytes held by a compiled pattern, {} ({} patterns)", corpus.name, ours.len());
    row("repool, allocated", &ours);
    row("repool, memory_usage()", &reported);
    row("repool, after one search", &warm_ours);
    row("regex, allocated", &theirs);
    row("regex, after one search", &warm_theirs);
    row("repool, allocations per compile", &calls_ours);
    row("regex, allocations per compile", &calls_theirs);
    let total = |v: &[f64]| v.iter().sum::<f64>();
    println!("  regex holds {:.1}x our bytes in total", total(&theirs) / total(&ours));
    println!("  and {:.1}x after one search each", total(&warm_theirs) / total(&warm_ours));
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
