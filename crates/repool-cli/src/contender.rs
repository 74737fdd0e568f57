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
    /// PCRE2 with its JIT, through the `pcre2` crate.
    Pcre2,
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

impl Settings {
    /// The same for repool's cache.
    pub(crate) fn options(&self) -> repool::Options {
        let mut options = repool::Options::new();
        options
            .case_insensitive(self.ignore_case)
            .multi_line(self.multi_line)
            .dot_matches_new_line(self.dot_all)
            .ignore_whitespace(self.verbose)
            .swap_greed(self.swap_greed)
            .unicode(self.unicode)
            .size_limit(SIZE_MAX);
        options
    }
}

/// The most bytes a compiled pattern may take, for those that have such a limit. The default would
/// refuse some of rebar's patterns; rebar itself allows this much.
const SIZE_MAX: usize = 100 << 20;

/// A pattern compiled by one of them.
#[derive(Debug)]
pub(crate) enum Compiled {
    /// By this project.
    Repool(repool::bytes::Regex),
    /// By the `regex` crate.
    Regex(regex::bytes::Regex),
    /// By PCRE2.
    Pcre2(pcre2::bytes::Regex),
}

impl Contender {
    /// Every engine; the first is this project, the second its closest kin, with the same syntax.
    pub(crate) const ALL: [Contender; 3] = [Contender::Repool, Contender::Regex, Contender::Pcre2];

    /// The two that read every pattern alike.
    pub(crate) const KIN: [Contender; 2] = [Contender::Repool, Contender::Regex];

    /// Its name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Contender::Repool => "repool",
            Contender::Regex => "regex",
            Contender::Pcre2 => "pcre2/jit",
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
            Contender::Pcre2 => pcre2(pattern, settings).map(Compiled::Pcre2),
        }
    }
}

/// Compiles with PCRE2 as rebar does: UTF and Unicode properties if the pattern is a Unicode one, the
/// JIT on. Without a JIT it is an error, so that nothing else is measured under its name.
fn pcre2(pattern: &str, settings: &Settings) -> Result<pcre2::bytes::Regex, String> {
    if settings.swap_greed {
        return Err("greed cannot be swapped from outside of the pattern".to_owned());
    }
    pcre2::bytes::RegexBuilder::new()
        .caseless(settings.ignore_case)
        .multi_line(settings.multi_line)
        .dotall(settings.dot_all)
        .extended(settings.verbose)
        .utf(settings.unicode)
        .ucp(settings.unicode)
        .jit(true)
        .build(pattern)
        .map_err(|error| error.to_string())
}

/// Searching fails with PCRE2 only, if a search backtracks too often.
pub(crate) type Counted = Result<u64, String>;

impl Compiled {
    /// Tells whether there is a match.
    pub(crate) fn is_match(&self, haystack: &[u8]) -> Result<bool, String> {
        match self {
            Compiled::Repool(regex) => Ok(regex.is_match(haystack)),
            Compiled::Regex(regex) => Ok(regex.is_match(haystack)),
            Compiled::Pcre2(regex) => regex.is_match(haystack).map_err(|error| error.to_string()),
        }
    }

    /// Counts the matches.
    pub(crate) fn count(&self, haystack: &[u8]) -> Counted {
        match self {
            Compiled::Repool(regex) => Ok(regex.find_iter(haystack).count() as u64),
            Compiled::Regex(regex) => Ok(regex.find_iter(haystack).count() as u64),
            Compiled::Pcre2(regex) => sum(regex.find_iter(haystack).map(|m| m.map(|_| 1))),
        }
    }

    /// Adds up the lengths of the matches.
    pub(crate) fn count_spans(&self, haystack: &[u8]) -> Counted {
        match self {
            Compiled::Repool(regex) => Ok(regex.find_iter(haystack).map(|m| m.len() as u64).sum()),
            Compiled::Regex(regex) => Ok(regex.find_iter(haystack).map(|m| m.len() as u64).sum()),
            Compiled::Pcre2(regex) => sum(regex
                .find_iter(haystack)
                .map(|m| m.map(|m| (m.end() - m.start()) as u64))),
        }
    }

