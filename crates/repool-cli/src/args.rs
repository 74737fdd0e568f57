//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Compiles regular expressions once, keeps them in a byte budget, and searches with them fast.
///
/// Without a command it runs its own workload through repool's cache and through `regex` behind an
/// LRU, checks that both find the same, and reports time, memory and hits side by side.
#[derive(Debug, Parser)]
#[command(
    name = "repool",
    version,
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    after_help = "Examples:
  repool                                   the report, with the defaults
  repool --budget 256K --one-shot 40       a smaller cache, more patterns that never come again
  repool --json | jq .regex.seconds        the same as data
  repool match -n '\\b5\\d\\d\\b' access.log   matching lines with their numbers
  repool inspect '(?i)user=(\\w+)'          what a pattern compiles to
  repool bench --patterns rules.txt --haystack app.log
  repool bench --rebar path/to/rebar/benchmarks --filter literal
  repool bench cache --plot policies.svg   what cache policies keep, drawn
  repool stats --threads 4                 a cache at work, live

Exit codes: 0 done, 1 no match or a disagreement between engines, 2 bad input."
)]
pub(crate) struct Cli {
    /// What to do. Without a command, the report.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The options of the report.
    #[command(flatten)]
    pub(crate) run: Run,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the lines that a pattern matches
    Match(Match),
    /// Show what a pattern compiles to: facts, engine, program, bytes
    Inspect(Inspect),
    /// Compare compile time, search time and memory with the `regex` crate
    Bench(Bench),
    /// Watch a cache at work: lookups, hits, evictions, bytes by account, the hottest patterns
    Stats(Stats),
}

/// Options of the report.
#[derive(Args, Debug)]
#[command(next_help_heading = "Report")]
pub(crate) struct Run {
    /// Bytes the cache may hold: a number, or one with K, M or G behind it
    #[arg(long, value_name = "BYTES", value_parser = bytes, default_value = "192K")]
    pub(crate) budget: usize,
    /// Patterns that come again [default: all that are embedded]
    #[arg(long, value_name = "N")]
    pub(crate) patterns: Option<usize>,
    /// Lookups: each asks the cache for one pattern and runs it over 8 lines
    #[arg(long, value_name = "N", default_value_t = 20_000,
          value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) lookups: u32,
    /// Threads that share the cache and the lookups
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// Seed of patterns' order, lines and lookups
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Lookups of a hundred that ask for a pattern that never comes again
    #[arg(long, value_name = "PERCENT", default_value_t = 25,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) one_shot: u8,
    /// Print one JSON object instead of the report
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `repool match`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  repool match 'level=(error|fatal)' app.log
  journalctl | repool match -o '\\b\\d{1,3}(\\.\\d{1,3}){3}\\b'
  repool match --captures '(?<user>\\w+)@(?<host>[\\w.]+)' mail.log
  repool match -c --bytes '(?-u:\\xFF\\xD8)' dump.bin

Exit codes: 0 a line matched, 1 none did, 2 bad input.")]
pub(crate) struct Match {
    /// The pattern, in the syntax of the `regex` crate
    pub(crate) pattern: String,
    /// The file to read; standard input if there is none, or `-`
    pub(crate) file: Option<PathBuf>,
    /// Print line numbers
    #[arg(short = 'n', long)]
    pub(crate) line_number: bool,
    /// Print each match on a line of its own instead of the lines around them
    #[arg(short, long, conflicts_with_all = ["count", "captures", "invert_match"])]
    pub(crate) only_matching: bool,
    /// Print only the number of matching lines
    #[arg(short, long, conflicts_with = "captures")]
    pub(crate) count: bool,
    /// Print each match with its groups as one JSON object a line
    #[arg(long, conflicts_with = "invert_match")]
    pub(crate) captures: bool,
    /// Print the lines that do not match
    #[arg(short = 'v', long)]
    pub(crate) invert_match: bool,
    /// Stop after this many lines
    #[arg(long, value_name = "N")]
    pub(crate) max_count: Option<u64>,
    /// Print nothing; the exit code says whether a line matched
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Print each line as one JSON object, with the spans of its matches
    #[arg(long, conflicts_with_all = ["only_matching", "captures"])]
    pub(crate) json: bool,
    /// Match bytes: the pattern may match invalid UTF-8
    #[arg(long)]
    pub(crate) bytes: bool,
    /// How to read the pattern.
    #[command(flatten)]
    pub(crate) syntax: Syntax,
}

