//! What is printed of a matching line: the line, its matches, or JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::matcher::{Matcher, Span};
use crate::args::Match;
use crate::report::Style;

/// Prints matching lines.
#[derive(Debug)]
pub(super) struct Printer<'a> {
    args: &'a Match,
    matcher: &'a Matcher,
    style: Style,
    group_names: Vec<Option<String>>,
}

/// A line as JSON.
#[derive(Serialize)]
struct Line<'a> {
    line: u64,
    /// Where the line starts, in bytes from the start of the input.
    offset: u64,
    /// The line. Invalid UTF-8 is replaced.
    text: &'a str,
    matches: Vec<Group<'a>>,
}

/// A match with its groups as JSON.
#[derive(Serialize)]
struct Captures<'a> {
    line: u64,
    offset: u64,
    groups: Vec<Option<Group<'a>>>,
}

/// A span and what stands there.
#[derive(Serialize)]
struct Group<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// In bytes from the start of the line.
    start: usize,
    end: usize,
    text: String,
}

impl<'a> Group<'a> {
    fn new(line: &[u8], (start, end): Span, name: Option<&'a str>) -> Group<'a> {
        let text = String::from_utf8_lossy(&line[start..end]).into_owned();
        Group {
            name,
            start,
            end,
            text,
        }
    }
}

impl<'a> Printer<'a> {
    /// A printer for these options.
    pub(super) fn new(args: &'a Match, matcher: &'a Matcher) -> Printer<'a> {
        Printer {
            args,
            matcher,
            style: Style::for_stdout(),
            group_names: matcher.group_names(),
        }
    }

    /// Prints one line, the `number`th, which starts at `offset`.
    pub(super) fn line(
        &self,
        out: &mut impl Write,
        number: u64,
        offset: u64,
        line: &[u8],
    ) -> io::Result<()> {
        if self.args.captures {
            self.captures(out, number, offset, line)
        } else if self.args.json {
            self.json(out, number, offset, line)
        } else if self.args.only_matching {
            self.matches(out, number, line)
        } else {
            self.plain(out, number, line)
        }
    }

    /// Prints the number of lines.
    pub(super) fn count(&self, out: &mut impl Write, found: u64) -> io::Result<()> {
        if self.args.json {
            writeln!(out, "{}", serde_json::json!({ "lines": found }))
        } else {
            writeln!(out, "{found}")
        }
    }

    fn number(&self, out: &mut impl Write, number: u64) -> io::Result<()> {
        if self.args.line_number {
            write!(out, "{}", self.style.dim(&format!("{number}:")))?;
        }
        Ok(())
    }

    fn plain(&self, out: &mut impl Write, number: u64, line: &[u8]) -> io::Result<()> {
        self.number(out, number)?;
        let mut at = 0;
        if self.style.colours() && !self.args.invert_match {
            for (start, end) in self.matcher.matches(line) {
                out.write_all(&line[at..start])?;
                out.write_all(b"\x1b[1;31m")?;
                out.write_all(&line[start..end])?;
                out.write_all(b"\x1b[0m")?;
                at = end;
            }
        }
        out.write_all(&line[at..])?;
        out.write_all(b"\n")
    }

    fn matches(&self, out: &mut impl Write, number: u64, line: &[u8]) -> io::Result<()> {
        for (start, end) in self.matcher.matches(line) {
            // An empty match counts as a match, and has no text to print.
            if start < end {
                self.number(out, number)?;
                out.write_all(&line[start..end])?;
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    fn json(&self, out: &mut impl Write, number: u64, offset: u64, line: &[u8]) -> io::Result<()> {
        let spans = self.matcher.matches(line).into_iter();
        serde_json::to_writer(
            &mut *out,
            &Line {
                line: number,
                offset,
                text: &String::from_utf8_lossy(line),
                matches: spans.map(|span| Group::new(line, span, None)).collect(),
            },
        )?;
        out.write_all(b"\n")
    }

    fn captures(
        &self,
        out: &mut impl Write,
        number: u64,
        offset: u64,
        line: &[u8],
    ) -> io::Result<()> {
        for groups in self.matcher.captures(line) {
            let named = groups.into_iter().zip(&self.group_names);
            let groups = named
                .map(|(span, name)| Some(Group::new(line, span?, name.as_deref())))
                .collect();
            serde_json::to_writer(
                &mut *out,
                &Captures {
                    line: number,
                    offset,
                    groups,
                },
            )?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}
