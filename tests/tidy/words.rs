//! The project speaks the field's language: no private metaphors, no phrases that hide the subject.
//!
//! A word counts where it stands alone, in prose or as a part of a name (`knock_for_span`, `Door`).
//!
//! `TIDY=repool-vm cargo test -p repool-tests --test tidy words -- --nocapture` prints every place in that
//! crate.

use std::path::Path;

use crate::{allowed, files, read};

/// Words that were names once, and what is said now.
const WORDS: &[(&str, &str)] = &[
    ("desk", "single flight"),
    ("door", "short search"),
    ("duel", "shadow LRU"),
    ("echo", "inline key"),
    ("gather", "compact"),
    ("glance", "short DFA search"),
    ("knock", "short search"),
    ("leap", "acceleration"),
    ("peek", "one-unit lookahead"),
    ("perch", "parked reference"),
    ("pivot", "reverse-inner prefilter"),
    ("runway", "compact"),
    ("skim", "class span"),
    ("strip", "drop tables"),
    ("trail", "dead-state memo"),
];

/// Words of the standard library that are no metaphors.
const STANDARD: &[&str] = &["strip_prefix", "strip_suffix", ".peek("];

const PHRASES: &[&str] = &[
    "are told",
    "as far as",
    "but for",
    "every now and then",
    "in vain",
    "is told",
    "it is looked for",
    "of which",
    "so many",
    "the same, for",
];

/// How many such words and phrases each crate has today; `.` is what stands beside the crates. A number is
/// lowered when it falls, and never raised.
const ALLOWED: &[(&str, usize)] = &[("repool-cache", 1)];

/// The words of a text, in lower case: names are split at `_` and at capitals.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut line = line.to_owned();
        for name in STANDARD {
            line = line.replace(name, "");
        }
        let mut word = String::new();
        let mut was_lower = false;
        for c in line.chars().chain(['\n']) {
            let ends = !c.is_ascii_alphabetic() || (c.is_ascii_uppercase() && was_lower);
            if ends && !word.is_empty() {
                words.push((number + 1, std::mem::take(&mut word)));
            }
            if c.is_ascii_alphabetic() {
                word.push(c.to_ascii_lowercase());
            }
            was_lower = c.is_ascii_lowercase();
        }
    }
    words
}

/// Words that look like forms of those above.
const OTHERS: &[&str] = &["trailing", "stripe", "stripes", "striped"];

/// Whether a word is a form of a verb or noun, as `trails` is of `trail`.
fn is_form(word: &str, of: &str) -> bool {
    if OTHERS.contains(&word) {
        return false;
    }
    let Some(ending) = word.strip_prefix(of) else {
        return false;
    };
    let last = &of[of.len() - 1..];
    let ending = ending.strip_prefix(last).unwrap_or(ending);
    matches!(ending, "" | "s" | "es" | "ed" | "er" | "ing" | "d" | "r")
}

/// The prose of a text in lower case, without line ends and the marks of remarks; and where each line of
/// the text starts in it.
fn prose(text: &str) -> (String, Vec<usize>) {
    let (mut prose, mut starts) = (String::new(), Vec::new());
    for line in text.lines() {
        starts.push(prose.len());
        let line = line.trim_start().trim_start_matches(['/', '!']);
        prose += &line.trim().to_lowercase();
        prose.push(' ');
    }
    (prose, starts)
}

/// The crate that a file belongs to.
fn owner(file: &Path) -> String {
    let mut parts = file.iter().map(|part| part.to_string_lossy().into_owned());
    let first = parts.next().unwrap_or_default();
    match first.as_str() {
        "crates" => parts.next().unwrap_or_default(),
        "tests" | "benches" | "fuzz" => first,
        _ => ".".to_owned(),
    }
}

#[test]
fn words_are_those_of_the_field() {
    let wanted = std::env::var("TIDY").unwrap_or_default();
    let mut found = std::collections::BTreeMap::<String, Vec<String>>::new();
    for file in files(&[".rs", ".md"]) {
        // This folder speaks of the words.
        if file.starts_with("tests/tidy") {
            continue;
        }
        let text = read(&file);
        let places = found.entry(owner(&file)).or_default();
        // A parser peeks at characters; that is the field's word.
        let is_parser = file.starts_with("crates/repool-syntax");
        for (line, word) in words(&text) {
            if is_parser && word == "peek" {
                continue;
            }
            if let Some((_, instead)) = WORDS.iter().find(|(of, _)| is_form(&word, of)) {
                places.push(format!("{}:{line}: {word}, now {instead}", file.display()));
            }
        }
        let (prose, line_starts) = prose(&text);
        for phrase in PHRASES {
            for (at, _) in prose.match_indices(phrase) {
                let is_letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
                let end = at + phrase.len();
                let starts = !is_letter(prose[..at].chars().next_back());
                if starts && !is_letter(prose[end..].chars().next()) {
                    let around = prose[at..].chars().take(50).collect::<String>();
                    let line = line_starts.partition_point(|&start| start <= at);
                    places.push(format!("{}:{line}: {around}", file.display()));
                }
            }
        }
    }
    let mut faults = String::new();
    for (name, places) in found {
        let (count, allowed) = (places.len(), allowed(ALLOWED, &name));
        let list = places.join("\n  ");
        if count > 0 {
            println!("words to replace: {name} {count}");
        }
        if wanted == name {
            println!("  {list}");
        }
        if count != allowed {
            faults += &format!("{name}: {count} words, the list says {allowed}\n  {list}\n");
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn words_are_found_in_names_and_prose() {
    let found = |text: &str| {
        let of = |word: &str| WORDS.iter().any(|(of, _)| is_form(word, of));
        words(text).into_iter().filter(|(_, word)| of(word)).count()
    };
    assert_eq!(
        found("fn knock_for_span() -> DoorDesk // skimmed, trails"),
        5
    );
    assert_eq!(found("trailing, stripes, leather, x.strip_prefix(y)"), 0);
    let (prose, starts) = prose("// a thing of\n    //! Which it\n");
    assert_eq!(prose, "a thing of which it ");
    assert_eq!(starts, [0, 11]);
}
