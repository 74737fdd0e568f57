//! Benchmarks that were not run, and wrong counts.

use std::io::Write;

use serde::Serialize;

use crate::fault::Fault;
use crate::report::{Style, cut};

/// Widest name and widest reason in these lists, in columns.
const NAME: usize = 44;
const REASON: usize = 96;

/// Something that was not run, and why.
#[derive(Debug, Serialize)]
pub(super) struct Skipped {
    pub(super) name: String,
    pub(super) reason: String,
}

/// A wrong count.
#[derive(Debug, Serialize)]
pub(super) struct Wrong {
    pub(super) name: String,
    pub(super) contender: &'static str,
    pub(super) count: u64,
    /// What the definition says, or what the other engine found.
    pub(super) expected: u64,
}

/// Prints what was not run.
pub(super) fn print_skipped(
    out: &mut impl Write,
    style: Style,
    skipped: &[Skipped],
) -> Result<(), Fault> {
    if skipped.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n  {}",
        style.bold(&format!("{} not run", skipped.len()))
    )?;
    for Skipped { name, reason } in skipped {
        writeln!(
            out,
            "  {}: {}",
            cut(name, NAME),
            style.dim(&cut(reason, REASON))
        )?;
    }
    Ok(())
}

/// Prints wrong counts, or that there are none.
pub(super) fn print_wrong(
    out: &mut impl Write,
    style: Style,
    wrong: &[Wrong],
    right: &str,
) -> Result<(), Fault> {
    if wrong.is_empty() {
        writeln!(out, "\n  {} {right}", style.green("✓"))?;
    }
    for Wrong {
        name,
        contender,
        count,
        expected,
    } in wrong
    {
        let what = format!("{contender} counts {count}, expected {expected}");
        let name = cut(name, NAME);
        writeln!(out, "\n  {} {name}: {}", style.red("✗"), style.red(&what))?;
    }
    Ok(())
}
