//! How a pattern is searched, in words: its strategy and the reason, the tables of a hot program, and what a search costs.
//!
//! What a hot program has is found out by making it: the image is heated without a sample, so that the choice rests on the
//! byte frequencies of English and of logs. The first text that a program meets decides instead.
//! Exercised by `tests/describe.rs`, and by `tests/inspect.rs` of the facade.

use repool_program::{CounterId, Flags, Image, Needle, Program, UNBOUNDED};
use repool_text::Fold;

use crate::cache::Scratch;
use crate::core::cold_engine;
use crate::engine::dfa::dense;
use crate::engine::dfa::lazy::{BYTES_MAX, Lazy};
use crate::engine::fused::codes;
use crate::engine::kind::Engine;
use crate::engine::{pike, visited};
use crate::forced::heat;
use crate::input::Slot;
use crate::prefilter::Prefilter;
use crate::prefilter::byte_frequency::Frequency;
use crate::search::Search;
use crate::simd::byte_set::ByteSet;
use crate::strategy::literal::Literal;
use crate::strategy::plan::Plan;
use crate::strategy::{Strategy, StrategyKind};
use crate::tuning::{DFA_HEAT, HEAT_SEARCH_BYTES, HEAT_SHARE, STATES_MAX, VISITED_BITS_MAX};

/// A name and what is said of it.
pub type Line = (&'static str, String);

/// How a pattern is searched.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Description {
    /// The strategy of a hot program.
    pub strategy: StrategyKind,
    /// The facts for which it was chosen.
    pub why: String,
    /// What runs before the program is hot.
    pub cold: Vec<Line>,
    /// The tables of a hot program.
    pub hot: Vec<Line>,
    /// What makes the pattern large or slow.
    pub cost: Vec<Line>,
    /// What answers a search of a hot program, for haystacks from short to long.
    pub answers: Vec<Answers>,
}

/// What takes the time of a search in a hot program.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Answers {
    /// The length of the haystack in bytes.
    pub haystack_bytes: usize,
    /// Whether there is a match.
    pub is_match: &'static str,
    /// The span of the leftmost match.
    pub find: &'static str,
    /// The groups of the leftmost match.
    pub captures: &'static str,
}

/// The haystacks of a description: a line, a page, a file.
const HAYSTACKS: [usize; 3] = [64, 4 << 10, 1 << 20];

/// Describes the program of an image that nobody else uses; it is hot afterwards.
#[must_use]
pub fn describe(image: &Image, cache: &mut Scratch) -> Description {
    let program = &image.program();
    let cold = cold(program);
    heat(image, b"", cache);
    let made;
    let plan = match program.attached::<Plan>() {
        Some(plan) => plan,
        // There was no room to attach it.
        None => {
            made = Plan::hot(program, b"");
            &made
        }
    };
    let verifier = Verifier::of(program, cache);
    // A delegated program has no code.
    let has_codes = program.group_len() > 1 && !program.flags().contains(Flags::DELEGATED);
    let fused_bytes = has_codes.then(|| codes::bytes_of(program)).flatten();
    let groups = Groups::of(program, fused_bytes.is_some());
    let of_len = |haystack_bytes| answers(program, plan, verifier, groups, haystack_bytes);
    Description {
        strategy: plan.strategy.kind(),
        why: why(program, &plan.strategy),
        cold,
        hot: hot(program, plan, verifier, fused_bytes),
        cost: cost(program, &plan.strategy, verifier),
        answers: HAYSTACKS.map(of_len).into(),
    }
}

/// What verifies candidates in a hot program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verifier {
    Delegate,
    Whole,
    Lazy,
    Scan,
    Backtrack,
    LockStep,
}

impl Verifier {
    fn of(program: &Program<'_>, cache: &mut Scratch) -> Verifier {
        if program.flags().contains(Flags::DELEGATED) {
            return Verifier::Delegate;
        }
        if program.tables().is_some() {
            return Verifier::Whole;
        }
        if Lazy::new(program).is_some() {
            return Verifier::Lazy;
        }
        let (note, scans) = cache.notes.of(program);
        if (scans.table(&Search::of(program, b""), note, true)).is_some() {
            return Verifier::Scan;
        }
        match program.states() > STATES_MAX {
            true => Verifier::LockStep,
            false => Verifier::Backtrack,
        }
    }
}

/// What finds the groups of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Groups {
    /// There are none but the whole match, or they are not asked for.
    None,
    Fused,
    OnePass,
    Backtrack,
    LockStep,
}

