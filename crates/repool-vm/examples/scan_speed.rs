//! Throughput of finding all matches, beside `regex-automata`'s meta engine, in turns.
//!
//! `cargo run --release -p repool-vm --example scan_speed -- haystack.txt pattern...`
//!
//! For the work on scans, not for claims: those are made by the criterion benchmarks.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use regex_automata::meta;
use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Program;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::search;
use repool_vm::{Input, Scratch, Slot};

/// Turns of each; the least time counts.
const TURNS: usize = 15;

fn count(program: &Program<'_>, hay: &[u8], scratch: &mut Scratch) -> usize {
    let mut input = Input::new(hay);
    let mut slots = [Slot::NONE; 2];
    let mut count = 0;
    while search(program, &input, scratch, &mut slots) {
        count += 1;
        let [start, end] = slots.map(|slot| slot.get().unwrap_or(hay.len()));
        input.start = if end == start { end + 1 } else { end };
        if input.start > hay.len() {
            break;
        }
    }
    count
}

fn time(run: impl FnOnce() -> usize) -> (f64, usize) {
    let start = Instant::now();
    let n = black_box(run());
    (start.elapsed().as_secs_f64(), n)
}

fn main() {
    let mut args = std::env::args().skip(1);
    let file = args.next().unwrap_or_default();
    let hay = std::fs::read_to_string(&file).unwrap_or_else(|_| {
        "The quick brown fox jumps over 13 lazy dogs, says Sherlock Holmes.\n".repeat(10_000)
    });
    let pool = Pool::new(Arc::new(Ledger::default()));
    let syntax = Syntax::default();
    println!(
        "{:>9} {:>9} {:>6} {:>8}",
        "GB/s", "regex", "times", "matches"
    );
    for text in args {
        let mut ir = Ir::new();
        parse(&text, &syntax, &mut ir).expect("the pattern is valid");
        let image = Compiler::default()
            .compile(&ir, &text, &syntax, 0, &pool)
            .expect("the pattern compiles");
        let program = image.program();
        let regex = meta::Regex::new(&text).expect("the pattern is valid");
        let mut scratch = Scratch::new();
        let mut best = [(f64::MAX, 0); 2];
        for _ in 0..TURNS {
            let ours = time(|| count(&program, hay.as_bytes(), &mut scratch));
            let theirs = time(|| regex.find_iter(&hay).count());
            for (best, run) in best.iter_mut().zip([ours, theirs]) {
                *best = (best.0.min(run.0), run.1);
            }
        }
        let [ours, theirs] = best;
        let speed = |seconds: f64| hay.len() as f64 / seconds / 1e9;
        println!(
            "{:>9.3} {:>9.3} {:>6.2} {:>8} {}  {text}",
            speed(ours.0),
            speed(theirs.0),
            theirs.0 / ours.0,
            ours.1,
            if ours.1 == theirs.1 { "" } else { "differs" },
        );
    }
}
