//! Every engine against `regex-automata`: random small patterns, random small haystacks.
//!
//! Patterns come from a grammar weighted towards what engines get wrong: empty alternatives, nested
//! and lazy repeats, counts, groups, assertions, characters of one to four bytes. Haystacks of byte
//! patterns hold invalid bytes and cut characters. Each pair is searched from several starts, to
//! several ends, anchored or not, for spans, captures, existence and the earliest end.
//!
//! `REPOOL_ORACLE_ROUNDS` and `REPOOL_ORACLE_SEED` make it run longer, and elsewhere.

use std::sync::Arc;

use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, meta, util};
use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::{Image, verify};
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::{search, search_with, short_find, short_is_match};
use repool_vm::{Engine, Input, Scratch, Slot};

/// xorshift64*: good enough to draw patterns.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const ATOMS: &[&str] = &[
    "a", "b", "a", "b", "ab", "aab", "é", "€", "😀", ".", "[ab]", "[^a]", r"\w", r"\W", r"\d",
    "[a-zé]", "[^é]", "k", "(?i:k)", "(?i:sé)", "(?i:aB)", "(?s:.)", r"\s", "0",
];
const BYTE_ATOMS: &[&str] = &[
    r"(?-u:\xFF)",
    r"(?-u:[^a])",
    "(?-u:.)",
    r"(?-u:\w)",
    r"(?s-u:.)",
    r"(?-u:\xC3)",
    r"(?-u:[\x80-\xFF])",
];
const LOOKS: &[&str] = &[
    "^",
    "$",
    r"\A",
    r"\z",
    r"\b",
    r"\B",
    "(?m:^)",
    "(?m:$)",
    r"(?-u:\b)",
    r"\b{start}",
    r"\b{end}",
    r"\b{start-half}",
    r"\b{end-half}",
    "(?Rm:^)",
    "(?Rm:$)",
];
const REPEATS: &[&str] = &[
    "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}", "{2,}", "{1,2}?", "{2,4}", "{0}",
    "{3,}?",
];

/// Appends a random pattern.
fn pattern(random: &mut Random, depth: usize, utf8: bool, out: &mut String) {
    match random.below(if depth == 0 { 6 } else { 12 }) {
        0..=3 => out.push_str(random.pick(ATOMS)),
        4 if !utf8 => out.push_str(random.pick(BYTE_ATOMS)),
        4 => out.push_str(random.pick(ATOMS)),
        5 => match random.below(4) {
            0 => {}
            _ => out.push_str(random.pick(LOOKS)),
        },
        6 | 7 => {
            for _ in 0..2 + random.below(3) {
                pattern(random, depth - 1, utf8, out);
            }
        }
        8 | 9 => {
            out.push_str(random.pick(&["(", "(?:", "("]));
            pattern(random, depth - 1, utf8, out);
            for _ in 0..random.below(3) {
                out.push('|');
                pattern(random, depth - 1, utf8, out);
            }
            out.push(')');
        }
        _ => {
            out.push_str(random.pick(&["(", "(?:", "(?:"]));
            pattern(random, depth - 1, utf8, out);
            out.push(')');
            out.push_str(random.pick(REPEATS));
        }
    }
}

fn haystack(random: &mut Random, utf8: bool) -> Vec<u8> {
    let pieces = [
        "a", "b", "ab", "é", "€", "😀", " ", "\n", "k", "K", "\u{212A}", "s", "É", "0", "\r", "x",
    ];
    let bytes: [&[u8]; 5] = [b"\xFF", b"\xC3", b"\x80", b"\xE2\x82", b"\xF0\x9F\x98"];
    let mut out = Vec::new();
    for _ in 0..random.below(9) {
        if !utf8 && random.below(4) == 0 {
            out.extend_from_slice(bytes[random.below(bytes.len())]);
        } else {
            out.extend_from_slice(random.pick(&pieces).as_bytes());
        }
    }
    // Some are long, so that scans and prefilters find something to do.
    if random.below(8) == 0 {
        let filler = random.pick(&["x", "a", "b ", "é", "ab", "\u{212A}"]);
        let mut long = filler.repeat(40).into_bytes();
        long.extend(out);
        return long;
    }
    out
}

fn ours(text: &str, utf8: bool, pool: &Arc<Pool>) -> Option<Image> {
    let syntax = Syntax {
        utf8,
        ..Syntax::default()
    };
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).ok()?;
    let image = Compiler::default()
        .compile(&ir, text, &syntax, 0, pool)
        .ok()?;
    assert_eq!(verify(&image.program()), Ok(()), "{text}");
    Some(image)
}

fn theirs(text: &str, utf8: bool) -> Option<meta::Regex> {
    meta::Regex::builder()
        .configure(meta::Config::new().utf8_empty(utf8))
        .syntax(util::syntax::Config::new().utf8(utf8))
        .build(text)
        .ok()
}

fn their_input<'h>(input: &Input<'h>) -> regex_automata::Input<'h> {
    let anchored = if input.anchored {
        Anchored::Yes
    } else {
        Anchored::No
    };
    regex_automata::Input::new(input.haystack)
        .range(input.start..input.end)
        .anchored(anchored)
}

/// The slots of the match that `regex` finds.
fn expected(regex: &meta::Regex, input: &Input<'_>) -> Option<Vec<Slot>> {
    let mut slots: Vec<Option<NonMaxUsize>> = vec![None; 2 * regex.captures_len()];
    regex.search_slots(&their_input(input), &mut slots)?;
    let slots = slots.iter();
    Some(
        slots
            .map(|s| s.map_or(Slot::NONE, |s| Slot::at(s.get())))
            .collect(),
    )
}

