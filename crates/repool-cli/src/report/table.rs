//! Tables: a header, a rule, rows; the first column to the left, the others to the right.

use super::Style;

/// Columns between columns.
const SPACE: usize = 2;

/// Columns before the first.
const MARGIN: usize = 2;

/// Least width of the first column on a narrow terminal.
const NAME_WIDTH_MIN: usize = 12;

/// Rows of cells, laid out when they are written.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    /// Titles, each with the number of the row that it stands above.
    sections: Vec<(usize, String)>,
    /// The widest that the first column may be; longer names are cut.
    name_width_max: usize,
}

impl Table {
    /// A table with these column heads. The first column is at most `name_width_max` columns wide, and narrower on a terminal
    /// that would break the lines.
    pub(crate) fn new(heads: &[&str], name_width_max: usize) -> Table {
        let mut table = Table {
            rows: Vec::new(),
            sections: Vec::new(),
            name_width_max,
        };
        table.row(heads.iter().map(|&head| head.to_owned()));
        table
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<String> = cells.into_iter().collect();
        if let Some(name) = cells.first_mut() {
            *name = cut(name, self.name_width_max);
        }
        self.rows.push(cells);
    }

    /// Starts a section: a title above the next row.
    pub(crate) fn section(&mut self, title: &str) {
        self.sections.push((self.rows.len(), title.to_owned()));
    }

    /// Tells whether there is no row below the heads.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// The table as lines.
    pub(crate) fn render(&self, style: Style) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|at| {
                self.rows
                    .iter()
                    .filter_map(|row| row.get(at))
                    .map(|c| width(c))
                    .max()
            })
            .map(|width| width.unwrap_or(0))
            .collect();
        let mut widths = widths;
        let others = widths
            .iter()
            .skip(1)
            .map(|width| width + SPACE)
            .sum::<usize>();
        if let Some(name) = widths.first_mut() {
            let room = style.columns().saturating_sub(MARGIN + others);
            *name = (*name).min(room.max(NAME_WIDTH_MIN));
        }
        let rule = widths.iter().sum::<usize>() + SPACE * columns.saturating_sub(1);
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            for (_, title) in self.sections.iter().filter(|(above, _)| *above == number) {
                text.push_str(&format!("  {}\n", style.bold(title)));
            }
            let mut line = String::new();
            for (at, cell) in row.iter().enumerate() {
                if at == 0 {
                    line = fill(cell, widths[0]);
                } else {
                    let space = " ".repeat(widths[at] - width(cell));
                    line = format!("{line}{}{space}{cell}", " ".repeat(SPACE));
                }
            }
            let line = line.trim_end();
            text.push_str("  ");
            text.push_str(&if number == 0 {
                style.bold(line)
            } else {
                line.to_owned()
            });
            text.push('\n');
            if number == 0 {
                text.push_str("  ");
                text.push_str(&style.dim(&"─".repeat(rule)));
                text.push('\n');
            }
        }
        text
    }
}

/// The columns of a text on a terminal, as an estimate: East Asian characters and pictures take two, combining marks
/// none.
fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

const fn char_width(c: char) -> usize {
    match c as u32 {
        0x0300..=0x036f
        | 0x0591..=0x05bd
        | 0x0610..=0x061a
        | 0x064b..=0x065f
        | 0x0e31
        | 0x0e34..=0x0e3a
        | 0x0e47..=0x0e4e
        | 0x093c
        | 0x0941..=0x0948
        | 0x094d
        | 0x200b..=0x200f
        | 0x202a..=0x202e
        | 0x2060..=0x2064
        | 0xfe00..=0xfe0f
        | 0xfeff => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// A text without characters that would move the cursor.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// The text on one line, or its start and an ellipsis if it is too wide.
pub(crate) fn cut(text: &str, width_max: usize) -> String {
    let text = visible(text);
    if width(&text) <= width_max {
        return text;
    }
    let mut used = 1;
    let mut out = String::new();
    for c in text.chars() {
        used += char_width(c);
        if used > width_max {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// The text on one line of just this width: cut, or with spaces behind it.
pub(crate) fn fill(text: &str, to: usize) -> String {
    let text = cut(text, to);
    let missing = to.saturating_sub(width(&text));
    text + &" ".repeat(missing)
}

/// The text on one line, or an ellipsis and its end if it is too wide: for paths, whose ends differ.
pub(crate) fn cut_start(text: &str, width_max: usize) -> String {
    let text = visible(text);
    if width(&text) <= width_max {
        return text;
    }
    let mut used = 1;
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        used += char_width(c);
        if used > width_max {
            break;
        }
        start = at;
    }
    format!("…{}", &text[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["name", "one", "two"], 8);
        table.row(["a", "1.0", "22.00"].map(String::from));
        table.row(["a long name", "100", "2"].map(String::from));
        table.row(["夏洛克", "-"].map(String::from));
        assert_eq!(
            table.render(Style::plain()),
            "  name      one    two\n  \
               ────────────────────\n  \
               a         1.0  22.00\n  \
               a long …  100      2\n  \
               夏洛克      -\n"
        );
        assert!(!table.is_empty());
    }

    #[test]
    fn names_give_way_on_a_narrow_terminal() {
        let mut table = Table::new(&["name", "one"], 60);
        table.row(["a name of twenty-three".to_owned(), "1".repeat(10)]);
        let text = table.render(Style::narrow(34));
        assert!(
            text.contains("  a name of twenty-th…  1111111111\n"),
            "{text}"
        );
        assert!(text.lines().all(|line| width(line) <= 34), "{text}");
        let text = table.render(Style::narrow(5));
        assert!(text.contains("  a name of t…  1111111111\n"), "{text}");
    }

    #[test]
    fn sections_have_titles() {
        let mut table = Table::new(&["name"], 8);
        table.section("a title wider than the table");
        table.row(["a".to_owned()]);
        assert_eq!(
            table.render(Style::plain()),
            "  name\n  ────\n  a title wider than the table\n  a\n"
        );
    }

    #[test]
    fn names_are_cut_at_either_end() {
        assert_eq!(cut("a/b/name", 5), "a/b/…");
        assert_eq!(cut_start("a/b/name", 5), "…name");
        assert_eq!(cut_start("夏洛克", 5), "…洛克");
        assert_eq!(cut_start("夏洛克", 4), "…克");
        assert_eq!(cut_start("name", 4), "name");
    }

    #[test]
    fn control_characters_are_shown() {
        let mut table = Table::new(&["a\nb\u{1b}"], 20);
        table.row([]);
        assert!(table.render(Style::plain()).starts_with("  a\\nb\\u{1b}\n"));
    }
}