    /// Counts the groups that took part in the matches, the whole match among them. One set of
    /// locations serves all haystacks, as in a program that looks at many lines.
    pub(crate) fn count_captures<'h>(&self, haystacks: impl Iterator<Item = &'h [u8]>) -> Counted {
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
            Compiled::Pcre2(regex) => {
                let mut locations = regex.capture_locations();
                count_groups(haystacks, |haystack, at| {
                    let found = regex.captures_read_at(&mut locations, haystack, at);
                    let span = found.map_err(|error| error.to_string())?;
                    let span = span.map(|m| (m.start(), m.end()));
                    let groups = (0..locations.len()).filter(|&g| locations.get(g).is_some());
                    Ok(span.map(|(start, end)| (start, end, groups.count())))
                })
            }
        }
    }
}

fn sum(mut numbers: impl Iterator<Item = Result<u64, pcre2::Error>>) -> Counted {
    numbers
        .try_fold(0, |sum, number| Ok(sum + number?))
        .map_err(|error: pcre2::Error| error.to_string())
}

/// Adds up the groups of all matches in all haystacks. `read` searches from a position and tells the
/// match's start, its end and the number of groups that took part.
fn count_groups<'h>(
    haystacks: impl Iterator<Item = &'h [u8]>,
    mut read: impl FnMut(&'h [u8], usize) -> Result<Option<(usize, usize, usize)>, String>,
) -> Counted {
    let mut count = 0;
    for haystack in haystacks {
        let (mut at, mut last_end) = (0, None);
        while at <= haystack.len() {
            let Some((start, end, groups)) = read(haystack, at)? else {
                break;
            };
            // As in every iterator of matches: none that is empty right behind another.
            if start == end && Some(end) == last_end {
                at = end + 1;
                continue;
            }
            count += groups as u64;
            at = end;
            last_end = Some(end);
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_count_the_same() {
        let settings = Settings::from(&Syntax {
            no_unicode: true,
            ..Syntax::default()
        });
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
        let settings = Settings::from(&Syntax::default());
        for contender in Contender::ALL {
            let compiled = contender.compile("(a)|b", &settings).unwrap();
            let lines = [b"ab".as_slice(), b"", b"xa"];
            assert_eq!(compiled.count_captures(lines.into_iter()), Ok(5));
            assert_eq!(compiled.is_match(b"xb"), Ok(true), "{contender:?}");
        }
    }

    #[test]
    fn contenders_refuse_the_same() {
        let settings = Settings::from(&Syntax::default());
        for contender in Contender::KIN {
            let error = contender.compile("a(b", &settings).unwrap_err();
            assert!(error.contains("unclosed group"), "{error}");
        }
        let error = Contender::Pcre2.compile("a(b", &settings).unwrap_err();
        assert!(error.contains("closing parenthesis"), "{error}");
    }

    #[test]
    fn flags_reach_every_contender() {
        let flags = |syntax: Syntax| Settings::from(&syntax);
        let cases = [
            (
                Syntax {
                    ignore_case: true,
                    ..Syntax::default()
                },
                "é",
                "É",
            ),
            (
                Syntax {
                    multi_line: true,
                    ..Syntax::default()
                },
                "^b$",
                "a\nb\nc",
            ),
            (
                Syntax {
                    dot_all: true,
                    ..Syntax::default()
                },
                "a.b",
                "a\nb",
            ),
            (
                Syntax {
                    verbose: true,
                    ..Syntax::default()
                },
                "a b # c",
                "ab",
            ),
            (
                Syntax {
                    no_unicode: true,
                    ..Syntax::default()
                },
                "^..$",
                "é",
            ),
        ];
        for contender in Contender::ALL {
            for (syntax, pattern, haystack) in cases {
                let found = |settings: &Settings| {
                    let compiled = contender.compile(pattern, settings).unwrap();
                    compiled.is_match(haystack.as_bytes()).unwrap()
                };
                assert!(found(&flags(syntax)), "{contender:?} {pattern}");
                assert!(!found(&flags(Syntax::default())), "{contender:?} {pattern}");
            }
        }
    }
}
