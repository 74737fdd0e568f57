//! Colours, on a terminal only.

use std::io::IsTerminal;

/// Columns of a line where the output is no terminal.
pub(crate) const COLUMNS: usize = 100;

/// How to mark words, and how many fit in a line. Without colour every method returns the text as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colour: bool,
    columns: usize,
}

impl Style {
    /// Colours if standard output is a terminal and `NO_COLOR` is not set (see no-color.org).
    pub(crate) fn for_stdout() -> Style {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_terminal = std::io::stdout().is_terminal();
        let size = is_terminal.then(|| console::Term::stdout().size_checked());
        Style {
            colour: !refused && is_terminal,
            columns: size
                .flatten()
                .map_or(COLUMNS, |(_, columns)| columns.into()),
        }
    }

    /// No colours.
    #[cfg(test)]
    pub(crate) const fn plain() -> Style {
        Style {
            colour: false,
            columns: COLUMNS,
        }
    }

    /// No colours, and lines of `columns` columns.
    #[cfg(test)]
    pub(crate) const fn narrow(columns: usize) -> Style {
        Style {
            colour: false,
            columns,
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// For titles.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// For rules and remarks.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// For what is good.
    pub(crate) fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// For what is wrong, and for matches.
    pub(crate) fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// For bars and names.
    pub(crate) fn cyan(self, text: &str) -> String {
        self.paint("36", text)
    }

    /// The columns of a line.
    pub(crate) const fn columns(self) -> usize {
        self.columns
    }

    /// Tells whether it colours.
    pub(crate) const fn colours(self) -> bool {
        self.colour
    }
}
