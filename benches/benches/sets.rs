//! Sets: which of 10, 100 and 1,000 patterns match a line, and a page of log, beside `regex::RegexSet`.
//!
//! The embedded patterns are made of invented names: agents, routes, messages, tokens. Where `regex` refuses a set at its
//! own size limit, it gets a larger one, and the row says so.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use repool_benches::alloc::Counting;
use repool_benches::corpus::{self, Corpus};
use repool_benches::measure::{geomean, interleave, is_test, keep};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

criterion_group!(benches, lines);
criterion_main!(summary, benches);

/// Patterns in a set.
const SIZES: [usize; 3] = [10, 100, 1000];

/// Room for `regex` where its own limit is too small, in bytes.
const ROOM: usize = 2 << 30;

/// Requests as they reach a service.
const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A.230803.041) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.122 Mobile Safari/537.36",
    "Dalvik/2.1.0 (Linux; U; Android 7.0; HUAWEI NXT-L29 Build/HUAWEINXT-L29)",
    "Opera/9.80 (Windows NT 6.1; U; en) Presto/2.8.131 Version/11.10",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "MyApp/3.1 CFNetwork/1408.0.4 Darwin/22.5.0",
    "python-requests/2.31.0",
    "curl/8.5.0",
];

/// An invented name, another one for each number.
fn name(mut number: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "ta", "ro", "mi", "lex", "do", "ven", "qua", "sol", "ber", "ny", "gra", "pho", "ix", "um",
        "ka", "zet",
    ];
    let mut name = String::new();
    number = number * 7 + 1;
    while number > 0 {
        name.push_str(SYLLABLES[number % 16]);
        number /= 16;
    }
    name
}

fn embedded() -> Corpus {
    let pattern = |i: usize| {
        let name = name(i);
        match i % 8 {
            0 => format!(r"({name})/(\d+)\.(\d+)(?:\.(\d+))?"),
            1 => format!(r"\b{name}_[a-z0-9]{{16,32}}\b"),
            2 => format!(r"(?:GET|POST) /api/v\d+/{name}/(\d+)"),
            3 => format!(r"(?i){name}(?:[ _-]?key|[ _-]?token)\s*[:=]\s*\S+"),
            4 => format!(r"^{name}\[\d+\]: .*(?:failed|refused)"),
            5 => format!(r"{name}: (?:error|warning) \d+ after \d+ms$"),
            6 => format!(r"; ?{name}[ _-]?\d+[a-z]? Build"),
            _ => format!(r"[\w.+-]+@{name}\.(?:com|org|net)"),
        }
    };
    Corpus {
        name: "embedded".to_owned(),
        patterns: (0..1000).map(pattern).collect(),
    }
}

/// `len` patterns, spread over all.
fn some(patterns: &[String], len: usize) -> Vec<String> {
    let len = len.min(patterns.len());
    (0..len)
        .map(|i| patterns[i * patterns.len() / len].clone())
        .collect()
}

fn lines(c: &mut Criterion) {
    let corpus = embedded();
    for size in if is_test() { &SIZES[..1] } else { &SIZES[..] } {
        let set = repool::RegexSet::new(some(&corpus.patterns, *size)).unwrap();
        c.bench_function(&format!("sets/{size}/line"), |b| {
            b.iter(|| AGENTS.iter().filter(|line| set.is_match(line)).count());
        });
    }
}

/// `value` and the bytes that it left allocated.
fn held<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATOR.live_bytes();
    let value = make();
    (value, ALLOCATOR.live_bytes().saturating_sub(before))
}

fn summary() {
    println!("\nsets, time and memory over regex::RegexSet's (under 1 is faster, smaller)");
    println!(
        "  {:<14} {:>8} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "", "compile", "memory", "line any", "(ns)", "line all", "(ns)", "page any", "page all"
    );
    let mut ratios = vec![];
    let mut corpora = corpus::all();
    corpora[0] = embedded();
    for corpus in &corpora {
        let mut last = 0;
        for size in if is_test() { &SIZES[..1] } else { &SIZES[..] } {
            let patterns = some(&corpus.patterns, *size);
            if patterns.len() > last {
                last = patterns.len();
                ratios.extend(row(&corpus.name, &patterns));
            }
        }
    }
    println!(
        "  geometric mean of the times of searches: {:.3}",
        geomean(ratios)
    );
}

/// One set; gives the ratios of the searches.
fn row(name: &str, patterns: &[String]) -> [f64; 4] {
    // Builds the tables of the process and the memory of the thread.
    drop(repool::RegexSet::new(patterns));
    let (ours, our_bytes) = held(|| repool::RegexSet::new(patterns).unwrap());
    let usual = regex::RegexSet::new(patterns).is_ok();
    let build = || {
        let mut builder = regex::RegexSetBuilder::new(patterns);
        if !usual {
            builder.size_limit(ROOM);
        }
        builder.build().unwrap()
    };
    let (theirs, their_bytes) = held(build);
    let (rounds, least) = if is_test() {
        (1, Duration::ZERO)
    } else {
        (5, Duration::from_millis(10))
    };
    let compile = interleave(
        if usual { rounds } else { 1 },
        Duration::ZERO,
        &mut [&mut || keep(build()), &mut || {
            keep(repool::RegexSet::new(patterns));
        }],
    );
    let page = corpus::log(if is_test() { 1 << 11 } else { 32 << 10 });
    let lines: Vec<&str> = AGENTS
        .iter()
        .copied()
        .chain(page.lines().take(30))
        .collect();
    for text in lines.iter().copied().chain([page.as_str()]) {
        let expected: Vec<usize> = theirs.matches(text).into_iter().collect();
        assert_eq!(ours.matches(text).into_iter().collect::<Vec<_>>(), expected);
        assert_eq!(ours.is_match(text), !expected.is_empty());
    }
    let times = interleave(
        rounds,
        least,
        &mut [
            &mut || keep(lines.iter().filter(|line| theirs.is_match(line)).count()),
            &mut || keep(lines.iter().filter(|line| ours.is_match(line)).count()),
            &mut || lines.iter().for_each(|line| keep(theirs.matches(line))),
            &mut || lines.iter().for_each(|line| keep(ours.matches(line))),
            &mut || keep(theirs.is_match(&page)),
            &mut || keep(ours.is_match(&page)),
            &mut || keep(theirs.matches(&page)),
            &mut || keep(ours.matches(&page)),
        ],
    );
    let ratio = |i: usize| times[2 * i + 1] / times[2 * i];
    let line = |i: usize| times[2 * i + 1] / lines.len() as f64;
    println!(
        "  {:<14} {:>8.4} {:>8.4} {:>9.3} {:>9.0} {:>9.3} {:>9.0} {:>9.3} {:>9.3}{}",
        format!("{name} {}", patterns.len()),
        compile[1] / compile[0],
        our_bytes as f64 / their_bytes as f64,
        ratio(0),
        line(0),
        ratio(1),
        line(1),
        ratio(2),
        ratio(3),
        if usual { "" } else { "  regex: over its limit" },
    );
    [0, 1, 2, 3].map(ratio)
}