impl Groups {
    fn of(program: &Program<'_>, is_fused: bool) -> Groups {
        match program.group_len() {
            1 => Groups::None,
            _ if is_fused => Groups::Fused,
            _ if program.flags().contains(Flags::ONE_PASS) => Groups::OnePass,
            _ if program.states() <= STATES_MAX => Groups::Backtrack,
            _ => Groups::LockStep,
        }
    }
}

/// What finds candidates, and what runs from there.
macro_rules! runs {
    ($prefilter:literal, $verifier:expr, $groups:expr) => {
        match ($verifier, $groups) {
            (Verifier::Delegate, _) => "regex-automata",
            (_, Groups::Fused) => concat!($prefilter, "fused code"),
            (Verifier::Whole, Groups::None) => concat!($prefilter, "published table"),
            (Verifier::Whole, Groups::OnePass) => concat!($prefilter, "published table, one-pass"),
            (Verifier::Whole, Groups::Backtrack) => {
                concat!($prefilter, "published table, backtracker")
            }
            (Verifier::Whole, Groups::LockStep) => {
                concat!($prefilter, "published table, lock-step")
            }
            (Verifier::Lazy, Groups::None) => concat!($prefilter, "lazy table"),
            (Verifier::Lazy, Groups::OnePass) => concat!($prefilter, "lazy table, one-pass"),
            (Verifier::Lazy, Groups::Backtrack) => concat!($prefilter, "lazy table, backtracker"),
            (Verifier::Lazy, Groups::LockStep) => concat!($prefilter, "lazy table, lock-step"),
            (Verifier::Scan, _) => concat!($prefilter, "bit-parallel scan, backtracker"),
            (Verifier::Backtrack, _) => concat!($prefilter, "backtracker"),
            (Verifier::LockStep, _) => concat!($prefilter, "lock-step"),
        }
    };
}

/// What takes the time of a search: what finds candidates, and what runs from there.
fn answered_by(strategy: &Strategy, verifier: Verifier, groups: Groups) -> &'static str {
    let prefilter = strategy.prefilter();
    match strategy {
        Strategy::Delegate => "regex-automata",
        Strategy::ClassRun(_) => "class run",
        Strategy::Literal(_) => "literal",
        // One thread that starts at a known place is as fast as a table.
        Strategy::Anchored(_) if groups == Groups::OnePass => "one-pass",
        Strategy::Anchored(_) | Strategy::Core => runs!("", verifier, groups),
        Strategy::Required(_) => runs!("required bytes, ", verifier, groups),
        Strategy::ReverseAnchored(_) if groups == Groups::None && walks_to_start(prefilter) => {
            "reverse table"
        }
        Strategy::ReverseAnchored(_) | Strategy::Candidates(_) => match prefilter {
            Prefilter::Nothing => runs!("", verifier, groups),
            Prefilter::Lines(_) => runs!("line starts, ", verifier, groups),
            Prefilter::One(_) | Prefilter::Two(..) | Prefilter::Three(..) => {
                runs!("memchr, ", verifier, groups)
            }
            Prefilter::Set(_) => runs!("byte set, ", verifier, groups),
            Prefilter::Needle(_) => runs!("needle, ", verifier, groups),
            Prefilter::Teddy { .. } => runs!("Teddy, ", verifier, groups),
            Prefilter::ShiftTable { .. } => runs!("Wu-Manber, ", verifier, groups),
            Prefilter::Reverse { .. } => runs!("reverse table, ", verifier, groups),
        },
    }
}

/// Tells whether a scan backwards from the end of the haystack finds the start of the match.
fn walks_to_start(prefilter: &Prefilter) -> bool {
    matches!(prefilter, Prefilter::Reverse { reverse, .. } if reverse.is_at_end() && reverse.tells_starts())
}

fn answers(
    program: &Program<'_>,
    plan: &Plan,
    verifier: Verifier,
    groups: Groups,
    haystack_bytes: usize,
) -> Answers {
    let by = |groups| match haystack_bytes < program.len_min() as usize {
        true => "nothing: too short for a match",
        false => answered_by(&plan.strategy, verifier, groups),
    };
    let find = by(Groups::None);
    Answers {
        haystack_bytes,
        is_match: find,
        find,
        captures: by(groups),
    }
}

