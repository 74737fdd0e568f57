//! Ratios of measures, and their geometric means.

use std::io::Write;

use serde::Serialize;

use crate::fault::Fault;
use crate::measure::geometric_mean;
use crate::report::{Style, Table, cut_start, ratio};

/// Two columns of a row of measures, whose ratio the report shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// The head of the ratio's column.
    pub(super) head: &'static str,
    /// Column of the dividend, and below it that of the divisor.
    pub(super) this: usize,
    pub(super) other: usize,
}

impl Pair {
    /// The ratio, if both were measured.
    pub(super) fn of(self, measures: &[Option<f64>]) -> Option<f64> {
        Some(measures[self.this]? / measures[self.other]?)
    }
}

/// The geometric means of the ratios of one kind of measure.
#[derive(Debug, Serialize)]
pub(super) struct Mean {
    /// What was measured.
    pub(super) of: String,
    /// The number of rows.
    pub(super) len: usize,
    /// The mean ratio of each pair, and below it the number of rows with that ratio.
    pub(super) ratios: Vec<f64>,
    pub(super) lens: Vec<usize>,
    /// The largest ratio of the first pair.
    pub(super) worst: f64,
    /// The name of the row that has it.
    pub(super) worst_name: String,
}

/// The means of measures, one named row of measures for each thing measured.
pub(super) fn mean<'a>(
    of: &str,
    pairs: &[Pair],
    rows: impl Iterator<Item = (&'a str, &'a [Option<f64>])>,
) -> Mean {
    let rows: Vec<(&str, &[Option<f64>])> = rows.collect();
    let column = |pair: &Pair| -> Vec<f64> {
        let ratios = rows.iter().filter_map(|(_, row)| pair.of(row));
        // A measure of 0 has no ratio.
        ratios.filter(|r| r.is_finite() && *r > 0.0).collect()
    };
    let columns: Vec<Vec<f64>> = pairs.iter().map(column).collect();
    let first = rows
        .iter()
        .filter_map(|(name, row)| Some((pairs[0].of(row)?, *name)));
    let (worst, worst_name) = first
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .unwrap_or((f64::NAN, ""));
    Mean {
        of: of.to_owned(),
        len: rows.len(),
        ratios: columns
            .iter()
            .map(|column| geometric_mean(column))
            .collect(),
        lens: columns.iter().map(Vec::len).collect(),
        worst,
        worst_name: worst_name.to_owned(),
    }
}

/// Prints means as a table.
pub(super) fn print_means(
    out: &mut impl Write,
    style: Style,
    pairs: &[Pair],
    means: &[Mean],
) -> Result<(), Fault> {
    let worst = format!("worst {}", pairs[0].head);
    let mut heads = vec!["geometric means", "n"];
    heads.extend(pairs.iter().map(|pair| pair.head));
    heads.extend([worst.as_str(), "which"]);
    let mut table = Table::new(&heads, 40);
    for mean in means.iter().filter(|mean| mean.len > 0) {
        let mut cells = vec![mean.of.clone(), mean.len.to_string()];
        cells.extend(mean.ratios.iter().map(|&r| ratio(r)));
        cells.extend([ratio(mean.worst), cut_start(&mean.worst_name, 34)]);
        table.row(cells);
    }
    write!(out, "\n{}", table.render(style))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_of_ratios() {
        let pairs = [(0, 1), (1, 2)].map(|(this, other)| Pair {
            head: "",
            this,
            other,
        });
        let rows = [
            [Some(1.0), Some(2.0), None],
            [Some(4.0), Some(2.0), Some(1.0)],
        ];
        let names = ["one", "other"];
        let rows = rows.iter().map(|row| row.as_slice());
        let mean = mean("search", &pairs, names.into_iter().zip(rows));
        assert_eq!((mean.len, mean.lens), (2, vec![2, 1]));
        assert!((mean.ratios[0] - 1.0).abs() < 1e-12);
        assert!((mean.ratios[1] - 2.0).abs() < 1e-12);
        assert_eq!((mean.worst, mean.worst_name.as_str()), (2.0, "other"));
    }
}
