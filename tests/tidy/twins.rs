//! The API over `&str` and the API over `&[u8]` are two sets of files, since one generic type would show in
//! the public documentation. After the substitutions below, a line of one that the other lacks is listed.

use std::path::Path;

use crate::read;

/// All but `mod.rs`, which is a page of the public documentation in `bytes/` and a list in `string/`.
const FILES: &[&str] = &[
    "builder.rs",
    "captures.rs",
    "matches.rs",
    "regex.rs",
    "replace.rs",
    "set.rs",
    "split.rs",
];

/// What `string/` says, and what `bytes/` says in its place. They are applied to `bytes/`, in this order.
const SUBSTITUTIONS: &[(&str, &str)] = &[
    ("repool::", "repool::bytes::"),
    ("crate::", "crate::bytes::"),
    ("str", "[u8]"),
    ("String::from(", "Vec::from("),
    ("String", "Vec<u8>"),
    ("Target::Str", "Target::Bytes"),
    ("push_str", "extend_from_slice"),
    ("\"", "\".as_bytes()"),
    ("as_str", "as_bytes"),
    // Literals in examples.
    ("(\"", "(&b\""),
    ("[\"", "[&b\""),
    (" \"", " &b\""),
    ("(\"", "(b\""),
    ("[\"", "[b\""),
    (" \"", " b\""),
    ("\"", "\"[..]"),
    // Prose.
    ("`&str`", "`&[u8]`"),
    ("The text of", "The bytes of"),
    ("the text of", "the bytes of"),
    ("Its text", "Its bytes"),
    ("its text", "its bytes"),
    ("no text", "no bytes"),
];

/// What the code of `string/` has to say and `bytes/` has not.
const OMITTED: (&str, &str) = ("haystack", "haystack.as_bytes()");

/// The lines of a file, with the second word of each pair replaced by the first.
fn lines(text: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    let line = |line: &str| {
        let mut line = line.trim().to_owned();
        for (to, from) in pairs {
            line = line.replace(from, to);
        }
        line
    };
    text.lines()
        .map(line)
        .filter(|line| !line.is_empty())
        .collect()
}

/// The lines of either side that are no part of the longest common run of lines.
fn differing(one: &[String], two: &[String]) -> (Vec<String>, Vec<String>) {
    let mut common = vec![vec![0_u32; two.len() + 1]; one.len() + 1];
    for i in (0..one.len()).rev() {
        for j in (0..two.len()).rev() {
            common[i][j] = if one[i] == two[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut only_one, mut only_two) = (Vec::new(), Vec::new());
    let (mut i, mut j) = (0, 0);
    while i < one.len() || j < two.len() {
        if i < one.len() && j < two.len() && one[i] == two[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == two.len() || (i < one.len() && common[i + 1][j] >= common[i][j + 1]) {
            only_one.push(one[i].clone());
            i += 1;
        } else {
            only_two.push(two[j].clone());
            j += 1;
        }
    }
    (only_one, only_two)
}

#[test]
fn the_twins_differ_in_listed_lines_only() {
    let folder = Path::new("crates/repool/src");
    let mut differences = Vec::new();
    for file in FILES {
        let string = lines(&read(&folder.join("string").join(file)), &[OMITTED]);
        let bytes = lines(&read(&folder.join("bytes").join(file)), SUBSTITUTIONS);
        let (only_string, only_bytes) = differing(&string, &bytes);
        differences.extend(only_string.iter().map(|line| format!("{file} < {line}")));
        differences.extend(only_bytes.iter().map(|line| format!("{file} > {line}")));
    }
    let list = read(Path::new("tests/data/twins.txt"));
    let listed: Vec<_> = list
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    let mut unlisted = differences.clone();
    for line in &listed {
        let at = unlisted.iter().position(|difference| difference == line);
        let at = at.unwrap_or_else(|| panic!("listed, and no difference: {line}"));
        unlisted.remove(at);
    }
    assert!(unlisted.is_empty(), "not listed:\n{}", unlisted.join("\n"));
}

#[test]
fn differing_lines_are_found() {
    let string = lines("fn f(x: &str);\nsame\n  only here", &[OMITTED]);
    let bytes = lines("fn f(x: &[u8]);\n    same\nonly there", SUBSTITUTIONS);
    let (only_string, only_bytes) = differing(&string, &bytes);
    assert_eq!(only_string, ["only here"]);
    assert_eq!(only_bytes, ["only there"]);
}
