//! Random patterns, and haystacks in which they match.
//!
//! A pattern draws its literals from an alphabet of a few characters, so that its parts compete for the
//! same text. A haystack is a text derived from the pattern, whole or damaged, between runs of the same
//! alphabet.

use crate::rng::Rng;
use crate::shape::{Quantifier, Shape};

/// What patterns may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grammar {
    /// For `bytes`: parts that match any byte, and haystacks that are not UTF-8.
    pub bytes: bool,
    /// Unicode classes and scripts.
    pub unicode: bool,
}

/// Characters that have something in common: case pairs across blocks, prefixes of one encoding, marks.
const ALPHABETS: &[&[char]] = &[
    &['a', 'b'],
    &['a', 'b', 'c'],
    &['x', 'y', '-'],
    &['a', ' ', '.'],
    &['0', '1', ':', '.'],
    &['a', '1', '_', '-'],
    &['a', 'B', '\n'],
    &['a', '\r', '\n'],
    &['f', 'o', '\n', ' '],
    &['(', ')', '[', '*'],
    &['#', ' ', 'a', '-'],
    &['A', 'a', 'Z', 'z'],
];

/// The same, beyond ASCII.
const WIDE_ALPHABETS: &[&[char]] = &[
    &['é', 'è', 'e'],
    &['ß', 'ẞ', 's', 'S'],
    &['k', 'K', '\u{212A}'],
    &['ſ', 's', 'S'],
    &['σ', 'ς', 'Σ'],
    &['б', 'Б', 'я', ' '],
    &['本', '日', '語', 'a'],
    &['İ', 'i', 'I', 'ı'],
    &['😀', '👍', 'a'],
    &['a', '\u{301}', '\u{200D}'],
    &['\u{7F}', '\u{80}', '\u{7FF}', '\u{800}'],
    &['\u{D7FF}', '\u{E000}', '\u{FFFF}', '\u{10000}'],
    &['\u{10FFFF}', 'z', '\0'],
];

/// Atoms that `regex` compiles quickly, with texts they match.
const ATOMS: &[(&str, &[&str])] = &[
    (".", &["a", "b", "\n", "é", "-"]),
    ("[a-c]", &["a", "b", "c"]),
    ("[^a]", &["b", "é", "\n", "1"]),
    ("[ab]", &["a", "b"]),
    ("[^ab]", &["c", " ", "本"]),
    ("[a-z]", &["a", "k", "z"]),
    ("[A-Za-z0-9_]", &["a", "Z", "0", "_"]),
    ("[0-9]", &["0", "1", "9"]),
    ("[a-z&&[^b]]", &["a", "c"]),
    ("[a-z--b-y]", &["a", "z"]),
    ("[a-c~~b-d]", &["a", "d"]),
    ("[[:alpha:]]", &["a", "B"]),
    ("[[:^digit:]]", &["a", "-"]),
    ("[[:space:]-]", &[" ", "-", "\n"]),
    (r"[\]\-^]", &["]", "-", "^"]),
    (r"[\n\r]", &["\n", "\r"]),
    (r"\x61", &["a"]),
    (r"\n", &["\n"]),
    (r"[^\n]", &["a", "\r", "é"]),
    (r"[^\s\S]", &[]),
];

/// Atoms that know Unicode; some are large.
const WIDE_ATOMS: &[(&str, &[&str])] = &[
    ("[é-ü]", &["é", "ü", "ò"]),
    ("[^é]", &["a", "è", "本"]),
    (r"[\u{80}-\u{7FF}]", &["\u{80}", "é", "\u{7FF}"]),
    (r"[\u{800}-\u{FFFF}]", &["本", "\u{800}"]),
    (r"[\u{10000}-\u{10FFFF}]", &["😀", "\u{10FFFF}"]),
    ("[😀-😃]", &["😀", "😃"]),
    ("[a本é]", &["a", "本", "é"]),
    (r"\p{Greek}", &["σ", "Σ", "ς"]),
    (r"\p{Cyrillic}", &["б", "Я"]),
    (r"\P{Greek}", &["a", "б"]),
    (r"[\p{Greek}a]", &["a", "σ"]),
    (r"[^\p{Greek}a]", &["b", "é"]),
    (r"\p{Nd}", &["1", "٣"]),
    (r"\s", &[" ", "\n", "\u{2003}"]),
    (r"\S", &["a", "é"]),
    (r"\d", &["0", "٣"]),
    (r"\D", &["a", "本"]),
    (r"[\d.]", &["1", "."]),
    (r"[^\d]", &["a"]),
];

