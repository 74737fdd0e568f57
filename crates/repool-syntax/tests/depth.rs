//! Size and depth. No pattern overflows a stack of 64 KB, whatever it nests a million times. Large patterns
//! parse in one piece. An error for a limit says which limit and where.

use repool_syntax::{Dialect, Error, Ir, Limits, Node, Parser, Syntax, parse};

const MILLION: usize = 1_000_000;

/// Runs `test` on a stack of 64 KB.
fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(64 << 10);
    thread
        .spawn(test)
        .expect("a thread")
        .join()
        .expect("no panic");
}

fn parse_with(pattern: &str, limits: Limits) -> Result<Ir, Error> {
    let mut ir = Ir::new();
    let syntax = Syntax {
        limits,
        ..Syntax::default()
    };
    parse(pattern, &syntax, &mut ir).map(|()| ir)
}

fn parse_default(pattern: &str) -> Result<Ir, Error> {
    parse_with(pattern, Limits::default())
}

fn error(pattern: &str, limits: Limits) -> String {
    parse_with(pattern, limits)
        .expect_err("refused")
        .to_string()
}

#[test]
fn a_million_of_everything_on_a_small_stack() {
    on_small_stack(|| {
        let pieces = [
            "(",
            "(?:",
            "(?i:",
            "(?<n>",
            "[",
            "[^",
            "[a",
            "[a&&",
            "[a--[",
            "a*",
            "a**",
            "*",
            "?",
            "{2}",
            "(?i)",
            "(?i)a",
            "(?x) #\n",
            "|",
            "a|",
            "()",
            "(?:)",
            "(a)",
            "(a)*",
            "^",
            "\\b",
            "\\b{start}",
            "[a]",
            "[a-z]",
            "\\pL",
            "\\p{Greek}",
            ".",
            "\\",
            ")",
            "]",
            "}",
            "{",
            "a{",
            "(?",
            "(?P<",
            "\\x{",
            "\\xFF",
            "é",
        ];
        for piece in pieces {
            for prefix in ["", "a", "(?i)", "[", "(?x)"] {
                let pattern = format!("{prefix}{}", piece.repeat(MILLION / 4));
                let _ = parse_default(&pattern);
            }
        }
    });
}

#[test]
fn a_million_closed_brackets_on_a_small_stack() {
    on_small_stack(|| {
        let pairs = [
            ("(", ")"),
            ("(?:", ")"),
            ("(?:a", ")*"),
            ("(?:a|", ")"),
            ("[", "]"),
            ("[^", "]"),
            ("[a&&", "]"),
            ("[a--", "]"),
        ];
        for (open, close) in pairs {
            let pattern = |n: usize| format!("{}a{}", open.repeat(n), close.repeat(n));
            let message = error(&pattern(MILLION), Limits::default());
            assert!(message.contains("limit is 1000"), "{open}: {message}");
            parse_default(&pattern(1000)).unwrap_or_else(|e| panic!("{open}: {e}"));
            assert!(parse_default(&pattern(1001)).is_err(), "{open}");
            // The message comes from `regex-syntax`, whatever stands behind the fault.
            assert!(parse_default(&format!("\\pX{}", pattern(5_000))).is_err());
        }
    });
}

#[test]
fn deep_where_the_limit_allows_it() {
    on_small_stack(|| {
        let limits = Limits {
            nest_max: u32::MAX,
            program_bytes_max: 1 << 30,
            ..Limits::default()
        };
        for (open, close) in [("(", ")"), ("(?:", ")*"), ("(?:a", "b)"), ("(?:a|b", ")")] {
            let pattern = format!("{}{}", open.repeat(MILLION), close.repeat(MILLION));
            parse_with(&pattern, limits).unwrap_or_else(|e| panic!("{open}: {e}"));
        }
        parse_with(&format!("a{}", "*".repeat(MILLION)), limits).expect("deep");
        let classes = format!("{}a{}", "[".repeat(10_000), "]".repeat(10_000));
        parse_with(&classes, limits).expect("deep");
    });
}

#[test]
fn large_patterns() {
    let literal = parse_default(&"abcde".repeat(200_000)).expect("a literal");
    assert!(matches!(
        literal.node(literal.root()),
        Node::Literal { len: 1_000_000, .. }
    ));
    // Neighbours share no prefix, so the list is not factored.
    let words: String = (0..50_000).map(|i| format!("a{i}|b{i}|")).collect();
    let words = parse_default(&words).expect("words");
    let Node::Alternation { len, .. } = words.node(words.root()) else {
        panic!("words are alternatives");
    };
    assert_eq!(len, 100_001);
    let groups = parse_default(&"(a)".repeat(100_000)).expect("groups");
    assert_eq!(groups.group_len(), 100_001);
    let named: String = (0..100_000).map(|i| format!("(?<n{i}>a)")).collect();
    assert_eq!(parse_default(&named).expect("names").names().len(), 100_000);
    let error = parse_default(&format!("{named}(?<n500>b)")).expect_err("a name twice");
    assert_eq!(error.span(), Some(named.len() + 3..named.len() + 7));
    // Each class is a set of its own. The second time, equal sets are one.
    let sets: String = ('\u{4E00}'..'\u{8000}')
        .map(|c| format!("[a{c}]"))
        .collect();
    let sets = parse_default(&sets.repeat(2)).expect("sets");
    assert_eq!(sets.set_len(), 0x8000 - 0x4E00);
}

