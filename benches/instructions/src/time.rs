//! Timing all rows, in turn with `regex`, for what callgrind does not see: AVX-512 and the memory.
//!
//! A process of its own times all rows and prints them. It is built twice: as users build it, and with
//! `--cfg repool_no_avx512`, by which repool-vm leaves AVX-512 out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::rows::{Heat, ROWS, Row};
use crate::work::{ENGINES, Engine, Work, fresh, ready};

/// The option by which the program calls itself to time all rows.
pub(crate) const TIME_ROWS: &str = "--time-rows";

/// Samples of each row and engine. Their median is the row's time.
const ROUNDS: usize = 31;

/// The shortest sample of a hot row. Looking at the clock takes some 30 ns.
const SAMPLE: Duration = Duration::from_micros(50);

/// Images that one sample of a cold row searches, each once.
const COLD_IMAGES: usize = 16;

/// Median times of one row in nanoseconds: repool, `regex`.
pub(crate) type Times = [Option<f64>; 2];

/// Times all rows and prints a line for each.
pub(crate) fn print_times() {
    for row in ROWS {
        let haystack = row.text.make();
        let cells =
            times(row, &haystack).map(|time| time.map_or("-".to_owned(), |ns| ns.to_string()));
        println!("{}\t{}\t{}", row.name, cells[0], cells[1]);
    }
}

fn times(row: &Row, haystack: &str) -> Times {
    let mut contestants: Vec<(Engine, Work<'_>)> = Vec::new();
    for engine in ENGINES {
        contestants.extend(ready(row, engine, haystack).map(|work| (engine, work)));
    }
    let mut samples = [vec![], vec![]];
    for _ in 0..ROUNDS {
        for ((engine, work), samples) in contestants.iter_mut().zip(&mut samples) {
            samples.push(match row.heat {
                Heat::Hot => hot_sample(work),
                Heat::Cold => cold_sample(row, *engine, haystack),
            });
        }
    }
    samples.map(|mut samples| {
        samples.sort_by(f64::total_cmp);
        samples.get(samples.len() / 2).copied()
    })
}

/// Nanoseconds of one call, over as many calls as fill a sample.
fn hot_sample(work: &mut Work<'_>) -> f64 {
    let start = Instant::now();
    let mut calls = 0_u32;
    loop {
        for _ in 0..10 {
            work();
        }
        calls += 10;
        let elapsed = start.elapsed();
        if elapsed >= SAMPLE {
            return elapsed.as_nanos() as f64 / f64::from(calls);
        }
    }
}

/// Nanoseconds of the first call, over several images.
fn cold_sample(row: &Row, engine: Engine, haystack: &str) -> f64 {
    let mut works: Vec<Work<'_>> = (0..COLD_IMAGES)
        .filter_map(|_| fresh(row, engine, haystack))
        .collect();
    let start = Instant::now();
    for work in &mut works {
        work();
    }
    start.elapsed().as_nanos() as f64 / works.len() as f64
}

/// Runs the program that times, and reads what it prints: the times of all rows.
pub(crate) fn run(program: &Path) -> Result<Vec<Times>, String> {
    let output = Command::new(program)
        .arg(TIME_ROWS)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut all = Vec::new();
    for (row, line) in ROWS.iter().zip(text.lines()) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, ours, theirs] = cells[..] else {
            return Err(format!("{}: not a row: {line}", program.display()));
        };
        if name != row.name {
            return Err(format!(
                "{}: {name} stands for {}",
                program.display(),
                row.name
            ));
        }
        all.push([ours.parse().ok(), theirs.parse().ok()]);
    }
    if all.len() < ROWS.len() {
        return Err(format!("{} ended early", program.display()));
    }
    Ok(all)
}

/// Builds the program without AVX-512, in a target folder of its own, and tells where it is.
pub(crate) fn build_without_avx512() -> Result<PathBuf, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = workspace.join("target/no-avx512");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--quiet",
            "--package",
            env!("CARGO_PKG_NAME"),
        ])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(&workspace)
        .env("RUSTFLAGS", "--cfg repool_no_avx512")
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err("the build without AVX-512 failed".to_owned());
    }
    Ok(target.join("release").join(env!("CARGO_PKG_NAME")))
}
