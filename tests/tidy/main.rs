//! The rules of the house that no compiler checks: which crate may know which, how long a file may be,
//! where `unsafe` stands, what no file may say.

mod circles;
mod exercised;
mod instructions;
mod modules;
mod tuning;
mod twins;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests stand in the workspace")
}

/// Every file of the project with one of the extensions, by its path from the root.
fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("an entry can be read").path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
            let skipped = matches!(name, "target" | ".git" | "corpus" | "artifacts");
            if path.is_dir() && !skipped {
                folders.push(path);
            } else if extensions.iter().any(|e| name.ends_with(e)) {
                let path = path.strip_prefix(root()).expect("below the root");
                files.push(path.to_path_buf());
            }
        }
    }
    files.sort();
    files
}

fn read(file: &Path) -> String {
    fs::read_to_string(root().join(file)).expect("a file can be read")
}

/// One crate of the workspace.
struct Crate {
    name: String,
    /// Its folder, from the root.
    folder: PathBuf,
}

impl Crate {
    /// The file that the compiler starts from.
    fn root_file(&self) -> Option<PathBuf> {
        let source = root().join(&self.folder).join("src");
        let files = ["lib.rs", "main.rs"].map(|name| source.join(name));
        files.into_iter().find(|file| file.is_file())
    }

    /// The files below `src`, from the root.
    fn sources(&self) -> Vec<PathBuf> {
        let mut sources = files(&[".rs"]);
        sources.retain(|file| file.starts_with(self.folder.join("src")));
        sources
    }
}

/// The crates of the workspace, by the names of their folders.
fn crates() -> Vec<Crate> {
    let manifest: toml::Table = read(Path::new("Cargo.toml"))
        .parse()
        .expect("a manifest is TOML");
    let members = manifest["workspace"]["members"].as_array();
    let members = members
        .expect("members are a list")
        .iter()
        .filter_map(|m| m.as_str());
    let mut folders = Vec::new();
    for member in members {
        let Some(parent) = member.strip_suffix("/*") else {
            folders.push(PathBuf::from(member));
            continue;
        };
        let children = fs::read_dir(root().join(parent)).expect("a folder can be read");
        let names = children.map(|child| child.expect("an entry can be read").file_name());
        folders.extend(names.map(|name| Path::new(parent).join(name)));
    }
    folders.sort();
    let crates = folders.into_iter().map(|folder| {
        let name = folder.file_name().and_then(|name| name.to_str());
        let name = name.expect("a folder has a name").to_owned();
        Crate { name, folder }
    });
    crates.collect()
}

/// What a list of counts allows.
fn allowed(list: &[(&str, usize)], name: &str) -> usize {
    let entry = list.iter().find(|(listed, _)| *listed == name);
    entry.map_or(0, |(_, count)| *count)
}

/// What each crate may depend on, of this workspace.
const ARROWS: &[(&str, &[&str])] = &[
    ("repool-text", &[]),
    ("repool-arena", &[]),
    ("repool-syntax", &["repool-text"]),
    ("repool-program", &["repool-arena", "repool-text"]),
    (
        "repool-compiler",
        &[
            "repool-arena",
            "repool-program",
            "repool-syntax",
            "repool-text",
        ],
    ),
    (
        "repool-vm",
        &["repool-program", "repool-text", "repool-arena"],
    ),
    ("repool-cache", &["repool-arena", "repool-program"]),
    ("repool-rebar", &["repool"]),
    ("repool-cli", &["repool", "repool-rebar"]),
];

#[test]
fn crates_know_only_what_they_may() {
    for (name, allowed) in ARROWS {
        let manifest: toml::Table = read(&Path::new("crates").join(name).join("Cargo.toml"))
            .parse()
            .expect("a manifest is TOML");
        let Some(dependencies) = manifest.get("dependencies").and_then(|d| d.as_table()) else {
            continue;
        };
        for dependency in dependencies.keys().filter(|d| d.starts_with("repool")) {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for file in files(&[".rs"]) {
        let text = read(&file);
        let lines = text.lines().count();
        assert!(lines <= 900, "{} has {lines} lines", file.display());
        let first = text.lines().find(|line| !line.starts_with("#!["));
        let documented = first.is_some_and(|line| line.starts_with("//!"));
        assert!(documented, "{} does not say what it is", file.display());
    }
}

/// The code of a line, without its remark.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or("")
}

fn has_word(line: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_word) && !line[at + word.len()..].starts_with(is_word)
    })
}

#[test]
fn unsafe_stands_where_the_readme_says() {
    let readme = read(Path::new("README.md"));
    let section = readme
        .split("\n## ")
        .find(|section| section.contains("Unsafe code is allowed in these files"))
        .expect("the README has a list of files with unsafe code");
    let listed: BTreeSet<_> = section
        .split('`')
        .filter(|text| text.ends_with(".rs") && root().join(text).is_file())
        .map(PathBuf::from)
        .collect();
    let mut found = BTreeSet::new();
    for file in files(&[".rs"]) {
        // This file speaks of the word.
        let is_self = file.ends_with("tests/tidy/main.rs");
        let mut lines = read(&file);
        lines.retain(|c| c != '"');
        if !is_self && lines.lines().any(|line| has_word(code(line), "unsafe")) {
            found.insert(file);
        }
    }
    let unlisted: Vec<_> = found.difference(&listed).collect();
    assert!(
        unlisted.is_empty(),
        "unsafe, and not in the README: {unlisted:?}"
    );
    let stale: Vec<_> = listed.difference(&found).collect();
    assert!(stale.is_empty(), "in the README, and not unsafe: {stale:?}");
}

#[test]
fn nothing_is_left_open() {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    let macros = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
    ];
    for file in files(&[".rs"]) {
        for (number, line) in read(&file).lines().enumerate() {
            let place = format!("{}:{}: {line}", file.display(), number + 1);
            let remark = line.split_once("//").map_or("", |(_, remark)| remark);
            let remark = remark.trim_start_matches(['/', '!', ' ']);
            assert!(
                !marks.iter().any(|mark| remark.starts_with(mark)),
                "{place}"
            );
            assert!(!macros.iter().any(|name| line.contains(name)), "{place}");
        }
    }
}

#[test]
fn no_file_names_a_machine() {
    let home = std::env::var("HOME").unwrap_or_default();
    let places = [
        format!("{home}/"),
        format!("{}/", root().display()),
        concat!("/ro", "ot/").to_owned(),
        concat!("/wo", "rk/").to_owned(),
        concat!("index.crates", ".io").to_owned(),
    ];
    for file in files(&[".rs", ".toml", ".md", ".yml", ".sh", ".txt", ".json"]) {
        let text = read(&file);
        for place in places.iter().filter(|place| place.len() > 3) {
            assert!(!text.contains(place), "{} names {place}", file.display());
        }
    }
}
