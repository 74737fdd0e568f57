//! The engines that are compared.
//!
//! Everything is measured through the byte interface of each, as rebar does it, because a haystack
//! from a file may hold any bytes. Another engine is another variant here; the compiler then shows
//! what it has to answer.

use crate::args::Syntax;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contender {
    /// This project.
    Repool,
    /// The `regex` crate.
    Regex,
}

/// How a pattern is read; the flags of the syntax that share their names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// The flag `i`.
    pub(crate) ignore_case: bool,
    /// The flag `m`.
    pub(crate) multi_line: bool,
    /// The flag `s`.
    pub(crate) dot_all: bool,
    /// The flag `x`.
    pub(crate) verbose: bool,
    /// The flag `U`.
    pub(crate) swap_greed: bool,
    /// The flag `u`, on unless it is switched off.
    pub(crate) unicode: bool,
}

impl From<&Syntax> for Settings {
    fn from(syntax: &Syntax) -> Settings {
        Settings {
            ignore_case: syntax.ignore_case,
            multi_line: syntax.multi_line,
            dot_all: syntax.dot_all,
            verbose: syntax.verbose,
            swap_greed: syntax.swap_greed,
            unicode: !syntax.no_unicode,
        }
    }
}

/// The most bytes a compiled pattern may take, for both. The default would refuse some of rebar's
/// patterns; rebar itself allows this much.
const SIZE_MAX: usize = 100 << 20;

/// A pattern compiled by one of them.
#[derive(Debug)]
pub(crate) enum Compiled {
    /// By this project.
    Repool(repool::bytes::Regex),
    /// By the `regex` crate.
    Regex(regex::bytes::Regex),
}

impl Contender {
    /// Every engine; the first is this project.
    pub(crate) const ALL: [Contender; 2] = [Contender::Repool, Contender::Regex];

    /// Its name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Contender::Repool => "repool",
            Contender::Regex => "regex",
        }
    }

    /// Compiles a pattern, without any cache.
    pub(crate) fn compile(self, pattern: &str, settings: &Settings) -> Result<Compiled, String> {
        // Both builders have the same methods, and no trait says so.
        macro_rules! build {
            ($builder:path) => {
                <$builder>::new(pattern)
                    .case_insensitive(settings.ignore_case)
                    .multi_line(settings.multi_line)
                    .dot_matches_new_line(settings.dot_all)
                    .ignore_whitespace(settings.verbose)
                    .swap_greed(settings.swap_greed)
                    .unicode(settings.unicode)
                    .size_limit(SIZE_MAX)
                    .build()
                    .map_err(|error| error.to_string())
            };
        }
        match self {
            Contender::Repool => build!(repool::bytes::RegexBuilder).map(Compiled::Repool),
            Contender::Regex => build!(regex::bytes::RegexBuilder).map(Compiled::Regex),
        }
    }
}

impl Compiled {
    /// Tells whether there is a match.
    pub(crate) fn is_match(&self, haystack: &[u8]) -> bool {
        match self {
            Compiled::Repool(regex) => regex.is_match(haystack),
            Compiled::Regex(regex) => regex.is_match(haystack),
        }
    }

    /// Counts the matches.
    pub(crate) fn count(&self, haystack: &[u8]) -> u64 {
        match self {
            Compiled::Repool(regex) => regex.find_iter(haystack).count() as u64,
            Compiled::Regex(regex) => regex.find_iter(haystack).count() as u64,
        }
    }

    /// Adds up the lengths of the matches.
    pub(crate) fn count_spans(&self, haystack: &[u8]) -> u64 {
        match self {
            Compiled::Repool(regex) => regex.find_iter(haystack).map(|m| m.len() as u64).sum(),
            Compiled::Regex(regex) => regex.find_iter(haystack).map(|m| m.len() as u64).sum(),
        }
    }

    /// Counts the groups that took part in the matches, the whole match among them.
    pub(crate) fn count_captures(&self, haystack: &[u8]) -> u64 {
        // One set of locations for all matches, as a program that looks at many would do it.
        macro_rules! count {
            ($regex:expr) => {{
                let regex = $regex;
                let mut locations = regex.capture_locations();
                let (mut count, mut at, mut last_end) = (0, 0, None);
                while at <= haystack.len() {
                    let Some(found) = regex.captures_read_at(&mut locations, haystack, at) else {
                        break;
                    };
                    // As in every iterator of matches: none that is empty right behind another.
                    if found.is_empty() && Some(found.end()) == last_end {
                        at = found.end() + 1;
                        continue;
                    }
                    let groups = (0..locations.len()).filter(|&g| locations.get(g).is_some());
                    count += groups.count() as u64;
                    at = found.end();
                    last_end = Some(at);
                }
                count
            }};
        }
        match self {
            Compiled::Repool(regex) => count!(regex),
            Compiled::Regex(regex) => count!(regex),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_count_the_same() {
        let settings = Settings::from(&Syntax::default());
        for contender in Contender::ALL {
            let count = |pattern, haystack: &[u8]| {
                let compiled = contender.compile(pattern, &settings).unwrap();
                let counts = (compiled.count(haystack), compiled.count_spans(haystack));
                (counts, compiled.count_captures(haystack))
            };
            assert_eq!(count("a|", b"ab"), ((2, 1), 2), "{contender:?}");
            assert_eq!(
                count("(a)|(b)(c)?", b"abc\xFFb"),
                ((3, 4), 7),
                "{contender:?}"
            );
            assert_eq!(count("", "é".as_bytes()), ((3, 0), 3), "{contender:?}");
            assert_eq!(count("x", b""), ((0, 0), 0), "{contender:?}");
        }
    }

    #[test]
    fn contenders_refuse_the_same() {
        let settings = Settings::from(&Syntax::default());
        for contender in Contender::ALL {
            let error = contender.compile("a(b", &settings).unwrap_err();
            assert!(error.contains("unclosed group"), "{error}");
        }
    }
}
