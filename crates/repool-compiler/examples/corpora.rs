//! Prints what the patterns of a corpus cost, and what the compiler finds in them.
//!
//! `REPOOL_CORPORA=path cargo run --release -p repool-compiler --example corpora` reads each `.json`
//! file of the folder, a list of patterns. Each pattern is compiled `ROUNDS` times; its time is the
//! shortest of them. The counts at the end are those by which `tuning.rs` chooses its numbers.

use std::time::{Duration, Instant};

use repool_arena::{Ledger, Pool};
use repool_compiler::{Compiler, Factors};
use repool_program::{Flags, Program};
use repool_syntax::{Ir, Parser, Syntax};

const ROUNDS: usize = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::var_os("REPOOL_CORPORA") else {
        println!("skipped: REPOOL_CORPORA names no folder");
        return Ok(());
    };
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let patterns: Vec<String> = serde_json::from_slice(&std::fs::read(&path)?)?;
        for unicode in [true, false] {
            println!("{} unicode={unicode}", path.display());
            measure(&patterns, unicode);
        }
    }
    Ok(())
}

/// What the compiler finds in the patterns of a corpus: numbers of patterns, and of what is in them.
#[derive(Debug, Default)]
struct Found {
    counters: usize,
    one_pass: usize,
    required: usize,
    first: usize,
    /// Patterns with factors, patterns with a second group of them, and factors.
    with_factors: usize,
    with_second: usize,
    factors: usize,
}

impl Found {
    fn add(&mut self, program: &Program<'_>) {
        self.counters += program.counter_len();
        self.one_pass += usize::from(program.flags().contains(Flags::ONE_PASS));
        self.required += usize::from(program.required().is_some());
        self.first += usize::from(program.first().is_some());
    }

    fn add_factors(&mut self, factors: &mut Factors, ir: &Ir) {
        let Some(found) = factors.find(ir) else {
            return;
        };
        self.with_factors += 1;
        let mut has_second = false;
        for factor in found {
            self.factors += 1;
            has_second |= factor.group == 1;
        }
        self.with_second += usize::from(has_second);
    }
}

#[derive(Default)]
struct Column(Vec<u64>);

impl Column {
    fn print(&mut self, name: &str) {
        self.0.sort_unstable();
        let len = self.0.len().max(1);
        let at = |share: usize| self.0.get(len * share / 100).copied().unwrap_or(0);
        let sum: u64 = self.0.iter().sum();
        println!(
            "  {name:<16} p50 {:>7}  p90 {:>7}  p99 {:>7}  mean {:>9.1}  sum {sum}",
            at(50),
            at(90),
            at(99),
            sum as f64 / len as f64
        );
    }
}

fn measure(patterns: &[String], unicode: bool) {
    let pool = Pool::new(Ledger::default().into());
    let syntax = Syntax {
        unicode,
        utf8: unicode,
        ..Syntax::default()
    };
    let (mut parser, mut ir, mut compiler) = (Parser::new(), Ir::new(), Compiler::default());
    let (mut found, mut factors) = (Found::default(), Factors::default());
    let [
        mut bytes,
        mut reserved,
        mut text,
        mut parse_ns,
        mut compile_ns,
    ] = std::array::from_fn(|_| Column::default());
    let mut refused = 0;
    for pattern in patterns {
        let (mut parsed, mut compiled) = (Duration::MAX, Duration::MAX);
        let mut image = None;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            if parser.parse(pattern, &syntax, &mut ir).is_err() {
                break;
            }
            parsed = parsed.min(start.elapsed());
            let start = Instant::now();
            image = compiler.compile(&ir, pattern, &syntax, 0, &pool).ok();
            compiled = compiled.min(start.elapsed());
        }
        let Some(image) = image else {
            refused += 1;
            continue;
        };
        let program = image.program();
        found.add(&program);
        found.add_factors(&mut factors, &ir);
        bytes.0.push(program.image_bytes() as u64);
        reserved.0.push(image.memory_bytes() as u64);
        text.0.push(pattern.len() as u64);
        parse_ns.0.push(parsed.as_nanos() as u64);
        compile_ns.0.push(compiled.as_nanos() as u64);
    }
    println!("  {} patterns, {refused} refused", patterns.len());
    text.print("text bytes");
    bytes.print("image bytes");
    reserved.print("reserved bytes");
    parse_ns.print("parse ns");
    compile_ns.print("compile ns");
    println!("  {found:?}");
}
