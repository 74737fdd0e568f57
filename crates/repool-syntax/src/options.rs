//! What a pattern means besides its text, and what it may cost.

/// The language a pattern is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The syntax of the Rust `regex` crate.
    #[default]
    Rust,
    /// The syntax of Python's `re`.
    Python,
}

/// How a pattern is read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Syntax {
    /// The language.
    pub dialect: Dialect,
    /// `(?i)`: letters match either case.
    pub case_insensitive: bool,
    /// `(?m)`: `^` and `$` match at lines.
    pub multi_line: bool,
    /// `(?s)`: `.` also matches the line terminator.
    pub dot_matches_new_line: bool,
    /// `(?R)`: `\r\n` ends a line.
    pub crlf: bool,
    /// `(?U)`: `a*` is lazy and `a*?` greedy.
    pub swap_greed: bool,
    /// `(?x)`: white space and comments are ignored.
    pub ignore_whitespace: bool,
    /// `(?u)`: classes, folds and word boundaries use all of Unicode.
    pub unicode: bool,
    /// `\123` is an octal escape.
    pub octal: bool,
    /// The byte that ends a line.
    pub line_terminator: u8,
    /// Matches are valid UTF-8, as the pattern is for `&str`. A pattern that could match invalid UTF-8, or
    /// a part of an encoded code point, is refused.
    pub utf8: bool,
    /// What the pattern may cost.
    pub limits: Limits,
}

impl Default for Syntax {
    fn default() -> Syntax {
        Syntax {
            dialect: Dialect::Rust,
            case_insensitive: false,
            multi_line: false,
            dot_matches_new_line: false,
            crlf: false,
            swap_greed: false,
            ignore_whitespace: false,
            unicode: true,
            octal: false,
            line_terminator: b'\n',
            utf8: true,
            limits: Limits::default(),
        }
    }
}

/// Every limit on a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The deepest nesting of groups and classes, and of repetitions of repetitions. Python reaches about
    /// 490, so 1,000 leaves room.
    pub nest_max: u32,
    /// The longest pattern, in bytes. Names store 24-bit offsets into it.
    pub pattern_bytes_max: usize,
    /// The most capture groups, including the whole match. Names store 24-bit indexes.
    pub groups_max: u32,
    /// The most bytes of a compiled program and one set of its virtual states: `size_limit` of the
    /// builders. The default is that of the `regex` crate. The parser holds the ranges of character classes
    /// to the same limit.
    pub program_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            nest_max: 1_000,
            pattern_bytes_max: (1 << 24) - 1,
            groups_max: 1 << 20,
            program_bytes_max: 10 << 20,
        }
    }
}