/// Lists inside lists are not copied at every level.
#[test]
fn nested_lists_stay_linear() {
    let n = 900;
    for (open, item, close) in [
        ("(?:", "a|b*|", ")|c"),
        ("(?:", "ab*", ")c"),
        ("(?:", "abc", "d{0}e)f"),
        ("(?:d{0}", "abc", ")"),
    ] {
        let inner = item.repeat(10_000);
        let pattern = format!("{}{inner}x{}", open.repeat(n), close.repeat(n));
        let (mut parser, mut ir) = (Parser::new(), Ir::new());
        let parsed = parser.parse(&pattern, &Syntax::default(), &mut ir);
        parsed.expect("nested lists");
        let bytes = parser.scratch_bytes() + ir.scratch_bytes();
        assert!(bytes < 64 << 20, "{bytes} bytes");
    }
}

/// A pattern that can only make too large a program is refused before its memory is spent.
#[test]
fn memory_is_bounded() {
    // Each class makes a set of its own, with some hundred ranges from ten bytes of pattern.
    let classes: String = (0..100_000u32)
        .map(|i| format!("[\\pL~~{}]", char::from_u32(0x4E00 + i).unwrap_or('x')))
        .collect();
    let operators = format!("[\\pL{}]", "~~é".repeat(MILLION));
    let many = ["|", "a?", "\\b", "(?:)", ".|"].map(|piece| piece.repeat(4 * MILLION));
    for pattern in many.iter().chain([&classes, &operators]) {
        let (mut parser, mut ir) = (Parser::new(), Ir::new());
        let error = parser.parse(pattern, &Syntax::default(), &mut ir);
        let error = error.expect_err("refused");
        assert_eq!(error.size_limit(), Some(10 << 20), "{error}");
        let message = error.to_string();
        assert!(message.ends_with("pattern is too large to compile, limit is 10485760 bytes"));
        let bytes = parser.scratch_bytes() + ir.scratch_bytes();
        assert!(bytes < 256 << 20, "{bytes} bytes");
    }
    // Under a small limit the compiler decides about small patterns, since it knows their size.
    let limits = Limits {
        program_bytes_max: 0,
        ..Limits::default()
    };
    parse_with(&"[\\pL--é]a?".repeat(100), limits).expect("small");
}

#[test]
fn limits_say_what_and_where() {
    let limits = Limits {
        nest_max: 2,
        pattern_bytes_max: 20,
        groups_max: 3,
        ..Limits::default()
    };
    parse_with("((a))", limits).expect("two levels");
    parse_with("([a])", limits).expect("two levels");
    assert_eq!(
        error("ab((([a]", limits),
        "regex parse error:\n    ab((([a]\n        ^\nerror: nesting is too deep, limit is 2"
    );
    assert_eq!(
        error("[é[[a]]]", limits),
        "regex parse error:\n    [é[[a]]]\n       ^\nerror: nesting is too deep, limit is 2"
    );
    assert_eq!(
        error("a***", limits),
        "regex parse error:\n    a***\n       ^\nerror: nesting is too deep, limit is 2"
    );
    assert_eq!(
        error("(a)(b)(c)", limits),
        "regex parse error:\n    (a)(b)(c)\n          ^\nerror: too many capture groups, limit is 3"
    );
    assert_eq!(
        error(&"a".repeat(21), limits),
        format!(
            "regex parse error:\n    {}\n    ^\nerror: pattern is too long, limit is 20 bytes",
            "a".repeat(21)
        )
    );
    // The message shows only the surroundings of a fault in a long pattern.
    let long = format!("{}\n{}(", "é".repeat(100_000), "b".repeat(100_000));
    let message = error(&long, Limits::default());
    assert!(message.len() < 1000, "{message}");
    assert!(
        message.contains("bbb(\n") && message.contains("^\nerror: "),
        "{message}"
    );
}

#[test]
fn the_other_dialect_is_refused() {
    let syntax = Syntax {
        dialect: Dialect::Python,
        ..Syntax::default()
    };
    let mut ir = Ir::new();
    let error = parse("a", &syntax, &mut ir).expect_err("refused");
    assert!(
        error
            .to_string()
            .ends_with("error: this dialect cannot be parsed")
    );
}

/// Buffers grow to what the largest pattern needs, and then no more.
#[test]
fn memory_is_used_again() {
    let (mut parser, mut ir) = (Parser::new(), Ir::new());
    let syntax = Syntax::default();
    let patterns = [
        r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?<tld>[a-z]{2,})$",
        r"(?i)[\w&&[^\d_]]+|[é-ü--[ß]]\p{Greek}(a|b|(c))*",
        "(((((((((([[[[[a]b]c]d]e]",
    ];
    let mut parse_all = || {
        for pattern in patterns {
            let _ = parser.parse(pattern, &syntax, &mut ir);
        }
        (parser.scratch_bytes(), ir.scratch_bytes())
    };
    for _ in 0..5 {
        parse_all();
    }
    let bytes = parse_all();
    assert!(bytes.0 > 0 && bytes.1 > 0);
    for _ in 0..10 {
        assert_eq!(parse_all(), bytes);
    }
    ir.clear();
    assert_eq!(ir.scratch_bytes(), bytes.1);
}
