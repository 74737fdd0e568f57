//! Definitions: from TOML files to tasks that can be run.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::haystack::HaystackSource;
use crate::model::Model;
use crate::pattern::PatternSource;
use crate::settings::Settings;
use crate::skip::Skip;

/// The engine of the definitions whose place repool and `regex` take. A definition that does not name it is not run.
pub(crate) const PLACE: &str = "rust/regex";

/// A folder of definitions, haystacks and patterns.
#[derive(Debug)]
pub struct Collection {
    folder: PathBuf,
    definitions: Vec<(String, Definition)>,
}

/// One file.
#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    bench: Vec<Definition>,
}

/// One benchmark, as the file says it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Definition {
    name: String,
    model: String,
    regex: Option<PatternSource>,
    #[serde(default)]
    case_insensitive: bool,
    #[serde(default)]
    unicode: bool,
    haystack: HaystackSource,
    count: Count,
    #[serde(default)]
    engines: Vec<String>,
}

/// The count that is right.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Count {
    /// For every engine.
    Same(u64),
    /// By the first entry whose pattern matches the engine's name.
    Each(Vec<CountOf>),
}

#[derive(Clone, Debug, Deserialize)]
struct CountOf {
    engine: String,
    count: u64,
}

/// One benchmark, ready to be run.
#[derive(Debug)]
pub struct Task {
    /// What is done and measured.
    pub model: Model,
    /// The pattern.
    pub pattern: String,
    /// How the pattern is read.
    pub settings: Settings,
    /// The text to search.
    pub haystack: Vec<u8>,
    /// The count of repool and `regex`.
    pub count: u64,
    engines: Vec<String>,
    counts: Count,
}

impl Task {
    /// Returns the count that an engine of the definitions must reach.
    ///
    /// # Errors
    ///
    /// If the definition does not name the engine, or has no count for it.
    pub fn count_for(&self, engine: &str) -> Result<u64, String> {
        count_for(&self.engines, &self.counts, engine)
    }
}

impl Collection {
    /// Reads every definition below `folder/definitions`.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, is no definition, or there is none.
    pub fn read(folder: &Path) -> Result<Collection, String> {
        let root = folder.join("definitions");
        let mut files =
            toml_files(&root).map_err(|error| format!("{}: {error}", root.display()))?;
        files.sort();
        let mut definitions = Vec::new();
        for path in files {
            let at_file = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
            let text = fs::read_to_string(&path).map_err(|error| at_file(&error))?;
            let file: File = toml::from_str(&text).map_err(|error| at_file(&error))?;
            let group = path.strip_prefix(&root).unwrap_or(&path).with_extension("");
            let group = group.to_string_lossy().replace('\\', "/");
            for definition in file.bench {
                definitions.push((format!("{group}/{}", definition.name), definition));
            }
        }
        if definitions.is_empty() {
            return Err(format!("{}: no definitions", root.display()));
        }
        Ok(Collection {
            folder: folder.to_owned(),
            definitions,
        })
    }

    /// The full names: `folder/file/name`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.iter().map(|(name, _)| name.as_str())
    }

    /// Loads what the definition of this name needs.
    ///
    /// # Errors
    ///
    /// Why the benchmark cannot be run.
    pub fn task(&self, name: &str) -> Result<Task, Skip> {
        let (_, definition) = self
            .definitions
            .iter()
            .find(|(other, _)| other == name)
            .ok_or_else(|| Skip::other("there is no such definition"))?;
        let model = Model::from_name(&definition.model).ok_or_else(|| {
            let reason = format!("of the model `{}`, which is not run here", definition.model);
            Skip::other(reason)
        })?;
        let count =
            count_for(&definition.engines, &definition.count, PLACE).map_err(Skip::other)?;
        let regex = definition.regex.as_ref();
        let regex = regex.ok_or_else(|| Skip::other("it has no pattern"))?;
        Ok(Task {
            model,
            pattern: regex.load(&self.folder.join("regexes"))?,
            settings: Settings {
                ignore_case: definition.case_insensitive,
                unicode: definition.unicode,
                multi_line: false,
                dot_all: false,
                verbose: false,
                swap_greed: false,
            },
            haystack: definition.haystack.load(&self.folder.join("haystacks"))?,
            count,
            engines: definition.engines.clone(),
            counts: definition.count.clone(),
        })
    }
}

/// The count for an engine, or why it does not take part.
fn count_for(engines: &[String], count: &Count, engine: &str) -> Result<u64, String> {
    if engines.iter().all(|other| other != engine) {
        return Err(format!("not for {engine}"));
    }
    count.of(engine)
}

impl Count {
    /// The count for this engine.
    fn of(&self, engine: &str) -> Result<u64, String> {
        match self {
            Count::Same(count) => Ok(*count),
            Count::Each(counts) => {
                for of in counts {
                    let name = regex::Regex::new(&format!("^(?:{})$", of.engine))
                        .map_err(|error| error.to_string())?;
                    if name.is_match(engine) {
                        return Ok(of.count);
                    }
                }
                Err(format!("no count for {engine}"))
            }
        }
    }
}

/// The files in a folder and the folders below it.
fn toml_files(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // Links are not followed, so that a folder that contains itself ends.
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                files.push(entry.path());
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fitting_count_counts() {
        let counts = Count::Each(vec![
            CountOf {
                engine: "rust/regex/.*|hyperscan".into(),
                count: 1,
            },
            CountOf {
                engine: ".*".into(),
                count: 2,
            },
        ]);
        assert_eq!(counts.of("hyperscan"), Ok(1));
        for place in [PLACE, "pcre2/jit"] {
            assert_eq!(counts.of(place), Ok(2));
            assert_eq!(Count::Same(9).of(place), Ok(9));
            let none = Count::Each(Vec::new()).of(place).unwrap_err();
            assert!(none.contains(place));
        }
    }
}
