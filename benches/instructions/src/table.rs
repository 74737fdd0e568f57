//! The table: how it is written, read back, and compared with the accepted one.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::rows::Row;
use crate::time::Times;

/// The largest accepted increase of a row's instructions, in percent.
pub(crate) const TOLERANCE_PERCENT: f64 = 3.0;

const HEAD: &str = "\
# Instructions of one call under callgrind (AVX2, no AVX-512), and median nanoseconds of one call.
# `change` is that of the instructions against the accepted table, in percent.
# Only the column `repool` is compared. The times are those of the machine that accepted the table.
";

/// What was measured of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured<'a> {
    /// The row.
    pub(crate) row: &'a Row,
    /// Instructions: repool, `regex`.
    pub(crate) counts: [Option<u64>; 2],
    /// Nanoseconds with AVX-512.
    pub(crate) with: Times,
    /// Nanoseconds without.
    pub(crate) without: Times,
}

impl Measured<'_> {
    /// The change of repool's instructions in percent, if the accepted table has the row.
    pub(crate) fn change(&self, accepted: &Accepted) -> Option<f64> {
        let before = *accepted.0.get(self.row.name)? as f64;
        Some((self.counts[0]? as f64 - before) * 100.0 / before)
    }
}

/// Repool's instructions by row, from the accepted table.
#[derive(Debug, Default)]
pub(crate) struct Accepted(BTreeMap<String, u64>);

impl Accepted {
    /// Reads a table. Two spaces or more part its columns.
    pub(crate) fn read(text: &str) -> Accepted {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Accepted(
            lines
                .filter_map(|line| {
                    let mut cells = line
                        .split("  ")
                        .map(str::trim)
                        .filter(|cell| !cell.is_empty());
                    let (name, count) = (cells.next()?, cells.next()?);
                    Some((name.to_owned(), count.replace(',', "").parse().ok()?))
                })
                .collect(),
        )
    }
}

/// Writes the table. Leaves out `change` if there is nothing to compare with, and the times if there are none.
pub(crate) fn render(rows: &[Measured<'_>], accepted: Option<&Accepted>) -> String {
    let mut text = HEAD.to_owned();
    let is_timed = rows.iter().any(|row| row.with[0].is_some());
    let is_shown = [true, true, accepted.is_some(), is_timed, is_timed, is_timed];
    let mut line = |name: &str, cells: [&str; 6]| {
        let cells = cells.iter().zip(is_shown).filter(|&(_, is_shown)| is_shown);
        let cells: String = cells.map(|(cell, _)| format!("  {cell:>11}")).collect();
        writeln!(text, "{name:<34}{cells}").expect("a string takes all");
    };
    line(
        "# row",
        ["repool", "regex", "change", "ns", "no AVX-512", "regex ns"],
    );
    for row in rows {
        let change = accepted.and_then(|accepted| row.change(accepted));
        line(
            row.row.name,
            [
                &row.counts[0].map_or("-".to_owned(), grouped),
                &row.counts[1].map_or("-".to_owned(), grouped),
                &change.map_or("-".to_owned(), |change| format!("{change:+.1} %")),
                &nanoseconds(row.with[0]),
                &nanoseconds(row.without[0]),
                &nanoseconds(row.with[1]),
            ],
        );
    }
    text
}

fn nanoseconds(time: Option<f64>) -> String {
    match time {
        None => "-".to_owned(),
        Some(time) if time < 100.0 => format!("{time:.1}"),
        Some(time) => grouped(time.round() as u64),
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::ROWS;

    #[test]
    fn a_table_is_read_back() {
        let measured = |count| Measured {
            row: &ROWS[0],
            counts: [Some(count), Some(7)],
            with: [Some(1.5), None],
            without: [None, None],
        };
        let accepted = Accepted::read(&render(&[measured(1_234_000)], None));
        let change = |count| measured(count).change(&accepted).unwrap();
        assert_eq!(change(1_234_000), 0.0);
        assert!((change(1_271_020) - 3.0).abs() < 1e-9);
        assert!(measured(1).change(&Accepted::default()).is_none());
    }
}