/// The first end of any match, and of the matches that end there the first.
fn expected_earliest(regex: &meta::Regex, input: &Input<'_>) -> Option<Vec<Slot>> {
    (input.start..=input.end).find_map(|end| {
        let slots = expected(regex, &Input { end, ..*input })?;
        Some(slots[..2].to_vec())
    })
}

/// One pattern, compiled twice.
struct Pair<'a> {
    text: &'a str,
    image: &'a Image,
    regex: &'a meta::Regex,
}

/// Answers and matches, by engine; `search` itself and the short search are the last.
type Counts = [(usize, usize); Engine::ALL.len() + 2];

impl Pair<'_> {
    fn check(&self, input: &Input<'_>, scratch: &mut Scratch, counts: &mut Counts) {
        let full = if input.earliest {
            expected_earliest(self.regex, input)
        } else {
            expected(self.regex, input)
        };
        let all = if input.earliest {
            2
        } else {
            2 * self.regex.captures_len()
        };
        for slot_len in [all, 2, 0] {
            let engines = Engine::ALL.into_iter().map(Some).chain([None]);
            for (engine, count) in engines.zip(counts.iter_mut()) {
                let found = self.check_engine(engine, input, scratch, full.as_deref(), slot_len);
                count.0 += usize::from(found.is_some());
                count.1 += usize::from(found == Some(true));
            }
        }
        let is_whole = input.start == 0 && input.end == input.haystack.len();
        if is_whole && !input.anchored && !input.earliest && self.has_room(input.haystack) {
            let [.., count] = counts;
            self.check_short(input.haystack, full.as_deref(), count);
        }
    }

    fn has_room(&self, haystack: &[u8]) -> bool {
        haystack.len() >= self.image.len_min()
    }

    /// What the short search answers, if it does.
    fn check_short(&self, haystack: &[u8], expected: Option<&[Slot]>, count: &mut (usize, usize)) {
        let span = expected.map(|slots| (slots[0].get().unwrap(), slots[1].get().unwrap()));
        let text = String::from_utf8_lossy(haystack);
        let (found, at) = (
            short_is_match(self.image, haystack, 0),
            short_find(self.image, haystack, 0),
        );
        count.0 += usize::from(found.is_some()) + usize::from(at.is_some());
        count.1 +=
            usize::from(found == Some(true)) + usize::from(at.is_some_and(|at| at.is_some()));
        assert!(
            found.is_none_or(|found| found == span.is_some()),
            "short search of /{}/ on {text:?}: {found:?}, expected {span:?}",
            self.text
        );
        assert!(
            at.is_none_or(|at| at == span),
            "short search of /{}/ on {text:?}: {at:?}, expected {span:?}",
            self.text
        );
    }

    fn check_engine(
        &self,
        engine: Option<Engine>,
        input: &Input<'_>,
        scratch: &mut Scratch,
        expected: Option<&[Slot]>,
        slot_len: usize,
    ) -> Option<bool> {
        let program = self.image.program();
        let mut slots = vec![Slot::at(777); slot_len];
        let found = match engine {
            Some(engine) => search_with(engine, &program, input, scratch, &mut slots),
            None => Some(search(&program, input, scratch, &mut slots)),
        };
        let answer = found?;
        let found = answer.then_some(&slots[..]);
        let expected = expected.map(|slots| &slots[..slot_len]);
        // The earliest end is the delegate's own affair.
        if program.delegate().is_some() && input.earliest && found.is_some() == expected.is_some() {
            return Some(answer);
        }
        assert!(
            found == expected,
            "{engine:?} on /{}/ {:?}\n{input:?}\nfound    {found:?}\nexpected {expected:?}",
            self.text,
            String::from_utf8_lossy(input.haystack),
        );
        Some(answer)
    }
}

fn rounds() -> (usize, u64) {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    let rounds = number("REPOOL_ORACLE_ROUNDS").unwrap_or(400);
    (rounds as usize, number("REPOOL_ORACLE_SEED").unwrap_or(1))
}

fn run(utf8: bool) {
    let (rounds, seed) = rounds();
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let pool = Pool::new(Arc::new(Ledger::default()));
    let mut scratch = Scratch::new();
    let mut compiled = 0;
    let mut counts = Counts::default();
    for _ in 0..rounds {
        let mut text = String::new();
        pattern(&mut random, 3, utf8, &mut text);
        let Some(regex) = theirs(&text, utf8) else {
            continue;
        };
        let Some(image) = ours(&text, utf8, &pool) else {
            panic!("/{text}/ is not compiled");
        };
        compiled += 1;
        let pair = Pair {
            text: &text,
            image: &image,
            regex: &regex,
        };
        for _ in 0..6 {
            let haystack = haystack(&mut random, utf8);
            for i in 0..8 {
                let len = haystack.len();
                let (start, end) = match i {
                    0 | 1 => (0, len),
                    _ => {
                        let start = random.below(len + 1);
                        (start, start + random.below(len - start + 1))
                    }
                };
                let input = Input {
                    haystack: &haystack,
                    start,
                    end,
                    anchored: i % 4 == 1 || i == 6,
                    earliest: i >= 6 && len < 40,
                };
                pair.check(&input, &mut scratch, &mut counts);
            }
        }
    }
    assert!(compiled * 2 > rounds, "most patterns are valid");
    for (engine, (answers, matches)) in Engine::ALL
        .into_iter()
        .map(Some)
        .chain([None, None])
        .zip(counts)
    {
        // A pattern for strings needs no delegate.
        let idle = utf8 && engine == Some(Engine::Delegate);
        assert!(idle || answers > matches && matches > 0, "{counts:?}");
    }
    println!("{counts:?}");
}

#[test]
fn strings() {
    run(true);
}

#[test]
fn bytes() {
    run(false);
}
