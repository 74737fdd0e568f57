//! The known traps and every bug found so far, by name, in every way to search.
//!
//! The cases stand in `data/regression.toml`, their expected values written by hand and confirmed by
//! `regex` here. `REPOOL_CASE` names the one test that every way runs; [`repool_tests::lab`] has the other variables.

use std::path::Path;

use regex_test::anyhow::Result;
use regex_test::{Captures, CompiledRegex, RegexTest, RegexTests, Span, TestResult, TestRunner};
use repool_tests::conform::run_way;
use repool_tests::lab::ways;
use repool_tests::outcome::{self, regex_bytes, regex_text};
use repool_tests::setting::Setting;

fn tests() -> Result<RegexTests> {
    let mut tests = RegexTests::new();
    tests.load(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/regression.toml"))?;
    Ok(tests)
}

/// Confirms that the expected values are those of `regex`.
#[test]
fn the_data_is_right() -> Result<()> {
    let compile = |test: &RegexTest, patterns: &[String]| {
        let setting = Setting {
            unicode: test.unicode(),
            case_insensitive: test.case_insensitive(),
            line_terminator: test.line_terminator(),
            ..Setting::new(test.utf8())
        };
        let outcome = ask_regex(&patterns[0], &setting, test.haystack());
        let outcome = outcome.map_err(regex_test::anyhow::Error::msg)?;
        Ok(CompiledRegex::compiled(move |_| {
            TestResult::captures(outcome.iter().map(|groups| {
                let spans = groups
                    .iter()
                    .map(|group| group.map(|(start, end)| Span { start, end }));
                Captures::new(0, spans).expect("group 0 takes part")
            }))
        }))
    };
    TestRunner::new()?
        .test_iter(tests()?.iter(), compile)
        .assert();
    Ok(())
}

fn ask_regex(
    pattern: &str,
    setting: &Setting,
    haystack: &[u8],
) -> Result<Vec<Vec<Option<outcome::Span>>>, String> {
    let outcome = if setting.text {
        let haystack = std::str::from_utf8(haystack).map_err(|error| error.to_string())?;
        regex_text::outcome(&regex_text::build(pattern, setting)?, haystack)
    } else {
        regex_bytes::outcome(&regex_bytes::build(pattern, setting)?, haystack)
    };
    Ok(outcome.captures)
}

#[test]
fn every_way() -> Result<()> {
    let tests = tests()?;
    for way in ways() {
        println!("{way}");
        run_way(&tests, &[], way)?;
    }
    Ok(())
}

/// Where `regex` takes a common beginning out of alternatives, the first one no longer wins. Here it does, as in
/// Perl and Python, so these cases have no judge but their expected values.
#[test]
fn the_first_alternative_wins() -> Result<()> {
    let cases: &[u8] = br#"
[[test]]
name = "common-repetition"
regex = ".*a|.*b"
haystack = "ab"
matches = [[0, 1], [1, 2]]

[[test]]
name = "common-repetition-at-the-end"
regex = '.*ab|.*$'
haystack = "aabaac"
matches = [[0, 3], [3, 6]]
"#;
    let mut tests = RegexTests::new();
    tests.load_slice("alternatives", cases)?;
    for way in ways() {
        run_way(&tests, &[], way)?;
    }
    Ok(())
}
