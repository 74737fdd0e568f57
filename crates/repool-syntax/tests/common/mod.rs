//! What the suites share: `regex-syntax` as the authority, the options, the patterns.

#![allow(dead_code, reason = "each suite uses its part")]

use regex_syntax::hir::Hir;
use repool_syntax::Syntax;

/// A small generator of numbers (xorshift64*, Vigna 2014). Every run yields the same numbers.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// The answer of `regex-syntax` under the same options.
pub(crate) fn authority(pattern: &str, syntax: &Syntax) -> Result<Hir, Box<regex_syntax::Error>> {
    regex_syntax::ParserBuilder::new()
        .nest_limit(u32::MAX)
        .octal(syntax.octal)
        .utf8(syntax.utf8)
        .ignore_whitespace(syntax.ignore_whitespace)
        .case_insensitive(syntax.case_insensitive)
        .multi_line(syntax.multi_line)
        .dot_matches_new_line(syntax.dot_matches_new_line)
        .crlf(syntax.crlf)
        .line_terminator(syntax.line_terminator)
        .swap_greed(syntax.swap_greed)
        .unicode(syntax.unicode)
        .build()
        .parse(pattern)
        .map_err(Box::new)
}

/// The number of combinations that [`syntax`] knows.
pub(crate) const SYNTAXES: usize = 3 << 9;

/// One combination of all options.
pub(crate) fn syntax(i: usize) -> Syntax {
    let on = |bit: usize| i >> bit & 1 != 0;
    Syntax {
        unicode: !on(0),
        utf8: !on(1),
        case_insensitive: on(2),
        ignore_whitespace: on(3),
        multi_line: on(4),
        dot_matches_new_line: on(5),
        crlf: on(6),
        swap_greed: on(7),
        octal: on(8),
        line_terminator: [b'\n', 0, 0xFF][(i >> 9) % 3],
        ..Syntax::default()
    }
}

/// The number of generated patterns of a suite: `REPOOL_GENERATED`, or as many as take some seconds.
pub(crate) fn generated_len() -> usize {
    let len = std::env::var("REPOOL_GENERATED").ok();
    len.and_then(|len| len.parse().ok()).unwrap_or(20_000)
}

/// The patterns in the folder that `REPOOL_CORPORA` names. Without the variable it prints a note and
/// returns none.
pub(crate) fn corpora() -> Vec<String> {
    let Some(folder) = std::env::var_os("REPOOL_CORPORA") else {
        println!("skipped: REPOOL_CORPORA names no folder");
        return Vec::new();
    };
    let mut patterns = Vec::new();
    for file in ["uap.json", "gitleaks.json", "pystd.json"] {
        let path = std::path::Path::new(&folder).join(file);
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file: Vec<String> = serde_json::from_str(&text).expect("an array of strings");
        patterns.extend(file);
    }
    patterns
}

/// The hand-written patterns, one a line. In `⟦…⟧`, `\n`, `\t` and `\u{…}` stand for the character.
pub(crate) fn odd_forms() -> Vec<String> {
    include_str!("odd_forms.txt")
        .lines()
        .filter(|line| !line.starts_with("## "))
        .map(|line| {
            line.replace("⟦n⟧", "\n")
                .replace("⟦t⟧", "\t")
                .replace("⟦r⟧", "\r")
                .replace("⟦2028⟧", "\u{2028}")
        })
        .collect()
}

const TOKENS: &[&str] = &[
    "a",
    "b",
    "ab",
    "k",
    "s",
    "S",
    "é",
    "☃",
    "\u{212A}",
    "1",
    "_",
    " ",
    "  ",
    "\n",
    "#",
    "# c\n",
    "-",
    "^",
    "$",
    ".",
    "|",
    "|",
    "*",
    "+",
    "?",
    "*?",
    "+?",
    "??",
    "{",
    "}",
    ",",
    "{2}",
    "{1,2}",
    "{0}",
    "{,2}",
    "{2,}",
    "{ 1 , 3 }",
    "{3,1}",
    "(",
    ")",
    "(",
    ")",
    "(?:",
    "(?i)",
    "(?x)",
    "(?-u)",
    "(?u:",
    "(?i-u:",
    "(?s)",
    "(?m)",
    "(?R)",
    "(?U)",
    "(?-x)",
    "(?P<n>",
    "(?<m>",
    "(?",
    "(?i",
    "[",
    "]",
    "[^",
    "[a",
    "a]",
    "[]",
    "[^]",
    "[-",
    "&&",
    "--",
    "~~",
    "&",
    "~",
    "[:alpha:]",
    "[:^digit:]",
    "[:foo:]",
    "a-z",
    "b-a",
    "\\d",
    "\\D",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\b",
    "\\B",
    "\\b{start}",
    "\\b{end-half}",
    "\\b{",
    "\\<",
    "\\>",
    "\\A",
    "\\z",
    "\\Z",
    "\\n",
    "\\.",
    "\\\\",
    "\\-",
    "\\x41",
    "\\xFF",
    "\\xE2",
    "\\x{e9}",
    "\\x{}",
    "\\u00e9",
    "\\U0001F600",
    "\\x",
    "\\pL",
    "\\p{Greek}",
    "\\P{Ll}",
    "\\p{^Lu}",
    "\\p{gc!=Lu}",
    "\\p{Nope}",
    "\\p",
    "\\12",
    "\\8",
    "\\",
    "\\ ",
    "\\#",
    "\\/",
    "\\a",
    "\\e",
    "\u{2028}",
];

