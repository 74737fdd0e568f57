//! Scans with vectors against `regex-automata`: all matches of long haystacks.
//!
//! Other suites search short haystacks, in which a scan ends before its first block. These are long, are
//! searched to several ends and from several starts, with one scratch a pattern, so that it gets hot on
//! the way: the first searches run without masks and the others with them.

use std::sync::Arc;

use regex_automata::{Anchored, meta, util};
use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::{search, search_with};
use repool_vm::{Engine, Input, Scratch, Slot};

/// xorshift64*: good enough to draw haystacks.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }
}

struct Both {
    image: Image,
    regex: meta::Regex,
    scratch: Scratch,
    utf8: bool,
}

impl Both {
    fn new(text: &str, utf8: bool) -> Both {
        let syntax = Syntax {
            utf8,
            ..Syntax::default()
        };
        let mut ir = Ir::new();
        parse(text, &syntax, &mut ir).expect("the pattern is valid");
        let pool = Pool::new(Arc::new(Ledger::default()));
        let image = Compiler::default()
            .compile(&ir, text, &syntax, 0, &pool)
            .expect("the pattern compiles");
        let regex = meta::Builder::new()
            .syntax(util::syntax::Config::new().utf8(utf8))
            .configure(meta::Config::new().utf8_empty(utf8))
            .build(text)
            .expect("the pattern is valid");
        Both {
            image,
            regex,
            scratch: Scratch::new(),
            utf8,
        }
    }

    fn check(
        &mut self,
        text: &str,
        hay: &[u8],
        start: usize,
        end: usize,
        anchored: bool,
    ) -> Option<usize> {
        let program = self.image.program();
        let mut input = Input::new(hay);
        (input.start, input.end, input.anchored) = (start, end, anchored);
        let mut slots = [Slot::NONE; 2];
        let found = search(&program, &input, &mut self.scratch, &mut slots);
        let exists = search(&program, &input, &mut self.scratch, &mut []);
        let ours = found.then(|| (slots[0].get().unwrap(), slots[1].get().unwrap()));
        let theirs = regex_automata::Input::new(hay)
            .range(start..end)
            .anchored(if anchored {
                Anchored::Yes
            } else {
                Anchored::No
            });
        let theirs = self.regex.find(theirs).map(|m| (m.start(), m.end()));
        let utf8 = self.utf8;
        assert_eq!(
            ours, theirs,
            "{text:?} utf8 {utf8} {start}..{end} {anchored} in {hay:?}"
        );
        assert_eq!(
            exists, found,
            "{text:?} utf8 {utf8} {start}..{end} {anchored} in {hay:?}"
        );
        ours.map(|(start, end)| end.max(start + 1))
    }

    /// Compares all matches, and searches from and to other places.
    fn check_all(&mut self, text: &str, hay: &[u8], random: &mut Random) {
        let mut start = 0;
        while let Some(next) = self.check(text, hay, start, hay.len(), false) {
            start = next;
            if start > hay.len() {
                break;
            }
        }
        for _ in 0..6 {
            let end = random.below(hay.len() + 1);
            let start = random.below(end + 1);
            self.check(text, hay, start, end, false);
            self.check(text, hay, start, end, true);
        }
    }
}

const PATTERNS: &[&str] = &[
    // Runs of one class.
    r"\d+",
    r"\d",
    r"\d+?",
    r"\d{3}",
    r"\d{2,4}",
    r"\d{2,4}?",
    r"\d{3,}",
    "[A-Z]",
    "[A-Za-z]{8,13}",
    "[a-z]{40,}",
    "[a-z]{33,60}?",
    r"\w+",
    r"\w{8,13}",
    r"\w{2,}?",
    r"\s+",
    "[^\n]+",
    "[^a-z]{3}",
    "[а-яё]{4,8}",
    r"\b\w+\b",
    r"\b\w{5,}\b",
    r"\b\w{12,}\b",
    r"\b\w{3,6}\b",
    r"\b\w{2,3}?\b",
    r"\b\w\b",
    r"\b\w+?\b",
    r"(?-u:\b)[0-9A-Za-z_]{2,4}(?-u:\b)",
    r"\b[0-9A-Za-z_]+\b",
    r"\p{Lu}",
    r"\p{Greek}+",
    "[é€😀]+",
    r"\W+",
    r"\D{2,5}",
    "(?s).{5}",
    "[^é]{2,3}",
    "[0-9A-F]{2}",
    // Several literals.
    "Sherlock|Watson|Adler",
    "(?i)Sherlock Holmes",
    "(?i)Sherlock|Watson|kiss",
    "Шерлок|Уотсон|Адлер",
    "(?i)шерлок|уотсон",
    "夏洛克|约翰华生|阿德勒",
    "a1|b2|c3|d4|e5|f6|g7|h8|i9|j0",
    "Шерлок|夏洛|Watson",
    "(?i)ſs|kK",
    "ab|abc|abcdefghijkl",
    "é|ё|€",
    // Starts of few bytes, long and short ones.
    "[A-Z][a-z]+",
    r"\d{4}-\d\d",
    "(?i)wat|[0-9]x",
    r"Wat\w*|[€é]",
    "(?:Wat|She)+[a-z]?",
    "(?m)^Sher",
    r"\bWat",
    "[XYZ](?:a|é)*b",
    "W|Sherlock",
    r"(?:\d{2}:){2}\d\d",
    "[^a]Wats",
    "Q.*S",
    "Watson$",
];

