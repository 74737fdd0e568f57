//! A flood of distinct patterns: at each step, what is resident beyond the service's own and beyond the accounts.

use repool::Cache;

use crate::cell::{Cell, Run};
use crate::patterns::ask;
use crate::report::{Row, kib};
use crate::service::Service;
use crate::{resident, twin};

/// The budget of the cache, in bytes.
const BUDGET: usize = 8 << 20;

/// Patterns between two samples.
const ROUND: usize = 1_000;

/// Patterns for each one that is searched until it is hot, in the hot cells.
const HOT_EVERY: usize = 8;

/// Of the bytes on the accounts, what may be resident.
const OF_TOTAL: f64 = 1.05;

/// What may be resident besides, in bytes.
const BESIDES: f64 = (1 << 20) as f64;

/// A cell for each service, and for cold and hot patterns.
#[must_use]
pub fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for service in Service::ALL {
        for (is_hot, heat) in [(false, "cold"), (true, "hot")] {
            let name = format!("flood/{}/{heat}", service.name());
            let of_cell = name.clone();
            let rows = move |run: &Run| {
                let own = twin::residents(&of_cell, run)?;
                row(service, is_hot, patterns(run, is_hot), &own)
                    .map(|row| vec![row.named(&of_cell)])
            };
            let residents = move |run: &Run| alone(service, patterns(run, is_hot));
            cells.push(Cell::of_bytes(name, rows).with_twin(residents));
        }
    }
    cells
}

fn patterns(run: &Run, is_hot: bool) -> usize {
    run.pick(1_000_000, if is_hot { 12_000 } else { 30_000 })
}

/// The resident bytes of the service without patterns, at each sample.
fn alone(service: Service, patterns: usize) -> Result<Vec<usize>, String> {
    let mut sampled = Vec::with_capacity(patterns / ROUND);
    service.run(patterns, ROUND, &|_| (), &mut || {
        sampled.push(resident::bytes());
    });
    sampled.into_iter().collect()
}

/// What was seen in one moment.
struct Sample {
    resident: Result<usize, String>,
    total: usize,
}

/// The most bytes at any sample that neither the service nor the accounts explain.
fn row(service: Service, is_hot: bool, patterns: usize, own: &[usize]) -> Result<Row, String> {
    let cache = Cache::builder().max_bytes(BUDGET).build();
    let mut samples = Vec::with_capacity(patterns / ROUND);
    let ask = |number: usize| ask(&cache, number, is_hot && number.is_multiple_of(HOT_EVERY));
    service.run(patterns, ROUND, &ask, &mut || {
        samples.push(Sample {
            resident: resident::bytes(),
            total: cache.stats().total_bytes(),
        });
    });
    if samples.len() != own.len() {
        return Err("the twin has another number of samples".to_owned());
    }
    let mut worst = (f64::MIN, 0.0, 0, 0);
    for (at, (sample, own)) in samples.into_iter().zip(own).enumerate() {
        let beyond = sample.resident? as f64 - *own as f64;
        let unexplained = beyond - OF_TOTAL * sample.total as f64;
        if unexplained > worst.0 {
            worst = (unexplained, beyond, sample.total, at + 1);
        }
    }
    let (unexplained, beyond, total, at) = worst;
    let note = format!(
        "{patterns} patterns, {} samples; worst after {} patterns: {:.0} KiB beyond the service's own, {:.0} KiB on \
         the accounts; scratch {:.0} KiB",
        own.len(),
        at * ROUND,
        beyond / 1024.0,
        kib(total),
        kib(cache.stats().scratch_bytes),
    );
    Ok(Row::new("", "KiB", unexplained / 1024.0)
        .at_most(BESIDES / 1024.0)
        .note(note))
}