/// A pattern of random tokens, most of them wrong.
pub(crate) fn random_tokens(rng: &mut Rng) -> String {
    let len = 1 + rng.below(9);
    (0..len).map(|_| rng.pick(TOKENS)).collect()
}

/// A pattern from a grammar. It is valid unless the options forbid a part of it.
pub(crate) fn random_pattern(rng: &mut Rng, depth: usize) -> String {
    let mut out = String::new();
    for branch in 0..1 + usize::from(rng.one_in(3)) + usize::from(rng.one_in(6)) {
        if branch > 0 {
            out.push('|');
        }
        for _ in 0..rng.below(4) {
            random_item(rng, depth, &mut out);
        }
    }
    out
}

fn random_item(rng: &mut Rng, depth: usize, out: &mut String) {
    const OPEN: &[&str] = &[
        "(", "(", "(?:", "(?:", "(?i:", "(?-u:", "(?s:", "(?m:", "(?U:", "(?i-u:", "(?mR:", "(?u:",
    ];
    const ATOMS: &[&str] = &[
        "a", "b", "k", "K", "s", "ab", "é", "É", "ß", "\u{212A}", "1", "_", "\\n", "\\r", ".", ".",
        "\\d", "\\w", "\\W", "\\s", "\\S", "\\pL", "\\P{Lu}", "\\x61", "\\xC3", "\\xFF", "\\xA9",
    ];
    const LOOKS: &[&str] = &[
        "^",
        "$",
        "\\A",
        "\\z",
        "\\b",
        "\\B",
        "\\<",
        "\\>",
        "\\b{start-half}",
        "\\b{end-half}",
    ];
    const REPEATS: &[&str] = &[
        "*", "+", "?", "*?", "+?", "??", "{2}", "{0}", "{1}", "{0,1}", "{1,3}?", "{2,}", "**",
        "{2}{2}", "?+",
    ];
    match rng.below(12) {
        0..=2 if depth > 0 => {
            out.push_str(rng.pick(OPEN));
            out.push_str(&random_pattern(rng, depth - 1));
            out.push(')');
        }
        3 => {
            out.push_str(rng.pick(LOOKS));
            return;
        }
        4 | 5 => random_class(rng, 2, out),
        6 if rng.one_in(3) => {
            out.push_str(rng.pick(&["(?i)", "(?-i)", "(?s)", "(?-u)", "(?U)", "(?m)"]));
            return;
        }
        _ => out.push_str(rng.pick(ATOMS)),
    }
    if rng.one_in(3) {
        out.push_str(rng.pick(REPEATS));
    }
}

fn random_class(rng: &mut Rng, depth: usize, out: &mut String) {
    const ITEMS: &[&str] = &[
        "a",
        "b",
        "k",
        "K",
        "s",
        "aA",
        "kK\u{212A}",
        "a-c",
        "0-9",
        "é",
        "à-é",
        "\\d",
        "\\w",
        "\\W",
        "\\s",
        "\\pL",
        "\\P{Lu}",
        "[:alpha:]",
        "[:^word:]",
        "\\n",
        "\\xFF",
        "\\xC3-\\xFF",
        "\\x00-\\x7F",
        "_",
        "\\-",
        "\u{0}-\u{10FFFF}",
    ];
    out.push_str(rng.pick(&["[", "[", "[^"]));
    for part in 0..1 + rng.below(3) {
        if part > 0 && rng.one_in(3) {
            out.push_str(rng.pick(&["&&", "--", "~~"]));
        }
        if depth > 0 && rng.one_in(5) {
            random_class(rng, depth - 1, out);
        } else {
            out.push_str(rng.pick(ITEMS));
        }
    }
    out.push(']');
}
