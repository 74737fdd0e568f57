//! `repool inspect`: what a pattern compiles to, stage by stage.
//!
//! Exercised by `tests/inspect.rs`.

use std::collections::BTreeMap;
use std::io::Write;

use repool::Inspection;
use serde::Serialize;

use crate::args::Inspect;
use crate::fault::{Fault, Outcome};
use crate::report::{Style, Table, bytes, count, seconds};

/// An inspection as JSON.
#[derive(Debug, Serialize)]
struct Report<'a> {
    pattern: &'a str,
    facts: BTreeMap<&'a str, &'a str>,
    strategy: &'static str,
    why: &'a str,
    cold: BTreeMap<&'a str, &'a str>,
    hot: BTreeMap<&'a str, &'a str>,
    cost: BTreeMap<&'a str, &'a str>,
    engines: Vec<Engines>,
    groups: usize,
    sets: usize,
    ranges: usize,
    counters: usize,
    states: usize,
    image_bytes: usize,
    reserved_bytes: usize,
    delegate_bytes: usize,
    parse_seconds: f64,
    lower_seconds: f64,
    ir: &'a str,
    program: &'a str,
}

#[derive(Debug, Serialize)]
struct Engines {
    haystack_bytes: usize,
    is_match: &'static str,
    find: &'static str,
    captures: &'static str,
}

/// Compiles the pattern and prints each stage.
pub(crate) fn run(args: &Inspect, out: &mut impl Write) -> Result<Outcome, Fault> {
    let options = args.syntax.options();
    let inspection = if args.bytes {
        repool::bytes::inspect(&args.pattern, &options)
    } else {
        repool::inspect(&args.pattern, &options)
    };
    let inspection = inspection.map_err(|error| Fault::new(error.to_string()))?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &Report::new(&args.pattern, &inspection))?;
        writeln!(out)?;
    } else {
        print(out, &args.pattern, &inspection)?;
    }
    Ok(Outcome::Good)
}

impl<'a> Report<'a> {
    fn new(pattern: &'a str, inspection: &'a Inspection) -> Report<'a> {
        let engines = inspection.engines.iter();
        Report {
            pattern,
            facts: map(&inspection.facts),
            strategy: inspection.strategy,
            why: &inspection.why,
            cold: map(&inspection.cold),
            hot: map(&inspection.hot),
            cost: map(&inspection.cost),
            engines: engines
                .map(|engines| Engines {
                    haystack_bytes: engines.haystack_bytes,
                    is_match: engines.is_match,
                    find: engines.find,
                    captures: engines.captures,
                })
                .collect(),
            groups: inspection.groups,
            sets: inspection.sets,
            ranges: inspection.ranges,
            counters: inspection.counters,
            states: inspection.states,
            image_bytes: inspection.image_bytes,
            reserved_bytes: inspection.reserved_bytes,
            delegate_bytes: inspection.delegate_bytes,
            parse_seconds: inspection.parse_time.as_secs_f64(),
            lower_seconds: inspection.lower_time.as_secs_f64(),
            ir: &inspection.ir,
            program: &inspection.program,
        }
    }
}

fn map<'a>(lines: &'a [(&'static str, String)]) -> BTreeMap<&'a str, &'a str> {
    let lines = lines.iter();
    lines.map(|(name, value)| (*name, value.as_str())).collect()
}

fn print(out: &mut impl Write, pattern: &str, inspection: &Inspection) -> Result<(), Fault> {
    let style = Style::for_stdout();
    let title = |text: &str| style.bold(text);
    writeln!(out, "\n  {}", title("pattern"))?;
    indented(out, pattern)?;

    writeln!(out, "\n  {}", title("strategy"))?;
    writeln!(out, "    {}: {}", inspection.strategy, inspection.why)?;
    let parts = [
        ("facts", &inspection.facts),
        ("while cold", &inspection.cold),
        ("once hot", &inspection.hot),
        ("cost", &inspection.cost),
    ];
    for (name, lines) in parts.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        writeln!(out, "\n  {}", title(name))?;
        for (name, value) in lines {
            writeln!(out, "    {name:<14}{value}")?;
        }
    }

    writeln!(out, "\n  {}", title("sizes"))?;
    let reserved = match inspection.delegate_bytes {
        0 => bytes(inspection.reserved_bytes),
        delegate => format!(
            "{}, {} of them by another engine",
            bytes(inspection.reserved_bytes),
            bytes(delegate)
        ),
    };
    let sizes = [
        (
            "image",
            format!("{} bytes", count(inspection.image_bytes as u64)),
        ),
        ("reserved", reserved),
        (
            "groups",
            format!("{} and the whole match", inspection.groups - 1),
        ),
        (
            "sets",
            format!("{} with {} ranges", inspection.sets, inspection.ranges),
        ),
        ("counters", inspection.counters.to_string()),
        ("states", count(inspection.states as u64)),
        ("parsed in", seconds(inspection.parse_time.as_secs_f64())),
        ("lowered in", seconds(inspection.lower_time.as_secs_f64())),
    ];
    for (name, value) in sizes {
        writeln!(out, "    {name:<14}{value}")?;
    }
    writeln!(out)?;

    let mut table = Table::new(&["once hot, in", "is_match", "find", "captures"], 20);
    for engines in &inspection.engines {
        let names = [engines.is_match, engines.find, engines.captures].map(str::to_owned);
        table.row([bytes(engines.haystack_bytes)].into_iter().chain(names));
    }
    write!(out, "{}", table.render(style))?;

    writeln!(out, "\n  {}", title("ir"))?;
    indented(out, &inspection.ir)?;
    writeln!(out, "\n  {}", title("program"))?;
    match inspection.program.as_str() {
        "" => writeln!(
            out,
            "    {}",
            style.dim("none; another engine runs the pattern")
        )?,
        program => indented(out, program)?,
    }
    Ok(())
}

fn indented(out: &mut impl Write, text: &str) -> Result<(), Fault> {
    for line in text.lines() {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}
