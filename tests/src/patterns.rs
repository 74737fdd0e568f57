//! Any number of distinct patterns of the kinds that services see.

use crate::rng::Rng;

/// The `n`th pattern: distinct for every `n`, of one of a dozen kinds, 10 to 120 bytes long.
#[must_use]
pub fn numbered(n: usize) -> String {
    let mut rng = Rng::new(n as u64);
    let word = |rng: &mut Rng| -> String {
        let letters = rng.range(3, 9);
        (0..letters)
            .map(|_| char::from(b'a' + rng.below(26) as u8))
            .collect()
    };
    let (a, b) = (word(&mut rng), word(&mut rng));
    match rng.below(12) {
        0 => format!("^{a}_{n}$"),
        1 => format!(r"{a}-{n}/(\d+)\.(\d+)(?:\.(\d+))?"),
        2 => format!(r"(?i){a}\s*=\s*{n}\b"),
        3 => format!(r"\b{a}\w*{n}\b"),
        4 => format!("({a}|{b}|{n}x)+"),
        5 => format!("[a-f0-9]{{8}}-{n}-[a-f0-9]{{4}}"),
        6 => format!(r"(?P<key>[\w.-]+):(?P<value>{a}{n}.*)$"),
        7 => format!(r"/api/v\d+/{a}/{n}(?:/|\?|$)"),
        8 => format!(r"{a}[^\n]*{b}[^\n]*{n}"),
        9 => format!(r"(?m)^\s*{a}\s+{n}:\s*(.*?)\s*$"),
        10 => format!("{a}.{{0,40}}{b}.{{0,40}}{n}"),
        _ => format!("\\p{{Greek}}*{a}(?:é|è|{n})"),
    }
}

/// Patterns that compile to very different sizes, valid in every interface.
pub const MIXED: &[&str] = &[
    "a",
    "hello world",
    r"\d{4}-\d{2}-\d{2}",
    r"(\w+)@(\w+)\.com",
    "(?i)straße|façade|naïve",
    "[a-z]{3,40}x{0,900}",
    "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day",
    r"^(?P<y>\d+)/(?P<m>\d+)$",
    r"[\p{Greek}--σ]+",
    "(a|ab)(c|bcd)(d*)",
];
