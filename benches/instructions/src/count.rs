//! Counting a row's instructions under callgrind.
//!
//! A process of its own warms the row up and calls [`collect_here`] once for each engine. Callgrind collects inside that
//! function alone (`--toggle-collect`) and writes a file after each call (`--dump-after`). Addresses are not
//! randomised (`setarch -R`), the environment is empty and the path of the program is the same everywhere, so
//! that a count repeats. Valgrind's processor has AVX2 and no AVX-512.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use crate::rows::Row;
use crate::work::{ENGINES, ready};

/// The option by which the program calls itself to count one row.
pub(crate) const COUNT_ROW: &str = "--count-row";

/// [`collect_here`] for the two options of callgrind. The same text for both would switch the second option off
/// (valgrind 3.19).
const TOGGLED: &str = "*repool_instructions*collect_here*";
const DUMPED: &str = "repool_instructions::count::collect_here*";

/// Runs the work. The instructions of this function and of all that it calls are counted.
#[inline(never)]
fn collect_here(work: &mut dyn FnMut() -> usize) -> usize {
    // `black_box` comes after the call, so that the call is no tail call, which would leave this function too early.
    black_box(work())
}

/// Warms a row up and runs it, once for each engine. Runs under callgrind.
pub(crate) fn run_counted(row: &Row) -> Result<(), String> {
    let haystack = row.text.make();
    let mut found = Vec::new();
    for engine in ENGINES {
        if let Some(mut work) = ready(row, engine, &haystack) {
            found.push(collect_here(&mut work));
        }
    }
    match found[..] {
        [ours, theirs] if ours != theirs => Err(format!("repool finds {ours}, regex {theirs}")),
        _ => Ok(()),
    }
}

/// Counts a row's instructions, for each engine. `folder` is for callgrind's files.
pub(crate) fn count(row: &Row, program: &Path, folder: &Path) -> Result<[Option<u64>; 2], String> {
    let profiles = profile(row, program, folder, &[])?;
    Ok(profiles.map(|text| total(&text?)))
}

/// Runs a row under callgrind. Returns what callgrind writes for each engine; `options` are more options for it.
pub(crate) fn profile(
    row: &Row,
    program: &Path,
    folder: &Path,
    options: &[&str],
) -> Result<[Option<String>; 2], String> {
    let place = program.parent().ok_or("the program has no folder")?;
    let file = program.file_name().ok_or("the program has no name")?;
    let stem = folder.join(row.name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    let output = Command::new("setarch")
        .args(["-R", "valgrind", "--tool=callgrind", "--quiet"])
        .arg(format!("--toggle-collect={TOGGLED}"))
        .arg(format!("--dump-after={DUMPED}"))
        .arg(format!("--callgrind-out-file={}", stem.display()))
        .args(options)
        .arg(Path::new(".").join(file))
        .args([COUNT_ROW, row.name])
        .current_dir(place)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .output()
        .map_err(|error| format!("setarch cannot be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {}", row.name, said.trim()));
    }
    let mut profiles = [None, None];
    for (at, profile) in profiles.iter_mut().enumerate() {
        let dump = stem.with_extension((at + 1).to_string());
        if let Ok(text) = fs::read_to_string(&dump) {
            *profile = Some(text);
            // A stale file must not pass for a profile of the next run.
            fs::remove_file(&dump).map_err(|error| format!("{}: {error}", dump.display()))?;
        }
    }
    Ok(profiles)
}

/// The sum of all costs in a file of callgrind's.
fn total(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("totals: "))?;
    line.trim().parse().ok()
}
