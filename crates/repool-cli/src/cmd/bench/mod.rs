//! `repool bench`: compile time, search time and memory beside `regex`.
//!
//! Two kinds of work for engines: a list of patterns over one haystack ([`list`]) and benchmarks in
//! rebar's format ([`barometer`]). In both the engines take turns, and a difference between their counts
//! ends the command with exit code 1. A third kind is for caches ([`policies`]). Exercised by
//! `tests/bench.rs`, `tests/rebar.rs` and `tests/policies.rs`.

mod barometer;
mod exceptions;
mod list;
mod means;
mod policies;

use std::io::Write;

use crate::args::{Bench, BenchCommand};
use crate::fault::{Fault, Outcome};

/// Runs the benchmarks that the options name.
pub(crate) fn run(args: &Bench, out: &mut impl Write) -> Result<Outcome, Fault> {
    if let Some(BenchCommand::Cache(args)) = &args.command {
        return policies::run(args, out);
    }
    let filter = match &args.filter {
        None => None,
        Some(pattern) => {
            Some(repool::Regex::new(pattern).map_err(|error| Fault::at("--filter", error))?)
        }
    };
    let wanted = |name: &str| filter.as_ref().is_none_or(|filter| filter.is_match(name));
    match (&args.rebar, &args.patterns, &args.haystack) {
        (Some(folder), ..) => barometer::run(args, folder, wanted, out),
        (None, Some(patterns), Some(haystack)) => list::run(args, patterns, haystack, wanted, out),
        _ => Err(Fault::new("either --rebar or --patterns with --haystack")),
    }
}
