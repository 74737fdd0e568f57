//! A miss in a full cache, without the compile: the look-up, the evictions, the admission.

use std::hint::black_box;
use std::time::Instant;

use repool::{Cache, Regex};

use crate::cell::{Cell, Run};
use crate::contest::median;
use crate::patterns::of_45_bytes;
use crate::report::Row;

/// What a miss may take beyond the compile, in nanoseconds.
const BEYOND_MAX: f64 = 1_000.0;

/// Patterns in a sample: shorter than a turn of the scheduler.
const BATCH: usize = 200;

/// A cell for each budget, in MiB.
#[must_use]
pub fn cells(run: &Run) -> Vec<Cell> {
    let long: &[usize] = &[1, 8, 64, 512];
    let short: &[usize] = &[1, 8, 64];
    let cells = run.pick(long, short).iter().map(|&mib: &usize| {
        let name = format!("miss/{mib} MiB");
        let of_cell = name.clone();
        Cell::of_times(name, move |run| {
            vec![row(&of_cell, mib << 20, run.pick(301, 101))]
        })
    });
    cells.collect()
}

fn row(name: &str, budget: usize, rounds: usize) -> Row {
    let cache = Cache::builder().max_bytes(budget).build();
    let mut number = 0;
    // Until as many are evicted as stay: then the cache is in its steady state.
    loop {
        let stats = cache.stats();
        if stats.evictions() > stats.entries as u64 {
            break;
        }
        batch(&mut number).for_each(|text| drop(cache.compile(&text)));
    }
    let hits = cache.stats().hits;
    let (mut compiles, mut misses) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let texts: Vec<String> = batch(&mut number).collect();
        compiles.push(time(&texts, |text| drop(black_box(Regex::new(text)))));
        let texts: Vec<String> = batch(&mut number).collect();
        misses.push(time(&texts, |text| drop(black_box(cache.compile(text)))));
    }
    let stats = cache.stats();
    assert_eq!(stats.hits, hits, "every look-up is a miss");
    let (compile, miss) = (median(compiles), median(misses));
    Row::new(&format!("{name}, beyond the compile"), "ns", miss - compile)
        .at_most(BEYOND_MAX)
        .note(format!(
            "compile {compile:.0}, miss {miss:.0}, {} entries",
            stats.entries
        ))
}

/// The next texts, which nobody asked for before.
fn batch(number: &mut usize) -> impl Iterator<Item = String> + use<> {
    let start = *number;
    *number += BATCH;
    (start..*number).map(of_45_bytes)
}

/// Nanoseconds of one call, in the mean.
fn time(texts: &[String], call: impl Fn(&str)) -> f64 {
    let start = Instant::now();
    texts.iter().for_each(|text| call(text));
    start.elapsed().as_nanos() as f64 / texts.len() as f64
}
