//! Every pattern on every haystack: where repool is slower than `regex`, and by how much.
//!
//! Other benchmarks search the text that a pattern was written for. Here each pattern also searches other text, as in a
//! service: a byte that is rare in one kind of text is frequent in the next. A cell is one pattern on one haystack.
//!
//! Prints the geometric mean of each haystack and the worst cells. `REPOOL_CELLS` is the number of those.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use repool_benches::corpus::{self, EMBEDDED};
use repool_benches::measure::{geomean, interleave, is_test, keep};

criterion_group!(benches, none);
criterion_main!(summary, benches);

/// What people look for, beside [`EMBEDDED`].
const PATTERNS: &[&str] = &[
    r"\w+",
    r"\d+",
    r"\s+",
    r"\S+",
    r"[A-Z]",
    r"[aeiou]{2,}",
    r"\b\w{10,}\b",
    r"\w+/\d+",
    r"\d+ms",
    r"\d+\.\d+\.\d+\.\d+",
    r"\d+\.\d+",
    r"\d+[a-z]?$",
    r"[?&](\w+)=",
    r"(\w+)=([^;]+)",
    r"\s*=\s*",
    r"\s*#.*$",
    r"(?m)^\s*\w+:",
    r"(?m)\S+\s*$",
    r"(?m)^.*ERROR.*$",
    r"alice|bob",
    r"(?i)alice|bob|chiara",
    r"(?i)the",
    r"the",
    r"ing\b",
    r"\w+ing\b",
    r"\bth\w+",
    r"[a-z]+\s+[A-Z][a-z]+",
    r"[A-Z][a-z]+ [A-Z][a-z]+",
    r"(\d{4})-(\d{2})-(\d{2})",
    r"\d{2}:\d{2}:\d{2}",
    r"\[[^\]]*\]",
    r"\([^()]*\)",
    r"<[^>]+>",
    r"'[^']*'",
    r"[0-9a-f]{16,}",
    r"[A-Za-z0-9+/]{20,}={0,2}",
    r"[^,]*,[^,]*,",
    r"[^ -~]+",
    r"\p{L}+",
    r"\p{Lu}\w*",
    r".{0,20}error.{0,20}",
    r"(?s).*refused",
    r".*refused",
    r"x*",
    r"\bat\b.*\bof\b",
    r"(GET|POST|PUT) (\S+)",
    r"(\S+)@(\S+)\.(\w+)",
    r"(?:a|b|c|d|e)+",
    r"(\w)(\w)(\w)",
    r"e",
    r"[аеиоу]",
    r"的",
    r"q[^u]",
];

