//! Patterns that people use, against `regex`: accepted and refused alike, same spans.
//!
//! Every `*.json` file of the folder `REPOOL_CORPORA` is read: an array of patterns. Without the
//! variable there is nothing to do.

use std::env;
use std::fs;
use std::path::Path;

use repool_syntax::{Ir, Stepping, parse};
use repool_tests::differ::Differ;
use repool_tests::generate::{damage, noise};
use repool_tests::rng::Rng;
use repool_tests::sample::sample;
use repool_tests::setting::Setting;

/// Haystacks of one pattern.
const HAYSTACKS: usize = 6;

const ALPHABET: &[char] = &[
    'a', 'e', 'M', '0', '7', ' ', '.', '/', '-', '_', ';', '(', '"', '=',
];

fn corpora() -> Option<Vec<(String, Vec<String>)>> {
    let folder = env::var_os("REPOOL_CORPORA")?;
    let mut corpora = Vec::new();
    for entry in fs::read_dir(Path::new(&folder)).expect("REPOOL_CORPORA is a folder") {
        let path = entry.expect("an entry can be read").path();
        if path.extension().is_some_and(|e| e == "json") {
            let text = fs::read_to_string(&path).expect("a corpus can be read");
            let patterns = serde_json::from_str(&text).expect("a corpus is an array of strings");
            corpora.push((path.display().to_string(), patterns));
        }
    }
    corpora.sort();
    Some(corpora)
}

#[test]
fn same_as_regex() {
    let Some(corpora) = corpora() else {
        println!("skipped: REPOOL_CORPORA is not set");
        return;
    };
    let mut differ = Differ::default();
    let mut faults = Vec::new();
    for (name, patterns) in corpora {
        let mut searches = 0;
        for (i, pattern) in patterns.iter().enumerate() {
            for text in [true, false] {
                let mut rng = Rng::new(i as u64);
                match one(&mut differ, &mut rng, pattern, &Setting::new(text)) {
                    Ok(n) => searches += n,
                    Err(what) => faults.push(format!("{name}: `{pattern}` {what}")),
                }
            }
        }
        println!("{name}: {} patterns, {searches} searches", patterns.len());
    }
    let count = faults.len();
    faults.sort_by_key(String::len);
    faults.truncate(30);
    assert!(count == 0, "{count} faults:\n{}", faults.join("\n"));
}

fn one(
    differ: &mut Differ,
    rng: &mut Rng,
    pattern: &str,
    setting: &Setting,
) -> Result<usize, String> {
    let Some(pair) = differ.compile(pattern, setting)? else {
        return Ok(0);
    };
    let mut ir = Ir::new();
    parse(pattern, &setting.syntax(), &mut ir).map_err(|error| error.to_string())?;
    for i in 0..HAYSTACKS {
        let mut haystack = Vec::new();
        for _ in 0..i {
            noise(rng, ALPHABET, &mut haystack);
            let at = haystack.len();
            if ir.stepping() != Stepping::Delegated {
                sample(rng, &ir, ir.root(), &mut haystack);
            }
            if rng.chance(40) {
                damage(rng, ALPHABET, &mut haystack, at);
            }
        }
        if setting.text && std::str::from_utf8(&haystack).is_err() {
            continue;
        }
        differ
            .search(&pair, &haystack)
            .map_err(|what| format!("on \"{}\": {what}", haystack.escape_ascii()))?;
    }
    Ok(HAYSTACKS)
}
