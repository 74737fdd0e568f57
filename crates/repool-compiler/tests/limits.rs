//! Limits on a pattern. Refusing a pattern costs little.

mod support;

use repool_compiler::{Compiler, Error};
use repool_syntax::{Limits, Syntax};
use support::try_compile;

const DEFAULT: usize = 10 << 20;

fn with_limit(limit: usize) -> Syntax {
    Syntax {
        limits: Limits {
            program_bytes_max: limit,
            ..Limits::default()
        },
        ..Syntax::default()
    }
}

fn refusal(pattern: &str, limit: usize) -> Option<Error> {
    try_compile(pattern, &with_limit(limit)).err()
}

#[test]
fn refuses_what_would_be_too_many_states() {
    let most = u32::MAX;
    let bombs = [
        "(?:(?:ba{1000}){1000}a){5000}".to_owned(),
        format!("(?:a?){{{most}}}"),
        format!("((a{{0,{0}}}){{0,{0}}}){{0,{0}}}", most - 1),
        format!("(?:[ab]{{{most},}}){{2,}}"),
        "(?:".repeat(40) + "ab" + &"){2}".repeat(40),
        "(?:".repeat(200) + "abc" + &"){30}".repeat(200),
        r"(?:\pL{99999}){99999}".to_owned(),
    ];
    for pattern in bombs {
        for limit in [0, DEFAULT, usize::MAX] {
            let error = refusal(&pattern, limit);
            let error = error.unwrap_or_else(|| panic!("{pattern:?} is refused"));
            assert_eq!(error.size_limit(), Some(limit), "{pattern:?}");
            assert_eq!(
                error.to_string(),
                format!("Compiled regex exceeds size limit of {limit} bytes.")
            );
        }
    }
}

#[test]
fn states_are_limited_as_bytes_are() {
    // Two billion states have 32-bit numbers.
    let pattern = "(?:a{1000}){1000}{1000}";
    assert!(refusal(pattern, DEFAULT).is_some());
    assert_eq!(refusal(pattern, usize::MAX), None);
    // 5,000 states of four bytes for the copies.
    assert!(refusal("(x).{1,2500}", 20_000).is_some());
    assert_eq!(refusal("(x).{1,2500}", 40_000), None);
}

#[test]
fn accepts_what_is_empty_however_often() {
    let most = u32::MAX;
    for pattern in [
        format!("(?:){{{most}}}"),
        format!("(){{{most}}}"),
        format!(r"(?:\b|^){{5,{most}}}"),
        format!("a{{0}}{{{most}}}"),
        // The largest number means no bound. The pattern means the same on any haystack below 4 GiB.
        format!("((a{{0,{most}}}){{0,{most}}}){{0,{most}}}"),
    ] {
        assert_eq!(refusal(&pattern, DEFAULT), None, "{pattern:?}");
    }
}

/// `regex` takes at least 24 bytes a state, and as many states as the unrolled pattern has. So a pattern
/// that it accepts under a limit is accepted here under the same limit.
#[test]
fn accepts_what_regex_accepts() {
    for pattern in [
        "a".to_owned(),
        "[ab]".to_owned(),
        r"\w{10}".to_owned(),
        r"(?:[a-z]\d){1,50}".to_owned(),
        "[ab]{1000}".to_owned(),
        "(?:(?:[ab]{10}){10}){10}".to_owned(),
        "(?:foo|bar|(baz)){5,9}?".to_owned(),
        "abc".repeat(100),
        "foo|bar|quux".to_owned(),
        "(?i)foo".to_owned(),
        ".{1,5000}".to_owned(),
    ] {
        let least = (0..24)
            .map(|shift| 1_usize << shift)
            .find(|&limit| {
                let mut builder = regex::RegexBuilder::new(&pattern);
                builder.size_limit(limit).build().is_ok()
            })
            .unwrap_or_else(|| panic!("regex takes {pattern:?}"));
        assert_eq!(refusal(&pattern, least), None, "{pattern:?} under {least}");
    }
}

#[test]
fn long_patterns_nest_and_list_without_recursion() {
    for pattern in [
        "(".repeat(900) + "a" + &")".repeat(900),
        "(?:".repeat(900) + "ab?" + &")*".repeat(900),
        "(?:a|".repeat(900) + "b" + &")".repeat(900),
        "(?:".repeat(900) + "a" + &")?".repeat(900),
        "(?:".repeat(900) + "a?" + &"){1,2}".repeat(14) + &")*?".repeat(886),
        "a|".repeat(100_000),
        "[ab]?".repeat(100_000),
        "x".repeat(1_000_000),
        "éà".repeat(100_000) + "[0-9]",
    ] {
        // On this small stack a recursion of one frame a level would overflow.
        let run = move || assert_eq!(refusal(&pattern, 64 << 20), None);
        let thread = std::thread::Builder::new().stack_size(64 << 10);
        let handle = thread.spawn(run).expect("a thread can be started");
        assert!(handle.join().is_ok());
    }
}

#[test]
fn memory_of_a_large_pattern_is_given_back() {
    let pool = repool_arena::Pool::new(std::sync::Arc::default());
    let (mut ir, mut compiler) = (repool_syntax::Ir::new(), Compiler::default());
    let pattern = "[ab]?".repeat(100_000);
    let syntax = Syntax::default();
    repool_syntax::parse(&pattern, &syntax, &mut ir).expect("a pattern");
    compiler
        .compile(&ir, &pattern, &syntax, 0, &pool)
        .expect("compiles");
    assert_eq!(compiler.scratch_bytes(), 0);
    repool_syntax::parse("a+b", &syntax, &mut ir).expect("a pattern");
    compiler
        .compile(&ir, "a+b", &syntax, 0, &pool)
        .expect("compiles");
    assert!((1..4096).contains(&compiler.scratch_bytes()));
}

#[test]
fn the_arena_of_a_compile_serves_the_next() {
    let pool = repool_arena::Pool::new(std::sync::Arc::default());
    let (mut ir, mut compiler) = (repool_syntax::Ir::new(), Compiler::default());
    let syntax = Syntax::default();
    let patterns = [
        "a+b".to_owned(),
        r"(?<year>\d{4})-(\d\d)|[a-zα-ω]{3,90}".to_owned(),
        "(?:a|".repeat(200) + "b" + &")".repeat(200),
        "(?:".repeat(14) + "ab?" + &"){2,30}".repeat(3) + &")".repeat(11),
    ];
    for pattern in &patterns {
        repool_syntax::parse(pattern, &syntax, &mut ir).expect("a pattern");
        let mut kept = || {
            let image = compiler.compile(&ir, pattern, &syntax, 0, &pool);
            assert_eq!(image.expect("compiles").program().text(), pattern);
            compiler.scratch_bytes()
        };
        // The first compile may let the arena grow, and the largest of its chunks stays.
        let bytes = [kept(), kept(), kept(), kept()];
        assert!(
            bytes[1] == bytes[3] && bytes[3] < 64 << 10,
            "{pattern}: {bytes:?}"
        );
    }
}
