//! The cells of the benchmark, under jemalloc as its users run it.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    repool_pages::run_cell()
}
