//! Every source file of the inner crates says which tests exercise it, and those tests exist.
//!
//! The head of a file has a sentence "Exercised by `tests/x.rs`" or "Exercised by the tests below". A path is
//! taken from the crate's folder, from its `src`, from the file's own folder, from the folder of benchmarks, or
//! from that of another crate if the sentence names one: "of `repool-vm`", "of the facade".

use std::path::{Path, PathBuf};

use crate::{allowed, crates, read, root};

/// Files with fewer lines need no such sentence: their users' tests cover them.
const LINES_MIN: usize = 100;

/// The crates behind the facade.
const INNER: &[&str] = &[
    "repool-arena",
    "repool-cache",
    "repool-compiler",
    "repool-program",
    "repool-syntax",
    "repool-text",
    "repool-vm",
];

/// How many long files of each crate lack the sentence today. A number is lowered when it falls, and never
/// raised.
const MISSING: &[(&str, usize)] = &[];

/// The words from "Exercised by" to the end of the sentence, if the head of a file has them.
fn sentence(text: &str) -> Option<String> {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    let head = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let start = head.find("Exercised by ")?;
    let rest = &head[start..];
    let end = rest.find(". ").unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// What is wrong with a sentence, if anything is.
fn fault(sentence: &str, krate: &Path, file: &Path, text: &str) -> Option<String> {
    let says_below = sentence.contains("below");
    if says_below && !text.contains("#[cfg(test)]") {
        return Some("has no tests below".to_owned());
    }
    let own = file.parent().expect("a file stands in a folder");
    let mut folders = vec![
        krate.to_path_buf(),
        krate.join("src"),
        own.to_path_buf(),
        PathBuf::from("benches"),
    ];
    if sentence.contains("of the facade") {
        folders.push(PathBuf::from("crates/repool"));
    }
    let quoted: Vec<_> = sentence.split('`').skip(1).step_by(2).collect();
    let others = quoted.iter().filter(|name| name.starts_with("repool"));
    folders.extend(others.map(|name| Path::new("crates").join(name)));
    let paths = quoted.iter().filter(|path| path.ends_with(".rs"));
    let mut is_named = says_below;
    for path in paths {
        is_named = true;
        if !folders
            .iter()
            .any(|folder| root().join(folder).join(path).is_file())
        {
            return Some(format!("names {path}, which is no file"));
        }
    }
    (!is_named).then(|| "names no test".to_owned())
}

#[test]
fn files_name_the_tests_that_exercise_them() {
    let wanted = std::env::var("TIDY").unwrap_or_default();
    let mut faults = Vec::new();
    for krate in crates() {
        let is_inner = INNER.contains(&krate.name.as_str());
        let mut missing = Vec::new();
        for file in krate.sources() {
            let text = read(&file);
            if let Some(sentence) = sentence(&text) {
                let fault = fault(&sentence, &krate.folder, &file, &text);
                faults.extend(fault.map(|fault| format!("{} {fault}", file.display())));
            } else if is_inner && text.lines().count() >= LINES_MIN && !file.ends_with("tests.rs") {
                missing.push(file.display().to_string());
            }
        }
        if wanted == krate.name {
            println!("no test is named in {}", missing.join(" "));
        }
        let allowed = allowed(MISSING, &krate.name);
        if missing.len() != allowed {
            let (name, count) = (&krate.name, missing.len());
            faults.push(format!(
                "{name}: {count} files name no test, the list says {allowed}: {}",
                missing.join(" ")
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn sentences_are_read_and_checked() {
    let found = |head: &str, text: &str| {
        let said = sentence(head).expect("there is a sentence");
        let krate = Path::new("crates/repool-vm");
        fault(&said, krate, &krate.join("src/lib.rs"), text)
    };
    let oracle = "//! Exercised by the tests below and\n//! `tests/oracle.rs`. More.\n";
    assert_eq!(found(oracle, "#[cfg(test)]"), None);
    assert!(found(oracle, "").is_some());
    assert!(found("//! Exercised by `tests/none.rs`.", "").is_some());
    assert!(found("//! Exercised by `tests/parity/main.rs`.", "").is_some());
    assert_eq!(
        found("//! Exercised by `tests/parity/main.rs` of the facade.", ""),
        None
    );
    assert!(found("//! Exercised by whatever.", "").is_some());
    assert_eq!(sentence("//! A file.\n// Exercised by `tests/x.rs`."), None);
}
