//! The instructions of a hit by the number of patterns, counted by callgrind.

use std::hint::black_box;
use std::process::Command;

use crate::asks::{Asks, Law};
use crate::cell::{Cell, Run};
use crate::hits::filled;
use crate::patterns::of_45_bytes;
use crate::report::Row;

/// The option, with the number of patterns behind it, by which the program calls itself to be counted.
pub const COUNT: &str = "--count-hits=";

/// [`collect_here`] for callgrind.
const TOGGLED: &str = "*repool_pages*collect_here*";

/// Hits that are counted.
const HITS: usize = 10_000;

/// Instructions of a hit at any number of patterns.
const MOST: f64 = 300.0;

/// Instructions of a hit among 256 patterns: five percent above those of 2026-11-28.
const MOST_OF_FEW: f64 = 165.0;

/// Processes that are counted. The hash of a text has a random key: in each process other patterns meet in a slot of the
/// thread's cache. The median counts.
const PROCESSES: usize = 3;

/// A cell for each number of patterns.
#[must_use]
pub fn cells(run: &Run) -> Vec<Cell> {
    let long: &[usize] = &[1, 256, 1_000, 4_096, 32_768, 200_000];
    let short: &[usize] = &[256, 4_096];
    let cells = run.pick(long, short).iter().map(|&patterns| {
        let name = format!("instructions/{patterns}");
        let of_cell = name.clone();
        Cell::of_bytes(name, move |_| row(&of_cell, patterns).map(|row| vec![row])).of_system()
    });
    cells.collect()
}

fn row(name: &str, patterns: usize) -> Result<Row, String> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(Row::skipped(name, "valgrind is not installed"));
    }
    let bound = if patterns <= 256 { MOST_OF_FEW } else { MOST };
    let counts = (0..PROCESSES).map(|_| count(patterns));
    let mut counts = counts.collect::<Result<Vec<u64>, String>>()?;
    counts.sort_unstable();
    let hit = counts[PROCESSES / 2] as f64 / HITS as f64;
    Ok(Row::new(name, "instr", hit)
        .at_most(bound)
        .note(format!("{counts:?} for {HITS} hits")))
}

/// Asks for all patterns at random, and counts the last asks. Runs under callgrind.
pub fn run_counted(patterns: usize) {
    let texts: Vec<String> = (0..patterns).map(of_45_bytes).collect();
    let cache = filled(&texts);
    let mut asks = Asks::new(patterns, Law::Uniform, 0);
    // Each pattern is asked for often enough that the thread keeps what it can keep.
    let warm_up = (4 * patterns).clamp(1_000, 400_000);
    let numbers: Vec<usize> = (0..warm_up + HITS).map(|_| asks.draw()).collect();
    let (before, counted) = numbers.split_at(warm_up);
    let hit = |number: &usize| drop(black_box(cache.compile(&texts[*number])));
    before.iter().for_each(hit);
    collect_here(&mut || counted.iter().for_each(hit));
}

/// Runs the work. The instructions of this function and of all that it calls are counted.
#[inline(never)]
fn collect_here(work: &mut dyn FnMut()) {
    work();
    // So that the call is no tail call, which would leave this function too early.
    black_box(());
}

/// The instructions of all counted hits.
fn count(patterns: usize) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let file = std::env::temp_dir().join(format!("repool-pages-{}", std::process::id()));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--toggle-collect={TOGGLED}"))
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(program)
        .arg(format!("{COUNT}{patterns}"))
        .output()
        .map_err(|error| format!("valgrind cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let at_file = |error: std::io::Error| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(&file).map_err(at_file)?;
    std::fs::remove_file(&file).map_err(at_file)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.and_then(|number| number.trim().parse().ok());
    total.ok_or_else(|| "callgrind counted nothing".to_owned())
}