/// Why a strategy was chosen.
fn why(program: &Program<'_>, strategy: &Strategy) -> String {
    match strategy {
        Strategy::Delegate => "regex-automata runs what mixes bytes and characters".to_owned(),
        Strategy::ClassRun(run) => format!(
            "every match is a run of one class, {}",
            program.set_text(run.set())
        ),
        Strategy::Anchored(_) => {
            "every match starts where the haystack does: there is one candidate".to_owned()
        }
        Strategy::Literal(literal) => {
            let needle = program.prefix().map(|n| needle_text(program, n));
            let by = match literal {
                Literal::Needle(finder) => {
                    format!(
                        "its rarest byte is at {}",
                        percent(finder.rate(&expected()))
                    )
                }
                Literal::Folded { teddy, .. } => format!(
                    "Teddy looks for its first bytes in every case, at {}",
                    percent(teddy.rate())
                ),
            };
            format!(
                "every match is the literal {}; {by}",
                needle.unwrap_or_default()
            )
        }
        Strategy::ReverseAnchored(reverse) => {
            let how = match &reverse.starts.prefilter {
                prefilter if walks_to_start(prefilter) => {
                    "a scan backwards from there finds where it starts".to_owned()
                }
                prefilter => format!("it may start at {}", prefilter_text(program, prefilter)),
            };
            format!("every match ends where the haystack does; {how}")
        }
        Strategy::Required(unanchored) => {
            let required = unanchored.required.as_ref().map(|required| {
                let rate = percent(required.finder.rate(&expected()));
                let text = needle_text(program, required.finder.needle());
                format!("every match contains {text}, whose rarest byte is at {rate}")
            });
            let before = match program.required_before_max() {
                UNBOUNDED => String::new(),
                max => format!(", after at most {max} bytes"),
            };
            format!(
                "{}{before}; starts are no rarer: {}",
                required.unwrap_or_default(),
                prefilter_text(program, &unanchored.prefilter)
            )
        }
        Strategy::Candidates(unanchored) => format!(
            "a match may start at {}",
            prefilter_text(program, &unanchored.prefilter)
        ),
        Strategy::Core => {
            "a match may start nearly everywhere, and contains no bytes to look for".to_owned()
        }
    }
}

/// What is expected of a text before it is seen.
fn expected() -> Frequency {
    Frequency::new(b"")
}

/// What a prefilter looks for, and how often it is expected.
fn prefilter_text(program: &Program<'_>, prefilter: &Prefilter) -> String {
    let rate = percent(prefilter.rate(&expected()));
    match prefilter {
        Prefilter::Nothing => "every position".to_owned(),
        Prefilter::Lines(_) => format!("the starts of lines, {rate}"),
        Prefilter::One(a) => format!("the byte {}, {rate}", bytes_text(&ByteSet::of(&[*a]))),
        Prefilter::Two(a, b) => {
            format!("the bytes {}, {rate}", bytes_text(&ByteSet::of(&[*a, *b])))
        }
        Prefilter::Three(a, b, c) => {
            let set = ByteSet::of(&[*a, *b, *c]);
            format!("the bytes {}, {rate}", bytes_text(&set))
        }
        Prefilter::Set(set) => format!("the bytes {}, {rate}", bytes_text(&set.set())),
        Prefilter::Needle(finder) => {
            let needle = needle_text(program, finder.needle());
            format!("{needle}, whose rarest byte is at {rate}")
        }
        Prefilter::Teddy { .. } => format!("the first bytes that matches have (Teddy), {rate}"),
        Prefilter::ShiftTable { .. } => {
            "the strings that matches start with (Wu-Manber), too many for Teddy".to_owned()
        }
        Prefilter::Reverse { reverse, .. } => match reverse.needle() {
            Some(needle) => format!(
                "the places to which a scan backwards from {} leads, {rate}",
                needle_text(program, needle)
            ),
            None if reverse.is_at_end() => {
                "the places to which a scan backwards from the end leads".to_owned()
            }
            None => {
                format!("the places to which a scan backwards from ends of lines leads, {rate}")
            }
        },
    }
}

/// A needle in quotes.
#[must_use]
pub fn needle_text(program: &Program<'_>, needle: Needle) -> String {
    let bytes = program.needle(needle);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => format!("{text:?}"),
        Err(_) => format!("\"{}\"", bytes.escape_ascii()),
    };
    match needle.fold {
        Fold::None => text,
        Fold::Ascii => text + " in either case (ASCII)",
        Fold::Unicode => text + " in either case",
    }
}

/// The bytes of a set as ranges: `[0-9a-f]`.
fn bytes_text(set: &ByteSet) -> String {
    let mut text = String::from("[");
    let mut members = set.iter().peekable();
    while let Some(first) = members.next() {
        let mut last = first;
        while let Some(next) = members.next_if(|&next| next == last + 1) {
            last = next;
        }
        text += &first.escape_ascii().to_string();
        if last > first {
            text += &format!("-{}", last.escape_ascii());
        }
    }
    text + "]"
}

