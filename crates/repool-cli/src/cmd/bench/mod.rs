//! `repool bench`: compile time, search time and memory beside other engines.
//!
//! Two kinds of work: a list of patterns over one haystack ([`list`]) and benchmarks in rebar's format
//! ([`barometer`]). In both the engines take turns, and a difference in what they find ends the
//! command with exit code 1. Exercised by `tests/bench.rs`.

mod barometer;
mod list;

use std::io::Write;

use serde::Serialize;

use crate::args::Bench;
use crate::contender::Contender;
use crate::fault::{Fault, Outcome};
use crate::measure::geometric_mean;
use crate::report::{Style, Table, cut, ratio};

/// The widest name and the widest reason in lists of what was not run or went wrong.
const NAME: usize = 44;
const REASON: usize = 96;

/// Runs the benchmarks that the options name.
pub(crate) fn run(args: &Bench, out: &mut impl Write) -> Result<Outcome, Fault> {
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

/// Something that was not run, and why.
#[derive(Debug, Serialize)]
struct Skipped {
    name: String,
    reason: String,
}

/// A count that is not what it should be.
#[derive(Debug, Serialize)]
struct Wrong {
    name: String,
    contender: &'static str,
    count: u64,
    /// What the definition says, or what the other engine found.
    expected: u64,
}

/// The geometric mean of ratios of one kind.
#[derive(Debug, Serialize)]
struct Mean {
    /// What was measured.
    of: String,
    /// The number of ratios.
    len: usize,
    /// repool's measure divided by that of each rival, in the order of [`rivals`].
    ratios: Vec<f64>,
    /// The largest ratio to any rival.
    worst: f64,
    /// The name of the row that has it.
    worst_name: String,
}

/// The engines that repool is compared with.
fn rivals() -> &'static [Contender] {
    &Contender::ALL[1..]
}

/// repool's measure divided by that of each rival.
fn ratios(measures: &[f64]) -> Vec<f64> {
    measures[1..]
        .iter()
        .map(|rival| measures[0] / rival)
        .collect()
}

/// The means of measures, one named row of measures for each thing measured.
fn mean<'a>(of: &str, rows: impl Iterator<Item = (&'a str, &'a [f64])>) -> Mean {
    let rows: Vec<(&str, Vec<f64>)> = rows.map(|(name, row)| (name, ratios(row))).collect();
    let column = |at: usize| rows.iter().map(|(_, row)| row[at]).collect::<Vec<_>>();
    let all = rows
        .iter()
        .flat_map(|(name, row)| row.iter().map(move |&ratio| (ratio, *name)));
    let (worst, worst_name) = all
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .unwrap_or((f64::NAN, ""));
    Mean {
        of: of.to_owned(),
        len: rows.len(),
        ratios: (0..rivals().len())
            .map(|at| geometric_mean(&column(at)))
            .collect(),
        worst,
        worst_name: worst_name.to_owned(),
    }
}

/// Prints means as a table.
fn print_means(out: &mut impl Write, style: Style, means: &[Mean]) -> Result<(), Fault> {
    let heads = ratio_heads();
    let mut all = vec!["geometric means", "n"];
    all.extend(heads.iter().map(String::as_str));
    all.extend(["worst", "which"]);
    let mut table = Table::new(&all, 40);
    for mean in means.iter().filter(|mean| mean.len > 0) {
        let ratios = mean.ratios.iter().map(|&r| ratio(r));
        let mut cells = vec![mean.of.clone(), mean.len.to_string()];
        cells.extend(ratios);
        cells.extend([ratio(mean.worst), cut(&mean.worst_name, 44)]);
        table.row(cells);
    }
    write!(out, "\n{}", table.render(style))?;
    let note = "ratios are repool / the other; below 1, repool takes less";
    writeln!(out, "  {}", style.dim(note))?;
    Ok(())
}

/// The heads of the columns that hold ratios.
fn ratio_heads() -> Vec<String> {
    rivals()
        .iter()
        .map(|rival| format!("/{}", rival.name()))
        .collect()
}

/// Prints what was not run.
fn print_skipped(out: &mut impl Write, style: Style, skipped: &[Skipped]) -> Result<(), Fault> {
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
fn print_wrong(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_of_ratios() {
        let rows = [[1.0, 2.0], [4.0, 2.0]];
        let names = ["one", "other"];
        let mean = mean(
            "search",
            names.into_iter().zip(rows.iter().map(|row| row.as_slice())),
        );
        assert_eq!(mean.len, 2);
        assert!((mean.ratios[0] - 1.0).abs() < 1e-12);
        assert_eq!((mean.worst, mean.worst_name.as_str()), (2.0, "other"));
    }
}
