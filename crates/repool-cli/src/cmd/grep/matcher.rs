//! One pattern for lines that may or may not be UTF-8.

use crate::args::Match;
use crate::fault::Fault;

/// A span of a line, from one byte to before another.
pub(super) type Span = (usize, usize);

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Matcher {
    /// For lines that are UTF-8; none if the pattern is one for bytes.
    text: Option<repool::Regex>,
    /// For all others.
    bytes: repool::bytes::Regex,
}

impl Matcher {
    /// Compiles the pattern.
    pub(super) fn new(args: &Match) -> Result<Matcher, Fault> {
        let options = args.syntax.options();
        let fault = |error: repool::Error| Fault::new(error.to_string());
        let text = if args.bytes {
            None
        } else {
            Some(repool::compile_with(&args.pattern, &options).map_err(fault)?)
        };
        Ok(Matcher {
            text,
            bytes: repool::bytes::compile_with(&args.pattern, &options).map_err(fault)?,
        })
    }

    /// Tells whether the line has a match.
    pub(super) fn is_match(&self, line: &[u8]) -> bool {
        match self.as_text(line) {
            Some((regex, line)) => regex.is_match(line),
            None => self.bytes.is_match(line),
        }
    }

    /// The names of the groups, the whole match first; most have none.
    pub(super) fn group_names(&self) -> Vec<Option<String>> {
        self.bytes
            .capture_names()
            .map(|name| name.map(str::to_owned))
            .collect()
    }

    /// The spans of the matches.
    pub(super) fn matches(&self, line: &[u8]) -> Vec<Span> {
        match self.as_text(line) {
            Some((regex, line)) => regex
                .find_iter(line)
                .map(|m| (m.start(), m.end()))
                .collect(),
            None => self
                .bytes
                .find_iter(line)
                .map(|m| (m.start(), m.end()))
                .collect(),
        }
    }

    /// The spans of the groups of each match; none for a group that took no part.
    pub(super) fn captures(&self, line: &[u8]) -> Vec<Vec<Option<Span>>> {
        // The same words for two types that no trait joins.
        macro_rules! groups {
            ($captures:expr) => {
                $captures
                    .iter()
                    .map(|group| group.map(|m| (m.start(), m.end())))
                    .collect()
            };
        }
        match self.as_text(line) {
            Some((regex, line)) => regex.captures_iter(line).map(|c| groups!(c)).collect(),
            None => self.bytes.captures_iter(line).map(|c| groups!(c)).collect(),
        }
    }

    fn as_text<'a>(&self, line: &'a [u8]) -> Option<(&repool::Regex, &'a str)> {
        self.text.as_ref().zip(std::str::from_utf8(line).ok())
    }
}