/// A share of the positions of a text.
fn percent(rate: f32) -> String {
    match rate * 100.0 {
        rate if rate < 0.01 => "less than 0.01 % of positions".to_owned(),
        rate if rate < 1.0 => format!("about {rate:.2} % of positions"),
        rate => format!("about {rate:.0} % of positions"),
    }
}

/// What runs before a program is hot.
fn cold(program: &Program<'_>) -> Vec<Line> {
    let strategy = &Strategy::choose(program, None);
    let mut lines = vec![("strategy", strategy.kind().name().to_owned())];
    let is_anchored = program.flags().contains(Flags::ANCHORED_START);
    let engines = match (
        strategy,
        cold_engine(program, is_anchored, false, 2 * program.group_len()),
    ) {
        (strategy, _) if is_scan(strategy) => "none: the scan tells all".to_owned(),
        (_, Engine::Delegate) => "regex-automata".to_owned(),
        (_, Engine::OnePass) => "one-pass: one thread, groups at once".to_owned(),
        (_, Engine::Pike) => format!(
            "lock-step: more than {STATES_MAX} states, too many for the backtracker's window"
        ),
        (
            _,
            Engine::Backtrack
            | Engine::Literal
            | Engine::BitParallel
            | Engine::Fused
            | Engine::Dfa
            | Engine::LazyDfa,
        ) => format!(
            "backtracker over {} bytes at most, then lock-step",
            backtrack_window(program)
        ),
    };
    lines.push(("engines", engines));
    lines.push(("why", why(program, strategy)));
    if !matches!(strategy, Strategy::Delegate) {
        let hot = format!(
            "after some {} searches of 64 bytes, or one of {} KiB",
            searches_to_heat(),
            bytes_to_heat() >> 10
        );
        lines.push(("hot", hot));
    }
    lines
}

/// Searches of a line that make a program hot.
const fn searches_to_heat() -> u32 {
    let of_one = HAYSTACKS[0] / HEAT_SHARE;
    DFA_HEAT / (of_one as u32 + HEAT_SEARCH_BYTES)
}

/// Bytes of the shortest haystack whose search alone makes a program hot.
const fn bytes_to_heat() -> usize {
    DFA_HEAT as usize * HEAT_SHARE
}

/// The tables of a hot program.
fn hot(
    program: &Program<'_>,
    plan: &Plan,
    verifier: Verifier,
    fused_bytes: Option<usize>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let table = match (verifier, program.tables()) {
        (Verifier::Delegate, _) => "those of regex-automata".to_owned(),
        (_, Some(words)) => {
            let (states, classes) = dense::shape(words);
            let bytes = size_of_val(words);
            format!("whole, for all threads: {states} states, {classes} classes, {bytes} bytes")
        }
        (Verifier::Lazy, None) => {
            "lazy, for each thread: the whole one has too many states or cells".to_owned()
        }
        (_, None) => match program.states() > STATES_MAX {
            true => format!("none: more than {STATES_MAX} states"),
            false => "none: assertions or classes that no table tells apart".to_owned(),
        },
    };
    lines.push(match is_scan(&plan.strategy) {
        true => ("table", "not used: the scan tells all".to_owned()),
        false => ("table", table),
    });
    if let Verifier::Scan = verifier {
        lines.push(("scan", "all states in one word, on each thread".to_owned()));
    }
    lines.push(("prefilter", prefilter_table(&plan.strategy)));
    let groups = match (verifier, fused_bytes) {
        (Verifier::Delegate, _) => "by regex-automata".to_owned(),
        _ if program.group_len() == 1 => "the whole match alone".to_owned(),
        (_, Some(bytes)) => format!("fused code of {bytes} bytes, on each thread"),
        (_, None) => "no fused code: too large, or a counter over more than one class".to_owned(),
    };
    lines.push(("groups", groups));
    let rarity = "estimated for English and logs; the first text searched decides";
    lines.push(("rarity", rarity.to_owned()));
    lines
}

