//! What the cache's memory costs the process around it: resident bytes, slack, and the time of hits and misses.
//!
//! ```text
//! cargo run --release -p repool-pages                       every cell under three allocators, as one table
//! cargo run --release -p repool-pages -- --short            fewer steps and sizes: under a minute
//! cargo run --release -p repool-pages -- flood hits/256     cells with one of these texts in their names
//! cargo run --release -p repool-pages -- --list             the names of the cells
//! cargo run --release -p repool-pages -- --notes churn      with the remarks of the cells
//! ```
//!
//! The program builds and starts `pages-system`, `pages-mimalloc`, and `pages-jemalloc`, which differ in nothing but
//! their global allocator. Each cell runs in a process of its own, so that no cell finds memory that another one freed.
//! Cells of bytes run under the three allocators at the same time; cells of times run alone.
//! Exit code: 0 if every figure is within its bound, 1 if one is over, 2 if a cell failed.
//!
//! [`resident`] says which bytes count as resident. The process of a cell with resident bytes has a [`twin`]: the same
//! process with the same seed and without patterns. Its resident bytes are the service's own.
//!
//! `REPOOL_CORPORA` names a folder with arrays of real patterns as JSON (`uap.json`, `gitleaks.json`, `pystd.json`). Without
//! it the cells of these corpora say so and measure nothing.

pub mod asks;
pub mod cell;
pub mod cells;
pub mod churn;
pub mod contest;
pub mod corpora;
pub mod flood;
pub mod foreign;
pub mod give_back;
pub mod hands;
pub mod hits;
pub mod instructions;
pub mod latency;
pub mod miss;
pub mod patterns;
pub mod per_entry;
pub mod random;
pub mod report;
pub mod resident;
pub mod service;
pub mod trim;
pub mod twin;

use std::process::ExitCode;

use cell::Run;

/// Runs the cell that the command line names, and prints its rows. The whole of the three binaries.
#[must_use]
pub fn run_cell() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match cell(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", args.join(" "));
            ExitCode::from(2)
        }
    }
}

fn cell(args: &[&str]) -> Result<(), String> {
    let mut run = Run::default();
    let mut name = None;
    let mut is_twin = false;
    for arg in args {
        match *arg {
            cell::SHORT => run.is_short = true,
            twin::TWIN => is_twin = true,
            text if text.starts_with('-') => {
                let count = text.strip_prefix(instructions::COUNT);
                let count = count.and_then(|n| n.parse().ok());
                instructions::run_counted(count.ok_or("no such option")?);
                return Ok(());
            }
            text => name = Some(text),
        }
    }
    let name = name.ok_or("name a cell")?;
    let cell = cells::all(&run).into_iter().find(|cell| cell.name == name);
    let cell = cell.ok_or("no such cell")?;
    if is_twin {
        twin::print(&cell.residents_of_service(&run)?);
    } else {
        let rows = cell.rows(&run)?;
        rows.iter().for_each(|row| println!("{}", row.to_line()));
    }
    Ok(())
}
