//! The stages of a pattern, as `repool inspect` prints them.

use repool::{Error, Options, bytes, inspect};

#[test]
fn every_stage_is_there() {
    let inspection = inspect(r"(?<word>\w+)\s{2,5}x", &Options::new()).unwrap();
    assert!(!inspection.ir.is_empty() && !inspection.program.is_empty());
    assert_eq!(inspection.groups, 2);
    assert!(inspection.states > 0);
    assert!(inspection.image_bytes > 100 && inspection.image_bytes <= inspection.reserved_bytes);
    assert_eq!(inspection.delegate_bytes, 0);
    assert_eq!(inspection.engines.len(), 3);
    let fact = |name| {
        inspection
            .facts
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v.as_str())
    };
    assert_eq!(fact("anchored"), Some("no"));
    assert_eq!(fact("length"), Some("4 bytes or more"));
}

#[test]
fn a_literal_is_searched_as_one() {
    let inspection = inspect("needle", &Options::new()).unwrap();
    assert!(
        inspection
            .engines
            .iter()
            .all(|engines| engines.find == "literal")
    );
}

#[test]
fn a_delegated_pattern_says_so() {
    let inspection = bytes::inspect(r"(?-u:\xFF)\p{Greek}", &Options::new()).unwrap();
    assert!(
        inspection
            .engines
            .iter()
            .all(|engines| engines.is_match == "regex-automata")
    );
    assert!(inspection.delegate_bytes > 0 && inspection.program.is_empty());
}

#[test]
fn errors_come_through() {
    assert!(matches!(
        inspect("(", &Options::new()),
        Err(Error::Syntax(_))
    ));
}
