//! Generated patterns on generated haystacks, against `regex`: acceptance and error text, every way to search,
//! and every method of the published interface.
//!
//! A case is one pattern, one haystack and one interface (text or bytes). The run is fixed by its seed:
//! `REPOOL_SEED`, and `REPOOL_CASES` for the number of cases. It takes all cores, or `REPOOL_THREADS`. A
//! disagreement is printed in its smallest form. Cases at which `regex` panics, or contradicts itself (its engines together
//! say something else than its PikeVM alone, which says what this side does), are counted apart.
//!
//! `REPOOL_CASE` is the number of the one pattern that runs, with the haystacks that it has in the whole run; a disagreement
//! tells it, and it takes the seed and the number of cases of that run. [`repool_tests::lab`] has the other variables.

use std::collections::BTreeMap;
use std::env;
use std::io::{Write, stderr};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use repool_tests::differ::{Differ, Pair};
use repool_tests::generate::{Grammar, haystack, long_haystack, pattern, short_haystack};
use repool_tests::lab::case;
use repool_tests::minimise::minimise;
use repool_tests::rng::Rng;
use repool_tests::setting::Setting;
use repool_tests::shape::Shape;
use repool_tests::window::Window;
use repool_vm::Input;

/// Haystacks of one pattern: compiling takes `regex` longer than searching.
const HAYSTACKS: u64 = 8;

/// Short ones besides, in a run of more than [`MANY`] cases: it has patterns enough, and short
/// cases are quick.
const SHORT_HAYSTACKS: u64 = 16;
const MANY: u64 = 100_000;

/// One pattern in this many is judged by all searches of `regex`, not by deduced answers. This
/// shows that the deduction is right.
const DEDUCTIONS: u64 = 16;

/// Disagreements that are worth making small; the rest are only counted.
const REPORTS_MAX: usize = 40;

/// How long one of them is made smaller.
const SMALL_ENOUGH: Duration = Duration::from_secs(5);

/// What a pattern searches when a disagreement is looked for again: twice what makes it hot.
const HEAT_BYTES: usize = 8 << 10;

/// A run that is cut off has told how far it came.
const TOLD_EVERY: Duration = Duration::from_secs(60);

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |n| n.parse().expect("a number"))
}

/// What the threads share.
#[derive(Debug)]
struct Run {
    seed: u64,
    cases: u64,
    haystacks: u64,
    /// Pattern number `i` follows from the seed and `i` alone, whichever thread takes it.
    patterns: u64,
    next: AtomicU64,
    begun: Instant,
    report: Mutex<Report>,
}

#[derive(Debug, Default)]
struct Report {
    count: Count,
    /// By the smallest form, so that one bug is shown once.
    shown: BTreeMap<String, String>,
    /// Of what is shown, what no line on the way has told.
    untold: Vec<String>,
    told: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    cases: u64,
    patterns: u64,
    refused: u64,
    /// Cases at which `regex` panics, or contradicts itself.
    unjudged: u64,
    disagreements: u64,
}

/// The lazy DFA of `regex-automata` 0.4.18 takes the end of a line for one where the line terminator is no `\n`.
#[test]
fn differences_of_regex_with_itself_are_told_apart() {
    let setting = Setting {
        line_terminator: b'a',
        ..Setting::new(true)
    };
    let mut differ = Differ::default();
    for (pattern, haystack) in [
        (r"\b|a(?m:$)", "aa\n"),
        ("(?i)\na(?m:$)|\n[^a]|a", "\n\na\n"),
    ] {
        let pair = differ.compile(pattern, &setting);
        let pair = pair.expect("both compile").expect("neither refuses");
        let hay = haystack.as_bytes();
        assert!(differ.search(&pair, hay).is_err(), "{pattern}");
        assert!(
            differ.is_contradiction(pattern, &setting, &pair, hay),
            "{pattern}"
        );
    }
}

