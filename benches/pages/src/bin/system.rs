//! The cells of the benchmark, under the system's allocator.

use std::process::ExitCode;

fn main() -> ExitCode {
    repool_pages::run_cell()
}
