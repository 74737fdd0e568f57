//! Nanoseconds per byte and per search, beside `regex-automata`'s meta engine.
//!
//! `cargo run --release -p repool-vm --example nanoseconds -- [haystack file] [name filter]`
//!
//! For the work on engines, not for claims: those are made by the criterion benchmarks.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use regex_automata::meta;
use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::search;
use repool_vm::{Input, Scratch, Slot, strategy_of};

const LONG: &[&str] = &[
    "Sherlock Holmes",
    "(?i)Sherlock Holmes",
    r"Sherlock|Holmes|Watson|Irene|Adler|John|Baker",
    r"\w+",
    r"[A-Z]",
    r"\d+",
    r"\d{4}-\d{2}-\d{2}",
    r"\b\w{12,}\b",
    r"[a-z]+ing",
    r"\w+\s+Holmes",
    r"[^\n]*Sherlock[^\n]*",
    r"\w{12,}\d\d\dQ",
    r"(\w+)\s(\w+)",
    r"(?m)^.*?(?:a|b)+c$",
    r"[a-zA-Z]+@[a-z]+\.com",
    r"the|The|an?|of",
    r"\bthe\b",
    r#""[^"]*""#,
    r".*",
];

const SHORT: &[(&str, &str)] = &[
    (r"^\d{4}-\d{2}-\d{2}$", "2024-11-20"),
    (r"^(\d{4})-(\d{2})-(\d{2})$", "2024-11-20"),
    (r"(\d{4})-(\d{2})-(\d{2})", "on 2024-11-20 at noon"),
    (
        r"Windows NT (\d+)\.(\d+)",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
    ),
    (
        r"foo|bar",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
    ),
    (
        r"(?:iPhone|iPad|iPod).*OS (\d+)_(\d+)",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15",
    ),
    (
        r"\w+@\w+\.\w+",
        "write to someone@example.com today, if you like",
    ),
    (r"[a-z]+", "   hello world"),
    (r"a.c", "xxxxxxxxabc"),
];

fn ours(text: &str, pool: &Arc<Pool>) -> Image {
    let syntax = Syntax::default();
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).expect("the pattern is valid");
    Compiler::default()
        .compile(&ir, text, &syntax, 0, pool)
        .expect("the pattern compiles")
}

/// The least of a few runs, in nanoseconds, and what the run counted.
fn time(runs: usize, mut run: impl FnMut() -> usize) -> (f64, usize) {
    let mut best = (f64::MAX, 0);
    for _ in 0..runs {
        let start = Instant::now();
        let count = black_box(run());
        let elapsed = start.elapsed().as_nanos() as f64;
        if elapsed < best.0 {
            best = (elapsed, count);
        }
    }
    best
}

fn count_ours(image: &Image, hay: &[u8], scratch: &mut Scratch) -> usize {
    let program = image.program();
    let mut input = Input::new(hay);
    let mut slots = [Slot::NONE; 2];
    let mut count = 0;
    while search(&program, &input, scratch, &mut slots) {
        count += 1;
        let (start, end) = (slots[0].get().unwrap(), slots[1].get().unwrap());
        input.start = if end == start { end + 1 } else { end };
        if input.start > hay.len() {
            break;
        }
    }
    count
}

fn long(hay: &str, filter: &str, pool: &Arc<Pool>) {
    let mut scratch = Scratch::new();
    println!(
        "{:<44} {:>9} {:>9} {:>7} {:>9}",
        "long", "ns/B", "regex", "ratio", "matches"
    );
    let mut product = (0.0, 0);
    for text in LONG.iter().filter(|t| t.contains(filter)) {
        let image = ours(text, pool);
        let regex = meta::Regex::new(text).expect("the pattern is valid");
        let (ours, n) = time(40, || count_ours(&image, hay.as_bytes(), &mut scratch));
        let (theirs, m) = time(40, || regex.find_iter(hay).count());
        let per_byte = 1.0 / hay.len() as f64;
        println!(
            "{text:<44} {:>9.3} {:>9.3} {:>7.2} {n:>9}{}",
            ours * per_byte,
            theirs * per_byte,
            ours / theirs,
            if n == m {
                ""
            } else {
                " (differs in empty matches)"
            },
        );
        product = (product.0 + (ours / theirs).ln(), product.1 + 1);
    }
    println!(
        "geometric mean {:.3}",
        (product.0 / f64::from(product.1.max(1))).exp()
    );
}

fn short(filter: &str, pool: &Arc<Pool>) {
    const TIMES: usize = 2_000;
    let mut scratch = Scratch::new();
    println!(
        "{:<44} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}  engine",
        "short, ns a search", "is_match", "regex", "find", "regex", "captures", "regex"
    );
    for (text, hay) in SHORT.iter().filter(|(t, _)| t.contains(filter)) {
        let image = ours(text, pool);
        let program = image.program();
        let regex = meta::Regex::new(text).expect("the pattern is valid");
        let mut captures = regex.create_captures();
        let input = Input::new(hay.as_bytes());
        let mut cells = Vec::new();
        for slot_len in [0, 2, 2 * program.group_len()] {
            let mut slots = vec![Slot::NONE; slot_len];
            let (ours, _) = time(200, || {
                (0..TIMES)
                    .filter(|_| {
                        search(
                            &image.program(),
                            black_box(&input),
                            &mut scratch,
                            &mut slots,
                        )
                    })
                    .count()
            });
            let (theirs, _) = time(200, || {
                let run = |_: &usize| match slot_len {
                    0 => regex.is_match(black_box(*hay)),
                    2 => regex.find(black_box(*hay)).is_some(),
                    _ => {
                        regex.captures(black_box(*hay), &mut captures);
                        captures.is_match()
                    }
                };
                (0..TIMES).filter(run).count()
            });
            cells.push(format!(
                "{:>8.1} {:>8.1}",
                ours / TIMES as f64,
                theirs / TIMES as f64
            ));
        }
        let strategy = strategy_of(&program).name();
        println!("{text:<44} {}  {strategy}", cells.join(" "));
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let file = args.next().unwrap_or_default();
    let filter = args.next().unwrap_or_default();
    let pool = Pool::new(Arc::new(Ledger::default()));
    let hay = std::fs::read_to_string(&file).unwrap_or_else(|_| {
        "The quick brown fox, Sherlock Holmes says on 2024-11-20, jumps over 13 lazy dogs.\n"
            .repeat(4_000)
    });
    short(&filter, &pool);
    long(&hay, &filter, &pool);
}
