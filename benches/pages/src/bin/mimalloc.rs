//! The cells of the benchmark, under mimalloc as its users run it.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    repool_pages::run_cell()
}