type Haystack = (&'static str, String);

fn haystacks() -> Vec<Haystack> {
    let len = if is_test() { 1 << 10 } else { 1 << 15 };
    vec![
        ("log", corpus::log(len)),
        (
            "English",
            repeated(
                &[
                    "the", "quick", "brown", "fox", "of", "London", "at", "Holmes", "was",
                    "running,", "thinking", "and", "Sherlock", "saw.", "it", "\n", "queue",
                    "(which", "is)", "nothing",
                ],
                len,
            ),
        ),
        (
            "Russian",
            repeated(
                &[
                    "и",
                    "в",
                    "не",
                    "человек",
                    "Шерлок",
                    "Холмс,",
                    "дело",
                    "было",
                    "которые",
                    "\n",
                    "сказал.",
                    "большинство",
                ],
                len,
            ),
        ),
        (
            "Chinese",
            repeated(
                &[
                    "的",
                    "一",
                    "是",
                    "在",
                    "不",
                    "了",
                    "福尔摩斯",
                    "，",
                    "我",
                    "。",
                    "他们",
                    "\n",
                    "来",
                    "说",
                ],
                len,
            ),
        ),
        (
            "code",
            repeated(
                &[
                    "fn",
                    "let",
                    "x",
                    "=",
                    "y;",
                    "// ",
                    "for",
                    "(a, b)",
                    "{",
                    "}\n",
                    "    ",
                    "return",
                    "self.value",
                    "0x1f",
                    "42",
                    "'c'",
                    "\"text\"",
                    "# note\n",
                    "==",
                    "map[key]",
                    "&str",
                ],
                len,
            ),
        ),
        (
            "CSV",
            repeated(
                &[
                    "12,",
                    "3.5,",
                    "alice,",
                    "2024-01-07,",
                    "\n",
                    "0.001,",
                    ",",
                    "Berlin,",
                    "10.1.2.3,",
                    "n/a,",
                ],
                len,
            ),
        ),
        (
            "base64",
            repeated(
                &[
                    "QUJD", "x+9/", "ab3d", "ZZ0k", "TWFu", "c3Vy", "ZS4=", "0aF1",
                ],
                len,
            ),
        ),
        (
            "URLs",
            repeated(
                &[
                    "https://example.org/",
                    "a/b?c=d",
                    "&key=value",
                    "/api/v2/users",
                    "?q=1",
                    " ",
                    "index.html",
                    "\n",
                    "#top",
                    "user@host.net",
                ],
                len,
            ),
        ),
        ("one line", "x".repeat(len)),
        ("spaces", " ".repeat(len)),
        ("digits", repeated(&["0", "17", "234", "9"], len)),
        (
            "lines",
            format!("{}\n", "a line of text, and no more").repeat(len / 28),
        ),
    ]
}

/// Words in an order that is the same every time; Latin words are set apart by spaces.
fn repeated(words: &[&str], len: usize) -> String {
    let apart = words.iter().any(|word| matches!(*word, "the" | "и" | "fn"));
    let mut text = String::with_capacity(len + 64);
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    while text.len() < len {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        text.push_str(words[(seed % words.len() as u64) as usize]);
        if apart {
            text.push(' ');
        }
    }
    text
}

struct Cell {
    pattern: &'static str,
    haystack: &'static str,
    work: &'static str,
    ratio: f64,
    nanos: f64,
}

fn none(_: &mut Criterion) {}

fn summary() {
    let haystacks = haystacks();
    let mut cells = vec![];
    for pattern in EMBEDDED.iter().chain(PATTERNS) {
        // One compiled pattern for all haystacks, as a service has it.
        let (ours, theirs) = (
            repool::Regex::new(pattern).unwrap(),
            regex::Regex::new(pattern).unwrap(),
        );
        for (name, text) in &haystacks {
            all(&ours, &theirs, pattern, name, text, &mut cells);
        }
    }
    print(&haystacks, cells);
}

fn all(
    ours: &repool::Regex,
    theirs: &regex::Regex,
    pattern: &'static str,
    haystack: &'static str,
    text: &str,
    cells: &mut Vec<Cell>,
) {
    let (rounds, least) = match is_test() {
        true => (1, Duration::ZERO),
        false => (5, Duration::from_micros(500)),
    };
    let spans = |found: &mut dyn Iterator<Item = (usize, usize)>| found.collect::<Vec<_>>();
    assert_eq!(
        spans(&mut ours.find_iter(text).map(|m| (m.start(), m.end()))),
        spans(&mut theirs.find_iter(text).map(|m| (m.start(), m.end()))),
        "{pattern} on {haystack}"
    );
    let lines: Vec<&str> = text.lines().take(100).collect();
    let times = interleave(
        rounds,
        least,
        &mut [
            &mut || keep(ours.find_iter(text).count()),
            &mut || keep(theirs.find_iter(text).count()),
            &mut || keep(lines.iter().filter(|line| ours.is_match(line)).count()),
            &mut || keep(lines.iter().filter(|line| theirs.is_match(line)).count()),
            &mut || keep(ours.captures_iter(text).take(100).count()),
            &mut || keep(theirs.captures_iter(text).take(100).count()),
        ],
    );
    for (work, at) in [("find_iter", 0), ("is_match, lines", 2), ("captures", 4)] {
        cells.push(Cell {
            pattern,
            haystack,
            work,
            ratio: times[at] / times[at + 1],
            nanos: times[at],
        });
    }
}

fn print(haystacks: &[Haystack], mut cells: Vec<Cell>) {
    println!("\nevery pattern on every haystack, time over regex's (under 1 is faster)");
    for (name, _) in haystacks {
        let ratios = cells.iter().filter(|cell| cell.haystack == *name);
        println!("  {name:<10} {:.2}", geomean(ratios.map(|cell| cell.ratio)));
    }
    for work in ["find_iter", "is_match, lines", "captures"] {
        let ratios = cells.iter().filter(|cell| cell.work == work);
        println!("  {work:<16} {:.2}", geomean(ratios.map(|cell| cell.ratio)));
    }
    let slower = cells.iter().filter(|cell| cell.ratio > 1.25).count();
    println!(
        "  {} cells, geometric mean {:.2}, {slower} above 1.25; the worst:",
        cells.len(),
        geomean(cells.iter().map(|cell| cell.ratio))
    );
    cells.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
    let shown = std::env::var("REPOOL_CELLS").map_or(20, |n| n.parse().expect("a number"));
    for cell in cells.iter().take(shown) {
        println!(
            "  {:>7.2} {:>10.0} ns  {:<8} {:<16} {}",
            cell.ratio, cell.nanos, cell.haystack, cell.work, cell.pattern
        );
    }
}
