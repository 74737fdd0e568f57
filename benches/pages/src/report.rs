//! A figure with its bound, on its way from a cell's process to the table.

use std::fmt::Write;

/// A row of the table under one allocator.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What is measured.
    pub name: String,
    /// The unit of figure and bound.
    pub unit: String,
    /// What was measured; `None` if there was nothing to measure, and `note` says why.
    pub figure: Option<f64>,
    /// The most that the figure may be.
    pub bound: Option<f64>,
    /// What explains the figure.
    pub note: String,
}

impl Row {
    /// A figure without a bound.
    #[must_use]
    pub fn new(name: &str, unit: &str, figure: f64) -> Row {
        Row {
            name: name.to_owned(),
            unit: unit.to_owned(),
            figure: Some(figure),
            bound: None,
            note: String::new(),
        }
    }

    /// A row that says why nothing was measured.
    #[must_use]
    pub fn skipped(name: &str, why: &str) -> Row {
        let mut row = Row::new(name, "", 0.0).note(why.to_owned());
        row.figure = None;
        row
    }

    /// The row of another name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Row {
        name.clone_into(&mut self.name);
        self
    }

    /// The row with a bound.
    #[must_use]
    pub fn at_most(mut self, bound: f64) -> Row {
        self.bound = Some(bound);
        self
    }

    /// The row with an explanation, on one line.
    #[must_use]
    pub fn note(mut self, note: String) -> Row {
        self.note = note;
        self
    }

    /// Whether the figure passes the bound.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match (self.figure, self.bound) {
            (Some(figure), Some(bound)) => figure > bound,
            (None, _) | (_, None) => false,
        }
    }

    /// The row as one line, for [`Row::from_line`].
    #[must_use]
    pub fn to_line(&self) -> String {
        let [figure, bound] =
            [self.figure, self.bound].map(|value| value.map_or("-".to_owned(), |v| v.to_string()));
        let (name, unit, note) = (&self.name, &self.unit, &self.note);
        [name, unit, &figure, &bound, note]
            .map(String::as_str)
            .join("\t")
    }

    /// The row of a line that [`Row::to_line`] wrote.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Row> {
        let parts: Vec<&str> = line.splitn(5, '\t').collect();
        let &[name, unit, figure, bound, note] = &parts[..] else {
            return None;
        };
        let value = |text: &str| match text {
            "-" => Some(None),
            text => text.parse().ok().map(Some),
        };
        Some(Row {
            name: name.to_owned(),
            unit: unit.to_owned(),
            figure: value(figure)?,
            bound: value(bound)?,
            note: note.to_owned(),
        })
    }

    /// Figure, bound, and whether it holds.
    #[must_use]
    pub fn verdict(&self) -> String {
        let Some(figure) = self.figure else {
            return "skipped".to_owned();
        };
        let mut text = number(figure);
        if let Some(bound) = self.bound {
            let word = if self.is_over() { "OVER" } else { "ok" };
            write!(text, " / {} {word}", number(bound)).expect("a string takes all");
        }
        text
    }
}

/// A number with about three digits.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        v if v < 10.0 => 2,
        v if v < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

/// Bytes in KiB.
#[must_use]
pub fn kib(bytes: usize) -> f64 {
    bytes as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_a_row() {
        let rows = [
            Row::new("a b", "KiB", 12.5).at_most(12.25),
            Row::new("a", "ns", 0.5).note("of\tsome".to_owned()),
            Row::skipped("c", "no corpora"),
        ];
        for row in &rows {
            assert_eq!(Row::from_line(&row.to_line()).as_ref(), Some(row));
        }
        assert_eq!(Row::from_line("a\tb"), None);
        assert_eq!(rows.map(|row| row.is_over()), [true, false, false]);
    }

    #[test]
    fn a_verdict_names_the_bound() {
        assert_eq!(
            Row::new("a", "ns", 99.94).at_most(100.0).verdict(),
            "99.9 / 100 ok"
        );
        assert_eq!(
            Row::new("a", "ns", 100.4).at_most(100.0).verdict(),
            "100 / 100 OVER"
        );
        assert_eq!(Row::new("a", "ns", 1.0).verdict(), "1.00");
    }
}
