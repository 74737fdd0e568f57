//! Where a definition takes its pattern from.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::skip::Skip;

/// A pattern as a definition names it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum PatternSource {
    /// The pattern itself.
    One(String),
    /// Several, searched for at once.
    Many(Vec<String>),
    /// Lists and files, and what is done with them.
    From(Box<PatternTable>),
}

/// The long form.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct PatternTable {
    #[serde(default)]
    patterns: Vec<String>,
    path: Option<String>,
    #[serde(default)]
    literal: bool,
    #[serde(default)]
    per_line: PerLine,
    #[serde(default)]
    prepend: String,
    #[serde(default)]
    append: String,
}

/// What the lines of a file are.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum PerLine {
    /// The file is one pattern.
    #[default]
    None,
    /// Each line is a branch of one alternation.
    Alternate,
    /// Each line is a pattern.
    Pattern,
}

impl PatternSource {
    /// The pattern; files are looked for in `folder`. Several patterns at once are an error, because
    /// `regex` has no search that tells where each of them matches.
    pub(crate) fn load(&self, folder: &Path) -> Result<String, Skip> {
        let mut patterns = match self {
            PatternSource::One(pattern) => return Ok(pattern.clone()),
            PatternSource::Many(patterns) => patterns.clone(),
            PatternSource::From(table) => table.load(folder)?,
        };
        match patterns.len() {
            1 => Ok(patterns.remove(0)),
            0 => Err(Skip::other("it has no pattern")),
            many => Err(Skip::new(
                "for the spans of several patterns at once",
                format!("{many} patterns in one search, whose spans neither engine offers"),
            )),
        }
    }
}

impl PatternTable {
    fn load(&self, folder: &Path) -> Result<Vec<String>, Skip> {
        let mut patterns = self.patterns.clone();
        if let Some(path) = &self.path {
            let text = fs::read_to_string(folder.join(path))
                .map_err(|error| Skip::file("patterns", &format!("regexes/{path}"), &error))?;
            if self.per_line == PerLine::None {
                patterns.push(text.trim_end_matches(['\n', '\r']).to_owned());
            } else {
                patterns.extend(text.lines().map(str::to_owned));
            }
        }
        if self.literal {
            for pattern in &mut patterns {
                *pattern = regex::escape(pattern);
            }
        }
        if self.per_line == PerLine::Alternate {
            patterns = vec![patterns.join("|")];
        }
        for pattern in &mut patterns {
            *pattern = format!("{}{pattern}{}", self.prepend, self.append);
        }
        Ok(patterns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<String, String> {
        #[derive(Deserialize)]
        struct Holder {
            regex: PatternSource,
        }
        let holder: Holder = toml::from_str(toml).unwrap();
        let loaded = holder.regex.load(Path::new("no such folder"));
        loaded.map_err(|skip| skip.reason)
    }

    #[test]
    fn patterns_are_read() {
        assert_eq!(load(r"regex = '\d+'"), Ok(r"\d+".into()));
        assert_eq!(load("regex = ['a']"), Ok("a".into()));
        assert!(
            load("regex = ['a', 'b']")
                .unwrap_err()
                .contains("2 patterns")
        );
        assert!(load("regex = []").is_err());
    }

    #[test]
    fn tables_say_what_is_done_with_patterns() {
        assert_eq!(
            load("regex = { patterns = ['a.', 'b'], literal = true, per-line = 'alternate' }"),
            Ok(r"a\.|b".into())
        );
        assert_eq!(
            load("regex = { patterns = ['a'], prepend = '^', append = '$' }"),
            Ok("^a$".into())
        );
        assert!(
            load("regex = { path = 'gone.txt' }")
                .unwrap_err()
                .contains("regexes/gone.txt")
        );
    }
}
