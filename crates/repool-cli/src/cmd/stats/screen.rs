//! Views drawn in place on a terminal. Without a terminal, the last view only.
//!
//! Each view is written at once over the one before. The cursor then stands below it, visible, so that the terminal is
//! in order whenever the command ends or is stopped.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};

use console::Term;

use super::sample::Report;
use super::view;
use crate::fault::Fault;
use crate::report::{COLUMNS, Style};

/// Where views are drawn.
pub(super) struct Screen {
    style: Style,
    /// The terminal, if standard output is one that can move its cursor.
    terminal: Option<Term>,
    /// The lines of the view on the terminal, and the size that it had.
    drawn: usize,
    size: (u16, u16),
}

impl Screen {
    /// Standard output.
    pub(super) fn new() -> Screen {
        let can_move = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let is_terminal = std::io::stdout().is_terminal();
        Screen {
            style: Style::for_stdout(),
            terminal: (is_terminal && can_move).then(Term::stdout),
            drawn: 0,
            size: (0, 0),
        }
    }

    /// Draws a view over the last one. Without a terminal only the last one is written.
    pub(super) fn show(
        &mut self,
        out: &mut impl Write,
        report: &Report,
        is_last: bool,
    ) -> Result<(), Fault> {
        let Some(terminal) = &self.terminal else {
            if is_last {
                for line in view::lines(report, self.style, COLUMNS) {
                    writeln!(out, "{line}")?;
                }
            }
            return Ok(());
        };
        let size = terminal.size_checked().unwrap_or((24, COLUMNS as u16));
        let mut lines = view::lines(report, self.style, usize::from(size.1));
        if !is_last {
            // Lines that scrolled off the top cannot be overwritten.
            lines.truncate(usize::from(size.0).saturating_sub(1));
        }
        let mut text = String::new();
        if self.drawn > 0 && size != self.size {
            // The terminal may have wrapped the lines again: their places are unknown.
            text.push_str("\x1b[H\x1b[2J");
        } else if self.drawn > 0 {
            let _ = write!(text, "\x1b[{}A\r", self.drawn);
        }
        for line in &lines {
            let _ = writeln!(text, "{line}\x1b[K");
        }
        text.push_str("\x1b[J");
        out.write_all(text.as_bytes())?;
        out.flush()?;
        (self.drawn, self.size) = (lines.len(), size);
        Ok(())
    }
}