/// Options of `repool inspect`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  repool inspect '\\w+@\\w+'
  repool inspect -i 'straße|σίσυφος'
  repool inspect --bytes '(?-u:\\xFF)+' --json")]
pub(crate) struct Inspect {
    /// The pattern, in the syntax of the `regex` crate
    pub(crate) pattern: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Match bytes: the pattern may match invalid UTF-8
    #[arg(long)]
    pub(crate) bytes: bool,
    /// How to read the pattern.
    #[command(flatten)]
    pub(crate) syntax: Syntax,
}

/// How a pattern is read.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Syntax")]
pub(crate) struct Syntax {
    /// Letters match both cases (the flag `i`)
    #[arg(short = 'i', long)]
    pub(crate) ignore_case: bool,
    /// `^` and `$` match at line ends too (the flag `m`)
    #[arg(short = 'm', long)]
    pub(crate) multi_line: bool,
    /// `.` matches line feeds too (the flag `s`)
    #[arg(short = 's', long)]
    pub(crate) dot_all: bool,
    /// White space and comments in the pattern are skipped (the flag `x`)
    #[arg(short = 'x', long)]
    pub(crate) verbose: bool,
    /// Repeats are lazy, and greedy with a `?` (the flag `U`)
    #[arg(short = 'U', long)]
    pub(crate) swap_greed: bool,
    /// Classes, cases and boundaries know ASCII only
    #[arg(long)]
    pub(crate) no_unicode: bool,
}

impl Syntax {
    /// The options that the flags stand for.
    pub(crate) fn options(&self) -> repool::Options {
        let mut options = repool::Options::new();
        options
            .case_insensitive(self.ignore_case)
            .multi_line(self.multi_line)
            .dot_matches_new_line(self.dot_all)
            .ignore_whitespace(self.verbose)
            .swap_greed(self.swap_greed)
            .unicode(!self.no_unicode);
        options
    }
}

impl From<&Syntax> for repool_rebar::Settings {
    fn from(syntax: &Syntax) -> repool_rebar::Settings {
        repool_rebar::Settings {
            ignore_case: syntax.ignore_case,
            multi_line: syntax.multi_line,
            dot_all: syntax.dot_all,
            verbose: syntax.verbose,
            swap_greed: syntax.swap_greed,
            unicode: !syntax.no_unicode,
        }
    }
}

/// Options of `repool bench`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  repool bench --patterns rules.txt --haystack app.log
  repool bench --patterns rules.json --haystack app.log --summary
  repool bench --rebar path/to/rebar/benchmarks
  repool bench --rebar path/to/rebar/benchmarks --filter 'curated/0[1-3]' --time 1s
  repool bench cache --plot policies.svg

Exit codes: 0 done, 1 engines disagree about a count, 2 bad input.")]
#[command(group = clap::ArgGroup::new("work").required(true).args(["patterns", "rebar"]))]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Bench {
    /// What to measure, if not engines.
    #[command(subcommand)]
    pub(crate) command: Option<BenchCommand>,
    /// Patterns: one a line, or a JSON array of strings
    #[arg(long, value_name = "FILE", requires = "haystack")]
    pub(crate) patterns: Option<PathBuf>,
    /// The text that the patterns search
    #[arg(long, value_name = "FILE", requires = "patterns")]
    pub(crate) haystack: Option<PathBuf>,
    /// A folder with `definitions`, `haystacks` and `regexes` in the format of rebar
    #[arg(long, value_name = "DIR")]
    pub(crate) rebar: Option<PathBuf>,
    /// Run only what this pattern matches: a pattern's text, or `group/name` of a benchmark
    #[arg(long, value_name = "REGEX")]
    pub(crate) filter: Option<String>,
    /// Time for one measurement of one engine, such as 20ms or 1s
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "50ms")]
    pub(crate) time: std::time::Duration,
    /// Print the means only
    #[arg(long)]
    pub(crate) summary: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// How to read the patterns.
    #[command(flatten)]
    pub(crate) syntax: Syntax,
}

/// Options of `repool stats`.
#[derive(Args, Debug)]
#[command(
    after_help = "On a terminal the view is drawn in place; Ctrl-C ends the work early and leaves the last view.
Elsewhere only the last view is printed. The workload is that of the report, without a rival.

Examples:
  repool stats
  repool stats --threads 4 --max-bytes 1M --seconds 0
  repool stats --seconds 5 --json | jq .stats.ghost_hits
  repool stats --seconds 5 --prometheus

