//! Every small pattern on every small haystack: every way to search against the reference matcher, and the
//! reference matcher against `regex`.
//!
//! A pattern is an operator tree over a tiny alphabet. By default all trees of up to two operators are run, and a sample
//! of larger ones, each in one way of [`SHARE`]: the next pattern runs in the next ways. `REPOOL_EXHAUSTIVE=2` runs them in
//! every way, `REPOOL_EXHAUSTIVE=3` also all trees of three (about a million).
//!
//! `REPOOL_CASE` is the number or the text of one pattern, which then runs in every way; a fault tells both.
//! [`repool_tests::lab`] has the other variables.

use std::env;

use repool_syntax::Syntax;
use repool_tests::lab::{Lab, Subject, case, iterate, ways};
use repool_tests::reference::Reference;
use repool_tests::rng::Rng;
use repool_tests::shape::{Quantifier, Shape};
use repool_vm::forced::{Forced, Way};
use repool_vm::{Input, Slot};

/// A pattern runs in one of this many ways, unless the environment asks for more.
const SHARE: usize = 8;

/// One setting under which the patterns run.
struct Setting {
    name: &'static str,
    syntax: Syntax,
    atoms: Vec<Shape>,
    /// The pieces that haystacks are strings of.
    alphabet: &'static [&'static [u8]],
    /// The most pieces of a haystack.
    haystack_len_max: usize,
}

fn atoms(texts: &[&'static str]) -> Vec<Shape> {
    let atoms = texts.iter().map(|&text| Shape::Atom(text, &[]));
    std::iter::once(Shape::Empty).chain(atoms).collect()
}

#[test]
fn text() {
    run(&Setting {
        name: "text",
        syntax: Syntax::default(),
        atoms: atoms(&["a", "b", ".", "[^a]", "é", "^", "$", r"\b", r"\B"]),
        alphabet: &[b"a", b"b", b"\xC3\xA9"],
        haystack_len_max: 4,
    });
}

#[test]
fn lines_in_any_bytes() {
    run(&Setting {
        name: "lines in any bytes",
        syntax: Syntax {
            utf8: false,
            multi_line: true,
            ..Syntax::default()
        },
        atoms: atoms(&["a", r"\n", ".", "[^a]", "^", "$", r"\b", r"\B", r"\z"]),
        alphabet: &[b"a", b"\n", b"\xC3", b"\xA9"],
        haystack_len_max: 3,
    });
}

#[test]
fn bytes() {
    run(&Setting {
        name: "bytes",
        syntax: Syntax {
            utf8: false,
            unicode: false,
            ..Syntax::default()
        },
        atoms: atoms(&["a", "b", ".", "[^a]", r"\xFF", r"\A", "$", r"\b", r"\B"]),
        alphabet: &[b"a", b"b", b"\xFF"],
        haystack_len_max: 3,
    });
}

fn run(setting: &Setting) {
    let size = env::var("REPOOL_EXHAUSTIVE").ok();
    let (case, ways) = (case(), ways());
    let is_asked_for = size.is_some() || case.is_some() || ways.len() < Way::all().len();
    let operators = size.as_ref().map_or(2, |n| n.parse().expect("a number"));
    let haystacks = haystacks(setting);
    let mut check = Check {
        setting,
        haystacks: &haystacks,
        lab: Lab::default(),
        ways,
        share: if is_asked_for { 1 } else { SHARE },
        case,
        drawn: 0,
        searches: 0,
        patterns: 0,
        faults: Vec::new(),
    };
    let mut levels = vec![setting.atoms.clone()];
    for shape in &levels[0] {
        check.pattern(shape);
    }
    for level in 1..=operators {
        let mut shapes = Vec::new();
        // The last level is the bulk of all: checked as it is made, not kept.
        let last = level == operators;
        each_of_size(&levels, level, &mut |shape| {
            check.pattern(&shape);
            if !last {
                shapes.push(shape);
            }
        });
        levels.push(shapes);
    }
    let mut rng = Rng::new(0x5EED);
    for _ in 0..3000 {
        let size = rng.range(operators + 1, operators + 3);
        let shape = random_of_size(&mut rng, &setting.atoms, size);
        check.pattern(&shape);
    }
    println!(
        "{}: {} patterns, {} searches",
        setting.name, check.patterns, check.searches
    );
    let count = check.faults.len();
    check.faults.sort_by_key(String::len);
    check.faults.truncate(30);
    assert!(count == 0, "{count} faults:\n{}", check.faults.join("\n"));
}

fn haystacks(setting: &Setting) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..setting.haystack_len_max {
        let to = all.len();
        for i in from..to {
            for piece in setting.alphabet {
                let mut longer = all[i].clone();
                longer.extend_from_slice(piece);
                all.push(longer);
            }
        }
        from = to;
    }
    // Two ways may spell one string.
    all.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    all.dedup();
    all
}

