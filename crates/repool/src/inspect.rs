//! What becomes of a pattern: every stage, as text and numbers. What `repool inspect` prints.
//!
//! Exercised by `tests/inspect.rs`.

use std::time::Duration;

use repool_program::{Flags, Program, UNBOUNDED};
use repool_syntax::Syntax;
use repool_vm::{Answers, Description, Scratch, describe, needle_text};

use crate::compile::{self, Stages};
use crate::options::Target;
use crate::{Error, Options};

/// What becomes of a pattern; from [`inspect`].
///
/// # Example
///
/// ```
/// let inspection = repool::inspect(r"error: (\d{3,5})", &repool::Options::new())?;
/// for (name, value) in &inspection.facts {
///     println!("{name}: {value}");
/// }
/// assert_eq!(inspection.groups, 2);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// What the parser made of it.
    pub ir: String,
    /// The program, disassembled, one instruction a line; empty if another engine runs the pattern.
    pub program: String,
    /// What is known of the program before it runs: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// How a hot pattern is searched: `literal`, `class run`, `anchored`, `reverse anchored`, `required`, `candidates`,
    /// `core` or `delegate`.
    pub strategy: &'static str,
    /// The facts for which the strategy was chosen. Rarity is estimated for English and logs; of a real pattern the first
    /// text that it searches decides.
    pub why: String,
    /// What runs while the pattern is cold: name and value.
    pub cold: Vec<(&'static str, String)>,
    /// Which tables the pattern has once it is hot: name and value.
    pub hot: Vec<(&'static str, String)>,
    /// What makes the pattern large or slow, and the memory of one search: name and value.
    pub cost: Vec<(&'static str, String)>,
    /// What answers a search once the pattern is hot, for haystacks from short to long.
    pub engines: Vec<Engines>,
    /// The number of groups, the whole match among them.
    pub groups: usize,
    /// The number of sets of characters or bytes in the program.
    pub sets: usize,
    /// The number of ranges that the sets name; what they share with other patterns is not in them.
    pub ranges: usize,
    /// The number of repetitions that are counted instead of copied.
    pub counters: usize,
    /// The number of states in which a thread of the program can be.
    pub states: usize,
    /// The bytes of the image: header, sections and pattern.
    pub image_bytes: usize,
    /// The bytes reserved for it: the arena, and the heap of another engine.
    pub reserved_bytes: usize,
    /// The part of them that another engine holds.
    pub delegate_bytes: usize,
    /// The time from text to IR, once tables and memory are warm.
    pub parse_time: Duration,
    /// The time from IR to sealed image, once memory is warm.
    pub lower_time: Duration,
}

/// What takes the time of a search in a haystack of some length: what finds candidates, and what runs from there.
///
/// # Example
///
/// ```
/// let inspection = repool::inspect("needle", &repool::Options::new())?;
/// assert_eq!(inspection.engines[0].find, "literal");
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Engines {
    /// The length of the haystack in bytes.
    pub haystack_bytes: usize,
    /// Answers [`Regex::is_match`](crate::Regex::is_match).
    pub is_match: &'static str,
    /// Answers [`Regex::find`](crate::Regex::find).
    pub find: &'static str,
    /// Answers [`Regex::captures`](crate::Regex::captures).
    pub captures: &'static str,
}

/// Compiles a pattern for `&str` and tells what became of it.
///
/// # Errors
///
/// Those of [`Regex::new`](crate::Regex::new).
///
/// # Example
///
/// ```
/// let options = repool::Options::new();
/// let inspection = repool::inspect(r"(\w+)@\w+", &options)?;
/// assert_eq!(inspection.groups, 2);
/// assert_eq!(inspection.strategy, "candidates");
/// assert!(inspection.why.contains("a scan backwards from \"@\""));
/// # Ok::<(), repool::Error>(())
/// ```
pub fn inspect(pattern: &str, options: &Options) -> Result<Inspection, Error> {
    inspect_for(pattern, options, Target::Str)
}

/// Compiles a pattern for bytes and tells what became of it; exported as `bytes::inspect`.
///
/// # Errors
///
/// Those of [`bytes::Regex::new`](crate::bytes::Regex::new).
///
/// # Example
///
/// ```
/// let inspection = repool::bytes::inspect(r"(?-u)\xFF+", &repool::Options::new())?;
/// assert!(inspection.image_bytes <= inspection.reserved_bytes);
/// # Ok::<(), repool::Error>(())
/// ```
pub fn inspect_bytes(pattern: &str, options: &Options) -> Result<Inspection, Error> {
    inspect_for(pattern, options, Target::Bytes)
}

fn inspect_for(pattern: &str, options: &Options, target: Target) -> Result<Inspection, Error> {
    let Stages {
        image,
        ir,
        parse_time,
        lower_time,
    } = compile::stages(pattern, options, target)?;
    let reserved_bytes = image.memory_bytes();
    // It is made hot, which takes more memory.
    let Description {
        strategy,
        why,
        cold,
        hot,
        cost,
        answers,
        ..
    } = describe(&image, &mut Scratch::new());
    let program = image.program();
    let code = match program.delegate() {
        Some(_) => String::new(),
        None => program.to_string(),
    };
    Ok(Inspection {
        ir,
        program: code,
        facts: facts(&program, &options.syntax(target)),
        strategy: strategy.name(),
        why,
        cold,
        hot,
        cost,
        engines: answers.iter().map(Engines::of).collect(),
        groups: program.group_len(),
        sets: program.set_len(),
        ranges: program.ranges().len(),
        counters: program.counter_len(),
        states: program.states(),
        image_bytes: program.image_bytes(),
        reserved_bytes,
        delegate_bytes: image.delegate_bytes(),
        parse_time,
        lower_time,
    })
}

/// What the header of a program says, in words.
fn facts(program: &Program<'_>, syntax: &Syntax) -> Vec<(&'static str, String)> {
    let facts = program.facts();
    let has = |flag| facts.flags.contains(flag);
    let mut out = Vec::new();
    let mut say = |name, value: String| out.push((name, value));
    say("flags", flags(syntax, program.text()));
    say("groups", groups(program));
    say("length", length(facts.len_min, facts.len_max));
    let unit = if has(Flags::DELEGATED) {
        "nothing: regex-automata runs it"
    } else if has(Flags::BYTES) {
        "bytes"
    } else if has(Flags::ASCII) {
        "code points, all of them ASCII"
    } else {
        "code points"
    };
    say("steps", unit.to_owned());
    let anchors = match (has(Flags::ANCHORED_START), has(Flags::ANCHORED_END)) {
        (true, true) => "at both ends",
        (true, false) => "at the start",
        (false, true) => "at the end",
        (false, false) => "no",
    };
    say("anchored", anchors.to_owned());
    let yes = |flag| if has(flag) { "yes" } else { "no" }.to_owned();
    say("one-pass", yes(Flags::ONE_PASS));
    say("literal", yes(Flags::LITERAL));
    if let Some(needle) = facts.prefix {
        say("starts with", needle_text(program, needle));
    }
    if let Some(needle) = facts.required {
        let mut value = needle_text(program, needle);
        if facts.required_before_max != UNBOUNDED {
            value += &format!(" after at most {} bytes", facts.required_before_max);
        }
        say("contains", value);
    }
    if let Some(set) = facts.first {
        let bytes = (0..=u8::MAX).filter(|&b| program.set_contains_byte(set, b));
        say("first byte", format!("one of {}", bytes.count()));
    }
    out
}

fn length(min: u32, max: u32) -> String {
    match max {
        UNBOUNDED => format!("{min} bytes or more"),
        max if min == max => format!("{min} bytes"),
        max => format!("{min} to {max} bytes"),
    }
}

/// The flags that were set outside of the pattern, by the letters that set them inside; and those that it sets itself.
fn flags(syntax: &Syntax, pattern: &str) -> String {
    let letters = [
        (syntax.case_insensitive, 'i'),
        (syntax.multi_line, 'm'),
        (syntax.dot_matches_new_line, 's'),
        (syntax.crlf, 'R'),
        (syntax.swap_greed, 'U'),
        (syntax.unicode, 'u'),
        (syntax.ignore_whitespace, 'x'),
    ];
    let set = letters.iter().filter(|(is_set, _)| *is_set);
    let mut text = set.map(|(_, letter)| letter).collect::<String>();
    if text.is_empty() {
        text += "none";
    }
    for (at, _) in pattern.match_indices("(?") {
        let letters = pattern[at + 2..]
            .split([':', ')'])
            .next()
            .unwrap_or_default();
        let is_escaped = pattern[..at].ends_with('\\');
        if !letters.is_empty() && !is_escaped && letters.chars().all(|c| "imsRUux-".contains(c)) {
            text += &format!(", then (?{letters})");
        }
    }
    text
}

/// The groups as a pattern numbers them: `1, 2 (year)`.
fn groups(program: &Program<'_>) -> String {
    let of = |group| match program.names().find(|&(named, _)| named == group) {
        Some((_, name)) => format!("{group} ({name})"),
        None => group.to_string(),
    };
    match program.group_len() {
        1 => "none".to_owned(),
        len => (1..len).map(of).collect::<Vec<_>>().join(", "),
    }
}

impl Engines {
    fn of(answers: &Answers) -> Engines {
        Engines {
            haystack_bytes: answers.haystack_bytes,
            is_match: answers.is_match,
            find: answers.find,
            captures: answers.captures,
        }
    }
}
