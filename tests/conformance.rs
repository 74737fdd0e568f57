//! The data suite of `regex`, in every way by force and through the published interface.
//! `REPOOL_CASE` names the one test that every way runs; [`repool_tests::lab`] has the other variables.
//!
//! A test of the suite is left out only if its kind cannot be expressed (see
//! [`repool_tests::conform::is_expressible`]) or its name stands in [`SKIPPED`] with the reason.

use regex_test::anyhow::Result;
use regex_test::{
    Captures, CompiledRegex, Match, MatchKind, RegexTest, SearchKind, Span, TestResult, TestRunner,
};
use repool_tests::conform::{is_expressible, run_way};
use repool_tests::lab::ways;
use repool_tests::suite::suite;

/// Tests left out by name, each with its reason.
const SKIPPED: &[(&str, &str)] = &[];

fn skipped() -> impl Iterator<Item = &'static str> {
    SKIPPED.iter().map(|&(name, _)| name)
}

/// What the interface of `regex` can be asked: it has no anchored search and no end before the end of
/// the haystack.
fn is_whole_haystack(test: &RegexTest) -> bool {
    let whole = Span {
        start: 0,
        end: test.haystack().len(),
    };
    test.bounds() == whole && (!test.anchored() || test.match_limit() == Some(1))
}

/// A set tells which patterns match anywhere: all of them, overlapping.
fn is_expressible_by_set(test: &RegexTest) -> bool {
    matches!(test.search_kind(), SearchKind::Overlapping)
        && matches!(test.match_kind(), MatchKind::All)
        && !test.anchored()
}

macro_rules! suite_of {
    ($module:ident, $($path:ident)::+, $utf8:literal, $haystack:expr) => {
        mod $module {
            use super::*;
            use $($path)::+::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

            #[test]
            fn regex() -> Result<()> {
                let compile = |test: &RegexTest, patterns: &[String]| {
                    let suits = is_expressible(test) && is_whole_haystack(test);
                    if !suits || test.utf8() != $utf8 {
                        return Ok(CompiledRegex::skip());
                    }
                    let regex = RegexBuilder::new(&patterns[0])
                        .case_insensitive(test.case_insensitive())
                        .unicode(test.unicode())
                        .line_terminator(test.line_terminator())
                        .build()?;
                    Ok(CompiledRegex::compiled(move |test| ask(&regex, test)))
                };
                TestRunner::new()?
                    .expand(&["is_match", "find", "captures"], |test| test.compiles())
                    .blacklist_iter(skipped())
                    .test_iter(suite()?.iter(), compile)
                    .assert();
                Ok(())
            }

            fn ask(regex: &Regex, test: &RegexTest) -> TestResult {
                let haystack = $haystack(test.haystack());
                let limit = test.match_limit().unwrap_or(usize::MAX);
                let span = |start, end| Span { start, end };
                match test.additional_name() {
                    "is_match" => TestResult::matched(regex.is_match(haystack)),
                    "find" => {
                        let matches = regex.find_iter(haystack).take(limit);
                        TestResult::matches(matches.map(|m| Match {
                            id: 0,
                            span: span(m.start(), m.end()),
                        }))
                    }
                    "captures" => {
                        let all = regex.captures_iter(haystack).take(limit);
                        TestResult::captures(all.map(|captures| {
                            let groups = captures.iter();
                            let spans = groups.map(|m| m.map(|m| span(m.start(), m.end())));
                            Captures::new(0, spans).expect("group 0 takes part")
                        }))
                    }
                    name => unreachable!("{name} is not expanded"),
                }
            }

            #[test]
            fn set() -> Result<()> {
                let compile = |test: &RegexTest, patterns: &[String]| {
                    let suits = is_expressible_by_set(test) && is_whole_haystack(test);
                    if !suits || test.utf8() != $utf8 {
                        return Ok(CompiledRegex::skip());
                    }
                    let set = RegexSetBuilder::new(patterns)
                        .case_insensitive(test.case_insensitive())
                        .unicode(test.unicode())
                        .line_terminator(test.line_terminator())
                        .build()?;
                    Ok(CompiledRegex::compiled(move |test| ask_set(&set, test)))
                };
                TestRunner::new()?
                    .expand(&["is_match", "which"], |test| test.compiles())
                    .blacklist_iter(skipped())
                    .test_iter(suite()?.iter(), compile)
                    .assert();
                Ok(())
            }

            fn ask_set(set: &RegexSet, test: &RegexTest) -> TestResult {
                let haystack = $haystack(test.haystack());
                match test.additional_name() {
                    "is_match" => TestResult::matched(set.is_match(haystack)),
                    "which" => TestResult::which(set.matches(haystack).iter()),
                    name => unreachable!("{name} is not expanded"),
                }
            }
        }
    };
}

suite_of!(text, repool, true, |haystack| std::str::from_utf8(haystack)
    .expect("a test on text has text"));
suite_of!(bytes, repool::bytes, false, |haystack| haystack);

#[test]
fn every_way() -> Result<()> {
    let suite = suite()?;
    for way in ways() {
        println!("{way}");
        run_way(&suite, SKIPPED, way)?;
    }
    Ok(())
}