fn quantifiers() -> Vec<Quantifier> {
    let counts = [(0, None), (1, None), (0, Some(1))];
    let lazy = counts.map(|(min, max)| Quantifier::new(min, max, true));
    let counts = [
        (0, None),
        (1, None),
        (0, Some(1)),
        (0, Some(2)),
        (2, Some(2)),
        (1, Some(3)),
        (2, None),
    ];
    let greedy = counts.map(|(min, max)| Quantifier::new(min, max, false));
    let lazy_counted = Quantifier::new(0, Some(2), true);
    greedy
        .into_iter()
        .chain(lazy)
        .chain([lazy_counted])
        .collect()
}

fn each_of_size(levels: &[Vec<Shape>], size: usize, visit: &mut impl FnMut(Shape)) {
    let quantifiers = quantifiers();
    for child in &levels[size - 1] {
        visit(Shape::Group(Box::new(child.clone()), None));
        for quantifier in &quantifiers {
            visit(Shape::Repeat(Box::new(child.clone()), quantifier.clone()));
        }
    }
    for left in 0..size {
        for first in &levels[left] {
            for second in &levels[size - 1 - left] {
                let pair = vec![first.clone(), second.clone()];
                visit(Shape::Concat(pair.clone()));
                visit(Shape::Alternation(pair));
            }
        }
    }
}

fn random_of_size(rng: &mut Rng, atoms: &[Shape], size: usize) -> Shape {
    if size == 0 {
        return rng.pick(atoms).clone();
    }
    match rng.below(5) {
        0 => Shape::Group(Box::new(random_of_size(rng, atoms, size - 1)), None),
        1 => {
            let child = Box::new(random_of_size(rng, atoms, size - 1));
            Shape::Repeat(child, rng.pick(&quantifiers()).clone())
        }
        n => {
            let left = rng.below(size);
            let first = random_of_size(rng, atoms, left);
            let second = random_of_size(rng, atoms, size - 1 - left);
            if n == 2 {
                Shape::Alternation(vec![first, second])
            } else {
                Shape::Concat(vec![first, second])
            }
        }
    }
}

struct Check<'s> {
    setting: &'s Setting,
    haystacks: &'s [Vec<u8>],
    lab: Lab,
    ways: Vec<Way>,
    /// A pattern runs in one of this many ways.
    share: usize,
    /// The one pattern that runs, by its number or its text.
    case: Option<String>,
    /// The patterns so far, those that are refused as well.
    drawn: usize,
    searches: usize,
    patterns: usize,
    faults: Vec<String>,
}

/// What a search gave: `None` if it was not to be had, else the matches with their slots.
type Matches = Option<Vec<Vec<Slot>>>;

