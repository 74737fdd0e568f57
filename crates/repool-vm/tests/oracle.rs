//! Every way to search against `regex-automata`: random small patterns, random small haystacks.
//!
//! Patterns come from a grammar weighted towards what engines get wrong: empty alternatives, nested
//! and lazy repeats, counts, groups, assertions, characters of one to four bytes. Haystacks of byte
//! patterns hold invalid bytes and cut characters. Each pair is searched from several starts, to
//! several ends, anchored or not, for spans, captures, existence and the earliest end; and whole for all matches. Each way
//! runs on an image that gets hot by and by, or on one that was heated for the text.
//!
//! `REPOOL_ORACLE_ROUNDS` and `REPOOL_ORACLE_SEED` make it run longer, and elsewhere. `REPOOL_CASE` is the number of the one
//! round that runs. `REPOOL_ENGINE` (`pike`, `free:hot`) and `REPOOL_STRATEGY` (`candidates:short:hot`, `class-run`) name the
//! ways that run, by the first part of the name and any others.

use std::collections::HashMap;
use std::sync::Arc;

use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, meta, util};
use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::{Image, verify};
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::{Forced, Means, VerifierKind, Way, heat};
use repool_vm::{Engine, Input, Iteration, Scratch, Slot, StrategyKind};

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

/// What stands around a small pattern, so that it has required bytes, an anchor or few first bytes. What is drawn at random
/// seldom has.
const FRAMES: &[(&str, &str)] = &[
    ("(?:", ")ab"),
    ("[^k]?(?:", ")k"),
    (".{0,2}(?:", ")é"),
    ("^(?:", ")"),
    ("(?:", ")$"),
    ("(?:ab|é|k)(?:", ")"),
    ("[ab]{1,3}(?:", "){1,2}"),
];

/// Appends a random pattern in a frame.
fn framed_pattern(random: &mut Random, utf8: bool, out: &mut String) {
    let (before, behind) = FRAMES[random.below(FRAMES.len())];
    out.push_str(before);
    pattern(random, 1, utf8, out);
    out.push_str(behind);
}

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

/// All matches, by the rule of `regex`: an empty one right behind another does not count.
fn expected_all(regex: &meta::Regex, haystack: &[u8], slot_len: usize) -> Vec<Vec<Slot>> {
    let slots = |captures: util::captures::Captures| {
        let groups = captures.iter().flat_map(|group| match group {
            Some(group) => [Slot::at(group.start), Slot::at(group.end)],
            None => [Slot::NONE; 2],
        });
        groups.take(slot_len).collect()
    };
    regex.captures_iter(haystack).map(slots).collect()
}

/// One pattern, compiled by both sides.
struct Pair<'a> {
    text: &'a str,
    cold: &'a Image,
    hot: &'a Image,
    regex: &'a meta::Regex,
    ways: Vec<Forced>,
}

/// Answers and matches, by way.
type Counts = HashMap<Way, (usize, usize)>;