const BYTE_PATTERNS: &[&str] = &[
    r"(?-u)[\x80-\xFF]+",
    r"(?-u)[^a-z]{2,5}",
    r"(?-u:\xD0)|Watson",
    r"(?-u)\w{3,}",
    r"(?-u)\b\w{3,5}\b",
    r"(?-u:\b)\w+(?-u:\b)",
    r"\b\w+\b",
    r"\b\w{2,4}\b",
    r"(?i-u)sherlock|watson",
    r"(?-u)\xFF\xFE|\xE5\xA4",
];

const PIECES: &[&str] = &[
    "Sherlock",
    "sheRLock HOLmes",
    "Watson",
    "Watso",
    "Adler",
    "kiss",
    "KIſS",
    "K",
    "Шерлок",
    "шеРЛок",
    "Уотсон",
    "Адле",
    "夏洛克",
    "约翰",
    "2024-11-20",
    "12:34:56",
    "12345",
    "٣٤",
    "९",
    "７",
    "Z",
    "XaébYb",
    "Wat",
    "She",
    "\n",
    " ",
    ". ",
    "é",
    "€",
    "😀",
    "αβγ",
    "internationalization",
    "abcdefghijkl",
    "DEADBEEF",
    "ſs",
    "g7",
    "j0",
];

fn haystack(random: &mut Random, len: usize, valid: bool) -> Vec<u8> {
    let mut hay = Vec::new();
    while hay.len() < len {
        match random.below(6) {
            0 => hay.extend(PIECES[random.below(PIECES.len())].as_bytes()),
            1 => hay.extend(
                "the quick brown fox "
                    .as_bytes()
                    .iter()
                    .take(random.below(20)),
            ),
            2 => hay.extend(std::iter::repeat_n(b'x', random.below(70))),
            3 => hay.extend("слова и ещё ".repeat(random.below(4)).as_bytes()),
            4 if !valid => hay.extend([0xFF, 0xD0, 0xE5, 0xA4, 0x80].iter().take(random.below(6))),
            _ => hay.extend(std::iter::repeat_n(b' ', random.below(40))),
        }
    }
    hay
}

fn rounds() -> usize {
    std::env::var("REPOOL_SCAN_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(12)
}

#[test]
fn strings() {
    let mut random = Random(1);
    for text in PATTERNS {
        let mut both = Both::new(text, true);
        for _ in 0..rounds() {
            let len = random.below(1500);
            let hay = haystack(&mut random, len, true);
            both.check_all(text, &hay, &mut random);
        }
    }
}

#[test]
fn bytes() {
    let mut random = Random(2);
    for text in PATTERNS.iter().chain(BYTE_PATTERNS) {
        let mut both = Both::new(text, false);
        for _ in 0..rounds() {
            let len = random.below(1500);
            let hay = haystack(&mut random, len, false);
            both.check_all(text, &hay, &mut random);
        }
    }
}

#[test]
fn too_many_candidates_are_given_up() {
    // Looked for, and then everywhere.
    let text = "[QXZ][qxz]y|[QXZ][qxz]";
    let mut both = Both::new(text, true);
    let mut hay = "the quick brown fox ".repeat(400).into_bytes();
    hay.extend("QqQxZzXx".repeat(400).as_bytes());
    hay.extend("the quick brown fox Qxy ".repeat(100).as_bytes());
    both.check_all(text, &hay, &mut Random(3));
}

/// The scan takes assertions to hold, and the backtracker checks each place. Lock-step takes over where a run is longer
/// than the backtracker's window.
#[test]
fn a_long_match_behind_a_place_that_fails_is_found() {
    let hay = format!("ab1x {}ab2 x", "abc ".repeat(60_000));
    for text in [r"[a-z ]+[0-9]\b", r"[a-z ]{2}[^1]*[0-9]\b."] {
        let Both {
            image, mut scratch, ..
        } = Both::new(text, true);
        let program = image.program();
        let input = Input::new(hay.as_bytes());
        for engine in [Engine::Pike, Engine::BitParallel, Engine::BitParallel] {
            let mut slots = [Slot::NONE; 2];
            let found = search_with(engine, &program, &input, &mut scratch, &mut slots);
            assert_eq!(found, Some(true), "{engine:?} {text}");
            assert_eq!(slots[0].get(), Some(3), "{engine:?} {text}");
        }
    }
}
