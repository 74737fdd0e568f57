//! Sets against `regex`: the same patterns match, from every start, in short haystacks and in long ones.
//!
//! Generated sets are compared with `regex::RegexSet`. If `REPOOL_CORPORA` names a folder, each
//! list of patterns in it makes one set, compared with a search by `regex` for each pattern: sets
//! of `regex` with thousands of patterns take gigabytes. `REPOOL_CASES` and `REPOOL_SEED` are those
//! of the differential suite; a tenth of its number of cases are haystacks here.

use std::env;
use std::fs;
use std::path::Path;

use repool_compiler::{Factor, Factors};
use repool_syntax::{Ir, Stepping, parse};
use repool_tests::generate::{Grammar, damage, haystack, long_haystack, noise, pattern};
use repool_tests::rng::Rng;
use repool_tests::sample::sample;
use repool_tests::setting::Setting;
use repool_tests::shape::Shape;

/// Haystacks of one set.
const HAYSTACKS: usize = 10;

/// Room enough for `regex`.
const SIZE_MAX: usize = 1 << 30;

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |n| n.parse().expect("a number"))
}

/// Sets the same options on a builder of either crate.
macro_rules! set {
    ($builder:expr, $setting:expr) => {
        $builder
            .unicode($setting.unicode)
            .case_insensitive($setting.case_insensitive)
            .multi_line($setting.multi_line)
            .dot_matches_new_line($setting.dot_matches_new_line)
            .crlf($setting.crlf)
            .swap_greed($setting.swap_greed)
            .ignore_whitespace($setting.ignore_whitespace)
            .octal($setting.octal)
            .line_terminator($setting.line_terminator)
            .size_limit(SIZE_MAX)
    };
}

/// A set for text and one for bytes, of both crates. Of a setting for bytes there is none for text.
struct Sets {
    patterns: Vec<String>,
    text: Option<(repool::RegexSet, regex::RegexSet)>,
    bytes: (repool::bytes::RegexSet, regex::bytes::RegexSet),
}

impl Sets {
    fn new(patterns: Vec<String>, setting: &Setting) -> Sets {
        let text = setting.text.then(|| {
            let ours = set!(repool::RegexSetBuilder::new(&patterns), setting).build();
            let theirs = set!(regex::RegexSetBuilder::new(&patterns), setting).build();
            (ours.expect("each compiles"), theirs.expect("each compiles"))
        });
        let ours = set!(repool::bytes::RegexSetBuilder::new(&patterns), setting).build();
        let theirs = set!(regex::bytes::RegexSetBuilder::new(&patterns), setting).build();
        let bytes = (ours.expect("each compiles"), theirs.expect("each compiles"));
        Sets {
            patterns,
            text,
            bytes,
        }
    }

    fn check(&self, hay: &[u8], rng: &mut Rng) {
        let starts = [
            0,
            hay.len(),
            rng.below(hay.len() + 1),
            rng.below(hay.len() + 1),
        ];
        let text = std::str::from_utf8(hay).ok();
        for start in starts {
            let ours: Vec<usize> = self.bytes.0.matches_at(hay, start).into_iter().collect();
            let theirs: Vec<usize> = self.bytes.1.matches_at(hay, start).into_iter().collect();
            self.agree(hay, start, &ours, &theirs);
            let any = self.bytes.0.is_match_at(hay, start);
            assert_eq!(any, !theirs.is_empty(), "{:?} at {start}", self.patterns);
            let (Some((ours, theirs)), Some(hay)) = (&self.text, text) else {
                continue;
            };
            let found: Vec<usize> = ours.matches_at(hay, start).into_iter().collect();
            let expected: Vec<usize> = theirs.matches_at(hay, start).into_iter().collect();
            self.agree(hay.as_bytes(), start, &found, &expected);
            let any = ours.is_match_at(hay, start);
            assert_eq!(any, !expected.is_empty(), "{:?} at {start}", self.patterns);
        }
    }

