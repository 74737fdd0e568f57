//! `repool match`: the lines that a pattern matches.
//!
//! Lines are read one at a time: a pipe shows its matches as they come, and a large file takes the memory of one line.
//! Exercised by `tests/match.rs`.

mod matcher;
mod output;

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::Path;

use matcher::Matcher;
use output::Printer;

use crate::args::Match;
use crate::fault::{Fault, Outcome};

/// The name of standard input as a file.
const STDIN: &str = "-";

/// Prints the matching lines of a file or of standard input.
pub(crate) fn run(args: &Match, out: &mut impl Write) -> Result<Outcome, Fault> {
    let matcher = Matcher::new(args)?;
    match args
        .file
        .as_deref()
        .filter(|file| *file != Path::new(STDIN))
    {
        None => search(args, &matcher, &mut io::stdin().lock(), STDIN, out),
        Some(path) => {
            let name = path.display().to_string();
            let file = File::open(path).map_err(|error| Fault::at(&name, error))?;
            search(
                args,
                &matcher,
                &mut BufReader::with_capacity(1 << 16, file),
                &name,
                out,
            )
        }
    }
}

fn search(
    args: &Match,
    matcher: &Matcher,
    input: &mut impl BufRead,
    name: &str,
    out: &mut impl Write,
) -> Result<Outcome, Fault> {
    let printer = Printer::new(args, matcher);
    let flush_each = io::stdout().is_terminal();
    let line_max = args.max_count.unwrap_or(u64::MAX);
    let mut line = Vec::new();
    let (mut number, mut offset, mut found) = (0, 0, 0);
    while found < line_max {
        line.clear();
        let read = input
            .read_until(b'\n', &mut line)
            .map_err(|error| Fault::at(name, error))?;
        if read == 0 {
            break;
        }
        number += 1;
        let text = without_end(&line);
        if matcher.is_match(text) != args.invert_match {
            found += 1;
            if args.quiet {
                break;
            }
            if !args.count {
                printer.line(out, number, offset, text)?;
                if flush_each {
                    out.flush()?;
                }
            }
        }
        offset += read as u64;
    }
    if args.count && !args.quiet {
        printer.count(out, found)?;
    }
    Ok(Outcome::when(found > 0))
}

/// The line without its end, `\n` or `\r\n`.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
