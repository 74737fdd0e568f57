//! Models: what an engine does in a benchmark, and what it counts.

use crate::searcher::{Counted, Searcher};

/// What is done and measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Model {
    /// Compiling. The count is the matches that the result finds, outside of the measured time.
    Compile,
    /// Finding all matches; counts them.
    Count,
    /// Finding all matches; adds up their lengths.
    CountSpans,
    /// Finding all matches with their groups; counts the groups that took part.
    CountCaptures,
    /// Searching each line; counts the lines that match.
    Grep,
    /// Finding all matches with their groups in each line; counts the groups that took part.
    GrepCaptures,
}

impl Model {
    /// Every model.
    pub const ALL: [Model; 6] = [
        Model::Compile,
        Model::Count,
        Model::CountSpans,
        Model::CountCaptures,
        Model::Grep,
        Model::GrepCaptures,
    ];

    /// The name that definitions use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Model::Compile => "compile",
            Model::Count => "count",
            Model::CountSpans => "count-spans",
            Model::CountCaptures => "count-captures",
            Model::Grep => "grep",
            Model::GrepCaptures => "grep-captures",
        }
    }

    /// The model of this name. `regex-redux`, a program of many patterns, is not among them.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Model> {
        Model::ALL.into_iter().find(|model| model.name() == name)
    }

    /// What an engine comes to, outside of the measured time for [`Model::Compile`].
    ///
    /// # Errors
    ///
    /// If the engine gave up.
    pub fn count(self, compiled: &impl Searcher, haystack: &[u8]) -> Counted {
        match self {
            Model::Compile | Model::Count => compiled.count(haystack),
            Model::CountSpans => compiled.count_spans(haystack),
            Model::CountCaptures => compiled.count_captures(std::iter::once(haystack)),
            Model::Grep => lines(haystack).try_fold(0, |count, line| {
                Ok(count + u64::from(compiled.is_match(line)?))
            }),
            Model::GrepCaptures => compiled.count_captures(lines(haystack)),
        }
    }
}

/// The lines of a text without their ends, `\n` or `\r\n`.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').map(|line| {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        line.strip_suffix(b"\r").unwrap_or(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_have_their_names() {
        for model in Model::ALL {
            assert_eq!(Model::from_name(model.name()), Some(model));
        }
        assert_eq!(Model::from_name("regex-redux"), None);
    }

    #[test]
    fn lines_have_no_ends() {
        let all: Vec<&[u8]> = lines(b"a\r\n\nb").collect();
        assert_eq!(all, [b"a".as_slice(), b"", b"b"]);
        assert_eq!(lines(b"").count(), 0);
    }
}