    fn agree(&self, hay: &[u8], start: usize, ours: &[usize], theirs: &[usize]) {
        let of_one = |list: &[usize], other: &[usize]| -> Vec<String> {
            let only = list.iter().filter(|&i| !other.contains(i));
            only.map(|&i| self.patterns[i].clone()).collect()
        };
        assert!(
            ours == theirs,
            "at {start} of \"{}\": only repool {:?}, only regex {:?}",
            hay.escape_ascii(),
            of_one(ours, theirs),
            of_one(theirs, ours),
        );
    }
}

/// Tells whether both crates compile a pattern, for bytes and, if the setting is for text, for text.
fn compiles(pattern: &str, setting: &Setting) -> bool {
    let bytes = set!(regex::bytes::RegexBuilder::new(pattern), setting)
        .build()
        .is_ok()
        && set!(repool::bytes::RegexBuilder::new(pattern), setting)
            .build()
            .is_ok();
    let text = || {
        set!(regex::RegexBuilder::new(pattern), setting)
            .build()
            .is_ok()
            && set!(repool::RegexBuilder::new(pattern), setting)
                .build()
                .is_ok()
    };
    bytes && (!setting.text || text())
}

#[test]
fn generated() {
    let haystacks = number("REPOOL_CASES", 20_000) / 10;
    let seed = number("REPOOL_SEED", 1);
    let (mut cases, mut members) = (0, 0);
    for i in 0.. {
        if cases >= haystacks {
            break;
        }
        let mut rng = Rng::new(seed.wrapping_mul(0x9E37_79B9).wrapping_add(i));
        let text = rng.chance(60);
        let setting = Setting::random(&mut rng, text);
        let grammar = Grammar {
            bytes: !text,
            unicode: setting.unicode || text,
        };
        let shapes = shapes(&mut rng, &setting, grammar);
        let patterns = shapes.iter().map(|(text, _, _)| text.clone()).collect();
        members += shapes.len();
        let sets = Sets::new(patterns, &setting);
        for _ in 0..HAYSTACKS {
            cases += 1;
            let hay = hay(&mut rng, &shapes, grammar);
            sets.check(&hay, &mut rng);
        }
    }
    println!("seed {seed}: {cases} haystacks, {members} patterns");
}

