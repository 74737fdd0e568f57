//! Giving back: what stays resident after `purge`, and after `resize` to one percent.

use repool::Cache;

use crate::cell::{Cell, Run};
use crate::patterns::ask;
use crate::report::{Row, kib};
use crate::service::Service;
use crate::{resident, twin};

/// A budget that all of them fit into.
const BUDGET: usize = 256 << 20;

/// Of the live bytes, what may be resident.
const OF_LIVE: f64 = 1.25;

/// What may be resident besides, in bytes.
const BESIDES: f64 = (1 << 20) as f64;

/// What may be resident besides for each entry at the fullest, in bytes: counts of allocators and of the system.
const OF_ENTRY: f64 = 64.0;

/// How the patterns go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Purge,
    Resize,
}

/// A cell for each service, each ending, and for cold and hot patterns.
#[must_use]
pub fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for service in Service::ALL {
        for (ending, how) in [(Ending::Purge, "purge"), (Ending::Resize, "resize")] {
            for (is_hot, heat) in [(false, "cold"), (true, "hot")] {
                let name = format!("give-back/{}/{how}/{heat}", service.name());
                let of_cell = name.clone();
                let rows = move |run: &Run| {
                    let own = twin::residents(&of_cell, run)?;
                    let &[own] = &own[..] else {
                        return Err("the twin has one sample".to_owned());
                    };
                    row(service, ending, is_hot, patterns(run, is_hot), own)
                        .map(|row| vec![row.named(&of_cell)])
                };
                cells.push(
                    Cell::of_bytes(name, rows)
                        .with_twin(move |run| alone(service, patterns(run, is_hot))),
                );
            }
        }
    }
    cells
}

/// Patterns in the cache at its fullest.
fn patterns(run: &Run, is_hot: bool) -> usize {
    run.pick(20_000, if is_hot { 4_000 } else { 20_000 })
}

/// The resident bytes of the service without patterns.
fn alone(service: Service, patterns: usize) -> Result<Vec<usize>, String> {
    let mut sampled = Vec::new();
    service.run(patterns, patterns, &|_| (), &mut || {
        sampled.push(resident::bytes());
    });
    sampled.into_iter().collect()
}

/// The resident bytes beyond the service's `own` once the patterns are gone.
fn row(
    service: Service,
    ending: Ending,
    is_hot: bool,
    patterns: usize,
    own: usize,
) -> Result<Row, String> {
    let cache = Cache::builder().max_bytes(BUDGET).build();
    let mut sampled = None;
    let ask = |number: usize| ask(&cache, number, is_hot);
    service.run(patterns, patterns, &ask, &mut || {
        let full = cache.stats();
        match ending {
            Ending::Purge => cache.purge(),
            Ending::Resize => cache.resize(full.total_bytes() / 100),
        }
        let (left, resident) = (cache.stats(), resident::bytes());
        cache.trim();
        sampled = Some((full, left, resident, resident::bytes()));
    });
    let (full, left, resident, trimmed) = sampled.expect("the last step is sampled");
    let beyond = resident? as f64 - own as f64;
    let trimmed = trimmed? as f64 - own as f64;
    let percent = |bytes: f64| bytes / full.total_bytes() as f64 * 100.0;
    let bound = OF_LIVE * left.total_bytes() as f64 + BESIDES + OF_ENTRY * full.entries as f64;
    let note = format!(
        "{:.0} KiB at the fullest in {} entries, of it tables {:.0}; then {:.0} KiB live; {:.0} % of the fullest stays, \
         {:.0} % after `trim`; \
         scratch {:.0}, shared tables {:.0}, the service's own {:.0} KiB",
        kib(full.total_bytes()),
        full.entries,
        kib(full.table_bytes),
        kib(left.total_bytes()),
        percent(beyond),
        percent(trimmed),
        kib(left.scratch_bytes),
        kib(left.shared_table_bytes),
        kib(own),
    );
    Ok(Row::new("", "KiB", beyond / 1024.0)
        .at_most(bound / 1024.0)
        .note(note))
}
