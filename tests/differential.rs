//! Generated patterns on generated haystacks, against `regex`: acceptance and error text, every engine,
//! and every method of the published interface.
//!
//! A case is one pattern, one haystack and one interface (text or bytes). The run is fixed by its seed:
//! `REPOOL_SEED`, and `REPOOL_CASES` for the number of cases. A disagreement is printed in its smallest
//! form.

use std::collections::BTreeMap;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use repool_tests::differ::Differ;
use repool_tests::generate::{Grammar, haystack, long_haystack, pattern};
use repool_tests::minimise::minimise;
use repool_tests::rng::Rng;
use repool_tests::setting::Setting;
use repool_tests::shape::Shape;
use repool_tests::window::Window;
use repool_vm::Input;

/// Haystacks of one pattern: compiling takes `regex` longer than searching.
const HAYSTACKS: usize = 8;

/// Disagreements that are worth making small; the rest are only counted.
const REPORTS_MAX: usize = 40;

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |n| n.parse().expect("a number"))
}

#[derive(Default)]
struct Report {
    cases: u64,
    patterns: u64,
    refused: u64,
    disagreements: u64,
    /// By the smallest form, so that one bug is shown once.
    shown: BTreeMap<String, String>,
}

#[test]
fn generated() {
    let cases = number("REPOOL_CASES", 20_000);
    let seed = number("REPOOL_SEED", 1);
    let mut differ = Differ::default();
    let mut report = Report::default();
    // Panics of the code under test are caught and reported as disagreements, without the usual noise.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let finished = catch_unwind(AssertUnwindSafe(|| {
        for i in 0.. {
            if report.cases >= cases {
                break;
            }
            let mut rng = Rng::new(seed.wrapping_mul(0x9E37_79B9).wrapping_add(i));
            one_pattern(&mut rng, &mut differ, &mut report);
        }
    }));
    std::panic::set_hook(hook);
    if let Err(cause) = finished {
        println!("a panic of the test itself, in pattern {}", report.patterns);
        resume_unwind(cause);
    }
    println!(
        "seed {seed}: {} cases, {} patterns ({} refused by both), {} disagreements",
        report.cases, report.patterns, report.refused, report.disagreements
    );
    let shown: Vec<_> = report.shown.values().map(String::as_str).collect();
    assert!(
        report.disagreements == 0,
        "{} disagreements; the smallest forms of some:\n{}",
        report.disagreements,
        shown.join("\n")
    );
}

fn one_pattern(rng: &mut Rng, differ: &mut Differ, report: &mut Report) {
    let text = rng.chance(60);
    let setting = Setting::random(rng, text);
    let grammar = Grammar {
        bytes: !text,
        unicode: setting.unicode || text,
    };
    let (shape, alphabet) = pattern(rng, grammar);
    report.patterns += 1;
    let pair = match differ.compile(&shape.to_string(), &setting) {
        Ok(Some(pair)) => pair,
        Ok(None) => {
            report.refused += 1;
            report.cases += 1;
            return;
        }
        Err(what) => {
            report.cases += 1;
            report.disagreement(differ, &setting, shape, Vec::new(), what);
            return;
        }
    };
    let window = if rng.chance(15) {
        Window::new(&shape.to_string(), &setting).ok()
    } else {
        None
    };
    // Some patterns are hot before the short haystacks come: engines may have built more by then.
    let hot = rng.chance(8);
    for i in 0..HAYSTACKS {
        let haystack = if hot && i == 0 {
            long_haystack(rng, &shape, alphabet, grammar)
        } else {
            haystack(rng, &shape, alphabet, grammar)
        };
        report.cases += 1;
        if let Err(what) = differ.search(&pair, &haystack) {
            report.disagreement(differ, &setting, shape.clone(), haystack, what);
            return;
        }
        let Some(window) = &window else { continue };
        for _ in 0..3 {
            let start = rng.below(haystack.len() + 1);
            let end = rng.range(start, haystack.len());
            let input = Input {
                start,
                end,
                anchored: rng.chance(50),
                ..Input::new(&haystack)
            };
            if let Err(what) = differ.window(window, &pair, &input) {
                report.disagreements += 1;
                let haystack = haystack.escape_ascii();
                let line = format!("`{shape}` on \"{haystack}\", {setting:?}: {what}");
                report.shown.insert(line.clone(), line);
                return;
            }
        }
    }
}

fn difference(
    differ: &mut Differ,
    setting: &Setting,
    shape: &Shape,
    haystack: &[u8],
) -> Option<String> {
    match differ.compile(&shape.to_string(), setting) {
        Ok(Some(pair)) => differ.search(&pair, haystack).err(),
        Ok(None) => None,
        Err(what) => Some(what),
    }
}

impl Report {
    fn disagreement(
        &mut self,
        differ: &mut Differ,
        setting: &Setting,
        shape: Shape,
        haystack: Vec<u8>,
        what: String,
    ) {
        self.disagreements += 1;
        if self.shown.len() >= REPORTS_MAX {
            return;
        }
        // While it shrinks it stays the same kind of difference: the words in front of the colon.
        let kind = |what: &str| what.split(':').next().map(str::to_owned);
        let first = kind(&what);
        let (shape, haystack) = minimise(shape, haystack, setting.text, |shape, haystack| {
            difference(differ, setting, shape, haystack).is_some_and(|what| kind(&what) == first)
        });
        let what = difference(differ, setting, &shape, &haystack).unwrap_or(what);
        let mut options = format!("{setting:?}");
        if *setting == Setting::new(setting.text) {
            options = if setting.text { "text" } else { "bytes" }.to_owned();
        }
        let haystack = haystack.escape_ascii();
        let line = format!("`{shape}` on \"{haystack}\", {options}: {what}");
        self.shown.insert(format!("{shape} {haystack}"), line);
    }
}
