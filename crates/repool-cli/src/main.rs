//! The `repool` command: match, inspect and bench patterns, and watch the cache work.
//!
//! ```text
//! args ─► cmd/{run,grep,inspect,bench,stats} ─► report   main: exit codes and messages
//!             │        │           └─ measure; crate repool-rebar (engines, benchmarks as data)
//!             └─ workload (patterns, lines, order)      alloc: what is really allocated
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
        // Who stops reading has seen enough, as with `head`.
        Ok(Outcome::Good) | Err(Fault::BrokenPipe) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::from(1),
        Err(Fault::Message(message)) => {
            // What was found before the fault is still worth its line, and comes before it. If nobody
            // reads the one or the other, there is nothing left to tell.
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
