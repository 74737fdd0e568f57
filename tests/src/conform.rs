//! Runs the tests of a data suite, in the format of `regex-test`, in one way.

use std::cell::RefCell;
use std::rc::Rc;

use regex_test::anyhow::Result;
use regex_test::{
    Captures, CompiledRegex, Match, MatchKind, RegexTest, RegexTests, SearchKind, Span, TestResult,
    TestRunner,
};
use repool_syntax::Syntax;
use repool_vm::forced::Way;
use repool_vm::{Input, Slot};

use crate::lab::{Lab, Subject, case, iterate};

/// One pattern, leftmost-first: what an engine of `repool` searches for. The suite also has sets of
/// patterns with spans, overlapping searches, and all matches: `regex` itself has no interface for them.
#[must_use]
pub fn is_expressible(test: &RegexTest) -> bool {
    test.regexes().len() == 1
        && matches!(test.match_kind(), MatchKind::LeftmostFirst)
        && matches!(test.search_kind(), SearchKind::Leftmost)
}

fn syntax(test: &RegexTest) -> Syntax {
    Syntax {
        case_insensitive: test.case_insensitive(),
        unicode: test.unicode(),
        utf8: test.utf8(),
        line_terminator: test.line_terminator(),
        ..Syntax::default()
    }
}

/// Runs every test that is expressible, and not left out by name, in one way: whether there is a match, all spans, all
/// captures. `REPOOL_CASE` names the one test that runs.
///
/// # Errors
///
/// If the runner cannot be set up.
///
/// # Panics
///
/// If a test fails.
pub fn run_way(tests: &RegexTests, skipped: &[(&str, &str)], way: Way) -> Result<()> {
    let lab = Rc::new(RefCell::new(Lab::default()));
    let case = case();
    let compile = move |test: &RegexTest, patterns: &[String]| {
        let is_wanted = case.as_deref().is_none_or(|case| case == test.full_name());
        if !is_expressible(test) || !is_wanted {
            return Ok(CompiledRegex::skip());
        }
        let (pattern, syntax) = (&patterns[0], syntax(test));
        let mut compiler = lab.borrow_mut();
        let compiled = compiler.subject(pattern, &syntax, test.haystack(), &[way]);
        let subject = compiled.map_err(regex_test::anyhow::Error::msg)?;
        let lab = Rc::clone(&lab);
        Ok(CompiledRegex::compiled(move |test| {
            test_way(&mut lab.borrow_mut(), &subject, test)
        }))
    };
    TestRunner::new()?
        .expand(&["is_match", "find", "captures"], |test| test.compiles())
        .blacklist_iter(skipped.iter().map(|&(name, _)| name))
        .test_iter(tests.iter(), compile)
        .assert();
    Ok(())
}

fn test_way(lab: &mut Lab, subject: &Subject, test: &RegexTest) -> TestResult {
    // A way that cannot run this program, or not this input, has nothing to be wrong about.
    let [forced] = subject.ways() else {
        return TestResult::skip();
    };
    let input = Input {
        haystack: test.haystack(),
        start: test.bounds().start,
        end: test.bounds().end,
        anchored: test.anchored(),
        earliest: false,
    };
    let limit = test.match_limit().unwrap_or(usize::MAX);
    let result = match test.additional_name() {
        "is_match" => lab
            .is_match(subject, forced, &input)
            .map(TestResult::matched),
        "find" => {
            let all = iterate(input, |input| {
                let span = lab.span(subject, forced, input)?;
                Some(span.map(|(start, end)| vec![Slot::at(start), Slot::at(end)]))
            });
            all.map(|all| {
                TestResult::matches(all.iter().take(limit).map(|slots| Match {
                    id: 0,
                    span: span(slots).expect("group 0 takes part"),
                }))
            })
        }
        "captures" => {
            let all = iterate(input, |input| lab.search(subject, forced, input));
            all.map(|all| {
                TestResult::captures(all.iter().take(limit).map(|slots| {
                    Captures::new(0, slots.chunks(2).map(span)).expect("group 0 takes part")
                }))
            })
        }
        name => unreachable!("{name} is not expanded"),
    };
    result.unwrap_or_else(TestResult::skip)
}

fn span(slots: &[Slot]) -> Option<Span> {
    Some(Span {
        start: slots[0].get()?,
        end: slots[1].get()?,
    })
}
