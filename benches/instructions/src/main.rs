//! Counts the instructions of the searches in [`rows`] under callgrind, and compares with the accepted table.
//!
//! ```text
//! cargo run --release -p repool-instructions                  counts and times, beside the accepted counts
//! cargo run --release -p repool-instructions -- --check       counts; exit code 1 if a row is more than 3 % up
//! cargo run --release -p repool-instructions -- --accept      counts and times become the accepted table
//! cargo run --release -p repool-instructions -- --counts find counts of the rows with `find` in their names
//! cargo run --release -p repool-instructions -- --path        files and functions that three calls pass through
//! cargo run --release -p repool-instructions -- --path hit    the same for the row of this name
//! ```
//!
//! The accepted table is `benches/instructions/accepted.txt`. Needs `valgrind` and `setarch`.

mod count;
mod path;
mod rows;
mod table;
mod texts;
mod time;
mod work;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, io, thread};

use rows::{ROWS, Row};
use table::{Accepted, Measured, TOLERANCE_PERCENT};

const ACCEPTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/accepted.txt");

const USAGE: &str =
    "usage: [--check | --accept | --counts] [part of rows' names], or --path [a row's name]";

/// A hot and short search, a cold one, and a hit of the cache: the rows whose paths are printed.
const PATHS: [&str; 3] = ["find class then digit", "find class then digit cold", "hit"];

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("repool-instructions: {error}");
            ExitCode::from(2)
        }
    }
}

/// What to do with the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Print,
    Counts,
    Check,
    Accept,
}

fn run() -> Result<ExitCode, String> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (mode, filter) = match args[..] {
        [count::COUNT_ROW, name] => {
            let row = ROWS
                .iter()
                .find(|row| row.name == name)
                .ok_or("no such row")?;
            return count::run_counted(row).map(|()| ExitCode::SUCCESS);
        }
        [time::TIME_ROWS] => {
            time::print_times();
            return Ok(ExitCode::SUCCESS);
        }
        ["--path"] => return print_paths(&PATHS),
        ["--path", name] => return print_paths(&[name]),
        ["--check"] => (Mode::Check, ""),
        ["--accept"] => (Mode::Accept, ""),
        ["--check", filter] => (Mode::Check, filter),
        ["--counts"] => (Mode::Counts, ""),
        ["--counts", filter] => (Mode::Counts, filter),
        [] => (Mode::Print, ""),
        [filter] if !filter.starts_with('-') => (Mode::Print, filter),
        _ => return Err(USAGE.to_owned()),
    };
    measure_and_report(mode, filter)
}

fn row_of(name: &str) -> Result<&'static Row, String> {
    let row = ROWS.iter().find(|row| row.name == name);
    row.ok_or_else(|| format!("no row has the name `{name}`"))
}

fn print_paths(names: &[&str]) -> Result<ExitCode, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    in_folder(|folder| {
        for name in names {
            println!("{}", path::of(row_of(name)?, &program, folder)?);
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs with a folder for callgrind's files.
fn in_folder<T>(work: impl FnOnce(&Path) -> Result<T, String>) -> Result<T, String> {
    let folder = env::temp_dir().join(format!("repool-instructions-{}", std::process::id()));
    let at_folder = |error: io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(at_folder)?;
    let outcome = work(&folder);
    fs::remove_dir_all(&folder).map_err(at_folder)?;
    outcome
}

fn measure_and_report(mode: Mode, filter: &str) -> Result<ExitCode, String> {
    let rows: Vec<&Row> = ROWS
        .iter()
        .filter(|row| row.name.contains(filter))
        .collect();
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let counts = in_folder(|folder| count_all(&rows, &program, folder))?;
    let none = || vec![[None; 2]; ROWS.len()];
    let (with, without) = match mode {
        Mode::Check | Mode::Counts => (none(), none()),
        Mode::Print | Mode::Accept => {
            let other = time::build_without_avx512()?;
            (time::run(&program)?, time::run(&other)?)
        }
    };
    let measured: Vec<Measured<'_>> = ROWS
        .iter()
        .zip(with.into_iter().zip(without))
        .filter(|(row, _)| row.name.contains(filter))
        .zip(counts)
        .map(|((row, (with, without)), counts)| Measured {
            row,
            counts,
            with,
            without,
        })
        .collect();
    if mode == Mode::Accept {
        let text = table::render(&measured, None);
        fs::write(ACCEPTED, &text).map_err(|error| format!("{ACCEPTED}: {error}"))?;
        print!("{text}");
        return Ok(ExitCode::SUCCESS);
    }
    let accepted = fs::read_to_string(ACCEPTED).map_err(|error| format!("{ACCEPTED}: {error}"))?;
    let accepted = Accepted::read(&accepted);
    print!("{}", table::render(&measured, Some(&accepted)));
    let mut code = ExitCode::SUCCESS;
    for row in measured.iter().filter(|_| mode == Mode::Check) {
        match row.change(&accepted) {
            None => println!("{}: not in the accepted table", row.row.name),
            Some(change) if change > TOLERANCE_PERCENT => {
                println!("{}: {change:+.1} %", row.row.name);
            }
            Some(_) => continue,
        }
        code = ExitCode::FAILURE;
    }
    Ok(code)
}

/// Counts the rows, as many at a time as there are processors.
fn count_all(
    rows: &[&Row],
    program: &Path,
    folder: &Path,
) -> Result<Vec<[Option<u64>; 2]>, String> {
    let next = AtomicUsize::new(0);
    let counts = Mutex::new(vec![Ok([None; 2]); rows.len()]);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, row)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    rows.get(at).map(|row| (at, row))
                } {
                    let counted = count::count(row, program, folder);
                    counts.lock().expect("no thread panics while it stores")[at] = counted;
                }
            });
        }
    });
    counts
        .into_inner()
        .expect("no thread panicked")
        .into_iter()
        .collect()
}
