//! The resident bytes of a cached pattern, everything counted: programs, records, tables, the rounding of allocators.

use repool::Cache;

use crate::cell::{Cell, Run};
use crate::corpora::Corpus;
use crate::report::Row;
use crate::{resident, twin};

/// Patterns of each corpus.
const PATTERNS: usize = 20_000;

/// Resident bytes of an entry under the system's allocator on 2026-11-28, and half a percent for what two runs differ. The
/// most under every allocator.
const MOST: [(&str, f64); 4] = [
    ("generated", 1_064.0),
    ("uap", 956.0),
    ("gitleaks", 1_328.0),
    ("pystd", 747.0),
];

/// A cell for each corpus.
#[must_use]
pub fn cells() -> Vec<Cell> {
    let cells = MOST.iter().map(|&(corpus, most)| {
        let name = format!("per-entry/{corpus}");
        let of_cell = name.clone();
        let rows = move |run: &Run| match Corpus::load(corpus) {
            Ok(corpus) => {
                let own = twin::residents(&of_cell, run)?;
                row(&corpus, own[0], most).map(|row| vec![row.named(&of_cell)])
            }
            Err(why) => Ok(vec![Row::skipped(&of_cell, &why)]),
        };
        let residents = move |_: &Run| {
            let corpus = Corpus::load(corpus)?;
            (0..PATTERNS).for_each(|number| drop(corpus.pattern(number)));
            Ok(vec![resident::bytes()?])
        };
        Cell::of_bytes(name, rows).with_twin(residents)
    });
    cells.collect()
}

fn row(corpus: &Corpus, own: usize, most: f64) -> Result<Row, String> {
    // Errors are not kept: they are no entries.
    let cache = Cache::builder()
        .max_bytes(1 << 30)
        .error_max_bytes(0)
        .build();
    (0..PATTERNS).for_each(|number| drop(cache.compile(&corpus.pattern(number))));
    let beyond = resident::bytes()? as f64 - own as f64;
    let stats = cache.stats();
    let each = |bytes: f64| bytes / stats.entries as f64;
    let note = format!(
        "{} entries, {} do not compile; {:.0} bytes each on the accounts; scratch {}, shared tables {} bytes in all",
        stats.entries,
        stats.errors,
        each(stats.total_bytes() as f64),
        stats.scratch_bytes,
        stats.shared_table_bytes,
    );
    Ok(Row::new("", "bytes", each(beyond)).at_most(most).note(note))
}