/// The table of a prefilter.
fn prefilter_table(strategy: &Strategy) -> String {
    match strategy {
        Strategy::ClassRun(_) => return "class table".to_owned(),
        Strategy::Literal(Literal::Needle(_)) => return "needle".to_owned(),
        Strategy::Literal(Literal::Folded { .. }) => return "Teddy".to_owned(),
        Strategy::Delegate
        | Strategy::Anchored(_)
        | Strategy::ReverseAnchored(_)
        | Strategy::Required(_)
        | Strategy::Candidates(_)
        | Strategy::Core => {}
    }
    let mut bytes = 0;
    strategy.runs(&mut |run| bytes += run);
    match strategy.prefilter() {
        Prefilter::Nothing => "none".to_owned(),
        Prefilter::Lines(_) => "line starts".to_owned(),
        Prefilter::One(_) | Prefilter::Two(..) | Prefilter::Three(..) => "memchr".to_owned(),
        Prefilter::Set(_) => "byte set".to_owned(),
        Prefilter::Needle(_) => "needle".to_owned(),
        Prefilter::Teddy { .. } => format!("Teddy, {bytes} bytes"),
        Prefilter::ShiftTable { .. } => format!("Wu-Manber shift table, {bytes} bytes"),
        Prefilter::Reverse { .. } => format!("reverse table, {bytes} bytes"),
    }
}

/// What makes a pattern large or slow.
fn cost(program: &Program<'_>, strategy: &Strategy, verifier: Verifier) -> Vec<Line> {
    if verifier == Verifier::Delegate {
        return Vec::new();
    }
    let states = program.states();
    let copies = (0..program.counter_len() as u32)
        .map(|id| program.counter(CounterId(id)).copies())
        .max();
    let expanded = match copies {
        None => states.to_string(),
        Some(copies) => format!(
            "{states}, of {} words of code: a counter makes {copies} copies of its body",
            program.code().len()
        ),
    };
    let mut lines = vec![("states", expanded)];
    if is_scan(strategy) {
        lines.push(("a byte", "a part of one vector instruction".to_owned()));
        lines.push(("memory", "none beside the plan".to_owned()));
        return lines;
    }
    let threads = format!("at worst {states} threads, in lock-step");
    lines.push((
        "a byte",
        match verifier {
            Verifier::Whole => format!("one cell of the table; while cold {threads}"),
            Verifier::Lazy => format!("one cell of the table; until it is made {threads}"),
            Verifier::Scan | Verifier::Backtrack | Verifier::LockStep | Verifier::Delegate => {
                threads
            }
        },
    ));
    for (name, haystack_bytes) in ["64 B", "4 KiB", "1 MiB"].into_iter().zip(HAYSTACKS) {
        lines.push((name, memory(program, verifier, haystack_bytes)));
    }
    lines
}

/// Tells whether the strategy alone decides every search.
fn is_scan(strategy: &Strategy) -> bool {
    match strategy {
        Strategy::ClassRun(_) | Strategy::Literal(_) => true,
        Strategy::Delegate
        | Strategy::Anchored(_)
        | Strategy::ReverseAnchored(_)
        | Strategy::Required(_)
        | Strategy::Candidates(_)
        | Strategy::Core => false,
    }
}

/// The memory that one search of a haystack takes at most.
fn memory(program: &Program<'_>, verifier: Verifier, haystack_bytes: usize) -> String {
    let (states, slot_len) = (program.states(), 2 * program.group_len());
    let marks = visited::bytes(states, haystack_bytes);
    let lists = pike::bytes_max(states, slot_len);
    let is_anchored = program.flags().contains(Flags::ANCHORED_START);
    let cold = match cold_engine(program, is_anchored, false, slot_len) {
        Engine::OnePass => format!(
            "one-pass, slots of {} bytes",
            3 * slot_len * size_of::<Slot>()
        ),
        Engine::Pike => format!("lock-step {lists} bytes"),
        Engine::Backtrack
        | Engine::Literal
        | Engine::BitParallel
        | Engine::Fused
        | Engine::Dfa
        | Engine::LazyDfa
        | Engine::Delegate => match backtrack_window(program) <= haystack_bytes {
            true => format!("backtracker, bitmap of {marks} bytes, then lock-step {lists} bytes"),
            false => format!("backtracker, bitmap of {marks} bytes"),
        },
    };
    match verifier {
        Verifier::Whole => format!("none for the table; while cold {cold}"),
        Verifier::Lazy => format!(
            "lazy tables of the thread, together at most {BYTES_MAX} bytes; while cold {cold}"
        ),
        Verifier::Scan | Verifier::Backtrack | Verifier::LockStep | Verifier::Delegate => cold,
    }
}

/// Positions that the backtracker's window spans.
fn backtrack_window(program: &Program<'_>) -> usize {
    VISITED_BITS_MAX / program.states().max(1)
}
