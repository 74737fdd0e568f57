//! Times the parser: `cargo run --release --example parse_speed -- FOLDER`, where FOLDER has the three
//! corpora as JSON arrays of strings. Prints nanoseconds for each byte of pattern, best of 20 rounds.

use std::time::Instant;

use repool_syntax::{Ir, Parser, Syntax};

fn main() {
    let folder = std::env::args().nth(1).expect("a folder with corpora");
    let mut ir = Ir::new();
    for file in ["uap.json", "gitleaks.json", "pystd.json"] {
        let text = std::fs::read_to_string(format!("{folder}/{file}")).expect("a corpus");
        let patterns: Vec<String> = serde_json::from_str(&text).expect("an array of strings");
        time(file, &patterns, &mut ir);
    }
    time("literal of 1 MB", &["abcdefghij".repeat(100_000)], &mut ir);
    time("100,000 words", &["word|".repeat(100_000)], &mut ir);
    time("100,000 groups", &["(a)".repeat(100_000)], &mut ir);
    time(
        "100,000 folded",
        &[format!("(?i){}", "Folded1 ".repeat(100_000))],
        &mut ir,
    );
    let classes: String = (0..100_000)
        .map(|i| format!("[a{}]", char::from_u32(0x4E00 + i % 20_000).unwrap()))
        .collect();
    time("100,000 classes", &[classes], &mut ir);
}

fn time(name: &str, patterns: &[String], ir: &mut Ir) {
    let (mut parser, syntax) = (Parser::new(), Syntax::default());
    let accepted: Vec<&String> = patterns
        .iter()
        .filter(|pattern| parser.parse(pattern, &syntax, ir).is_ok())
        .collect();
    let bytes: usize = accepted.iter().map(|pattern| pattern.len()).sum();
    let mut best = f64::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        let mut groups = 0;
        for pattern in &accepted {
            parser.parse(pattern, &syntax, ir).expect("accepted before");
            groups += ir.group_len();
        }
        std::hint::black_box(groups);
        best = best.min(start.elapsed().as_nanos() as f64 / bytes as f64);
    }
    println!(
        "{name}: {} of {} patterns, {bytes} bytes, {best:.1} ns/byte",
        accepted.len(),
        patterns.len(),
    );
}
