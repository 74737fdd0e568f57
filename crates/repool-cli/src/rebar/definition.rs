//! Definitions: from TOML files to tasks that can be run.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::haystack::HaystackSource;
use super::pattern::PatternSource;
use super::{Model, Skip};
use crate::contender::{Contender, Settings};
use crate::fault::Fault;

/// The engine of the definitions in whose place a contender runs: what it is asked to do and the count
/// that it reaches.
const fn place(contender: Contender) -> &'static str {
    match contender {
        Contender::Repool | Contender::Regex => "rust/regex",
        Contender::Pcre2 => "pcre2/jit",
    }
}

/// A folder of definitions, haystacks and patterns.
#[derive(Debug)]
pub(crate) struct Collection {
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
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Count {
    /// For every engine.
    Same(u64),
    /// By the first entry whose pattern matches the engine's name.
    Each(Vec<CountOf>),
}

#[derive(Debug, Deserialize)]
struct CountOf {
    engine: String,
    count: u64,
}

/// One benchmark, ready to be run.
#[derive(Debug)]
pub(crate) struct Task {
    /// What is done and measured.
    pub(crate) model: Model,
    /// The pattern.
    pub(crate) pattern: String,
    /// How the pattern is read.
    pub(crate) settings: Settings,
    /// The text to search.
    pub(crate) haystack: Vec<u8>,
    /// The count that is right for each contender, in the order of [`Contender::ALL`], or why it
    /// does not take part.
    pub(crate) counts: Vec<Result<u64, String>>,
}

impl Collection {
    /// Reads every definition below `folder/definitions`.
    pub(crate) fn read(folder: &Path) -> Result<Collection, Fault> {
        let root = folder.join("definitions");
        let mut files = toml_files(&root)
            .map_err(|error| Fault::new(format!("{}: {error}", root.display())))?;
        files.sort();
        let mut definitions = Vec::new();
        for path in files {
            let at_file =
                |error: &dyn std::fmt::Display| Fault::new(format!("{}: {error}", path.display()));
            let text = fs::read_to_string(&path).map_err(|error| at_file(&error))?;
            let file: File = toml::from_str(&text).map_err(|error| at_file(&error))?;
            let group = path.strip_prefix(&root).unwrap_or(&path).with_extension("");
            let group = group.to_string_lossy().replace('\\', "/");
            for definition in file.bench {
                definitions.push((format!("{group}/{}", definition.name), definition));
            }
        }
        if definitions.is_empty() {
            return Err(Fault::new(format!("{}: no definitions", root.display())));
        }
        Ok(Collection {
            folder: folder.to_owned(),
            definitions,
        })
    }

    /// The full names: `folder/file/name`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.iter().map(|(name, _)| name.as_str())
    }

    /// Loads what the definition of this name needs. The error says why it cannot be run.
    pub(crate) fn task(&self, name: &str) -> Result<Task, Skip> {
        let (_, definition) = self
            .definitions
            .iter()
            .find(|(other, _)| other == name)
            .ok_or_else(|| Skip::other("there is no such definition"))?;
        let model = Model::from_name(&definition.model).ok_or_else(|| {
            let reason = format!("of the model `{}`, which is not run here", definition.model);
            Skip::other(reason)
        })?;
        let counts = Contender::ALL.map(|contender| definition.count(place(contender)));
        if let Err(reason) = &counts[0] {
            return Err(Skip::other(reason.as_str()));
        }
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
            counts: counts.into(),
        })
    }
}

impl Definition {
    /// The count for this engine, or why it does not take part.
    fn count(&self, engine: &str) -> Result<u64, String> {
        if self.engines.iter().all(|other| other != engine) {
            return Err(format!("not for {engine}"));
        }
        self.count.of(engine)
    }
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
            // A link is not followed, so a folder that holds itself does no harm.
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
        for contender in Contender::ALL {
            let place = place(contender);
            assert_eq!(counts.of(place), Ok(2));
            assert_eq!(Count::Same(9).of(place), Ok(9));
            let none = Count::Each(Vec::new()).of(place).unwrap_err();
            assert!(none.contains(place));
        }
    }
}