/// Atoms that take `regex` a third of a millisecond each, and so are rare.
const SLOW_ATOMS: &[(&str, &[&str])] = &[
    (r"\w", &["a", "_", "é", "本"]),
    (r"\W", &[" ", "-", "😀"]),
    (r"\pL", &["a", "é", "本"]),
    (r"\p{Lu}", &["A", "É"]),
    (r"\P{L}", &["1", " "]),
    (r"[\w-]", &["a", "-", "é"]),
    (r"[^\w]", &[" ", "-"]),
    (r"[\w--\d]", &["a", "é"]),
    (r"[\w&&\p{Greek}]", &["σ"]),
    ("(?i:[a-z])", &["a", "K", "\u{212A}", "ſ"]),
    (r"[[:word:]\s]", &["a", " "]),
];

/// Atoms of ASCII meaning, also in a pattern of Unicode.
const ASCII_ATOMS: &[(&str, &[&str])] = &[
    (r"(?-u:\w)", &["a", "_", "0"]),
    (r"(?-u:\d)", &["0", "9"]),
    (r"(?-u:\s)", &[" ", "\n"]),
    (r"(?-u:[a-c])", &["a", "b"]),
    (r"(?i-u:k)", &["k", "K"]),
];

/// Atoms that match bytes which are no characters. For text they must be refused.
const BYTE_ATOMS: &[(&str, &[&str])] = &[
    (r"(?-u:\xFF)", &[]),
    (r"(?-u:\xC3)", &["é"]),
    (r"(?-u:\xA9)", &["é"]),
    ("(?-u:.)", &["a", "b"]),
    ("(?s-u:.)", &["a", "\n"]),
    ("(?-u:[^a])", &["b", "c"]),
    (r"(?-u:\W)", &["-", " "]),
    (r"(?-u:[\x80-\xFF])", &["é"]),
    (r"(?-u:[^\x00-\x7F])", &["é"]),
    (r"(?-u:\xE6\x9C\xAC)", &["本"]),
];

const LOOKS: &[&str] = &["^", "$", r"\A", r"\z", r"\b", r"\B", "(?m:^)", "(?m:$)"];
const RARE_LOOKS: &[&str] = &[
    r"\b{start}",
    r"\b{end}",
    r"\b{start-half}",
    r"\b{end-half}",
    r"\<",
    r"\>",
    "(?Rm:^)",
    "(?Rm:$)",
    r"(?-u:\b)",
    r"(?-u:\b{start})",
    r"(?-u:\b{end})",
    r"(?-u:\b{start-half})",
    r"(?-u:\b{end-half})",
];
const FLAGS: &[&str] = &["i", "s", "m", "U", "i-s", "is", "-i", "sm", "R", "mR", "im"];

/// Draws one pattern.
#[derive(Debug)]
struct Draw<'r> {
    rng: &'r mut Rng,
    grammar: Grammar,
    alphabet: &'static [char],
    names: usize,
    /// Whether a slow atom may still be drawn.
    slow: bool,
}

/// A random pattern and the alphabet of its literals.
pub fn pattern(rng: &mut Rng, grammar: Grammar) -> (Shape, &'static [char]) {
    let wide = grammar.unicode && rng.chance(35);
    let alphabet = *rng.pick(if wide { WIDE_ALPHABETS } else { ALPHABETS });
    let slow = rng.chance(8);
    let size = match rng.below(10) {
        0 => rng.range(0, 2),
        9 => rng.range(8, 16),
        _ => rng.range(2, 8),
    };
    let mut draw = Draw {
        rng,
        grammar,
        alphabet,
        names: 0,
        slow,
    };
    let shape = draw.node(size, 60);
    (shape, alphabet)
}

