//! Where a definition takes its haystack from.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::skip::Skip;

/// A haystack as a definition names it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum HaystackSource {
    /// The text itself.
    Contents(String),
    /// A text or a file, and what is done with it.
    From(Box<HaystackTable>),
}

/// The long form. What is done is done in the order of these fields.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct HaystackTable {
    contents: Option<String>,
    path: Option<String>,
    /// Invalid UTF-8 is replaced.
    #[serde(default)]
    utf8_lossy: bool,
    /// White space at both ends is taken off.
    #[serde(default)]
    trim: bool,
    /// Lines before this one, counted from 0, are left out.
    line_start: Option<usize>,
    /// Lines from this one on are left out.
    line_end: Option<usize>,
    /// Number of copies of the text.
    repeat: Option<usize>,
    #[serde(default)]
    prepend: String,
    #[serde(default)]
    append: String,
}

/// Largest haystack, in bytes. A wrong `repeat` must not take the machine's memory.
const BYTES_MAX: usize = 1 << 30;

impl HaystackSource {
    /// The text; files are looked for in `folder`.
    pub(crate) fn load(&self, folder: &Path) -> Result<Vec<u8>, Skip> {
        match self {
            HaystackSource::Contents(text) => Ok(text.clone().into_bytes()),
            HaystackSource::From(table) => table.load(folder),
        }
    }
}

impl HaystackTable {
    fn load(&self, folder: &Path) -> Result<Vec<u8>, Skip> {
        let mut text = match (&self.contents, &self.path) {
            (Some(contents), None) => contents.clone().into_bytes(),
            (None, Some(path)) => {
                let name = format!("haystacks/{path}");
                fs::read(folder.join(path))
                    .map_err(|error| Skip::file("haystack", &name, &error))?
            }
            _ => return Err(Skip::other("a haystack is either contents or a path")),
        };
        if self.utf8_lossy {
            text = String::from_utf8_lossy(&text).into_owned().into_bytes();
        }
        if self.trim {
            text = text.trim_ascii().to_owned();
        }
        if self.line_start.is_some() || self.line_end.is_some() {
            let start = self.line_start.unwrap_or(0);
            let end = self.line_end.unwrap_or(usize::MAX);
            let lines = text.split_inclusive(|&byte| byte == b'\n');
            text = lines.take(end).skip(start).flatten().copied().collect();
        }
        if let Some(repeat) = self.repeat {
            if text.len().saturating_mul(repeat) > BYTES_MAX {
                return Err(Skip::other(format!(
                    "a haystack of more than {BYTES_MAX} bytes"
                )));
            }
            text = text.repeat(repeat);
        }
        Ok([self.prepend.as_bytes(), &text, self.append.as_bytes()].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<String, String> {
        #[derive(Deserialize)]
        struct Holder {
            haystack: HaystackSource,
        }
        let holder: Holder = toml::from_str(toml).unwrap();
        let loaded = holder.haystack.load(Path::new("no such folder"));
        let bytes = loaded.map_err(|skip| skip.reason)?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn haystacks_are_read() {
        assert_eq!(load("haystack = 'abc'"), Ok("abc".into()));
        assert_eq!(
            load("haystack = { contents = 'A', repeat = 3 }"),
            Ok("AAA".into())
        );
        assert!(
            load("haystack = { path = 'gone.txt' }")
                .unwrap_err()
                .contains("gone.txt")
        );
        assert!(load("haystack = { trim = true }").is_err());
        assert!(load("haystack = { contents = 'A', repeat = 99999999999 }").is_err());
    }

    #[test]
    fn lines_are_counted_from_zero_and_keep_their_ends() {
        let lines = |range: &str| {
            load(&format!(
                "haystack = {{ contents = \"a\\nb\\nc\\nd\", {range} }}"
            ))
        };
        assert_eq!(lines("line-end = 2"), Ok("a\nb\n".into()));
        assert_eq!(lines("line-start = 2"), Ok("c\nd".into()));
        assert_eq!(lines("line-start = 1, line-end = 2"), Ok("b\n".into()));
        assert_eq!(lines("line-start = 9"), Ok(String::new()));
    }

    #[test]
    fn what_is_done_has_an_order() {
        assert_eq!(
            load(
                "haystack = { contents = ' x ', trim = true, repeat = 2, prepend = '<', append = '>' }"
            ),
            Ok("<xx>".into())
        );
    }
}
