//! The messages of errors, and how they print.

use repool::{Error, Regex, RegexBuilder};

#[test]
fn a_syntax_error_reads_as_in_regex() {
    for pattern in [
        "(",
        "a{2",
        "[z-a]",
        r"\p{Klingon}",
        "(?<n>a)(?<n>b)",
        "a**)",
        r"\",
        "x{9,1}",
        "(?z)",
    ] {
        let (ours, theirs) = (
            Regex::new(pattern).unwrap_err(),
            regex::Regex::new(pattern).unwrap_err(),
        );
        assert_eq!(ours.to_string(), theirs.to_string());
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
        assert!(matches!(ours, Error::Syntax(_)));
    }
}

#[test]
fn a_limit_says_which_it_was() {
    let error = RegexBuilder::new(r"(\w{200})+[a-z]{300}")
        .size_limit(16)
        .build()
        .unwrap_err();
    assert_eq!(error, Error::CompiledTooBig(16));
    assert_eq!(
        error.to_string(),
        "Compiled regex exceeds size limit of 16 bytes."
    );
    assert_eq!(format!("{error:?}"), "CompiledTooBig(16)");

    let deep = format!("{}a{}", "(".repeat(50), ")".repeat(50));
    let error = RegexBuilder::new(&deep).nest_limit(20).build().unwrap_err();
    assert!(matches!(error, Error::Syntax(_)), "{error}");
}

#[test]
fn errors_are_errors() {
    fn is_error<T: std::error::Error + Clone + PartialEq + Send + Sync + 'static>(_: &T) {}
    let error = Regex::new(")").unwrap_err();
    is_error(&error);
    assert_eq!(error.clone(), error);
    let budget = Error::OverBudget {
        needed: 900,
        max: 512,
    };
    assert_eq!(
        budget.to_string(),
        "pattern needs 900 bytes, the cache may hold 512"
    );
    assert_eq!(
        format!("{budget:?}"),
        "OverBudget { needed: 900, max: 512 }"
    );
}