impl Pair<'_> {
    fn image(&self, forced: &Forced) -> &Image {
        if forced.way().is_hot {
            self.hot
        } else {
            self.cold
        }
    }

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
        for forced in &self.ways {
            let count = counts.entry(forced.way()).or_default();
            for slot_len in [all, 2, 0] {
                let found = self.check_way(forced, input, scratch, full.as_deref(), slot_len);
                count.0 += usize::from(found.is_some());
                count.1 += usize::from(found == Some(true));
            }
        }
    }

    fn check_way(
        &self,
        forced: &Forced,
        input: &Input<'_>,
        scratch: &mut Scratch,
        expected: Option<&[Slot]>,
        slot_len: usize,
    ) -> Option<bool> {
        let mut slots = vec![Slot::at(777); slot_len];
        let image = self.image(forced);
        let answer = forced.search(image, input, scratch, &mut slots)?;
        let found = answer.then_some(&slots[..]);
        let expected = expected.map(|slots| &slots[..slot_len]);
        // The earliest end is the delegate's own affair.
        let is_delegated = image.program().delegate().is_some();
        if is_delegated && input.earliest && found.is_some() == expected.is_some() {
            return Some(answer);
        }
        assert!(
            found == expected,
            "{} on /{}/ {:?}\n{input:?}\nfound    {found:?}\nexpected {expected:?}",
            forced.way(),
            self.text,
            String::from_utf8_lossy(input.haystack),
        );
        Some(answer)
    }

    /// All matches of a haystack, one search after the other.
    fn check_all(&self, haystack: &[u8], scratch: &mut Scratch) {
        for slot_len in [2 * self.regex.captures_len(), 2] {
            let expected = expected_all(self.regex, haystack, slot_len);
            for forced in &self.ways {
                let found = self.all(forced, haystack, slot_len, scratch);
                assert!(
                    found.as_ref().is_none_or(|found| *found == expected),
                    "{} on /{}/ {:?}\nfound    {found:?}\nexpected {expected:?}",
                    forced.way(),
                    self.text,
                    String::from_utf8_lossy(haystack),
                );
            }
        }
    }

    fn all(
        &self,
        forced: &Forced,
        haystack: &[u8],
        slot_len: usize,
        scratch: &mut Scratch,
    ) -> Option<Vec<Vec<Slot>>> {
        let image = self.image(forced);
        let (mut iteration, mut all) = (Iteration::new(), Vec::new());
        let (mut input, mut last_end) = (Input::new(haystack), None);
        while input.start <= haystack.len() {
            let mut slots = vec![Slot::NONE; slot_len];
            if !forced.search_next(image, &input, &mut iteration, scratch, &mut slots)? {
                break;
            }
            let (start, end) = (slots[0].get().unwrap(), slots[1].get().unwrap());
            if start == end && last_end == Some(end) {
                (input.start, last_end) = (input.start + 1, None);
                continue;
            }
            (input.start, last_end) = (end, Some(end));
            all.push(slots);
        }
        Some(all)
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn ways() -> Vec<Way> {
    let variable = |name| std::env::var(name).ok();
    let (engine, strategy) = (variable("REPOOL_ENGINE"), variable("REPOOL_STRATEGY"));
    let ways = Way::named(engine.as_deref(), strategy.as_deref());
    assert!(!ways.is_empty(), "no way is named {engine:?} {strategy:?}");
    ways
}

fn run(utf8: bool) {
    let rounds = number("REPOOL_ORACLE_ROUNDS").unwrap_or(400);
    let seed = number("REPOOL_ORACLE_SEED").unwrap_or(1);
    let (case, ways) = (number("REPOOL_CASE"), ways());
    let pool = Pool::new(Arc::new(Ledger::default()));
    let mut scratch = Scratch::new();
    let mut compiled = 0;
    let mut counts = Counts::default();
    for round in case.map_or(0..rounds, |case| case..case + 1) {
        // So that a round is the same alone.
        let mut random = Random((seed << 32 | round).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        compiled += u64::from(check_pattern(
            &mut random,
            utf8,
            &pool,
            &ways,
            &mut scratch,
            &mut counts,
        ));
    }
    // Ways that run alone may find a cold image that nobody makes hot.
    if case.is_some() || ways.len() < Way::all().len() {
        return;
    }
    assert!(compiled * 2 > rounds, "most patterns are valid");
    let idle: Vec<String> = (ways.iter())
        .filter(|way| {
            let (answers, matches) = counts.get(way).copied().unwrap_or_default();
            !(answers > matches && matches > 0 || may_be_idle(way.means, utf8))
        })
        .map(Way::to_string)
        .collect();
    assert!(idle.is_empty(), "never with a match, or always: {idle:?}");
    println!("{counts:?}");
}

/// Tells whether a way may never tell anything.
fn may_be_idle(means: Means, utf8: bool) -> bool {
    match means {
        // A pattern for strings needs no delegate.
        Means::Engine(Engine::Delegate) => utf8,
        Means::Strategy(StrategyKind::Delegate, VerifierKind::Core) => utf8,
        // It has no table.
        Means::Strategy(StrategyKind::Delegate, VerifierKind::Short) => true,
        Means::Free | Means::Public | Means::Engine(_) | Means::Strategy(..) => false,
    }
}

/// Checks one pattern on six haystacks; tells whether there is such a pattern.
fn check_pattern(
    random: &mut Random,
    utf8: bool,
    pool: &Arc<Pool>,
    ways: &[Way],
    scratch: &mut Scratch,
    counts: &mut Counts,
) -> bool {
    let mut text = String::new();
    match random.below(3) {
        0 => framed_pattern(random, utf8, &mut text),
        _ => pattern(random, 3, utf8, &mut text),
    }
    let Some(regex) = theirs(&text, utf8) else {
        return false;
    };
    let (Some(cold), Some(hot)) = (ours(&text, utf8, pool), ours(&text, utf8, pool)) else {
        panic!("/{text}/ is not compiled");
    };
    let haystacks: Vec<Vec<u8>> = (0..6).map(|_| haystack(random, utf8)).collect();
    heat(&hot, &haystacks[0], scratch);
    let image = |way: &Way| if way.is_hot { &hot } else { &cold };
    let pair = Pair {
        text: &text,
        cold: &cold,
        hot: &hot,
        regex: &regex,
        ways: (ways.iter())
            .filter_map(|way| way.of(image(way), &haystacks[0]))
            .collect(),
    };
    for haystack in &haystacks {
        for i in 0..8 {
            let len = haystack.len();
            let (start, end) = match i {
                0 | 1 => (0, len),
                2 => (random.below(len + 1), len),
                _ => {
                    let start = random.below(len + 1);
                    (start, start + random.below(len - start + 1))
                }
            };
            let input = Input {
                haystack,
                start,
                end,
                anchored: i % 4 == 1 || i == 6,
                earliest: i >= 6 && len < 40,
            };
            pair.check(&input, scratch, counts);
        }
        pair.check_all(haystack, scratch);
    }
    true
}

#[test]
fn strings() {
    run(true);
}

#[test]
fn bytes() {
    run(false);
}
