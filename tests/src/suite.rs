//! The data suite of the published `regex` package, read where Cargo keeps that package.

use std::fs;
use std::path::{Path, PathBuf};

use regex_test::{RegexTests, anyhow};

/// All tests of the suite.
///
/// # Errors
///
/// If the package ships no readable suite.
pub fn suite() -> anyhow::Result<RegexTests> {
    let mut tests = RegexTests::new();
    let folder = Path::new(env!("REGEX_TESTDATA"));
    let mut files = Vec::new();
    list(folder, &mut files)?;
    files.sort();
    for file in files {
        tests.load(file)?;
    }
    Ok(tests)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "toml") && !is_foreign(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// The tests of `regex-lite` have another meaning of the same patterns, which `regex` does not share.
fn is_foreign(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "regex-lite")
}
