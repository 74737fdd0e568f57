//! The `repool` command: match, inspect and bench patterns, and watch the cache work.
//!
//! ```text
//! args ─► cmd/{run,grep,inspect,bench,stats} ─► report   main: exit codes and messages
//!             │        │           └─ measure; crate repool-rebar (engines, benchmarks as data)
//!             └─ workload (patterns, lines, order)      alloc: bytes held by the allocator
//! ```

mod alloc;
mod args;
mod cmd;
mod fault;
mod measure;
mod report;
mod workload;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use fault::{Fault, Outcome};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = dispatch(&cli, &mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match outcome {
        // A reader that stops early, such as `head`, is no fault.
        Ok(Outcome::Good) | Err(Fault::BrokenPipe) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::from(1),
        Err(Fault::Message(message)) => {
            // The output from before the fault is printed first. Errors of either write are ignored: no
            // place is left to report them.
            let _ = out.flush();
            let _ = writeln!(io::stderr(), "repool: {message}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: &Cli, out: &mut impl Write) -> Result<Outcome, Fault> {
    match &cli.command {
        None => cmd::run::run(&cli.run, out),
        Some(Command::Match(args)) => cmd::grep::run(args, out),
        Some(Command::Inspect(args)) => cmd::inspect::run(args, out),
        Some(Command::Bench(args)) => cmd::bench::run(args, out),
        Some(Command::Stats(args)) => cmd::stats::run(args, out),
    }
}
