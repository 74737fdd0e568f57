//! What a refused pattern shows: the text of `regex`, character by character.
//!
//! `data/errors.txt` is a list of entries. The first line is `text` or `bytes` and the pattern, `␤` standing
//! for a line feed; the lines under it, up to a line of dashes, are the message. Each message is checked
//! against `regex` too, so the data cannot drift from it unnoticed.

use std::path::Path;

use repool_tests::lab::Lab;
use repool_tests::outcome::{regex_bytes, regex_text};
use repool_tests::setting::Setting;

struct Entry {
    text: bool,
    pattern: String,
    message: String,
}

fn entries() -> Vec<Entry> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/errors.txt");
    let data = std::fs::read_to_string(file).expect("the data is there");
    let mut entries = Vec::new();
    for entry in data.split_terminator("\n--------\n") {
        let entry = entry.trim_start_matches('\n');
        let (head, message) = entry.split_once('\n').expect("an entry has a head");
        let (kind, pattern) = head.split_once(' ').expect("a head has a pattern");
        entries.push(Entry {
            text: kind == "text",
            pattern: pattern.replace('␤', "\n"),
            message: message.to_owned(),
        });
    }
    entries
}

fn refusal_of_regex(entry: &Entry) -> Option<String> {
    let setting = Setting::new(entry.text);
    if entry.text {
        regex_text::build(&entry.pattern, &setting).err()
    } else {
        regex_bytes::build(&entry.pattern, &setting).err()
    }
}

#[test]
fn the_data_is_right() {
    for entry in entries() {
        let message = refusal_of_regex(&entry);
        assert_eq!(
            message.as_deref(),
            Some(entry.message.as_str()),
            "{}",
            entry.pattern
        );
    }
}

#[test]
fn messages() {
    let mut lab = Lab::default();
    let mut faults = Vec::new();
    for entry in entries() {
        let setting = Setting::new(entry.text);
        let got = lab.compile(&entry.pattern, &setting.syntax()).err();
        if got.as_deref() != Some(entry.message.as_str()) {
            let (pattern, expected) = (&entry.pattern, &entry.message);
            faults.push(format!("`{pattern}`\ngot: {got:?}\nexpected: {expected:?}"));
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