impl Check<'_> {
    fn fault(&mut self, pattern: &str, haystack: &[u8], what: &str, got: &str, expected: &str) {
        let (setting, haystack) = (self.setting.name, haystack.escape_ascii());
        let drawn = self.drawn;
        let text = format!(
            "{setting}: pattern {drawn}, `{pattern}` on \"{haystack}\", {what}: got {got}, expected {expected}"
        );
        self.faults.push(text);
    }

    fn pattern(&mut self, shape: &Shape) {
        let pattern = shape.to_string();
        self.drawn += 1;
        if (self.case.as_ref())
            .is_some_and(|case| *case != pattern && *case != self.drawn.to_string())
        {
            return;
        }
        let syntax = &self.setting.syntax;
        let judge = regex::bytes::RegexBuilder::new(&pattern)
            .unicode(syntax.unicode)
            .multi_line(syntax.multi_line)
            .build();
        let places = self.drawn % self.share..;
        let ways: Vec<Way> = (places.step_by(self.share))
            .map_while(|i| self.ways.get(i).copied())
            .collect();
        let sample = self.haystacks.last().map_or(&b""[..], Vec::as_slice);
        let subject = self.lab.subject(&pattern, syntax, sample, &ways);
        let (subject, judge) = match (subject, judge) {
            (Ok(subject), Ok(judge)) => (subject, judge),
            (Err(_), Err(_)) => return,
            (subject, judge) => {
                let got = subject.err().unwrap_or_else(|| "accepted".to_owned());
                let expected = judge.err().map_or("accepted".to_owned(), |e| e.to_string());
                self.fault(&pattern, b"", "compile", &got, &expected);
                return;
            }
        };
        self.patterns += 1;
        let ir = std::mem::take(&mut self.lab.ir);
        let reference = Reference::new(&ir, syntax);
        for haystack in self.haystacks {
            let mut expected = iterate(Input::new(haystack), |input| match &reference {
                Some(reference) => reference.search(input),
                None => Some(judge_slots(&judge, input)),
            });
            // Empty matches inside a character: `regex` has them on bytes and not on text.
            if !syntax.utf8 || haystack.is_ascii() {
                let judged = iterate(Input::new(haystack), |input| {
                    Some(judge_slots(&judge, input))
                });
                if expected.is_none() {
                    expected = judged;
                } else if expected != judged {
                    let (got, expected) = (format!("{expected:?}"), format!("{judged:?}"));
                    self.fault(&pattern, haystack, "the reference", &got, &expected);
                    break;
                }
            }
            let expected_spans = expected.as_ref().map(|all| {
                let span = |slots: &Vec<Slot>| slots[..2].to_vec();
                all.iter().map(span).collect::<Vec<_>>()
            });
            for forced in subject.ways() {
                let got = self.lab.all(&subject, forced, haystack);
                self.compare(&pattern, haystack, forced, &got, &expected);
                let got = self.lab.spans(&subject, forced, haystack);
                self.compare(&pattern, haystack, forced, &got, &expected_spans);
                if haystack.len() <= 2 {
                    self.windows(&pattern, &subject, haystack, forced, reference.as_ref());
                }
            }
            if self.faults.len() > 2000 {
                break;
            }
        }
        self.lab.ir = ir;
    }

    fn compare(
        &mut self,
        pattern: &str,
        haystack: &[u8],
        forced: &Forced,
        got: &Matches,
        expected: &Matches,
    ) {
        self.searches += 1;
        if got.is_some() && expected.is_some() && got != expected {
            let (got, expected) = (format!("{got:?}"), format!("{expected:?}"));
            self.fault(
                pattern,
                haystack,
                &forced.way().to_string(),
                &got,
                &expected,
            );
        }
    }

    /// Every part of the haystack, anchored and not: slots, the span alone, and whether there is a match.
    fn windows(
        &mut self,
        pattern: &str,
        subject: &Subject,
        haystack: &[u8],
        forced: &Forced,
        reference: Option<&Reference<'_>>,
    ) {
        let Some(reference) = reference else { return };
        let bounds = (0..=haystack.len())
            .flat_map(|start| (start..=haystack.len()).map(move |end| (start, end)));
        for (start, end) in bounds {
            for anchored in [false, true] {
                let input = Input {
                    start,
                    end,
                    anchored,
                    ..Input::new(haystack)
                };
                let Some(expected) = reference.search(&input) else {
                    continue;
                };
                let what = format!("{} {start}..{end}, anchored: {anchored}", forced.way());
                let got = self.lab.search(subject, forced, &input);
                self.searches += 1;
                if got.as_ref().is_some_and(|got| *got != expected) {
                    let (got, expected) = (format!("{got:?}"), format!("{expected:?}"));
                    self.fault(pattern, haystack, &what, &got, &expected);
                    return;
                }
                let span = self.lab.span(subject, forced, &input);
                let expected_span = expected
                    .as_ref()
                    .and_then(|slots| Some((slots[0].get()?, slots[1].get()?)));
                let yes = self.lab.is_match(subject, forced, &input);
                let wrong = span.is_some_and(|span| span != expected_span)
                    || yes.is_some_and(|yes| yes != expected.is_some());
                if wrong {
                    let got = format!("span {span:?}, is_match {yes:?}");
                    let expected = format!("{expected_span:?}");
                    self.fault(pattern, haystack, &what, &got, &expected);
                    return;
                }
            }
        }
    }
}

fn judge_slots(judge: &regex::bytes::Regex, input: &Input<'_>) -> Option<Vec<Slot>> {
    let captures = judge.captures_at(input.haystack, input.start)?;
    let spans = captures.iter().flat_map(|group| match group {
        Some(group) => [Slot::at(group.start()), Slot::at(group.end())],
        None => [Slot::NONE; 2],
    });
    Some(spans.collect())
}