#[test]
fn generated() {
    let cases = number("REPOOL_CASES", 20_000);
    let haystacks = HAYSTACKS + if cases > MANY { SHORT_HAYSTACKS } else { 0 };
    let case: Option<u64> = case().map(|case| case.parse().expect("the number of a pattern"));
    let run = Run {
        seed: number("REPOOL_SEED", 1),
        cases,
        haystacks,
        patterns: case.map_or(cases.div_ceil(haystacks), |case| case + 1),
        next: AtomicU64::new(case.unwrap_or(0)),
        begun: Instant::now(),
        report: Mutex::default(),
    };
    let cores = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    // Panics of the code under test are caught and reported as disagreements, without the usual noise.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let finished: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..number("REPOOL_THREADS", cores).max(1))
            .map(|_| scope.spawn(|| run.work()))
            .collect();
        workers.into_iter().map(|worker| worker.join()).collect()
    });
    std::panic::set_hook(hook);
    for worker in finished {
        if let Err(cause) = worker {
            resume_unwind(cause);
        }
    }
    let report = run.report();
    println!("{}", run.line(report.count));
    let shown: Vec<_> = report.shown.values().map(String::as_str).collect();
    assert!(
        report.count.disagreements == 0,
        "{} disagreements; the smallest forms of some:\n{}",
        report.count.disagreements,
        shown.join("\n")
    );
}

impl Run {
    fn work(&self) {
        let mut differ = Differ::default();
        loop {
            let i = self.next.fetch_add(1, Ordering::Relaxed);
            if i >= self.patterns {
                return;
            }
            let found = catch_unwind(AssertUnwindSafe(|| self.pattern(i, &mut differ)));
            if let Err(cause) = found {
                // The other threads need not go on.
                self.next.store(self.patterns, Ordering::Relaxed);
                println!("a panic of the test itself, in pattern {i}");
                resume_unwind(cause);
            }
            self.tell();
        }
    }

    /// Runs pattern number `i`: the first one drawn that is not refused.
    fn pattern(&self, i: u64, differ: &mut Differ) {
        let mut rng = Rng::new(self.seed.wrapping_mul(0x9E37_79B9).wrapping_add(i));
        let mut count = Count::default();
        let full = i.is_multiple_of(DEDUCTIONS);
        loop {
            let drawn = Drawn::new(&mut rng);
            count.patterns += 1;
            let different = match differ.compile(&drawn.shape.to_string(), &drawn.setting) {
                Ok(None) => {
                    count.cases += 1;
                    count.refused += 1;
                    continue;
                }
                Ok(Some(pair)) => self.haystacks(&drawn, &pair, full, &mut rng, differ, &mut count),
                Err(what) => {
                    count.cases += 1;
                    Err(Different::on(Vec::new(), what))
                }
            };
            if let Err(different) = different {
                count.disagreements += 1;
                self.show(differ, i, drawn, different);
            }
            break;
        }
        self.report().count.add(count);
    }

    fn haystacks(
        &self,
        drawn: &Drawn,
        pair: &Pair,
        full: bool,
        rng: &mut Rng,
        differ: &mut Differ,
        count: &mut Count,
    ) -> Result<(), Different> {
        let Drawn {
            setting,
            grammar,
            shape,
            alphabet,
        } = drawn;
        let text = shape.to_string();
        let window = if rng.chance(15) {
            Window::new(&text, setting).ok()
        } else {
            None
        };
        // Some patterns are hot before the short haystacks come: engines may have built more by then.
        let hot = rng.chance(8);
        for i in 0..self.haystacks {
            let draw = match i {
                0 if hot => long_haystack,
                0..HAYSTACKS => haystack,
                _ => short_haystack,
            };
            let haystack = draw(rng, shape, alphabet, *grammar);
            count.cases += 1;
            match differ.search(pair, &haystack) {
                Ok(true) => {}
                Ok(false) => {
                    count.unjudged += 1;
                    continue;
                }
                Err(_) if differ.is_contradiction(&text, setting, pair, &haystack) => {
                    count.unjudged += 1;
                    continue;
                }
                Err(what) => return Err(Different::on(haystack, what)),
            }
            if full && let Err(what) = Differ::deduction(pair, &haystack) {
                return Err(Different::only_here(haystack, what));
            }
            if let Some(window) = &window
                && let Err(what) = windows(window, pair, &haystack, rng, differ)
            {
                return Err(Different::only_here(haystack, what));
            }
        }
        Ok(())
    }

    fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().expect("no thread panics with the lock")
    }

    fn line(&self, count: Count) -> String {
        let Count {
            cases,
            patterns,
            refused,
            unjudged,
            disagreements,
        } = count;
        let rate = cases as f64 / self.begun.elapsed().as_secs_f64();
        format!(
            "seed {}: {cases} cases (of {unjudged} regex does not tell), {patterns} patterns \
             ({refused} refused by both), {disagreements} disagreements, {rate:.0} cases a second",
            self.seed
        )
    }

    fn tell(&self) {
        let mut report = self.report();
        let now = self.begun.elapsed();
        if now < report.told + TOLD_EVERY {
            return;
        }
        report.told = now;
        let mut lines = std::mem::take(&mut report.untold);
        lines.push(format!("{} of {}", self.line(report.count), self.cases));
        drop(report);
        // Past the harness, which would keep it for the end. Nobody may be there to read it.
        let _ = writeln!(stderr(), "{}", lines.join("\n"));
    }

    /// Makes a disagreement small and keeps it. Which ones are kept of very many is up to the threads.
    fn show(&self, differ: &mut Differ, i: u64, drawn: Drawn, different: Different) {
        if self.report().shown.len() >= REPORTS_MAX {
            return;
        }
        let Drawn { setting, shape, .. } = drawn;
        let (shape, different) = if different.shrinks {
            smallest(differ, &setting, shape, different)
        } else {
            (shape, different)
        };
        let mut options = format!("{setting:?}");
        if setting == Setting::new(setting.text) {
            options = if setting.text { "text" } else { "bytes" }.to_owned();
        }
        let haystack = different.haystack.escape_ascii();
        let line = format!(
            "pattern {i}, `{shape}` on \"{haystack}\", {options}: {}",
            different.what
        );
        let key = format!("{shape} {haystack}");
        let mut report = self.report();
        if report.shown.insert(key, line.clone()).is_none() {
            report.untold.push(line);
        }
    }
}

impl Count {
    fn add(&mut self, other: Count) {
        self.cases += other.cases;
        self.patterns += other.patterns;
        self.refused += other.refused;
        self.unjudged += other.unjudged;
        self.disagreements += other.disagreements;
    }
}

/// A pattern and what goes with it.
#[derive(Debug)]
struct Drawn {
    setting: Setting,
    grammar: Grammar,
    shape: Shape,
    alphabet: &'static [char],
}

impl Drawn {
    fn new(rng: &mut Rng) -> Drawn {
        let text = rng.chance(60);
        let setting = Setting::random(rng, text);
        let grammar = Grammar {
            bytes: !text,
            unicode: setting.unicode || text,
        };
        let (shape, alphabet) = pattern(rng, grammar);
        Drawn {
            setting,
            grammar,
            shape,
            alphabet,
        }
    }
}

/// Where the sides disagree, and how.
#[derive(Debug)]
struct Different {
    haystack: Vec<u8>,
    what: String,
    /// Whether [`difference`] shows it too.
    shrinks: bool,
}

impl Different {
    fn on(haystack: Vec<u8>, what: String) -> Different {
        Different {
            haystack,
            what,
            shrinks: true,
        }
    }

    fn only_here(haystack: Vec<u8>, what: String) -> Different {
        Different {
            haystack,
            what,
            shrinks: false,
        }
    }
}

fn windows(
    window: &Window,
    pair: &Pair,
    haystack: &[u8],
    rng: &mut Rng,
    differ: &mut Differ,
) -> Result<(), String> {
    for _ in 0..3 {
        let start = rng.below(haystack.len() + 1);
        let end = rng.range(start, haystack.len());
        let input = Input {
            start,
            end,
            anchored: rng.chance(50),
            ..Input::new(haystack)
        };
        differ.window(window, pair, &input)?;
    }
    Ok(())
}

fn difference(
    differ: &mut Differ,
    setting: &Setting,
    shape: &Shape,
    haystack: &[u8],
) -> Option<String> {
    // A pattern that has searched little is not run by the engines of a hot one.
    let times = (HEAT_BYTES / haystack.len().max(1)).clamp(1, 16);
    match differ.compile(&shape.to_string(), setting) {
        Ok(Some(pair)) => (0..times).find_map(|_| differ.search(&pair, haystack).err()),
        Ok(None) => None,
        Err(what) => Some(what),
    }
}

fn smallest(
    differ: &mut Differ,
    setting: &Setting,
    shape: Shape,
    different: Different,
) -> (Shape, Different) {
    let Different { haystack, what, .. } = different;
    // While it shrinks it stays the same kind of difference: the words in front of the colon.
    let kind = |what: &str| what.split(':').next().map(str::to_owned);
    let first = kind(&what);
    let begun = Instant::now();
    let (shape, haystack) = minimise(shape, haystack, setting.text, |shape, haystack| {
        begun.elapsed() < SMALL_ENOUGH
            && difference(differ, setting, shape, haystack).is_some_and(|what| kind(&what) == first)
    });
    let what = difference(differ, setting, &shape, &haystack).unwrap_or(what);
    (shape, Different::on(haystack, what))
}
