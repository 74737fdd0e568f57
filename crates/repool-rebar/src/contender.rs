//! The two engines that read every pattern alike: repool and `regex`.
//!
//! Everything is measured through the byte interface of each, as rebar does it, because a haystack
//! from a file may hold any bytes.

use crate::searcher::{Counted, Searcher, count_groups};
use crate::settings::{SIZE_MAX, Settings};

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// This project.
    Repool,
    /// The `regex` crate.
    Regex,
}

/// A pattern compiled by one of them.
#[derive(Debug)]
pub enum Compiled {
    /// By this project.
    Repool(repool::bytes::Regex),
    /// By the `regex` crate.
    Regex(regex::bytes::Regex),
}

impl Contender {
    /// Both; the first is this project.
    pub const ALL: [Contender; 2] = [Contender::Repool, Contender::Regex];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Contender::Repool => "repool",
            Contender::Regex => "regex",
        }
    }

    /// Compiles a pattern, without any cache.
    ///
    /// # Errors
    ///
    /// If the engine refuses the pattern, with its message.
    pub fn compile(self, pattern: &str, settings: &Settings) -> Result<Compiled, String> {
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

impl Searcher for Compiled {
    fn is_match(&self, haystack: &[u8]) -> Result<bool, String> {
        match self {
            Compiled::Repool(regex) => Ok(regex.is_match(haystack)),
            Compiled::Regex(regex) => Ok(regex.is_match(haystack)),
        }
    }

    fn count(&self, haystack: &[u8]) -> Counted {
        match self {
            Compiled::Repool(regex) => Ok(regex.find_iter(haystack).count() as u64),
            Compiled::Regex(regex) => Ok(regex.find_iter(haystack).count() as u64),
        }
    }

    fn count_spans(&self, haystack: &[u8]) -> Counted {
        match self {
            Compiled::Repool(regex) => Ok(regex.find_iter(haystack).map(|m| m.len() as u64).sum()),
            Compiled::Regex(regex) => Ok(regex.find_iter(haystack).map(|m| m.len() as u64).sum()),
        }
    }

    fn count_captures<'h>(&self, haystacks: impl Iterator<Item = &'h [u8]>) -> Counted {
        // The same words for two types that no trait joins.
        macro_rules! kin {
            ($regex:expr) => {{
                let mut locations = $regex.capture_locations();
                count_groups(haystacks, |haystack, at| {
                    let found = $regex.captures_read_at(&mut locations, haystack, at);
                    let span = found.map(|m| (m.start(), m.end()));
                    let groups = (0..locations.len()).filter(|&g| locations.get(g).is_some());
                    Ok(span.map(|(start, end)| (start, end, groups.count())))
                })
            }};
        }
        match self {
            Compiled::Repool(regex) => kin!(regex),
            Compiled::Regex(regex) => kin!(regex),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_count_the_same() {
        let settings = Settings {
            unicode: false,
            ..Settings::default()
        };
        for contender in Contender::ALL {
            let count = |pattern, haystack: &[u8]| {
                let compiled = contender.compile(pattern, &settings).unwrap();
                let (count, spans) = (compiled.count(haystack), compiled.count_spans(haystack));
                let groups = compiled.count_captures([haystack].into_iter());
                ((count.unwrap(), spans.unwrap()), groups.unwrap())
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
    fn locations_serve_many_lines() {
        let settings = Settings::default();
        for contender in Contender::ALL {
            let compiled = contender.compile("(a)|b", &settings).unwrap();
            let lines = [b"ab".as_slice(), b"", b"xa"];
            assert_eq!(compiled.count_captures(lines.into_iter()), Ok(5));
            assert_eq!(compiled.is_match(b"xb"), Ok(true), "{contender:?}");
        }
    }

    #[test]
    fn contenders_refuse_the_same() {
        let settings = Settings::default();
        for contender in Contender::ALL {
            let error = contender.compile("a(b", &settings).unwrap_err();
            assert!(error.contains("unclosed group"), "{error}");
        }
    }

    #[test]
    fn flags_reach_every_contender() {
        let cases = [
            (
                Settings {
                    ignore_case: true,
                    ..Settings::default()
                },
                "é",
                "É",
            ),
            (
                Settings {
                    multi_line: true,
                    ..Settings::default()
                },
                "^b$",
                "a\nb\nc",
            ),
            (
                Settings {
                    dot_all: true,
                    ..Settings::default()
                },
                "a.b",
                "a\nb",
            ),
            (
                Settings {
                    verbose: true,
                    ..Settings::default()
                },
                "a b # c",
                "ab",
            ),
            (
                Settings {
                    unicode: false,
                    ..Settings::default()
                },
                "^..$",
                "é",
            ),
        ];
        for contender in Contender::ALL {
            for (settings, pattern, haystack) in cases {
                let found = |settings: &Settings| {
                    let compiled = contender.compile(pattern, settings).unwrap();
                    compiled.is_match(haystack.as_bytes()).unwrap()
                };
                assert!(found(&settings), "{contender:?} {pattern}");
                assert!(!found(&Settings::default()), "{contender:?} {pattern}");
            }
        }
    }
}