Exit codes: 0 done or interrupted, 2 bad input."
)]
pub(crate) struct Stats {
    /// How long to work; 0 means until Ctrl-C
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds,
          allow_negative_numbers = true)]
    pub(crate) seconds: f64,
    /// Threads that share the cache
    #[arg(long, value_name = "N", default_value_t = 2,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// Bytes the cache may hold: a number, or one with K, M or G behind it
    #[arg(long, value_name = "BYTES", value_parser = bytes, default_value = "192K")]
    pub(crate) max_bytes: usize,
    /// Patterns that come again [default: all that are embedded]
    #[arg(long, value_name = "N")]
    pub(crate) patterns: Option<usize>,
    /// Lookups of a hundred that ask for a pattern that never comes again
    #[arg(long, value_name = "PERCENT", default_value_t = 25,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) one_shot: u8,
    /// Seed of patterns' order, lines and lookups
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Patterns in each list of the hottest and the largest
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub(crate) top: u8,
    /// Print one JSON object at the end instead of views
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the statistics at the end in Prometheus' text format instead of views
    #[arg(long, conflicts_with = "json")]
    pub(crate) prometheus: bool,
}

/// Reads a number of seconds.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=1e6).contains(&seconds) => Ok(seconds),
        _ => Err("from 0 to 1000000 seconds".to_owned()),
    }
}

/// What `repool bench` measures besides engines.
#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Compare what cache policies keep: hits and bytes over time
    Cache(BenchCache),
}

/// Options of `repool bench cache`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  repool bench cache
  repool bench cache --plot policies.svg
  repool bench cache --trace requested.txt --entries 200 --plot policies.svg

Exit codes: 0 done, 2 bad input.")]
pub(crate) struct BenchCache {
    /// Draw hit ratios and bytes over time, as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// Take the requests from a file, the pattern of one request a line, instead of generated ones
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Entries that the policies without a byte budget hold
    #[arg(long, value_name = "N", default_value = "512", value_parser = entries)]
    pub(crate) entries: std::num::NonZeroUsize,
    /// Bytes that repool's cache may hold [default: enough for as many entries]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) max_bytes: Option<usize>,
    /// Requests of each generated stream
    #[arg(long, value_name = "N", default_value_t = 200_000, conflicts_with = "trace",
          value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    pub(crate) requests: u32,
    /// Seed of the generated streams
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "trace")]
    pub(crate) seed: u64,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads a number of entries.
fn entries(text: &str) -> Result<std::num::NonZeroUsize, String> {
    match text.parse::<usize>() {
        Ok(number @ 8..=100_000) => Ok(std::num::NonZeroUsize::MIN.saturating_add(number - 1)),
        _ => Err("from 8 to 100000".to_owned()),
    }
}

/// Reads `192K`, `1M`, `4096`: units of 1,024.
fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        unit => return Err(format!("unknown unit `{unit}`, use K, M or G")),
    };
    let number: usize = digits
        .parse()
        .map_err(|_| "not a number of bytes".to_owned())?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| "more bytes than there are addresses".to_owned())
}

/// Reads `200ms`, `1.5s`.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let (number, scale) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1e-3),
        (None, Some(number)) => (number, 1.0),
        (None, None) => return Err("a time needs a unit, ms or s".to_owned()),
    };
    let seconds = number.trim().parse::<f64>().map_err(|e| e.to_string())? * scale;
    if !(0.000_1..=600.0).contains(&seconds) {
        return Err("a measurement takes from 0.1ms to 600s".to_owned());
    }
    Ok(std::time::Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bytes_have_units() {
        assert_eq!(bytes("4096"), Ok(4096));
        assert_eq!(bytes("192K"), Ok(192 * 1024));
        assert_eq!(bytes("2MiB"), Ok(2 << 20));
        assert!(bytes("12parsecs").unwrap_err().contains("parsecs"));
        assert!(bytes("").is_err());
        assert!(bytes("-1").is_err());
        assert!(bytes("99999999999999999999G").is_err());
        assert!(bytes("9999999999999999G").is_err());
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("200ms"), Ok(std::time::Duration::from_millis(200)));
        assert_eq!(duration("1.5s"), Ok(std::time::Duration::from_millis(1500)));
        for wrong in ["5", "s", "-1s", "0ms", "1h", "nans", "infs"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