impl Draw<'_> {
    /// A shape of about `size` operators whose counts multiply to `copies_max` at most.
    fn node(&mut self, size: usize, copies_max: usize) -> Shape {
        if size == 0 {
            return self.leaf();
        }
        match self.rng.below(100) {
            0..35 => {
                let parts = self.parts(size, copies_max);
                Shape::Concat(parts)
            }
            35..52 => {
                let parts = self.parts(size, copies_max);
                Shape::Alternation(parts)
            }
            52..78 => {
                let quantifier = self.quantifier(copies_max);
                let copies = quantifier.max.unwrap_or(quantifier.min).max(1);
                let child = self.node(size - 1, copies_max / copies);
                Shape::Repeat(Box::new(child), quantifier)
            }
            78..92 => {
                let name = self.rng.chance(20).then(|| {
                    self.names += 1;
                    format!("n{}", self.names)
                });
                Shape::Group(Box::new(self.node(size - 1, copies_max)), name)
            }
            92..97 => {
                let flags = *self.rng.pick(FLAGS);
                Shape::Flags(flags, Box::new(self.node(size - 1, copies_max)))
            }
            _ => {
                let words = self.rng.range(2, 9);
                Shape::Alternation((0..words).map(|_| self.word(5)).collect())
            }
        }
    }

    fn parts(&mut self, size: usize, copies_max: usize) -> Vec<Shape> {
        let parts = self.rng.range(2, 2 + size.min(3));
        (0..parts)
            .map(|_| {
                let part = self.rng.below(size);
                self.node(part, copies_max)
            })
            .collect()
    }

    fn quantifier(&mut self, copies_max: usize) -> Quantifier {
        let (min, max) = match self.rng.below(12) {
            0..3 => (0, None),
            3..5 => (1, None),
            5..7 => (0, Some(1)),
            7 => {
                let n = self.rng.range(0, copies_max.min(9));
                (n, None)
            }
            8 => {
                let n = self.rng.range(0, copies_max.min(5));
                (n, Some(n))
            }
            9 => (0, Some(self.rng.range(0, copies_max))),
            _ => {
                let min = self.rng.range(0, copies_max.min(4));
                (
                    min,
                    Some(self.rng.range(min, copies_max.clamp(min, 7).max(min))),
                )
            }
        };
        let lazy = self.rng.chance(30);
        Quantifier::new(min, max, lazy)
    }

    fn word(&mut self, len_max: usize) -> Shape {
        let len = self.rng.range(1, len_max);
        Shape::Literal((0..len).map(|_| *self.rng.pick(self.alphabet)).collect())
    }

    fn leaf(&mut self) -> Shape {
        let atom =
            |&(text, samples): &(&'static str, &'static [&'static str])| Shape::Atom(text, samples);
        match self.rng.below(100) {
            0..30 => self.word(1),
            30..50 => self.word(4),
            50..70 => atom(self.rng.pick(ATOMS)),
            70..80 if self.grammar.unicode => atom(self.rng.pick(WIDE_ATOMS)),
            70..80 => atom(self.rng.pick(ATOMS)),
            80..83 if self.slow => atom(self.rng.pick(SLOW_ATOMS)),
            80..83 => atom(self.rng.pick(ASCII_ATOMS)),
            // Text refuses these, so one of them spoils a whole pattern there.
            83..87 if self.grammar.bytes || self.rng.chance(4) => atom(self.rng.pick(BYTE_ATOMS)),
            83..94 => Shape::Atom(LOOKS[self.rng.below(LOOKS.len())], &[]),
            94..97 => Shape::Atom(RARE_LOOKS[self.rng.below(RARE_LOOKS.len())], &[]),
            _ => Shape::Empty,
        }
    }
}

/// What [`short_haystack`] does not cut.
const SHORT_LEN_MAX: usize = 128;

/// A haystack for a pattern: UTF-8 unless the grammar is for bytes.
pub fn haystack(rng: &mut Rng, shape: &Shape, alphabet: &[char], grammar: Grammar) -> Vec<u8> {
    let mut out = Vec::new();
    let segments = match rng.below(12) {
        0 => 0,
        11 => rng.range(10, 60),
        _ => rng.range(1, 4),
    };
    for _ in 0..segments {
        match rng.below(16) {
            0..4 => noise(rng, alphabet, &mut out),
            4 => filler(rng, alphabet, &mut out),
            5..8 => {
                let at = out.len();
                shape.sample(rng, &mut out);
                damage(rng, alphabet, &mut out, at);
            }
            _ => shape.sample(rng, &mut out),
        }
    }
    if grammar.bytes {
        spoil(rng, &mut out);
    }
    out
}

/// A short haystack: one of [`haystack`]'s, or a piece of it. Pieces are often as long as what searches
/// look at in one go, or a byte more or less.
///
/// One in six of those is longer, and they take five sixths of the time (2026-11-27).
pub fn short_haystack(
    rng: &mut Rng,
    shape: &Shape,
    alphabet: &[char],
    grammar: Grammar,
) -> Vec<u8> {
    let mut out = haystack(rng, shape, alphabet, grammar);
    if out.len() > SHORT_LEN_MAX {
        let len = if rng.chance(50) {
            (*rng.pick(&[16, 32, 64, 128, 256]) + rng.below(3) - 1).min(out.len())
        } else {
            rng.range(SHORT_LEN_MAX / 4, SHORT_LEN_MAX)
        };
        let is_start = |&at: &usize| grammar.bytes || out.get(at).is_none_or(|b| b & 0xC0 != 0x80);
        let at = rng.below(out.len() - len + 1);
        // No character of text is cut.
        let end = (at..=at + len).rev().find(is_start).unwrap_or(at);
        let start = (at..end).find(is_start).unwrap_or(end);
        out = out[start..end].to_vec();
    }
    out
}

/// A haystack of some kilobytes: many of [`haystack`]'s in a row.
pub fn long_haystack(rng: &mut Rng, shape: &Shape, alphabet: &[char], grammar: Grammar) -> Vec<u8> {
    // As many of two to four kilobytes as of eight to sixteen, which take ten times as long.
    let len = rng.range(2 << 10, 4 << 10) << rng.below(3);
    let mut out = Vec::new();
    // A pattern that matches only the empty string gives short haystacks.
    for _ in 0..200 {
        if out.len() >= len {
            break;
        }
        out.extend(haystack(rng, shape, alphabet, grammar));
        filler(rng, alphabet, &mut out);
    }
    out
}

/// Appends a run that is unlikely to match: what searches skip in blocks.
fn filler(rng: &mut Rng, alphabet: &[char], out: &mut Vec<u8>) {
    let pair = [
        *rng.pick(&['~', 'Q', '\t', '7', 'é', '本']),
        *rng.pick(alphabet),
    ];
    let rare = rng.below(3) * 20;
    for _ in 0..rng.range(1, 120) {
        let c = pair[usize::from(rng.below(100) < rare)];
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Appends a few characters, most of them of the alphabet.
pub fn noise(rng: &mut Rng, alphabet: &[char], out: &mut Vec<u8>) {
    const OTHERS: &[char] = &['a', 'b', ' ', '\n', '1', '_', 'é', '本', '-', 'Z', '\r'];
    for _ in 0..rng.range(1, 6) {
        let own = rng.chance(70);
        let c = *rng.pick(if own { alphabet } else { OTHERS });
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Drops, doubles, replaces or changes the case of one character behind `at`.
pub fn damage(rng: &mut Rng, alphabet: &[char], out: &mut Vec<u8>, at: usize) {
    let Ok(tail) = std::str::from_utf8(&out[at..]) else {
        return;
    };
    let mut tail: Vec<char> = tail.chars().collect();
    if tail.is_empty() {
        return;
    }
    let i = rng.below(tail.len());
    match rng.below(5) {
        0 => drop(tail.remove(i)),
        1 => tail.insert(i, tail[i]),
        2 => tail[i] = *rng.pick(alphabet),
        3 => tail.truncate(i),
        _ => {
            let c = tail[i];
            tail[i] = if c.is_lowercase() {
                c.to_uppercase().next().unwrap_or(c)
            } else {
                c.to_lowercase().next().unwrap_or(c)
            };
        }
    }
    out.truncate(at);
    out.extend_from_slice(tail.iter().collect::<String>().as_bytes());
}

/// Makes some haystacks invalid: bytes that start nothing, cut characters.
pub fn spoil(rng: &mut Rng, out: &mut Vec<u8>) {
    const BYTES: &[u8] = &[
        0xFF, 0xC3, 0xA9, 0x80, 0xE2, 0xF0, 0xED, 0xA0, 0xC0, 0xF4, 0x90,
    ];
    for _ in 0..rng.below(4) {
        let at = rng.below(out.len() + 1);
        match rng.below(3) {
            0 if at < out.len() => drop(out.remove(at)),
            1 if at < out.len() => out[at] = *rng.pick(BYTES),
            _ => out.insert(at, *rng.pick(BYTES)),
        }
    }
}
