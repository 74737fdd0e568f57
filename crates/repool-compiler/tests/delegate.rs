//! Patterns that `regex-automata` runs: the image has no code, the usual facts, and the engine beside it.

mod support;

use repool_program::{Flags, UNBOUNDED};
use repool_syntax::Syntax;
use support::{compile, try_compile};

fn bytes() -> Syntax {
    Syntax {
        utf8: false,
        ..Syntax::default()
    }
}

#[test]
fn hands_over_what_mixes_bytes_and_characters() {
    let image = compile(r"(?P<letter>\pL)(?-u:\xC3)?$", &bytes());
    let program = image.program();
    let facts = program.facts();
    assert!(
        facts
            .flags
            .contains(Flags::DELEGATED.with(Flags::ANCHORED_END))
    );
    assert!(program.code().is_empty());
    assert_eq!((facts.len_min, facts.len_max, facts.group_len), (1, 5, 2));
    assert_eq!(program.names().collect::<Vec<_>>(), [(1, "letter")]);
    let regex = program.delegate().expect("the engine is there");
    let found = regex.find(b"\xFFa\xC3").expect("a match");
    assert_eq!(found.range(), 1..3);
    assert!(image.memory_bytes() > image.delegate_bytes() && image.delegate_bytes() > 0);
}

#[test]
fn configures_the_engine_as_told() {
    let syntax = Syntax {
        case_insensitive: true,
        dot_matches_new_line: true,
        ..bytes()
    };
    let image = compile(r"\pL.*(?-u:\xC3)X", &syntax);
    let regex = image.program().delegate().expect("the engine is there");
    assert!(regex.is_match(b"b\n\xC3x"));
    assert_eq!(image.program().facts().len_max, UNBOUNDED);
}

#[test]
fn keeps_the_limit() {
    let mut syntax = bytes();
    syntax.limits.program_bytes_max = 1_000;
    let error = try_compile(r"\pL(?-u:\xC3)", &syntax).expect_err("too big");
    assert_eq!(error.size_limit(), Some(1_000));
}

/// A group that is repeated zero times does not change the numbers of the groups behind it.
#[test]
fn groups_are_those_of_the_engine() {
    for (pattern, group_len) in [
        (r"(){0}((?-u:[^a])|\s)", 3),
        (r"(?-u:.)(){0}()\s", 3),
        (r"(\D){0}(?P<n2>(?-u:.))", 3),
        (r"(?-u:[\x80-\xFF])[é-ü](?P<n1>){0}", 1),
    ] {
        let image = compile(pattern, &bytes());
        assert_eq!(image.program().group_len(), group_len, "{pattern}");
    }
}