type Member = (String, Shape, &'static [char]);

fn shapes(rng: &mut Rng, setting: &Setting, grammar: Grammar) -> Vec<Member> {
    let len = if rng.chance(10) {
        rng.range(20, 80)
    } else {
        rng.range(1, 12)
    };
    let mut shapes: Vec<Member> = Vec::new();
    while shapes.len() < len {
        if !shapes.is_empty() && rng.chance(5) {
            // The same pattern again.
            shapes.push(rng.pick(&shapes).clone());
            continue;
        }
        let (shape, alphabet) = pattern(rng, grammar);
        let text = shape.to_string();
        if compiles(&text, setting) {
            shapes.push((text, shape, alphabet));
        }
    }
    shapes
}

/// Text in which some of the members match.
fn hay(rng: &mut Rng, shapes: &[Member], grammar: Grammar) -> Vec<u8> {
    let mut out = Vec::new();
    if rng.chance(4) {
        let (_, shape, alphabet) = rng.pick(shapes);
        out = long_haystack(rng, shape, alphabet, grammar);
    }
    for _ in 0..rng.range(0, 3) {
        let (_, shape, alphabet) = rng.pick(shapes);
        out.extend(haystack(rng, shape, alphabet, grammar));
    }
    out
}

/// In each match stands a factor of every group, where it may.
#[test]
fn matches_contain_their_factors() {
    let seed = number("REPOOL_SEED", 1);
    let (mut factors, mut ir) = (Factors::default(), Ir::new());
    let mut matches = 0;
    for i in 0..number("REPOOL_CASES", 20_000) / 10 {
        let mut rng = Rng::new(seed.wrapping_mul(0x9E37_79B9).wrapping_add(i));
        let setting = Setting::random(&mut rng, false);
        let grammar = Grammar {
            bytes: true,
            unicode: setting.unicode,
        };
        let shapes = shapes(&mut rng, &setting, grammar);
        let (text, shape, alphabet) = &shapes[0];
        let built = set!(regex::bytes::RegexBuilder::new(text), setting).build();
        let regex = built.expect("it compiles");
        parse(text, &setting.syntax(), &mut ir).expect("it compiles");
        let Some(found) = factors.find(&ir) else {
            continue;
        };
        let found: Vec<_> = found.collect();
        for _ in 0..4 {
            let hay = haystack(&mut rng, shape, alphabet, grammar);
            for span in regex.find_iter(&hay) {
                matches += 1;
                let (hay, at) = (&hay[..span.end()], span.start());
                let stands = |group| found.iter().any(|f| f.group == group && stands(f, hay, at));
                let missing = (0..=found.iter().map(|f| f.group).max().unwrap_or(0))
                    .find(|&group| !stands(group));
                assert_eq!(missing, None, "{text:?} {setting:?} {found:?} {:?}", span);
            }
        }
    }
    assert!(matches > 100, "{matches}");
}

/// Tells whether a factor stands where it may in the match that starts at `at` and ends with `hay`.
fn stands(factor: &Factor<'_>, hay: &[u8], at: usize) -> bool {
    let from = at.saturating_add(factor.before_min as usize);
    let to = at.saturating_add(factor.before_max as usize).min(hay.len());
    (from..=to).any(|at| {
        let text = hay.get(at..at + factor.bytes.len()).unwrap_or_default();
        text == factor.bytes || factor.folded && text.eq_ignore_ascii_case(factor.bytes)
    })
}

#[test]
fn corpora() {
    let Some(folder) = env::var_os("REPOOL_CORPORA") else {
        println!("skipped: REPOOL_CORPORA is not set");
        return;
    };
    for entry in fs::read_dir(Path::new(&folder)).expect("REPOOL_CORPORA is a folder") {
        let path = entry.expect("an entry can be read").path();
        if path.extension().is_some_and(|e| e == "json") {
            let text = fs::read_to_string(&path).expect("a corpus can be read");
            let patterns: Vec<String> =
                serde_json::from_str(&text).expect("a corpus is an array of strings");
            let matched = corpus(patterns);
            println!("{}: {matched} matches", path.display());
        }
    }
}

/// Asks a set of all patterns which match texts that some of them match, and each by `regex`.
fn corpus(mut patterns: Vec<String>) -> usize {
    let setting = Setting::new(true);
    patterns.retain(|p| regex::Regex::new(p).is_ok() && repool::Regex::new(p).is_ok());
    let set = set!(repool::RegexSetBuilder::new(&patterns), setting).build();
    let set = set.expect("each compiles");
    let each: Vec<_> = patterns.iter().map(|p| regex::Regex::new(p)).collect();
    let mut rng = Rng::new(7);
    let mut matched = 0;
    for _ in 0..300 {
        let hay = text_for(&mut rng, &patterns, &setting);
        let ours: Vec<usize> = set.matches(&hay).into_iter().collect();
        let is_match = |i: &usize| matches!(&each[*i], Ok(regex) if regex.is_match(&hay));
        let theirs: Vec<usize> = (0..each.len()).filter(is_match).collect();
        assert_eq!(ours, theirs, "{hay:?}");
        assert_eq!(set.is_match(&hay), !theirs.is_empty(), "{hay:?}");
        matched += ours.len();
    }
    matched
}

fn text_for(rng: &mut Rng, patterns: &[String], setting: &Setting) -> String {
    const ALPHABET: &[char] = &['a', 'e', 'M', '0', ' ', '.', '/', '-', ';', '"', '='];
    let mut hay = Vec::new();
    for _ in 0..rng.range(1, 4) {
        noise(rng, ALPHABET, &mut hay);
        let mut ir = Ir::new();
        let pattern = rng.pick(patterns);
        parse(pattern, &setting.syntax(), &mut ir).expect("it compiles");
        let at = hay.len();
        if ir.stepping() != Stepping::Delegated {
            sample(rng, &ir, ir.root(), &mut hay);
        }
        if rng.chance(40) {
            damage(rng, ALPHABET, &mut hay, at);
        }
    }
    String::from_utf8_lossy(&hay).into_owned()
}
