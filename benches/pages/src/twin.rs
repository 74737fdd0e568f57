//! The twin of a cell: the same process with the same seed and without patterns. Its resident bytes are the service's own.

use std::process::Command;

use crate::cell::{Run, SHORT};

/// The option that makes a process the twin of its cell.
pub const TWIN: &str = "--twin";

/// Prints the resident bytes of a twin, one number a line.
pub fn print(residents: &[usize]) {
    residents.iter().for_each(|bytes| println!("{bytes}"));
}

/// Starts this program as the twin of the cell, and returns the resident bytes at each sample.
///
/// # Errors
///
/// If the program cannot be started, or fails.
pub fn residents(name: &str, run: &Run) -> Result<Vec<usize>, String> {
    let text = own_output(&[TWIN, name], run)?;
    let numbers = text.lines().map(str::parse);
    numbers
        .collect::<Result<_, _>>()
        .map_err(|error| format!("the twin prints no numbers: {error}"))
}

/// What this program prints when it is started with the arguments.
fn own_output(args: &[&str], run: &Run) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .args(args)
        .args(run.is_short.then_some(SHORT))
        .output()
        .map_err(|error| format!("the program cannot start itself: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}
